/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/transaction.h"

#include <string.h>
#include <unistd.h>

#include "cli/term.h"

static int on_progress(sd_bus_message *m, void *context, sd_bus_error *error)
{
	struct nbc_transaction *t = context;
	const char *text;
	unsigned done, total;

	if (!nb_streq(sd_bus_message_get_path(m), t->path) ||
		sd_bus_message_read(m, "uus", &done, &total, &text) < 0)
		return 0;
	fprintf(t->nbc->out, "operation %u of %u: %s\n", done, total, text);
	fflush(t->nbc->out);
	return 0;
}

static int on_finished(sd_bus_message *m, void *context, sd_bus_error *error)
{
	struct nbc_transaction *t = context;
	const char *path, *result;

	if (t->result || sd_bus_message_read(m, "os", &path, &result) < 0 ||
		!nb_streq(path, t->path))
		return 0;
	t->result = strdup(result);
	if (!t->result)
		nbc_die_of_memory();
	return 0;
}

int nbc_transaction_listen(struct nbc_client *c, struct nbc_transaction *t)
{
	int r = nbc_client_listen(
		c, "interface='" NBC_BUS_TRANSACTION "',member='Progress'", on_progress, t);

	if (r == 0)
		r = nbc_client_listen(c, "interface='" NBC_BUS_MANAGER "',member='TransactionFinished'",
			on_finished, t);
	return r;
}

void nbc_transaction_done(struct nbc_transaction *t)
{
	free(t->path);
	free(t->result);
}

bool nbc_is_agreed(const struct nbc *nbc, const char *class, const char *question)
{
	char answer[16] = "";

	if (nb_streq(class, nb_class_name(NB_CLASS_LIVE)) || !isatty(STDIN_FILENO) ||
		!isatty(fileno(nbc->out)))
		return true;
	fprintf(nbc->out, "This disrupts traffic (class %s). %s [y/N] ", class, question);
	fflush(nbc->out);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	fprintf(nbc->out, "Nothing was changed.\n");
	return false;
}
