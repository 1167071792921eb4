/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* From a tree to a D-Bus message, by signature. */

#include <systemd/sd-bus.h>

#include "daemon/daemon.h"
#include "lib/json/document.h"

/**
 * nbd_value_append() - append @json as one value of @signature
 * @signature:  u t i b s as a{sv}
 * @scope:      the rows an a{sv} holds; a key without a row is left out
 *
 * Return: 0 or more; a negative errno.
 */
int nbd_value_append(sd_bus_message *message, const char *signature, enum nb_scope scope,
	struct json_object *json);

/** nbd_problems_error() - set @error to Invalid, with the problems of @diag as its text. Return: < 0. */
int nbd_problems_error(sd_bus_error *error, struct nb_diag *diag);

/** nbd_failure_error() - -EBADMSG: as above; else Failed, "@what: errno". Return: < 0. */
int nbd_failure_error(sd_bus_error *error, int r, struct nb_diag *diag, const char *what);

/** nbd_busy_error() - an apply or a try is under way. Return: < 0. */
int nbd_busy_error(const struct nbd *d, sd_bus_error *error);

/** nbd_no_such_bond_error() - Return: < 0. */
int nbd_no_such_bond_error(sd_bus_error *error, const char *bond);

/** nbd_json_reply() - answer a call with one text. Return: as sd_bus_reply_method_return(). */
int nbd_json_reply(sd_bus_message *message, struct json_object *json);

/** nbd_json_append() - append a tree as text, as nbd_json_reply() writes it */
void nbd_json_append(struct nb_text *out, struct json_object *json);

#define NBD_ERROR_INVALID "org.netbond1.Error.Invalid"
#define NBD_ERROR_BUSY "org.netbond1.Error.Busy"
#define NBD_ERROR_STALE "org.netbond1.Error.Stale"
#define NBD_ERROR_NO_SUCH_BOND "org.netbond1.Error.NoSuchBond"
#define NBD_ERROR_NO_SUCH_SLAVE "org.netbond1.Error.NoSuchSlave"
#define NBD_ERROR_REFUSED "org.netbond1.Error.Refused"
#define NBD_ERROR_FAILED "org.netbond1.Error.Failed"
