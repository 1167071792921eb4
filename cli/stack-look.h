/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The ways of frames through one network namespace, as a document. */

#include "cli/command.h"
#include "lib/json/document.h"

/**
 * nbc_stack_look() - look twice, @usec apart, at the namespace of this process
 * @name:  what it is called in the document
 * @ret:   owned by the caller:
 *	links: from the wire up, each tower of links that belong together in one piece: name, kind,
 *		state, height above the wire, master, lower, role, mode, active, addresses, filter,
 *		counters {name: {value, rise}};
 *	packet-types, protocols: as nbc_proc_ptype() and nbc_proc_protocols();
 *	counters: {name: {value, rise}} of the protocols; hooks: of netfilter, null where not known
 *
 * Return: 0; a negative errno, told.
 */
int nbc_stack_look(
	const struct nbc *nbc, const char *name, uint64_t usec, struct json_object **ret);
