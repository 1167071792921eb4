/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl ns: namespaces as an admin meets them. */
#include "cli/ns.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/args.h"
#include "cli/document.h"
#include "cli/elsewhere.h"
#include "cli/ns-types.h"
#include "cli/objects.h"
#include "cli/problems.h"
#include "cli/table.h"
#include "lib/nl/netns.h"
#include "lib/yaml/rundir.h"

static int compare_names(const void *a, const void *b)
{
	return nb_natural_compare(*(char *const *)a, *(char *const *)b);
}

/* A name is one that can be opened as what it should be. */
static bool is_pin(const char *name, uint64_t *ret_inode)
{
	int fd;

	if (!nb_netns_name_ok(name) || nb_netns_open(name, &fd, ret_inode) < 0)
		return false;
	close(fd);
	return true;
}

/* Those that have no network of that name. */
static void add_sets(char ***names, size_t *n, size_t *capacity)
{
	char **sets = NULL;
	size_t n_sets = 0;

	if (nb_nsset_names(&sets, &n_sets) < 0)
		nbc_die_of_memory();
	for (size_t i = 0; i < n_sets; i++) {
		if (is_pin(sets[i], NULL) || !nbc_ns_types(sets[i])) {
			free(sets[i]);
			continue;
		}
		if (nb_grow(names, *n, capacity, sizeof(**names)) < 0)
			nbc_die_of_memory();
		(*names)[(*n)++] = sets[i];
	}
	free(sets);
}

char **nbc_ns_names(size_t *ret_n)
{
	DIR *dir = opendir(NB_NETNS_DIR);
	const struct dirent *entry;
	size_t capacity = 0;
	char **names = NULL;

	*ret_n = 0;
	while (dir && (entry = readdir(dir))) {
		if (!is_pin(entry->d_name, NULL))
			continue;
		if (nb_grow(&names, *ret_n, &capacity, sizeof(*names)) < 0 ||
			!(names[*ret_n] = strdup(entry->d_name)))
			nbc_die_of_memory();
		(*ret_n)++;
	}
	if (dir)
		closedir(dir);
	add_sets(&names, ret_n, &capacity);
	if (*ret_n > 1)
		qsort(names, *ret_n, sizeof(*names), compare_names);
	return names;
}

static void free_names(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

void nbc_ns_memory(const struct nbc *nbc, const struct nbc_args *args, struct nb_memory *ret)
{
	const char *path = nbc_args_value(args, NBC_RUNTIME_DIR);
	struct nb_rundir dir = NB_RUNDIR_CLOSED;
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };

	if (nb_rundir_open(&dir, path ? path : NB_RUNDIR_DEFAULT, false) < 0)
		return;
	if (nb_rundir_load_memory(&dir, ret, &diag) < 0)
		nb_memory_done(ret);
	nb_rundir_close(&dir);
}

bool nbc_ns_is_ours(const struct nb_memory *memory, const char *name, uint64_t inode)
{
	for (size_t i = 0; i < memory->n_objects; i++) {
		const struct nb_object *object = &memory->objects[i];

		if (!object->made || !nb_streq(object->namespace, name))
			continue;
		if (object->kind == NB_OBJECT_NETNS && object->inode == inode)
			return true;
		/* What has other types is a declared one, and so is a name for another's network. */
		if (object->kind == NB_OBJECT_TYPE &&
			(!inode || (nb_streq(object->name, "net") && object->inode == inode)))
			return true;
	}
	return false;
}

int nbc_ns_open(const struct nbc *nbc, const char *name, int *ret_fd, uint64_t *ret_inode)
{
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	/* "" would be the one this program is in. */
	int r = *name ? nb_netns_open(name, ret_fd, ret_inode) : -EINVAL;

	if (r < 0) {
		nb_netns_explain(name, r, &why);
		if (r == -ENOENT)
			nb_text_add(&why, ": `%s ns` lists those that are there", nbc->program);
		nbc_tell(nbc, "%s", nbc_text_of(&why));
	}
	return r;
}

/* The names of what netbond has in it: bonds, or NICs. */
static struct json_object *list_objects(
	const struct nb_memory *memory, const char *name, uint64_t inode, enum nb_object_kind kind)
{
	struct json_object *list = nb_json_list();

	for (size_t i = 0; i < memory->n_objects; i++) {
		const struct nb_object *object = &memory->objects[i];

		if (object->kind == kind && nb_streq(object->namespace, name) &&
			object->inode == inode)
			nb_json_add_string(list, object->name);
	}
	return list;
}

/* Without root those of other users are not seen: then the number would lie. */
static int64_t count_processes(const char *name, unsigned types)
{
	struct nb_process *processes = NULL;
	int n = -1;

	if (geteuid() == 0)
		n = nb_nstypes_members(name, types, &processes);
	free(processes);
	return n;
}

static struct json_object *describe(const struct nb_memory *memory, const char *name)
{
	struct json_object *map = nb_json_map();
	const unsigned types = nbc_ns_types(name);
	uint64_t inode = 0;
	int64_t n;

	is_pin(name, &inode);
	n = count_processes(name, types);
	nb_json_set_string(map, "name", name);
	nb_json_set(map, "types", nbc_ns_types_list(types));
	if (inode)
		nb_json_set_number(map, "inode", (int64_t)inode);
	nb_json_set_bool(map, "made-by-netbond", nbc_ns_is_ours(memory, name, inode));
	nb_json_set(map, "bonds", list_objects(memory, name, inode, NB_OBJECT_BOND));
	nb_json_set(map, "nics", list_objects(memory, name, inode, NB_OBJECT_NIC));
	if (n >= 0)
		nb_json_set_number(map, "processes", n);
	return map;
}

static void join(struct json_object *map, const char *key, struct nb_text *out)
{
	for (size_t i = 0; i < nbc_list_length(map, key); i++)
		nb_text_add(out, "%s%s", i ? " " : "", nbc_list_text(map, key, i));
}

static void add_row(struct nbc_table *table, struct json_object *map)
{
	NB_CLEANUP(nb_text_done) struct nb_text bonds = { 0 }, nics = { 0 }, types = { 0 };
	char inode[24] = "", processes[24] = "?";

	join(map, "types", &types);
	join(map, "bonds", &bonds);
	join(map, "nics", &nics);
	if (nbc_get(map, "inode"))
		snprintf(inode, sizeof(inode), "%" PRIu64, nbc_get_number(map, "inode"));
	if (nbc_get(map, "processes"))
		snprintf(processes, sizeof(processes), "%" PRIu64, nbc_get_number(map, "processes"));
	nbc_table_add(table,
		(const char *const[]){ nbc_get_text(map, "name"), inode,
			nbc_get_bool(map, "made-by-netbond", false) ? "netbond" : "others", processes,
			nbc_text_of(&types), nbc_text_of(&bonds), nbc_text_of(&nics) });
}

static void print_table(const struct nbc *nbc, struct json_object *list)
{
	static const struct nbc_column columns[] = {
		{ "NAME" },
		{ "INODE" },
		{ "MADE BY" },
		{ "PROCESSES" },
		{ "TYPES", .least = 5 },
		{ "BONDS", .least = 8 },
		{ "NICS", .least = 8 },
	};
	NB_CLEANUP(nbc_table_done) struct nbc_table table = {
		.columns = columns,
		.n_columns = NB_ARRAY_SIZE(columns),
	};

	for (size_t i = 0; i < json_object_array_length(list); i++)
		add_row(&table, json_object_array_get_idx(list, i));
	if (json_object_array_length(list))
		nbc_table_print(&table, nbc);
	else
		fputs("no namespace has a name (" NB_NETNS_DIR " is empty)\n", nbc->out);
}

static int list(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nb_memory_done) struct nb_memory memory = { 0 };
	NB_CLEANUP(nb_json_putp) struct json_object *doc = nb_json_document();
	struct json_object *namespaces = nb_json_list();
	size_t n;
	char **names = nbc_ns_names(&n);

	nbc_ns_memory(nbc, args, &memory);
	for (size_t i = 0; i < n; i++)
		nb_json_add(namespaces, describe(&memory, names[i]));
	free_names(names, n);
	nb_json_set(doc, "namespaces", namespaces);
	if (args->format == NBC_TEXT)
		print_table(nbc, namespaces);
	else
		nbc_doc_print(nbc, args->format, doc);
	return NBC_OK;
}

/* The names under which the namespace of @status is pinned. */
static struct json_object *names_of(const struct stat *status)
{
	struct json_object *found = nb_json_list();
	size_t n;
	char **names = nbc_ns_names(&n);

	for (size_t i = 0; i < n; i++) {
		uint64_t inode = 0;

		if (is_pin(names[i], &inode) && inode == status->st_ino)
			nb_json_add_string(found, names[i]);
	}
	free_names(names, n);
	return found;
}

static void print_of(const struct nbc *nbc, struct json_object *doc)
{
	NB_CLEANUP(nb_text_done) struct nb_text names = { 0 };

	join(doc, "names", &names);
	if (names.length)
		fprintf(nbc->out, "%s\n", nbc_text_of(&names));
	else
		fprintf(nbc->out, "%s (inode %" PRIu64 ")\n",
			nbc_get_bool(doc, "first", false) ? "the machine's own namespace"
							  : "a namespace without a name",
			nbc_get_number(doc, "inode"));
	nbc_ns_of_print(nbc, nbc_get(doc, "types"));
}

static int of(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nb_json_putp) struct json_object *doc = nb_json_document();
	struct stat status, first = { 0 };
	char path[48];
	uint64_t pid;

	if (nb_parse_u64(args->words[1], INT32_MAX, &pid) < 0) {
		nbc_tell(nbc, "ns of takes the number of a process, not '%s'", args->words[1]);
		return NBC_ERROR;
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	if (stat(path, &status) < 0) {
		nbc_tell(nbc, "process %d: %s", (int)pid,
			errno == ENOENT	      ? "there is none" :
			geteuid() ? "only root sees the namespaces of other users' processes" :
				    strerror(errno));
		return NBC_ERROR;
	}
	(void)stat("/proc/1/ns/net", &first);
	nb_json_set_number(doc, "pid", (int64_t)pid);
	nb_json_set_number(doc, "inode", (int64_t)status.st_ino);
	nb_json_set_bool(doc, "first", status.st_ino == first.st_ino);
	nb_json_set(doc, "names", names_of(&status));
	nb_json_set(doc, "types", nbc_ns_of_json((int)pid));
	if (args->format == NBC_TEXT)
		print_of(nbc, doc);
	else
		nbc_doc_print(nbc, args->format, doc);
	return NBC_OK;
}

static const struct {
	const char *name, *arguments;
	size_t min_words, max_words; /* the name included */
	int (*run)(struct nbc *nbc, const struct nbc_args *args);
	int failed; /* its exit status for a command line that makes no sense */
} actions[] = {
	{ "list", "", 1, 1, list, NBC_ERROR },
	{ "show", " NAME", 2, 2, nbc_ns_show, NBC_ERROR },
	{ "of", " PID", 2, 2, of, NBC_ERROR },
	{ "exec", " NAME -- COMMAND...", 3, SIZE_MAX, nbc_ns_exec, NBC_EXEC_FAILED },
};

int nbc_ns_misused(const struct nbc_args *args, struct nb_text *hint)
{
	if (!args->n_words || !nb_streq(args->words[0], "exec"))
		return NBC_ERROR;
	if (args->n_words > 2)
		nb_text_add(hint, "Options of the command itself come behind --: ns exec %s -- %s ...\n",
			args->words[1], args->words[2]);
	return NBC_EXEC_FAILED;
}

int nbc_ns(struct nbc *nbc, const struct nbc_args *args)
{
	const char *action = args->n_words ? args->words[0] : "list";

	if (nbc_elsewhere(nbc, args) < 0)
		return nb_streq(action, "exec") ? NBC_EXEC_FAILED : NBC_ERROR;
	if (args->n_words == 0)
		return list(nbc, args);
	for (size_t i = 0; i < NB_ARRAY_SIZE(actions); i++) {
		if (!nb_streq(action, actions[i].name))
			continue;
		if (args->n_words >= actions[i].min_words && args->n_words <= actions[i].max_words)
			return actions[i].run(nbc, args);
		nbc_tell(nbc, "it is: %s ns %s%s", nbc->program, actions[i].name,
			actions[i].arguments);
		return actions[i].failed;
	}
	nbc_tell(nbc, "ns knows list, show, of and exec, not '%s'", action);
	return NBC_ERROR;
}
