/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A bench of three free NICs, and the operations most tests begin with.
 */

#include "tests/real/real.h"

static inline int three_nics(void **state)
{
	real_sh("ip link set lo up; for i in 0 1 2; do ip link add e$i type dummy; done");
	return real_set_up(state);
}

#define THREE(test) cmocka_unit_test_setup_teardown(test, three_nics, real_clean)

static inline void make_bond(const char *name, unsigned mode)
{
	struct nb_op op = real_op(NB_OP_BOND_CREATE, name);

	real_number(&op, IFLA_BOND_MODE, mode);
	real_number(&op, IFLA_BOND_MIIMON, 100);
	op.set = NB_SET_UP;
	real_do(&op);
}

static inline struct nb_op enslaving(const char *slave, const char *bond)
{
	struct nb_op op = real_op(NB_OP_ENSLAVE, slave);

	strcpy(op.master, bond);
	op.set = NB_SET_DOWN;
	return op;
}

static inline void enslave(const char *slave, const char *bond)
{
	struct nb_op op = enslaving(slave, bond);

	real_do(&op);
}

static inline struct nb_op address_op(enum nb_op_kind kind, const char *text, uint8_t length)
{
	struct nb_op op = real_op(kind, "bond0");

	op.address = (struct nb_address){ .ip = real_ip(text), .prefix_length = length,
		.proto = NB_PROTOCOL, .preferred = NB_FOREVER, .valid = NB_FOREVER };
	return op;
}

static inline const struct nb_address *find_address(const struct nb_link *link, const char *text)
{
	const struct nb_ip ip = real_ip(text);

	for (size_t i = 0; i < link->n_addresses; i++)
		if (nb_ip_equal(&link->addresses[i].ip, &ip))
			return &link->addresses[i];
	return NULL;
}
