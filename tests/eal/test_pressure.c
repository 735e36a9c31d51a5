/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Memory pressure of received data. The budget of the receiving stack is set by
 * hand: to exhaust a real one would take megabytes for the same decisions.
 */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/half.h"
#include "stack/rx_memory.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"

enum { SECOND = 1000000 };

static uint8_t pattern[400000];

/* The pattern, over a path that loses packets; watch is called after each turn. */
static void
transfer(struct pair *p, struct rtls_sock *socks[2],
	 void (*watch)(struct pair *, struct rtls_sock *))
{
	for (size_t sent = 0, got = 0; got < sizeof(pattern);) {
		uint8_t buf[4096];
		ssize_t n = 0;

		if (sent < sizeof(pattern))
			n = rtls_send(socks[0], pattern + sent, sizeof(pattern) - sent, 0);
		sent += n > 0 ? (size_t)n : 0;
		for (int i = 0; i < 200; i++) {
			pair_turn(p);
			watch(p, socks[1]);
		}
		while ((n = rtls_recv(socks[1], buf, sizeof(buf), 0)) > 0) {
			CU_ASSERT_FATAL(memcmp(buf, pattern + got, (size_t)n) == 0);
			got += (size_t)n;
		}
		CU_ASSERT_EQUAL_FATAL(n, -EAGAIN);
	}
}

static void
lossy_start(struct pair *p, struct rtls_sock *socks[2])
{
	struct pair_conf conf = { .path[0].loss_ppm = 50000 };

	conf.path[0].spare_arp = true;
	pair_init(p, &conf);
	pair_connect(p, 0, socks);
}

static void
lossy_end(struct pair *p, struct rtls_sock *socks[2])
{
	CU_ASSERT_EQUAL(pair_stat(p, 1, "PressureConnAborted"), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	pair_pass(p, SECOND);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_pass(p, SECOND);
	pair_fini(p);
}

/*
 * What waits behind a gap is all that there is room for: it is given up, with what comes next. A second
 * segment that comes in the same turn finds the room that it left.
 */
static void
squeeze(struct pair *p, struct rtls_sock *sock)
{
	struct rtls_stack *s = p->stack[1];
	uint64_t room_max = s->rx_room_max, dropped = pair_stat(p, 1, "PressureHeldDropped");
	uint64_t came = pair_stat(p, 1, "RxSegments");
	uint32_t held = recvq_room_held(&sock->recvq);

	if (recvq_ranges(&sock->recvq) == NULL)
		return;
	s->rx_room_max = s->rx_room_used;
	pair_turn(p);
	dropped = pair_stat(p, 1, "PressureHeldDropped") - dropped;
	came = pair_stat(p, 1, "RxSegments") - came;
	CU_ASSERT(held > 0 && dropped >= held);
	if (came < 2)
		CU_ASSERT_PTR_NULL(recvq_ranges(&sock->recvq));
	CU_ASSERT(recvq_ranges(&sock->recvq) == NULL || !rx_memory_is_high(s));
	s->rx_room_max = room_max;
}

/* Bytes out of order are given up, and come again: nothing is lost but time. */
static void
test_held_goes_first(void)
{
	struct rtls_sock *socks[2];
	struct pair p;

	lossy_start(&p, socks);
	transfer(&p, socks, squeeze);
	CU_ASSERT(pair_stat(&p, 1, "PressureHeldDropped") > 0);
	lossy_end(&p, socks);
}

static void *taken[4096];

/* All that the pool of what waits has. */
static unsigned int
take_held(struct pair *p)
{
	struct rte_mempool *pool = p->stack[1]->recvq_shared.held;
	unsigned int n = rte_mempool_avail_count(pool);

	CU_ASSERT_FATAL(n <= RTE_DIM(taken) && rte_mempool_get_bulk(pool, taken, n) == 0);
	return n;
}

static void
put_held(struct pair *p, unsigned int n)
{
	rte_mempool_put_bulk(p->stack[1]->recvq_shared.held, taken, n);
}

static uint32_t times_held;

static void
count_held(struct pair *p, struct rtls_sock *sock)
{
	(void)p;
	times_held += recvq_ranges(&sock->recvq) != NULL;
}

/* Somebody else found the pool of what waits empty. */
static void
want_held(struct pair *p, struct rtls_sock *sock)
{
	unsigned int n;

	if (recvq_ranges(&sock->recvq) == NULL)
		return;
	n = take_held(p);
	p->stack[1]->held_wanted = true;
	pair_turn(p);
	CU_ASSERT_PTR_NULL(recvq_ranges(&sock->recvq));
	put_held(p, n);
}

/* The pool of what waits is empty: it comes again, each such segment is counted, and nothing ends. */
static void
test_held_pool(void)
{
	struct rtls_sock *socks[2];
	unsigned int n;
	struct pair p;

	lossy_start(&p, socks);
	n = take_held(&p);
	times_held = 0;
	transfer(&p, socks, count_held);
	CU_ASSERT_EQUAL(times_held, 0);
	CU_ASSERT(pair_stat(&p, 1, "RxTooManyGaps") > 0);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "PressureHeldDropped"), 0);
	put_held(&p, n);
	transfer(&p, socks, count_held);
	CU_ASSERT(times_held > 0);
	transfer(&p, socks, want_held);
	CU_ASSERT(pair_stat(&p, 1, "PressureHeldDropped") > 0);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(p.stack[1]->recvq_shared.held), 0);
	lossy_end(&p, socks);
}

static bool
is_open(void *arg)
{
	struct rtls_sock *k = arg;

	return pair_info(k).state == RTLS_SOCK_OPEN;
}

/* What is there has room; who is new waits, and comes in when there is room again. */
static void
test_new_connections_wait(void)
{
	struct rtls_addr local = pair_addr(0, 0), remote = pair_addr(1, PAIR_PORT);
	struct rtls_sock *socks[2], *late, *accepted;
	struct pair p;
	uint64_t room;

	pair_init(&p, NULL);
	pair_connect(&p, 0, socks);
	pair_send(&p, socks[0], pattern, 60000);
	pair_settle(&p);
	room = pair_stat(&p, 1, "RxRoomInUse");
	CU_ASSERT(room > 60000);
	p.stack[1]->rx_room_max = room + room / 20;
	log_tap_start(RTE_LOG_NOTICE);
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[0], &local, &remote, &late), 0);
	pair_pass(&p, SECOND / 2);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_ROOM_REFUSED), 1);
	CU_ASSERT_EQUAL(log_tap_lines(), 1);
	log_tap_end();
	CU_ASSERT_EQUAL(pair_info(late).state, RTLS_SOCK_CONNECTING);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "PressureConnRefused"), 1);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "SynInUse"), 0);
	pair_expect(&p, socks[1], pattern, 60000);
	/* The SYN comes again after 1 s, RFC 6298 2.1. */
	CU_ASSERT(pair_until(&p, is_open, late, 2 * SECOND));
	pair_settle(&p);
	CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(p.listener, &accepted, 1), 1);
	CU_ASSERT_EQUAL(rtls_abort(late), 0);
	CU_ASSERT_EQUAL(rtls_abort(socks[0]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_close(accepted), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(&p);
}

/* Two half records; the one that was begun first goes, the other one is completed. */
static void
test_oldest_incomplete_goes(void)
{
	uint8_t plain[16000], wire[PEER_WIRE_MAX];
	struct half old, young;
	struct pair p;
	uint32_t len;

	pair_init(&p, NULL);
	half_open(&p, &old);
	half_open(&p, &young);
	pair_fill(plain, 0, sizeof(plain));
	len = peer_seal(&old.seals, RTLS_TYPE_DATA, plain, sizeof(plain), 0, wire);
	pair_send(&p, old.socks[FAR], wire, len - 1);
	pair_pass(&p, SECOND / 10);
	len = peer_seal(&young.seals, RTLS_TYPE_DATA, plain, sizeof(plain), 0, wire);
	pair_send(&p, young.socks[FAR], wire, len - 1);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_recv(old.socks[NEAR], plain, 1, 0), -EAGAIN);
	p.stack[NEAR]->rx_room_max = pair_stat(&p, NEAR, "RxRoomInUse") - 1;
	log_tap_start(RTE_LOG_NOTICE);
	pair_settle(&p);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_ROOM_ENDED), 1);
	CU_ASSERT_EQUAL(log_tap_lines(), 1);
	log_tap_end();
	CU_ASSERT_EQUAL(pair_stat(&p, NEAR, "PressureConnAborted"), 1);
	CU_ASSERT_EQUAL(pair_info(old.socks[NEAR]).end_reason, RTLS_REASON_NO_MEMORY);
	CU_ASSERT_EQUAL(pair_info(old.socks[NEAR]).end_who, RTLS_END_LOCAL);
	half_answers(&old, -ECONNABORTED);
	CU_ASSERT_EQUAL(rtls_recv(old.socks[FAR], plain, 1, 0), -ECONNRESET);
	CU_ASSERT(pair_bits(&p, FAR, old.socks[FAR]) == 0);

	pair_send(&p, young.socks[FAR], wire + len - 1, 1);
	pair_settle(&p);
	half_read(&young, 0, sizeof(plain));
	half_alert(&p, &young, 0);
	CU_ASSERT_EQUAL(rtls_close(old.socks[NEAR]), 0);
	CU_ASSERT_EQUAL(rtls_close(old.socks[FAR]), 0);
	half_close(&p, &young);
	pair_fini(&p);
}

/* Half a record of 200 bytes: little enough that the other half comes in whatever others hold. */
static void
send_half(struct pair *p, struct half *h, uint8_t wire[PEER_WIRE_MAX], uint32_t *len)
{
	*len = peer_seal(&h->seals, RTLS_TYPE_DATA, pattern, 200, 0, wire);
	pair_send(p, h->socks[FAR], wire, *len / 2);
}

/*
 * A search through many sockets takes several polls. Who was the oldest in one of them, and whose
 * record is another one at the end, is not ended: who is the oldest then is, soon.
 */
static void
test_who_went_on_is_spared(void)
{
	struct pair_conf conf = { .stack[NEAR].max_socks = 2048 };
	uint8_t wire[PEER_WIRE_MAX], big[PEER_WIRE_MAX];
	struct half lively, stuck;
	struct pair p;
	uint32_t len, n;

	pair_init(&p, &conf);
	half_open(&p, &lively);
	half_open(&p, &stuck);
	send_half(&p, &lively, wire, &len);
	pair_pass(&p, SECOND / 10);
	n = peer_seal(&stuck.seals, RTLS_TYPE_DATA, pattern, 16000, 0, big);
	pair_send(&p, stuck.socks[FAR], big, n - 1);
	pair_settle(&p);
	p.stack[NEAR]->rx_room_max = pair_stat(&p, NEAR, "RxRoomInUse") / 2;
	pair_turn(&p);
	CU_ASSERT(rtls_stack_deadline(p.stack[NEAR]) < p.now_us + 1000);
	CU_ASSERT_EQUAL(rtls_send(lively.socks[FAR], wire + len / 2, len - len / 2, 0),
			len - len / 2);
	pair_turn(&p);
	pair_turn(&p);
	half_read(&lively, 0, 200);
	send_half(&p, &lively, wire, &len);
	for (int i = 0; i < 30; i++)
		pair_turn(&p);
	CU_ASSERT_EQUAL(pair_stat(&p, NEAR, "PressureConnAborted"), 0);
	/* The next search is due at once, also for a program that sleeps. */
	CU_ASSERT(rtls_stack_deadline(p.stack[NEAR]) < p.now_us + 1000);
	pair_pass(&p, SECOND / 10);
	CU_ASSERT_EQUAL(pair_stat(&p, NEAR, "PressureConnAborted"), 1);
	CU_ASSERT_EQUAL(pair_info(stuck.socks[NEAR]).end_reason, RTLS_REASON_NO_MEMORY);
	pair_send(&p, lively.socks[FAR], wire + len / 2, len - len / 2);
	pair_settle(&p);
	half_read(&lively, 0, 200);
	CU_ASSERT_EQUAL(rtls_close(stuck.socks[NEAR]), 0);
	CU_ASSERT_EQUAL(rtls_close(stuck.socks[FAR]), 0);
	half_close(&p, &lively);
	pair_fini(&p);
}

enum { GAPS = 6, GAP_LEN = 8 * 1448 };

/* The first of the segments of each connection with data is lost. */
static enum cable_verdict
lose_first(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	uint32_t *lost = arg, conn = (uint32_t)frame[35] % GAPS;

	(void)now_us;
	(void)delay_us;
	if (dir != 0 || len < 1000 || (*lost & 1u << conn) != 0)
		return CABLE_PASS;
	*lost |= 1u << conn;
	return CABLE_DROP;
}

/*
 * More than half of the budget is in use, less than three quarters, and all of it waits behind gaps, more
 * than a share in each connection. What fills a gap comes in all the same.
 */
static void
test_gaps_are_filled(void)
{
	uint32_t lost = 0;
	struct pair_conf conf = { .backlog = GAPS, .filter = lose_first, .arg = &lost };
	struct rtls_sock *socks[GAPS][2];
	struct pair p;

	pair_init(&p, &conf);
	for (uint16_t i = 0; i < GAPS; i++)
		pair_connect(&p, 6000 + i, socks[i]);
	for (int i = 0; i < GAPS; i++)
		CU_ASSERT_EQUAL(rtls_send(socks[i][0], pattern, GAP_LEN, 0), GAP_LEN);
	for (int i = 0; i < 2; i++) {
		cable_set_time(p.cable, p.now_us);
		rtls_stack_poll(p.stack[i], p.now_us);
	}
	for (int i = 0; i < GAPS; i++)
		CU_ASSERT(recvq_room_held(&socks[i][1]->recvq) > 8192);
	p.stack[1]->rx_room_max = pair_stat(&p, 1, "RxRoomInUse") * 8 / 5;
	pair_pass(&p, 5 * SECOND);
	for (int i = 0; i < GAPS; i++) {
		CU_ASSERT(recvq_len(&socks[i][1]->recvq) > 0);
		pair_expect(&p, socks[i][1], pattern, GAP_LEN);
	}
	CU_ASSERT(pair_stat(&p, 1, "PressureHeldDropped") > 0);
	for (int i = 0; i < GAPS; i++)
		for (int end = 0; end < 2; end++)
			CU_ASSERT_EQUAL(rtls_close(socks[i][end]), 0);
	pair_fini(&p);
}

enum { MANY = 9, PART = 15000 };

/* Plaintext that is there, read and compared. */
static size_t
take(struct half *h, size_t got)
{
	uint8_t buf[PART], expected[PART];
	ssize_t n;

	if (got == sizeof(buf))
		return got;
	n = rtls_recv(h->socks[NEAR], buf, sizeof(buf), 0);
	if (n <= 0) {
		CU_ASSERT_EQUAL(n, -EAGAIN);
		return got;
	}
	CU_ASSERT_FATAL(got + (size_t)n <= sizeof(buf));
	pair_fill(expected, got, (size_t)n);
	CU_ASSERT_EQUAL(memcmp(buf, expected, (size_t)n), 0);
	return got + (size_t)n;
}

/* Each holds all of a record but its end, and there is no more room: one after the other is let through. */
static void
test_incomplete_ones_take_turns(void)
{
	uint8_t plain[PART], wire[PEER_WIRE_MAX];
	size_t got[MANY] = { 0 }, all = 0;
	struct half halves[MANY];
	uint8_t ends[MANY][100];
	struct pair p;
	uint32_t len;

	pair_init(&p, NULL);
	pair_fill(plain, 0, sizeof(plain));
	for (int i = 0; i < MANY; i++) {
		half_open(&p, &halves[i]);
		len = peer_seal(&halves[i].seals, RTLS_TYPE_DATA, plain, sizeof(plain), 0, wire);
		pair_send(&p, halves[i].socks[FAR], wire, len - sizeof(ends[i]));
		memcpy(ends[i], wire + len - sizeof(ends[i]), sizeof(ends[i]));
		pair_settle(&p);
	}
	p.stack[NEAR]->rx_room_max = pair_stat(&p, NEAR, "RxRoomInUse") * 7 / 6;
	for (int i = 0; i < MANY; i++)
		pair_send(&p, halves[i].socks[FAR], ends[i], sizeof(ends[i]));
	/* The first one's program does not read until all others have. */
	for (int turn = 0; turn < 90 && all < MANY * sizeof(plain); turn++) {
		pair_pass(&p, SECOND / 10);
		all = 0;
		for (int i = MANY - 1; i >= 0; i--) {
			if (i > 0 || all == (MANY - 1) * sizeof(plain))
				got[i] = take(&halves[i], got[i]);
			all += got[i];
		}
	}
	CU_ASSERT_EQUAL(all, MANY * sizeof(plain));
	/* It was no luck: there was no room. */
	CU_ASSERT(pair_stat(&p, NEAR, "PressureDataDropped") > 0);
	CU_ASSERT_EQUAL(pair_stat(&p, NEAR, "PressureHolderEnded"), 0);
	CU_ASSERT_EQUAL(pair_stat(&p, NEAR, "PressureConnAborted"), 0);
	for (int i = 0; i < MANY; i++)
		half_close(&p, &halves[i]);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what is out of order goes first", test_held_goes_first },
		{ "the pool of what is out of order is empty", test_held_pool },
		{ "new connections wait", test_new_connections_wait },
		{ "the oldest incomplete record goes", test_oldest_incomplete_goes },
		{ "who went on is spared", test_who_went_on_is_spared },
		{ "gaps are filled", test_gaps_are_filled },
		{ "incomplete records take turns", test_incomplete_ones_take_turns },
	};

	pair_fill(pattern, 0, sizeof(pattern));
	if (eal_start("pressure") != 0)
		return 1;
	return harness_run("eal/pressure", cases, HARNESS_COUNT(cases));
}
