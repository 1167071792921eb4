/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/core/type.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <string.h>

#include "lib/core/option.h"

#define QUOTE_MAX 48 /* bytes of a wrong value that a message repeats */

/* Appends the wrong text in quotes, cut at a character when it is long. */
static void quote(struct nb_text *why, const char *text)
{
	size_t length = strnlen(text, QUOTE_MAX + 1);
	bool cut = length > QUOTE_MAX;

	if (cut)
		for (length = QUOTE_MAX; length > 0 && (text[length] & 0xc0) == 0x80;)
			length--;
	nb_text_add(why, "'%.*s%s'", (int)length, text, cut ? "..." : "");
}

/* One place for "which is the address of a list": IPv4 lies in the first four bytes. */
static int family_of(const struct nb_type *type)
{
	return type == &nb_type_ip4s ? AF_INET : AF_INET6;
}

static bool bits_equal(union nb_value a, union nb_value b)
{
	return a.u == b.u;
}

/* ---- integers ---- */

static void expect_range(const struct nb_option *row, struct nb_text *why)
{
	nb_text_add(why, "expected %" PRId64 " ... %" PRId64, row->min, row->max);
	if (row->unit)
		nb_text_add(why, " (%s)", row->unit);
}

/* The value of "100ms" or "1 s" in the row's unit. Returns -EINVAL when it is not of that kind. */
static int read_with_unit(const struct nb_option *row, const char *text, int64_t *ret)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = { { "ms", 1 }, { "msec", 1 }, { "s", 1000 }, { "sec", 1000 }, { "min", 60000 } };
	size_t digits = strspn(text, "0123456789");
	int64_t value = 0, own = nb_streq(row->unit, "s") ? 1000 : 1;
	const char *unit = text + digits;

	if (digits == 0 || digits > 10 || !(nb_streq(row->unit, "ms") || nb_streq(row->unit, "s")))
		return -EINVAL;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (text[i] - '0');
	unit += strspn(unit, " ");
	for (size_t i = 0; i < NB_ARRAY_SIZE(units); i++) {
		if (!nb_streq(unit, units[i].unit))
			continue;
		value *= units[i].ms;
		if (value % own != 0 || value / own < row->min || value / own > row->max)
			return -ERANGE;
		*ret = value / own;
		return 0;
	}
	return -EINVAL;
}

static int integer_parse(
	const struct nb_option *row, const char *text, union nb_value *ret, struct nb_text *why)
{
	int64_t value, meant;
	int r;

	r = nb_parse_s64(text, row->min, row->max, &value);
	if (r == 0) {
		ret->s = value;
		return 0;
	}
	quote(why, text);
	if (r == -ERANGE) {
		nb_text_add(why, " is out of range, ");
		expect_range(row, why);
		return r;
	}
	r = read_with_unit(row, text, &meant);
	if (r == -EINVAL) {
		nb_text_add(why, " is not a whole number, ");
		expect_range(row, why);
		return r;
	}
	nb_text_add(why, " has a unit: times are bare integers in %s: ", row->unit);
	if (r == 0)
		nb_text_add(why, "write %" PRId64, meant);
	else
		expect_range(row, why);
	return -EINVAL;
}

static void integer_format(const struct nb_option *row, union nb_value value, struct nb_text *out)
{
	if (row->min < 0)
		nb_text_add(out, "%" PRId64, value.s);
	else
		nb_text_add(out, "%" PRIu64, value.u);
}

const struct nb_type nb_type_integer = {
	.name = "integer",
	.json = "integer",
	.dbus = "",
	.parse = integer_parse,
	.format = integer_format,
	.equal = bits_equal,
};

/* ---- booleans ---- */

static int boolean_parse(
	const struct nb_option *row, const char *text, union nb_value *ret, struct nb_text *why)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on", "0", "1" };

	for (unsigned i = 0; i < NB_ARRAY_SIZE(words); i++)
		if (nb_streq(text, words[i])) {
			ret->u = i & 1;
			return 0;
		}
	quote(why, text);
	nb_text_add(why, " is neither true nor false, expected one of: "
			 "true, false, yes, no, on, off, 1, 0");
	return -EINVAL;
}

static void boolean_format(const struct nb_option *row, union nb_value value, struct nb_text *out)
{
	nb_text_add(out, "%s", value.u ? "true" : "false");
}

const struct nb_type nb_type_boolean = {
	.name = "boolean",
	.json = "boolean",
	.dbus = "b",
	.parse = boolean_parse,
	.format = boolean_format,
	.equal = bits_equal,
};

/* ---- enumerations ---- */

/* '-' and '_' are the same, everything else is as written. */
static bool same_word(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_')))
			return false;
	return *a == *b;
}

static const struct nb_name *nearest_name(const struct nb_name *names, const char *text)
{
	const struct nb_name *best = NULL;
	unsigned least = 1 + (unsigned)NB_MIN(strlen(text) / 3, (size_t)3);

	for (const struct nb_name *n = names; n->name; n++) {
		unsigned distance = nb_edit_distance(text, n->name, least);

		if (distance < least || (distance == least && !best && least > 1)) {
			least = distance;
			best = n;
		}
	}
	return best;
}

static int enum_parse(
	const struct nb_option *row, const char *text, union nb_value *ret, struct nb_text *why)
{
	const struct nb_name *nearest;
	uint64_t number = UINT64_MAX;

	if (nb_parse_u64(text, UINT32_MAX, &number) < 0)
		number = UINT64_MAX;
	for (const struct nb_name *n = row->names; n->name; n++)
		if (same_word(text, n->name) || number == n->value) {
			ret->u = n->value;
			return 0;
		}

	quote(why, text);
	nb_text_add(why, " is not known, ");
	nearest = nearest_name(row->names, text);
	if (nearest && number == UINT64_MAX)
		nb_text_add(why, "did you mean '%s'? Expected one of: ", nearest->name);
	else
		nb_text_add(why, "expected one of: ");
	for (const struct nb_name *n = row->names; n->name; n++)
		nb_text_add(why, "%s%s", n == row->names ? "" : ", ", n->name);
	return -EINVAL;
}

static void enum_format(const struct nb_option *row, union nb_value value, struct nb_text *out)
{
	for (const struct nb_name *n = row->names; n->name; n++)
		if (n->value == value.u) {
			nb_text_add(out, "%s", n->name);
			return;
		}
	nb_text_add(out, "%" PRIu64, value.u); /* of a kernel newer than the table */
}

const struct nb_type nb_type_enum = {
	.name = "enumeration",
	.json = "string",
	.dbus = "s",
	.parse = enum_parse,
	.format = enum_format,
	.equal = bits_equal,
};

/* ---- MAC addresses ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

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
		high = hex_digit(*text);
		if (high < 0)
			return -EINVAL;
		low = hex_digit(text[1]);
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
	nb_text_add(out, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		mac[5]);
}

static int mac_parse(
	const struct nb_option *row, const char *text, union nb_value *ret, struct nb_text *why)
{
	static const uint8_t zero[6];
	union nb_value value = { 0 };

	if (nb_mac_parse(text, value.mac) < 0) {
		quote(why, text);
		nb_text_add(why, " is not a MAC address, expected six hexadecimal pairs such as "
				 "02:00:00:00:00:11");
		return -EINVAL;
	}
	if (value.mac[0] & 1) {
		quote(why, text);
		nb_text_add(why, " is a multicast address, expected a unicast one: "
				 "the first pair must be even");
		return -EINVAL;
	}
	if (row->min > 0 && memcmp(value.mac, zero, sizeof(zero)) == 0) {
		quote(why, text);
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
		quote(why, text);
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

	quote(why, text);
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
		quote(why, text);
		nb_text_add(why, " %s, expected the address of a host that answers", fault);
		return -EINVAL;
	}
	if (targets_contain(have, ret)) {
		quote(why, text);
		nb_text_add(why, " stands in the list twice, expected each address once");
		return -EINVAL;
	}
	if (have && have->n >= NB_TARGETS_MAX) {
		quote(why, text);
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
	r = targets_check(family_of(row->type), text, ret->targets, &address, why);
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
			inet_ntop(family_of(row->type), &value.targets->a[i], text, sizeof(text)));
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

/* ---- all ---- */

bool nb_value_is_zero(const struct nb_type *type, union nb_value value)
{
	static const union nb_value zero;

	if (type->is_list)
		return !value.targets || value.targets->n == 0;
	if (type == &nb_type_nest)
		return !value.set || value.set->present == 0;
	if (type == &nb_type_ifname)
		return !value.name || !*value.name;
	return type->equal(value, zero);
}
