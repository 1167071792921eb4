/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include <netlink/msg.h>

#include "lib/nl/codec.h"

static int no_index(void *context, const char *name)
{
	return -ENODEV;
}

/* A link as the kernel dumps it, to be filled and read. */
struct dump {
	struct nl_msg *msg;
	struct nb_codec_later later;
	uint64_t known[NB_SCOPE_COUNT];
	struct nb_diag diag;
	struct nb_link *link;
};

static void start_dump(struct dump *d, const char *name)
{
	const struct ifinfomsg header = {
		.ifi_type = 1, .ifi_index = 7, .ifi_flags = IFF_UP | IFF_RUNNING
	};

	*d = (struct dump){ .msg = nlmsg_alloc_size(16384) };
	assert_non_null(d->msg);
	assert_non_null(nlmsg_put(d->msg, 0, 0, RTM_NEWLINK, 0, 0));
	assert_int_equal(nlmsg_append(d->msg, (void *)&header, sizeof(header), 4), 0);
	if (name)
		assert_int_equal(nla_put_string(d->msg, IFLA_IFNAME, name), 0);
}

static int read_dump(struct dump *d)
{
	return nb_codec_get_link(nlmsg_hdr(d->msg), &d->link, &d->later, d->known, &d->diag);
}

static void end_dump(struct dump *d)
{
	nb_link_free(d->link);
	nb_codec_later_done(&d->later);
	nb_diag_done(&d->diag);
	nlmsg_free(d->msg);
}

static void put_names(struct nl_msg *msg)
{
	struct nlattr *list = nla_nest_start(msg, IFLA_PROP_LIST);

	assert_int_equal(nla_put_string(msg, IFLA_ALT_IFNAME, "enp3s0"), 0);
	assert_int_equal(nla_put_string(msg, IFLA_ALT_IFNAME, "a-name-longer-than-15-bytes"), 0);
	nla_nest_end(msg, list);
}

static void put_gen_mode(struct nl_msg *msg, uint8_t mode)
{
	struct nlattr *families = nla_nest_start(msg, IFLA_AF_SPEC);
	struct nlattr *family = nla_nest_start(msg, AF_INET);

	assert_int_equal(nla_put_u32(msg, IFLA_INET6_ADDR_GEN_MODE, 77), 0); /* not IPv6's */
	nla_nest_end(msg, family);
	family = nla_nest_start(msg, AF_INET6);
	assert_int_equal(nla_put_u8(msg, IFLA_INET6_ADDR_GEN_MODE, mode), 0);
	nla_nest_end(msg, family);
	nla_nest_end(msg, families);
}

/* A real NIC that is a slave, with everything netbond reads. */
static void put_slave_nic(struct nl_msg *msg)
{
	struct nlattr *info, *data;

	assert_int_equal(nla_put(msg, IFLA_ADDRESS, 6, "\2\0\0\0\0\1"), 0);
	assert_int_equal(nla_put(msg, IFLA_PERM_ADDRESS, 6, "\x52\x54\0\0\0\1"), 0);
	assert_int_equal(nla_put_u32(msg, IFLA_MTU, 9000), 0);
	assert_int_equal(nla_put_u32(msg, IFLA_MIN_MTU, 68), 0);
	assert_int_equal(nla_put_u32(msg, IFLA_MAX_MTU, 65535), 0);
	assert_int_equal(nla_put_u32(msg, IFLA_MASTER, 12), 0);
	assert_int_equal(nla_put_u32(msg, IFLA_LINK, 3), 0);
	assert_int_equal(nla_put_u8(msg, IFLA_CARRIER, 1), 0);
	assert_int_equal(nla_put_u8(msg, IFLA_OPERSTATE, IF_OPER_UP), 0);
	assert_int_equal(nla_put_string(msg, IFLA_PARENT_DEV_NAME, "0000:00:03.0"), 0);
	assert_int_equal(nla_put_string(msg, IFLA_PARENT_DEV_BUS_NAME, "pci"), 0);
	put_names(msg);
	put_gen_mode(msg, 1);
	info = nla_nest_start(msg, IFLA_LINKINFO);
	/* As rtnl_link_fill(): what the master says comes first. */
	assert_int_equal(nla_put_string(msg, IFLA_INFO_SLAVE_KIND, "bond"), 0);
	data = nla_nest_start(msg, IFLA_INFO_SLAVE_DATA);
	assert_int_equal(nla_put_u16(msg, IFLA_BOND_SLAVE_QUEUE_ID, 4), 0);
	assert_int_equal(nla_put_s32(msg, IFLA_BOND_SLAVE_PRIO, -5), 0);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
}

static void test_every_member_of_a_link_is_read(void **state)
{
	struct dump d;

	start_dump(&d, "eth0");
	put_slave_nic(d.msg);
	assert_int_equal(read_dump(&d), 0);
	assert_string_equal(d.link->name, "eth0");
	assert_int_equal(d.link->ifindex, 7);
	assert_int_equal(d.link->type, 1);
	assert_true(nb_link_is_up(d.link));
	assert_memory_equal(d.link->mac, "\2\0\0\0\0\1", 6);
	assert_true(d.link->has_mac && d.link->has_permanent_mac);
	assert_memory_equal(d.link->permanent_mac, "\x52\x54\0\0\0\1", 6);
	assert_int_equal(d.link->mtu, 9000);
	assert_int_equal(d.link->min_mtu, 68);
	assert_int_equal(d.link->max_mtu, 65535);
	assert_int_equal(d.link->master, 12);
	assert_int_equal(d.link->lower, 3);
	assert_true(d.link->carrier);
	assert_int_equal(d.link->operstate, IF_OPER_UP);
	assert_string_equal(d.link->parent, "0000:00:03.0");
	assert_string_equal(d.link->parent_bus, "pci");
	assert_int_equal(d.link->n_altnames, 2);
	assert_true(nb_link_has_name(d.link, "a-name-longer-than-15-bytes"));
	assert_int_equal(d.link->addr_gen_mode, 1);
	assert_null(d.link->kind);
	assert_string_equal(d.link->slave_kind, "bond");
	assert_int_equal(nb_optset_u(&d.link->slave, IFLA_BOND_SLAVE_QUEUE_ID), 4);
	assert_int_equal(nb_optset_get(&d.link->slave, IFLA_BOND_SLAVE_PRIO).s, -5);
	assert_true(d.known[NB_SCOPE_SLAVE] ==
		(NB_BIT(IFLA_BOND_SLAVE_QUEUE_ID) | NB_BIT(IFLA_BOND_SLAVE_PRIO)));
	end_dump(&d);
}

/* IFLA_LINKINFO of @kind with one number in its data. */
static void put_kind(struct nl_msg *msg, const char *kind, int attr, uint32_t number)
{
	struct nlattr *info = nla_nest_start(msg, IFLA_LINKINFO), *data;

	assert_int_equal(nla_put_string(msg, IFLA_INFO_KIND, kind), 0);
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	assert_int_equal(nla_put_u32(msg, attr, number), 0);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
}

static void test_only_a_bond_has_bond_options(void **state)
{
	struct dump d;

	start_dump(&d, "bond0");
	put_kind(d.msg, "bond", IFLA_BOND_MIIMON, 100);
	assert_int_equal(read_dump(&d), 0);
	assert_int_equal(nb_optset_u(&d.link->bond, IFLA_BOND_MIIMON), 100);
	end_dump(&d);

	start_dump(&d, "br0");
	put_kind(d.msg, "bridge", IFLA_BOND_MIIMON, 100);
	assert_int_equal(read_dump(&d), 0);
	assert_true(d.link->bond.present == 0);
	assert_true(d.known[NB_SCOPE_BOND] == 0);
	end_dump(&d);
}

static void test_named_slave_is_kept_for_later(void **state)
{
	struct dump d;

	start_dump(&d, "bond0");
	put_kind(d.msg, "bond", IFLA_BOND_ACTIVE_SLAVE, 42);
	assert_int_equal(read_dump(&d), 0);
	assert_false(nb_optset_has(&d.link->bond, IFLA_BOND_ACTIVE_SLAVE));
	assert_int_equal(d.later.n_items, 1);
	assert_ptr_equal(d.later.items[0].set, &d.link->bond);
	assert_int_equal(d.later.items[0].attr, IFLA_BOND_ACTIVE_SLAVE);
	assert_int_equal(d.later.items[0].ifindex, 42);
	assert_true(d.known[NB_SCOPE_BOND] == NB_BIT(IFLA_BOND_ACTIVE_SLAVE));
	end_dump(&d);
}

static void test_failed_link_leaves_nothing_for_later(void **state)
{
	struct nlattr *info, *data;
	struct dump d;

	start_dump(&d, "bond0");
	info = nla_nest_start(d.msg, IFLA_LINKINFO);
	assert_int_equal(nla_put_string(d.msg, IFLA_INFO_KIND, "bond"), 0);
	data = nla_nest_start(d.msg, IFLA_INFO_DATA);
	assert_int_equal(nla_put_u32(d.msg, IFLA_BOND_PRIMARY, 3), 0);
	assert_int_equal(nla_put_u32(d.msg, IFLA_BOND_MODE, 3), 0); /* u8 */
	nla_nest_end(d.msg, data);
	nla_nest_end(d.msg, info);
	assert_int_equal(read_dump(&d), -EBADMSG);
	assert_int_equal(d.later.n_items, 0);
	assert_string_equal(d.diag.problems[0].object, "bond0");
	assert_string_equal(d.diag.problems[0].text,
		"the kernel sent mode with 4 bytes where 1 are expected");
	end_dump(&d);
}

static void test_lower_link_of_another_namespace_is_none(void **state)
{
	struct dump d;

	start_dump(&d, "vlan5");
	assert_int_equal(nla_put_u32(d.msg, IFLA_LINK, 3), 0);
	assert_int_equal(nla_put_s32(d.msg, IFLA_LINK_NETNSID, -1), 0); /* its namespace is gone */
	assert_int_equal(read_dump(&d), 0);
	assert_int_equal(d.link->lower, 0);
	end_dump(&d);
}

static void test_hardware_address_of_another_length_is_no_mac(void **state)
{
	struct dump d;

	start_dump(&d, "ib0");
	assert_int_equal(nla_put(d.msg, IFLA_ADDRESS, 20, "12345678901234567890"), 0);
	assert_int_equal(read_dump(&d), 0);
	assert_false(d.link->has_mac);
	end_dump(&d);
}

static void test_malformed_link_is_refused(void **state)
{
	static const struct {
		int attr, length;
		const char *data, *text;
	} cases[] = {
		{ IFLA_MTU, 2, "\0\0", "MTU has 2 bytes" },
		{ IFLA_MTU, 8, "\0\0\0\0\0\0\0", "MTU has 8 bytes" },
		{ IFLA_MASTER, 1, "\0", "master has 1 bytes" },
		{ IFLA_CARRIER, 4, "\0\0\0", "carrier has 4 bytes" },
		{ IFLA_OPERSTATE, 0, "", "operational state has 0 bytes" },
		{ IFLA_IFNAME, 4, "abcd", "name has 4 bytes" },	      /* no NUL */
		{ IFLA_IFNAME, 17, "0123456789abcdef", "name has 17" }, /* too long */
		{ IFLA_IFNAME, 1, "", "name has 1 bytes" },	      /* empty */
		{ IFLA_PARENT_DEV_NAME, 3, "pci", "parent device has 3 bytes" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		struct dump d;

		start_dump(&d, "eth0");
		assert_int_equal(nla_put(d.msg, cases[i].attr, cases[i].length, cases[i].data), 0);
		assert_int_equal(read_dump(&d), -EBADMSG);
		assert_int_equal(d.diag.n_errors, 1);
		assert_non_null(strstr(d.diag.problems[0].text, cases[i].text));
		assert_null(d.link);
		end_dump(&d);
	}
}

static void test_link_without_a_name_or_cut_off_is_refused(void **state)
{
	struct dump d;

	start_dump(&d, NULL);
	assert_int_equal(read_dump(&d), -EBADMSG);
	end_dump(&d);

	start_dump(&d, "eth0");
	nlmsg_hdr(d.msg)->nlmsg_len = NLMSG_HDRLEN + 4; /* in the middle of the header */
	assert_int_equal(read_dump(&d), -EBADMSG);
	end_dump(&d);

	start_dump(&d, "eth0");
	assert_int_equal(nla_put_u32(d.msg, IFLA_MTU, 1500), 0);
	nlmsg_hdr(d.msg)->nlmsg_len -= 2; /* in the middle of the last attribute */
	assert_int_equal(read_dump(&d), -EBADMSG);
	end_dump(&d);
}

/* Whatever the bytes: an answer, no crash, and no leak (the sanitizers look). */
static void test_changed_bytes_never_crash(void **state)
{
	uint64_t x = 88172645463325252u;
	unsigned taken = 0, refused = 0;

	for (unsigned round = 0; round < 20000; round++) {
		struct dump d;
		unsigned char *bytes;

		start_dump(&d, "bond0");
		put_kind(d.msg, "bond", IFLA_BOND_PRIMARY, 42);
		put_slave_nic(d.msg);
		bytes = nlmsg_data(nlmsg_hdr(d.msg));
		for (unsigned i = 0; i <= round % 4; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			bytes[x % (unsigned)nlmsg_datalen(nlmsg_hdr(d.msg))] = (unsigned char)(x >> 40);
		}
		if (read_dump(&d) == 0)
			taken++;
		else
			refused++;
		end_dump(&d);
	}
	print_message("%u read, %u refused\n", taken, refused);
	assert_true(taken > 0 && refused > 0);
}

/* What an operation becomes: type, flags, attributes. */
static struct nlmsghdr *encode(struct nl_msg *msg, const struct nb_op *op, int ifindex, int master)
{
	const struct nb_codec_op with = {
		.ifindex = ifindex, .master = master, .netns_fd = 5, .names = { no_index, NULL }
	};
	unsigned attr;

	nlmsg_hdr(msg)->nlmsg_len = NLMSG_HDRLEN;
	assert_int_equal(nb_codec_put_op(msg, op, &with, &attr), 0);
	return nlmsg_hdr(msg);
}

static struct nlattr *find(struct nlmsghdr *header, int attr)
{
	return nlmsg_find_attr(header, sizeof(struct ifinfomsg), attr);
}

static void test_bond_is_created_in_one_exclusive_message(void **state)
{
	struct nb_op op = { .kind = NB_OP_BOND_CREATE, .link = "bond0", .mtu = 9000,
		.mac = { 2, 0, 0, 0, 0, 9 },
		.set = NB_SET_MAC | NB_SET_MTU | NB_SET_UP | NB_SET_GEN_MODE };
	struct nl_msg *msg = nlmsg_alloc_size(4096);
	struct nlmsghdr *header;
	struct nlattr *info, *data;

	op.opts.scope = NB_SCOPE_BOND;
	assert_int_equal(nb_optset_set(&op.opts, IFLA_BOND_MODE, (union nb_value){ .u = 1 }), 0);
	header = encode(msg, &op, 99, 0); /* an ifindex is of no use here */
	assert_int_equal(header->nlmsg_type, RTM_NEWLINK);
	assert_int_equal(header->nlmsg_flags, NLM_F_CREATE | NLM_F_EXCL);
	assert_int_equal(((struct ifinfomsg *)nlmsg_data(header))->ifi_index, 0);
	assert_int_equal(((struct ifinfomsg *)nlmsg_data(header))->ifi_flags, IFF_UP);
	assert_int_equal(((struct ifinfomsg *)nlmsg_data(header))->ifi_change, IFF_UP);
	assert_string_equal(nla_get_string(find(header, IFLA_IFNAME)), "bond0");
	assert_int_equal(nla_get_u32(find(header, IFLA_MTU)), 9000);
	assert_memory_equal(nla_data(find(header, IFLA_ADDRESS)), op.mac, 6);
	assert_null(find(header, IFLA_AF_SPEC));
	info = find(header, IFLA_LINKINFO);
	assert_string_equal(
		nla_get_string(nla_find(nla_data(info), nla_len(info), IFLA_INFO_KIND)), "bond");
	data = nla_find(nla_data(info), nla_len(info), IFLA_INFO_DATA);
	assert_int_equal(
		nla_get_u8(nla_find(nla_data(data), nla_len(data), IFLA_BOND_MODE)), 1);
	nb_optset_done(&op.opts);
	nlmsg_free(msg);
}

static void test_enslaving_sends_the_master_alone(void **state)
{
	struct nb_op op = { .kind = NB_OP_ENSLAVE, .link = "eth0", .master = "bond0",
		.set = NB_SET_DOWN };
	struct nl_msg *msg = nlmsg_alloc_size(4096);
	struct nlmsghdr *header = encode(msg, &op, 3, 12);

	/* The kernel refuses slave data for what is no slave yet. */
	assert_null(find(header, IFLA_LINKINFO));
	assert_null(find(header, IFLA_IFNAME));
	assert_int_equal(nla_get_u32(find(header, IFLA_MASTER)), 12);
	assert_int_equal(((struct ifinfomsg *)nlmsg_data(header))->ifi_index, 3);
	assert_int_equal(((struct ifinfomsg *)nlmsg_data(header))->ifi_flags, 0);
	assert_int_equal(((struct ifinfomsg *)nlmsg_data(header))->ifi_change, IFF_UP);
	op.kind = NB_OP_RELEASE;
	op.set = 0;
	header = encode(msg, &op, 0, 12);
	assert_int_equal(nla_get_u32(find(header, IFLA_MASTER)), 0);
	assert_string_equal(nla_get_string(find(header, IFLA_IFNAME)), "eth0");
	assert_int_equal(((struct ifinfomsg *)nlmsg_data(header))->ifi_change, 0);
	nlmsg_free(msg);
}

static void test_move_carries_the_namespace_and_the_new_name(void **state)
{
	struct nb_op op = { .kind = NB_OP_LINK_MOVE, .link = "eth0", .new_name = "ens5" };
	struct nl_msg *msg = nlmsg_alloc_size(4096);
	struct nlmsghdr *header = encode(msg, &op, 3, 0);

	assert_int_equal(nla_get_u32(find(header, IFLA_NET_NS_FD)), 5);
	assert_string_equal(nla_get_string(find(header, IFLA_IFNAME)), "ens5");
	op.new_name[0] = '\0';
	header = encode(msg, &op, 3, 0);
	assert_null(find(header, IFLA_IFNAME));
	nlmsg_free(msg);
}

static void test_slave_options_go_under_the_masters_kind(void **state)
{
	struct nb_op op = { .kind = NB_OP_SLAVE_SET, .link = "eth0" };
	struct nl_msg *msg = nlmsg_alloc_size(4096);
	struct nlattr *info;

	op.opts.scope = NB_SCOPE_SLAVE;
	assert_int_equal(
		nb_optset_set(&op.opts, IFLA_BOND_SLAVE_PRIO, (union nb_value){ .s = -1 }), 0);
	info = find(encode(msg, &op, 3, 0), IFLA_LINKINFO);
	assert_null(nla_find(nla_data(info), nla_len(info), IFLA_INFO_KIND));
	assert_null(nla_find(nla_data(info), nla_len(info), IFLA_INFO_DATA));
	assert_non_null(nla_find(nla_data(info), nla_len(info), IFLA_INFO_SLAVE_KIND));
	assert_non_null(nla_find(nla_data(info), nla_len(info), IFLA_INFO_SLAVE_DATA));
	nb_optset_done(&op.opts);
	nlmsg_free(msg);
}

static void test_settings_of_any_link(void **state)
{
	struct nb_op op = { .kind = NB_OP_LINK_SET, .link = "eth0", .new_name = "eth9",
		.addr_gen_mode = 1, .set = NB_SET_NAME | NB_SET_GEN_MODE | NB_SET_UP };
	struct nl_msg *msg = nlmsg_alloc_size(4096);
	struct nlmsghdr *header;
	struct nlattr *family;

	assert_true(nb_codec_needs_index(&op));
	header = encode(msg, &op, 3, 0);
	assert_int_equal(header->nlmsg_type, RTM_SETLINK);
	assert_string_equal(nla_get_string(find(header, IFLA_IFNAME)), "eth9");
	family = nla_data(find(header, IFLA_AF_SPEC));
	assert_int_equal(nla_type(family), AF_INET6);
	assert_int_equal(nla_get_u8(nla_data(family)), 1);
	assert_null(find(header, IFLA_MTU));
	op.set = NB_SET_UP;
	assert_false(nb_codec_needs_index(&op));
	nlmsg_free(msg);
}

static void test_operations_that_are_no_request_are_refused(void **state)
{
	static const enum nb_op_kind kinds[] = { NB_OP_NETNS_CREATE, NB_OP_NETNS_DELETE,
		NB_OP_WAIT_USABLE, NB_OP_WAIT_ADDRESS, NB_OP_WAIT_FOLLOW };
	const struct nb_codec_op with = { 0 };
	struct nl_msg *msg = nlmsg_alloc_size(4096);
	unsigned attr;

	for (size_t i = 0; i < NB_ARRAY_SIZE(kinds); i++) {
		const struct nb_op op = { .kind = kinds[i] };

		assert_int_equal(nb_codec_put_op(msg, &op, &with, &attr), -EINVAL);
	}
	nlmsg_free(msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_member_of_a_link_is_read),
		cmocka_unit_test(test_only_a_bond_has_bond_options),
		cmocka_unit_test(test_named_slave_is_kept_for_later),
		cmocka_unit_test(test_failed_link_leaves_nothing_for_later),
		cmocka_unit_test(test_lower_link_of_another_namespace_is_none),
		cmocka_unit_test(test_hardware_address_of_another_length_is_no_mac),
		cmocka_unit_test(test_malformed_link_is_refused),
		cmocka_unit_test(test_link_without_a_name_or_cut_off_is_refused),
		cmocka_unit_test(test_changed_bytes_never_crash),
		cmocka_unit_test(test_bond_is_created_in_one_exclusive_message),
		cmocka_unit_test(test_enslaving_sends_the_master_alone),
		cmocka_unit_test(test_move_carries_the_namespace_and_the_new_name),
		cmocka_unit_test(test_slave_options_go_under_the_masters_kind),
		cmocka_unit_test(test_settings_of_any_link),
		cmocka_unit_test(test_operations_that_are_no_request_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
