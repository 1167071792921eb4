/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "tests/real/twin.h"

/** random_ops_run() - @n operations drawn by @seed on both kernels; ends at a disagreement */
void random_ops_run(struct twin *twin, unsigned seed, unsigned n);
