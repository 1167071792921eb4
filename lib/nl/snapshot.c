/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/snapshot.h"

#include <errno.h>
#include <string.h>

#include <netlink/msg.h>

#include "lib/nl/codec.h"
#include "lib/nl/netns.h"
#include "lib/nl/rtnl.h"

/* Routes that netbond may have to put back (nb_route_restorable()). */
static const uint8_t protocols[] = { RTPROT_BOOT, RTPROT_STATIC, RTPROT_DHCP, NB_PROTOCOL };

/* Links being read. */
struct links {
	struct nb_link **items;
	size_t n_items, capacity;
	struct nb_codec_later later;
	uint64_t *known;
	struct nb_diag *diag;
};

struct held_address {
	int ifindex;
	struct nb_address address;
};

/* Addresses, or routes, being read: they go to their links when the dump was whole. */
struct addresses {
	struct held_address *items;
	size_t n_items, capacity;
	struct nb_diag *diag;
};

struct held_route {
	int ifindex;
	struct nb_route route;
};

struct routes {
	struct held_route *items;
	size_t n_items, capacity;
	uint8_t protocol;
	struct nb_diag *diag;
};

static int take_link(void *context, const struct nlmsghdr *message)
{
	struct links *links = context;
	int r;

	if (message->nlmsg_type != RTM_NEWLINK)
		return 0;
	if (nb_grow(&links->items, links->n_items, &links->capacity, sizeof(struct nb_link *)) < 0)
		return -ENOMEM;
	r = nb_codec_get_link(message, &links->items[links->n_items], &links->later, links->known,
		links->diag);
	if (r < 0)
		return r;
	links->n_items++;
	return 0;
}

static void forget_links(void *context)
{
	struct links *links = context;

	while (links->n_items > 0)
		nb_link_free(links->items[--links->n_items]);
	links->later.n_items = 0;
}

static void links_done(struct links *links)
{
	forget_links(links);
	free(links->items);
	nb_codec_later_done(&links->later);
}

/* In the order of their ifindex. */
static int hand_over_links(struct links *links, struct nb_netns *ns)
{
	int r = 0;

	nb_snapshot_sort(links->items, links->n_items);
	for (size_t i = 0; i < links->n_items; i++) {
		if (r == 0)
			r = nb_netns_add(ns, links->items[i]);
		else
			nb_link_free(links->items[i]);
	}
	links->n_items = 0;
	return r;
}

static int set_name(struct nb_optset *set, unsigned attr, const char *name)
{
	union nb_value value = { .name = strdup(name) };

	if (!value.name)
		return -ENOMEM;
	return nb_optset_set(set, attr, value);
}

/* Options that name a device are those of slaves: the device is in the same dump. */
static int resolve_later(const struct links *links, const struct nb_netns *names)
{
	for (size_t i = 0; i < links->later.n_items; i++) {
		const struct nb_link *link =
			nb_netns_find_index(names, links->later.items[i].ifindex);

		if (link && set_name(links->later.items[i].set, links->later.items[i].attr,
				    link->name) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int read_links(
	struct nb_space *space, int master, struct links *links, struct nb_netns *ret)
{
	const struct nb_rtnl_sink sink = { take_link, forget_links, links };
	int r = nb_codec_put_link_dump(nb_rtnl_message(space->rtnl), master);

	if (r == 0)
		r = nb_rtnl_dump(space->rtnl, &sink);
	return r < 0 ? r : hand_over_links(links, ret);
}

static int take_address(void *context, const struct nlmsghdr *message)
{
	struct addresses *list = context;
	struct held_address *held;
	int r;

	if (nb_grow(&list->items, list->n_items, &list->capacity, sizeof(*list->items)) < 0)
		return -ENOMEM;
	held = &list->items[list->n_items];
	r = nb_codec_get_address(message, &held->address, &held->ifindex, list->diag);
	if (r > 0)
		list->n_items++;
	return NB_MIN(r, 0);
}

static void forget_addresses(void *context)
{
	((struct addresses *)context)->n_items = 0;
}

/* A device that came after the links were read is left for the next time. */
static int hand_over_addresses(const struct addresses *list, struct nb_netns *ns)
{
	struct nb_link *link = NULL;

	for (size_t i = 0; i < list->n_items; i++) {
		const struct held_address *held = &list->items[i];

		if (!link || link->ifindex != held->ifindex)
			link = nb_netns_find_index(ns, held->ifindex);
		if (link && nb_link_add_address(link, &held->address) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int read_addresses(struct nb_space *space, int ifindex, struct addresses *list)
{
	const struct nb_rtnl_sink sink = { take_address, forget_addresses, list };
	/* All families at once; a kernel without IPv6 has no AF_INET6 to ask for. */
	int r = nb_codec_put_address_dump(nb_rtnl_message(space->rtnl), AF_UNSPEC, ifindex);

	return r < 0 ? r : nb_rtnl_dump(space->rtnl, &sink);
}

int nb_snapshot_addresses(struct nb_space *space, struct nb_netns *ns, struct nb_diag *diag)
{
	struct addresses list = { .diag = diag };
	int r = read_addresses(space, 0, &list);

	if (r == 0)
		r = hand_over_addresses(&list, ns);
	free(list.items);
	return r;
}

int nb_snapshot_addresses_of(struct nb_space *space, struct nb_link *link, struct nb_diag *diag)
{
	struct addresses list = { .diag = diag };
	int r = read_addresses(space, link->ifindex, &list);

	for (size_t i = 0; i < list.n_items && r == 0; i++) {
		if (list.items[i].ifindex == link->ifindex)
			r = nb_link_add_address(link, &list.items[i].address);
	}
	free(list.items);
	return r;
}

static int hold_route(struct routes *list, const struct nb_route *route, int ifindex)
{
	if (nb_grow(&list->items, list->n_items, &list->capacity, sizeof(*list->items)) < 0)
		return -ENOMEM;
	list->items[list->n_items].ifindex = ifindex;
	if (nb_route_copy(route, &list->items[list->n_items].route) < 0)
		return -ENOMEM;
	list->n_items++;
	return 0;
}

static int take_route(void *context, const struct nlmsghdr *message)
{
	struct routes *list = context;
	struct nb_codec_route held;
	int r = nb_codec_get_route(message, &held, list->diag);

	if (r <= 0)
		return r;
	r = 0;
	for (unsigned i = 0; i < held.n_hops && r == 0; i++)
		if (held.route.protocol == list->protocol)
			r = hold_route(list, &held.route, held.hops[i]);
	nb_route_done(&held.route);
	return r;
}

static void forget_routes(void *context)
{
	struct routes *list = context;

	while (list->n_items > 0)
		nb_route_done(&list->items[--list->n_items].route);
}

static int hand_over_routes(const struct routes *list, struct nb_netns *ns)
{
	for (size_t i = 0; i < list->n_items; i++) {
		struct nb_link *link = nb_netns_find_index(ns, list->items[i].ifindex);

		if (!link)
			continue;
		link = nb_netns_own(ns, link);
		if (!link || nb_link_add_route(link, &list->items[i].route) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* The kernel filters by one protocol at a time (ip_valid_fib_dump_req()). */
int nb_snapshot_routes(struct nb_space *space, struct nb_netns *ns, struct nb_diag *diag)
{
	struct routes list = { .diag = diag };
	const struct nb_rtnl_sink sink = { take_route, forget_routes, &list };
	int r = 0;

	for (size_t i = 0; r == 0 && i < NB_ARRAY_SIZE(protocols); i++) {
		forget_routes(&list);
		list.protocol = protocols[i];
		r = nb_codec_put_route_dump(
			nb_rtnl_message(space->rtnl), AF_UNSPEC, protocols[i]);
		if (r == 0)
			r = nb_rtnl_dump(space->rtnl, &sink);
		if (r == 0)
			r = hand_over_routes(&list, ns);
	}
	forget_routes(&list);
	free(list.items);
	nb_netns_routes_changed(ns);
	return r;
}

static int read_namespace(struct nb_space *space, struct nb_netns *ns, unsigned flags,
	uint64_t *known, struct nb_diag *diag)
{
	struct links links = { .known = known, .diag = diag };
	int r = read_links(space, 0, &links, ns);

	if (r == 0)
		r = resolve_later(&links, ns);
	links_done(&links);
	if (r == 0)
		r = nb_snapshot_addresses(space, ns, diag);
	if (r == 0)
		r = nb_snapshot_routes(space, ns, diag);
	if (r == 0)
		r = nb_snapshot_order(space, ns);
	if (r == 0 && flags & NB_SNAPSHOT_DRIVERS)
		r = nb_snapshot_drivers(space, ns);
	if (r < 0)
		return r;
	nb_snapshot_peers(ns);
	if (space->name[0] == '\0')
		nb_snapshot_udev(ns);
	return 0;
}

static int explain_open(const char *name, int error, struct nb_diag *diag)
{
	struct nb_text why = { 0 };
	int r;

	if (error == -ENOMEM)
		return error;
	if (name[0] == '\0') {
		r = nb_diag_error(diag, NULL, NULL, "this process gets no rtnetlink socket: %s",
			nb_error_text(-error));
		nb_diag_hint(diag, error == -ENOPROTOOPT ?
				"Linux 4.20 or newer is needed" :
				"a sandbox may forbid it (RestrictAddressFamilies=AF_NETLINK)");
		return r;
	}
	nb_netns_explain(name, error, &why);
	r = nb_diag_error(diag, NULL, NULL, "%s", why.failed ? "no memory" : why.text);
	nb_text_done(&why);
	return r;
}

static int explain_read(const char *name, int error, const char *text, struct nb_diag *diag)
{
	char where[300] = "";

	if (error == -ENOMEM || error == -EBADMSG)
		return error;
	if (name[0] != '\0')
		snprintf(where, sizeof(where), " of namespace %s", name);
	if (error == -EAGAIN)
		return nb_diag_error(diag, NULL, NULL,
			"the network%s changed each of the %d times it was read; try again", where,
			NB_RTNL_DUMP_TRIES);
	return nb_diag_error(diag, NULL, NULL, "the network%s cannot be read: %s", where,
		text[0] != '\0' ? text : nb_error_text(-error));
}

/*
 * Who cannot look into one now, whatever lies at its pin, sees to the rest all the same. A name
 * that none can have is the caller's error.
 */
static bool is_passed_over(const char *name, int error)
{
	return name[0] != '\0' && error != -ENOMEM && error != -EINVAL;
}

static int take_namespace(struct nb_spaces *spaces, const char *name, unsigned flags,
	struct nb_state *state, struct nb_diag *diag)
{
	struct nb_netns *ns = nb_state_add_namespace(state, name);
	const size_t n_errors = diag ? diag->n_errors : 0;
	struct nb_space *space;
	int r;

	if (!ns)
		return -ENOMEM;
	if (ns->inode != 0)
		return 0; /* named twice */
	r = nb_spaces_renew(spaces, name, &space);
	ns->exists = r == 0;
	if (r == -ENOENT && name[0] != '\0')
		return 0;
	if (r < 0 && is_passed_over(name, r)) {
		ns->exists = ns->unreadable = true;
		explain_open(name, r, diag);
		return 0;
	}
	if (r < 0)
		return explain_open(name, r, diag);
	ns->inode = space->inode;
	ns->cookie = space->cookie;
	r = read_namespace(space, ns, flags, state->known, diag);
	/* -EBADMSG means a told problem: a broken answer without one becomes -EPROTO. */
	if (r == -EBADMSG && diag && diag->n_errors == n_errors)
		r = -EPROTO;
	return r < 0 ? explain_read(name, r, nb_rtnl_text(space->rtnl), diag) : 0;
}

int nb_snapshot_take(struct nb_spaces *spaces, char *const *namespaces, size_t n, unsigned flags,
	struct nb_state **ret, struct nb_diag *diag)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = nb_state_new();
	int r;

	if (!state)
		return -ENOMEM;
	r = take_namespace(spaces, "", flags, state, diag);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = take_namespace(spaces, namespaces[i], flags, state, diag);
	if (r == 0)
		*ret = nb_steal(&state);
	return r;
}

/* As resolve_later(), but from the kernel: the other devices are not at hand. */
static int ask_later(const struct nb_space *space, const struct nb_codec_later *later)
{
	for (size_t i = 0; i < later->n_items; i++) {
		char name[IFNAMSIZ];

		if (nb_space_name(space, later->items[i].ifindex, name) == 0 &&
			set_name(later->items[i].set, later->items[i].attr, name) < 0)
			return -ENOMEM;
	}
	return 0;
}

int nb_snapshot_link(struct nb_space *space, int ifindex, const char *name, struct nb_link **ret,
	struct nb_diag *diag)
{
	uint64_t known[NB_SCOPE_COUNT] = { 0 };
	struct links links = { .known = known, .diag = diag };
	int r = nb_codec_put_link_get(nb_rtnl_message(space->rtnl), ifindex, name);

	if (r == 0)
		r = nb_rtnl_get(space->rtnl, take_link, &links);
	if (r == 0)
		r = links.n_items == 1 ? ask_later(space, &links.later) : -EPROTO;
	if (r == 0)
		*ret = links.items[--links.n_items];
	links_done(&links);
	return r;
}

int nb_snapshot_read(struct nb_space *space, int ifindex, const struct nb_netns *names,
	uint64_t *known, struct nb_link **ret, struct nb_diag *diag)
{
	struct links links = { .known = known, .diag = diag };
	int r = nb_codec_put_link_get(nb_rtnl_message(space->rtnl), ifindex, NULL);

	if (r == 0)
		r = nb_rtnl_get(space->rtnl, take_link, &links);
	if (r == 0)
		r = links.n_items == 1 ? resolve_later(&links, names) : -EPROTO;
	if (r == 0)
		*ret = links.items[--links.n_items];
	links_done(&links);
	return r;
}

int nb_snapshot_slaves(struct nb_space *space, int bond, struct nb_netns *ret, struct nb_diag *diag)
{
	uint64_t known[NB_SCOPE_COUNT] = { 0 };
	struct links links = { .known = known, .diag = diag };
	int r = read_links(space, bond, &links, ret);

	links_done(&links);
	return r;
}
