/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses (net/ipv4/devinet.c, net/ipv6/addrconf.c). */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "tests/model/internal.h"

bool model_is_tentative(const struct nb_address *a)
{
	return a->ip.family == AF_INET6 && (a->flags & IFA_F_TENTATIVE);
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
	if (dev->link->mtu < MODEL_IPV4_MIN_MTU)
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

/* inet6_addr_add(); the address alone is the key, whatever its prefix length */
static int insert_ip6(struct nb_model *m, struct model_dev *dev, struct nb_address *a)
{
	for (size_t i = 0; i < dev->link->n_addresses; i++)
		if (nb_ip_equal(&dev->link->addresses[i].ip, &a->ip))
			return model_fail(m, EEXIST, NULL);
	if (!model_inet6_create(m, dev))
		return model_fail(m, EINVAL, NULL);
	model_dad_start(m, dev, a);
	return nb_link_add_address(dev->link, a) < 0 ? model_no_memory(m) : 0;
}

struct nb_address *model_address_find(struct model_dev *dev, const struct nb_address *a, bool exact)
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
	at->metric = a->metric;
}

int model_address_add(
	struct nb_model *m, struct model_dev *dev, const struct nb_address *asked, bool replace)
{
	struct nb_address a = as_stored(asked);
	struct nb_address *at = replace ? model_address_find(dev, &a, false) : NULL;

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

void model_address_remove(struct model_dev *dev, size_t i)
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

	model_address_remove(dev, i);
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
		model_address_remove(dev, k);
	}
	/* fib_inetaddr_event(): without an address the device loses its routes */
	if (!has_family(dev, AF_INET))
		model_routes_flush(dev, AF_INET);
}

int model_address_delete(struct nb_model *m, struct model_dev *dev, const struct nb_address *a)
{
	struct nb_address *at = model_address_find(dev, a, true);

	if (a->ip.family == AF_INET && dev->link->mtu < MODEL_IPV4_MIN_MTU)
		return model_fail(m, ENODEV, NULL);
	if (a->ip.family == AF_INET6 && !dev->ipv6)
		return model_fail(m, ENXIO, NULL);
	if (!at)
		return model_fail(m, EADDRNOTAVAIL, NULL);
	if (a->ip.family == AF_INET)
		remove_ip4(m, dev, (size_t)(at - dev->link->addresses));
	else
		model_address_remove(dev, (size_t)(at - dev->link->addresses));
	model_witness(m);
	return 0;
}
