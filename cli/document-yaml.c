/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/document-yaml.h"

#include <ctype.h>
#include <string.h>
#include <yaml.h>

#include "cli/term.h"

/* Words that YAML 1.1 or 1.2 readers take for no text. */
static const char *const typed_words[] = { "true", "false", "yes", "no", "on", "off", "y", "n",
	"null" };

static bool looks_typed(const char *text)
{
	if (!isalpha((unsigned char)*text) && *text != '/')
		return true;
	for (size_t i = 0; i < NB_ARRAY_SIZE(typed_words); i++) {
		if (strcasecmp(text, typed_words[i]) == 0)
			return true;
	}
	return false;
}

static void emit(yaml_emitter_t *emitter, yaml_event_t *event)
{
	if (!yaml_emitter_emit(emitter, event))
		nbc_die_of_memory();
}

static void emit_scalar(yaml_emitter_t *emitter, const char *text, bool quoted)
{
	yaml_event_t event;

	if (!yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
		    (int)strlen(text), 1, 1,
		    quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE))
		nbc_die_of_memory();
	emit(emitter, &event);
}

static void emit_tree(yaml_emitter_t *emitter, struct json_object *node);

static void emit_map(yaml_emitter_t *emitter, struct json_object *map)
{
	yaml_event_t event;

	if (!yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE))
		nbc_die_of_memory();
	emit(emitter, &event);
	json_object_object_foreach(map, key, value) {
		emit_scalar(emitter, key, looks_typed(key));
		emit_tree(emitter, value);
	}
	yaml_mapping_end_event_initialize(&event);
	emit(emitter, &event);
}

static void emit_list(yaml_emitter_t *emitter, struct json_object *list)
{
	yaml_event_t event;

	if (!yaml_sequence_start_event_initialize(
		    &event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE))
		nbc_die_of_memory();
	emit(emitter, &event);
	for (size_t i = 0; i < json_object_array_length(list); i++)
		emit_tree(emitter, json_object_array_get_idx(list, i));
	yaml_sequence_end_event_initialize(&event);
	emit(emitter, &event);
}

static void emit_tree(yaml_emitter_t *emitter, struct json_object *node)
{
	const char *text;

	if (json_object_is_type(node, json_type_object)) {
		emit_map(emitter, node);
	} else if (json_object_is_type(node, json_type_array)) {
		emit_list(emitter, node);
	} else if (json_object_is_type(node, json_type_string)) {
		text = json_object_get_string(node);
		emit_scalar(emitter, text, looks_typed(text));
	} else {
		text = node ? json_object_to_json_string(node) : "null";
		if (!text)
			nbc_die_of_memory();
		emit_scalar(emitter, text, false);
	}
}

/* Into memory first: a failed write is the caller's to tell, not libyaml's. */
static int write_text(void *data, unsigned char *bytes, size_t size)
{
	nb_text_add(data, "%.*s", (int)size, (const char *)bytes);
	return 1;
}

void nbc_doc_print_yaml(const struct nbc *nbc, struct json_object *doc)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	yaml_emitter_t emitter;
	yaml_event_t event;

	if (!yaml_emitter_initialize(&emitter))
		nbc_die_of_memory();
	yaml_emitter_set_output(&emitter, write_text, &text);
	yaml_emitter_set_unicode(&emitter, 1);
	yaml_emitter_set_width(&emitter, -1);
	yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
	emit(&emitter, &event);
	if (!yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1))
		nbc_die_of_memory();
	emit(&emitter, &event);
	emit_tree(&emitter, doc);
	yaml_document_end_event_initialize(&event, 1);
	emit(&emitter, &event);
	yaml_stream_end_event_initialize(&event);
	emit(&emitter, &event);
	yaml_emitter_delete(&emitter);
	fputs(nbc_text_of(&text), nbc->out);
}

static struct json_object *from_scalar(const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value;
	size_t digits = strspn(text + (*text == '-'), "0123456789") + (*text == '-');
	struct json_object *object;
	int64_t number;

	if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return nb_json_string(text);
	if (nb_streq(text, "null") || nb_streq(text, "~") || !*text)
		return NULL;
	if (nb_streq(text, "true") || nb_streq(text, "false"))
		object = json_object_new_boolean(*text == 't');
	else if (!text[digits] && nb_parse_s64(text, INT64_MIN, INT64_MAX, &number) == 0)
		object = json_object_new_int64(number);
	else
		return nb_json_string(text);
	if (!object)
		nbc_die_of_memory();
	return object;
}

static struct json_object *from_node(yaml_document_t *document, const yaml_node_t *node);

static struct json_object *from_map(yaml_document_t *document, const yaml_node_t *node)
{
	struct json_object *map = nb_json_map();

	for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
		pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = yaml_document_get_node(document, pair->key);

		nb_json_set(map, (const char *)key->data.scalar.value,
			from_node(document, yaml_document_get_node(document, pair->value)));
	}
	return map;
}

static struct json_object *from_list(yaml_document_t *document, const yaml_node_t *node)
{
	struct json_object *list = nb_json_list();

	for (yaml_node_item_t *item = node->data.sequence.items.start;
		item < node->data.sequence.items.top; item++)
		nb_json_add(list, from_node(document, yaml_document_get_node(document, *item)));
	return list;
}

static struct json_object *from_node(yaml_document_t *document, const yaml_node_t *node)
{
	switch (node->type) {
	case YAML_MAPPING_NODE:
		return from_map(document, node);
	case YAML_SEQUENCE_NODE:
		return from_list(document, node);
	case YAML_SCALAR_NODE:
	case YAML_NO_NODE:
		break;
	}
	return from_scalar(node);
}

struct json_object *nbc_doc_from_yaml(const char *text, size_t size)
{
	struct json_object *tree = NULL;
	yaml_document_t document;
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		nbc_die_of_memory();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	if (yaml_parser_load(&parser, &document)) {
		const yaml_node_t *root = yaml_document_get_root_node(&document);

		if (root)
			tree = from_node(&document, root);
		yaml_document_delete(&document);
	}
	yaml_parser_delete(&parser);
	return tree;
}
