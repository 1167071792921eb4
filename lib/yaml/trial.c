/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/yaml/trial.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lib/yaml/config.h"
#include "lib/yaml/emit.h"
#include "lib/yaml/memory.h"

#define TRIAL "trial.yaml"
#define SNAPSHOT "trial-snapshot.yaml"
#define BEFORE "trial-before.yaml"
#define TRIED "trial-tried.yaml"
#define OBJECTS "trial-objects.yaml"

static const char *const phases[] = {
	[NB_TRIAL_APPLYING] = "applying",
	[NB_TRIAL_WAITING] = "waiting",
	[NB_TRIAL_RETURNING] = "returning",
};

static int save_config(
	const struct nb_rundir *dir, const char *name, const struct nb_config *config)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	int r = nb_yaml_emit_config(config, &text);

	return r < 0 ? r : nb_rundir_write(dir, name, &text);
}

static int save_objects(const struct nb_rundir *dir, const struct nb_memory *memory)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_yaml_emit_memory(memory, &text);
	return nb_rundir_write(dir, OBJECTS, &text);
}

int nb_trial_update(const struct nb_rundir *dir, const struct nb_trial *trial)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_text_add(&text, "phase: %s\n", phases[trial->phase]);
	nb_text_add(&text, "timeout-usec: %" PRIu64 "\n", trial->timeout_usec);
	nb_text_add(&text, "deadline-usec: %" PRIu64 "\n", trial->deadline_usec);
	nb_text_add(&text, "files: %" PRIu64 "\n", trial->files);
	return nb_rundir_write(dir, TRIAL, &text);
}

int nb_trial_save(const struct nb_rundir *dir, const struct nb_trial *trial,
	const struct nb_restore *restore)
{
	int r = nb_rundir_save_state(dir, SNAPSHOT, restore->snapshot);

	if (r == 0)
		r = save_config(dir, BEFORE, restore->before);
	if (r == 0)
		r = save_config(dir, TRIED, restore->tried);
	if (r == 0)
		r = save_objects(dir, &restore->memory);
	if (r == 0)
		r = nb_trial_update(dir, trial);
	if (r < 0)
		nb_trial_remove(dir);
	return r;
}

int nb_trial_remove(const struct nb_rundir *dir)
{
	static const char *const names[] = { TRIAL, SNAPSHOT, BEFORE, TRIED, OBJECTS };
	int error = 0;

	for (size_t i = 0; i < NB_ARRAY_SIZE(names); i++) {
		int r = nb_rundir_remove(dir, names[i]);

		error = error < 0 ? error : r;
	}
	return error;
}

static int told(struct nb_diag *diag, const char *name, int error)
{
	if (error == -EBADMSG || error == -ENOMEM)
		return error;
	return nb_diag_error(diag, NULL, name, "cannot be read: %s", strerror(-error));
}

static int load_config(const struct nb_rundir *dir, const char *name, struct nb_config **ret,
	struct nb_diag *diag)
{
	NB_CLEANUP(nb_freep) char *text = NULL;
	size_t size;
	int r = nb_rundir_read(dir, name, &text, &size);

	*ret = r == 0 ? nb_config_new() : NULL;
	if (r == 0)
		r = *ret ? nb_yaml_load(name, text, size, NB_YAML_SNAPSHOT, *ret, diag) : -ENOMEM;
	return r < 0 ? told(diag, name, r) : 0;
}

static int load_snapshot(const struct nb_rundir *dir, struct nb_state **ret, struct nb_diag *diag)
{
	int r = nb_rundir_load_state(dir, SNAPSHOT, ret, diag);

	return r < 0 ? told(diag, SNAPSHOT, r) : 0;
}

static int load_objects(const struct nb_rundir *dir, struct nb_memory *memory, struct nb_diag *diag)
{
	NB_CLEANUP(nb_freep) char *text = NULL;
	size_t size;
	int r = nb_rundir_read(dir, OBJECTS, &text, &size);

	if (r == 0)
		r = nb_yaml_load_memory(OBJECTS, text, size, memory, diag);
	return r < 0 ? told(diag, OBJECTS, r) : 0;
}

/* The number behind "KEY: ". */
static bool find_number(const char *text, const char *key, uint64_t *ret)
{
	NB_CLEANUP(nb_freep) char *number = NULL;
	const char *line = strstr(text, key);

	if (!line)
		return false;
	line += strlen(key);
	number = strndup(line, strcspn(line, "\n"));
	return number && nb_parse_u64(number, UINT64_MAX, ret) == 0;
}

static bool find_phase(const char *text, enum nb_trial_phase *ret)
{
	const char *line = strstr(text, "\nphase: ");

	for (size_t i = 0; line && i < NB_ARRAY_SIZE(phases); i++) {
		size_t length = strlen(phases[i]);

		if (strncmp(line + 8, phases[i], length) == 0 && line[8 + length] == '\n') {
			*ret = (enum nb_trial_phase)i;
			return true;
		}
	}
	return false;
}

int nb_trial_load(const struct nb_rundir *dir, struct nb_trial *trial, struct nb_restore *restore,
	struct nb_diag *diag)
{
	NB_CLEANUP(nb_freep) char *text = NULL;
	size_t size;
	int r = nb_rundir_read(dir, TRIAL, &text, &size);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return told(diag, TRIAL, r);
	if (!find_phase(text, &trial->phase) ||
		!find_number(text, "\ntimeout-usec: ", &trial->timeout_usec) ||
		!find_number(text, "\ndeadline-usec: ", &trial->deadline_usec) ||
		!find_number(text, "\nfiles: ", &trial->files))
		return nb_diag_error(diag, NULL, TRIAL, "makes no sense");
	r = load_snapshot(dir, &restore->snapshot, diag);
	if (r == 0)
		r = load_config(dir, BEFORE, &restore->before, diag);
	if (r == 0)
		r = load_config(dir, TRIED, &restore->tried, diag);
	if (r == 0)
		r = load_objects(dir, &restore->memory, diag);
	return r < 0 ? r : 1;
}
