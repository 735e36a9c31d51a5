/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Files that hold the test pattern, and what their transfer puts on the wire. */
#ifndef RTLS_EAL_FILES_H
#define RTLS_EAL_FILES_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "eal/half.h"

/* Writes the pattern's bytes there. */
static inline void
file_write(int fd, uint64_t off, uint64_t len)
{
	uint8_t bytes[8192];
	uint64_t n;

	for (; len > 0; off += n, len -= n) {
		n = len < sizeof(bytes) ? len : sizeof(bytes);
		pair_fill(bytes, off, n);
		CU_ASSERT_EQUAL_FATAL(pwrite(fd, bytes, n, (off_t)off), (ssize_t)n);
	}
}

/* A file without a name; the caller's, unless rtls_file_open() takes it. */
static inline int
file_make(uint64_t size)
{
	FILE *tmp = tmpfile();
	int fd;

	CU_ASSERT_FATAL(tmp != NULL);
	fd = dup(fileno(tmp));
	fclose(tmp);
	CU_ASSERT_FATAL(fd >= 0);
	file_write(fd, 0, size);
	return fd;
}

/* The reader thread lives in real time: lets a little of both pass. */
static inline void
file_wait(struct pair *p)
{
	nanosleep(&(struct timespec){ .tv_nsec = 20000 }, NULL);
	pair_turn(p);
}

/* The bytes that the far end received. */
struct sink {
	struct half *h;
	uint8_t *bytes;
	size_t len;
	size_t at; /* of the next record to look at */
};

enum { SINK_CAP = 2 << 20 };

static inline void
sink_init(struct sink *s, struct half *h)
{
	*s = (struct sink){ .h = h, .bytes = malloc(SINK_CAP) };
	CU_ASSERT_FATAL(s->bytes != NULL);
}

static inline void
sink_take(struct sink *s)
{
	ssize_t n;

	while ((n = rtls_recv(s->h->socks[FAR], s->bytes + s->len, SINK_CAP - s->len, 0)) > 0)
		s->len += (size_t)n;
	CU_ASSERT_EQUAL_FATAL(n, -EAGAIN);
}

/* Takes all that is under way. */
static inline void
sink_fill(struct pair *p, struct sink *s)
{
	size_t before;

	do {
		before = s->len;
		pair_settle(p);
		sink_take(s);
	} while (s->len != before);
	/* Nagle-like delays and delayed ACKs. */
	pair_pass(p, 500000);
	sink_take(s);
}

/* Opens the next record, which must hold the pattern from off on. Its length, or -1. */
static inline ssize_t
sink_record(struct sink *s, uint8_t type, uint64_t off)
{
	static uint8_t plain[PEER_WIRE_MAX];
	uint32_t plain_len = 0;
	uint8_t got = 0;
	int n = peer_open(&s->h->opens, s->bytes + s->at, s->len - s->at, &got, plain, &plain_len);

	CU_ASSERT_FATAL(n > 0);
	CU_ASSERT_EQUAL(got, type);
	CU_ASSERT_FATAL(pair_matches(plain, off, plain_len));
	s->at += (size_t)n;
	return plain_len;
}

static inline void
sink_fini(struct sink *s)
{
	free(s->bytes);
}

/* Sends it all, or to the end of the file: bytes, or an error other than -EAGAIN. */
static inline ssize_t
file_send(struct pair *p, struct sink *s, struct rtls_file *f, uint64_t off, size_t len, int flags)
{
	size_t done = 0;
	ssize_t n;

	for (int tries = 0;; tries++) {
		CU_ASSERT_FATAL(tries < 200000);
		n = rtls_sendfile(s->h->socks[NEAR], f, off + done, len - done, flags);
		if (n >= 0) {
			CU_ASSERT_FATAL((size_t)n <= len - done);
			done += (size_t)n;
			if (n == 0 || done == len)
				break;
		} else if (n != -EAGAIN) {
			return n;
		}
		file_wait(p);
		sink_take(s);
	}
	sink_fill(p, s);
	return (ssize_t)done;
}

#endif
