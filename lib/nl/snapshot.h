/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is: the observed state of network namespaces, by dumps filtered in the kernel. Nothing is
 * written to the kernel.
 */

#include "lib/core/model.h"
#include "lib/core/touch.h"
#include "lib/nl/space.h"

enum nb_snapshot_flags {
	NB_SNAPSHOT_DRIVERS = 1u << 0, /* ask for .driver of the links with a parent device */
};

/**
 * nb_snapshot_take() - observe the namespace of the caller and those of @namespaces
 * @spaces:      sockets to use, opened where needed
 * @namespaces:  @n names; one that does not exist is in the state with .exists false, one that
 *               nobody can enter just now with .unreadable, and told (netbond-nsd does not
 *               answer, no right, no namespace lies there)
 * @ret:         new state, owned by the caller
 *
 * Of each namespace: all links; all IPv4 and IPv6 addresses; the routes of protocol boot, static,
 * dhcp and NB_PROTOCOL of all tables (others never leave the kernel); the order of slaves.
 * Return: 0; -EBADMSG with the sentence in @diag (no rtnetlink, a name that no namespace can have,
 * a message that makes no sense, changes faster than they can be read); -ENOMEM.
 */
int nb_snapshot_take(struct nb_spaces *spaces, char *const *namespaces, size_t n, unsigned flags,
	struct nb_state **ret, struct nb_diag *diag);

/**
 * nb_snapshot_link() - one link as it is now, without addresses and routes
 * @ifindex:  0 = find it by @name
 *
 * Return: 0; -ENODEV; -EBADMSG; -ENOMEM; another negative errno.
 */
int nb_snapshot_link(struct nb_space *space, int ifindex, const char *name, struct nb_link **ret,
	struct nb_diag *diag);

/**
 * nb_snapshot_slaves() - the slaves of one bond as they are now, without addresses and routes
 * @bond:  its ifindex
 * @ret:   receives them; .name and .inode are left alone
 *
 * Return: 0; -EBADMSG; -ENOMEM; another negative errno.
 */
int nb_snapshot_slaves(struct nb_space *space, int bond, struct nb_netns *ret, struct nb_diag *diag);

/**
 * nb_snapshot_look() - observe again some links of a state, and what hangs on them
 * @before:    an earlier state
 * @touches:   where something may have changed since
 * @changed:   empty before; receives where something did
 * @ret:       a new state that shares all other links with @before; NULL where nothing changed
 *
 * A bond and its slaves are looked at together. It is what nb_snapshot_take() would give, provided
 * that @touches has all that the kernel told since. Return: 0; -ESTALE a real device, a bond or a slave
 * came, went or has become another, or there is more to look at than is worth it: only
 * nb_snapshot_take() tells; -EBADMSG with the sentence in @diag; -ENOMEM.
 */
int nb_snapshot_look(struct nb_spaces *spaces, const struct nb_state *before,
	const struct nb_touches *touches, struct nb_touches *changed, struct nb_state **ret,
	struct nb_diag *diag);

/* Inside the snapshot: what turns dumped links into a namespace (snapshot-links.c). */

/** nb_snapshot_sort() - bring links into the order of their ifindex */
void nb_snapshot_sort(struct nb_link **links, size_t n);

/**
 * nb_snapshot_read() - one link by its message alone
 * @names:  where options that name a device find it
 * @known:  as nb_codec_get_link()
 *
 * Return: 0; -ENODEV; -EBADMSG; -ENOMEM; another negative errno.
 */
int nb_snapshot_read(struct nb_space *space, int ifindex, const struct nb_netns *names,
	uint64_t *known, struct nb_link **ret, struct nb_diag *diag);

/** nb_snapshot_addresses() - add the addresses of all links. Return: 0; as nb_rtnl_dump(). */
int nb_snapshot_addresses(struct nb_space *space, struct nb_netns *ns, struct nb_diag *diag);

/** nb_snapshot_addresses_of() - the same of one link alone */
int nb_snapshot_addresses_of(struct nb_space *space, struct nb_link *link, struct nb_diag *diag);

/** nb_snapshot_routes() - add the routes of all links. Return: 0; as nb_rtnl_dump(). */
int nb_snapshot_routes(struct nb_space *space, struct nb_netns *ns, struct nb_diag *diag);

/** nb_snapshot_peers() - the two ends of a pair do not lie upon each other: clear their .lower */
void nb_snapshot_peers(struct nb_netns *ns);

/**
 * nb_snapshot_order() - ask the driver for the order of slaves and set .slave_position
 *
 * Netlink does not tell it; SIOCBONDSLAVEINFOQUERY does, in every namespace and without rights
 * (bond_slave_info_query()). A bond that changes meanwhile keeps 0. Return: 0, -ENOMEM.
 */
int nb_snapshot_order(const struct nb_space *space, struct nb_netns *ns);

/**
 * nb_snapshot_order_of() - the same for the @n slaves of one bond, whose .slave_position is 0
 */
void nb_snapshot_order_of(
	const struct nb_space *space, const char *bond, struct nb_link **slaves, size_t n);

/**
 * nb_snapshot_udev() - set .udev_pending of real devices that udev has not initialised yet
 *
 * For the own namespace: elsewhere udev sees nothing. As sd_device_get_is_initialized().
 */
void nb_snapshot_udev(struct nb_netns *ns);

/** nb_snapshot_drivers() - ask for .driver of the links with a parent. Return: 0, -ENOMEM. */
int nb_snapshot_drivers(const struct nb_space *space, struct nb_netns *ns);
