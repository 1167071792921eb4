/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The kernel's user interface as netbond needs it: the distribution's headers plus the newest
 * constants, which older headers lack. What the running kernel supports is learnt from its
 * dumps, never from these numbers. A macro may stand over an enumerator of the same value.
 */

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_bonding.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#define IFLA_BOND_COUPLED_CONTROL 32
#define IFLA_BOND_BROADCAST_NEIGH 33
#define IFLA_BOND_LACP_STRICT 34
#define NB_BOND_ATTR_END 35 /* one past the newest bond attribute */

#define IFLA_BOND_SLAVE_ACTOR_PORT_PRIO 10
#define IFLA_BOND_SLAVE_AD_CHURN_ACTOR_STATE 11
#define IFLA_BOND_SLAVE_AD_CHURN_PARTNER_STATE 12
#define NB_SLAVE_ATTR_END 13 /* one past the newest slave attribute */

#define NB_AD_INFO_ATTR_END 6 /* one past IFLA_BOND_AD_INFO_PARTNER_MAC */

#define IFA_PROTO 11

#define NB_PROTOCOL 110 /* IFA_PROTO and rtm_protocol of everything that netbond adds */
