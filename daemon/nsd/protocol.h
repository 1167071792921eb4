/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What netbondd and netbond-nsd say to each other: sd-bus without a bus, over one socket. Every
 * method may be repeated: when the helper ends meanwhile, the caller connects again and asks again.
 *
 *   Create(s name)                    the network namespace is there afterwards
 *   Delete(s name, b force)           its pin is gone afterwards
 *   Enter(s name) -> (hh)             the namespace, and an rtnetlink socket inside it
 *   Processes(s name) -> a(us)        id and command of each process that lives in it
 *   Bonding(h namespace, s bond) -> h the bond's file below proc's net/bonding, opened there
 *   CreateType(s set, s type, s from, b replace, b force, b inside, s hostname, x monotonic,
 *              x boottime, s uids, s gids)
 *                                     that type of the set is there afterwards: from's, or a new
 *                                     one, made inside the user namespace of the set
 *   SetHostname(s set, s hostname)    of its uts
 *   DeleteType(s set, s type, b force) its pin is gone afterwards
 *   Set(s set) -> (utia(stt)sxxss)    types of the kernel (NB_NS_BIT), own user namespace; of the
 *                                     set: process 1 of pid, (type, inode, owner), hostname,
 *                                     offsets, maps
 *   Members(s set, u types) -> a(us)  who lives in one of them
 *   Holder(s set) -> h                a pidfd of process 1 of its pid
 *
 * Maps travel as /proc/PID/uid_map has them. Errors are those of lib/nl/netns.h and nstype.h, as
 * System.Error.*.
 */

#define NBD_NSD_SOCKET "/run/netbond-nsd/sock"
#define NBD_NSD_PATH "/org/netbond1/nsd"
#define NBD_NSD_INTERFACE "org.netbond1.Nsd"
