/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/yaml/nstraits.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/yaml/out.h"

#define HOSTNAME_MAX 64 /* __NEW_UTS_LEN */
#define OFFSET_MAX (INT64_C(1) << 33) /* seconds: far above what the kernel takes (KTIME_SEC_MAX) */

static void note_need(
	struct nb_yaml_making *making, const struct nb_yaml_node *node, enum nb_nstype type)
{
	making->needs[making->n_needs++] = (struct nb_yaml_need){
		.mark = node->key->mark, .key = node->key->text, .type = type
	};
}

int nb_yaml_take_hostname(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_making *making = object;
	const char *text;
	int k;

	note_need(making, node, NB_NS_UTS);
	k = nb_yaml_text(w, node, &text);
	if (k < 0)
		return k;
	if (strlen(text) <= HOSTNAME_MAX && !strpbrk(text, " /:"))
		return nb_yaml_copy(w, node, &making->ns->traits.hostname);
	nb_diag_error(w->diag, &node->mark, NULL, "hostname: '%.64s' cannot be a host name", text);
	nb_diag_hint(w->diag, "it has 1 to %d letters, digits, '-' and '.'", HOSTNAME_MAX);
	return -EBADMSG;
}

/* One line of an id map while it is read. */
struct line {
	struct nb_id_range range;
	bool has_inside, has_outside, has_count;
};

static int take_inside(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct line *line = object;

	line->has_inside = true;
	return nb_yaml_u32(w, node, 0, &line->range.inside);
}

static int take_outside(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct line *line = object;

	line->has_outside = true;
	return nb_yaml_u32(w, node, 0, &line->range.outside);
}

static int take_count(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct line *line = object;

	line->has_count = true;
	return nb_yaml_u32(w, node, 1, &line->range.count);
}

static const struct nb_yaml_shape range_shape = {
	.what = "a range of ids",
	.fields = (const struct nb_yaml_field[]){
		{ "inside", take_inside },
		{ "outside", take_outside },
		{ "count", take_count },
		{ 0 },
	},
};

static bool meet(uint32_t a, uint32_t n, uint32_t b, uint32_t m)
{
	return a < (uint64_t)b + m && b < (uint64_t)a + n;
}

/* What new_idmap_permitted() and map_write() would refuse. */
static int check_range(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	const struct nb_id_map *map, const struct nb_id_range *range)
{
	if ((uint64_t)range->inside + range->count > UINT32_MAX ||
		(uint64_t)range->outside + range->count > UINT32_MAX) {
		nb_diag_error(w->diag, &node->mark, NULL, "%s: the range ends above %u",
			nb_yaml_label(node), UINT32_MAX - 1);
		nb_diag_hint(w->diag, "lower count");
		return -EBADMSG;
	}
	for (size_t i = 0; i < map->n; i++) {
		const struct nb_id_range *other = &map->ranges[i];
		bool inside = meet(range->inside, range->count, other->inside, other->count);

		if (!inside && !meet(range->outside, range->count, other->outside, other->count))
			continue;
		nb_diag_error(w->diag, &node->mark, NULL, "%s: the range meets an earlier one %s",
			nb_yaml_label(node), inside ? "inside" : "outside");
		nb_diag_hint(w->diag, "an id stands for one other id at most");
		return -EBADMSG;
	}
	return 0;
}

static int take_range(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_id_map *map = object;
	struct line line = { 0 };
	int k;

	k = nb_yaml_take_map(w, node, &range_shape, &line);
	if (k < 0)
		return k;
	if (!line.has_inside || !line.has_outside || !line.has_count) {
		nb_diag_error(w->diag, &node->mark, NULL,
			"%s: a range needs inside, outside and count", nb_yaml_label(node));
		nb_diag_hint(w->diag, "write {inside: 0, outside: 100000, count: 65536}");
		return -EBADMSG;
	}
	k = check_range(w, node, map, &line.range);
	return k < 0 ? k : nb_id_map_add(map, line.range);
}

int nb_yaml_take_id_map(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_making *making = object;
	struct nb_nstraits *traits = &making->ns->traits;
	struct nb_id_map *map = *node->key->text == 'u' ? &traits->uids : &traits->gids;
	int k;

	note_need(making, node, NB_NS_USER);
	k = nb_yaml_take_list(
		w, node, "a list of {inside: 0, outside: 100000, count: 65536}", take_range, map);
	if (k == 0 && map->n > NB_ID_RANGES_MAX) {
		k = nb_diag_error(w->diag, &node->key->mark, NULL,
			"%s has more than %d ranges: the kernel takes no more", node->key->text,
			NB_ID_RANGES_MAX);
		nb_diag_hint(w->diag, "join ranges that follow one another");
	}
	making->bad_map |= k < 0;
	return k;
}

static int take_monotonic(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_number(
		w, node, -OFFSET_MAX, OFFSET_MAX, &((struct nb_nstraits *)object)->monotonic);
}

static int take_boottime(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	return nb_yaml_number(
		w, node, -OFFSET_MAX, OFFSET_MAX, &((struct nb_nstraits *)object)->boottime);
}

static const struct nb_yaml_shape offsets_shape = {
	.what = "offsets",
	.example = "offsets: {monotonic: 0, boottime: 0}",
	.fields = (const struct nb_yaml_field[]){
		{ "monotonic", take_monotonic },
		{ "boottime", take_boottime },
		{ 0 },
	},
};

int nb_yaml_take_offsets(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_yaml_making *making = object;

	note_need(making, node, NB_NS_TIME);
	return nb_yaml_take_map(w, node, &offsets_shape, &making->ns->traits);
}

static int take_pin(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_nsset *set = object;
	int64_t inode;
	int k;

	k = nb_yaml_number(w, node, 0, INT64_MAX, &inode);
	if (k == 0)
		set->inodes[nb_nstype_find(node->key->text)] = (uint64_t)inode;
	return k;
}

static const struct nb_yaml_shape pins_shape = {
	.what = "pins",
	.example = "pins: {uts: 4026531999}",
	.fields = (const struct nb_yaml_field[]){
		{ "user", take_pin }, { "net", take_pin }, { "uts", take_pin }, { "ipc", take_pin },
		{ "cgroup", take_pin }, { "time", take_pin }, { "pid", take_pin },
		{ "mnt", take_pin }, { 0 },
	},
};

/* Return: 0; 1 what is read is a configuration: they are passed over; -ENOMEM. */
static int find_set(struct nb_yaml_walk *w, void *object, struct nb_nsset **ret)
{
	if (!w->state)
		return 1;
	*ret = nb_state_add_set(w->state, ((struct nb_yaml_making *)object)->ns->name);
	return *ret ? 0 : -ENOMEM;
}

int nb_yaml_take_pins(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_nsset *set;
	int k;

	k = find_set(w, object, &set);
	return k ? NB_MIN(k, 0) : nb_yaml_take_map(w, node, &pins_shape, set);
}

int nb_yaml_take_pins_unreadable(
	struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_nsset *set;
	int k;

	k = find_set(w, object, &set);
	return k ? NB_MIN(k, 0) : nb_yaml_bool(w, node, &set->unreadable);
}

int nb_yaml_take_holder(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object)
{
	struct nb_nsset *set;
	uint32_t holder;
	int k;

	k = find_set(w, object, &set);
	if (k)
		return NB_MIN(k, 0);
	k = nb_yaml_u32(w, node, 0, &holder);
	if (k == 0)
		set->holder = (int)holder;
	return k;
}

static void out_id_map(struct nb_yaml_out *o, const char *key, const struct nb_id_map *map)
{
	if (map->n == 0)
		return;
	nb_yaml_out_word(o, "%s", key);
	nb_yaml_out_list(o, true);
	for (size_t i = 0; i < map->n; i++) {
		nb_yaml_out_map(o, true);
		nb_yaml_out_number(o, "inside", map->ranges[i].inside);
		nb_yaml_out_number(o, "outside", map->ranges[i].outside);
		nb_yaml_out_number(o, "count", map->ranges[i].count);
		nb_yaml_out_map_end(o);
	}
	nb_yaml_out_list_end(o);
}

void nb_yaml_out_traits(struct nb_yaml_out *o, const struct nb_nstraits *traits)
{
	if (traits->hostname)
		nb_yaml_out_pair(o, "hostname", traits->hostname);
	out_id_map(o, "uid-map", &traits->uids);
	out_id_map(o, "gid-map", &traits->gids);
	if (!traits->monotonic && !traits->boottime)
		return;
	nb_yaml_out_word(o, "offsets");
	nb_yaml_out_map(o, true);
	nb_yaml_out_word(o, "monotonic");
	nb_yaml_out_word(o, "%" PRId64, traits->monotonic);
	nb_yaml_out_word(o, "boottime");
	nb_yaml_out_word(o, "%" PRId64, traits->boottime);
	nb_yaml_out_map_end(o);
}
