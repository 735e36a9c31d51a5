/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* How a received stream ends: FIN, RST, silence. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/half.h"
#include "support/eal.h"
#include "support/harness.h"

enum { ALL_BITS = RTLS_READABLE | RTLS_WRITABLE | RTLS_CONTROL };

/* --- FIN --------------------------------------------------------------------- */

static void
fin_at(uint32_t cut, ssize_t answer, enum rtls_eof eof, enum rtls_end_reason reason)
{
	uint8_t plain[200], wire[PEER_WIRE_MAX];
	bool truncated = eof == RTLS_EOF_TRUNCATED;
	struct rtls_sock_info info = { .size = sizeof(info) };
	struct pair p;
	struct half h;
	uint32_t len;

	pair_init(&p, NULL);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_sock_watch(h.socks[NEAR], RTLS_READABLE, NULL), 0);
	half_data(&p, &h, 0, 3000);
	half_data(&p, &h, 3000, 1);
	pair_fill(plain, 3001, sizeof(plain));
	len = peer_seal(&h.seals, RTLS_TYPE_DATA, plain, sizeof(plain), 0, wire);
	CU_ASSERT_EQUAL_FATAL(len, 222);
	pair_send(&p, h.socks[FAR], wire, cut);
	half_read(&h, 0, cut == len ? 3201 : 3001);
	half_answers(&h, -EAGAIN);
	CU_ASSERT_EQUAL(pair_bits(&p, NEAR, h.socks[NEAR]), 0);
	CU_ASSERT_EQUAL(pair_info(h.socks[NEAR]).eof, RTLS_EOF_NONE);

	CU_ASSERT_EQUAL(rtls_shutdown(h.socks[FAR], RTLS_SHUT_WR), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(pair_bits(&p, NEAR, h.socks[NEAR]), RTLS_READABLE);
	half_answers(&h, answer);
	info = pair_info(h.socks[NEAR]);
	CU_ASSERT_EQUAL(info.eof, eof);
	CU_ASSERT_EQUAL(info.end_reason, reason);
	CU_ASSERT_EQUAL(info.end_alert, 0);
	CU_ASSERT_EQUAL(info.state, RTLS_SOCK_OPEN);
	CU_ASSERT_EQUAL(pair_bits(&p, NEAR, h.socks[NEAR]),
			RTLS_READABLE | (truncated ? RTLS_ERROR : 0));
	half_alert(&p, &h, 50);
	half_close(&p, &h);
	pair_fini(&p);
}

static void
test_fin(void)
{
	static const uint32_t inside[] = { 1, 4, 5, 6, 100, 205, 206, 207, 221 };

	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		fin_at(inside[i], -EMSGSIZE, RTLS_EOF_TRUNCATED, RTLS_REASON_TRUNCATED);
	fin_at(0, 0, RTLS_EOF_BARE, RTLS_REASON_NONE);
	fin_at(222, 0, RTLS_EOF_BARE, RTLS_REASON_NONE);
}

/* Without keys there are no records to be cut. */
static void
test_fin_plain(void)
{
	struct rtls_sock *socks[2];
	uint8_t bytes[1000];
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, socks);
	pair_fill(bytes, 0, sizeof(bytes));
	pair_send(&p, socks[FAR], bytes, sizeof(bytes));
	CU_ASSERT_EQUAL(rtls_shutdown(socks[FAR], RTLS_SHUT_WR), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(pair_info(socks[NEAR]).eof, RTLS_EOF_NONE);
	pair_expect(&p, socks[NEAR], bytes, sizeof(bytes));
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(rtls_recv(socks[NEAR], bytes, sizeof(bytes), 0), 0);
	CU_ASSERT_EQUAL(pair_info(socks[NEAR]).eof, RTLS_EOF_BARE);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(&p);
}

/* --- reset and silence ------------------------------------------------------- */

static void
check_dead(struct pair *p, struct half *h, ssize_t error, enum rtls_end_who who,
	   enum rtls_end_reason reason)
{
	struct rtls_sock *k = h->socks[NEAR];
	struct rtls_sock_info info = pair_info(k);

	CU_ASSERT_EQUAL(info.state, RTLS_SOCK_CLOSED);
	CU_ASSERT_EQUAL(info.end_who, who);
	CU_ASSERT_EQUAL(info.end_reason, reason);
	CU_ASSERT_EQUAL(pair_bits(p, NEAR, k), RTLS_READABLE | RTLS_HUP | RTLS_ERROR);
	half_answers(h, error);
	CU_ASSERT_EQUAL(rtls_send(k, "x", 1, 0), error == -ECONNRESET ? -EPIPE : error);
	CU_ASSERT_EQUAL(rtls_shutdown(k, RTLS_SHUT_WR), 0);
	CU_ASSERT_EQUAL(pair_bits(p, NEAR, k), RTLS_READABLE | RTLS_HUP | RTLS_ERROR);
}

static void
test_reset(void)
{
	uint8_t wire[PEER_WIRE_MAX];
	struct pair p;
	struct half h;
	uint32_t len;

	pair_init(&p, NULL);
	for (int half_a_record = 0; half_a_record < 2; half_a_record++) {
		half_open(&p, &h);
		CU_ASSERT_EQUAL(rtls_sock_watch(h.socks[NEAR], ALL_BITS, NULL), 0);
		half_data(&p, &h, 0, 3000);
		half_data(&p, &h, 3000, 500);
		len = peer_seal(&h.seals, RTLS_TYPE_DATA, wire, 100, 0, wire);
		pair_send(&p, h.socks[FAR], wire, half_a_record != 0 ? len / 2 : 0);
		CU_ASSERT_EQUAL(rtls_abort(h.socks[FAR]), 0);
		pair_settle(&p);
		half_read(&h, 0, 3500);
		check_dead(&p, &h, -ECONNRESET, RTLS_END_PEER, RTLS_REASON_RESET);
		CU_ASSERT_EQUAL(rtls_close(h.socks[NEAR]), 0);
	}
	CU_ASSERT_EQUAL(pair_stat(&p, NEAR, "ConnResets"), 2);
	pair_fini(&p);
}

/* The first reason stays. */
static void
test_reset_behind_error(void)
{
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	pair_send(&p, h.socks[FAR], "GET / HTTP/1.1", 14);
	half_answers(&h, -EINVAL);
	CU_ASSERT_EQUAL(rtls_abort(h.socks[FAR]), 0);
	pair_settle(&p);
	half_answers(&h, -EINVAL);
	CU_ASSERT_EQUAL(pair_info(h.socks[NEAR]).state, RTLS_SOCK_CLOSED);
	CU_ASSERT_EQUAL(pair_info(h.socks[NEAR]).end_reason, RTLS_REASON_BAD_VERSION);
	CU_ASSERT_EQUAL(pair_info(h.socks[NEAR]).end_who, RTLS_END_LOCAL);
	CU_ASSERT_EQUAL(rtls_send(h.socks[NEAR], "x", 1, 0), -EPIPE);
	CU_ASSERT_EQUAL(rtls_close(h.socks[NEAR]), 0);
	pair_fini(&p);
}

static bool
is_closed(void *arg)
{
	return pair_info(arg).state == RTLS_SOCK_CLOSED;
}

static void
test_timeout(void)
{
	struct cable_path cut = { .loss_ppm = CABLE_PPM, .spare_arp = true }, whole = { 0 };
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_sock_watch(h.socks[NEAR], ALL_BITS, NULL), 0);
	CU_ASSERT_EQUAL(rtls_sock_set(h.socks[NEAR], RTLS_OPT_USER_TIMEOUT_US, 3000000), 0);
	half_data(&p, &h, 0, 3000);
	cable_set_path(p.cable, NEAR, &cut);
	CU_ASSERT_EQUAL(rtls_send(h.socks[NEAR], "lost", 4, 0), 4);
	CU_ASSERT_FALSE(pair_until(&p, is_closed, h.socks[NEAR], 2000000));
	CU_ASSERT(pair_until(&p, is_closed, h.socks[NEAR], 10000000));
	half_read(&h, 0, 3000);
	check_dead(&p, &h, -ETIMEDOUT, RTLS_END_NETWORK, RTLS_REASON_TIMEOUT);
	CU_ASSERT_EQUAL(pair_stat(&p, NEAR, "ConnTimeouts"), 1);
	CU_ASSERT_EQUAL(rtls_close(h.socks[NEAR]), 0);
	/* The other end still believes in it, until it is told. */
	cable_set_path(p.cable, NEAR, &whole);
	CU_ASSERT_EQUAL(pair_info(h.socks[FAR]).state, RTLS_SOCK_OPEN);
	CU_ASSERT_EQUAL(rtls_send(h.socks[FAR], "hello", 5, 0), 5);
	pair_settle(&p);
	CU_ASSERT_EQUAL(pair_info(h.socks[FAR]).end_reason, RTLS_REASON_RESET);
	CU_ASSERT_EQUAL(rtls_close(h.socks[FAR]), 0);
	pair_fini(&p);
}

/* An idle peer that is gone is noticed where the program asked for it, and one that is there stays. */
static void
test_keepalive(void)
{
	struct cable_path cut = { .loss_ppm = CABLE_PPM, .spare_arp = true };
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_sock_set(h.socks[NEAR], RTLS_OPT_KEEPALIVE_INTERVAL_US, 1000000), 0);
	CU_ASSERT_EQUAL(rtls_sock_set(h.socks[NEAR], RTLS_OPT_KEEPALIVE_PROBES, 3), 0);
	CU_ASSERT_EQUAL(rtls_sock_set(h.socks[NEAR], RTLS_OPT_KEEPALIVE_IDLE_US, 5000000), 0);
	CU_ASSERT_EQUAL(rtls_sock_watch(h.socks[NEAR], ALL_BITS, NULL), 0);
	CU_ASSERT_FALSE(pair_until(&p, is_closed, h.socks[NEAR], 60000000));
	cable_set_path(p.cable, NEAR, &cut);
	CU_ASSERT(pair_until(&p, is_closed, h.socks[NEAR], 20000000));
	CU_ASSERT_EQUAL(pair_info(h.socks[NEAR]).end_reason, RTLS_REASON_TIMEOUT);
	CU_ASSERT_EQUAL(pair_info(h.socks[FAR]).state, RTLS_SOCK_OPEN);
	CU_ASSERT_EQUAL(rtls_close(h.socks[NEAR]), 0);
	CU_ASSERT_EQUAL(rtls_abort(h.socks[FAR]), 0);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "FIN inside a record and between records", test_fin },
		{ "FIN without keys", test_fin_plain },
		{ "a reset behind good records", test_reset },
		{ "a reset behind a broken record", test_reset_behind_error },
		{ "a peer that falls silent", test_timeout },
		{ "an idle peer that is gone", test_keepalive },
	};

	if (eal_start("test-recv-ends") != 0)
		return 1;
	return harness_run("eal/recv_ends", cases, HARNESS_COUNT(cases));
}
