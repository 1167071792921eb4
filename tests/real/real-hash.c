/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random frames through the real driver, each caught at the far end of a cable: it left by the
 * slave that lib/core/hash.h tells beforehand from what was observed of the bond.
 *
 *   real-hash [FRAMES]      for each policy; a quarter of them in each further state and mode
 */
#include "tests/real/real.h"

#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/core/hash.h"
#include "tests/real/random-frame.h"

#define CABLES 4
#define BATCH 64
#define PATIENCE_MS 20000

static unsigned frames_wanted = 400;
static int far_end[CABLES]; /* p0 ...: what e0 ... sent */
static int way_in[2];	    /* bond0 and the VLAN above it */

static int open_packet(const char *name, int protocol)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons((uint16_t)protocol) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), size = 8 << 20;
	struct ifreq request = { 0 };

	strcpy(request.ifr_name, name);
	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, SIOCGIFINDEX, &request), 0);
	to.sll_ifindex = request.ifr_ifindex;
	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

static void enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(setns(fd, CLONE_NEWNET), 0);
	close(fd);
}

/* A bond of three cables with a VLAN; @far is what the other ends are. */
static void make_bench(const char *options, const char *far)
{
	char *home = NULL;

	assert_true(asprintf(&home, "/proc/%d/ns/net", getpid()) > 0);
	int own = open(home, O_RDONLY | O_CLOEXEC);

	free(home);
	real_sh("ip netns add far; for i in 0 1 2 3; do "
		"ip link add e$i type veth peer name p$i netns far; done; "
		"sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 >/dev/null; "
		"ip netns exec far sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 >/dev/null; %s "
		"for i in 0 1 2 3; do ip -n far link set p$i up; done; "
		"ip link add bond0 type bond %s; "
		"for i in 0 1 2; do ip link set e$i master bond0; done; ip link set bond0 up; "
		"ip link add link bond0 name v5 type vlan id 5 egress-qos-map 0:3; ip link set v5 up",
		far, options);
	enter("/run/netns/far");
	for (unsigned i = 0; i < CABLES; i++) {
		char name[8];

		snprintf(name, sizeof(name), "p%u", i);
		far_end[i] = open_packet(name, ETH_P_ALL);
	}
	assert_int_equal(setns(own, CLONE_NEWNET), 0);
	close(own);
	way_in[0] = open_packet("bond0", 0);
	way_in[1] = open_packet("v5", 0);
}

static int clean_bench(void **state)
{
	for (unsigned i = 0; i < CABLES; i++)
		close(far_end[i]);
	close(way_in[0]);
	close(way_in[1]);
	return real_clean(state);
}

static struct nb_hash_bond look(struct nb_state **ret_state)
{
	struct nb_state *seen = real_observe(NULL, 0);
	const struct nb_link *bond = nb_netns_find(seen->namespaces[0], "bond0");
	struct nb_hash_bond found;

	assert_non_null(bond);
	assert_int_equal(nb_hash_bond_init(seen->namespaces[0], bond, &found), 0);
	*ret_state = seen;
	return found;
}

/* How many slaves are usable, or have a link at least. */
static size_t count(bool usable)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *seen = NULL;
	struct nb_hash_bond bond = look(&seen);
	size_t n = 0;

	for (size_t i = 0; i < bond.n_slaves; i++)
		n += usable ? bond.slaves[i].usable : bond.slaves[i].up;
	nb_hash_bond_done(&bond);
	return n;
}

static void wait_count(bool usable, size_t n)
{
	for (unsigned waited = 0; count(usable) != n; waited += 50) {
		if (waited > PATIENCE_MS)
			fail_msg("%zu slaves are %s, expected %zu", count(usable),
				usable ? "usable" : "up", n);
		usleep(50000);
	}
}

static void wait_usable(size_t n)
{
	wait_count(true, n);
}

/* What was sent and not yet seen. */
struct flight {
	uint8_t frame[RANDOM_FRAME_BYTES];
	size_t length;
	struct nb_choice choice;
	unsigned through; /* which way in */
	unsigned cable;	  /* by which it must come */
	unsigned seen;
};

static unsigned cable_of(const char *slave)
{
	return (unsigned)(slave[1] - '0');
}

#define MAGIC 0x6e626e64u

/* The last eight bytes of a frame say which one it is. */
static void mark(struct flight *f, uint32_t number)
{
	const uint32_t words[2] = { MAGIC, number };

	memcpy(f->frame + f->length, words, sizeof(words));
	f->length += sizeof(words);
}

/* A random frame. Return: whether its way is known. */
static bool make_one(const struct nb_hash_bond *bond, struct flight *f, uint32_t number)
{
	struct nb_frame frame;

	*f = (struct flight){ .through = random_number(4) == 0 };
	f->length = random_frame(f->frame);
	mark(f, number);
	frame = (struct nb_frame){ .bytes = f->frame, .size = f->length, .length = f->length,
		.tagged = f->through, .tpid = f->through ? ETH_P_8021Q : 0,
		.tci = f->through ? 3 << 13 | 5 : 0 };
	f->choice = nb_hash_choose(bond, &frame);
	if (f->choice.kind != NB_CHOICE_ONE && !f->choice.unless_socket)
		return false;
	f->cable = cable_of(bond->slaves[f->choice.slave].name);
	return true;
}

/* System calls are dear in the guest: all that goes one way by one. */
static void send_all(struct flight *flights, size_t n)
{
	for (unsigned way = 0; way < NB_ARRAY_SIZE(way_in); way++) {
		struct mmsghdr messages[BATCH] = { 0 };
		struct iovec parts[BATCH];
		unsigned k = 0;

		for (size_t i = 0; i < n; i++) {
			if (flights[i].through != way)
				continue;
			parts[k] = (struct iovec){ flights[i].frame, flights[i].length };
			messages[k].msg_hdr = (struct msghdr){ .msg_iov = &parts[k], .msg_iovlen = 1 };
			k++;
		}
		if (k > 0 && sendmmsg(way_in[way], messages, k, 0) != (int)k)
			fail_msg("sendmmsg: %s", strerror(errno));
	}
}

static void tell_wrong(const struct nb_hash_bond *bond, const struct flight *f, unsigned cable)
{
	fprintf(stderr, "policy %u, hash %08x: e%u expected, e%u seen\n", bond->policy,
		f->choice.hash, f->cable, cable);
	for (size_t i = 0; i < f->length; i++)
		fprintf(stderr, "%02x%s", f->frame[i], i % 16 == 15 ? "\n" : " ");
	fail_msg("a frame left by another slave");
}

static size_t note(const struct nb_hash_bond *bond, struct flight *flights, uint32_t first,
	unsigned cable, const uint8_t *bytes, size_t length)
{
	struct flight *f;
	uint32_t words[2];

	if (length < sizeof(words))
		return 0;
	memcpy(words, bytes + length - sizeof(words), sizeof(words));
	if (words[0] != MAGIC || words[1] - first >= BATCH)
		return 0;
	f = &flights[words[1] - first];
	if (f->seen++)
		fail_msg("a frame came twice");
	if (f->cable != cable)
		tell_wrong(bond, f, cable);
	return 1;
}

/* Takes what came by one cable. Return: how many of the flight that were. */
static size_t receive(const struct nb_hash_bond *bond, struct flight *flights, uint32_t first,
	unsigned cable)
{
	static uint8_t bytes[BATCH][RANDOM_FRAME_BYTES];
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec parts[BATCH];
	size_t found = 0;
	int n;

	for (unsigned i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec){ bytes[i], sizeof(bytes[i]) };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	n = recvmmsg(far_end[cable], messages, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++)
		found += note(bond, flights, first, cable, bytes[i], messages[i].msg_len);
	return found;
}

static void receive_all(const struct nb_hash_bond *bond, struct flight *flights, uint32_t first,
	size_t expected)
{
	struct pollfd fds[CABLES];
	size_t n = 0;

	for (unsigned i = 0; i < CABLES; i++)
		fds[i] = (struct pollfd){ .fd = far_end[i], .events = POLLIN };
	while (n < expected) {
		if (poll(fds, CABLES, PATIENCE_MS) <= 0)
			fail_msg("%zu of %zu frames arrived", n, expected);
		for (unsigned i = 0; i < CABLES; i++)
			n += fds[i].revents ? receive(bond, flights, first, i) : 0;
	}
}

/* Sends @wanted frames whose way is known. */
static void check_frames(const char *what, unsigned wanted)
{
	static uint32_t number;
	NB_CLEANUP(nb_state_freep) struct nb_state *seen = NULL;
	struct nb_hash_bond bond = look(&seen);
	static struct flight flights[BATCH];
	unsigned done = 0, unknown = 0, by[CABLES] = { 0 };

	while (done < wanted) {
		const uint32_t first = number;
		size_t n = 0;

		while (n < BATCH && done + n < wanted) {
			if (!make_one(&bond, &flights[n], first + (uint32_t)n)) {
				unknown++;
				continue;
			}
			by[flights[n++].cable]++;
		}
		send_all(flights, n);
		receive_all(&bond, flights, first, n);
		number += (uint32_t)n;
		done += (unsigned)n;
	}
	printf("# %s, %s: %u frames on their slave (e0 %u, e1 %u, e2 %u, e3 %u), %u not known\n",
		what, nb_hash_policy_name(bond.policy), done, by[0], by[1], by[2], by[3], unknown);
	nb_hash_bond_done(&bond);
}

static void check_policies(const char *what, unsigned wanted)
{
	for (unsigned policy = 0; policy < NB_HASH_POLICIES; policy++) {
		real_sh("ip link set bond0 type bond xmit_hash_policy %s",
			nb_hash_policy_name(policy));
		check_frames(what, wanted);
	}
}

static void test_xor_as_predicted_through_reorder_loss_and_return(void **state)
{
	make_bench("mode balance-xor miimon 20", "");
	wait_usable(3);
	check_policies("balance-xor", frames_wanted);
	real_sh("ip link set e0 nomaster; ip link set e0 master bond0");
	wait_usable(3);
	check_policies("balance-xor, e0 released and taken again", frames_wanted / 4);
	real_sh("ip -n far link set p2 down");
	wait_usable(2);
	check_policies("balance-xor, e2 without link", frames_wanted / 4);
	real_sh("ip -n far link set p2 up; ip link set e3 master bond0");
	wait_usable(4);
	check_policies("balance-xor, e2 back and e3 new", frames_wanted / 4);
}

#define FAR_LACP "ip -n far link add peer type bond mode 802.3ad miimon 50 lacp_rate fast; " \
	"for i in 0 1 2; do ip -n far link set p$i master peer; done; ip -n far link set peer up;"

static void test_lacp_as_predicted(void **state)
{
	make_bench("mode 802.3ad miimon 50 lacp_rate fast", FAR_LACP);
	wait_usable(3);
	check_policies("802.3ad", frames_wanted / 4);
	real_sh("ip -n far link set p0 down");
	wait_usable(2);
	check_policies("802.3ad, e0 without link", frames_wanted / 4);
}

static void test_tlb_and_alb_by_hash_as_predicted(void **state)
{
	make_bench("mode balance-tlb miimon 50 tlb_dynamic_lb 0", "");
	wait_usable(3);
	check_policies("balance-tlb", frames_wanted / 4);
}

static void test_alb_as_predicted(void **state)
{
	make_bench("mode balance-alb miimon 50", "");
	wait_usable(3);
	real_sh("ip link set bond0 down; ip link set bond0 type bond tlb_dynamic_lb 0; "
		"ip link set bond0 up");
	wait_usable(3);
	check_policies("balance-alb", frames_wanted / 4);
}

static void test_active_backup_as_predicted(void **state)
{
	make_bench("mode active-backup miimon 50", "");
	real_sh("ip link set bond0 type bond active_slave e1");
	check_frames("active-backup", frames_wanted / 4);
}

static size_t active_of(const struct nb_hash_bond *bond)
{
	for (size_t i = 0; i < bond->n_slaves; i++) {
		if (bond->slaves[i].active)
			return i;
	}
	return bond->n_slaves;
}

static size_t active_now(void)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *seen = NULL;
	struct nb_hash_bond bond = look(&seen);
	const size_t active = active_of(&bond);

	nb_hash_bond_done(&bond);
	return active;
}

/* The cable of the active slave is cut: another one takes over, the one that was foretold. */
static void check_loss(const char *what)
{
	NB_CLEANUP(nb_state_freep) struct nb_state *seen = NULL;
	struct nb_hash_bond bond, other;
	size_t lost, expected, got;

	wait_count(false, 3);
	bond = look(&seen);
	lost = active_of(&bond);
	assert_in_range(lost, 0, 2);
	assert_int_equal(nb_hash_bond_lose(&bond, lost, &other), 0);
	expected = active_of(&other);
	real_sh("ip -n far link set p%zu down", lost);
	for (unsigned waited = 0; (got = active_now()) == lost && waited < PATIENCE_MS; waited += 20)
		usleep(20000);
	real_sh("ip -n far link set p%zu up", lost);
	printf("# %s: e%zu lost, e%zu became active: %s\n", what, lost, got, other.chosen);
	assert_int_equal(got, expected);
	nb_hash_bond_done(&bond);
	nb_hash_bond_done(&other);
}

static void check_losses(const char *mode)
{
	char options[48];

	snprintf(options, sizeof(options), "mode %s miimon 20", mode);
	make_bench(options, "");
	real_sh("ip link set bond0 type bond active_slave e1");
	check_loss(mode);
	check_loss("once more");
	real_sh("ip link set bond0 type bond primary e2 primary_reselect failure");
	check_loss("primary e2");
	check_loss("once more");
	real_sh("echo > /sys/class/net/bond0/bonding/primary; ip link set e2 type bond_slave prio 5; "
		"ip link set bond0 type bond active_slave e0");
	check_loss("e2 has prio 5");
	check_loss("once more");
}

static void test_next_active_backup_as_predicted(void **state)
{
	check_losses("active-backup");
}

static void test_next_active_of_tlb_as_predicted(void **state)
{
	check_losses("balance-tlb");
}

#define BENCH(test) cmocka_unit_test_setup_teardown(test, real_set_up, clean_bench)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		BENCH(test_xor_as_predicted_through_reorder_loss_and_return),
		BENCH(test_lacp_as_predicted),
		BENCH(test_tlb_and_alb_by_hash_as_predicted),
		BENCH(test_alb_as_predicted),
		BENCH(test_active_backup_as_predicted),
		BENCH(test_next_active_backup_as_predicted),
		BENCH(test_next_active_of_tlb_as_predicted),
	};
	uint64_t n;

	if (argc > 1 && nb_parse_u64(argv[1], 10000000, &n) == 0)
		frames_wanted = (unsigned)n;
	random_frame_seed(frames_wanted);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
