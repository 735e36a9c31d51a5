/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/outq.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include <recordtls/io.h>

struct item {
	uint32_t len;
	uint8_t kind;
	uint8_t reserved[3];
};

_Static_assert(sizeof(struct item) == 8, "headers are copied, not cast, and keep this size");

void
outq_init(struct outq *q)
{
	memset(q, 0, sizeof(*q));
}

/* Room for `need` bytes behind the tail: by moving to the front first, then by growing. */
static int
make_room(struct outq *q, size_t need)
{
	size_t used = q->tail - q->head;
	size_t cap = q->cap != 0 ? q->cap : 4096;
	uint8_t *buf;

	if (need > OUTQ_LIMIT - used)
		return -ENOMEM;
	if (q->cap - q->tail >= need)
		return 0;
	if (q->cap - used >= need) {
		memmove(q->buf, q->buf + q->head, used);
		OPENSSL_cleanse(q->buf + used, q->tail - used);
		q->head = 0;
		q->tail = used;
		return 0;
	}
	while (cap - used < need)
		cap *= 2;
	buf = OPENSSL_malloc(cap);
	if (buf == NULL)
		return -ENOMEM;
	if (used != 0)
		memcpy(buf, q->buf + q->head, used);
	OPENSSL_clear_free(q->buf, q->cap);
	q->buf = buf;
	q->cap = cap;
	q->head = 0;
	q->tail = used;
	return 0;
}

int
outq_put(struct outq *q, uint8_t kind, const void *bytes, size_t len)
{
	struct item it = { .kind = kind };
	int rc;

	if (len > OUTQ_LIMIT - sizeof(it))
		return -ENOMEM;
	rc = make_room(q, sizeof(it) + len);
	if (rc < 0)
		return rc;
	it.len = (uint32_t)len;
	memcpy(q->buf + q->tail, &it, sizeof(it));
	memcpy(q->buf + q->tail + sizeof(it), bytes, len);
	q->tail += sizeof(it) + len;
	if (kind == RTLS_TYPE_DATA)
		q->data_waits = true;
	return 0;
}

void
outq_put_keys(struct outq *q, const struct rtls_keys *keys)
{
	q->keys = *keys;
	q->keys_behind = q->tail - q->head;
	q->keys_wait = true;
}

static int
drain_keys(struct outq *q, struct rtls_sock *sock)
{
	int rc = rtls_set_keys(sock, RTLS_TX, &q->keys);

	if (is_shortage(rc))
		return -EAGAIN;
	if (rc < 0)
		return rc;
	OPENSSL_cleanse(&q->keys, sizeof(q->keys));
	q->keys_wait = false;
	return 0;
}

static ssize_t
send_control(struct rtls_sock *sock, uint8_t type, uint8_t *bytes, size_t len)
{
	struct iovec iov = { .iov_base = bytes, .iov_len = len };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = type };

	return rtls_sendmsg(sock, &m, 0);
}

/* The head item, as far as it goes. 0: it is gone. */
static int
drain_item(struct outq *q, const struct rtls_guard *g)
{
	uint8_t *bytes = q->buf + q->head + sizeof(struct item);
	struct item it;
	ssize_t n;

	memcpy(&it, q->buf + q->head, sizeof(it));
	while (q->sent < it.len) {
		/* Raw bytes only are for the guard: what libssl gave as plaintext needs keys. */
		if (it.kind == OUTQ_RAW)
			n = rtls_guard_send(g, bytes + q->sent, it.len - q->sent, 0);
		else if (it.kind == RTLS_TYPE_DATA)
			n = rtls_send(g->sock, bytes + q->sent, it.len - q->sent, 0);
		else
			n = send_control(g->sock, it.kind, bytes, it.len);
		if (n == 0 || is_shortage(n))
			return -EAGAIN;
		if (n < 0)
			return (int)n;
		q->sent += (size_t)n;
	}
	OPENSSL_cleanse(q->buf + q->head, sizeof(it) + it.len);
	q->head += sizeof(it) + it.len;
	if (q->keys_wait)
		q->keys_behind -= sizeof(it) + it.len;
	q->sent = 0;
	/* A writer has one refused data write at most. */
	if (it.kind == RTLS_TYPE_DATA)
		q->data_waits = false;
	return 0;
}

int
outq_drain(struct outq *q, const struct rtls_guard *g)
{
	int rc;

	while (!outq_empty(q)) {
		if (q->keys_wait && q->keys_behind == 0)
			rc = drain_keys(q, g->sock);
		else
			rc = drain_item(q, g);
		if (rc < 0)
			return rc;
	}
	q->head = 0;
	q->tail = 0;
	return 0;
}

void
outq_fini(struct outq *q)
{
	OPENSSL_clear_free(q->buf, q->cap);
	OPENSSL_cleanse(q, sizeof(*q));
}
