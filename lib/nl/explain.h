/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Why an operation failed, in words: the kernel's own where it gives any, else what is known of
 * its silent refusals. Every function returns the errno it was given, @error filled.
 */

#include "lib/core/diag.h"
#include "lib/core/exec.h"

struct nb_rtnl;

/**
 * nb_explain_reply() - the kernel refused the last request of @nl, which was @op
 *
 * Finds the option the kernel pointed at. A silent EPERM may be the missing right or the driver:
 * a request that changes nothing tells them apart.
 */
int nb_explain_reply(
	struct nb_rtnl *nl, const struct nb_op *op, int r, struct nb_exec_error *error);

/** nb_explain_missing() - the device @name of the operation could not be looked up */
int nb_explain_missing(const char *name, int r, struct nb_exec_error *error);

/** nb_explain_encoding() - @op could not be made into a message; @attr is the option, 0 = none */
int nb_explain_encoding(const struct nb_op *op, unsigned attr, int r, struct nb_exec_error *error);

/** nb_explain_netns() - something with a namespace (netns.h) failed */
int nb_explain_netns(const char *name, int r, struct nb_exec_error *error);

/** nb_explain_type() - the sentence for an error of nb_nstype_run(). Return: @r. */
int nb_explain_type(const struct nb_op *op, int r, struct nb_exec_error *error);

/** nb_explain_look() - the state of device @name could not be read; @diag may hold the reason */
int nb_explain_look(
	const char *name, int r, const struct nb_diag *diag, struct nb_exec_error *error);

/** nb_explain_address() - an address that is waited for is missing or somebody else's */
int nb_explain_address(const struct nb_address *address, int r, struct nb_exec_error *error);
