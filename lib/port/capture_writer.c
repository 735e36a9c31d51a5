/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "port/capture_writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>

#include "log/note.h"

enum { BURST = 64 };

static void
fail(struct capture_writer *w, int error)
{
	if (error == 0 || w->error != 0)
		return;
	note_once(&w->said, NOTE_CAPTURE_ENDED, w->who, "%s", strerror(-error));
	atomic_store_explicit(&w->error, error, memory_order_release);
}

static void
write_ring(struct capture_writer *w)
{
	struct rte_mbuf *pkts[BURST];
	unsigned int n;

	while ((n = rte_ring_sc_dequeue_burst(w->ring, (void **)pkts, BURST, NULL)) != 0) {
		if (w->error != 0)
			rte_pktmbuf_free_bulk(pkts, n);
		else
			fail(w, capture_file_write(&w->file, pkts, (uint16_t)n));
	}
}

static uint32_t
writer_main(void *arg)
{
	struct capture_writer *w = arg;
	bool stop = false;
	sigset_t set;

	/* A limit for files is an error like any other, not the program's end. */
	sigemptyset(&set);
	sigaddset(&set, SIGXFSZ);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	while (!stop) {
		while (sem_wait(&w->wake) != 0)
			; /* EINTR is all that can happen */
		/* First this, then what came before it. */
		stop = atomic_load_explicit(&w->stop, memory_order_acquire);
		write_ring(w);
	}
	if (w->error == 0)
		fail(w, capture_file_stats(&w->file, w->received, w->missed));
	return 0;
}

static int
start_thread(struct capture_writer *w, const char *path, uint16_t port_id)
{
	int rc = capture_file_open(&w->file, path, port_id, w->who);

	if (rc != 0)
		return rc;
	if (rte_thread_create_control(&w->thread, "rtls-cap", writer_main, w) == 0)
		return 0;
	capture_file_close(&w->file);
	return -EAGAIN;
}

static void
free_all(struct capture_writer *w)
{
	rte_ring_free(w->ring);
	sem_destroy(&w->wake);
}

int
capture_writer_start(struct capture_writer *w, const char *path, uint16_t port_id, const char *who,
		     uint32_t room)
{
	char name[RTE_RING_NAMESIZE];
	int rc;

	memset(w, 0, sizeof(*w));
	w->who = who;
	snprintf(name, sizeof(name), "rtls_cap_%u", port_id);
	w->ring = rte_ring_create(name, rte_align32pow2(room + 1), rte_eth_dev_socket_id(port_id),
				  RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (w->ring == NULL)
		return -ENOMEM;
	sem_init(&w->wake, 0, 0);
	rc = start_thread(w, path, port_id);
	if (rc != 0)
		free_all(w);
	return rc;
}

void
capture_writer_put(struct capture_writer *w, struct rte_mbuf *copy)
{
	/* It holds as many as there are. */
	rte_ring_sp_enqueue(w->ring, copy);
}

void
capture_writer_wake(struct capture_writer *w)
{
	sem_post(&w->wake);
}

int
capture_writer_error(const struct capture_writer *w)
{
	return atomic_load_explicit(&w->error, memory_order_acquire);
}

int
capture_writer_stop(struct capture_writer *w, uint64_t received, uint64_t missed)
{
	w->received = received;
	w->missed = missed;
	atomic_store_explicit(&w->stop, true, memory_order_release);
	sem_post(&w->wake);
	rte_thread_join(w->thread, NULL);
	capture_file_close(&w->file);
	free_all(w);
	return w->error;
}
