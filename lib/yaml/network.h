/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Addresses and routes as a file says them: what is wanted (configuration) and what was there
 * (snapshot, which may say more of each). Private to lib/yaml.
 */

#include "lib/yaml/walk.h"

/* Names in a snapshot for what the kernel numbers; each list ends with a NULL name. */
extern const struct nb_name nb_yaml_scopes[];	 /* RT_SCOPE_* */
extern const struct nb_name nb_yaml_protocols[]; /* RTPROT_*, NB_PROTOCOL, of a route */
extern const struct nb_name nb_yaml_address_protos[]; /* IFAPROT_*, NB_PROTOCOL */
extern const struct nb_name nb_yaml_route_types[]; /* RTN_* */
extern const struct nb_name nb_yaml_tables[];	 /* RT_TABLE_* */
extern const struct nb_name nb_yaml_address_flags[]; /* IFA_F_* */

/**
 * nb_yaml_take_address() - one item of `addresses:`, a text or a mapping
 * @ret:  in a configuration: of protocol NB_PROTOCOL, lasting for ever unless `preferred: 0`; in
 *        a snapshot: as nb_yaml_address_flags() says where the file is silent
 */
int nb_yaml_take_address(struct nb_yaml_walk *w, const struct nb_yaml_node *node, bool snapshot,
	struct nb_address *ret);

/**
 * nb_yaml_take_route() - one item of `routes:`, a mapping
 * @ret:  unicast, table main, IPv6 metric never 0; in a configuration of protocol NB_PROTOCOL, in
 *        a snapshot of protocol boot where the file is silent
 */
int nb_yaml_take_route(struct nb_yaml_walk *w, const struct nb_yaml_node *node, bool snapshot,
	struct nb_route *ret);

/** nb_yaml_address_scope() - the scope the kernel or iproute2 gives an address by itself */
uint8_t nb_yaml_address_scope(const struct nb_ip *ip);

/** nb_yaml_address_default_flags() - IFA_F_* that follow from the lifetimes of an address */
uint32_t nb_yaml_address_default_flags(const struct nb_address *address);

/** nb_yaml_route_scope() - the scope iproute2 gives a route: link without via, for IPv4 */
uint8_t nb_yaml_route_scope(const struct nb_route *route);
