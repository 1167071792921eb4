/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * From the text of a file to a configuration, and from the text of a snapshot to a state. The
 * schema is DESIGN "The file"; docs of the snapshot's additions stand in snapshot.h.
 */

#include "lib/core/config.h"

enum nb_yaml_flags {
	NB_YAML_SNAPSHOT = 1u << 0, /* the file may hold `links:` and `kernel:`, which are passed over */
};

/**
 * nb_yaml_load() - read one file into a configuration
 * @name:    of the file, as the user knows it
 * @text:    @size bytes, no NUL needed behind them
 * @flags:   enum nb_yaml_flags
 * @config:  what the file says is added to it: bonds and namespaces of the same key merge; the
 *           same value or list set by two files is an error that shows both places
 * @diag:    receives every problem of the file; not NULL, and it must outlive the marks
 *
 * Checks each value by itself; what one thing means for another is nb_rules_check()'s, which the
 * caller runs after the last file, also after errors: an option whose value was wrong counts as
 * named without having a value. Nothing is read beyond the bounds of nb_yaml_limits_config.
 *
 * Return: 0; -EBADMSG (then @config holds what could be read); -ENOMEM; -E2BIG too many files.
 */
int nb_yaml_load(const char *name, const char *text, size_t size, unsigned flags,
	struct nb_config *config, struct nb_diag *diag);

/**
 * nb_yaml_load_state() - read a snapshot as a state
 * @ret:  new state, owned by the caller (nb_state_free())
 *
 * Return: 0; -EBADMSG; -ENOMEM; -E2BIG. On failure *@ret is untouched.
 */
int nb_yaml_load_state(const char *name, const char *text, size_t size, struct nb_state **ret,
	struct nb_diag *diag);
