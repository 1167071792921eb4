/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The kernel's tables in /proc/self/net, read into trees. */

#include "lib/json/document.h"

/**
 * nbc_proc_ptype() - the packet types of /proc/net/ptype (ptype_seq_show())
 *
 * Return: a list of {type, name, device, function}; type is hexadecimal, "ALL" for taps.
 */
struct json_object *nbc_proc_ptype(const char *text);

/** nbc_proc_protocols() - {name, sockets} of /proc/net/protocols, those with sockets (proto_seq_printf()) */
struct json_object *nbc_proc_protocols(const char *text);

/**
 * nbc_proc_counters() - add the counters of a table to a mapping: {"TcpInSegs": 12, ...}
 *
 * Of /proc/net/snmp and netstat, pairs of lines of names and of numbers, and of snmp6, a name and
 * a number a line. What makes no sense is passed over.
 */
void nbc_proc_counters(const char *text, struct json_object *into);

/** nbc_proc_read() - all of /proc/self/net/@name as text, freed by the caller; NULL: it cannot be read */
char *nbc_proc_read(const char *name);
