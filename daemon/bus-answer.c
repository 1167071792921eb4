/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers about everything: of a thousand bonds they take seconds to make. So a child makes them, or,
 * where sd-bus alone can put them into a message, the loop does in slices; one after the other.
 */
#include <errno.h>
#include <string.h>

#include "daemon/bus-internal.h"
#include "daemon/child.h"
#include "daemon/helper.h"
#include "lib/nl/execute.h"

#define CALLS_MAX 512	   /* who wait for one */
#define CALLS_OF_CALLER 8

/* Those who asked for the same before it was begun get the same. */
struct nbd_answer {
	struct nbd_answer *next;
	struct nbd_bus *bus;
	nbd_answer_make make;	   /* NULL: the managed objects */
	unsigned flags;		   /* enum nbd_answer_flags */
	sd_bus_message **calls;
	size_t n_calls, capacity;
	struct nbd_child *child;   /* at work; both NULL: it waits */
	struct nbd_managed *managed;
};

static struct nbd_answer *answer_free(struct nbd_answer *answer)
{
	if (!answer)
		return NULL;
	if (answer->child)
		nbd_pace_hold(answer->bus->d->pace, false);
	nbd_child_end(answer->child);
	nbd_managed_forget(answer->managed);
	for (size_t i = 0; i < answer->n_calls; i++)
		sd_bus_message_unref(answer->calls[i]);
	free(answer->calls);
	free(answer);
	return NULL;
}

/* An error is its name, a line feed, and its words; a text stands after a line feed. */
static void produce(struct nbd_answer *answer, struct nb_text *out)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	nb_text_add(out, "\n");
	r = answer->make(answer->bus->d, answer->calls[0], out, &error);
	if (r < 0 && !sd_bus_error_is_set(&error))
		sd_bus_error_set_errno(&error, r);
	if (sd_bus_error_is_set(&error)) {
		nb_text_done(out);
		nb_text_add(out, "%s\n%s", error.name, error.message ? error.message : "");
	}
	sd_bus_error_free(&error);
}

static void reply_one(sd_bus_message *call, const struct nb_text *text, int r)
{
	const char *words = text->text ? strchr(text->text, '\n') : NULL;
	NB_CLEANUP(nb_freep) char *name = NULL;

	if (r == -ETIME) {
		sd_bus_reply_method_errorf(call, NBD_ERROR_FAILED,
			"it took longer than %d s to find out", NBD_CHILD_SECONDS);
	} else if (r < 0 || !words) {
		sd_bus_reply_method_errorf(call, NBD_ERROR_FAILED, "no answer could be made: %s",
			strerror(r < 0 ? -r : ENOMEM));
	} else if (words == text->text) {
		sd_bus_reply_method_return(call, "s", words + 1);
	} else {
		name = strndup(text->text, (size_t)(words - text->text));
		sd_bus_reply_method_errorf(call, name ? name : NBD_ERROR_FAILED, "%s", words + 1);
	}
}

static void reply(const struct nbd_answer *answer, const struct nb_text *text, int r)
{
	for (size_t i = 0; i < answer->n_calls; i++)
		reply_one(answer->calls[i], text, r);
}

static void begin_next(struct nbd_bus *bus);

static void end_first(struct nbd_bus *bus)
{
	struct nbd_answer *answer = bus->answers;

	bus->answers = answer->next;
	answer_free(answer);
}

static void on_made(void *context, const struct nb_text *text, int r)
{
	struct nbd_answer *answer = context;
	struct nbd_bus *bus = answer->bus;

	answer->child = NULL;
	nbd_pace_hold(bus->d->pace, false);
	reply(answer, text, r);
	end_first(bus);
	begin_next(bus);
}

static void on_managed(void *context)
{
	struct nbd_answer *answer = context;
	struct nbd_bus *bus = answer->bus;

	answer->managed = NULL;
	end_first(bus);
	begin_next(bus);
}

static void on_looked(void *context)
{
	struct nbd_answer *answer = context;

	nbd_pace_hold(answer->bus->d->pace, false);
}

/* The child has no descriptor of its parent: it asks the kernel by its own. */
static void work(void *context, struct nb_text *out)
{
	struct nbd_answer *answer = context;
	struct nbd *d = answer->bus->d;

	if (nbd_helper_new(&d->helper) < 0 || nb_exec_new(&d->exec) < 0) {
		out->failed = true;
		return;
	}
	nb_exec_set_provider(d->exec, nbd_helper_provider(d->helper));
	produce(answer, out);
}

static bool is_at_work(const struct nbd_answer *answer)
{
	return answer->child || answer->managed;
}

/* Return: whether somebody is at work on it now. */
static bool begin(struct nbd_answer *answer)
{
	struct nbd_bus *bus = answer->bus;
	const struct nbd_child_task task = { work, on_looked, on_made, answer };

	if (!answer->make)
		return nbd_managed_begin(
			       bus, answer->calls[0], on_managed, answer, &answer->managed) >= 0;
	if (bus->d->options->one_process ||
		nbd_child_start(bus->d->event, &task, &answer->child) < 0)
		return false;
	if (answer->flags & NBD_ANSWER_LOOKS)
		nbd_pace_hold(bus->d->pace, true);
	return true;
}

/* Where there can be no child, the loop has to do it. */
static void begin_next(struct nbd_bus *bus)
{
	while (bus->answers && !is_at_work(bus->answers) && !begin(bus->answers)) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		if (bus->answers->make)
			produce(bus->answers, &text);
		reply(bus->answers, &text, text.failed || !text.text ? -ENOMEM : 0);
		end_first(bus);
	}
}

static bool same_caller(sd_bus_message *a, sd_bus_message *b)
{
	return sd_bus_message_get_bus(a) == sd_bus_message_get_bus(b) &&
	       nb_streq(sd_bus_message_get_sender(a), sd_bus_message_get_sender(b));
}

/* Nobody may have a thousand of them made, and keep the others from theirs. */
static bool has_enough(const struct nbd_bus *bus, sd_bus_message *call)
{
	size_t n = 0, of_caller = 0;

	for (const struct nbd_answer *answer = bus->answers; answer; answer = answer->next) {
		n += answer->n_calls;
		for (size_t i = 0; i < answer->n_calls; i++)
			of_caller += same_caller(answer->calls[i], call);
	}
	return n >= CALLS_MAX || of_caller >= CALLS_OF_CALLER;
}

/* Return: the place of one that @call may share, or of a new one. */
static struct nbd_answer **find_place(struct nbd_bus *bus, nbd_answer_make make, unsigned flags)
{
	struct nbd_answer **place = &bus->answers;

	while (*place && !(flags & NBD_ANSWER_SHARED && (*place)->make == make &&
			   !is_at_work(*place)))
		place = &(*place)->next;
	return place;
}

int nbd_bus_answer(struct nbd_bus *bus, sd_bus_message *call, nbd_answer_make make, unsigned flags,
	sd_bus_error *error)
{
	struct nbd_answer **place = find_place(bus, make, flags), *answer = *place;

	if (has_enough(bus, call))
		return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
			"too many answers are being made; ask again when some have come");
	if (!answer) {
		answer = calloc(1, sizeof(*answer));
		if (!answer)
			return -ENOMEM;
		*answer = (struct nbd_answer){ .bus = bus, .make = make, .flags = flags };
	}
	if (nb_grow(&answer->calls, answer->n_calls, &answer->capacity, sizeof(call)) < 0) {
		if (!*place)
			answer_free(answer);
		return -ENOMEM;
	}
	answer->calls[answer->n_calls++] = sd_bus_message_ref(call);
	*place = answer;
	begin_next(bus);
	return 1;
}

void nbd_bus_forget_answers(struct nbd_bus *bus, sd_bus *connection)
{
	for (struct nbd_answer **place = &bus->answers; *place;) {
		struct nbd_answer *answer = *place;

		for (size_t i = answer->n_calls; i-- > 0;) {
			if (connection && sd_bus_message_get_bus(answer->calls[i]) != connection)
				continue;
			sd_bus_message_unref(answer->calls[i]);
			answer->calls[i] = answer->calls[--answer->n_calls];
		}
		if (answer->n_calls) {
			place = &answer->next;
			continue;
		}
		*place = answer->next;
		answer_free(answer);
	}
	if (connection)
		begin_next(bus);
}
