/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What went wrong, for people and for programs.
 */

#include "cli/document.h"
#include "lib/core/diag.h"

/** nbc_tell() - one sentence to nbc->err: "netbondctl: ..." */
void nbc_tell(const struct nbc *nbc, const char *format, ...) NB_PRINTF(2, 3);

/** nbc_tell_lines() - problems that come as lines already, to nbc->err */
void nbc_tell_lines(const struct nbc *nbc, const char *lines);

/** nbc_tell_problems() - print all of @diag to nbc->err, in the order of the files */
void nbc_tell_problems(const struct nbc *nbc, struct nb_diag *diag);

/** nbc_count_problems() - append "2 errors, 1 warning"; nothing when there are none */
void nbc_count_problems(const struct nb_diag *diag, struct nb_text *out);
