/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A snapshot: what a machine's bonds and links were at one moment, as YAML. It is a fixture, a bug
 * report and a rollback point; machines write it whole, people write it short. Private to lib/yaml.
 *
 *     version: 1
 *     kernel:                     # only where it is not "knows every row, inode not known"
 *       namespace-inode: 4026531840
 *       bond: [mode, miimon]      # rows this kernel dumps, per scope: bond slave link ad-info
 *     namespaces:
 *       storage: {inode: 4026532201}          # exists: false = declared, not made yet
 *       tenant: {unreadable: true}            # it is there, and nobody could look into it;
 *                                             # pins-unreadable: nor at its other types
 *     bonds:                      # the schema of a configuration, exact names only
 *       bond0:
 *         mode: active-backup
 *         slaves: [eth0, {name: eth1, queue-id: 2}]
 *     links:
 *     - eth2                      # a text alone: a NIC with nothing special about it
 *     - name: eth0
 *       mac: 02:00:00:00:00:02
 *       addresses: [192.0.2.10/24, {address: 2001:db8::1/64, proto: netbond}]
 *
 * Where a file is silent:
 * - a bond's option has the kernel's default of its mode, also a slave's;
 * - bonds of `bonds:` and their slaves need no entry in `links:`;
 * - namespace: netbond's own; ifindex: the next free number from 2 up, `links:` in their order,
 *   then slaves, bonds last; type ether; mtu 1500; up true; addr-gen-mode eui64;
 * - carrier: as up; of a bond: whether a slave is up with carrier;
 * - flags and operstate follow from up, carrier and what the link is;
 * - mac: 02:00:00:00:XX:XX of the ifindex; a bond has its first slave's, and its slaves have the
 *   bond's where the driver would set it; `mac: none` is a link without one;
 * - permanent-mac: none, but with `parent:` the link's own 02:00:00:00:XX:XX, unless it is `none`;
 * - slave-kind: the kind of the master; slave-position: the place in `slaves:`;
 * - bond-state, slave-state (the rows a configuration cannot name): of a healthy bond, where one
 *   of the slaves with carrier is active and a LACP partner answers; `{}` says there is none.
 *
 * Addresses: a text is permanent, of protocol 0 and the scope that follows from the address; a
 * mapping has also valid, preferred (seconds or forever), scope, proto, flags, peer, broadcast,
 * metric (of its prefix route), label. Routes have also protocol (default boot), type and scope, tos, from (a prefix), expires
 * (seconds), nexthop (the id of such an object), and attributes: what nb_route.attributes has, in
 * hexadecimal digits and the byte order of the machine.
 */

#include "lib/yaml/walk.h"

/* Names for what the kernel numbers; each list ends with a NULL name. */
extern const struct nb_name nb_yaml_link_types[]; /* ARPHRD_* */
extern const struct nb_name nb_yaml_operstates[]; /* IF_OPER_* */
extern const struct nb_name nb_yaml_addr_gen_modes[]; /* IN6_ADDR_GEN_MODE_* */
extern const char *const nb_yaml_scope_names[NB_SCOPE_COUNT]; /* keys of `kernel:` */

/* A link of a snapshot until all is known about it. */
struct nb_yaml_draft {
	struct nb_link *link; /* owned until it goes into the state */
	const char *namespace, *master, *lower; /* names; they live as long as the tree */
	struct nb_mark mark, master_mark, lower_mark;
	bool has_ifindex, has_carrier, has_operstate, has_flags, has_mac, has_permanent_mac;
	bool has_slave_kind, has_position;
	bool has_bond_state, has_slave_state, down;
	bool visited; /* while what follows from others is filled in */
	uint32_t flags;
	const struct nb_bond *bond; /* its entry in `bonds:` */
	struct nb_yaml_draft *master_draft;
	struct nb_yaml_draft *first_slave, *next_slave; /* of a bond of `bonds:`, in order */
	struct nb_yaml_draft *next; /* of the same bucket */
};

#define NB_YAML_BUCKETS 4096
#define NB_YAML_LINKS_MAX 20000 /* some 2 KiB each */

struct nb_yaml_drafts {
	struct nb_yaml_draft **items; /* in the order of the file */
	size_t n, capacity;
	struct nb_yaml_draft *buckets[NB_YAML_BUCKETS]; /* by (namespace, name) */
};

/** nb_yaml_drafts_find() - the draft of that namespace and name, NULL when there is none */
struct nb_yaml_draft *nb_yaml_drafts_find(
	const struct nb_yaml_drafts *drafts, const char *namespace, const char *name);

/** nb_yaml_draft_free() - free a draft and the link it still owns */
void nb_yaml_draft_free(struct nb_yaml_draft *draft);

/**
 * nb_yaml_drafts_add() - hand w->drafts a draft whose link has its name; freed on failure
 *
 * Return: 0; -EBADMSG more than NB_YAML_LINKS_MAX; -ENOMEM.
 */
int nb_yaml_drafts_add(struct nb_yaml_walk *w, struct nb_yaml_draft *draft);

/** nb_yaml_drafts_done() - free all drafts and the links they still own */
void nb_yaml_drafts_done(struct nb_yaml_drafts *drafts);

/** nb_yaml_link_flags() - IFF_* of a link that has nothing special, for the states it has */
uint32_t nb_yaml_link_flags(const struct nb_link *link, bool up);

/** nb_yaml_link_operstate() - IF_OPER_* that follows from the flags and the carrier */
uint8_t nb_yaml_link_operstate(const struct nb_link *link);

/**
 * nb_yaml_row_filled() - whether a row that the file is silent on gets the kernel's default
 * @known:  attributes this kernel dumps
 */
bool nb_yaml_row_filled(const struct nb_option *row, uint64_t known);

/** nb_yaml_all_known() - every row of a scope, as bits */
uint64_t nb_yaml_all_known(enum nb_scope scope);

/**
 * nb_yaml_assemble() - turn w->config's bonds and w->drafts into links of w->state
 *
 * Return: 0; -EBADMSG a name that is no link, a slave twice, an ifindex twice; -ENOMEM.
 */
int nb_yaml_assemble(struct nb_yaml_walk *w);

/**
 * nb_yaml_settle() - fill in what a short snapshot leaves out and what follows from other things
 *
 * w->drafts have their ifindexes and masters. Return: 0, -ENOMEM.
 */
int nb_yaml_settle(struct nb_yaml_walk *w);
