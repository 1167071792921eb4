/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "lib/core/model.h"
#include "tests/unit/unit.h"

/* A new link of @ns, which owns it. */
static inline struct nb_link *add_link(struct nb_netns *ns, const char *name, int ifindex)
{
	struct nb_link *link = nb_link_new(name);

	assert_non_null(link);
	link->ifindex = ifindex;
	assert_int_equal(nb_netns_add(ns, link), 0);
	return link;
}
