/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What happened, as the daemon's history has it, in words. */

#include "cli/objects.h"

/** nbc_entry_say() - append an entry in one sentence, without its time and bond */
void nbc_entry_say(struct json_object *entry, struct nb_text *out);

/** nbc_entry_title() - append the bond of an entry, "bond0" or "bond0 (blue)"; "-" for none */
void nbc_entry_title(struct json_object *entry, struct nb_text *out);

/** nbc_entry_when() - the local time of an entry: "2026-11-28 14:05:32"; its own words if unreadable */
void nbc_entry_when(struct json_object *entry, char ret[32]);

/**
 * nbc_entries_get() - ask the daemon for its history
 * @bond:     key, name, NAMESPACE/NAME; "" = all
 * @since:    µs since 1970; 0 = all
 * @count:    the newest that many; 0 = all
 * @needed:   an older daemon without a history is an error, told; else it has no entries
 * @ret:      a document with the list "entries", owned by the caller
 *
 * Return: 0; a negative errno, told.
 */
int nbc_entries_get(struct nbc_client *c, const char *bond, uint64_t since, uint32_t count,
	bool needed, struct json_object **ret);

/** nbc_say_span() - append a span of milliseconds: "84 ms", "3.2 s", "1h30m" */
void nbc_say_span(double ms, struct nb_text *out);
