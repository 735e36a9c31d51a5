/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/fake_sock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "core/record.h"
#include "support/harness.h"

enum {
	HEADER = 5,
	TAG = 16,
	PLAIN_MAX = 16384,
};

static void
die(const char *what)
{
	printf("Bail out! fake_sock: %s\n", what);
	exit(EXIT_FAILURE);
}

void
fake_bytes_add(struct fake_bytes *q, const void *bytes, size_t len)
{
	if (len == 0)
		return;
	if (q->cap - q->len < len) {
		q->cap = (q->len + len) * 2;
		q->buf = realloc(q->buf, q->cap);
		if (q->buf == NULL)
			die("no memory");
	}
	memcpy(q->buf + q->len, bytes, len);
	q->len += len;
}

void
fake_bytes_drop(struct fake_bytes *q, size_t len)
{
	if (len > q->len)
		die("dropped more than there is");
	if (len != 0)
		memmove(q->buf, q->buf + len, q->len - len);
	q->len -= len;
}

void
fake_bytes_free(struct fake_bytes *q)
{
	free(q->buf);
	memset(q, 0, sizeof(*q));
}

void
fake_sock_init(struct rtls_sock *k, uint64_t seed)
{
	memset(k, 0, sizeof(*k));
	k->rand = seed;
}

void
fake_sock_fini(struct rtls_sock *k)
{
	fake_bytes_free(&k->in);
	fake_bytes_free(&k->out);
	fake_bytes_free(&k->ahead);
}

/* RFC 8446 5.2 and 5.3, on one record; returns its length, or -1 when the tag is wrong. */
static long
aead(const struct fake_engine *e, bool seal, const uint8_t header[HEADER], const uint8_t *in,
     size_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t body = seal ? len : len - TAG;
	uint8_t nonce[12];
	int n = 0;
	bool ok;

	memcpy(nonce, e->keys.iv, sizeof(nonce));
	for (unsigned int i = 0; i < 8; i++)
		nonce[4 + i] ^= (uint8_t)(e->rec_no >> (56 - 8 * i));
	ok = ctx != NULL &&
	     EVP_CipherInit_ex(ctx, EVP_aes_128_gcm(), NULL, e->keys.key, nonce, seal) == 1 &&
	     EVP_CipherUpdate(ctx, NULL, &n, header, HEADER) == 1 &&
	     EVP_CipherUpdate(ctx, out, &n, in, (int)body) == 1;
	if (!ok)
		die("EVP");
	if (!seal)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG,
				    (void *)(uintptr_t)(in + body));
	ok = EVP_CipherFinal_ex(ctx, out + body, &n) == 1;
	if (seal)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, out + body);
	EVP_CIPHER_CTX_free(ctx);
	if (!ok)
		return -1;
	return (long)(seal ? body + TAG : body);
}

static void
seal_record(struct fake_engine *e, struct fake_bytes *to, uint8_t type, const void *bytes,
	    size_t len)
{
	uint8_t inner[PLAIN_MAX + 1], out[PLAIN_MAX + 1 + TAG];
	uint8_t header[HEADER] = { 23, 3, 3 };

	if (len > PLAIN_MAX)
		die("record too long");
	if (len != 0)
		memcpy(inner, bytes, len);
	inner[len] = type;
	header[3] = (uint8_t)((len + 1 + TAG) >> 8);
	header[4] = (uint8_t)(len + 1 + TAG);
	aead(e, true, header, inner, len + 1, out);
	e->rec_no++;
	fake_bytes_add(to, header, HEADER);
	fake_bytes_add(to, out, len + 1 + TAG);
}

void
fake_sock_inject(struct rtls_sock *k, uint8_t type, const void *bytes, size_t len)
{
	struct fake_engine peer = k->rx;

	seal_record(&peer, &k->in, type, bytes, len);
}

/* 0, or what the schedule says; *len may become shorter. */
static int
schedule(struct rtls_sock *k, size_t *len, bool whole)
{
	uint64_t r = harness_rand(&k->rand);

	if (k->connecting)
		return -ENOTCONN;
	if (k->tx_errno != 0)
		return -k->tx_errno;
	if (k->blocked || r % 16 < k->refuse_of_16) {
		k->refusals++;
		return r & 32 ? -EAGAIN : -ENOMEM;
	}
	if (!whole && *len > 1 && (r >> 8) % 16 < k->short_of_16) {
		*len = 1 + (size_t)((r >> 16) % (*len - 1));
		k->shorts++;
	}
	return 0;
}

static bool
shut_out(const struct rtls_sock *k, const struct fake_engine *e)
{
	return k->guard != 0 && e->epoch == 0;
}

int
rtls_sock_guard(struct rtls_sock *k, struct rtls_guard *out)
{
	out->sock = k;
	out->token = ++k->guard;
	return 0;
}

int
rtls_guard_check(const struct rtls_guard *g)
{
	return g->token != g->sock->guard ? -ENOKEY : 0;
}

int
rtls_guard_kept(const struct rtls_guard *g, enum rtls_dir d, const char *why)
{
	if (g->token != g->sock->guard)
		return -ENOKEY;
	g->sock->kept[d]++;
	g->sock->kept_why[d] = why;
	return 0;
}

int
rtls_guard_failed(const struct rtls_guard *g, const char *why)
{
	if (g->token != g->sock->guard)
		return -ENOKEY;
	if (why == NULL || why[0] == '\0')
		die("why");
	g->sock->told_failed++;
	return 0;
}

static ssize_t
send_data(struct rtls_sock *k, const void *buf, size_t len, int flags)
{
	int rc = schedule(k, &len, false);

	if ((flags & ~RTLS_MSG_MORE) != 0)
		die("flags");
	if (rc < 0)
		return rc;
	if (k->tx.epoch == 0) {
		k->plain_sends++;
		fake_bytes_add(&k->out, buf, len);
		return (ssize_t)len;
	}
	if (len > PLAIN_MAX)
		len = PLAIN_MAX;
	k->tx_type[RTLS_TYPE_DATA]++;
	seal_record(&k->tx, &k->out, RTLS_TYPE_DATA, buf, len);
	return (ssize_t)len;
}

ssize_t
rtls_send(struct rtls_sock *k, const void *buf, size_t len, int flags)
{
	return shut_out(k, &k->tx) ? -ENOKEY : send_data(k, buf, len, flags);
}

ssize_t
rtls_guard_send(const struct rtls_guard *g, const void *buf, size_t len, int flags)
{
	return g->token != g->sock->guard ? -ENOKEY : send_data(g->sock, buf, len, flags);
}

ssize_t
rtls_sendmsg(struct rtls_sock *k, const struct rtls_msg *m, int flags)
{
	size_t len = m->iovlen == 1 ? m->iov[0].iov_len : 0;
	int rc;

	if (shut_out(k, &k->tx))
		return -ENOKEY;
	if (m->type == 0 || m->type == RTLS_TYPE_DATA || len == 0 || k->tx.epoch == 0 || flags != 0)
		return -EINVAL;
	if (len > PLAIN_MAX)
		return -EMSGSIZE;
	rc = schedule(k, &len, true);
	if (rc < 0)
		return rc;
	k->tx_type[m->type]++;
	seal_record(&k->tx, &k->out, m->type, m->iov[0].iov_base, len);
	return (ssize_t)len;
}

/* Opens the next record unless one is in hand. 0: one is in hand. */
static int
open_next(struct rtls_sock *k)
{
	uint8_t *rec = k->in.buf;
	size_t len;
	long n;

	if (k->opened_type != 0)
		return 0;
	if (k->failed != 0)
		return k->failed;
	if (k->paused)
		return -EKEYEXPIRED;
	if (k->in.len < HEADER)
		return k->fin && k->in.len != 0 ? (k->failed = -EMSGSIZE) : -EAGAIN;
	len = (size_t)rec[3] << 8 | rec[4];
	if (rec[0] != 23 || rec[1] != 3 || rec[2] != 3)
		return k->failed = -EINVAL;
	if (len < TAG + 1 || len > PLAIN_MAX + 256)
		return k->failed = -EMSGSIZE;
	if (k->in.len < HEADER + len)
		return k->fin ? (k->failed = -EMSGSIZE) : -EAGAIN;
	n = aead(&k->rx, false, rec, rec + HEADER, len, k->opened);
	k->end_alert = n < 0 ? 20 : 10;
	while (n > 0 && k->opened[n - 1] == 0)
		n--;
	if (n <= 0)
		return k->failed = -EBADMSG;
	k->end_alert = 0;
	k->opened_type = k->opened[n - 1];
	k->opened_len = (size_t)n - 1;
	k->opened_off = 0;
	k->rx.rec_no++;
	k->rx_type[k->opened_type]++;
	fake_bytes_drop(&k->in, HEADER + len);
	k->paused = k->opened_type == RTLS_TYPE_HANDSHAKE && k->opened_len == 5 &&
		    k->opened[0] == 24;
	return 0;
}

/* The record in hand becomes one of the handshake, or any but data where no data waits. 0, or why
 * not: see RTLS_MSG_CONTROL. */
static int
find_control(struct rtls_sock *k)
{
	bool known = k->failed != 0;
	int rc;

	while ((rc = open_next(k)) == 0 && k->opened_type == RTLS_TYPE_DATA) {
		fake_bytes_add(&k->ahead, k->opened + k->opened_off, k->opened_len - k->opened_off);
		k->opened_type = 0;
	}
	/* A bad record is for a receive to tell. */
	if (k->failed != 0 && !known)
		return -EAGAIN;
	if (k->ahead.len == 0)
		return rc == -EAGAIN && k->fin && k->in.len == 0 ? 0 : rc;
	return rc == 0 && k->opened_type == RTLS_TYPE_HANDSHAKE ? 0 : -EAGAIN;
}

static ssize_t
recv_records(struct rtls_sock *k, struct rtls_msg *m, int flags, bool data_only)
{
	uint8_t *to = m->iov[0].iov_base;
	size_t room = m->iov[0].iov_len, n, got = 0;
	bool peek = flags & RTLS_MSG_PEEK;
	int rc;

	m->type = 0;
	m->flags = 0;
	if (flags & RTLS_MSG_CONTROL) {
		rc = find_control(k);
		if (rc != 0)
			return rc;
	} else if (k->ahead.len != 0) {
		got = k->ahead.len < room ? k->ahead.len : room;
		memcpy(to, k->ahead.buf, got);
		m->type = RTLS_TYPE_DATA;
		if (!peek)
			fake_bytes_drop(&k->ahead, got);
		return (ssize_t)got;
	}
	while ((rc = open_next(k)) == 0 && got < room) {
		if (got != 0 && (k->opened_type != RTLS_TYPE_DATA || m->type != RTLS_TYPE_DATA))
			break;
		if (data_only && k->opened_type != RTLS_TYPE_DATA)
			return -EIO;
		n = k->opened_len - k->opened_off;
		if (n > room - got)
			n = room - got;
		memcpy(to + got, k->opened + k->opened_off, n);
		got += n;
		m->type = k->opened_type;
		if (peek)
			break;
		k->opened_off += n;
		if (k->opened_off < k->opened_len)
			break;
		m->flags = RTLS_MSG_EOR;
		k->opened_type = 0;
		if (m->type != RTLS_TYPE_DATA)
			break;
	}
	if (m->type != 0)
		return (ssize_t)got;
	return rc == -EAGAIN && k->fin && k->in.len == 0 ? 0 : rc;
}

ssize_t
rtls_recvmsg(struct rtls_sock *k, struct rtls_msg *m, int flags)
{
	if (shut_out(k, &k->rx))
		return -ENOKEY;
	if (k->rx.epoch == 0 || m->iovlen != 1 || (flags & ~RTLS_MSG_CONTROL) != 0)
		die("recvmsg");
	return recv_records(k, m, flags, false);
}

static ssize_t
recv_data(struct rtls_sock *k, void *buf, size_t len, int flags)
{
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };

	if (k->rx.epoch != 0)
		return recv_records(k, &m, flags, true);
	if (flags != 0)
		die("recv");
	if (k->connecting)
		return -ENOTCONN;
	if (len > k->recv_max)
		k->recv_max = len;
	if (len > k->in.len)
		len = k->in.len;
	if (len == 0)
		return k->fin ? 0 : -EAGAIN;
	memcpy(buf, k->in.buf, len);
	fake_bytes_drop(&k->in, len);
	return (ssize_t)len;
}

ssize_t
rtls_recv(struct rtls_sock *k, void *buf, size_t len, int flags)
{
	return shut_out(k, &k->rx) ? -ENOKEY : recv_data(k, buf, len, flags);
}

ssize_t
rtls_guard_recv(const struct rtls_guard *g, void *buf, size_t len, int flags)
{
	return g->token != g->sock->guard ? -ENOKEY : recv_data(g->sock, buf, len, flags);
}

int
rtls_set_keys(struct rtls_sock *k, enum rtls_dir d, const struct rtls_keys *keys)
{
	struct fake_engine *e = d == RTLS_TX ? &k->tx : &k->rx;

	if (rtls_suite_carried(NULL, keys->version, keys->cipher) != 0)
		return -ENOTSUP;
	if (k->keys_errno != 0)
		return -k->keys_errno;
	if ((d == RTLS_TX && k->blocked) || harness_rand(&k->rand) % 16 < k->keys_refuse_of_16)
		return -ENOMEM;
	if (d == RTLS_RX && k->opened_type != 0)
		return -EBUSY;
	e->keys = *keys;
	e->rec_no = keys->rec_no;
	e->epoch++;
	if (d == RTLS_TX) {
		k->tx_keys++;
	} else {
		k->rx_keys++;
		k->paused = false;
	}
	return 0;
}

struct rtls_stack *
rtls_sock_stack(const struct rtls_sock *k)
{
	(void)k;
	return NULL;
}

/* One suite is carried here, so that there are some which libssl keeps. */
int
rtls_suite_carried(const struct rtls_stack *s, uint16_t version, uint16_t cipher)
{
	(void)s;
	return version == RTLS_TLS_1_3 && cipher == RTLS_CIPHER_AES_GCM_128 ? 0 : -ENOTSUP;
}

int
rtls_sock_info(const struct rtls_sock *k, struct rtls_sock_info *out)
{
	memset(out, 0, sizeof(*out));
	out->state = k->connecting ? RTLS_SOCK_CONNECTING : RTLS_SOCK_OPEN;
	out->end_alert = k->end_alert;
	return 0;
}

int
rtls_tls_info(const struct rtls_sock *k, enum rtls_dir d, struct rtls_tls_info *out)
{
	const struct fake_engine *e = d == RTLS_TX ? &k->tx : &k->rx;

	memset(out, 0, sizeof(*out));
	out->epoch = e->epoch;
	out->rec_no = e->rec_no;
	out->paused = d == RTLS_RX && k->paused;
	if (e->epoch != 0) {
		out->version = e->keys.version;
		out->cipher = e->keys.cipher;
		out->mode = RTLS_MODE_SOFTWARE;
	}
	return 0;
}
