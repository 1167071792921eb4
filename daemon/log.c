/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

static struct {
	int level;
	bool journal;
} state = { .level = LOG_INFO };

/* $JOURNAL_STREAM holds device and inode of the journal's stream; it may be inherited. */
static bool stderr_is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	uint64_t device, inode;
	struct stat st;

	return text && sscanf(text, "%" SCNu64 ":%" SCNu64, &device, &inode) == 2 &&
	       fstat(2, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void nbd_log_open(int level)
{
	state.level = level;
	state.journal = stderr_is_journal();
}

struct fields {
	struct iovec parts[16];
	char *texts[16];
	int n;
};

static void add_field(struct fields *fields, const char *name, const char *value)
{
	char *text;

	if (!value || asprintf(&text, "%s=%s", name, value) < 0)
		return;
	fields->texts[fields->n] = text;
	fields->parts[fields->n++] = (struct iovec){ text, strlen(text) };
}

static void to_journal(int priority, const struct nbd_about *about, const char *message)
{
	struct fields fields = { 0 };
	char number[24];

	snprintf(number, sizeof(number), "%d", priority);
	add_field(&fields, "MESSAGE", message);
	add_field(&fields, "PRIORITY", number);
	add_field(&fields, "SYSLOG_IDENTIFIER", "netbondd");
	if (about) {
		add_field(&fields, "MESSAGE_ID", about->message_id);
		add_field(&fields, "NETBOND_BOND", about->bond);
		add_field(&fields, "NETBOND_NAMESPACE", about->namespace);
		add_field(&fields, "NETBOND_SLAVE", about->slave);
		add_field(&fields, "NETBOND_OP", about->op);
		add_field(&fields, "NETBOND_FROM", about->from);
		add_field(&fields, "NETBOND_TO", about->to);
		add_field(&fields, "NETBOND_CAUSE", about->cause);
		snprintf(number, sizeof(number), "%" PRIu64, about->lasted);
		add_field(&fields, "NETBOND_DURATION_USEC", about->lasted ? number : NULL);
		snprintf(number, sizeof(number), "%" PRIu64, about->generation);
		add_field(&fields, "NETBOND_GENERATION", about->generation ? number : NULL);
	}
	sd_journal_sendv(fields.parts, fields.n);
	for (int i = 0; i < fields.n; i++)
		free(fields.texts[i]);
}

static const char *priority_name(int priority)
{
	static const char *const names[] = { [LOG_ERR] = "error: ", [LOG_WARNING] = "warning: ",
		[LOG_NOTICE] = "", [LOG_INFO] = "", [LOG_DEBUG] = "debug: " };

	return priority < LOG_ERR ? "error: " : names[priority];
}

static void tell(int priority, const struct nbd_about *about, const char *prefix, const char *text)
{
	if (state.journal)
		to_journal(priority, about, text);
	else
		fprintf(stderr, "netbondd: %s%s\n", prefix, text);
}

void nbd_log(int priority, const struct nbd_about *about, const char *format, ...)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	va_list args;

	if (priority > state.level)
		return;
	if (about && about->bond && *about->bond)
		nb_text_add(&text, "%s: ", about->bond);
	va_start(args, format);
	nb_text_addv(&text, format, args);
	va_end(args);
	if (text.text)
		tell(priority, about, priority_name(priority), text.text);
}

static int severity_priority(enum nb_severity severity)
{
	switch (severity) {
	case NB_SEVERITY_ERROR:
		return LOG_ERR;
	case NB_SEVERITY_WARNING:
		return LOG_WARNING;
	case NB_SEVERITY_NOTE:
		return LOG_INFO;
	}
	return LOG_ERR;
}

size_t nbd_log_problems(const struct nb_diag *diag, size_t first)
{
	for (; first < diag->n_problems; first++) {
		const struct nb_problem *problem = &diag->problems[first];
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
		const struct nbd_about about = { .bond = NULL, .op = NULL };

		nb_diag_format(diag, problem, &text);
		if (text.text && text.length)
			text.text[text.length - 1] = '\0';
		/* It says itself whether it is an error. */
		if (text.text && severity_priority(problem->severity) <= state.level)
			tell(severity_priority(problem->severity), &about, "", text.text);
	}
	return first;
}
