/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/planning.h"

#include <errno.h>

#include "daemon/child.h"
#include "daemon/helper.h"
#include "lib/yaml/desired.h"

void nbd_request_done(struct nbd_request *request)
{
	free(request->files);
}

int nbd_planning_config(struct nbd *d, const struct nbd_request *request, struct nb_config **ret,
	struct nb_diag *diag)
{
	const struct nb_desired desired = {
		.texts = request->files,
		.n_texts = request->n_files,
		.exact = request->exact,
		.config_dir = d->options->config_dir,
	};

	return nb_desired_load(&desired, &d->rundir, ret, diag);
}

struct nbd_apply nbd_planning_how(
	const struct nbd_request *request, const struct nb_config *config)
{
	return (struct nbd_apply){
		.limit = request->asked ? request->limit : config->settings.auto_disruption,
		.asked = request->asked,
		.reorder = request->reorder,
		.force = request->force,
	};
}

/* Here the plan is shown and nothing runs. */
static int stop(void *context, const struct nb_plan *plan, const struct nb_target *target)
{
	return -ECANCELED;
}

static const struct nb_converge_hooks hooks = { .planned = stop };

static int observe(void *context, char *const *namespaces, size_t n_namespaces,
	struct nb_state **ret, struct nb_diag *diag)
{
	int r = nb_exec_netlink.observe(context, namespaces, n_namespaces, ret, diag);

	nbd_child_looked();
	return r;
}

int nbd_planning_make(struct nbd *d, const struct nbd_request *request,
	const struct nb_config *config, struct nbd_planning *planning)
{
	const struct nbd_apply how = nbd_planning_how(request, config);
	struct nb_converge *c = &planning->converge;
	struct nb_exec_ops ops = nb_exec_netlink;
	int r = nb_memory_copy(&d->memory, &planning->memory);

	if (r == 0)
		r = nb_exec_new(&planning->exec);
	if (r < 0)
		return r;
	ops.observe = observe;
	*c = (struct nb_converge){
		.config = config,
		.memory = &planning->memory,
		.exec = &ops,
		.exec_context = planning->exec,
		.hooks = &hooks,
		.limit = how.limit,
		.asked = how.asked,
		.reorder = how.reorder,
		.force = how.force,
	};
	nb_desired_spare_mac(c->spare_mac);
	nb_exec_set_provider(planning->exec, nbd_helper_provider(d->helper));
	nb_exec_want_drivers(planning->exec, nb_config_wants_drivers(config));
	nb_converge_start(c);
	r = nb_converge_look(c, &planning->diag);
	c->exec = &nb_exec_netlink;
	/* A run under way asks more, and says itself when it is done. */
	if (!nbd_reconciler_busy(d->reconciler))
		nbd_helper_rest(d->helper);
	if (r < 0)
		return r;
	return c->plan ? 0 : -EBADMSG;
}

void nbd_planning_done(struct nbd_planning *planning)
{
	nb_converge_done(&planning->converge);
	nb_exec_free(planning->exec);
	nb_memory_done(&planning->memory);
	nb_diag_done(&planning->diag);
}
