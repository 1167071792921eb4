/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <netlink/msg.h>

#include "lib/nl/codec.h"

#define ROUNDS 40

/* A row of numbers that is the same on every machine (xorshift64). */
static uint64_t next_random(void)
{
	static uint64_t x = 88172645463325252u;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

/* "eth7" has the ifindex 1007. */
static int fake_index(void *context, const char *name)
{
	unsigned n;

	return sscanf(name, "eth%u", &n) == 1 ? 1000 + (int)n : -ENODEV;
}

static const struct nb_codec_names fake_names = { fake_index, NULL };

/* A message with room, and an open nest in it. */
struct nest {
	struct nl_msg *msg;
	struct nlattr *nest;
};

static struct nest open_nest(void)
{
	struct nest n = { .msg = nlmsg_alloc_size(8192) };

	assert_non_null(n.msg);
	assert_non_null(nlmsg_put(n.msg, 0, 0, RTM_NEWLINK, 0, 0));
	n.nest = nla_nest_start(n.msg, IFLA_INFO_DATA);
	assert_non_null(n.nest);
	return n;
}

static void close_nest(struct nest *n)
{
	nla_nest_end_keep_empty(n->msg, n->nest);
}

/* Decodes and gives the values that are an ifindex their names. */
static int decode(const struct nlattr *nest, struct nb_optset *set, struct nb_diag *diag)
{
	struct nb_codec_later later = { 0 };
	int r = nb_codec_get_options(nest, "bond0", set, &later, NULL, diag);

	for (size_t i = 0; r == 0 && i < later.n_items; i++) {
		union nb_value value = { .name = NULL };

		if (later.items[i].ifindex == 0)
			continue;
		assert_true(asprintf(&value.name, "eth%d", later.items[i].ifindex - 1000) > 0);
		assert_int_equal(nb_optset_set(later.items[i].set, later.items[i].attr, value), 0);
	}
	nb_codec_later_done(&later);
	return r;
}

static union nb_value random_targets(enum nb_wire wire)
{
	union nb_value value = { .targets = calloc(1, sizeof(*value.targets)) };

	assert_non_null(value.targets);
	value.targets->n = 1 + (unsigned)(next_random() % NB_TARGETS_MAX);
	for (unsigned i = 0; i < value.targets->n; i++) {
		const uint64_t bits[2] = { next_random(), next_random() };

		memcpy(&value.targets->a[i], bits, wire == NB_WIRE_IP4S ? 4 : 16);
	}
	return value;
}

static union nb_value random_value(const struct nb_option *row)
{
	union nb_value value = { 0 };
	const uint64_t bits = next_random();

	switch (row->wire) {
	case NB_WIRE_U8:
	case NB_WIRE_U16:
	case NB_WIRE_U32:
		value.u = (uint64_t)row->min + bits % (uint64_t)(row->max - row->min + 1);
		break;
	case NB_WIRE_S32:
		value.s = row->min + (int64_t)(bits % (uint64_t)(row->max - row->min + 1));
		break;
	case NB_WIRE_MAC:
		memcpy(value.mac, &bits, 6);
		break;
	case NB_WIRE_IFINDEX:
		assert_true(asprintf(&value.name, "eth%u", (unsigned)(bits % 100)) > 0);
		break;
	case NB_WIRE_IP4S:
	case NB_WIRE_IP6S:
		return random_targets(row->wire);
	case NB_WIRE_NEST:
		break;
	}
	return value;
}

static bool is_sent(const struct nb_option *row)
{
	return !(row->flags & NB_OPTION_READONLY);
}

static void check_round_trip(const struct nb_option *row, unsigned attr, union nb_value value)
{
	struct nb_optset sent = { .scope = nb_option_scope(row) }, got = { .scope = sent.scope };
	struct nb_diag diag = { 0 };
	struct nest n = open_nest();
	unsigned failed = 0;

	assert_int_equal(nb_optset_set(&sent, attr, value), 0);
	assert_int_equal(nb_codec_put_options(n.msg, &sent, &fake_names, &failed), 0);
	close_nest(&n);
	assert_int_equal(decode(n.nest, &got, &diag), 0);
	assert_true(got.present == sent.present);
	if (!nb_optset_equal(&sent, &got, attr))
		fail_msg("%s did not survive", row->name);
	nb_optset_done(&sent);
	nb_optset_done(&got);
	nlmsg_free(n.msg);
	nb_diag_done(&diag);
}

static void test_every_writable_option_survives_encoding_and_decoding(void **state)
{
	unsigned n = 0;

	for (unsigned scope = NB_SCOPE_BOND; scope <= NB_SCOPE_SLAVE; scope++)
		nb_foreach_option(row, attr, (enum nb_scope)scope) {
			if (!is_sent(row))
				continue;
			for (unsigned i = 0; i < ROUNDS; i++)
				check_round_trip(row, attr, random_value(row));
			n++;
		}
	print_message("%u options, %d values each\n", n, ROUNDS);
	assert_true(n >= 35);
}

static void test_limits_of_every_number_survive(void **state)
{
	for (unsigned scope = NB_SCOPE_BOND; scope <= NB_SCOPE_SLAVE; scope++)
		nb_foreach_option(row, attr, (enum nb_scope)scope) {
			if (!is_sent(row) || row->wire > NB_WIRE_S32)
				continue;
			check_round_trip(row, attr, (union nb_value){ .s = row->min });
			check_round_trip(row, attr, (union nb_value){ .s = row->max });
		}
}

static void test_whole_set_survives_in_one_nest(void **state)
{
	struct nb_optset sent = { .scope = NB_SCOPE_BOND }, got = { .scope = NB_SCOPE_BOND };
	struct nb_diag diag = { 0 };
	struct nest n = open_nest();
	unsigned failed = 0;

	nb_foreach_option(row, attr, NB_SCOPE_BOND)
		if (is_sent(row))
			assert_int_equal(nb_optset_set(&sent, attr, random_value(row)), 0);
	assert_int_equal(nb_codec_put_options(n.msg, &sent, &fake_names, &failed), 0);
	close_nest(&n);
	assert_int_equal(decode(n.nest, &got, &diag), 0);
	assert_true(got.present == sent.present);
	nb_foreach_bit(attr, sent.present)
		assert_true(nb_optset_equal(&sent, &got, attr));
	nb_optset_done(&sent);
	nb_optset_done(&got);
	nlmsg_free(n.msg);
}

static void test_read_only_options_are_never_sent(void **state)
{
	for (unsigned scope = NB_SCOPE_BOND; scope <= NB_SCOPE_SLAVE; scope++)
		nb_foreach_option(row, attr, (enum nb_scope)scope) {
			struct nb_optset set = { .scope = (enum nb_scope)scope };
			struct nest n = open_nest();
			unsigned failed;

			if (!is_sent(row)) {
				assert_int_equal(
					nb_optset_set(&set, attr, (union nb_value){ 0 }), 0);
				assert_int_equal(nb_codec_put_options(
							 n.msg, &set, &fake_names, &failed),
					0);
				close_nest(&n);
				assert_int_equal(nla_len(n.nest), 0);
			}
			nb_optset_done(&set);
			nlmsg_free(n.msg);
		}
}

static void test_cleared_name_is_ifindex_zero_and_cleared_list_an_empty_nest(void **state)
{
	struct nb_optset set = { .scope = NB_SCOPE_BOND };
	struct nest n = open_nest();
	unsigned failed;
	const struct nlattr *at;

	assert_int_equal(nb_optset_set(&set, IFLA_BOND_PRIMARY, (union nb_value){ 0 }), 0);
	assert_int_equal(nb_optset_set(&set, IFLA_BOND_ARP_IP_TARGET, (union nb_value){ 0 }), 0);
	assert_int_equal(nb_codec_put_options(n.msg, &set, &fake_names, &failed), 0);
	close_nest(&n);
	at = nla_find(nla_data(n.nest), nla_len(n.nest), IFLA_BOND_PRIMARY);
	assert_non_null(at);
	assert_int_equal(nla_get_u32(at), 0);
	at = nla_find(nla_data(n.nest), nla_len(n.nest), IFLA_BOND_ARP_IP_TARGET);
	assert_non_null(at);
	assert_int_equal(nla_len(at), 0);
	nb_optset_done(&set);
	nlmsg_free(n.msg);
}

static void test_name_of_no_device_fails_and_says_which_option(void **state)
{
	struct nb_optset set = { .scope = NB_SCOPE_BOND };
	struct nest n = open_nest();
	unsigned failed = 0;

	assert_int_equal(nb_optset_set(&set, IFLA_BOND_PRIMARY,
				 (union nb_value){ .name = strdup("wlan0") }),
		0);
	assert_int_equal(nb_codec_put_options(n.msg, &set, &fake_names, &failed), -ENODEV);
	assert_int_equal(failed, IFLA_BOND_PRIMARY);
	nb_optset_done(&set);
	nlmsg_free(n.msg);
}

static void test_message_that_is_full_is_an_error(void **state)
{
	struct nb_optset set = { .scope = NB_SCOPE_BOND };
	struct nl_msg *msg = nlmsg_alloc_size(64);
	unsigned failed = 0;

	assert_non_null(nlmsg_put(msg, 0, 0, RTM_NEWLINK, 0, 0));
	assert_int_equal(
		nb_optset_set(&set, IFLA_BOND_NS_IP6_TARGET, random_targets(NB_WIRE_IP6S)), 0);
	nb_optset_get(&set, IFLA_BOND_NS_IP6_TARGET).targets->n = NB_TARGETS_MAX;
	assert_int_equal(nb_codec_put_options(msg, &set, &fake_names, &failed), -EMSGSIZE);
	nb_optset_done(&set);
	nlmsg_free(msg);
}

/* Decodes one attribute of @length bytes. Return: what the decoder did. */
static int decode_raw(enum nb_scope scope, unsigned attr, const void *data, int length,
	struct nb_optset *set, struct nb_diag *diag)
{
	struct nest n = open_nest();
	int r;

	assert_int_equal(nla_put(n.msg, (int)attr, length, data), 0);
	close_nest(&n);
	set->scope = scope;
	r = decode(n.nest, set, diag);
	nlmsg_free(n.msg);
	return r;
}

static int right_length(enum nb_wire wire)
{
	static const int lengths[] = {
		[NB_WIRE_U8] = 1,
		[NB_WIRE_U16] = 2,
		[NB_WIRE_U32] = 4,
		[NB_WIRE_S32] = 4,
		[NB_WIRE_IFINDEX] = 4,
	};

	return wire < NB_ARRAY_SIZE(lengths) ? lengths[wire] : 0;
}

static void test_wrong_length_of_every_number_is_refused_by_name(void **state)
{
	static const char zeros[64];
	unsigned n = 0;

	for (unsigned scope = 0; scope < NB_SCOPE_COUNT; scope++)
		nb_foreach_option(row, attr, (enum nb_scope)scope) {
			const int right = right_length(row->wire);

			for (int length = 0; right > 0 && length <= 9; length++) {
				struct nb_optset set = { 0 };
				struct nb_diag diag = { 0 };
				int r = decode_raw((enum nb_scope)scope, attr, zeros, length, &set,
					&diag);

				assert_int_equal(r, length == right ? 0 : -EBADMSG);
				assert_int_equal(diag.n_errors, length == right ? 0 : 1);
				if (r < 0) {
					assert_non_null(strstr(diag.problems[0].text, row->name));
					assert_string_equal(diag.problems[0].object, "bond0");
				}
				nb_optset_done(&set);
				nb_diag_done(&diag);
				n++;
			}
		}
	print_message("%u lengths\n", n);
}

static void test_mac_of_another_link_type_gives_no_value(void **state)
{
	static const struct {
		int length, result;
		bool present;
	} cases[] = { { 0, 0, false }, { 5, -EBADMSG, false }, { 6, 0, true }, { 20, 0, false },
		{ 32, 0, false }, { 33, -EBADMSG, false } };
	static const char bytes[64] = "abcdef";

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		struct nb_optset set = { 0 };
		struct nb_diag diag = { 0 };

		assert_int_equal(decode_raw(NB_SCOPE_SLAVE, IFLA_BOND_SLAVE_PERM_HWADDR, bytes,
					 cases[i].length, &set, &diag),
			cases[i].result);
		assert_int_equal(
			nb_optset_has(&set, IFLA_BOND_SLAVE_PERM_HWADDR), cases[i].present);
		nb_optset_done(&set);
		nb_diag_done(&diag);
	}
}

/* A target list of @n elements of @bytes bytes each, and @tail bytes of garbage. */
static int decode_targets(unsigned attr, unsigned n_targets, int bytes, int tail,
	struct nb_optset *set, struct nb_diag *diag)
{
	static const char data[16] = { 10, 0, 0, 1 };
	struct nl_msg *list = nlmsg_alloc_size(2048);
	int r;

	assert_non_null(nlmsg_put(list, 0, 0, 0, 0, 0));
	for (unsigned i = 0; i < n_targets; i++)
		assert_int_equal(nla_put(list, (int)i, bytes, data), 0);
	r = decode_raw(NB_SCOPE_BOND, attr, nlmsg_data(nlmsg_hdr(list)),
		nlmsg_datalen(nlmsg_hdr(list)) + tail, set, diag);
	nlmsg_free(list);
	return r;
}

static void test_target_list_is_checked_element_by_element(void **state)
{
	static const struct {
		unsigned attr, n;
		int bytes, tail, result;
	} cases[] = {
		{ IFLA_BOND_ARP_IP_TARGET, 0, 4, 0, 0 },
		{ IFLA_BOND_ARP_IP_TARGET, 16, 4, 0, 0 },
		{ IFLA_BOND_ARP_IP_TARGET, 17, 4, 0, -EBADMSG },
		{ IFLA_BOND_ARP_IP_TARGET, 1, 3, 0, -EBADMSG },
		{ IFLA_BOND_ARP_IP_TARGET, 1, 16, 0, -EBADMSG },
		{ IFLA_BOND_ARP_IP_TARGET, 2, 4, 3, -EBADMSG },
		{ IFLA_BOND_NS_IP6_TARGET, 16, 16, 0, 0 },
		{ IFLA_BOND_NS_IP6_TARGET, 17, 16, 0, -EBADMSG },
		{ IFLA_BOND_NS_IP6_TARGET, 1, 4, 0, -EBADMSG },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		struct nb_optset set = { 0 };
		struct nb_diag diag = { 0 };
		struct nb_targets *targets;

		assert_int_equal(decode_targets(cases[i].attr, cases[i].n, cases[i].bytes,
					 cases[i].tail, &set, &diag),
			cases[i].result);
		targets = nb_optset_get(&set, cases[i].attr).targets;
		assert_int_equal(targets ? targets->n : 0, cases[i].result == 0 ? cases[i].n : 0);
		nb_optset_done(&set);
		nb_diag_done(&diag);
	}
}

static void test_unknown_attributes_are_passed_over(void **state)
{
	struct nb_optset set = { .scope = NB_SCOPE_BOND };
	struct nb_codec_later later = { 0 };
	struct nb_diag diag = { 0 };
	struct nest n = open_nest();
	uint64_t known = 0;

	assert_int_equal(nla_put_u64(n.msg, 0, 1), 0);
	assert_int_equal(nla_put_u64(n.msg, NB_BOND_ATTR_END, 1), 0);
	assert_int_equal(nla_put_u64(n.msg, 63, 1), 0);
	assert_int_equal(nla_put_u64(n.msg, 1000, 1), 0);
	assert_int_equal(nla_put_u32(n.msg, IFLA_BOND_MIIMON, 100), 0);
	close_nest(&n);
	assert_int_equal(nb_codec_get_options(n.nest, "bond0", &set, &later, &known, &diag), 0);
	assert_true(set.present == NB_BIT(IFLA_BOND_MIIMON));
	assert_true(known == NB_BIT(IFLA_BOND_MIIMON));
	nb_optset_done(&set);
	nlmsg_free(n.msg);
}

static void test_aggregator_is_read_from_its_nest(void **state)
{
	struct nb_optset set = { .scope = NB_SCOPE_BOND };
	const struct nb_optset *info;
	struct nb_diag diag = { 0 };
	struct nest n = open_nest();
	struct nlattr *inner = nla_nest_start(n.msg, IFLA_BOND_AD_INFO);

	assert_int_equal(nla_put_u16(n.msg, IFLA_BOND_AD_INFO_AGGREGATOR, 3), 0);
	assert_int_equal(nla_put(n.msg, IFLA_BOND_AD_INFO_PARTNER_MAC, 6, "\2\0\0\0\0\7"), 0);
	nla_nest_end(n.msg, inner);
	close_nest(&n);
	assert_int_equal(decode(n.nest, &set, &diag), 0);
	info = nb_optset_get(&set, IFLA_BOND_AD_INFO).set;
	assert_non_null(info);
	assert_int_equal(nb_optset_u(info, IFLA_BOND_AD_INFO_AGGREGATOR), 3);
	assert_int_equal(nb_optset_get(info, IFLA_BOND_AD_INFO_PARTNER_MAC).mac[5], 7);
	nb_optset_done(&set);
	nlmsg_free(n.msg);
}

static void test_pointed_at_option_is_found_in_the_request(void **state)
{
	struct nb_op op = { .kind = NB_OP_BOND_SET, .link = "bond0", .set = NB_SET_MTU, .mtu = 9000 };
	struct nl_msg *msg = nlmsg_alloc_size(4096);
	struct nb_codec_op with = { .ifindex = 7, .names = fake_names };
	enum nb_scope scope = NB_SCOPE_COUNT;
	struct nlattr *info, *data, *at;
	unsigned attr = 0;
	int rest, n = 0;

	op.opts.scope = NB_SCOPE_BOND;
	nb_foreach_option(row, a, NB_SCOPE_BOND)
		if (is_sent(row))
			assert_int_equal(nb_optset_set(&op.opts, a, random_value(row)), 0);
	assert_int_equal(nb_codec_put_op(msg, &op, &with, &attr), 0);
	info = nlmsg_find_attr(nlmsg_hdr(msg), sizeof(struct ifinfomsg), IFLA_LINKINFO);
	data = nla_find(nla_data(info), nla_len(info), IFLA_INFO_DATA);
	nla_for_each_nested(at, data, rest) {
		const uint32_t offset = (uint32_t)((char *)at - (char *)nlmsg_hdr(msg));

		assert_true(nb_codec_find_option(nlmsg_hdr(msg), offset, &scope, &attr));
		assert_int_equal(scope, NB_SCOPE_BOND);
		assert_int_equal(attr, nla_type(at));
		n++;
	}
	assert_true(n >= 30);
	at = nlmsg_find_attr(nlmsg_hdr(msg), sizeof(struct ifinfomsg), IFLA_MTU);
	assert_true(nb_codec_find_option(nlmsg_hdr(msg),
		(uint32_t)((char *)at - (char *)nlmsg_hdr(msg)), &scope, &attr));
	assert_int_equal(scope, NB_SCOPE_LINK);
	assert_int_equal(attr, IFLA_MTU);
	/* Elsewhere there is no option: the header, the kind, behind the end. */
	assert_false(nb_codec_find_option(nlmsg_hdr(msg), 0, &scope, &attr));
	assert_false(nb_codec_find_option(nlmsg_hdr(msg), 20, &scope, &attr));
	assert_false(nb_codec_find_option(nlmsg_hdr(msg),
		(uint32_t)((char *)info + 6 - (char *)nlmsg_hdr(msg)), &scope, &attr));
	assert_false(nb_codec_find_option(
		nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len, &scope, &attr));
	nb_optset_done(&op.opts);
	nlmsg_free(msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_writable_option_survives_encoding_and_decoding),
		cmocka_unit_test(test_limits_of_every_number_survive),
		cmocka_unit_test(test_whole_set_survives_in_one_nest),
		cmocka_unit_test(test_read_only_options_are_never_sent),
		cmocka_unit_test(test_cleared_name_is_ifindex_zero_and_cleared_list_an_empty_nest),
		cmocka_unit_test(test_name_of_no_device_fails_and_says_which_option),
		cmocka_unit_test(test_message_that_is_full_is_an_error),
		cmocka_unit_test(test_wrong_length_of_every_number_is_refused_by_name),
		cmocka_unit_test(test_mac_of_another_link_type_gives_no_value),
		cmocka_unit_test(test_target_list_is_checked_element_by_element),
		cmocka_unit_test(test_unknown_attributes_are_passed_over),
		cmocka_unit_test(test_aggregator_is_read_from_its_nest),
		cmocka_unit_test(test_pointed_at_option_is_found_in_the_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
