/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Inside of describe.h: getters that stand in another file than the lists. */

#include "daemon/describe.h"

/** nbd_value_json() - a value as the bus shows it: no device is "", not null */
struct json_object *nbd_value_json(const struct nb_option *row, union nb_value value);

struct json_object *nbd_get_options(
	const struct nbd_object *object, const struct nbd_property *property);
struct json_object *nbd_get_wanted(
	const struct nbd_object *object, const struct nbd_property *property);
struct json_object *nbd_get_row(
	const struct nbd_object *object, const struct nbd_property *property);

/* Since when a bond is as it is (since.c). */
struct json_object *nbd_get_since(
	const struct nbd_object *object, const struct nbd_property *property);
struct json_object *nbd_get_since_seen(
	const struct nbd_object *object, const struct nbd_property *property);

/** nbd_bond_state() - "up", "degraded", "waiting", "down", "missing" */
const char *nbd_bond_state(const struct nbd_object *o);

/* Whether `netbondctl wait-online` waits for the bond, and what for (property-online.c). */
struct json_object *nbd_get_required(
	const struct nbd_object *object, const struct nbd_property *property);
struct json_object *nbd_get_required_slaves(
	const struct nbd_object *object, const struct nbd_property *property);
struct json_object *nbd_get_unready_addresses(
	const struct nbd_object *object, const struct nbd_property *property);
