/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Key updates through the adapter, with a port that has inline TLS and plain libssl at the far end:
 * while four keys drain the next one waits, and nothing stands still once they have.
 */
#include <errno.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <recordtls/openssl.h>

#include "eal/half.h"
#include "eal/identity.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"

enum { TURNS = 200, UPDATES = 12, LEN = 1000, BUSY_POLLS = 3 };

static const struct cable_path DEAD = { .loss_ppm = CABLE_PPM, .spare_arp = true };
static const struct cable_path ALIVE = { 0 };

static struct pair p;
static struct rtls_sock *k[2];
static SSL *ssl[2];
static size_t sent[2], got[2]; /* of what an end sends: the pattern's bytes */

static SSL *
make_ssl(bool server)
{
	SSL_CTX *ctx = SSL_CTX_new(server ? TLS_server_method() : TLS_client_method());
	SSL *s;

	CU_ASSERT_PTR_NOT_NULL_FATAL(ctx);
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256");
	if (server)
		use_identity(ctx);
	s = SSL_new(ctx);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	SSL_CTX_free(ctx);
	if (server)
		SSL_set_accept_state(s);
	else
		SSL_set_connect_state(s);
	return s;
}

/* Between the far end's libssl and its socket. */
static void
carry(void)
{
	uint8_t buf[4096];
	ssize_t n;

	pair_settle(&p);
	while ((n = rtls_recv(k[FAR], buf, sizeof(buf), 0)) > 0)
		BIO_write(SSL_get_rbio(ssl[FAR]), buf, (int)n);
	while ((n = BIO_read(SSL_get_wbio(ssl[FAR]), buf, sizeof(buf))) > 0)
		pair_send(&p, k[FAR], buf, (size_t)n);
	pair_settle(&p);
}

static void
begin(bool near_is_server, uint32_t rings)
{
	const struct rtls_tlsnic_conf nic = { .size = sizeof(nic), .rings = rings };
	const struct pair_conf conf = { .nic = { &nic, NULL } };
	struct rtls_tls_info info = { .size = sizeof(info) };
	BIO *in = BIO_new(BIO_s_mem());

	pair_init(&p, &conf);
	pair_connect(&p, 0, k);
	CU_ASSERT_EQUAL(rtls_sock_set(k[NEAR], RTLS_OPT_KEY_UPDATES_PER_S, 0), 0);
	for (int end = 0; end < 2; end++) {
		ssl[end] = make_ssl(near_is_server == (end == NEAR));
		sent[end] = got[end] = 0;
	}
	CU_ASSERT_EQUAL_FATAL(rtls_ssl_attach(ssl[NEAR], k[NEAR], RTLS_SSL_TRANSPARENT), 0);
	BIO_set_mem_eof_return(in, -1);
	SSL_set_bio(ssl[FAR], in, BIO_new(BIO_s_mem()));
	for (int i = 0;
	     i < TURNS && (rtls_ssl_service(ssl[NEAR]) != 0 || !SSL_is_init_finished(ssl[FAR]));
	     i++) {
		carry();
		SSL_do_handshake(ssl[FAR]);
	}
	carry();
	CU_ASSERT_FATAL(SSL_is_init_finished(ssl[FAR]) && rtls_ssl_service(ssl[NEAR]) == 0);
	pair_pass(&p, 1000000);
	CU_ASSERT_EQUAL(rtls_tls_info(k[NEAR], RTLS_TX, &info), 0);
	CU_ASSERT_EQUAL_FATAL(info.mode, RTLS_MODE_NIC);
}

static uint8_t
pattern(int end, size_t off)
{
	return (uint8_t)(off * 7 + off / 251 + (size_t)end);
}

static void
compare(int from, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++, got[from]++)
		CU_ASSERT_EQUAL_FATAL(bytes[i], pattern(from, got[from]));
}

static void
fill(int from, uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = pattern(from, sent[from] + i);
}

static void
receive_far(void)
{
	uint8_t buf[LEN];
	size_t n;

	carry();
	while (SSL_read_ex(ssl[FAR], buf, sizeof(buf), &n))
		compare(NEAR, buf, n);
	ERR_clear_error();
	carry();
}

static ssize_t
send_near(void)
{
	uint8_t bytes[LEN];
	ssize_t n;

	fill(NEAR, bytes, LEN);
	n = rtls_ssl_send(ssl[NEAR], bytes, LEN, 0);
	if (n > 0)
		sent[NEAR] += (size_t)n;
	return n;
}

static void
finish(void)
{
	for (int end = 0; end < 2; end++)
		SSL_free(ssl[end]);
	for (int end = 0; end < 2; end++)
		CU_ASSERT_EQUAL(rtls_abort(k[end]), 0);
	pair_settle(&p);
	pair_fini(&p);
}

static unsigned int
keys_of(enum rtls_dir d)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	CU_ASSERT_EQUAL(rtls_tls_info(k[NEAR], d, &info), 0);
	return info.epoch;
}

/* All that was to be sent comes, after so many calls as there are events. */
static void
drain(void)
{
	for (int i = 0; i < TURNS && (rtls_ssl_service(ssl[NEAR]) != 0 || got[NEAR] < sent[NEAR]);
	     i++) {
		pair_pass(&p, 300000);
		receive_far();
	}
	CU_ASSERT_EQUAL(rtls_ssl_service(ssl[NEAR]), 0);
	CU_ASSERT_EQUAL(got[NEAR], sent[NEAR]);
}

/* Nothing is acknowledged: the program makes updates and sends until it is told to wait. */
static void
sending(bool near_is_server)
{
	unsigned int refused = 0;

	begin(near_is_server, 0);
	cable_set_path(p.cable, 0, &DEAD);
	for (int i = 0; i < UPDATES; i++) {
		if (send_near() < 0 || rtls_ssl_key_update(ssl[NEAR], 0) < 0)
			refused++;
		pair_turn(&p);
	}
	CU_ASSERT(refused > 0);
	CU_ASSERT_EQUAL(keys_of(RTLS_TX), EPOCHS_MAX);
	cable_set_path(p.cable, 0, &ALIVE);
	drain();
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(rtls_ssl_key_update(ssl[NEAR], 1), 0);
		CU_ASSERT_EQUAL(send_near(), LEN);
		drain();
	}
	CU_ASSERT_EQUAL(k[NEAR]->tx.tls->epochs.nb_waiting, 0);
	finish();
}

static void
test_sending(void)
{
	sending(true);
	sending(false);
}

/* The far end asks again and again, and acknowledges nothing: it is read all the same. */
static void
asked(bool near_is_server)
{
	uint8_t bytes[LEN];
	size_t n;
	ssize_t len;
	int i;

	begin(near_is_server, 0);
	for (i = 0; i < UPDATES; i++) {
		cable_set_path(p.cable, 0, i % 6 == 5 ? &ALIVE : &DEAD);
		(void)send_near();
		CU_ASSERT_EQUAL(SSL_key_update(ssl[FAR], SSL_KEY_UPDATE_REQUESTED), 1);
		fill(FAR, bytes, LEN);
		CU_ASSERT_EQUAL_FATAL(SSL_write_ex(ssl[FAR], bytes, LEN, &n), 1);
		sent[FAR] += LEN;
		carry();
		while ((len = rtls_ssl_recv(ssl[NEAR], bytes, sizeof(bytes), 0)) > 0)
			compare(FAR, bytes, (size_t)len);
		CU_ASSERT_EQUAL(len, -EAGAIN);
	}
	cable_set_path(p.cable, 0, &ALIVE);
	for (i = 0; i < TURNS && got[FAR] < sent[FAR]; i++) {
		pair_pass(&p, 300000);
		receive_far();
		while ((len = rtls_ssl_recv(ssl[NEAR], bytes, sizeof(bytes), 0)) > 0)
			compare(FAR, bytes, (size_t)len);
	}
	CU_ASSERT_EQUAL(got[FAR], sent[FAR]);
	drain();
	CU_ASSERT_EQUAL(keys_of(RTLS_RX), 1 + UPDATES);
	finish();
}

static void
test_asked(void)
{
	asked(true);
	asked(false);
}

/* Many updates in one burst, while the NIC takes its time to delete: a program that acts on events. */
static void
burst(bool near_is_server)
{
	struct rtls_event ev;
	uint8_t bytes[LEN];
	ssize_t len;
	size_t n;

	begin(near_is_server, 1);
	for (int i = 0; i < UPDATES; i++) {
		CU_ASSERT_EQUAL(SSL_key_update(ssl[FAR], SSL_KEY_UPDATE_NOT_REQUESTED), 1);
		fill(FAR, bytes, LEN);
		CU_ASSERT_EQUAL_FATAL(SSL_write_ex(ssl[FAR], bytes, LEN, &n), 1);
		sent[FAR] += LEN;
	}
	CU_ASSERT_EQUAL(rtls_sock_watch(k[NEAR], RTLS_READABLE, NULL), 0);
	carry();
	for (int i = 0; i < TURNS && got[FAR] < sent[FAR]; i++) {
		if (rtls_events(p.stack[NEAR], &ev, 1) == 0) {
			pair_turn(&p);
			continue;
		}
		while ((len = rtls_ssl_recv(ssl[NEAR], bytes, sizeof(bytes), 0)) > 0)
			compare(FAR, bytes, (size_t)len);
		CU_ASSERT_EQUAL(len, -EAGAIN);
	}
	CU_ASSERT_EQUAL(got[FAR], sent[FAR]);
	CU_ASSERT_EQUAL(keys_of(RTLS_RX), 1 + UPDATES);
	finish();
}

static void
test_burst(void)
{
	burst(true);
	burst(false);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "more updates than may drain", test_sending },
		{ "asked by a peer that acknowledges nothing", test_asked },
		{ "many of the peer's in one burst", test_burst },
	};

	if (eal_start("nic-update") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/nic-update", cases, HARNESS_COUNT(cases));
}
