/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/space.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/nl/netns.h"
#include "lib/nl/rtnl.h"

static struct nb_space *space_free(struct nb_space *space)
{
	if (!space)
		return NULL;
	nb_rtnl_free(space->rtnl);
	free(space->names.slots);
	free(space->name);
	free(space);
	return NULL;
}

static size_t find(const struct nb_spaces *spaces, const char *name)
{
	size_t i;

	for (i = 0; i < spaces->n_items; i++)
		if (strcmp(spaces->items[i]->name, name) == 0)
			break;
	return i;
}

const struct nb_netns_provider *nb_spaces_provider(const struct nb_spaces *spaces)
{
	return spaces->provider ? spaces->provider : &nb_netns_direct;
}

/* The caller's own needs no entering. */
static int open_own(struct nb_space *space)
{
	int fd, r = nb_netns_open("", &fd, &space->inode);

	if (r < 0)
		return r;
	close(fd);
	return nb_rtnl_open(&space->rtnl);
}

static int enter(const struct nb_netns_provider *provider, struct nb_space *space)
{
	struct stat status;
	int fd, socket, r = provider->enter(provider->context, space->name, &fd, &socket);

	if (r < 0)
		return r;
	r = fstat(fd, &status) < 0 ? -errno : 0;
	close(fd);
	space->inode = status.st_ino;
	if (r == 0)
		return nb_rtnl_adopt(socket, &space->rtnl);
	close(socket);
	return r;
}

static int open_space(const struct nb_spaces *spaces, const char *name, struct nb_space **ret)
{
	struct nb_space *space = calloc(1, sizeof(*space));
	int r = -ENOMEM;

	if (!space)
		return -ENOMEM;
	space->name = strdup(name);
	if (space->name)
		r = *name ? enter(nb_spaces_provider(spaces), space) : open_own(space);
	if (r < 0) {
		space_free(space);
		return r;
	}
	space->cookie = nb_netns_cookie(nb_rtnl_fd(space->rtnl));
	*ret = space;
	return 0;
}

int nb_spaces_get(struct nb_spaces *spaces, const char *name, struct nb_space **ret)
{
	const size_t i = find(spaces, name);
	int r;

	if (i == spaces->n_items) {
		if (nb_grow(&spaces->items, i, &spaces->capacity, sizeof(*spaces->items)) < 0)
			return -ENOMEM;
		r = open_space(spaces, name, &spaces->items[i]);
		if (r < 0)
			return r;
		spaces->n_items++;
	}
	*ret = spaces->items[i];
	return 0;
}

int nb_spaces_renew(struct nb_spaces *spaces, const char *name, struct nb_space **ret)
{
	const size_t i = find(spaces, name);
	struct nb_space *space;
	uint64_t inode = 0;
	int fd, r;

	if (i == spaces->n_items)
		return nb_spaces_get(spaces, name, ret);
	space = spaces->items[i];
	r = nb_netns_open(name, &fd, &inode);
	if (r == 0)
		close(fd);
	if (r < 0 || inode != space->inode) {
		nb_spaces_close(spaces, name);
		return r < 0 ? r : nb_spaces_get(spaces, name, ret);
	}
	if (space->names.n_used > 0)
		memset(space->names.slots, 0,
			space->names.capacity * sizeof(*space->names.slots));
	space->names.n_used = 0;
	*ret = space;
	return 0;
}

void nb_spaces_close(struct nb_spaces *spaces, const char *name)
{
	const size_t i = find(spaces, name);

	if (i == spaces->n_items)
		return;
	spaces->n_closed_requests += nb_rtnl_count(spaces->items[i]->rtnl);
	space_free(spaces->items[i]);
	spaces->items[i] = spaces->items[--spaces->n_items];
}

static bool is_among(const char *name, char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

void nb_spaces_limit(struct nb_spaces *spaces, char *const *names, size_t n)
{
	for (size_t i = spaces->n_items; i-- > 0;) {
		const char *name = spaces->items[i]->name;

		if (*name && !is_among(name, names, n))
			nb_spaces_close(spaces, name);
	}
}

void nb_spaces_done(struct nb_spaces *spaces)
{
	for (size_t i = 0; i < spaces->n_items; i++)
		space_free(spaces->items[i]);
	free(spaces->items);
	*spaces = (struct nb_spaces){ 0 };
}

uint64_t nb_spaces_requests(const struct nb_spaces *spaces)
{
	uint64_t n = spaces->n_closed_requests;

	for (size_t i = 0; i < spaces->n_items; i++)
		n += nb_rtnl_count(spaces->items[i]->rtnl);
	return n;
}

/* The slot of @name, or the free one where it belongs; never full. */
static struct nb_space_name *slot_of(const struct nb_space_names *names, const char *name)
{
	const size_t mask = names->capacity - 1;
	size_t i = nb_hash_bytes(0, name, strlen(name)) & mask;

	while (names->slots[i].name[0] != '\0' && strcmp(names->slots[i].name, name) != 0)
		i = (i + 1) & mask;
	return &names->slots[i];
}

static int make_room(struct nb_space_names *names)
{
	struct nb_space_names larger = { .capacity = NB_MAX(names->capacity * 2, (size_t)64) };

	if (names->n_used * 2 < names->capacity)
		return 0;
	larger.slots = calloc(larger.capacity, sizeof(*larger.slots));
	if (!larger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < names->capacity; i++) {
		if (names->slots[i].ifindex == 0)
			continue;
		*slot_of(&larger, names->slots[i].name) = names->slots[i];
		larger.n_used++;
	}
	free(names->slots);
	*names = larger;
	return 0;
}

int nb_space_index(struct nb_space *space, const char *name)
{
	struct nb_space_name *slot;
	struct ifreq request = { 0 };

	if (name[0] == '\0' || strlen(name) >= sizeof(request.ifr_name))
		return -ENODEV;
	if (make_room(&space->names) < 0)
		return -ENOMEM;
	slot = slot_of(&space->names, name);
	if (slot->ifindex != 0)
		return slot->ifindex;
	strcpy(request.ifr_name, name);
	/* sock_do_ioctl() hands what netlink does not know to dev_ioctl(). */
	if (ioctl(nb_rtnl_fd(space->rtnl), SIOCGIFINDEX, &request) < 0)
		return -errno;
	if (slot->name[0] == '\0')
		space->names.n_used++;
	strcpy(slot->name, name);
	slot->ifindex = request.ifr_ifindex;
	return slot->ifindex;
}

int nb_space_name(const struct nb_space *space, int ifindex, char ret[IFNAMSIZ])
{
	struct ifreq request = { .ifr_ifindex = ifindex };

	if (ioctl(nb_rtnl_fd(space->rtnl), SIOCGIFNAME, &request) < 0)
		return -ENODEV;
	memcpy(ret, request.ifr_name, IFNAMSIZ);
	ret[IFNAMSIZ - 1] = '\0';
	return 0;
}

void nb_space_forget(struct nb_space *space, const char *name)
{
	if (space->names.capacity > 0)
		slot_of(&space->names, name)->ifindex = 0;
}
