/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl plan: what would be done. */
#include <errno.h>
#include <string.h>

#include "cli/args.h"
#include "cli/desired.h"
#include "cli/plan-text.h"
#include "cli/problems.h"
#include "cli/request.h"
#include "cli/term.h"
#include "lib/core/converge.h"
#include "lib/json/plan.h"
#include "lib/nl/execute.h"
#include "lib/yaml/desired.h"
#include "lib/yaml/rundir.h"

/* Everything a plan is made from, and what came of it. */
struct planning {
	struct nb_rundir dir;
	struct nb_memory memory;
	struct nb_config *config;
	struct nb_exec *exec;
	struct nb_converge converge;
	struct nb_diag diag;
};

static void planning_done(struct planning *p)
{
	nb_converge_done(&p->converge);
	nb_exec_free(p->exec);
	nb_config_free(p->config);
	nb_memory_done(&p->memory);
	nb_rundir_close(&p->dir);
	nb_diag_done(&p->diag);
}

/* Without what was applied and made before, a plan would leave things that apply takes away. */
static int tell_rundir(struct planning *p, const char *path, int error)
{
	nb_diag_error(&p->diag, NULL, path, "what netbond did before cannot be read: %s",
		strerror(-error));
	nb_diag_hint(&p->diag, "run as root, or name another folder with --runtime-dir DIR");
	return -EBADMSG;
}

static int open_rundir(struct planning *p, const struct nbc_args *args)
{
	const char *path = nbc_args_value(args, NBC_RUNTIME_DIR);
	int r;

	if (!path)
		path = NB_RUNDIR_DEFAULT;
	r = nb_rundir_open(&p->dir, path, false);
	if (r == -ENOENT)
		return 0; /* nothing was done yet */
	if (r == 0)
		r = nb_rundir_load_memory(&p->dir, &p->memory, &p->diag);
	return r < 0 && r != -EBADMSG && r != -ENOMEM ? tell_rundir(p, path, r) : r;
}

/* Here the plan is shown and nothing runs. */
static int stop(void *context, const struct nb_plan *plan, const struct nb_target *target)
{
	return -ECANCELED;
}

static const struct nb_converge_hooks hooks = { .planned = stop };

/* The same steps as netbondd takes, up to the first operation: so the plan shown is the plan run. */
static int build(struct planning *p, const struct nbc_args *args)
{
	struct nb_converge *c = &p->converge;
	const char *allow = nbc_args_value(args, NBC_ALLOW);
	const bool force = nbc_args_has(args, NBC_FORCE);

	*c = (struct nb_converge){
		.config = p->config,
		.memory = &p->memory,
		.exec = &nb_exec_netlink,
		.exec_context = p->exec,
		.hooks = &hooks,
		.limit = p->config->settings.auto_disruption,
		.asked = allow || force,
		.force = force,
		.reorder = nbc_args_has(args, NBC_REORDER),
	};
	if (force)
		c->limit = NB_CLASS_REBUILD;
	else if (allow)
		nb_class_parse(allow, &c->limit);
	nb_desired_spare_mac(c->spare_mac);
	nb_exec_want_drivers(p->exec, nb_config_wants_drivers(p->config));
	nb_converge_start(c);
	return nb_converge_look(c, &p->diag);
}

static int make_plan(struct planning *p, const struct nbc_args *args)
{
	int r = open_rundir(p, args);

	if (r == 0)
		r = nbc_desired_load(args, p->dir.fd >= 0 ? &p->dir : NULL, &p->config, &p->diag);
	if (r == 0)
		r = nb_exec_new(&p->exec);
	if (r == 0)
		r = build(p, args);
	return r;
}

static int print_plan(struct nbc *nbc, enum nbc_format format, struct json_object *doc)
{

	if (format != NBC_TEXT) {
		nbc_doc_print(nbc, format, doc);
	} else {
		nbc_plan_print(nbc, doc);
	}
	return nbc_plan_status(doc);
}

static int plan_online(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	NB_CLEANUP(nbc_request_done) struct nbc_request request = { 0 };
	NB_CLEANUP(nb_json_putp) struct json_object *doc = NULL;

	if (nbc_request_read(nbc, args, &request) < 0 || nbc_client_open(&client, nbc, args) < 0 ||
		nbc_request_plan(&client, &request, &doc) < 0)
		return NBC_ERROR;
	if (args->format == NBC_TEXT)
		nbc_tell_notes(nbc, doc);
	return print_plan(nbc, args->format, doc);
}

static int plan_offline(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(planning_done) struct planning p = { .dir = NB_RUNDIR_CLOSED };
	NB_CLEANUP(nb_json_putp) struct json_object *doc = NULL;
	int status, r;

	r = make_plan(&p, args);
	if (r < 0 && r != -EBADMSG)
		nb_diag_error(&p.diag, NULL, NULL, "no plan can be made: %s", strerror(-r));
	/* A document carries them itself. */
	if (args->format == NBC_TEXT || !p.converge.plan)
		nbc_tell_problems(nbc, &p.diag);
	if (!p.converge.plan)
		return NBC_ERROR;
	nb_diag_sort(&p.diag);
	doc = nb_json_plan(p.converge.plan, p.converge.target, &p.diag);
	status = print_plan(nbc, args->format, doc);
	return p.converge.plan->refused ? NBC_ERROR : status;
}

int nbc_plan(struct nbc *nbc, const struct nbc_args *args)
{
	const char *allow = nbc_args_value(args, NBC_ALLOW);
	enum nb_class class;

	if (!nbc_args_has(args, NBC_OFFLINE))
		return plan_online(nbc, args);
	if (!nbc_offline_alone(nbc, args))
		return NBC_ERROR;
	if (allow && nb_class_parse(allow, &class) < 0) {
		nbc_tell(nbc, "--allow takes live, slave, down or rebuild");
		return NBC_ERROR;
	}
	return plan_offline(nbc, args);
}
