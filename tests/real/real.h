/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the programs of this folder share: an executor on the guest's kernel, operations in one
 * line, and `ip` as the independent witness.
 */

#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/nl/execute.h"

static struct nb_exec *real_exec;
static struct nb_exec_error real_error;

static inline int real_set_up(void **state)
{
	return nb_exec_new(&real_exec);
}

static inline int real_tear_down(void **state)
{
	real_exec = nb_exec_free(real_exec);
	return 0;
}

/* Runs a command that must succeed. */
static inline void NB_PRINTF(1, 2) real_sh(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command) != 0)
		fail_msg("failed: %s", command);
}

/* What a command prints; freed by the caller. */
static inline char *NB_PRINTF(1, 2) real_read(const char *format, ...)
{
	struct nb_text text = { 0 };
	char command[1024], line[4096];
	va_list args;
	FILE *pipe;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	pipe = popen(command, "re");
	assert_non_null(pipe);
	nb_text_add(&text, "%s", "");
	while (fgets(line, sizeof(line), pipe))
		nb_text_add(&text, "%s", line);
	pclose(pipe);
	assert_false(text.failed);
	return text.text;
}

/* Ends the executor and removes every link and namespace but lo. */
static inline int real_clean(void **state)
{
	real_tear_down(state);
	/* bonding_masters is the only file there; a NIC of the machine stays. */
	real_sh("cd /sys/class/net; for i in *; do test $i = lo || test ! -d $i || "
		"ip link del $i 2>/dev/null; done; ip -all netns del");
	return 0;
}

#define REAL(test) cmocka_unit_test_setup_teardown(test, real_set_up, real_clean)

static inline struct nb_op real_op(enum nb_op_kind kind, const char *link)
{
	struct nb_op op;

	assert_int_equal(nb_op_init(&op, kind, "goal", "", link, 0), 0);
	return op;
}

static inline int real_run(struct nb_op *op)
{
	return nb_exec_netlink.run(real_exec, op, &real_error);
}

/* Runs @op, which must succeed, and frees it. */
static inline void real_do(struct nb_op *op)
{
	const int r = real_run(op);

	if (r < 0)
		fail_msg("%s %s: %s (%s)", nb_op_kind_name(op->kind), op->link, strerror(-r),
			real_error.text);
	nb_op_done(op);
}

/*
 * Runs @op, which must fail with @error and @text, and frees it. NULL: words of the kernel that
 * change with its release; there must be some.
 */
static inline void real_refuse(struct nb_op *op, int error, const char *text)
{
	const int r = real_run(op);

	if (r != error || (text ? strcmp(real_error.text, text) != 0 : real_error.text[0] == '\0'))
		fail_msg("%s %s: got '%s' (%s), expected '%s' (%s)", nb_op_kind_name(op->kind),
			op->link, real_error.text, strerror(-r), text ? text : "any words",
			strerror(-error));
	nb_op_done(op);
}

static inline void real_number(struct nb_op *op, unsigned attr, int64_t value)
{
	assert_int_equal(nb_optset_set(&op->opts, attr, (union nb_value){ .s = value }), 0);
}

static inline struct nb_state *real_observe(char *const *namespaces, size_t n)
{
	struct nb_diag diag = { 0 };
	struct nb_state *state = NULL;

	if (nb_exec_netlink.observe(real_exec, namespaces, n, &state, &diag) < 0)
		fail_msg("observe: %s", diag.n_problems > 0 ? diag.problems[0].text : "no memory");
	nb_diag_done(&diag);
	return state;
}

/* One link of the own namespace as it is now; freed by the caller. */
static inline struct nb_link *real_link(const char *name)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = real_observe(NULL, 0);
	const struct nb_link *link = nb_netns_find(state->namespaces[0], name);
	struct nb_link *copy;

	if (!link)
		fail_msg("there is no %s", name);
	assert_int_equal(nb_link_copy(link, &copy), 0);
	return copy;
}

static inline struct nb_ip real_ip(const char *text)
{
	struct nb_ip ip;

	assert_int_equal(nb_ip_parse(text, AF_UNSPEC, &ip), 0);
	return ip;
}
