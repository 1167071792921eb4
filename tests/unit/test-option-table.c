/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include "lib/core/option.h"

static void test_mode_row_is_there(void **state)
{
	assert_string_equal(nb_option_get(NB_SCOPE_BOND, IFLA_BOND_MODE)->name, "mode");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_mode_row_is_there) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
