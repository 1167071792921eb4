/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The document of a plan for people, whoever made it. */

#include "cli/document.h"

/** nbc_plan_print() - operations grouped by object, held values, and the sum */
void nbc_plan_print(const struct nbc *nbc, struct json_object *doc);

/** nbc_tell_notes() - print the notes of a plan's document to nbc->err, as nbc_tell_problems() */
void nbc_tell_notes(const struct nbc *nbc, struct json_object *doc);

/**
 * nbc_plan_status() - what a verb that shows this plan ends with
 *
 * Return: NBC_ERROR where notes have an error; NBC_DIFFERS where there is something to do or held;
 * NBC_OK.
 */
int nbc_plan_status(struct json_object *doc);
