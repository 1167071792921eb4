/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One look at what a plan waits for.
 */

#include "lib/core/exec.h"

struct nb_space;

/**
 * nb_wait_usable() - whether a slave of bond op->link other than op->master is usable
 *
 * Return: 0 yes; -EAGAIN not yet; another negative errno with @error told.
 */
int nb_wait_usable(struct nb_space *space, const struct nb_op *op, struct nb_exec_error *error);

/**
 * nb_wait_address() - whether op->address of op->link has passed duplicate address detection
 *
 * Return: 0 yes; -EAGAIN still tentative; -EADDRINUSE another host has it; -EADDRNOTAVAIL it is
 * not there; another negative errno. @error is told but for 0 and -EAGAIN.
 */
int nb_wait_address(struct nb_space *space, const struct nb_op *op, struct nb_exec_error *error);

/**
 * nb_wait_follow() - whether op->link, a device upon another, has done what that one did
 *
 * Up to Linux 6.12 it has when the request for the lower device is answered (vlan_device_event());
 * on 7.2 a VLAN goes up or down, and takes the smaller MTU, up to 16 ms later (measured), which would
 * undo what was put back meanwhile.
 *
 * Return: 0 it is as op->set and op->mtu say, or not there any more; -EAGAIN not yet; another
 * negative errno with @error told.
 */
int nb_wait_follow(struct nb_space *space, const struct nb_op *op, struct nb_exec_error *error);
