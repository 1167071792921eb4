/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Network namespaces as `ip netns` knows them, and what an observation holds.
 */
#include "tests/real/real.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/nl/netns.h"
#include "lib/nl/rtnl.h"

static void test_namespace_is_made_as_ip_makes_it(void **state)
{
	struct nb_rtnl *nl = NULL;
	uint64_t inode = 0, own = 0;
	int fd, socket;

	assert_int_equal(nb_netns_create("blue"), 0);
	assert_int_equal(nb_netns_create("blue"), 0); /* is there already: the same one */
	real_sh("ip netns list | grep -qw blue");
	real_sh("ip -n blue -br link show lo | grep -q UP");
	real_sh("ip netns exec blue true");
	real_sh("test $(stat -c %%a /run/netns) = 755");
	real_sh("grep -q ' /run/netns .*shared:' /proc/self/mountinfo");
	assert_int_equal(nb_netns_open("blue", &fd, &inode), 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	real_sh("test $(stat -L -c %%i /run/netns/blue) = %ju", (uintmax_t)inode);
	assert_int_equal(nb_netns_socket(fd, &socket), 0);
	assert_true(nb_netns_cookie(socket) != 0);
	assert_int_equal(nb_rtnl_adopt(socket, &nl), 0);
	nb_rtnl_free(nl);
	close(fd);
	/* This process stayed where it was. */
	assert_int_equal(nb_netns_open("", &fd, &own), 0);
	close(fd);
	assert_true(own != inode);
	real_sh("test $(stat -L -c %%i /proc/%d/ns/net) = %ju", getpid(), (uintmax_t)own);
	assert_int_equal(nb_netns_delete("blue", false), 0);
	assert_int_equal(nb_netns_delete("blue", false), 0); /* gone is gone */
	real_sh("! ip netns list | grep -qw blue");
	real_sh("test ! -e /run/netns/blue");
	assert_int_equal(nb_netns_open("blue", &fd, NULL), -ENOENT);
}

static void test_namespaces_of_ip_are_taken_and_given_back(void **state)
{
	uint64_t inode = 0;
	int fd;

	real_sh("ip netns add red");
	assert_int_equal(nb_netns_create("red"), 0);
	assert_int_equal(nb_netns_open("red", &fd, &inode), 0);
	close(fd);
	assert_int_equal(nb_netns_delete("red", false), 0);
	real_sh("! ip netns list | grep -qw red");
	assert_int_equal(nb_netns_create("red"), 0);
	real_sh("ip netns del red");
	assert_int_equal(nb_netns_open("red", &fd, NULL), -ENOENT);
}

/* A mount namespace that was there before sees the pin: the folder is shared. */
static void test_pin_is_seen_in_other_mount_namespaces(void **state)
{
	assert_int_equal(nb_netns_create("blue"), 0);
	real_sh("rm -f /run/seen /run/go; mkfifo /run/go; "
		"unshare -m --propagation slave sh -c "
		"'read x </run/go; stat -L -c %%i /run/netns/green >/run/seen' &");
	real_sh("sleep 0.5");
	assert_int_equal(nb_netns_create("green"), 0);
	real_sh("echo >/run/go; sleep 0.5; "
		"test $(cat /run/seen) = $(stat -L -c %%i /run/netns/green)");
	assert_int_equal(nb_netns_delete("blue", false), 0);
	assert_int_equal(nb_netns_delete("green", false), 0);
}

static void test_what_is_no_namespace_is_left_alone(void **state)
{
	static const struct {
		const char *name, *make;
		int error;
	} cases[] = {
		{ "file", "echo text >/run/netns/file", -EMEDIUMTYPE },
		{ "link", "ln -sf /proc/self/ns/net /run/netns/link", -ELOOP },
		{ "fifo", "mkfifo /run/netns/fifo", -EMEDIUMTYPE },
		{ "dir", "mkdir /run/netns/dir", -EMEDIUMTYPE },
		{ "uts", "touch /run/netns/uts; mount --bind /proc/self/ns/uts /run/netns/uts",
			-EMEDIUMTYPE },
		{ "a/b", "true", -EINVAL },
		{ "..", "true", -EINVAL },
	};

	assert_int_equal(nb_netns_create("blue"), 0); /* makes the folder */
	for (size_t i = 0; i < NB_ARRAY_SIZE(cases); i++) {
		int fd;

		NB_CASE("%s", cases[i].name);
		real_sh("%s", cases[i].make);
		assert_int_equal(nb_netns_open(cases[i].name, &fd, NULL), cases[i].error);
		assert_int_equal(nb_netns_create(cases[i].name), cases[i].error);
		assert_int_equal(nb_netns_delete(cases[i].name, false), cases[i].error);
	}
	real_sh("grep -q text /run/netns/file && test -L /run/netns/link -a -p /run/netns/fifo");
	real_sh("umount /run/netns/uts; cd /run/netns; rm file link fifo uts; rmdir dir");
	assert_int_equal(nb_netns_delete("blue", false), 0);
}

static void test_pin_of_a_killed_maker_is_used(void **state)
{
	int fd;

	assert_int_equal(nb_netns_create("blue"), 0);
	real_sh("rm -f /run/netns/half; touch /run/netns/half; chmod 0 /run/netns/half");
	assert_int_equal(nb_netns_open("half", &fd, NULL), -ENOENT);
	assert_int_equal(nb_netns_create("half"), 0);
	assert_int_equal(nb_netns_open("half", &fd, NULL), 0);
	close(fd);
	assert_int_equal(nb_netns_delete("half", false), 0);
	real_sh("touch /run/netns/half; chmod 0 /run/netns/half");
	assert_int_equal(nb_netns_delete("half", false), 0);
	real_sh("test ! -e /run/netns/half");
	assert_int_equal(nb_netns_delete("blue", false), 0);
}

/* A NIC left in a namespace shows whether the namespace still lives: its other end is here. */
static void test_deleted_namespace_is_held_by_nothing(void **state)
{
	char *names[] = { (char *)"blue" };
	struct nb_op op;
	struct nb_state *seen;

	assert_int_equal(nb_netns_create("blue"), 0);
	real_sh("ip link add v0 type veth peer name v1 netns blue");
	seen = real_observe(names, 1); /* opens a socket inside */
	assert_int_equal(nb_state_namespace(seen, "blue")->links.n, 2);
	nb_state_free(seen);
	op = real_op(NB_OP_NETNS_DELETE, "");
	free(op.namespace);
	op.namespace = strdup("blue");
	real_do(&op);
	real_sh("for i in $(seq 40); do ip link show v0 >/dev/null 2>&1 || exit 0; sleep 0.1; done; "
		"exit 1");
	/* The same name is another namespace now. */
	assert_int_equal(nb_netns_create("blue"), 0);
	seen = real_observe(names, 1);
	assert_int_equal(nb_state_namespace(seen, "blue")->links.n, 1);
	nb_state_free(seen);
	real_sh("ip netns del blue && ip netns add blue && ip -n blue link add d9 type dummy");
	seen = real_observe(names, 1);
	assert_non_null(nb_netns_find(nb_state_namespace(seen, "blue"), "d9"));
	nb_state_free(seen);
}

static void test_observation_holds_what_ip_shows(void **state)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *seen = NULL;
	const struct nb_link *bond, *vlan, *link;
	const struct nb_netns *own;

	real_sh("ip link add e0 type dummy && ip link add e1 type dummy && "
		"ip link property add dev e0 altname a-rather-long-alternative-name && "
		"ip link add bond0 type bond mode active-backup miimon 100 && "
		"ip link set e1 master bond0 && ip link set e0 master bond0 && "
		"ip link set bond0 type bond primary e0 && ip link set bond0 up && "
		"ip link add link bond0 name vlan5 type vlan id 5 && ip link set vlan5 up && "
		"ip link add br0 type bridge && ip link set vlan5 master br0 && "
		"ip link add v0 type veth peer name v1");
	real_sh("ip addr add 192.0.2.10/24 brd + dev bond0 && "
		"ip addr add 2001:db8::10/64 dev bond0 nodad && "
		"ip route add default via 192.0.2.1 && "
		"ip route add 198.51.100.0/24 via 192.0.2.2 table 77 metric 5 proto dhcp && "
		"ip route add 198.51.101.0/24 proto static "
		"nexthop via 192.0.2.3 nexthop via 192.0.2.4 && "
		"ip route add 198.51.102.0/24 via 192.0.2.2 proto bgp && "
		"ip route add 198.51.103.0/24 via 192.0.2.2 mtu 1400 && "
		"ip route add 198.51.104.0/24 via 192.0.2.2 proto 110 && "
		"ip -6 route add 2001:db8:ff::/48 via 2001:db8::1 metric 9 proto static");
	seen = real_observe(NULL, 0);
	own = seen->namespaces[0];
	bond = nb_netns_find(own, "bond0");
	assert_string_equal(bond->kind, "bond");
	assert_string_equal(nb_optset_get(&bond->bond, IFLA_BOND_PRIMARY).name, "e0");
	assert_string_equal(nb_optset_get(&bond->bond, IFLA_BOND_ACTIVE_SLAVE).name, "e0");
	assert_true(seen->known[NB_SCOPE_BOND] & NB_BIT(IFLA_BOND_PRIMARY));
	assert_true(seen->known[NB_SCOPE_SLAVE] & NB_BIT(IFLA_BOND_SLAVE_QUEUE_ID));
	assert_int_equal(bond->n_routes, 6); /* BGP's and the kernel's own are not read */
	for (size_t i = 0; i < bond->n_routes; i++) {
		const struct nb_route *route = &bond->routes[i];
		const bool hops = route->to.bytes[0] == 198 && route->to.bytes[2] == 101;
		const bool mtu = route->to.bytes[0] == 198 && route->to.bytes[2] == 103;

		assert_int_equal(route->opaque, hops);
		assert_int_equal(route->n_attributes > 0, hops || mtu);
		assert_true(nb_route_restorable(route));
	}
	link = nb_netns_find(own, "a-rather-long-alternative-name");
	assert_non_null(link);
	assert_string_equal(link->name, "e0");
	assert_int_equal(link->slave_position, 2);
	assert_int_equal(nb_netns_find(own, "e1")->slave_position, 1);
	vlan = nb_netns_find(own, "vlan5");
	assert_string_equal(vlan->kind, "vlan");
	assert_int_equal(vlan->lower, bond->ifindex);
	assert_int_equal(vlan->master, nb_netns_find(own, "br0")->ifindex);
	assert_string_equal(vlan->slave_kind, "bridge");
	assert_int_equal(vlan->slave_position, 0);
	assert_int_equal(nb_netns_find(own, "v0")->lower, 0);
	assert_int_equal(nb_netns_find(own, "v1")->lower, 0);
	assert_false(nb_netns_find(own, "v0")->udev_pending);
}

/* Links are made and removed all the time while it looks: no half-read state, no crash. */
static void test_observation_during_a_storm_is_whole(void **state)
{
	unsigned taken = 0;

	real_sh("for i in $(seq 150); do echo \"link add s$i type dummy\"; done | ip -batch -");
	real_sh("(for i in $(seq 40); do echo \"link add t$i type bond\"; "
		"echo \"link set s$i master t$i\"; echo \"link del t$i\"; done | ip -batch - "
		">/dev/null 2>&1; touch /run/storm-over) &");
	while (access("/run/storm-over", F_OK) < 0) {
		struct nb_diag diag = { 0 };
		struct nb_state *seen = NULL;
		int r = nb_exec_netlink.observe(real_exec, NULL, 0, &seen, &diag);
		unsigned stable = 0;

		if (r < 0) {
			assert_int_equal(r, -EBADMSG);
			assert_non_null(strstr(diag.problems[0].text, "try again"));
		}
		for (size_t i = 0; seen && i < seen->namespaces[0]->links.n; i++) {
			const struct nb_link *link = nb_netns_link(seen->namespaces[0], i);

			stable += link->name[0] == 's';
			if (i > 0)
				assert_true(link->ifindex >
					nb_netns_link(seen->namespaces[0], i - 1)->ifindex);
		}
		if (seen) {
			assert_int_equal(stable, 150);
			taken++;
		}
		nb_diag_done(&diag);
		nb_state_free(seen);
	}
	NB_CASE("%u observations during the storm", taken);
	assert_true(taken > 0);
}

/* The base name of a symbolic link, as sysfs shows the driver of a device. */
static char *read_link(const char *path)
{
	char *text = real_read("basename $(readlink %s)", path);

	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void check_nic(const struct nb_link *nic)
{
	NB_CLEANUP(nb_freep) char *driver = NULL, *parent = NULL;
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/net/%s/device/driver", nic->name);
	driver = read_link(path);
	snprintf(path, sizeof(path), "/sys/class/net/%s/device", nic->name);
	parent = read_link(path);
	NB_CASE("%s: driver %s, parent %s on %s", nic->name, nic->driver, nic->parent,
		nic->parent_bus);
	assert_string_equal(nic->driver, driver);
	assert_string_equal(nic->parent, parent);
	assert_true(nic->has_permanent_mac);
	/* Nobody changed it. */
	assert_memory_equal(nic->permanent_mac, nic->mac, 6);
	assert_null(nic->kind);
	assert_true(nic->udev_pending);
}

/* Virtio NICs in qemu; veth and dummy have neither parent nor permanent MAC. */
static void test_real_nics_have_driver_parent_and_permanent_mac(void **state)
{
	struct nb_state *seen;
	unsigned n = 0;

	real_sh("ip link add e0 type dummy; mkdir -p /run/udev/data; touch /run/udev/control");
	nb_exec_want_drivers(real_exec, true);
	seen = real_observe(NULL, 0);
	for (size_t i = 0; i < seen->namespaces[0]->links.n; i++) {
		const struct nb_link *link = nb_netns_link(seen->namespaces[0], i);

		if (link->parent) {
			check_nic(link);
			real_sh("touch /run/udev/data/n%d", link->ifindex);
			n++;
		} else {
			assert_null(link->driver);
			assert_false(link->udev_pending);
		}
	}
	nb_state_free(seen);
	seen = real_observe(NULL, 0);
	for (size_t i = 0; i < seen->namespaces[0]->links.n; i++)
		assert_false(nb_netns_link(seen->namespaces[0], i)->udev_pending);
	nb_state_free(seen);
	real_sh("rm -r /run/udev");
	NB_CASE("%u real NICs on this machine", n);
}

struct wanted_stats {
	int ifindex;
	struct nb_stats stats;
};

static int keep_stats(void *context, const struct nb_stats *stats)
{
	struct wanted_stats *wanted = context;

	if (stats->ifindex == wanted->ifindex)
		wanted->stats = *stats;
	return 0;
}

static uint64_t sysfs(const char *link, const char *file_name)
{
	char path[100];
	uint64_t value;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", link, file_name);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%ju", &value), 1);
	fclose(file);
	return value;
}

static void test_counters_are_those_of_sysfs(void **state)
{
	struct wanted_stats wanted = { 0 };
	uint64_t before, after;

	real_sh("ip link add b0 type bond mode 802.3ad miimon 100 lacp_rate fast");
	real_sh("ip link add e0 type veth peer name p0; ip link set e0 master b0");
	real_sh("ip link set b0 up; ip link set p0 up");
	wanted.ifindex = (int)sysfs("e0", "ifindex");
	/* The driver sends a LACPDU each second. */
	for (int i = 0; i < 600 && wanted.stats.lacp[BOND_3AD_STAT_LACPDU_TX] == 0; i++) {
		usleep(100000);
		before = sysfs("e0", "statistics/tx_packets");
		assert_int_equal(nb_exec_stats(real_exec, "", keep_stats, &wanted), 0);
		after = sysfs("e0", "statistics/tx_packets");
		assert_true(wanted.stats.link.tx_packets >= before);
		assert_true(wanted.stats.link.tx_packets <= after);
		assert_true(wanted.stats.has_lacp);
	}
	assert_true(wanted.stats.lacp[BOND_3AD_STAT_LACPDU_TX] > 0);
	assert_int_equal(wanted.stats.lacp[BOND_3AD_STAT_LACPDU_RX], 0);
	wanted.ifindex = (int)sysfs("b0", "ifindex");
	assert_int_equal(nb_exec_stats(real_exec, "", keep_stats, &wanted), 0);
	assert_false(wanted.stats.has_lacp);
	assert_int_equal(nb_exec_stats(real_exec, "nowhere", keep_stats, &wanted), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REAL(test_namespace_is_made_as_ip_makes_it),
		REAL(test_namespaces_of_ip_are_taken_and_given_back),
		REAL(test_pin_is_seen_in_other_mount_namespaces),
		REAL(test_what_is_no_namespace_is_left_alone),
		REAL(test_pin_of_a_killed_maker_is_used),
		REAL(test_deleted_namespace_is_held_by_nothing),
		REAL(test_observation_holds_what_ip_shows),
		REAL(test_observation_during_a_storm_is_whole),
		REAL(test_counters_are_those_of_sysfs),
		REAL(test_real_nics_have_driver_parent_and_permanent_mac),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
