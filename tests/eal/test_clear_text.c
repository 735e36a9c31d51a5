/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A program that never asks whether its keys were handed over, with what suites libssl
 * likes: nothing of it is on the wire in clear, whatever it calls, at any time. Plain
 * libssl is at the far end, and a capture of all that the program's end sent.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <recordtls/openssl.h>

#include "eal/files.h"
#include "eal/identity.h"
#include "sim/frame.h"
#include "support/eal.h"
#include "support/harness.h"

enum {
	SECRET_LEN = 64,
	FILE_LEN = 4096,
	TURNS = 200,
	BULK = 100 * SECRET_LEN,
};

static const char secret[SECRET_LEN + 1] =
	"this-is-what-nobody-but-the-two-ends-may-ever-see-of-any-of-it!!";

struct row {
	const char *name;
	const char *suites;  /* of TLS 1.3; NULL: libssl's own */
	const char *ciphers; /* of TLS 1.2; NULL: libssl's own */
	int version;
	uint8_t mfl;       /* RFC 6066 4 */
	uint16_t fragment; /* what the near end is to make; 0: as it likes */
	bool hears;        /* rtls_ssl_record_limit() is called */
	bool off;          /* the near stack takes no new sessions */
	bool ours;
};

static const struct row rows[] = {
	{ .name = "TLS_AES_256_GCM_SHA384", .version = TLS1_3_VERSION, .ours = true },
	{ .name = "TLS_CHACHA20_POLY1305_SHA256",
	  .suites = "TLS_CHACHA20_POLY1305_SHA256",
	  .version = TLS1_3_VERSION,
	  .ours = true },
	{ .name = "TLS_AES_128_GCM_SHA256",
	  .suites = "TLS_AES_128_GCM_SHA256",
	  .version = TLS1_3_VERSION,
	  .ours = true },
	{ .name = "TLS_AES_128_GCM_SHA256",
	  .suites = "TLS_AES_128_GCM_SHA256",
	  .version = TLS1_3_VERSION,
	  .mfl = TLSEXT_max_fragment_length_512 },
	{ .name = "TLS_AES_256_GCM_SHA384",
	  .version = TLS1_3_VERSION,
	  .mfl = TLSEXT_max_fragment_length_512,
	  .hears = true,
	  .ours = true },
	{ .name = "ECDHE-ECDSA-AES256-GCM-SHA384",
	  .version = TLS1_2_VERSION,
	  .mfl = TLSEXT_max_fragment_length_1024,
	  .ours = true },
	{ .name = "TLS_AES_256_GCM_SHA384",
	  .version = TLS1_3_VERSION,
	  .fragment = 1400,
	  .ours = true },
	{ .name = "TLS_AES_128_GCM_SHA256",
	  .suites = "TLS_AES_128_GCM_SHA256",
	  .version = TLS1_3_VERSION,
	  .off = true },
	{ .name = "ECDHE-ECDSA-AES256-GCM-SHA384", .version = TLS1_2_VERSION, .ours = true },
	{ .name = "ECDHE-ECDSA-AES128-GCM-SHA256",
	  .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256",
	  .version = TLS1_2_VERSION,
	  .ours = true },
	{ .name = "ECDHE-ECDSA-AES128-SHA256", /* with CBC */
	  .ciphers = "ECDHE-ECDSA-AES128-SHA256",
	  .version = TLS1_2_VERSION },
};

/* Payload of the near end, as sent. */
static struct {
	uint8_t bytes[1 << 20];
	size_t len;
} capture;

static void
look(void *arg, int dir, const uint8_t *bytes, uint32_t len, uint64_t now_us)
{
	struct frame f;

	(void)arg;
	(void)now_us;
	CU_ASSERT_PTR_NULL_FATAL(frame_parse(bytes, len, &f));
	if (!f.is_tcp || dir != NEAR)
		return;
	CU_ASSERT_FATAL(f.payload_len <= sizeof(capture.bytes) - capture.len);
	memcpy(capture.bytes + capture.len, f.payload, f.payload_len);
	capture.len += f.payload_len;
}

/* Is a piece of the secret to be seen, wherever it begins? */
static bool
is_seen(void)
{
	char twice[2 * SECRET_LEN];

	memcpy(twice, secret, SECRET_LEN);
	memcpy(twice + SECRET_LEN, secret, SECRET_LEN);
	for (size_t i = 0; i < SECRET_LEN; i += 8)
		if (memmem(capture.bytes, capture.len, twice + i, 16) != NULL)
			return true;
	return false;
}

struct world {
	struct pair p;
	struct rtls_sock *k[2];
	SSL_CTX *ctx[2];
	SSL *ssl[2];
	struct rtls_file *file; /* full of the secret */
	size_t taken;           /* bytes that calls of the program took */
	size_t arrived;
	bool may_send; /* keys may be there: a call that succeeds was sealed */
	bool may_receive;
};

static SSL *
make_ssl(struct world *w, int end, const struct row *r, bool server)
{
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());

	CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
	w->ctx[end] = ctx;
	CU_ASSERT(SSL_CTX_set_min_proto_version(ctx, r->version) == 1 &&
		  SSL_CTX_set_max_proto_version(ctx, r->version) == 1);
	if (r->suites != NULL)
		CU_ASSERT_EQUAL(SSL_CTX_set_ciphersuites(ctx, r->suites), 1);
	if (r->ciphers != NULL)
		CU_ASSERT_EQUAL(SSL_CTX_set_cipher_list(ctx, r->ciphers), 1);
	if (server)
		use_identity(ctx);
	if (end == NEAR && r->hears)
		CU_ASSERT_EQUAL(rtls_ssl_record_limit(ctx, 0), 0);
	if (end == NEAR && r->fragment != 0)
		CU_ASSERT_EQUAL(SSL_CTX_set_max_send_fragment(ctx, r->fragment), 1);
	w->ssl[end] = SSL_new(ctx);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->ssl[end]);
	if (server)
		SSL_set_accept_state(w->ssl[end]);
	else
		SSL_set_connect_state(w->ssl[end]);
	if (!server && r->mfl != 0)
		SSL_set_tlsext_max_fragment_length(w->ssl[end], r->mfl);
	return w->ssl[end];
}

static int
make_secret_file(void)
{
	int fd = file_make(0);

	for (int i = 0; i < FILE_LEN / SECRET_LEN; i++)
		CU_ASSERT_EQUAL(pwrite(fd, secret, SECRET_LEN, (off_t)i * SECRET_LEN), SECRET_LEN);
	return fd;
}

static void
open_world(struct world *w, const struct row *r, bool near_is_server)
{
	const struct pair_conf conf = { .tap = look };
	BIO *in = BIO_new(BIO_s_mem());

	memset(w, 0, sizeof(*w));
	capture.len = 0;
	pair_init(&w->p, &conf);
	pair_connect(&w->p, 0, w->k);
	if (r->off)
		CU_ASSERT_EQUAL(rtls_stack_features(w->p.stack[NEAR], 0, RTLS_STACK_TLS), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_file_open(w->p.stack[NEAR], make_secret_file(), NULL, &w->file),
			      0);
	CU_ASSERT_EQUAL_FATAL(rtls_ssl_attach(make_ssl(w, NEAR, r, near_is_server), w->k[NEAR],
					      RTLS_SSL_TRANSPARENT),
			      0);
	BIO_set_mem_eof_return(in, -1);
	SSL_set_bio(make_ssl(w, FAR, r, !near_is_server), in, BIO_new(BIO_s_mem()));
}

static void
close_world(struct world *w)
{
	for (int end = 0; end < 2; end++) {
		SSL_free(w->ssl[end]);
		SSL_CTX_free(w->ctx[end]);
	}
	rtls_file_put(w->file);
	for (int end = 0; end < 2; end++)
		CU_ASSERT_EQUAL(rtls_abort(w->k[end]), 0);
	pair_settle(&w->p);
	pair_fini(&w->p);
}

/* Between the far end's libssl and its socket, which nobody guards. */
static void
carry_far(struct world *w)
{
	uint8_t buf[4096];
	ssize_t n;

	file_wait(&w->p);
	pair_settle(&w->p);
	while ((n = rtls_recv(w->k[FAR], buf, sizeof(buf), 0)) > 0)
		BIO_write(SSL_get_rbio(w->ssl[FAR]), buf, (int)n);
	while ((n = BIO_read(SSL_get_wbio(w->ssl[FAR]), buf, sizeof(buf))) > 0)
		pair_send(&w->p, w->k[FAR], buf, (size_t)n);
	pair_settle(&w->p);
}

/* What arrives is what was taken, sealed. */
static void
read_far(struct world *w)
{
	uint8_t buf[2000];
	size_t n;

	carry_far(w);
	if (!SSL_is_init_finished(w->ssl[FAR]))
		return;
	while (SSL_read_ex(w->ssl[FAR], buf, sizeof(buf), &n))
		for (size_t i = 0; i < n; i++, w->arrived++)
			CU_ASSERT_EQUAL_FATAL(buf[i], secret[w->arrived % SECRET_LEN]);
	carry_far(w);
}

static void
note_sent(struct world *w, ssize_t n)
{
	CU_ASSERT(n == -ENOKEY || (w->may_send && (n > 0 || n == -EAGAIN)));
	if (n > 0)
		w->taken += (size_t)n;
}

static void
note_received(const struct world *w, ssize_t n)
{
	CU_ASSERT(n == -ENOKEY || (w->may_receive && n == -EAGAIN) ||
		  /* Tickets and the like, for a server's client. */
		  (w->may_receive && n == -EIO));
}

/* All that a program has to send and to receive with. */
static void
call_everything(struct world *w)
{
	struct rtls_sock *k = w->k[NEAR];
	struct iovec iov = { .iov_base = (void *)(uintptr_t)secret, .iov_len = SECRET_LEN };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	uint8_t buf[100];
	struct iovec to = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct rtls_msg got = { .iov = &to, .iovlen = 1 };

	note_sent(w, rtls_send(k, secret, SECRET_LEN, 0));
	note_sent(w, rtls_sendmsg(k, &m, 0));
	m.type = RTLS_TYPE_DATA;
	note_sent(w, rtls_sendmsg(k, &m, 0));
	note_sent(w, rtls_sendfile(k, w->file, 0, FILE_LEN, 0));
	file_wait(&w->p);
	note_sent(w, rtls_sendfile(k, w->file, 0, FILE_LEN, 0));
	note_received(w, rtls_recv(k, buf, sizeof(buf), RTLS_MSG_PEEK));
	note_received(w, rtls_recv(k, buf, sizeof(buf), 0));
	if (!w->may_receive)
		note_received(w, rtls_recvmsg(k, &got, 0));
	if (!w->may_send) {
		m.type = RTLS_TYPE_ALERT;
		note_sent(w, rtls_sendmsg(k, &m, 0));
	}
}

static void
shake(struct world *w, const struct row *r)
{
	int turn = 0, rc = -EAGAIN;

	while ((rc != 0 || !SSL_is_init_finished(w->ssl[FAR])) && turn++ < TURNS) {
		call_everything(w);
		pair_settle(&w->p);
		CU_ASSERT_FALSE(is_seen());
		rc = rtls_ssl_service(w->ssl[NEAR]);
		CU_ASSERT_FATAL(rc == 0 || rc == -EAGAIN);
		/* From its first answer on a server may have keys. */
		w->may_send = w->may_receive = r->ours;
		call_everything(w);
		carry_far(w);
		SSL_do_handshake(w->ssl[FAR]);
		carry_far(w);
	}
	CU_ASSERT_EQUAL_FATAL(rc, 0);
	CU_ASSERT_STRING_EQUAL(SSL_get_cipher_name(w->ssl[NEAR]), r->name);
}

/* The far end's secret reaches the program. */
static void
receive_some(struct world *w)
{
	uint8_t buf[1000];
	size_t n, seen = 0;
	ssize_t got;

	for (int i = 0; i < BULK / SECRET_LEN; i++)
		CU_ASSERT_EQUAL(SSL_write_ex(w->ssl[FAR], secret, SECRET_LEN, &n), 1);
	for (int turn = 0; turn < TURNS && seen < BULK; turn++) {
		struct rtls_sock *k = w->k[NEAR];

		carry_far(w);
		if (!w->may_receive) {
			CU_ASSERT_EQUAL(rtls_recv(k, buf, sizeof(buf), 0), -ENOKEY);
			CU_ASSERT_EQUAL(rtls_recv(k, buf, 1, RTLS_MSG_PEEK), -ENOKEY);
		}
		while ((got = rtls_ssl_recv(w->ssl[NEAR], buf, sizeof(buf), 0)) > 0)
			for (ssize_t i = 0; i < got; i++, seen++)
				CU_ASSERT_EQUAL_FATAL(buf[i], secret[seen % SECRET_LEN]);
		CU_ASSERT_EQUAL_FATAL(got, -EAGAIN);
	}
	CU_ASSERT_EQUAL(seen, BULK);
}

static void
send_some(struct world *w)
{
	size_t end = w->taken + BULK;

	for (int turn = 0; turn < TURNS && w->taken < end; turn++) {
		ssize_t n = rtls_ssl_send(w->ssl[NEAR], secret, SECRET_LEN, 0);

		CU_ASSERT_FATAL(n == SECRET_LEN || n == -EAGAIN);
		w->taken += n > 0 ? (size_t)n : 0;
		read_far(w);
	}
	CU_ASSERT_EQUAL(w->taken, end);
}

static void
play(const struct row *r, bool near_is_server)
{
	static const char *const counters[] = { "TlsTxNotHandedOver", "TlsRxNotHandedOver" };
	struct world w;

	open_world(&w, r, near_is_server);
	shake(&w, r);
	for (int i = 0; i < 3; i++) {
		send_some(&w);
		receive_some(&w);
		call_everything(&w);
		read_far(&w);
	}
	CU_ASSERT_EQUAL(w.arrived, w.taken);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(pair_stat(&w.p, NEAR, counters[i]), !r->ours);
	CU_ASSERT_EQUAL(pair_stat(&w.p, NEAR, "TlsSwitchedOff"), r->off ? 2 : 0);
	CU_ASSERT_FALSE(is_seen());
	/* Behind the adapter's end, too. */
	SSL_free(w.ssl[NEAR]);
	w.ssl[NEAR] = NULL;
	if (!r->ours)
		call_everything(&w);
	pair_settle(&w.p);
	CU_ASSERT_FALSE(is_seen());
	CU_ASSERT(capture.len > 3 * BULK);
	close_world(&w);
}

static void
test_server(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		play(&rows[i], true);
}

static void
test_client(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		play(&rows[i], false);
}

/*
 * libssl that is told to renegotiate what was never negotiated has no keys, and no scruples to
 * write. Before the handshake, in it, and behind one that failed.
 */
static void
renegotiate(const struct row *r, bool near_is_server, int at)
{
	struct world w;
	size_t n;

	open_world(&w, r, near_is_server);
	for (int turn = 0; turn < 6; turn++) {
		if (turn == at)
			SSL_renegotiate(w.ssl[NEAR]);
		if (turn == 3)
			pair_send(&w.p, w.k[FAR], "no record, and none to come", 27);
		pair_settle(&w.p);
		SSL_do_handshake(w.ssl[NEAR]);
		for (int i = 0; i < 3; i++)
			SSL_write_ex(w.ssl[NEAR], secret, SECRET_LEN, &n);
		ERR_clear_error();
		pair_settle(&w.p);
	}
	CU_ASSERT_FALSE(is_seen());
	close_world(&w);
}

static void
test_renegotiation(void)
{
	struct world w;

	open_world(&w, &rows[0], false);
	SSL_clear_options(w.ssl[FAR], SSL_OP_NO_RENEGOTIATION);
	SSL_renegotiate(w.ssl[FAR]);
	CU_ASSERT_EQUAL(rtls_ssl_attach(w.ssl[FAR], w.k[FAR], RTLS_SSL_TRANSPARENT), -EINVAL);
	close_world(&w);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		for (int at = 0; at < 6; at++) {
			renegotiate(&rows[i], true, at);
			renegotiate(&rows[i], false, at);
		}
}

/* Polls and carries until the handshake is done. */
static void
shake_quietly(struct world *w)
{
	for (int turn = 0; turn < TURNS && (rtls_ssl_service(w->ssl[NEAR]) != 0 ||
					    !SSL_is_init_finished(w->ssl[FAR]));
	     turn++) {
		carry_far(w);
		SSL_do_handshake(w->ssl[FAR]);
		carry_far(w);
	}
	CU_ASSERT_FATAL(SSL_is_init_finished(w->ssl[FAR]));
}

/* No call of the adapter moves a byte of a connection that is not its own. */
static void
is_shut_out(struct world *w, struct rtls_sock *const other[2], ssize_t error)
{
	uint64_t queued = pair_info(other[NEAR]).rcv_queued;
	char buf[SECRET_LEN];
	size_t n;

	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(rtls_ssl_recv(w->ssl[NEAR], buf, 1, 0), error);
		CU_ASSERT_EQUAL(rtls_ssl_send(w->ssl[NEAR], secret, SECRET_LEN, 0), error);
		CU_ASSERT_EQUAL(rtls_ssl_service(w->ssl[NEAR]), error);
		CU_ASSERT(rtls_ssl_key_update(w->ssl[NEAR], 0) < 0);
		CU_ASSERT_EQUAL(SSL_write_ex(w->ssl[NEAR], secret, SECRET_LEN, &n), 0);
		CU_ASSERT_EQUAL(SSL_read_ex(w->ssl[NEAR], buf, 1, &n), 0);
		ERR_clear_error();
	}
	pair_settle(&w->p);
	CU_ASSERT_EQUAL(pair_info(other[NEAR]).snd_queued, 0);
	CU_ASSERT_EQUAL(pair_info(other[NEAR]).rcv_queued, queued);
	CU_ASSERT_EQUAL(rtls_recv(other[FAR], buf, 1, 0), -EAGAIN);
}

/* SSL_free() was forgotten, and another connection with keys has the socket's slot. */
static void
test_slot_used_again(void)
{
	const struct peer in = peer_key(1, 0), out = peer_key(2, 0);
	const struct rtls_keys keys[2] = { peer_keys(&in), peer_keys(&out) };
	struct rtls_sock *old, *k[2];
	struct world w;

	open_world(&w, &rows[2], true);
	shake_quietly(&w);
	old = w.k[NEAR];
	for (int end = 0; end < 2; end++)
		CU_ASSERT_EQUAL(rtls_abort(w.k[end]), 0);
	for (int i = 0; i < 2000; i++) {
		pair_settle(&w.p);
		pair_connect(&w.p, 0, k);
		if (k[NEAR] == old)
			break;
		for (int end = 0; end < 2; end++)
			CU_ASSERT_EQUAL(rtls_abort(k[end]), 0);
	}
	CU_ASSERT_PTR_EQUAL_FATAL(k[NEAR], old);
	CU_ASSERT_EQUAL(rtls_set_keys(k[NEAR], RTLS_TX, &keys[1]), 0);
	CU_ASSERT_EQUAL(rtls_set_keys(k[NEAR], RTLS_RX, &keys[0]), 0);
	pair_send(&w.p, k[FAR], "01234567890123456789", 20);
	pair_settle(&w.p);
	is_shut_out(&w, k, -ENOKEY);
	memcpy(w.k, k, sizeof(w.k));
	close_world(&w);
}

/* Without an adapter the capture does see it: bytes without keys go as they are. */
static void
test_the_capture_sees(void)
{
	struct rtls_sock *k[2];
	const struct pair_conf conf = { .tap = look };
	char buf[SECRET_LEN];
	struct pair p;

	capture.len = 0;
	pair_init(&p, &conf);
	pair_connect(&p, 0, k);
	CU_ASSERT_FALSE(is_seen());
	CU_ASSERT_EQUAL(rtls_send(k[NEAR], secret + 5, SECRET_LEN - 5, 0), SECRET_LEN - 5);
	pair_settle(&p);
	CU_ASSERT_TRUE(is_seen());
	CU_ASSERT_EQUAL(rtls_recv(k[FAR], buf, sizeof(buf), 0), SECRET_LEN - 5);
	for (int end = 0; end < 2; end++)
		CU_ASSERT_EQUAL(rtls_abort(k[end]), 0);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the capture sees what is in clear", test_the_capture_sees },
		{ "a server", test_server },
		{ "a client", test_client },
		{ "told to renegotiate", test_renegotiation },
		{ "another connection in its slot", test_slot_used_again },
	};

	if (eal_start("clear-text") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/clear-text", cases, HARNESS_COUNT(cases));
}
