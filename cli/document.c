/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/document.h"

#include "cli/document-yaml.h"
#include "cli/term.h"

void nbc_doc_print(const struct nbc *nbc, enum nbc_format format, struct json_object *doc)
{
	const char *text;

	if (format == NBC_YAML) {
		nbc_doc_print_yaml(nbc, doc);
		return;
	}
	text = json_object_to_json_string_ext(
		doc, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			     JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!text)
		nbc_die_of_memory();
	fprintf(nbc->out, "%s\n", text);
}
