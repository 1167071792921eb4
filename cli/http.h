/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One request over HTTP/1.x (RFC 9112), on a connection that somebody accepted. Just what a
 * scraper needs: GET and HEAD, the connection closed after the answer.
 */

#include <stdio.h>
#include <unistd.h>

#include "lib/core/util.h"

#define NBC_HTTP_BYTES 8192 /* of a request's head; more is 431 */
#define NBC_HTTP_MS 10000   /* for its arrival; more is 408 */

struct nbc_http_request {
	int status;	  /* 200, or what is wrong with it */
	bool head;	  /* HEAD: the answer has no body */
	char path[64];	  /* without the query; "" for one that is longer: none of ours */
	bool openmetrics; /* the client takes application/openmetrics-text */
};

/**
 * nbc_http_read() - read the head of a request
 *
 * Return: 0, .status says whether it makes sense; a negative errno: there is nobody to answer.
 */
int nbc_http_read(int fd, struct nbc_http_request *ret);

/** nbc_http_parse() - the same of a head that was read, NUL-terminated */
void nbc_http_parse(const char *head, struct nbc_http_request *ret);

/** nbc_http_answer() - write the answer; @body is shown for 200, and as the reason else */
void nbc_http_answer(FILE *out, const struct nbc_http_request *request, const char *type,
	const char *body);
