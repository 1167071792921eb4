/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/facts.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/nl/netns.h"
#include "lib/nl/rtnl.h"
#include "lib/nl/stats.h"

#define PROC_BYTES_MAX (1u << 20) /* a port takes 1 kB */

struct reading {
	struct nb_port_facts *ports;
	size_t n;
};

static int take_counters(void *context, const struct nb_stats *stats)
{
	const struct reading *r = context;

	for (size_t i = 0; i < r->n; i++) {
		if (r->ports[i].ifindex != stats->ifindex || !stats->has_lacp)
			continue;
		r->ports[i].has_counters = true;
		r->ports[i].lacpdu_rx = stats->lacp[BOND_3AD_STAT_LACPDU_RX];
		r->ports[i].lacpdu_tx = stats->lacp[BOND_3AD_STAT_LACPDU_TX];
	}
	return 0;
}

/* As bond_update_speed_duplex() asks; a driver that does not tell is a speed nobody knows. */
static void take_speed(
	const struct nb_space *space, const struct nb_link *slave, struct nb_port_facts *port)
{
	struct ethtool_cmd command = { .cmd = ETHTOOL_GSET };
	struct ifreq request = { .ifr_data = (void *)&command };
	uint32_t speed;

	strcpy(request.ifr_name, slave->name);
	if (ioctl(nb_rtnl_fd(space->rtnl), SIOCETHTOOL, &request) < 0) {
		port->has_speed = errno == EOPNOTSUPP;
		return;
	}
	speed = ethtool_cmd_speed(&command);
	port->has_speed = true;
	port->speed = speed == (uint32_t)SPEED_UNKNOWN ? 0 : speed;
	port->half_duplex = command.duplex == DUPLEX_HALF;
}

static int read_all(int fd, struct nb_text *out)
{
	char part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0 && out->length < PROC_BYTES_MAX)
		nb_text_add(out, "%.*s", (int)n, part);
	return out->failed ? -ENOMEM : n < 0 ? -errno : 0;
}

/* Only the driver's own text tells the partner of a port; without it less is found. */
static int take_partners(const struct nb_netns_provider *provider, const struct nb_netns *ns,
	const struct nb_link *bond, struct nb_port_facts *ports, size_t n)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	int fd, r = provider->bonding(provider->context, ns->name, bond->name, &fd);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = read_all(fd, &text);
	close(fd);
	if (r == 0 && text.text)
		nb_findings_proc(text.text, ns, ports, n);
	return r == -ENOMEM ? r : 0;
}

int nb_facts_take(struct nb_space *space, const struct nb_netns_provider *provider,
	const struct nb_netns *ns, const struct nb_link *bond, struct nb_port_facts **ret)
{
	NB_CLEANUP(nb_freep) struct nb_link **slaves = NULL;
	NB_CLEANUP(nb_freep) struct nb_port_facts *ports = NULL;
	int r, n = nb_netns_slaves(ns, bond, &slaves);

	if (n < 0)
		return n;
	ports = calloc((size_t)n + 1, sizeof(*ports));
	if (!ports)
		return -ENOMEM;
	for (int i = 0; i < n; i++) {
		ports[i] = (struct nb_port_facts){ .ifindex = slaves[i]->ifindex,
			.lacp_age_ms = UINT64_MAX };
		take_speed(space, slaves[i], &ports[i]);
	}
	r = nb_stats_take(space, take_counters, &(struct reading){ ports, (size_t)n });
	if (r != -ENOMEM)
		r = take_partners(provider, ns, bond, ports, (size_t)n);
	if (r < 0)
		return r;
	*ret = nb_steal(&ports);
	return n;
}
