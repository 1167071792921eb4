/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Names of namespaces: files below a folder that is a mount of its own, onto which they are bound.
 */

#include <stdbool.h>

/**
 * nb_pin_folder() - make the folder of pins what it has to be
 * @shared:  pins must appear in, and go from, the mount namespaces that exist already; else in none
 *           of them
 *
 * Return: a descriptor of it, locked against another netbond (and iproute2); a negative errno.
 */
int nb_pin_folder(const char *path, bool shared);

/**
 * nb_pin_file() - make the file to bind a namespace onto
 *
 * Return: 0 it is there; 1 something is mounted there already, or an empty file that a killed
 * process left behind is not what lies there; a negative errno.
 */
int nb_pin_file(const char *path);

/** nb_pin_is_leftover() - whether it is a pin whose maker died before the mount */
bool nb_pin_is_leftover(const char *path);

/** nb_pin_bind() - pin a namespace. @from: a file of it below /proc. Return: 0, a negative errno. */
int nb_pin_bind(const char *from, const char *path);

/** nb_pin_remove() - unmount and remove it; none is fine. Return: 0, a negative errno. */
int nb_pin_remove(const char *path);
