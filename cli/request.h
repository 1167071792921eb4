/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A command line's configuration on its way to the daemon, which plans or applies it. */

#include "cli/client.h"

/* Zero is an empty one. */
struct nbc_request {
	const struct nbc_args *args; /* --exact, --allow, --reorder */
	char **texts;		     /* of args->words, files */
	size_t n;
};

/**
 * nbc_request_read() - check the options and read the files, standard input among them
 *
 * Return: 0; a negative errno, told. nbc_request_done() in both cases.
 */
int nbc_request_read(const struct nbc *nbc, const struct nbc_args *args, struct nbc_request *ret);

/** nbc_request_done() - free the texts */
void nbc_request_done(struct nbc_request *request);

/**
 * nbc_request_append() - put it into a message: a(ss)bsb
 *
 * Return: 0; a negative errno, told.
 */
int nbc_request_append(
	struct nbc_client *c, const struct nbc_request *request, sd_bus_message *m);

/**
 * nbc_request_plan() - have the daemon plan it
 * @ret:  the document of the plan, owned by the caller
 *
 * Return: 0; a negative errno, told.
 */
int nbc_request_plan(
	struct nbc_client *c, const struct nbc_request *request, struct json_object **ret);

/**
 * nbc_request_apply() - have it applied, if the plan is still the one that was shown
 * @token:  of that plan
 * @ret:    path of the transaction, freed by the caller
 *
 * Return: 0; a negative errno, told.
 */
int nbc_request_apply(struct nbc_client *c, const struct nbc_request *request, const char *token,
	char **ret);
