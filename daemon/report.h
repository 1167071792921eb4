/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the reconciler does, told: to the log, on the bus, to the service manager, to the disk. */

#include "daemon/daemon.h"

/* Their context is struct nbd. */
extern const struct nbd_reconciler_hooks nbd_report_hooks;

/** nbd_report() - tell the service manager, and people who look at the unit, where it stands */
void nbd_report(struct nbd *d);

/** nbd_report_reloading() - tell the service manager that a reload begins; its end is told too */
void nbd_report_reloading(struct nbd *d);
