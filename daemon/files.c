/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/files.h"

#include <errno.h>
#include <string.h>

#include "daemon/log.h"
#include "lib/yaml/load.h"
#include "lib/yaml/statedir.h"

uint64_t nbd_files_hash(struct nbd *d)
{
	const char *const one[] = { d->options->config_dir, NULL };
	uint64_t hash = 0;

	return nb_load_set_hash(d->options->config_dir ? one : nb_load_folders, &hash) < 0 ? 0 : hash;
}

/* /var may come late, be read-only or full: that costs the fallback at the next boot, no more. */
static void tell(struct nbd *d, int r, const char *what)
{
	if (r < 0)
		nbd_log(LOG_NOTICE, NULL, "%s: %s: %s", d->options->state_dir, what, strerror(-r));
}

bool nbd_files_mark(struct nbd *d, uint64_t files)
{
	bool was_marked = nb_statedir_is_marked(d->options->state_dir, files);
	int r = nb_statedir_mark(d->options->state_dir, files);

	tell(d, r, "after a power cut during this try the files would rule");
	return r == 0 && !was_marked;
}

void nbd_files_unmark(struct nbd *d)
{
	tell(d, nb_statedir_unmark(d->options->state_dir),
		"at the next boot the files will be passed over as never confirmed");
}

void nbd_files_confirm(struct nbd *d)
{
	tell(d, nb_statedir_unmark(d->options->state_dir), "the confirmation cannot be kept");
	if (nbd_reconciler_config(d->reconciler))
		tell(d, nb_statedir_save(d->options->state_dir,
				nbd_reconciler_config(d->reconciler)),
			"the last good configuration cannot be kept");
}

int nbd_files_good(struct nbd *d, bool broken, struct nb_config **ret, const char **ret_why)
{
	NB_CLEANUP(nb_diag_done) struct nb_diag diag = { 0 };
	const char *dir = d->options->state_dir;
	bool marked = !broken && nb_statedir_is_marked(dir, nbd_files_hash(d));
	int r;

	if (!broken && !marked)
		return 0;
	r = nb_statedir_load(dir, ret, &diag);
	if (r == -ENOMEM)
		return r;
	if (r == -EBADMSG)
		nbd_log_problems(&diag, 0);
	else if (r < 0 && r != -ENOENT)
		tell(d, r, "the last good configuration cannot be read");
	if (r < 0 && marked)
		nbd_log(LOG_WARNING, NULL,
			"the files were tried and never confirmed, but nothing else is known to be good: they rule");
	*ret_why = broken ? "the files have errors; the last good configuration is in force"
			  : "the files were tried and never confirmed; the last good configuration is in force";
	return r == 0;
}
