/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/desired.h"

#include <errno.h>
#include <string.h>

#include "cli/args.h"
#include "lib/core/rules.h"
#include "lib/yaml/load.h"
#include "lib/yaml/rundir.h"

void nbc_desired_folders(const struct nbc_args *args, struct nb_text *out)
{
	const char *dir = nbc_args_value(args, NBC_CONFIG_DIR);

	if (dir)
		nb_text_add(out, "%s", dir);
	for (size_t i = 0; !dir && nb_load_folders[i]; i++)
		nb_text_add(out, "%s%s", i ? ", " : "", nb_load_folders[i]);
}

int nbc_desired_read(const struct nbc_args *args, struct nb_config **ret, struct nb_diag *diag)
{
	const char *const one_folder[] = { nbc_args_value(args, NBC_CONFIG_DIR), NULL };

	if (args->n_words)
		return nb_load_files(args->words, args->n_words, 0, ret, diag);
	return nb_load_set(one_folder[0] ? one_folder : nb_load_folders, ret, diag);
}

static int load_applied(
	const struct nb_rundir *dir, struct nb_config **ret, struct nb_diag *diag)
{
	int r = nb_rundir_load_applied(dir, ret, diag);

	if (r == 0 || r == -EBADMSG || r == -ENOMEM)
		return r;
	nb_diag_error(diag, NULL, dir->path, "the applied configuration cannot be read: %s",
		strerror(-r));
	nb_diag_hint(diag, "run as root, or say --exact to leave it out of account");
	return -EBADMSG;
}

int nbc_desired_load(const struct nbc_args *args, const struct nb_rundir *dir,
	struct nb_config **ret, struct nb_diag *diag)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *applied = NULL;
	NB_CLEANUP(nb_config_freep) struct nb_config *files = NULL;
	NB_CLEANUP(nb_config_freep) struct nb_config *whole = NULL;
	int r;

	r = nbc_desired_read(args, &files, diag);
	if (r < 0)
		return r;
	/* Only the folders' set is exact by itself. */
	if (args->n_words && !nbc_args_has(args, NBC_EXACT) && dir)
		r = load_applied(dir, &applied, diag);
	if (r < 0)
		return r;
	if (!applied) {
		*ret = nb_steal(&files);
		return 0;
	}
	r = nb_config_overlay(applied, files, false, &whole);
	if (r == 0)
		r = nb_rules_check(whole, diag);
	if (r == 0)
		r = nb_rules_canonicalise(whole);
	if (r < 0)
		return r;
	*ret = nb_steal(&whole);
	return 0;
}
