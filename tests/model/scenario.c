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

void nb_scenario_mac(const char *name, uint8_t ret[6])
{
	uint64_t hash = nb_hash_bytes(0, name, strlen(name));

	ret[0] = 0x02;
	for (unsigned i = 1; i < 6; i++)
		ret[i] = (uint8_t)(hash >> (8 * i));
}

static int misread(struct run *run, const char *word)
{
	nb_text_add(run->problems, "not understood: \"%s\" in \"%s\"\n", word, run->line);
	return -EINVAL;
}

static size_t split(char *line, char *words[WORDS_MAX])
{
	size_t n = 0;
	char *rest;

	for (char *w = strtok_r(line, " \t", &rest); w && n < WORDS_MAX; w = strtok_r(NULL, " \t", &rest))
		words[n++] = w;
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

/* ---- expectations ---- */

static bool number_is(const char *text, uint64_t is)
{
	uint64_t n;

	return nb_parse_u64(text, UINT32_MAX, &n) == 0 && n == is;
}

static bool name_is(const struct nb_netns *ns, int ifindex, const char *name)
{
	const struct nb_link *link = ifindex ? nb_netns_find_index(ns, ifindex) : NULL;

	return nb_streq(link ? link->name : "none", name);
}

/* A MAC, or @NIC: the one that the NIC was made with, or =LINK: the one that link has now. */
static bool mac_is(const struct nb_netns *ns, const char *text, const uint8_t mac[6])
{
	uint8_t wanted[6];
	const struct nb_link *other;

	if (text[0] == '@') {
		nb_scenario_mac(text + 1, wanted);
		return memcmp(wanted, mac, 6) == 0;
	}
	if (text[0] == '=') {
		other = nb_netns_find(ns, text + 1);
		return other && memcmp(other->mac, mac, 6) == 0;
	}
	return nb_mac_parse(text, wanted) == 0 && memcmp(wanted, mac, 6) == 0;
}

static bool has_address(const struct nb_link *link, const char *text, uint32_t flags)
{
	for (size_t i = 0; i < link->n_addresses; i++) {
		struct nb_text shown = { 0 };
		bool same;

		nb_address_format(&link->addresses[i], &shown);
		same = nb_streq(shown.text, text) && (link->addresses[i].flags & flags) == flags;
		nb_text_done(&shown);
		if (same)
			return true;
	}
	return false;
}

static bool has_linklocal(const struct nb_link *link)
{
	for (size_t i = 0; i < link->n_addresses; i++)
		if (nb_ip_is_linklocal(&link->addresses[i].ip))
			return true;
	return false;
}

static bool has_route(const struct nb_link *link, const char *text)
{
	struct nb_ip to;
	uint8_t length;

	if (nb_streq(text, "default"))
		text = "0.0.0.0/0";
	if (nb_prefix_parse(text, true, &to, &length) < 0)
		return false;
	for (size_t i = 0; i < link->n_routes; i++)
		if (nb_ip_equal(&link->routes[i].to, &to) && link->routes[i].prefix_length == length)
			return true;
	return false;
}

static bool option_is(const struct nb_link *link, const char *name, const char *text, bool *ret)
{
	const struct nb_optset *sets[] = { &link->bond, &link->slave };

	for (size_t i = 0; i < NB_ARRAY_SIZE(sets); i++) {
		const struct nb_option *row =
			nb_option_find(i == 0 ? NB_SCOPE_BOND : NB_SCOPE_SLAVE, name);
		struct nb_text shown = { 0 };
		unsigned attr;

		if (!row)
			continue;
		attr = nb_option_attr(row);
		if (sets[i]->present == 0 && i == 0)
			continue;
		if (nb_optset_has(sets[i], attr))
			row->type->format(row, nb_optset_get(sets[i], attr), &shown);
		else
			nb_text_add(&shown, "absent");
		*ret = nb_streq(shown.text, text);
		nb_text_done(&shown);
		return true;
	}
	return false;
}

/* Return: 1 it is so, 0 it is not, -EINVAL no such word. */
static int holds_value(
	const struct nb_netns *ns, const struct nb_link *link, const char *name, const char *value)
{
	bool is;

	if (nb_streq(name, "mtu"))
		return number_is(value, link->mtu);
	if (nb_streq(name, "gen"))
		return number_is(value, link->addr_gen_mode);
	if (nb_streq(name, "position"))
		return number_is(value, link->slave_position);
	if (nb_streq(name, "addresses"))
		return number_is(value, link->n_addresses);
	if (nb_streq(name, "mac"))
		return mac_is(ns, value, link->mac);
	if (nb_streq(name, "perm-hwaddr"))
		return mac_is(ns, value, nb_optset_get(&link->slave, IFLA_BOND_SLAVE_PERM_HWADDR).mac);
	if (nb_streq(name, "master"))
		return name_is(ns, link->master, value);
	if (nb_streq(name, "addr"))
		return has_address(link, value, 0);
	if (nb_streq(name, "secondary"))
		return has_address(link, value, IFA_F_SECONDARY);
	if (nb_streq(name, "tentative"))
		return has_address(link, value, IFA_F_TENTATIVE);
	if (nb_streq(name, "route"))
		return has_route(link, value);
	return option_is(link, name, value, &is) ? is : -EINVAL;
}

static int holds(const struct nb_netns *ns, const struct nb_link *link, char *word)
{
	char *equals = strchr(word, '=');

	if (equals) {
		*equals = '\0';
		return holds_value(ns, link, word, equals + 1);
	}
	if (nb_streq(word, "up"))
		return nb_link_is_up(link);
	if (nb_streq(word, "carrier"))
		return link->carrier;
	if (nb_streq(word, "linklocal"))
		return has_linklocal(link);
	return -EINVAL;
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
		int r = word ? holds(ns, link, word) : -ENOMEM;

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
	for (char *line = strtok_r(story, "\n", &rest); r == 0 && line; line = strtok_r(NULL, "\n", &rest)) {
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
