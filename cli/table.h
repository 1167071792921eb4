/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Columns of text, fitted to the width of the terminal.
 */

#include "cli/term.h"

struct nbc_column {
	const char *title;
	unsigned least; /* columns it may shrink to by wrapping; 0: it never wraps */
	bool below;	/* the last one only: stands below its row where .least does not fit */
	unsigned drop;	/* left out where all that does not help, the highest first; 0: never */
	enum nbc_colour (*paint)(const char *cell); /* NULL: plain */
};

#define NBC_COLUMNS_MAX 8

/* Zero with .columns and .n_columns set is an empty one. */
struct nbc_table {
	const struct nbc_column *columns;
	size_t n_columns; /* up to NBC_COLUMNS_MAX */
	char **cells;	  /* row by row */
	size_t n_cells, capacity;
};

/** nbc_table_add() - append a row of n_columns texts, which are copied; NULL is "" */
void nbc_table_add(struct nbc_table *table, const char *const *cells);

/** nbc_table_print() - to nbc->out, with titles */
void nbc_table_print(const struct nbc_table *table, const struct nbc *nbc);

/** nbc_table_done() - free the cells */
void nbc_table_done(struct nbc_table *table);
