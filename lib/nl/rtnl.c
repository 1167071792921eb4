/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/nl/rtnl.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <netlink/msg.h>

#include "lib/core/util.h"

/* What the kernel fills at once for a dump (netlink_recvmsg() caps it at 32 KiB). */
#define BUFFER_BYTES 32768
#define BUFFER_BYTES_MAX (1 << 24)
#define TIMEOUT_S 10

struct nb_rtnl {
	int fd;
	uint32_t sequence; /* of the last request */
	uint64_t count;
	struct nl_msg *message;
	char *buffer;
	size_t capacity;
	uint32_t offset;
	char text[256];
};

/* One reading of a dump. */
struct pass {
	bool interrupted; /* a change came between two parts */
	bool lost;	  /* a part did not fit the socket or the buffer */
	int result;
};

static int set_options(int fd)
{
	static const int options[] = { NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK };
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	const int on = 1;

	for (size_t i = 0; i < NB_ARRAY_SIZE(options); i++)
		if (setsockopt(fd, SOL_NETLINK, options[i], &on, sizeof(on)) < 0)
			return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
		return -errno;
	return 0;
}

int nb_rtnl_open(struct nb_rtnl **ret)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	return fd < 0 ? -errno : nb_rtnl_adopt(fd, ret);
}

int nb_rtnl_adopt(int fd, struct nb_rtnl **ret)
{
	int r = set_options(fd);

	if (r < 0) {
		close(fd);
		return r;
	}
	return nb_rtnl_new(fd, ret);
}

int nb_rtnl_new(int fd, struct nb_rtnl **ret)
{
	NB_CLEANUP(nb_rtnl_freep) struct nb_rtnl *nl = calloc(1, sizeof(*nl));

	if (!nl) {
		close(fd);
		return -ENOMEM;
	}
	nl->fd = fd;
	nl->message = nlmsg_alloc_size(NB_RTNL_MESSAGE_BYTES);
	nl->buffer = malloc(BUFFER_BYTES);
	if (!nl->message || !nl->buffer)
		return -ENOMEM;
	nl->capacity = BUFFER_BYTES;
	*ret = nb_steal(&nl);
	return 0;
}

struct nb_rtnl *nb_rtnl_free(struct nb_rtnl *nl)
{
	if (!nl)
		return NULL;
	close(nl->fd);
	if (nl->message)
		nlmsg_free(nl->message);
	free(nl->buffer);
	free(nl);
	return NULL;
}

int nb_rtnl_fd(const struct nb_rtnl *nl)
{
	return nl->fd;
}

const char *nb_rtnl_text(const struct nb_rtnl *nl)
{
	return nl->text;
}

uint32_t nb_rtnl_offset(const struct nb_rtnl *nl)
{
	return nl->offset;
}

const struct nlmsghdr *nb_rtnl_last(const struct nb_rtnl *nl)
{
	return nlmsg_hdr(nl->message);
}

uint64_t nb_rtnl_count(const struct nb_rtnl *nl)
{
	return nl->count;
}

struct nl_msg *nb_rtnl_message(struct nb_rtnl *nl)
{
	/* libnl takes the fill level from the header; nlmsg_put() writes the rest of it. */
	nlmsg_hdr(nl->message)->nlmsg_len = NLMSG_HDRLEN;
	return nl->message;
}

static int send_request(struct nb_rtnl *nl, int flags)
{
	struct nlmsghdr *header = nlmsg_hdr(nl->message);
	ssize_t n;

	nl->text[0] = '\0';
	nl->offset = 0;
	header->nlmsg_flags |= NLM_F_REQUEST | flags;
	header->nlmsg_pid = 0;
	header->nlmsg_seq = ++nl->sequence;
	nl->count++;
	do
		n = send(nl->fd, header, header->nlmsg_len, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/*
 * One datagram. Return: its length, which is above the capacity when it was cut; -ETIMEDOUT;
 * -ENOBUFS.
 */
static ssize_t receive(struct nb_rtnl *nl, int flags)
{
	struct sockaddr_nl from = { 0 };
	struct iovec part = { nl->buffer, nl->capacity };
	struct msghdr message = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	ssize_t n;

	do {
		n = recvmsg(nl->fd, &message, MSG_TRUNC | flags);
		if (n < 0 && errno == EAGAIN)
			return -ETIMEDOUT;
		/* nl_pid 0 is the kernel; another process has nothing to say here. */
	} while ((n < 0 && errno == EINTR) || (n > 0 && from.nl_pid != 0));
	if (n == 0)
		return -ECONNRESET;
	return n < 0 ? -errno : n;
}

/* The attributes of an extended ACK (netlink_ack()) or of the end of a dump. */
static void keep_extack(struct nb_rtnl *nl, const struct nlattr *attribute, int size)
{
	for (; nla_ok(attribute, size); attribute = nla_next(attribute, &size)) {
		int length = nla_len(attribute);

		if (nla_type(attribute) == NLMSGERR_ATTR_MSG && length > 0) {
			size_t n = NB_MIN((size_t)length, sizeof(nl->text) - 1);

			memcpy(nl->text, nla_data(attribute), n);
			nl->text[n] = '\0';
			n = strlen(nl->text);
			while (n > 0 && (nl->text[n - 1] == '.' || nl->text[n - 1] == '\n'))
				nl->text[--n] = '\0';
		} else if (nla_type(attribute) == NLMSGERR_ATTR_OFFS && length == 4) {
			nl->offset = nla_get_u32(attribute);
		}
	}
}

/* An NLMSG_ERROR. Return: its errno, 0 for an ACK. */
static int read_error(struct nb_rtnl *nl, const struct nlmsghdr *header)
{
	const struct nlmsgerr *error = nlmsg_data(header);
	size_t skip = sizeof(*error);

	if (nlmsg_datalen(header) < (int)sizeof(*error) || error->error > 0)
		return -EBADMSG;
	/* A failed request comes back whole unless it was capped; the attributes lie behind. */
	if (!(header->nlmsg_flags & NLM_F_CAPPED) && error->error != 0)
		skip += NLMSG_ALIGN(error->msg.nlmsg_len) - NLMSG_HDRLEN;
	if (header->nlmsg_flags & NLM_F_ACK_TLVS && skip < (size_t)nlmsg_datalen(header))
		keep_extack(nl, (const void *)((const char *)error + skip),
			nlmsg_datalen(header) - (int)skip);
	return error->error;
}

/* NLMSG_DONE carries an errno and, since 4.20, attributes. */
static int read_done(struct nb_rtnl *nl, const struct nlmsghdr *header)
{
	int error;

	if (nlmsg_datalen(header) < (int)sizeof(error))
		return 0;
	memcpy(&error, nlmsg_data(header), sizeof(error));
	if (header->nlmsg_flags & NLM_F_ACK_TLVS)
		keep_extack(nl, (const void *)((const char *)nlmsg_data(header) + NLMSG_ALIGN(4)),
			nlmsg_datalen(header) - NLMSG_ALIGN(4));
	return error > 0 ? -EBADMSG : error;
}

/* Reads until the answer to the last request came; @handler may be NULL: only an ACK will do. */
static int read_answer(struct nb_rtnl *nl, nb_rtnl_handler handler, void *context)
{
	for (;;) {
		const struct nlmsghdr *header = (const void *)nl->buffer;
		ssize_t n = receive(nl, 0);
		int rest;

		if (n < 0)
			return (int)n;
		if ((size_t)n > nl->capacity)
			return -EMSGSIZE;
		for (rest = (int)n; nlmsg_ok(header, rest);
			header = nlmsg_next((struct nlmsghdr *)header, &rest)) {
			if (header->nlmsg_seq != nl->sequence)
				continue; /* of a request that was given up */
			if (header->nlmsg_type == NLMSG_ERROR)
				return read_error(nl, header);
			if (!handler)
				return -EBADMSG;
			return handler(context, header);
		}
	}
}

int nb_rtnl_request(struct nb_rtnl *nl)
{
	int r = send_request(nl, NLM_F_ACK);

	return r < 0 ? r : read_answer(nl, NULL, NULL);
}

int nb_rtnl_get(struct nb_rtnl *nl, nb_rtnl_handler handler, void *context)
{
	int r = send_request(nl, 0);

	return r < 0 ? r : read_answer(nl, handler, context);
}

static int grow_buffer(struct nb_rtnl *nl, size_t need)
{
	char *buffer;

	if (need > BUFFER_BYTES_MAX)
		return -EMSGSIZE;
	buffer = realloc(nl->buffer, need);
	if (!buffer)
		return -ENOMEM;
	nl->buffer = buffer;
	nl->capacity = need;
	return 0;
}

/* The messages of one datagram. Return: 1 the dump has ended, 0 more is to come. */
static int read_parts(struct nb_rtnl *nl, ssize_t n, const struct nb_rtnl_sink *sink,
	struct pass *pass)
{
	const struct nlmsghdr *header = (const void *)nl->buffer;
	int rest = (int)n;

	for (; nlmsg_ok(header, rest); header = nlmsg_next((struct nlmsghdr *)header, &rest)) {
		if (header->nlmsg_seq != nl->sequence)
			continue;
		if (header->nlmsg_flags & NLM_F_DUMP_INTR)
			pass->interrupted = true;
		if (header->nlmsg_type == NLMSG_ERROR || header->nlmsg_type == NLMSG_DONE) {
			int r = header->nlmsg_type == NLMSG_ERROR ? read_error(nl, header) :
								    read_done(nl, header);

			if (pass->result == 0)
				pass->result = r;
			return 1;
		}
		if (!pass->interrupted && !pass->lost && pass->result == 0)
			pass->result = sink->message(sink->context, header);
	}
	return 0;
}

/*
 * Reads a dump to its end, whatever happens: the kernel refuses the next one on this socket
 * (-EBUSY, __netlink_dump_start()) while this one runs.
 */
static int read_dump(struct nb_rtnl *nl, const struct nb_rtnl_sink *sink, struct pass *pass)
{
	for (;;) {
		/*
		 * The end may have been in what was lost. recvmsg() itself makes the next part
		 * (netlink_dump()), so there is no need to wait for one.
		 */
		ssize_t n = receive(nl, pass->lost ? MSG_DONTWAIT : 0);
		int r;

		if (n == -ETIMEDOUT && pass->lost)
			return 0;
		if (n == -ENOBUFS) {
			pass->lost = true;
			continue;
		}
		if (n < 0)
			return (int)n;
		if ((size_t)n > nl->capacity) {
			pass->lost = true;
			r = grow_buffer(nl, (size_t)n);
			if (r < 0)
				return r;
			continue;
		}
		if (read_parts(nl, n, sink, pass) == 1)
			return pass->result;
	}
}

int nb_rtnl_dump(struct nb_rtnl *nl, const struct nb_rtnl_sink *sink)
{
	for (unsigned try = 0; try < NB_RTNL_DUMP_TRIES; try++) {
		struct pass pass = { 0 };
		int r;

		if (try > 0)
			sink->restart(sink->context);
		r = send_request(nl, NLM_F_DUMP);
		if (r == 0)
			r = read_dump(nl, sink, &pass);
		if (pass.interrupted || pass.lost)
			r = r == 0 || r == -EINTR ? -EAGAIN : r;
		if (r != -EAGAIN)
			return r;
	}
	return -EAGAIN;
}
