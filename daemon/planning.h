/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a caller wants made true, and the plan of it, by the same steps as an apply takes. */

#include "daemon/daemon.h"
#include "lib/nl/execute.h"
#include "lib/yaml/load.h"

struct nbd_request {
	struct nb_load_text *files; /* laid over what is applied; none: the folders' set */
	size_t n_files;
	bool exact;	/* the files are the whole */
	bool asked;	/* .limit was given by a human */
	enum nb_class limit;
	bool reorder;
	bool force; /* remove namespaces with whatever is in them */
};

/** nbd_request_done() - free the list; the texts are the caller's */
void nbd_request_done(struct nbd_request *request);

/**
 * nbd_planning_config() - the configuration that is asked for
 * @ret:  new, owned by the caller
 *
 * Return: 0; -EBADMSG told in @diag; -ENOMEM, -E2BIG.
 */
int nbd_planning_config(struct nbd *d, const struct nbd_request *request, struct nb_config **ret,
	struct nb_diag *diag);

/** nbd_planning_how() - how the reconciler shall apply it */
struct nbd_apply nbd_planning_how(
	const struct nbd_request *request, const struct nb_config *config);

/* Zero is an empty one. */
struct nbd_planning {
	struct nb_memory memory;
	struct nb_exec *exec;
	struct nb_converge converge; /* .plan and .target are the result */
	struct nb_diag diag;
};

/**
 * nbd_planning_make() - observe and plan; nothing is done
 * @planning:  empty but for .diag; nbd_planning_done()
 *
 * By sockets of its own: those of the reconciler keep no namespace alive that only was looked at.
 * Return: 0; -EBADMSG told in planning->diag; a negative errno.
 */
int nbd_planning_make(struct nbd *d, const struct nbd_request *request,
	const struct nb_config *config, struct nbd_planning *planning);

/** nbd_planning_done() - free the contents */
void nbd_planning_done(struct nbd_planning *planning);
