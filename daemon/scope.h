/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A process that outlives the service it was started by: in a transient scope of its own.
 */

#include <sys/types.h>

/**
 * nbd_scope_adopt() - give process 1 of the pid namespace of @set its scope, netbond-ns-SET.scope
 *
 * Asked of process 1 of the machine itself, so that it works without a bus. Where no systemd runs
 * there is nothing to save it from. Waits until the process is there. Return: 0; -ETIMEDOUT; another
 * negative errno: systemd refused.
 */
int nbd_scope_adopt(const char *set, pid_t holder);
