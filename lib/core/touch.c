/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/touch.h"

#include <string.h>

#include "lib/core/util.h"

static const struct nb_touch *find(
	const struct nb_touches *touches, const char *namespace, int ifindex)
{
	for (size_t i = 0; i < touches->n; i++) {
		if (touches->items[i].ifindex == ifindex &&
			nb_streq(touches->items[i].namespace, namespace))
			return &touches->items[i];
	}
	return NULL;
}

static void add(struct nb_touches *touches, const struct nb_touch *touch)
{
	struct nb_touch *old = (struct nb_touch *)find(touches, touch->namespace, touch->ifindex);
	char *copy;

	if (old) {
		old->lost |= touch->lost;
		old->gone |= touch->gone;
	}
	if (touches->all || old)
		return;
	copy = touches->n < NB_TOUCHES_MAX ? strdup(touch->namespace) : NULL;
	if (!copy) {
		nb_touches_all(touches);
		return;
	}
	touches->items[touches->n] = *touch;
	touches->items[touches->n++].namespace = copy;
}

void nb_touches_add(struct nb_touches *touches, const char *namespace, int ifindex)
{
	add(touches, &(struct nb_touch){ (char *)namespace, ifindex, false, false });
}

void nb_touches_lost(struct nb_touches *touches, const char *namespace, int ifindex)
{
	add(touches, &(struct nb_touch){ (char *)namespace, ifindex, true, false });
}

void nb_touches_gone(struct nb_touches *touches, const char *namespace, int ifindex)
{
	add(touches, &(struct nb_touch){ (char *)namespace, ifindex, true, true });
}

void nb_touches_all(struct nb_touches *touches)
{
	nb_touches_done(touches);
	touches->all = true;
}

void nb_touches_merge(struct nb_touches *touches, const struct nb_touches *more)
{
	if (more->all)
		nb_touches_all(touches);
	for (size_t i = 0; i < more->n; i++)
		add(touches, &more->items[i]);
}

bool nb_touches_has(const struct nb_touches *touches, const char *namespace, int ifindex)
{
	return touches->all || find(touches, namespace, ifindex);
}

bool nb_touches_has_lost(const struct nb_touches *touches, const char *namespace, int ifindex)
{
	const struct nb_touch *touch = find(touches, namespace, ifindex);

	return touches->all || (touch && touch->lost);
}

bool nb_touches_has_gone(const struct nb_touches *touches, const char *namespace, int ifindex)
{
	const struct nb_touch *touch = find(touches, namespace, ifindex);

	return touches->all || (touch && touch->gone);
}

void nb_touches_done(struct nb_touches *touches)
{
	while (touches->n > 0)
		free(touches->items[--touches->n].namespace);
	touches->all = false;
}
