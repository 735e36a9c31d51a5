/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Random calls, whatever gives out: what is accepted comes out. */
#include "support/each_suite.h"
#include "unit/session/tx_bench.h"

/* Of three sizes of record buffers, some are short. */
enum { POOLS_SHORT = 3 };

static void
starve_some(struct starved s[POOLS_SHORT], uint64_t r)
{
	for (int i = 0; i < POOLS_SHORT; i++) {
		starve_end(&s[i]);
		if (r >> (30 + i) & 1)
			starve(&s[i], pools.record[i], (r >> 40) % 4);
	}
}

/* The program's own buffer, if there is one. */
static void
send_buffer(uint32_t len, bool more)
{
	struct rte_mbuf *m;
	ssize_t n;

	len = RTE_MIN(len, (uint32_t)t.tx.pad.cap);
	m = buf_record_alloc(&pools, len);
	if (m == NULL)
		return;
	m->data_len = (uint16_t)len;
	pattern_fill(rte_pktmbuf_mtod(m, uint8_t *), t.accepted, len);
	n = session_tx_buffer(&t.tx, m, more);
	if (n == 0)
		t.accepted += len;
	else
		rte_pktmbuf_free(m);
	CU_ASSERT(n == 0 || n == -EAGAIN);
}

/* Some data, of which nothing is taken only where there is no room. */
static void
send_any(uint32_t len, bool more)
{
	ssize_t n = send_data(len, more);

	CU_ASSERT(n >= 0 || n == -EAGAIN || n == -ENOMEM);
	CU_ASSERT(n <= (ssize_t)len);
	if (session_tx_room(&t.tx) > 0 && n == -EAGAIN)
		CU_FAIL("room, and yet EAGAIN");
	CU_ASSERT(session_tx_open(&t.tx) == NULL || more || len == 0 || n < 0);
}

/* True: it was taken. */
static bool
send_any_control(uint8_t type, uint32_t len)
{
	ssize_t n = send_control(type, len);

	if (n != 0 && n != -ENOMEM && n != -EAGAIN)
		CU_ASSERT_EQUAL(t.keys, 0);
	return n == 0;
}

/* One call, or what the network does. How many control records were taken. */
static unsigned int
random_step(uint64_t r, struct starved s[POOLS_SHORT])
{
	uint32_t len = (uint32_t)((r >> 20) % ((uint32_t[]){ 3, 300, 5000, 50000 }[r >> 8 & 3]));

	switch (r & 15) {
	case 0:
		if (t.keys < (peer_suite.tls12 ? 1 : HARNESS_COUNT(t.peer)) && (r & 0x100000) != 0)
			CU_ASSERT_EQUAL(set_key(t.keys, r >> 40), 0);
		break;
	case 1:
		return send_any_control(21 + (r >> 30 & 1), 1 + len % 16384);
	case 2:
		send_buffer(len, r & 32);
		break;
	case 3:
		transmit((unsigned int)(r >> 20) % 20);
		break;
	case 4:
		acknowledge();
		break;
	case 5:
		starve_some(s, r);
		break;
	default:
		send_any(len, r & 32);
		break;
	}
	return 0;
}

static void
test_random(void)
{
	uint64_t seed = harness_seed();
	int rounds = harness_full() ? 300 : 40;

	for (int round = 0; round < rounds; round++) {
		struct starved s[POOLS_SHORT] = { { .n = 0 }, { .n = 0 }, { .n = 0 } };
		unsigned int controls = 0, seen = 0;
		uint64_t r = harness_rand(&seed);

		begin((uint32_t[]){ 1, 1000, 30000, SNDBUF }[r & 3]);
		t.tx.pad.cap = (uint16_t[]){ 64, 1000, 16384, 16384 }[r >> 2 & 3];
		for (int step = 0; step < 150; step++) {
			controls += random_step(harness_rand(&seed), s);
			CU_ASSERT(session_tx_open(&t.tx) == NULL ||
				  session_tx_open(&t.tx)->data_len > 0);
			CU_ASSERT(t.q.room_used <= t.tx.sndbuf + 2 * BUF_LARGE_ROOM);
		}
		CU_ASSERT_EQUAL(session_tx_flush(&t.tx), 0);
		acknowledge();
		CU_ASSERT_EQUAL_FATAL(t.seen, t.accepted);
		for (unsigned int i = 0; i < t.logged; i++)
			seen += t.log[i].type == 21 || t.log[i].type == 22;
		CU_ASSERT_EQUAL(seen, controls);
		starve_some(s, 0);
		finish();
	}
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "random calls: what is accepted comes out", test_random, EACH_SUITE },
	};

	return shared_start("session-tx-random") ?
		       each_suite_run("session/tx_random", cases, HARNESS_COUNT(cases)) :
		       1;
}
