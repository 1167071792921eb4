/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/metrics.h"

#include <inttypes.h>
#include <string.h>

enum object {
	DAEMON,
	BOND,
	SLAVE,
	LACP_SLAVE, /* in mode 802.3ad */
	OBJECTS,
};

enum how {
	NUMBER, /* the member .key */
	TRUTH,	/* the member .key, a truth value */
	GIVEN,	/* whether the member .key is there and not empty or 0 */
	LENGTH, /* of the list .key */
	STATE,	/* the text .key: one sample for each of .words, 1 where it is that one */
	INFO,	/* 1, with the members .words as labels */
	SPLIT,	/* the mapping .key: one sample for each of .words, its member; the label is .label */
	BITS,	/* the number .key: one sample for each of .words, bit by bit; the label is "bit" */
	ACTIVE, /* of a slave: whether the bond sends through it */
};

struct row {
	const char *name, *help;
	enum object object;
	enum how how;
	const char *within; /* the mapping that has the member; NULL = the object itself */
	const char *key;
	const char *const *words; /* ends with NULL */
	const char *label;	  /* of STATE and SPLIT */
	const char *fixed;	  /* one more label, as it stands */
	double factor;		  /* 0 = 1 */
};

#define WORDS(...) (const char *const[]){ __VA_ARGS__, NULL }
/* 802.1AX 6.4.2.3, from bit 0 on */
#define LACP_BITS                                                                            \
	WORDS("activity", "timeout", "aggregation", "synchronization", "collecting", "distributing", \
		"defaulted", "expired")
#define EVENT(of, word, text) \
	{ "netbond_bond_" word "_total", text, BOND, NUMBER, "events", of }
#define TRAFFIC(object, prefix, whose)                                                               \
	{ prefix "receive_bytes_total", "Bytes received" whose, object, NUMBER, "stats",             \
		"rx-bytes" },                                                                        \
	{ prefix "transmit_bytes_total", "Bytes sent" whose, object, NUMBER, "stats", "tx-bytes" },  \
	{ prefix "receive_packets_total", "Packets received" whose, object, NUMBER, "stats",         \
		"rx-packets" },                                                                      \
	{ prefix "transmit_packets_total", "Packets sent" whose, object, NUMBER, "stats",            \
		"tx-packets" },                                                                      \
	{ prefix "receive_errors_total", "Errors of receiving" whose, object, NUMBER, "stats",       \
		"rx-errors" },                                                                       \
	{ prefix "transmit_errors_total", "Errors of sending" whose, object, NUMBER, "stats",        \
		"tx-errors" },                                                                       \
	{ prefix "receive_dropped_total", "Received packets dropped" whose, object, NUMBER, "stats", \
		"rx-dropped" },                                                                      \
	{ prefix "transmit_dropped_total", "Packets to be sent dropped" whose, object, NUMBER,       \
		"stats", "tx-dropped" },                                                             \
	{ prefix "receive_nohandler_total",                                                          \
		"Packets received and dropped because the slave is not active" whose, object,        \
		NUMBER, "stats", "rx-nohandler" },                                                   \
	{ prefix "carrier_changes_total", "Times the carrier came or went" whose, object, NUMBER,    \
		"stats", "carrier-changes" }
#define LACPDUS(direction, kind, key)                                                    \
	{ "netbond_slave_lacpdus_" direction "_total", "LACPDUs " kind, LACP_SLAVE, NUMBER, \
		"stats", key }

static const struct row rows[] = {
	{ "netbond_build_info", "Version of netbondd", DAEMON, INFO, .words = WORDS("version") },
	{ "netbond_daemon_start_time_seconds", "Start of netbondd since 1970; counters of events begin then",
		DAEMON, NUMBER, "stats", "started" },
	{ "netbond_daemon_resident_memory_bytes", "Memory that netbondd uses", DAEMON, NUMBER,
		"stats", "resident-bytes" },
	{ "netbond_daemon_state", "What netbondd does", DAEMON, STATE, NULL, "state",
		WORDS("idle", "settling", "observing", "applying", "waiting", "backoff", "held"),
		"state" },
	{ "netbond_daemon_degraded", "1: what the files say is not in force", DAEMON, GIVEN, NULL,
		"degraded" },
	{ "netbond_daemon_held_differences", "Differences of all bonds that are left as they are",
		DAEMON, NUMBER, NULL, "held" },
	{ "netbond_daemon_configurations_total", "Configurations taken", DAEMON, NUMBER, NULL,
		"generation" },
	{ "netbond_daemon_netlink_requests_total", "Messages sent to the kernel", DAEMON, NUMBER,
		"stats", "netlink-requests" },
	{ "netbond_daemon_observations_total", "Times all of the network was read", DAEMON, NUMBER,
		"stats", "observations" },
	{ "netbond_daemon_history_lost_total", "Entries of the history that could not be written",
		DAEMON, NUMBER, "stats", "history-lost" },
	{ "netbond_transactions_total", "Configurations applied, by what came out", DAEMON, SPLIT,
		"stats", "transactions", WORDS("converged", "held", "pending", "failed"), "result" },

	{ "netbond_bond_info", "Key in the configuration, empty for a foreign bond, and mode", BOND,
		INFO, .words = WORDS("key", "mode") },
	{ "netbond_bond_state", "State of a bond", BOND, STATE, NULL, "state",
		WORDS("up", "waiting", "degraded", "down", "missing"), "state" },
	{ "netbond_bond_since_timestamp_seconds",
		"When the bond came into its state, or was first seen in it, since 1970; 0 unknown",
		BOND, NUMBER, NULL, "since", .factor = 1e-6 },
	{ "netbond_bond_carrier", "1: the bond has carrier", BOND, TRUTH, NULL, "carrier" },
	{ "netbond_bond_slaves", "Slaves of a bond", BOND, LENGTH, NULL, "slaves" },
	{ "netbond_bond_slaves_usable", "Slaves through which the bond could send", BOND, NUMBER, NULL,
		"usable" },
	{ "netbond_bond_slaves_waiting", "Slaves in the configuration that are not there yet", BOND,
		LENGTH, NULL, "waiting" },
	{ "netbond_bond_held_differences", "Differences that are left as they are", BOND, LENGTH, NULL,
		"held" },
	{ "netbond_bond_paused", "1: left alone because a human said so", BOND, GIVEN, NULL,
		"paused" },
	{ "netbond_bond_lacp_ports", "Ports in the active aggregator, 0 outside 802.3ad", BOND, NUMBER,
		"ad-info", "num-ports" },
	EVENT("failover", "failovers", "Changes of the active slave"),
	EVENT("link", "link_changes", "Changes of the state of the bond and its slaves"),
	EVENT("lacp", "lacp_changes", "Changes of the LACP state of slaves"),
	EVENT("drift", "drifts_left", "Differences that were found and left as they are"),
	EVENT("repair", "repairs", "Operations that mended what nobody had asked for"),
	EVENT("failure", "failures", "Operations that the kernel refused"),
	EVENT("drill", "drills", "Slaves taken out and put back by drill"),
	TRAFFIC(BOND, "netbond_bond_", " by the bond"),

	{ "netbond_slave_up", "1: the bond's monitoring says the slave is up", SLAVE, STATE, NULL,
		"mii-status", WORDS("up"), NULL },
	{ "netbond_slave_carrier", "1: the slave has carrier", SLAVE, TRUTH, NULL, "carrier" },
	{ "netbond_slave_usable", "1: the bond could send through the slave", SLAVE, TRUTH, NULL,
		"usable" },
	{ "netbond_slave_active", "1: the bond sends through the slave", SLAVE, ACTIVE },
	{ "netbond_slave_speed_bytes", "Speed of the slave in bytes per second, 0 unknown", SLAVE,
		NUMBER, NULL, "speed", .factor = 125000 },
	{ "netbond_slave_link_failures_total", "Times the bond's monitoring lost the slave", SLAVE,
		NUMBER, NULL, "link-failure-count" },
	TRAFFIC(SLAVE, "netbond_slave_", " by the slave"),

	{ "netbond_slave_lacp_aggregator", "Number of the aggregator the port is in", LACP_SLAVE, NUMBER,
		NULL, "ad-aggregator-id" },
	{ "netbond_slave_lacp_actor_state", "Bits of the port's LACP state (802.1AX)", LACP_SLAVE, BITS,
		NULL, "ad-actor-oper-port-state", LACP_BITS },
	{ "netbond_slave_lacp_partner_state", "Bits of its partner's LACP state (802.1AX)", LACP_SLAVE,
		BITS, NULL, "ad-partner-oper-port-state", LACP_BITS },
	LACPDUS("received", "received", "lacpdu-rx"),
	LACPDUS("sent", "sent", "lacpdu-tx"),
	LACPDUS("unknown_received", "received that nobody understands", "lacpdu-unknown-rx"),
	LACPDUS("illegal_received", "received that break the rules", "lacpdu-illegal-rx"),
};

struct printing {
	FILE *out;
	const struct nbc_metrics *m;
	bool openmetrics;
	const struct row *row;
};

/* In a label's value \ and " and a newline are escaped. */
static void print_label(FILE *out, const char **gap, const char *name, const char *value)
{
	fprintf(out, "%s%s=\"", *gap, name);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else
			fprintf(out, "%s%c", *value == '\\' || *value == '"' ? "\\" : "", *value);
	}
	fputc('"', out);
	*gap = ",";
}

/* @label, @word: one more, where @label is not NULL */
static void print_sample(const struct printing *p, struct json_object *object, const char *label,
	const char *word, double value)
{
	const char *gap = "{";

	fputs(p->row->name, p->out);
	if (p->row->object != DAEMON) {
		bool slave = p->row->object != BOND;

		print_label(p->out, &gap, "namespace", nbc_get_text(object, "namespace"));
		print_label(p->out, &gap, "bond", nbc_get_text(object, slave ? "bond" : "name"));
		if (slave)
			print_label(p->out, &gap, "slave", nbc_get_text(object, "name"));
	}
	if (p->row->how == INFO)
		for (const char *const *key = p->row->words; *key; key++)
			print_label(p->out, &gap, *key, nbc_get_text(object, *key));
	if (label)
		print_label(p->out, &gap, label, word);
	fprintf(p->out, "%s %.17g\n", *gap == ',' ? "}" : "", value);
}

static bool is_given(struct json_object *value)
{
	if (json_object_is_type(value, json_type_string))
		return json_object_get_string_len(value) > 0;
	return json_object_get_double(value) != 0;
}

static void print_words(const struct printing *p, struct json_object *object, struct json_object *value)
{
	const struct row *row = p->row;
	uint64_t bits = json_object_get_uint64(value);

	for (size_t i = 0; row->words[i]; i++) {
		const char *word = row->words[i];

		if (row->how == STATE)
			print_sample(p, object, row->label, word,
				value && nb_streq(json_object_get_string(value), word));
		else if (row->how == SPLIT)
			print_sample(p, object, row->label, word,
				(double)nbc_get_number(value, word));
		else
			print_sample(p, object, "bit", word, (double)(bits >> i & 1));
	}
}

static void print_object(const struct printing *p, struct json_object *object)
{
	const struct row *row = p->row;
	struct json_object *map = row->within ? nbc_get(object, row->within) : object;
	struct json_object *value = row->key ? nbc_get(map, row->key) : NULL;

	switch (row->how) {
	case INFO:
		print_sample(p, object, NULL, NULL, 1);
		break;
	case NUMBER:
		print_sample(p, object, NULL, NULL,
			json_object_get_double(value) * (row->factor != 0 ? row->factor : 1));
		break;
	case TRUTH:
		print_sample(p, object, NULL, NULL, json_object_get_boolean(value));
		break;
	case GIVEN:
		print_sample(p, object, NULL, NULL, is_given(value));
		break;
	case LENGTH:
		print_sample(p, object, NULL, NULL, (double)nbc_list_length(map, row->key));
		break;
	case ACTIVE:
		print_sample(p, object, NULL, NULL, nbc_get_bool(object, "active", false));
		break;
	case STATE:
	case SPLIT:
	case BITS:
		print_words(p, object, value);
		break;
	}
}

static bool is_counter(const char *name)
{
	size_t length = strlen(name);

	return length > 6 && nb_streq(name + length - 6, "_total");
}

static void print_head(FILE *out, const char *name, const char *help, bool openmetrics)
{
	bool counter = is_counter(name);
	/* OpenMetrics names a family of counters without their ending. */
	int length = (int)(strlen(name) - (counter && openmetrics ? 6 : 0));

	fprintf(out, "# HELP %.*s %s\n# TYPE %.*s %s\n", length, name, help, length, name,
		counter ? "counter" : "gauge");
}

static void print_list(const struct printing *p, struct json_object *list)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *object = json_object_array_get_idx(list, i);

		if (p->row->object != LACP_SLAVE ||
			nb_streq(nbc_get_text(object, "mode"), nb_mode_name(BOND_MODE_8023AD)))
			print_object(p, object);
	}
}

void nbc_metrics_print(FILE *out, const struct nbc_metrics *m, bool openmetrics)
{
	struct printing p = { .out = out, .m = m, .openmetrics = openmetrics };

	print_head(out, "netbond_up", "1: netbondd answers", openmetrics);
	fprintf(out, "netbond_up %d\n", m != NULL);
	for (size_t i = 0; m && i < NB_ARRAY_SIZE(rows); i++) {
		p.row = &rows[i];
		print_head(out, p.row->name, p.row->help, openmetrics);
		if (p.row->object == DAEMON)
			print_object(&p, m->daemon);
		else
			print_list(&p, p.row->object == BOND ? m->bonds : m->slaves);
	}
	if (openmetrics)
		fputs("# EOF\n", out);
}
