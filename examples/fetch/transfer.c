/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "transfer.h"

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <recordtls/openssl.h>

#include "common/say.h"
#include "context.h"
#include "ending.h"

#define SECOND_US UINT64_C(1000000)

enum {
	READ_LEN = 64 << 10,
	READS = 16,           /* in one go: the stack wants to be polled */
	EXPECT_LEN = 1 << 20, /* a file from which on the server is asked first */
	ASK_US = 1000000,     /* how long it is waited for an answer to that */
	FAREWELL_US = 1000000,
	AGAIN_US = 100000, /* between two attempts to connect */
};

static enum transfer_turn
enter(struct transfer *t, enum transfer_state state, uint64_t now_us)
{
	t->state = state;
	t->since_us = now_us;
	t->alive_us = now_us;
	return TURN_AGAIN;
}

static enum transfer_turn
wait_for(struct transfer *t, uint32_t events)
{
	rtls_sock_watch(t->sock, events, t);
	return TURN_WAIT;
}

static bool
is_wait(ssize_t rc)
{
	return rc == -EAGAIN || rc == -ENOMEM;
}

static uint64_t
patience_us(const struct transfer *t)
{
	return t->o->timeout_s * SECOND_US;
}

static bool
is_unreachable(const struct transfer *t, int rc, uint64_t now_us)
{
	return rc == -EHOSTUNREACH && now_us - t->since_us < patience_us(t);
}

/* 0 or -errno. */
static int
connect_sock(struct transfer *t)
{
	const struct options *o = t->o;
	int rc;

	rc = rtls_connect(t->stack, &o->net.local.addr, &o->url.addr, &t->sock);
	if (rc < 0)
		return rc;
	if (o->net.mode == OPTIONS_NET_SOFTWARE)
		rtls_sock_set(t->sock, RTLS_OPT_MODE_ORDER, RTLS_ORDER_SOFTWARE);
	rtls_sock_set(t->sock, RTLS_OPT_AUDIT_RATE, o->net.audit);
	t->ssl = context_connection(t->ctx, &o->url);
	rc = t->ssl != NULL ? rtls_ssl_attach(t->ssl, t->sock, RTLS_SSL_TRANSPARENT) : -ENOMEM;
	if (rc == 0 && !ticket_offer(t->ticket, t->ssl))
		rc = -ENOMEM;
	if (rc == 0)
		wait_for(t, RTLS_CONNECTED | RTLS_READABLE | RTLS_WRITABLE);
	return rc;
}

/* A link, or a neighbour, that is not up yet may come up. */
static enum transfer_turn
put_off(struct transfer *t, uint64_t now_us)
{
	ending_let_go(t, rtls_close);
	t->state = TRANSFER_HANDSHAKE;
	t->again_us = now_us + AGAIN_US;
	return TURN_WAIT;
}

static enum transfer_turn
connect_again(struct transfer *t, uint64_t now_us)
{
	int rc = now_us >= t->again_us ? connect_sock(t) : 0;

	if (is_unreachable(t, rc, now_us))
		return put_off(t, now_us);
	return rc < 0 ? ending_lost(t, rc) : TURN_WAIT;
}

static void
note_tls(struct transfer *t)
{
	t->version = SSL_get_version(t->ssl);
	t->suite = SSL_get_cipher_name(t->ssl);
	t->group = SSL_get0_group_name(t->ssl);
	t->resumed = SSL_session_reused(t->ssl) == 1;
	if (t->o->verbose)
		say("%s, %s, %s, %s", t->version, t->suite,
		    t->group != NULL ? t->group : "no group", t->resumed ? "resumed" : "verified");
}

/* A server that does not know ALPN chooses nothing. */
static bool
is_http(SSL *ssl)
{
	const unsigned char *name;
	unsigned int len;

	SSL_get0_alpn_selected(ssl, &name, &len);
	return len == 0 || (len == 8 && memcmp(name, "http/1.1", 8) == 0);
}

static void
write_head(struct transfer *t)
{
	struct request r = { .url = &t->o->url };

	if (t->o->upload != NULL) {
		r.put = true;
		r.put_len = t->source.len;
		r.expect = t->source.len >= EXPECT_LEN;
	} else if (t->intake.go_on) {
		r.first = t->part.len;
		r.last_modified = t->part.last_modified;
	}
	t->head_len = request_write(t->head, &r);
	t->head_off = 0;
}

static enum transfer_turn
do_handshake(struct transfer *t, uint64_t now_us)
{
	const char *wrong;
	int rc;

	if (t->sock == NULL)
		return connect_again(t, now_us);
	rc = rtls_ssl_service(t->ssl);
	if (rc == -EAGAIN)
		return wait_for(t, RTLS_CONNECTED | RTLS_READABLE |
					   (SSL_want_write(t->ssl) ? RTLS_WRITABLE : 0));
	if (is_unreachable(t, rc, now_us))
		return put_off(t, now_us);
	if (rc < 0)
		return ending_lost(t, rc);
	wrong = context_verify(t->ssl, &t->o->url);
	if (wrong != NULL)
		return ending_fail(t, END_CERTIFICATE, "the server is not taken for %s: %s",
				   t->o->url.host, wrong);
	if (!is_http(t->ssl))
		return ending_fail(t, END_TLS,
				   "the server wants to speak something else than http/1.1");
	rc = t->o->upload != NULL ? source_start(&t->source, t->stack, t->ssl) : 0;
	if (rc < 0)
		return ending_fail(t, END_HERE, "cannot read %s: %s", t->o->upload, strerror(-rc));
	note_tls(t);
	write_head(t);
	return enter(t, TRANSFER_HEAD, now_us);
}

/* Both directions together. */
static uint64_t
moved(const struct transfer *t)
{
	return t->received + t->source.off;
}

/* New keys, where the options want some. 0, or -errno; -EAGAIN: later. */
static int
update_keys(struct transfer *t)
{
	int rc = 0;

	if (t->o->key_update == 0 || moved(t) < t->rekey_at)
		return 0;
	rc = rtls_ssl_key_update(t->ssl, 1);
	if (rc == 0) {
		t->key_updates++;
		t->rekey_at = moved(t) + t->o->key_update;
	}
	return rc;
}

static void
look_at_sock(struct transfer *t)
{
	for (int d = RTLS_TX; d <= RTLS_RX; d++) {
		t->info[d] = (struct rtls_tls_info){ .size = sizeof(t->info[d]) };
		rtls_tls_info(t->sock, (enum rtls_dir)d, &t->info[d]);
	}
	t->tcp = (struct rtls_sock_info){ .size = sizeof(t->tcp) };
	t->stats = (struct rtls_sock_stats){ .size = sizeof(t->stats) };
	rtls_sock_info(t->sock, &t->tcp);
	rtls_sock_stats(t->sock, &t->stats);
}

static enum transfer_turn
finish(struct transfer *t, uint64_t now_us)
{
	t->end = intake_judge(&t->intake);
	if (t->end == END_OK && t->source.off < t->source.len)
		return ending_fail(t, END_REFUSED,
				   "the server answers %d before it has the whole file",
				   t->intake.answer.status);
	look_at_sock(t);
	return enter(t, TRANSFER_FAREWELL, now_us);
}

/* What has come of the answer. */
static enum transfer_turn
read_answer(struct transfer *t, uint64_t now_us)
{
	static char bytes[READ_LEN]; /* there is one thread */
	ssize_t n;
	int rc;

	for (int i = 0; i < READS; i++) {
		n = rtls_ssl_recv(t->ssl, bytes, sizeof(bytes), 0);
		if (is_wait(n))
			return wait_for(t, RTLS_READABLE | (rtls_ssl_service(t->ssl) == -EAGAIN ?
								    RTLS_WRITABLE :
								    0));
		if (n == 0 && !intake_end(&t->intake))
			return ending_fail(t, END_CUT,
					   "the answer was cut short: the server ended it");
		if (n < 0)
			return ending_lost(t, (int)n);
		t->received += (uint64_t)n;
		t->alive_us = now_us;
		if (n == 0 || !intake_feed(&t->intake, bytes, (size_t)n))
			return finish(t, now_us);
		rc = update_keys(t);
		if (rc < 0 && rc != -EAGAIN)
			return ending_fail(t, END_TLS, "no new keys: %s", strerror(-rc));
	}
	return TURN_WAIT;
}

/* While something is sent. True: the answer is there already, or the end. */
static bool
is_answered(struct transfer *t, uint64_t now_us)
{
	enum transfer_state state = t->state;

	read_answer(t, now_us);
	return t->state != state || t->intake.answer.status != 0;
}

static enum transfer_turn
send_head(struct transfer *t, uint64_t now_us)
{
	ssize_t n = rtls_ssl_send(t->ssl, t->head + t->head_off, t->head_len - t->head_off, 0);

	if (is_wait(n))
		return wait_for(t, RTLS_READABLE | RTLS_WRITABLE);
	if (n < 0)
		return ending_lost(t, (int)n);
	t->head_off += (size_t)n;
	if (t->head_off < t->head_len)
		return TURN_AGAIN;
	if (t->o->upload == NULL)
		return enter(t, TRANSFER_ANSWER, now_us);
	return enter(t, t->source.len >= EXPECT_LEN ? TRANSFER_ASK : TRANSFER_BODY, now_us);
}

/* A server that does not know the question is sent the file all the same (RFC 9110 10.1.1). */
static enum transfer_turn
ask(struct transfer *t, uint64_t now_us)
{
	if (is_answered(t, now_us))
		return t->state == TRANSFER_ASK ? enter(t, TRANSFER_ANSWER, now_us) : TURN_AGAIN;
	if (t->intake.answer.may_send || now_us - t->since_us >= ASK_US)
		return enter(t, TRANSFER_BODY, now_us);
	return TURN_WAIT;
}

/* Who refuses the file says so before he has all of it, and may end the connection behind that. */
static enum transfer_turn
send_body(struct transfer *t, uint64_t now_us)
{
	ssize_t n = 0;
	int rc;

	if (is_answered(t, now_us))
		return t->state == TRANSFER_BODY ? enter(t, TRANSFER_ANSWER, now_us) : TURN_AGAIN;
	for (int i = 0; i < READS && t->source.off < t->source.len; i++) {
		rc = update_keys(t);
		if (rc < 0 && rc != -EAGAIN)
			return ending_fail(t, END_TLS, "no new keys: %s", strerror(-rc));
		n = source_send(&t->source, t->sock, t->ssl);
		if (n == 0) {
			ending_let_go(t, rtls_abort);
			return ending_fail(t, END_HERE, "%s has become shorter", t->o->upload);
		}
		if (is_wait(n))
			return wait_for(t, RTLS_READABLE | RTLS_WRITABLE);
		if (n < 0)
			return ending_lost(t, (int)n);
		t->alive_us = now_us;
	}
	return t->source.off == t->source.len ? enter(t, TRANSFER_ANSWER, now_us) :
						wait_for(t, RTLS_READABLE | RTLS_WRITABLE);
}

/* The server has to know that we have all; its own farewell is not waited for long. */
static enum transfer_turn
say_farewell(struct transfer *t, uint64_t now_us)
{
	char rest[256];
	int rc = rtls_ssl_service(t->ssl);

	if (now_us - t->since_us >= FAREWELL_US || (rc < 0 && rc != -EAGAIN)) {
		ending_let_go(t, rtls_close);
		return TURN_WAIT;
	}
	if (rc == -EAGAIN)
		return wait_for(t, RTLS_READABLE | RTLS_WRITABLE);
	if ((SSL_get_shutdown(t->ssl) & SSL_SENT_SHUTDOWN) == 0 || SSL_want_write(t->ssl)) {
		rc = SSL_shutdown(t->ssl);
		ERR_clear_error();
		if (rc < 0 && SSL_want_write(t->ssl))
			return wait_for(t, RTLS_READABLE | RTLS_WRITABLE);
		rtls_shutdown(t->sock, RTLS_SHUT_WR);
	}
	rc = (int)rtls_ssl_recv(t->ssl, rest, sizeof(rest), 0);
	if (rc > 0)
		return TURN_AGAIN;
	if (is_wait(rc))
		return wait_for(t, RTLS_READABLE);
	ending_let_go(t, rtls_close);
	return TURN_WAIT;
}

static enum transfer_turn
take_turn(struct transfer *t, uint64_t now_us)
{
	switch (t->state) {
	case TRANSFER_HANDSHAKE:
		return do_handshake(t, now_us);
	case TRANSFER_HEAD:
		return send_head(t, now_us);
	case TRANSFER_ASK:
		return ask(t, now_us);
	case TRANSFER_BODY:
		return send_body(t, now_us);
	case TRANSFER_ANSWER:
		return read_answer(t, now_us);
	case TRANSFER_FAREWELL:
		return say_farewell(t, now_us);
	case TRANSFER_END:
		break;
	}
	return TURN_WAIT;
}

/* What the server acknowledges is a sign of life, too. */
static void
note_progress(struct transfer *t, uint64_t now_us)
{
	struct rtls_sock_info info = { .size = sizeof(info) };

	if (t->sock == NULL || rtls_sock_info(t->sock, &info) < 0)
		return;
	if (info.snd_queued != t->snd_queued)
		t->alive_us = now_us;
	t->snd_queued = info.snd_queued;
}

void
transfer_step(struct transfer *t, uint64_t now_us)
{
	while (take_turn(t, now_us) == TURN_AGAIN)
		;
	note_progress(t, now_us);
	if (t->state != TRANSFER_END && now_us - t->alive_us >= patience_us(t))
		ending_fail(t, t->received != 0 ? END_CUT : END_CONNECTION,
			    "nothing moved for %u seconds", t->o->timeout_s);
}

bool
transfer_open(struct transfer *t, const struct options *o, struct rtls_stack *stack, SSL_CTX *ctx,
	      struct ticket *ticket, uint64_t now_us)
{
	bool go_on;
	int rc;

	*t = (struct transfer){ .o = o,
				.stack = stack,
				.ctx = ctx,
				.ticket = ticket,
				.end = END_HERE,
				.rekey_at = o->key_update,
				.source = { .fd = -1 } };
	enter(t, TRANSFER_HANDSHAKE, now_us);
	if (o->upload != NULL ? !source_open(&t->source, o->upload) :
				!part_open(&t->part, o->output, o->go_on)) {
		t->state = TRANSFER_END;
		return false;
	}
	go_on = o->go_on && t->part.len != 0;
	intake_init(&t->intake, o->upload == NULL ? &t->part : NULL, go_on);
	rc = connect_sock(t);
	if (rc < 0)
		ending_lost(t, rc);
	return rc == 0;
}

uint64_t
transfer_done(const struct transfer *t)
{
	return t->o->upload != NULL ? t->source.off : t->part.len;
}

uint64_t
transfer_total(const struct transfer *t)
{
	const struct answer *a = &t->intake.answer;

	if (t->o->upload != NULL)
		return t->source.len;
	return a->status == 206 ? a->range_total : a->length;
}

void
transfer_stop(struct transfer *t)
{
	if (t->state != TRANSFER_END)
		ending_let_go(t, rtls_abort);
}
