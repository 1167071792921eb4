/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * An observation that is brought up to date by notifications alone is the same as a new one,
 * whatever others do meanwhile. Runs as root inside the lab.
 *
 *     real-look [COUNT [SEED]]     COUNT commands drawn at random (default 300)
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/core/diag.h"
#include "lib/nl/events.h"
#include "lib/nl/netns.h"
#include "lib/nl/snapshot.h"

#define PATIENCE 40 /* looks of 50 ms: carrier and monitoring follow by themselves */

static const char *const places[] = { "", "blue" };
static unsigned seed, looks, partial, unchanged, others, gone;

struct world {
	struct nb_spaces spaces;
	struct nb_events *ears[NB_ARRAY_SIZE(places)];
	struct nb_state *kept;
};

static unsigned draw(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

static void set_up(void)
{
	static const char script[] =
		"ip netns add blue\n"
		"for i in 0 1 2 3 4 5; do ip link add eth$i type veth peer name sw$i; ip link set sw$i up; done\n"
		"for b in 0 1; do ip link add bond$b type bond mode active-backup miimon 50; done\n"
		"ip link add bond2 type bond mode balance-rr miimon 50\n"
		"ip link add br0 type bridge; ip link add other type dummy\n"
		"ip -n blue link add eth8 type dummy; ip -n blue link add eth9 type dummy\n"
		"ip -n blue link add bond9 type bond mode active-backup miimon 50\n"
		"for i in 0 1; do ip link set eth$i master bond0; done; ip link set eth2 master bond1\n"
		"ip -n blue link set eth8 master bond9; ip -n blue link set bond9 up\n"
		"for b in bond0 bond1 bond2 br0 other; do ip link set $b up; done\n"
		"ip link add link bond0 name vlan7 type vlan id 7; ip link set vlan7 up\n"
		"ip link add calm type dummy; echo 1 >/proc/sys/net/ipv6/conf/calm/disable_ipv6\n"
		"ip link set calm up; ip address add 192.0.2.200/24 dev calm; ip link set lo up\n";

	if (system(script) != 0)
		exit(1);
}

/* Links come, go, and are called otherwise; where an ifindex has another owner at once, it is told once. */
static void meddle_links(char *command, size_t size)
{
	unsigned one = draw(4), other = draw(4);

	switch (draw(12)) {
	case 0 ... 1:
		snprintf(command, size, "ip link add f%u type dummy; ip link set f%u up", one, one);
		break;
	case 2:
		snprintf(command, size, "ip link add f%u type veth peer name f%u; ip link set f%u master br0; ip link set f%u up",
			one, other, one, one);
		break;
	case 3:
		snprintf(command, size, "ip link del f%u", one);
		break;
	case 4:
		snprintf(command, size, "ip link set f%u down; ip link set f%u name f%u; ip link set f%u up", one, one, other, other);
		break;
	case 5:
		snprintf(command, size, "ip link set f%u down; ip link set f%u name fx; ip link set f%u name f%u; ip link set fx name f%u",
			one, one, other, one, other);
		break;
	case 6:
		snprintf(command, size, "ip link set f%u netns blue; ip -n blue link set f%u up", one, one);
		break;
	case 7:
		snprintf(command, size, "ip -n blue link set f%u netns 1 name g%u; ip link set g%u name f%u", one, one, one, other);
		break;
	case 8:
		snprintf(command, size, "ip address add 192.0.2.%u/24 dev f%u; ip route add 198.51.100.%u/32 dev f%u; ip route add "
			"203.0.113.9%u/32 nexthop dev f%u nexthop dev other", 30 + one, one, 30 + one, one, one, one);
		break;
	case 9:
		snprintf(command, size, "i=$(cat /sys/class/net/f%u/ifindex) && ip link del f%u && ip link add f%u index $i type %s",
			one, one, draw(2) ? one : other, draw(2) ? "dummy" : "bridge");
		break;
	case 10:
		snprintf(command, size, "ip link set f%u up; ip link property %s dev f%u altname alt%u", one, draw(3) ? "add" : "del",
			one, draw(2));
		break;
	default:
		snprintf(command, size, "ip link add link %s name f%u type %s", draw(2) ? "bond0" : "f0", one,
			draw(2) ? "macvlan" : "vlan id 9");
	}
}

/* One command; many are refused. Options of a device that is down change without a word (netdev_state_change()). */
static void meddle(void)
{
	unsigned nic = draw(6), bond = draw(3), host = 1 + draw(6);
	static const char *const devices[] = { "bond0", "bond1", "bond2", "vlan7", "other", "br0", "eth5" };
	const char *device = devices[draw(NB_ARRAY_SIZE(devices))];
	char command[400];

	switch (draw(36)) {
	case 0 ... 1:
		snprintf(command, sizeof(command), "ip link set eth%u down; ip link set eth%u master bond%u", nic, nic, bond);
		break;
	case 2:
		snprintf(command, sizeof(command), "ip link set eth%u nomaster", nic);
		break;
	case 3:
		snprintf(command, sizeof(command), "ip link set eth%u nomaster; ip link set eth%u master bond%u", nic, nic, bond);
		break;
	case 4:
		snprintf(command, sizeof(command), "ip link set sw%u %s", nic, draw(3) ? "up" : "down");
		break;
	case 5:
		snprintf(command, sizeof(command), "ip link set eth%u %s", nic, draw(2) ? "up" : "down");
		break;
	case 6:
		snprintf(command, sizeof(command), "ip link set %s %s", device, draw(3) ? "up" : "down");
		break;
	case 7:
		snprintf(command, sizeof(command), "ip link set %s mtu %u", device, draw(4) ? 1400 + draw(4) * 25 : 1000);
		break;
	case 8:
		snprintf(command, sizeof(command), "ip link set %s address 02:00:00:00:00:%02x", device, draw(250));
		break;
	case 9 ... 10:
		snprintf(command, sizeof(command), "ip address %s 192.0.2.%u/24 dev %s", draw(3) ? "add" : "del", host, device);
		break;
	case 11:
		snprintf(command, sizeof(command), "ip address %s 2001:db8::%u/64 dev %s", draw(3) ? "add" : "del", host, device);
		break;
	case 12:
		snprintf(command, sizeof(command), "ip route replace 198.51.100.%u/32 dev %s", host, device);
		break;
	case 13:
		snprintf(command, sizeof(command), "ip route add 203.0.113.%u/32 dev %s src 192.0.2.%u", host, device, 1 + draw(6));
		break;
	case 14:
		snprintf(command, sizeof(command), "ip route del 198.51.100.%u/32", host);
		break;
	case 15:
		snprintf(command, sizeof(command), "ip -6 route replace 2001:db8:1::%u/128 dev %s", host, device);
		break;
	case 16:
		snprintf(command, sizeof(command), "ip link set bond%u up; ip link set bond%u type bond miimon %u resend_igmp %u",
			bond, bond, 50 + 50 * draw(3), draw(5));
		break;
	case 17:
		snprintf(command, sizeof(command), "ip link set eth%u up; ip link set eth%u type bond_slave queue_id %u", nic, nic, draw(4));
		break;
	case 18:
		snprintf(command, sizeof(command), "ip link set bond0 type bond active_slave eth%u; ip link set other alias x%u",
			nic, draw(100));
		break;
	case 19:
		snprintf(command, sizeof(command), "ip link set %s down; ip link set %s up", device, device);
		break;
	case 20:
		snprintf(command, sizeof(command), "ip address del 192.0.2.%u/24 dev %s && ip address add 192.0.2.%u/24 dev %s",
			host, device, host, device);
		break;
	case 21:
		snprintf(command, sizeof(command), "ip link set bond2 down; ip link set bond2 %s",
			draw(3) ? "master bond0" : "nomaster; ip link set bond2 up");
		break;
	case 22 ... 33:
		meddle_links(command, sizeof(command));
		break;
	default:
		snprintf(command, sizeof(command), "ip -n blue link set eth%u %s; ip -n blue address add 192.0.2.%u/24 dev bond9",
			8 + draw(2), draw(2) ? "master bond9" : "nomaster", host);
	}
	printf("# %s\n", command);
	fclose(freopen("/dev/null", "w", stderr));
	if (system(command) < 0)
		exit(1);
}

static struct nb_state *observe(struct world *w)
{
	struct nb_diag diag = { 0 };
	struct nb_state *state = NULL;
	char *names[] = { (char *)places[1] };

	if (nb_snapshot_take(&w->spaces, names, 1, 0, &state, &diag) < 0)
		exit(1);
	nb_diag_done(&diag);
	return state;
}

/* Whether a link came or went, or is called otherwise. */
static bool has_other_links(const struct nb_state *a, const struct nb_state *b)
{
	for (size_t n = 0; n < b->n_namespaces; n++) {
		const struct nb_netns *x = a->namespaces[n], *y = b->namespaces[n];

		if (x->links.n != y->links.n)
			return true;
		for (size_t i = 0; i < y->links.n; i++) {
			if (!nb_link_same_device(nb_netns_link(x, i), nb_netns_link(y, i)))
				return true;
		}
	}
	return false;
}

/* Brings what is kept up to date. */
static void look(struct world *w)
{
	struct nb_touches touches = { 0 }, changed = { 0 };
	struct nb_diag diag = { 0 };
	struct nb_state *now = NULL;
	unsigned seen;
	int r;

	for (size_t i = 0; i < NB_ARRAY_SIZE(places); i++) {
		do {
			if (nb_events_read(w->ears[i], 1000, &seen, &touches) < 0)
				exit(1);
		} while (seen & NB_EVENTS_MORE);
	}
	r = nb_snapshot_look(&w->spaces, w->kept, &touches, &changed, &now, &diag);
	if (r == -ESTALE)
		now = observe(w);
	else if (r < 0)
		exit(1);
	looks++;
	for (size_t i = 0; i < touches.n; i++)
		gone += touches.items[i].gone;
	partial += r == 0;
	others += r == 0 && now && has_other_links(w->kept, now);
	unchanged += r == 0 && !now;
	if (now) {
		nb_state_free(w->kept);
		w->kept = now;
	}
	nb_touches_done(&touches);
	nb_touches_done(&changed);
	nb_diag_done(&diag);
}

static void tell(const char *who, const struct nb_link *link)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	for (size_t i = 0; i < link->n_addresses; i++) {
		nb_text_add(&text, " ");
		nb_address_format(&link->addresses[i], &text);
		nb_text_add(&text, " (%x)", link->addresses[i].flags);
	}
	for (size_t i = 0; i < link->n_routes; i++) {
		nb_text_add(&text, ", ");
		nb_route_format(&link->routes[i], &text);
	}
	printf("# %s: %s flags %x carrier %d (%u) operstate %u mtu %u master %d place %u%s\n", who,
		link->name, link->flags, link->carrier, link->carrier_changes, link->operstate,
		link->mtu, link->master, link->slave_position, text.text ? text.text : "");
}

/* Whether a device that is down has a carrier, nobody is told (netdev_state_change()). */
static void forget_untold(const struct nb_link *kept, struct nb_link *seen)
{
	if (nb_link_is_up(kept) || nb_link_is_up(seen))
		return;
	seen->carrier = kept->carrier;
	seen->carrier_changes = kept->carrier_changes;
	seen->operstate = kept->operstate;
}

static size_t count_relatives(const struct nb_netns *ns, const struct nb_link *link)
{
	struct nb_relatives relatives = nb_netns_relatives(ns, link->ifindex);
	size_t n = 0;

	while (nb_relatives_next(&relatives))
		n++;
	return n;
}

/* The first link of which both do not say the same; NULL: they are equal. */
static const char *difference(const struct nb_state *a, const struct nb_state *b, bool aloud)
{
	for (size_t n = 0; n < b->n_namespaces; n++) {
		const struct nb_netns *x = a->namespaces[n], *y = b->namespaces[n];

		if (x->links.n != y->links.n)
			return "number of links";
		for (size_t i = 0; i < y->links.n; i++) {
			forget_untold(nb_netns_link(x, i), nb_netns_link(y, i));
			if (!nb_link_equal(nb_netns_link(x, i), nb_netns_link(y, i))) {
				if (aloud) {
					tell("kept", nb_netns_link(x, i));
					tell("seen", nb_netns_link(y, i));
				}
				return nb_netns_link(y, i)->name;
			}
			if (nb_netns_find(x, nb_netns_link(y, i)->name) != nb_netns_link(x, i))
				return "index";
			if (count_relatives(x, nb_netns_link(x, i)) != count_relatives(y, nb_netns_link(y, i)))
				return "relatives";
		}
	}
	return NULL;
}

static bool is_same(struct world *w)
{
	char told[64] = "";

	for (unsigned i = 0; i < PATIENCE; i++) {
		struct nb_state *full;
		const char *where;

		look(w);
		full = observe(w);
		where = difference(w->kept, full, i + 1 == PATIENCE);
		snprintf(told, sizeof(told), "%s", where ? where : "");
		nb_state_free(full);
		if (!*told)
			return true;
		usleep(50000);
	}
	printf("not ok - what is kept is what is: %s differs\n", told);
	return false;
}

/* Routes that went without a word, with what is there again when somebody looks. */
static bool sees_silent_losses(struct world *w)
{
	static const struct {
		const char *before, *command;
	} cases[] = {
		{ "ip route replace 198.51.100.99/32 dev calm",
			"ip link set calm down; ip link set calm up" },
		{ "ip route replace 198.51.100.98/32 dev calm",
			"ip address del 192.0.2.200/24 dev calm; ip address add 192.0.2.200/24 dev calm" },
		{ "ip route replace 198.51.100.97/32 dev lo src 192.0.2.200",
			"ip address del 192.0.2.200/24 dev calm; ip address add 192.0.2.200/24 dev calm" },
		{ "ip nexthop add id 7 dev calm; ip route replace 198.51.100.96/32 nhid 7",
			"echo 0 >/sys/class/net/calm/carrier; sleep 1.5; "
			"echo 1 >/sys/class/net/calm/carrier; sleep 1.5" },
		{ "ip nexthop add id 8 dev calm; ip route replace 198.51.100.95/32 nhid 8",
			"ip nexthop del id 8" },
		/* Of a routing daemon, with a route that is not its own. */
		{ "ip nexthop add id 9 dev calm protocol zebra; ip route replace 198.51.100.94/32 nhid 9",
			"ip nexthop del id 9" },
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		printf("# %s\n# %s\n", cases[i].before, cases[i].command);
		if (system(cases[i].before) != 0 || !is_same(w) || system(cases[i].command) != 0 ||
			!is_same(w))
			return false;
	}
	printf("ok - %zu times routes went and nobody was told: what is kept has lost them as well\n",
		NB_ARRAY_SIZE(cases));
	return true;
}

/* Links of nobody's come and go, with what hangs on them, and are never a reason to look at everything. */
static bool sees_others_links(struct world *w)
{
	static const char *const commands[] = {
		"ip link add g0 type dummy",
		"ip link set g0 name g1",
		"ip link set g1 name gx; ip link add g1 type bridge; ip link set gx master g1",
		"ip link add g2 type veth peer name g3; ip link set g2 master br0; ip link set g2 up; ip link set g3 up",
		"ip link set g3 netns blue",
		"ip link add g4 type dummy; ip link del g4; ip -n blue link set g3 netns 1",
		"ip link set g2 nomaster",
		"ip link del g2",
		"ip link set gx nomaster; ip link set gx up; ip route add 198.51.100.90/32 dev gx",
		"ip route add 198.51.100.91/32 nexthop dev gx nexthop dev calm",
		"i=$(cat /sys/class/net/gx/ifindex); ip link del gx; ip link add gx index $i type dummy; ip link set gx up",
		"ip route add 198.51.100.92/32 nexthop dev gx nexthop dev calm; ip route add 198.51.100.93/32 dev gx",
		"ip link del gx",
		"ip link del g1; ip link add link calm name g1 type vlan id 5",
		"ip link del g1",
	};

	for (size_t i = 0; i < NB_ARRAY_SIZE(commands); i++) {
		printf("# %s\n", commands[i]);
		if (system(commands[i]) != 0 || !is_same(w))
			return false;
	}
	/* Whose ifindex has another owner, or may have. */
	if (partial < looks || others < 8 || gone < 5) {
		printf("not ok - %u of %u looks were at a part, %u saw other links, %u links were told to be gone\n",
			partial, looks, others, gone);
		return false;
	}
	printf("ok - others' links came, went and were renamed %zu times: each was looked at alone\n",
		NB_ARRAY_SIZE(commands));
	return true;
}

int main(int argc, char **argv)
{
	unsigned count = argc > 1 ? (unsigned)atoi(argv[1]) : 300;
	struct world w = { 0 };
	bool good = true;

	seed = argc > 2 ? (unsigned)atoi(argv[2]) : 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	set_up();
	for (size_t i = 0; i < NB_ARRAY_SIZE(places); i++) {
		if (nb_events_open(&nb_netns_direct, places[i], NULL, &w.ears[i]) < 0)
			return 1;
	}
	w.kept = observe(&w);
	good = sees_silent_losses(&w) && sees_others_links(&w);
	for (unsigned i = 0; i < count && good; i++) {
		meddle();
		if (draw(3) == 0)
			good = is_same(&w);
		else
			look(&w);
	}
	if (good)
		printf("ok - after each of %u commands: what is kept by %u looks, %u of them at a part (%u saw "
			"nothing new, %u links that came, went or were renamed), is what the kernel shows\n",
			count, looks, partial, unchanged, others);
	good = good && partial > looks / 2 && others > count / 50;
	printf("%s - most looks are at a part\n", good ? "ok" : "not ok");
	printf("%d passed, %d failed\n", good ? 4 : 0, good ? 0 : 1);
	return !good;
}
