/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/request.h"

#include <errno.h>
#include <string.h>

#include "cli/args.h"
#include "cli/problems.h"
#include "cli/term.h"
#include "lib/yaml/load.h"

/* The daemon refuses earlier, and says so with the place; this bounds what is read for it. */
#define FILE_LIMIT (16u << 20)

static int check_options(const struct nbc *nbc, const struct nbc_args *args)
{
	const char *allow = nbc_args_value(args, NBC_ALLOW);
	enum nb_class class;

	if (allow && nb_class_parse(allow, &class) < 0) {
		nbc_tell(nbc, "--allow takes live, slave, down or rebuild");
		return -EINVAL;
	}
	if (nbc_args_has(args, NBC_EXACT) && args->n_words == 0) {
		nbc_tell(nbc, "--exact needs a FILE; the folders' set is exact by itself");
		return -EINVAL;
	}
	if (nbc_args_has(args, NBC_CONFIG_DIR)) {
		nbc_tell(nbc, "--config-dir needs --offline: the daemon reads its own folders "
			"(name the files instead, with --exact)");
		return -EINVAL;
	}
	return 0;
}

static int read_file(const struct nbc *nbc, const char *path, char **ret)
{
	size_t size;
	int r = nb_read_named(path, FILE_LIMIT, ret, &size);

	if (r == -ENOMEM)
		nbc_die_of_memory();
	if (r == 0 && strlen(*ret) != size) {
		nbc_tell(nbc, "%s: is no text: it has a byte 0", path);
		return -EINVAL;
	}
	if (r < 0)
		nbc_tell(nbc, "%s: cannot be read: %s", path, strerror(-r));
	return r;
}

int nbc_request_read(const struct nbc *nbc, const struct nbc_args *args, struct nbc_request *ret)
{
	int r = check_options(nbc, args);

	*ret = (struct nbc_request){ .args = args };
	if (r < 0)
		return r;
	ret->texts = calloc(args->n_words + 1, sizeof(*ret->texts));
	if (!ret->texts)
		nbc_die_of_memory();
	for (; r == 0 && ret->n < args->n_words; ret->n++)
		r = read_file(nbc, args->words[ret->n], &ret->texts[ret->n]);
	return r;
}

void nbc_request_done(struct nbc_request *request)
{
	for (size_t i = 0; i < request->n; i++)
		free(request->texts[i]);
	free(request->texts);
	*request = (struct nbc_request){ 0 };
}

/* "-" is what the user typed, and nothing to find a problem by. */
static const char *file_name(const char *word)
{
	return nb_streq(word, "-") ? "standard input" : word;
}

int nbc_request_append(
	struct nbc_client *c, const struct nbc_request *request, sd_bus_message *m)
{
	const struct nbc_args *args = request->args;
	const char *allow = nbc_args_value(args, NBC_ALLOW);
	int r = sd_bus_message_open_container(m, SD_BUS_TYPE_ARRAY, "(ss)");

	for (size_t i = 0; r >= 0 && i < request->n; i++) {
		r = sd_bus_message_append(
			m, "(ss)", file_name(args->words[i]), request->texts[i]);
		if (r == -EINVAL) {
			nbc_tell(c->nbc, "%s: is no text in UTF-8", args->words[i]);
			return r;
		}
	}
	if (r >= 0)
		r = sd_bus_message_close_container(m);
	if (r >= 0)
		r = sd_bus_message_append(m, "bsb", nbc_args_has(args, NBC_EXACT),
			nbc_args_has(args, NBC_FORCE) ? "force" : allow ? allow : "",
			nbc_args_has(args, NBC_REORDER));
	return r < 0 ? nbc_client_failed(c, r) : 0;
}

int nbc_request_plan(
	struct nbc_client *c, const struct nbc_request *request, struct json_object **ret)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
	const char *text;
	int r = nbc_client_message(c, NBC_BUS_PATH, NBC_BUS_MANAGER, "Plan", &call);

	if (r == 0)
		r = nbc_request_append(c, request, call);
	if (r == 0)
		r = nbc_client_send(c, call, &reply);
	if (r < 0)
		return r;
	r = sd_bus_message_read(reply, "s", &text);
	*ret = r < 0 ? NULL : json_tokener_parse(text);
	return *ret ? 0 : nbc_client_failed(c, r < 0 ? r : -EBADMSG);
}

int nbc_request_apply(struct nbc_client *c, const struct nbc_request *request, const char *token,
	char **ret)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
	const char *path;
	int r = nbc_client_message(c, NBC_BUS_PATH, NBC_BUS_MANAGER, "Apply", &call);

	if (r == 0)
		r = nbc_request_append(c, request, call);
	if (r == 0 && (r = sd_bus_message_append(call, "s", token)) < 0)
		nbc_client_failed(c, r);
	if (r >= 0)
		r = nbc_client_send(c, call, &reply);
	if (r < 0)
		return r;
	r = sd_bus_message_read(reply, "o", &path);
	if (r < 0)
		return nbc_client_failed(c, r);
	*ret = strdup(path);
	if (!*ret)
		nbc_die_of_memory();
	return 0;
}
