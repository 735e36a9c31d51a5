/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Fair use of record buffers, in virtual time: end 0 sends to peers that do not read. Its pools
 * are small: 64 large buffers. Raw bytes are charged as records are.
 */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/files.h"
#include "eal/half.h"
#include "stack/memory.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"

enum {
	SECOND = 1000000,
	LARGE = 64,
	SOCKS = 60,
	QUEUES_AT_MOST = 40000, /* bytes that one peer's receive queue takes */
};

static uint8_t pattern[400000];

/* Connections whose far ends read only when they are told to. */
struct crowd {
	struct pair p;
	struct rtls_sock *near[SOCKS], *far[SOCKS];
	uint64_t sent[SOCKS], got[SOCKS];
	unsigned int n;
};

static void
crowd_init(struct crowd *c)
{
	const struct pair_conf conf = {
		.stack = { { .max_socks = SOCKS + 4 },
			   { .max_socks = SOCKS + 4, .rcvbuf = QUEUES_AT_MOST } },
		.backlog = SOCKS,
	};

	memset(c, 0, sizeof(*c));
	pair_init(&c->p, &conf);
	/* Not what this is about. */
	c->p.stack[1]->rx_room_max = 1 << 30;
}

static unsigned int
crowd_join(struct crowd *c)
{
	struct rtls_sock *socks[2];

	CU_ASSERT_FATAL(c->n < SOCKS);
	pair_connect(&c->p, 0, socks);
	c->near[c->n] = socks[0];
	c->far[c->n] = socks[1];
	return c->n++;
}

/* Sends as much as it takes of the pattern, in calls of at most len bytes. */
static ssize_t
crowd_send(struct crowd *c, unsigned int i, size_t len)
{
	ssize_t n;

	do {
		pair_fill(pattern, c->sent[i], len);
		n = rtls_send(c->near[i], pattern, len, 0);
		c->sent[i] += n > 0 ? (uint64_t)n : 0;
	} while (n > 0);
	return n;
}

/* The far end reads up to len bytes of what is there. */
static void
crowd_read(struct crowd *c, unsigned int i, size_t len)
{
	ssize_t n;

	while (len > 0 && (n = rtls_recv(c->far[i], pattern, len, 0)) > 0) {
		CU_ASSERT_FATAL(pair_matches(pattern, c->got[i], (size_t)n));
		c->got[i] += (uint64_t)n;
		len -= (size_t)n;
	}
}

static uint64_t
held(const struct crowd *c, unsigned int i)
{
	return session_tx_held(&c->near[i]->tx);
}

/* All that try send all they may, for so long, and nobody reads. */
static void
crowd_press(struct crowd *c, unsigned int from, unsigned int to, uint64_t us)
{
	for (uint64_t end_us = c->p.now_us + us; c->p.now_us < end_us;) {
		for (unsigned int i = from; i < to; i++)
			if (pair_info(c->near[i]).state == RTLS_SOCK_OPEN)
				crowd_send(c, i, 16384);
		pair_pass(&c->p, 100000);
	}
}

static void
crowd_fini(struct crowd *c)
{
	for (unsigned int i = 0; i < c->n; i++) {
		CU_ASSERT_EQUAL(rtls_abort(c->near[i]), 0);
		pair_settle(&c->p);
		CU_ASSERT_EQUAL(rtls_close(c->far[i]), 0);
	}
	CU_ASSERT_EQUAL(c->p.stack[0]->store.used, 0);
	CU_ASSERT_EQUAL(c->p.stack[0]->store.holders, 0);
	pair_fini(&c->p);
}

/* One connection alone has what it had before there were shares. */
static void
test_alone(void)
{
	struct crowd c;

	crowd_init(&c);
	crowd_join(&c);
	CU_ASSERT_EQUAL(crowd_send(&c, 0, 16384), -EAGAIN);
	CU_ASSERT_EQUAL(c.sent[0], 16 * 16384);
	crowd_fini(&c);
}

/*
 * Peers that do not read hold a quarter of all and a record each; who comes last gets its record,
 * and who reads goes on.
 */
static void
test_newcomers(void)
{
	struct crowd c;
	uint64_t before;

	crowd_init(&c);
	for (int i = 0; i < 40; i++) {
		crowd_join(&c);
		crowd_press(&c, c.n - 1, c.n, 200000);
		CU_ASSERT(held(&c, c.n - 1) >= BUF_LARGE_ROOM);
	}
	CU_ASSERT(c.p.stack[0]->store.used < LARGE * BUF_LARGE_ROOM);
	for (unsigned int i = 20; i < c.n; i++)
		CU_ASSERT(held(&c, i) <= 2 * BUF_LARGE_ROOM);
	CU_ASSERT_EQUAL(pair_stat(&c.p, 0, "PressureHolderEnded"), 0);
	crowd_join(&c);
	before = c.p.now_us;
	while (c.got[c.n - 1] < 300000) {
		crowd_send(&c, c.n - 1, 16384);
		/* With an ACK that is put off behind each record. */
		pair_pass(&c.p, 10000);
		crowd_read(&c, c.n - 1, sizeof(pattern));
		CU_ASSERT_FATAL(c.p.now_us < before + 2 * SECOND);
	}
	CU_ASSERT_EQUAL(pair_stat(&c.p, 0, "PressureHolderEnded"), 0);
	crowd_fini(&c);
}

/* A peer that does not read is never ended while nobody waits. */
static void
test_a_pause_is_free(void)
{
	struct crowd c;

	crowd_init(&c);
	for (int i = 0; i < 3; i++)
		crowd_join(&c);
	crowd_press(&c, 0, 1, SECOND);
	CU_ASSERT(held(&c, 0) > 100000);
	for (int i = 0; i < 60; i++) {
		pair_pass(&c.p, SECOND);
		/* Others come and go, and are served. */
		crowd_send(&c, 1 + i % 2, 16384);
		pair_settle(&c.p);
		while (c.got[1 + i % 2] < c.sent[1 + i % 2]) {
			crowd_read(&c, 1 + i % 2, sizeof(pattern));
			pair_settle(&c.p);
		}
	}
	CU_ASSERT_EQUAL(pair_info(c.near[0]).state, RTLS_SOCK_OPEN);
	while (c.got[0] < c.sent[0]) {
		crowd_read(&c, 0, sizeof(pattern));
		pair_pass(&c.p, 100000);
	}
	CU_ASSERT_EQUAL(pair_stat(&c.p, 0, "PressureHolderEnded"), 0);
	crowd_fini(&c);
}

/* All buffers of all sizes are out: as if others held them. */
static unsigned int
take_all(struct crowd *c, struct rte_mbuf **m)
{
	unsigned int n = 0;

	while ((m[n] = buf_data_alloc(&c->p.stack[0]->pools, RECORD_PLAIN_MAX)) != NULL)
		n++;
	return n;
}

static void
give_back(struct rte_mbuf **m, unsigned int taken)
{
	while (taken > 0)
		rte_pktmbuf_free(m[--taken]);
}

/*
 * Somebody who holds nothing waits for a buffer: the one that took the least goes, not before it
 * held for 10 s, and with its reason. Who takes its bytes stays.
 */
static void
test_worst_goes(void)
{
	static struct rte_mbuf *m[1024];
	unsigned int taken, late;
	struct crowd c;
	uint64_t began;

	crowd_init(&c);
	for (int i = 0; i < 3; i++)
		crowd_join(&c);
	late = crowd_join(&c);
	/* 0 takes all along, 1 a little, 2 nothing. */
	began = c.p.now_us;
	crowd_press(&c, 0, 3, 300000);
	taken = take_all(&c, m);
	while (c.p.now_us < began + 9 * SECOND) {
		CU_ASSERT_EQUAL(crowd_send(&c, late, 1000), -ENOMEM);
		pair_pass(&c.p, 900000);
		crowd_read(&c, 0, 16384);
		crowd_read(&c, 1, 1500);
		pair_pass(&c.p, 50000);
		taken += take_all(&c, m + taken);
		CU_ASSERT(held(&c, 0) > 0);
	}
	CU_ASSERT_EQUAL(crowd_send(&c, late, 1000), -ENOMEM);
	pair_pass(&c.p, began + 9900000 - c.p.now_us);
	CU_ASSERT_EQUAL(pair_stat(&c.p, 0, "PressureHolderEnded"), 0);
	log_tap_start(RTE_LOG_NOTICE);
	pair_pass(&c.p, SECOND);
	CU_ASSERT_EQUAL(pair_stat(&c.p, 0, "PressureHolderEnded"), 1);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_HOLDER_ENDED), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_tap_last(NOTE_HOLDER_ENDED), " for a record buffer; "));
	CU_ASSERT_EQUAL(log_tap_lines(), 1);
	log_tap_end();
	CU_ASSERT_EQUAL(pair_info(c.near[2]).state, RTLS_SOCK_CLOSED);
	CU_ASSERT_EQUAL(pair_info(c.near[2]).end_reason, RTLS_REASON_NO_MEMORY);
	CU_ASSERT_EQUAL(pair_info(c.near[2]).end_who, RTLS_END_LOCAL);
	CU_ASSERT_EQUAL(rtls_send(c.near[2], "x", 1, 0), -ECONNABORTED);
	/* Nobody waits any more: nobody else goes, however long. */
	CU_ASSERT((pair_bits(&c.p, 0, c.near[late]) & RTLS_WRITABLE) != 0 ||
		  rtls_send(c.near[late], "x", 1, 0) == 1);
	pair_pass(&c.p, 30 * SECOND);
	CU_ASSERT_EQUAL(pair_stat(&c.p, 0, "PressureHolderEnded"), 1);
	give_back(m, taken);
	crowd_fini(&c);
}

/* One end holds for 10 s and its peer takes nothing; then all other buffers are out. */
static unsigned int
hold_and_take_all(struct crowd *c, struct rte_mbuf **m)
{
	crowd_press(c, 0, 1, 300000);
	pair_pass(&c->p, 11 * SECOND);
	pair_settle(&c->p); /* its clock is what the last poll said */
	return take_all(c, m);
}

/* Who found no buffer and is gone waits no more: nobody is ended for it. */
static void
test_gone_waits_not(void)
{
	static struct rte_mbuf *m[1024];
	unsigned int taken, reset, closed;
	struct crowd c;

	crowd_init(&c);
	crowd_join(&c);
	reset = crowd_join(&c);
	closed = crowd_join(&c);
	taken = hold_and_take_all(&c, m);
	CU_ASSERT_EQUAL(crowd_send(&c, reset, 1000), -ENOMEM);
	CU_ASSERT_EQUAL(crowd_send(&c, closed, 1000), -ENOMEM);
	CU_ASSERT_EQUAL(rtls_abort(c.far[reset]), 0);
	CU_ASSERT_EQUAL(rtls_close(c.near[closed]), 0);
	pair_pass(&c.p, 5 * SECOND);
	CU_ASSERT_EQUAL(pair_info(c.near[reset]).state, RTLS_SOCK_CLOSED);
	CU_ASSERT_EQUAL(pair_stat(&c.p, 0, "PressureHolderEnded"), 0);
	CU_ASSERT(TAILQ_EMPTY(&c.p.stack[0]->starved_list));
	CU_ASSERT_EQUAL(rtls_close(c.near[reset]), 0);
	CU_ASSERT_EQUAL(rtls_close(c.far[closed]), 0);
	c.n = 1;
	give_back(m, taken);
	crowd_fini(&c);
}

/* An open record is not on its way to anybody: nothing comes back to who has no more than that. */
static void
test_open_record_waits(void)
{
	static struct rte_mbuf *m[1024];
	struct peer key = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&key);
	unsigned int taken, late;
	struct crowd c;

	crowd_init(&c);
	crowd_join(&c);
	late = crowd_join(&c);
	CU_ASSERT_EQUAL(rtls_set_keys(c.near[late], RTLS_TX, &keys), 0);
	CU_ASSERT_EQUAL(rtls_sock_set(c.near[late], RTLS_OPT_MAX_PAYLOAD, 4000), 0);
	CU_ASSERT_EQUAL(rtls_send(c.near[late], pattern, 100, 0), 100);
	pair_pass(&c.p, SECOND);
	CU_ASSERT_EQUAL(rtls_send(c.near[late], pattern, 40, RTLS_MSG_MORE), 40);
	taken = hold_and_take_all(&c, m);
	while (rtls_send(c.near[late], pattern, 4000, RTLS_MSG_MORE) > 0)
		;
	CU_ASSERT_FATAL(c.near[late]->starved && c.near[late]->tx_counted != 0);
	pair_pass(&c.p, SECOND);
	CU_ASSERT_EQUAL(pair_stat(&c.p, 0, "PressureHolderEnded"), 1);
	CU_ASSERT_EQUAL(pair_info(c.near[0]).state, RTLS_SOCK_CLOSED);
	CU_ASSERT(!c.near[late]->starved);
	give_back(m, taken);
	crowd_fini(&c);
}

/* A record that was opened and that the program has not read. */
static void
hold_opened(struct rtls_sock *k)
{
	if (k->rx.tls == NULL)
		k->rx.tls = session_rx_tls_take(&k->stack->session);
	rx_list_put(&k->rx.tls->list, buf_record_alloc(&k->stack->pools, RECORD_PLAIN_MAX),
		    &(struct rx_list_rec){ .type = RECORD_DATA });
	memory_hold(k);
}

/* Records that were opened and that the program does not read hold buffers as well. */
static void
test_opened_is_held(void)
{
	static struct rte_mbuf *m[1024];
	struct rtls_sock *k;
	unsigned int taken, late;
	struct crowd c;

	crowd_init(&c);
	k = c.near[crowd_join(&c)];
	late = crowd_join(&c);
	hold_opened(k);
	taken = take_all(&c, m);
	for (int i = 0; i < 9; i++) {
		CU_ASSERT_EQUAL(crowd_send(&c, late, 1000), -ENOMEM);
		pair_pass(&c.p, SECOND);
	}
	CU_ASSERT_EQUAL(pair_stat(&c.p, 0, "PressureHolderEnded"), 0);
	pair_pass(&c.p, 2 * SECOND);
	CU_ASSERT_EQUAL(pair_stat(&c.p, 0, "PressureHolderEnded"), 1);
	CU_ASSERT_EQUAL(k->end_reason, RTLS_REASON_NO_MEMORY);
	give_back(m, taken);
	crowd_fini(&c);
}

/* Nobody is ended for what it waits for alone: its own end would help nobody. */
static void
test_own_wait(void)
{
	static struct rte_mbuf *m[1024];
	struct rtls_sock *k;
	unsigned int taken, mine, late;
	struct crowd c;

	crowd_init(&c);
	mine = crowd_join(&c);
	k = c.near[mine];
	late = crowd_join(&c);
	hold_opened(k);
	taken = take_all(&c, m);
	for (int i = 0; i < 30; i++) {
		CU_ASSERT_EQUAL(crowd_send(&c, mine, 1000), -ENOMEM);
		pair_pass(&c.p, SECOND);
	}
	CU_ASSERT_EQUAL(pair_stat(&c.p, 0, "PressureHolderEnded"), 0);
	CU_ASSERT_EQUAL(pair_info(k).state, RTLS_SOCK_OPEN);
	/* For another one that waits it is. */
	CU_ASSERT_EQUAL(crowd_send(&c, late, 1000), -ENOMEM);
	pair_pass(&c.p, 2 * SECOND);
	CU_ASSERT_EQUAL(pair_stat(&c.p, 0, "PressureHolderEnded"), 1);
	CU_ASSERT_EQUAL(k->end_reason, RTLS_REASON_NO_MEMORY);
	give_back(m, taken);
	crowd_fini(&c);
}

/* Who found no buffer is woken by the first that is there. */
static void
test_woken(void)
{
	static struct rte_mbuf *m[1024];
	unsigned int taken;
	struct crowd c;

	crowd_init(&c);
	crowd_join(&c);
	crowd_join(&c);
	CU_ASSERT_EQUAL(rtls_sock_watch(c.near[0], RTLS_WRITABLE, NULL), 0);
	CU_ASSERT_EQUAL(rtls_sock_watch(c.near[1], RTLS_WRITABLE, NULL), 0);
	taken = take_all(&c, m);
	CU_ASSERT_EQUAL(crowd_send(&c, 0, 1000), -ENOMEM);
	CU_ASSERT_EQUAL(crowd_send(&c, 1, 1000), -ENOMEM);
	pair_pass(&c.p, SECOND);
	CU_ASSERT_EQUAL(pair_bits(&c.p, 0, c.near[0]), 0);
	rte_pktmbuf_free(m[--taken]);
	pair_pass(&c.p, 1000);
	CU_ASSERT_EQUAL(pair_bits(&c.p, 0, c.near[0]), RTLS_WRITABLE);
	CU_ASSERT_EQUAL(rtls_send(c.near[0], "x", 1, 0), 1);
	give_back(m, taken);
	pair_pass(&c.p, 1000);
	CU_ASSERT_EQUAL(pair_bits(&c.p, 0, c.near[1]), RTLS_WRITABLE);
	crowd_fini(&c);
}

/* What is read ahead of a file is charged, and is less where the share is. */
static void
test_read_ahead(void)
{
	struct rtls_file *file;
	struct crowd c;
	unsigned int i;

	crowd_init(&c);
	for (int n = 0; n < 30; n++) {
		crowd_join(&c);
		crowd_press(&c, c.n - 1, c.n, 200000);
	}
	CU_ASSERT_EQUAL(rtls_file_open(c.p.stack[0], file_make(sizeof(pattern)), NULL, &file), 0);
	i = crowd_join(&c);
	for (int n = 0; n < 200; n++) {
		ssize_t got = rtls_sendfile(c.near[i], file, c.sent[i], sizeof(pattern) - c.sent[i],
					    0);

		c.sent[i] += got > 0 ? (uint64_t)got : 0;
		CU_ASSERT(held(&c, i) <= c.p.stack[0]->store.used);
		CU_ASSERT_EQUAL(c.near[i]->tx_counted, held(&c, i));
		file_wait(&c.p);
	}
	pair_pass(&c.p, SECOND);
	CU_ASSERT(held(&c, i) <= 3 * BUF_LARGE_ROOM);
	while (c.got[i] < sizeof(pattern)) {
		ssize_t got = rtls_sendfile(c.near[i], file, c.sent[i], sizeof(pattern) - c.sent[i],
					    0);

		c.sent[i] += got > 0 ? (uint64_t)got : 0;
		file_wait(&c.p);
		crowd_read(&c, i, sizeof(pattern));
	}
	pair_pass(&c.p, SECOND);
	/* Given up for other bytes: nothing of the share stays with it. */
	CU_ASSERT_EQUAL(rtls_sendfile(c.near[i], file, 0, sizeof(pattern), 0), -EAGAIN);
	CU_ASSERT(c.near[i]->lane.count > 0);
	pair_fill(pattern, c.sent[i], 100);
	CU_ASSERT_EQUAL(rtls_send(c.near[i], pattern, 100, 0), 100);
	rtls_file_put(file);
	crowd_fini(&c);
}

/* A connection that finds no socket: the worst holder makes room, once it held for 10 s. */
static void
test_no_socket(void)
{
	const struct pair_conf conf = { .stack = { { 0 }, { .max_socks = 3 } } };
	struct rtls_addr local = pair_addr(0, 0), remote = pair_addr(1, PAIR_PORT);
	struct rtls_sock *stuck[2], *idle[2], *late, *accepted;
	struct pair p;

	pair_init(&p, &conf);
	pair_connect(&p, 0, stuck);
	pair_connect(&p, 0, idle);
	while (rtls_send(stuck[1], pattern, sizeof(pattern), 0) > 0)
		pair_pass(&p, 100000);
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[0], &local, &remote, &late), 0);
	CU_ASSERT_EQUAL(rtls_sock_watch(stuck[1], RTLS_WRITABLE, NULL), 0);
	pair_pass(&p, 5 * SECOND);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "PressureHolderEnded"), 0);
	CU_ASSERT_EQUAL(rtls_accept_burst(p.listener, &accepted, 1), 0);
	for (int i = 0; i < 100 && pair_info(stuck[1]).state == RTLS_SOCK_OPEN; i++)
		pair_pass(&p, 100000);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "PressureHolderEnded"), 1);
	CU_ASSERT_EQUAL(pair_info(stuck[1]).end_reason, RTLS_REASON_NO_MEMORY);
	/* Who holds nothing is not in question. */
	CU_ASSERT_EQUAL(pair_info(idle[1]).state, RTLS_SOCK_OPEN);
	CU_ASSERT_EQUAL(rtls_close(stuck[1]), 0);
	CU_ASSERT_EQUAL(rtls_send(late, "x", 1, 0), 1);
	pair_pass(&p, 3 * SECOND);
	CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(p.listener, &accepted, 1), 1);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "PressureHolderEnded"), 1);
	pair_expect(&p, accepted, "x", 1);
	CU_ASSERT_EQUAL(rtls_close(stuck[0]), 0);
	CU_ASSERT_EQUAL(rtls_abort(late), 0);
	CU_ASSERT_EQUAL(rtls_abort(idle[0]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_close(idle[1]), 0);
	CU_ASSERT_EQUAL(rtls_close(accepted), 0);
	pair_fini(&p);
}

/* Who takes what it is sent goes for no newcomer, however long it has been at it. */
static void
test_no_socket_beside_a_download(void)
{
	const struct pair_conf conf = {
		.stack = { { .rcvbuf = QUEUES_AT_MOST }, { .max_socks = 2 } },
	};
	struct rtls_addr local = pair_addr(0, 0), remote = pair_addr(1, PAIR_PORT);
	struct rtls_sock *socks[2], *late;
	static uint8_t got[400000];
	struct pair p;

	pair_init(&p, &conf);
	pair_connect(&p, 0, socks);
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[0], &local, &remote, &late), 0);
	for (int i = 0; i < 160; i++) {
		while (rtls_send(socks[1], pattern, 16384, 0) > 0)
			;
		pair_pass(&p, 100000);
		CU_ASSERT(socks[1]->tx_counted > 0);
		CU_ASSERT(rtls_recv(socks[0], got, sizeof(got), 0) > 0);
	}
	CU_ASSERT(p.stack[1]->no_sock);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "PressureHolderEnded"), 0);
	CU_ASSERT_EQUAL(pair_info(socks[1]).state, RTLS_SOCK_OPEN);
	CU_ASSERT_EQUAL(rtls_abort(late), 0);
	CU_ASSERT_EQUAL(rtls_abort(socks[0]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "alone", test_alone },
		{ "newcomers beside peers that do not read", test_newcomers },
		{ "a pause is free", test_a_pause_is_free },
		{ "the worst holder goes", test_worst_goes },
		{ "who is gone does not wait", test_gone_waits_not },
		{ "an open record waits", test_open_record_waits },
		{ "opened records are held", test_opened_is_held },
		{ "who waits alone is not ended for it", test_own_wait },
		{ "woken by one buffer", test_woken },
		{ "read-ahead is charged", test_read_ahead },
		{ "no socket is left", test_no_socket },
		{ "no socket is left beside a download", test_no_socket_beside_a_download },
	};

	if (eal_start("memory") != 0)
		return 1;
	return harness_run("eal/memory", cases, HARNESS_COUNT(cases));
}
