/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/yaml/out.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "lib/yaml/text.h"

#define LINE_WIDTH 100

static int write_text(void *data, unsigned char *buffer, size_t size)
{
	struct nb_text *text = data;

	nb_text_append(text, (const char *)buffer, size);
	return !text->failed;
}

/* The emitter owns the event from here on, whether it succeeds or not. */
static void emit(struct nb_yaml_out *o, yaml_event_t *event, int initialised)
{
	if (!initialised)
		o->failed = true;
	else if (o->failed)
		yaml_event_delete(event);
	else if (!yaml_emitter_emit(&o->emitter, event))
		o->failed = true;
}

int nb_yaml_out_begin(struct nb_yaml_out *o, struct nb_text *text)
{
	yaml_event_t event;

	*o = (struct nb_yaml_out){ .text = text };
	if (!yaml_emitter_initialize(&o->emitter))
		return -ENOMEM;
	yaml_emitter_set_output(&o->emitter, write_text, text);
	yaml_emitter_set_unicode(&o->emitter, 1);
	yaml_emitter_set_width(&o->emitter, LINE_WIDTH);
	emit(o, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	emit(o, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
	return 0;
}

int nb_yaml_out_end(struct nb_yaml_out *o)
{
	yaml_event_t event;

	emit(o, &event, yaml_document_end_event_initialize(&event, 1));
	emit(o, &event, yaml_stream_end_event_initialize(&event));
	yaml_emitter_delete(&o->emitter);
	return o->failed || o->text->failed ? -ENOMEM : 0;
}

void nb_yaml_out_map(struct nb_yaml_out *o, bool flow)
{
	yaml_event_t event;

	emit(o, &event, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
				flow ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE));
}

void nb_yaml_out_map_end(struct nb_yaml_out *o)
{
	yaml_event_t event;

	emit(o, &event, yaml_mapping_end_event_initialize(&event));
}

void nb_yaml_out_list(struct nb_yaml_out *o, bool flow)
{
	yaml_event_t event;

	emit(o, &event, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
				flow ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE));
}

void nb_yaml_out_list_end(struct nb_yaml_out *o)
{
	yaml_event_t event;

	emit(o, &event, yaml_sequence_end_event_initialize(&event));
}

static void out_scalar(struct nb_yaml_out *o, const char *text, bool quoted)
{
	yaml_event_t event;

	emit(o, &event, yaml_scalar_event_initialize(&event, NULL, NULL,
				(const yaml_char_t *)text, (int)strlen(text), 1, 1,
				quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE));
}

void nb_yaml_out_word(struct nb_yaml_out *o, const char *format, ...)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	va_list args;

	va_start(args, format);
	nb_text_addv(&text, format, args);
	va_end(args);
	if (text.failed || !text.text)
		o->failed = true;
	else
		out_scalar(o, text.text, false);
}

static bool is_special_word(const char *text)
{
	static const char *const words[] = { "", "y", "n", "yes", "no", "on", "off", "true", "false",
		"null", "~", "<<", "=", ".inf", "-.inf", "+.inf", ".nan" };

	if (strlen(text) > strlen("false"))
		return false;
	for (size_t i = 0; i < NB_ARRAY_SIZE(words); i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

/* Numbers of YAML 1.1 and 1.2: decimal, octal, hexadecimal, base 60 (a MAC!), and dates. */
static bool is_like_a_number(const char *text)
{
	unsigned dots = 0;

	text += *text == '+' || *text == '-';
	if (strncmp(text, "0x", 2) == 0 || strncmp(text, "0o", 2) == 0 ||
		strncmp(text, "0b", 2) == 0)
		return true;
	if (!strchr("0123456789.", text[0]))
		return false;
	for (const char *p = text; *p; p++) {
		if (!strchr("0123456789.:_+-eETtZz ", *p))
			return false;
		dots += *p == '.';
	}
	/* An IPv4 address, and an IPv6 address with a gap, are none of these. */
	return !(dots == 3 && !strchr(text, ':')) && !strstr(text, "::");
}

char *nb_yaml_clean(const char *text)
{
	char *copy = strdup(text);
	size_t left = copy ? strlen(copy) : 0;
	uint32_t c;

	for (char *p = copy; left > 0;) {
		size_t length = nb_utf8_next(p, left, &c);

		if (length == 0 || c < 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0xfeff ||
			(c >= 0x2000 && c <= 0x202f) || c >= 0xfffe) {
			memset(p, '?', NB_MAX(length, (size_t)1));
			length = NB_MAX(length, (size_t)1);
		}
		p += length;
		left -= length;
	}
	return copy;
}

void nb_yaml_out_string(struct nb_yaml_out *o, const char *text)
{
	NB_CLEANUP(nb_freep) char *copy = nb_yaml_clean(text);

	if (!copy)
		o->failed = true;
	else
		out_scalar(o, copy, is_special_word(copy) || is_like_a_number(copy));
}

void nb_yaml_out_built(struct nb_yaml_out *o, const struct nb_text *text)
{
	if (text->failed)
		o->failed = true;
	else
		nb_yaml_out_string(o, text->text ? text->text : "");
}

void nb_yaml_out_pair(struct nb_yaml_out *o, const char *key, const char *text)
{
	nb_yaml_out_word(o, "%s", key);
	nb_yaml_out_string(o, text);
}

void nb_yaml_out_number(struct nb_yaml_out *o, const char *key, uint64_t number)
{
	nb_yaml_out_word(o, "%s", key);
	nb_yaml_out_word(o, "%" PRIu64, number);
}

void nb_yaml_out_bool(struct nb_yaml_out *o, const char *key, bool value)
{
	nb_yaml_out_word(o, "%s", key);
	nb_yaml_out_word(o, "%s", value ? "true" : "false");
}

void nb_yaml_out_mac(struct nb_yaml_out *o, const char *key, const uint8_t mac[6])
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_mac_format(mac, &text);
	nb_yaml_out_word(o, "%s", key);
	nb_yaml_out_built(o, &text);
}

void nb_yaml_out_ip(struct nb_yaml_out *o, const char *key, const struct nb_ip *ip)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	if (ip->family == AF_UNSPEC)
		return;
	nb_ip_format(ip, &text);
	nb_yaml_out_word(o, "%s", key);
	nb_yaml_out_built(o, &text);
}

void nb_yaml_out_code(struct nb_yaml_out *o, const struct nb_name *names, uint32_t code)
{
	for (const struct nb_name *n = names; n->name; n++)
		if (n->value == code) {
			nb_yaml_out_word(o, "%s", n->name);
			return;
		}
	nb_yaml_out_word(o, "%" PRIu32, code);
}

static void out_targets(
	struct nb_yaml_out *o, const struct nb_option *row, const struct nb_targets *targets)
{
	struct nb_ip ip = { .family = row->wire == NB_WIRE_IP4S ? AF_INET : AF_INET6 };

	nb_yaml_out_list(o, true);
	for (unsigned i = 0; targets && i < targets->n; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		memcpy(ip.bytes, &targets->a[i], sizeof(ip.bytes));
		nb_ip_format(&ip, &text);
		nb_yaml_out_built(o, &text);
	}
	nb_yaml_out_list_end(o);
}

void nb_yaml_out_value(struct nb_yaml_out *o, const struct nb_option *row, union nb_value value)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	if (row->type->is_list) {
		out_targets(o, row, value.targets);
		return;
	}
	if (row->type == &nb_type_nest) {
		nb_yaml_out_map(o, false);
		if (value.set)
			nb_yaml_out_rows(o, value.set, ~UINT64_C(0));
		nb_yaml_out_map_end(o);
		return;
	}
	row->type->format(row, value, &text);
	if (text.failed || !text.text)
		o->failed = true;
	else if (row->type == &nb_type_ifname || row->type == &nb_type_mac)
		nb_yaml_out_string(o, text.text);
	else
		nb_yaml_out_word(o, "%s", text.text);
}

void nb_yaml_out_rows(struct nb_yaml_out *o, const struct nb_optset *set, uint64_t attrs)
{
	nb_foreach_bit(attr, set->present & attrs) {
		const struct nb_option *row = nb_option_get(set->scope, attr);

		if (!row)
			continue;
		nb_yaml_out_word(o, "%s", row->name);
		nb_yaml_out_value(o, row, nb_optset_get(set, attr));
	}
}
