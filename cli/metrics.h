/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Bonds as metrics: the rows of one table, each a family with its name, its help and its value. */

#include "cli/objects.h"

/* Everything a row can take its value from. */
struct nbc_metrics {
	struct json_object *daemon; /* the manager's properties, and "stats" of its own */
	struct json_object *bonds;  /* lists; each object has "stats" (links) and "events" (bonds) */
	struct json_object *slaves;
};

/**
 * nbc_metrics_print() - all families, in the order of the table
 * @m:            NULL: the daemon is not there, which is a metric, too
 * @openmetrics:  in the format of OpenMetrics 1.0 instead of Prometheus' text format 0.0.4, which
 *                node_exporter's textfile collector and promtool read
 */
void nbc_metrics_print(FILE *out, const struct nbc_metrics *m, bool openmetrics);
