/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "writer.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

TAILQ_HEAD(jobs, writer_job);

struct writer {
	pthread_t thread;
	pthread_mutex_t lock; /* of all below */
	pthread_cond_t more;
	struct jobs todo;
	struct jobs done;
	_Atomic unsigned int nb_done; /* looked at without the lock */
	bool end;
};

static void *
work(void *arg)
{
	struct writer *w = arg;
	struct writer_job *job;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while ((job = TAILQ_FIRST(&w->todo)) == NULL && !w->end)
			pthread_cond_wait(&w->more, &w->lock);
		if (job == NULL)
			break;
		TAILQ_REMOVE(&w->todo, job, link);
		pthread_mutex_unlock(&w->lock);
		job->run(job);
		pthread_mutex_lock(&w->lock);
		TAILQ_INSERT_TAIL(&w->done, job, link);
		atomic_fetch_add_explicit(&w->nb_done, 1, memory_order_release);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* Signals are the poll loop's. */
static bool
start(struct writer *w)
{
	sigset_t all, before;
	bool ok;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ok = pthread_create(&w->thread, NULL, work, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ok;
}

struct writer *
writer_create(void)
{
	struct writer *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	TAILQ_INIT(&w->todo);
	TAILQ_INIT(&w->done);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	if (start(w))
		return w;
	free(w);
	return NULL;
}

void
writer_add(struct writer *w, struct writer_job *job)
{
	pthread_mutex_lock(&w->lock);
	TAILQ_INSERT_TAIL(&w->todo, job, link);
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
}

struct writer_job *
writer_done(struct writer *w)
{
	struct writer_job *job;

	if (atomic_load_explicit(&w->nb_done, memory_order_acquire) == 0)
		return NULL;
	pthread_mutex_lock(&w->lock);
	job = TAILQ_FIRST(&w->done);
	TAILQ_REMOVE(&w->done, job, link);
	atomic_fetch_sub_explicit(&w->nb_done, 1, memory_order_relaxed);
	pthread_mutex_unlock(&w->lock);
	return job;
}

void
writer_finish(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->end = true;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
}

void
writer_destroy(struct writer *w)
{
	pthread_cond_destroy(&w->more);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
