/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every operation of many plans goes wrong once, in every way: refused, refused after it took
 * effect, refused again and again, and the whole program killed. What was in service stays in
 * service, the trouble is told once, and the next run mends what is left.
 */
#include "tests/unit/converge-world.h"

#include <inttypes.h>

#include "tests/unit/converge-plans.h"
#include "tests/unit/property.h"

static const int errors[] = { EINVAL, EBUSY, EPERM, ENODEV, ENOMEM, ENOBUFS, EAGAIN, EEXIST };

/* A change, how it goes when nothing goes wrong, and the way it goes wrong now. */
struct trial {
	const struct change *change;
	struct nb_state *before, *good; /* without a fault: what there was and what came of it */
	unsigned n_ops;
	struct nb_plan *plan;		/* not owned here: texts of its operations */
	char **ops;			/* descriptions, in order */
	struct world *w;
	struct world_fault fault;
	bool broken;			/* once is enough to tell */
};

static unsigned n_broken; /* trials of the test at hand */

static bool start_change(struct world *w, const struct change *change)
{
	world_start(w);
	if (change->before && world_run(w, change->before) != NB_RESULT_CONVERGED)
		return false;
	world_foreign(w, change->foreign);
	return true;
}

/* Return: whether it goes well in one plan without a fault. */
static bool trial_try_start(struct trial *t, const struct change *change)
{
	struct world w;
	char *lines, *rest;

	*t = (struct trial){ .change = change };
	if (!start_change(&w, change)) {
		world_done(&w);
		return false;
	}
	t->before = world_observe(&w);
	if (world_run(&w, change->after) != NB_RESULT_CONVERGED || w.passes != 1) {
		world_done(&w);
		nb_state_free(t->before);
		return false;
	}
	t->good = world_observe(&w);
	t->n_ops = w.n_ops;
	t->ops = calloc(w.n_ops + 1, sizeof(*t->ops));
	assert_non_null(t->ops);
	lines = world_log(&w, "after ");
	for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		size_t n = 0;

		while (t->ops[n])
			n++;
		if (!strstr(line, " = ") && n < t->n_ops)
			t->ops[n] = strdup(line + strlen("after "));
	}
	free(lines);
	world_done(&w);
	return true;
}

static void trial_start(struct trial *t, const struct change *change)
{
	if (!trial_try_start(t, change))
		fail_msg("%s: does not converge in one pass without a fault", change->name);
}

static void trial_done(struct trial *t)
{
	for (unsigned i = 0; t->ops[i]; i++)
		free(t->ops[i]);
	free(t->ops);
	nb_state_free(t->before);
	nb_state_free(t->good);
}

static void broken(struct trial *t, const char *format, ...) NB_PRINTF(2, 3);

static void broken(struct trial *t, const char *format, ...)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
	va_list args;

	if (t->broken)
		return;
	t->broken = true;
	if (n_broken++ == 0 || getenv("NETBOND_VERBOSE"))
		world_print(t->w);
	va_start(args, format);
	nb_text_addv(&text, format, args);
	va_end(args);
	print_message("%s, %u. %s, %s%s%s: %s\n", t->change->name, t->fault.number + t->fault.kill,
		t->fault.number	? t->ops[t->fault.number - 1]
		: t->fault.kill ? t->ops[t->fault.kill - 1]
				: t->fault.describe,
		t->fault.kill ? "killed" : strerrorname_np(t->fault.error),
		t->fault.after ? " after its effect" : "", t->fault.describe ? " always" : "",
		text.text);
}

/* ---- what was in service stays in service ---- */

static const struct nb_link *same_link(const struct nb_state *state, const char *namespace,
	const struct nb_link *link)
{
	const struct nb_netns *ns = nb_state_namespace(state, namespace);
	const struct nb_link *found =
		ns && ns->exists ? nb_netns_find_index(ns, link->ifindex) : NULL;

	return found && nb_streq(found->name, link->name) ? found : NULL;
}

static const struct nb_address *find_address(const struct nb_link *link, const struct nb_address *a)
{
	for (size_t i = 0; i < link->n_addresses; i++) {
		if (nb_address_same(&link->addresses[i], a))
			return &link->addresses[i];
	}
	return NULL;
}

static const struct nb_route *find_route(const struct nb_link *link, const struct nb_route *route)
{
	for (size_t i = 0; i < link->n_routes; i++) {
		if (nb_route_equal(&link->routes[i], route))
			return &link->routes[i];
	}
	return NULL;
}

static bool failed_on(const struct trial *t, const struct nb_link *link)
{
	return t->w->has_failed && nb_streq(t->w->failed.link, link->name);
}

/* The failed operation was itself to put this address there, or to make room for it. */
static bool is_excused_address(
	const struct trial *t, const struct nb_link *link, const struct nb_address *address)
{
	const struct nb_op *op = &t->w->failed;

	return failed_on(t, link) &&
	       (op->kind == NB_OP_ADDRESS_ADD || op->kind == NB_OP_ADDRESS_DELETE) &&
	       nb_ip_equal(&op->address.ip, &address->ip);
}

/* A route goes with the address it hangs on, and needs its device up. */
static bool is_excused_route(
	const struct trial *t, const struct nb_link *link, const struct nb_route *route)
{
	const struct nb_op *op = &t->w->failed;

	if (!failed_on(t, link))
		return false;
	if (op->set & NB_SET_UP)
		return true;
	if (op->kind == NB_OP_ADDRESS_ADD || op->kind == NB_OP_ADDRESS_DELETE)
		return op->address.ip.family == route->to.family &&
		       (nb_ip_equal(&op->address.ip, &route->src) ||
			       nb_ip_in_prefix(&route->via, &op->address.ip,
				       op->address.prefix_length));
	return (op->kind == NB_OP_ROUTE_ADD || op->kind == NB_OP_ROUTE_DELETE) &&
	       nb_ip_equal(&op->route.to, &route->to);
}

static void check_l3(struct trial *t, const struct nb_link *before, const struct nb_link *good,
	const struct nb_link *now)
{
	for (size_t i = 0; i < before->n_addresses; i++) {
		const struct nb_address *address = &before->addresses[i];
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		/* Link-local ones are the kernel's own and follow the MAC. */
		if (nb_ip_is_linklocal(&address->ip) || !find_address(good, address) ||
			find_address(now, address) || is_excused_address(t, before, address))
			continue;
		nb_address_format(address, &text);
		broken(t, "%s lost address %s", before->name, text.text);
	}
	for (size_t i = 0; i < before->n_routes; i++) {
		const struct nb_route *route = &before->routes[i];
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		if (!find_route(good, route) || find_route(now, route) ||
			is_excused_route(t, before, route))
			continue;
		nb_route_format(route, &text);
		broken(t, "%s lost route %s", before->name, text.text);
	}
}

/* The failed operation was about this very state of this device. */
static bool is_excused_link(const struct trial *t, const struct nb_link *link, unsigned set)
{
	return failed_on(t, link) && (t->w->failed.set & set);
}

/* It was to bring this slave in or out: it may be in neither place. */
static bool is_excused_slave(const struct trial *t, const struct nb_link *slave)
{
	const struct nb_op *op = &t->w->failed;

	return failed_on(t, slave) && (op->kind == NB_OP_ENSLAVE || op->kind == NB_OP_RELEASE);
}

/* What lies upon a device that cannot come up is down, and without routes. */
static bool is_above_failed_up(const struct trial *t, const struct nb_link *link)
{
	return t->w->has_failed && link->lower && link->lower == t->w->failed.ifindex &&
	       (t->w->failed.set & NB_SET_UP) && t->fault.describe;
}

static void check_link(struct trial *t, const struct nb_link *before, const struct nb_link *good,
	const struct nb_link *now)
{
	if (is_excused_slave(t, before) || is_above_failed_up(t, before))
		return;
	/* A NIC that changes hands is down between the two. */
	if (nb_link_is_up(before) == nb_link_is_up(good) && before->master == good->master &&
		nb_link_is_up(now) != nb_link_is_up(good) &&
		!is_excused_link(t, before, NB_SET_UP | NB_SET_DOWN))
		broken(t, "%s is %s", before->name, nb_link_is_up(now) ? "up" : "down");
	/* A slave's MTU is its bond's. */
	if (!before->master && !good->master && before->mtu == good->mtu && now->mtu != good->mtu &&
		!is_excused_link(t, before, NB_SET_MTU))
		broken(t, "%s has MTU %u", before->name, now->mtu);
	if (before->master && before->master == good->master && now->master != good->master)
		broken(t, "%s is no slave any more", before->name);
	check_l3(t, before, good, now);
}

/* Whatever is the same before and after the change is the same when the change fails half-way. */
static void check_service(struct trial *t)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *now = world_observe(t->w);

	for (size_t n = 0; n < t->before->n_namespaces; n++) {
		const struct nb_netns *ns = t->before->namespaces[n];

		for (size_t i = 0; i < ns->n_links; i++) {
			const struct nb_link *before = ns->links[i];
			const struct nb_link *good = same_link(t->good, ns->name, before);
			const struct nb_link *link = same_link(now, ns->name, before);

			if (good && !link)
				broken(t, "%s is gone", before->name);
			if (good)
				check_link(t, before, good, link);
		}
	}
}

/* ---- one trial ---- */

static void check_told_once(struct trial *t)
{
	const struct nb_problem *problem;

	if (t->w->diag.n_errors != 1)
		broken(t, "%zu errors told", t->w->diag.n_errors);
	problem = &t->w->diag.problems[t->w->diag.n_problems - 1];
	for (size_t i = t->w->told; i < t->w->diag.n_problems; i++) {
		if (t->w->diag.problems[i].severity == NB_SEVERITY_ERROR)
			problem = &t->w->diag.problems[i];
	}
	if (!problem->object || !*problem->object)
		broken(t, "the error names no object");
	if (!strstr(problem->text, t->w->failed.link))
		broken(t, "the error does not name %s: %s", t->w->failed.link, problem->text);
}

static void check_next_run(struct trial *t)
{
	struct world *w = t->w;

	if (world_run_well(w, t->change->after) != NB_RESULT_CONVERGED)
		broken(t, "the next run does not converge");
	if (w->passes > 1)
		broken(t, "the next run takes %u plans", w->passes);
	world_run_well(w, t->change->after);
	if (nb_model_writes(w->model))
		broken(t, "there is still something to do after the next run");
}

/* Nothing netbond made outlives its configuration, and every NIC is at home. */
static void check_all_can_go(struct trial *t)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *now = NULL;

	if (world_run_well(t->w, "bonds: {}\n") != NB_RESULT_CONVERGED)
		broken(t, "an empty configuration does not converge");
	now = world_observe(t->w);
	for (size_t i = 0; i < 6; i++) {
		char name[8];

		snprintf(name, sizeof(name), "eth%zu", i);
		if (!nb_netns_find(now->namespaces[0], name))
			broken(t, "%s is not at home", name);
	}
	for (size_t n = 0; n < now->n_namespaces; n++) {
		const struct nb_netns *ns = now->namespaces[n];
		bool foreign = t->change->foreign && strstr(t->change->foreign, "create bond0");

		if (n && ns->exists)
			broken(t, "namespace %s is still there", ns->name);
		for (size_t i = 0; i < ns->n_links; i++) {
			if (nb_link_is_bond(ns->links[i]) && !foreign)
				broken(t, "%s is still there", ns->links[i]->name);
		}
		if (n == 0 && foreign && !nb_netns_find(ns, "bond0"))
			broken(t, "bond0 of another tool was removed");
	}
}

static void try(struct trial *t)
{
	struct world w;

	t->w = &w;
	t->broken = false;
	start_change(&w, t->change);
	w.fault = t->fault;
	world_run(&w, t->change->after);
	if (w.r != 0)
		broken(t, "the run ends with %s", strerrorname_np(-w.r));
	if (!w.has_failed)
		broken(t, "nothing failed");
	if (w.result != NB_RESULT_FAILED)
		broken(t, "the result is %d", w.result);
	check_told_once(t);
	check_service(t);
	check_next_run(t);
	check_all_can_go(t);
	world_done(&w);
}

static bool is_wait(const char *description)
{
	return strncmp(description, "wait ", 5) == 0;
}

static void each_operation(bool after)
{
	unsigned n = 0;

	n_broken = 0;
	for (size_t c = 0; c < NB_ARRAY_SIZE(changes); c++) {
		struct trial t;

		trial_start(&t, &changes[c]);
		for (unsigned op = 1; op <= t.n_ops; op++) {
			/* The kernel says EEXIST only of what it did not do. */
			for (size_t e = 0; e < NB_ARRAY_SIZE(errors) - after; e++) {
				t.fault = (struct world_fault){
					.number = op, .error = errors[e], .after = after
				};
				if (errors[e] == EAGAIN && t.ops[op - 1] && is_wait(t.ops[op - 1]))
					continue;
				try(&t);
				n++;
			}
		}
		trial_done(&t);
	}
	assert_int_equal(n_broken, 0);
	NB_CASE("%u faults in %zu plans", n, NB_ARRAY_SIZE(changes));
}

/* The kernel refuses one thing as often as it is asked, however it comes to be asked. */
static void test_converge_survives_what_is_always_refused(void **state)
{
	unsigned n = 0;

	n_broken = 0;
	for (size_t c = 0; c < NB_ARRAY_SIZE(changes); c++) {
		struct trial t;

		trial_start(&t, &changes[c]);
		for (unsigned op = 0; op < t.n_ops; op++) {
			if (!t.ops[op])
				continue; /* a wait that was polled more than once */
			t.fault = (struct world_fault){ .describe = t.ops[op], .error = EINVAL };
			try(&t);
			n++;
		}
		trial_done(&t);
	}
	assert_int_equal(n_broken, 0);
	NB_CASE("%u refusals in %zu plans", n, NB_ARRAY_SIZE(changes));
}

/* The whole program dies: what it saved is all the next one knows. */
static void try_killed(struct trial *t)
{
	struct world w;

	t->w = &w;
	t->broken = false;
	start_change(&w, t->change);
	w.fault = t->fault;
	world_run(&w, t->change->after);
	if (!w.killed)
		broken(t, "it was not killed");
	world_restart(&w);
	check_next_run(t);
	check_service(t);
	if (w.owed.text)
		broken(t, "something is still kept to be put back");
	world_done(&w);
	start_change(&w, t->change);
	w.fault = t->fault;
	world_run(&w, t->change->after);
	world_restart(&w);
	check_all_can_go(t);
	world_done(&w);
}

static void test_converge_goes_on_after_being_killed_anywhere(void **state)
{
	unsigned n = 0;

	n_broken = 0;
	for (size_t c = 0; c < NB_ARRAY_SIZE(changes); c++) {
		struct trial t;

		trial_start(&t, &changes[c]);
		for (unsigned op = 1; op <= t.n_ops; op++) {
			t.fault = (struct world_fault){ .kill = op };
			try_killed(&t);
			n++;
		}
		trial_done(&t);
	}
	assert_int_equal(n_broken, 0);
	NB_CASE("%u kills in %zu plans", n, NB_ARRAY_SIZE(changes));
}

static void test_converge_survives_each_errno_at_each_operation(void **state)
{
	each_operation(false);
}

static void test_converge_survives_each_errno_after_the_effect(void **state)
{
	each_operation(true);
}

/* From some configuration to some other one, with some fault. NETBOND_SEED, NETBOND_COUNT. */
static bool try_random(uint64_t seed)
{
	struct nb_random random = property_random(seed);
	struct nb_config *before, *after;
	char name[32], *before_text, *after_text;
	struct change change = { .name = name };
	struct trial t;
	bool tried;

	random.avoid = PROPERTY_NEW_ROWS;
	snprintf(name, sizeof(name), "seed %" PRIu64, seed);
	nb_random_config(&random, seed % 3 == 0, &before_text, &before);
	nb_random_config(&random, seed % 3 == 0, &after_text, &after);
	change.before = before_text;
	change.after = after_text;
	tried = trial_try_start(&t, &change);
	if (tried && t.n_ops) {
		t.fault = (struct world_fault){ .error = errors[nb_random_below(&random, 6)] };
		t.fault.number = 1 + nb_random_below(&random, t.n_ops);
		t.fault.after = nb_random_chance(&random, 20);
		try(&t);
		if (!t.fault.after && t.ops[t.fault.number - 1]) {
			t.fault.describe = t.ops[t.fault.number - 1];
			t.fault.number = 0;
			try(&t);
		}
	}
	if (tried)
		trial_done(&t);
	nb_config_free(before);
	nb_config_free(after);
	free(before_text);
	free(after_text);
	return tried;
}

static void test_converge_survives_any_fault_between_any_configurations(void **state)
{
	uint64_t first = property_number("NETBOND_SEED", 1);
	uint64_t count = property_number("NETBOND_COUNT", 400);
	unsigned n = 0;

	n_broken = 0;
	for (uint64_t seed = first; seed < first + count; seed++)
		n += try_random(seed);
	assert_int_equal(n_broken, 0);
	NB_CASE("%u changes from seed %" PRIu64, n, first);
	assert_true(n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_converge_survives_each_errno_at_each_operation),
		cmocka_unit_test(test_converge_survives_each_errno_after_the_effect),
		cmocka_unit_test(test_converge_survives_what_is_always_refused),
		cmocka_unit_test(test_converge_goes_on_after_being_killed_anywhere),
		cmocka_unit_test(test_converge_survives_any_fault_between_any_configurations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
