/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/explain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/nl/codec.h"
#include "lib/nl/netns.h"
#include "lib/nl/nstype.h"
#include "lib/nl/rtnl.h"

#define DMESG "; the kernel log (dmesg) says more"

/* Bit of an operation kind in a mask. */
#define K(kind) (1u << NB_OP_##kind)
#define LINK_KINDS                                                                          \
	(K(BOND_SET) | K(LINK_SET) | K(LINK_DELETE) | K(LINK_MOVE) | K(RELEASE) | K(SLAVE_SET) | \
		K(ADDRESS_ADD) | K(ADDRESS_DELETE) | K(ROUTE_ADD) | K(ROUTE_DELETE))

/*
 * Refusals for which the kernel gives no text, or none that helps. First fitting row.
 * Observed on 6.1, 6.12 and 7.2; the kernel's functions are named where they say why.
 */
static const struct silence {
	unsigned kinds;
	int error;
	const char *text;
} silences[] = {
	{ K(BOND_CREATE), EOPNOTSUPP, "this kernel has no bonding driver (module bonding is missing)" },
	{ K(BOND_CREATE), EEXIST, "a device of that name is there already" },
	{ K(BOND_CREATE) | K(BOND_SET), EPERM,
		"the driver refused a value (a delay needs miimon)" DMESG },
	{ K(BOND_CREATE) | K(BOND_SET) | K(LINK_SET), EADDRNOTAVAIL,
		"the kernel does not take this MAC address" },
	{ K(ENSLAVE), EINVAL, "the bond is not there, or not in the namespace of the slave" },
	{ K(ENSLAVE), EADDRNOTAVAIL, "the device does not take the MAC address of the bond" },
	{ K(ENSLAVE), EOPNOTSUPP,
		"the device does not let its MAC address be set; it may need fail-over-mac active" },
	{ K(ENSLAVE), ENETDOWN, "the device cannot go up: the one it lies upon is down" },
	{ K(ENSLAVE), EBUSY, "the bond lies, directly or not, upon this device" },
	{ K(ENSLAVE), EMLINK, "too many devices lie upon each other" },
	{ K(ENSLAVE), ENODEV, "the device or the bond is no longer there" },
	{ K(SLAVE_SET), EPERM,
		"the driver refused a value (a queue-id must be a queue of the bond and unique)" DMESG },
	{ K(SLAVE_SET), EOPNOTSUPP, "it is not a slave of a bond" },
	{ K(LINK_SET), EAFNOSUPPORT, "there is no IPv6 on this device" },
	{ K(LINK_SET) | K(LINK_MOVE), EBUSY, "this kernel renames a device only while it is down" },
	{ K(LINK_MOVE), EEXIST, "a device of that name is there already" },
	{ K(LINK_MOVE), EINVAL, "this device cannot change its namespace" },
	{ K(ADDRESS_ADD), EEXIST, "the address is there already" },
	{ K(ADDRESS_ADD), EACCES, "IPv6 is disabled on this device (sysctl disable_ipv6)" },
	{ K(ADDRESS_DELETE), EADDRNOTAVAIL, "the address is not there" },
	{ K(ROUTE_ADD), EEXIST, "a route to the same destination is there already" },
	{ K(ROUTE_ADD), ENETUNREACH, "the gateway cannot be reached from here" },
	{ K(ROUTE_ADD), ENETDOWN, "the device is down" },
	{ K(ROUTE_DELETE), ESRCH, "the route is not there" },
	{ LINK_KINDS, ENODEV, "the device is no longer there" },
};

static void say(struct nb_exec_error *error, const char *text)
{
	snprintf(error->text, sizeof(error->text), "%s", text);
}

static const char *silent_text(const struct nb_op *op, int error)
{
	for (size_t i = 0; i < NB_ARRAY_SIZE(silences); i++)
		if (silences[i].kinds & (1u << op->kind) && silences[i].error == error)
			return silences[i].text;
	return nb_error_text(error);
}

/* RTM_SETLINK of no device: EPERM without the right (rtnetlink_rcv_msg()), else EINVAL. */
static bool has_no_right(struct nb_rtnl *nl)
{
	const struct nb_op nothing = { .kind = NB_OP_LINK_SET };
	const struct nb_codec_op nowhere = { .ifindex = -1 };
	unsigned attr;

	return nb_codec_put_op(nb_rtnl_message(nl), &nothing, &nowhere, &attr) == 0 &&
		nb_rtnl_request(nl) == -EPERM;
}

int nb_explain_reply(
	struct nb_rtnl *nl, const struct nb_op *op, int r, struct nb_exec_error *error)
{
	const char *text = nb_rtnl_text(nl);

	if (nb_codec_find_option(
		    nb_rtnl_last(nl), nb_rtnl_offset(nl), &error->scope, &error->attr) &&
		!nb_optset_has(&op->opts, error->attr) && error->scope != NB_SCOPE_LINK)
		error->attr = 0;
	if (op->kind == NB_OP_BOND_CREATE && r == -EOPNOTSUPP)
		text = ""; /* "Unknown device type" */
	say(error, text[0] != '\0' ? text : silent_text(op, -r));
	if (r == -EPERM && text[0] == '\0' && has_no_right(nl))
		say(error, "no right to change the network here (CAP_NET_ADMIN is needed)");
	return r;
}

int nb_explain_missing(const char *name, int r, struct nb_exec_error *error)
{
	if (r == -ENODEV)
		snprintf(error->text, sizeof(error->text), "there is no device %s", name);
	else
		say(error, nb_error_text(-r));
	return r;
}

int nb_explain_encoding(const struct nb_op *op, unsigned attr, int r, struct nb_exec_error *error)
{
	const struct nb_option *row = nb_option_get(op->opts.scope, attr);

	error->scope = op->opts.scope;
	error->attr = row ? attr : 0;
	if (row && r == -ENODEV)
		snprintf(error->text, sizeof(error->text), "%s: there is no device %s", row->name,
			nb_optset_get(&op->opts, attr).name);
	else
		say(error, nb_error_text(-r));
	return r;
}

int nb_explain_netns(const char *name, int r, struct nb_exec_error *error)
{
	struct nb_text why = { 0 };

	if (name[0] == '\0')
		nb_text_add(&why, "this process gets no rtnetlink socket: %s", nb_error_text(-r));
	else
		nb_netns_explain(name, r, &why);
	say(error, why.text ? why.text : nb_error_text(-r));
	nb_text_done(&why);
	error->passing = r == -ENOTCONN;
	return r;
}

int nb_explain_type(const struct nb_op *op, int r, struct nb_exec_error *error)
{
	struct nb_text why = { 0 };

	nb_nstype_explain(op, r, &why);
	say(error, why.text ? why.text : strerrordesc_np(-r));
	nb_text_done(&why);
	error->passing = r == -ENOTCONN || r == -EBUSY;
	return r;
}

int nb_explain_look(
	const char *name, int r, const struct nb_diag *diag, struct nb_exec_error *error)
{
	/* The caller takes -EAGAIN for "not yet". */
	if (r == -EAGAIN)
		return r;
	if (r == -EBADMSG && diag->n_problems > 0) {
		say(error, diag->problems[0].text);
		return r;
	}
	return nb_explain_missing(name, r, error);
}

int nb_explain_address(const struct nb_address *address, int r, struct nb_exec_error *error)
{
	struct nb_text text = { 0 };

	nb_address_format(address, &text);
	snprintf(error->text, sizeof(error->text), "%s %s", text.text ? text.text : "the address",
		r == -EADDRINUSE ? "is in use by another host (duplicate address detection failed)" :
				   "is not there");
	nb_text_done(&text);
	return r;
}
