/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each finding from the least that makes it, and none from a healthy bond. tests/real/explain.py
 * makes the faults themselves.
 */
#include "tests/unit/unit.h"

#include <string.h>

#include "lib/core/explain.h"
#include "lib/core/resolve.h"

#define BOND 10
#define PARTNER "\x52\x54\x00\x00\x00\x01"
#define OTHER "\x52\x54\x00\x00\x00\x02"
#define GATEWAY "\x52\x54\x00\x00\x00\x99"

/* A value that is set on the bond or on a slave, over those of a healthy one. */
struct value {
	int who; /* BOND, or the number of a slave */
	unsigned attr;
	uint64_t value;
};

struct finding_case {
	const char *sentence;
	unsigned mode;
	struct value values[8];
	const char *found; /* ids, "" = nothing */
	const char *seen;  /* of the first one; NULL: whatever */
	void (*more)(struct nb_explain_input *in);
};

/* The bench: bond0 with eth0 and eth1, all as it should be. */
static struct nb_state *machine;
static struct nb_netns *ns;
static struct nb_link *bond0, *eth[2];
static struct nb_port_facts ports[2];
static struct nb_goal goal;

static struct nb_link *add_link(const char *name, int ifindex)
{
	struct nb_link *link = nb_link_new(name);

	assert_non_null(link);
	link->ifindex = ifindex;
	link->flags = IFF_UP;
	link->carrier = true;
	link->mtu = 1500;
	link->has_mac = true;
	memcpy(link->mac, "\x02\x00\x00\x00\x00\x0a", 6);
	assert_int_equal(nb_netns_add(ns, link), 0);
	return link;
}

static void set(struct nb_optset *set, unsigned attr, union nb_value value)
{
	assert_int_equal(nb_optset_set(set, attr, value), 0);
}

static void set_u(struct nb_optset *opts, unsigned attr, uint64_t value)
{
	set(opts, attr, (union nb_value){ .u = value });
}

static void set_mac(struct nb_optset *opts, unsigned attr, const char *mac)
{
	union nb_value value = { 0 };

	memcpy(value.mac, mac, 6);
	set(opts, attr, value);
}

static void set_partner(const char *mac)
{
	struct nb_optset *ad = nb_optset_get(&bond0->bond, IFLA_BOND_AD_INFO).set;

	set_mac(ad, IFLA_BOND_AD_INFO_PARTNER_MAC, mac);
}

static void make_lacp(void)
{
	struct nb_optset *ad = calloc(1, sizeof(*ad));

	ad->scope = NB_SCOPE_AD_INFO;
	set_u(ad, IFLA_BOND_AD_INFO_AGGREGATOR, 1);
	set_u(ad, IFLA_BOND_AD_INFO_NUM_PORTS, 2);
	set_u(ad, IFLA_BOND_AD_INFO_ACTOR_KEY, 15);
	set_u(ad, IFLA_BOND_AD_INFO_PARTNER_KEY, 1);
	set(&bond0->bond, IFLA_BOND_AD_INFO, (union nb_value){ .set = ad });
	set_partner(PARTNER);
	set_u(&bond0->bond, IFLA_BOND_AD_LACP_RATE, 1);
	for (int i = 0; i < 2; i++) {
		set_u(&eth[i]->slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, 1);
		set_u(&eth[i]->slave, IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, 0x3f);
		set_u(&eth[i]->slave, IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE, 0x3f);
	}
}

static void make_bench(unsigned mode)
{
	machine = nb_state_new();
	assert_non_null(machine);
	ns = machine->namespaces[0];
	goal = (struct nb_goal){ .key = (char *)"bond0" };
	bond0 = add_link("bond0", 1);
	bond0->kind = strdup("bond");
	bond0->bond.scope = NB_SCOPE_BOND;
	set_u(&bond0->bond, IFLA_BOND_MODE, mode);
	set_u(&bond0->bond, IFLA_BOND_MIIMON, 100);
	for (int i = 0; i < 2; i++) {
		eth[i] = add_link(i ? "eth1" : "eth0", 2 + i);
		eth[i]->master = 1;
		eth[i]->slave_kind = strdup("bond");
		eth[i]->slave.scope = NB_SCOPE_SLAVE;
		set_u(&eth[i]->slave, IFLA_BOND_SLAVE_MII_STATUS, BOND_LINK_UP);
		set_u(&eth[i]->slave, IFLA_BOND_SLAVE_STATE,
			mode == BOND_MODE_ACTIVEBACKUP && i ? BOND_STATE_BACKUP :
							      BOND_STATE_ACTIVE);
		set_mac(&eth[i]->slave, IFLA_BOND_SLAVE_PERM_HWADDR, i ? OTHER : PARTNER);
		ports[i] = (struct nb_port_facts){ .ifindex = 2 + i, .has_speed = true,
			.speed = 10000, .has_counters = true, .lacpdu_rx = 50, .lacpdu_tx = 50,
			.has_lacp = true, .own_key = 15, .partner_key = 1,
			.lacp_age_ms = UINT64_MAX };
		memcpy(ports[i].partner_system, PARTNER, 6);
	}
	if (mode == BOND_MODE_8023AD)
		make_lacp();
}

static void clean_bench(void)
{
	machine = nb_state_free(machine);
}

static void no_carrier(struct nb_explain_input *in)
{
	eth[1]->carrier = false;
}

static void set_down(struct nb_explain_input *in)
{
	eth[1]->flags = 0;
	eth[1]->carrier = false;
}

static void all_dark(struct nb_explain_input *in)
{
	eth[0]->carrier = eth[1]->carrier = bond0->carrier = false;
}

static void bond_set_down(struct nb_explain_input *in)
{
	bond0->flags = 0;
}

static void no_slaves(struct nb_explain_input *in)
{
	eth[0]->master = eth[1]->master = 0;
	eth[0]->flags = eth[1]->flags = 0;
	bond0->carrier = false;
}

static void missing(struct nb_explain_input *in)
{
	in->bond = NULL;
}

static void no_speed(struct nb_explain_input *in)
{
	ports[1].speed = 0;
}

static void half_duplex(struct nb_explain_input *in)
{
	ports[1].half_duplex = true;
}

static void forget_partner(struct nb_port_facts *port)
{
	memset(port->partner_system, 0, 6);
}

static void looped(struct nb_explain_input *in)
{
	forget_partner(&ports[1]);
}

static void never_heard(struct nb_explain_input *in)
{
	forget_partner(&ports[1]);
	ports[1].lacpdu_rx = 0;
}

static void nobody(struct nb_explain_input *in)
{
	set_partner("\0\0\0\0\0\0");
	forget_partner(&ports[0]);
	never_heard(in);
	ports[0].lacpdu_rx = 0;
}

static void alone(struct nb_explain_input *in)
{
	nobody(in);
	eth[1]->master = 0;
	eth[1]->flags = 0;
}

static void young(struct nb_explain_input *in)
{
	ports[1].lacp_age_ms = 1000;
}

static void other_partner(struct nb_explain_input *in)
{
	memcpy(ports[1].partner_system, OTHER, 6);
}

static void other_partner_hidden(struct nb_explain_input *in)
{
	other_partner(in);
	in->details = false;
}

static void own_key(struct nb_explain_input *in)
{
	ports[1].own_key = 9;
	ports[1].speed = 1000;
}

static void own_key_hidden(struct nb_explain_input *in)
{
	own_key(in);
	in->details = false;
}

static void partner_key(struct nb_explain_input *in)
{
	ports[1].partner_key = 2;
}

static void partner_key_hidden(struct nb_explain_input *in)
{
	partner_key(in);
	in->details = false;
}

static void churned(struct nb_explain_input *in)
{
	ports[1].partner_churned = true;
}

static void bond_without_carrier(struct nb_explain_input *in)
{
	bond0->carrier = false;
}

static void other_mtu(struct nb_explain_input *in)
{
	eth[1]->mtu = 9000;
}

static void other_mac(struct nb_explain_input *in)
{
	eth[1]->mac[5] = 0x0b;
}

static void mac_elsewhere(struct nb_explain_input *in)
{
	add_link("eth2", 4);
}

static void mac_twice(struct nb_explain_input *in)
{
	set_mac(&eth[1]->slave, IFLA_BOND_SLAVE_PERM_HWADDR, PARTNER);
}

static void waits(struct nb_explain_input *in)
{
	static char *names[] = { (char *)"eth7" };

	goal.waiting = names;
	goal.n_waiting = 1;
	in->goal = &goal;
}

static void primary_is_backup(struct nb_explain_input *in)
{
	set(&bond0->bond, IFLA_BOND_PRIMARY, (union nb_value){ .name = strdup("eth1") });
	set(&bond0->bond, IFLA_BOND_ACTIVE_SLAVE, (union nb_value){ .name = strdup("eth0") });
}

static void add_targets(const char *address)
{
	struct nb_targets *targets = calloc(1, sizeof(*targets));
	struct nb_ip ip;

	assert_int_equal(nb_ip_parse(address, AF_INET, &ip), 0);
	memcpy(&targets->a[0], ip.bytes, 4);
	targets->n = 1;
	set(&bond0->bond, IFLA_BOND_ARP_IP_TARGET, (union nb_value){ .targets = targets });
}

static void add_address(void)
{
	struct nb_address address = { .prefix_length = 24 };

	assert_int_equal(nb_ip_parse("192.0.2.1", AF_INET, &address.ip), 0);
	assert_int_equal(nb_link_add_address(bond0, &address), 0);
}

static void target_near(struct nb_explain_input *in)
{
	add_address();
	add_targets("192.0.2.9");
}

static void target_own(struct nb_explain_input *in)
{
	add_address();
	add_targets("192.0.2.1");
}

static void target_near_eth0_active(struct nb_explain_input *in)
{
	target_near(in);
	set(&bond0->bond, IFLA_BOND_ACTIVE_SLAVE, (union nb_value){ .name = strdup("eth0") });
}

static void target_far(struct nb_explain_input *in)
{
	add_address();
	add_targets("198.51.100.9");
}

static void gateway(struct nb_explain_input *in)
{
	assert_int_equal(nb_ip_parse("192.0.2.254", AF_INET, &in->gateway), 0);
	in->has_gateway_mac = true;
	memcpy(in->gateway_mac, GATEWAY, 6);
}

#define AB BOND_MODE_ACTIVEBACKUP
#define AD BOND_MODE_8023AD
#define MII(slave, status) { slave, IFLA_BOND_SLAVE_MII_STATUS, BOND_LINK_##status }
#define BITS(slave, own, far)                                         \
	{ slave, IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE, own },     \
	{ slave, IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE, far }
#define BACKUP(slave) { slave, IFLA_BOND_SLAVE_STATE, BOND_STATE_BACKUP }
#define ALONE(slave) { slave, IFLA_BOND_SLAVE_AD_AGGREGATOR_ID, 2 }
#define ARP { BOND, IFLA_BOND_MIIMON, 0 }, { BOND, IFLA_BOND_ARP_INTERVAL, 100 }
#define VALIDATE(value) { BOND, IFLA_BOND_ARP_VALIDATE, value }
#define POLICY(name) { BOND, IFLA_BOND_XMIT_HASH_POLICY, BOND_XMIT_POLICY_##name }

static const struct finding_case cases[] = {
	{ "set down", AB, { MII(1, DOWN) }, "slave-set-down", "eth1 is set down", set_down },
	{ "no speed in 802.3ad", AD, { MII(1, DOWN) }, "slave-speed-unknown",
		"eth1 has carrier, no speed is known, and MII status is down", no_speed },
	{ "no carrier", AD, { MII(1, DOWN), { 1, IFLA_BOND_SLAVE_LINK_FAILURE_COUNT, 3 } },
		"slave-no-carrier", "eth1 has no carrier, failure number 3", no_carrier },
	{ "downdelay", AB, { MII(1, FAIL), { BOND, IFLA_BOND_DOWNDELAY, 500 } }, "slave-failing",
		"eth1 has no carrier, and is used until downdelay, 500 ms, is over", no_carrier },
	{ "updelay", AB, { MII(1, BACK), { BOND, IFLA_BOND_UPDELAY, 5000 } }, "slave-returning",
		"eth1 has carrier again and waits for updelay, 5000 ms" },
	{ "no answer to ARP", AB, { ARP, MII(1, DOWN) }, "arp-silent",
		"eth1 has carrier, but no answer of 192.0.2.9 comes in by it", target_near },
	{ "validation of a backup", AB, { ARP, MII(1, DOWN), VALIDATE(2) }, "arp-not-validated",
		"eth1 has carrier, and what the active slave eth0 asks does not come in by it; "
		"arp-validate is backup", target_near_eth0_active },
	{ "validation of a backup, by filter", AB, { ARP, MII(1, DOWN), VALIDATE(6) },
		"arp-not-validated", NULL, target_near_eth0_active },
	{ "validation of the active alone", AB, { ARP, MII(1, DOWN), VALIDATE(1) }, "arp-silent", NULL,
		target_near_eth0_active },
	{ "no validation", AB, { ARP, MII(1, DOWN), VALIDATE(4) }, "arp-silent", NULL,
		target_near_eth0_active },
	{ "validation, and no active slave", AB, { ARP, MII(1, DOWN), VALIDATE(3) }, "arp-silent",
		NULL, target_near },
	{ "validation, and the active one is silent itself", AB,
		{ ARP, MII(0, FAIL), MII(1, DOWN), VALIDATE(3) }, "arp-silent", NULL,
		target_near_eth0_active },
	{ "half duplex", AD, { BITS(1, 0x47, 0), BACKUP(1), ALONE(1) }, "lacp-half-duplex",
		"eth1 runs half duplex (10000 Mbit/s)", half_duplex },
	{ "own LACPDUs", AD, { BITS(1, 0xc7, 2), BACKUP(1), ALONE(1) }, "lacp-loop",
		"eth1: own state 0xc7 (active, fast, aggregatable, defaulted, expired), partner's 0x02 "
		"(fast), 50 LACPDUs received, 50 sent", looped },
	{ "both passive", AD, { BITS(1, 0x3e, 0x3e) }, "lacp-both-passive",
		"eth1: own state 0x3e (fast, aggregatable, in sync, collecting, distributing), partner's "
		"0x3e (fast, aggregatable, in sync, collecting, distributing)" },
	{ "just came up", AD, { BITS(1, 0x07, 0x07), BACKUP(1), ALONE(1) }, "lacp-negotiating", NULL,
		young },
	{ "never heard", AD, { BITS(1, 0x47, 0), BACKUP(1), ALONE(1) }, "lacp-never-heard",
		"eth1: own state 0x47 (active, fast, aggregatable, defaulted), partner's 0x00, 0 "
		"LACPDUs received, 50 sent", never_heard },
	{ "heard once", AD, { BITS(1, 0x47, 0), BACKUP(1), ALONE(1) }, "lacp-partner-lost", NULL,
		looped },
	{ "silent for 3 s", AD, { BITS(1, 0x8f, 0x37), BACKUP(1) }, "lacp-expired" },
	{ "silent, and just so", AD, { BITS(1, 0x8f, 0x37), BACKUP(1) }, "lacp-expired", NULL, young },
	{ "does not hear us", AD, { BITS(1, 0x3f, 0x47), BACKUP(1) }, "lacp-not-heard" },
	{ "does not hear us, since a moment", AD, { BITS(1, 0x0f, 0x8f), BACKUP(1) },
		"lacp-not-heard", NULL, young },
	{ "another switch", AD, { BITS(1, 0x07, 0x0f), BACKUP(1), ALONE(1) }, "lacp-other-partner",
		"the partner of eth1 is 52:54:00:00:00:02, that of the active aggregator is "
		"52:54:00:00:00:01", other_partner },
	{ "another speed", AD, { BITS(1, 0x07, 0x07), BACKUP(1), ALONE(1) }, "lacp-own-key",
		"eth1 has key 9 (1000 Mbit/s), the active aggregator has key 15", own_key },
	{ "another group", AD, { BITS(1, 0x07, 0x0f), BACKUP(1), ALONE(1) }, "lacp-partner-key",
		"the partner gives eth1 key 2, and the active aggregator key 1", partner_key },
	{ "another switch, as all may know", AD, { BITS(1, 0x07, 0x0f), BACKUP(1), ALONE(1) },
		"lacp-other-partner",
		"eth1 has another partner than the active aggregator (root is told which)",
		other_partner_hidden },
	{ "another speed, as all may know", AD, { BITS(1, 0x07, 0x07), BACKUP(1), ALONE(1) },
		"lacp-own-key", "eth1 (1000 Mbit/s) has another key than the active aggregator (root is "
		"told which)", own_key_hidden },
	{ "another group, as all may know", AD, { BITS(1, 0x07, 0x0f), BACKUP(1), ALONE(1) },
		"lacp-partner-key", "the partner gives eth1 another key than the active aggregator (root "
		"is told which)", partner_key_hidden },
	{ "not in sync", AD, { BITS(1, 0x0f, 0x07), BACKUP(1) }, "lacp-not-in-sync" },
	{ "another aggregator", AD, { ALONE(1) }, "lacp-other-aggregator",
		"eth1 is in aggregator 2, aggregator 1 is the active one" },
	{ "churn", AD, { { 0 } }, "lacp-churned", "churn of eth1: partner's end", churned },
	{ "no LACP at all", AD, { BITS(0, 0x4f, 0), BITS(1, 0x47, 0), BACKUP(1), ALONE(1) },
		"without-lacp lacp-never-heard", "bond0 has carrier, its active aggregator has no partner",
		nobody },
	{ "no LACP on the one port", AD, { BITS(0, 0x4f, 0) }, "lacp-never-heard alone-without-lacp",
		NULL, alone },
	{ "min-links", AD, { { BOND, IFLA_BOND_MIN_LINKS, 3 } }, "min-links",
		"min-links is 3, and the active aggregator has 2", bond_without_carrier },
	{ "slow", AD, { { BOND, IFLA_BOND_AD_LACP_RATE, 0 } }, "lacp-slow", "lacp-rate is slow" },
	{ "up without an active slave", AD, { BITS(0, 0x0f, 0x07), BITS(1, 0x07, 0x0f), BACKUP(0),
		BACKUP(1) }, "black-hole lacp-not-in-sync",
		"bond0 is up and has carrier, and none of its 2 slaves is active" },
	{ "all dark", AB, { MII(0, DOWN), MII(1, DOWN) }, "no-link slave-no-carrier",
		"bond0 has no carrier: none of its 2 slaves has a link", all_dark },
	{ "no slave", AB, { { 0 } }, "no-slaves", "bond0 has no slave", no_slaves },
	{ "set down as a whole", AB, { { 0 } }, "bond-set-down", "bond0 is set down", bond_set_down },
	{ "not there", AB, { { 0 } }, "bond-missing", "bond0 is declared, and not there", missing },
	{ "nobody looks", AB, { { BOND, IFLA_BOND_MIIMON, 0 } }, "unmonitored",
		"miimon is 0 and arp-interval is 0" },
	{ "no target", AB, { ARP }, "arp-no-target", "arp-interval is 100 ms, and there is no "
		"arp-ip-target" },
	{ "a target far away", AB, { ARP }, "arp-target-subnet",
		"arp-ip-target 198.51.100.9 in no subnet of bond0", target_far },
	{ "a target of its own", AB, { ARP }, "arp-target-own",
		"arp-ip-target 192.0.2.1 is an address of bond0 itself", target_own },
	{ "a target near", AB, { ARP }, "", NULL, target_near },
	{ "primary, always", AB, { { 0 } }, "primary-overridden", "the primary eth1 has a link, and "
		"eth0 is active; primary-reselect is always", primary_is_backup },
	{ "primary, failure", AB, { { BOND, IFLA_BOND_PRIMARY_RESELECT, 2 } }, "primary-stays-backup",
		NULL, primary_is_backup },
	{ "primary without a link", AB, { MII(1, BACK) }, "slave-returning", NULL,
		primary_is_backup },
	{ "MTU", AB, { { 0 } }, "slave-mtu", "eth1 has MTU 9000, bond0 has 1500", other_mtu },
	{ "MAC", AB, { { 0 } }, "slave-mac", "eth1 has MAC 02:00:00:00:00:0b, bond0 has "
		"02:00:00:00:00:0a", other_mac },
	{ "MAC, where each has its own", BOND_MODE_ALB, { { 0 } }, "", NULL, other_mac },
	{ "MAC, with fail-over-mac", AB, { { BOND, IFLA_BOND_FAIL_OVER_MAC, 1 } }, "", NULL,
		other_mac },
	{ "a stranger with the MAC", AB, { { 0 } }, "mac-elsewhere",
		"eth2 is up and has the MAC of bond0, 02:00:00:00:00:0a", mac_elsewhere },
	{ "twins", AB, { { 0 } }, "mac-twice", "eth0 and eth1 have the same own MAC, "
		"52:54:00:00:00:01", mac_twice },
	{ "waited for", AB, { { 0 } }, "slave-waited-for",
		"eth7 (there is no such link) is no slave of bond0 yet", waits },
	{ "no speed in balance-tlb", BOND_MODE_TLB, { { 0 } }, "slave-speed",
		"the speed of eth1 is not known", no_speed },
	{ "behind a gateway", BOND_MODE_XOR, { POLICY(LAYER2) }, "hash-one-way",
		"xmit-hash-policy layer2, and the default route leads to 192.0.2.254 "
		"(52:54:00:00:00:99): last bytes of both MACs and 0x0800, 0x893 modulo 2 is 1: eth1",
		gateway },
	{ "behind a gateway, by layer3+4", BOND_MODE_XOR, { POLICY(LAYER34) }, "", NULL, gateway },
	{ "one MAC", AD, { POLICY(VLAN_SRCMAC) }, "hash-one-way-srcmac",
		"xmit-hash-policy vlan+srcmac, one MAC and no VLAN: 0x2000a modulo 2 is 0: eth0" },
};

static void apply(const struct value *value)
{
	if (value->attr == 0)
		return;
	set_u(value->who == BOND ? &bond0->bond : &eth[value->who]->slave, value->attr, value->value);
}

static void explain(const struct finding_case *c, struct nb_findings *ret)
{
	struct nb_explain_input in = { .name = "bond0", .ports = ports, .n_ports = 2,
		.details = true };

	make_bench(c->mode);
	in.ns = ns;
	in.bond = bond0;
	for (size_t i = 0; i < NB_ARRAY_SIZE(c->values); i++)
		apply(&c->values[i]);
	if (c->more)
		c->more(&in);
	assert_int_equal(nb_explain(&in, ret), 0);
}

static void check(const struct finding_case *c)
{
	NB_CLEANUP(nb_text_done) struct nb_text ids = { 0 };
	NB_CLEANUP(nb_findings_done) struct nb_findings findings = { 0 };

	NB_CASE("%s", c->sentence);
	explain(c, &findings);
	nb_text_add(&ids, "%s", "");
	for (size_t i = 0; i < findings.n; i++) {
		const struct nb_finding *finding = &findings.items[i];

		nb_text_add(&ids, "%s%s", i ? " " : "", finding->id);
		assert_true(*finding->means && *finding->cause && *finding->mend);
		assert_null(strchr(finding->mend, '{'));
		assert_null(strchr(finding->cause, '{'));
		assert_true(i == 0 || findings.items[i - 1].severity >= finding->severity);
	}
	assert_string_equal(ids.text, c->found);
	if (c->seen)
		assert_string_equal(findings.items[0].seen, c->seen);
	clean_bench();
}

static void test_each_finding_by_what_makes_it(void **state)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++)
		check(&cases[i]);
}

static void test_healthy_bond_is_silent_in_every_mode(void **state)
{
	for (unsigned mode = 0; mode < NB_MODE_COUNT; mode++)
		check(&(struct finding_case){ nb_mode_name(mode), mode, { { 0 } }, "" });
}

static void test_one_fault_on_two_slaves_is_one_finding(void **state)
{
	const struct finding_case both = { "", AD, { BITS(0, 0x8f, 0x37), BITS(1, 0x8f, 0x37) } };
	NB_CLEANUP(nb_findings_done) struct nb_findings findings = { 0 };

	explain(&both, &findings);
	assert_int_equal(findings.n, 1);
	assert_string_equal(findings.items[0].slaves, "eth0, eth1");
	assert_non_null(strstr(findings.items[0].seen, "; eth1: own state"));
	clean_bench();
}

static const char proc_text[] =
	"Ethernet Channel Bonding Driver: v6.1.176\n\n"
	"802.3ad info\n\tPartner Mac Address: aa:aa:aa:aa:aa:aa\n\n"
	"Slave Interface: eth1\nActor Churn State: churned\nPartner Churn State: none\n"
	"details actor lacp pdu:\n    system mac address: fa:62:28:a3:a2:b9\n    port key: 9\n"
	"details partner lacp pdu:\n    system mac address: 52:54:00:00:00:02\n    oper key: 4711\n\n"
	"Slave Interface: eth9\nPartner Churn State: churned\n    port key: 1\n";

static void test_proc_text_gives_partner_and_keys(void **state)
{
	make_bench(AD);
	nb_findings_proc(proc_text, ns, ports, 2);
	assert_int_equal(ports[0].own_key, 15);
	assert_int_equal(ports[1].own_key, 9);
	assert_int_equal(ports[1].partner_key, 4711);
	assert_memory_equal(ports[1].partner_system, OTHER, 6);
	assert_true(ports[1].own_churned && !ports[1].partner_churned);
	clean_bench();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_finding_by_what_makes_it),
		cmocka_unit_test(test_healthy_bond_is_silent_in_every_mode),
		cmocka_unit_test(test_one_fault_on_two_slaves_is_one_finding),
		cmocka_unit_test(test_proc_text_gives_partner_and_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
