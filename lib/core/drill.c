/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/drill.h"

#include <errno.h>
#include <inttypes.h>

static const char *const names[NB_DRILL_HOW_COUNT] = {
	[NB_DRILL_DOWN] = "down",
	[NB_DRILL_CARRIER] = "carrier",
	[NB_DRILL_RELEASE] = "release",
};

const char *nb_drill_how_name(enum nb_drill_how how)
{
	return names[how];
}

int nb_drill_how_parse(const char *text, enum nb_drill_how *ret)
{
	for (unsigned i = 0; i < NB_DRILL_HOW_COUNT; i++) {
		if (!nb_streq(names[i], text))
			continue;
		*ret = (enum nb_drill_how)i;
		return 0;
	}
	return -EINVAL;
}

uint64_t nb_drill_promise(const struct nb_link *bond, enum nb_drill_how how)
{
	uint64_t miimon = nb_optset_u(&bond->bond, IFLA_BOND_MIIMON);
	uint64_t interval = nb_optset_u(&bond->bond, IFLA_BOND_ARP_INTERVAL);
	uint64_t missed = nb_optset_u(&bond->bond, IFLA_BOND_MISSED_MAX);

	if (how == NB_DRILL_RELEASE)
		return 0;
	if (miimon)
		return miimon + nb_optset_u(&bond->bond, IFLA_BOND_DOWNDELAY);
	if (interval)
		return (2 * missed + 3) * interval / 2;
	return UINT64_MAX;
}

bool nb_drill_has_active(const struct nb_link *bond)
{
	const struct nb_option *row = nb_option_get(NB_SCOPE_BOND, IFLA_BOND_ACTIVE_SLAVE);

	return !(row->refused & NB_MODE(nb_optset_u(&bond->bond, IFLA_BOND_MODE)));
}

static size_t usable_beside(
	const struct nb_netns *ns, const struct nb_link *bond, const struct nb_link *slave)
{
	struct nb_relatives relatives = nb_netns_relatives(ns, bond->ifindex);
	const struct nb_link *other;
	size_t n = 0;

	while ((other = nb_relatives_next(&relatives)))
		n += other != slave && nb_link_is_slave_of(other, bond) &&
		     nb_link_usable_slave(other, bond);
	return n;
}

void nb_drill_refusal(const struct nb_netns *ns, const struct nb_link *bond,
	const struct nb_link *slave, enum nb_drill_how how, struct nb_text *why)
{
	uint64_t min_links = nb_optset_u(&bond->bond, IFLA_BOND_MIN_LINKS);
	size_t others = usable_beside(ns, bond, slave);

	if (!nb_link_is_slave_of(slave, bond))
		nb_text_add(why, "'%s' is no slave of %s", slave->name, bond->name);
	else if (!nb_link_is_up(bond))
		nb_text_add(why, "%s is down: there is no traffic to fail over", bond->name);
	else if (!nb_link_usable_slave(slave, bond))
		nb_text_add(why, "%s is not usable now: nothing is learnt by taking it out; mend it first",
			slave->name);
	else if (others == 0)
		nb_text_add(why, "%s is the last usable slave of %s: taking it out would cut it off",
			slave->name, bond->name);
	else if (nb_optset_u(&bond->bond, IFLA_BOND_MODE) == BOND_MODE_8023AD && others < min_links)
		nb_text_add(why, "without %s only %zu slaves of %s are usable, and min-links is %" PRIu64
			": it would go down", slave->name, others, bond->name, min_links);
	else if (nb_drill_promise(bond, how) == UINT64_MAX)
		nb_text_add(why, "%s has no monitoring (miimon and arp-interval are 0): a dead slave stays "
			"in use for ever; set miimon first", bond->name);
}
