/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A model of the Linux kernel as netbond meets it: bonding, addresses and routes behind the same
 * table of functions that runs a plan on the real kernel. It is written from observations of the
 * kernel and from its sources, never from lib/core's planner, so that it catches the planner's
 * mistakes: a wrong order is refused with the kernel's errno and words, and side effects happen.
 */

#include "lib/core/exec.h"

struct nb_model;

/* What differs between the kernels netbond meets. */
struct nb_model_kernel {
	uint64_t known[NB_SCOPE_COUNT]; /* attributes it has; any other is taken without effect */
	bool carrier_only;     /* use_carrier cannot be turned off (6.18) */
	bool ad_select_prio;   /* ad_select knows actor_port_prio (6.18) */
	bool live_rename;      /* an UP device may be renamed (between 6.1 and 6.12) */
	bool same_mac_skipped; /* the driver is not asked for the MAC it has (6.12) */
	bool ports_cleared;    /* a port that loses its carrier stops collecting (6.12) */
	bool prefsrc_anywhere; /* an IPv6 route of any device loses a source that goes (6.12.113) */
	bool follow_random;    /* fail_over_mac follow: no slave joins with the bond's MAC (6.12) */
};

extern const struct nb_model_kernel nb_model_linux_6_1; /* Debian 12: 6.1.176, the default */
extern const struct nb_model_kernel nb_model_linux_6_12;
extern const struct nb_model_kernel nb_model_linux_7_2;

/* Switches; change them at any time. */
struct nb_model_knobs {
	struct nb_model_kernel kernel;
	bool promote_secondaries; /* net.ipv4.conf.*.promote_secondaries */
	bool keep_addr_on_down;	  /* net.ipv6.conf.*.keep_addr_on_down */
	unsigned dad_ticks;	  /* ticks an IPv6 address stays tentative; 0 = none */
	unsigned lacp_ticks;	  /* ticks from link up to collecting and distributing */
	uint64_t ignored[NB_SCOPE_COUNT]; /* attributes taken without effect though dumped */
};

/* A device to put into the model. Zero is a fresh Ethernet NIC with carrier. */
struct nb_model_nic {
	const char *namespace; /* NULL or "" = netbond's own */
	const char *name;
	const char *kind;      /* NULL = a real NIC; "dummy", "vlan", "macvlan", "bridge", "vrf", ... */
	const char *parent;    /* IFLA_PARENT_DEV_NAME */
	const char *lower;     /* name of the device below it (vlan, macvlan) */
	int ifindex;	       /* 0 = the next free one */
	uint8_t mac[6];	       /* all zero = one made from the name */
	uint32_t mtu;	       /* 0 = 1500 */
	uint32_t max_mtu;      /* 0 = 65535; the driver refuses more */
	bool no_carrier;       /* nothing is plugged in */
	bool up;
	bool fixed_mac;	       /* the driver cannot change the MAC */
	unsigned partner;      /* what answers LACP at the other end; 0 = nobody, else its number */
};

/* What happened to a bond that was there when nb_model_reset_witness() was called. */
struct nb_model_witness {
	bool gone;	   /* deleted, if only for a moment */
	bool emptied;	   /* had slaves, and then none */
	bool down;	   /* was up, and then not */
	bool no_carrier;   /* had carrier, and then not */
	bool no_usable;	   /* had a usable slave, and then none */
	bool slave_lost;   /* a slave that was usable was not any more, if only for a moment */
	bool address_lost; /* an address was missing or tentative */
	bool route_lost;   /* a route other than the kernel's own was missing */
	bool mac_changed;
	unsigned min_usable; /* fewest usable slaves at any moment */
};

/**
 * nb_model_new() - a kernel in the state @start
 * @start:  copied; NULL for one that has only lo
 *
 * What a state does not tell is assumed: a slave gets back the MTU it has now, the MAC of an empty
 * bond is a random one, every device without carrier that is up has nothing plugged in.
 *
 * Return: the model, owned by the caller; NULL when memory ran out.
 */
struct nb_model *nb_model_new(const struct nb_state *start);

/** nb_model_free() - Return: NULL. */
struct nb_model *nb_model_free(struct nb_model *model);

/** nb_model_exec_ops() - the table that runs operations on a model; the context is the model */
const struct nb_exec_ops *nb_model_exec_ops(void);

/** nb_model_knobs() - the switches of @model, for reading and writing */
struct nb_model_knobs *nb_model_knobs(struct nb_model *model);

/** nb_model_add_namespace() - Return: 0, -EEXIST, -ENOMEM. */
int nb_model_add_namespace(struct nb_model *model, const char *name);

/** nb_model_add_nic() - plug in a device. Return: its ifindex, -EEXIST, -ENOENT, -ENOMEM. */
int nb_model_add_nic(struct nb_model *model, const struct nb_model_nic *nic);

/** nb_model_set_carrier() - plug a NIC in or out. Return: 0, -ENODEV. */
int nb_model_set_carrier(
	struct nb_model *model, const char *namespace, const char *name, bool carrier);

/** nb_model_set_partner() - connect a NIC to LACP partner @partner, 0 = none. Return: 0, -ENODEV. */
int nb_model_set_partner(
	struct nb_model *model, const char *namespace, const char *name, unsigned partner);

/**
 * nb_model_foreign() - run @op as another tool would
 *
 * Not counted, not traced, no fault is injected; a bridge as .master of an ENSLAVE is allowed.
 * Return: as run().
 */
int nb_model_foreign(struct nb_model *model, const struct nb_op *op);

/** nb_model_tick() - let time pass: delays, LACP, duplicate address detection */
void nb_model_tick(struct nb_model *model, unsigned ticks);

/** nb_model_fail() - make operation number @number (from 1) fail with -@error, before or after it
 * has taken effect; replaces an earlier fault. 0 = none */
void nb_model_fail(struct nb_model *model, unsigned number, int error, bool after);

/** nb_model_ops() - operations run so far, WAIT_* included */
unsigned nb_model_ops(const struct nb_model *model);

/** nb_model_writes() - operations run so far that ask the kernel for a change */
unsigned nb_model_writes(const struct nb_model *model);

/** nb_model_trace() - one line per operation with its result; valid until the next run */
const char *nb_model_trace(const struct nb_model *model);

/** nb_model_reset_counters() - start counting, tracing and witnessing anew */
void nb_model_reset_counters(struct nb_model *model);

/** nb_model_witness() - what happened to a bond since; NULL when it was not there at the start */
const struct nb_model_witness *nb_model_witness(
	const struct nb_model *model, const char *namespace, const char *bond);

/** nb_model_witness_class() - the least class that is honest about what happened */
enum nb_class nb_model_witness_class(const struct nb_model_witness *witness);

/**
 * nb_model_actor_key() - the LACP key the port of a slave was given when it was enslaved
 *
 * Return: the key (user key << 6 | speed and duplex), -ENODEV.
 */
int nb_model_actor_key(struct nb_model *model, const char *namespace, const char *slave);

/** nb_model_primary() - the name a bond has recorded, enslaved or not; NULL for no such bond */
const char *nb_model_primary(struct nb_model *model, const char *namespace, const char *bond);

static inline void nb_model_freep(struct nb_model **model)
{
	nb_model_free(*model);
}
