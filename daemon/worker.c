/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/worker.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES (256u * 1024)

struct job {
	struct job *next;
	void (*work)(void *context);
	void (*done)(void *context);
	void *context;
};

struct queue {
	struct job *first, **last;
};

struct nbd_worker {
	pthread_mutex_t lock;
	pthread_cond_t wake, idle;
	pthread_t thread;
	bool running;	   /* there is a thread */
	bool end;	   /* it shall end when nothing is left */
	struct queue waiting, finished;
	bool working;	   /* on a job that is in neither */
	unsigned n_jobs;   /* in either queue or at work; the event loop's own */
	int event_fd;	   /* readable: something finished */
	sd_event_source *source;
};

static void push(struct queue *queue, struct job *job)
{
	job->next = NULL;
	*queue->last = job;
	queue->last = &job->next;
}

static struct job *pop(struct queue *queue)
{
	struct job *job = queue->first;

	if (job && !(queue->first = job->next))
		queue->last = &queue->first;
	return job;
}

static void *labour(void *argument)
{
	struct nbd_worker *worker = argument;
	struct job *job;

	pthread_mutex_lock(&worker->lock);
	for (;;) {
		while (!(job = pop(&worker->waiting)) && !worker->end)
			pthread_cond_wait(&worker->wake, &worker->lock);
		if (!job)
			break;
		worker->working = true;
		pthread_mutex_unlock(&worker->lock);
		job->work(job->context);
		pthread_mutex_lock(&worker->lock);
		worker->working = false;
		push(&worker->finished, job);
		eventfd_write(worker->event_fd, 1);
		pthread_cond_signal(&worker->idle);
	}
	pthread_mutex_unlock(&worker->lock);
	return NULL;
}

static void finish_jobs(struct nbd_worker *worker)
{
	struct job *job;

	for (;;) {
		pthread_mutex_lock(&worker->lock);
		job = pop(&worker->finished);
		pthread_mutex_unlock(&worker->lock);
		if (!job)
			return;
		worker->n_jobs--;
		job->done(job->context);
		free(job);
	}
}

static int on_finished(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	eventfd_t count;

	eventfd_read(fd, &count);
	finish_jobs(userdata);
	return 0;
}

int nbd_worker_new(sd_event *event, struct nbd_worker **ret)
{
	struct nbd_worker *worker = calloc(1, sizeof(*worker));
	int r;

	if (!worker)
		return -ENOMEM;
	/* A second heap for a thread that hardly uses one would be memory for nothing. */
	mallopt(M_ARENA_MAX, 1);
	pthread_mutex_init(&worker->lock, NULL);
	pthread_cond_init(&worker->wake, NULL);
	pthread_cond_init(&worker->idle, NULL);
	worker->waiting.last = &worker->waiting.first;
	worker->finished.last = &worker->finished.first;
	worker->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	r = worker->event_fd < 0 ? -errno :
		sd_event_add_io(event, &worker->source, worker->event_fd, EPOLLIN, on_finished,
			worker);
	if (r < 0) {
		nbd_worker_free(worker, 0);
		return r;
	}
	*ret = worker;
	return 0;
}

/* Signals are for the event loop. */
static int start_thread(struct nbd_worker *worker)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&worker->thread, &attributes, labour, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	worker->running = r == 0;
	return -r;
}

int nbd_worker_run(struct nbd_worker *worker, void (*work)(void *context),
	void (*done)(void *context), void *context)
{
	struct job *job;
	int r = 0;

	if (worker->n_jobs >= NBD_WORKER_JOBS)
		return -EAGAIN;
	if (!worker->running)
		r = start_thread(worker);
	if (r < 0)
		return r;
	job = malloc(sizeof(*job));
	if (!job)
		return -ENOMEM;
	*job = (struct job){ .work = work, .done = done, .context = context };
	worker->n_jobs++;
	pthread_mutex_lock(&worker->lock);
	push(&worker->waiting, job);
	pthread_cond_signal(&worker->wake);
	pthread_mutex_unlock(&worker->lock);
	return 0;
}

/* The moment @usec from now, as pthreads want it. */
static struct timespec moment(uint64_t usec)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)(usec / 1000000);
	until.tv_nsec += (long)(usec % 1000000 * 1000);
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	return until;
}

bool nbd_worker_wait(struct nbd_worker *worker, uint64_t usec)
{
	const struct timespec until = moment(usec);
	bool idle;
	int r = 0;

	pthread_mutex_lock(&worker->lock);
	while (!(idle = !worker->waiting.first && !worker->working) && r == 0)
		r = pthread_cond_timedwait(&worker->idle, &worker->lock, &until);
	pthread_mutex_unlock(&worker->lock);
	return idle;
}

static bool join(struct nbd_worker *worker, uint64_t usec)
{
	const struct timespec until = moment(usec);

	pthread_mutex_lock(&worker->lock);
	worker->end = true;
	pthread_cond_signal(&worker->wake);
	pthread_mutex_unlock(&worker->lock);
	return pthread_timedjoin_np(worker->thread, NULL, &until) == 0;
}

bool nbd_worker_free(struct nbd_worker *worker, uint64_t usec)
{
	if (!worker)
		return true;
	if (worker->running && !join(worker, usec))
		return false;
	finish_jobs(worker);
	sd_event_source_disable_unref(worker->source);
	if (worker->event_fd >= 0)
		close(worker->event_fd);
	pthread_cond_destroy(&worker->wake);
	pthread_cond_destroy(&worker->idle);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
	return true;
}
