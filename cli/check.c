/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl check: a configuration by itself. */
#include <errno.h>
#include <string.h>

#include "cli/args.h"
#include "cli/desired.h"
#include "cli/problems.h"
#include "cli/readable.h"
#include "cli/term.h"
#include "lib/json/problems.h"
#include "lib/nl/nstype.h"

/* "bond0.yaml", "3 files", "/etc/netbond": what was looked at. */
static void describe_input(
	const struct nbc_args *args, const struct nb_diag *diag, struct nb_text *out)
{
	if (diag->n_sources == 1)
		nb_text_add(out, "%s", diag->sources[0].name);
	else if (diag->n_sources > 1)
		nb_text_add(out, "%zu files", diag->n_sources);
	else if (args->n_words)
		nb_text_add(out, "%s", args->words[0]);
	else
		nbc_desired_folders(args, out);
}

static void print_verdict(const struct nbc *nbc, const struct nbc_args *args,
	const struct nb_diag *diag, const struct nb_config *config)
{
	NB_CLEANUP(nb_text_done) struct nb_text input = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text counts = { 0 };

	nbc_count_problems(diag, &counts);
	if (diag->n_errors) {
		fprintf(nbc->err, "%s\n", nbc_text_of(&counts));
		return;
	}
	describe_input(args, diag, &input);
	if (diag->n_sources == 0)
		fprintf(nbc->out, "%s: no *.yaml file: nothing is declared\n",
			nbc_text_of(&input));
	else
		fprintf(nbc->out, "%s: OK, %zu bond%s%s%s\n", nbc_text_of(&input),
			config->n_bonds, config->n_bonds == 1 ? "" : "s",
			counts.length ? ", " : "", nbc_text_of(&counts));
}

static void print_document(const struct nbc *nbc, enum nbc_format format,
	const struct nb_diag *diag, const struct nb_config *config)
{
	NB_CLEANUP(nb_json_putp) struct json_object *doc = nb_json_document();
	struct json_object *files = nb_json_list();

	nb_json_set_bool(doc, "ok", diag->n_errors == 0);
	for (size_t i = 0; i < diag->n_sources; i++)
		nb_json_add_string(files, diag->sources[i].name);
	nb_json_set(doc, "files", files);
	if (config)
		nb_json_set_number(doc, "bonds", (int64_t)config->n_bonds);
	nb_json_set_number(doc, "errors", (int64_t)diag->n_errors);
	nb_json_set_number(doc, "warnings", (int64_t)diag->n_warnings);
	nb_json_set(doc, "problems", nb_json_problems(diag));
	nbc_doc_print(nbc, format, doc);
}

/* What no other machine would say: the types of namespaces that this kernel lacks. */
static void check_kernel(const struct nb_config *config, struct nb_diag *diag)
{
	const unsigned supported = nb_nstypes_supported();

	for (size_t i = 0; i < config->n_namespaces && supported; i++) {
		const struct nb_netns_spec *ns = &config->namespaces[i];
		NB_CLEANUP(nb_text_done) struct nb_text missing = { 0 };

		if (!(ns->types & ~supported))
			continue;
		nb_nstypes_format(ns->types & ~supported, &missing);
		nb_diag_error(diag, &ns->types_mark, ns->name,
			"this kernel has no namespaces of the type %s", nbc_text_of(&missing));
		nb_diag_hint(diag, "take it out of types; ls /proc/self/ns shows what there is");
	}
}

int nbc_check(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nb_config_freep) struct nb_config *config = NULL;
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	int r;

	r = nbc_desired_read(args, &config, &diag);
	if (r < 0 && r != -EBADMSG) {
		nbc_tell(nbc, "the configuration cannot be read: %s", strerror(-r));
		return NBC_ERROR;
	}
	if (config)
		check_kernel(config, &diag);
	nbc_warn_unreadable(&diag);
	nb_diag_sort(&diag);
	if (args->format == NBC_TEXT) {
		nbc_tell_problems(nbc, &diag);
		print_verdict(nbc, args, &diag, config);
	} else {
		print_document(nbc, args->format, &diag, config);
	}
	return diag.n_errors ? NBC_ERROR : NBC_OK;
}
