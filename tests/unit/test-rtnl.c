/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>

#include "lib/core/util.h"
#include "lib/nl/netns.h"
#include "lib/nl/rtnl.h"

/*
 * A kernel made of a socket pair: its answers are put there before the question. The first
 * request has the sequence number 1.
 */
struct fake {
	struct nb_rtnl *nl;
	int kernel;
	unsigned restarts, messages, last;
	int handler_result;
};

static int set_up(void **state)
{
	static struct fake fake;
	int fds[2];

	fake = (struct fake){ 0 };
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
	fake.kernel = fds[1];
	/* The kernel's DONTWAIT answer when there is nothing, without its 10 s. */
	setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_usec = 50000 },
		sizeof(struct timeval));
	*state = &fake;
	return nb_rtnl_new(fds[0], &fake.nl);
}

static int tear_down(void **state)
{
	struct fake *fake = *state;

	nb_rtnl_free(fake->nl);
	close(fake->kernel);
	return 0;
}

/* A datagram under construction. */
struct datagram {
	char bytes[65536];
	size_t n;
};

static void add(struct datagram *d, int type, int flags, uint32_t seq, const void *data, size_t n)
{
	const struct nlmsghdr header = { .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + n),
		.nlmsg_type = (uint16_t)type, .nlmsg_flags = (uint16_t)flags, .nlmsg_seq = seq };

	memset(d->bytes + d->n, 0, NLMSG_ALIGN(header.nlmsg_len));
	memcpy(d->bytes + d->n, &header, sizeof(header));
	if (n > 0)
		memcpy(d->bytes + d->n + NLMSG_HDRLEN, data, n);
	d->n += NLMSG_ALIGN(header.nlmsg_len);
}

static void answer(struct fake *fake, struct datagram *d)
{
	assert_int_equal(send(fake->kernel, d->bytes, d->n, 0), d->n);
	d->n = 0;
}

static void add_part(struct datagram *d, uint32_t seq, uint32_t number, int flags)
{
	add(d, RTM_NEWLINK, NLM_F_MULTI | flags, seq, &number, sizeof(number));
}

static void add_done(struct datagram *d, uint32_t seq, int error, int flags)
{
	add(d, NLMSG_DONE, NLM_F_MULTI | flags, seq, &error, sizeof(error));
}

/* An NLMSG_ERROR with an extended ACK's text and offset, as netlink_ack() with NETLINK_CAP_ACK. */
static void add_error(struct datagram *d, uint32_t seq, int error, const char *text, uint32_t offset)
{
	struct {
		struct nlmsgerr error;
		char attributes[256];
	} data = { .error.error = error };
	struct nlattr attr = { .nla_type = NLMSGERR_ATTR_MSG };
	size_t n = 0;

	if (text) {
		attr.nla_len = (uint16_t)(NLA_HDRLEN + strlen(text) + 1);
		memcpy(data.attributes, &attr, sizeof(attr));
		strcpy(data.attributes + NLA_HDRLEN, text);
		n = NLA_ALIGN(attr.nla_len);
	}
	if (offset) {
		attr = (struct nlattr){ .nla_type = NLMSGERR_ATTR_OFFS, .nla_len = 8 };
		memcpy(data.attributes + n, &attr, sizeof(attr));
		memcpy(data.attributes + n + NLA_HDRLEN, &offset, 4);
		n += 8;
	}
	add(d, NLMSG_ERROR, NLM_F_CAPPED | (n > 0 ? NLM_F_ACK_TLVS : 0), seq, &data,
		sizeof(data.error) + n);
}

static void ask(struct fake *fake)
{
	struct nl_msg *msg = nb_rtnl_message(fake->nl);

	assert_non_null(nlmsg_put(msg, 0, 0, RTM_GETLINK, sizeof(struct ifinfomsg), 0));
}

static int count_part(void *context, const struct nlmsghdr *message)
{
	struct fake *fake = context;

	fake->messages++;
	memcpy(&fake->last, nlmsg_data(message), sizeof(fake->last));
	return fake->handler_result;
}

static void count_restart(void *context)
{
	struct fake *fake = context;

	fake->restarts++;
	fake->messages = 0;
}

static int dump(struct fake *fake)
{
	const struct nb_rtnl_sink sink = { count_part, count_restart, fake };

	ask(fake);
	return nb_rtnl_dump(fake->nl, &sink);
}

static void test_request_is_sent_once_and_acknowledged(void **state)
{
	static struct datagram d;
	struct fake *fake = *state;
	struct nlmsghdr header;

	add_error(&d, 1, 0, NULL, 0);
	answer(fake, &d);
	ask(fake);
	assert_int_equal(nb_rtnl_request(fake->nl), 0);
	assert_string_equal(nb_rtnl_text(fake->nl), "");
	assert_int_equal(recv(fake->kernel, &header, sizeof(header), MSG_DONTWAIT), sizeof(header));
	assert_int_equal(header.nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	assert_int_equal(header.nlmsg_seq, 1);
	assert_int_equal(recv(fake->kernel, &header, sizeof(header), MSG_DONTWAIT), -1);
	assert_int_equal(nb_rtnl_count(fake->nl), 1);
}

static void test_refusal_has_errno_text_and_place(void **state)
{
	static struct datagram d;
	struct fake *fake = *state;

	add_error(&d, 1, -EINVAL, "invalid option value.\n", 52);
	answer(fake, &d);
	add_error(&d, 2, 0, NULL, 0);
	answer(fake, &d);
	ask(fake);
	assert_int_equal(nb_rtnl_request(fake->nl), -EINVAL);
	assert_string_equal(nb_rtnl_text(fake->nl), "invalid option value");
	assert_int_equal(nb_rtnl_offset(fake->nl), 52);
	/* The next request knows nothing of it. */
	ask(fake);
	assert_int_equal(nb_rtnl_request(fake->nl), 0);
	assert_string_equal(nb_rtnl_text(fake->nl), "");
	assert_int_equal(nb_rtnl_offset(fake->nl), 0);
}

static void test_long_text_is_cut(void **state)
{
	static struct datagram d;
	struct fake *fake = *state;
	char text[240];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	add_error(&d, 1, -EPERM, text, 0);
	answer(fake, &d);
	ask(fake);
	assert_int_equal(nb_rtnl_request(fake->nl), -EPERM);
	assert_string_equal(nb_rtnl_text(fake->nl), text);
}

static void test_uncapped_refusal_is_read_behind_the_echo(void **state)
{
	static struct datagram d;
	struct fake *fake = *state;
	struct {
		struct nlmsgerr error;
		char request[16]; /* struct ifinfomsg */
		struct nlattr attr;
		char text[8];
	} data = { .error = { .error = -EBUSY, .msg.nlmsg_len = NLMSG_HDRLEN + 16 },
		.attr = { .nla_len = NLA_HDRLEN + 5, .nla_type = NLMSGERR_ATTR_MSG },
		.text = "busy" };

	add(&d, NLMSG_ERROR, NLM_F_ACK_TLVS, 1, &data, sizeof(data));
	answer(fake, &d);
	ask(fake);
	assert_int_equal(nb_rtnl_request(fake->nl), -EBUSY);
	assert_string_equal(nb_rtnl_text(fake->nl), "busy");
}

static void test_answer_to_an_earlier_request_is_passed_over(void **state)
{
	static struct datagram d;
	struct fake *fake = *state;

	add_error(&d, 77, -EIO, "late", 0);
	answer(fake, &d);
	add_error(&d, 76, -EIO, "later", 0);
	add_error(&d, 1, 0, NULL, 0);
	answer(fake, &d);
	ask(fake);
	assert_int_equal(nb_rtnl_request(fake->nl), 0);
	assert_string_equal(nb_rtnl_text(fake->nl), "");
}

static void test_no_answer_is_a_timeout(void **state)
{
	struct fake *fake = *state;

	ask(fake);
	assert_int_equal(nb_rtnl_request(fake->nl), -ETIMEDOUT);
}

static void test_answer_that_is_none_is_refused(void **state)
{
	static struct datagram d;
	struct fake *fake = *state;
	const uint32_t short_error = 1;

	add(&d, NLMSG_ERROR, 0, 1, &short_error, 2);
	answer(fake, &d);
	ask(fake);
	assert_int_equal(nb_rtnl_request(fake->nl), -EBADMSG);
	add_part(&d, 2, 1, 0); /* data where an ACK is due */
	answer(fake, &d);
	ask(fake);
	assert_int_equal(nb_rtnl_request(fake->nl), -EBADMSG);
	add_error(&d, 3, 5, NULL, 0); /* a positive errno */
	answer(fake, &d);
	ask(fake);
	assert_int_equal(nb_rtnl_request(fake->nl), -EBADMSG);
}

static void test_question_gets_its_answer_or_error(void **state)
{
	static struct datagram d;
	struct fake *fake = *state;

	add_part(&d, 1, 42, 0);
	answer(fake, &d);
	ask(fake);
	assert_int_equal(nb_rtnl_get(fake->nl, count_part, fake), 0);
	assert_int_equal(fake->last, 42);
	add_error(&d, 2, -ENODEV, NULL, 0);
	answer(fake, &d);
	ask(fake);
	assert_int_equal(nb_rtnl_get(fake->nl, count_part, fake), -ENODEV);
	assert_int_equal(fake->messages, 1);
}

static void test_dump_of_many_parts_is_read_to_its_end(void **state)
{
	static struct datagram d;
	struct fake *fake = *state;
	struct nlmsghdr header;

	for (uint32_t i = 1; i <= 30; i++) {
		add_part(&d, 1, i, 0);
		if (i % 10 == 0)
			answer(fake, &d);
	}
	add_done(&d, 1, 0, 0);
	answer(fake, &d);
	assert_int_equal(dump(fake), 0);
	assert_int_equal(fake->messages, 30);
	assert_int_equal(fake->last, 30);
	assert_int_equal(fake->restarts, 0);
	assert_int_equal(recv(fake->kernel, &header, sizeof(header), MSG_DONTWAIT), sizeof(header));
	assert_int_equal(header.nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
}

static void test_interrupted_dump_begins_again(void **state)
{
	static struct datagram d;
	struct fake *fake = *state;

	add_part(&d, 1, 1, 0);
	answer(fake, &d);
	add_part(&d, 1, 2, NLM_F_DUMP_INTR);
	add_part(&d, 1, 3, 0);
	add_done(&d, 1, 0, 0);
	answer(fake, &d);
	/* The flag may stand on the last message alone. */
	add_part(&d, 2, 1, 0);
	add_done(&d, 2, 0, NLM_F_DUMP_INTR);
	answer(fake, &d);
	add_part(&d, 3, 1, 0);
	add_part(&d, 3, 9, 0);
	add_done(&d, 3, 0, 0);
	answer(fake, &d);
	assert_int_equal(dump(fake), 0);
	assert_int_equal(fake->restarts, 2);
	assert_int_equal(fake->messages, 2);
	assert_int_equal(fake->last, 9);
}

static void test_dump_interrupted_every_time_gives_up(void **state)
{
	static struct datagram d;
	struct fake *fake = *state;

	for (uint32_t i = 1; i <= NB_RTNL_DUMP_TRIES; i++) {
		add_done(&d, i, 0, NLM_F_DUMP_INTR);
		answer(fake, &d);
	}
	assert_int_equal(dump(fake), -EAGAIN);
	assert_int_equal(nb_rtnl_count(fake->nl), NB_RTNL_DUMP_TRIES);
}

static void test_part_that_does_not_fit_begins_the_dump_again(void **state)
{
	static struct datagram d;
	static char large[40000];
	struct fake *fake = *state;
	const uint32_t number = 5;

	memcpy(large, &number, sizeof(number));
	add(&d, RTM_NEWLINK, NLM_F_MULTI, 1, large, sizeof(large));
	add_done(&d, 1, 0, 0); /* the end is lost with it */
	answer(fake, &d);
	/* The second reading is answered when it is asked for: the first one has no end. */
	assert_int_equal(dump(fake), -ETIMEDOUT);
	assert_int_equal(fake->restarts, 1);
	assert_int_equal(fake->messages, 0);
	add(&d, RTM_NEWLINK, NLM_F_MULTI, 3, large, sizeof(large));
	add_done(&d, 3, 0, 0);
	answer(fake, &d);
	assert_int_equal(dump(fake), 0);
	assert_int_equal(fake->messages, 1);
	assert_int_equal(fake->last, 5);
}

static void test_refused_dump_tells_errno_and_text(void **state)
{
	static struct datagram d;
	struct fake *fake = *state;
	struct {
		int error;
		struct nlattr attr;
		char text[8];
	} done = { .error = -EINVAL, .attr = { NLA_HDRLEN + 7, NLMSGERR_ATTR_MSG }, .text = "strict" };

	add_error(&d, 1, -EOPNOTSUPP, "no dump", 0);
	answer(fake, &d);
	assert_int_equal(dump(fake), -EOPNOTSUPP);
	assert_string_equal(nb_rtnl_text(fake->nl), "no dump");
	add(&d, NLMSG_DONE, NLM_F_MULTI | NLM_F_ACK_TLVS, 2, &done, sizeof(done));
	answer(fake, &d);
	assert_int_equal(dump(fake), -EINVAL);
	assert_string_equal(nb_rtnl_text(fake->nl), "strict");
}

static void test_handler_that_fails_ends_a_dump_that_is_still_read(void **state)
{
	static struct datagram d;
	struct fake *fake = *state;

	add_part(&d, 1, 1, 0);
	answer(fake, &d);
	add_part(&d, 1, 2, 0);
	answer(fake, &d);
	add_done(&d, 1, 0, 0);
	answer(fake, &d);
	add_error(&d, 2, 0, NULL, 0);
	answer(fake, &d);
	fake->handler_result = -ENOMEM;
	assert_int_equal(dump(fake), -ENOMEM);
	assert_int_equal(fake->messages, 1);
	ask(fake);
	assert_int_equal(nb_rtnl_request(fake->nl), 0);
}

static int take_loopback(void *context, const struct nlmsghdr *message)
{
	const struct ifinfomsg *header = nlmsg_data(message);

	if (header->ifi_index == 1 && header->ifi_flags & IFF_LOOPBACK)
		*(bool *)context = true;
	return 0;
}

static void ignore_restart(void *context)
{
}

static void test_real_socket_finds_the_loopback(void **state)
{
	struct nb_rtnl *nl;
	bool found = false;
	const struct nb_rtnl_sink sink = { take_loopback, ignore_restart, &found };

	assert_int_equal(nb_rtnl_open(&nl), 0);
	assert_non_null(nlmsg_put(
		nb_rtnl_message(nl), 0, 0, RTM_GETLINK, sizeof(struct ifinfomsg), 0));
	memset(nlmsg_data((struct nlmsghdr *)nb_rtnl_last(nl)), 0, sizeof(struct ifinfomsg));
	assert_int_equal(nb_rtnl_dump(nl, &sink), 0);
	assert_true(found);
	nb_rtnl_free(nl);
}

/* The helper opens it for a daemon that may not: a name must never lead elsewhere. */
static void test_bonding_file_has_the_name_of_a_device(void **state)
{
	static const char *const names[] = { "", ".", "..", "a/b", "../dev", "sixteen-letters-" };
	int fd;

	for (size_t i = 0; i < NB_ARRAY_SIZE(names); i++)
		assert_int_equal(nb_netns_bonding_inside(-EBADF, names[i], &fd), -EINVAL);
}

#define FAKE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE(test_request_is_sent_once_and_acknowledged),
		FAKE(test_refusal_has_errno_text_and_place),
		FAKE(test_long_text_is_cut),
		FAKE(test_uncapped_refusal_is_read_behind_the_echo),
		FAKE(test_answer_to_an_earlier_request_is_passed_over),
		FAKE(test_no_answer_is_a_timeout),
		FAKE(test_answer_that_is_none_is_refused),
		FAKE(test_question_gets_its_answer_or_error),
		FAKE(test_dump_of_many_parts_is_read_to_its_end),
		FAKE(test_interrupted_dump_begins_again),
		FAKE(test_dump_interrupted_every_time_gives_up),
		FAKE(test_part_that_does_not_fit_begins_the_dump_again),
		FAKE(test_refused_dump_tells_errno_and_text),
		FAKE(test_handler_that_fails_ends_a_dump_that_is_still_read),
		cmocka_unit_test(test_real_socket_finds_the_loopback),
		cmocka_unit_test(test_bonding_file_has_the_name_of_a_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
