/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/run.h"
#include "cli/term.h"

int main(int argc, char **argv)
{
	struct nbc nbc;

	nbc_init(&nbc, "netbondctl");
	return nbc_run(&nbc, argc > 0 ? argc - 1 : 0, argv + 1);
}
