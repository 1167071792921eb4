/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/snapshot.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/nl/rtnl.h"

#define UDEV_CONTROL "/run/udev/control" /* there while udevd runs or was ever started */
#define UDEV_DATA "/run/udev/data/n%d"	 /* written when the device is initialised */

static int by_ifindex(const void *a, const void *b)
{
	const struct nb_link *const *x = a, *const *y = b;

	return ((*x)->ifindex > (*y)->ifindex) - ((*x)->ifindex < (*y)->ifindex);
}

void nb_snapshot_sort(struct nb_link **links, size_t n)
{
	if (n > 1)
		qsort(links, n, sizeof(*links), by_ifindex);
}

void nb_snapshot_peers(struct nb_netns *ns)
{
	/* IFLA_LINK of veth, netkit and vxcan is the other end (dev_get_iflink()). */
	for (size_t i = 0; i < ns->links.n; i++) {
		struct nb_link *one = nb_netns_link(ns, i), *other;

		if (one->lower == 0)
			continue;
		other = nb_netns_find_index(ns, one->lower);
		if (!other || other->lower != one->ifindex)
			continue;
		one->lower = 0;
		other->lower = 0;
	}
}

static int by_master(const void *a, const void *b)
{
	const struct nb_link *const *x = a, *const *y = b;

	if ((*x)->master != (*y)->master)
		return (*x)->master < (*y)->master ? -1 : 1;
	return by_ifindex(a, b);
}

static struct nb_link *find_name(struct nb_link **slaves, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(slaves[i]->name, name) == 0)
			return slaves[i];
	return NULL;
}

/* Name of slave @i of a bond. Return: 0, a negative errno. */
static int ask_slave(const struct nb_space *space, const char *bond, size_t i, char ret[IFNAMSIZ])
{
	struct ifslave slave = { .slave_id = (int)i };
	struct ifreq request = { .ifr_data = (void *)&slave };

	strcpy(request.ifr_name, bond);
	if (ioctl(nb_rtnl_fd(space->rtnl), SIOCBONDSLAVEINFOQUERY, &request) < 0)
		return -errno;
	memcpy(ret, slave.slave_name, IFNAMSIZ);
	ret[IFNAMSIZ - 1] = '\0';
	return 0;
}

/*
 * The order of the @n slaves of one bond: the last one needs no question. What is asked may be
 * newer than what was dumped: unless each name fits and is new, no position is known.
 */
void nb_snapshot_order_of(
	const struct nb_space *space, const char *bond, struct nb_link **slaves, size_t n)
{
	char name[IFNAMSIZ];
	size_t i;

	for (i = 0; i + 1 < n; i++) {
		struct nb_link *slave = NULL;

		if (ask_slave(space, bond, i, name) == 0)
			slave = find_name(slaves, n, name);
		if (!slave || slave->slave_position != 0)
			break;
		slave->slave_position = (uint32_t)i + 1;
	}
	for (size_t k = 0; k < n; k++) {
		if (i + 1 < n)
			slaves[k]->slave_position = 0;
		else if (slaves[k]->slave_position == 0)
			slaves[k]->slave_position = (uint32_t)n;
	}
}

int nb_snapshot_order(const struct nb_space *space, struct nb_netns *ns)
{
	struct nb_link **slaves = calloc(ns->links.n + 1, sizeof(*slaves));
	size_t n = 0, end;

	if (!slaves)
		return -ENOMEM;
	for (size_t i = 0; i < ns->links.n; i++) {
		struct nb_link *link = nb_netns_link(ns, i);

		if (link->master != 0 && nb_streq(link->slave_kind, "bond"))
			slaves[n++] = link;
	}
	qsort(slaves, n, sizeof(*slaves), by_master);
	for (size_t i = 0; i < n; i = end) {
		const struct nb_link *bond = nb_netns_find_index(ns, slaves[i]->master);

		for (end = i + 1; end < n && slaves[end]->master == slaves[i]->master; end++)
			;
		if (bond)
			nb_snapshot_order_of(space, bond->name, &slaves[i], end - i);
	}
	free(slaves);
	return 0;
}

void nb_snapshot_udev(struct nb_netns *ns)
{
	bool running = false, asked = false;

	for (size_t i = 0; i < ns->links.n; i++) {
		struct nb_link *link = nb_netns_link(ns, i);
		char path[sizeof(UDEV_DATA) + 12];

		if (!link->parent)
			continue;
		if (!asked)
			running = access(UDEV_CONTROL, F_OK) == 0;
		asked = true;
		if (!running)
			return;
		snprintf(path, sizeof(path), UDEV_DATA, link->ifindex);
		link->udev_pending = access(path, F_OK) < 0 && errno == ENOENT;
		ns->udev_pending |= link->udev_pending;
	}
}

int nb_snapshot_drivers(const struct nb_space *space, struct nb_netns *ns)
{
	for (size_t i = 0; i < ns->links.n; i++) {
		struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
		struct ifreq request = { .ifr_data = (void *)&info };
		struct nb_link *link = nb_netns_link(ns, i);

		if (!link->parent)
			continue;
		strcpy(request.ifr_name, link->name);
		if (ioctl(nb_rtnl_fd(space->rtnl), SIOCETHTOOL, &request) < 0)
			continue; /* gone meanwhile: it has no driver to match */
		info.driver[sizeof(info.driver) - 1] = '\0';
		nb_word_free(link->driver);
		link->driver = nb_word_dup(info.driver);
		if (!link->driver)
			return -ENOMEM;
	}
	return 0;
}
