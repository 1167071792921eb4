/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Changes of all sorts for tests of what happens when one goes wrong: what was applied, what
 * others did on top of it, and what shall be then. Devices: eth0 ... eth5, even ones up.
 */

struct change {
	const char *name;
	const char *before;  /* applied without a fault; NULL: nothing */
	const char *foreign; /* then another tool did this (converge-world.h) */
	const char *after;
};

#define FOREIGN_L3                          \
	"vlan\n"                            \
	"addr+ bond0 203.0.113.9/24\n"      \
	"addr+ bond0 2001:db8:99::9/64\n"   \
	"addr+ bond0.5 198.51.100.5/24\n"   \
	"addr+ bond0.5 2001:db8:5::5/64\n"  \
	"route+ bond0 203.0.114.0/24 via=203.0.113.1\n" \
	"route+ bond0.5 203.0.115.0/24 via=198.51.100.1\n"

static const struct change changes[] = {
	{ "active-backup from nothing", NULL, NULL,
		"bonds:\n"
		"  bond0:\n"
		"    mode: active-backup\n"
		"    slaves: [{name: eth0, prio: 5}, eth1]\n"
		"    addresses: [192.0.2.10/24, 2001:db8::10/64]\n"
		"    routes: [{to: default, via: 192.0.2.1}, {to: '2001:db8:f::/48', via: '2001:db8::1'}]\n" },
	{ "802.3ad from nothing", NULL, NULL,
		"bonds:\n"
		"  bond0: {mode: 802.3ad, slaves: [eth0, eth1], lacp-rate: fast, mtu: 9000,\n"
		"    link-local: false, addresses: [192.0.2.10/24]}\n" },
	{ "a namespace and a bond in it", NULL, NULL,
		"namespaces: {storage: {}}\n"
		"bonds:\n"
		"  bond0: {namespace: storage, mode: balance-rr, slaves: [eth0, eth1],\n"
		"    addresses: [192.0.2.10/24]}\n" },
	{ "three bonds from nothing", NULL, NULL,
		"bonds:\n"
		"  bond0: {mode: balance-rr, slaves: [eth0, eth1]}\n"
		"  bond1: {mode: active-backup, slaves: [eth2, eth3], primary: eth3}\n"
		"  bond2: {mode: balance-alb, slaves: [eth4, eth5]}\n" },
	{ "live options",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1]}}\n", FOREIGN_L3,
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], miimon: 50,\n"
		"  updelay: 100, num-grat-arp: 5, primary: eth1}}\n" },
	{ "MII to ARP monitoring",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], updelay: 200,\n"
		"  addresses: [192.0.2.10/24]}}\n", FOREIGN_L3,
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], arp-interval: 500,\n"
		"  arp-ip-target: [192.0.2.1], addresses: [192.0.2.10/24]}}\n" },
	{ "an option that wants the bond down",
		"bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1],\n"
		"  addresses: [192.0.2.10/24, '2001:db8::10/64'],\n"
		"  routes: [{to: default, via: 192.0.2.1}]}}\n", FOREIGN_L3,
		"bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1], lacp-rate: fast,\n"
		"  ad-select: bandwidth, addresses: [192.0.2.10/24, '2001:db8::10/64'],\n"
		"  routes: [{to: default, via: 192.0.2.1}]}}\n" },
	{ "another mode",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1, eth2],\n"
		"  addresses: [192.0.2.10/24, '2001:db8::10/64'],\n"
		"  routes: [{to: default, via: 192.0.2.1}]}}\n", FOREIGN_L3,
		"bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1, eth2],\n"
		"  addresses: [192.0.2.10/24, '2001:db8::10/64'],\n"
		"  routes: [{to: default, via: 192.0.2.1}]}}\n" },
	{ "another mode and other slaves, addresses, MTU and MAC",
		"bonds: {bond0: {mode: balance-rr, slaves: [eth0, eth1],\n"
		"  addresses: [192.0.2.10/24]}}\n", FOREIGN_L3,
		"bonds: {bond0: {mode: balance-xor, slaves: [eth1, {name: eth2, queue-id: 3}],\n"
		"  mtu: 1400, mac: '02:00:00:00:0b:01', addresses: [192.0.2.11/24]}}\n" },
	{ "an option that wants the bond empty",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1],\n"
		"  addresses: [192.0.2.10/24]}}\n", FOREIGN_L3,
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], fail-over-mac: active,\n"
		"  addresses: [192.0.2.10/24]}}\n" },
	{ "a key that reaches slaves only when enslaved",
		"bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1]}}\n", FOREIGN_L3,
		"bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1], ad-user-port-key: 7}}\n" },
	{ "one more slave",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0]}}\n", FOREIGN_L3,
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, {name: eth1, prio: 9}],\n"
		"  primary: eth0}}\n" },
	{ "one slave less",
		"bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1, eth2]}}\n", FOREIGN_L3,
		"bonds: {bond0: {mode: 802.3ad, slaves: [eth1, eth2]}}\n" },
	{ "both slaves replaced",
		"bonds: {bond0: {mode: 802.3ad, slaves: [eth0, eth1]}}\n", FOREIGN_L3,
		"bonds: {bond0: {mode: 802.3ad, slaves: [eth2, eth3]}}\n" },
	{ "no slave left",
		"bonds: {bond0: {mode: balance-rr, slaves: [eth0, eth1], addresses: [192.0.2.10/24]}}\n",
		FOREIGN_L3,
		"bonds: {bond0: {mode: balance-rr, slaves: [], addresses: [192.0.2.10/24]}}\n" },
	{ "a slave goes from bond to bond",
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: [eth0, eth1]}\n"
		"  bond1: {mode: active-backup, slaves: [eth2]}\n", FOREIGN_L3,
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: [eth0]}\n"
		"  bond1: {mode: active-backup, slaves: [eth2, eth1]}\n" },
	{ "bonds exchange slaves",
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: [eth0, eth1]}\n"
		"  bond1: {mode: 802.3ad, slaves: [eth2, eth3]}\n", FOREIGN_L3,
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: [eth0, eth3]}\n"
		"  bond1: {mode: 802.3ad, slaves: [eth2, eth1]}\n" },
	{ "MTU and MAC",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], mtu: 1500}}\n", FOREIGN_L3,
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1], mtu: 9000,\n"
		"  mac: '02:00:00:00:0b:02'}}\n" },
	{ "addresses and routes",
		"bonds: {bond0: {mode: balance-rr, slaves: [eth0],\n"
		"  addresses: [192.0.2.10/24, 192.0.2.11/24, '2001:db8::10/64'],\n"
		"  routes: [{to: default, via: 192.0.2.1}, {to: 198.51.7.0/24, via: 192.0.2.2}]}}\n",
		FOREIGN_L3,
		"bonds: {bond0: {mode: balance-rr, slaves: [eth0],\n"
		"  addresses: [192.0.2.11/24, 192.0.2.12/24, '2001:db8::10/56', '2001:db8:1::1/64'],\n"
		"  routes: [{to: default, via: 192.0.2.3},\n"
		"    {to: '2001:db8:f::/48', via: '2001:db8:1::2', src: '2001:db8:1::1'}]}}\n" },
	{ "queues exchanged",
		"bonds: {bond0: {mode: balance-rr, slaves: [{name: eth0, queue-id: 1},\n"
		"  {name: eth1, queue-id: 2}]}}\n", FOREIGN_L3,
		"bonds: {bond0: {mode: balance-rr, slaves: [{name: eth0, queue-id: 2},\n"
		"  {name: eth1, queue-id: 1}]}}\n" },
	{ "a bond leaves the file",
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: [eth0, eth1]}\n"
		"  bond1: {mode: active-backup, slaves: [eth2]}\n", FOREIGN_L3,
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: [eth0, eth1, eth2]}\n" },
	{ "a bond is absent, another comes",
		"bonds: {bond1: {mode: 802.3ad, slaves: [eth0, eth1], addresses: [192.0.2.10/24]}}\n",
		NULL,
		"bonds:\n"
		"  bond1: {absent: true}\n"
		"  bond0: {mode: 802.3ad, slaves: [eth0, eth1], addresses: [192.0.2.10/24]}\n" },
	{ "a NIC in use is enslaved", NULL,
		"link eth0 up\n"
		"addr+ eth0 192.0.2.10/24\n"
		"addr+ eth0 2001:db8::10/64\n"
		"route+ eth0 default via=192.0.2.1\n",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1],\n"
		"  addresses: [192.0.2.10/24, '2001:db8::10/64'],\n"
		"  routes: [{to: default, via: 192.0.2.1}]}}\n" },
	{ "a port of a bridge is enslaved",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0]}}\n",
		"bridge\n"
		"enslave eth1 br0\n",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1]}}\n" },
	{ "a bond that another tool made is adopted", NULL,
		"create bond0 mode=balance-xor miimon=100 up\n"
		"link eth0 down\n"
		"enslave eth0 bond0\n"
		"enslave eth1 bond0\n"
		"addr+ bond0 192.0.2.10/24\n",
		"bonds: {bond0: {mode: balance-xor, slaves: [eth1, eth2], xmit-hash-policy: layer3+4,\n"
		"  addresses: [192.0.2.11/24]}}\n" },
	{ "a namespace goes, its NICs come home",
		"namespaces: {storage: {}}\n"
		"bonds:\n"
		"  bond0: {mode: active-backup, slaves: [eth2]}\n"
		"  bond1: {namespace: storage, mode: active-backup, slaves: [eth0, eth1]}\n",
		FOREIGN_L3,
		"bonds: {bond0: {mode: active-backup, slaves: [eth2, eth0]}}\n" },
	{ "a bond goes into a namespace",
		"bonds: {bond0: {mode: balance-rr, slaves: [eth0, eth1]},\n"
		"  bond1: {mode: balance-rr, slaves: [eth2]}}\n", NULL,
		"namespaces: {storage: {}}\n"
		"bonds: {bond0: {namespace: storage, mode: balance-rr, slaves: [eth0, eth1]},\n"
		"  bond1: {mode: balance-rr, slaves: [eth2]}}\n" },
	{ "slaves go from a namespace to another",
		"namespaces: {storage: {}, blue: {}}\n"
		"bonds:\n"
		"  bond0: {namespace: storage, mode: active-backup, slaves: [eth0, eth1]}\n"
		"  bond1: {namespace: blue, mode: active-backup, slaves: [eth2]}\n", NULL,
		"namespaces: {storage: {}, blue: {}}\n"
		"bonds:\n"
		"  bond0: {namespace: storage, mode: active-backup, slaves: [eth0]}\n"
		"  bond1: {namespace: blue, mode: active-backup, slaves: [eth2, eth1]}\n" },
	{ "link-local addresses off",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0],\n"
		"  addresses: ['2001:db8::10/64']}}\n", FOREIGN_L3,
		"bonds: {bond0: {mode: active-backup, slaves: [eth0], link-local: false,\n"
		"  addresses: ['2001:db8::10/64']}}\n" },
	{ "link-local addresses on",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0], link-local: false,\n"
		"  addresses: ['2001:db8::10/64']}}\n", FOREIGN_L3,
		"bonds: {bond0: {mode: active-backup, slaves: [eth0],\n"
		"  addresses: ['2001:db8::10/64']}}\n" },
	{ "what others took down comes up",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1],\n"
		"  addresses: [192.0.2.10/24], routes: [{to: default, via: 192.0.2.1}]}}\n",
		"link eth1 down\n"
		"link bond0 down\n",
		"bonds: {bond0: {mode: active-backup, slaves: [eth0, eth1],\n"
		"  addresses: [192.0.2.10/24], routes: [{to: default, via: 192.0.2.1}]}}\n" },
	{ "a bond of bonds", NULL, NULL,
		"bonds:\n"
		"  bond2: {mode: active-backup, slaves: [bond0, bond1]}\n"
		"  bond0: {mode: 802.3ad, slaves: [eth0, eth1]}\n"
		"  bond1: {mode: 802.3ad, slaves: [eth2, eth3]}\n" },
};
