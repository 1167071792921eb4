/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's answers about netfilter hooks, as nfnl_hook_dump_one() writes them: no kernel of the
 * lab is built with CONFIG_NETFILTER_NETLINK_HOOK.
 */
#include "tests/unit/unit.h"

#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_hook.h>
#include <netlink/msg.h>
#include <string.h>

#include "lib/nl/hooks.h"

static struct nl_msg *answer(int32_t priority, const char *function, const char *module)
{
	const struct nfgenmsg header = { .nfgen_family = AF_INET };
	struct nl_msg *message = nlmsg_alloc();

	assert_non_null(nlmsg_put(message, 0, 0, 12 << 8 | NFNL_MSG_HOOK_GET, 0, NLM_F_MULTI));
	assert_int_equal(nlmsg_append(message, (void *)&header, sizeof(header), NLMSG_ALIGNTO), 0);
	if (module)
		nla_put_string(message, NFNLA_HOOK_MODULE_NAME, module);
	if (function)
		nla_put_string(message, NFNLA_HOOK_FUNCTION_NAME, function);
	nla_put_u32(message, NFNLA_HOOK_HOOKNUM, htobe32(NB_HOOK_INPUT));
	nla_put_u32(message, NFNLA_HOOK_PRIORITY, htobe32((uint32_t)priority));
	return message;
}

static void add_chain(struct nl_msg *message, uint32_t type, const char *table, const char *name,
	uint8_t family)
{
	struct nlattr *info = nla_nest_start(message, NFNLA_HOOK_CHAIN_INFO), *desc;

	nla_put_u32(message, NFNLA_HOOK_INFO_TYPE, htobe32(type));
	desc = nla_nest_start(message, NFNLA_HOOK_INFO_DESC);
	nla_put_string(message, NFNLA_CHAIN_TABLE, table);
	nla_put_string(message, NFNLA_CHAIN_NAME, name);
	nla_put_u8(message, NFNLA_CHAIN_FAMILY, family);
	nla_nest_end(message, desc);
	nla_nest_end(message, info);
}

static struct nb_hook decode(struct nl_msg *message, int expected)
{
	/* What an earlier answer left must not show. */
	struct nb_hook hook = { .family = AF_INET, .point = NB_HOOK_INPUT, .priority = 77,
		.function = "old", .module = "old", .chain = "old" };

	assert_int_equal(nb_hook_decode(nlmsg_hdr(message), &hook), expected);
	nlmsg_free(message);
	return hook;
}

static void test_function_module_and_priority(void **state)
{
	struct nb_hook hook = decode(answer(-225, "selinux_ip_forward", NULL), 0);

	assert_int_equal(hook.priority, -225);
	assert_string_equal(hook.function, "selinux_ip_forward");
	assert_string_equal(hook.module, "");
	assert_string_equal(hook.chain, "");
	assert_int_equal(hook.family, AF_INET);
	assert_int_equal(hook.point, NB_HOOK_INPUT);
	hook = decode(answer(2147483647, "nf_confirm", "nf_conntrack"), 0);
	assert_int_equal(hook.priority, 2147483647);
	assert_string_equal(hook.module, "nf_conntrack");
}

static void test_chain_of_nf_tables(void **state)
{
	struct nl_msg *message = answer(0, "nft_do_chain_inet", "nf_tables");

	add_chain(message, NFNL_HOOK_TYPE_NFTABLES, "filter", "input", 1);
	assert_string_equal(decode(message, 0).chain, "input of inet filter");
	message = answer(0, "nft_do_chain_ipv6", "nf_tables");
	add_chain(message, NFNL_HOOK_TYPE_NFTABLES, "t", "c", 10);
	assert_string_equal(decode(message, 0).chain, "c of ip6 t");
	message = answer(0, "nft_do_chain", "nf_tables");
	add_chain(message, NFNL_HOOK_TYPE_NFTABLES, "t", "c", 99);
	assert_string_equal(decode(message, 0).chain, "c of ? t");
	/* A BPF program (Linux 6.4): its description is another one. */
	message = answer(0, "nf_hook_run_bpf", NULL);
	add_chain(message, 2, "t", "c", 2);
	assert_string_equal(decode(message, 0).chain, "");
}

static void test_answers_that_lack_or_exceed(void **state)
{
	char longest[300];
	struct nl_msg *message;
	struct nb_hook hook = decode(answer(0, NULL, NULL), 0);

	assert_string_equal(hook.function, "");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	message = answer(1, longest, longest);
	add_chain(message, NFNL_HOOK_TYPE_NFTABLES, longest, longest, 1);
	hook = decode(message, 0);
	assert_int_equal(strlen(hook.function), sizeof(hook.function) - 1);
	assert_int_equal(strlen(hook.module), sizeof(hook.module) - 1);
	assert_in_range(strlen(hook.chain), 100, sizeof(hook.chain) - 1);

	message = answer(1, "f", NULL);
	nlmsg_hdr(message)->nlmsg_len = NLMSG_HDRLEN + 2; /* cut within nfgenmsg */
	decode(message, -EBADMSG);
	/* Numbers of no length. */
	message = nlmsg_alloc();
	assert_non_null(nlmsg_put(message, 0, 0, 12 << 8, sizeof(struct nfgenmsg), 0));
	nla_put(message, NFNLA_HOOK_PRIORITY, 0, NULL);
	assert_int_equal(decode(message, 0).priority, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_function_module_and_priority),
		cmocka_unit_test(test_chain_of_nf_tables),
		cmocka_unit_test(test_answers_that_lack_or_exceed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
