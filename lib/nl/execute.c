/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/execute.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <netlink/msg.h>

#include "lib/nl/codec.h"
#include "lib/nl/explain.h"
#include "lib/nl/netns.h"
#include "lib/nl/reach.h"
#include "lib/nl/rtnl.h"
#include "lib/nl/snapshot.h"
#include "lib/nl/wait.h"

struct nb_exec {
	struct nb_spaces spaces;
	bool want_drivers;
};

int nb_exec_new(struct nb_exec **ret)
{
	struct nb_exec *exec = calloc(1, sizeof(*exec));

	if (!exec)
		return -ENOMEM;
	*ret = exec;
	return 0;
}

struct nb_exec *nb_exec_free(struct nb_exec *exec)
{
	if (!exec)
		return NULL;
	nb_spaces_done(&exec->spaces);
	free(exec);
	return NULL;
}

void nb_exec_set_provider(struct nb_exec *exec, const struct nb_netns_provider *provider)
{
	exec->spaces.provider = provider;
}

void nb_exec_want_drivers(struct nb_exec *exec, bool want)
{
	exec->want_drivers = want;
}

uint64_t nb_exec_requests(const struct nb_exec *exec)
{
	return nb_spaces_requests(&exec->spaces);
}

int nb_exec_link(struct nb_exec *exec, const char *namespace, const char *name,
	struct nb_link **ret, struct nb_diag *diag)
{
	struct nb_space *space;
	int r = nb_spaces_get(&exec->spaces, namespace, &space);

	return r < 0 ? r : nb_snapshot_link(space, 0, name, ret, diag);
}

int nb_exec_stats(struct nb_exec *exec, const char *namespace,
	int (*each)(void *context, const struct nb_stats *stats), void *context)
{
	struct nb_space *space;
	int r = nb_spaces_get(&exec->spaces, namespace, &space);

	return r < 0 ? r : nb_stats_take(space, each, context);
}

int nb_exec_facts(struct nb_exec *exec, const struct nb_netns *ns, const struct nb_link *bond,
	struct nb_port_facts **ret)
{
	struct nb_space *space;
	int r = nb_spaces_get(&exec->spaces, ns->name, &space);

	return r < 0 ? r :
		       nb_facts_take(space, nb_spaces_provider(&exec->spaces), ns, bond, ret);
}

int nb_exec_next_hop(struct nb_exec *exec, const char *namespace, const struct nb_ip *to,
	struct nb_next_hop *ret)
{
	struct nb_space *space;
	int r = nb_spaces_get(&exec->spaces, namespace, &space);

	return r < 0 ? r : nb_next_hop(space, to, ret);
}

int nb_exec_reach_state(struct nb_exec *exec, const char *namespace, int ifindex,
	const struct nb_ip *ip, uint16_t *ret)
{
	struct nb_space *space;
	int r = nb_spaces_get(&exec->spaces, namespace, &space);

	return r < 0 ? r : nb_reach_state(space->rtnl, ifindex, ip, ret);
}

int nb_exec_reach_ask(
	struct nb_exec *exec, const char *namespace, int ifindex, const struct nb_ip *ip)
{
	struct nb_space *space;
	int r = nb_spaces_get(&exec->spaces, namespace, &space);

	return r < 0 ? r : nb_reach_ask(space->rtnl, ifindex, ip);
}

int nb_exec_carrier(struct nb_exec *exec, const char *namespace, const char *name, bool on)
{
	struct ifinfomsg header = { .ifi_family = AF_UNSPEC };
	struct nb_space *space;
	struct nl_msg *message;
	int r = nb_spaces_get(&exec->spaces, namespace, &space);

	if (r < 0)
		return r;
	header.ifi_index = nb_space_index(space, name);
	if (header.ifi_index < 0)
		return header.ifi_index;
	message = nb_rtnl_message(space->rtnl);
	if (!nlmsg_put(message, 0, 0, RTM_NEWLINK, 0, NLM_F_REQUEST | NLM_F_ACK) ||
		nlmsg_append(message, &header, sizeof(header), NLMSG_ALIGNTO) < 0 ||
		nla_put_u8(message, IFLA_CARRIER, on) < 0)
		return -EMSGSIZE;
	return nb_rtnl_request(space->rtnl);
}

static int find_name(void *context, const char *name)
{
	return nb_space_index(context, name);
}

/* What the kernel says when what is asked for is so already. */
static bool is_fine(const struct nb_op *op, int error)
{
	if (!(op->flags & NB_OP_TOLERANT))
		return false;
	switch (op->kind) {
	case NB_OP_ADDRESS_ADD:
		return error == -EEXIST;
	case NB_OP_ROUTE_ADD:
		/* -EINVAL: the source, or IPv6's gateway, is no address of that kind */
		return error == -EEXIST || ((op->flags & NB_OP_DOUBTFUL) &&
			(error == -ENETUNREACH || error == -EHOSTUNREACH || error == -EINVAL));
	case NB_OP_ADDRESS_DELETE:
	case NB_OP_ROUTE_DELETE:
	case NB_OP_LINK_DELETE:
	case NB_OP_RELEASE:
		/* -ENXIO: there is no IPv6 on the device at all (inet6_addr_del()) */
		return error == -EADDRNOTAVAIL || error == -ENOENT || error == -ESRCH ||
			error == -ENODEV || error == -ENXIO;
	case NB_OP_NETNS_CREATE:
	case NB_OP_NETNS_DELETE:
	case NB_OP_TYPE_CREATE:
	case NB_OP_TYPE_SET:
	case NB_OP_TYPE_DELETE:
	case NB_OP_BOND_CREATE:
	case NB_OP_BOND_SET:
	case NB_OP_LINK_SET:
	case NB_OP_LINK_MOVE:
	case NB_OP_ENSLAVE:
	case NB_OP_SLAVE_SET:
	case NB_OP_WAIT_USABLE:
	case NB_OP_WAIT_ADDRESS:
	case NB_OP_WAIT_FOLLOW:
	case NB_OP_KIND_COUNT:
		break;
	}
	return false;
}

/* Sends what is under construction. */
static int send_op(struct nb_space *space, const struct nb_op *op, struct nb_exec_error *error)
{
	int r = nb_rtnl_request(space->rtnl);

	if (r == 0 || is_fine(op, r))
		return 0;
	nb_explain_reply(space->rtnl, op, r, error);
	return r;
}

/* The ifindexes the message of @op needs; those the plan knows are taken, the rest is looked up. */
static int look_up(struct nb_space *space, const struct nb_op *op, struct nb_codec_op *with,
	struct nb_exec_error *error)
{
	with->ifindex = op->ifindex;
	if (with->ifindex == 0 && nb_codec_needs_index(op)) {
		with->ifindex = nb_space_index(space, op->link);
		if (with->ifindex < 0)
			return nb_explain_missing(op->link, with->ifindex, error);
	}
	if (op->kind == NB_OP_ENSLAVE) {
		with->master = nb_space_index(space, op->master);
		if (with->master < 0)
			return nb_explain_missing(op->master, with->master, error);
	}
	return 0;
}

/* The names known before the operation that mean something else after it. */
static void forget_names(struct nb_exec *exec, struct nb_space *space, const struct nb_op *op)
{
	struct nb_space *target;

	if (op->kind == NB_OP_LINK_DELETE || op->kind == NB_OP_LINK_MOVE ||
		op->kind == NB_OP_BOND_CREATE || op->set & NB_SET_NAME)
		nb_space_forget(space, op->link);
	if (op->set & NB_SET_NAME)
		nb_space_forget(space, op->new_name);
	if (op->kind == NB_OP_LINK_MOVE &&
		nb_spaces_get(&exec->spaces, op->to_namespace, &target) == 0)
		nb_space_forget(target, op->new_name[0] != '\0' ? op->new_name : op->link);
}

static int run_message(struct nb_exec *exec, struct nb_space *space, const struct nb_op *op,
	struct nb_codec_op *with, struct nb_exec_error *error)
{
	unsigned attr = 0;
	int r = look_up(space, op, with, error);

	if (r < 0)
		return is_fine(op, r) ? 0 : r;
	r = nb_codec_put_op(nb_rtnl_message(space->rtnl), op, with, &attr);
	if (r < 0)
		return nb_explain_encoding(op, attr, r, error);
	r = send_op(space, op, error);
	forget_names(exec, space, op);
	if (r == 0 && op->kind == NB_OP_BOND_CREATE && op->set & NB_SET_GEN_MODE) {
		r = nb_codec_put_gen_mode(nb_rtnl_message(space->rtnl), op, 0);
		if (r == 0)
			r = send_op(space, op, error);
	}
	return r;
}

static int run_move(struct nb_exec *exec, struct nb_space *space, const struct nb_op *op,
	struct nb_codec_op *with, struct nb_exec_error *error)
{
	const char *target = op->to_namespace ? op->to_namespace : "";
	int r = nb_netns_open(target, &with->netns_fd, NULL);

	if (r < 0)
		return nb_explain_netns(target, r, error);
	r = run_message(exec, space, op, with, error);
	close(with->netns_fd);
	return r;
}

static int run_netns(struct nb_exec *exec, const struct nb_op *op, struct nb_exec_error *error)
{
	const struct nb_netns_provider *provider = nb_spaces_provider(&exec->spaces);
	int r;

	if (op->kind == NB_OP_NETNS_CREATE && op->flags & NB_OP_IN_USER) {
		r = provider->type(provider->context, op);
	} else if (op->kind == NB_OP_NETNS_CREATE) {
		r = provider->create(provider->context, op->namespace);
	} else {
		nb_spaces_close(&exec->spaces, op->namespace);
		r = provider->delete(provider->context, op->namespace, op->flags & NB_OP_FORCE);
	}
	return r < 0 ? nb_explain_netns(op->namespace, r, error) : 0;
}

static int run_type(struct nb_exec *exec, const struct nb_op *op, struct nb_exec_error *error)
{
	const struct nb_netns_provider *provider = nb_spaces_provider(&exec->spaces);
	int r = provider->type(provider->context, op);

	return r < 0 ? nb_explain_type(op, r, error) : 0;
}

static int run_in_space(struct nb_exec *exec, const struct nb_op *op, struct nb_exec_error *error)
{
	struct nb_space *space;
	struct nb_codec_op with = { .netns_fd = -EBADF };
	const char *name = op->namespace ? op->namespace : "";
	int r = nb_spaces_get(&exec->spaces, name, &space);

	if (r < 0)
		return nb_explain_netns(name, r, error);
	with.names = (struct nb_codec_names){ find_name, space };
	if (op->kind == NB_OP_LINK_MOVE)
		return run_move(exec, space, op, &with, error);
	if (op->kind == NB_OP_WAIT_USABLE)
		return nb_wait_usable(space, op, error);
	if (op->kind == NB_OP_WAIT_ADDRESS)
		return nb_wait_address(space, op, error);
	if (op->kind == NB_OP_WAIT_FOLLOW)
		return nb_wait_follow(space, op, error);
	return run_message(exec, space, op, &with, error);
}

static int run(void *context, const struct nb_op *op, struct nb_exec_error *error)
{
	*error = (struct nb_exec_error){ 0 };
	if (op->kind == NB_OP_NETNS_CREATE || op->kind == NB_OP_NETNS_DELETE)
		return run_netns(context, op, error);
	if (nb_op_is_type(op))
		return run_type(context, op, error);
	return run_in_space(context, op, error);
}

static int observe(void *context, char *const *namespaces, size_t n_namespaces,
	struct nb_state **ret, struct nb_diag *diag)
{
	struct nb_exec *exec = context;

	nb_spaces_limit(&exec->spaces, namespaces, n_namespaces);
	return nb_snapshot_take(&exec->spaces, namespaces, n_namespaces,
		exec->want_drivers ? NB_SNAPSHOT_DRIVERS : 0, ret, diag);
}

static int look(void *context, const struct nb_state *before, const struct nb_touches *touches,
	struct nb_touches *changed, struct nb_state **ret, struct nb_diag *diag)
{
	struct nb_exec *exec = context;

	return nb_snapshot_look(&exec->spaces, before, touches, changed, ret, diag);
}

/* What could not be told of a namespace. Return: as the functions of struct nb_exec_ops. */
static int tell(const char *namespace, int r, struct nb_diag *diag)
{
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };

	if (r >= 0 || r == -ENOMEM)
		return r;
	if (r == -ENOENT)
		return 0; /* it went meanwhile */
	nb_netns_explain(namespace, r, &why);
	return nb_diag_error(diag, NULL, NULL, "%s", why.failed ? "no memory" : why.text);
}

static int processes(void *context, const char *namespace, struct nb_process **ret,
	struct nb_diag *diag)
{
	const struct nb_exec *exec = context;
	const struct nb_netns_provider *provider = nb_spaces_provider(&exec->spaces);

	return tell(namespace, provider->processes(provider->context, namespace, ret), diag);
}

/* Who cannot look into them now sees to the rest all the same. */
static int sets(void *context, char *const *names, size_t n, struct nb_state *state,
	struct nb_diag *diag)
{
	const struct nb_exec *exec = context;
	const struct nb_netns_provider *provider = nb_spaces_provider(&exec->spaces);
	int r = provider->sets(provider->context, names, n, state);

	for (size_t i = 0; r == -ENOTCONN && i < n; i++) {
		struct nb_nsset *set = nb_state_add_set(state, names[i]);

		if (!set)
			return -ENOMEM;
		set->unreadable = true;
	}
	if (r != -ENOTCONN)
		return tell(names[0], r, diag);
	tell(names[0], r, diag);
	return 0;
}

static int members(void *context, const char *set, unsigned types, struct nb_process **ret,
	struct nb_diag *diag)
{
	const struct nb_exec *exec = context;
	const struct nb_netns_provider *provider = nb_spaces_provider(&exec->spaces);

	return tell(set, provider->members(provider->context, set, types, ret), diag);
}

const struct nb_exec_ops nb_exec_netlink = {
	.run = run,
	.observe = observe,
	.look = look,
	.processes = processes,
	.sets = sets,
	.members = members,
};
