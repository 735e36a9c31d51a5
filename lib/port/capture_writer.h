/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The thread that writes a capture's file: the lcore gives it copies and never waits for the disk.
 * When the file cannot be written it says so once in the log, writes no more and frees what comes.
 */
#ifndef RTLS_PORT_CAPTURE_WRITER_H
#define RTLS_PORT_CAPTURE_WRITER_H

#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <rte_mbuf.h>
#include <rte_ring.h>
#include <rte_thread.h>

#include "port/capture_file.h"

struct capture_writer {
	struct rte_ring *ring; /* to the thread */
	sem_t wake;
	atomic_bool stop;
	atomic_int error; /* -errno: it writes no more */
	rte_thread_t thread;
	/* The thread's, and the lcore's again once it is joined. */
	struct capture_file file;
	const char *who; /* for the log */
	bool said;
	uint64_t received, missed; /* for the statistics at the end of the file */
};

/*
 * Makes the file and the thread, with room for so many copies under way. Borrows who until
 * capture_writer_stop(). 0, -ENOMEM, -EAGAIN: no thread, or why the file cannot be made; then there
 * is nothing to stop.
 */
int capture_writer_start(struct capture_writer *w, const char *path, uint16_t port_id,
			 const char *who, uint32_t room);

/* Takes a copy; the thread looks at it after capture_writer_wake(). */
void capture_writer_put(struct capture_writer *w, struct rte_mbuf *copy);
void capture_writer_wake(struct capture_writer *w);

/* 0, or why it writes no more. */
int capture_writer_error(const struct capture_writer *w);

/* Writes what it was given and the statistics, waits for that and frees all. Returns its error. */
int capture_writer_stop(struct capture_writer *w, uint64_t received, uint64_t missed);

#endif
