/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Kinds of option values: how one is read, written, compared. A row of the option table points
 * at one of these; a new kernel option is a new row, a new kind of value is a new type.
 */

#include <netinet/in.h>

#include "lib/core/util.h"

struct nb_option;
struct nb_optset;

/* How the value lies in its netlink attribute. Integers are host-endian, addresses wire order. */
enum nb_wire {
	NB_WIRE_U8,
	NB_WIRE_U16,
	NB_WIRE_U32,
	NB_WIRE_S32,
	NB_WIRE_MAC,	 /* 6 bytes */
	NB_WIRE_IFINDEX, /* u32; the model keeps the name */
	NB_WIRE_IP4S,	 /* nest of be32, attribute types 0 ... 15 */
	NB_WIRE_IP6S,	 /* nest of struct in6_addr */
	NB_WIRE_NEST,	 /* nest of rows of another scope */
};

#define NB_TARGETS_MAX 16 /* BOND_MAX_ARP_TARGETS, BOND_MAX_NS_TARGETS */

/* A list of addresses out of line. */
struct nb_targets {
	unsigned n;
	struct in6_addr a[NB_TARGETS_MAX]; /* IPv4 in the first four bytes */
};

/* Eight bytes; .u holds booleans and enumerations too. NULL list, name or set: empty. */
union nb_value {
	uint64_t u;
	int64_t s;
	uint8_t mac[8];
	char *name;		   /* owned */
	struct nb_targets *targets; /* owned */
	struct nb_optset *set;	   /* owned */
};

struct nb_type {
	const char *name; /* for messages and manuals: "integer", "address list" */
	const char *json; /* JSON Schema type: "integer", "boolean", "string", "array" */
	const char *dbus; /* D-Bus signature; "" = by the row (u, or i where signed) */
	bool is_list;	  /* parse() adds one element to what @ret holds */
	bool is_pointer;  /* the value owns memory */

	/*
	 * Reads one scalar. A list adds to what *ret holds (start with all zero), everything else
	 * overwrites *ret without freeing it. "none" is the empty list and no name. On failure
	 * *ret is as before and @why says what is wrong and what is allowed, without the name of
	 * the option. Return: 0, -EINVAL, -ERANGE, -ENOMEM (@why stays empty).
	 */
	int (*parse)(const struct nb_option *row, const char *text, union nb_value *ret,
		struct nb_text *why);

	/* Appends the canonical text; a list is "a, b", an empty one or no name is "none". */
	void (*format)(const struct nb_option *row, union nb_value value, struct nb_text *out);

	/* Lists compare as sets. */
	bool (*equal)(union nb_value a, union nb_value b);

	/* Deep copy. Return: 0, -ENOMEM. NULL: the bits are the value. */
	int (*copy)(union nb_value value, union nb_value *ret);

	/* Frees what the value owns. NULL: nothing. */
	void (*free)(union nb_value value);
};

extern const struct nb_type nb_type_integer; /* row's min ... max, signed where min < 0 */
extern const struct nb_type nb_type_boolean; /* true false yes no on off 1 0 */
extern const struct nb_type nb_type_enum;    /* row's names, or their numbers */
extern const struct nb_type nb_type_mac;     /* aa:bb:cc:dd:ee:ff */
extern const struct nb_type nb_type_ifname;  /* name of an interface of the bond's namespace */
extern const struct nb_type nb_type_ip4s;    /* up to NB_TARGETS_MAX IPv4 addresses */
extern const struct nb_type nb_type_ip6s;    /* up to NB_TARGETS_MAX IPv6 addresses */
extern const struct nb_type nb_type_nest;    /* read-only set of another scope */

/**
 * nb_value_is_zero() - whether a value means "off": 0, false, no name, empty list, zero MAC
 */
bool nb_value_is_zero(const struct nb_type *type, union nb_value value);

/**
 * nb_mac_parse() - six hexadecimal pairs with ':' or '-' between
 * @ret:  6 bytes, set only on success
 *
 * Return: 0, -EINVAL.
 */
int nb_mac_parse(const char *text, uint8_t ret[6]);

/** nb_mac_format() - append aa:bb:cc:dd:ee:ff */
void nb_mac_format(const uint8_t mac[6], struct nb_text *out);

/**
 * nb_ifname_check() - whether the kernel takes @name for a device (dev_valid_name())
 *
 * Return: true for 1 to 15 bytes without '/', ':' or white space, not "." and not "..".
 */
bool nb_ifname_check(const char *name);
