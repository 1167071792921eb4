/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of addresses when their device changes (inetdev_event(), addrconf_notify()). */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "tests/model/internal.h"

#define GEN_MODE_NONE   1
#define PROTO_KERNEL_LL 3 /* IFAPROT_KERNEL_LL */

static bool is_linklocal(const struct nb_address *a)
{
	return a->ip.family == AF_INET6 && nb_ip_is_linklocal(&a->ip);
}

void model_dad_start(struct nb_model *m, struct model_dev *dev, struct nb_address *a)
{
	struct dad dad = { .ip = a->ip, .left = m->knobs.dad_ticks };

	if ((a->flags & IFA_F_NODAD) || nb_streq(dev->link->name, "lo"))
		return;
	if (dev->ipv6_ready && dad.left == 0)
		return;
	a->flags |= IFA_F_TENTATIVE;
	if (nb_grow(&dev->dads, dev->n_dads, &dev->dad_capacity, sizeof(*dev->dads)) < 0)
		model_no_memory(m);
	else
		dev->dads[dev->n_dads++] = dad;
}

/* Runs while the device is ready; addresses that are gone are forgotten. */
void model_dad_tick(struct nb_model *m, struct model_dev *dev, unsigned ticks)
{
	for (size_t d = 0; dev->ipv6_ready && d < dev->n_dads;) {
		struct dad *dad = &dev->dads[d];

		dad->left -= NB_MIN(dad->left, ticks);
		if (dad->left > 0) {
			d++;
			continue;
		}
		for (size_t i = 0; i < dev->link->n_addresses; i++)
			if (nb_ip_equal(&dev->link->addresses[i].ip, &dad->ip))
				dev->link->addresses[i].flags &= (uint32_t)~IFA_F_TENTATIVE;
		*dad = dev->dads[--dev->n_dads];
	}
}

/* ipv6_add_dev(): where there is none and the MTU allows it */
bool model_inet6_create(struct nb_model *m, struct model_dev *dev)
{
	if (dev->ipv6)
		return true;
	if (dev->link->mtu < MODEL_IPV6_MIN_MTU)
		return false;
	dev->ipv6 = true;
	dev->ipv6_ready = dev->is_up && model_carrier(dev);
	return true;
}

static void flush(struct model_dev *dev, int family, bool keep_permanent)
{
	for (size_t i = dev->link->n_addresses; i-- > 0;) {
		struct nb_address *a = &dev->link->addresses[i];

		if (a->ip.family != family)
			continue;
		if (keep_permanent && (a->flags & IFA_F_PERMANENT) && !is_linklocal(a)) {
			if (!(a->flags & IFA_F_NODAD))
				a->flags |= IFA_F_TENTATIVE;
			continue;
		}
		/* addrconf_ifdown() leaves the source of routes alone */
		if (family == AF_INET6)
			nb_link_remove_address(dev->link, i);
		else
			model_address_remove(dev, i);
	}
}

/* IPv4 keeps its addresses, IPv6 does not (addrconf_ifdown()). */
void model_inet_down(struct nb_model *m, struct model_dev *dev)
{
	model_routes_flush(dev, AF_INET);
	model_routes_down6(dev);
	flush(dev, AF_INET6, m->knobs.keep_addr_on_down);
	dev->ipv6_ready = false;
}

static void add_linklocal(struct nb_model *m, struct model_dev *dev)
{
	const uint8_t *mac = dev->link->mac;
	struct nb_address a = {
		.ip = { .family = AF_INET6,
			.bytes = { 0xfe, 0x80, [8] = mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3],
				mac[4], mac[5] } },
		.prefix_length = 64,
		.scope = RT_SCOPE_LINK,
		.proto = PROTO_KERNEL_LL,
		.flags = IFA_F_PERMANENT,
		.preferred = NB_FOREVER,
		.valid = NB_FOREVER,
	};

	if (model_address_find(dev, &a, false))
		return;
	model_dad_start(m, dev, &a);
	if (nb_link_add_address(dev->link, &a) < 0)
		model_no_memory(m);
}

static void dad_restart(struct nb_model *m, struct model_dev *dev)
{
	dev->n_dads = 0;
	for (size_t i = 0; i < dev->link->n_addresses; i++) {
		struct nb_address *a = &dev->link->addresses[i];

		if (!model_is_tentative(a))
			continue;
		a->flags &= (uint32_t)~IFA_F_TENTATIVE;
		model_dad_start(m, dev, a);
	}
}

/* addrconf_notify(NETDEV_UP, NETDEV_CHANGE): the device is up and has carrier */
void model_inet_up(struct nb_model *m, struct model_dev *dev)
{
	bool slave = dev->enslaving || (dev->master && model_is_bond(dev->master));

	if (dev->ipv6_ready || slave || dev->link->type != 1 || !model_inet6_create(m, dev))
		return;
	dev->ipv6_ready = true;
	if (dev->link->addr_gen_mode != GEN_MODE_NONE && dev->link->has_mac)
		add_linklocal(m, dev);
	dad_restart(m, dev);
}

/* The inet6_dev ends with all that hangs on it, its settings too. */
static void inet6_destroy(struct nb_model *m, struct model_dev *dev)
{
	model_routes_flush(dev, AF_INET6);
	flush(dev, AF_INET6, false);
	dev->ipv6 = dev->ipv6_ready = false;
	dev->link->addr_gen_mode = 0;
	model_witness(m);
}

static void inet4_destroy(struct model_dev *dev)
{
	model_routes_flush(dev, AF_INET);
	flush(dev, AF_INET, false);
}

/* NETDEV_CHANGEMTU: IPv4 needs 68 bytes (inetdev_event()), IPv6 1280 (addrconf_notify()) */
void model_inet_changemtu(struct nb_model *m, struct model_dev *dev)
{
	if (dev->link->mtu < MODEL_IPV4_MIN_MTU)
		inet4_destroy(dev);
	if (dev->link->mtu < MODEL_IPV6_MIN_MTU) {
		if (dev->ipv6)
			inet6_destroy(m, dev);
		return;
	}
	if (dev->ipv6)
		return;
	dev->ipv6 = true;
	if (dev->is_up && model_carrier(dev))
		model_inet_up(m, dev);
}

void model_inet_destroy(struct nb_model *m, struct model_dev *dev)
{
	inet4_destroy(dev);
	inet6_destroy(m, dev);
}

/* inetdev_changename(): labels begin with the device's name */
void model_inet_rename(struct model_dev *dev, const char *from)
{
	size_t length = strlen(from);

	for (size_t i = 0; i < dev->link->n_addresses; i++) {
		struct nb_address *a = &dev->link->addresses[i];
		char label[IFNAMSIZ + sizeof(a->label)];

		if (strncmp(a->label, from, length) != 0 || a->label[length] != ':')
			continue;
		snprintf(label, sizeof(label), "%s%s", dev->link->name, a->label + length);
		memset(a->label, 0, sizeof(a->label));
		memcpy(a->label, label, NB_MIN(strlen(label), sizeof(a->label) - 1));
	}
}
