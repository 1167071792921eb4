/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What comes over D-Bus as a tree of cli/document.h, so that every verb prints it one way. */

#include <systemd/sd-bus.h>

#include "cli/document.h"

/**
 * nbc_doc_set_dbus() - a member whose key is a D-Bus name: "XmitHashPolicy" is "xmit-hash-policy"
 *
 * A key without capital letters stays as it is.
 */
void nbc_doc_set_dbus(struct json_object *map, const char *name, struct json_object *value);

/**
 * nbc_doc_read() - the next complete value of a message
 * @ret:  owned by the caller; numbers, truth values, texts and paths, lists, mappings by text;
 *        what a variant holds stands for the variant. NULL where the message ends
 *
 * Return: 1; 0 the container has ended; a negative errno the message makes no sense.
 */
int nbc_doc_read(sd_bus_message *m, struct json_object **ret);
