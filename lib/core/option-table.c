/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/option-table.h"

#include <assert.h>

/*
 * Every option once, by its uapi attribute number. What the rows say of the kernel comes from
 * bond_opts[], bond_policy[], bond_fill_info() and bond_check_params(); where a kernel disagrees,
 * the kernel is right and the row is to be mended.
 */

#define RR NB_MODE(BOND_MODE_ROUNDROBIN)
#define AB NB_MODE(BOND_MODE_ACTIVEBACKUP)
#define XOR NB_MODE(BOND_MODE_XOR)
#define BC NB_MODE(BOND_MODE_BROADCAST)
#define AD NB_MODE(BOND_MODE_8023AD)
#define TLB NB_MODE(BOND_MODE_TLB)
#define ALB NB_MODE(BOND_MODE_ALB)
#define ALL_BUT(modes) (NB_MODES_ALL & ~(modes))

#define A(name) NB_BIT(IFLA_BOND_##name)
#define INTEGER .type = &nb_type_integer
#define BOOLEAN .type = &nb_type_boolean, .wire = NB_WIRE_U8, .max = 1
#define ENUM(list) .type = &nb_type_enum, .names = list
#define DEFAULT(value) .dflt = (value), .kernel_default = (value)

#define WHY_DOWN "the kernel takes it only while the bond is down"
#define WHY_EMPTY "the kernel takes it only while the bond has no slaves"

static const struct nb_name modes[] = {
	{ "balance-rr", BOND_MODE_ROUNDROBIN },
	{ "active-backup", BOND_MODE_ACTIVEBACKUP },
	{ "balance-xor", BOND_MODE_XOR },
	{ "broadcast", BOND_MODE_BROADCAST },
	{ "802.3ad", BOND_MODE_8023AD },
	{ "balance-tlb", BOND_MODE_TLB },
	{ "balance-alb", BOND_MODE_ALB },
	{ 0 },
};

static const struct nb_name arp_validates[] = {
	{ "none", 0 },
	{ "active", 1 },
	{ "backup", 2 },
	{ "all", 3 },
	{ "filter", 4 },
	{ "filter_active", 5 },
	{ "filter_backup", 6 },
	{ 0 },
};

static const struct nb_name any_all[] = { { "any", 0 }, { "all", 1 }, { 0 } };

static const struct nb_name primary_reselects[] = {
	{ "always", 0 },
	{ "better", 1 },
	{ "failure", 2 },
	{ 0 },
};

static const struct nb_name fail_over_macs[] = {
	{ "none", 0 },
	{ "active", 1 },
	{ "follow", 2 },
	{ 0 },
};

static const struct nb_name xmit_hash_policies[] = {
	{ "layer2", BOND_XMIT_POLICY_LAYER2 },
	{ "layer3+4", BOND_XMIT_POLICY_LAYER34 },
	{ "layer2+3", BOND_XMIT_POLICY_LAYER23 },
	{ "encap2+3", BOND_XMIT_POLICY_ENCAP23 },
	{ "encap3+4", BOND_XMIT_POLICY_ENCAP34 },
	{ "vlan+srcmac", BOND_XMIT_POLICY_VLAN_SRCMAC },
	{ 0 },
};

static const struct nb_name lacp_rates[] = { { "slow", 0 }, { "fast", 1 }, { 0 } };

static const struct nb_name ad_selects[] = {
	{ "stable", 0 },
	{ "bandwidth", 1 },
	{ "count", 2 },
	{ "actor_port_prio", 3 }, /* 6.18 */
	{ 0 },
};

static const struct nb_option bond_rows[NB_BOND_ATTR_END] = {
	[IFLA_BOND_MODE] = {
		"mode", ENUM(modes), .wire = NB_WIRE_U8, .max = 6,
		.change = NB_CHANGE_EMPTY_DOWN, .since = "3.13",
		.help = "How the slaves share the traffic",
		.why = "the kernel changes it only while the bond is down and has no slaves",
	},
	[IFLA_BOND_ACTIVE_SLAVE] = {
		"active-slave", .type = &nb_type_ifname, .wire = NB_WIRE_IFINDEX,
		.refused = ALL_BUT(AB | TLB | ALB), .since = "3.13",
		.flags = NB_OPTION_RUNTIME | NB_OPTION_SPARSE | NB_OPTION_MOVES,
		.help = "The slave that carries the traffic now",
	},
	[IFLA_BOND_MIIMON] = {
		"miimon", .unit = "ms", INTEGER, .wire = NB_WIRE_U32, .max = INT32_MAX,
		.dflt = 100, .forced_modes = AD | TLB | ALB, .forced_default = 100,
		.conflicts = A(ARP_INTERVAL),
		.resend = A(UPDELAY) | A(DOWNDELAY) | A(PEER_NOTIF_DELAY), .since = "3.14",
		.help = "Interval at which the carrier of the slaves is checked; 0 is never",
	},
	[IFLA_BOND_UPDELAY] = {
		"updelay", .unit = "ms", INTEGER, .wire = NB_WIRE_U32, .max = INT32_MAX,
		.needs = A(MIIMON), .flags = NB_OPTION_NEEDS_HARD | NB_OPTION_MULTIPLE,
		.since = "3.14",
		.help = "Wait before a slave with carrier is used again; a multiple of miimon",
	},
	[IFLA_BOND_DOWNDELAY] = {
		"downdelay", .unit = "ms", INTEGER, .wire = NB_WIRE_U32, .max = INT32_MAX,
		.needs = A(MIIMON), .flags = NB_OPTION_NEEDS_HARD | NB_OPTION_MULTIPLE,
		.since = "3.14",
		.help = "Wait before a slave without carrier is given up; a multiple of miimon",
	},
	[IFLA_BOND_USE_CARRIER] = {
		"use-carrier", BOOLEAN, DEFAULT(1), .raise = nb_raise_use_carrier, .since = "3.14",
		.help = "Ask the network stack for the carrier, not the driver; from 6.18 always true",
	},
	[IFLA_BOND_ARP_INTERVAL] = {
		"arp-interval", .unit = "ms", INTEGER, .wire = NB_WIRE_U32, .max = INT32_MAX,
		.refused = AD | TLB | ALB, .conflicts = A(MIIMON),
		.raise = nb_raise_arp_interval, .since = "3.14",
		.help = "Interval of the ARP and NS probes to the targets; 0 is no monitoring by ARP",
	},
	[IFLA_BOND_ARP_IP_TARGET] = {
		"arp-ip-target", .type = &nb_type_ip4s, .wire = NB_WIRE_IP4S,
		.idle = AD | TLB | ALB, .flags = NB_OPTION_SPARSE,
		.raise = nb_raise_arp_targets, .since = "3.14",
		.help = "IPv4 addresses that ARP monitoring asks for; up to 16",
	},
	[IFLA_BOND_ARP_VALIDATE] = {
		"arp-validate", ENUM(arp_validates), .wire = NB_WIRE_U32, .max = 6,
		.refused = AD | TLB | ALB, .needs = A(ARP_INTERVAL), .flags = NB_OPTION_NEEDS_HARD,
		.raise = nb_raise_arp_validate, .since = "3.14",
		.help = "On which slaves only ARP and NA from the targets count as a sign of life",
	},
	[IFLA_BOND_ARP_ALL_TARGETS] = {
		"arp-all-targets", ENUM(any_all), .wire = NB_WIRE_U32, .max = 1,
		.idle = AD | TLB | ALB, .needs = A(ARP_INTERVAL),
		.raise = nb_raise_arp_all_targets, .since = "3.14",
		.help = "Whether a slave is up while any target answers, or only while all do",
	},
	[IFLA_BOND_PRIMARY] = {
		"primary", .type = &nb_type_ifname, .wire = NB_WIRE_IFINDEX,
		.refused = ALL_BUT(AB | TLB | ALB), .flags = NB_OPTION_SPARSE | NB_OPTION_MOVES,
		.since = "3.14",
		.help = "The slave that is used whenever it can be",
	},
	[IFLA_BOND_PRIMARY_RESELECT] = {
		"primary-reselect", ENUM(primary_reselects), .wire = NB_WIRE_U8, .max = 2,
		.idle = ALL_BUT(AB | TLB | ALB), .flags = NB_OPTION_MOVES, .since = "3.14",
		.help = "When the primary takes over again: always, if better, only on failure",
	},
	[IFLA_BOND_FAIL_OVER_MAC] = {
		"fail-over-mac", ENUM(fail_over_macs), .wire = NB_WIRE_U8, .max = 2,
		.idle = ALL_BUT(AB), .change = NB_CHANGE_EMPTY, .since = "3.14",
		.help = "One MAC for all slaves, that of the active slave, or one that follows it",
		.why = WHY_EMPTY,
	},
	[IFLA_BOND_XMIT_HASH_POLICY] = {
		"xmit-hash-policy", ENUM(xmit_hash_policies), .wire = NB_WIRE_U8, .max = 5,
		.idle = RR | AB | BC, .flags = NB_OPTION_MOVES, .since = "3.14",
		.help = "Which parts of a packet choose the slave it leaves by",
	},
	[IFLA_BOND_RESEND_IGMP] = {
		"resend-igmp", INTEGER, .wire = NB_WIRE_U32, .max = 255, DEFAULT(1),
		.idle = XOR | BC | AD, .since = "3.14",
		.help = "IGMP reports sent after a failover, 200 ms apart",
	},
	[IFLA_BOND_NUM_PEER_NOTIF] = {
		"num-grat-arp", "num-unsol-na", INTEGER, .wire = NB_WIRE_U8, .max = 255, DEFAULT(1),
		.idle = ALL_BUT(AB | AD), /* 802.3ad: with broadcast-neighbor, from 6.17 */
		.since = "3.14",
		.help = "Gratuitous ARP and unsolicited NA sent after a failover",
	},
	[IFLA_BOND_ALL_SLAVES_ACTIVE] = {
		"all-slaves-active", BOOLEAN, .idle = RR | XOR | BC, .since = "3.14",
		.help = "Take in duplicate frames on inactive slaves instead of dropping them",
	},
	[IFLA_BOND_MIN_LINKS] = {
		"min-links", INTEGER, .wire = NB_WIRE_U32, .max = INT32_MAX, .idle = ALL_BUT(AD),
		.raise = nb_raise_min_links, .since = "3.14",
		.help = "Active ports below which the bond has no carrier",
	},
	[IFLA_BOND_LP_INTERVAL] = {
		"lp-interval", .unit = "s", INTEGER, .wire = NB_WIRE_U32, .min = 1, .max = INT32_MAX,
		DEFAULT(1), .idle = ALL_BUT(TLB | ALB), .since = "3.14",
		.help = "Interval of the learning packets sent to the switches of the slaves",
	},
	[IFLA_BOND_PACKETS_PER_SLAVE] = {
		"packets-per-slave", INTEGER, .wire = NB_WIRE_U32, .max = UINT16_MAX, DEFAULT(1),
		.refused = ALL_BUT(RR), .flags = NB_OPTION_MOVES, .since = "3.14",
		.help = "Packets sent by one slave before the next one's turn; 0 is a random slave",
	},
	[IFLA_BOND_AD_LACP_RATE] = {
		"lacp-rate", ENUM(lacp_rates), .wire = NB_WIRE_U8, .max = 1,
		.refused = ALL_BUT(AD), .change = NB_CHANGE_DOWN, .since = "3.14",
		.help = "LACPDUs asked of the partner: slow is every 30 s, fast every second",
		.why = WHY_DOWN,
	},
	[IFLA_BOND_AD_SELECT] = {
		"ad-select", ENUM(ad_selects), .wire = NB_WIRE_U8, .max = 3,
		.idle = ALL_BUT(AD), .change = NB_CHANGE_DOWN, .since = "3.14",
		.help = "Which aggregator becomes active: stable, or best by bandwidth, count, priority",
		.why = WHY_DOWN,
	},
	[IFLA_BOND_AD_INFO] = {
		"ad-info", .type = &nb_type_nest, .wire = NB_WIRE_NEST, .nested = NB_SCOPE_AD_INFO,
		.refused = ALL_BUT(AD),
		.flags = NB_OPTION_READONLY | NB_OPTION_SPARSE | NB_OPTION_STATE, .since = "3.14",
		.help = "The active aggregator",
	},
	[IFLA_BOND_AD_ACTOR_SYS_PRIO] = {
		"ad-actor-sys-prio", INTEGER, .wire = NB_WIRE_U16, .min = 1, .max = UINT16_MAX,
		DEFAULT(65535), .refused = ALL_BUT(AD), .flags = NB_OPTION_SPARSE | NB_OPTION_ADMIN,
		.raise = nb_raise_actor_system, .since = "4.2",
		.help = "Priority of this system in LACP; the lower one decides",
	},
	[IFLA_BOND_AD_USER_PORT_KEY] = {
		"ad-user-port-key", INTEGER, .wire = NB_WIRE_U16, .max = 1023,
		.refused = ALL_BUT(AD), .change = NB_CHANGE_EMPTY_DOWN,
		.flags = NB_OPTION_SPARSE | NB_OPTION_ADMIN | NB_OPTION_REENSLAVE, .since = "4.2",
		.help = "Upper ten bits of the LACP key of every port",
		.why = "the kernel takes it only while the bond is down, and a port only when enslaved",
	},
	[IFLA_BOND_AD_ACTOR_SYSTEM] = {
		"ad-actor-system", .type = &nb_type_mac, .wire = NB_WIRE_MAC,
		.refused = ALL_BUT(AD), .flags = NB_OPTION_SPARSE | NB_OPTION_ADMIN,
		.raise = nb_raise_actor_system, .since = "4.2",
		.help = "MAC address of this system in LACP; all zero is that of the bond",
	},
	[IFLA_BOND_TLB_DYNAMIC_LB] = {
		"tlb-dynamic-lb", BOOLEAN, DEFAULT(1), .refused = ALL_BUT(TLB | ALB),
		.change = NB_CHANGE_DOWN, .since = "4.3",
		.help = "Move flows by the load of the slaves, not by their hash alone",
		.why = WHY_DOWN,
	},
	[IFLA_BOND_PEER_NOTIF_DELAY] = {
		"peer-notif-delay", "peer-notify-delay", .unit = "ms", INTEGER, .wire = NB_WIRE_U32,
		.max = 300000, .idle = ALL_BUT(AB | AD), .needs = A(MIIMON),
		.flags = NB_OPTION_NEEDS_HARD | NB_OPTION_MULTIPLE,
		.since = "5.3",
		.help = "Time between two gratuitous ARP or NA after a failover; a multiple of miimon",
	},
	[IFLA_BOND_AD_LACP_ACTIVE] = {
		"lacp-active", BOOLEAN, DEFAULT(1), .refused = ALL_BUT(AD),
		.change = NB_CHANGE_DOWN, .since = "5.15",
		.help = "Send LACPDUs unasked; false only answers the partner",
		.why = WHY_DOWN,
	},
	[IFLA_BOND_MISSED_MAX] = {
		"arp-missed-max", INTEGER, .wire = NB_WIRE_U8, .min = 1, .max = 255, DEFAULT(2),
		.refused = AD | TLB | ALB, .needs = A(ARP_INTERVAL),
		.raise = nb_raise_arp_missed_max, .since = "5.17",
		.help = "Missed answers in a row that take a slave down",
	},
	[IFLA_BOND_NS_IP6_TARGET] = {
		"ns-ip6-target", .type = &nb_type_ip6s, .wire = NB_WIRE_IP6S,
		.idle = AD | TLB | ALB, .flags = NB_OPTION_SPARSE,
		.raise = nb_raise_arp_targets, .since = "5.18",
		.help = "IPv6 addresses that ARP and NS monitoring asks for; up to 16",
	},
	[IFLA_BOND_COUPLED_CONTROL] = {
		"coupled-control", BOOLEAN, DEFAULT(1), .refused = ALL_BUT(AD),
		.change = NB_CHANGE_DOWN, .since = "6.9",
		.help = "Start to receive and to send together; false receives first",
		.why = WHY_DOWN,
	},
	[IFLA_BOND_BROADCAST_NEIGH] = {
		"broadcast-neighbor", BOOLEAN, .refused = ALL_BUT(AD), .since = "6.17",
		.help = "Send ARP and IPv6 neighbour discovery on every port of the aggregator",
	},
	[IFLA_BOND_LACP_STRICT] = {
		"lacp-strict", BOOLEAN, .refused = ALL_BUT(AD), .needs = A(MIN_LINKS),
		.raise = nb_raise_lacp_strict, .since = "7.2",
		.help = "Count only ports agreed with the LACP partner for min-links",
	},
};

#define STATE (NB_OPTION_READONLY | NB_OPTION_STATE)

static const struct nb_name slave_states[] = { { "active", 0 }, { "backup", 1 }, { 0 } };

static const struct nb_name mii_statuses[] = {
	{ "up", BOND_LINK_UP },
	{ "going-down", BOND_LINK_FAIL },
	{ "down", BOND_LINK_DOWN },
	{ "going-back", BOND_LINK_BACK },
	{ "going-up", BOND_LINK_BACK },
	{ 0 },
};

static const struct nb_name churn_states[] = {
	{ "monitoring", 0 },
	{ "churned", 1 },
	{ "none", 2 },
	{ 0 },
};

static const struct nb_option slave_rows[NB_SLAVE_ATTR_END] = {
	[IFLA_BOND_SLAVE_STATE] = {
		"state", ENUM(slave_states), .wire = NB_WIRE_U8, .max = 1, .flags = STATE,
		.since = "3.14",
		.help = "Whether the slave sends and receives, or stands by",
	},
	[IFLA_BOND_SLAVE_MII_STATUS] = {
		"mii-status", ENUM(mii_statuses), .wire = NB_WIRE_U8, .max = 3, .flags = STATE,
		.since = "3.14",
		.help = "The link as the bond's monitoring sees it",
	},
	[IFLA_BOND_SLAVE_LINK_FAILURE_COUNT] = {
		"link-failure-count", INTEGER, .wire = NB_WIRE_U32, .max = UINT32_MAX,
		.flags = STATE, .since = "3.14",
		.help = "How often the link went down since the slave was enslaved",
	},
	[IFLA_BOND_SLAVE_PERM_HWADDR] = {
		"perm-hwaddr", .type = &nb_type_mac, .wire = NB_WIRE_MAC,
		.flags = NB_OPTION_READONLY, .since = "3.14",
		.help = "MAC address the slave had when it was enslaved, and gets back",
	},
	[IFLA_BOND_SLAVE_QUEUE_ID] = {
		"queue-id", INTEGER, .wire = NB_WIRE_U16, .max = UINT16_MAX,
		.flags = NB_OPTION_MOVES, .since = "3.14",
		.help = "Transmit queue of the bond that always uses this slave; 0 is none",
	},
	[IFLA_BOND_SLAVE_AD_AGGREGATOR_ID] = {
		"ad-aggregator-id", INTEGER, .wire = NB_WIRE_U16, .max = UINT16_MAX,
		.refused = ALL_BUT(AD), .flags = STATE | NB_OPTION_SPARSE, .since = "3.14",
		.help = "Aggregator the port belongs to",
	},
	[IFLA_BOND_SLAVE_AD_ACTOR_OPER_PORT_STATE] = {
		"ad-actor-oper-port-state", INTEGER, .wire = NB_WIRE_U8, .max = UINT8_MAX,
		.refused = ALL_BUT(AD), .flags = STATE | NB_OPTION_SPARSE, .since = "4.2",
		.help = "LACP state bits of this end",
	},
	[IFLA_BOND_SLAVE_AD_PARTNER_OPER_PORT_STATE] = {
		"ad-partner-oper-port-state", INTEGER, .wire = NB_WIRE_U16, .max = UINT16_MAX,
		.refused = ALL_BUT(AD), .flags = STATE | NB_OPTION_SPARSE, .since = "4.3",
		.help = "LACP state bits of the partner",
	},
	[IFLA_BOND_SLAVE_PRIO] = {
		"prio", INTEGER, .wire = NB_WIRE_S32, .min = INT32_MIN, .max = INT32_MAX,
		.refused = ALL_BUT(AB | TLB | ALB), .flags = NB_OPTION_MOVES, .since = "6.0",
		.help = "Rank as the next active slave where no primary is set; the highest wins",
	},
	[IFLA_BOND_SLAVE_ACTOR_PORT_PRIO] = {
		"actor-port-prio", INTEGER, .wire = NB_WIRE_U16, .max = UINT16_MAX, DEFAULT(255),
		.refused = ALL_BUT(AD), .flags = NB_OPTION_SPARSE,
		.raise = nb_raise_actor_port_prio, .since = "6.18",
		.help = "LACP priority of the port; ad-select actor_port_prio adds these up",
	},
	[IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE] = {
		"ad-churn-actor-state", ENUM(churn_states), .wire = NB_WIRE_U8, .max = 2,
		.refused = ALL_BUT(AD), .flags = STATE | NB_OPTION_SPARSE, .since = "7.0",
		.help = "Whether this end fails to get in sync for 60 s",
	},
	[IFLA_BOND_SLAVE_AD_CHURN_PARTNER_STATE] = {
		"ad-churn-partner-state", ENUM(churn_states), .wire = NB_WIRE_U8, .max = 2,
		.refused = ALL_BUT(AD), .flags = STATE | NB_OPTION_SPARSE, .since = "7.0",
		.help = "Whether the partner fails to get in sync for 60 s",
	},
};

static const struct nb_option link_rows[] = {
	[IFLA_ADDRESS] = {
		"mac", .type = &nb_type_mac, .wire = NB_WIRE_MAC, .min = 1, .raise = nb_raise_link,
		.help = "MAC address of the bond",
	},
	[IFLA_MTU] = {
		"mtu", .unit = "bytes", INTEGER, .wire = NB_WIRE_U32, .min = ETH_MIN_MTU,
		.max = ETH_MAX_MTU, DEFAULT(ETH_DATA_LEN), .raise = nb_raise_link,
		.help = "Largest packet of the bond and its slaves",
	},
};

static const struct nb_option ad_info_rows[NB_AD_INFO_ATTR_END] = {
	[IFLA_BOND_AD_INFO_AGGREGATOR] = {
		"aggregator", INTEGER, .wire = NB_WIRE_U16, .max = UINT16_MAX, .flags = STATE,
		.since = "3.14",
		.help = "Number of the active aggregator",
	},
	[IFLA_BOND_AD_INFO_NUM_PORTS] = {
		"num-ports", INTEGER, .wire = NB_WIRE_U16, .max = UINT16_MAX, .flags = STATE,
		.since = "3.14",
		.help = "Enabled ports of the active aggregator",
	},
	[IFLA_BOND_AD_INFO_ACTOR_KEY] = {
		"actor-key", INTEGER, .wire = NB_WIRE_U16, .max = UINT16_MAX, .flags = STATE,
		.since = "3.14",
		.help = "LACP key of this end: user key, speed and duplex",
	},
	[IFLA_BOND_AD_INFO_PARTNER_KEY] = {
		"partner-key", INTEGER, .wire = NB_WIRE_U16, .max = UINT16_MAX, .flags = STATE,
		.since = "3.14",
		.help = "LACP key of the partner",
	},
	[IFLA_BOND_AD_INFO_PARTNER_MAC] = {
		"partner-mac", .type = &nb_type_mac, .wire = NB_WIRE_MAC, .flags = STATE,
		.since = "3.14",
		.help = "System MAC address of the LACP partner; all zero: never heard of one",
	},
};

#define TABLE(array) { .rows = array, .end = NB_ARRAY_SIZE(array) }

const struct nb_option_table nb_option_tables[NB_SCOPE_COUNT] = {
	[NB_SCOPE_BOND] = TABLE(bond_rows),
	[NB_SCOPE_SLAVE] = TABLE(slave_rows),
	[NB_SCOPE_LINK] = TABLE(link_rows),
	[NB_SCOPE_AD_INFO] = TABLE(ad_info_rows),
};

static_assert(NB_BOND_ATTR_END <= 64 && NB_SLAVE_ATTR_END <= 64 && IFLA_MTU < 64,
	"an attribute has a bit in a 64-bit mask");
