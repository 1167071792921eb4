/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/yaml/desired.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "lib/yaml/load.h"
#include "lib/yaml/rundir.h"

/* Without a file nothing is declared, which may be a wrong folder as well as a wish. */
static int load_folders(const char *const *folders, struct nb_config **ret, struct nb_diag *diag)
{
	size_t last = 0;
	int r = nb_load_set(folders, ret, diag);

	if (r < 0 || diag->n_sources)
		return r;
	while (folders[last + 1])
		last++;
	nb_diag_note(diag, NULL, folders[last], "no *.yaml file: nothing is declared");
	return 0;
}

static int read_over(const struct nb_desired *desired, const struct nb_config *base,
	struct nb_config **ret, struct nb_diag *diag)
{
	const char *const one_folder[] = { desired->config_dir, NULL };

	if (desired->n_texts)
		return nb_load_texts(desired->texts, desired->n_texts, base, ret, diag);
	/* A folder named by hand is there, or the name is wrong: it is not an empty set. */
	if (!desired->n_files && desired->config_dir && access(desired->config_dir, F_OK) < 0) {
		nb_diag_error(diag, NULL, desired->config_dir, "there is no such folder");
		nb_diag_hint(diag, "look at the name after --config-dir");
		return -EBADMSG;
	}
	if (desired->n_files)
		return nb_load_files(desired->files, desired->n_files, 0, base, ret, diag);
	return load_folders(desired->config_dir ? one_folder : nb_load_folders, ret, diag);
}

int nb_desired_read(
	const struct nb_desired *desired, struct nb_config **ret, struct nb_diag *diag)
{
	return read_over(desired, NULL, ret, diag);
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

int nb_desired_load(const struct nb_desired *desired, const struct nb_rundir *dir,
	struct nb_config **ret, struct nb_diag *diag)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *applied = NULL;
	int r = 0;

	if ((desired->n_files || desired->n_texts) && !desired->exact && dir)
		r = load_applied(dir, &applied, diag);
	return r < 0 ? r : read_over(desired, applied, ret, diag);
}

void nb_desired_spare_mac(uint8_t ret[6])
{
	NB_CLEANUP(nb_freep) char *id = NULL;
	size_t size = 0;
	uint64_t hash;

	if (nb_read_file("/etc/machine-id", 256, &id, &size) == 0 && size >= 32)
		hash = nb_hash_bytes(0, id, size);
	else if (getrandom(&hash, sizeof(hash), 0) != sizeof(hash))
		hash = (uintptr_t)ret;
	ret[0] = 0x02;
	for (unsigned i = 1; i < 6; i++)
		ret[i] = (uint8_t)(hash >> (8 * i));
}
