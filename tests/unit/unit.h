/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * CMocka and what it asks to be included before it, and a line that says which case is run, so
 * that a failed assertion inside a table of cases can be told from its neighbours.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NB_CASE(...)                       \
	do {                               \
		print_message("    ");     \
		print_message(__VA_ARGS__); \
		print_message("\n");       \
	} while (0)
