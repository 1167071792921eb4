/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses (net/ipv4/devinet.c, net/ipv6/addrconf.c). */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "tests/model/internal.h"

#define GEN_MODE_NONE 1
#define PROTO_KERNEL_LL 3 /* IFAPROT_KERNEL_LL */
#define IPV4_MIN_MTU 68
#define IPV6_MIN_MTU 1280

bool model_is_tentative(const struct nb_address *a)
{
	return a->ip.family == AF_INET6 && (a->flags & IFA_F_TENTATIVE);
}

static bool is_linklocal(const struct nb_address *a)
{
	return a->ip.family == AF_INET6 && nb_ip_is_linklocal(&a->ip);
}

static const struct nb_ip *prefix_of(const struct nb_address *a)
{
	return a->peer.family ? &a->peer : &a->ip;
}

/* Flags and times as the kernel makes them of a request (set_ifa_lifetime()). */
static struct nb_address as_stored(const struct nb_address *asked)
{
	struct nb_address a = *asked;

	a.flags &= (uint32_t) ~(IFA_F_PERMANENT | IFA_F_DEPRECATED | IFA_F_SECONDARY |
				IFA_F_TENTATIVE | IFA_F_DADFAILED);
	if (a.valid == NB_FOREVER)
		a.flags |= IFA_F_PERMANENT;
	if (a.preferred == 0)
		a.flags |= IFA_F_DEPRECATED;
	/* inet_fill_ifaddr() shows no time of a permanent address */
	if (a.ip.family == AF_INET && a.valid == NB_FOREVER)
		a.preferred = NB_FOREVER;
	if (a.peer.family && nb_ip_equal(&a.peer, &a.ip))
		memset(&a.peer, 0, sizeof(a.peer));
	memset(&a.mark, 0, sizeof(a.mark));
	return a;
}

static bool same_subnet(const struct nb_address *a, const struct nb_address *b)
{
	return a->ip.family == AF_INET && b->ip.family == AF_INET &&
		a->prefix_length == b->prefix_length &&
		nb_ip_in_prefix(prefix_of(a), prefix_of(b), b->prefix_length);
}

/* inet_insert_ifa(): a second address of a subnet is secondary to the first */
static int insert_ip4(struct nb_model *m, struct model_dev *dev, struct nb_address *a)
{
	if (dev->link->mtu < IPV4_MIN_MTU)
		return model_fail(m, ENOBUFS, NULL);
	for (size_t i = 0; i < dev->link->n_addresses; i++) {
		const struct nb_address *other = &dev->link->addresses[i];

		if (!same_subnet(other, a))
			continue;
		if (nb_ip_equal(&other->ip, &a->ip))
			return model_fail(m, EEXIST, NULL);
		if (other->scope != a->scope)
			return model_fail(m, EINVAL, NULL);
		a->flags |= IFA_F_SECONDARY;
	}
	return nb_link_add_address(dev->link, a) < 0 ? model_no_memory(m) : 0;
}

static void dad_start(struct nb_model *m, struct model_dev *dev, struct nb_address *a)
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
static bool inet6_create(struct nb_model *m, struct model_dev *dev)
{
	if (dev->ipv6)
		return true;
	if (dev->link->mtu < IPV6_MIN_MTU)
		return false;
	dev->ipv6 = true;
	dev->ipv6_ready = dev->is_up && model_carrier(dev);
	return true;
}

/* inet6_addr_add(); the address alone is the key, whatever its prefix length */
static int insert_ip6(struct nb_model *m, struct model_dev *dev, struct nb_address *a)
{
	for (size_t i = 0; i < dev->link->n_addresses; i++)
		if (nb_ip_equal(&dev->link->addresses[i].ip, &a->ip))
			return model_fail(m, EEXIST, NULL);
	if (!inet6_create(m, dev))
		return model_fail(m, EINVAL, NULL);
	dad_start(m, dev, a);
	return nb_link_add_address(dev->link, a) < 0 ? model_no_memory(m) : 0;
}

static struct nb_address *find(struct model_dev *dev, const struct nb_address *a, bool exact)
{
	for (size_t i = 0; i < dev->link->n_addresses; i++) {
		struct nb_address *other = &dev->link->addresses[i];

		if (!nb_ip_equal(&other->ip, &a->ip))
			continue;
		if (a->ip.family == AF_INET6 && !exact)
			return other;
		if (other->prefix_length == a->prefix_length &&
			(a->ip.family == AF_INET6 || nb_ip_equal(prefix_of(other), prefix_of(a))))
			return other;
	}
	return NULL;
}

/* RTM_NEWADDR with NLM_F_REPLACE: times and flags change, the rest stays (inet6_addr_modify()) */
static void modify(struct nb_address *at, const struct nb_address *a)
{
	uint32_t keep = IFA_F_SECONDARY | IFA_F_TENTATIVE;

	at->flags = (a->flags & ~keep) | (at->flags & keep);
	at->preferred = a->preferred;
	at->valid = a->valid;
}

int model_address_add(
	struct nb_model *m, struct model_dev *dev, const struct nb_address *asked, bool replace)
{
	struct nb_address a = as_stored(asked);
	struct nb_address *at = replace ? find(dev, &a, false) : NULL;

	if (a.prefix_length > (a.ip.family == AF_INET ? 32 : 128))
		return model_fail(m, EINVAL, NULL);
	if (asked->valid == 0 || (asked->preferred > asked->valid))
		return model_fail(m, EINVAL, NULL);
	if (at) {
		modify(at, &a);
		return 0;
	}
	return a.ip.family == AF_INET ? insert_ip4(m, dev, &a) : insert_ip6(m, dev, &a);
}

static bool is_local(const struct model_ns *ns, const struct nb_ip *ip)
{
	for (size_t i = 0; i < ns->n_devs; i++)
		for (size_t k = 0; k < ns->devs[i]->link->n_addresses; k++)
			if (nb_ip_equal(&ns->devs[i]->link->addresses[k].ip, ip))
				return true;
	return false;
}

static void remove_at(struct model_dev *dev, size_t i)
{
	struct nb_ip ip = dev->link->addresses[i].ip;

	nb_link_remove_address(dev->link, i);
	if (ip.family == AF_INET6 || !is_local(dev->ns, &ip))
		model_prefsrc_gone(dev, &ip);
}

static bool has_family(const struct model_dev *dev, int family)
{
	for (size_t i = 0; i < dev->link->n_addresses; i++)
		if (dev->link->addresses[i].ip.family == family)
			return true;
	return false;
}

/* __inet_del_ifa(): the secondaries go with their primary, or the first of them takes over */
static void remove_ip4(struct nb_model *m, struct model_dev *dev, size_t i)
{
	struct nb_address gone = dev->link->addresses[i];

	remove_at(dev, i);
	for (size_t k = 0; !(gone.flags & IFA_F_SECONDARY) && k < dev->link->n_addresses;) {
		struct nb_address *other = &dev->link->addresses[k];

		if (!same_subnet(other, &gone)) {
			k++;
			continue;
		}
		if (m->knobs.promote_secondaries) {
			other->flags &= (uint32_t)~IFA_F_SECONDARY;
			break;
		}
		remove_at(dev, k);
	}
	/* fib_inetaddr_event(): without an address the device loses its routes */
	if (!has_family(dev, AF_INET))
		model_routes_flush(dev, AF_INET);
}

int model_address_delete(struct nb_model *m, struct model_dev *dev, const struct nb_address *a)
{
	struct nb_address *at = find(dev, a, true);

	if (a->ip.family == AF_INET && dev->link->mtu < IPV4_MIN_MTU)
		return model_fail(m, ENODEV, NULL);
	if (a->ip.family == AF_INET6 && !dev->ipv6)
		return model_fail(m, ENXIO, NULL);
	if (!at)
		return model_fail(m, EADDRNOTAVAIL, NULL);
	if (a->ip.family == AF_INET)
		remove_ip4(m, dev, (size_t)(at - dev->link->addresses));
	else
		remove_at(dev, (size_t)(at - dev->link->addresses));
	model_witness(m);
	return 0;
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
			remove_at(dev, i);
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

	if (find(dev, &a, false))
		return;
	dad_start(m, dev, &a);
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
		dad_start(m, dev, a);
	}
}

/* addrconf_notify(NETDEV_UP, NETDEV_CHANGE): the device is up and has carrier */
void model_inet_up(struct nb_model *m, struct model_dev *dev)
{
	bool slave = dev->enslaving || (dev->master && model_is_bond(dev->master));

	if (dev->ipv6_ready || slave || dev->link->type != 1 || !inet6_create(m, dev))
		return;
	dev->ipv6_ready = true;
	if (dev->link->addr_gen_mode != GEN_MODE_NONE && dev->link->has_mac)
		add_linklocal(m, dev);
	dad_restart(m, dev);
}

/* The inet6_dev ends with all that hangs on it, its settings too. */
void model_inet6_destroy(struct nb_model *m, struct model_dev *dev)
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
	if (dev->link->mtu < IPV4_MIN_MTU)
		inet4_destroy(dev);
	if (dev->link->mtu < IPV6_MIN_MTU) {
		if (dev->ipv6)
			model_inet6_destroy(m, dev);
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
	model_inet6_destroy(m, dev);
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
