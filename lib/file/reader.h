/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The thread that reads files for a stack, because a read can block. Between it
 * and the stack's lcore are two rings: chunks to fill, chunks that were filled.
 * A chunk is a record buffer of the stack: the thread writes the plaintext where
 * the record layer seals it. Everything but the read itself runs on the lcore.
 */
#ifndef RTLS_FILE_READER_H
#define RTLS_FILE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

enum { READER_LANE_MAX = 16 };

struct rtls_sock;
struct reader;

struct reader_file {
	int fd;
	uint32_t refs; /* the program's handle and each chunk under way */
};

/* Between reader_ask() and reader_next_filled() got, failed and the buffer are the thread's. */
struct reader_chunk {
	struct reader_chunk *next; /* in its lane, or among those that are free */
	struct reader_file *file;
	struct rte_mbuf *m;
	struct rtls_sock *owner; /* NULL: nobody wants it any more */
	uint64_t off;
	uint32_t len;
	uint32_t room; /* of its buffer, whoever has that */
	uint32_t got;  /* bytes read, fewer than len at the end of the file */
	bool failed;
	bool filled; /* back on the lcore */
};

/* What is read ahead for one socket: consecutive chunks of one file. */
struct reader_lane {
	struct reader_chunk *first; /* NULL: nothing */
	uint32_t count;
	uint32_t room; /* of the buffers of all chunks */
};

/* With room for max_chunks under way, and no thread yet. 0 or -ENOMEM. */
int reader_create(uint32_t max_chunks, const char *name, int socket_id, struct reader **out);

/* Before the first reader_ask(): the thread is there from now on. 0 or -EAGAIN: none to be had. */
int reader_start(struct reader *r);

/* Stops the thread; 0, or -EAGAIN while chunks are under way. NULL is fine. */
int reader_destroy(struct reader *r);

/* Takes m on success and asks for len bytes at off. The thread is told by the next
 * reader_next_filled(). 0 or -ENOBUFS. */
int reader_ask(struct reader *r, struct rtls_sock *owner, struct reader_lane *lane,
	       struct reader_file *file, uint64_t off, uint32_t len, struct rte_mbuf *m);

/* Is there what the thread may not know of? */
bool reader_unwoken(const struct reader *r);

/* Are chunks under way? */
bool reader_busy(const struct reader *r);

/*
 * Once per poll: wakes the thread for all that was asked for since, which is a system call where it
 * sleeps. Hands out what was filled, until it returns NULL: the owner of the chunk. Frees orphans.
 */
struct rtls_sock *reader_next_filled(struct reader *r);

static inline struct reader_chunk *
reader_lane_head(const struct reader_lane *lane)
{
	return lane->first;
}

/* Behind the last chunk asked for; there is one. */
uint64_t reader_lane_end(const struct reader_lane *lane);

/* Drops the head chunk, which is filled; its buffer, unless NULL by now, is freed. */
void reader_lane_pop(struct reader *r, struct reader_lane *lane);

/* Drops everything: what is under way is freed when it is filled. */
void reader_lane_reset(struct reader *r, struct reader_lane *lane);

/* Closes the file when this was the last reference. */
void reader_file_unref(struct reader_file *f);

#endif
