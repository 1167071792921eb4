/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/history.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/log.h"
#include "daemon/worker.h"
#include "lib/json/document.h"
#include "lib/json/lines.h"

#define ANOTHER_TRY_USEC (30u * 1000000u) /* for the state directory, while it cannot be written */
#define FINISH_USEC (2u * 1000000u)
#define BIG_ANSWER 65536
#define QUESTIONS_MAX 16 /* at a time: everybody may ask, and events must not wait behind them all */

/* The worker's alone: where the lines go. */
struct place {
	const char *state_dir, *runtime_dir;
	struct nb_lines lines;
	bool fallback; /* it is the run directory */
	uint64_t tried;	  /* the state directory, when */
	uint64_t lost;	  /* lines since the last one that was written */
};

struct nbd_history {
	struct nbd_worker *worker;
	struct place place;
	struct nbd_counts *counts; /* [0] of the daemon */
	size_t n_counts, capacity;
	uint64_t lost;
	unsigned n_questions;
	int told;	  /* the error that was told last; 0 = it works */
};

/* A line on its way to the disk. */
struct line {
	struct nbd_history *history;
	char *text;
	size_t length;
	int r;
};

/* "2026-11-28T14:05:32.123Z": texts of two moments compare as the moments do. */
static void say_moment(uint64_t usec, char ret[32])
{
	time_t seconds = (time_t)(usec / 1000000);
	struct tm utc;
	size_t n;

	gmtime_r(&seconds, &utc);
	n = strftime(ret, 32, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(ret + n, 32 - n, ".%03uZ", (unsigned)(usec / 1000 % 1000));
}

/* The worker's side */

static int copy_line(void *context, struct json_object *object, const char *text, size_t length)
{
	return nb_lines_append(context, text, length);
}

/* Takes over what had to go to the run directory, also by a daemon before this one. */
static int move_in(struct place *place)
{
	struct nb_lines lines;
	int r = nb_lines_open(&lines, place->state_dir, NBD_HISTORY_NAME, NBD_HISTORY_BYTES);

	if (r < 0)
		return r;
	r = nb_lines_read(place->runtime_dir, NBD_HISTORY_NAME, copy_line, &lines);
	if (r < 0) {
		nb_lines_close(&lines);
		return r;
	}
	nb_lines_remove(place->runtime_dir, NBD_HISTORY_NAME);
	nb_lines_close(&place->lines);
	place->lines = lines;
	place->fallback = false;
	return 0;
}

/* The state directory once it can be written, else the run directory. */
static int find_place(struct place *place)
{
	uint64_t now = nbd_now();

	if (place->lines.dir_fd >= 0 && !place->fallback)
		return 0;
	if (nb_streq(place->state_dir, place->runtime_dir))
		return nb_lines_open(
			&place->lines, place->state_dir, NBD_HISTORY_NAME, NBD_HISTORY_BYTES);
	if (!place->tried || now - place->tried >= ANOTHER_TRY_USEC) {
		place->tried = now;
		if (move_in(place) == 0)
			return 0;
	}
	if (place->lines.dir_fd >= 0)
		return 0;
	place->fallback = true;
	return nb_lines_open(
		&place->lines, place->runtime_dir, NBD_HISTORY_NAME, NBD_HISTORY_BYTES);
}

static int append_lost(struct place *place)
{
	char now[32], text[128];
	int length, r;

	if (!place->lost)
		return 0;
	say_moment(nbd_clock(CLOCK_REALTIME), now);
	length = snprintf(text, sizeof(text),
		"{\"time\":\"%s\",\"event\":\"lost\",\"what\":\"%llu entries could not be written\"}",
		now, (unsigned long long)place->lost);
	r = nb_lines_append(&place->lines, text, (size_t)length);
	if (r == 0)
		place->lost = 0;
	return r;
}

static void write_line(void *context)
{
	struct line *line = context;
	struct place *place = &line->history->place;

	line->r = find_place(place);
	if (line->r == 0)
		line->r = append_lost(place);
	if (line->r == 0)
		line->r = nb_lines_append(&place->lines, line->text, line->length);
	if (line->r < 0)
		place->lost++;
}

/* The event loop's side */

static void line_free(struct line *line)
{
	free(line->text);
	free(line);
}

static void tell_lost(struct nbd_history *history, int r)
{
	history->lost += r < 0;
	if (r == history->told)
		return;
	history->told = r;
	if (r < 0)
		nbd_log(LOG_WARNING, NULL, "the history cannot be written: %s", strerror(-r));
	else
		nbd_log(LOG_NOTICE, NULL, "the history can be written again");
}

static void line_done(void *context)
{
	struct line *line = context;

	tell_lost(line->history, line->r);
	line_free(line);
}

static void append(struct nbd_history *history, const char *text)
{
	struct line *line = calloc(1, sizeof(*line));
	int r = -ENOMEM;

	if (line) {
		line->history = history;
		line->text = strdup(text);
		line->length = strlen(text);
	}
	if (line && line->text)
		r = nbd_worker_run(history->worker, write_line, line_done, line);
	if (r == 0)
		return;
	if (line)
		line_free(line);
	tell_lost(history, r);
}

static struct nbd_counts *counts_of(
	struct nbd_history *history, const char *namespace, const char *bond)
{
	struct nbd_counts *counts;

	for (size_t i = 0; i < history->n_counts; i++) {
		counts = &history->counts[i];
		if (nb_streq(counts->bond, bond) && nb_streq(counts->namespace, namespace))
			return counts;
	}
	if (nb_grow(&history->counts, history->n_counts, &history->capacity, sizeof(*counts)) < 0)
		return NULL;
	counts = &history->counts[history->n_counts];
	counts->namespace = namespace ? strdup(namespace) : NULL;
	counts->bond = bond ? strdup(bond) : NULL;
	history->n_counts++;
	return counts;
}

void nbd_history_add(struct nbd_history *history, const struct nbd_event *event)
{
	NB_CLEANUP(nb_json_putp) struct json_object *map = NULL;
	struct json_object *stamped;
	struct nbd_counts *counts;
	char now[32];

	if (!history)
		return;
	counts = counts_of(history, event->bond ? event->namespace : NULL, event->bond);
	if (counts) {
		counts->events[event->kind]++;
		counts->results[event->result] += event->kind == NBD_EVENT_TRANSACTION;
	}
	map = nbd_event_json(event);
	/* The time stands first, for people who read the file. */
	stamped = nb_json_map();
	say_moment(nbd_clock(CLOCK_REALTIME), now);
	nb_json_set_string(stamped, "time", now);
	json_object_object_foreach(map, key, value)
		nb_json_set(stamped, key, json_object_get(value));
	append(history, json_object_to_json_string_ext(stamped,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(stamped);
}

/* Questions */

struct question {
	struct nbd_history *history;
	char *bond;
	char since[32];
	uint32_t count;
	char **found; /* the newest .count, as a ring, or all */
	size_t n_found, capacity;
	int r;
	nbd_history_answer answer;
	void *context;
};

static void question_free(struct question *question)
{
	for (size_t i = 0; i < NB_MIN(question->n_found, question->capacity); i++)
		free(question->found[i]);
	free(question->found);
	free(question->bond);
	free(question);
}

static const char *member(struct json_object *object, const char *key)
{
	struct json_object *value = json_object_object_get(object, key);

	return value ? json_object_get_string(value) : "";
}

static bool is_about(struct json_object *object, const char *bond)
{
	const char *namespace = member(object, "namespace"), *name = member(object, "bond");
	size_t length = strlen(namespace);

	return !*bond || nb_streq(member(object, "key"), bond) || nb_streq(name, bond) ||
	       (length && strncmp(bond, namespace, length) == 0 && bond[length] == '/' &&
		       nb_streq(bond + length + 1, name));
}

static int take_line(void *context, struct json_object *object, const char *text, size_t length)
{
	struct question *q = context;
	char *copy, **place;

	if (!is_about(object, q->bond) || strcmp(member(object, "time"), q->since) < 0)
		return 0;
	if (!(q->count && q->n_found >= q->count) &&
		nb_grow(&q->found, q->n_found, &q->capacity, sizeof(*q->found)) < 0)
		return -ENOMEM;
	copy = strndup(text, length);
	if (!copy)
		return -ENOMEM;
	place = &q->found[q->count ? q->n_found % q->count : q->n_found];
	free(*place);
	*place = copy;
	q->n_found++;
	return 0;
}

static void search(void *context)
{
	struct question *q = context;
	const struct place *place = &q->history->place;

	q->r = nb_lines_read(place->state_dir, NBD_HISTORY_NAME, take_line, q);
	/* A folder that cannot be read has a history for others, not for this daemon. */
	if ((q->r == 0 || q->r == -EACCES || q->r == -ENOTDIR) &&
		!nb_streq(place->state_dir, place->runtime_dir))
		q->r = nb_lines_read(place->runtime_dir, NBD_HISTORY_NAME, take_line, q);
}

static void search_done(void *context)
{
	struct question *q = context;
	size_t n = q->count ? NB_MIN(q->n_found, q->count) : q->n_found;
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	bool big;

	for (size_t i = q->n_found - n; i < q->n_found && q->r == 0; i++)
		nb_text_add(&text, "%s%s", text.length ? "," : "",
			q->found[q->count ? i % q->count : i]);
	if (text.failed)
		q->r = -ENOMEM;
	q->answer(q->context, q->r < 0 ? NULL : text.text ? text.text : "", q->r);
	q->history->n_questions--;
	big = text.length > BIG_ANSWER;
	question_free(q);
	if (big)
		malloc_trim(0);
}

int nbd_history_ask(struct nbd_history *history, const struct nbd_query *query,
	nbd_history_answer answer, void *context)
{
	struct question *q;
	int r = -ENOMEM;

	if (history->n_questions >= QUESTIONS_MAX)
		return -EAGAIN;
	q = calloc(1, sizeof(*q));
	if (!q)
		return r;
	q->history = history;
	q->count = query->count;
	q->answer = answer;
	q->context = context;
	if (query->since)
		say_moment(query->since, q->since);
	q->bond = strdup(query->bond);
	if (q->bond)
		r = nbd_worker_run(history->worker, search, search_done, q);
	if (r < 0)
		question_free(q);
	history->n_questions += r == 0;
	return r;
}

const struct nbd_counts *nbd_history_counts(const struct nbd_history *history, size_t i)
{
	return i < history->n_counts ? &history->counts[i] : NULL;
}

uint64_t nbd_history_lost(const struct nbd_history *history)
{
	return history->lost;
}

int nbd_history_new(sd_event *event, const char *state_dir, const char *runtime_dir,
	struct nbd_history **ret)
{
	struct nbd_history *history = calloc(1, sizeof(*history));
	int r;

	if (!history)
		return -ENOMEM;
	history->place = (struct place){
		.state_dir = state_dir,
		.runtime_dir = runtime_dir,
		.lines = NB_LINES_CLOSED,
	};
	r = counts_of(history, NULL, NULL) ? nbd_worker_new(event, &history->worker) : -ENOMEM;
	if (r < 0) {
		nbd_history_free(history);
		return r;
	}
	*ret = history;
	return 0;
}

struct nbd_worker *nbd_history_worker(const struct nbd_history *history)
{
	return history->worker;
}

struct nbd_history *nbd_history_free(struct nbd_history *history)
{
	if (!history)
		return NULL;
	if (!nbd_worker_free(history->worker, FINISH_USEC))
		return NULL;
	for (size_t i = 0; i < history->n_counts; i++) {
		free(history->counts[i].namespace);
		free(history->counts[i].bond);
	}
	free(history->counts);
	nb_lines_close(&history->place.lines);
	free(history);
	return NULL;
}
