/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of bonds and their options. */
#include "tests/model/scenario.h"

#define TWO "nic v0\nnic v1\n"
#define BOND1 "create bond0 mode=active-backup miimon=100 up\n"
#define JOIN "enslave v0 bond0\nenslave v1 bond0\n"

const struct nb_scenario nb_scenarios_bond[] = {
	/* creation */
	{ "a bare bond is balance-rr without monitoring, down, without carrier",
		"create bond0\n"
		"? bond0 mode=balance-rr miimon=0 !up !carrier mtu=1500 min-links=0 num-grat-arp=1 "
		"resend-igmp=1 lp-interval=1 packets-per-slave=1 arp-missed-max=2 use-carrier=true "
		"tlb-dynamic-lb=true lacp-active=true lacp-rate=slow ad-select=stable" },
	{ "modes that need MII monitoring start with miimon 100",
		"create bond0 mode=802.3ad\n? bond0 miimon=100\n"
		"create bond1 mode=balance-tlb\n? bond1 miimon=100\n"
		"create bond2 mode=balance-alb\n? bond2 miimon=100" },
	{ "one message creates a bond with options, MAC, MTU and sets it up",
		"create bond0 mode=active-backup miimon=50 mac=02:00:00:00:00:77 mtu=1400 up\n"
		"? bond0 mode=active-backup miimon=50 mac=02:00:00:00:00:77 mtu=1400 up" },
	{ "a name that is taken is refused", "create bond0\ncreate bond0 -> EEXIST" },
	{ "a name that no device may have is refused",
		"create a:b -> EINVAL\ncreate . -> EINVAL" },
	{ "a refused option leaves no device behind",
		"create bond0 mode=active-backup miimon=50 packets-per-slave=4 -> EACCES: option "
		"not "
		"supported in mode\n? bond0 gone" },
	{ "a group MAC or no MAC is refused at creation",
		"create bond0 mac=01:00:5e:00:00:01 -> EADDRNOTAVAIL\n"
		"create bond0 mac=00:00:00:00:00:00 -> EADDRNOTAVAIL\n? bond0 gone" },
	{ "an MTU outside of 68 to 65535 is refused at creation",
		"create bond0 mtu=67 -> EINVAL: mtu less than device minimum\n"
		"create bond0 mtu=65536 -> EINVAL: mtu greater than device maximum" },
	{ "primary may be named before it is a slave; it shows once it is one",
		TWO "create bond0 mode=active-backup miimon=100 primary=v1\n"
		"? bond0 primary=absent\nenslave v0 bond0\n? bond0 primary=absent\n"
		"enslave v1 bond0\n? bond0 primary=v1 active-slave=v1" },
	{ "active_slave cannot be set at creation",
		TWO "create bond0 mode=active-backup active-slave=v0 -> EINVAL: invalid option "
		"value" },

	/* the gates of an option */
	{ "an option of another mode is refused",
		"create bond0\nset bond0 lacp-rate=fast -> EACCES: option not supported in mode\n"
		"set bond0 tlb-dynamic-lb=0 -> EACCES\nset bond0 ad-actor-sys-prio=5 -> EACCES\n"
		"set bond0 ad-user-port-key=5 -> EACCES\nset bond0 coupled-control=0 -> EACCES\n"
		"set bond0 lacp-active=0 -> EACCES" },
	{ "ARP monitoring is refused in modes 4, 5 and 6, even its zero",
		"create bond0 mode=802.3ad\nset bond0 arp-interval=0 -> EACCES\n"
		"set bond0 arp-validate=none -> EACCES\nset bond0 arp-missed-max=3 -> EACCES\n"
		"create bond1 mode=balance-alb\nset bond1 arp-interval=100 -> EACCES" },
	{ "arp_ip_target is taken in every mode",
		"create bond0 mode=802.3ad\nset bond0 arp-ip-target=192.0.2.1\n"
		"? bond0 arp-ip-target=192.0.2.1" },
	{ "ad_select needs the bond down in every mode",
		"create bond0 up\n"
		"set bond0 ad-select=count -> EBUSY: unable to set option because the "
		"bond is up\nlink bond0 down\nset bond0 ad-select=count\n? bond0 ad-select=count" },
	{ "options that need the bond down are refused while it is up, even unchanged",
		"create bond0 mode=802.3ad up\nset bond0 lacp-rate=slow -> EBUSY\n"
		"set bond0 lacp-active=1 -> EBUSY\nset bond0 ad-user-port-key=0 -> EBUSY\n"
		"set bond0 coupled-control=1 -> EBUSY\nset bond0 ad-select=stable -> EBUSY" },
	{ "options that need the bond down are taken with slaves while it is down",
		TWO "create bond0 mode=802.3ad\n" JOIN
		"set bond0 lacp-rate=fast lacp-active=0 ad-select=bandwidth coupled-control=0\n"
		"? bond0 lacp-rate=fast lacp-active=false ad-select=bandwidth "
		"coupled-control=false\n"
		"? v0 master=bond0" },
	{ "an option that needs down is taken in one message with up: options come first",
		"create bond0 mode=802.3ad\nset bond0 lacp-rate=fast up\n"
		"? bond0 lacp-rate=fast up" },
	{ "down in the same message comes too late for an option that needs it",
		"create bond0 mode=802.3ad up\nset bond0 lacp-rate=fast down -> EBUSY\n"
		"? bond0 up" },
	{ "mode needs no slaves, even unchanged; that is told before down is asked for",
		TWO BOND1 JOIN "set bond0 mode=active-backup -> ENOTEMPTY: unable to set option "
		"because "
		"the bond device has slaves\nset bond0 mode=802.3ad -> ENOTEMPTY\n"
		"link bond0 down\nset bond0 mode=802.3ad -> ENOTEMPTY" },
	{ "mode needs the bond down", "create bond0 up\nset bond0 mode=active-backup -> EBUSY" },
	{ "fail_over_mac needs no slaves but may change while up",
		TWO BOND1 "set bond0 fail-over-mac=active\n? bond0 fail-over-mac=active\n"
		"enslave v0 bond0\nset bond0 fail-over-mac=active -> ENOTEMPTY\n"
		"link bond0 down\nset bond0 fail-over-mac=none -> ENOTEMPTY" },
	{ "a value outside of its range is refused",
		"create bond0\nset bond0 miimon=2147483648 -> EINVAL: invalid option value\n"
		"set bond0 resend-igmp=256 -> EINVAL\nset bond0 lp-interval=0 -> EINVAL\n"
		"set bond0 packets-per-slave=65536 -> EINVAL\n"
		"set bond0 arp-missed-max=0 -> EINVAL\n"
		"set bond0 xmit-hash-policy=6 -> EINVAL\nset bond0 fail-over-mac=3 -> EINVAL\n"
		"set bond0 primary-reselect=3 -> EINVAL\nset bond0 arp-validate=7 -> EINVAL\n"
		"set bond0 mode=7 -> EINVAL\nset bond0 all-slaves-active=2 -> EINVAL" },
	{ "peer_notif_delay above 300000 is refused by the policy before anything is done",
		"create bond0 mode=active-backup\n"
		"set bond0 miimon=100 peer-notif-delay=300001 -> ERANGE: integer out of range\n"
		"? bond0 miimon=0" },
	{ "ad_actor_system may not be a group address, but may be zero",
		"create bond0 mode=802.3ad\n"
		"set bond0 ad-actor-system=01:00:5e:00:00:01 -> EINVAL: invalid option value\n"
		"set bond0 ad-actor-system=02:00:00:00:00:05\n"
		"? bond0 ad-actor-system=02:00:00:00:00:05\n"
		"set bond0 ad-actor-system=00:00:00:00:00:00" },
	{ "ad_actor_sys_prio is 1 to 65535, ad_user_port_key up to 1023",
		"create bond0 mode=802.3ad\nset bond0 ad-actor-sys-prio=0 -> EINVAL\n"
		"set bond0 ad-user-port-key=1024 -> EINVAL\n"
		"set bond0 ad-actor-sys-prio=1 ad-user-port-key=1023\n"
		"? bond0 ad-actor-sys-prio=1 ad-user-port-key=1023" },
	{ "LACP system settings are dumped only in mode 4",
		"create bond0\n? bond0 ad-actor-sys-prio=absent ad-user-port-key=absent "
		"ad-actor-system=absent ad-info=absent lacp-rate=slow" },
	{ "ad_select actor_port_prio is not known before 6.18 (6.1)",
		"create bond0 mode=802.3ad\n"
		"set bond0 ad-select=3 -> EINVAL: invalid option value" },

	/* monitoring */
	{ "delays are rounded down to multiples of miimon",
		"create bond0 miimon=100 updelay=250 downdelay=99 peer-notif-delay=199\n"
		"? bond0 updelay=200 downdelay=0 peer-notif-delay=100" },
	{ "delays follow miimon: stored as multiples, zero shown without it",
		"create bond0 miimon=100 updelay=200 downdelay=300\n"
		"set bond0 miimon=50\n? bond0 updelay=100 downdelay=150\n"
		"set bond0 miimon=70\n? bond0 updelay=140 downdelay=210\n"
		"set bond0 miimon=0\n? bond0 updelay=0 downdelay=0\n"
		"set bond0 miimon=100\n? bond0 updelay=200 downdelay=300" },
	{ "a delay without miimon is refused, even a delay of zero",
		"create bond0\nset bond0 updelay=200 -> EPERM\nset bond0 updelay=0 -> EPERM\n"
		"set bond0 downdelay=0 -> EPERM\nset bond0 peer-notif-delay=0 -> EPERM" },
	{ "miimon and a delay go together in one message, whatever was before",
		"create bond0\nset bond0 miimon=100 updelay=200\n? bond0 miimon=100 updelay=200\n"
		"set bond0 miimon=0\nset bond0 miimon=50 updelay=200\n? bond0 updelay=200" },
	{ "miimon and arp_interval in one message are refused; miimon stays set",
		"create bond0 mode=active-backup\n"
		"set bond0 miimon=50 arp-interval=100 -> EINVAL: ARP "
		"monitoring cannot be used with MII monitoring\n? bond0 miimon=50 arp-interval=0" },
	{ "miimon and arp_validate in one message are refused",
		"create bond0 mode=active-backup\n"
		"set bond0 miimon=50 arp-validate=all -> EINVAL: ARP "
		"validating cannot be used with MII monitoring" },
	{ "miimon turns stored ARP monitoring off, and its validation",
		"create bond0 mode=active-backup arp-interval=100 arp-ip-target=192.0.2.1 "
		"arp-validate=all\nset bond0 miimon=100\n"
		"? bond0 miimon=100 arp-interval=0 arp-validate=none arp-ip-target=192.0.2.1" },
	{ "arp_interval turns stored MII monitoring off; delays are shown as zero",
		"create bond0 mode=active-backup miimon=100 updelay=200\n"
		"set bond0 arp-interval=500 arp-ip-target=192.0.2.1\n"
		"? bond0 miimon=0 arp-interval=500 updelay=0" },
	{ "from MII to ARP in one message needs miimon 0 in it or nothing",
		"create bond0 mode=active-backup miimon=100\n"
		"set bond0 miimon=0 arp-interval=500 arp-ip-target=192.0.2.1 arp-validate=active\n"
		"? bond0 miimon=0 arp-interval=500 arp-validate=active" },
	{ "arp_validate alone is stored beside miimon",
		"create bond0 mode=active-backup miimon=100\nset bond0 arp-validate=all\n"
		"? bond0 miimon=100 arp-validate=all" },
	{ "arp_interval without targets is taken",
		"create bond0 mode=active-backup\nset bond0 arp-interval=1000\n"
		"? bond0 arp-interval=1000" },
	{ "a target list replaces the old one; an empty one clears it",
		"create bond0\nset bond0 arp-ip-target=192.0.2.1,192.0.2.2\n"
		"set bond0 arp-ip-target=192.0.2.3\n? bond0 arp-ip-target=192.0.2.3\n"
		"set bond0 arp-ip-target=\n? bond0 arp-ip-target=absent" },
	{ "a bad ARP target is refused; those before it are the new list",
		"create bond0 arp-ip-target=192.0.2.9\n"
		"set bond0 arp-ip-target=192.0.2.1,192.0.2.1 -> EINVAL: invalid option value\n"
		"? bond0 arp-ip-target=192.0.2.1\nset bond0 arp-ip-target=0.0.0.0 -> EINVAL\n"
		"? bond0 arp-ip-target=absent\nset bond0 arp-ip-target=255.255.255.255 -> EINVAL" },
	{ "a bad IPv6 target is refused",
		"create bond0 mode=active-backup\nset bond0 ns-ip6-target=:: -> EINVAL\n"
		"set bond0 ns-ip6-target=::1 -> EINVAL\nset bond0 ns-ip6-target=ff02::1 -> EINVAL\n"
		"set bond0 ns-ip6-target=2001:db8::1,2001:db8::1 -> EINVAL\n"
		"? bond0 ns-ip6-target=2001:db8::1" },
	{ "IPv6 targets replace each other too",
		"create bond0 mode=active-backup\nset bond0 ns-ip6-target=2001:db8::1,2001:db8::2\n"
		"set bond0 ns-ip6-target=2001:db8::3\n? bond0 ns-ip6-target=2001:db8::3" },
	{ "setting the mode clears arp_validate, also the same mode",
		"create bond0 mode=active-backup arp-interval=100 arp-validate=all\n"
		"set bond0 mode=active-backup\n? bond0 arp-validate=none arp-interval=100" },
	{ "modes 4, 5 and 6 turn ARP monitoring into miimon 100, which stays; targets stay",
		"create bond0 mode=active-backup arp-interval=100 arp-ip-target=192.0.2.1\n"
		"set bond0 mode=802.3ad\n"
		"? bond0 miimon=100 arp-interval=0 arp-ip-target=192.0.2.1\n"
		"set bond0 mode=balance-rr\n? bond0 miimon=100" },
	{ "mode 6 turns tlb_dynamic_lb on; it may be turned off afterwards",
		"create bond0 mode=balance-tlb tlb-dynamic-lb=0\nset bond0 mode=balance-alb\n"
		"? bond0 tlb-dynamic-lb=true\nset bond0 tlb-dynamic-lb=0\n"
		"? bond0 tlb-dynamic-lb=false" },
	{ "earlier attributes stay when a later one is refused",
		"create bond0 mode=active-backup\n"
		"set bond0 miimon=50 resend-igmp=4 num-grat-arp=3 lp-interval=0 -> EINVAL\n"
		"? bond0 miimon=50 resend-igmp=4 num-grat-arp=3" },
	{ "the kernel's order counts, not the message's: mode first",
		"create bond0\nset bond0 packets-per-slave=4 mode=active-backup -> EACCES\n"
		"? bond0 mode=active-backup packets-per-slave=1" },
	{ "settings behind a refused option are not done",
		"create bond0\nset bond0 lp-interval=0 mtu=1400 up -> EINVAL\n"
		"? bond0 mtu=1500 !up" },
	{ "packets_per_slave is kept and shown in other modes",
		"create bond0 packets-per-slave=7\nset bond0 mode=active-backup\n"
		"? bond0 packets-per-slave=7" },
	{ "options for a device that is no bond are refused",
		"nic v0\nset v0 miimon=100 -> EOPNOTSUPP" },

	/* primary and active slave */
	{ "setting primary switches to it at once",
		TWO BOND1 JOIN "? bond0 active-slave=v0\nset bond0 primary=v1\n"
		"? bond0 active-slave=v1 primary=v1" },
	{ "primary is taken back with an empty name",
		TWO BOND1 JOIN "set bond0 primary=v1\nset bond0 primary=none\n"
		"? bond0 primary=absent" },
	{ "primary is forgotten with the slave and comes back with it",
		TWO BOND1 JOIN "set bond0 primary=v1\nrelease v1\n"
		"? bond0 primary=absent active-slave=v0\n"
		"enslave v1 bond0\n? bond0 primary=v1 active-slave=v1" },
	{ "primary is refused outside of modes 1, 5 and 6",
		TWO "create bond0\nset bond0 primary=v0 -> EACCES" },
	{ "active_slave switches, but not to a foreign device",
		TWO "nic v2\n" BOND1 JOIN "set bond0 active-slave=v1\n? bond0 active-slave=v1\n"
		"set bond0 active-slave=v2 -> EINVAL: invalid option value\n"
		"set bond0 active-slave=v1" },
	{ "active_slave may not be a slave that is down",
		TWO BOND1 JOIN "link v1 down\ntick 3\nset bond0 active-slave=v1 -> EINVAL" },
	{ "prio moves the active slave at once unless there is a primary",
		TWO BOND1 JOIN "slave v1 prio=10\n? bond0 active-slave=v1\n"
		"set bond0 primary=v0\n? bond0 active-slave=v0\nslave v1 prio=20\n"
		"? bond0 active-slave=v0\n? v1 prio=20" },
	{ "a slave without carrier gives way to another one",
		TWO BOND1 JOIN "unplug v0\ntick 3\n? bond0 active-slave=v1 carrier\n"
		"? v0 mii-status=down state=backup link-failure-count=1" },
	{ "with reselect always and no primary the first slave takes over again",
		TWO BOND1 JOIN "unplug v0\ntick 3\nplug v0\ntick 3\n? v0 mii-status=up" },
	{ "the primary takes over again when it returns",
		TWO BOND1 JOIN "set bond0 primary=v0\nunplug v0\ntick 3\n? bond0 active-slave=v1\n"
		"plug v0\ntick 3\n? bond0 active-slave=v0" },
	{ "with reselect failure the primary waits for the next failure",
		TWO BOND1 JOIN "set bond0 primary=v0 primary-reselect=failure\nunplug v0\ntick 3\n"
		"plug v0\ntick 3\n? bond0 active-slave=v1\nunplug v1\ntick 3\n"
		"? bond0 active-slave=v0" },
	{ "updelay keeps a slave out that has just come back",
		TWO BOND1 "set bond0 updelay=1500\n" JOIN "tick 30\nunplug v0\ntick 3\nplug v0\n"
		"tick 3\n"
		"? v0 mii-status=going-back\ntick 30\n? v0 mii-status=up" },
	{ "the first slave is used at once in spite of updelay",
		TWO BOND1 "set bond0 updelay=5000\nenslave v0 bond0\n"
		"? bond0 active-slave=v0 carrier\n"
		"? v0 mii-status=up\nenslave v1 bond0\n? v1 mii-status=going-back" },
	{ "without monitoring a dead slave is not seen",
		TWO "create bond0 mode=active-backup up\n" JOIN "link v0 down\ntick 3\n"
		"? bond0 active-slave=v0 carrier\n? v0 mii-status=up" },
	{ "the monitor rests while the bond is down",
		TWO BOND1 JOIN "link bond0 down\nunplug v0\ntick 3\n? v0 mii-status=up\n"
		"link bond0 up\ntick 3\n? v0 mii-status=down\n? bond0 active-slave=v1" },
	{ "a bond has no carrier without a slave that has one",
		TWO BOND1 JOIN "unplug v0\nunplug v1\ntick 3\n"
		"? bond0 !carrier active-slave=absent\n"
		"plug v1\ntick 3\n? bond0 carrier active-slave=v1" },

	/* slave options */
	{ "slave options on a device that is no slave are refused",
		"nic v0\nslave v0 queue-id=1 -> EOPNOTSUPP" },
	{ "queue_id goes up to the number of transmit queues and is unique",
		TWO BOND1 JOIN "slave v0 queue-id=16\nslave v1 queue-id=17 -> EPERM\n"
		"slave v1 queue-id=16 -> EPERM\nslave v1 queue-id=0\nslave v0 queue-id=16\n"
		"? v0 queue-id=16" },
	{ "prio is refused in modes without an active slave, actor_port_prio outside of mode 4",
		TWO "create bond0\n" JOIN "slave v0 prio=5 -> EACCES\n"
		"slave v0 actor-port-prio=5 -> EACCES\n? v0 actor-port-prio=absent prio=0" },
	{ "queue_id comes before prio: it stays when prio is refused",
		TWO "create bond0\n" JOIN "slave v0 queue-id=3 prio=5 -> EACCES\n? v0 queue-id=3" },
	{ "slave options are lost on release",
		TWO BOND1 JOIN "slave v0 queue-id=3 prio=7\nrelease v0\nenslave v0 bond0\n"
		"? v0 queue-id=0 prio=0" },
	{ "actor_port_prio is 255 in a fresh port and lost on release",
		TWO "create bond0 mode=802.3ad up\n" JOIN "? v0 actor-port-prio=255\n"
		"slave v0 actor-port-prio=100\n? v0 actor-port-prio=100\nrelease v0\n"
		"enslave v0 bond0\n"
		"? v0 actor-port-prio=255" },
};
const size_t nb_scenarios_bond_count = NB_ARRAY_SIZE(nb_scenarios_bond);
