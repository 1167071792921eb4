/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The parts of nb_rules_check(), and what they ask the rows. Private to rules.c and check-*.c.
 * Each part adds every problem it finds to @diag; those that need memory return 0 or -ENOMEM.
 */

#include "lib/core/rules.h"

/** nb_rules_value() - value of @attr as it shall be: the file's, else the default, else zero */
union nb_value nb_rules_value(const struct nb_optset *opts, unsigned attr);

/** nb_rules_is_on() - whether that value is not zero */
bool nb_rules_is_on(const struct nb_optset *opts, unsigned attr);

/** nb_rules_needs_met() - whether @row needs nothing, or one of the rows it needs is on */
bool nb_rules_needs_met(const struct nb_option *row, const struct nb_optset *opts);

/** nb_rules_rival() - a written row that is on and excludes @attr; 0 when there is none */
unsigned nb_rules_rival(const struct nb_optset *opts, unsigned attr);

/** nb_rules_step() - what the kernel keeps @row a multiple of; 0: of nothing */
uint64_t nb_rules_step(const struct nb_option *row, const struct nb_optset *opts);

/* check-options.c */

/** nb_check_options() - the bond's options against their rows, and link monitoring */
void nb_check_options(const struct nb_bond *bond, struct nb_diag *diag);

/**
 * nb_check_mode() - whether the bond's mode takes a written row of @opts, the bond's or a slave's
 *
 * Refused is an error, without effect a warning. Return: false when it is refused.
 */
bool nb_check_mode(const struct nb_bond *bond, const struct nb_optset *opts, unsigned attr,
	const char *object, struct nb_diag *diag);

/* check-slaves.c */

/** nb_check_slaves() - names, options and number of the slaves, and who names one of them */
void nb_check_slaves(const struct nb_bond *bond, struct nb_diag *diag);

/** nb_check_slave_label() - append how messages call entry @i: "slave eth1", "slave entry 2" */
void nb_check_slave_label(const struct nb_bond *bond, size_t i, struct nb_text *out);

/** nb_check_slave_object() - append the same behind the bond: "bond0: slave eth1" */
void nb_check_slave_object(const struct nb_bond *bond, size_t i, struct nb_text *out);

/**
 * nb_check_is_slave() - tell when @name, the value of @option, is none of the bond's slaves
 *
 * NULL is always fine, and so is all where a match may bring any slave.
 */
void nb_check_is_slave(const struct nb_bond *bond, const char *name, const char *option,
	const struct nb_mark *mark, struct nb_diag *diag);

/* check-link.c */

/** nb_check_name() - names the kernel refuses for a bond */
void nb_check_name(const struct nb_bond *bond, struct nb_diag *diag);

/** nb_check_absent() - what stands beside `absent: true` */
void nb_check_absent(const struct nb_bond *bond, struct nb_diag *diag);

/** nb_check_link() - mac and mtu */
void nb_check_link(const struct nb_bond *bond, struct nb_diag *diag);

/* check-network.c */

/** nb_check_addresses() - each address by itself */
void nb_check_addresses(const struct nb_bond *bond, struct nb_diag *diag);

/** nb_check_routes() - each route by itself and against the bond's addresses */
void nb_check_routes(const struct nb_bond *bond, struct nb_diag *diag);

/* check-namespace.c */

/** nb_check_namespaces() - declared, with a net part, sharing that ends somewhere and gives rights */
void nb_check_namespaces(const struct nb_config *config, struct nb_diag *diag);

/* check-set.c */

/** nb_check_nesting() - bonds as slaves of bonds: absent ones, other namespaces, loops */
int nb_check_nesting(const struct nb_config *config, struct nb_diag *diag);

/* check-twice.c */

/** nb_check_twice() - one bond, slave, queue, address or route claimed twice */
int nb_check_twice(const struct nb_config *config, struct nb_diag *diag);
