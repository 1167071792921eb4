/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The types of type.h that are addresses and names. */
#include "lib/core/type.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "lib/core/option.h"

/* ---- MAC addresses ---- */

int nb_mac_parse(const char *text, uint8_t ret[6])
{
	uint8_t mac[6];
	char separator = 0;

	for (unsigned i = 0; i < 6; i++) {
		int high, low;

		if (i == 1)
			separator = *text;
		if (i > 0 && (*text++ != separator || (separator != ':' && separator != '-')))
			return -EINVAL;
		high = nb_hex_digit(*text);
		if (high < 0)
			return -EINVAL;
		low = nb_hex_digit(text[1]);
		if (low < 0)
			return -EINVAL;
		mac[i] = (uint8_t)(high << 4 | low);
		text += 2;
	}
	if (*text)
		return -EINVAL;
	memcpy(ret, mac, sizeof(mac));
	return 0;
}

void nb_mac_format(const uint8_t mac[6], struct nb_text *out)
{
	static const char digits[] = "0123456789abcdef";
	char text[] = "00:00:00:00:00:00";

	for (size_t i = 0; i < 6; i++) {
		text[3 * i] = digits[mac[i] >> 4];
		text[3 * i + 1] = digits[mac[i] & 15];
	}
	nb_text_put(out, text);
}

static int mac_parse(
	const struct nb_option *row, const char *text, union nb_value *ret, struct nb_text *why)
{
	static const uint8_t zero[6];
	union nb_value value = { 0 };

	if (nb_mac_parse(text, value.mac) < 0) {
		nb_text_quote(why, text);
		nb_text_add(why, " is not a MAC address, expected six hexadecimal pairs such as "
				 "02:00:00:00:00:11");
		return -EINVAL;
	}
	if (value.mac[0] & 1) {
		nb_text_quote(why, text);
		nb_text_add(why, " is a multicast address, expected a unicast one: "
				 "the first pair must be even");
		return -EINVAL;
	}
	if (row->min > 0 && memcmp(value.mac, zero, sizeof(zero)) == 0) {
		nb_text_quote(why, text);
		nb_text_add(why, " is no address, expected a unicast MAC such as 02:00:00:00:00:11");
		return -EINVAL;
	}
	*ret = value;
	return 0;
}

static void mac_format(const struct nb_option *row, union nb_value value, struct nb_text *out)
{
	nb_mac_format(value.mac, out);
}

static bool mac_equal(union nb_value a, union nb_value b)
{
	return memcmp(a.mac, b.mac, 6) == 0;
}

const struct nb_type nb_type_mac = {
	.name = "MAC address",
	.json = "string",
	.dbus = "s",
	.parse = mac_parse,
	.format = mac_format,
	.equal = mac_equal,
};

/* ---- names of interfaces ---- */

bool nb_ifname_check(const char *name)
{
	size_t length = strnlen(name, IFNAMSIZ);

	if (length == 0 || length >= IFNAMSIZ || nb_streq(name, ".") || nb_streq(name, ".."))
		return false;
	/* the kernel's isspace() is Latin-1's: it takes 0xa0 for a space too */
	return !strpbrk(name, "/: \t\n\v\f\r\xa0");
}

static int ifname_parse(
	const struct nb_option *row, const char *text, union nb_value *ret, struct nb_text *why)
{
	char *name;

	if (nb_streq(text, "none")) {
		ret->name = NULL;
		return 0;
	}
	if (!nb_ifname_check(text)) {
		nb_text_quote(why, text);
		nb_text_add(why, " is not an interface name, expected 1 to %d bytes without space, "
				 "'/' and ':'", IFNAMSIZ - 1);
		return -EINVAL;
	}
	name = strdup(text);
	if (!name)
		return -ENOMEM;
	ret->name = name;
	return 0;
}

static void ifname_format(const struct nb_option *row, union nb_value value, struct nb_text *out)
{
	nb_text_add(out, "%s", value.name ? value.name : "none");
}

static bool ifname_equal(union nb_value a, union nb_value b)
{
	return nb_streq(a.name, b.name);
}

static int ifname_copy(union nb_value value, union nb_value *ret)
{
	char *name = value.name ? strdup(value.name) : NULL;

	if (value.name && !name)
		return -ENOMEM;
	*ret = (union nb_value){ .name = name };
	return 0;
}

static void ifname_free(union nb_value value)
{
	free(value.name);
}

const struct nb_type nb_type_ifname = {
	.name = "interface name",
	.json = "string",
	.dbus = "s",
	.is_pointer = true,
	.parse = ifname_parse,
	.format = ifname_format,
	.equal = ifname_equal,
	.copy = ifname_copy,
	.free = ifname_free,
};

/* ---- lists of addresses ---- */

static int family_of(const struct nb_option *row)
{
	return row->type == &nb_type_ip4s ? AF_INET : AF_INET6;
}

static bool targets_contain(const struct nb_targets *targets, const struct in6_addr *address)
{
	for (unsigned i = 0; targets && i < targets->n; i++)
		if (memcmp(&targets->a[i], address, sizeof(*address)) == 0)
			return true;
	return false;
}

/* bond_is_ip_target_ok() and bond_is_ip6_target_ok(). Returns what is wrong with @address, or NULL. */
static const char *target_fault(int family, const struct in6_addr *address)
{
	if (family == AF_INET) {
		if (address->s6_addr[0] == 0)
			return "lies in 0.0.0.0/8";
		return address->s6_addr32[0] == INADDR_BROADCAST ? "is the broadcast address" : NULL;
	}
	if (IN6_IS_ADDR_UNSPECIFIED(address))
		return "is the unspecified address";
	if (IN6_IS_ADDR_LOOPBACK(address))
		return "is the loopback address";
	return IN6_IS_ADDR_MULTICAST(address) ? "is a multicast address" : NULL;
}

static void explain_target(int family, const char *text, struct nb_text *why)
{
	struct in6_addr address;
	const char *wanted = family == AF_INET ? "IPv4" : "IPv6";

	nb_text_quote(why, text);
	if (inet_pton(family == AF_INET ? AF_INET6 : AF_INET, text, &address) == 1)
		nb_text_add(why, " is an %s address", family == AF_INET ? "IPv6" : "IPv4");
	else if (strchr(text, '/'))
		nb_text_add(why, " has a prefix length, a target is a single host");
	else if (strpbrk(text, ", "))
		nb_text_add(why, " is more than one address, write a list: [A, B]");
	else
		nb_text_add(why, " is not an %s address", wanted);
	nb_text_add(why, ", expected an %s address such as %s", wanted,
		family == AF_INET ? "192.0.2.1" : "2001:db8::1");
}

static int targets_check(int family, const char *text, const struct nb_targets *have,
	struct in6_addr *ret, struct nb_text *why)
{
	const char *fault;

	*ret = (struct in6_addr){ 0 };
	if (inet_pton(family, text, ret) != 1) {
		explain_target(family, text, why);
		return -EINVAL;
	}
	fault = target_fault(family, ret);
	if (fault) {
		nb_text_quote(why, text);
		nb_text_add(why, " %s, expected the address of a host that answers", fault);
		return -EINVAL;
	}
	if (targets_contain(have, ret)) {
		nb_text_quote(why, text);
		nb_text_add(why, " stands in the list twice, expected each address once");
		return -EINVAL;
	}
	if (have && have->n >= NB_TARGETS_MAX) {
		nb_text_quote(why, text);
		nb_text_add(why, " is one too many, expected at most %d addresses", NB_TARGETS_MAX);
		return -ERANGE;
	}
	return 0;
}

static int targets_parse(
	const struct nb_option *row, const char *text, union nb_value *ret, struct nb_text *why)
{
	struct in6_addr address;
	int r;

	/* the canonical text of an empty list */
	if (nb_streq(text, "none") && (!ret->targets || ret->targets->n == 0))
		return 0;
	r = targets_check(family_of(row), text, ret->targets, &address, why);
	if (r < 0)
		return r;
	if (!ret->targets) {
		struct nb_targets *targets = calloc(1, sizeof(*targets));

		if (!targets)
			return -ENOMEM;
		ret->targets = targets;
	}
	ret->targets->a[ret->targets->n++] = address;
	return 0;
}

static void targets_format(const struct nb_option *row, union nb_value value, struct nb_text *out)
{
	char text[INET6_ADDRSTRLEN];

	if (!value.targets || value.targets->n == 0)
		nb_text_add(out, "none");
	for (unsigned i = 0; value.targets && i < value.targets->n; i++)
		nb_text_add(out, "%s%s", i > 0 ? ", " : "",
			inet_ntop(family_of(row), &value.targets->a[i], text, sizeof(text)));
}

static bool targets_equal(union nb_value a, union nb_value b)
{
	unsigned n_a = a.targets ? a.targets->n : 0, n_b = b.targets ? b.targets->n : 0;

	if (n_a != n_b)
		return false;
	for (unsigned i = 0; i < n_a; i++)
		if (!targets_contain(b.targets, &a.targets->a[i]))
			return false;
	return true;
}

static int targets_copy(union nb_value value, union nb_value *ret)
{
	struct nb_targets *targets = NULL;

	if (value.targets) {
		targets = malloc(sizeof(*targets));
		if (!targets)
			return -ENOMEM;
		*targets = *value.targets;
	}
	*ret = (union nb_value){ .targets = targets };
	return 0;
}

static void targets_free(union nb_value value)
{
	free(value.targets);
}

#define TARGETS_TYPE(text)                  \
	{                                   \
		.name = text,               \
		.json = "array",            \
		.dbus = "as",               \
		.is_list = true,            \
		.is_pointer = true,         \
		.parse = targets_parse,     \
		.format = targets_format,   \
		.equal = targets_equal,     \
		.copy = targets_copy,       \
		.free = targets_free,       \
	}

const struct nb_type nb_type_ip4s = TARGETS_TYPE("list of IPv4 addresses");
const struct nb_type nb_type_ip6s = TARGETS_TYPE("list of IPv6 addresses");
