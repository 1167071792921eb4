/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/yaml/snapshot.h"

#include <errno.h>
#include <string.h>

static unsigned bucket(const char *namespace, const char *name)
{
	uint64_t hash = nb_hash_bytes(0, namespace, strlen(namespace) + 1);

	return nb_hash_bytes(hash, name, strlen(name)) % NB_YAML_BUCKETS;
}

struct nb_yaml_draft *nb_yaml_drafts_find(
	const struct nb_yaml_drafts *drafts, const char *namespace, const char *name)
{
	struct nb_yaml_draft *draft = drafts->buckets[bucket(namespace, name)];

	for (; draft; draft = draft->next)
		if (strcmp(draft->namespace, namespace) == 0 &&
			strcmp(draft->link->name, name) == 0)
			return draft;
	return NULL;
}

void nb_yaml_draft_free(struct nb_yaml_draft *draft)
{
	nb_link_free(draft->link);
	free(draft);
}

int nb_yaml_drafts_add(struct nb_yaml_walk *w, struct nb_yaml_draft *draft)
{
	struct nb_yaml_drafts *drafts = w->drafts;
	struct nb_yaml_draft **first = &drafts->buckets[bucket(draft->namespace, draft->link->name)];

	if (drafts->n >= NB_YAML_LINKS_MAX) {
		nb_diag_error(w->diag, &draft->mark, NULL, "the snapshot has more than %d links",
			NB_YAML_LINKS_MAX);
		nb_diag_hint(w->diag, "is it the right file? Leave links out that no bond has to do with");
		nb_yaml_draft_free(draft);
		return -EBADMSG;
	}
	if (nb_grow(&drafts->items, drafts->n, &drafts->capacity, sizeof(*drafts->items)) < 0) {
		nb_yaml_draft_free(draft);
		return -ENOMEM;
	}
	drafts->items[drafts->n++] = draft;
	draft->next = *first;
	*first = draft;
	return 0;
}

void nb_yaml_drafts_done(struct nb_yaml_drafts *drafts)
{
	for (size_t i = 0; i < drafts->n; i++)
		nb_yaml_draft_free(drafts->items[i]);
	free(drafts->items);
}
