/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What netbondd and netbond-nsd say to each other: sd-bus without a bus, over one socket. Every
 * method may be repeated: when the helper ends meanwhile, the caller connects again and asks again.
 *
 *   Create(s name, as types)          the namespace is there afterwards; types is ["net"]
 *   Delete(s name, b force)           its pin is gone afterwards
 *   Enter(s name) -> (hh)             the namespace, and an rtnetlink socket inside it
 *   Processes(s name) -> a(us)        id and command of each process that lives in it
 *   Bonding(h namespace, s bond) -> h the bond's file below proc's net/bonding, opened there
 *
 * Errors are those of lib/nl/netns.h, as System.Error.*.
 */

#define NBD_NSD_SOCKET "/run/netbond-nsd/sock"
#define NBD_NSD_PATH "/org/netbond1/nsd"
#define NBD_NSD_INTERFACE "org.netbond1.Nsd"
