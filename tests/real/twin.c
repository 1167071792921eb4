/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/real/twin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tests/model/script.h"

#define PEERS  "peers" /* namespace of the other ends of the cables */
#define TRIES  40
#define TRY_MS 50

static char *namespaces[] = { (char *)"blue", (char *)"red" };

static void sleep_ms(unsigned ms)
{
	struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

static int NB_PRINTF(1, 2) ip(const char *format, ...)
{
	char command[512], whole[600];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	snprintf(whole, sizeof(whole), "printf '%s' | ip -batch - >&2", command);
	return system(whole) == 0 ? 0 : -EIO;
}

/* ---- NICs ---- */

static int add_veth(struct twin *twin, const struct nb_model_nic *nic, const char *mac)
{
	struct twin_nic *held = &twin->nics[twin->n_nics];

	if (twin->n_nics == NB_ARRAY_SIZE(twin->nics))
		return -ENOSPC;
	snprintf(held->name, sizeof(held->name), "%s", nic->name);
	snprintf(held->peer, sizeof(held->peer), "p%u", twin->next++);
	twin->n_nics++;
	return ip("link add %s address %s mtu %u type veth peer name %s netns " PEERS "\\n",
		nic->name, mac, nic->mtu ? nic->mtu : 1500, held->peer);
}

static const char *peer_of(const struct twin *twin, const char *name)
{
	for (size_t i = twin->n_nics; i-- > 0;)
		if (nb_streq(twin->nics[i].name, name))
			return twin->nics[i].peer;
	return NULL;
}

static int set_peer(const struct twin *twin, const char *name, bool up)
{
	const char *peer = peer_of(twin, name);
	char command[128];

	if (!peer)
		return -ENODEV;
	snprintf(command, sizeof(command), "ip -n " PEERS " link set %s %s", peer,
		up ? "up" : "down");
	return system(command) == 0 ? 0 : -EIO;
}

static int add_real(struct twin *twin, const struct nb_model_nic *nic)
{
	struct nb_text mac = { 0 };
	int r;

	nb_mac_format(nic->mac, &mac);
	if (nb_streq(nic->kind, "veth")) {
		r = add_veth(twin, nic, mac.text);
		if (r == 0 && !nic->no_carrier)
			r = set_peer(twin, nic->name, true);
	} else if (nb_streq(nic->kind, "vlan")) {
		r = ip("link add link %s name %s type vlan id %u\\n", nic->lower, nic->name,
			100 + twin->next++);
	} else if (nb_streq(nic->kind, "macvlan")) {
		r = ip("link add link %s name %s address %s type macvlan mode bridge\\n",
			nic->lower, nic->name, mac.text);
	} else if (nb_streq(nic->kind, "vrf")) {
		r = ip("link add %s address %s type vrf table %u\\n", nic->name, mac.text,
			1000 + twin->next++);
	} else {
		r = ip("link add %s address %s type %s\\n", nic->name, mac.text, nic->kind);
	}
	nb_text_done(&mac);
	if (r == 0 && nic->up)
		r = ip("link set %s up\\n", nic->name);
	return r;
}

static int add_nic(void *context, const struct nb_model_nic *nic)
{
	struct twin *twin = context;
	int r = nb_model_add_nic(twin->model, nic);

	nb_text_add(&twin->story, "nic %s\n", nic->name);
	return r < 0 ? r : add_real(twin, nic);
}

static int plug(void *context, const char *name, bool carrier)
{
	struct twin *twin = context;
	int r = nb_model_set_carrier(twin->model, "", name, carrier);

	nb_text_add(&twin->story, "%s %s\n", carrier ? "plug" : "unplug", name);
	return r < 0 ? r : set_peer(twin, name, carrier);
}

/* A second bond at the other ends of the cables speaks LACP. */
static int partner(void *context, const char *name, unsigned number)
{
	struct twin *twin = context;
	const char *peer = peer_of(twin, name);
	char command[400];
	int r = nb_model_set_partner(twin->model, "", name, number);

	if (r < 0 || !peer)
		return r < 0 ? r : -ENODEV;
	nb_text_add(&twin->story, "partner %s %u\n", name, number);
	snprintf(command, sizeof(command),
		"i='ip -n " PEERS " link'; $i show pb%u >/dev/null 2>&1 || "
		"$i add pb%u up type bond mode 802.3ad miimon 100; $i set %s down master pb%u",
		number, number, peer, number);
	return system(command) == 0 ? 0 : -EIO;
}

static void wait(void *context, unsigned tenths)
{
	struct twin *twin = context;

	nb_model_tick(twin->model, tenths);
	sleep_ms(tenths * 100);
}

/* ---- comparing ---- */

static int observe_both(struct twin *twin, struct nb_state **ret_model, struct nb_state **ret_real)
{
	struct nb_diag diag = { 0 };
	int r = nb_model_exec_ops()->observe(
		twin->model, namespaces, NB_ARRAY_SIZE(namespaces), ret_model, &diag);

	if (r == 0)
		r = nb_exec_netlink.observe(
			twin->real, namespaces, NB_ARRAY_SIZE(namespaces), ret_real, &diag);
	nb_diag_done(&diag);
	return r;
}

static bool is_settling(const struct nb_state *state)
{
	for (size_t n = 0; n < state->n_namespaces; n++)
		for (size_t i = 0; i < state->namespaces[n]->links.n; i++) {
			uint64_t mii = nb_optset_u(
				&nb_netns_link(state->namespaces[n], i)->slave, IFLA_BOND_SLAVE_MII_STATUS);

			if (mii == BOND_LINK_BACK || mii == BOND_LINK_FAIL)
				return true;
		}
	return false;
}

/* Where the bond is down none of them ever ends. Return: how long that took in ticks, -ENOMEM. */
static int finish_delays(struct twin *twin)
{
	for (int i = 0; i < TRIES; i++) {
		NB_CLEANUP(nb_state_freep) struct nb_state *state = NULL;
		int r = nb_model_exec_ops()->observe(
			twin->model, namespaces, NB_ARRAY_SIZE(namespaces), &state, NULL);

		if (r < 0 || !is_settling(state))
			return r < 0 ? r : i;
		nb_model_tick(twin->model, 1);
	}
	return TRIES;
}

static bool look(struct twin *twin, struct nb_text *out)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *model = NULL, *real = NULL;
	struct mac_pairs macs = { 0 };
	const size_t n = twin->macs.n_items;

	if (observe_both(twin, &model, &real) < 0) {
		nb_text_add(out, "  cannot observe\n");
		return false;
	}
	compare_states(model, real, is_settling(model), &twin->macs, out);
	/* A MAC that was seen halfway through a change is no pair. */
	if (out->length > 0)
		twin->macs.n_items = n;
	mac_pairs_done(&macs);
	return out->length == 0;
}

static void tell(struct twin *twin, const char *what)
{
	twin->disagreements++;
	nb_text_add(&twin->told, "after\n%s", twin->story.text ? twin->story.text : "");
	nb_text_add(&twin->told, "%s", what);
}

void twin_compare(struct twin *twin)
{
	for (unsigned i = 0; i < TRIES; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text out = { 0 };

		if (look(twin, &out))
			return;
		if (i == TRIES - 1)
			tell(twin, out.text);
		sleep_ms(TRY_MS);
	}
}

static int run(void *context, const struct nb_op *op, struct nb_exec_error *error)
{
	struct twin *twin = context;
	struct nb_exec_error of_model;
	int r = nb_exec_netlink.run(twin->real, op, error);
	int q = nb_model_exec_ops()->run(twin->model, op, &of_model);
	bool wait = nb_op_is_wait(op);

	twin->ops++;
	nb_op_describe(op, &twin->story);
	nb_text_add(&twin->story, "\n");
	if (r != q && !(wait && (r == -EAGAIN || q == -EAGAIN))) {
		NB_CLEANUP(nb_text_done) struct nb_text out = { 0 };

		nb_text_add(&out, "  result: model %s (%s), kernel %s (%s)\n",
			q < 0 ? strerrorname_np(-q) : "done", of_model.text,
			r < 0 ? strerrorname_np(-r) : "done", error->text);
		tell(twin, out.text);
	} else if (r < 0 && !wait && strcmp(of_model.text, strerrordesc_np(-r)) != 0 &&
		   !strstr(error->text, of_model.text)) {
		NB_CLEANUP(nb_text_done) struct nb_text out = { 0 };

		nb_text_add(
			&out, "  text: model \"%s\", kernel \"%s\"\n", of_model.text, error->text);
		tell(twin, out.text);
	}
	nb_model_tick(twin->model, 3);
	twin_compare(twin);
	return r;
}

static int observe(
	void *context, char *const *names, size_t n, struct nb_state **ret, struct nb_diag *diag)
{
	struct twin *twin = context;

	twin_compare(twin);
	return nb_exec_netlink.observe(twin->real, names, n, ret, diag);
}

int twin_run(struct twin *twin, const char *line)
{
	struct nb_exec_error error;
	struct nb_text why = { 0 };
	struct nb_op op;
	int ticks, r = nb_script_op(line, &op, &why);

	nb_text_done(&why);
	if (r < 0)
		return r;
	r = run(twin, &op, &error);
	nb_op_done(&op);
	ticks = finish_delays(twin);
	if (ticks > 0)
		twin_compare(twin);
	return ticks < 0 ? ticks : r;
}

/* ---- life ---- */

int twin_start(struct twin *twin)
{
	*twin = (struct twin){ .next = twin->next,
		.ops = twin->ops,
		.disagreements = twin->disagreements,
		.kernel = twin->kernel };
	twin->model = nb_model_new(NULL);
	if (!twin->model)
		return -ENOMEM;
	if (twin->kernel)
		nb_model_knobs(twin->model)->kernel = *twin->kernel;
	return nb_exec_new(&twin->real);
}

static void delete_link(struct twin *twin, const char *link)
{
	struct nb_exec_error error;
	struct nb_op op;

	if (nb_op_init(&op, NB_OP_LINK_DELETE, "test", "", link, 0) < 0)
		return;
	nb_exec_netlink.run(twin->real, &op, &error);
	nb_op_done(&op);
}

static void empty_kernel(struct twin *twin)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *state = NULL;
	struct nb_diag diag = { 0 };

	if (nb_exec_netlink.observe(
		    twin->real, namespaces, NB_ARRAY_SIZE(namespaces), &state, &diag) == 0) {
		for (size_t i = 0; i < state->namespaces[0]->links.n; i++)
			delete_link(twin, nb_netns_link(state->namespaces[0], i)->name);
		for (size_t i = 1; i < state->n_namespaces; i++) {
			struct nb_exec_error error;
			struct nb_op op;

			if (!state->namespaces[i]->exists ||
				nb_op_init(&op, NB_OP_NETNS_DELETE, "test",
					state->namespaces[i]->name, NULL, 0) < 0)
				continue;
			nb_exec_netlink.run(twin->real, &op, &error);
			nb_op_done(&op);
		}
	}
	nb_diag_done(&diag);
	if (system("ip link set lo up; for i in 1 2; do ip -n " PEERS
		   " link delete pb$i 2>/dev/null; done; true") != 0)
		fprintf(stderr, "lo does not come up\n");
}

void twin_end(struct twin *twin)
{
	empty_kernel(twin);
	twin->real = nb_exec_free(twin->real);
	twin->model = nb_model_free(twin->model);
	mac_pairs_done(&twin->macs);
	nb_text_done(&twin->story);
	nb_text_done(&twin->told);
}

struct nb_stage twin_stage(struct twin *twin)
{
	static const struct nb_exec_ops ops = { .run = run, .observe = observe };

	return (struct nb_stage){
		.exec = &ops,
		.context = twin,
		.add_nic = add_nic,
		.plug = plug,
		.partner = partner,
		.wait = wait,
		.patience = 100,
		.namespaces = namespaces,
		.n_namespaces = NB_ARRAY_SIZE(namespaces),
	};
}
