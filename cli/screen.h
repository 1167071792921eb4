/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A terminal that one command has for itself, by the escape codes that every terminal since the VT100
 * has (ECMA-48).
 */

#include "cli/command.h"

/** nbc_screen_wanted() - whether the output is a terminal that can be drawn on */
bool nbc_screen_wanted(const struct nbc *nbc);

/** nbc_screen_take() - the other screen, without a cursor; nbc_screen_give() gives it back */
void nbc_screen_take(const struct nbc *nbc);

/** nbc_screen_give() - the terminal as it was */
void nbc_screen_give(const struct nbc *nbc);

/** nbc_screen_measure() - set nbc->width. Return: the rows. Both may change at any time. */
unsigned nbc_screen_measure(struct nbc *nbc);

/**
 * nbc_screen_show() - lines ended by \n over what stands there, without a flicker
 * @rows:  at most so many lines; one less than the screen has, as a newline in the last one scrolls
 */
void nbc_screen_show(const struct nbc *nbc, const char *text, unsigned rows);
