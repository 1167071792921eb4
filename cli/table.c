/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/table.h"

#include <assert.h>
#include <string.h>

#include "cli/term.h"

#define GAP 2
#define BELOW_INDENT 4

void nbc_table_add(struct nbc_table *table, const char *const *cells)
{
	assert(table->n_columns > 0 && table->n_columns <= NBC_COLUMNS_MAX);
	for (size_t i = 0; i < table->n_columns; i++) {
		if (nb_grow(&table->cells, table->n_cells, &table->capacity, sizeof(char *)) < 0)
			nbc_die_of_memory();
		table->cells[table->n_cells] = strdup(cells[i] ? cells[i] : "");
		if (!table->cells[table->n_cells++])
			nbc_die_of_memory();
	}
}

void nbc_table_done(struct nbc_table *table)
{
	for (size_t i = 0; i < table->n_cells; i++)
		free(table->cells[i]);
	free(table->cells);
	table->cells = NULL;
	table->n_cells = table->capacity = 0;
}

/* How the columns are laid out. */
struct layout {
	unsigned width[NBC_COLUMNS_MAX];
	size_t n; /* columns side by side */
	bool dropped[NBC_COLUMNS_MAX];
};

static unsigned natural_width(const struct nbc_table *table, size_t column)
{
	const char *title = table->columns[column].title;
	unsigned width = nbc_cells(title, strlen(title));

	for (size_t i = column; i < table->n_cells; i += table->n_columns)
		width = NB_MAX(width, nbc_cells(table->cells[i], strlen(table->cells[i])));
	return width;
}

static unsigned total_width(const struct layout *layout)
{
	unsigned total = 0;

	for (size_t i = 0; i < layout->n; i++)
		total += layout->dropped[i] ? 0 : layout->width[i] + (total ? GAP : 0);
	return total;
}

/* The column that can give most, n when none can give anything. */
static size_t widest(const struct nbc_table *table, const struct layout *layout)
{
	unsigned most = 0;
	size_t found = layout->n;

	for (size_t i = 0; i < layout->n; i++) {
		unsigned least = layout->dropped[i] ? 0 : table->columns[i].least;

		if (least && layout->width[i] > least && layout->width[i] - least > most) {
			most = layout->width[i] - least;
			found = i;
		}
	}
	return found;
}

static void shrink(const struct nbc_table *table, struct layout *layout, unsigned width)
{
	while (total_width(layout) > width) {
		size_t i = widest(table, layout);

		if (i == layout->n)
			return;
		layout->width[i]--;
	}
}

/* @n columns side by side, as narrow as they need to be. Return: whether they fit. */
static bool fit(const struct nbc_table *table, unsigned width, size_t n, struct layout *layout)
{
	layout->n = n;
	for (size_t i = 0; i < n; i++)
		layout->width[i] = natural_width(table, i);
	shrink(table, layout, width);
	return total_width(layout) <= width;
}

/* Return: whether there was one to leave out. */
static bool drop_one(const struct nbc_table *table, struct layout *layout)
{
	size_t found = layout->n;

	for (size_t i = 0; i < layout->n; i++) {
		unsigned drop = layout->dropped[i] ? 0 : table->columns[i].drop;

		if (drop && (found == layout->n || drop > table->columns[found].drop))
			found = i;
	}
	if (found == layout->n)
		return false;
	layout->dropped[found] = true;
	return true;
}

static void lay_out(const struct nbc_table *table, unsigned width, struct layout *layout)
{
	size_t n = table->n_columns;

	if (fit(table, width, n, layout))
		return;
	if (table->columns[n - 1].below)
		n--;
	while (!fit(table, width, n, layout) && drop_one(table, layout))
		;
}

/* @cell: the whole, of which @bytes at @text are printed; NULL for a title. */
static void print_part(const struct nbc *nbc, const struct nbc_column *column, const char *cell,
	const char *text, size_t bytes)
{
	enum nbc_colour colour = cell && column->paint ? column->paint(cell) : NBC_PLAIN;

	if (colour != NBC_PLAIN)
		fputs(nbc_colour(nbc, nbc->out, colour), nbc->out);
	fprintf(nbc->out, "%.*s", (int)bytes, text);
	if (colour != NBC_PLAIN)
		fputs(nbc_colour(nbc, nbc->out, NBC_PLAIN), nbc->out);
}

/*
 * One line of a row; moves each cell on to what is left of it. @row: the whole cells, NULL for
 * the titles. Returns whether something is left.
 */
static bool print_line(const struct nbc_table *table, const struct layout *layout,
	const struct nbc *nbc, char *const *row, const char **cells)
{
	unsigned pending = 0;
	bool more = false;

	for (size_t i = 0; i < layout->n; i++) {
		const char *text = cells[i];
		size_t bytes = 0;

		if (layout->dropped[i])
			continue;
		if (text)
			cells[i] = nbc_wrap_line(text, layout->width[i], &bytes);
		more = more || cells[i];
		if (bytes) {
			fprintf(nbc->out, "%*s", (int)pending, "");
			print_part(nbc, &table->columns[i], row ? row[i] : NULL, text, bytes);
			pending = 0;
		}
		pending += layout->width[i] - (bytes ? nbc_cells(text, bytes) : 0) + GAP;
	}
	fputc('\n', nbc->out);
	return more;
}

static void print_row(const struct nbc_table *table, const struct layout *layout,
	const struct nbc *nbc, char *const *row)
{
	const char *cells[NBC_COLUMNS_MAX] = { 0 };

	for (size_t i = 0; i < layout->n; i++)
		cells[i] = layout->dropped[i] ? NULL : row[i];
	while (print_line(table, layout, nbc, row, cells))
		;
	if (layout->n < table->n_columns && *row[layout->n])
		nbc_wrap(nbc, nbc->out, row[layout->n], BELOW_INDENT, 0);
}

void nbc_table_print(const struct nbc_table *table, const struct nbc *nbc)
{
	const char *titles[NBC_COLUMNS_MAX] = { 0 };
	struct layout layout = { 0 };

	lay_out(table, nbc->width, &layout);
	for (size_t i = 0; i < layout.n; i++)
		titles[i] = table->columns[i].title;
	fputs(nbc_colour(nbc, nbc->out, NBC_BOLD), nbc->out);
	print_line(table, &layout, nbc, NULL, titles);
	fputs(nbc_colour(nbc, nbc->out, NBC_PLAIN), nbc->out);
	for (size_t i = 0; i + table->n_columns <= table->n_cells; i += table->n_columns)
		print_row(table, &layout, nbc, &table->cells[i]);
}
