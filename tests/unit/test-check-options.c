/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/check.h"

static void test_mode_decides_which_options_may_stand(void **state)
{
	static const struct rules_case cases[] = {
		{ "an option of the mode is fine", "bond:bond0 mode=802.3ad lacp-rate=fast", "" },
		{ "an option the mode refuses is an error with the modes that take it",
			"bond:bond0 mode=active-backup lacp-rate=fast",
			"error at lacp-rate=fast and mode=active-backup: bond0: lacp-rate is "
			"refused by the kernel in mode active-backup = it works in 802.3ad\n" },
		{ "the default value is refused as well",
			"bond:bond0 mode=active-backup lacp-rate=slow",
			"error at lacp-rate=slow and mode=active-backup: bond0: lacp-rate is "
			"refused by the kernel in mode active-backup = it works in 802.3ad\n" },
		{ "a bond without mode is told which one it has",
			"bond:bond0 primary=eth0 slave:eth0",
			"error at primary=eth0: bond0: primary is refused by the kernel in "
			"mode balance-rr = it works in active-backup, balance-tlb and "
			"balance-alb; a bond without 'mode' is balance-rr\n" },
		{ "ARP monitoring is refused in balance-alb",
			"bond:bond0 mode=balance-alb arp-interval=100 arp-validate=all",
			"error at arp-interval=100 and mode=balance-alb: bond0: arp-interval "
			"is refused by the kernel in mode balance-alb = it works in "
			"balance-rr, active-backup, balance-xor and broadcast\n"
			"error at arp-validate=all and mode=balance-alb: bond0: arp-validate "
			"is refused by the kernel in mode balance-alb = it works in "
			"balance-rr, active-backup, balance-xor and broadcast\n" },
		{ "an option without effect is a warning",
			"bond:bond0 mode=balance-rr min-links=1 slave:eth0",
			"warning at min-links=1 and mode=balance-rr: bond0: min-links has no "
			"effect in mode balance-rr = it works in 802.3ad\n" },
		{ "a slave's option of the mode is fine",
			"bond:bond0 mode=active-backup slave:eth0 +prio=-5 +queue-id=2", "" },
		{ "a slave's option the mode refuses is an error of the slave",
			"bond:bond0 mode=802.3ad slave:eth0 +prio=5",
			"error at +prio=5 and mode=802.3ad: bond0: slave eth0: prio is refused "
			"by the kernel in mode 802.3ad = it works in active-backup, "
			"balance-tlb and balance-alb\n" },
		{ "a match is called by its number",
			"bond:bond0 mode=balance-rr slave:eth0 match: +name=e* +actor-port-prio=1",
			"error at +actor-port-prio=1 and mode=balance-rr: bond0: slave entry "
			"2: actor-port-prio is refused by the kernel in mode balance-rr = it "
			"works in 802.3ad\n" },
	};

	CHECK_ALL(cases);
}

static void test_options_exclude_and_need_each_other(void **state)
{
	static const struct rules_case cases[] = {
		{ "MII alone is fine", "bond:bond0 mode=1 miimon=50 updelay=100 downdelay=0", "" },
		{ "ARP alone is fine",
			"bond:bond0 mode=1 arp-interval=500 arp-ip-target=192.0.2.1 "
			"arp-validate=all arp-all-targets=all arp-missed-max=3",
			"" },
		{ "one of both at zero is fine",
			"bond:bond0 miimon=0 arp-interval=500 arp-ip-target=192.0.2.1", "" },
		{ "both on is an error at the later one, with the place of the earlier",
			"bond:bond0 miimon=100 arp-interval=500 arp-ip-target=192.0.2.1",
			"error at arp-interval=500 and miimon=100: bond0: arp-interval cannot "
			"be on together with miimon = leave one of the two out\n" },
		{ "the order in the file decides which is the later one",
			"bond:bond0 arp-interval=500 arp-ip-target=192.0.2.1 miimon=100",
			"error at miimon=100 and arp-interval=500: bond0: miimon cannot be on "
			"together with arp-interval = leave one of the two out\n" },
		{ "delays need a miimon that is on",
			"bond:bond0 mode=1 miimon=0 updelay=200 downdelay=0 slave:eth0",
			"warning at miimon=0: bond0: neither miimon nor arp-interval is on: a "
			"dead slave is never noticed = miimon: 100 is usual, and the default "
			"where the line is left out\n"
			"error at updelay=200 and miimon=0: bond0: updelay needs miimon, which "
			"is off = turn miimon on, or leave updelay out\n" },
		{ "ARP monitoring turns miimon's default off, and says so",
			"bond:bond0 mode=1 arp-interval=500 arp-ip-target=192.0.2.1 "
			"peer-notif-delay=100",
			"error at peer-notif-delay=100 and arp-interval=500: bond0: "
			"peer-notif-delay needs miimon, which is off = miimon is off because "
			"arp-interval is on: leave peer-notif-delay out\n" },
		{ "validation needs ARP monitoring", "bond:bond0 mode=1 arp-validate=all",
			"error at arp-validate=all: bond0: arp-validate needs arp-interval, "
			"which is off = turn arp-interval on, or leave arp-validate out\n" },
		{ "no validation needs nothing", "bond:bond0 mode=1 arp-validate=none", "" },
		{ "what merely idles without its need is a warning",
			"bond:bond0 mode=1 arp-missed-max=4",
			"warning at arp-missed-max=4: bond0: arp-missed-max has no effect "
			"while arp-interval is off = turn arp-interval on, or leave "
			"arp-missed-max out\n" },
		{ "lacp-strict idles without min-links",
			"bond:bond0 mode=4 lacp-strict=true slave:eth0",
			"warning at lacp-strict=true: bond0: lacp-strict has no effect while "
			"min-links is off = turn min-links on, or leave lacp-strict out\n" },
		{ "lacp-strict with min-links is fine",
			"bond:bond0 mode=4 lacp-strict=true min-links=1 slave:eth0", "" },
		{ "an idle option is told once", "bond:bond0 mode=0 miimon=0 peer-notif-delay=100",
			"warning at miimon=0: bond0: neither miimon nor arp-interval is on: a "
			"dead slave is never noticed = miimon: 100 is usual, and the default "
			"where the line is left out\n"
			"warning at peer-notif-delay=100 and mode=0: bond0: peer-notif-delay "
			"has no effect in mode balance-rr = it works in active-backup and "
			"802.3ad\n" },
	};

	CHECK_ALL(cases);
}

static void test_delays_are_multiples_of_miimon(void **state)
{
	static const struct rules_case cases[] = {
		{ "multiples are fine",
			"bond:bond0 mode=1 miimon=70 updelay=140 downdelay=0 peer-notif-delay=70",
			"" },
		{ "another delay is told with what the kernel makes of it",
			"bond:bond0 mode=1 miimon=100 updelay=250",
			"warning at updelay=250 and miimon=100: bond0: updelay 250 is no "
			"multiple of miimon 100: the kernel makes it 200 = write 200 or 300\n" },
		{ "a delay below miimon becomes none", "bond:bond0 mode=1 downdelay=99 miimon=100",
			"warning at downdelay=99 and miimon=100: bond0: downdelay 99 is no "
			"multiple of miimon 100: the kernel makes it 0 = write 0 or 100\n" },
		{ "the default of miimon counts", "bond:bond0 mode=1 peer-notif-delay=150",
			"warning at peer-notif-delay=150: bond0: peer-notif-delay 150 is no "
			"multiple of miimon 100 (the default): the kernel makes it 100 = write "
			"100 or 200\n" },
		{ "no hint goes beyond the row's range",
			"bond:bond0 mode=1 miimon=299999 peer-notif-delay=300000",
			"warning at peer-notif-delay=300000 and miimon=299999: bond0: "
			"peer-notif-delay 300000 is no multiple of miimon 299999: the kernel "
			"makes it 299999 = write 299999\n" },
	};

	CHECK_ALL(cases);
}

static void test_links_are_monitored(void **state)
{
	static const struct rules_case cases[] = {
		{ "nothing named is miimon 100", "bond:bond0", "" },
		{ "no monitoring is a warning in every mode", "bond:bond0 mode=802.3ad miimon=0",
			"warning at miimon=0: bond0: neither miimon nor arp-interval is on: a "
			"dead slave is never noticed = miimon: 100 is usual, and the default "
			"where the line is left out\n" },
		{ "ARP monitoring asks somebody", "bond:bond0 mode=1 arp-interval=500",
			"error at arp-interval=500: bond0: arp-interval is on without a target "
			"to ask: every slave would count as dead = name 1 to 16 neighbours in "
			"arp-ip-target or ns-ip6-target\n" },
		{ "an IPv6 target is one",
			"bond:bond0 mode=1 arp-interval=500 ns-ip6-target=2001:db8::1", "" },
		{ "targets nobody asks are a warning",
			"bond:bond0 mode=1 arp-ip-target=192.0.2.1,192.0.2.2",
			"warning at arp-ip-target=192.0.2.1,192.0.2.2: bond0: arp-ip-target "
			"has no effect while arp-interval is off = turn arp-interval on, or "
			"leave arp-ip-target out\n" },
		{ "in a mode without ARP monitoring targets are told once",
			"bond:bond0 mode=4 arp-ip-target=192.0.2.1",
			"warning at arp-ip-target=192.0.2.1 and mode=4: bond0: arp-ip-target "
			"has no effect in mode 802.3ad = it works in balance-rr, "
			"active-backup, balance-xor and broadcast\n" },
	};

	CHECK_ALL(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mode_decides_which_options_may_stand),
		cmocka_unit_test(test_options_exclude_and_need_each_other),
		cmocka_unit_test(test_delays_are_multiples_of_miimon),
		cmocka_unit_test(test_links_are_monitored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
