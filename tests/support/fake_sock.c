/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/fake_sock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
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

static const struct record_suite *
suite_of(const struct fake_engine *e)
{
	return record_suite_find(e->keys.version, e->keys.cipher);
}

static const EVP_CIPHER *
cipher_of(const struct record_suite *s)
{
	switch ((enum record_aead)s->aead) {
	case RECORD_AEAD_AES_128_GCM:
		return EVP_aes_128_gcm();
	case RECORD_AEAD_AES_256_GCM:
		return EVP_aes_256_gcm();
	case RECORD_AEAD_AES_128_CCM:
		return EVP_aes_128_ccm();
	case RECORD_AEAD_CHACHA20_POLY1305:
		return EVP_chacha20_poly1305();
	case RECORD_AEAD_NONE:
	case RECORD_AEADS:
		break;
	}
	die("suite");
	return NULL;
}

/* One record's body, of len bytes without tag, from in to out; false when the tag is wrong. */
static bool
aead(const struct fake_engine *e, bool seal, const uint8_t *header, const uint8_t *nonce,
     const uint8_t *in, int len, uint8_t *out)
{
	const struct record_suite *s = suite_of(e);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	bool ccm = s->aead == RECORD_AEAD_AES_128_CCM;
	uint8_t aad[RECORD_AAD_MAX];
	int aad_len = (int)record_aad(s, header, e->rec_no, aad), n = 0;
	void *tag = seal ? out + len : (void *)(uintptr_t)(in + len);
	bool ok;

	ok = ctx != NULL && EVP_CipherInit_ex(ctx, cipher_of(s), NULL, NULL, NULL, seal) == 1 &&
	     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, RECORD_NONCE_LEN, NULL) == 1 &&
	     (seal && !ccm ? 1 :
			     EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG,
						 seal ? NULL : tag)) == 1 &&
	     EVP_CipherInit_ex(ctx, NULL, NULL, e->keys.key, nonce, seal) == 1 &&
	     (!ccm || EVP_CipherUpdate(ctx, NULL, &n, NULL, len) == 1) &&
	     EVP_CipherUpdate(ctx, NULL, &n, aad, aad_len) == 1;
	if (!ok)
		die("EVP");
	/* CCM has one call, which verifies. As with a socket, no error of it stays in the queue. */
	ERR_set_mark();
	ok = EVP_CipherUpdate(ctx, out, &n, in, len) == 1 &&
	     (ccm || EVP_CipherFinal_ex(ctx, out + len, &n) == 1);
	ERR_pop_to_mark();
	if (seal)
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, tag);
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

static void
seal_record(struct fake_engine *e, struct fake_bytes *to, uint8_t type, const void *bytes,
	    size_t len)
{
	const struct record_suite *s = suite_of(e);
	uint8_t inner[PLAIN_MAX + 1], out[PLAIN_MAX + 1 + TAG];
	uint8_t header[HEADER], nonce[RECORD_NONCE_LEN], base[RECORD_NONCE_LEN];
	size_t inner_len = len + s->inner_type_len;

	if (len > PLAIN_MAX)
		die("record too long");
	if (len != 0)
		memcpy(inner, bytes, len);
	inner[len] = type;
	record_header_write(s, type, (uint32_t)len, 0, header);
	record_iv_base(s, e->keys.iv, e->keys.rec_no, base);
	record_nonce(s, base, e->rec_no, nonce);
	aead(e, true, header, nonce, inner, (int)inner_len, out);
	e->rec_no++;
	fake_bytes_add(to, header, HEADER);
	fake_bytes_add(to, nonce + RECORD_NONCE_LEN - s->explicit_nonce_len, s->explicit_nonce_len);
	fake_bytes_add(to, out, inner_len + TAG);
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

static size_t
max_of(const struct rtls_sock *k)
{
	return k->tx_max != 0 ? k->tx_max : PLAIN_MAX;
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
	if (len > max_of(k))
		len = max_of(k);
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
	if (len > max_of(k))
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
	const struct record_suite *s = suite_of(&k->rx);
	uint8_t *rec = k->in.buf, nonce[RECORD_NONCE_LEN], base[RECORD_NONCE_LEN];
	struct record_header h;
	size_t len;
	long n;
	int rc;

	if (k->opened_type != 0)
		return 0;
	if (k->failed != 0)
		return k->failed;
	if (k->paused)
		return -EKEYEXPIRED;
	if (k->in.len < HEADER)
		return k->fin && k->in.len != 0 ? (k->failed = -EMSGSIZE) : -EAGAIN;
	h = record_header_read(rec);
	len = h.body_len;
	rc = record_header_check(s, &h);
	if (rc == 0 && k->rx_max != 0 &&
	    record_inner_len(s, h.body_len) > k->rx_max + s->inner_type_len)
		rc = -EMSGSIZE;
	if (rc < 0)
		return k->failed = rc;
	if (k->in.len < HEADER + len)
		return k->fin ? (k->failed = -EMSGSIZE) : -EAGAIN;
	record_iv_base(s, k->rx.keys.iv, k->rx.keys.rec_no, base);
	record_nonce_received(s, base, k->rx.rec_no, rec + HEADER, nonce);
	n = (long)record_inner_len(s, h.body_len);
	if (!aead(&k->rx, false, rec, nonce, rec + record_prefix_len(s), (int)n, k->opened)) {
		k->end_alert = 20;
		return k->failed = -EBADMSG;
	}
	k->opened_type = h.type;
	if (s->inner_type_len != 0) {
		while (n > 0 && k->opened[n - 1] == 0)
			n--;
		k->opened_type = n > 0 ? k->opened[--n] : 0;
	}
	if (k->opened_type == 0) {
		k->end_alert = 10;
		return k->failed = -EBADMSG;
	}
	k->end_alert = 0;
	k->opened_len = (size_t)n;
	k->opened_off = 0;
	k->rx.rec_no++;
	k->rx_type[k->opened_type]++;
	fake_bytes_drop(&k->in, HEADER + len);
	k->paused = s->version == RTLS_TLS_1_3 && k->opened_type == RTLS_TYPE_HANDSHAKE &&
		    k->opened_len == 5 && k->opened[0] == 24;
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

	if (rtls_suite_carried(rtls_sock_stack(k), keys->version, keys->cipher) != 0)
		return -ENOTSUP;
	if (e->epoch != 0 && keys->version == RTLS_TLS_1_2)
		return -EBUSY;
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

/* It is its own stack. */
struct rtls_stack *
rtls_sock_stack(const struct rtls_sock *k)
{
	return (struct rtls_stack *)(uintptr_t)k;
}

int
rtls_suite_carried(const struct rtls_stack *s, uint16_t version, uint16_t cipher)
{
	const struct rtls_sock *k = (const struct rtls_sock *)(const void *)s;

	if (k != NULL && k->carries_one && cipher != RTLS_CIPHER_AES_GCM_128)
		return -ENOTSUP;
	if (record_suite_find(version, cipher) != NULL)
		return 0;
	return record_suite_missing(version, cipher);
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

static uint16_t *
option_of(struct rtls_sock *k, enum rtls_opt opt)
{
	if (opt == RTLS_OPT_RX_RECORD_LIMIT)
		return &k->rx_max;
	return opt == RTLS_OPT_TX_RECORD_LIMIT ? &k->tx_max : NULL;
}

int
rtls_sock_set(struct rtls_sock *k, enum rtls_opt opt, uint64_t v)
{
	uint16_t *at = option_of(k, opt);

	if (at == NULL || v == 0 || v > PLAIN_MAX)
		die("option");
	*at = (uint16_t)v;
	return 0;
}

int
rtls_sock_get(const struct rtls_sock *k, enum rtls_opt opt, uint64_t *v)
{
	const uint16_t *at = option_of((struct rtls_sock *)(uintptr_t)k, opt);

	if (at == NULL)
		die("option");
	*v = *at != 0 ? *at : PLAIN_MAX;
	return 0;
}
