/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/drill-out.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/log.h"
#include "lib/nl/execute.h"

#define NOTE "drill"
#define NOTE_NEW "drill.new"
#define NOTE_BYTES 4096

void nbd_out_done(struct nbd_out *out)
{
	free(out->key);
	free(out->namespace);
	nb_optset_done(&out->opts);
}

/* The note: how, key, namespace, bond, slave, and the slave's options as numbers, a line each. */

static int write_note(const struct nb_rundir *dir, const struct nbd_out *out)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	int fd, r = 0;

	nb_text_add(&text, "%s\n%s\n%s\n%s\n%s\n", nb_drill_how_name(out->how), out->key,
		out->namespace, out->bond, out->slave);
	nb_foreach_option(row, attr, NB_SCOPE_SLAVE) {
		if (nb_option_writable(row) && nb_optset_has(&out->opts, attr))
			nb_text_add(&text, "%u %" PRIu64 "\n", attr, nb_optset_u(&out->opts, attr));
	}
	if (text.failed)
		return -ENOMEM;
	fd = openat(dir->fd, NOTE_NEW, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, text.text, text.length) != (ssize_t)text.length)
		r = -ENOSPC;
	close(fd);
	if (r == 0 && renameat(dir->fd, NOTE_NEW, dir->fd, NOTE) < 0)
		r = -errno;
	return r;
}

static void remove_note(const struct nb_rundir *dir)
{
	unlinkat(dir->fd, NOTE, 0);
}

/* The next line of a note, cut off; NULL: there is none. */
static char *next_line(char **text)
{
	char *line = *text, *end = line ? strchr(line, '\n') : NULL;

	if (!end)
		return NULL;
	*end = '\0';
	*text = end + 1;
	return line;
}

static int read_options(char *text, struct nb_optset *ret)
{
	char *line;

	ret->scope = NB_SCOPE_SLAVE;
	while ((line = next_line(&text))) {
		unsigned attr;
		uint64_t value;

		if (sscanf(line, "%u %" SCNu64, &attr, &value) != 2 ||
			attr >= nb_option_scope_end(NB_SCOPE_SLAVE) ||
			!nb_option_get(NB_SCOPE_SLAVE, attr))
			return -EBADMSG;
		if (nb_optset_set(ret, attr, (union nb_value){ .u = value }) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int parse_note(char *text, struct nbd_out *out)
{
	char *lines[5];

	for (size_t i = 0; i < NB_ARRAY_SIZE(lines); i++) {
		lines[i] = next_line(&text);
		if (!lines[i])
			return -EBADMSG;
	}
	if (nb_drill_how_parse(lines[0], &out->how) < 0 || strlen(lines[3]) >= IFNAMSIZ ||
		strlen(lines[4]) >= IFNAMSIZ)
		return -EBADMSG;
	out->key = strdup(lines[1]);
	out->namespace = strdup(lines[2]);
	strcpy(out->bond, lines[3]);
	strcpy(out->slave, lines[4]);
	return out->key && out->namespace ? read_options(text, &out->opts) : -ENOMEM;
}

static int load(const struct nb_rundir *dir, struct nbd_out *ret)
{
	struct nbd_out out = { 0 };
	char text[NOTE_BYTES + 1];
	ssize_t n;
	int fd = openat(dir->fd, NOTE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), r;

	if (fd < 0)
		return -errno;
	n = read(fd, text, NOTE_BYTES);
	close(fd);
	if (n < 0)
		return -EIO;
	text[n] = '\0';
	r = parse_note(text, &out);
	if (r < 0)
		nbd_out_done(&out);
	else
		*ret = out;
	return r;
}

static int run(struct nb_exec *exec, const struct nbd_out *out, enum nb_op_kind kind, unsigned set,
	struct nb_exec_error *error)
{
	struct nb_op op;
	int r = nb_op_init(&op, kind, out->key, out->namespace, out->slave, 0);

	if (r < 0)
		return r;
	op.set = set;
	op.flags = NB_OP_TOLERANT;
	strcpy(op.master, out->bond);
	if (kind == NB_OP_SLAVE_SET)
		r = nb_optset_copy(&out->opts, &op.opts);
	if (r == 0)
		r = nb_exec_netlink.run(exec, &op, error);
	nb_op_done(&op);
	return r;
}

static int set_carrier(struct nb_exec *exec, const struct nbd_out *out, bool on,
	struct nb_exec_error *error)
{
	int r = nb_exec_carrier(exec, out->namespace, out->slave, on);

	if (r == -EOPNOTSUPP)
		snprintf(error->text, sizeof(error->text),
			"its driver cannot set the carrier: use another way");
	else if (r < 0)
		snprintf(error->text, sizeof(error->text), "%s", strerror(-r));
	return r;
}

int nbd_out_take(struct nb_exec *exec, const struct nb_rundir *dir, const struct nbd_out *out,
	struct nb_exec_error *error)
{
	int r = write_note(dir, out);

	*error = (struct nb_exec_error){ 0 };
	if (r < 0) {
		snprintf(error->text, sizeof(error->text), "%s: it cannot be written down: %s",
			dir->path, strerror(-r));
		return r;
	}
	switch (out->how) {
	case NB_DRILL_DOWN:
		r = run(exec, out, NB_OP_LINK_SET, NB_SET_DOWN, error);
		break;
	case NB_DRILL_CARRIER:
		r = set_carrier(exec, out, false, error);
		break;
	case NB_DRILL_RELEASE:
		r = run(exec, out, NB_OP_RELEASE, 0, error);
		break;
	case NB_DRILL_HOW_COUNT:
		r = -EINVAL;
		break;
	}
	if (r < 0)
		remove_note(dir);
	return r;
}

static int enslave(struct nb_exec *exec, const struct nbd_out *out, struct nb_exec_error *error)
{
	struct nb_link *slave = NULL, *bond = NULL;
	int r = nb_exec_link(exec, out->namespace, out->slave, &slave, NULL);
	bool in;

	if (r == 0)
		r = nb_exec_link(exec, out->namespace, out->bond, &bond, NULL);
	in = r == 0 && nb_link_is_slave_of(slave, bond);
	nb_link_free(slave);
	nb_link_free(bond);
	if (r < 0)
		return r;
	if (!in)
		r = run(exec, out, NB_OP_ENSLAVE, NB_SET_DOWN, error);
	if (r == 0 && out->opts.present)
		r = run(exec, out, NB_OP_SLAVE_SET, 0, error);
	return r;
}

int nbd_out_put_back(struct nb_exec *exec, const struct nb_rundir *dir, const struct nbd_out *out,
	struct nb_exec_error *error)
{
	int r = 0;

	*error = (struct nb_exec_error){ 0 };
	switch (out->how) {
	case NB_DRILL_DOWN:
		r = run(exec, out, NB_OP_LINK_SET, NB_SET_UP, error);
		break;
	case NB_DRILL_CARRIER:
		r = set_carrier(exec, out, true, error);
		break;
	case NB_DRILL_RELEASE:
		r = enslave(exec, out, error);
		break;
	case NB_DRILL_HOW_COUNT:
		break;
	}
	/* Whoever took the link away meanwhile has put nothing back that could be. */
	if (r == -ENODEV || r == -ENOENT)
		r = 0;
	if (r == 0)
		remove_note(dir);
	return r;
}

void nbd_out_recover(struct nb_exec *exec, const struct nb_rundir *dir)
{
	NB_CLEANUP(nbd_out_done) struct nbd_out out = { 0 };
	struct nb_exec_error error = { 0 };
	int r = load(dir, &out);

	if (r == -ENOENT)
		return;
	if (r == 0)
		r = nbd_out_put_back(exec, dir, &out, &error);
	if (r < 0)
		nbd_log(LOG_ERR, NULL, "what a drill had taken out cannot be put back: %s",
			error.text[0] ? error.text : strerror(-r));
	else
		nbd_log(LOG_NOTICE, &(struct nbd_about){ .bond = out.key, .slave = out.slave },
			"%s, which a drill had taken out when netbondd died, is put back", out.slave);
}
