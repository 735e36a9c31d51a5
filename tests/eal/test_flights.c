/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Flights are lent to connections: who has one, who keeps it, who loses it, and that nobody stands
 * still for want of one. End 0 sends, in virtual time; it has two flights of each size.
 */
#include <string.h>

#include <CUnit/CUnit.h>

#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "tcp/flight.h"

enum {
	FEW = 2,
	SOCKS = 5,
	LEN = 20000,
};

struct scene {
	struct pair p;
	bool cut; /* nothing reaches end 0 */
	struct rtls_sock *near[SOCKS], *far[SOCKS];
};

static uint8_t pattern[LEN];

static enum cable_verdict
filter(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	const struct scene *sc = arg;

	(void)frame;
	(void)len;
	(void)now_us;
	(void)delay_us;
	return sc->cut && dir == 1 ? CABLE_DROP : CABLE_PASS;
}

static void
scene_init(struct scene *sc)
{
	const struct pair_conf conf = { .filter = filter, .arg = sc, .backlog = SOCKS };
	const uint32_t few[FLIGHT_SIZES] = { FEW, FEW, FEW };
	struct flight_pools *f;

	memset(sc, 0, sizeof(*sc));
	pair_fill(pattern, 0, LEN);
	pair_init(&sc->p, &conf);
	f = &sc->p.stack[0]->flights;
	flight_pools_destroy(f);
	CU_ASSERT_EQUAL_FATAL(flight_pools_create(f, few, SOCKET_ID_ANY), 0);
	for (int i = 0; i < SOCKS; i++) {
		struct rtls_sock *socks[2];

		pair_connect(&sc->p, 0, socks);
		sc->near[i] = socks[0];
		sc->far[i] = socks[1];
	}
}

static void
scene_fini(struct scene *sc)
{
	for (int i = 0; i < SOCKS; i++) {
		if (sc->near[i] == NULL)
			continue;
		CU_ASSERT_EQUAL(rtls_close(sc->near[i]), 0);
		CU_ASSERT_EQUAL(rtls_close(sc->far[i]), 0);
	}
	pair_settle(&sc->p);
	pair_pass(&sc->p, 100000);
	CU_ASSERT_EQUAL(flight_pools_in_use(&sc->p.stack[0]->flights), 0);
	pair_fini(&sc->p);
}

static bool
has(const struct scene *sc, int i)
{
	return sc->near[i]->tcp.flight != NULL;
}

static uint64_t
in_use(struct scene *sc)
{
	return pair_stat(&sc->p, 0, "FlightsInUse");
}

/* It sends so much of the pattern, and all of it arrives. */
static void
talk(struct scene *sc, int i, uint32_t len)
{
	pair_send(&sc->p, sc->near[i], pattern, len);
	pair_expect(&sc->p, sc->far[i], pattern, len);
	pair_settle(&sc->p);
	/* The last ACK may be a delayed one. */
	pair_pass(&sc->p, 100000);
}

static void
test_numbers(void)
{
	static const struct {
		uint32_t socks;
		uint64_t buffers;
		uint32_t n[FLIGHT_SIZES];
	} rows[] = {
		{ 1024, 6144, { 1024, 256, 32 } },
		{ 300000, 100000, { 100000, 25000, 3125 } },
		{ 300000, UINT64_C(3) * UINT32_MAX, { 300000, 75000, 9375 } },
		{ 1, 3, { 1, 2, 2 } },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint32_t n[FLIGHT_SIZES];

		flight_pools_numbers(rows[i].socks, rows[i].buffers, n);
		for (int k = 0; k < FLIGHT_SIZES; k++)
			CU_ASSERT_EQUAL(n[k], rows[i].n[k]);
	}
}

/* For a segment that is all there is to send it needs none, however often. */
static void
test_alone(void)
{
	struct scene sc;

	scene_init(&sc);
	for (int i = 0; i < 3; i++)
		talk(&sc, 0, 1000);
	CU_ASSERT_FALSE(has(&sc, 0));
	CU_ASSERT_EQUAL(in_use(&sc), 0);
	/* One more segment, behind one that is out. */
	sc.cut = true;
	pair_send(&sc.p, sc.near[0], pattern, 1);
	pair_settle(&sc.p);
	CU_ASSERT_FALSE(has(&sc, 0));
	pair_send(&sc.p, sc.near[0], pattern + 1, 1);
	pair_settle(&sc.p);
	CU_ASSERT_TRUE(has(&sc, 0));
	CU_ASSERT_TRUE(sc.near[0]->tcp.tracked);
	sc.cut = false;
	pair_expect(&sc.p, sc.far[0], pattern, 2);
	scene_fini(&sc);
}

/* A timeout is for a flight: what follows may have to be undone. */
static void
test_timeout(void)
{
	struct scene sc;

	scene_init(&sc);
	sc.cut = true;
	pair_send(&sc.p, sc.near[0], pattern, 1000);
	pair_settle(&sc.p);
	CU_ASSERT_FALSE(has(&sc, 0));
	pair_pass(&sc.p, 3000000);
	CU_ASSERT_TRUE(has(&sc, 0));
	CU_ASSERT_TRUE(sc.near[0]->tcp.tracked);
	sc.cut = false;
	pair_expect(&sc.p, sc.far[0], pattern, 1000);
	scene_fini(&sc);
}

/* Before the second segment there is none; once all is acknowledged it stays, and is the same again. */
static void
test_stays(void)
{
	struct tcp_flight *flight;
	struct scene sc;

	scene_init(&sc);
	CU_ASSERT_EQUAL(in_use(&sc), 0);
	CU_ASSERT_FALSE(has(&sc, 0));
	sc.cut = true;
	pair_send(&sc.p, sc.near[0], pattern, LEN);
	pair_settle(&sc.p);
	CU_ASSERT_FATAL(has(&sc, 0));
	flight = sc.near[0]->tcp.flight;
	sc.cut = false;
	pair_expect(&sc.p, sc.far[0], pattern, LEN);
	pair_pass(&sc.p, 1000000);
	CU_ASSERT_PTR_EQUAL(sc.near[0]->tcp.flight, flight);
	CU_ASSERT_EQUAL(in_use(&sc), 1);
	/* Segments that go alone leave it as it is. */
	for (int i = 0; i < 3; i++)
		talk(&sc, 0, 100);
	CU_ASSERT_FALSE(sc.near[0]->tcp.tracked);
	CU_ASSERT_PTR_EQUAL(sc.near[0]->tcp.flight, flight);
	talk(&sc, 0, LEN);
	CU_ASSERT_PTR_EQUAL(sc.near[0]->tcp.flight, flight);
	/* Who receives has none, and needs none for its ACKs. */
	CU_ASSERT_PTR_NULL(sc.far[0]->tcp.flight);
	scene_fini(&sc);
}

/* The third one takes it from whom has not sent for longest, who has another one when it sends again. */
static void
test_called_back(void)
{
	struct scene sc;

	scene_init(&sc);
	talk(&sc, 0, LEN);
	talk(&sc, 1, LEN);
	talk(&sc, 2, 100);
	CU_ASSERT_TRUE(has(&sc, 0) && has(&sc, 1) && !has(&sc, 2));
	/* Each was used since it was lent: once more round the line. */
	talk(&sc, 0, 100);
	talk(&sc, 2, LEN);
	CU_ASSERT_TRUE(has(&sc, 2));
	CU_ASSERT_EQUAL(has(&sc, 0) + has(&sc, 1), 1);
	talk(&sc, 1, LEN);
	CU_ASSERT_TRUE(has(&sc, 1));
	CU_ASSERT_EQUAL(in_use(&sc), FEW);
	CU_ASSERT_EQUAL(pair_stat(&sc.p, 0, "TxNoFlight"), 0);
	scene_fini(&sc);
}

/* All are in use and none is free: who comes late sends all the same, and gets one when there is one. */
static void
test_none_left(void)
{
	struct scene sc;
	int i, with = 0;

	scene_init(&sc);
	sc.cut = true;
	for (i = 0; i < SOCKS; i++)
		pair_send(&sc.p, sc.near[i], pattern, LEN);
	pair_settle(&sc.p);
	for (i = 0; i < SOCKS; i++)
		with += has(&sc, i);
	CU_ASSERT_EQUAL(with, FEW);
	CU_ASSERT(pair_stat(&sc.p, 0, "TxNoFlight") >= SOCKS - FEW);
	CU_ASSERT_EQUAL(in_use(&sc), FEW);
	/* Each of them has sent something. */
	for (i = 0; i < SOCKS; i++)
		CU_ASSERT(pair_info(sc.near[i]).in_flight > 0);
	sc.cut = false;
	for (i = 0; i < SOCKS; i++)
		pair_expect(&sc.p, sc.far[i], pattern, LEN);
	scene_fini(&sc);
}

/* A FIN that nobody acknowledges, a reset, an end of patience: what was lent is back. */
static void
test_ends(void)
{
	struct scene sc;

	scene_init(&sc);
	sc.cut = true;
	pair_send(&sc.p, sc.near[0], pattern, LEN);
	pair_send(&sc.p, sc.near[1], pattern, LEN);
	pair_settle(&sc.p);
	CU_ASSERT_EQUAL(in_use(&sc), FEW);
	CU_ASSERT_EQUAL(rtls_abort(sc.near[0]), 0);
	CU_ASSERT_EQUAL(in_use(&sc), FEW - 1);
	CU_ASSERT_EQUAL(rtls_abort(sc.far[0]), 0);
	sc.near[0] = NULL;
	/* Two minutes of patience, and two for a neighbour that is silent, too. */
	pair_pass(&sc.p, 400000000);
	CU_ASSERT_EQUAL(pair_info(sc.near[1]).end_reason, RTLS_REASON_TIMEOUT);
	CU_ASSERT_EQUAL(in_use(&sc), 0);
	sc.cut = false;
	scene_fini(&sc);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "how many", test_numbers },
		{ "a segment alone", test_alone },
		{ "a timeout", test_timeout },
		{ "one that stays", test_stays },
		{ "called back", test_called_back },
		{ "none left", test_none_left },
		{ "ends", test_ends },
	};

	if (eal_start("flights") != 0)
		return 1;
	return harness_run("eal/flights", cases, HARNESS_COUNT(cases));
}
