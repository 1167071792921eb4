/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A configuration from one line of words, for tests below the YAML reader. The mark of everything
 * is the column of its word, so that a test can say by the word itself where a problem is told.
 *
 *   ns:storage  ns:a:nonet  ns:b:nonet:share=storage      namespaces
 *   bond:bond0                                             starts a bond; what follows is its
 *     mode=802.3ad  arp-ip-target=192.0.2.1,192.0.2.2      options
 *     name= namespace= mtu= mac= required-slaves= absent=true   reserved keys
 *     slaves=  slave:eth0  match:                          an empty list; starts an entry, then
 *       +prio=5  +name=e*  +path=  +driver=  +permanent-mac=    what belongs to the entry
 *     address=192.0.2.1/24[,label=x]
 *     route=default,via=192.0.2.1,src=...,metric=...,table=...,onlink
 */

#include <stdio.h>
#include <string.h>

#include "lib/core/config.h"
#include "tests/unit/unit.h"

struct text_reader {
	struct nb_config *config;
	struct nb_bond *bond;
	struct nb_slave_spec *slave;
	struct nb_mark mark;
};

static void text_option(struct nb_optset *opts, const char *name, char *value, struct nb_mark mark)
{
	const struct nb_option *row = nb_option_find(opts->scope, name);
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	union nb_value parsed = { 0 };
	unsigned attr;

	if (!row)
		fail_msg("no option %s", name);
	attr = nb_option_attr(row);
	for (char *save, *part = row->type->is_list ? strtok_r(value, ",", &save) : value; part;
		part = row->type->is_list ? strtok_r(NULL, ",", &save) : NULL)
		if (row->type->parse(row, part, &parsed, &why) < 0)
			fail_msg("%s=%s: %s", name, part, why.text);
	assert_int_equal(nb_optset_set(opts, attr, parsed), 0);
	assert_int_equal(nb_optset_name(opts, attr, &mark), 0);
}

static void text_namespace(struct text_reader *r, char *word)
{
	struct nb_netns_spec *ns;
	char *save, *part = strtok_r(word, ":", &save);

	ns = nb_config_add_namespace(r->config, part);
	assert_non_null(ns);
	ns->mark = r->mark;
	while ((part = strtok_r(NULL, ":", &save))) {
		if (strcmp(part, "nonet") == 0) {
			ns->types = 0;
			ns->types_mark = r->mark;
		} else if (strncmp(part, "share=", 6) == 0) {
			ns->types = 0;
			ns->share[NB_NS_NET] = strdup(part + 6);
			ns->share_marks[NB_NS_NET] = r->mark;
		} else {
			fail_msg("namespace %s: what is %s?", ns->name, part);
		}
	}
}

static void text_slave(struct text_reader *r, const char *name)
{
	r->slave = nb_bond_add_slave(r->bond);
	assert_non_null(r->slave);
	r->slave->name = name ? strdup(name) : NULL;
	r->slave->mark = r->mark;
	if (nb_marks_get(r->bond->key_marks, __builtin_ctz(NB_KEY_SLAVES)).line == 0)
		assert_int_equal(nb_marks_put(&r->bond->key_marks, __builtin_ctz(NB_KEY_SLAVES),
					 &r->mark), 0);
	r->bond->named |= NB_KEY_SLAVES;
}

static void text_slave_value(struct text_reader *r, const char *name, char *value)
{
	struct nb_match *match = &r->slave->match;

	if (strcmp(name, "name") == 0) {
		match->name = strdup(value);
	} else if (strcmp(name, "path") == 0) {
		match->path = strdup(value);
	} else if (strcmp(name, "driver") == 0) {
		match->driver = strdup(value);
	} else if (strcmp(name, "permanent-mac") == 0) {
		assert_int_equal(nb_mac_parse(value, match->permanent_mac), 0);
		match->has_permanent_mac = true;
	} else {
		text_option(&r->slave->opts, name, value, r->mark);
	}
}

static void text_address(struct text_reader *r, char *value)
{
	struct nb_address address = {
		.mark = r->mark, .preferred = NB_FOREVER, .valid = NB_FOREVER
	};
	char *save, *part = strtok_r(value, ",", &save);

	if (nb_prefix_parse(part, true, &address.ip, &address.prefix_length) < 0)
		fail_msg("address %s", part);
	part = strtok_r(NULL, ",", &save);
	if (part)
		snprintf(address.label, sizeof(address.label), "%s", part + strlen("label="));
	assert_int_equal(nb_bond_add_address(r->bond, &address), 0);
}

static void text_route(struct text_reader *r, char *value)
{
	struct nb_route route = { .mark = r->mark, .table = RT_TABLE_MAIN, .type = RTN_UNICAST };
	char *save, *to = strtok_r(value, ",", &save), *part;
	bool is_default = strcmp(to, "default") == 0;
	uint64_t number = 0;

	if (!is_default && nb_prefix_parse(to, false, &route.to, &route.prefix_length) < 0)
		fail_msg("route to %s", to);
	while ((part = strtok_r(NULL, ",", &save))) {
		char *at = strchr(part, '=');
		char *text = at ? at + 1 : part;

		if (strncmp(part, "via=", 4) == 0)
			assert_int_equal(nb_ip_parse(text, AF_UNSPEC, &route.via), 0);
		else if (strncmp(part, "src=", 4) == 0)
			assert_int_equal(nb_ip_parse(text, AF_UNSPEC, &route.src), 0);
		else if (strcmp(part, "onlink") == 0)
			route.onlink = true;
		else
			assert_int_equal(nb_parse_u64(text, UINT32_MAX, &number), 0);
		if (strncmp(part, "metric=", 7) == 0)
			route.metric = (uint32_t)number;
		else if (strncmp(part, "table=", 6) == 0)
			route.table = (uint32_t)number;
	}
	if (is_default)
		route.to.family = route.via.family;
	if (route.to.family == AF_INET6 && route.metric == 0)
		route.metric = NB_ROUTE_METRIC_IPV6;
	assert_int_equal(nb_bond_add_route(r->bond, &route), 0);
}

static void text_mac(struct nb_bond *bond, const char *value)
{
	bond->mac_policy = NB_MAC_FIXED;
	if (strcmp(value, "first-slave") == 0) {
		bond->mac_policy = NB_MAC_FIRST_SLAVE;
	} else if (strncmp(value, "permanent-of:", 13) == 0) {
		bond->mac_policy = NB_MAC_PERMANENT_OF;
		bond->mac_of = strdup(value + 13);
	} else {
		assert_int_equal(nb_mac_parse(value, bond->mac), 0);
	}
}

/* Return: false when @name is no reserved key. */
static bool text_key(struct text_reader *r, const char *name, char *value)
{
	struct nb_bond *bond = r->bond;
	unsigned bit = 0;

	while (bit < 12 && strcmp(nb_bond_key_name((enum nb_bond_key)(1u << bit)), name) != 0)
		bit++;
	if (bit == 12)
		return false;
	bond->named |= 1u << bit;
	assert_int_equal(nb_marks_put(&bond->key_marks, bit, &r->mark), 0);
	if (strcmp(name, "name") == 0) {
		snprintf(bond->name, sizeof(bond->name), "%s", value);
	} else if (strcmp(name, "namespace") == 0) {
		nb_word_free(bond->namespace);
		bond->namespace = strdup(value);
	} else if (strcmp(name, "mtu") == 0) {
		bond->mtu = (uint32_t)strtoul(value, NULL, 10);
	} else if (strcmp(name, "required-slaves") == 0) {
		bond->required_slaves = (uint32_t)strtoul(value, NULL, 10);
	} else if (strcmp(name, "absent") == 0) {
		bond->absent = strcmp(value, "true") == 0;
		if (bond->absent && bond->n_slaves == 0)
			bond->named &= ~(uint32_t)NB_KEY_SLAVES;
	} else if (strcmp(name, "mac") == 0) {
		text_mac(bond, value);
	}
	return true;
}

static void text_word(struct text_reader *r, char *word)
{
	char *at = strchr(word, '='), *value;

	if (strncmp(word, "ns:", 3) == 0) {
		text_namespace(r, word + 3);
		return;
	}
	if (strncmp(word, "bond:", 5) == 0) {
		r->bond = nb_config_add_bond(r->config, word + 5);
		assert_non_null(r->bond);
		r->bond->mark = r->mark;
		r->bond->named |= NB_KEY_SLAVES; /* an empty list, until slaves follow; "noslaves": none */
		return;
	}
	assert_non_null(r->bond);
	if (strcmp(word, "noslaves") == 0) {
		r->bond->named &= ~(uint32_t)NB_KEY_SLAVES;
		return;
	}
	if (strncmp(word, "slave:", 6) == 0 || strcmp(word, "match:") == 0) {
		text_slave(r, word[0] == 's' ? word + 6 : NULL);
		return;
	}
	if (!at)
		fail_msg("what is %s?", word);
	*at = '\0';
	value = at + 1;
	if (word[0] == '+')
		text_slave_value(r, word + 1, value);
	else if (strcmp(word, "address") == 0)
		text_address(r, value);
	else if (strcmp(word, "route") == 0)
		text_route(r, value);
	else if (!text_key(r, word, value))
		text_option(&r->bond->opts, word, value, r->mark);
}

/* The configuration @text describes, owned by the caller; the test fails where it is unclear. */
static struct nb_config *config_from_text(const char *text)
{
	NB_CLEANUP(nb_freep) char *copy = strdup(text);
	struct text_reader r = { .config = nb_config_new(), .mark = { .file = 1, .line = 1 } };

	assert_non_null(copy);
	assert_non_null(r.config);
	for (char *save, *word = strtok_r(copy, " ", &save); word;
		word = strtok_r(NULL, " ", &save)) {
		r.mark.column = (uint32_t)(word - copy) + 1;
		text_word(&r, word);
	}
	return r.config;
}
