/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The daemon's objects with their counters at this moment. */

#include "cli/objects.h"

/**
 * nbc_counted_get() - nbc_objects_get(), and more members
 *
 * Of the manager, bonds and slaves: "stats". Of bonds: "events", and "usable" for the number of usable
 * slaves. Of slaves: "mode" of the bond, and "active" for whether frames leave by it.
 * Return: 0; a negative errno, told.
 */
int nbc_counted_get(struct nbc_client *c, struct nbc_objects *ret);
