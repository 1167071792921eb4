/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/core/rules.h"
#include "tests/unit/config-text.h"

/* A configuration and all that is said of it; "" is nothing. */
struct rules_case {
	const char *sentence;
	const char *config;
	const char *said; /* one line per problem, as add_problem() writes it */
};

static void add_word(const char *text, const struct nb_mark *mark, struct nb_text *out)
{
	const char *word = mark->column > 0 ? text + mark->column - 1 : "nowhere";

	nb_text_add(out, "%.*s", (int)strcspn(word, " "), word);
}

/* "error at WORD and OTHER: OBJECT: TEXT = HINT" */
static void add_problem(const char *text, const struct nb_problem *problem, struct nb_text *out)
{
	static const char *const severities[] = { "note", "warning", "error" };

	nb_text_add(out, "%s at ", severities[problem->severity]);
	add_word(text, &problem->mark, out);
	if (problem->other.column > 0) {
		nb_text_add(out, " and ");
		add_word(text, &problem->other, out);
	}
	nb_text_add(out, ": %s: %s = %s\n", problem->object, problem->text, problem->hint);
}

static void check(const struct rules_case *c)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = config_from_text(c->config);
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text said = { 0 };
	int r;

	NB_CASE("%s", c->sentence);
	r = nb_rules_check(config, &diag);
	nb_diag_sort(&diag);
	for (size_t i = 0; i < diag.n_problems; i++)
		add_problem(c->config, &diag.problems[i], &said);
	assert_string_equal(said.text ? said.text : "", c->said);
	assert_int_equal(r, diag.n_errors > 0 ? -EBADMSG : 0);
}

#define CHECK_ALL(cases)                                         \
	do {                                                     \
		for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) \
			check(&(cases)[i]);                      \
	} while (0)

static void test_mode_decides_which_options_may_stand(void **state)
{
	static const struct rules_case cases[] = {
		{ "an option of the mode is fine", "bond:bond0 mode=802.3ad lacp-rate=fast", "" },
		{ "an option the mode refuses is an error with the modes that take it",
			"bond:bond0 mode=active-backup lacp-rate=fast",
			"error at lacp-rate=fast and mode=active-backup: bond0: lacp-rate is refused "
			"by the kernel in mode active-backup = it works in 802.3ad\n" },
		{ "the default value is refused as well",
			"bond:bond0 mode=active-backup lacp-rate=slow",
			"error at lacp-rate=slow and mode=active-backup: bond0: lacp-rate is refused "
			"by the kernel in mode active-backup = it works in 802.3ad\n" },
		{ "a bond without mode is told which one it has",
			"bond:bond0 primary=eth0 slave:eth0",
			"error at primary=eth0: bond0: primary is refused by the kernel in mode "
			"balance-rr = it works in active-backup, balance-tlb and balance-alb; a bond "
			"without 'mode' is balance-rr\n" },
		{ "ARP monitoring is refused in balance-alb",
			"bond:bond0 mode=balance-alb arp-interval=100 arp-validate=all",
			"error at arp-interval=100 and mode=balance-alb: bond0: arp-interval is refused "
			"by the kernel in mode balance-alb = it works in balance-rr, active-backup, "
			"balance-xor and broadcast\n"
			"error at arp-validate=all and mode=balance-alb: bond0: arp-validate is refused "
			"by the kernel in mode balance-alb = it works in balance-rr, active-backup, "
			"balance-xor and broadcast\n" },
		{ "an option without effect is a warning",
			"bond:bond0 mode=balance-rr min-links=1 slave:eth0",
			"warning at min-links=1 and mode=balance-rr: bond0: min-links has no effect in "
			"mode balance-rr = it works in 802.3ad\n" },
		{ "a slave's option of the mode is fine",
			"bond:bond0 mode=active-backup slave:eth0 +prio=-5 +queue-id=2", "" },
		{ "a slave's option the mode refuses is an error of the slave",
			"bond:bond0 mode=802.3ad slave:eth0 +prio=5",
			"error at +prio=5 and mode=802.3ad: bond0: slave eth0: prio is refused by the "
			"kernel in mode 802.3ad = it works in active-backup, balance-tlb and "
			"balance-alb\n" },
		{ "a match is called by its number",
			"bond:bond0 mode=balance-rr slave:eth0 match: +name=e* +actor-port-prio=1",
			"error at +actor-port-prio=1 and mode=balance-rr: bond0: slave entry 2: "
			"actor-port-prio is refused by the kernel in mode balance-rr = it works in "
			"802.3ad\n" },
	};

	CHECK_ALL(cases);
}

static void test_options_exclude_and_need_each_other(void **state)
{
	static const struct rules_case cases[] = {
		{ "MII alone is fine", "bond:bond0 mode=1 miimon=50 updelay=100 downdelay=0", "" },
		{ "ARP alone is fine",
			"bond:bond0 mode=1 arp-interval=500 arp-ip-target=192.0.2.1 arp-validate=all "
			"arp-all-targets=all arp-missed-max=3",
			"" },
		{ "one of both at zero is fine",
			"bond:bond0 miimon=0 arp-interval=500 arp-ip-target=192.0.2.1", "" },
		{ "both on is an error at the later one, with the place of the earlier",
			"bond:bond0 miimon=100 arp-interval=500 arp-ip-target=192.0.2.1",
			"error at arp-interval=500 and miimon=100: bond0: arp-interval cannot be on "
			"together with miimon = leave one of the two out\n" },
		{ "the order in the file decides which is the later one",
			"bond:bond0 arp-interval=500 arp-ip-target=192.0.2.1 miimon=100",
			"error at miimon=100 and arp-interval=500: bond0: miimon cannot be on together "
			"with arp-interval = leave one of the two out\n" },
		{ "delays need a miimon that is on",
			"bond:bond0 mode=1 miimon=0 updelay=200 downdelay=0 slave:eth0",
			"warning at miimon=0: bond0: neither miimon nor arp-interval is on: a dead slave "
			"is never noticed = miimon: 100 is usual, and the default where the line is left "
			"out\n"
			"error at updelay=200 and miimon=0: bond0: updelay needs miimon, which is off = "
			"turn miimon on, or leave updelay out\n" },
		{ "ARP monitoring turns miimon's default off, and says so",
			"bond:bond0 mode=1 arp-interval=500 arp-ip-target=192.0.2.1 "
			"peer-notif-delay=100",
			"error at peer-notif-delay=100 and arp-interval=500: bond0: peer-notif-delay needs "
			"miimon, which is off = miimon is off because arp-interval is on: leave "
			"peer-notif-delay out\n" },
		{ "validation needs ARP monitoring", "bond:bond0 mode=1 arp-validate=all",
			"error at arp-validate=all: bond0: arp-validate needs arp-interval, which is off = "
			"turn arp-interval on, or leave arp-validate out\n" },
		{ "no validation needs nothing", "bond:bond0 mode=1 arp-validate=none", "" },
		{ "what merely idles without its need is a warning",
			"bond:bond0 mode=1 arp-missed-max=4",
			"warning at arp-missed-max=4: bond0: arp-missed-max has no effect while "
			"arp-interval is off = turn arp-interval on, or leave arp-missed-max out\n" },
		{ "lacp-strict idles without min-links",
			"bond:bond0 mode=4 lacp-strict=true slave:eth0",
			"warning at lacp-strict=true: bond0: lacp-strict has no effect while min-links is "
			"off = turn min-links on, or leave lacp-strict out\n" },
		{ "lacp-strict with min-links is fine",
			"bond:bond0 mode=4 lacp-strict=true min-links=1 slave:eth0", "" },
		{ "an idle option is told once", "bond:bond0 mode=0 miimon=0 peer-notif-delay=100",
			"warning at miimon=0: bond0: neither miimon nor arp-interval is on: a dead slave "
			"is never noticed = miimon: 100 is usual, and the default where the line is left "
			"out\n"
			"warning at peer-notif-delay=100 and mode=0: bond0: peer-notif-delay has no effect "
			"in mode balance-rr = it works in active-backup and 802.3ad\n" },
	};

	CHECK_ALL(cases);
}

static void test_delays_are_multiples_of_miimon(void **state)
{
	static const struct rules_case cases[] = {
		{ "multiples are fine",
			"bond:bond0 mode=1 miimon=70 updelay=140 downdelay=0 peer-notif-delay=70", "" },
		{ "another delay is told with what the kernel makes of it",
			"bond:bond0 mode=1 miimon=100 updelay=250",
			"warning at updelay=250 and miimon=100: bond0: updelay 250 is no multiple of "
			"miimon 100: the kernel makes it 200 = write 200 or 300\n" },
		{ "a delay below miimon becomes none",
			"bond:bond0 mode=1 downdelay=99 miimon=100",
			"warning at downdelay=99 and miimon=100: bond0: downdelay 99 is no multiple of "
			"miimon 100: the kernel makes it 0 = write 0 or 100\n" },
		{ "the default of miimon counts", "bond:bond0 mode=1 peer-notif-delay=150",
			"warning at peer-notif-delay=150: bond0: peer-notif-delay 150 is no multiple of "
			"miimon 100 (the default): the kernel makes it 100 = write 100 or 200\n" },
		{ "no hint goes beyond the row's range",
			"bond:bond0 mode=1 miimon=299999 peer-notif-delay=300000",
			"warning at peer-notif-delay=300000 and miimon=299999: bond0: peer-notif-delay "
			"300000 is no multiple of miimon 299999: the kernel makes it 299999 = write "
			"299999\n" },
	};

	CHECK_ALL(cases);
}

static void test_links_are_monitored(void **state)
{
	static const struct rules_case cases[] = {
		{ "nothing named is miimon 100", "bond:bond0", "" },
		{ "no monitoring is a warning in every mode", "bond:bond0 mode=802.3ad miimon=0",
			"warning at miimon=0: bond0: neither miimon nor arp-interval is on: a dead slave "
			"is never noticed = miimon: 100 is usual, and the default where the line is left "
			"out\n" },
		{ "ARP monitoring asks somebody", "bond:bond0 mode=1 arp-interval=500",
			"error at arp-interval=500: bond0: arp-interval is on without a target to ask: "
			"every slave would count as dead = name 1 to 16 neighbours in arp-ip-target or "
			"ns-ip6-target\n" },
		{ "an IPv6 target is one",
			"bond:bond0 mode=1 arp-interval=500 ns-ip6-target=2001:db8::1", "" },
		{ "targets nobody asks are a warning",
			"bond:bond0 mode=1 arp-ip-target=192.0.2.1,192.0.2.2",
			"warning at arp-ip-target=192.0.2.1,192.0.2.2: bond0: arp-ip-target has no effect "
			"while arp-interval is off = turn arp-interval on, or leave arp-ip-target out\n" },
		{ "in a mode without ARP monitoring targets are told once",
			"bond:bond0 mode=4 arp-ip-target=192.0.2.1",
			"warning at arp-ip-target=192.0.2.1 and mode=4: bond0: arp-ip-target has no effect "
			"in mode 802.3ad = it works in balance-rr, active-backup, balance-xor and "
			"broadcast\n" },
	};

	CHECK_ALL(cases);
}

static void test_slaves_are_devices_of_one_bond(void **state)
{
	static const struct rules_case cases[] = {
		{ "names and matches mix", "bond:bond0 slave:eth0 match: +driver=e1000* slave:eth1", "" },
		{ "no slaves are fine", "bond:bond0 slaves=", "" },
		{ "lo is none", "bond:bond0 slave:lo",
			"error at slave:lo: bond0: slave lo: lo cannot be a slave = slaves are network "
			"cards or other Ethernet devices\n" },
		{ "an empty match is an error", "bond:bond0 match:",
			"error at match:: bond0: slave entry 1: match is empty and fits every card = give "
			"it one or more of name, permanent-mac, path, driver\n" },
		{ "a slave stands once in a bond", "bond:bond0 slave:eth0 slave:eth1 slave:eth0 +queue-id=1",
			"error at slave:eth0 and slave:eth0: bond0: eth0 stands twice among the slaves = a "
			"device has one bond at most: take it out of one place\n" },
		{ "a slave stands in one bond",
			"bond:bond0 slave:eth0 bond:bond1 slave:eth0",
			"error at slave:eth0 and slave:eth0: bond1: eth0 is already a slave of bond0 = a "
			"device has one bond at most: take it out of one place\n" },
		{ "the third bond is told of the first",
			"bond:bond0 slave:eth0 bond:bond1 slave:eth0 bond:bond2 slave:eth0",
			"error at slave:eth0 and slave:eth0: bond1: eth0 is already a slave of bond0 = a "
			"device has one bond at most: take it out of one place\n"
			"error at slave:eth0 and slave:eth0: bond2: eth0 is already a slave of bond0 = a "
			"device has one bond at most: take it out of one place\n" },
		{ "an absent bond claims nothing",
			"bond:bond0 slave:eth0 bond:bond1 absent=true", "" },
		{ "in another namespace the name may mean another device",
			"ns:a bond:bond0 slave:eth0 bond:bond1 namespace=a slave:eth0", "" },
		{ "in a shared namespace it is the same device",
			"ns:a ns:b:share=a bond:bond0 namespace=a slave:eth0 bond:bond1 namespace=b "
			"slave:eth0",
			"error at slave:eth0 and slave:eth0: bond1: eth0 is already a slave of bond0 = a "
			"device has one bond at most: take it out of one place\n" },
		{ "the same permanent MAC is the same card",
			"bond:bond0 match: +permanent-mac=52:54:00:00:00:01 bond:bond1 match: "
			"+permanent-mac=52:54:00:00:00:01",
			"error at match: and match:: bond1: the card with permanent MAC 52:54:00:00:00:01 "
			"is already a slave of bond0 = a device has one bond at most: take it out of one "
			"place\n" },
		{ "further conditions may tell two cards of one MAC apart",
			"bond:bond0 match: +permanent-mac=52:54:00:00:00:01 +driver=a bond:bond1 match: "
			"+permanent-mac=52:54:00:00:00:01 +driver=b",
			"" },
	};

	CHECK_ALL(cases);
}

static void test_slave_options_fit_the_bond(void **state)
{
	static const struct rules_case cases[] = {
		{ "queues of their own are fine",
			"bond:bond0 slave:eth0 +queue-id=1 slave:eth1 +queue-id=16 slave:eth2 +queue-id=0 "
			"slave:eth3 +queue-id=0",
			"" },
		{ "a queue has one slave",
			"bond:bond0 slave:eth0 +queue-id=2 slave:eth1 +queue-id=2",
			"error at +queue-id=2 and +queue-id=2: bond0: slave eth1: queue-id 2 is that of "
			"slave eth0 too = a queue has one slave; 0 is no queue\n" },
		{ "another bond has its own queues",
			"bond:bond0 slave:eth0 +queue-id=2 bond:bond1 slave:eth1 +queue-id=2", "" },
		{ "a bond usually has 16 queues", "bond:bond0 slave:eth0 +queue-id=17",
			"warning at +queue-id=17: bond0: slave eth0: queue-id 17 is above 16, the queues a "
			"bond usually has: the kernel will refuse it = more queues: load the bonding "
			"module with tx_queues=17\n" },
		{ "prio below a primary is a warning",
			"bond:bond0 mode=1 primary=eth0 slave:eth0 +prio=5",
			"warning at +prio=5 and primary=eth0: bond0: slave eth0: prio has no effect while "
			"the bond has a primary = leave primary out and give the best slave the highest "
			"prio\n" },
	};

	CHECK_ALL(cases);
}

static void test_names_of_slaves_are_in_the_list(void **state)
{
	static const struct rules_case cases[] = {
		{ "a primary of the list is fine", "bond:bond0 mode=1 primary=eth1 slave:eth0 slave:eth1",
			"" },
		{ "another is an error that lists the slaves",
			"bond:bond0 mode=1 primary=eth2 slave:eth0 slave:eth1",
			"error at primary=eth2 and slave:eth0: bond0: primary eth2 is none of the bond's "
			"slaves = write it as it stands in slaves: eth0, eth1\n" },
		{ "without slaves there is none", "bond:bond0 mode=1 slaves= primary=eth2",
			"error at primary=eth2 and slaves=: bond0: primary eth2 is none of the bond's "
			"slaves = the bond has no slaves\n" },
		{ "a match may bring it", "bond:bond0 mode=1 primary=eth2 slave:eth0 match: +name=eth*",
			"" },
		{ "long lists are cut",
			"bond:bond0 mode=1 primary=x slave:a slave:b slave:c slave:d slave:e slave:f "
			"slave:g slave:h slave:i",
			"error at primary=x and slave:a: bond0: primary x is none of the bond's slaves = "
			"write it as it stands in slaves: a, b, c, d, e, f, g, h, ...\n" },
		{ "permanent-of names one of them", "bond:bond0 mac=permanent-of:eth0 slave:eth0", "" },
		{ "permanent-of another is an error", "bond:bond0 mac=permanent-of:eth9 slave:eth0",
			"error at mac=permanent-of:eth9 and slave:eth0: bond0: mac: permanent-of eth9 is "
			"none of the bond's slaves = write it as it stands in slaves: eth0\n" },
	};

	CHECK_ALL(cases);
}

static void test_numbers_of_slaves_can_be_reached(void **state)
{
	static const struct rules_case cases[] = {
		{ "as many as there are is fine",
			"bond:bond0 mode=4 required-slaves=2 min-links=2 slave:a slave:b", "" },
		{ "more required than there are is an error",
			"bond:bond0 required-slaves=2 slave:a",
			"error at required-slaves=2: bond0: required-slaves is 2, but the bond has 1 slave "
			"= 0 to 1 is possible\n" },
		{ "a match may bring more", "bond:bond0 required-slaves=3 slave:a match: +name=e*", "" },
		{ "the unwritten default asks nothing of an empty bond", "bond:bond0 slaves=", "" },
		{ "more min-links than slaves is a warning",
			"bond:bond0 mode=4 min-links=3 slave:a slave:b",
			"warning at min-links=3: bond0: min-links is 3, but the bond has 2 slaves: it "
			"never gets carrier = 0 to 2 is possible\n" },
	};

	CHECK_ALL(cases);
}

static void test_mac_is_one_the_kernel_uses(void **state)
{
	static const struct rules_case cases[] = {
		{ "a local address is fine", "bond:bond0 mac=02:00:00:00:00:11", "" },
		{ "zero is none", "bond:bond0 mac=00:00:00:00:00:00",
			"error at mac=00:00:00:00:00:00: bond0: mac 00:00:00:00:00:00 is no address of a "
			"device = the first byte of a device's address is even, and not all bytes are 0; "
			"02:00:00:00:00:01 is one\n" },
		{ "a multicast address is none", "bond:bond0 mac=01:00:5e:00:00:01",
			"error at mac=01:00:5e:00:00:01: bond0: mac 01:00:5e:00:00:01 is a multicast "
			"address = the first byte of a device's address is even, and not all bytes are 0; "
			"02:00:00:00:00:01 is one\n" },
		{ "with fail-over-mac none it is used",
			"bond:bond0 mode=1 fail-over-mac=none mac=02:00:00:00:00:11", "" },
		{ "with fail-over-mac active it is not",
			"bond:bond0 mode=1 fail-over-mac=active mac=02:00:00:00:00:11",
			"error at mac=02:00:00:00:00:11 and fail-over-mac=active: bond0: with "
			"fail-over-mac active the kernel takes a mac and ignores it = leave mac out, or "
			"fail-over-mac\n" },
		{ "with fail-over-mac follow it is not, wherever it comes from",
			"bond:bond0 mode=1 fail-over-mac=follow mac=first-slave slave:eth0",
			"error at mac=first-slave and fail-over-mac=follow: bond0: with fail-over-mac "
			"follow the kernel takes a mac and ignores it = leave mac out, or fail-over-mac\n" },
		{ "in other modes fail-over-mac itself idles",
			"bond:bond0 mode=0 fail-over-mac=active mac=02:00:00:00:00:11",
			"warning at fail-over-mac=active and mode=0: bond0: fail-over-mac has no effect in "
			"mode balance-rr = it works in active-backup\n" },
		{ "first-slave of nobody is a warning", "bond:bond0 slaves= mac=first-slave",
			"warning at mac=first-slave: bond0: mac: first-slave has no effect on a bond "
			"without slaves = list the slaves, or leave mac out\n" },
	};

	CHECK_ALL(cases);
}

static void test_mtu_is_in_range_and_leaves_ipv6_alive(void **state)
{
	static const struct rules_case cases[] = {
		{ "jumbo frames are fine", "bond:bond0 mtu=9000 address=2001:db8::1/64", "" },
		{ "68 is the least, without IPv6", "bond:bond0 mtu=68 address=192.0.2.1/24", "" },
		{ "67 is too small", "bond:bond0 mtu=67",
			"error at mtu=67: bond0: mtu 67 is out of range = 68 to 65535 bytes are "
			"allowed\n" },
		{ "65536 is too large", "bond:bond0 mtu=65536",
			"error at mtu=65536: bond0: mtu 65536 is out of range = 68 to 65535 bytes are "
			"allowed\n" },
		{ "1280 is the least with IPv6", "bond:bond0 mtu=1280 address=2001:db8::1/64", "" },
		{ "1279 takes IPv6 addresses off", "bond:bond0 mtu=1279 address=2001:db8::1/64",
			"error at mtu=1279 and address=2001:db8::1/64: bond0: mtu 1279 is too small for "
			"the IPv6 on this bond: the kernel takes IPv6 off below 1280 = use an mtu of 1280 "
			"or more, or no IPv6 addresses and routes\n" },
		{ "1279 takes IPv6 routes off", "bond:bond0 mtu=1279 route=2001:db8::/32",
			"error at mtu=1279 and route=2001:db8::/32: bond0: mtu 1279 is too small for the "
			"IPv6 on this bond: the kernel takes IPv6 off below 1280 = use an mtu of 1280 or "
			"more, or no IPv6 addresses and routes\n" },
	};

	CHECK_ALL(cases);
}

static void test_addresses_are_those_of_a_host(void **state)
{
#define HOST_HINT " = a bond takes addresses of a host, such as 192.0.2.10/24\n"
	static const struct rules_case cases[] = {
		{ "hosts of both families are fine",
			"bond:bond0 address=192.0.2.10/24 address=10.0.0.0/31 address=10.0.0.255/32 "
			"address=2001:db8::/64 address=fe80::1/64 address=192.0.2.10/25",
			"" },
		{ "0.0.0.0 is none", "bond:bond0 address=0.0.0.0/24",
			"error at address=0.0.0.0/24: bond0: 0.0.0.0/24 is the unspecified address" HOST_HINT },
		{ ":: is none", "bond:bond0 address=::/64",
			"error at address=::/64: bond0: ::/64 is the unspecified address" HOST_HINT },
		{ "IPv4 multicast is none", "bond:bond0 address=224.0.0.5/24",
			"error at address=224.0.0.5/24: bond0: 224.0.0.5/24 is a multicast address" HOST_HINT },
		{ "IPv6 multicast is none", "bond:bond0 address=ff02::5/64",
			"error at address=ff02::5/64: bond0: ff02::5/64 is a multicast address" HOST_HINT },
		{ "127.0.0.1 is lo's", "bond:bond0 address=127.0.0.1/8",
			"error at address=127.0.0.1/8: bond0: 127.0.0.1/8 is a loopback address" HOST_HINT },
		{ "::1 is lo's", "bond:bond0 address=::1/128",
			"error at address=::1/128: bond0: ::1/128 is a loopback address" HOST_HINT },
		{ "255.255.255.255 is everybody", "bond:bond0 address=255.255.255.255/32",
			"error at address=255.255.255.255/32: bond0: 255.255.255.255/32 is the broadcast "
			"address" HOST_HINT },
		{ "so is the highest of a network", "bond:bond0 address=192.0.2.127/25",
			"error at address=192.0.2.127/25: bond0: 192.0.2.127/25 is the broadcast address "
			"of its network = its hosts are 192.0.2.1 to 192.0.2.126\n" },
		{ "the lowest of a network is a warning", "bond:bond0 address=192.0.2.128/25",
			"warning at address=192.0.2.128/25: bond0: 192.0.2.128/25 is the address of the "
			"network itself = its hosts are 192.0.2.129 to 192.0.2.254\n" },
		{ "labels are IPv4's", "bond:bond0 address=192.0.2.10/24,label=bond0:1", "" },
		{ "IPv6 has no label", "bond:bond0 address=2001:db8::1/64,label=bond0:1",
			"error at address=2001:db8::1/64,label=bond0:1: bond0: 2001:db8::1/64 has a label, "
			"which only IPv4 addresses have = leave label out\n" },
	};

	CHECK_ALL(cases);
}

static void test_addresses_stand_once(void **state)
{
	static const struct rules_case cases[] = {
		{ "twice on a bond is an error",
			"bond:bond0 address=192.0.2.10/24 address=192.0.2.11/24 address=192.0.2.10/24",
			"error at address=192.0.2.10/24 and address=192.0.2.10/24: bond0: 192.0.2.10/24 "
			"stands twice = keep one of the two\n" },
		{ "IPv6 stands once whatever its prefix length",
			"bond:bond0 address=2001:db8::1/64 address=2001:db8::1/48",
			"error at address=2001:db8::1/48 and address=2001:db8::1/64: bond0: 2001:db8::1 "
			"stands with the prefix lengths 64 and 48: the kernel keeps an IPv6 address once = "
			"keep one of the two\n" },
		{ "on two bonds is an error whatever its prefix length",
			"bond:bond0 address=192.0.2.10/24 bond:bond1 address=192.0.2.10/32",
			"error at address=192.0.2.10/32 and address=192.0.2.10/24: bond1: 192.0.2.10 is an "
			"address of bond0 too = an address belongs to one device of a namespace\n" },
		{ "link-local ones are each device's own",
			"bond:bond0 address=fe80::1/64 bond:bond1 address=fe80::1/64", "" },
		{ "another namespace has its own",
			"ns:a bond:bond0 address=192.0.2.10/24 bond:bond1 namespace=a "
			"address=192.0.2.10/24",
			"" },
		{ "two names of one namespace have not",
			"ns:a ns:b:share=a bond:bond0 namespace=a address=192.0.2.10/24 bond:bond1 "
			"namespace=b address=192.0.2.10/24",
			"error at address=192.0.2.10/24 and address=192.0.2.10/24: bond1: 192.0.2.10 is an "
			"address of bond0 too = an address belongs to one device of a namespace\n" },
	};

	CHECK_ALL(cases);
}

static void test_routes_lead_somewhere(void **state)
{
#define NET "bond:bond0 address=192.0.2.10/24 address=2001:db8::10/64 "
	static const struct rules_case cases[] = {
		{ "routers of the bond's networks are fine",
			NET "route=default,via=192.0.2.1 route=default,via=2001:db8::1 "
			    "route=10.0.0.0/8,via=192.0.2.1,src=192.0.2.10 "
			    "route=2001:db8:1::/48,via=fe80::1 route=10.9.0.0/16 "
			    "route=10.8.0.0/16,via=2001:db8::1",
			"" },
		{ "default takes its family from via", NET "route=default",
			"error at route=default: bond0: a route to default needs a via, which tells its "
			"family = without via write to: 0.0.0.0/0 or to: '::/0'\n" },
		{ "a prefix tells its family", NET "route=0.0.0.0/0 route=::/0", "" },
		{ "a destination is a network", NET "route=10.1.2.3/24,via=192.0.2.1",
			"error at route=10.1.2.3/24,via=192.0.2.1: bond0: 10.1.2.3/24 has bits set behind "
			"its prefix length = the network is 10.1.2.0/24\n" },
		{ "an IPv6 destination is one as well", NET "route=2001:db8:1:1::/48",
			"error at route=2001:db8:1:1::/48: bond0: 2001:db8:1:1::/48 has bits set behind "
			"its prefix length = the network is 2001:db8:1::/48\n" },
		{ "a router elsewhere is a warning", NET "route=10.0.0.0/8,via=198.51.100.1",
			"warning at route=10.0.0.0/8,via=198.51.100.1: bond0: via 198.51.100.1 is in no "
			"network of the bond: the kernel refuses such a route = add an address of its "
			"network or a route to it without via, or set onlink: true\n" },
		{ "onlink says it is there", NET "route=10.0.0.0/8,via=198.51.100.1,onlink", "" },
		{ "a route without via makes it reachable",
			NET "route=198.51.100.1/32 route=10.0.0.0/8,via=198.51.100.1", "" },
		{ "onlink without via is an error", NET "route=10.0.0.0/8,onlink",
			"error at route=10.0.0.0/8,onlink: bond0: the route to 10.0.0.0/8 has onlink but "
			"no via = leave onlink out, or name the router in via\n" },
		{ "a router has an address of a host", NET "route=10.0.0.0/8,via=224.0.0.1",
			"error at route=10.0.0.0/8,via=224.0.0.1: bond0: via 224.0.0.1 is a multicast "
			"address = via is the address of a router\n" },
		{ "a network's broadcast is none", NET "route=10.0.0.0/8,via=192.0.2.255",
			"error at route=10.0.0.0/8,via=192.0.2.255: bond0: via 192.0.2.255 is the "
			"broadcast address of its network = via is the address of a router\n" },
		{ "the bond is not its own router", NET "route=10.0.0.0/8,via=192.0.2.10",
			"error at route=10.0.0.0/8,via=192.0.2.10: bond0: via 192.0.2.10 is an address of "
			"the bond itself = via is the address of the router\n" },
		{ "IPv6 does not go via IPv4", NET "route=2001:db8:1::/48,via=192.0.2.1",
			"error at route=2001:db8:1::/48,via=192.0.2.1: bond0: the IPv6 route to "
			"2001:db8:1::/48 cannot go via the IPv4 address 192.0.2.1 = name the IPv6 address "
			"of the router\n" },
		{ "src is of the route's family", NET "route=10.0.0.0/8,src=2001:db8::10",
			"error at route=10.0.0.0/8,src=2001:db8::10: bond0: src 2001:db8::10 is of another "
			"family than the route to 10.0.0.0/8 = name an IPv4 address of the bond\n" },
		{ "a foreign src is a warning", NET "route=10.0.0.0/8,src=192.0.2.99",
			"warning at route=10.0.0.0/8,src=192.0.2.99: bond0: src 192.0.2.99 is no address "
			"of the bond = the kernel refuses the route unless another device of the namespace "
			"has that address\n" },
	};

	CHECK_ALL(cases);
}

static void test_routes_stand_once(void **state)
{
	static const struct rules_case cases[] = {
		{ "metrics and tables keep them apart",
			NET "route=10.0.0.0/8 route=10.0.0.0/8,metric=5 route=10.0.0.0/8,table=100 "
			    "route=10.0.0.0/9",
			"" },
		{ "twice on a bond is an error", NET "route=10.0.0.0/8,via=192.0.2.1 route=10.0.0.0/8",
			"error at route=10.0.0.0/8 and route=10.0.0.0/8,via=192.0.2.1: bond0: the route to "
			"10.0.0.0/8 stands twice with one metric = keep one of the two, or give one "
			"another metric or table\n" },
		{ "an IPv6 metric of 0 is 1024",
			NET "route=::/0,via=2001:db8::1 route=default,via=2001:db8::2,metric=1024",
			"error at route=default,via=2001:db8::2,metric=1024 and "
			"route=::/0,via=2001:db8::1: bond0: the route to default stands twice with one "
			"metric = keep one of the two, or give one another metric or table\n" },
		{ "two bonds of a namespace do not share a default route",
			NET "route=default,via=192.0.2.1 bond:bond1 address=198.51.100.2/24 "
			    "route=default,via=198.51.100.1",
			"error at route=default,via=198.51.100.1 and route=default,via=192.0.2.1: bond1: "
			"the route to default stands on bond0 too, with the same metric = give one of the "
			"two another metric or table\n" },
		{ "two namespaces do",
			"ns:a " NET "route=default,via=192.0.2.1 bond:bond1 namespace=a "
			"address=198.51.100.2/24 route=default,via=198.51.100.1",
			"" },
	};

	CHECK_ALL(cases);
}

static void test_bonds_are_told_apart(void **state)
{
	static const struct rules_case cases[] = {
		{ "the same name in another namespace is another bond",
			"ns:a bond:bond0 bond:blue name=bond0 namespace=a", "" },
		{ "the same name twice is an error", "bond:bond0 bond:blue name=bond0",
			"error at name=bond0 and bond:bond0: blue: bond0 declares the same bond: bond0 = "
			"keep one of the two, or give one another name or namespace\n" },
		{ "the same through a shared net as well",
			"ns:a ns:b:share=a bond:red name=bond0 namespace=a bond:blue name=bond0 "
			"namespace=b",
			"error at name=bond0 and name=bond0: blue: red declares the same bond: bond0 in "
			"namespace a = keep one of the two, or give one another name or namespace\n" },
		{ "present and absent contradict each other",
			"bond:bond0 bond:gone name=bond0 absent=true",
			"error at name=bond0 and bond:bond0: gone: bond0 declares the same bond: bond0 = "
			"keep one of the two, or give one another name or namespace\n" },
		{ "lo is no name for a bond", "bond:lo",
			"error at bond:lo: lo: no bond can have the name lo = the kernel uses it for "
			"something else; bond0 is usual\n" },
		{ "nor is a name of the kernel's own", "bond:b name=bonding_masters",
			"error at name=bonding_masters: b: no bond can have the name bonding_masters = the "
			"kernel uses it for something else; bond0 is usual\n" },
		{ "absent may have a name and a namespace",
			"ns:a bond:old absent=true name=bond0 namespace=a", "" },
		{ "absent has nothing else",
			"bond:old mtu=1500 absent=true miimon=100 slave:eth0",
			"error at mtu=1500 and absent=true: old: mtu cannot stand beside absent: true = a "
			"bond that shall not exist has only name and namespace\n"
			"error at miimon=100 and absent=true: old: miimon cannot stand beside absent: true "
			"= a bond that shall not exist has only name and namespace\n"
			"error at slave:eth0 and absent=true: old: slaves cannot stand beside absent: true "
			"= a bond that shall not exist has only name and namespace\n" },
		{ "absent: false says nothing", "bond:bond0 absent=false mtu=1500", "" },
	};

	CHECK_ALL(cases);
}

static void test_namespaces_are_declared_and_have_a_net(void **state)
{
	static const struct rules_case cases[] = {
		{ "declared and shared ones are fine",
			"ns:storage ns:a:nonet:share=storage bond:bond0 namespace=storage bond:bond1 "
			"namespace=a",
			"" },
		{ "a slip of the pen is guessed",
			"ns:storage ns:tenant bond:bond0 namespace=storag",
			"error at namespace=storag: bond0: namespace storag is not declared = did you mean "
			"storage? Declared are: storage, tenant\n" },
		{ "else the declared ones are listed", "ns:storage bond:bond0 namespace=blue",
			"error at namespace=blue: bond0: namespace blue is not declared = declared are: "
			"storage\n" },
		{ "with none declared it says what to write", "bond:bond0 namespace=blue",
			"error at namespace=blue: bond0: namespace blue is not declared = add to the file: "
			"namespaces: {blue: {}}\n" },
		{ "one without net holds no bond", "ns:a:nonet bond:bond0 namespace=a",
			"error at namespace=a and ns:a:nonet: bond0: namespace a has no net, and a bond "
			"needs one = add net to its types, or share the net of another namespace\n" },
		{ "sharing with an undeclared one is an error", "ns:a:share=b",
			"error at ns:a:share=b: a: share names b, which is not declared = did you mean a? "
			"Declared are: a\n" },
		{ "sharing what is not there is an error", "ns:a:share=b ns:b:nonet",
			"error at ns:a:share=b and ns:b:nonet: a: b has no net to share = add net to the "
			"types of b\n" },
		{ "sharing in a ring is an error of each", "ns:a:share=b ns:b:share=a ns:c",
			"error at ns:a:share=b: a: share goes round in a ring: no namespace of it has a net "
			"of its own = take share out of one of them\n"
			"error at ns:b:share=a: b: share goes round in a ring: no namespace of it has a net "
			"of its own = take share out of one of them\n" },
	};

	CHECK_ALL(cases);
}

static void test_bonds_in_bonds_end_somewhere(void **state)
{
	static const struct rules_case cases[] = {
		{ "a bond may lie in a bond",
			"bond:bond0 slave:bond1 slave:bond2 bond:bond1 slave:eth0 bond:bond2 slave:bond3 "
			"bond:bond3",
			"" },
		{ "not in itself", "bond:b name=bond0 slave:bond0",
			"error at slave:bond0: b: the bond lists itself as a slave = slaves are the "
			"network cards below it\n" },
		{ "not in each other", "bond:bond0 slave:bond1 bond:bond1 slave:bond0",
			"error at slave:bond0 and slave:bond1: bond1: a loop of bonds: bond0 in bond1 in "
			"bond0 = a bond cannot carry a bond it lies in: take out one slave\n" },
		{ "not in a longer loop, told once",
			"bond:z slave:a bond:c slave:b bond:a slave:c bond:b slave:eth0 slave:a",
			"error at slave:a and slave:a: b: a is already a slave of z = a device has one "
			"bond at most: take it out of one place\n" },
		{ "a loop of three is one error", "bond:a slave:c bond:b slave:a bond:c slave:b",
			"error at slave:a and slave:c: b: a loop of bonds: a in b in c in a = a bond cannot "
			"carry a bond it lies in: take out one slave\n" },
		{ "not when it shall not exist", "bond:bond0 slave:bond1 bond:bond1 absent=true",
			"error at slave:bond1 and bond:bond1: bond0: slave bond1 is declared with absent: "
			"true = take it out of slaves, or take absent away\n" },
		{ "not across namespaces", "ns:a bond:bond0 namespace=a slave:bond1 bond:bond1",
			"error at slave:bond1: bond0: slave bond1 is a bond outside namespace a: a bond "
			"never changes its namespace = declare both bonds in the same namespace\n" },
		{ "the same names in two namespaces are no loop",
			"ns:a bond:x name=bond0 slave:bond1 bond:y name=bond1 namespace=a slave:bond0 "
			"bond:z name=bond0 namespace=a bond:w name=bond1",
			"" },
	};

	CHECK_ALL(cases);
}

static void test_every_problem_is_told_in_one_run(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = config_from_text(
		"bond:bond0 lacp-rate=fast mac=01:00:00:00:00:00 mtu=1 slave:lo address=::/0 "
		"route=default bond:bond1 namespace=x name=bond1 slave:lo");
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };

	assert_int_equal(nb_rules_check(config, &diag), -EBADMSG);
	assert_int_equal(diag.n_errors, 8);
}

static void test_earlier_errors_are_not_ours(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = config_from_text("bond:bond0");
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };

	assert_int_equal(nb_diag_error(&diag, NULL, NULL, "before"), -EBADMSG);
	assert_int_equal(nb_rules_check(config, &diag), 0);
}

static void test_many_claims_are_told_fast(void **state)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = nb_config_new();
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	char name[IFNAMSIZ];

	for (unsigned i = 0; i < 5000; i++) {
		struct nb_slave_spec *slave;
		struct nb_bond *bond;

		snprintf(name, sizeof(name), "bond%u", i);
		bond = nb_config_add_bond(config, name);
		assert_non_null(bond);
		slave = nb_bond_add_slave(bond);
		assert_non_null(slave);
		snprintf(name, sizeof(name), "bond%u", i + 1);
		slave->name = strdup(name);
	}
	assert_int_equal(nb_rules_check(config, &diag), 0);
	snprintf(name, sizeof(name), "bond%u", 0);
	free(config->bonds[4999]->slaves[0].name);
	config->bonds[4999]->slaves[0].name = strdup(name);
	assert_int_equal(nb_rules_check(config, &diag), -EBADMSG);
	assert_int_equal(diag.n_problems, 1);
	assert_non_null(strstr(diag.problems[0].text, "a loop of bonds: bond0 in bond4999 in"));
	assert_non_null(strstr(diag.problems[0].text, " ... in bond0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mode_decides_which_options_may_stand),
		cmocka_unit_test(test_options_exclude_and_need_each_other),
		cmocka_unit_test(test_delays_are_multiples_of_miimon),
		cmocka_unit_test(test_links_are_monitored),
		cmocka_unit_test(test_slaves_are_devices_of_one_bond),
		cmocka_unit_test(test_slave_options_fit_the_bond),
		cmocka_unit_test(test_names_of_slaves_are_in_the_list),
		cmocka_unit_test(test_numbers_of_slaves_can_be_reached),
		cmocka_unit_test(test_mac_is_one_the_kernel_uses),
		cmocka_unit_test(test_mtu_is_in_range_and_leaves_ipv6_alive),
		cmocka_unit_test(test_addresses_are_those_of_a_host),
		cmocka_unit_test(test_addresses_stand_once),
		cmocka_unit_test(test_routes_lead_somewhere),
		cmocka_unit_test(test_routes_stand_once),
		cmocka_unit_test(test_bonds_are_told_apart),
		cmocka_unit_test(test_namespaces_are_declared_and_have_a_net),
		cmocka_unit_test(test_bonds_in_bonds_end_somewhere),
		cmocka_unit_test(test_every_problem_is_told_in_one_run),
		cmocka_unit_test(test_earlier_errors_are_not_ours),
		cmocka_unit_test(test_many_claims_are_told_fast),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
