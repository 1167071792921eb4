/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may: root, and on the system bus whom polkit lets. */
#include <errno.h>

#include "daemon/bus-internal.h"
#include "daemon/log.h"

#define ALLOW_INTERACTION 1u /* CheckAuthorizationFlags of polkit */
#define PASSWORD_USEC UINT64_C(300000000) /* sd-bus's own 25 s are short for one who types one */

/* A method that waits for polkit's answer. */
struct question {
	struct nbd_bus *bus;
	sd_bus_message *request;
	nbd_bus_act act;
	const char *action;
};

static void question_free(void *userdata)
{
	struct question *question = userdata;

	sd_bus_message_unref(question->request);
	free(question);
}

bool nbd_bus_is_root(sd_bus_message *message)
{
	sd_bus_creds *creds = NULL;
	uid_t uid = (uid_t)-1;

	/* EUID and never UID: what a sandboxed daemon can learn of its caller. */
	if (sd_bus_query_sender_creds(message, SD_BUS_CREDS_EUID, &creds) >= 0 &&
		sd_bus_creds_get_euid(creds, &uid) < 0)
		uid = (uid_t)-1;
	sd_bus_creds_unref(creds);
	return uid == 0;
}

static int deny(sd_bus_error *error, const char *action, const char *why)
{
	return sd_bus_error_setf(error, SD_BUS_ERROR_ACCESS_DENIED,
		"%s: only root may do this here (%s)", action, why);
}

/* Return: 0 allowed; else @error is set. */
static int judge(sd_bus_message *answer, const char *action, sd_bus_error *error)
{
	const sd_bus_error *why = sd_bus_message_get_error(answer);
	int allowed = 0, challenge = 0;
	int r;

	if (why)
		return deny(error, action, why->message ? why->message : why->name);
	r = sd_bus_message_enter_container(answer, SD_BUS_TYPE_STRUCT, "bba{ss}");
	if (r >= 0)
		r = sd_bus_message_read(answer, "bb", &allowed, &challenge);
	if (r < 0)
		return deny(error, action, "polkit gave no answer that makes sense");
	if (allowed)
		return 0;
	if (challenge)
		return sd_bus_error_setf(error, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED,
			"%s: polkit wants a password for it, and nobody can be asked; run it as root",
			action);
	return deny(error, action, "polkit says no");
}

static int on_answer(sd_bus_message *answer, void *userdata, sd_bus_error *unused)
{
	struct question *question = userdata;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r = judge(answer, question->action, &error);

	if (r == 0)
		r = question->act(question->bus, question->request, &error);
	if (r < 0 || sd_bus_error_is_set(&error))
		sd_bus_reply_method_errno(question->request, r, &error);
	sd_bus_error_free(&error);
	return 0;
}

static int ask(struct question *question)
{
	NB_CLEANUP(nbd_message_unrefp) sd_bus_message *call = NULL;
	sd_bus *connection = sd_bus_message_get_bus(question->request);
	int interactive = sd_bus_message_get_allow_interactive_authorization(question->request);
	sd_bus_slot *slot = NULL;
	int r = sd_bus_message_new_method_call(connection, &call, "org.freedesktop.PolicyKit1",
		"/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1.Authority",
		"CheckAuthorization");

	if (r >= 0)
		r = sd_bus_message_append(call, "(sa{sv})s", "system-bus-name", 1, "name", "s",
			sd_bus_message_get_sender(question->request), question->action);
	if (r >= 0)
		r = sd_bus_message_append(
			call, "a{ss}us", 0, interactive > 0 ? ALLOW_INTERACTION : 0, "");
	if (r >= 0)
		r = sd_bus_call_async(connection, &slot, call, on_answer, question,
			interactive > 0 ? PASSWORD_USEC : 0);
	if (r < 0)
		return r;
	/* It goes with its connection, should that end first. */
	sd_bus_slot_set_destroy_callback(slot, question_free);
	sd_bus_slot_set_floating(slot, true);
	sd_bus_slot_unref(slot);
	return 0;
}

int nbd_bus_allow(struct nbd_bus *bus, sd_bus_message *message, const char *action,
	nbd_bus_act act, sd_bus_error *error)
{
	struct question *question;
	int r;

	if (nbd_bus_is_root(message))
		return act(bus, message, error);
	if (sd_bus_message_get_bus(message) != bus->system)
		return deny(error, action, "the private socket knows no polkit");
	question = calloc(1, sizeof(*question));
	if (!question)
		return -ENOMEM;
	question->bus = bus;
	question->request = sd_bus_message_ref(message);
	question->act = act;
	question->action = action;
	r = ask(question);
	if (r < 0) {
		question_free(question);
		return deny(error, action, "polkit cannot be asked");
	}
	return 1;
}
