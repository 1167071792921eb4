/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a configuration may say: rules over options, slaves and bonds that need no look at the
 * kernel. Most follow from the rows (modes, conflicts, needs); the rest are few and stand here.
 */

#include "lib/core/config.h"

/**
 * nb_rules_check() - add every problem of a whole configuration to @diag
 *
 * Errors: an option the mode refuses, options that exclude each other, a need not met, identity
 * (namespace, name) twice, a slave in two bonds, an address on two bonds of one namespace, a
 * primary that is no slave, a loop of bonds, lo as a slave, an undeclared namespace, ...
 * Warnings: an option idle in its mode, delays that are no multiple of miimon, monitoring off.
 * They come in the order they are found: nb_diag_sort() brings them into that of the files.
 *
 * Return: 0, -EBADMSG when there is at least one error, -ENOMEM.
 */
int nb_rules_check(const struct nb_config *config, struct nb_diag *diag);

/**
 * nb_rules_canonicalise() - make values what the kernel would make of them
 *
 * Delays become multiples of miimon, rounded down (bond_option_updelay_set()); target lists lose
 * their order. Run on checked configurations only. Return: 0, -ENOMEM.
 */
int nb_rules_canonicalise(struct nb_config *config);

/**
 * nb_rules_applicable() - whether a row is sent to and compared with a bond
 * @row:   one of NB_SCOPE_BOND, or of NB_SCOPE_SLAVE for a slave of that bond
 * @opts:  the bond's options as they shall be, mode included
 * @named: the user wrote the row
 *
 * Refused in the mode: never. Idle in the mode: only when named. A need that is not on: only
 * when named and the kernel accepts it (no NB_OPTION_NEEDS_HARD).
 */
bool nb_rules_applicable(const struct nb_option *row, const struct nb_optset *opts, bool named);

/**
 * nb_rules_defaults() - fill in netbond's default for every applicable row the file is silent on
 * @opts:  options of a bond; the mode is set first where missing
 *
 * A default is dropped to zero when a conflicting row is on. Return: 0, -ENOMEM.
 */
int nb_rules_defaults(struct nb_optset *opts);

/** nb_rules_slave_defaults() - the same for one slave of a bond of @mode. Return: 0, -ENOMEM. */
int nb_rules_slave_defaults(struct nb_optset *opts, unsigned mode);
