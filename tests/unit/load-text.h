/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A configuration from a scratch folder, and what was said of it. */

#include <string.h>
#include <sys/stat.h>

#include "tests/unit/unit.h"

#include "lib/yaml/config.h"
#include "lib/yaml/load.h"
#include "tests/unit/scratch.h"

static inline void make_folder(const struct scratch *s, const char *name)
{
	assert_int_equal(mkdir(scratch_path(s, name), 0755), 0);
}

/* The keys of the bonds in their order: "bond0 bond1". */
static inline void assert_bonds(const struct nb_config *config, const char *expected)
{
	NB_CLEANUP(nb_text_done) struct nb_text keys = { 0 };

	assert_non_null(config);
	nb_text_add(&keys, "%s", "");
	for (size_t i = 0; i < config->n_bonds; i++)
		nb_text_add(&keys, "%s%s", i ? " " : "", config->bonds[i]->key);
	assert_string_equal(keys.text, expected);
}

/* All that was said, with the folder of the test as "@". */
static inline char *said(const struct scratch *s, const struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text all = { 0 };
	struct nb_text out = { 0 };

	nb_text_add(&all, "%s", "");
	for (size_t i = 0; i < diag->n_problems; i++)
		nb_diag_format(diag, &diag->problems[i], &all);
	for (const char *at = all.text;;) {
		const char *next = strstr(at, s->path);

		nb_text_add(&out, "%.*s", next ? (int)(next - at) : (int)strlen(at), at);
		if (!next)
			return out.text;
		nb_text_add(&out, "@");
		at = next + strlen(s->path);
	}
}

static inline void assert_said(const struct scratch *s, const struct nb_diag *diag, const char *expected)
{
	NB_CLEANUP(nb_freep) char *text = said(s, diag);

	assert_string_equal(text, expected);
}

static inline int load_folders(
	const struct scratch *s, struct nb_config **ret, struct nb_diag *diag)
{
	char lib[256], run[256], etc[256];
	const char *folders[] = { lib, run, etc, NULL };

	snprintf(lib, sizeof(lib), "%s/lib", s->path);
	snprintf(run, sizeof(run), "%s/run", s->path);
	snprintf(etc, sizeof(etc), "%s/etc", s->path);
	return nb_load_set(folders, ret, diag);
}

static inline int load_one(const char *path, struct nb_config **ret, struct nb_diag *diag)
{
	char *paths[] = { (char *)path };

	return nb_load_files(paths, 1, 0, NULL, ret, diag);
}

#define BOND(name, options) "bonds: {" name ": {mode: active-backup, slaves: []" options "}}\n"
