/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/real/random-ops.h"

#include <stdio.h>
#include <string.h>

/* A generator of our own, so that a seed means the same everywhere (xorshift). */
struct dice {
	uint64_t state;
};

static unsigned roll(struct dice *dice, unsigned sides)
{
	dice->state ^= dice->state << 13;
	dice->state ^= dice->state >> 7;
	dice->state ^= dice->state << 17;
	return (unsigned)((dice->state >> 11) % sides);
}

#define PICK(dice, array) ((array)[roll(dice, NB_ARRAY_SIZE(array))])

static const char *const bonds[] = { "bond0", "bond0", "bond0", "bond1" };
static const char *const nics[] = { "v0", "v1", "v2", "vl0" };
static const char *const any[] = { "bond0", "bond0", "bond1", "v0", "v1", "v2", "vl0" };
static const char *const ip4[] = { "192.0.2.1/24", "192.0.2.2/24", "198.51.100.1/24",
	"192.0.2.3/25", "203.0.113.9/32",
	"192.0.2.4/24 metric=50" };
static const char *const ip6[] = { "2001:db8::1/64", "2001:db8::2/64", "2001:db8:1::1/48",
	"2001:db8:2::1/64 metric=77" };
#define CONNECTED "192.0.2.0/24"
static const char *const to4[] = { "default", "10.0.0.0/8", "10.1.0.0/16", CONNECTED };
static const char *const to6[] = { "default6", "2001:db8:5::/48" };
static const char *const via4[] = { "", " via=192.0.2.254", " via=198.51.100.254",
	" via=192.0.2.254 onlink", " src=192.0.2.1", " src=198.51.100.1 metric=7",
	" via=192.0.2.253 table=77", " via=192.0.2.254 tos=16", " via=192.0.2.254 advmss=1300" };
static const char *const via6[] = { "", " via=2001:db8::fe", " via=fe80::1", " src=2001:db8::1",
	" via=2001:db8::fe metric=7", " via=2001:db8::fd", " advmss=1300" };
static const char *const macs[] = { "02:00:00:00:00:0b", "02:00:00:00:00:0c", "01:00:5e:00:00:01" };
static const char *const mtus[] = { "1500", "1400", "1280", "1000", "60", "1600", "65536" };
static const char *const links[] = { "up", "up", "up", "down", "down", "gen=1", "gen=0" };
static const char *const modes[] = { "0", "1", "1", "1", "2", "3", "4", "5", "6" };

/* Values of one option: plain ones from its row, sometimes one that is refused. */
static void roll_value(struct dice *dice, const struct nb_option *row, struct nb_text *out)
{
	static const unsigned times[] = { 0, 50, 100, 250, 300 };

	nb_text_add(out, " %s=", row->name);
	if (row->wire == NB_WIRE_IFINDEX)
		nb_text_add(out, "%s", roll(dice, 5) ? PICK(dice, nics) : "none");
	else if (row->wire == NB_WIRE_IP4S)
		nb_text_add(out, "192.0.2.%u%s", 200 + roll(dice, 3),
			roll(dice, 3) ? "" : ",192.0.2.201");
	else if (row->wire == NB_WIRE_IP6S)
		nb_text_add(out, "2001:db8::%u", 200 + roll(dice, 3));
	else if (row->wire == NB_WIRE_MAC)
		nb_text_add(out, "%s", PICK(dice, macs));
	else if (nb_streq(row->name, "arp-interval"))
		/* Nobody answers here: too long an interval for anyone to notice. */
		nb_text_add(out, "%u", roll(dice, 2) ? 60000 : 0);
	else if (nb_streq(row->unit, "ms"))
		nb_text_add(out, "%u", PICK(dice, times));
	else if (row->max < 8)
		nb_text_add(out, "%u", roll(dice, (unsigned)row->max + 2));
	else
		nb_text_add(out, "%u", roll(dice, 20));
}

static void roll_options(struct dice *dice, enum nb_scope scope, unsigned n, struct nb_text *out)
{
	while (n-- > 0) {
		const struct nb_option *row = NULL;

		while (!row || (row->flags & NB_OPTION_READONLY))
			row = nb_option_get(scope, roll(dice, nb_option_scope_end(scope)));
		roll_value(dice, row, out);
	}
}

static void roll_bond(struct dice *dice, struct nb_text *out)
{
	const char *bond = PICK(dice, bonds);

	switch (roll(dice, 6)) {
	case 0:
		nb_text_add(out, "create %s mode=%s", bond, PICK(dice, modes));
		roll_options(dice, NB_SCOPE_BOND, roll(dice, 2), out);
		nb_text_add(out, "%s", roll(dice, 2) ? " up" : "");
		break;
	case 1:
		nb_text_add(out, "set %s mode=%s", bond, PICK(dice, modes));
		roll_options(dice, NB_SCOPE_BOND, roll(dice, 3), out);
		break;
	default:
		nb_text_add(out, "set %s", bond);
		roll_options(dice, NB_SCOPE_BOND, 1 + roll(dice, 3), out);
		nb_text_add(out, "%s", roll(dice, 8) ? "" : " up");
		break;
	}
}

static void roll_link(struct dice *dice, struct nb_text *out)
{
	switch (roll(dice, 16)) {
	case 0:
		nb_text_add(out, "link %s mac=%s", PICK(dice, any), PICK(dice, macs));
		break;
	case 1:
		nb_text_add(out, "link %s mtu=%s", PICK(dice, any), PICK(dice, mtus));
		break;
	case 2:
		nb_text_add(out, "delete %s", roll(dice, 2) ? "bond1" : PICK(dice, bonds));
		break;
	case 3:
		nb_text_add(out, "link %s name=w7", PICK(dice, nics));
		break;
	default:
		nb_text_add(out, "link %s %s", PICK(dice, any), PICK(dice, links));
		break;
	}
}

static void roll_place(struct dice *dice, struct nb_text *out)
{
	static const char *const places[] = { "move v2 to=blue", "move v2@blue to=own",
		"move v2@blue to=own name=v2", "move v0 to=blue name=v2",
		"move v2@blue to=own name=v0", "enslave bond0 br0", "enslave v2 br0",
		"release bond0", "enslave vl0 br0", "create bond0@blue mode=1 miimon=100 up",
		"enslave v2@blue bond0", "netns+ blue", "netns- blue", "delete v2", "delete vl0",
		"link br0 mtu=1300", "link br0 down", "link br0 up", "addr+ br0 192.0.2.9/24",
		"move bond1 to=blue" };

	nb_text_add(out, "%s", PICK(dice, places));
}

static void roll_slave(struct dice *dice, struct nb_text *out)
{
	switch (roll(dice, 4)) {
	case 0:
		nb_text_add(out, "release %s", PICK(dice, nics));
		break;
	case 1:
		nb_text_add(out, "slave %s", PICK(dice, nics));
		roll_options(dice, NB_SCOPE_SLAVE, 1 + roll(dice, 2), out);
		break;
	default:
		nb_text_add(out, "enslave %s %s%s", PICK(dice, any), PICK(dice, bonds),
			roll(dice, 3) ? " down" : "");
		break;
	}
}

static void roll_l3(struct dice *dice, struct nb_text *out)
{
	const char *sign = roll(dice, 3) ? "+" : "-";
	const char *replace = roll(dice, 6) ? "" : " replace";

	const char *to, *via;

	switch (roll(dice, 4)) {
	case 0:
		nb_text_add(out, "addr%s %s %s%s", sign, PICK(dice, any), PICK(dice, ip4), replace);
		break;
	case 1:
		nb_text_add(out, "addr%s %s %s nodad%s", sign, PICK(dice, any), PICK(dice, ip6),
			replace);
		break;
	case 2:
		via = PICK(dice, via4);
		to = PICK(dice, to4);
		/* It would take the place of a connected route, and netbond replaces none. */
		replace = nb_streq(to, CONNECTED) ? "" : replace;
		nb_text_add(out, "route%s %s %s%s%s", sign, PICK(dice, any), to, via, replace);
		break;
	default:
		nb_text_add(out, "route%s %s %s%s%s", sign, PICK(dice, any), PICK(dice, to6),
			PICK(dice, via6), replace);
		break;
	}
}

/* Several operations, one a line. */
static void NB_PRINTF(2, 3) lines(struct twin *twin, const char *format, ...)
{
	struct nb_text text = { 0 };
	va_list args;
	char *rest;

	va_start(args, format);
	nb_text_addv(&text, format, args);
	va_end(args);
	for (char *line = strtok_r(text.text, "\n", &rest); line;
		line = strtok_r(NULL, "\n", &rest))
		if (twin->told.length == 0)
			twin_run(twin, line);
	nb_text_done(&text);
}

static void start(struct twin *twin, struct dice *dice)
{
	static const struct nb_model_nic start_nics[] = {
		{ .name = "v0", .kind = "veth" },
		{ .name = "v1", .kind = "veth" },
		{ .name = "v2", .kind = "veth", .up = true },
	};
	struct nb_model_nic vlan = { .name = "vl0", .kind = "vlan", .lower = "bond0" };
	struct nb_model_nic bridge = { .name = "br0", .kind = "bridge", .up = true };
	struct nb_stage stage = twin_stage(twin);

	for (size_t i = 0; i < NB_ARRAY_SIZE(start_nics); i++) {
		struct nb_model_nic nic = start_nics[i];

		nb_scenario_mac(nic.name, nic.mac);
		stage.add_nic(stage.context, &nic);
	}
	lines(twin,
		"create bond0 mode=%s\nset bond0 miimon=100 up\nenslave v0 bond0\n"
		"enslave v1 bond0\naddr+ bond0 192.0.2.1/24\naddr+ bond0 2001:db8::1/64 nodad\n"
		"create bond1 mode=%s",
		PICK(dice, modes), PICK(dice, modes));
	stage.add_nic(stage.context, &vlan);
	nb_scenario_mac(bridge.name, bridge.mac);
	stage.add_nic(stage.context, &bridge);
	twin_run(twin, "netns+ blue");
}

/* What a plan does to change a mode: everything off, the mode, everything on again. */
static void rebuild(struct twin *twin, struct dice *dice)
{
	lines(twin,
		"release v0\nrelease v1\nset bond0 mode=%s down\nset bond0 mode=%s up\n"
		"enslave v1 bond0 down\nenslave v0 bond0 down",
		PICK(dice, modes), PICK(dice, modes));
}

void random_ops_run(struct twin *twin, unsigned seed, unsigned n)
{
	struct dice dice = { .state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1 };

	start(twin, &dice);
	while (n-- > 0 && twin->told.length == 0) {
		NB_CLEANUP(nb_text_done) struct nb_text line = { 0 };

		if (roll(&dice, 12) == 0) {
			rebuild(twin, &dice);
			continue;
		}
		switch (roll(&dice, 11)) {
		case 0:
		case 1:
		case 2:
			roll_bond(&dice, &line);
			break;
		case 3:
		case 4:
			roll_link(&dice, &line);
			break;
		case 5:
		case 6:
			roll_slave(&dice, &line);
			break;
		case 7:
			roll_place(&dice, &line);
			break;
		default:
			roll_l3(&dice, &line);
			break;
		}
		nb_text_add(&twin->story, "%s\n   = ", line.text);
		twin_run(twin, line.text);
	}
}
