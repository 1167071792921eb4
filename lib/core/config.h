/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is wanted, as the files say it: DESIGN "The file". Plain data with the place of each value;
 * defaults are filled in when it is resolved against what is observed (resolve.h).
 */

#include "lib/core/model.h"

enum nb_drift {
	NB_DRIFT_REPAIR,
	NB_DRIFT_WARN,
	NB_DRIFT_IGNORE,
};

enum nb_mac_policy {
	NB_MAC_UNNAMED,	     /* left as found; at creation the first present slave's */
	NB_MAC_FIXED,
	NB_MAC_PERMANENT_OF, /* the permanent MAC of one named slave */
	NB_MAC_FIRST_SLAVE,  /* the permanent MAC of the first listed slave */
};

/* Which NICs a slave entry means. All set members must fit. */
struct nb_match {
	char *name;   /* glob */
	char *path;   /* glob over the parent device's name (IFLA_PARENT_DEV_NAME) */
	char *driver; /* glob */
	uint8_t permanent_mac[6];
	bool has_permanent_mac;
};

struct nb_slave_spec {
	char *name;	       /* exact name or altname; NULL with a match */
	struct nb_match match; /* used when name is NULL */
	struct nb_optset opts; /* NB_SCOPE_SLAVE, named rows only */
	struct nb_mark mark;
};

/* Reserved keys of a bond that were written (bits of nb_bond.named). */
enum nb_bond_key {
	NB_KEY_NAMESPACE = 1u << 0,
	NB_KEY_SLAVES = 1u << 1,
	NB_KEY_ADDRESSES = 1u << 2,
	NB_KEY_ROUTES = 1u << 3,
	NB_KEY_MTU = 1u << 4,
	NB_KEY_DRIFT = 1u << 5,
	NB_KEY_REQUIRED = 1u << 6,
	NB_KEY_REQUIRED_SLAVES = 1u << 7,
	NB_KEY_LINK_LOCAL = 1u << 8,
	NB_KEY_NAME = 1u << 9,
	NB_KEY_ABSENT = 1u << 10,
	NB_KEY_MAC = 1u << 11,
};

/* One entry of `bonds:`. */
struct nb_bond {
	char *key;	   /* as written in the file: the object's name in messages */
	char name[IFNAMSIZ];
	char *namespace;   /* declared namespace, "" = netbond's own */
	bool absent;
	uint32_t named;	   /* enum nb_bond_key */
	struct nb_optset opts; /* NB_SCOPE_BOND, named rows only */
	struct nb_slave_spec *slaves;
	uint32_t n_slaves, slave_capacity;
	struct nb_address *addresses;
	uint32_t n_addresses, address_capacity;
	struct nb_route *routes;
	uint32_t n_routes, route_capacity;
	uint32_t mtu;	   /* 0 = left as found */
	enum nb_mac_policy mac_policy;
	uint8_t mac[6];	   /* NB_MAC_FIXED */
	char *mac_of;	   /* NB_MAC_PERMANENT_OF */
	enum nb_drift drift; /* valid when NB_KEY_DRIFT is named, else the settings' */
	bool required;	   /* default true */
	uint32_t required_slaves; /* default 1 */
	bool link_local;   /* default true */
	struct nb_mark mark; /* of the key */
	struct nb_marks *key_marks; /* by bit number of enum nb_bond_key; some of .named alone have one */
};

/* One entry of `namespaces:`. */
struct nb_netns_spec {
	char *name;
	unsigned types;	   /* NB_NS_BIT() of those of its own (default: net) */
	char *share[NB_NS_COUNT]; /* `share: {uts: NAME}`: the namespace whose type it takes over, or NULL */
	struct nb_nstraits traits;
	struct nb_mark mark;
	struct nb_mark types_mark; /* zero: the file is silent */
	struct nb_mark share_marks[NB_NS_COUNT], user_mark; /* the latter where user stands */
};

struct nb_settings {
	enum nb_drift drift;
	enum nb_class auto_disruption; /* default NB_CLASS_SLAVE */
	bool drift_named, auto_disruption_named;
	struct nb_mark drift_mark, auto_disruption_mark;
};

struct nb_config {
	struct nb_settings settings;
	struct nb_netns_spec *namespaces;
	size_t n_namespaces, namespace_capacity;
	struct nb_bond **bonds; /* in the order of the files */
	size_t n_bonds, bond_capacity;
};

/** nb_config_new() - an empty configuration with the default settings; NULL: no memory */
struct nb_config *nb_config_new(void);

/** nb_config_free() - free everything. Return: NULL. */
struct nb_config *nb_config_free(struct nb_config *config);

/**
 * nb_config_add_bond() - a new bond with defaults, owned by @config
 *
 * Its name is @key, or empty where @key is too long for one. Return: NULL: no memory.
 */
struct nb_bond *nb_config_add_bond(struct nb_config *config, const char *key);

/** nb_config_find_bond() - the bond of that key, NULL when there is none */
struct nb_bond *nb_config_find_bond(const struct nb_config *config, const char *key);

/** nb_config_remove_bond() - drop the bond of that key, if any */
void nb_config_remove_bond(struct nb_config *config, const char *key);

/**
 * nb_config_add_namespace() - a new namespace spec of the net type
 *
 * The array may move: earlier pointers into it are not good any more. Return: NULL: no memory.
 */
struct nb_netns_spec *nb_config_add_namespace(struct nb_config *config, const char *name);

/** nb_config_find_namespace() - the declared namespace, NULL when there is none */
struct nb_netns_spec *nb_config_find_namespace(const struct nb_config *config, const char *name);

/** nb_netns_spec_has() - whether it has that type, its own or shared */
static inline bool nb_netns_spec_has(const struct nb_netns_spec *ns, enum nb_nstype type)
{
	return (ns->types & NB_NS_BIT(type)) || ns->share[type];
}

/** nb_netns_spec_is_plain() - whether a network namespace of its own is all it is */
bool nb_netns_spec_is_plain(const struct nb_netns_spec *ns);

/** nb_netns_spec_copy() - deep copy. Return: 0; -ENOMEM, *@ret owns nothing. */
int nb_netns_spec_copy(const struct nb_netns_spec *ns, struct nb_netns_spec *ret);

/** nb_netns_spec_done() - free the contents */
void nb_netns_spec_done(struct nb_netns_spec *ns);

/**
 * nb_config_origin() - the namespace whose type @ns has in the end, through all shares
 *
 * Return: @ns itself when the type is its own; NULL when it has none, when one of the shares leads
 * nowhere, or when they go round in a ring (the rules refuse both).
 */
const struct nb_netns_spec *nb_config_origin(
	const struct nb_config *config, const struct nb_netns_spec *ns, enum nb_nstype type);

/** nb_config_netns_of() - network namespace of @bond after `share: {net: ...}`; "" = own */
const char *nb_config_netns_of(const struct nb_config *config, const struct nb_bond *bond);

/** nb_bond_add_slave() - append an empty entry (the array may move); NULL: no memory */
struct nb_slave_spec *nb_bond_add_slave(struct nb_bond *bond);

/** nb_bond_add_address() - append a copy. Return: 0, -ENOMEM. */
int nb_bond_add_address(struct nb_bond *bond, const struct nb_address *address);

/** nb_bond_add_route() - append a copy. Return: 0, -ENOMEM. */
int nb_bond_add_route(struct nb_bond *bond, const struct nb_route *route);

/** nb_bond_mode() - the mode the file names, else the default (balance-rr) */
unsigned nb_bond_mode(const struct nb_bond *bond);

/** nb_config_wants_drivers() - whether a slave entry matches by driver, which must be asked for */
bool nb_config_wants_drivers(const struct nb_config *config);

/** nb_bond_key_mark() - where a reserved key was written; the bond's own mark when it was not */
struct nb_mark nb_bond_key_mark(const struct nb_bond *bond, enum nb_bond_key key);

/** nb_bond_key_name() - "namespace" ... "mac": a reserved key as the file spells it */
const char *nb_bond_key_name(enum nb_bond_key key);

/** nb_drift_name() - "repair", "warn" or "ignore" */
const char *nb_drift_name(enum nb_drift drift);

/**
 * nb_config_overlay() - lay @upper over @base: its objects replace those of the same key
 * @exact:  only what @upper names stays
 * @ret:    a new configuration, owned by the caller
 *
 * `settings` members that @upper names replace those of @base. Order: that of @base, then what is
 * new. Marks stay: both must have been read with the same nb_diag. Return: 0, -ENOMEM.
 */
int nb_config_overlay(const struct nb_config *base, const struct nb_config *upper, bool exact,
	struct nb_config **ret);

/** nb_config_copy() - deep copy; marks stay those of the same nb_diag. Return: 0, -ENOMEM. */
int nb_config_copy(const struct nb_config *config, struct nb_config **ret);

static inline void nb_config_freep(struct nb_config **config)
{
	nb_config_free(*config);
}
