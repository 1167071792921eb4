/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Paths of objects: each part is one label, escaped by sd-bus's rule; "_" alone is "". */
#include <string.h>
#include <systemd/sd-bus.h>

#include "daemon/describe.h"

char *nbd_object_path(const struct nbd_object *object)
{
	char *path = NULL;
	int r = -1;

	switch (object->kind) {
	case NBD_OBJECT_BOND:
		r = sd_bus_path_encode_many(&path, NBD_PATH "/bond/%/%", object->namespace,
			object->name);
		break;
	case NBD_OBJECT_SLAVE:
		r = sd_bus_path_encode_many(&path, NBD_PATH "/slave/%/%/%", object->namespace,
			object->bond->name, object->name);
		break;
	case NBD_OBJECT_NAMESPACE:
		r = sd_bus_path_encode_many(&path, NBD_PATH "/namespace/%", object->name);
		break;
	case NBD_OBJECT_KINDS:
		break;
	}
	return r < 0 ? NULL : path;
}

bool nbd_object_from_path(
	struct nbd *d, const struct nbd_seen *seen, const char *path, struct nbd_object *ret)
{
	NB_CLEANUP(nb_freep) char *a = NULL;
	NB_CLEANUP(nb_freep) char *b = NULL;
	NB_CLEANUP(nb_freep) char *c = NULL;

	if (sd_bus_path_decode_many(path, NBD_PATH "/bond/%/%", &a, &b) > 0)
		return nbd_object_find_bond(d, seen, a, b, ret);
	if (sd_bus_path_decode_many(path, NBD_PATH "/slave/%/%/%", &a, &b, &c) > 0)
		return nbd_object_find_slave(d, seen, a, b, c, ret);
	if (sd_bus_path_decode_many(path, NBD_PATH "/namespace/%", &a) > 0)
		return nbd_object_find_namespace(d, seen, a, ret);
	return false;
}
