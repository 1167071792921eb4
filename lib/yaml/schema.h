/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The parts of the schema that config.c puts together. Private to lib/yaml.
 */

#include "lib/yaml/config.h"
#include "lib/yaml/walk.h"

extern const struct nb_name nb_yaml_drifts[]; /* enum nb_drift; ends with a NULL name */

/** nb_yaml_take_bond() - one member of `bonds:`; @object is not used */
int nb_yaml_take_bond(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object);

/** nb_yaml_take_slaves() - `slaves:` of a struct nb_bond */
int nb_yaml_take_slaves(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object);

/** nb_yaml_take_namespace() - one member of `namespaces:`; @object is not used */
int nb_yaml_take_namespace(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object);

/** nb_yaml_need_namespace() - w->state has a namespace of that name from here on */
int nb_yaml_need_namespace(struct nb_yaml_walk *w, const char *name, const struct nb_mark *mark);

/** nb_yaml_take_objects() - a mapping of names of the user's choice to objects */
int nb_yaml_take_objects(struct nb_yaml_walk *w, const struct nb_yaml_node *node,
	nb_yaml_take *take, void *object);

/** nb_yaml_take_file() - the whole of a configuration */
int nb_yaml_take_file(struct nb_yaml_walk *w, const struct nb_yaml_tree *tree);

/** nb_yaml_take_links() - `links:` of a snapshot, into w->state */
int nb_yaml_take_links(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object);

/** nb_yaml_take_kernel() - `kernel:` of a snapshot, into w->state */
int nb_yaml_take_kernel(struct nb_yaml_walk *w, const struct nb_yaml_node *node, void *object);
