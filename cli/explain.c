/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl explain: what is wrong with bonds, in sentences. */
#include <errno.h>
#include <string.h>

#include "cli/args.h"
#include "cli/objects.h"
#include "cli/problems.h"
#include "cli/term.h"

static enum nbc_colour paint(const char *severity)
{
	return nb_streq(severity, "alarm")     ? NBC_RED :
	       nb_streq(severity, "warning") ? NBC_YELLOW :
					       NBC_CYAN;
}

static void print_part(const struct nbc *nbc, const char *label, const char *text)
{
	if (!*text)
		return;
	fprintf(nbc->out, "    %-6s", label);
	nbc_wrap(nbc, nbc->out, text, 10, 10);
}

static void print_finding(const struct nbc *nbc, struct json_object *finding)
{
	const char *severity = nbc_get_text(finding, "severity");
	const char *slaves = nbc_get_text(finding, "slaves");

	fprintf(nbc->out, "  %s%s%s %s%s%s\n", nbc_colour(nbc, nbc->out, paint(severity)), severity,
		nbc_colour(nbc, nbc->out, NBC_PLAIN), nbc_get_text(finding, "id"),
		*slaves ? ": " : "", slaves);
	print_part(nbc, "seen", nbc_get_text(finding, "seen"));
	print_part(nbc, "means", nbc_get_text(finding, "means"));
	print_part(nbc, "cause", nbc_get_text(finding, "cause"));
	print_part(nbc, "mend", nbc_get_text(finding, "mend"));
}

static void print_bond(const struct nbc *nbc, struct json_object *bond)
{
	NB_CLEANUP(nb_text_done) struct nb_text title = { 0 };
	const size_t n = nbc_list_length(bond, "findings");

	nbc_bond_title(bond, &title);
	fprintf(nbc->out, "%s%s%s%s\n", nbc_colour(nbc, nbc->out, NBC_BOLD), nbc_text_of(&title),
		nbc_colour(nbc, nbc->out, NBC_PLAIN), n ? "" : ": nothing is wrong");
	for (size_t i = 0; i < n; i++)
		print_finding(nbc, json_object_array_get_idx(nbc_get(bond, "findings"), i));
}

/* Whether there is more than notes. */
static bool is_wrong(struct json_object *bonds)
{
	for (size_t i = 0; i < json_object_array_length(bonds); i++) {
		struct json_object *bond = json_object_array_get_idx(bonds, i);

		for (size_t k = 0; k < nbc_list_length(bond, "findings"); k++) {
			struct json_object *finding =
				json_object_array_get_idx(nbc_get(bond, "findings"), k);

			if (!nb_streq(nbc_get_text(finding, "severity"), "note"))
				return true;
		}
	}
	return false;
}

static int get_document(struct nbc_client *c, struct json_object **ret)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *reply = NULL;
	const char *text;
	int r = nbc_client_call(c, NBC_BUS_PATH, NBC_BUS_MANAGER, "Explain", &reply, "s", "");

	if (r < 0)
		return r;
	r = sd_bus_message_read(reply, "s", &text);
	*ret = r < 0 ? NULL : json_tokener_parse(text);
	return *ret ? 0 : nbc_client_failed(c, r < 0 ? r : -EBADMSG);
}

int nbc_explain(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	NB_CLEANUP(nb_json_putp) struct json_object *doc = NULL, *bonds = NULL;
	struct nbc_objects objects = { 0 };

	if (nbc_client_open(&client, nbc, args) < 0 || get_document(&client, &doc) < 0)
		return NBC_ERROR;
	/* The words of the command line mean bonds as everywhere else. */
	objects.bonds = nbc_get(doc, "bonds");
	if (nbc_objects_select(nbc, &objects, args, &bonds) < 0)
		return NBC_ERROR;
	if (args->format != NBC_TEXT) {
		nb_json_set(doc, "bonds", json_object_get(bonds));
		nbc_doc_print(nbc, args->format, doc);
	}
	for (size_t i = 0; args->format == NBC_TEXT && i < json_object_array_length(bonds); i++) {
		if (i)
			fputc('\n', nbc->out);
		print_bond(nbc, json_object_array_get_idx(bonds, i));
	}
	return is_wrong(bonds) ? NBC_DIFFERS : NBC_OK;
}
