/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Some links observed again. What a notification is about is asked for, never taken from it: so it
 * does not matter how old it is, nor whether it was told twice.
 */
#include <errno.h>
#include <string.h>

#include "lib/nl/snapshot.h"

/* A link looked at again. */
struct glance {
	const struct nb_netns *ns; /* of the state before, as .old */
	int ifindex;
	struct nb_link *old;	   /* NULL: it was not there */
	struct nb_link *link;	   /* as it is now; NULL: it is not there, or was not read yet */
	int lower;		   /* .link's, before pairs are known; 0: none */
	bool taken;		   /* the new state owns it */
};

struct look {
	struct nb_spaces *spaces;
	const struct nb_state *before;
	const struct nb_touches *touches;
	struct nb_diag *diag;
	struct glance items[NB_TOUCHES_MAX]; /* grows while it is gone through */
	size_t n;
};

static struct glance *find(struct look *look, const struct nb_netns *ns, int ifindex)
{
	for (size_t i = 0; i < look->n; i++) {
		if (look->items[i].ifindex == ifindex && look->items[i].ns == ns)
			return &look->items[i];
	}
	return NULL;
}

static int add(struct look *look, const struct nb_netns *ns, int ifindex)
{
	if (find(look, ns, ifindex))
		return 0;
	if (look->n == NB_TOUCHES_MAX)
		return -ESTALE;
	look->items[look->n++] = (struct glance){
		.ns = ns,
		.ifindex = ifindex,
		.old = nb_netns_find_index(ns, ifindex),
	};
	return 0;
}

static int add_bond(struct look *look, const struct nb_netns *ns, const struct nb_link *bond)
{
	struct nb_relatives relatives = nb_netns_relatives(ns, bond->ifindex);
	const struct nb_link *slave;
	int r = add(look, ns, bond->ifindex);

	while (r == 0 && (slave = nb_relatives_next(&relatives))) {
		if (nb_link_is_slave_of(slave, bond))
			r = add(look, ns, slave->ifindex);
	}
	return r;
}

/* What it belongs to, or belonged to, and what is its own is looked at with it. */
static int add_family(struct look *look, const struct nb_netns *ns, const struct nb_link *link)
{
	const struct nb_link *master = nb_netns_find_index(ns, link->master);
	int r = 0;

	/* One that came with it. */
	if (link->master && !master)
		return add(look, ns, link->master);
	if (nb_link_is_bond(link))
		r = add_bond(look, ns, link);
	return r == 0 && master && nb_link_is_bond(master) ? add_bond(look, ns, master) : r;
}

static const struct nb_netns *find_namespace(const struct look *look, const char *name)
{
	const struct nb_netns *ns = nb_state_namespace(look->before, name);

	return ns && ns->exists && !ns->unreadable ? ns : NULL;
}

static int begin(struct look *look)
{
	const struct nb_state *before = look->before;
	/* That udev is done with a device, the kernel does not tell. */
	int r = look->touches->all || before->namespaces[0]->udev_pending ? -ESTALE : 0;

	for (size_t i = 0; i < look->touches->n && r == 0; i++) {
		const struct nb_touch *touch = &look->touches->items[i];
		const struct nb_netns *ns = find_namespace(look, touch->namespace);

		if (!ns)
			r = -ESTALE;
		else if (touch->ifindex > 0)
			r = add(look, ns, touch->ifindex);
	}
	return r;
}

/* The ends of a pair do not lie upon each other (nb_snapshot_peers()). */
static bool is_pair(const struct nb_netns *ns, const struct nb_link *old, const struct nb_link *link)
{
	const struct nb_link *other = nb_netns_find_index(ns, link->lower);

	return old->lower == 0 && other && other->lower == 0 && nb_streq(other->kind, link->kind);
}

/* Whether it is the device it was, under the same names. */
static bool is_same(const struct look *look, const struct glance *glance)
{
	const struct nb_link *old = glance->old;
	struct nb_link *link = glance->link;

	if (!old || !link || nb_touches_has_gone(look->touches, glance->ns->name, glance->ifindex))
		return false;
	if (old->lower != link->lower && is_pair(glance->ns, old, link))
		link->lower = 0;
	return nb_link_same_device(old, link);
}

/* What the message of a link does not tell. */
static int keep_rest(const struct nb_link *old, struct nb_link *link)
{
	link->driver = old->driver ? nb_word_dup(old->driver) : NULL;
	for (size_t i = 0; i < old->n_routes; i++) {
		if (nb_link_add_route(link, &old->routes[i]) < 0)
			return -ENOMEM;
	}
	return old->driver && !link->driver ? -ENOMEM : 0;
}

static int keep_addresses(const struct nb_link *old, struct nb_link *link)
{
	for (size_t i = 0; i < old->n_addresses; i++) {
		if (nb_link_add_address(link, &old->addresses[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int open_space(const struct look *look, const struct nb_netns *ns, struct nb_space **ret)
{
	int r = nb_spaces_get(look->spaces, ns->name, ret);

	if (r < 0)
		return r == -ENOMEM ? r : -ESTALE;
	return (*ret)->inode == ns->inode && (*ret)->cookie == ns->cookie ? 0 : -ESTALE;
}

/* A real device has a driver and udev; the name of a bond, or of a slave, stands in others' options. */
static bool is_plain(const struct nb_link *link)
{
	return !link || (!link->parent && !nb_link_is_bond(link) && !nb_streq(link->slave_kind, "bond"));
}

/* It came, it went, or it is another one, be it by its name alone. */
static int read_other(struct look *look, struct nb_space *space, struct glance *glance)
{
	const struct nb_netns *ns = glance->ns;
	int r = 0;

	if (!is_plain(glance->old) || !is_plain(glance->link))
		return -ESTALE;
	if (!glance->link)
		return 0;
	/* It may be the other end of a pair. */
	if (glance->link->lower)
		r = add(look, ns, glance->link->lower);
	if (r == 0 && glance->old && !nb_touches_has_gone(look->touches, ns->name, glance->ifindex))
		r = keep_rest(glance->old, glance->link);
	return r < 0 ? r : nb_snapshot_addresses_of(space, glance->link, look->diag);
}

static int read_same(struct look *look, struct nb_space *space, struct glance *glance)
{
	const struct nb_link *old = glance->old;
	int r = keep_rest(old, glance->link);

	if (r < 0)
		return r;
	if (nb_touches_has(look->touches, glance->ns->name, glance->ifindex) ||
		old->flags != glance->link->flags || old->mtu != glance->link->mtu)
		return nb_snapshot_addresses_of(space, glance->link, look->diag);
	return keep_addresses(old, glance->link);
}

static int read_glance(struct look *look, struct glance *glance)
{
	uint64_t known[NB_SCOPE_COUNT] = { 0 };
	struct nb_space *space;
	int r = open_space(look, glance->ns, &space);

	if (r < 0)
		return r;
	r = nb_snapshot_read(
		space, glance->ifindex, glance->ns, known, &glance->link, look->diag);
	if (r < 0 && r != -ENODEV)
		return r;
	glance->lower = glance->link ? glance->link->lower : 0;
	for (int scope = 0; scope < NB_SCOPE_COUNT; scope++) {
		if (known[scope] & ~look->before->known[scope])
			return -ESTALE;
	}
	return is_same(look, glance) ? read_same(look, space, glance) :
				       read_other(look, space, glance);
}

/* As nb_snapshot_peers(). Both ends of one that came are looked at. */
static void part_pairs(struct look *look)
{
	for (size_t i = 0; i < look->n; i++) {
		const struct glance *glance = &look->items[i], *other;

		if (!glance->link || !glance->lower)
			continue;
		other = find(look, glance->ns, glance->lower);
		if (other && other->link && other->lower == glance->ifindex)
			glance->link->lower = other->link->lower = 0;
	}
}

static int read_all(struct look *look)
{
	int r = 0;

	for (size_t i = 0; i < look->n && r == 0; i++) {
		const struct glance *glance = &look->items[i];

		r = read_glance(look, &look->items[i]);
		if (r == 0 && glance->old)
			r = add_family(look, glance->ns, glance->old);
		if (r == 0 && glance->link)
			r = add_family(look, glance->ns, glance->link);
	}
	part_pairs(look);
	return r;
}

/* The slaves of each bond looked at are all among what was looked at. */
static int read_order(const struct look *look, const struct glance *bond)
{
	struct nb_link *slaves[NB_TOUCHES_MAX];
	struct nb_space *space;
	size_t n = 0;
	int r;

	for (size_t i = 0; i < look->n; i++) {
		struct nb_link *link = look->items[i].link;

		if (look->items[i].ns == bond->ns && link && nb_link_is_slave_of(link, bond->link))
			slaves[n++] = link;
	}
	if (n == 0)
		return 0;
	r = open_space(look, bond->ns, &space);
	if (r == 0)
		nb_snapshot_order_of(space, bond->link->name, slaves, n);
	return r;
}

static bool lost_address(const struct glance *glance)
{
	for (size_t i = 0; i < glance->old->n_addresses; i++) {
		if (!nb_link_find_address(glance->link, &glance->old->addresses[i]))
			return true;
	}
	return false;
}

/* Also what came back before anybody looked. */
static bool has_lost(const struct look *look, const struct glance *glance)
{
	return lost_address(glance) ||
		nb_touches_has_lost(look->touches, glance->ns->name, glance->ifindex);
}

/* Routes of one that went are gone with it, but for those that lead over others as well. */
static bool may_have_lost_routes(const struct glance *glance, bool lost)
{
	const struct nb_link *old = glance->old;
	bool any = false;

	if (glance->link)
		return old->n_routes &&
			(lost || old->flags != glance->link->flags || old->mtu != glance->link->mtu);
	for (size_t i = 0; i < old->n_routes && !any; i++)
		any = nb_route_has_hops(&old->routes[i]);
	return any;
}

/*
 * Whether routes may have changed. Those that go with their device or with an address go without a
 * word (fib_flush()): with the device they are of, or with the source they prefer.
 */
static bool are_routes_touched(const struct look *look, const struct nb_netns *ns)
{
	if (nb_touches_has(look->touches, ns->name, NB_TOUCH_ROUTES) ||
		(nb_touches_has(look->touches, ns->name, NB_TOUCH_NEXTHOPS) &&
			nb_netns_has_nexthops(ns)))
		return true;
	for (size_t i = 0; i < look->n; i++) {
		const struct glance *glance = &look->items[i];
		bool lost;

		if (glance->ns != ns || !glance->old)
			continue;
		lost = has_lost(look, glance);
		if (may_have_lost_routes(glance, lost) ||
			(lost && glance->old->n_addresses && nb_netns_prefers_source(ns)))
			return true;
	}
	return false;
}

static int read_routes(const struct look *look, struct nb_netns *ns)
{
	struct nb_space *space;
	int r = open_space(look, ns, &space);

	for (size_t i = 0; i < ns->links.n && r == 0; i++) {
		struct nb_link *link = nb_netns_link(ns, i);

		if (link->n_routes == 0)
			continue;
		link = nb_netns_own(ns, link);
		while (link && link->n_routes > 0)
			nb_link_remove_route(link, link->n_routes - 1);
		r = link ? 0 : -ENOMEM;
	}
	return r < 0 ? r : nb_snapshot_routes(space, ns, look->diag);
}

static bool differs(const struct glance *glance)
{
	if (!glance->old || !glance->link)
		return glance->old != glance->link;
	return !nb_link_equal(glance->old, glance->link);
}

/* After its routes were read: all links of one namespace; most lie in pages that both states have. */
static int compare(const struct nb_netns *old, struct nb_netns *now, struct nb_touches *changed)
{
	for (size_t i = 0; (i = nb_pages_skip(&now->links, &old->links, i)) < now->links.n; i++) {
		struct nb_link *link = nb_netns_link(now, i);
		struct nb_link *before = nb_netns_find_index(old, link->ifindex);

		if (!before || link == before)
			continue;
		if (!nb_link_equal(link, before)) {
			nb_touches_add(changed, now->name, link->ifindex);
			continue;
		}
		before->sharers++;
		if (nb_netns_replace(now, link, before) < 0) {
			before->sharers--;
			return -ENOMEM;
		}
	}
	return 0;
}

static int take(struct glance *glance, struct nb_netns *now)
{
	int r = 0;

	if (!glance->link) {
		if (!nb_netns_take(now, glance->old))
			return -ENOMEM;
		nb_link_free(glance->old);
	} else if (!glance->old) {
		r = nb_netns_add(now, glance->link);
		glance->taken = true; /* freed where it could not be */
	} else {
		r = nb_netns_replace(now, glance->old, glance->link);
		glance->taken = r == 0;
	}
	return r;
}

static int make_state(struct look *look, struct nb_state *now, struct nb_touches *changed)
{
	int r = 0;

	for (size_t i = 0; i < look->n && r == 0; i++) {
		struct glance *glance = &look->items[i];

		if (!differs(glance))
			continue;
		nb_touches_add(changed, glance->ns->name, glance->ifindex);
		r = take(glance, nb_state_namespace(now, glance->ns->name));
	}
	for (size_t n = 0; n < now->n_namespaces && r == 0; n++) {
		const struct nb_netns *old = look->before->namespaces[n];

		if (!are_routes_touched(look, old))
			continue;
		r = read_routes(look, now->namespaces[n]);
		if (r == 0)
			r = compare(old, now->namespaces[n], changed);
	}
	return r;
}

static bool is_anything_new(const struct look *look)
{
	for (size_t i = 0; i < look->n; i++) {
		if (differs(&look->items[i]))
			return true;
	}
	for (size_t n = 0; n < look->before->n_namespaces; n++) {
		if (are_routes_touched(look, look->before->namespaces[n]))
			return true;
	}
	return false;
}

static int finish(struct look *look, struct nb_touches *changed, struct nb_state **ret)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *now = NULL;
	int r = 0;

	for (size_t i = 0; i < look->n && r == 0; i++) {
		if (look->items[i].link && nb_link_is_bond(look->items[i].link))
			r = read_order(look, &look->items[i]);
	}
	if (r < 0 || !is_anything_new(look))
		return r;
	r = nb_state_share(look->before, &now);
	if (r == 0)
		r = make_state(look, now, changed);
	if (r == 0 && (changed->n || changed->all))
		*ret = nb_steal(&now);
	return r;
}

int nb_snapshot_look(struct nb_spaces *spaces, const struct nb_state *before,
	const struct nb_touches *touches, struct nb_touches *changed, struct nb_state **ret,
	struct nb_diag *diag)
{
	struct look look = { spaces, before, touches, diag, .n = 0 };
	int r = begin(&look);

	*ret = NULL;
	if (r == 0)
		r = read_all(&look);
	if (r == 0)
		r = finish(&look, changed, ret);
	for (size_t i = 0; i < look.n; i++) {
		if (!look.items[i].taken)
			nb_link_free(look.items[i].link);
	}
	/* It went meanwhile, or the kernel does not want to be asked so: everything tells. */
	return r == 0 || r == -ENOMEM || r == -EBADMSG ? r : -ESTALE;
}
