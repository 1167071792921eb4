/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/http.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Bytes that come before @deadline. Return: their number, 0 the end; -ETIMEDOUT, -errno. */
static ssize_t read_some(int fd, char *into, size_t size, int64_t deadline)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	int64_t left = deadline - now_ms();
	ssize_t n;
	int r = poll(&poller, 1, (int)NB_MAX(left, (int64_t)0));

	if (r < 0)
		return errno == EINTR ? -ETIMEDOUT : -errno;
	if (r == 0)
		return -ETIMEDOUT;
	n = read(fd, into, size);
	return n < 0 ? -errno : n;
}

/* The next word of a line, up to a blank. */
static size_t word(const char *p)
{
	return strcspn(p, " \t\r\n");
}

static bool is_header(const char *line, const char *name)
{
	size_t length = strlen(name);

	return strncasecmp(line, name, length) == 0 && line[length] == ':';
}

static void parse_headers(const char *p, struct nbc_http_request *ret)
{
	while ((p = strchr(p, '\n'))) {
		size_t length = strcspn(++p, "\r\n");

		if (is_header(p, "accept") &&
			memmem(p, length, "application/openmetrics-text", 28))
			ret->openmetrics = true;
	}
}

void nbc_http_parse(const char *head, struct nbc_http_request *ret)
{
	size_t method = word(head), target;
	const char *p = head + method;

	*ret = (struct nbc_http_request){ .status = 400 };
	if (method == 0 || *p != ' ')
		return;
	target = word(++p);
	if (*p != '/' || strncmp(p + target, " HTTP/1.", 8) != 0)
		return;
	ret->head = method == 4 && strncmp(head, "HEAD", 4) == 0;
	ret->status = ret->head || (method == 3 && strncmp(head, "GET", 3) == 0) ? 200 : 405;
	target = strcspn(p, "? \t\r\n");
	if (target < sizeof(ret->path))
		memcpy(ret->path, p, target);
	parse_headers(p, ret);
}

int nbc_http_read(int fd, struct nbc_http_request *ret)
{
	int64_t deadline = now_ms() + NBC_HTTP_MS;
	char head[NBC_HTTP_BYTES + 1];
	size_t length = 0;

	*ret = (struct nbc_http_request){ 0 };
	for (;;) {
		ssize_t n;

		if (length == NBC_HTTP_BYTES) {
			ret->status = 431;
			return 0;
		}
		n = read_some(fd, head + length, NBC_HTTP_BYTES - length, deadline);
		if (n == -ETIMEDOUT && length) {
			ret->status = 408;
			return 0;
		}
		if (n <= 0)
			return n < 0 ? (int)n : -ECONNRESET;
		length += (size_t)n;
		head[length] = '\0';
		/* Lines may end without CR (RFC 9112, 2.2). */
		if (memmem(head, length, "\r\n\r\n", 4) || memmem(head, length, "\n\n", 2))
			break;
	}
	nbc_http_parse(head, ret);
	return 0;
}

static const char *reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 408:
		return "Request Timeout";
	case 431:
		return "Request Header Fields Too Large";
	}
	return "Bad Request";
}

void nbc_http_answer(FILE *out, const struct nbc_http_request *request, const char *type,
	const char *body)
{
	fprintf(out,
		"HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%sConnection: close\r\n\r\n",
		request->status, reason(request->status), type, strlen(body),
		request->status == 405 ? "Allow: GET, HEAD\r\n" : "");
	if (!request->head)
		fputs(body, out);
}
