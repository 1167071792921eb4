/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /proc/net/bonding/NAME: the only place where a port's own partner and keys stand. */
#include <string.h>

#include "lib/core/explain.h"

enum section { HEAD, OWN, PARTNER };

struct reading {
	const struct nb_netns *ns;
	struct nb_port_facts *ports;
	size_t n_ports;
	struct nb_port_facts *port; /* NULL: none of these */
	enum section section;
};

/* What stands behind "WORD: " in a line, NULL for another line. */
static const char *value_of(const char *line, const char *word)
{
	const size_t n = strlen(word);

	line += strspn(line, " \t");
	return strncmp(line, word, n) == 0 && line[n] == ':' ?
		       line + n + 1 + strspn(line + n + 1, " ") :
		       NULL;
}

static void begin_port(struct reading *r, const char *name)
{
	const struct nb_link *link = nb_netns_find(r->ns, name);

	r->port = NULL;
	r->section = HEAD;
	for (size_t i = 0; link && i < r->n_ports; i++)
		if (r->ports[i].ifindex == link->ifindex)
			r->port = &r->ports[i];
}

static void read_key(const char *text, uint16_t *ret)
{
	uint64_t number;

	if (nb_parse_u64(text, UINT16_MAX, &number) == 0)
		*ret = (uint16_t)number;
}

static void read_port(struct reading *r, const char *line)
{
	const char *value;

	if (strncmp(line, "details actor", 13) == 0)
		r->section = OWN;
	else if (strncmp(line, "details partner", 15) == 0)
		r->section = PARTNER;
	else if ((value = value_of(line, "Actor Churn State")))
		r->port->own_churned = nb_streq(value, "churned");
	else if ((value = value_of(line, "Partner Churn State")))
		r->port->partner_churned = nb_streq(value, "churned");
	else if (r->section == OWN && (value = value_of(line, "port key")))
		read_key(value, &r->port->own_key);
	else if (r->section == PARTNER && (value = value_of(line, "oper key")))
		read_key(value, &r->port->partner_key);
	else if (r->section == PARTNER && (value = value_of(line, "system mac address")))
		r->port->has_lacp = nb_mac_parse(value, r->port->partner_system) == 0;
}

static void read_line(struct reading *r, const char *line)
{
	const char *name = value_of(line, "Slave Interface");

	if (name)
		begin_port(r, name);
	else if (r->port)
		read_port(r, line);
}

void nb_findings_proc(const char *text, const struct nb_netns *ns, struct nb_port_facts *ports,
	size_t n_ports)
{
	struct reading r = { .ns = ns, .ports = ports, .n_ports = n_ports };

	while (*text) {
		const size_t n = strcspn(text, "\n");
		char line[128];

		/* A longer line is none of those that are read. */
		if (n < sizeof(line)) {
			memcpy(line, text, n);
			line[n] = '\0';
			read_line(&r, line);
		}
		text += n + (text[n] == '\n');
	}
}
