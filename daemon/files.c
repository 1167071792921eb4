/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/files.h"

#include <errno.h>
#include <string.h>

#include "daemon/history.h"
#include "daemon/log.h"
#include "daemon/worker.h"
#include "lib/yaml/load.h"
#include "lib/yaml/statedir.h"

#define WAIT_USEC 2000000u

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

enum deed { MARK, UNMARK, CONFIRM };

static const char *const in_vain[] = {
	[MARK] = "after a power cut during this try the files would rule",
	[UNMARK] = "at the next boot the files will be passed over as never confirmed",
	[CONFIRM] = "the confirmation cannot be kept",
};

/* What the worker does, one after the other. */
struct task {
	struct nbd *d;
	enum deed deed;
	uint64_t files;		  /* MARK */
	struct nb_config *config; /* CONFIRM; NULL: none is in force */
	bool was_marked;
	int mark, save;		  /* how it went */
};

static void do_task(void *context)
{
	struct task *task = context;
	const char *dir = task->d->options->state_dir;

	if (task->deed == MARK) {
		task->was_marked = nb_statedir_is_marked(dir, task->files);
		task->mark = nb_statedir_mark(dir, task->files);
	} else {
		task->mark = nb_statedir_unmark(dir);
	}
	if (task->config)
		task->save = nb_statedir_save(dir, task->config);
}

static void task_done(void *context)
{
	struct task *task = context;

	tell(task->d, task->mark, in_vain[task->deed]);
	tell(task->d, task->save, "the last good configuration cannot be kept");
	nb_config_free(task->config);
	free(task);
}

/*
 * @config is the task's afterwards. Return: the task, good until the event loop's next turn; NULL
 * when it is not done yet, or cannot be.
 */
static const struct task *run_task(
	struct nbd *d, enum deed deed, uint64_t files, struct nb_config *config)
{
	struct nbd_worker *worker = nbd_history_worker(d->history);
	struct task *task = calloc(1, sizeof(*task));
	int r = -ENOMEM;

	if (task) {
		*task = (struct task){ .d = d, .deed = deed, .files = files, .config = config };
		r = nbd_worker_run(worker, do_task, task_done, task);
	}
	if (r < 0) {
		tell(d, r, in_vain[deed]);
		nb_config_free(config);
		free(task);
		return NULL;
	}
	if (nbd_worker_wait(worker, WAIT_USEC))
		return task;
	tell(d, -ETIMEDOUT, "the disk does not answer; which files are good is kept when it does");
	return NULL;
}

bool nbd_files_mark(struct nbd *d, uint64_t files)
{
	const struct task *task = run_task(d, MARK, files, NULL);

	return task && task->mark == 0 && !task->was_marked;
}

void nbd_files_unmark(struct nbd *d)
{
	run_task(d, UNMARK, 0, NULL);
}

void nbd_files_confirm(struct nbd *d)
{
	const struct nb_config *config = nbd_reconciler_config(d->reconciler);
	struct nb_config *copy = NULL;

	if (config && nb_config_copy(config, &copy) < 0)
		tell(d, -ENOMEM, "the last good configuration cannot be kept");
	run_task(d, CONFIRM, 0, copy);
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
