/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Attributes of a route that the model carries without saying them: bytes as rtnetlink has them,
 * struct rtattr after struct rtattr, each rounded up to 4 (linux/rtnetlink.h).
 */
#include <errno.h>
#include <string.h>

#include "lib/core/model.h"

/* One attribute of a list of them. */
struct piece {
	unsigned type;
	const uint8_t *data;
	size_t size;
};

/* Return: 1; 0 at the end; -EINVAL. */
static int next_piece(const uint8_t *bytes, size_t size, size_t *cursor, struct piece *ret)
{
	struct rtattr head;

	if (*cursor >= size)
		return 0;
	if (size - *cursor < sizeof(head))
		return -EINVAL;
	memcpy(&head, bytes + *cursor, sizeof(head));
	if (head.rta_len < sizeof(head) || head.rta_len > size - *cursor)
		return -EINVAL;
	ret->type = head.rta_type & NLA_TYPE_MASK;
	ret->data = bytes + *cursor + sizeof(head);
	ret->size = head.rta_len - sizeof(head);
	*cursor += RTA_ALIGN(head.rta_len);
	return 1;
}

static bool find_piece(const uint8_t *bytes, size_t size, unsigned type, struct piece *ret)
{
	size_t cursor = 0;

	while (next_piece(bytes, size, &cursor, ret) > 0) {
		if (ret->type == type)
			return true;
	}
	return false;
}

int nb_route_set_attributes(struct nb_route *route, const void *bytes, size_t size)
{
	const size_t whole = RTA_ALIGN(size);
	uint8_t *copy = NULL;
	struct piece piece;
	size_t cursor = 0;
	bool opaque = false;
	int r;

	while ((r = next_piece(bytes, size, &cursor, &piece)) > 0)
		opaque |= piece.type == RTA_MULTIPATH || piece.type == RTA_ENCAP;
	if (r < 0)
		return r;
	if (size > 0) {
		copy = calloc(1, whole);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, bytes, size);
	}
	nb_route_done(route);
	route->attributes = copy;
	route->n_attributes = whole;
	route->opaque = opaque;
	return 0;
}

bool nb_route_has_hops(const struct nb_route *route)
{
	struct piece piece;

	return find_piece(route->attributes, route->n_attributes, RTA_MULTIPATH, &piece);
}

/* RTA_GATEWAY, or RTA_VIA where its family is the other one (struct rtvia). */
static struct nb_ip gateway(uint8_t family, const uint8_t *bytes, size_t size)
{
	struct nb_ip via = { 0 };
	struct piece piece;
	uint16_t other;

	if (find_piece(bytes, size, RTA_GATEWAY, &piece)) {
		via.family = family;
		memcpy(via.bytes, piece.data, NB_MIN(piece.size, sizeof(via.bytes)));
	} else if (find_piece(bytes, size, RTA_VIA, &piece) && piece.size > sizeof(other)) {
		memcpy(&other, piece.data, sizeof(other));
		via.family = (uint8_t)other;
		memcpy(via.bytes, piece.data + sizeof(other),
			NB_MIN(piece.size - sizeof(other), sizeof(via.bytes)));
	}
	return via;
}

bool nb_route_next_hop(const struct nb_route *route, size_t *cursor, struct nb_hop *ret)
{
	struct rtnexthop head;
	struct piece piece;

	if (!find_piece(route->attributes, route->n_attributes, RTA_MULTIPATH, &piece) ||
		*cursor >= piece.size || piece.size - *cursor < sizeof(head))
		return false;
	memcpy(&head, piece.data + *cursor, sizeof(head));
	if (head.rtnh_len < sizeof(head) || head.rtnh_len > piece.size - *cursor)
		return false;
	ret->ifindex = head.rtnh_ifindex;
	ret->via = gateway(route->to.family, piece.data + *cursor + sizeof(head),
		head.rtnh_len - sizeof(head));
	*cursor += RTNH_ALIGN(head.rtnh_len);
	return true;
}

/* One RTA_MULTIPATH copied without the hops of a device; the size may be less afterwards. */
static int copy_hops(const struct piece *piece, int ifindex, uint8_t *to, size_t *size)
{
	struct rtattr head = { .rta_type = RTA_MULTIPATH };
	struct rtnexthop hop;
	size_t at = sizeof(head);
	int n = 0;

	for (size_t i = 0; i + sizeof(hop) <= piece->size; i += RTNH_ALIGN(hop.rtnh_len)) {
		memcpy(&hop, piece->data + i, sizeof(hop));
		if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > piece->size - i)
			break;
		if (hop.rtnh_ifindex == ifindex)
			continue;
		memcpy(to + at, piece->data + i, hop.rtnh_len);
		at += RTNH_ALIGN(hop.rtnh_len);
		n++;
	}
	head.rta_len = (unsigned short)at;
	memcpy(to, &head, sizeof(head));
	*size = at;
	return n;
}

int nb_route_without_hop(const struct nb_route *route, int ifindex, struct nb_route *ret)
{
	NB_CLEANUP(nb_freep) uint8_t *bytes = calloc(1, route->n_attributes + 1);
	size_t cursor = 0, size = 0, start = 0;
	struct piece piece;
	int n = 0;

	if (!bytes)
		return -ENOMEM;
	while (next_piece(route->attributes, route->n_attributes, &cursor, &piece) > 0) {
		size_t length = cursor - start;

		if (piece.type == RTA_MULTIPATH)
			n = copy_hops(&piece, ifindex, bytes + size, &length);
		else
			memcpy(bytes + size, route->attributes + start, length);
		size += length;
		start = cursor;
	}
	*ret = *route;
	ret->attributes = NULL;
	ret->n_attributes = 0;
	if (n > 0 && nb_route_set_attributes(ret, bytes, size) < 0)
		return -ENOMEM;
	return n;
}

/* What a reader wants to know of; next hops are told by their gateways. */
static const char *attribute_name(unsigned type)
{
	switch (type) {
	case RTA_METRICS:
		return "metrics";
	case RTA_ENCAP:
		return "encap";
	case RTA_FLOW:
		return "realms";
	case RTA_PREF:
		return "pref";
	case RTA_MULTIPATH:
	case RTA_ENCAP_TYPE:
		return NULL;
	default:
		return "other attributes";
	}
}

void nb_route_attributes_format(const struct nb_route *route, struct nb_text *out)
{
	const char *word = " with";
	struct piece piece;
	size_t cursor = 0;

	while (next_piece(route->attributes, route->n_attributes, &cursor, &piece) > 0) {
		const char *name = attribute_name(piece.type);

		if (!name)
			continue;
		nb_text_add(out, "%s %s", word, name);
		word = ",";
	}
}
