/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a direction of the cable does to frames, where it can be worked out: rate, queue, jitter, bursts of losses. */
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <rte_mbuf.h>

#include "support/cable.h"
#include "support/eal.h"
#include "support/harness.h"

enum {
	LEN = 1250, /* 10,000 bits */
	BURST = 64,
};

static struct rte_mempool *pool;

static struct cable *
make(const struct cable_path *path)
{
	struct cable_conf conf = {
		.name = "path", .seed = harness_seed(), .nb_mbufs = 4095, .path = { *path }
	};
	struct cable *c = NULL;

	CU_ASSERT_EQUAL_FATAL(cable_create(&conf, &c), 0);
	return c;
}

/* A frame with this number in it. */
static void
send_frame(struct cable *c, uint32_t number)
{
	struct rtls_port *p = cable_port(c, 0);
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	char *data = rte_pktmbuf_append(m, LEN);

	memset(data, 0, LEN);
	memcpy(data + 14, &number, sizeof(number));
	CU_ASSERT_EQUAL_FATAL(p->tx_burst(p, 0, &m, 1), 1);
}

/* The next one's number, and when it came; false: nothing is under way. */
static bool
next(struct cable *c, uint32_t *number, uint64_t *now_us)
{
	struct rtls_port *p = cable_port(c, 1);
	struct rte_mbuf *m;

	*now_us = cable_next_us(c);
	if (*now_us == UINT64_MAX)
		return false;
	cable_set_time(c, *now_us);
	CU_ASSERT_EQUAL_FATAL(p->rx_burst(p, 0, &m, 1), 1);
	memcpy(number, rte_pktmbuf_mtod(m, char *) + 14, sizeof(*number));
	rte_pktmbuf_free(m);
	return true;
}

/* 10,000 bits at 10 Mb/s: one each ms. */
static void
test_rate(void)
{
	struct cable *c = make(&(struct cable_path){ .bits_per_s = 10000000, .delay_us = 7 });
	uint64_t now_us;
	uint32_t number;

	for (uint32_t i = 0; i < 20; i++)
		send_frame(c, i);
	for (uint32_t i = 0; i < 20; i++) {
		CU_ASSERT_TRUE_FATAL(next(c, &number, &now_us));
		CU_ASSERT_EQUAL(number, i);
		CU_ASSERT_EQUAL(now_us, (i + 1) * UINT64_C(1000) + 7);
	}
	/* An idle line earns nothing. */
	cable_set_time(c, 100000);
	send_frame(c, 20);
	CU_ASSERT_TRUE(next(c, &number, &now_us));
	CU_ASSERT_EQUAL(now_us, 101007);
	cable_destroy(c);
}

/* It holds five: what comes on top is lost, and there is room again when one has left. */
static void
test_queue(void)
{
	static const struct cable_path rows[] = {
		{ .bits_per_s = 10000000, .queue_frames = 5 },
		{ .bits_per_s = 10000000, .queue_bytes = 5 * LEN - 1 },
	};

	for (size_t r = 0; r < HARNESS_COUNT(rows); r++) {
		static const uint32_t come[] = { 0, 1, 2, 3, 4, 8, 9 };
		struct cable *c = make(&rows[r]);
		uint64_t now_us;
		uint32_t number;

		for (uint32_t i = 0; i < 8; i++)
			send_frame(c, i);
		CU_ASSERT_EQUAL(cable_stats_get(c, 0).overflowed, 3);
		cable_set_time(c, 2000);
		for (uint32_t i = 8; i < 12; i++)
			send_frame(c, i);
		CU_ASSERT_EQUAL(cable_stats_get(c, 0).overflowed, 5);
		for (size_t i = 0; i < HARNESS_COUNT(come); i++) {
			CU_ASSERT_TRUE_FATAL(next(c, &number, &now_us));
			CU_ASSERT_EQUAL(number, come[i]);
		}
		CU_ASSERT_FALSE(next(c, &number, &now_us));
		cable_destroy(c);
	}
}

/* How many came before one that was sent earlier. */
static uint32_t
overtakings(const struct cable_path *path, uint64_t most_us)
{
	struct cable *c = make(path);
	uint32_t number, newest = 0, n = 0, got = 0;
	uint64_t now_us, at_us = 0;

	for (uint32_t i = 0; i < 1000; i++) {
		cable_set_time(c, at_us += 100);
		send_frame(c, i);
	}
	/* Those that are over by now come at once, in order of their times. */
	while (next(c, &number, &now_us)) {
		CU_ASSERT(now_us <= (number + 1) * UINT64_C(100) + most_us);
		n += number < newest;
		newest = number > newest ? number : newest;
		got++;
	}
	CU_ASSERT_EQUAL(got, 1000);
	cable_destroy(c);
	return n;
}

static void
test_jitter(void)
{
	struct cable_path path = { .delay_us = 200000, .jitter_us = 1000 };

	CU_ASSERT(overtakings(&path, 201000) > 200);
	path.in_order = true;
	CU_ASSERT_EQUAL(overtakings(&path, 201000), 0);
	/* What is held back by itself, holds nobody else back. */
	path.reorder_ppm = CABLE_PPM / 20;
	path.reorder_us = 5000;
	CU_ASSERT(overtakings(&path, 206000) > 10);
	CU_ASSERT(overtakings(&path, 206000) < 200);
}

/*
 * A bad time begins with one frame of 100 and is over with one of 5, and 4 of 5 frames are lost in it: a share of
 * 1 / 21 of all frames is in bad times, 4 / 5 of that lost.
 */
static void
test_bursts(void)
{
	enum { FRAMES = 200000 };
	struct cable_path path = {
		.bad_begins_ppm = CABLE_PPM / 100,
		.bad_ends_ppm = CABLE_PPM / 5,
		.bad_loss_ppm = CABLE_PPM / 5 * 4,
	};
	struct cable *c = make(&path);
	uint32_t number, lost = 0, runs = 0, want = 0;
	uint64_t now_us;

	for (uint32_t sent = 0; sent < FRAMES; sent++) {
		send_frame(c, sent);
		if (!next(c, &number, &now_us))
			continue;
		CU_ASSERT_EQUAL_FATAL(number, sent);
		runs += number > want;
		lost += number - want;
		want = number + 1;
	}
	CU_ASSERT_EQUAL(cable_stats_get(c, 0).lost, cable_stats_get(c, 0).lost_bad);
	printf("# of %d frames %u lost, in %u runs\n", FRAMES, lost, runs);
	CU_ASSERT(lost > FRAMES / 21 * 4 / 5 * 9 / 10);
	CU_ASSERT(lost < FRAMES / 21 * 4 / 5 * 11 / 10);
	/* Alone, each would be nearly a run of its own. */
	CU_ASSERT(runs * 2 < lost);
	/* Bad times are over: none is lost. */
	path.bad_begins_ppm = 0;
	path.bad_ends_ppm = CABLE_PPM;
	cable_set_path(c, 0, &path);
	send_frame(c, 0);
	now_us = cable_stats_get(c, 0).lost;
	for (uint32_t i = 0; i < 1000; i++)
		send_frame(c, i);
	CU_ASSERT_EQUAL(cable_stats_get(c, 0).lost, now_us);
	cable_destroy(c);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a rate", test_rate },
		{ "a queue in front of it, in frames and in bytes", test_queue },
		{ "jitter, with and without order", test_jitter },
		{ "losses in bursts", test_bursts },
	};

	if (eal_start("cable-path") != 0)
		return EXIT_FAILURE;
	pool = rte_pktmbuf_pool_create("sender", 256, 0, 0, RTE_PKTMBUF_HEADROOM + 2048,
				       SOCKET_ID_ANY);
	if (pool == NULL)
		return EXIT_FAILURE;
	return harness_run("eal/cable_path", cases, HARNESS_COUNT(cases));
}
