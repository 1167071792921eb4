/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is: links, addresses and routes of the network namespaces concerned, as the kernel showed
 * them or as a snapshot file recorded them. Plain data; containers own their members, siblings
 * refer to each other by ifindex or name.
 */

#include "lib/core/index.h"
#include "lib/core/nstype.h"
#include "lib/core/option.h"
#include "lib/core/pages.h"

/* An IPv4 or IPv6 address; IPv4 in the first four bytes, the rest zero. */
struct nb_ip {
	uint8_t family; /* AF_INET, AF_INET6, 0 = none */
	uint8_t bytes[16];
};

#define NB_FOREVER UINT32_MAX /* a lifetime without end */

struct nb_address {
	struct nb_ip ip;
	uint8_t prefix_length;
	uint8_t scope;	    /* RT_SCOPE_* */
	uint8_t proto;	    /* IFA_PROTO: who added it; NB_PROTOCOL is us, 0 unknown */
	uint32_t flags;	    /* IFA_F_* */
	uint32_t metric;    /* IFA_RT_PRIORITY: of its prefix route, 0 = the usual one */
	uint32_t preferred; /* seconds, NB_FOREVER */
	uint32_t valid;	    /* seconds, NB_FOREVER */
	struct nb_ip peer;  /* IFA_ADDRESS where it differs from IFA_LOCAL (point to point) */
	struct nb_ip broadcast;
	char label[16];	    /* IFA_LABEL, IPv4 only; "" = the device's name */
	struct nb_mark mark; /* where a configuration named it */
};

#define NB_ROUTE_METRIC_IPV6 1024 /* IP6_RT_PRIO_USER, what an IPv6 metric of 0 becomes */

struct nb_route {
	struct nb_ip to; /* .family is the route's family; all zero with length 0 = default */
	uint8_t prefix_length;
	uint8_t type;	  /* RTN_UNICAST, ... */
	uint8_t scope;	  /* RT_SCOPE_* */
	uint8_t protocol; /* RTPROT_* or NB_PROTOCOL */
	uint8_t tos;	  /* rtm_tos, IPv4 only; like .from a part of what tells routes apart */
	uint8_t from_length;
	bool onlink;	  /* RTNH_F_ONLINK */
	bool opaque;	  /* .attributes say where it leads: several next hops, an encapsulation */
	uint32_t table;	  /* RT_TABLE_MAIN = 254 */
	uint32_t metric;  /* RTA_PRIORITY; IPv6 0 is stored as NB_ROUTE_METRIC_IPV6 */
	uint32_t expires; /* seconds left when it was looked at, 0 = never; IPv6 only */
	uint32_t nexthop; /* RTA_NH_ID: ends with that nexthop object; 0 = none */
	struct nb_ip from; /* RTA_SRC, for packets from .from/.from_length alone; IPv6 only */
	struct nb_ip via; /* RTA_GATEWAY; may be of the other family (RTA_VIA) */
	struct nb_ip src; /* RTA_PREFSRC */
	/*
	 * What has no field here (RTA_METRICS, RTA_MULTIPATH, RTA_ENCAP, RTA_FLOW, ...) as the
	 * kernel sent it: netlink attributes, put back as they are. No configuration names them.
	 * Owned, NULL = none.
	 */
	uint8_t *attributes;
	size_t n_attributes; /* bytes */
	struct nb_mark mark;
};

/* One next hop of a route with several (RTA_MULTIPATH). */
struct nb_hop {
	int ifindex;
	struct nb_ip via; /* .family 0: on the link */
};

/* One device of one namespace. What several states share is changed by none of them (nb_netns_own()). */
struct nb_link {
	unsigned sharers;   /* pages that have it, beside the first (pages.h) */
	int ifindex;	    /* 0: not made yet */
	char name[IFNAMSIZ];
	char *kind;	    /* IFLA_INFO_KIND, NULL for a device without link operations */
	char *slave_kind;   /* IFLA_INFO_SLAVE_KIND: what its master is, NULL without */
	char **altnames;    /* IFLA_ALT_IFNAME */
	uint32_t n_altnames, altname_capacity;
	uint32_t flags;	    /* IFF_UP, IFF_LOWER_UP, ... */
	uint16_t type;	    /* ARPHRD_* */
	uint8_t operstate;  /* IF_OPER_* */
	bool carrier;	    /* IFLA_CARRIER */
	uint32_t carrier_changes; /* IFLA_CARRIER_CHANGES: tells of flaps nobody saw */
	uint32_t mtu;	    /* bytes */
	uint32_t min_mtu, max_mtu; /* 0 = not told */
	int master;	    /* ifindex of the master in the same namespace, 0 = none */
	int lower;	    /* IFLA_LINK in the same namespace: the device this one lies upon; 0 = none */
	uint32_t slave_position; /* place in the bond's slave list, from 1; 0 = not known */
	uint8_t mac[6];
	uint8_t permanent_mac[6]; /* IFLA_PERM_ADDRESS */
	bool has_mac;	    /* a 6-byte address */
	bool has_permanent_mac;
	bool udev_pending;  /* a real device that udev has not initialised yet */
	uint8_t addr_gen_mode; /* IN6_ADDR_GEN_MODE_*; 1 = no IPv6 link-local */
	char *parent;	    /* IFLA_PARENT_DEV_NAME: "0000:00:03.0"; NULL for a virtual device */
	char *parent_bus;   /* IFLA_PARENT_DEV_BUS_NAME: "pci" */
	char *driver;	    /* from ethtool; NULL = not asked */
	struct nb_optset bond;	/* NB_SCOPE_BOND; empty unless kind is "bond" */
	struct nb_optset slave; /* NB_SCOPE_SLAVE; empty unless slave_kind is "bond" */
	struct nb_address *addresses;
	struct nb_route *routes; /* those whose output device this is */
	uint32_t n_addresses, address_capacity;
	uint32_t n_routes, route_capacity;
};

/* A process that lives in a namespace. */
struct nb_process {
	int pid;
	char command[16]; /* TASK_COMM_LEN; printable */
};

/* One network namespace. */
struct nb_netns {
	char *name;	/* name under /run/netns; "" is netbond's own */
	uint64_t inode; /* of its nsfs file; 0 = not known */
	uint64_t cookie; /* tells it from all others of this boot (SO_NETNS_COOKIE); 0 = not known */
	bool exists;	/* false: declared, to be created */
	bool unreadable; /* it is there, and nobody can look into it now: nothing of it is known */
	bool udev_pending; /* so is one of its links */
	struct nb_process *processes; /* known only where the namespace may have to go */
	size_t n_processes;
	struct nb_pages links;	/* sorted by ifindex; links not made yet stand last */
	struct nb_index names; /* a cache of all names and altnames; empty until the first search */
	struct nb_index relatives; /* a cache: links by the ifindex of their master and of their lower */
	bool relatives_known;	   /* false: to be built */
	/* A cache: whether one of the routes prefers a source, goes over several devices, leads by a nexthop. */
	bool routes_known, any_source, any_hops, any_nexthop;
};

/* Going through the links that have a given one as their master or lie upon it. */
struct nb_relatives {
	const struct nb_netns *ns;
	int ifindex;
	size_t cursor;
	bool all; /* no memory for the cache: through all links */
};

/* Everything observed at one moment. */
struct nb_state {
	struct nb_netns **namespaces; /* [0] is netbond's own */
	size_t n_namespaces, namespace_capacity;
	struct nb_nsset **sets; /* declared namespaces as far as they are more than a net of their own */
	size_t n_sets, set_capacity;
	unsigned nstypes; /* NB_NS_BIT() of the types this kernel has; 0 = not known */
	uint64_t user; /* inode of the user namespace netbond is in; 0 = not known */
	/* Attributes seen in any dump of a bond or slave: what this kernel knows. 0 = none seen. */
	uint64_t known[NB_SCOPE_COUNT];
};

/** nb_link_new() - an empty link of that name, owned by the caller; NULL when memory ran out */
struct nb_link *nb_link_new(const char *name);

/** nb_link_free() - free @link and all it owns, when no other state has it. Return: NULL. */
struct nb_link *nb_link_free(struct nb_link *link);

/** nb_link_copy() - deep copy. Return: 0, -ENOMEM. */
int nb_link_copy(const struct nb_link *link, struct nb_link **ret);

/** nb_link_equal() - whether both show the same of the same device */
bool nb_link_equal(const struct nb_link *a, const struct nb_link *b);

/**
 * nb_link_same_device() - whether who looks for a device finds in both the same one: names, kind,
 * parent device, permanent MAC, what it lies upon
 */
bool nb_link_same_device(const struct nb_link *a, const struct nb_link *b);

/** nb_link_is_bond() - whether it is a device of kind bond */
bool nb_link_is_bond(const struct nb_link *link);

/** nb_link_is_up() - administratively up (IFF_UP) */
bool nb_link_is_up(const struct nb_link *link);

/** nb_link_has_no_link() - up and without carrier; a device that is down does not tell */
static inline bool nb_link_has_no_link(const struct nb_link *link)
{
	return nb_link_is_up(link) && !link->carrier;
}

/** nb_link_is_slave_of() - whether @bond is its master */
static inline bool nb_link_is_slave_of(const struct nb_link *link, const struct nb_link *bond)
{
	return bond->ifindex != 0 && link->master == bond->ifindex;
}

/** nb_link_has_name() - whether @name is its name or one of its altnames */
bool nb_link_has_name(const struct nb_link *link, const char *name);

/** nb_link_add_altname() - before @link is added to a namespace. Return: 0, -ENOMEM. */
int nb_link_add_altname(struct nb_link *link, const char *name);

/** nb_link_add_address() - append a copy. Return: 0, -ENOMEM. */
int nb_link_add_address(struct nb_link *link, const struct nb_address *address);

/** nb_link_add_route() - append a copy. Return: 0, -ENOMEM. */
int nb_link_add_route(struct nb_link *link, const struct nb_route *route);

/** nb_link_remove_address() - drop item @i, keeping the order */
void nb_link_remove_address(struct nb_link *link, size_t i);

/** nb_link_remove_route() - drop item @i, keeping the order */
void nb_link_remove_route(struct nb_link *link, size_t i);

/**
 * nb_link_usable_slave() - whether the bonding driver would send through this slave
 *
 * Up, with carrier, MII up, and in mode 802.3ad collecting and distributing in the active
 * aggregator of @bond with a partner that collects (bond_slave_can_tx(), 802.1AX 6.4.14; the bits
 * are stale without carrier: MII first).
 * A backup slave counts: it would send at once if it had to.
 */
bool nb_link_usable_slave(const struct nb_link *slave, const struct nb_link *bond);

/**
 * nb_netns_find() - the link of that name or altname in constant time, NULL when there is none
 *
 * Of several the one of the least ifindex.
 */
struct nb_link *nb_netns_find(const struct nb_netns *ns, const char *name);

/** nb_netns_find_index() - the link of that ifindex (binary search), NULL when there is none */
struct nb_link *nb_netns_find_index(const struct nb_netns *ns, int ifindex);

/** nb_netns_link() - link @i of @ns->links.n */
static inline struct nb_link *nb_netns_link(const struct nb_netns *ns, size_t i)
{
	return nb_pages_get(&ns->links, i);
}

/** nb_netns_add() - hand @link over, keeping the order; freed on failure. Return: 0, -ENOMEM. */
int nb_netns_add(struct nb_netns *ns, struct nb_link *link);

/** nb_netns_drop_links() - without links from now on; where no other state has them they are freed */
void nb_netns_drop_links(struct nb_netns *ns);

/** nb_netns_take() - take @link out of @ns; the caller owns it then. Return: it; NULL: no memory. */
struct nb_link *nb_netns_take(struct nb_netns *ns, struct nb_link *link);

/** nb_netns_rename() - the only way to change the name of a link of @ns: it is searched by name */
void nb_netns_rename(struct nb_netns *ns, struct nb_link *link, const char *name);

/** nb_netns_set_master() - the only way to change the master of a link of @ns; 0 = none */
void nb_netns_set_master(struct nb_netns *ns, struct nb_link *link, int master);

/**
 * nb_netns_own() - @link of @ns to be changed: itself, or where other states have it too, a copy
 * that takes its place
 *
 * Return: NULL when memory ran out; @ns is as it was.
 */
struct nb_link *nb_netns_own(struct nb_netns *ns, struct nb_link *link);

/**
 * nb_netns_replace() - @link takes the place of @old, of the same ifindex, which is freed from @ns
 *
 * Return: 0; -ENOMEM: nothing changed.
 */
int nb_netns_replace(struct nb_netns *ns, struct nb_link *old, struct nb_link *link);

/**
 * nb_netns_prefers_source() - whether a route of it may have an address it prefers as source
 *
 * In constant time once it is known, as the next one. It may be that there was one.
 */
bool nb_netns_prefers_source(const struct nb_netns *ns);

/** nb_netns_has_nexthops() - whether a route of it leads by a nexthop object */
bool nb_netns_has_nexthops(const struct nb_netns *ns);

/** nb_netns_has_hops() - whether a route of it may go over several next hops */
bool nb_netns_has_hops(const struct nb_netns *ns);

/** nb_netns_routes_changed() - routes were given to links which are in @ns already */
void nb_netns_routes_changed(struct nb_netns *ns);

/** nb_netns_is_local() - whether one of its links has that address, whatever its state */
bool nb_netns_is_local(const struct nb_netns *ns, const struct nb_ip *ip);

/**
 * nb_netns_relatives() - begin to go through the links whose .master or .lower is @ifindex
 *
 * Masters must not change and links neither come nor go until the last was told. None for 0.
 */
struct nb_relatives nb_netns_relatives(const struct nb_netns *ns, int ifindex);

/** nb_relatives_next() - the next of them, NULL when there is none (more) */
struct nb_link *nb_relatives_next(struct nb_relatives *relatives);

/**
 * nb_netns_slaves() - the slaves of @bond in the driver's list order
 * @ret:  array of borrowed pointers, freed by the caller; NULL for none
 *
 * Netlink does not tell the order; it is the order of .slave_position where known, else of
 * ifindex. Return: their number, -ENOMEM.
 */
int nb_netns_slaves(
	const struct nb_netns *ns, const struct nb_link *bond, struct nb_link ***ret);

/** nb_state_new() - a state of netbond's own namespace alone, empty; NULL when memory ran out */
struct nb_state *nb_state_new(void);

/** nb_state_free() - free everything. Return: NULL. */
struct nb_state *nb_state_free(struct nb_state *state);

/**
 * nb_state_share() - another state of the same links, in time that is next to none per link
 *
 * Both are freed on their own. Processes are left out. Return: 0, -ENOMEM.
 */
int nb_state_share(const struct nb_state *state, struct nb_state **ret);

/**
 * nb_state_adopt() - of the links that show in @state what they showed in @before, those of @before
 * take the place
 *
 * What is observed again and again stays where it lies in memory, and is there once.
 */
void nb_state_adopt(struct nb_state *state, const struct nb_state *before);

/** nb_state_copy() - deep copy. Return: 0, -ENOMEM. */
int nb_state_copy(const struct nb_state *state, struct nb_state **ret);

/** nb_state_namespace() - the namespace of that name ("" = own), NULL when there is none */
struct nb_netns *nb_state_namespace(const struct nb_state *state, const char *name);

/**
 * nb_state_add_namespace() - the namespace of that name, made empty when there is none
 *
 * A new one has .exists false. Return: NULL when memory ran out.
 */
struct nb_netns *nb_state_add_namespace(struct nb_state *state, const char *name);

/** nb_state_set() - the set of types of that name, NULL when there is none */
struct nb_nsset *nb_state_set(const struct nb_state *state, const char *name);

/** nb_state_add_set() - the same, made empty when there is none; NULL: no memory */
struct nb_nsset *nb_state_add_set(struct nb_state *state, const char *name);

/**
 * nb_state_lacp_hash() - a number that is another one when the LACP state of a port is: aggregator,
 * and the bits of both ends; 0 when there is no port. It is the sum of those of the links.
 *
 * The driver changes these without a notification (ad_port_selection_logic(), ad_rx_machine()).
 */
uint64_t nb_state_lacp_hash(const struct nb_state *state);

/** nb_link_lacp_hash() - the part of one link in it; 0 where it is no port */
uint64_t nb_link_lacp_hash(const struct nb_link *link);

static inline void nb_state_freep(struct nb_state **state)
{
	nb_state_free(*state);
}

static inline void nb_link_freep(struct nb_link **link)
{
	nb_link_free(*link);
}

/* Addresses: "192.0.2.10", "2001:db8::10", with prefix "192.0.2.10/24". */

/** nb_ip_parse() - Return: 0, -EINVAL. @family AF_UNSPEC takes both. */
int nb_ip_parse(const char *text, int family, struct nb_ip *ret);

/**
 * nb_prefix_parse() - "ADDRESS/LENGTH"; the length may be missing where @need_length is false
 * (then 32 or 128)
 *
 * Return: 0, -EINVAL not an address or not a number, -ERANGE the length is too large, -ENOENT it is missing.
 */
int nb_prefix_parse(const char *text, bool need_length, struct nb_ip *ret, uint8_t *ret_length);

/** nb_ip_format() - append the canonical text (RFC 5952 for IPv6); "none" for family 0 */
void nb_ip_format(const struct nb_ip *ip, struct nb_text *out);

/** nb_ip_equal() - same family and bytes */
bool nb_ip_equal(const struct nb_ip *a, const struct nb_ip *b);

/** nb_ip_is_zero() - no address, or all bytes zero */
bool nb_ip_is_zero(const struct nb_ip *ip);

/** nb_ip_is_linklocal() - fe80::/10 */
bool nb_ip_is_linklocal(const struct nb_ip *ip);

/** nb_ip_is_multicast() - 224.0.0.0/4 or ff00::/8 */
bool nb_ip_is_multicast(const struct nb_ip *ip);

/** nb_ip_is_loopback() - 127.0.0.0/8 or ::1 */
bool nb_ip_is_loopback(const struct nb_ip *ip);

/** nb_ip_network() - @ip with all bits behind the first @length cleared; @ret may be @ip */
void nb_ip_network(const struct nb_ip *ip, uint8_t length, struct nb_ip *ret);

/** nb_ip_in_prefix() - whether @ip lies in @prefix/@length (same family) */
bool nb_ip_in_prefix(const struct nb_ip *ip, const struct nb_ip *prefix, uint8_t length);

/**
 * nb_address_same() - whether the kernel holds them as one entry
 *
 * IPv4: local address, prefix length and the peer's network (__inet_insert_ifa()). IPv6: the address alone
 * (ipv6_add_addr() refuses a second one whatever its prefix length).
 */
bool nb_address_same(const struct nb_address *a, const struct nb_address *b);

/** nb_address_find() - the entry of a list that is the same as @address, NULL when there is none */
const struct nb_address *nb_address_find(
	const struct nb_address *list, size_t n, const struct nb_address *address);

/**
 * nb_address_global() - an address a NIC should not keep as a slave: scope wider than link, or
 * IPv4 link-local. IPv6 link-local ones belong to the kernel and are not counted.
 */
bool nb_address_global(const struct nb_address *address);

/**
 * nb_address_of_kernel() - whether the kernel makes it by itself: IPv6 link-local, by a router
 * advertisement, temporary (IFAPROT_KERNEL_*, Linux 5.18, or flags only the kernel sets)
 */
bool nb_address_of_kernel(const struct nb_address *address);

/** nb_address_restorable() - whether netbond puts it back: permanent, and not of the kernel's making */
bool nb_address_restorable(const struct nb_address *address);

/**
 * nb_address_bare() - a copy to be added: without the flags that are the kernel's own affair
 * @again:  it was there before: an IPv6 one that has passed the duplicate check does so no second time
 */
struct nb_address nb_address_bare(const struct nb_address *address, bool again);

/** nb_address_format() - append "192.0.2.10/24" */
void nb_address_format(const struct nb_address *address, struct nb_text *out);

/**
 * nb_route_copy() - deep copy; nothing of *@ret is freed
 *
 * Return: 0; -ENOMEM, and *@ret owns nothing.
 */
int nb_route_copy(const struct nb_route *route, struct nb_route *ret);

/** nb_route_done() - free what it owns; the rest stays as it is */
void nb_route_done(struct nb_route *route);

/**
 * nb_route_set_attributes() - give it a copy of @size bytes of netlink attributes, and .opaque
 * that follows from them
 *
 * Return: 0; -EINVAL they are none (a length that leads out of it); -ENOMEM. Unchanged on failure.
 */
int nb_route_set_attributes(struct nb_route *route, const void *bytes, size_t size);

/** nb_route_has_hops() - whether it has several next hops (RTA_MULTIPATH) */
bool nb_route_has_hops(const struct nb_route *route);

/** nb_route_next_hop() - the next of its several next hops; *@cursor is 0 at first. False: no more */
bool nb_route_next_hop(const struct nb_route *route, size_t *cursor, struct nb_hop *ret);

/**
 * nb_route_without_hop() - a copy of a route with several next hops that lacks those of one device
 *
 * Return: the number of hops it has left (at 0 *@ret owns nothing); -ENOMEM.
 */
int nb_route_without_hop(const struct nb_route *route, int ifindex, struct nb_route *ret);

/** nb_route_attributes_format() - append " with metrics, pref"; nothing where there is none */
void nb_route_attributes_format(const struct nb_route *route, struct nb_text *out);

/**
 * nb_route_key_same() - family, table, prefix, source prefix, TOS and metric are equal: only one
 * of both can be
 */
bool nb_route_key_same(const struct nb_route *a, const struct nb_route *b);

/** nb_route_find() - the entry of a list with the key of @route, NULL when there is none */
const struct nb_route *nb_route_find(
	const struct nb_route *list, size_t n, const struct nb_route *route);

/** nb_link_find_address() - nb_address_find() among those of a link; NULL for no link */
static inline const struct nb_address *nb_link_find_address(
	const struct nb_link *link, const struct nb_address *address)
{
	return link ? nb_address_find(link->addresses, link->n_addresses, address) : NULL;
}

/** nb_link_find_route() - nb_route_find() among those of a link; NULL for no link */
static inline const struct nb_route *nb_link_find_route(
	const struct nb_link *link, const struct nb_route *route)
{
	return link ? nb_route_find(link->routes, link->n_routes, route) : NULL;
}

/**
 * nb_route_same() - whether the kernel holds them as one entry: family, table, prefix, source
 * prefix, TOS, metric and, for IPv6, gateway (fib_table_insert(), fib6_add_rt2node())
 */
bool nb_route_same(const struct nb_route *a, const struct nb_route *b);

/**
 * nb_route_equal() - the same entry and the same via, src, onlink, type
 *
 * .attributes only where they say where it leads (.opaque): the others no file can name.
 */
bool nb_route_equal(const struct nb_route *a, const struct nb_route *b);

/** nb_route_identical() - equal, of the same protocol and with the same .attributes */
bool nb_route_identical(const struct nb_route *a, const struct nb_route *b);

/** nb_route_kept() - whether an admin or a DHCP client set it: protocol boot, static, dhcp or 110 */
bool nb_route_kept(const struct nb_route *route);

/**
 * nb_route_restorable() - whether netbond puts it back when the kernel lost it on the way:
 * nb_route_kept(), and not by a nexthop object, which is lost as well
 */
bool nb_route_restorable(const struct nb_route *route);

/**
 * nb_route_to_format() - append the destination alone: "2001:db8:ff::/48", "default"
 *
 * A default route whose via does not tell its family is "0.0.0.0/0" or "::/0".
 */
void nb_route_to_format(const struct nb_route *route, struct nb_text *out);

#define NB_ROUTE_RANKS 3

/**
 * nb_route_rank() - when a route can be added: 0 it leads to gateways, 1 through one, 2 has several
 * next hops; each needs those before it
 */
unsigned nb_route_rank(const struct nb_route *route);

/** nb_route_protocol_name() - who added a route: "kernel", "boot", "static", ...; else "other" */
const char *nb_route_protocol_name(uint8_t protocol);

/**
 * nb_route_format() - append "default via 192.0.2.1", with table, metric, src and what else it has
 *
 * What stands in .attributes is told by its name alone: "with metrics".
 */
void nb_route_format(const struct nb_route *route, struct nb_text *out);
