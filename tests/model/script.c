/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/model/script.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define WORDS_MAX 24

/* How the words behind the link are read. */
enum arguments {
	ARG_OPTIONS,
	ARG_MASTER,
	ARG_ADDRESS,
	ARG_ROUTE,
	ARG_NONE,
};

static const struct verb {
	const char *name;
	enum nb_op_kind kind;
	enum arguments arguments;
} verbs[] = {
	{ "create", NB_OP_BOND_CREATE, ARG_OPTIONS },
	{ "set", NB_OP_BOND_SET, ARG_OPTIONS },
	{ "link", NB_OP_LINK_SET, ARG_OPTIONS },
	{ "delete", NB_OP_LINK_DELETE, ARG_NONE },
	{ "move", NB_OP_LINK_MOVE, ARG_OPTIONS },
	{ "enslave", NB_OP_ENSLAVE, ARG_MASTER },
	{ "release", NB_OP_RELEASE, ARG_OPTIONS },
	{ "slave", NB_OP_SLAVE_SET, ARG_OPTIONS },
	{ "addr+", NB_OP_ADDRESS_ADD, ARG_ADDRESS },
	{ "addr-", NB_OP_ADDRESS_DELETE, ARG_ADDRESS },
	{ "route+", NB_OP_ROUTE_ADD, ARG_ROUTE },
	{ "route-", NB_OP_ROUTE_DELETE, ARG_ROUTE },
	{ "netns+", NB_OP_NETNS_CREATE, ARG_NONE },
	{ "netns-", NB_OP_NETNS_DELETE, ARG_NONE },
	{ "wait", NB_OP_WAIT_USABLE, ARG_OPTIONS },
	{ "waitaddr", NB_OP_WAIT_ADDRESS, ARG_ADDRESS },
};

static int refuse(struct nb_text *why, const char *word)
{
	nb_text_add(why, "not understood: %s", word);
	return -EINVAL;
}

/* What the type refuses and the kernel shall be asked for all the same. */
static int parse_raw(const struct nb_option *row, const char *text, union nb_value *ret)
{
	struct in6_addr target = { 0 };

	if (row->type == &nb_type_mac)
		return nb_mac_parse(text, ret->mac);
	if (!row->type->is_pointer)
		return nb_parse_s64(text, INT64_MIN, INT64_MAX, &ret->s);
	if (!row->type->is_list ||
		inet_pton(row->wire == NB_WIRE_IP4S ? AF_INET : AF_INET6, text, &target) != 1)
		return -EINVAL;
	if (!ret->targets)
		ret->targets = calloc(1, sizeof(*ret->targets));
	if (!ret->targets)
		return -ENOMEM;
	if (ret->targets->n == NB_TARGETS_MAX)
		return -EINVAL;
	ret->targets->a[ret->targets->n++] = target;
	return 0;
}

static int parse_one(const struct nb_option *row, const char *text, union nb_value *ret)
{
	struct nb_text why = { 0 };
	int r = row->type->parse(row, text, ret, &why);

	nb_text_done(&why);
	return r < 0 ? parse_raw(row, text, ret) : 0;
}

static int set_option(struct nb_op *op, char *name, char *text, struct nb_text *why)
{
	const struct nb_option *row = nb_option_find(op->opts.scope, name);
	union nb_value value = { 0 };
	int r = 0;

	if (!row)
		return refuse(why, name);
	if (row->type->is_list)
		for (char *item = strtok(text, ","); r == 0 && item; item = strtok(NULL, ","))
			r = parse_one(row, item, &value);
	else
		r = parse_one(row, text, &value);
	if (r < 0) {
		if (row->type->free)
			row->type->free(value);
		return refuse(why, text);
	}
	return nb_optset_set(&op->opts, nb_option_attr(row), value);
}

static const struct flag {
	const char *name;
	unsigned set, flag, address;
} flags[] = {
	{ "up", .set = NB_SET_UP },
	{ "down", .set = NB_SET_DOWN },
	{ "tolerant", .flag = NB_OP_TOLERANT },
	{ "replace", .flag = NB_OP_REPLACE },
	{ "nodad", .address = IFA_F_NODAD },
	{ "noprefixroute", .address = IFA_F_NOPREFIXROUTE },
};

static int read_flag(struct nb_op *op, const char *word, struct nb_text *why)
{
	if (nb_streq(word, "onlink")) {
		op->route.onlink = true;
		return 0;
	}
	for (size_t i = 0; i < NB_ARRAY_SIZE(flags); i++)
		if (nb_streq(word, flags[i].name)) {
			op->set |= flags[i].set;
			op->flags |= flags[i].flag;
			op->address.flags |= flags[i].address;
			return 0;
		}
	return refuse(why, word);
}

/* RTA_METRICS { RTAX_ADVMSS } */
static bool set_advmss(struct nb_route *route, uint32_t bytes)
{
	const struct {
		struct rtattr outer, inner;
		uint32_t value;
	} metrics = { { sizeof(metrics), RTA_METRICS }, { 8, RTAX_ADVMSS }, bytes };

	return nb_route_set_attributes(route, &metrics, sizeof(metrics)) == 0;
}

static bool read_number(struct nb_op *op, const char *name, const char *text)
{
	uint64_t n;

	if (nb_parse_u64(text, UINT32_MAX, &n) < 0)
		return false;
	if (nb_streq(name, "mtu")) {
		op->mtu = (uint32_t)n;
		op->set |= NB_SET_MTU;
	} else if (nb_streq(name, "gen")) {
		op->addr_gen_mode = (uint8_t)n;
		op->set |= NB_SET_GEN_MODE;
	} else if (nb_streq(name, "metric")) {
		op->address.metric = op->route.metric = (uint32_t)n;
	} else if (nb_streq(name, "tos")) {
		op->route.tos = (uint8_t)n;
	} else if (nb_streq(name, "advmss")) {
		return set_advmss(&op->route, (uint32_t)n);
	} else if (nb_streq(name, "table")) {
		op->route.table = (uint32_t)n;
	} else if (nb_streq(name, "scope")) {
		op->address.scope = op->route.scope = (uint8_t)n;
	} else if (nb_streq(name, "proto")) {
		op->route.protocol = (uint8_t)n;
	} else if (nb_streq(name, "preferred")) {
		op->address.preferred = (uint32_t)n;
	} else {
		return false;
	}
	return true;
}

static bool read_text(struct nb_op *op, const char *name, const char *text)
{
	if (nb_streq(name, "mac")) {
		op->set |= NB_SET_MAC;
		return nb_mac_parse(text, op->mac) == 0;
	}
	if (nb_streq(name, "to")) {
		op->to_namespace = strdup(nb_streq(text, "own") ? "" : text);
		return op->to_namespace;
	}
	if (nb_streq(name, "name")) {
		if (op->kind != NB_OP_LINK_MOVE)
			op->set |= NB_SET_NAME;
		return snprintf(op->new_name, sizeof(op->new_name), "%s", text) < IFNAMSIZ;
	}
	if (nb_streq(name, "but"))
		return snprintf(op->master, sizeof(op->master), "%s", text) < IFNAMSIZ;
	if (nb_streq(name, "label"))
		return snprintf(op->address.label, sizeof(op->address.label), "%s", text) <
		       IFNAMSIZ;
	if (nb_streq(name, "via")) {
		if (op->route.to.family == AF_INET)
			op->route.scope = RT_SCOPE_UNIVERSE;
		return nb_ip_parse(text, AF_UNSPEC, &op->route.via) == 0;
	}
	if (nb_streq(name, "src"))
		return nb_ip_parse(text, AF_UNSPEC, &op->route.src) == 0;
	return false;
}

static int read_word(struct nb_op *op, char *word, struct nb_text *why)
{
	char *equals = strchr(word, '=');

	if (!equals)
		return read_flag(op, word, why);
	*equals = '\0';
	if (read_number(op, word, equals + 1) || read_text(op, word, equals + 1))
		return 0;
	return set_option(op, word, equals + 1, why);
}

static int read_address(struct nb_op *op, const char *text, struct nb_text *why)
{
	struct nb_address *a = &op->address;

	if (nb_prefix_parse(text, true, &a->ip, &a->prefix_length) < 0)
		return refuse(why, text);
	a->preferred = a->valid = NB_FOREVER;
	a->proto = NB_PROTOCOL;
	return 0;
}

static int read_route(struct nb_op *op, const char *text, struct nb_text *why)
{
	struct nb_route *route = &op->route;

	route->table = RT_TABLE_MAIN;
	route->type = RTN_UNICAST;
	route->protocol = NB_PROTOCOL;
	if (nb_streq(text, "default"))
		text = "0.0.0.0/0";
	else if (nb_streq(text, "default6"))
		text = "::/0";
	if (nb_prefix_parse(text, true, &route->to, &route->prefix_length) < 0)
		return refuse(why, text);
	/* A gateway makes it universe (read_text()). */
	route->scope = route->to.family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	return 0;
}

static int read_object(struct nb_op *op, enum arguments arguments, char *word, struct nb_text *why)
{
	switch (arguments) {
	case ARG_MASTER:
		snprintf(op->master, sizeof(op->master), "%s", word);
		return 0;
	case ARG_ADDRESS:
		return read_address(op, word, why);
	case ARG_ROUTE:
		return read_route(op, word, why);
	case ARG_OPTIONS:
	case ARG_NONE:
		break;
	}
	return 0;
}

static size_t split(char *line, char *words[WORDS_MAX])
{
	size_t n = 0;
	char *rest;

	for (char *word = strtok_r(line, " \t", &rest); word && n < WORDS_MAX;
		word = strtok_r(NULL, " \t", &rest))
		words[n++] = word;
	return n;
}

static int start(struct nb_op *op, const struct verb *verb, char *link)
{
	char *at = strchr(link, '@');
	bool netns = verb->kind == NB_OP_NETNS_CREATE || verb->kind == NB_OP_NETNS_DELETE;

	if (at)
		*at++ = '\0';
	return nb_op_init(op, verb->kind, "test",
		netns ? link
		: at  ? at
		      : "",
		netns ? NULL : link, 0);
}

static int read_rest(
	struct nb_op *op, const struct verb *verb, char **words, size_t n, struct nb_text *why)
{
	size_t first = verb->arguments == ARG_OPTIONS || verb->arguments == ARG_NONE ? 0 : 1;
	int r = 0;

	if (n < first)
		return refuse(why, verb->name);
	if (first)
		r = read_object(op, verb->arguments, words[0], why);
	for (size_t i = first; r == 0 && i < n; i++)
		r = read_word(op, words[i], why);
	return r;
}

int nb_script_op(const char *line, struct nb_op *ret, struct nb_text *why)
{
	NB_CLEANUP(nb_freep) char *copy = strdup(line);
	char *words[WORDS_MAX];
	size_t n = copy ? split(copy, words) : 0;
	int r;

	if (n < 2)
		return copy ? refuse(why, line) : -ENOMEM;
	for (size_t i = 0; i < NB_ARRAY_SIZE(verbs); i++) {
		if (!nb_streq(words[0], verbs[i].name))
			continue;
		r = start(ret, &verbs[i], words[1]);
		if (r == 0)
			r = read_rest(ret, &verbs[i], words + 2, n - 2, why);
		if (r < 0)
			nb_op_done(ret);
		return r;
	}
	return refuse(why, words[0]);
}
