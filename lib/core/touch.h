/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Where something may have changed since a moment: never what, so that one that is there twice, or
 * for nothing, does no harm.
 */

#include <stdbool.h>
#include <stddef.h>

#define NB_TOUCHES_MAX 64 /* of more, all is looked at */

/* In place of an ifindex: */
#define NB_TOUCH_ROUTES 0    /* the routes of the namespace */
#define NB_TOUCH_NEXTHOPS -1 /* those that lead by a nexthop object: one went */

struct nb_touch {
	char *namespace; /* "" = own */
	int ifindex;	 /* or NB_TOUCH_ROUTES, NB_TOUCH_NEXTHOPS */
	bool lost;	 /* routes may have gone with what it lost, though it has it again */
	bool gone;	 /* it was there no more: another one may have its ifindex by now */
};

/* Zero is none. */
struct nb_touches {
	struct nb_touch items[NB_TOUCHES_MAX];
	size_t n;
	bool all; /* anywhere: the items say nothing */
};

/**
 * nb_touches_add() - something of that link may have changed
 * @ifindex:  or NB_TOUCH_ROUTES, NB_TOUCH_NEXTHOPS
 *
 * What there is no room for becomes .all.
 */
void nb_touches_add(struct nb_touches *touches, const char *namespace, int ifindex);

/**
 * nb_touches_lost() - the same of a link that was down, or without a carrier, or lost an address
 *
 * IPv4 routes go with that and nobody is told (fib_flush()); neither do they come back with it.
 */
void nb_touches_lost(struct nb_touches *touches, const char *namespace, int ifindex);

/** nb_touches_gone() - the same of a link that came to an end, or went elsewhere */
void nb_touches_gone(struct nb_touches *touches, const char *namespace, int ifindex);

/** nb_touches_all() - anything may have changed */
void nb_touches_all(struct nb_touches *touches);

/** nb_touches_merge() - where @more says, too */
void nb_touches_merge(struct nb_touches *touches, const struct nb_touches *more);

/** nb_touches_has() - whether the link, or what else @ifindex stands for, may have changed */
bool nb_touches_has(const struct nb_touches *touches, const char *namespace, int ifindex);

/** nb_touches_has_lost() - whether nb_touches_lost() was said of the link, or all may have changed */
bool nb_touches_has_lost(const struct nb_touches *touches, const char *namespace, int ifindex);

/** nb_touches_has_gone() - whether nb_touches_gone() was said of the link, or all may have changed */
bool nb_touches_has_gone(const struct nb_touches *touches, const char *namespace, int ifindex);

/** nb_touches_done() - nowhere any more */
void nb_touches_done(struct nb_touches *touches);
