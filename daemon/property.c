/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/property.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define GETTER(name)                      \
	static struct json_object *name( \
		const struct nbd_object *o, const struct nbd_property *property)

struct json_object *nbd_value_json(const struct nb_option *row, union nb_value value)
{
	struct json_object *json = nb_json_value(row, value);

	return json ? json : nb_json_string("");
}

static struct json_object *text_of(const struct nb_text *text)
{
	return nb_json_string(text->text ? text->text : "");
}

static struct json_object *number(uint64_t value)
{
	return json_object_new_int64((int64_t)value);
}

static struct json_object *boolean(bool value)
{
	return json_object_new_boolean(value);
}

static struct json_object *mac(const uint8_t *bytes, bool known)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	if (known)
		nb_mac_format(bytes, &text);
	return text_of(&text);
}

/* The device itself. */
static const struct nb_link *link_of(const struct nbd_object *o)
{
	return o->kind == NBD_OBJECT_SLAVE ? o->slave : o->bond;
}

GETTER(get_name)
{
	return nb_json_string(o->name);
}

GETTER(get_namespace)
{
	return nb_json_string(o->namespace);
}

GETTER(get_key)
{
	return nb_json_string(o->goal ? o->goal->key : "");
}

GETTER(get_bond)
{
	return nb_json_string(o->bond->name);
}

GETTER(get_ifindex)
{
	return number(link_of(o) ? link_of(o)->ifindex : 0);
}

GETTER(get_up)
{
	return boolean(link_of(o) && nb_link_is_up(link_of(o)));
}

GETTER(get_carrier)
{
	return boolean(link_of(o) && link_of(o)->carrier);
}

GETTER(get_mtu)
{
	return number(link_of(o) ? link_of(o)->mtu : 0);
}

GETTER(get_mac)
{
	return mac(link_of(o) ? link_of(o)->mac : NULL, link_of(o) && link_of(o)->has_mac);
}

GETTER(get_permanent_mac)
{
	uint8_t own[6];

	return mac(own, nb_link_own_mac(o->slave, own));
}

GETTER(get_usable)
{
	return boolean(nb_link_usable_slave(o->slave, o->bond));
}

/* Of another namespace /sys shows nothing here. */
GETTER(get_speed)
{
	char path[64], text[16];
	int speed = 0, fd;
	ssize_t n;

	if (*o->namespace)
		return number(0);
	snprintf(path, sizeof(path), "/sys/class/net/%s/speed", o->slave->name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return number(0);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n > 0) {
		text[n] = '\0';
		speed = atoi(text);
	}
	return number(speed > 0 ? speed : 0);
}

struct slaves {
	struct nb_link **items;
	int n, usable;
};

static struct slaves slaves_of(const struct nbd_object *o)
{
	struct slaves slaves = { 0 };

	if (o->bond)
		slaves.n = nb_netns_slaves(o->ns, o->bond, &slaves.items);
	for (int i = 0; i < slaves.n; i++)
		slaves.usable += nb_link_usable_slave(slaves.items[i], o->bond);
	return slaves;
}

GETTER(get_slaves)
{
	struct slaves slaves = slaves_of(o);
	struct json_object *list = nb_json_list();

	for (int i = 0; i < slaves.n; i++)
		nb_json_add_string(list, slaves.items[i]->name);
	free(slaves.items);
	return list;
}

GETTER(get_waiting)
{
	struct json_object *list = nb_json_list();

	for (size_t i = 0; o->goal && i < o->goal->n_waiting; i++)
		nb_json_add_string(list, o->goal->waiting[i]);
	return list;
}

/* The next held difference behind @i that keeps a device out of the bond. */
static const char *next_held_slave(const struct nbd_object *o, size_t *i)
{
	const struct nb_plan *plan = o->seen->plan;

	while (o->goal && plan && *i < plan->n_held) {
		const struct nb_held *held = &plan->held[(*i)++];

		if (*held->slave && nb_streq(held->goal, o->goal->key))
			return held->slave;
	}
	return NULL;
}

GETTER(get_held_slaves)
{
	struct json_object *list = nb_json_list();
	const char *slave;
	size_t i = 0;

	while ((slave = next_held_slave(o, &i)))
		nb_json_add_string(list, slave);
	return list;
}

const char *nbd_bond_state(const struct nbd_object *o)
{
	struct slaves slaves = slaves_of(o);
	size_t waiting = o->goal ? o->goal->n_waiting : 0, i = 0;

	free(slaves.items);
	if (!o->bond)
		return "missing";
	if (!nb_link_is_up(o->bond))
		return "down";
	if (slaves.usable == 0)
		return waiting ? "waiting" : "down";
	if (waiting || slaves.usable < slaves.n || !o->bond->carrier || next_held_slave(o, &i))
		return "degraded";
	return "up";
}

GETTER(get_state)
{
	return nb_json_string(nbd_bond_state(o));
}

GETTER(get_mode)
{
	if (!o->bond || !nb_optset_has(&o->bond->bond, IFLA_BOND_MODE))
		return nb_json_string("");
	return nb_json_string(nb_mode_name((unsigned)nb_optset_u(&o->bond->bond, IFLA_BOND_MODE)));
}

GETTER(get_drift)
{
	return nb_json_string(o->goal ? nb_drift_name(o->goal->drift) : "");
}

GETTER(get_paused)
{
	return number(o->goal ? nbd_reconciler_paused(o->d->reconciler, o->goal->key) : 0);
}

GETTER(get_held)
{
	const struct nb_plan *plan = o->seen->plan;
	struct json_object *list = nb_json_list();

	for (size_t i = 0; o->goal && plan && i < plan->n_held; i++) {
		const struct nb_held *held = &plan->held[i];
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		if (!nb_streq(held->goal, o->goal->key))
			continue;
		nb_text_add(&text, "%s", held->text);
		if (held->why)
			nb_text_add(&text, " (%s)", held->why);
		if (!held->gated && !held->blocked) {
			nb_text_add(&text, "; released by ");
			nb_held_release(held, &text);
		}
		nb_json_add(list, text_of(&text));
	}
	return list;
}

GETTER(get_addresses)
{
	struct json_object *list = nb_json_list();

	for (size_t i = 0; o->bond && i < o->bond->n_addresses; i++) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		nb_address_format(&o->bond->addresses[i], &text);
		nb_json_add(list, text_of(&text));
	}
	return list;
}

GETTER(get_inode)
{
	return number(o->ns ? o->ns->inode : 0);
}

GETTER(get_exists)
{
	return boolean(o->ns && o->ns->exists);
}

GETTER(get_links)
{
	struct json_object *list = nb_json_list();

	for (size_t i = 0; o->ns && i < o->ns->links.n; i++)
		nb_json_add_string(list, nb_netns_link(o->ns, i)->name);
	return list;
}

GETTER(get_made)
{
	const struct nb_object *object =
		o->ns && o->ns->exists ?
			nb_memory_find(&o->d->memory, NB_OBJECT_NETNS, o->ns, NULL) : NULL;
	bool made = object && object->made;

	/* Without a network of its own all there is are netbond's pins. */
	for (enum nb_nstype type = 0; type < NB_NS_COUNT && !object; type++)
		made |= nb_memory_find_type(&o->d->memory, o->name, type) != NULL;
	return boolean(made);
}

/* Those it has to have, by name, with the inode of each; 0 = not there. */
GETTER(get_types)
{
	const struct nb_nsset *set =
		o->seen->observed ? nb_state_set(o->seen->observed, o->name) : NULL;
	struct json_object *map = nb_json_map();

	for (enum nb_nstype type = 0; type < NB_NS_COUNT; type++) {
		if (o->set ? nb_netns_spec_has(&o->set->spec, type) : type == NB_NS_NET)
			nb_json_set_number(map, nb_nstype_name(type), (int64_t)(set ? set->inodes[type] :
				o->ns ? o->ns->inode : 0));
	}
	return map;
}

GETTER(get_inner_bonds)
{
	struct json_object *list = nb_json_list();

	for (size_t i = 0; o->ns && i < o->ns->links.n; i++) {
		if (nb_link_is_bond(nb_netns_link(o->ns, i)))
			nb_json_add_string(list, nb_netns_link(o->ns, i)->name);
	}
	return list;
}

#define CONSTANT .constant = true
#define NAME(text) .name = (char *)(text)

static const struct nbd_property bond_properties[] = {
	{ NAME("Name"), .signature = "s", .get = get_name, CONSTANT },
	{ NAME("Namespace"), .signature = "s", .get = get_namespace, CONSTANT },
	{ NAME("Key"), .signature = "s", .get = get_key },
	{ NAME("Ifindex"), .signature = "u", .get = get_ifindex },
	{ NAME("State"), .signature = "s", .get = get_state },
	{ NAME("Since"), .signature = "t", .get = nbd_get_since },
	{ NAME("SinceSeen"), .signature = "b", .get = nbd_get_since_seen },
	{ NAME("Mode"), .signature = "s", .get = get_mode },
	{ NAME("Slaves"), .signature = "as", .get = get_slaves },
	{ NAME("Waiting"), .signature = "as", .get = get_waiting },
	{ NAME("HeldSlaves"), .signature = "as", .get = get_held_slaves },
	{ NAME("Up"), .signature = "b", .get = get_up },
	{ NAME("Carrier"), .signature = "b", .get = get_carrier },
	{ NAME("Mtu"), .signature = "u", .get = get_mtu },
	{ NAME("Mac"), .signature = "s", .get = get_mac },
	{ NAME("Drift"), .signature = "s", .get = get_drift },
	{ NAME("Paused"), .signature = "t", .get = get_paused },
	{ NAME("Held"), .signature = "as", .get = get_held },
	{ NAME("Addresses"), .signature = "as", .get = get_addresses },
	{ NAME("UnreadyAddresses"), .signature = "as", .get = nbd_get_unready_addresses },
	{ NAME("Required"), .signature = "b", .get = nbd_get_required, .wanted = true },
	{ NAME("RequiredSlaves"), .signature = "u", .get = nbd_get_required_slaves,
		.wanted = true },
	{ NAME("Options"), .signature = "a{sv}", .scope = NB_SCOPE_BOND, .get = nbd_get_options },
	{ NAME("Wanted"), .signature = "a{sv}", .scope = NB_SCOPE_BOND, .get = nbd_get_wanted,
		.wanted = true },
};

static const struct nbd_property slave_properties[] = {
	{ NAME("Name"), .signature = "s", .get = get_name, CONSTANT },
	{ NAME("Bond"), .signature = "s", .get = get_bond, CONSTANT },
	{ NAME("Namespace"), .signature = "s", .get = get_namespace, CONSTANT },
	{ NAME("Ifindex"), .signature = "u", .get = get_ifindex },
	{ NAME("Up"), .signature = "b", .get = get_up },
	{ NAME("Carrier"), .signature = "b", .get = get_carrier },
	{ NAME("Usable"), .signature = "b", .get = get_usable },
	{ NAME("Mac"), .signature = "s", .get = get_mac },
	{ NAME("PermanentMac"), .signature = "s", .get = get_permanent_mac },
	{ NAME("Mtu"), .signature = "u", .get = get_mtu },
	{ NAME("Speed"), .signature = "u", .get = get_speed, .silent = true },
	{ NAME("Options"), .signature = "a{sv}", .scope = NB_SCOPE_SLAVE, .get = nbd_get_options },
	{ NAME("Wanted"), .signature = "a{sv}", .scope = NB_SCOPE_SLAVE, .get = nbd_get_wanted,
		.wanted = true },
};

static const struct nbd_property namespace_properties[] = {
	{ NAME("Name"), .signature = "s", .get = get_name, CONSTANT },
	{ NAME("Inode"), .signature = "t", .get = get_inode },
	{ NAME("Exists"), .signature = "b", .get = get_exists },
	{ NAME("Made"), .signature = "b", .get = get_made },
	{ NAME("Types"), .signature = "a{st}", .get = get_types },
	{ NAME("Links"), .signature = "as", .get = get_links },
	{ NAME("Bonds"), .signature = "as", .get = get_inner_bonds },
};

#define LIST(array) { array, NB_ARRAY_SIZE(array) }

static const struct {
	const struct nbd_property *items;
	size_t n;
} fixed[NBD_OBJECT_KINDS] = {
	[NBD_OBJECT_BOND] = LIST(bond_properties),
	[NBD_OBJECT_SLAVE] = LIST(slave_properties),
	[NBD_OBJECT_NAMESPACE] = LIST(namespace_properties),
};

/* "PermanentMac" is "permanent-mac" */
static char *key_of(const char *name)
{
	struct nb_text text = { 0 };

	for (const char *p = name; *p; p++) {
		bool upper = *p >= 'A' && *p <= 'Z';

		nb_text_add(&text, "%s%c", upper && p > name ? "-" : "",
			upper ? *p - 'A' + 'a' : *p);
	}
	return text.text;
}

static void add(struct nbd_properties *list, const struct nbd_property *property)
{
	struct nbd_property item = *property;

	for (size_t i = 0; i < list->n; i++) {
		if (nb_streq(list->items[i].name, item.name))
			return;
	}
	if (!item.key)
		item.key = key_of(item.name);
	if (!item.key || nb_grow(&list->items, list->n, &list->capacity, sizeof(item)) < 0)
		abort();
	list->items[list->n++] = item;
}

/* What can only be read has a property of its own; of a slave everything. */
static void add_rows(struct nbd_properties *list, enum nb_scope scope)
{
	nb_foreach_option(row, attr, scope) {
		struct nb_text name = { 0 };

		if (row->flags & NB_OPTION_ADMIN)
			continue;
		if (scope == NB_SCOPE_BOND && nb_option_writable(row))
			continue;
		nb_option_dbus_name(row, &name);
		add(list, &(struct nbd_property){
			.name = name.text,
			.key = strdup(row->name),
			.signature = nb_option_dbus_signature(row),
			.scope = row->nested,
			.row = row,
			.get = nbd_get_row,
		});
	}
}

const struct nbd_properties *nbd_properties(enum nbd_object_kind kind)
{
	static struct nbd_properties lists[NBD_OBJECT_KINDS];
	struct nbd_properties *list = &lists[kind];

	if (list->n)
		return list;
	for (size_t i = 0; i < fixed[kind].n; i++)
		add(list, &fixed[kind].items[i]);
	if (kind == NBD_OBJECT_BOND)
		add_rows(list, NB_SCOPE_BOND);
	if (kind == NBD_OBJECT_SLAVE)
		add_rows(list, NB_SCOPE_SLAVE);
	return list;
}

const struct nbd_property *nbd_property_find(enum nbd_object_kind kind, const char *name)
{
	const struct nbd_properties *list = nbd_properties(kind);

	for (size_t i = 0; i < list->n; i++) {
		if (nb_streq(list->items[i].name, name))
			return &list->items[i];
	}
	return NULL;
}
