/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One netlink request: what an operation asks for, in the order in which rtnetlink.c does it
 * (__rtnl_newlink(), do_setlink()). What the executor does itself is here too: looking up names,
 * tolerance, namespaces.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/model/internal.h"

static bool is_valid_mac(const uint8_t mac[6])
{
	static const uint8_t zero[6];

	return !(mac[0] & 1) && memcmp(mac, zero, 6) != 0;
}

/* The executor turns names into ifindexes before it sends anything. */
static int check_names(struct nb_model *m, struct model_ns *ns, const struct nb_optset *opts)
{
	nb_foreach_bit(attr, opts->present)
	{
		const struct nb_option *row = nb_option_get(opts->scope, attr);
		union nb_value value = nb_optset_get(opts, attr);

		if (row->wire == NB_WIRE_IFINDEX && value.name && value.name[0] &&
			!model_dev_find(ns, value.name))
			return model_fail_attr(m, ENODEV, opts->scope, attr, NULL);
	}
	return 0;
}

static int move_part(struct nb_model *m, struct model_dev *dev, const struct nb_op *op)
{
	struct model_ns *to = model_ns_find(m, op->to_namespace);

	if (!to)
		return model_fail(m, ENOENT, NULL);
	return model_change_namespace(m, dev, to, op->new_name);
}

static int master_part(struct nb_model *m, struct model_dev *dev, const struct nb_op *op)
{
	return model_set_master(
		m, dev, op->kind == NB_OP_ENSLAVE ? model_dev_find(dev->ns, op->master) : NULL);
}

static int flags_part(struct nb_model *m, struct model_dev *dev, const struct nb_op *op)
{
	if (op->set & NB_SET_UP)
		return model_dev_open(m, dev);
	if (op->set & NB_SET_DOWN)
		model_dev_close(m, dev);
	return 0;
}

/* do_setlink(): netns, MAC, MTU, name, flags, master, address families; what was done stays */
static int setlink(struct nb_model *m, struct model_dev *dev, const struct nb_op *op)
{
	bool rename = op->set & NB_SET_NAME || (op->kind == NB_OP_LINK_MOVE && op->new_name[0]);
	int r = 0;

	if (op->kind == NB_OP_LINK_MOVE)
		r = move_part(m, dev, op);
	if (r == 0 && op->set & NB_SET_MAC)
		r = model_set_mac(m, dev, op->mac);
	if (r == 0 && op->set & NB_SET_MTU)
		r = model_set_mtu(m, dev, op->mtu);
	if (r == 0 && rename)
		r = model_rename(m, dev, op->new_name);
	if (r == 0)
		r = flags_part(m, dev, op);
	if (r == 0 && (op->kind == NB_OP_ENSLAVE || op->kind == NB_OP_RELEASE))
		r = master_part(m, dev, op);
	if (r == 0 && op->set & NB_SET_GEN_MODE) {
		if (!dev->ipv6)
			return model_fail(m, EAFNOSUPPORT, NULL);
		dev->link->addr_gen_mode = op->addr_gen_mode;
	}
	return r;
}

/* bond_validate(), bond_policy: refused before anything is done */
static int check_bond_message(struct nb_model *m, struct model_ns *ns, const struct nb_op *op)
{
	int r = check_names(m, ns, &op->opts);

	if (r == 0 && op->set & NB_SET_MAC && !is_valid_mac(op->mac))
		r = model_fail(m, EADDRNOTAVAIL, NULL);
	return r < 0 ? r : model_check_policy(m, &op->opts);
}

static int bond_set(struct nb_model *m, struct model_dev *dev, const struct nb_op *op)
{
	int r = check_bond_message(m, dev->ns, op);

	if (r < 0)
		return r;
	if (!model_is_bond(dev))
		return model_fail(m, EOPNOTSUPP, NULL);
	r = model_changelink(m, dev, &op->opts);
	return r < 0 ? r : setlink(m, dev, op);
}

static struct model_dev *new_bond(struct nb_model *m, struct model_ns *ns, const struct nb_op *op)
{
	struct model_dev *dev = model_dev_new(m, ns, op->link);

	if (!dev)
		return NULL;
	dev->link->kind = strdup("bond");
	dev->plugged = false;
	model_random_mac(m, dev->link->mac);
	dev->mac_type = MAC_RANDOM;
	if (op->set & NB_SET_MAC) {
		memcpy(dev->link->mac, op->mac, 6);
		dev->mac_type = MAC_SET;
	}
	if (op->set & NB_SET_MTU)
		dev->link->mtu = op->mtu;
	dev->ipv6 = dev->link->mtu >= 1280;
	if (!dev->link->kind || model_options_init(dev, &dev->opts, NB_SCOPE_BOND) < 0)
		return model_dev_free(dev);
	return dev;
}

/* rtnl_newlink_create(), and the executor's second request for the address generation mode */
static int bond_create(struct nb_model *m, struct model_ns *ns, const struct nb_op *op)
{
	struct model_dev *dev;
	int r;

	r = check_names(m, ns, &op->opts);
	if (r < 0)
		return r;
	if (!nb_ifname_check(op->link))
		return model_fail(m, EINVAL, NULL);
	if (model_dev_find(ns, op->link))
		return model_fail(m, EEXIST, NULL);
	r = check_bond_message(m, ns, op);
	if (r < 0)
		return r;
	if (op->set & NB_SET_MTU && op->mtu < 68)
		return model_fail(m, EINVAL, "mtu less than device minimum");
	if (op->set & NB_SET_MTU && op->mtu > 65535)
		return model_fail(m, EINVAL, "mtu greater than device maximum");
	dev = new_bond(m, ns, op);
	if (!dev)
		return model_no_memory(m);
	r = model_changelink(m, dev, &op->opts);
	if (r < 0 || model_ns_insert(ns, dev) < 0) {
		model_dev_free(dev);
		return r < 0 ? r : model_no_memory(m);
	}
	r = flags_part(m, dev, op);
	if (r == 0 && op->set & NB_SET_GEN_MODE && dev->ipv6)
		dev->link->addr_gen_mode = op->addr_gen_mode;
	return r;
}

int model_dellink(struct nb_model *m, struct model_dev *dev)
{
	if (!dev->link->kind)
		return model_fail(m, EOPNOTSUPP, NULL);
	model_unregister(m, dev);
	return 0;
}

/* default_device_exit_net(): real NICs go home, everything else ends */
int model_netns_delete(struct nb_model *m, struct model_ns *ns)
{
	struct model_ns *home = m->namespaces[0];

	for (size_t i = 0; i < ns->n_devs;) {
		struct model_dev *dev = ns->devs[i];
		char name[IFNAMSIZ];

		if (dev->link->kind || nb_streq(dev->link->name, "lo")) {
			i++;
			continue;
		}
		snprintf(name, sizeof(name), "dev%d", dev->link->ifindex);
		if (model_change_namespace(m, dev, home, name) < 0)
			return -ENOMEM;
		i = 0;
	}
	while (ns->n_devs > 0)
		model_unregister(m, ns->devs[ns->n_devs - 1]);
	model_ns_remove(m, ns);
	return 0;
}

static int netns_create(struct nb_model *m, const struct nb_op *op)
{
	uint64_t owner = model_user_of(m, op->namespace, op->flags & NB_OP_IN_USER);

	if (model_ns_find(m, op->namespace))
		return 0;
	if (!owner)
		return model_fail(m, ENOENT, "it has no user namespace");
	if (nb_model_add_namespace(m, op->namespace) < 0)
		return model_no_memory(m);
	model_ns_find(m, op->namespace)->owner = owner;
	return 0;
}

static unsigned n_usable(const struct model_dev *bond, const char *but)
{
	unsigned n = 0;

	for (size_t i = 0; i < bond->n_slaves; i++)
		n += model_usable(bond->slaves[i]) && !nb_streq(bond->slaves[i]->link->name, but);
	return n;
}

static int wait_usable(struct nb_model *m, struct model_dev *bond, const struct nb_op *op)
{
	nb_model_tick(m, 1);
	return n_usable(bond, op->master) >= NB_MAX(op->least, 1u) ? 0 : -EAGAIN;
}

static int wait_address(struct nb_model *m, struct model_dev *dev, const struct nb_op *op)
{
	nb_model_tick(m, 1);
	for (size_t i = 0; i < dev->link->n_addresses; i++)
		if (nb_address_same(&dev->link->addresses[i], &op->address))
			return model_is_tentative(&dev->link->addresses[i]) ? -EAGAIN : 0;
	return model_fail(m, EADDRNOTAVAIL, NULL);
}

/* It follows at once. */
static int wait_follow(struct nb_model *m, const struct model_dev *dev, const struct nb_op *op)
{
	nb_model_tick(m, 1);
	return dev->is_up == !!(op->set & NB_SET_UP) && dev->link->mtu == op->mtu
		       ? 0 : -EAGAIN;
}

static int slave_set(struct nb_model *m, struct model_dev *dev, const struct nb_op *op)
{
	return model_slave_changelink(m, dev, &op->opts);
}

static int run_on(struct nb_model *m, struct model_dev *dev, const struct nb_op *op)
{
	bool replace = op->flags & NB_OP_REPLACE;

	switch (op->kind) {
	case NB_OP_BOND_SET:
		return bond_set(m, dev, op);
	case NB_OP_ENSLAVE:
		/* The executor needs the number of the master before it asks for anything. */
		if (!model_dev_find(dev->ns, op->master))
			return model_fail(m, ENODEV, NULL);
		return setlink(m, dev, op);
	case NB_OP_LINK_SET:
	case NB_OP_LINK_MOVE:
	case NB_OP_RELEASE:
		return setlink(m, dev, op);
	case NB_OP_LINK_DELETE:
		return model_dellink(m, dev);
	case NB_OP_SLAVE_SET:
		return slave_set(m, dev, op);
	case NB_OP_ADDRESS_ADD:
		return model_address_add(m, dev, &op->address, replace);
	case NB_OP_ADDRESS_DELETE:
		return model_address_delete(m, dev, &op->address);
	case NB_OP_ROUTE_ADD:
		return model_route_add(m, dev, &op->route, replace);
	case NB_OP_ROUTE_DELETE:
		return model_route_delete(m, dev, &op->route);
	case NB_OP_WAIT_USABLE:
		return wait_usable(m, dev, op);
	case NB_OP_WAIT_ADDRESS:
		return wait_address(m, dev, op);
	case NB_OP_WAIT_FOLLOW:
		return wait_follow(m, dev, op);
	case NB_OP_NETNS_CREATE:
	case NB_OP_NETNS_DELETE:
	case NB_OP_TYPE_CREATE:
	case NB_OP_TYPE_SET:
	case NB_OP_TYPE_DELETE:
	case NB_OP_BOND_CREATE:
	case NB_OP_KIND_COUNT:
		break;
	}
	return model_fail(m, EINVAL, NULL);
}

static int run_any(struct nb_model *m, const struct nb_op *op)
{
	struct model_ns *ns = model_ns_find(m, op->namespace);
	struct model_dev *dev;

	if (op->kind == NB_OP_NETNS_CREATE)
		return netns_create(m, op);
	if (nb_op_is_type(op))
		return model_type_op(m, op);
	if (op->kind == NB_OP_NETNS_DELETE)
		return ns ? model_netns_delete(m, ns) : 0;
	if (!ns)
		return model_fail(m, ENOENT, NULL);
	if (op->kind == NB_OP_BOND_CREATE)
		return bond_create(m, ns, op);
	dev = op->ifindex ? model_dev_by_index(ns, op->ifindex) : model_dev_find(ns, op->link);
	return dev ? run_on(m, dev, op) : model_fail(m, ENODEV, NULL);
}

/* What is so already is fine where the operation says so. */
static bool is_tolerated(const struct nb_op *op, int r)
{
	bool add = op->kind == NB_OP_ADDRESS_ADD || op->kind == NB_OP_ROUTE_ADD;
	bool gone = op->kind == NB_OP_ADDRESS_DELETE || op->kind == NB_OP_ROUTE_DELETE ||
		    op->kind == NB_OP_LINK_DELETE || op->kind == NB_OP_RELEASE;

	if (!(op->flags & NB_OP_TOLERANT))
		return false;
	if (op->kind == NB_OP_ROUTE_ADD && (op->flags & NB_OP_DOUBTFUL) &&
		(r == -ENETUNREACH || r == -EHOSTUNREACH || r == -EINVAL))
		return true;
	if (add)
		return r == -EEXIST;
	return gone && (r == -EADDRNOTAVAIL || r == -ENOENT || r == -ESRCH || r == -ENODEV ||
				r == -ENXIO);
}

int model_run_op(struct nb_model *m, const struct nb_op *op)
{
	int r = run_any(m, op);

	return r < 0 && is_tolerated(op, r) ? 0 : r;
}
