/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A thread that does what may wait for a disk, so that the poll loop does not. */
#ifndef FILESERVER_WRITER_H
#define FILESERVER_WRITER_H

#include <sys/queue.h>

/* Part of what is to be worked on, whose owner does not touch it until writer_done() gives it back. */
struct writer_job {
	void (*run)(struct writer_job *job); /* on the thread */
	TAILQ_ENTRY(writer_job) link;
};

struct writer;

/* NULL: no memory, or no thread. */
struct writer *writer_create(void);

/* Jobs are done in the order in which they are given. */
void writer_add(struct writer *w, struct writer_job *job);

/* The next one that is done, or NULL. Cheap where there is none. */
struct writer_job *writer_done(struct writer *w);

/* Waits until all jobs are done; none may be added any more. */
void writer_finish(struct writer *w);

/* Behind writer_finish(), when all were given back. */
void writer_destroy(struct writer *w);

#endif
