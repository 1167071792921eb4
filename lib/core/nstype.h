/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The types of Linux namespaces, and what is told of a set of them: a declared namespace is such a
 * set, each type of it its own or shared with another set.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nb_text;
struct nb_process;

/* In the order in which they are made: all others belong to the user namespace they were made in. */
enum nb_nstype {
	NB_NS_USER,
	NB_NS_NET,
	NB_NS_UTS,
	NB_NS_IPC,
	NB_NS_CGROUP,
	NB_NS_TIME,
	NB_NS_PID,
	NB_NS_MNT,
	NB_NS_COUNT,
};

#define NB_NS_BIT(type) (1u << (type))
#define NB_NS_ALL (NB_NS_BIT(NB_NS_COUNT) - 1)

/* Pins of all types but net lie below; those of mnt in a folder whose mounts are private. */
#define NB_NSTYPE_DIR "/run/netbond-nsd/ns"
#define NB_NSTYPE_MNT_DIR "/run/netbond-nsd/mnt"

/* Ids inside a user namespace that stand for as many outside. */
struct nb_id_range {
	uint32_t inside, outside, count;
};

struct nb_id_map {
	struct nb_id_range *ranges;
	size_t n, capacity;
};

#define NB_ID_RANGES_MAX 340 /* UID_GID_MAP_MAX_EXTENTS */

/* What can be said of the types of a set beside that they are there. Zero: nothing is. */
struct nb_nstraits {
	char *hostname; /* uts; NULL: as inherited, or not known */
	struct nb_id_map uids, gids; /* user */
	int64_t monotonic, boottime; /* time, in seconds */
};

/* A set as it was found. */
struct nb_nsset {
	char *name;
	uint64_t inodes[NB_NS_COUNT]; /* of each pinned type; 0 = no pin; net: its own or a shared one */
	uint64_t owners[NB_NS_COUNT]; /* inode of the user namespace it belongs to; 0 = not known */
	int holder; /* pid: process 1 of it as netbond-nsd numbers it; 0 = it has ended */
	bool unreadable; /* nobody can look now */
	struct nb_nstraits traits;
	struct nb_process *processes; /* in types that may have to go; known only then */
	size_t n_processes;
};

/** nb_nstype_name() - "user", "net", ... as the file and /proc/PID/ns spell it */
const char *nb_nstype_name(enum nb_nstype type);

/** nb_nstype_find() - the type of that name. Return: NB_NS_COUNT when there is none. */
enum nb_nstype nb_nstype_find(const char *name);

/** nb_nstypes_format() - append "net, uts": the types of a mask of NB_NS_BIT() */
void nb_nstypes_format(unsigned types, struct nb_text *out);

/** nb_id_map_add() - append a range. Return: 0, -ENOMEM. */
int nb_id_map_add(struct nb_id_map *map, struct nb_id_range range);

/** nb_id_map_equal() - whether both say the same; the order of ranges does not matter */
bool nb_id_map_equal(const struct nb_id_map *a, const struct nb_id_map *b);

/** nb_id_map_format() - append "0 100000 65536": inside, outside, count, ranges joined by @between */
void nb_id_map_format(const struct nb_id_map *map, const char *between, struct nb_text *out);

/**
 * nb_id_map_parse() - append the ranges of such a text, as /proc/PID/uid_map shows them
 *
 * Return: 0; -EINVAL it is none, or has more than NB_ID_RANGES_MAX; -ENOMEM.
 */
int nb_id_map_parse(const char *text, struct nb_id_map *map);

/** nb_nstraits_copy() - deep copy over what @ret had not. Return: 0; -ENOMEM, *@ret owns nothing. */
int nb_nstraits_copy(const struct nb_nstraits *traits, struct nb_nstraits *ret);

/** nb_nstraits_done() - free the contents */
void nb_nstraits_done(struct nb_nstraits *traits);

/** nb_nsset_new() - an empty set of that name; NULL: no memory */
struct nb_nsset *nb_nsset_new(const char *name);

/** nb_nsset_copy() - deep copy without the processes. Return: 0, -ENOMEM. */
int nb_nsset_copy(const struct nb_nsset *set, struct nb_nsset **ret);

/** nb_nsset_free() - Return: NULL. */
struct nb_nsset *nb_nsset_free(struct nb_nsset *set);
