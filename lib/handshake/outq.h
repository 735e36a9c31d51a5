/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What libssl was told is sent, and the socket had no room for: bytes, records
 * and one key, in the order in which libssl gave them. While anything waits
 * here, nothing goes past it.
 */
#ifndef RTLS_HANDSHAKE_OUTQ_H
#define RTLS_HANDSHAKE_OUTQ_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <recordtls/guard.h>

enum {
	/* A record's content type, or this: bytes as they are, from before keys. */
	OUTQ_RAW = 0,
	/* A flight with a long certificate chain fits (libssl accepts 100 KiB of one). */
	OUTQ_LIMIT = 256 * 1024,
};

struct outq {
	uint8_t *buf; /* items: struct item, then its bytes */
	size_t cap;
	size_t head;
	size_t tail;
	size_t sent;     /* bytes of the head item that the socket took */
	bool data_waits; /* an item of application data is among them */
	bool keys_wait;
	size_t keys_behind;    /* bytes of buf that go out before the keys */
	struct rtls_keys keys; /* in place: queuing them cannot fail */
};

/* The socket has no room now and will have some; its other refusals are for good. */
static inline bool
is_shortage(ssize_t rc)
{
	return rc == -EAGAIN || rc == -ENOMEM;
}

void outq_init(struct outq *q);

/* Copies. 0, or -ENOMEM: OUTQ_LIMIT is reached or there is no memory; nothing changed. */
int outq_put(struct outq *q, uint8_t kind, const void *bytes, size_t len);

/* Keys of the sending direction, behind all that waits. Not while other keys wait. */
void outq_put_keys(struct outq *q, const struct rtls_keys *keys);

/*
 * Hands the socket what it takes. 0: nothing waits any more; -EAGAIN: no room;
 * another errno is the socket's last word.
 */
int outq_drain(struct outq *q, const struct rtls_guard *g);

static inline bool
outq_empty(const struct outq *q)
{
	return q->head == q->tail && !q->keys_wait;
}

/* Wipes and frees. */
void outq_fini(struct outq *q);

#endif
