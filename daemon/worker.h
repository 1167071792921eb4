/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One thread for what may block: files on a disk that may itself lie behind a bond. The event loop
 * never waits for it.
 */

#include <stdbool.h>
#include <systemd/sd-event.h>

struct nbd_worker;

#define NBD_WORKER_JOBS 1024 /* at most that many wait */

/**
 * nbd_worker_new() - a worker without work; its thread starts with the first
 *
 * Return: 0; -ENOMEM, -EMFILE; a negative errno.
 */
int nbd_worker_new(sd_event *event, struct nbd_worker **ret);

/**
 * nbd_worker_run() - have @work(@context) run by the thread, then @done(@context) by the event loop
 *
 * One after the other, in the order given. Return: 0; -EAGAIN too many wait; -ENOMEM; the thread
 * cannot be made. Where it failed, neither is called.
 */
int nbd_worker_run(struct nbd_worker *worker, void (*work)(void *context),
	void (*done)(void *context), void *context);

/**
 * nbd_worker_wait() - wait until the thread has done all it was given, but at most @usec
 *
 * Each @done is called later, by the event loop. Return: whether it has.
 */
bool nbd_worker_wait(struct nbd_worker *worker, uint64_t usec);

/**
 * nbd_worker_free() - end the thread when its work is done, but within @usec
 *
 * Each @done is called. NULL is fine. Return: whether it ended. If not, it is stuck at a disk and
 * goes on using its work: that must not be freed. The program is about to end.
 */
bool nbd_worker_free(struct nbd_worker *worker, uint64_t usec);
