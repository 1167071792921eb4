/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the reconciler holds for each further bond while nothing happens, in bytes of malloc(3). */
#include <malloc.h>

#include "tests/unit/reconciler-world.h"

#define FEW 50u
#define MANY 250u
#define BYTES_PER_BOND 3300u

static size_t in_use(void)
{
	const struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static void add_bonds(struct keeper *k, unsigned n, struct nb_text *yaml)
{
	nb_text_add(yaml, "bonds:\n");
	for (unsigned i = 0; i < 2 * n; i++) {
		char name[IFNAMSIZ];
		const struct nb_model_nic nic = { .name = name, .kind = "dummy" };

		snprintf(name, sizeof(name), "d%u", i);
		assert_true(nb_model_add_nic(k->model, &nic) > 0);
	}
	for (unsigned i = 0; i < n; i++)
		nb_text_add(yaml,
			"  bond%u: {mode: active-backup, slaves: [d%u, d%u], addresses: [10.0.%u.1/24]}\n",
			i, 2 * i, 2 * i + 1, i);
}

/* What goes when a reconciler at rest and its memory go. */
static size_t held_for(unsigned n)
{
	NB_CLEANUP(nb_text_done) struct nb_text yaml = { 0 };
	struct keeper k;
	size_t held;

	keeper_start(&k);
	add_bonds(&k, n, &yaml);
	keeper_applied(&k, yaml.text);
	/* Once more as in every minute, with nothing to do. */
	keeper_pass(&k, 60 * SECOND);
	assert_int_equal(k.observed, 1);
	assert_int_equal(k.writes, 0);
	held = in_use();
	k.reconciler = nbd_reconciler_free(k.reconciler);
	nb_memory_done(&k.memory);
	held -= in_use();
	keeper_done(&k);
	return held;
}

static void test_further_bond_takes_little_memory(void **state)
{
	size_t few = held_for(FEW), many = held_for(MANY);
	size_t each = (many - few) / (MANY - FEW);

	/* A sanitizer's malloc() counts nothing. */
	if (few == 0 && many == 0)
		skip();
	print_message("%zu bytes with %u bonds, %zu for each further one\n", few, FEW, each);
	assert_in_range(each, 500, BYTES_PER_BOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_further_bond_takes_little_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
