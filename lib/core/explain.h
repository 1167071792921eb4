/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is wrong with a bond, in sentences: a pure function over what was observed. Each finding
 * says what was seen, what that means, what the likely cause is, and what mends it. The rules and
 * their order come from faults made in the lab (tests/real/explain.py makes them again).
 */

#include "lib/core/model.h"

struct nb_goal;

/* What rtnetlink's dump of links does not tell of one slave; lib/nl/facts.h gathers it. */
struct nb_port_facts {
	int ifindex;
	bool has_speed;
	uint32_t speed; /* Mbit/s, 0 = the driver does not know it */
	bool half_duplex;
	bool has_counters;
	uint64_t lacpdu_rx, lacpdu_tx; /* since it was enslaved */
	bool has_lacp;		       /* the rest is known */
	uint16_t own_key;
	uint8_t partner_system[6];     /* all zero: none was heard */
	uint16_t partner_key;
	bool own_churned, partner_churned;
	uint64_t lacp_age_ms;	       /* since its LACP state changed; UINT64_MAX = not known */
};

struct nb_explain_input {
	const char *name;	   /* of the bond */
	const struct nb_netns *ns; /* NULL: its namespace is not there */
	const struct nb_link *bond; /* NULL: it is not there */
	const struct nb_port_facts *ports;
	size_t n_ports;
	const struct nb_goal *goal; /* NULL: not declared */
	bool details;		   /* the reader may know the partners and keys of single ports, as in
				    * /proc/net/bonding (bond_info_show_slave(): CAP_NET_ADMIN) */
	struct nb_ip gateway;	    /* of the default route through the bond; .family 0 = none */
	bool has_gateway_mac;
	uint8_t gateway_mac[6];
};

/* Worst last, so that they can be compared. */
enum nb_finding_severity {
	NB_FINDING_NOTE,    /* works; good to know */
	NB_FINDING_WARNING, /* works, but with less than it should have, or it will not when needed */
	NB_FINDING_ALARM,   /* traffic is lost */
};

struct nb_finding {
	const char *id; /* static, a word with dashes: stable */
	enum nb_finding_severity severity;
	char *slaves;	/* "eth0, eth1"; NULL: the bond as a whole */
	char *seen;
	char *means;
	char *cause;
	char *mend;
};

/* Zero is an empty one. */
struct nb_findings {
	struct nb_finding *items; /* worst first */
	size_t n, capacity;
};

/**
 * nb_explain() - find what is wrong
 * @ret:  nb_findings_done(); empty: nothing is
 *
 * Return: 0, -ENOMEM.
 */
int nb_explain(const struct nb_explain_input *in, struct nb_findings *ret);

/** nb_findings_done() - free all */
void nb_findings_done(struct nb_findings *findings);

/** nb_finding_severity_name() - "note", "warning" or "alarm" */
const char *nb_finding_severity_name(enum nb_finding_severity severity);

/**
 * nb_findings_proc() - read the text of /proc/net/bonding/NAME into the ports
 *
 * Of each port in @ports that the text has: keys, partner and churn (bond_info_show_slave(); the
 * details are shown to readers with CAP_NET_ADMIN alone). What it does not have stays as it is.
 */
void nb_findings_proc(const char *text, const struct nb_netns *ns, struct nb_port_facts *ports,
	size_t n_ports);
