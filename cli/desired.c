/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/desired.h"

#include "cli/args.h"
#include "lib/yaml/desired.h"
#include "lib/yaml/load.h"

void nbc_desired_folders(const struct nbc_args *args, struct nb_text *out)
{
	const char *dir = nbc_args_value(args, NBC_CONFIG_DIR);

	if (dir)
		nb_text_add(out, "%s", dir);
	for (size_t i = 0; !dir && nb_load_folders[i]; i++)
		nb_text_add(out, "%s%s", i ? ", " : "", nb_load_folders[i]);
}

/* What netbondd takes the same command line for. */
static struct nb_desired desired_of(const struct nbc_args *args)
{
	return (struct nb_desired){
		.files = args->words,
		.n_files = args->n_words,
		.exact = nbc_args_has(args, NBC_EXACT),
		.config_dir = nbc_args_value(args, NBC_CONFIG_DIR),
	};
}

int nbc_desired_read(const struct nbc_args *args, struct nb_config **ret, struct nb_diag *diag)
{
	const struct nb_desired desired = desired_of(args);

	return nb_desired_read(&desired, ret, diag);
}

int nbc_desired_load(const struct nbc_args *args, const struct nb_rundir *dir,
	struct nb_config **ret, struct nb_diag *diag)
{
	const struct nb_desired desired = desired_of(args);

	return nb_desired_load(&desired, dir, ret, diag);
}
