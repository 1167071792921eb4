/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The rules of explain.h in their order, and their sentences. */
#include "lib/core/explain-rule.h"

#define ALARM NB_FINDING_ALARM
#define WARNING NB_FINDING_WARNING
#define NOTE NB_FINDING_NOTE

const struct nb_rule nb_findings_chain[] = {
	{ "slave-set-down", WARNING, nb_rule_set_down,
		"The driver does not send by it, and what comes in is lost.",
		"Somebody set the device down; the cable may be fine.",
		"ip link set {slave} up (netbond does so itself unless {bond} is paused or its drift "
		"is not to be repaired)" },
	{ "slave-speed-unknown", WARNING, nb_rule_speed_unknown_lacp,
		"802.3ad needs the speed to build its key, so the driver treats the link as down.",
		"The NIC reports no speed: autonegotiation failed, or its driver does not tell.",
		"ethtool {slave}; set speed and duplex at both ends, or change cable or transceiver" },
	{ "slave-failing", WARNING, nb_rule_downdelay,
		"Frames sent by it are lost until the delay is over.",
		"The cable is out or the port at the switch was shut, this moment.",
		"a shorter downdelay in the file of {bond}; check the cable" },
	{ "slave-no-carrier", WARNING, nb_rule_no_carrier,
		"The link is dead; LACP state shown for it is that of before.",
		"The cable is out, the transceiver is dead, or the port at the switch is shut.",
		"check cable and transceiver (ethtool {slave}); at the switch: no shutdown" },
	{ "slave-returning", NOTE, nb_rule_updelay,
		"It is not used until the delay is over; each flap begins it anew.",
		"The link came back a moment ago, or flaps.",
		"wait; if it never ends: check the cable, or a shorter updelay in the file of {bond}" },
	{ "arp-not-validated", WARNING, nb_rule_arp_validate,
		"A backup proves its path by the ARP requests of the active slave, which the network "
		"carries round to it. It hears none, so it is held for down and cannot take over.",
		"The network keeps the two ports apart, so that validation is impossible: isolated "
		"ports, a private VLAN, two switches without a link between them. Or the path behind "
		"{slave} is dead.",
		"tcpdump -ni {slave}: if anything comes in, arp-validate: active in the file of {bond}; "
		"if nothing does, mend the path" },
	{ "arp-silent", WARNING, nb_rule_arp_silent,
		"ARP monitoring holds the slave for down although it has carrier.",
		"The path behind the switch is dead, the target does not answer, it is in another "
		"VLAN, or arp-validate drops the answers.",
		"ping the targets; if none answers, name others as arp-ip-target; try arp-validate: "
		"none" },
	{ "lacp-half-duplex", WARNING, nb_rule_half_duplex,
		"The driver speaks no LACP on a half duplex port; it stays alone.",
		"Autonegotiation failed at one end: fixed speed there, automatic here.",
		"set both ends to automatic; then ip link set {slave} down, and up: a change of speed "
		"is not noticed while the carrier stays" },
	{ "lacp-loop", ALARM, nb_rule_loop,
		"The LACPDUs that arrive are this machine's own, so no partner is found.",
		"Two ports of {bond} are cabled to each other, the switch loops frames back, or the "
		"far end has the same system MAC (a cloned machine, the same ad-actor-system).",
		"follow the cable of {slave}; give one end another MAC or ad-actor-system" },
	{ "lacp-both-passive", ALARM, nb_rule_both_passive,
		"Nobody begins to speak, so the aggregation breaks and heals every few seconds.",
		"lacp-active is off here, and the switch is set to passive as well.",
		"lacp-active: true in the file of {bond}, or mode active at the switch" },
	{ "lacp-negotiating", NOTE, nb_rule_negotiating,
		"Both ends still agree on the aggregation; that takes about 3 s.",
		"The port came up a moment ago.", "wait a few seconds and ask again" },
	{ "lacp-never-heard", WARNING, nb_rule_never_heard,
		"No LACPDU ever came in by it: the port stays alone and is no part of the "
		"aggregation.",
		"The port at the switch is in no LACP group, or in a static one, or both ends are "
		"passive.",
		"at the switch: put the port into the LACP group, mode active (channel-group N mode "
		"active)" },
	{ "lacp-partner-lost", WARNING, nb_rule_partner_lost,
		"The partner was heard before and has been silent for longer than the time limit; "
		"the port left the aggregation.",
		"A path that is dead, one way or both, although the light is on (media converter, "
		"provider, one fibre of two), LACP filtered on the way, a switch whose control plane "
		"hangs, or the port was taken out of the group.",
		"check the port's group at the switch; after the path is mended it can take 30 s, or "
		"ip link set {slave} down, and up" },
	{ "lacp-expired", WARNING, nb_rule_expired,
		"Three LACPDUs of the partner are missing; in 3 s the port leaves the aggregation.",
		"The path went dead although the light is on, or the switch is too busy to speak "
		"LACP.",
		"look again in 5 s; check path and switch" },
	{ "lacp-not-heard", WARNING, nb_rule_not_heard,
		"We hear the partner, and the partner does not hear us: what we send by it is lost.",
		"One direction of the path is dead: one fibre of the pair, a filter at the far end.",
		"swap fibre and transceiver of {slave}; at the switch look for input errors" },
	{ "lacp-other-partner", WARNING, nb_rule_other_partner,
		"One aggregation cannot span two partners: only the ports at one of them carry "
		"traffic.",
		"The cables lead to two switches that are no MLAG pair (or whose peer link is down), "
		"or one cable is in the wrong switch.",
		"cable both to one switch, or make the switches an MLAG pair with one system id" },
	{ "lacp-own-key", WARNING, nb_rule_own_key,
		"Ports of different speed or duplex cannot be in one aggregation; this one stands by.",
		"Two kinds of NIC in one bond, or a link that negotiated less than it can.",
		"ethtool {slave}; bring all slaves to one speed, then set it down and up" },
	{ "lacp-partner-key", WARNING, nb_rule_partner_key,
		"The partner keeps this port in another group; only one group carries traffic.",
		"The ports are in two port-channels of one switch, or have different speeds there.",
		"at the switch: put both ports into the same channel-group" },
	{ "lacp-not-in-sync", WARNING, nb_rule_not_in_sync,
		"One end wants this port in the aggregation and the other does not, so it carries "
		"nothing.",
		"The two ends chose different aggregations: keys or priorities differ per port at the "
		"far end.",
		"at the switch: the same key and settings on all ports of the group; look at its own "
		"LACP state of this port" },
	{ "lacp-other-aggregator", NOTE, nb_rule_other_aggregator,
		"Another aggregation was chosen (ad-select); this port stands by.",
		"Its aggregation has fewer or slower ports, or came later and ad-select is stable.",
		"ad-select: bandwidth or count in the file of {bond}" },
	{ 0 },
};

const struct nb_rule nb_findings_slave[] = {
	{ "slave-mtu", WARNING, nb_rule_mtu,
		"Large packets are lost or not, depending on the slave they leave by.",
		"Somebody changed the MTU of the slave alone.",
		"ip link set {slave} mtu the same (netbond does so itself unless {bond} is paused)" },
	{ "slave-mac", WARNING, nb_rule_mac,
		"Frames to the bond's MAC that arrive there are not taken in by the NIC.",
		"The NIC does not let its MAC be changed (a virtual function, a cloud's NIC), or "
		"somebody set it.",
		"mode active-backup with fail-over-mac: active; for a virtual function: allow it "
		"(trust on) at the host" },
	{ "slave-speed", NOTE, nb_rule_speed_unknown,
		"Load is shared by speed, so this slave is not given its share.",
		"The NIC reports no speed.", "ethtool {slave}" },
	{ "lacp-churned", WARNING, nb_rule_churned,
		"The port has been out of sync for more than 60 s: it will not heal by itself.",
		"As told for this port above; a wrong configuration rather than a dead cable.",
		"compare the LACP settings of this port at both ends" },
	{ 0 },
};

const struct nb_rule nb_findings_missing[] = {
	{ "bond-missing", ALARM, nb_rule_missing, "Nothing can be sent or received by it.",
		"It could not be made yet, or somebody deleted it and netbond may not make it again.",
		"netbondctl plan shows what is left to do, journalctl -u netbondd why" },
	{ 0 },
};

const struct nb_rule nb_findings_bond[] = {
	{ "bond-set-down", ALARM, nb_rule_bond_down, "Nothing is sent or received.",
		"Somebody set it down.",
		"ip link set {bond} up (netbond does so itself unless it is paused)" },
	{ "black-hole", ALARM, nb_rule_black_hole,
		"The routes stay, and every packet is dropped.",
		"The two ends of LACP chose different aggregations.",
		"the same key on all ports of the group at the switch; until then take one slave out: "
		"ip link set SLAVE nomaster" },
	{ "no-link", ALARM, nb_rule_no_link, "All traffic of it is lost.",
		"All cables or the switch; or ARP monitoring whose targets do not answer.",
		"what is told for each slave below" },
	{ "min-links", ALARM, nb_rule_min_links,
		"The bond is down although ports of it work, as asked for.",
		"A port is missing, or min-links is higher than the ports that can ever be there.",
		"mend the missing port, or a lower min-links in the file of {bond}" },
	{ "without-lacp", WARNING, nb_rule_without_lacp,
		"It works by one single port and without LACP; the others carry nothing.",
		"The switch does not speak LACP on these ports: no group, or a static one (then half "
		"of what comes in is lost as well).",
		"at the switch: LACP group, mode active; or mode: balance-xor for a static group" },
	{ "alone-without-lacp", NOTE, nb_rule_alone_without_lacp,
		"It works by its one port and without LACP.",
		"The switch does not speak LACP on this port.",
		"at the switch: LACP group, mode active, before a second slave comes" },
	{ "no-slaves", WARNING, nb_rule_no_slaves, "It can carry no traffic.",
		"None is declared, or none is there yet.", "name slaves in the file of {bond}" },
	{ "slave-waited-for", WARNING, nb_rule_waiting,
		"There is less redundancy than was asked for.",
		"The NIC is missing, has another name, or belongs to something else.",
		"ip link; correct the name in the file of {bond}, or take the NIC from what has it" },
	{ "unmonitored", WARNING, nb_rule_unmonitored,
		"Nobody looks at the links: a dead slave stays in use.",
		"The driver's default is not to look.", "miimon: 100 in the file of {bond}" },
	{ "arp-no-target", WARNING, nb_rule_no_target,
		"ARP monitoring asks nobody, so no slave is ever found alive by an answer.",
		"arp-ip-target was forgotten.", "arp-ip-target: [ADDRESS] in the file of {bond}" },
	{ "arp-target-own", WARNING, nb_rule_target_own,
		"Nobody answers for that address, so no slave is found alive by it.",
		"A typing error, or the address was the gateway's before.",
		"the address of another machine as arp-ip-target in the file of {bond}" },
	{ "arp-target-subnet", WARNING, nb_rule_target_subnet,
		"Probes leave without a proper source address; most targets do not answer them.",
		"A typing error, or the address of the bond changed.",
		"a target in the bond's own subnet, such as its gateway" },
	{ "mac-elsewhere", WARNING, nb_rule_mac_elsewhere,
		"Two devices answer for one MAC; switches send frames to either.",
		"A released slave was set up again: the bond kept its MAC.",
		"mac: in the file of {bond}, or set the other device down" },
	{ "mac-twice", WARNING, nb_rule_mac_twice,
		"After a failover by fail-over-mac, or in balance-alb, both claim one MAC.",
		"A cloned virtual machine or NIC.", "give one of them another MAC" },
	{ "primary-overridden", NOTE, nb_rule_primary,
		"It works; the primary takes over again at the next change of a link.",
		"Somebody asked for a failover.",
		"netbondctl failover {bond} to the primary, or another primary in its file" },
	{ "primary-stays-backup", NOTE, nb_rule_primary_stays,
		"It works; the primary does not take over by itself while the active slave lives.",
		"That is what primary-reselect asks for.",
		"netbondctl failover {bond} to the primary, or primary-reselect: always" },
	{ "lacp-slow", NOTE, nb_rule_slow_timers,
		"A path that dies with its light on is noticed after 90 s, with fast after 3 s.",
		"slow is the driver's default.", "lacp-rate: fast in the file of {bond}" },
	{ "hash-one-way", NOTE, nb_rule_pinned_layer2,
		"All that leaves through the gateway leaves by one slave.",
		"layer2 looks at MACs alone, and behind a gateway all have its MAC.",
		"xmit-hash-policy: layer3+4 (or layer2+3) in the file of {bond}; `netbondctl balance` "
		"shows what it would do" },
	{ "hash-one-way-srcmac", NOTE, nb_rule_pinned_srcmac,
		"All traffic of this machine leaves by one slave.",
		"vlan+srcmac is for bonds that carry many VLANs or virtual machines.",
		"xmit-hash-policy: layer3+4 in the file of {bond}" },
	{ 0 },
};
