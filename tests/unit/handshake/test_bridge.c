/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A socket without room: nothing is lost, doubled or sent out of order. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <openssl/err.h>

#include "support/harness.h"
#include "support/tls_bench.h"

#include <recordtls/openssl.h>

static void
open_done(struct tls_bench *b, bool near_is_client)
{
	struct tls_bench_conf conf = { .near_is_client = near_is_client, .seed = 7 };

	tls_bench_open(b, &conf);
	CU_ASSERT_TRUE_FATAL(tls_bench_shake(b));
}

static void
check_handed_over(struct tls_bench *b)
{
	struct rtls_ssl_status st = { .size = sizeof(st) };

	CU_ASSERT_EQUAL(rtls_ssl_status(b->near, &st), 0);
	CU_ASSERT_EQUAL(st.tx_handed_over, 1);
	CU_ASSERT_EQUAL(st.rx_handed_over, 1);
}

/* Handshake, data and key updates while the socket refuses at random. */
static void
pressed_connection(uint64_t *seed, unsigned int refuse, unsigned int cut, unsigned int keys)
{
	struct tls_bench_conf conf = { .near_is_client = harness_rand(seed) & 1,
				       .seed = harness_rand(seed) };
	struct tls_bench b;
	int rc = -EAGAIN;

	tls_bench_open(&b, &conf);
	b.sock.refuse_of_16 = refuse;
	b.sock.short_of_16 = cut;
	b.sock.keys_refuse_of_16 = keys;
	CU_ASSERT_TRUE_FATAL(tls_bench_shake(&b));
	check_handed_over(&b);
	for (unsigned int round = 0; round < 4; round++) {
		CU_ASSERT_TRUE(tls_bench_send(&b, 1 + harness_rand(seed) % 100000, true));
		CU_ASSERT_TRUE(tls_bench_receive(&b, 1 + harness_rand(seed) % 100000));
		if (round & 1) {
			CU_ASSERT_EQUAL(SSL_key_update(b.far, SSL_KEY_UPDATE_REQUESTED), 1);
			CU_ASSERT_EQUAL(SSL_do_handshake(b.far), 1);
			continue;
		}
		for (unsigned int i = 0; i < 1000 && rc == -EAGAIN; i++)
			rc = rtls_ssl_key_update(b.near, harness_rand(seed) & 1);
		CU_ASSERT_EQUAL(rc, 0);
		rc = -EAGAIN;
	}
	CU_ASSERT_TRUE(b.sock.tx_keys >= 3);
	CU_ASSERT_EQUAL(b.sock.refusals != 0, refuse != 0);
	CU_ASSERT_EQUAL(b.sock.shorts != 0, cut != 0);
	tls_bench_close(&b);
}

static void
test_random_refusals(void)
{
	uint64_t seed = harness_seed();
	unsigned int rounds = harness_full() ? 400 : 20;

	for (unsigned int i = 0; i < rounds; i++) {
		pressed_connection(&seed, 12, 0, 0);
		pressed_connection(&seed, 0, 12, 0);
		pressed_connection(&seed, 10, 10, 10);
		pressed_connection(&seed, 15, 15, 4);
	}
}

/* Everything of the server's flight, its keys and tickets waits, and goes out in order. */
static void
test_flight_waits_whole(void)
{
	struct tls_bench_conf conf = { .seed = 7 };
	struct rtls_ssl_status st = { .size = sizeof(st) };
	struct tls_bench b;

	tls_bench_open(&b, &conf);
	b.sock.blocked = true;
	CU_ASSERT_EQUAL(SSL_do_handshake(b.far), -1);
	tls_bench_carry(&b);
	for (unsigned int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(rtls_ssl_service(b.near), -EAGAIN);
	CU_ASSERT_EQUAL(b.sock.out.len, 0);
	CU_ASSERT_EQUAL(b.sock.tx_keys, 0);
	/* libssl was told yes, but the socket has no keys: the program must not send beside yet. */
	CU_ASSERT_EQUAL(BIO_get_ktls_send(SSL_get_wbio(b.near)), 1);
	CU_ASSERT_EQUAL(rtls_ssl_status(b.near, &st), 0);
	CU_ASSERT_EQUAL(st.tx_handed_over, 0);
	CU_ASSERT_STRING_EQUAL(st.tx_reason, "keys wait for buffer room");
	b.sock.blocked = false;
	CU_ASSERT_TRUE(tls_bench_shake(&b));
	check_handed_over(&b);
	CU_ASSERT_TRUE(tls_bench_send(&b, 30000, true));
	tls_bench_close(&b);
}

/* The same with a suite that is known to be carried only once the socket is asked. */
static void
test_uncertain_keys_behind_a_flight(void)
{
	struct tls_bench_conf conf = { .suites = "TLS_AES_256_GCM_SHA384" };
	struct rtls_ssl_status st = { .size = sizeof(st) };
	struct tls_bench b;

	tls_bench_open(&b, &conf);
	b.sock.carries_one = true;
	b.sock.blocked = true;
	SSL_do_handshake(b.far);
	tls_bench_carry(&b);
	CU_ASSERT_EQUAL(rtls_ssl_service(b.near), -EAGAIN);
	b.sock.blocked = false;
	CU_ASSERT_TRUE(tls_bench_shake(&b));
	CU_ASSERT_EQUAL(rtls_ssl_status(b.near, &st), 0);
	CU_ASSERT_EQUAL(st.tx_handed_over, 0);
	CU_ASSERT_TRUE(tls_bench_send(&b, 30000, true));
	CU_ASSERT_TRUE(tls_bench_receive(&b, 30000));
	tls_bench_close(&b);
}

static void
test_keys_wait_for_memory(void)
{
	struct tls_bench_conf conf = { .seed = 7 };
	struct tls_bench b;

	tls_bench_open(&b, &conf);
	b.sock.keys_errno = ENOMEM;
	CU_ASSERT_FALSE(tls_bench_shake(&b));
	CU_ASSERT_EQUAL(b.sock.tx_keys + b.sock.rx_keys, 0);
	b.sock.keys_errno = 0;
	CU_ASSERT_TRUE(tls_bench_shake(&b));
	check_handed_over(&b);
	CU_ASSERT_TRUE(tls_bench_send(&b, 30000, true));
	CU_ASSERT_TRUE(tls_bench_receive(&b, 30000));
	tls_bench_close(&b);
}

/*
 * libssl was told that its first keys are taken, and then the socket refuses them, as where new TLS
 * sessions were switched off meanwhile: that is the connection's end, and nothing goes in clear.
 */
static void
test_waiting_keys_refused(void)
{
	static const char data[] = "what the keys are for";
	struct tls_bench_conf conf = { .seed = 7 };
	struct tls_bench b;

	tls_bench_open(&b, &conf);
	b.sock.blocked = true;
	CU_ASSERT_EQUAL(SSL_do_handshake(b.far), -1);
	tls_bench_carry(&b);
	CU_ASSERT_EQUAL(rtls_ssl_service(b.near), -EAGAIN);
	CU_ASSERT_EQUAL(BIO_get_ktls_send(SSL_get_wbio(b.near)), 1);
	b.sock.blocked = false;
	b.sock.keys_errno = EPERM;
	CU_ASSERT_FALSE(tls_bench_shake(&b));
	for (unsigned int i = 0; i < 5; i++) {
		CU_ASSERT_EQUAL(rtls_ssl_service(b.near), -EPERM);
		CU_ASSERT_TRUE(SSL_write(b.near, data, sizeof(data)) <= 0);
		CU_ASSERT_PTR_NULL(memmem(b.sock.out.buf, b.sock.out.len, data, sizeof(data) - 1));
	}
	CU_ASSERT_EQUAL(b.sock.tx_keys, 0);
	CU_ASSERT_EQUAL(b.sock.tx_type[RTLS_TYPE_DATA], 0);
	ERR_clear_error();
	tls_bench_close(&b);
}

/* The KeyUpdate waits, its key behind it; a second update waits for both. */
static void
test_key_update_waits(void)
{
	static const char data[] = "under the new key";
	struct rtls_ssl_status st = { .size = sizeof(st) };
	struct tls_bench b;
	size_t n;

	open_done(&b, false);
	b.sock.blocked = true;
	CU_ASSERT_EQUAL(rtls_ssl_key_update(b.near, 0), 0);
	CU_ASSERT_EQUAL(b.sock.tx_keys, 1);
	CU_ASSERT_EQUAL(rtls_ssl_status(b.near, &st), 0);
	CU_ASSERT_EQUAL(st.tx_handed_over, 0);
	CU_ASSERT_EQUAL(rtls_ssl_key_update(b.near, 0), -EAGAIN);
	CU_ASSERT_EQUAL(SSL_write_ex(b.near, data, sizeof(data), &n), 0);
	CU_ASSERT_EQUAL(rtls_ssl_service(b.near), -EAGAIN);
	CU_ASSERT_EQUAL(b.sock.tx_type[RTLS_TYPE_DATA], 0);
	b.sock.blocked = false;
	CU_ASSERT_EQUAL(rtls_ssl_service(b.near), 0);
	CU_ASSERT_EQUAL(b.sock.tx_keys, 2);
	/* The data record went out with the rest, and is not sent again. */
	CU_ASSERT_EQUAL(b.sock.tx_type[RTLS_TYPE_DATA], 1);
	CU_ASSERT_EQUAL(SSL_write_ex(b.near, data, sizeof(data), &n), 1);
	CU_ASSERT_EQUAL(n, sizeof(data));
	CU_ASSERT_EQUAL(b.sock.tx_type[RTLS_TYPE_DATA], 1);
	check_handed_over(&b);
	CU_ASSERT_TRUE(tls_bench_receive(&b, 1000));
	tls_bench_close(&b);
}

/* libssl's own answer, inside SSL_write(), meets keys that still wait. */
static void
test_second_key_update_inside_a_write(void)
{
	static const char data[] = "behind two updates";
	char got[64];
	struct tls_bench b;
	size_t n;

	open_done(&b, false);
	b.sock.blocked = true;
	CU_ASSERT_EQUAL(rtls_ssl_key_update(b.near, 0), 0);
	CU_ASSERT_EQUAL(SSL_key_update(b.far, SSL_KEY_UPDATE_REQUESTED), 1);
	CU_ASSERT_EQUAL(SSL_do_handshake(b.far), 1);
	tls_bench_carry(&b);
	CU_ASSERT_EQUAL(SSL_read_ex(b.near, got, sizeof(got), &n), 0);
	CU_ASSERT_EQUAL(SSL_write_ex(b.near, data, sizeof(data), &n), 0);
	CU_ASSERT_EQUAL(SSL_get_error(b.near, 0), SSL_ERROR_WANT_WRITE);
	CU_ASSERT_EQUAL(rtls_ssl_service(b.near), -EAGAIN);
	b.sock.blocked = false;
	CU_ASSERT_EQUAL(rtls_ssl_service(b.near), 0);
	CU_ASSERT_EQUAL(SSL_write_ex(b.near, data, sizeof(data), &n), 1);
	CU_ASSERT_EQUAL(b.sock.tx_keys, 3);
	tls_bench_carry(&b);
	CU_ASSERT_EQUAL(SSL_read_ex(b.far, got, sizeof(got), &n), 1);
	CU_ASSERT_EQUAL(n, sizeof(data));
	CU_ASSERT_EQUAL(memcmp(got, data, sizeof(data)), 0);
	tls_bench_close(&b);
}

/* libssl repeats a refused write from the old pointer; its bytes may be gone. */
static void
test_refused_write_from_freed_memory(void)
{
	char *data = malloc(10000), got[10000];
	struct tls_bench b;
	size_t n;

	open_done(&b, true);
	memset(data, 'a', 10000);
	b.sock.blocked = true;
	CU_ASSERT_EQUAL(SSL_write_ex(b.near, data, 10000, &n), 0);
	memset(data, 'b', 10000);
	free(data);
	data = malloc(10000);
	memset(data, 'a', 10000);
	CU_ASSERT_EQUAL(SSL_write_ex(b.near, data, 10000, &n), 0);
	b.sock.blocked = false;
	CU_ASSERT_EQUAL(SSL_write_ex(b.near, data, 10000, &n), 1);
	CU_ASSERT_EQUAL(n, 10000);
	tls_bench_carry(&b);
	CU_ASSERT_EQUAL(SSL_read_ex(b.far, got, sizeof(got), &n), 1);
	CU_ASSERT_EQUAL(n, 10000);
	CU_ASSERT_EQUAL(memcmp(got, data, 10000), 0);
	free(data);
	tls_bench_close(&b);
}

/* Freed with bytes, a record and keys still waiting (for the leak checker). */
static void
test_freed_while_waiting(void)
{
	static const char data[] = "never sent";
	struct tls_bench b;
	size_t n;

	open_done(&b, false);
	b.sock.blocked = true;
	CU_ASSERT_EQUAL(rtls_ssl_key_update(b.near, 0), 0);
	CU_ASSERT_EQUAL(SSL_write_ex(b.near, data, sizeof(data), &n), 0);
	n = b.sock.out.len;
	tls_bench_close(&b);
	CU_ASSERT_EQUAL(n, 0);
}

static int
add_appdata(SSL *ssl, void *arg)
{
	static uint8_t appdata[9000];

	(void)arg;
	memset(appdata, 0x5a, sizeof(appdata));
	return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), appdata, sizeof(appdata));
}

/* libssl's handshake has a write buffer of 4096 bytes, and must not cut a record with it. */
static void
test_long_ticket(void)
{
	struct tls_bench_conf conf = { .seed = 7 };
	struct tls_bench b;

	for (unsigned int refuse = 0; refuse <= 12; refuse += 12) {
		tls_bench_open(&b, &conf);
		CU_ASSERT_EQUAL(SSL_CTX_set_session_ticket_cb(b.near_ctx, add_appdata, NULL, NULL),
				1);
		b.sock.refuse_of_16 = refuse;
		CU_ASSERT_TRUE(tls_bench_shake(&b));
		CU_ASSERT_EQUAL(b.sock.tx_type[RTLS_TYPE_HANDSHAKE], 2);
		CU_ASSERT_EQUAL(b.sock.tx_type[RTLS_TYPE_DATA], 0);
		CU_ASSERT_TRUE(tls_bench_send(&b, 30000, true));
		CU_ASSERT_TRUE(tls_bench_receive(&b, 30000));
		tls_bench_close(&b);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "refusals and short counts at random", test_random_refusals },
		{ "a flight waits whole, keys behind it", test_flight_waits_whole },
		{ "uncertain keys behind a flight are refused",
		  test_uncertain_keys_behind_a_flight },
		{ "keys wait for memory", test_keys_wait_for_memory },
		{ "keys that wait are refused", test_waiting_keys_refused },
		{ "a key update waits", test_key_update_waits },
		{ "a second key update inside a write", test_second_key_update_inside_a_write },
		{ "a refused write repeated from freed memory",
		  test_refused_write_from_freed_memory },
		{ "freed while everything waits", test_freed_while_waiting },
		{ "a ticket above libssl's write buffer", test_long_ticket },
	};
	return harness_run("handshake/bridge", cases, HARNESS_COUNT(cases));
}
