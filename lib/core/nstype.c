/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/nstype.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/core/util.h"

static const char *const names[NB_NS_COUNT] = {
	[NB_NS_USER] = "user",
	[NB_NS_NET] = "net",
	[NB_NS_UTS] = "uts",
	[NB_NS_IPC] = "ipc",
	[NB_NS_CGROUP] = "cgroup",
	[NB_NS_TIME] = "time",
	[NB_NS_PID] = "pid",
	[NB_NS_MNT] = "mnt",
};

const char *nb_nstype_name(enum nb_nstype type)
{
	assert(type < NB_NS_COUNT);
	return names[type];
}

enum nb_nstype nb_nstype_find(const char *name)
{
	enum nb_nstype type = 0;

	while (type < NB_NS_COUNT && strcmp(names[type], name) != 0)
		type++;
	return type;
}

void nb_nstypes_format(unsigned types, struct nb_text *out)
{
	const char *comma = "";

	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		if (!(types & NB_NS_BIT(type)))
			continue;
		nb_text_add(out, "%s%s", comma, names[type]);
		comma = ", ";
	}
}

int nb_id_map_add(struct nb_id_map *map, struct nb_id_range range)
{
	if (nb_grow(&map->ranges, map->n, &map->capacity, sizeof(range)) < 0)
		return -ENOMEM;
	map->ranges[map->n++] = range;
	return 0;
}

static bool has_range(const struct nb_id_map *map, const struct nb_id_range *range)
{
	for (size_t i = 0; i < map->n; i++) {
		if (memcmp(&map->ranges[i], range, sizeof(*range)) == 0)
			return true;
	}
	return false;
}

/* No two ranges of a map are equal: they would overlap. */
bool nb_id_map_equal(const struct nb_id_map *a, const struct nb_id_map *b)
{
	for (size_t i = 0; i < a->n; i++) {
		if (!has_range(b, &a->ranges[i]))
			return false;
	}
	return a->n == b->n;
}

void nb_id_map_format(const struct nb_id_map *map, const char *between, struct nb_text *out)
{
	for (size_t i = 0; i < map->n; i++)
		nb_text_add(out, "%s%u %u %u", i ? between : "", map->ranges[i].inside,
			map->ranges[i].outside, map->ranges[i].count);
}

int nb_id_map_parse(const char *text, struct nb_id_map *map)
{
	struct nb_id_range range;
	int n;

	for (; *(text += strspn(text, " \n")); text += n) {
		if (sscanf(text, "%u %u %u%n", &range.inside, &range.outside, &range.count, &n) != 3 ||
			map->n == NB_ID_RANGES_MAX)
			return -EINVAL;
		if (nb_id_map_add(map, range) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int copy_map(const struct nb_id_map *map, struct nb_id_map *ret)
{
	for (size_t i = 0; i < map->n; i++) {
		if (nb_id_map_add(ret, map->ranges[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

int nb_nstraits_copy(const struct nb_nstraits *traits, struct nb_nstraits *ret)
{
	*ret = (struct nb_nstraits){
		.monotonic = traits->monotonic,
		.boottime = traits->boottime,
	};
	if (traits->hostname)
		ret->hostname = strdup(traits->hostname);
	if ((!traits->hostname || ret->hostname) && copy_map(&traits->uids, &ret->uids) == 0 &&
		copy_map(&traits->gids, &ret->gids) == 0)
		return 0;
	nb_nstraits_done(ret);
	return -ENOMEM;
}

void nb_nstraits_done(struct nb_nstraits *traits)
{
	free(traits->hostname);
	free(traits->uids.ranges);
	free(traits->gids.ranges);
	memset(traits, 0, sizeof(*traits));
}

struct nb_nsset *nb_nsset_new(const char *name)
{
	struct nb_nsset *set = calloc(1, sizeof(*set));

	if (set && !(set->name = strdup(name)))
		return nb_nsset_free(set);
	return set;
}

int nb_nsset_copy(const struct nb_nsset *set, struct nb_nsset **ret)
{
	struct nb_nsset *copy = nb_nsset_new(set->name);

	if (!copy || nb_nstraits_copy(&set->traits, &copy->traits) < 0) {
		nb_nsset_free(copy);
		return -ENOMEM;
	}
	memcpy(copy->inodes, set->inodes, sizeof(copy->inodes));
	memcpy(copy->owners, set->owners, sizeof(copy->owners));
	copy->holder = set->holder;
	copy->unreadable = set->unreadable;
	*ret = copy;
	return 0;
}

struct nb_nsset *nb_nsset_free(struct nb_nsset *set)
{
	if (!set)
		return NULL;
	nb_nstraits_done(&set->traits);
	free(set->processes);
	free(set->name);
	free(set);
	return NULL;
}
