/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/yaml/reader.h"

#include <errno.h>
#include <string.h>

#include <yaml.h>

#include "lib/yaml/text.h"

#define BLOCK_SIZE (64 * 1024)
#define DEPTH_MAX 32

/* Attributes of a route, in two digits a byte: the length of one has 16 bits (struct nlattr). */
#define ATTRIBUTES_MAX (2 * 65536)

/* A bond with all it can have takes some 100 nodes, a link of a snapshot some 60. */
const struct nb_yaml_limits nb_yaml_limits_config = {
	.size = 1024 * 1024, .depth = DEPTH_MAX, .nodes = 200000, .scalar = 1024
};
const struct nb_yaml_limits nb_yaml_limits_snapshot = {
	.size = 16 * 1024 * 1024, .depth = DEPTH_MAX, .nodes = 2000000,
	.scalar = ATTRIBUTES_MAX
};

struct nb_yaml_block {
	struct nb_yaml_block *next;
	size_t used, size;
	char bytes[] __attribute__((aligned(16)));
};

/* A list or mapping that is still open. */
struct frame {
	struct nb_yaml_node *node, *last;
	struct nb_yaml_node *key; /* of a mapping: read, its value not yet */
};

struct reader {
	yaml_parser_t parser;
	const char *text;
	size_t size;
	const struct nb_yaml_limits *limits;
	struct nb_diag *diag;
	struct nb_yaml_tree *tree;
	int file;
	size_t n_nodes;
	bool failed; /* an error was told, the tree is still of use */
	bool told_alias, told_tag;
	struct frame stack[DEPTH_MAX];
	size_t depth;
};

static void *tree_alloc(struct nb_yaml_tree *tree, size_t size)
{
	struct nb_yaml_block *block = tree->blocks;
	size_t room;

	size = (size + 15) & ~(size_t)15;
	if (!block || block->size - block->used < size) {
		room = NB_MAX(size, (size_t)BLOCK_SIZE - sizeof(*block));
		block = calloc(1, sizeof(*block) + room);
		if (!block)
			return NULL;
		block->size = room;
		block->next = tree->blocks;
		tree->blocks = block;
	}
	block->used += size;
	return block->bytes + block->used - size;
}

struct nb_yaml_tree *nb_yaml_tree_free(struct nb_yaml_tree *tree)
{
	if (!tree)
		return NULL;
	while (tree->blocks) {
		struct nb_yaml_block *block = tree->blocks;

		tree->blocks = block->next;
		free(block);
	}
	free(tree);
	return NULL;
}

/* Errors after which reading goes on. */
static void refuse(struct reader *r, struct nb_yaml_node *node)
{
	node->kind = NB_YAML_BAD;
	r->failed = true;
}

static int node_new(struct reader *r, enum nb_yaml_kind kind, const yaml_event_t *event,
	struct nb_yaml_node **ret)
{
	struct nb_mark mark = nb_yaml_mark(&event->start_mark, r->file);
	struct nb_yaml_node *node;

	if (r->n_nodes++ >= r->limits->nodes) {
		nb_diag_error(r->diag, &mark, NULL, "the file says more than %zu things",
			r->limits->nodes);
		nb_diag_hint(r->diag, "split it into several files");
		return -EBADMSG;
	}
	node = tree_alloc(r->tree, sizeof(*node));
	if (!node)
		return -ENOMEM;
	*node = (struct nb_yaml_node){ .kind = kind, .mark = mark };
	*ret = node;
	return 0;
}

static void check_anchor(struct reader *r, const yaml_char_t *anchor, const struct nb_mark *mark)
{
	if (!anchor)
		return;
	r->failed = true;
	if (r->told_alias)
		return;
	r->told_alias = true;
	nb_diag_error(r->diag, mark, NULL, "anchors (&) and aliases (*) are not used here");
	nb_diag_hint(r->diag, "write the value out where it is needed; quote a text that begins "
			      "with '*' or '&'");
}

static void check_tag(struct reader *r, const yaml_char_t *tag, const struct nb_mark *mark)
{
	if (!tag)
		return;
	r->failed = true;
	if (r->told_tag)
		return;
	r->told_tag = true;
	nb_diag_error(r->diag, mark, NULL, "tags (!) are not used here");
	nb_diag_hint(r->diag, "remove the tag, or quote a value that begins with '!'");
}

/* Characters that look like others and come from web pages and word processors. */
static const char *lookalike(const char *text, size_t size)
{
	uint32_t c;

	for (size_t i = 0, length; i < size; i += length) {
		length = nb_utf8_next(text + i, size - i, &c);
		if (length == 0)
			return NULL;
		if (c == 0xa0 || c == 0x202f || (c >= 0x2000 && c <= 0x200b))
			return "a no-break space, or another that is no plain space,";
		if (c >= 0x2018 && c <= 0x201f)
			return "a typographic quote";
	}
	return NULL;
}

static void check_scalar(struct reader *r, struct nb_yaml_node *node, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t size = event->data.scalar.length;
	const char *what = lookalike(text, size);

	if (size > r->limits->scalar) {
		nb_diag_error(r->diag, &node->mark, NULL,
			"a text of %zu bytes; nothing here is longer than %zu", size,
			r->limits->scalar);
		nb_diag_hint(r->diag, "a quote may be missing before it");
		refuse(r, node);
		return;
	}
	for (size_t i = 0; i < size; i++) {
		if ((uint8_t)text[i] >= 0x20 && text[i] != 0x7f)
			continue;
		nb_diag_error(r->diag, &node->mark, NULL,
			text[i] == '\n' ? "a text of several lines" : "a control character in the text");
		nb_diag_hint(r->diag, text[i] == '\n' ? "write it on one line" : "leave it out");
		refuse(r, node);
		return;
	}
	if (!what)
		return;
	nb_diag_error(r->diag, &node->mark, NULL, "%s in the text", what);
	nb_diag_hint(r->diag, "it often comes with a paste from a web page: type the line anew");
	refuse(r, node);
}

static int scalar_new(
	struct reader *r, const yaml_event_t *event, struct nb_yaml_node **ret)
{
	size_t size = event->data.scalar.length;
	char *text;
	int k;

	k = node_new(r, NB_YAML_SCALAR, event, ret);
	if (k < 0)
		return k;
	check_anchor(r, event->data.scalar.anchor, &(*ret)->mark);
	check_tag(r, event->data.scalar.tag, &(*ret)->mark);
	check_scalar(r, *ret, event);
	(*ret)->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	if ((*ret)->kind == NB_YAML_BAD)
		return 0;
	text = tree_alloc(r->tree, size + 1);
	if (!text)
		return -ENOMEM;
	memcpy(text, event->data.scalar.value, size);
	text[size] = '\0';
	(*ret)->text = text;
	return 0;
}

/* A key is read: it waits for its value. */
static void take_key(struct reader *r, struct frame *frame, struct nb_yaml_node *node)
{
	if (node->kind == NB_YAML_LIST || node->kind == NB_YAML_MAP) {
		nb_diag_error(r->diag, &node->mark, NULL, "a key must be a word");
		nb_diag_hint(r->diag, "did you mean to quote a text that begins with '[' or '{'?");
		r->failed = true;
	} else if (node->kind == NB_YAML_SCALAR && strcmp(node->text, "<<") == 0) {
		nb_diag_error(r->diag, &node->mark, NULL, "merge keys (<<) are not used here");
		nb_diag_hint(r->diag, "write the values out");
		refuse(r, node);
	}
	frame->key = node;
}

/* Hangs a node into what is open; a value of a refused key is left out. */
static void attach(struct reader *r, struct nb_yaml_node *node)
{
	struct frame *frame;

	if (r->depth == 0) {
		r->tree->root = node;
		return;
	}
	frame = &r->stack[r->depth - 1];
	if (frame->node->kind == NB_YAML_MAP && !frame->key) {
		take_key(r, frame, node);
		return;
	}
	node->key = frame->node->kind == NB_YAML_MAP ? frame->key : frame->node->key;
	node->item = frame->node->kind == NB_YAML_LIST;
	frame->key = NULL;
	if (node->key && node->key->kind != NB_YAML_SCALAR)
		return;
	if (frame->last)
		frame->last->next = node;
	else
		frame->node->first = node;
	frame->last = node;
	frame->node->n++;
}

static int open_frame(struct reader *r, struct nb_yaml_node *node)
{
	if (r->depth >= r->limits->depth) {
		nb_diag_error(r->diag, &node->mark, NULL,
			"more than %zu lists and mappings within each other", r->limits->depth);
		nb_diag_hint(r->diag, "a bond needs five: is it the right file?");
		return -EBADMSG;
	}
	r->stack[r->depth++] = (struct frame){ .node = node };
	return 0;
}

static int by_key(const void *a, const void *b)
{
	const struct nb_yaml_node *x = *(const struct nb_yaml_node *const *)a;
	const struct nb_yaml_node *y = *(const struct nb_yaml_node *const *)b;
	int k = strcmp(x->key->text, y->key->text);

	if (k != 0)
		return k;
	if (x->key->mark.line != y->key->mark.line)
		return x->key->mark.line < y->key->mark.line ? -1 : 1;
	return x->key->mark.column < y->key->mark.column ? -1 : 1;
}

/* Marks all but the first of equal neighbours, tells of each. */
static void tell_duplicates(struct reader *r, struct nb_yaml_node **sorted, size_t n)
{
	const struct nb_yaml_node *first = sorted[0];

	for (size_t i = 1; i < n; i++) {
		if (strcmp(first->key->text, sorted[i]->key->text) != 0) {
			first = sorted[i];
			continue;
		}
		nb_diag_error(r->diag, &sorted[i]->key->mark, NULL, "duplicate key '%s'",
			first->key->text);
		nb_diag_other(r->diag, &first->key->mark);
		nb_diag_hint(r->diag, "remove one of the two");
		refuse(r, sorted[i]);
	}
}

/* The first of several equal keys stays. Sorting keeps a huge mapping from costing its square. */
static int drop_duplicates(struct reader *r, struct nb_yaml_node *map)
{
	NB_CLEANUP(nb_freep) struct nb_yaml_node **sorted = NULL;
	struct nb_yaml_node **link = &map->first;
	size_t i = 0, n_errors = r->diag->n_errors;

	if (map->n < 2)
		return 0;
	sorted = calloc(map->n, sizeof(struct nb_yaml_node *));
	if (!sorted)
		return -ENOMEM;
	for (struct nb_yaml_node *member = map->first; member; member = member->next)
		sorted[i++] = member;
	qsort(sorted, map->n, sizeof(*sorted), by_key);
	tell_duplicates(r, sorted, map->n);
	if (r->diag->n_errors == n_errors)
		return 0;
	for (i = 1; i < map->n; i++)
		if (strcmp(sorted[i - 1]->key->text, sorted[i]->key->text) == 0)
			sorted[i]->n = SIZE_MAX;
	while (*link) {
		if ((*link)->n == SIZE_MAX)
			*link = (*link)->next;
		else
			link = &(*link)->next;
	}
	return 0;
}

static int close_frame(struct reader *r)
{
	struct nb_yaml_node *node = r->stack[--r->depth].node;

	return node->kind == NB_YAML_MAP ? drop_duplicates(r, node) : 0;
}

static int take_start(struct reader *r, const yaml_event_t *event, enum nb_yaml_kind kind,
	const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct nb_yaml_node *node;
	int k;

	k = node_new(r, kind, event, &node);
	if (k < 0)
		return k;
	check_anchor(r, anchor, &node->mark);
	check_tag(r, tag, &node->mark);
	attach(r, node);
	return open_frame(r, node);
}

static int take_alias(struct reader *r, const yaml_event_t *event)
{
	struct nb_yaml_node *node;
	int k;

	k = node_new(r, NB_YAML_BAD, event, &node);
	if (k < 0)
		return k;
	check_anchor(r, event->data.alias.anchor, &node->mark);
	attach(r, node);
	return 0;
}

static int take_scalar(struct reader *r, const yaml_event_t *event)
{
	struct nb_yaml_node *node;
	int k;

	k = scalar_new(r, event, &node);
	if (k == 0)
		attach(r, node);
	return k;
}

static int take_document(struct reader *r, const yaml_event_t *event)
{
	struct nb_mark mark = nb_yaml_mark(&event->start_mark, r->file);

	if (!r->tree->root)
		return 0;
	nb_diag_error(r->diag, &mark, NULL, "a second document in the file");
	nb_diag_hint(r->diag, "a file holds one document: remove the '---', or use two files");
	return -EBADMSG;
}

static int take_event(struct reader *r, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return take_scalar(r, event);
	case YAML_SEQUENCE_START_EVENT:
		return take_start(r, event, NB_YAML_LIST, event->data.sequence_start.anchor,
			event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return take_start(r, event, NB_YAML_MAP, event->data.mapping_start.anchor,
			event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_frame(r);
	case YAML_ALIAS_EVENT:
		return take_alias(r, event);
	case YAML_DOCUMENT_START_EVENT:
		return take_document(r, event);
	default:
		return 0;
	}
}

static int read_events(struct reader *r)
{
	bool end = false;

	while (!end) {
		yaml_event_t event;
		int k;

		if (!yaml_parser_parse(&r->parser, &event))
			return nb_yaml_tell_syntax(&r->parser, r->text, r->size, r->file, r->diag);
		end = event.type == YAML_STREAM_END_EVENT;
		k = take_event(r, &event);
		yaml_event_delete(&event);
		if (k < 0)
			return k;
	}
	return r->failed ? -EBADMSG : 0;
}

static int read_tree(struct reader *r)
{
	int k;

	r->tree = calloc(1, sizeof(*r->tree));
	if (!r->tree || !yaml_parser_initialize(&r->parser)) {
		r->tree = nb_yaml_tree_free(r->tree);
		return -ENOMEM;
	}
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)r->text, r->size);
	k = read_events(r);
	yaml_parser_delete(&r->parser);
	/* What ended the file early left no whole tree: its rest would look wrong as well. */
	if (k < 0 && !(k == -EBADMSG && r->failed && r->depth == 0 && r->tree->root))
		r->tree = nb_yaml_tree_free(r->tree);
	return k;
}

int nb_yaml_read(const char *name, const char *text, size_t size,
	const struct nb_yaml_limits *limits, struct nb_diag *diag, struct nb_yaml_tree **ret)
{
	struct reader r = { .text = text, .size = size, .limits = limits, .diag = diag };
	bool huge = size > limits->size;
	int k;

	*ret = NULL;
	r.file = nb_diag_add_source(diag, name, huge ? "" : text, huge ? 0 : size);
	if (r.file < 0)
		return r.file;
	if (huge) {
		struct nb_mark mark = { .line = 1, .column = 1, .file = (uint16_t)r.file };

		nb_diag_error(diag, &mark, NULL, "the file has %zu bytes, more than %zu", size,
			limits->size);
		nb_diag_hint(diag, "is it the right file? A larger configuration goes into "
				   "several files");
		return -EBADMSG;
	}
	k = nb_yaml_check_text(text, size, r.file, diag);
	if (k < 0)
		return k;
	k = read_tree(&r);
	*ret = r.tree;
	return k;
}
