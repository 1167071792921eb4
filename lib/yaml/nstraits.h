/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a file says of the types of a namespace: host name, id maps, clock offsets. Private to
 * lib/yaml.
 */

#include "lib/yaml/walk.h"

/* A key that works only with one of the types. */
struct nb_yaml_need {
	struct nb_mark mark;
	const char *key;
	enum nb_nstype type;
};

/* A namespace under construction. */
struct nb_yaml_making {
	struct nb_netns_spec *ns;
	unsigned types; /* NB_NS_BIT() of those that the file names */
	struct nb_yaml_need needs[4];
	size_t n_needs;
	bool bad_map; /* told: what is missing of it is no news */
};

/* Members of a namespace; @object is a struct nb_yaml_making. */
int nb_yaml_take_hostname(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object);
int nb_yaml_take_id_map(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object);
int nb_yaml_take_offsets(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object);

/* Of a snapshot alone: what is pinned, and the process that keeps pid; into w->state. */
int nb_yaml_take_pins(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object);
int nb_yaml_take_pins_unreadable(
	struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object);
int nb_yaml_take_holder(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object);
