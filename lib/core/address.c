/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "lib/core/model.h"

int nb_ip_parse(const char *text, int family, struct nb_ip *ret)
{
	struct nb_ip ip = { .family = strchr(text, ':') ? AF_INET6 : AF_INET };

	if (family != AF_UNSPEC && family != ip.family)
		return -EINVAL;
	if (inet_pton(ip.family, text, ip.bytes) != 1)
		return -EINVAL;
	*ret = ip;
	return 0;
}

/* Decimal digits alone: "/0x18" and "/024" are slips, not lengths. */
static int parse_length(const char *text, unsigned max, uint8_t *ret)
{
	unsigned value = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return -EINVAL;
	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9')
			return -EINVAL;
		value = NB_MIN(value * 10 + (unsigned)(*p - '0'), 1000u);
	}
	if (value > max)
		return -ERANGE;
	*ret = (uint8_t)value;
	return 0;
}

int nb_prefix_parse(const char *text, bool need_length, struct nb_ip *ret, uint8_t *ret_length)
{
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	char head[INET6_ADDRSTRLEN];
	struct nb_ip ip;
	uint8_t length;
	int r;

	if (n >= sizeof(head))
		return -EINVAL;
	memcpy(head, text, n);
	head[n] = '\0';
	r = nb_ip_parse(head, AF_UNSPEC, &ip);
	if (r < 0)
		return r;
	length = ip.family == AF_INET ? 32 : 128;
	if (slash)
		r = parse_length(slash + 1, length, &length);
	else if (need_length)
		r = -ENOENT;
	if (r < 0)
		return r;
	*ret = ip;
	*ret_length = length;
	return 0;
}

void nb_ip_format(const struct nb_ip *ip, struct nb_text *out)
{
	char text[INET6_ADDRSTRLEN];

	if (ip->family == AF_UNSPEC || !inet_ntop(ip->family, ip->bytes, text, sizeof(text)))
		nb_text_put(out, "none");
	else
		nb_text_put(out, text);
}

bool nb_ip_equal(const struct nb_ip *a, const struct nb_ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool nb_ip_is_zero(const struct nb_ip *ip)
{
	static const uint8_t zero[16];

	return ip->family == AF_UNSPEC || memcmp(ip->bytes, zero, sizeof(zero)) == 0;
}

bool nb_ip_is_linklocal(const struct nb_ip *ip)
{
	return ip->family == AF_INET6 && ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

bool nb_ip_is_multicast(const struct nb_ip *ip)
{
	if (ip->family == AF_INET)
		return (ip->bytes[0] & 0xf0) == 0xe0;
	return ip->family == AF_INET6 && ip->bytes[0] == 0xff;
}

bool nb_ip_is_loopback(const struct nb_ip *ip)
{
	static const uint8_t one[16] = { [15] = 1 };

	if (ip->family == AF_INET)
		return ip->bytes[0] == 127;
	return ip->family == AF_INET6 && memcmp(ip->bytes, one, sizeof(one)) == 0;
}

void nb_ip_network(const struct nb_ip *ip, uint8_t length, struct nb_ip *ret)
{
	struct nb_ip network = *ip;

	for (unsigned i = 0; i < sizeof(network.bytes); i++) {
		unsigned kept = length > i * 8 ? NB_MIN(length - i * 8, 8u) : 0;

		network.bytes[i] &= (uint8_t)(0xff00u >> kept);
	}
	*ret = network;
}

bool nb_ip_in_prefix(const struct nb_ip *ip, const struct nb_ip *prefix, uint8_t length)
{
	struct nb_ip a, b;

	nb_ip_network(ip, length, &a);
	nb_ip_network(prefix, length, &b);
	return nb_ip_equal(&a, &b);
}

/* IFA_ADDRESS: the peer, or the address itself. */
static const struct nb_ip *far_end(const struct nb_address *address)
{
	return address->peer.family == AF_UNSPEC ? &address->ip : &address->peer;
}

bool nb_address_same(const struct nb_address *a, const struct nb_address *b)
{
	if (!nb_ip_equal(&a->ip, &b->ip))
		return false;
	if (a->ip.family != AF_INET)
		return true;
	return a->prefix_length == b->prefix_length &&
		nb_ip_in_prefix(far_end(a), far_end(b), a->prefix_length);
}

const struct nb_address *nb_address_find(
	const struct nb_address *list, size_t n, const struct nb_address *address)
{
	for (size_t i = 0; i < n; i++) {
		if (nb_address_same(&list[i], address))
			return &list[i];
	}
	return NULL;
}

bool nb_address_global(const struct nb_address *address)
{
	const uint8_t *bytes = address->ip.bytes;

	if (address->scope < RT_SCOPE_LINK)
		return true;
	return address->ip.family == AF_INET && bytes[0] == 169 && bytes[1] == 254;
}

/* IFAPROT_KERNEL_RA, IFAPROT_KERNEL_LL of linux/if_addr.h, newer than Debian's headers */
#define PROTO_KERNEL_RA 2
#define PROTO_KERNEL_LL 3

bool nb_address_of_kernel(const struct nb_address *address)
{
	return address->ip.family == AF_INET6 &&
		(address->proto == PROTO_KERNEL_RA || address->proto == PROTO_KERNEL_LL ||
			(address->flags &
				(IFA_F_MANAGETEMPADDR | IFA_F_TEMPORARY | IFA_F_STABLE_PRIVACY)));
}

bool nb_address_restorable(const struct nb_address *address)
{
	return address->valid == NB_FOREVER && !nb_address_of_kernel(address);
}

struct nb_address nb_address_bare(const struct nb_address *address, bool again)
{
	struct nb_address bare = *address;

	bare.flags &= ~(uint32_t)(IFA_F_SECONDARY | IFA_F_TENTATIVE | IFA_F_DADFAILED |
				  IFA_F_PERMANENT | IFA_F_DEPRECATED | IFA_F_OPTIMISTIC);
	if (again && address->ip.family == AF_INET6 &&
		!(address->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)))
		bare.flags |= IFA_F_NODAD;
	return bare;
}

void nb_address_format(const struct nb_address *address, struct nb_text *out)
{
	nb_ip_format(&address->ip, out);
	nb_text_add(out, "/%u", address->prefix_length);
}
