/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every operation of a plan on the running kernel, its refusals, and what is observed after it.
 */
#include "tests/real/real-bench.h"

#include <sys/wait.h>
#include <unistd.h>

static void set_name(struct nb_op *op, unsigned attr, const char *name)
{
	assert_int_equal(nb_optset_set(&op->opts, attr,
				 (union nb_value){ .name = name ? strdup(name) : NULL }),
		0);
}

static void test_bond_is_made_whole(void **state)
{
	struct nb_op op = real_op(NB_OP_BOND_CREATE, "bond0");
	NB_CLEANUP(nb_link_freep) struct nb_link *bond = NULL;
	const uint64_t before = nb_exec_requests(real_exec);
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 0x42 };

	real_number(&op, IFLA_BOND_MODE, BOND_MODE_ACTIVEBACKUP);
	real_number(&op, IFLA_BOND_MIIMON, 200);
	real_number(&op, IFLA_BOND_UPDELAY, 400);
	op.set = NB_SET_MAC | NB_SET_MTU | NB_SET_UP;
	op.mtu = 9000;
	memcpy(op.mac, mac, 6);
	real_do(&op);
	assert_int_equal(nb_exec_requests(real_exec) - before, 1);
	bond = real_link("bond0");
	assert_true(nb_link_is_bond(bond));
	assert_true(nb_link_is_up(bond));
	assert_int_equal(bond->mtu, 9000);
	assert_int_equal(bond->min_mtu, 68);
	assert_int_equal(bond->max_mtu, 65535);
	assert_memory_equal(bond->mac, mac, 6);
	assert_int_equal(bond->addr_gen_mode, 0);
	assert_int_equal(nb_optset_u(&bond->bond, IFLA_BOND_MIIMON), 200);
	assert_int_equal(nb_optset_u(&bond->bond, IFLA_BOND_UPDELAY), 400);
	assert_null(bond->parent);
}

static void test_bond_without_link_local_takes_a_second_request(void **state)
{
	struct nb_op op = real_op(NB_OP_BOND_CREATE, "bond0");
	NB_CLEANUP(nb_link_freep) struct nb_link *bond = NULL, *after = NULL;
	const uint64_t before = nb_exec_requests(real_exec);

	op.set = NB_SET_UP | NB_SET_GEN_MODE;
	op.addr_gen_mode = 1;
	real_do(&op);
	assert_int_equal(nb_exec_requests(real_exec) - before, 2);
	enslave("e0", "bond0");
	real_sh("sleep 0.3");
	bond = real_link("bond0");
	assert_int_equal(bond->addr_gen_mode, 1);
	assert_true(bond->carrier);
	assert_int_equal(bond->n_addresses, 0);
	op = real_op(NB_OP_LINK_SET, "bond0");
	op.set = NB_SET_GEN_MODE;
	real_do(&op);
	after = real_link("bond0");
	assert_int_equal(after->addr_gen_mode, 0);
}

static void test_slaves_come_in_order_and_go(void **state)
{
	static const char *const order[] = { "e2", "e0", "e1" };
	NB_CLEANUP(nb_state_freep) struct nb_state *seen = NULL;
	NB_CLEANUP(nb_freep) struct nb_link **slaves = NULL;
	struct nb_op op = real_op(NB_OP_RELEASE, "e2");
	const struct nb_netns *own;

	real_sh("ip link set e0 up"); /* down first is part of the request */
	make_bond("bond0", BOND_MODE_ACTIVEBACKUP);
	for (size_t i = 0; i < 3; i++)
		enslave(order[i], "bond0");
	seen = real_observe(NULL, 0);
	own = seen->namespaces[0];
	assert_int_equal(nb_netns_slaves(own, nb_netns_find(own, "bond0"), &slaves), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(slaves[i]->name, order[i]);
		assert_int_equal(slaves[i]->slave_position, i + 1);
		assert_string_equal(slaves[i]->slave_kind, "bond");
		assert_string_equal(slaves[i]->kind, "dummy");
	}
	assert_string_equal(nb_optset_get(&nb_netns_find(own, "bond0")->bond,
				    IFLA_BOND_ACTIVE_SLAVE)
				    .name,
		"e2");
	real_do(&op);
	nb_state_free(seen);
	seen = real_observe(NULL, 0);
	own = seen->namespaces[0];
	assert_int_equal(nb_netns_find(own, "e2")->master, 0);
	assert_null(nb_netns_find(own, "e2")->slave_kind);
	assert_false(nb_link_is_up(nb_netns_find(own, "e2")));
	assert_int_equal(nb_netns_find(own, "e0")->slave_position, 1);
	assert_int_equal(nb_netns_find(own, "e1")->slave_position, 2);
	/* A free device may be released again. */
	op = real_op(NB_OP_RELEASE, "e2");
	real_do(&op);
}

static void test_slave_and_bond_options_change(void **state)
{
	NB_CLEANUP(nb_link_freep) struct nb_link *bond = NULL, *slave = NULL;
	struct nb_op op = real_op(NB_OP_SLAVE_SET, "e1");

	make_bond("bond0", BOND_MODE_ACTIVEBACKUP);
	enslave("e0", "bond0");
	enslave("e1", "bond0");
	real_number(&op, IFLA_BOND_SLAVE_QUEUE_ID, 3);
	real_number(&op, IFLA_BOND_SLAVE_PRIO, -7);
	real_do(&op);
	op = real_op(NB_OP_BOND_SET, "bond0");
	set_name(&op, IFLA_BOND_PRIMARY, "e1");
	real_number(&op, IFLA_BOND_RESEND_IGMP, 9);
	op.set = NB_SET_MTU;
	op.mtu = 1400;
	real_do(&op);
	slave = real_link("e1");
	assert_int_equal(nb_optset_u(&slave->slave, IFLA_BOND_SLAVE_QUEUE_ID), 3);
	assert_int_equal(nb_optset_get(&slave->slave, IFLA_BOND_SLAVE_PRIO).s, -7);
	assert_int_equal(slave->mtu, 1400);
	bond = real_link("bond0");
	assert_string_equal(nb_optset_get(&bond->bond, IFLA_BOND_PRIMARY).name, "e1");
	assert_string_equal(nb_optset_get(&bond->bond, IFLA_BOND_ACTIVE_SLAVE).name, "e1");
	assert_int_equal(nb_optset_u(&bond->bond, IFLA_BOND_RESEND_IGMP), 9);
	assert_int_equal(nb_optset_u(&bond->bond, IFLA_BOND_MIIMON), 100); /* left alone */
	bond = nb_link_free(bond);
	op = real_op(NB_OP_BOND_SET, "bond0");
	set_name(&op, IFLA_BOND_PRIMARY, NULL);
	real_do(&op);
	bond = real_link("bond0");
	assert_false(nb_optset_has(&bond->bond, IFLA_BOND_PRIMARY));
}

static void test_refusals_carry_the_kernels_words_and_the_option(void **state)
{
	struct nb_op op = real_op(NB_OP_BOND_CREATE, "bond0");

	real_number(&op, IFLA_BOND_MODE, BOND_MODE_ACTIVEBACKUP);
	real_number(&op, IFLA_BOND_MIIMON, 100);
	real_number(&op, IFLA_BOND_ARP_INTERVAL, 100);
	real_refuse(&op, -EINVAL, "ARP monitoring cannot be used with MII monitoring");
	assert_int_equal(real_error.scope, NB_SCOPE_BOND);
	assert_int_equal(real_error.attr, IFLA_BOND_ARP_INTERVAL);

	op = real_op(NB_OP_BOND_CREATE, "bond0");
	real_number(&op, IFLA_BOND_UPDELAY, 100);
	real_refuse(&op, -EPERM,
		"the driver refused a value (a delay needs miimon); the kernel log (dmesg) says more");

	make_bond("bond0", BOND_MODE_8023AD);
	op = real_op(NB_OP_BOND_CREATE, "bond0");
	real_refuse(&op, -EEXIST, "a device of that name is there already");
	op = real_op(NB_OP_BOND_SET, "bond0");
	real_number(&op, IFLA_BOND_AD_LACP_RATE, 1);
	real_refuse(&op, -EBUSY, "unable to set option because the bond is up");
	assert_int_equal(real_error.attr, IFLA_BOND_AD_LACP_RATE);
	op = real_op(NB_OP_LINK_SET, "bond0");
	op.set = NB_SET_MTU;
	op.mtu = 67;
	real_refuse(&op, -EINVAL, "mtu less than device minimum");
	op = real_op(NB_OP_LINK_SET, "bond0");
	op.set = NB_SET_MAC; /* all zero */
	real_refuse(&op, -EADDRNOTAVAIL, "the kernel does not take this MAC address");
	op = real_op(NB_OP_LINK_SET, "nowhere");
	op.set = NB_SET_UP;
	real_refuse(&op, -ENODEV, "the device is no longer there");
	op = enslaving("e0", "nowhere");
	real_refuse(&op, -ENODEV, "there is no device nowhere");
	op = real_op(NB_OP_BOND_SET, "bond0");
	set_name(&op, IFLA_BOND_PRIMARY, "nowhere");
	real_refuse(&op, -ENODEV, "primary: there is no device nowhere");
	assert_int_equal(real_error.attr, IFLA_BOND_PRIMARY);

	real_sh("ip link set e0 up");
	op = enslaving("e0", "bond0");
	op.set = 0;
	real_refuse(&op, -EPERM, "Device can not be enslaved while up");
	op = real_op(NB_OP_SLAVE_SET, "e0");
	real_number(&op, IFLA_BOND_SLAVE_QUEUE_ID, 2);
	real_refuse(&op, -EOPNOTSUPP, "it is not a slave of a bond");
	enslave("e0", "bond0");
	enslave("e1", "bond0");
	op = real_op(NB_OP_SLAVE_SET, "e0");
	real_number(&op, IFLA_BOND_SLAVE_QUEUE_ID, 2);
	real_do(&op);
	op = real_op(NB_OP_SLAVE_SET, "e1");
	real_number(&op, IFLA_BOND_SLAVE_QUEUE_ID, 2);
	real_refuse(&op, -EPERM,
		"the driver refused a value (a queue-id must be a queue of the bond and unique); "
		"the kernel log (dmesg) says more");
	op = real_op(NB_OP_SLAVE_SET, "e1");
	real_number(&op, IFLA_BOND_SLAVE_PRIO, 2);
	real_refuse(&op, -EACCES, "option not supported in mode");
	assert_int_equal(real_error.scope, NB_SCOPE_SLAVE);
	assert_int_equal(real_error.attr, IFLA_BOND_SLAVE_PRIO);
	op = real_op(NB_OP_BOND_SET, "bond0");
	real_number(&op, IFLA_BOND_MODE, 0);
	real_refuse(&op, -ENOTEMPTY, "unable to set option because the bond device has slaves");
}

static void test_remade_device_is_not_taken_for_the_old_one(void **state)
{
	NB_CLEANUP(nb_link_freep) struct nb_link *old = NULL, *new = NULL;
	struct nb_op op;

	make_bond("bond0", 0);
	old = real_link("bond0");
	op = address_op(NB_OP_ADDRESS_ADD, "192.0.2.1", 24); /* looks bond0 up */
	real_do(&op);
	op = real_op(NB_OP_LINK_DELETE, "bond0");
	real_do(&op);
	make_bond("bond0", 0);
	op = address_op(NB_OP_ADDRESS_ADD, "192.0.2.2", 24);
	real_do(&op);
	new = real_link("bond0");
	assert_int_not_equal(old->ifindex, new->ifindex);
	assert_non_null(find_address(new, "192.0.2.2"));
	/* By its ifindex the old one is gone, whatever its name. */
	op = real_op(NB_OP_LINK_DELETE, "bond0");
	op.ifindex = old->ifindex;
	real_refuse(&op, -ENODEV, "the device is no longer there");
	op = real_op(NB_OP_LINK_DELETE, "bond0");
	op.ifindex = old->ifindex;
	op.flags = NB_OP_TOLERANT;
	real_do(&op);
}

static void test_rename_is_known_to_what_follows(void **state)
{
	struct nb_op op;

	make_bond("bond0", 0);
	op = address_op(NB_OP_ADDRESS_ADD, "192.0.2.1", 24);
	real_do(&op);
	op = real_op(NB_OP_LINK_SET, "bond0");
	op.set = NB_SET_DOWN;
	real_do(&op);
	op = real_op(NB_OP_LINK_SET, "bond0");
	op.set = NB_SET_NAME | NB_SET_UP;
	strcpy(op.new_name, "blue0");
	real_do(&op);
	enslave("e0", "blue0");
	op = enslaving("e1", "bond0");
	real_refuse(&op, -ENODEV, "there is no device bond0");
	real_sh("ip -br addr show blue0 | grep -q 192.0.2.1/24");
}

static void move(const char *from, const char *link, const char *to, const char *as)
{
	struct nb_op op = real_op(NB_OP_LINK_MOVE, link);

	free(op.namespace);
	op.namespace = strdup(from);
	op.to_namespace = strdup(to);
	strcpy(op.new_name, as);
	real_do(&op);
}

static void test_nics_go_into_a_namespace_and_home(void **state)
{
	char *names[] = { (char *)"blue" };
	NB_CLEANUP(nb_state_freep) struct nb_state *seen = NULL, *after = NULL;
	struct nb_op op = real_op(NB_OP_NETNS_CREATE, "");
	const struct nb_netns *blue;

	free(op.namespace);
	op.namespace = strdup("blue");
	real_do(&op);
	move("", "e0", "blue", "");
	move("", "e1", "blue", "port1");
	/* The name is taken there: the new one is needed for the move itself. */
	real_sh("ip -n blue link add e2 type dummy");
	move("", "e2", "blue", "port2");
	op = real_op(NB_OP_BOND_CREATE, "bond0");
	free(op.namespace);
	op.namespace = strdup("blue");
	op.set = NB_SET_UP;
	real_do(&op);
	for (int i = 1; i <= 2; i++) {
		op = enslaving(i == 1 ? "port1" : "port2", "bond0");
		free(op.namespace);
		op.namespace = strdup("blue");
		real_do(&op);
	}
	seen = real_observe(names, 1);
	blue = nb_state_namespace(seen, "blue");
	assert_true(blue->exists);
	assert_true(blue->inode != 0 && blue->inode != seen->namespaces[0]->inode);
	assert_null(nb_netns_find(seen->namespaces[0], "e0"));
	assert_non_null(nb_netns_find(blue, "e0"));
	/* The order of slaves is known in every namespace. */
	assert_int_equal(nb_netns_find(blue, "port1")->slave_position, 1);
	assert_int_equal(nb_netns_find(blue, "port2")->slave_position, 2);
	assert_true(nb_link_is_slave_of(
		nb_netns_find(blue, "port2"), nb_netns_find(blue, "bond0")));
	assert_true(nb_link_is_up(nb_netns_find(blue, "lo")));
	/* A bond never changes its namespace. */
	op = real_op(NB_OP_LINK_MOVE, "bond0");
	free(op.namespace);
	op.namespace = strdup("blue");
	op.to_namespace = strdup("");
	real_refuse(&op, -EINVAL, NULL);
	move("blue", "port1", "", "e1");
	move("blue", "port2", "", "e2");
	move("blue", "e0", "", "");
	op = real_op(NB_OP_NETNS_DELETE, "");
	free(op.namespace);
	op.namespace = strdup("blue");
	real_do(&op);
	after = real_observe(names, 1);
	assert_false(nb_state_namespace(after, "blue")->exists);
	for (int i = 0; i < 3; i++) {
		const char name[] = { 'e', (char)('0' + i), '\0' };

		assert_non_null(nb_netns_find(after->namespaces[0], name));
	}
}

static void test_waiting_for_a_usable_slave_looks_once(void **state)
{
	struct nb_op op = real_op(NB_OP_WAIT_USABLE, "bond0");

	make_bond("bond0", BOND_MODE_ACTIVEBACKUP);
	assert_int_equal(real_run(&op), -EAGAIN); /* no slave at all */
	enslave("e0", "bond0");
	assert_int_equal(real_run(&op), 0);
	strcpy(op.master, "e0");
	assert_int_equal(real_run(&op), -EAGAIN); /* the only one does not count */
	enslave("e1", "bond0");
	assert_int_equal(real_run(&op), 0);
	real_sh("ip link set e1 down");
	assert_int_equal(real_run(&op), -EAGAIN);
	strcpy(op.link, "nowhere");
	real_refuse(&op, -ENODEV, "there is no device nowhere");
}

/* In a process without rights. Returns 0 when all is as expected. */
static int look_and_fail(void)
{
	NB_CLEANUP(nb_exec_freep) struct nb_exec *exec = NULL;
	struct nb_exec_error error;
	struct nb_op op = real_op(NB_OP_LINK_SET, "bond0");
	struct nb_state *seen = NULL;
	const struct nb_link *bond;

	if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0 ||
		nb_exec_new(&exec) < 0)
		return 1;
	op.set = NB_SET_UP;
	if (nb_exec_netlink.run(exec, &op, &error) != -EPERM ||
		strcmp(error.text, "no right to change the network here (CAP_NET_ADMIN is needed)"))
		return 2;
	free(op.namespace);
	op.kind = NB_OP_NETNS_CREATE;
	op.namespace = strdup("red");
	if (nb_exec_netlink.run(exec, &op, &error) >= 0 || !strstr(error.text, "needs root"))
		return 3;
	if (nb_exec_netlink.observe(exec, NULL, 0, &seen, NULL) < 0)
		return 4;
	bond = nb_netns_find(seen->namespaces[0], "bond0");
	if (!bond || nb_optset_has(&bond->bond, IFLA_BOND_AD_ACTOR_SYS_PRIO) ||
		!nb_optset_has(&bond->bond, IFLA_BOND_AD_LACP_RATE))
		return 5;
	if (nb_netns_find(seen->namespaces[0], "e1")->slave_position != 2)
		return 6;
	nb_op_done(&op);
	nb_state_free(seen);
	return 0;
}

static void test_missing_right_is_told_and_looking_needs_none(void **state)
{
	NB_CLEANUP(nb_link_freep) struct nb_link *bond = NULL;
	int status;
	pid_t pid;

	make_bond("bond0", BOND_MODE_8023AD);
	enslave("e0", "bond0");
	enslave("e1", "bond0");
	pid = fork();
	if (pid == 0)
		_exit(look_and_fail());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	bond = real_link("bond0");
	assert_true(nb_optset_has(&bond->bond, IFLA_BOND_AD_ACTOR_SYS_PRIO));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		THREE(test_bond_is_made_whole),
		THREE(test_bond_without_link_local_takes_a_second_request),
		THREE(test_slaves_come_in_order_and_go),
		THREE(test_slave_and_bond_options_change),
		THREE(test_refusals_carry_the_kernels_words_and_the_option),
		THREE(test_remade_device_is_not_taken_for_the_old_one),
		THREE(test_rename_is_known_to_what_follows),
		THREE(test_nics_go_into_a_namespace_and_home),
		THREE(test_waiting_for_a_usable_slave_looks_once),
		THREE(test_missing_right_is_told_and_looking_needs_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
