/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/model/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/model/script.h"

#define WORDS_MAX 24

struct run {
	const struct nb_stage *stage;
	const char *line;
	struct nb_text *problems;
};

static int misread(struct run *run, const char *word)
{
	nb_text_add(run->problems, "not understood: \"%s\" in \"%s\"\n", word, run->line);
	return -EINVAL;
}

static size_t split(char *line, char *words[WORDS_MAX])
{
	size_t n = 0;
	char *rest;

	for (char *word = strtok_r(line, " \t", &rest); word && n < WORDS_MAX;
		word = strtok_r(NULL, " \t", &rest))
		words[n++] = word;
	return n;
}

/* "v0@blue" */
static const char *split_namespace(char *link)
{
	char *at = strchr(link, '@');

	if (!at)
		return "";
	*at = '\0';
	return at + 1;
}

static int look_at(struct run *run, const struct nb_state *state, char *const *words, size_t n,
	struct nb_text *out)
{
	NB_CLEANUP(nb_freep) char *name = strdup(words[0]);
	const char *namespace = name ? split_namespace(name) : "";
	const struct nb_netns *ns = nb_state_namespace(state, namespace);
	const struct nb_link *link = ns && name ? nb_netns_find(ns, name) : NULL;

	if (n == 2 && nb_streq(words[1], "gone")) {
		if (link)
			nb_text_add(out, "%s: it is still there\n", run->line);
		return 0;
	}
	if (!link) {
		nb_text_add(out, "%s: there is no %s\n", run->line, words[0]);
		return 0;
	}
	for (size_t i = 1; i < n; i++) {
		bool negated = words[i][0] == '!';
		NB_CLEANUP(nb_freep) char *word = strdup(words[i] + negated);
		int r = word ? nb_scenario_holds(ns, link, word) : -ENOMEM;

		if (r < 0)
			return misread(run, words[i]);
		if (r == negated)
			nb_text_add(out, "%s: not %s\n", run->line, words[i]);
	}
	return 0;
}

static int observe_and_look(struct run *run, char *const *words, size_t n, struct nb_text *out)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = NULL;
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };

	if (run->stage->exec->observe(run->stage->context, run->stage->namespaces,
		    run->stage->n_namespaces, &state, &diag) < 0)
		return misread(run, "observe");
	return look_at(run, state, words, n, out);
}

static int expect(struct run *run, char *const *words, size_t n)
{
	for (unsigned tenths = 0;; tenths++) {
		NB_CLEANUP(nb_text_done) struct nb_text out = { 0 };
		int r = observe_and_look(run, words, n, &out);

		if (r < 0 || out.length == 0)
			return r;
		if (tenths >= run->stage->patience) {
			nb_text_add(run->problems, "%s", out.text);
			return 0;
		}
		run->stage->wait(run->stage->context, 1);
	}
}

/* ---- acts ---- */

static int read_nic(struct run *run, char **words, size_t n, struct nb_model_nic *nic)
{
	nic->namespace = split_namespace(words[0]);
	nic->name = words[0];
	nic->kind = "veth";
	nb_scenario_mac(nic->name, nic->mac);
	for (size_t i = 1; i < n; i++) {
		char *equals = strchr(words[i], '=');
		uint64_t number = 0;

		if (equals)
			*equals++ = '\0';
		if (equals && nb_parse_u64(equals, UINT32_MAX, &number) < 0)
			number = 0;
		if (nb_streq(words[i], "kind"))
			nic->kind = nb_streq(equals, "real") ? NULL : equals;
		else if (nb_streq(words[i], "lower"))
			nic->lower = equals;
		else if (nb_streq(words[i], "mtu"))
			nic->mtu = (uint32_t)number;
		else if (nb_streq(words[i], "max-mtu"))
			nic->max_mtu = (uint32_t)number;
		else if (nb_streq(words[i], "up"))
			nic->up = true;
		else if (nb_streq(words[i], "unplugged"))
			nic->no_carrier = true;
		else if (nb_streq(words[i], "fixed-mac"))
			nic->fixed_mac = true;
		else if (!nb_streq(words[i], "mac") || nb_mac_parse(equals, nic->mac) < 0)
			return misread(run, words[i]);
	}
	if (nb_streq(nic->kind, "vlan"))
		memset(nic->mac, 0, sizeof(nic->mac));
	return 0;
}

static int add_nic(struct run *run, char **words, size_t n)
{
	struct nb_model_nic nic = { 0 };
	int r = read_nic(run, words, n, &nic);

	if (r < 0)
		return r;
	r = run->stage->add_nic(run->stage->context, &nic);
	return r < 0 ? misread(run, "the NIC cannot be made") : 0;
}

static int set_knob(struct run *run, const char *word)
{
	struct nb_model_knobs *knobs = nb_model_knobs(run->stage->model);
	const char *equals = strchr(word, '=');
	unsigned n = equals ? (unsigned)strtoul(equals + 1, NULL, 10) : 1;

	if (nb_streq(word, "promote-secondaries"))
		knobs->promote_secondaries = true;
	else if (nb_streq(word, "keep-addresses"))
		knobs->keep_addr_on_down = true;
	else if (strncmp(word, "dad=", 4) == 0)
		knobs->dad_ticks = n;
	else if (strncmp(word, "lacp=", 5) == 0)
		knobs->lacp_ticks = n;
	else if (strncmp(word, "ignore=", 7) == 0)
		knobs->ignored[NB_SCOPE_BOND] |= NB_BIT(n);
	else
		return misread(run, word);
	return 0;
}

static int set_kernel(struct run *run, const char *word)
{
	struct nb_model_knobs *knobs = nb_model_knobs(run->stage->model);

	if (nb_streq(word, "6.12"))
		knobs->kernel = nb_model_linux_6_12;
	else if (nb_streq(word, "7.2"))
		knobs->kernel = nb_model_linux_7_2;
	else
		return misread(run, word);
	return 0;
}

static int operate(struct run *run, char *line)
{
	struct nb_exec_error error = { 0 };
	char *arrow = strstr(line, "->"), *text = NULL;
	const char *got;
	struct nb_op op;
	int r;

	if (arrow) {
		*arrow = '\0';
		arrow += 2 + strspn(arrow + 2, " ");
		text = strstr(arrow, ": ");
	}
	if (text) {
		*text = '\0';
		text += 2;
	}
	r = nb_script_op(line, &op, run->problems);
	if (r < 0)
		return misread(run, line);
	r = run->stage->exec->run(run->stage->context, &op, &error);
	nb_op_done(&op);
	got = r < 0 ? strerrorname_np(-r) : NULL;
	if (!nb_streq(got, arrow))
		nb_text_add(run->problems, "%s: %s%s%s\n", run->line, got ? got : "done",
			got ? " " : "", error.text);
	else if (text && !strstr(error.text, text))
		nb_text_add(run->problems, "%s: the text is \"%s\"\n", run->line, error.text);
	return 0;
}

static int set_partner(struct run *run, char **words)
{
	uint64_t n;

	if (nb_parse_u64(words[2] ? words[2] : "", 9, &n) < 0)
		return misread(run, words[0]);
	return run->stage->partner(run->stage->context, words[1], (unsigned)n);
}

static int act_on_model(struct run *run, char **words)
{
	if (!run->stage->model)
		return misread(run, "only model");
	return nb_streq(words[0], "knob") ? set_knob(run, words[1]) : set_kernel(run, words[1]);
}

static int act(struct run *run, char *line)
{
	NB_CLEANUP(nb_freep) char *copy = strdup(line);
	char *words[WORDS_MAX] = { 0 };
	size_t n = copy ? split(copy, words) : 0;
	uint64_t tenths;

	if (n < 2)
		return copy ? misread(run, line) : -ENOMEM;
	if (nb_streq(words[0], "?"))
		return expect(run, words + 1, n - 1);
	if (nb_streq(words[0], "nic"))
		return add_nic(run, words + 1, n - 1);
	if (nb_streq(words[0], "only"))
		return run->stage->model ? 0 : -ENOTSUP;
	if (nb_streq(words[0], "plug") || nb_streq(words[0], "unplug"))
		return run->stage->plug(run->stage->context, words[1], words[0][0] == 'p');
	if (nb_streq(words[0], "tick")) {
		if (nb_parse_u64(words[1], 1000, &tenths) < 0)
			return misread(run, words[1]);
		run->stage->wait(run->stage->context, (unsigned)tenths);
		return 0;
	}
	if (nb_streq(words[0], "partner"))
		return set_partner(run, words);
	if (nb_streq(words[0], "knob") || nb_streq(words[0], "kernel"))
		return act_on_model(run, words);
	return operate(run, line);
}

int nb_scenario_run(
	const struct nb_stage *stage, const struct nb_scenario *scenario, struct nb_text *problems)
{
	NB_CLEANUP(nb_freep) char *story = strdup(scenario->story);
	struct run run = { .stage = stage, .problems = problems };
	char *rest;
	int r = story ? 0 : -ENOMEM;

	if (!story)
		return r;
	for (char *line = strtok_r(story, "\n", &rest); r == 0 && line;
		line = strtok_r(NULL, "\n", &rest)) {
		NB_CLEANUP(nb_freep) char *whole = NULL;

		line += strspn(line, " \t");
		whole = strdup(line);
		if (!whole)
			return -ENOMEM;
		run.line = whole;
		if (*line)
			r = act(&run, line);
	}
	return r;
}

static int model_add_nic(void *context, const struct nb_model_nic *nic)
{
	int r = nb_model_add_nic(context, nic);

	return r < 0 ? r : 0;
}

static int model_plug(void *context, const char *name, bool carrier)
{
	return nb_model_set_carrier(context, "", name, carrier);
}

static int model_partner(void *context, const char *name, unsigned partner)
{
	return nb_model_set_partner(context, "", name, partner);
}

static void model_wait(void *context, unsigned tenths)
{
	nb_model_tick(context, tenths);
}

struct nb_stage nb_stage_model(struct nb_model *model)
{
	static char *namespaces[] = { (char *)"blue", (char *)"red" };

	return (struct nb_stage){
		.exec = nb_model_exec_ops(),
		.context = model,
		.model = model,
		.add_nic = model_add_nic,
		.plug = model_plug,
		.partner = model_partner,
		.wait = model_wait,
		.namespaces = namespaces,
		.n_namespaces = NB_ARRAY_SIZE(namespaces),
	};
}
