/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/drill.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/drill-out.h"
#include "daemon/event.h"
#include "daemon/log.h"
#include "lib/nl/execute.h"

#define LOOK_USEC 10000u		 /* between two looks, beside the kernel's notifications */
#define REACT_USEC (3u * 1000000u)	 /* beyond what monitoring promises: it does not react */
#define USABLE_USEC (60u * 1000000u)	 /* LACP needs up to 30 s, updelay comes on top */
#define STEADY_USEC (1u * 1000000u)
#define REST_USEC 500000u		 /* between two slaves */
#define PAUSE_USEC (600u * 1000000u)	 /* of repair; ends with the drill */

enum phase {
	TAKING, /* the next slave is about to go */
	OUT,
	BACK,	/* put back, not usable yet */
};

struct nbd_drill {
	struct nbd *d;
	sd_event_source *timer;
	enum phase phase;
	struct nbd_out out;
	char (*slaves)[IFNAMSIZ];
	size_t n, at;
	bool one; /* only the one at .at */
	uint64_t hold, promise; /* µs */
	uint64_t paused;	/* until when it is, for the drill's sake */
	uint64_t out_at, reacted_at, back_at, usable_at;
	char active_before[IFNAMSIZ], active_during[IFNAMSIZ];
	struct json_object *report, *results;
	nbd_drill_step step;
	nbd_drill_done done;
	void *context;
};

static struct nbd_drill *drill_free(struct nbd_drill *drill)
{
	if (drill) {
		sd_event_source_disable_unref(drill->timer);
		json_object_put(drill->report);
		nbd_out_done(&drill->out);
		free(drill->slaves);
		free(drill);
	}
	return NULL;
}

/* What the bond and its slaves are at this moment. */
struct look {
	struct nb_link *bond, *victim;
	size_t others; /* usable ones beside it */
};

static void look_done(struct look *look)
{
	nb_link_free(look->bond);
	nb_link_free(look->victim);
}

static const char *victim_of(const struct nbd_drill *drill)
{
	return drill->slaves[drill->at];
}

static const char *active_of(const struct nb_link *bond)
{
	const char *name = nb_optset_get(&bond->bond, IFLA_BOND_ACTIVE_SLAVE).name;

	return name ? name : "";
}

static int look(const struct nbd_drill *drill, struct look *ret)
{
	struct nb_exec *exec = drill->d->exec;
	int r = nb_exec_link(exec, drill->out.namespace, drill->out.bond, &ret->bond, NULL);

	for (size_t i = 0; i < drill->n && r == 0; i++) {
		struct nb_link *slave;

		r = nb_exec_link(exec, drill->out.namespace, drill->slaves[i], &slave, NULL);
		if (r < 0)
			break;
		if (i == drill->at) {
			ret->victim = slave;
			continue;
		}
		ret->others += nb_link_is_slave_of(slave, ret->bond) &&
			       nb_link_usable_slave(slave, ret->bond);
		nb_link_free(slave);
	}
	return r;
}

/* The driver sends nothing more through the victim. */
static bool has_reacted(const struct nbd_drill *drill, const struct look *now)
{
	const char *active = active_of(now->bond);

	if (nb_drill_has_active(now->bond) && (!*active || nb_streq(active, victim_of(drill))))
		return false;
	return !nb_link_is_slave_of(now->victim, now->bond) ||
	       nb_optset_u(&now->victim->slave, IFLA_BOND_SLAVE_MII_STATUS) == BOND_LINK_DOWN;
}

static void arm(struct nbd_drill *drill, uint64_t usec)
{
	sd_event_source_set_time(drill->timer, nbd_now() + usec);
	sd_event_source_set_enabled(drill->timer, SD_EVENT_ONESHOT);
}

static void tell_step(const struct nbd_drill *drill, const char *what)
{
	if (drill->step)
		drill->step(drill->context, victim_of(drill), what);
}

static void set_ms(struct json_object *map, const char *key, uint64_t usec)
{
	char text[32];

	snprintf(text, sizeof(text), "%.3f", (double)usec / 1000);
	nb_json_set(map, key, json_object_new_double_s((double)usec / 1000, text));
}

/* Everything is back, or cannot be. */
static void end(struct nbd_drill *drill, const char *aborted)
{
	struct nbd *d = drill->d;

	d->drill = NULL;
	/* Not one that was set meanwhile. */
	if (nbd_reconciler_paused(d->reconciler, drill->out.key) == drill->paused)
		nbd_reconciler_pause(d->reconciler, drill->out.key, 0);
	nb_json_set_bool(drill->report, "complete", !aborted);
	nb_json_set_string(drill->report, "aborted", aborted);
	if (drill->done)
		drill->done(drill->context, drill->report);
	drill_free(drill);
}

/* One slave's line of the report; @usable_at 0: it did not come back in time. */
static void report_slave(struct nbd_drill *drill, uint64_t usable_at, const char *active_after)
{
	uint64_t stood = drill->reacted_at ? drill->reacted_at - drill->out_at : 0;
	bool fits = drill->reacted_at && stood <= drill->promise + LOOK_USEC;
	const char *verdict = !drill->reacted_at ? "the bond did not react" :
			      !usable_at	  ? "not usable again in time" :
			      fits		  ? "as promised" :
						    "slower than promised";
	struct json_object *map = nb_json_map();
	NB_CLEANUP(nb_text_done) struct nb_text cause = { 0 };

	nb_json_set_string(map, "slave", victim_of(drill));
	nb_json_set_string(map, "active-before", drill->active_before);
	nb_json_set_string(map, "active-during", drill->active_during);
	nb_json_set_string(map, "active-after", active_after);
	if (drill->reacted_at)
		set_ms(map, "reacted-ms", stood);
	set_ms(map, "out-ms", drill->back_at - drill->out_at);
	if (usable_at)
		set_ms(map, "return-ms", usable_at - drill->back_at);
	nb_json_set_bool(map, "fits", fits && usable_at);
	nb_json_set_string(map, "verdict", verdict);
	nb_json_add(drill->results, map);
	nb_text_add(&cause, "reacted after %.1f ms, promised are %.0f", (double)stood / 1000,
		(double)drill->promise / 1000);
	nbd_event_tell(drill->d, &(struct nbd_event){
		.kind = NBD_EVENT_DRILL,
		.key = drill->out.key,
		.namespace = drill->out.namespace,
		.bond = drill->out.bond,
		.slave = victim_of(drill),
		.what = nb_drill_how_name(drill->out.how),
		.to = verdict,
		.cause = drill->reacted_at ? cause.text : NULL,
		.lasted = stood,
	});
}

static int put_back(struct nbd_drill *drill)
{
	const struct nbd_about about = {
		.bond = drill->out.key, .namespace = drill->out.namespace, .slave = drill->out.slave
	};
	struct nb_exec_error error;
	int r = nbd_out_put_back(drill->d->exec, &drill->d->rundir, &drill->out, &error);

	drill->back_at = nbd_now();
	if (r < 0)
		nbd_log(LOG_ERR, &about, "drill: %s cannot be put back: %s", drill->out.slave,
			error.text[0] ? error.text : strerror(-r));
	return r;
}

static void stop(struct nbd_drill *drill, const char *why)
{
	nbd_event_tell(drill->d, &(struct nbd_event){
		.kind = NBD_EVENT_DRILL,
		.key = drill->out.key,
		.namespace = drill->out.namespace,
		.bond = drill->out.bond,
		.slave = victim_of(drill),
		.what = nb_drill_how_name(drill->out.how),
		.to = "ended early",
		.cause = why,
	});
	if (drill->phase == OUT) {
		put_back(drill);
		tell_step(drill, "back");
	}
	end(drill, why);
}

static int copy_options(const struct nb_link *slave, struct nb_optset *ret)
{
	ret->scope = NB_SCOPE_SLAVE;
	nb_foreach_option(row, attr, NB_SCOPE_SLAVE) {
		if (nb_option_writable(row) && nb_optset_has(&slave->slave, attr) &&
			nb_optset_copy_value(ret, &slave->slave, attr) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* LACP goes on choosing aggregators after a slave came back, which the kernel tells nobody. */
static void wait_or_stop(struct nbd_drill *drill, const char *why)
{
	if (drill->back_at == 0 || nbd_now() - drill->back_at > USABLE_USEC) {
		stop(drill, why);
		return;
	}
	nbd_reconciler_dirty(drill->d->reconciler, "drill");
	arm(drill, REST_USEC / 5);
}

/* The next slave, judged by what is now. */
static void take(struct nbd_drill *drill)
{
	const struct nbd_seen *seen = nbd_reconciler_seen(drill->d->reconciler);
	const struct nb_netns *ns = nb_state_namespace(seen->observed, drill->out.namespace);
	const struct nb_link *bond = ns ? nb_netns_find(ns, drill->out.bond) : NULL;
	const struct nb_link *slave = ns ? nb_netns_find(ns, victim_of(drill)) : NULL;
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	struct nb_exec_error error = { 0 };
	int r;

	if (!bond || !slave) {
		stop(drill, "a link is gone");
		return;
	}
	nb_drill_refusal(ns, bond, slave, drill->out.how, &why);
	if (why.text) {
		wait_or_stop(drill, why.text);
		return;
	}
	strcpy(drill->out.slave, slave->name);
	nb_optset_done(&drill->out.opts);
	snprintf(drill->active_before, IFNAMSIZ, "%s", active_of(bond));
	drill->active_during[0] = '\0';
	drill->promise = nb_drill_promise(bond, drill->out.how) * 1000;
	drill->reacted_at = 0;
	r = copy_options(slave, &drill->out.opts);
	drill->out_at = nbd_now();
	tell_step(drill, "out");
	if (r == 0)
		r = nbd_out_take(drill->d->exec, &drill->d->rundir, &drill->out, &error);
	if (r < 0) {
		stop(drill, error.text[0] ? error.text : strerror(-r));
		return;
	}
	drill->phase = OUT;
	nbd_drill_look(drill->d);
}

static void look_out(struct nbd_drill *drill, const struct look *now)
{
	uint64_t time = nbd_now();

	if (!drill->reacted_at && has_reacted(drill, now)) {
		drill->reacted_at = time;
		snprintf(drill->active_during, IFNAMSIZ, "%s", active_of(now->bond));
		tell_step(drill, "reacted");
	}
	if (time - drill->out_at < drill->hold ||
		(!drill->reacted_at && time - drill->out_at < drill->promise + REACT_USEC)) {
		arm(drill, LOOK_USEC);
		return;
	}
	if (put_back(drill) < 0) {
		end(drill, "a slave cannot be put back: see the log");
		return;
	}
	drill->phase = BACK;
	drill->usable_at = 0;
	tell_step(drill, "back");
	arm(drill, LOOK_USEC);
}

/* Right after MII the LACP bits are those from before it failed: the port starts anew a little later. */
static bool is_steady(const struct nbd_drill *drill, const struct nb_link *bond, uint64_t time)
{
	bool lacp = nb_optset_u(&bond->bond, IFLA_BOND_MODE) == BOND_MODE_8023AD;

	return drill->usable_at && time - drill->usable_at >= (lacp ? STEADY_USEC : 0);
}

static void look_back(struct nbd_drill *drill, const struct look *now)
{
	uint64_t time = nbd_now();
	bool usable;

	if (!nb_link_is_slave_of(now->victim, now->bond) ||
		!nb_link_usable_slave(now->victim, now->bond))
		drill->usable_at = 0;
	else if (!drill->usable_at)
		drill->usable_at = time;
	usable = is_steady(drill, now->bond, time);
	if (!usable && time - drill->back_at < USABLE_USEC) {
		arm(drill, LOOK_USEC);
		return;
	}
	report_slave(drill, usable ? drill->usable_at : 0, active_of(now->bond));
	tell_step(drill, usable ? "usable" : "lost");
	if (!usable) {
		end(drill, "a slave is not usable again: see netbondctl show");
		return;
	}
	if (drill->one || ++drill->at == drill->n) {
		end(drill, NULL);
		return;
	}
	drill->phase = TAKING;
	nbd_reconciler_dirty(drill->d->reconciler, "drill");
	arm(drill, REST_USEC);
}

void nbd_drill_look(struct nbd *d)
{
	struct nbd_drill *drill = d->drill;
	struct look now = { 0 };

	if (!drill || drill->phase == TAKING)
		return;
	if (look(drill, &now) < 0)
		stop(drill, "a link of the bond is gone");
	else if (now.others == 0)
		stop(drill, "no other slave is usable any more");
	else if (drill->phase == OUT)
		look_out(drill, &now);
	else
		look_back(drill, &now);
	look_done(&now);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct nbd_drill *drill = userdata;

	if (drill->phase == TAKING)
		take(drill);
	else
		nbd_drill_look(drill->d);
	return 0;
}

void nbd_drill_stop(struct nbd *d, const char *why)
{
	if (d->drill)
		stop(d->drill, why);
}

bool nbd_drill_is_on(const struct nbd *d, const char *key)
{
	return d->drill && nb_streq(d->drill->out.key, key);
}

/* All slaves of the bond; .at is the first to go, .n when there is none of that name. */
static int list_slaves(const struct nbd_object *bond, const struct nbd_drill_order *order,
	struct nbd_drill *drill)
{
	NB_CLEANUP(nb_freep) struct nb_link **slaves = NULL;
	int n = nb_netns_slaves(bond->ns, bond->bond, &slaves);

	if (n < 0)
		return n;
	drill->slaves = calloc((size_t)n + 1, sizeof(*drill->slaves));
	if (!drill->slaves)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		strcpy(drill->slaves[i], slaves[i]->name);
	drill->n = (size_t)n;
	for (; *order->slave && drill->at < drill->n; drill->at++) {
		if (nb_link_has_name(slaves[drill->at], order->slave))
			break;
	}
	return 0;
}

static int refuse(const struct nbd_object *bond, const struct nbd_drill *drill, struct nb_text *why)
{
	struct nbd_reconciler *reconciler = bond->d->reconciler;
	const char *key = bond->goal->key;

	if (nbd_reconciler_busy(reconciler))
		nb_text_add(why, "an apply is under way; try again when it has ended");
	else if (bond->d->trying)
		nb_text_add(why, "a configuration is being tried: netbondctl confirm or rollback first");
	else if (nbd_reconciler_paused(reconciler, key))
		nb_text_add(why, "%s is paused: netbondctl pause %s off", key, key);
	else if (drill->at >= drill->n)
		nb_text_add(why, "%s has no such slave", bond->name);
	else
		nb_drill_refusal(bond->ns, bond->bond,
			nb_netns_find(bond->ns, drill->slaves[drill->at]), drill->out.how, why);
	return why->text ? -EPERM : 0;
}

static int prepare(const struct nbd_object *bond, const struct nbd_drill_order *order,
	struct nbd_drill *drill, struct nb_text *why)
{
	int r;

	drill->d = bond->d;
	drill->hold = order->hold;
	drill->one = *order->slave;
	drill->out.how = order->how;
	drill->out.key = strdup(bond->goal->key);
	drill->out.namespace = strdup(bond->namespace);
	strcpy(drill->out.bond, bond->bond->name);
	if (!drill->out.key || !drill->out.namespace)
		return -ENOMEM;
	r = list_slaves(bond, order, drill);
	if (r == 0)
		r = refuse(bond, drill, why);
	if (r == 0)
		r = sd_event_add_time(bond->d->event, &drill->timer, CLOCK_BOOTTIME, UINT64_MAX, 1000,
			on_timer, drill);
	return NB_MIN(r, 0);
}

static void begin_report(const struct nbd_object *bond, struct nbd_drill *drill)
{
	uint64_t promise = nb_drill_promise(bond->bond, drill->out.how);

	drill->report = nb_json_document();
	nb_json_set_string(drill->report, "bond", drill->out.bond);
	nb_json_set_string(drill->report, "namespace", drill->out.namespace);
	nb_json_set_string(drill->report, "mode",
		nb_mode_name((unsigned)nb_optset_u(&bond->bond->bond, IFLA_BOND_MODE)));
	nb_json_set_string(drill->report, "how", nb_drill_how_name(drill->out.how));
	nb_json_set_number(drill->report, "promised-ms", (int64_t)promise);
	drill->results = nb_json_list();
	nb_json_set(drill->report, "slaves", drill->results);
}

int nbd_drill_start(const struct nbd_object *bond, const struct nbd_drill_order *order,
	nbd_drill_step step, nbd_drill_done done, void *context, struct nb_text *why)
{
	struct nbd_drill *drill;
	int r;

	if (bond->d->drill)
		return -EBUSY;
	drill = calloc(1, sizeof(*drill));
	if (!drill)
		return -ENOMEM;
	r = prepare(bond, order, drill, why);
	if (r == 0)
		r = nbd_reconciler_pause(bond->d->reconciler, drill->out.key, PAUSE_USEC);
	if (r < 0) {
		drill_free(drill);
		return r;
	}
	drill->paused = nbd_reconciler_paused(bond->d->reconciler, drill->out.key);
	begin_report(bond, drill);
	drill->step = step;
	drill->done = done;
	drill->context = context;
	bond->d->drill = drill;
	arm(drill, 0);
	return 0;
}
