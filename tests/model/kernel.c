/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The model kernel from outside: making one, running operations, faults, trace, time. */
#include "tests/model/kernel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/model/internal.h"

#define BOND_UP_TO(attr) ((NB_BIT(attr) << 1) - 2)

const struct nb_model_kernel nb_model_linux_6_1 = {
	.known = { [NB_SCOPE_BOND] = BOND_UP_TO(IFLA_BOND_COUPLED_CONTROL),
		[NB_SCOPE_SLAVE] = BOND_UP_TO(IFLA_BOND_SLAVE_AD_CHURN_PARTNER_STATE) },
};

const struct nb_model_kernel nb_model_linux_6_12 = {
	.known = { [NB_SCOPE_BOND] = BOND_UP_TO(IFLA_BOND_COUPLED_CONTROL),
		[NB_SCOPE_SLAVE] = BOND_UP_TO(IFLA_BOND_SLAVE_AD_CHURN_PARTNER_STATE) },
	.live_rename = true,
	.same_mac_skipped = true,
	.ports_cleared = true,
	.prefsrc_anywhere = true,
	.follow_random = true,
};

const struct nb_model_kernel nb_model_linux_7_2 = {
	.known = { [NB_SCOPE_BOND] = BOND_UP_TO(IFLA_BOND_LACP_STRICT),
		[NB_SCOPE_SLAVE] = BOND_UP_TO(IFLA_BOND_SLAVE_AD_CHURN_PARTNER_STATE) },
	.live_rename = true,
	.same_mac_skipped = true,
	.ports_cleared = true,
	.prefsrc_anywhere = true,
	.follow_random = true,
	.carrier_only = true,
	.ad_select_prio = true,
};

int model_fail_attr(
	struct nb_model *m, int error, enum nb_scope scope, unsigned attr, const char *text)
{
	if (m->error) {
		memset(m->error, 0, sizeof(*m->error));
		snprintf(m->error->text, sizeof(m->error->text), "%s",
			text ? text : strerrordesc_np(error));
		m->error->scope = scope;
		m->error->attr = attr;
	}
	return -error;
}

int model_fail(struct nb_model *m, int error, const char *text)
{
	return model_fail_attr(m, error, NB_SCOPE_BOND, 0, text);
}

int model_no_memory(struct nb_model *m)
{
	m->out_of_memory = true;
	return model_fail(m, ENOMEM, NULL);
}

struct nb_model_knobs *nb_model_knobs(struct nb_model *m)
{
	return &m->knobs;
}

static int add_lo(struct nb_model *m, struct model_ns *ns)
{
	struct model_dev *lo = model_dev_new(m, ns, "lo");

	if (!lo)
		return -ENOMEM;
	lo->link->type = 772; /* ARPHRD_LOOPBACK */
	lo->link->mtu = 65536;
	lo->link->min_mtu = lo->link->max_mtu = 0;
	lo->is_up = lo->ipv6_ready = true;
	if (model_ns_insert(ns, lo) < 0) {
		model_dev_free(lo);
		return -ENOMEM;
	}
	return 0;
}

int nb_model_add_namespace(struct nb_model *m, const char *name)
{
	struct model_ns *ns;

	if (model_ns_find(m, name))
		return -EEXIST;
	ns = model_ns_add(m, name);
	return ns ? add_lo(m, ns) : -ENOMEM;
}

struct nb_model *nb_model_new(const struct nb_state *start)
{
	struct nb_model *m = calloc(1, sizeof(*m));
	int r;

	if (!m)
		return NULL;
	m->knobs.kernel = nb_model_linux_6_1;
	m->knobs.lacp_ticks = 2;
	m->next_inode = 4026531840;
	r = start ? model_import(m, start) : nb_model_add_namespace(m, "");
	if (r < 0 || m->out_of_memory)
		return nb_model_free(m);
	model_witness_reset(m);
	return m;
}

struct nb_model *nb_model_free(struct nb_model *m)
{
	if (!m)
		return NULL;
	model_witness_done(m);
	model_sets_done(m);
	while (m->n_namespaces > 0)
		model_ns_remove(m, m->namespaces[m->n_namespaces - 1]);
	free(m->namespaces);
	nb_text_done(&m->trace);
	free(m);
	return NULL;
}

static void settle(struct nb_model *m, unsigned ticks)
{
	for (size_t n = 0; n < m->n_namespaces; n++)
		for (size_t i = 0; i < m->namespaces[n]->n_devs; i++) {
			struct model_dev *dev = m->namespaces[n]->devs[i];

			if (model_is_bond(dev))
				model_inspect(m, dev, ticks);
			model_dad_tick(m, dev, ticks);
		}
	model_witness(m);
}

void nb_model_tick(struct nb_model *m, unsigned ticks)
{
	while (ticks-- > 0)
		settle(m, 1);
}

void nb_model_fail(struct nb_model *m, unsigned number, int error, bool after)
{
	m->fault_number = number;
	m->fault_error = error;
	m->fault_after = after;
}

unsigned nb_model_ops(const struct nb_model *m)
{
	return m->ops;
}

unsigned nb_model_writes(const struct nb_model *m)
{
	return m->writes;
}

const char *nb_model_trace(const struct nb_model *m)
{
	return m->trace.text ? m->trace.text : "";
}

void nb_model_reset_counters(struct nb_model *m)
{
	m->ops = m->writes = 0;
	nb_text_done(&m->trace);
	model_witness_reset(m);
}

static int run_counted(struct nb_model *m, const struct nb_op *op)
{
	bool fault = ++m->ops == m->fault_number;
	int r = 0;

	if (!nb_op_is_wait(op))
		m->writes++;
	if (!fault || m->fault_after)
		r = model_run_op(m, op);
	if (fault)
		r = model_fail(m, m->fault_error, "fault of the test");
	return r;
}

static int run(void *context, const struct nb_op *op, struct nb_exec_error *error)
{
	struct nb_model *m = context;
	int r;

	m->error = error;
	if (error)
		memset(error, 0, sizeof(*error));
	r = run_counted(m, op);
	settle(m, 0);
	m->error = NULL;
	nb_text_add(&m->trace, "%3u  ", m->ops);
	nb_op_describe(op, &m->trace);
	nb_text_add(&m->trace, "  [%s]", nb_class_name(op->class));
	if (r < 0)
		nb_text_add(&m->trace, "  = %s: %s", strerrorname_np(-r), error ? error->text : "");
	nb_text_add(&m->trace, "\n");
	return m->out_of_memory ? -ENOMEM : r;
}

int nb_model_foreign(struct nb_model *m, const struct nb_op *op)
{
	int r = model_run_op(m, op);

	settle(m, 0);
	return r;
}

static int observe(void *context, char *const *namespaces, size_t n_namespaces,
	struct nb_state **ret, struct nb_diag *diag)
{
	return model_observe(context, namespaces, n_namespaces, ret);
}

static int sets(
	void *context, char *const *names, size_t n, struct nb_state *state, struct nb_diag *diag)
{
	return model_sets(context, names, n, state);
}

const struct nb_exec_ops *nb_model_exec_ops(void)
{
	static const struct nb_exec_ops ops = { .run = run, .observe = observe, .sets = sets };

	return &ops;
}
