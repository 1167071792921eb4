/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Addresses and routes on the running kernel: added, seen, refused, tolerated, deleted.
 */
#include "tests/real/real-bench.h"

#include <unistd.h>

static void test_addresses_come_and_go(void **state)
{
	NB_CLEANUP(nb_link_freep) struct nb_link *bond = NULL, *after = NULL;
	const struct nb_address *seen;
	struct nb_op op;

	make_bond("bond0", BOND_MODE_ACTIVEBACKUP);
	enslave("e0", "bond0");
	op = address_op(NB_OP_ADDRESS_ADD, "192.0.2.10", 24);
	strcpy(op.address.label, "bond0:a");
	real_do(&op);
	op = address_op(NB_OP_ADDRESS_ADD, "10.0.0.1", 32);
	op.address.peer = real_ip("10.0.0.2");
	op.address.broadcast = real_ip("10.0.0.255");
	real_do(&op);
	op = address_op(NB_OP_ADDRESS_ADD, "2001:db8::10", 64);
	op.address.flags = IFA_F_NODAD;
	op.address.preferred = 0;
	real_do(&op);
	bond = real_link("bond0");
	seen = find_address(bond, "192.0.2.10");
	assert_non_null(seen);
	assert_int_equal(seen->prefix_length, 24);
	assert_int_equal(seen->proto, NB_PROTOCOL);
	assert_string_equal(seen->label, "bond0:a");
	assert_true(seen->flags & IFA_F_PERMANENT);
	assert_int_equal(seen->broadcast.family, 0);
	seen = find_address(bond, "10.0.0.1");
	assert_non_null(seen);
	assert_true(nb_ip_equal(&seen->peer, &(struct nb_ip){ AF_INET, { 10, 0, 0, 2 } }));
	assert_true(nb_ip_equal(&seen->broadcast, &(struct nb_ip){ AF_INET, { 10, 0, 0, 255 } }));
	seen = find_address(bond, "2001:db8::10");
	assert_non_null(seen);
	assert_int_equal(seen->proto, NB_PROTOCOL);
	assert_int_equal(seen->preferred, 0);
	assert_true(seen->valid == NB_FOREVER);
	assert_true(seen->flags & IFA_F_NODAD);
	assert_false(seen->flags & IFA_F_TENTATIVE);

	op = address_op(NB_OP_ADDRESS_ADD, "192.0.2.10", 24);
	real_refuse(&op, -EEXIST, NULL);
	op = address_op(NB_OP_ADDRESS_ADD, "192.0.2.10", 24);
	op.flags = NB_OP_TOLERANT;
	real_do(&op);
	op = address_op(NB_OP_ADDRESS_ADD, "2001:db8::10", 64);
	op.flags = NB_OP_REPLACE;
	real_do(&op);
	op = address_op(NB_OP_ADDRESS_DELETE, "192.0.2.10", 24);
	real_do(&op);
	op = address_op(NB_OP_ADDRESS_DELETE, "10.0.0.1", 32);
	op.address.peer = real_ip("10.0.0.2");
	real_do(&op);
	op = address_op(NB_OP_ADDRESS_DELETE, "192.0.2.10", 24);
	real_refuse(&op, -EADDRNOTAVAIL, NULL);
	op = address_op(NB_OP_ADDRESS_DELETE, "192.0.2.10", 24);
	op.flags = NB_OP_TOLERANT;
	real_do(&op);
	after = real_link("bond0");
	assert_null(find_address(after, "192.0.2.10"));
	assert_null(find_address(after, "10.0.0.1"));
	assert_true(find_address(after, "2001:db8::10")->preferred == NB_FOREVER);
}

static struct nb_op route_op(enum nb_op_kind kind, const char *to, uint8_t length, const char *via)
{
	struct nb_op op = real_op(kind, "bond0");

	op.route = (struct nb_route){ .to = real_ip(to), .prefix_length = length,
		.type = RTN_UNICAST, .protocol = NB_PROTOCOL, .table = RT_TABLE_MAIN };
	if (via)
		op.route.via = real_ip(via);
	else if (op.route.to.family == AF_INET)
		op.route.scope = RT_SCOPE_LINK;
	if (op.route.to.family == AF_INET6)
		op.route.metric = NB_ROUTE_METRIC_IPV6;
	return op;
}

static unsigned count_routes(const struct nb_link *link, const struct nb_route *wanted)
{
	unsigned n = 0;

	for (size_t i = 0; i < link->n_routes; i++)
		n += nb_route_equal(&link->routes[i], wanted) &&
			link->routes[i].protocol == wanted->protocol;
	return n;
}

static void add_base(void)
{
	struct nb_op op;

	make_bond("bond0", BOND_MODE_ACTIVEBACKUP);
	enslave("e0", "bond0");
	op = address_op(NB_OP_ADDRESS_ADD, "192.0.2.10", 24);
	real_do(&op);
	op = address_op(NB_OP_ADDRESS_ADD, "2001:db8::10", 64);
	op.address.flags = IFA_F_NODAD;
	real_do(&op);
}

/* Adds, sees, refuses a second, tolerates it, deletes. */
static void check_route(struct nb_op *add)
{
	NB_CLEANUP(nb_link_freep) struct nb_link *bond = NULL, *after = NULL;
	const struct nb_route route = add->route;

	real_do(add);
	bond = real_link("bond0");
	assert_int_equal(count_routes(bond, &route), 1);
	*add = route_op(NB_OP_ROUTE_ADD, "0.0.0.0", 0, NULL);
	add->route = route;
	real_refuse(add, -EEXIST, NULL);
	*add = route_op(NB_OP_ROUTE_ADD, "0.0.0.0", 0, NULL);
	add->route = route;
	add->flags = NB_OP_TOLERANT;
	real_do(add);
	*add = route_op(NB_OP_ROUTE_DELETE, "0.0.0.0", 0, NULL);
	add->route = route;
	real_do(add);
	after = real_link("bond0");
	assert_int_equal(count_routes(after, &route), 0);
	*add = route_op(NB_OP_ROUTE_DELETE, "0.0.0.0", 0, NULL);
	add->route = route;
	real_refuse(add, -ESRCH, NULL);
	*add = route_op(NB_OP_ROUTE_DELETE, "0.0.0.0", 0, NULL);
	add->route = route;
	add->flags = NB_OP_TOLERANT;
	real_do(add);
}

static void test_routes_come_and_go(void **state)
{
	struct nb_op op;

	add_base();
	op = route_op(NB_OP_ROUTE_ADD, "0.0.0.0", 0, "192.0.2.1");
	check_route(&op);
	op = route_op(NB_OP_ROUTE_ADD, "198.51.100.0", 24, NULL);
	op.route.metric = 7;
	op.route.table = 1000;
	op.route.src = real_ip("192.0.2.10");
	check_route(&op);
	op = route_op(NB_OP_ROUTE_ADD, "198.51.100.0", 24, "203.0.113.1");
	op.route.onlink = true;
	check_route(&op);
	op = route_op(NB_OP_ROUTE_ADD, "198.51.100.0", 24, "2001:db8::1");
	check_route(&op);
	op = route_op(NB_OP_ROUTE_ADD, "::", 0, "2001:db8::1");
	check_route(&op);
	op = route_op(NB_OP_ROUTE_ADD, "2001:db8:ff::", 48, NULL);
	op.route.metric = 50;
	op.route.src = real_ip("2001:db8::10");
	check_route(&op);
	op = route_op(NB_OP_ROUTE_ADD, "198.51.100.0", 24, "203.0.113.1");
	assert_int_equal(real_run(&op), -ENETUNREACH);
	assert_string_equal(real_error.text, "Nexthop has invalid gateway");
	nb_op_done(&op);
}

static void test_gateway_changes_without_a_gap(void **state)
{
	static const char *const to[] = { "0.0.0.0", "::" };
	static const char *const via[][2] = { { "192.0.2.1", "192.0.2.2" },
		{ "2001:db8::1", "2001:db8::2" } };

	add_base();
	for (int i = 0; i < 2; i++) {
		struct nb_op op = route_op(NB_OP_ROUTE_ADD, to[i], 0, via[i][0]);
		NB_CLEANUP(nb_link_freep) struct nb_link *bond = NULL;
		struct nb_route route;

		real_do(&op);
		op = route_op(NB_OP_ROUTE_ADD, to[i], 0, via[i][1]);
		op.flags = NB_OP_REPLACE;
		route = op.route;
		real_do(&op);
		bond = real_link("bond0");
		assert_int_equal(bond->n_routes, i + 1);
		assert_int_equal(count_routes(bond, &route), 1);
	}
	/* IPv6 also takes the second one beside the first: then the first can go. */
	for (int i = 0; i < 2; i++) {
		struct nb_op op = route_op(
			i == 0 ? NB_OP_ROUTE_ADD : NB_OP_ROUTE_DELETE, "::", 0, via[1][i]);
		NB_CLEANUP(nb_link_freep) struct nb_link *bond = NULL;

		real_do(&op);
		bond = real_link("bond0");
		assert_int_equal(bond->n_routes, 2);
		assert_int_equal(bond->routes[1].opaque, i == 0);
	}
}

/* Two ends of a cable, the other one in the namespace "far". */
static void test_waiting_for_an_address_knows_a_duplicate(void **state)
{
	struct nb_op op;

	real_sh("ip netns add far && ip link add v0 type veth peer name v1 netns far && "
		"ip -n far addr add 2001:db8::66/64 dev v1 nodad && ip -n far link set v1 up");
	make_bond("bond0", BOND_MODE_ACTIVEBACKUP);
	enslave("v0", "bond0");
	real_sh("sleep 0.5");
	op = address_op(NB_OP_ADDRESS_ADD, "2001:db8::66", 64);
	real_do(&op);
	op = address_op(NB_OP_WAIT_ADDRESS, "2001:db8::66", 64);
	for (int i = 0; i < 100 && real_run(&op) == -EAGAIN; i++)
		usleep(50000);
	real_refuse(&op, -EADDRINUSE,
		"2001:db8::66/64 is in use by another host (duplicate address detection failed)");
	op = address_op(NB_OP_ADDRESS_ADD, "2001:db8::67", 64);
	real_do(&op);
	op = address_op(NB_OP_WAIT_ADDRESS, "2001:db8::67", 64);
	assert_int_equal(real_run(&op), -EAGAIN);
	for (int i = 0; i < 100 && real_run(&op) == -EAGAIN; i++)
		usleep(50000);
	real_do(&op);
	op = address_op(NB_OP_WAIT_ADDRESS, "2001:db8::68", 64);
	real_refuse(&op, -EADDRNOTAVAIL, "2001:db8::68/64 is not there");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		THREE(test_addresses_come_and_go),
		THREE(test_routes_come_and_go),
		THREE(test_gateway_changes_without_a_gap),
		THREE(test_waiting_for_an_address_knows_a_duplicate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
