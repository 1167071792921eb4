/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The insides of the model kernel, shared by its files. Functions are named after the kernel's. */

#include "tests/model/kernel.h"

/* net_device.addr_assign_type */
enum mac_type {
	MAC_PERMANENT,
	MAC_RANDOM,
	MAC_STOLEN,
	MAC_SET,
};

/* Why an IPv6 address waits for duplicate address detection. */
struct dad {
	struct nb_ip ip;
	unsigned left; /* ticks */
};

struct model_ns;

struct model_dev {
	struct model_ns *ns;
	struct nb_link *link;	/* what is stored plainly: name, mtu, mac, addresses, routes */
	struct model_dev *master;
	struct model_dev *lower; /* the device below, also in another namespace */
	enum mac_type mac_type;
	bool is_up;		/* IFF_UP */
	bool plugged;		/* what the wire says; bonds: netif_carrier_ok() */
	bool fixed_mac;
	bool own_mtu;		/* bridge: BROPT_MTU_SET_BY_USER */
	bool ipv6;		/* has an inet6_dev */
	bool enslaving;		/* IFF_SLAVE is set, the master is not yet */
	bool ipv6_ready;	/* IF_READY */
	unsigned partner;
	int speed_key;		/* speed and duplex as in a LACP key: 15 is 10 Gbit/s, full */
	struct dad *dads;
	size_t n_dads, dad_capacity;

	/* A bond. Delays are kept as the kernel keeps them: in multiples of miimon. */
	struct nb_optset opts;
	struct model_dev **slaves;
	size_t n_slaves, slave_capacity;
	struct model_dev *active;	/* curr_active_slave */
	struct model_dev *primary;	/* primary_slave */
	char primary_name[IFNAMSIZ];	/* params.primary */
	bool force_primary;
	unsigned aggregators;		/* BOND_AD_INFO.aggregator_identifier */
	unsigned active_aggregator;	/* its number, 0 = none */
	uint64_t arp_ms;		/* since the ARP monitor looked last */

	/* A slave. */
	struct nb_optset port;
	uint8_t original_mac[6];
	uint32_t original_mtu;
	unsigned mii;			/* BOND_LINK_* */
	unsigned delay;
	uint64_t silent_ms;		/* since it was enslaved or had its link last */
	bool is_active;			/* bond_is_active_slave() */
	bool enabled;			/* mode 4: __port_is_enabled() */
	uint32_t failures;
	int actor_key;
	uint8_t actor_state, partner_state; /* LACP bits as dumped */
	unsigned aggregator;		/* the port's own one */
	unsigned joined;		/* the one it is in */
	unsigned lacp_ticks;		/* since its link came up */
	bool negotiated;		/* collecting and distributing */
};

struct model_ns {
	const struct nb_model *model;
	char *name;
	uint64_t inode, owner; /* the user namespace it belongs to */
	int next_ifindex;
	struct model_dev **devs; /* by ifindex */
	size_t n_devs, dev_capacity;
};

struct watch; /* kernel-witness.c */
struct model_type; /* kernel-sets.c */
struct model_set;

struct nb_model {
	struct nb_model_knobs knobs;
	struct model_ns **namespaces; /* [0] is netbond's own */
	size_t n_namespaces, namespace_capacity;
	uint64_t next_inode;
	unsigned random_macs;
	struct nb_exec_error *error; /* of the operation that runs now */
	bool out_of_memory;
	unsigned ops, writes;
	unsigned fault_number;
	int fault_error;
	bool fault_after;
	struct nb_text trace;
	struct watch *watches;
	size_t n_watches, watch_capacity;
	struct model_type **types; /* all there ever were */
	size_t n_types, type_capacity;
	struct model_set *sets;
	size_t n_sets, set_capacity;
};

/* kernel.c */
int model_fail(struct nb_model *m, int error, const char *text); /* Return: -error. */
int model_fail_attr(
	struct nb_model *m, int error, enum nb_scope scope, unsigned attr, const char *text);
int model_no_memory(struct nb_model *m);

/* kernel-dev.c: devices and namespaces */
struct model_ns *model_ns_find(struct nb_model *m, const char *name);
struct model_ns *model_ns_add(struct nb_model *m, const char *name);
void model_ns_remove(struct nb_model *m, struct model_ns *ns);
struct model_dev *model_dev_find(struct model_ns *ns, const char *name);
struct model_dev *model_dev_by_index(struct model_ns *ns, int ifindex);
struct model_dev *model_dev_new(struct nb_model *m, struct model_ns *ns, const char *name);
struct model_dev *model_dev_free(struct model_dev *dev);
int model_ns_insert(struct model_ns *ns, struct model_dev *dev);
void model_ns_take(struct model_dev *dev);
bool model_is_kind(const struct model_dev *dev, const char *kind);
bool model_is_bond(const struct model_dev *dev);
bool model_is_upper_of(const struct model_dev *dev, const struct model_dev *lower);
void model_random_mac(struct nb_model *m, uint8_t ret[6]);

/* kernel-link.c: dev_open() and friends */
bool model_carrier(const struct model_dev *dev);
int model_dev_open(struct nb_model *m, struct model_dev *dev);
void model_dev_close(struct nb_model *m, struct model_dev *dev);
int model_set_mtu(struct nb_model *m, struct model_dev *dev, uint32_t mtu);
int model_set_mtu_silently(struct nb_model *m, struct model_dev *dev, uint32_t mtu);
int model_set_mac(struct nb_model *m, struct model_dev *dev, const uint8_t mac[6]);
int model_rename(struct nb_model *m, struct model_dev *dev, const char *name);
void model_carrier_changed(struct nb_model *m, struct model_dev *dev);
void model_mac_changed(struct nb_model *m, struct model_dev *dev);
void model_steal_mac(struct nb_model *m, struct model_dev *bond, const struct model_dev *from);
int model_set_master(struct nb_model *m, struct model_dev *dev, struct model_dev *master);
void model_leave_master(struct nb_model *m, struct model_dev *dev, bool unregister);
void model_unregister(struct nb_model *m, struct model_dev *dev);
int model_change_namespace(
	struct nb_model *m, struct model_dev *dev, struct model_ns *to, const char *name);

/* kernel-upper.c: what lies on top */
void model_upper_event_up(struct nb_model *m, struct model_dev *dev);
void model_upper_event_down(struct nb_model *m, struct model_dev *dev);
void model_upper_event_mtu(struct nb_model *m, struct model_dev *dev);
void model_upper_event_mac(struct nb_model *m, struct model_dev *dev);
void model_upper_event_carrier(struct nb_model *m, struct model_dev *dev);
void model_upper_event_unregister(struct nb_model *m, struct model_dev *dev);
int model_upper_open(struct nb_model *m, struct model_dev *dev);
int model_upper_check_mtu(struct nb_model *m, struct model_dev *dev, uint32_t mtu);
bool model_rx_handler_busy(const struct model_dev *dev);
int model_bridge_add(struct nb_model *m, struct model_dev *bridge, struct model_dev *port);
void model_bridge_remove(struct nb_model *m, struct model_dev *bridge, struct model_dev *port);

/* kernel-option.c: options of bonds and slaves */
int model_changelink(struct nb_model *m, struct model_dev *bond, const struct nb_optset *opts);
int model_slave_changelink(struct nb_model *m, struct model_dev *slave, const struct nb_optset *opts);
int model_check_policy(struct nb_model *m, const struct nb_optset *opts);
int model_options_init(struct model_dev *bond, struct nb_optset *opts, enum nb_scope scope);

/* kernel-setter.c: what a setter does beside storing the value */
int model_option_set(struct nb_model *m, struct model_dev *dev, struct model_dev *bond,
	const struct nb_option *row, unsigned attr, union nb_value value);

/* kernel-slave.c: enslaving, releasing, the active slave */
unsigned model_mode(const struct model_dev *bond);
bool model_uses_primary(const struct model_dev *bond);
int model_enslave(struct nb_model *m, struct model_dev *bond, struct model_dev *dev);
void model_release(struct nb_model *m, struct model_dev *bond, struct model_dev *slave, bool all,
	bool unregister);

/* kernel-active.c */
void model_select_active(struct nb_model *m, struct model_dev *bond);
void model_change_active(struct nb_model *m, struct model_dev *bond, struct model_dev *to);
void model_bond_carrier(struct nb_model *m, struct model_dev *bond);
void model_set_plugged(struct nb_model *m, struct model_dev *dev, bool carrier);

/* kernel-alb.c: MAC addresses in balance-tlb and balance-alb */
int model_alb_init_slave(struct nb_model *m, struct model_dev *bond, struct model_dev *slave);
void model_alb_deinit_slave(struct nb_model *m, struct model_dev *bond, struct model_dev *slave);
void model_alb_active_changed(struct nb_model *m, struct model_dev *bond, struct model_dev *to);
int model_alb_set_mac(struct nb_model *m, struct model_dev *bond, const uint8_t mac[6]);

/* kernel-monitor.c: time */
void model_initial_state(struct nb_model *m, struct model_dev *bond, struct model_dev *slave);
void model_inspect(struct nb_model *m, struct model_dev *bond, unsigned ticks);
void model_arp_start(struct nb_model *m, struct model_dev *bond);
void model_lacp_bind(struct nb_model *m, struct model_dev *bond, struct model_dev *slave);
void model_lacp_update(struct nb_model *m, struct model_dev *bond, unsigned ticks);

#define MODEL_IPV4_MIN_MTU 68
#define MODEL_IPV6_MIN_MTU 1280

/* kernel-address.c */
bool model_is_tentative(const struct nb_address *a);
int model_address_add(
	struct nb_model *m, struct model_dev *dev, const struct nb_address *a, bool replace);
int model_address_delete(struct nb_model *m, struct model_dev *dev, const struct nb_address *a);
struct nb_address *model_address_find(
	struct model_dev *dev, const struct nb_address *a, bool exact);
void model_address_remove(struct model_dev *dev, size_t i);

/* kernel-inet.c: addresses when their device changes */
void model_inet_down(struct nb_model *m, struct model_dev *dev);
void model_inet_up(struct nb_model *m, struct model_dev *dev);
void model_inet_destroy(struct nb_model *m, struct model_dev *dev);
void model_inet_changemtu(struct nb_model *m, struct model_dev *dev);
void model_inet_rename(struct model_dev *dev, const char *from);
bool model_inet6_create(struct nb_model *m, struct model_dev *dev);
void model_dad_start(struct nb_model *m, struct model_dev *dev, struct nb_address *a);
void model_dad_tick(struct nb_model *m, struct model_dev *dev, unsigned ticks);

/* kernel-route.c */
int model_route_add(
	struct nb_model *m, struct model_dev *dev, const struct nb_route *route, bool replace);
int model_route_delete(struct nb_model *m, struct model_dev *dev, const struct nb_route *route);
void model_routes_flush(struct model_dev *dev, int family);
void model_routes_down6(struct model_dev *dev);
void model_prefsrc_gone(struct model_dev *dev, const struct nb_ip *ip);

/* kernel-message.c: one netlink request */
int model_run_op(struct nb_model *m, const struct nb_op *op);
int model_dellink(struct nb_model *m, struct model_dev *dev);
int model_netns_delete(struct nb_model *m, struct model_ns *ns);

/* kernel-dump.c */
int model_observe(struct nb_model *m, char *const *namespaces, size_t n, struct nb_state **ret);
bool model_usable(const struct model_dev *slave);
bool model_known(const struct nb_model *m, enum nb_scope scope, unsigned attr);

/* kernel-sets.c: namespaces other than of the network */
int model_type_op(struct nb_model *m, const struct nb_op *op);
int model_sets(struct nb_model *m, char *const *names, size_t n, struct nb_state *state);
void model_sets_done(struct nb_model *m);
/* Return: the inode of the user namespace something of that set is made in; 0 = there is none. */
uint64_t model_user_of(const struct nb_model *m, const char *name, bool in_user);

/* kernel-import.c */
int model_import(struct nb_model *m, const struct nb_state *state);

/* kernel-witness.c */
void model_witness(struct nb_model *m); /* look at every watched bond now */
void model_witness_reset(struct nb_model *m);
void model_witness_done(struct nb_model *m);
