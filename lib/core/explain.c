/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/explain.h"

#include <errno.h>
#include <string.h>

#include "lib/core/explain-rule.h"

const char *nb_finding_severity_name(enum nb_finding_severity severity)
{
	static const char *const names[] = { [NB_FINDING_NOTE] = "note",
		[NB_FINDING_WARNING] = "warning", [NB_FINDING_ALARM] = "alarm" };

	return names[severity];
}

static void finding_done(struct nb_finding *finding)
{
	free(finding->slaves);
	free(finding->seen);
	free(finding->means);
	free(finding->cause);
	free(finding->mend);
}

void nb_findings_done(struct nb_findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		finding_done(&findings->items[i]);
	free(findings->items);
	*findings = (struct nb_findings){ 0 };
}

/* The sentence of a rule with names in place of {bond} and {slave}. */
static char *expand(const char *text, const struct nb_look *look)
{
	const struct {
		const char *word, *name;
	} names[] = { { "{bond}", look->in->name },
		{ "{slave}", look->slave ? look->slave->name : "" } };
	struct nb_text out = { 0 };

	while (*text) {
		size_t i = 0, n = strcspn(text, "{");

		nb_text_add(&out, "%.*s", (int)n, text);
		text += n;
		while (i < NB_ARRAY_SIZE(names) &&
			strncmp(text, names[i].word, strlen(names[i].word)) != 0)
			i++;
		if (i < NB_ARRAY_SIZE(names)) {
			nb_text_add(&out, "%s", names[i].name);
			text += strlen(names[i].word);
		} else if (*text) {
			nb_text_add(&out, "%c", *text++);
		}
	}
	if (out.failed)
		nb_text_done(&out);
	return out.text;
}

/* "A" becomes "A, B": one fault on several slaves is one finding. */
static int join(char **text, const char *separator, const char *more)
{
	struct nb_text out = { 0 };

	nb_text_add(&out, "%s%s%s", *text, separator, more);
	if (out.failed) {
		nb_text_done(&out);
		return -ENOMEM;
	}
	free(*text);
	*text = out.text;
	return 0;
}

static int add_finding(struct nb_findings *list, const struct nb_rule *rule,
	const struct nb_look *look, char *seen)
{
	struct nb_finding *finding;

	if (nb_grow(&list->items, list->n, &list->capacity, sizeof(*finding)) < 0) {
		free(seen);
		return -ENOMEM;
	}
	finding = &list->items[list->n++];
	*finding = (struct nb_finding){
		.id = rule->id,
		.severity = rule->severity,
		.slaves = look->slave ? strdup(look->slave->name) : NULL,
		.seen = seen,
		.means = expand(rule->means, look),
		.cause = expand(rule->cause, look),
		.mend = expand(rule->mend, look),
	};
	return finding->means && finding->cause && finding->mend &&
			       (finding->slaves || !look->slave) ?
		       0 :
		       -ENOMEM;
}

static struct nb_finding *find_same(const struct nb_findings *list, const struct nb_rule *rule)
{
	for (size_t i = 0; i < list->n; i++) {
		if (nb_streq(list->items[i].id, rule->id))
			return &list->items[i];
	}
	return NULL;
}

/* Return: 1 it applies, 0 not; -ENOMEM. */
static int try_rule(
	struct nb_findings *list, const struct nb_rule *rule, const struct nb_look *look)
{
	struct nb_finding *same;
	struct nb_text seen = { 0 };
	int r;

	r = rule->test(look, &seen) ? 1 : 0;
	if (seen.failed)
		r = -ENOMEM;
	if (r <= 0) {
		nb_text_done(&seen);
		return r;
	}
	same = look->slave ? find_same(list, rule) : NULL;
	if (!same) {
		r = add_finding(list, rule, look, seen.text);
		return r < 0 ? r : 1;
	}
	r = join(&same->slaves, ", ", look->slave->name);
	if (r == 0)
		r = join(&same->seen, "; ", seen.text);
	nb_text_done(&seen);
	return r < 0 ? r : 1;
}

static int try_rules(struct nb_findings *list, const struct nb_rule *rules,
	const struct nb_look *look, bool first_only)
{
	int r = 0;

	for (const struct nb_rule *rule = rules; rule->id && r >= 0 && !(first_only && r > 0); rule++)
		r = try_rule(list, rule, look);
	return NB_MIN(r, 0);
}

static void look_at_slave(struct nb_look *look, const struct nb_link *slave)
{
	const struct nb_explain_input *in = look->in;

	look->slave = slave;
	look->port = (struct nb_port_facts){ .lacp_age_ms = UINT64_MAX };
	for (size_t i = 0; i < in->n_ports; i++) {
		if (in->ports[i].ifindex == slave->ifindex)
			look->port = in->ports[i];
	}
	look->mii = (unsigned)nb_optset_u(&slave->slave, IFLA_BOND_SLAVE_MII_STATUS);
	look->has_bits = nb_look_is_lacp(look) &&
			 nb_optset_has(&slave->slave, IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE);
	look->actor =
		(unsigned)nb_optset_u(&slave->slave, IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE);
	look->partner =
		(unsigned)nb_optset_u(&slave->slave, IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE);
}

static int look_at_bond(struct nb_look *look, const struct nb_explain_input *in)
{
	int n;

	*look = (struct nb_look){
		.in = in,
		.bond = in->bond,
		.mode = (unsigned)nb_optset_u(&in->bond->bond, IFLA_BOND_MODE),
		.ad = nb_optset_get(&in->bond->bond, IFLA_BOND_AD_INFO).set,
	};
	n = nb_netns_slaves(in->ns, in->bond, &look->slaves);
	if (n < 0)
		return n;
	look->n_slaves = (size_t)n;
	for (int i = 0; i < n; i++) {
		const struct nb_optset *opts = &look->slaves[i]->slave;

		look->n_active += nb_optset_u(opts, IFLA_BOND_SLAVE_STATE) == BOND_STATE_ACTIVE;
		look->n_up += nb_link_is_up(look->slaves[i]) &&
			      nb_optset_u(opts, IFLA_BOND_SLAVE_MII_STATUS) == BOND_LINK_UP;
	}
	return 0;
}

/* Worst first; among equals what concerns the whole bond stands first, as it was added. */
static void sort(struct nb_findings *list)
{
	for (size_t i = 1; i < list->n; i++) {
		struct nb_finding item = list->items[i];
		size_t k = i;

		for (; k > 0 && list->items[k - 1].severity < item.severity; k--)
			list->items[k] = list->items[k - 1];
		list->items[k] = item;
	}
}

int nb_explain(const struct nb_explain_input *in, struct nb_findings *ret)
{
	struct nb_findings list = { 0 };
	struct nb_look look = { .in = in };
	int r = in->bond ? look_at_bond(&look, in) : 0;

	if (r == 0)
		r = try_rules(
			&list, in->bond ? nb_findings_bond : nb_findings_missing, &look, false);
	for (size_t i = 0; r == 0 && i < look.n_slaves; i++) {
		look_at_slave(&look, look.slaves[i]);
		r = try_rules(&list, nb_findings_chain, &look, true);
		if (r == 0)
			r = try_rules(&list, nb_findings_slave, &look, false);
	}
	free(look.slaves);
	if (r < 0) {
		nb_findings_done(&list);
		return r;
	}
	sort(&list);
	*ret = list;
	return 0;
}
