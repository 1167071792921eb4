/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rules of enslaving and releasing, of MAC and MTU, of what lies above and below. */
#include "tests/model/scenario.h"

#define TWO "nic v0\nnic v1\n"
#define BOND1 "create bond0 mode=active-backup miimon=100 up\n"
#define JOIN "enslave v0 bond0\nenslave v1 bond0\n"

const struct nb_scenario nb_scenarios_slave[] = {
	/* enslaving */
	{ "a device that is up is not enslaved",
		"nic v0 up\n" BOND1 "enslave v0 bond0 -> EPERM: Device can not be enslaved while "
		"up\n"
		"? v0 master=none up" },
	{ "down and master in one message enslaves a device that is up",
		"nic v0 up\n" BOND1 "enslave v0 bond0 down\n? v0 master=bond0 up" },
	{ "the bond opens its slave, up or down itself",
		TWO "create bond0\nenslave v0 bond0\n? v0 up master=bond0\n? bond0 !up\n"
		"link bond0 up\nenslave v1 bond0\n? v1 up" },
	{ "enslaving again is nothing", TWO BOND1 "enslave v0 bond0\nenslave v0 bond0\n"
		"? v0 position=1" },
	{ "a slave of another bond leaves that one first",
		TWO BOND1 "create bond1\nenslave v0 bond1\nenslave v0 bond0\n"
		"? v0 master=bond0 up" },
	{ "a slave that is refused by its new bond has lost the old one too",
		TWO BOND1 "create bond1\nenslave v0 bond1\nlink v0 up\nenslave v0 bond0\n"
		"? v0 master=bond0\n"
		"enslave v0 v1 -> EOPNOTSUPP\n? v0 master=none !up" },
	{ "a bond is no slave of itself",
		"create bond0\nenslave bond0 bond0 -> EPERM: Cannot enslave bond to itself" },
	{ "bonds in a circle are refused",
		"create bond0\ncreate bond1\nenslave bond1 bond0\n? bond1 master=bond0\n"
		"link bond0 down\nenslave bond0 bond1 -> EBUSY\n? bond0 master=none" },
	{ "a bond may be a slave of another bond", "create bond0\ncreate bond1\n"
		"enslave bond1 bond0\n"
		"? bond1 master=bond0 up" },
	{ "a device with a macvlan on it is refused",
		"nic v0\nnic m0 kind=macvlan lower=v0\n" BOND1
		"enslave v0 bond0 -> EBUSY: Device is in use and cannot be enslaved" },
	{ "a VLAN whose device is down cannot be opened as a slave",
		"nic v0\nnic vl0 kind=vlan lower=v0\n" BOND1 "enslave vl0 bond0 -> ENETDOWN\n"
		"? vl0 master=none !up" },
	{ "a VLAN of the bond is no slave of the bond",
		"create bond0 up\nnic vl0 kind=vlan lower=bond0\nenslave vl0 bond0 -> EBUSY" },
	{ "a VRF is refused as a slave",
		"nic vrf0 kind=vrf\n" BOND1 "enslave vrf0 bond0 -> EPERM: Device type (master "
		"device)" },
	{ "lo is refused in mode 4 by its type",
		"create bond0 mode=802.3ad\nlink lo down\n"
		"enslave lo bond0 -> EINVAL: 8023AD mode requires Ethernet devices\nlink lo up" },
	{ "lo is refused beside an Ethernet slave",
		"nic v0\ncreate bond0\nenslave v0 bond0\nlink lo down\n"
		"enslave lo bond0 -> EINVAL: Device type is different from other slaves\n"
		"link lo up" },
	{ "lo cannot take a MAC and is refused as the first slave (6.1)",
		"create bond0\nlink lo down\nenslave lo bond0 -> EADDRNOTAVAIL\nlink lo up" },
	{ "master and up in one message are refused and leave the device up",
		TWO BOND1 "enslave v0 bond0 up -> EPERM\n? v0 up master=none" },
	{ "slaves keep the order in which they came; one that leaves goes to the end",
		TWO "nic v2\n" BOND1 JOIN "enslave v2 bond0\n? v0 position=1\n? v2 position=3\n"
		"release v0\nenslave v0 bond0\n? v1 position=1\n? v2 position=2\n? v0 position=3" },
	{ "a device that has another kind of master but a bond or bridge is refused as master",
		TWO "enslave v0 v1 -> EOPNOTSUPP" },

	/* releasing */
	{ "an ex-slave is down with its own MAC and MTU",
		TWO "create bond0 mtu=1400 up\n" JOIN "? v1 mtu=1400 mac=@v0 up\nrelease v1\n"
		"? v1 !up mac=@v1 mtu=1500 master=none" },
	{ "a release of a free device is nothing", "nic v0 up\nrelease v0\n? v0 up" },
	{ "up and release in one message ends down: flags come first",
		TWO BOND1 JOIN "release v1 up\n? v1 !up" },
	{ "the last release gives the bond a random MAC, also one that was set",
		TWO "create bond0 mac=02:00:00:00:00:0b up\nenslave v0 bond0\n"
		"? v0 mac=02:00:00:00:00:0b\n"
		"release v0\n? bond0 !mac=02:00:00:00:00:0b !carrier !mac=@v0" },
	{ "a bond whose MAC became random takes the next first slave's",
		TWO "create bond0 mac=02:00:00:00:00:0b\nenslave v0 bond0\nrelease v0\n"
		"enslave v1 bond0\n"
		"? bond0 mac=@v1" },
	{ "the bond keeps the MAC of the slave that left while others stay",
		TWO BOND1 JOIN "release v0\n? bond0 mac=@v0\n? v0 mac=@v0" },
	{ "addresses of a bond survive the last release",
		TWO BOND1 "enslave v0 bond0\naddr+ bond0 192.0.2.1/24\n"
		"addr+ bond0 2001:db8::1/64 nodad\n"
		"release v0\n? bond0 addr=192.0.2.1/24 addr=2001:db8::1/64" },
	{ "a bond that is deleted lets its slaves go, down, with MAC and MTU restored",
		TWO "create bond0 mtu=1400 up\n" JOIN "delete bond0\n? bond0 gone\n"
		"? v0 !up master=none mtu=1500 mac=@v0\n? v1 !up mtu=1500 mac=@v1" },
	{ "a slave that is deleted leaves its bond",
		TWO BOND1 JOIN "delete v0\n? v0 gone\n? bond0 active-slave=v1 carrier" },
	{ "releasing the active slave makes another one active",
		TWO BOND1 JOIN "release v0\n? bond0 active-slave=v1 carrier" },

	/* MAC */
	{ "the first slave gives its MAC to a bond that has a random one",
		TWO "create bond0\n" JOIN "? bond0 mac=@v0\n? v1 mac=@v0 perm-hwaddr=@v1" },
	{ "a MAC that was set goes to all slaves",
		TWO "create bond0 mac=02:00:00:00:00:0b\n" JOIN
		"? bond0 mac=02:00:00:00:00:0b\n? v0 mac=02:00:00:00:00:0b\n"
		"? v1 mac=02:00:00:00:00:0b" },
	{ "a new MAC of the bond goes to all slaves, live",
		TWO BOND1 JOIN "link bond0 mac=02:00:00:00:00:0c\n"
		"? bond0 mac=02:00:00:00:00:0c up\n"
		"? v0 mac=02:00:00:00:00:0c\n? v1 mac=02:00:00:00:00:0c\nrelease v1\n"
		"? v1 mac=@v1" },
	{ "a group MAC or none is refused",
		BOND1 "link bond0 mac=01:00:5e:00:00:01 -> EADDRNOTAVAIL\n"
		"link bond0 mac=00:00:00:00:00:00 -> EADDRNOTAVAIL" },
	{ "a set MAC that is refused comes before options in a message of a bond",
		"create bond0\nset bond0 miimon=50 mac=01:00:5e:00:00:01 -> EADDRNOTAVAIL\n"
		"? bond0 miimon=0" },
	{ "with fail_over_mac active the bond has its active slave's MAC, slaves keep theirs",
		TWO "create bond0 mode=active-backup miimon=100 fail-over-mac=active up\n" JOIN
		"? bond0 mac=@v0\n? v1 mac=@v1\nset bond0 active-slave=v1\n? bond0 mac=@v1\n"
		"? v0 mac=@v0" },
	{ "with fail_over_mac active or follow a MAC is taken and ignored",
		TWO "create bond0 mode=active-backup miimon=100 fail-over-mac=active up\n" JOIN
		"link bond0 mac=02:00:00:00:00:0c\n? bond0 mac=@v0" },
	{ "with fail_over_mac follow the MACs are swapped on failover",
		TWO "create bond0 mode=active-backup miimon=100 fail-over-mac=follow up\n" JOIN
		"? bond0 mac=@v0\n? v0 mac=@v0\n? v1 mac=@v1\nset bond0 active-slave=v1\n"
		"? bond0 mac=@v0\n? v1 mac=@v0\n? v0 mac=@v1\nrelease v0\n? v0 mac=@v0" },
	{ "fail_over_mac is without effect outside of mode 1",
		TWO "create bond0 fail-over-mac=active\n" JOIN "? v1 mac=@v0" },
	{ "in balance-alb and balance-tlb every slave keeps a MAC of its own",
		TWO "create bond0 mode=balance-alb up\n" JOIN "? bond0 mac=@v0\n? v0 mac=@v0\n"
		"? v1 mac=@v1\n"
		"create bond1 mode=balance-tlb up\nnic v2\nnic v3\nenslave v2 bond1\n"
		"enslave v3 bond1\n"
		"? bond1 mac=@v2\n? v3 mac=@v3" },
	{ "in balance-alb the active slave has the MAC that the bond is given",
		TWO "create bond0 mode=balance-alb up\n" JOIN "link bond0 mac=02:00:00:00:00:0c\n"
		"? bond0 mac=02:00:00:00:00:0c\n? v0 mac=02:00:00:00:00:0c\n? v1 mac=@v1" },
	{ "a failover in balance-alb swaps the MACs",
		TWO "create bond0 mode=balance-alb up\n" JOIN "set bond0 active-slave=v1\n"
		"? v1 mac=@v0\n? v0 mac=@v1\nrelease v1\n? v1 mac=@v1\n? v0 mac=@v0" },
	{ "a MAC set on a slave is not corrected, and lost on release",
		TWO BOND1 JOIN "link v1 mac=02:00:00:00:00:0d\n? v1 mac=02:00:00:00:00:0d\n"
		"release v1\n? v1 mac=@v1" },

	/* MTU */
	{ "the MTU of a bond goes to all slaves",
		TWO BOND1 JOIN "link bond0 mtu=1400\n? v0 mtu=1400\n? v1 mtu=1400\nrelease v1\n"
		"? v1 mtu=1500" },
	{ "an MTU outside of 68 to 65535 is refused",
		BOND1 "link bond0 mtu=60 -> EINVAL: mtu less than device minimum\n"
		"link bond0 mtu=65536 -> EINVAL: mtu greater than device maximum" },
	{ "a VLAN's MTU shrinks with its device and does not grow back",
		TWO BOND1 JOIN "nic vl0 kind=vlan lower=bond0\nlink bond0 mtu=1400\n"
		"? vl0 mtu=1400\n"
		"link bond0 mtu=1500\n? vl0 mtu=1400\nlink vl0 mtu=1500\n"
		"link vl0 mtu=1501 -> ERANGE" },
	{ "a slave that is a VLAN refuses an MTU above its device's, and the bond's stays",
		"nic v0 up\nnic vl0 kind=vlan lower=v0\n" BOND1 "enslave vl0 bond0\n"
		"link bond0 mtu=1600 -> ERANGE\n? bond0 mtu=1500\n? vl0 mtu=1500" },
	{ "the slaves before the one that refuses an MTU get the old one back",
		"nic v0\nnic v1 up\nnic vl0 kind=vlan lower=v1\n" BOND1 "enslave v0 bond0\n"
		"enslave vl0 bond0\nlink bond0 mtu=1600 -> ERANGE\n? v0 mtu=1500\n"
		"? bond0 mtu=1500" },
	{ "a device that refuses the bond's MTU is not enslaved",
		"nic v0 up\nnic vl0 kind=vlan lower=v0\ncreate bond0 mtu=1600 up\n"
		"enslave vl0 bond0 -> ERANGE\n? vl0 master=none mtu=1500" },

	/* what lies above */
	{ "a VLAN goes down and up with its device, also one that was down",
		TWO BOND1 JOIN "nic vl0 kind=vlan lower=bond0\n? vl0 !up\nlink bond0 down\n"
		"link bond0 up\n"
		"? vl0 up\nlink bond0 down\n? vl0 !up" },
	{ "a VLAN cannot be up while its device is down",
		"create bond0\nnic vl0 kind=vlan lower=bond0\nlink vl0 up -> ENETDOWN" },
	{ "a VLAN follows the MAC of its device while it has not one of its own",
		TWO BOND1 JOIN "nic vl0 kind=vlan lower=bond0 up\n"
		"nic vl1 kind=vlan lower=bond0 up\n"
		"link vl1 mac=02:00:00:00:00:0e\nlink bond0 mac=02:00:00:00:00:0c\n"
		"? vl0 mac=02:00:00:00:00:0c\n? vl1 mac=02:00:00:00:00:0e" },
	{ "a VLAN that is down takes the MAC when it comes up",
		TWO BOND1 JOIN "nic vl0 kind=vlan lower=bond0\nlink bond0 mac=02:00:00:00:00:0c\n"
		"? vl0 mac=@v0\nlink vl0 up\n? vl0 mac=02:00:00:00:00:0c" },
	{ "a VLAN has the carrier of its device",
		TWO BOND1 JOIN "nic vl0 kind=vlan lower=bond0 up\n? vl0 carrier\nunplug v0\n"
		"unplug v1\n"
		"tick 3\n? vl0 !carrier" },
	{ "VLANs of a bond go with it", BOND1 "nic vl0 kind=vlan lower=bond0\ndelete bond0\n"
		"? vl0 gone" },
	{ "addresses and routes of a VLAN suffer when its bond goes down",
		TWO BOND1 JOIN "nic vl0 kind=vlan lower=bond0 up\naddr+ vl0 192.0.2.1/24\n"
		"addr+ vl0 2001:db8::1/64 nodad\nroute+ vl0 198.51.100.0/24 via=192.0.2.254\n"
		"link bond0 down\nlink bond0 up\n"
		"? vl0 up addr=192.0.2.1/24 !addr=2001:db8::1/64 !route=198.51.100.0/24" },
	{ "a macvlan stays up when its device goes down, with the carrier of the bond",
		TWO BOND1 JOIN "nic m0 kind=macvlan lower=bond0 up\nlink bond0 down\n"
		"? m0 up carrier\n"
		"link bond0 mtu=1400\n? m0 mtu=1400" },
	{ "a bridge has the least MTU of its ports",
		TWO BOND1 JOIN "nic br0 kind=bridge up\nenslave bond0 br0\n? bond0 master=br0\n"
		"link bond0 mtu=1400\n? br0 mtu=1400\nlink bond0 mtu=1500\n? br0 mtu=1500" },
	{ "a bond may be a bridge port, and its slaves stay",
		TWO BOND1 JOIN "nic br0 kind=bridge up\nenslave bond0 br0\n? v0 master=bond0\n"
		"release bond0\n? bond0 master=none up" },
	{ "options of a bond's slave are taken from a bridge port, which makes something else of "
		"them",
		"nic v0\nnic br0 kind=bridge\nenslave v0 br0\nslave v0 queue-id=1\n"
		"? v0 master=br0" },
	{ "a bridge port that is enslaved by a bond leaves the bridge",
		"nic v0\nnic br0 kind=bridge\nenslave v0 br0\n" BOND1 "enslave v0 bond0\n"
		"? v0 master=bond0" },

	/* names and namespaces */
	{ "a device that is up cannot be renamed (6.1)",
		TWO BOND1 "link bond0 name=bond9 -> EBUSY\nlink bond0 down\nlink bond0 name=bond9\n"
		"? bond9 miimon=100\n? bond0 gone\nlink v0 name=v1 -> EEXIST\nlink v0 name=v7\n"
		"? v7 !up" },
	{ "renaming an up device in a message with an option keeps the option (6.1)",
		BOND1 "set bond0 miimon=50 name=bond9 -> EBUSY\n? bond0 miimon=50" },
	{ "a bond cannot change its namespace", "netns+ blue\ncreate bond0\n"
		"move bond0 to=blue -> EINVAL" },
	{ "a device that moves is down, without addresses and master",
		TWO "netns+ blue\n" BOND1 JOIN "addr+ v1 192.0.2.1/24\nmove v1 to=blue\n? v1 gone\n"
		"? v1@blue !up master=none addresses=0 mac=@v1\n? bond0 carrier" },
	{ "a move to a name that is taken is refused",
		"netns+ blue\nnic v0\nnic v1\nmove v0 to=blue name=x\n? x@blue !up\n"
		"link x@blue name=v1\nmove v1 to=blue -> EEXIST\n? v1 !up\n"
		"move v1 to=blue name=w1\n"
		"? w1@blue mac=@v1" },
	{ "a move to a free place under a name that is taken there moves, and then fails",
		"netns+ blue\nnic v0\nnic v1\nmove v0 to=blue\nmove v1 to=blue name=v0 -> EEXIST\n"
		"? v1 gone\n? v1@blue !up" },
	{ "a namespace without the name is unknown",
		"create bond0@blue -> ENOENT\nnetns+ blue\ncreate bond0@blue up\n? bond0@blue up" },
	{ "bonds live and work in a namespace",
		"netns+ blue\nnic v0\nnic v1\nmove v0 to=blue\nmove v1 to=blue\n"
		"create bond0@blue mode=active-backup miimon=100 up\nenslave v0@blue bond0\n"
		"enslave v1@blue bond0\n? bond0@blue active-slave=v0 mac=@v0 carrier\n"
		"? v1@blue master=bond0" },
	{ "a real NIC has no delete", "only model\nnic e0 kind=real\ndelete e0 -> EOPNOTSUPP" },
	{ "a real NIC comes home from a namespace that ends, renamed where its name is taken",
		"only model\nnetns+ blue\nnic e0 kind=real\nmove e0 to=blue\nnic e0 kind=real\n"
		"create bond0@blue up\nenslave e0@blue bond0\nnetns- blue\n? bond0@blue gone\n"
		"? e0 !up\n"
		"? dev2 !up master=none mac=@e0" },
	{ "what does not exist is not found",
		"set bond0 miimon=100 -> ENODEV\ndelete bond0 -> ENODEV\ndelete bond0 tolerant\n"
		"nic v0\nenslave v0 bond0 -> ENODEV" },
};
const size_t nb_scenarios_slave_count = NB_ARRAY_SIZE(nb_scenarios_slave);
