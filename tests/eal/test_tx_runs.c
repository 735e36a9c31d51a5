/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A run of segments is planned at once: what the port takes of its packets counts, and what it does
 * not take is planned again; each byte is on the wire once, in packets that are right by themselves.
 */
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "sim/frame.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "unit/session/peer.h"

enum {
	TX_CAPS = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM,
	MSS = 1500 - 40 - 12,
	STREAM_MAX = 200000,
	POOL_MAX = 4096,
};

static uint8_t stream[STREAM_MAX];

/* What end 0 had on the wire. */
static struct {
	uint64_t segments, bytes, pushed, fins;
	uint32_t next_seq;
	bool begun;
	unsigned int out_of_order;
	const char *error;
} wire;

static void
on_frame(void *arg, int dir, const uint8_t *bytes, uint32_t len, uint64_t now_us)
{
	struct frame f;
	const char *error = frame_parse(bytes, len, &f);

	(void)arg;
	(void)now_us;
	if (error != NULL)
		wire.error = error;
	if (error != NULL || dir != 0 || !f.is_tcp)
		return;
	wire.fins += (f.flags & FRAME_FIN) != 0;
	if (f.payload_len == 0)
		return;
	wire.out_of_order += wire.begun && f.seq != wire.next_seq;
	wire.begun = true;
	wire.next_seq = f.seq + f.payload_len;
	wire.segments++;
	wire.bytes += f.payload_len;
	wire.pushed += (f.flags & FRAME_PSH) != 0;
}

/* A port that takes only some of what it is given. */
static struct {
	uint16_t (*burst)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);
	uint64_t rng;
	uint16_t at;   /* of each burst so many packets are taken, at random below */
	uint16_t left; /* packets until the one that it never takes; UINT16_MAX: it takes all */
} port;

static uint16_t
some_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t takes = (uint16_t)(harness_rand(&port.rng) % port.at);

	return port.burst(p, queue, pkts, RTE_MIN(n, takes));
}

/* Stands still in front of one packet. */
static uint16_t
stuck_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t taken = port.burst(p, queue, pkts, RTE_MIN(n, port.left));

	if (port.left != UINT16_MAX)
		port.left = (uint16_t)(port.left - taken);
	return taken;
}

static void
start(struct pair *p, uint32_t tso_max, uint32_t caps, bool keys, struct rtls_sock *socks[2])
{
	struct pair_conf conf = { .caps = caps, .tso_max = tso_max, .tap = on_frame };

	memset(&wire, 0, sizeof(wire));
	pair_init(p, &conf);
	pair_connect(p, 0, socks);
	if (keys) {
		struct peer key = peer_key(1, 0);
		struct rtls_keys k = peer_keys(&key);

		pair_set_keys(socks, 0, &k);
	}
	port.burst = p->port[0]->tx_burst;
}

static void
finish(struct pair *p, struct rtls_sock *socks[2])
{
	CU_ASSERT_PTR_NULL(wire.error);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_settle(p);
	CU_ASSERT_EQUAL(wire.fins, 1);
	pair_fini(p);
}

/* The wire and the counters of stack and socket say the same. */
static void
check_counters(const struct pair *p, const struct rtls_sock *sock)
{
	struct rtls_sock_stats stats = { .size = sizeof(stats) };

	CU_ASSERT_EQUAL(rtls_sock_stats(sock, &stats), 0);
	CU_ASSERT_EQUAL(stats.tx_segments, wire.segments);
	CU_ASSERT_EQUAL(stats.tx_bytes, wire.bytes);
	CU_ASSERT_EQUAL(pair_stat(p, 0, "TxSegments"), wire.segments);
	CU_ASSERT_EQUAL(pair_stat(p, 0, "TxBytes"), wire.bytes);
	CU_ASSERT_EQUAL(pair_stat(p, 0, "TxRetransmissions"), 0);
	CU_ASSERT_EQUAL(pair_stat(p, 0, "TxDropped"), 0);
}

/* The port takes 0 to 6 packets of a burst: every byte goes once and in order all the same. */
static void
test_taken_in_part(void)
{
	static const struct {
		uint32_t tso_max, caps;
		bool keys;
	} rows[] = {
		{ 0, 0, false },
		{ 0, TX_CAPS, true },
		{ 3 * MSS, TX_CAPS, true },
		{ 65535, TX_CAPS, false },
	};
	struct rtls_sock *socks[2];
	uint64_t refused = 0;
	struct pair p;

	port.rng = harness_seed();
	port.at = 7;
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		start(&p, rows[i].tso_max, rows[i].caps, rows[i].keys, socks);
		p.port[0]->tx_burst = some_burst;
		pair_send(&p, socks[0], stream, STREAM_MAX);
		pair_expect(&p, socks[1], stream, STREAM_MAX);
		CU_ASSERT_EQUAL(wire.out_of_order, 0);
		CU_ASSERT(wire.bytes >= STREAM_MAX);
		CU_ASSERT(rows[i].keys || wire.bytes == STREAM_MAX);
		refused += pair_stat(&p, 0, "TxRefused");
		check_counters(&p, socks[0]);
		p.port[0]->tx_burst = port.burst;
		finish(&p, socks);
	}
	CU_ASSERT(refused > 0);
}

/* One packet in the middle of a run is never taken: it alone is given up, and sent again. */
static void
test_stuck_in_a_run(void)
{
	struct rtls_sock *socks[2];
	struct pair p;

	for (uint16_t left = 0; left < 10; left++) {
		start(&p, 0, TX_CAPS, true, socks);
		p.port[0]->tx_burst = stuck_burst;
		port.left = left;
		CU_ASSERT_EQUAL(rtls_send(socks[0], stream, 30000, 0), 30000);
		pair_pass(&p, 900000);
		CU_ASSERT_EQUAL(pair_stat(&p, 0, "TxDropped"), 0);
		CU_ASSERT_EQUAL(wire.segments, left);
		pair_pass(&p, 200000);
		CU_ASSERT_EQUAL(pair_stat(&p, 0, "TxDropped"), 1);
		port.left = UINT16_MAX;
		pair_expect(&p, socks[1], stream, 30000);
		CU_ASSERT_EQUAL(pair_stat(&p, 0, "TxDropped"), 1);
		CU_ASSERT(pair_stat(&p, 0, "TxRetransmissions") >= 1);
		finish(&p, socks);
	}
}

/* PSH stands where what there is to send ends, FIN on the last segment, and nowhere else. */
static void
test_flags(void)
{
	static const uint32_t lens[] = { 1, MSS, MSS + 1, 7 * MSS, 7 * MSS + 5, 10 * MSS };
	struct rtls_sock *socks[2];
	struct pair p;

	for (size_t i = 0; i < HARNESS_COUNT(lens); i++) {
		start(&p, 0, TX_CAPS, false, socks);
		CU_ASSERT_EQUAL(rtls_send(socks[0], stream, lens[i], 0), lens[i]);
		CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
		pair_settle(&p);
		CU_ASSERT_EQUAL(wire.pushed, 1);
		CU_ASSERT_EQUAL(wire.fins, 1);
		CU_ASSERT_EQUAL(wire.segments, (lens[i] + MSS - 1) / MSS);
		CU_ASSERT_EQUAL(wire.bytes, lens[i]);
		CU_ASSERT_PTR_NULL(wire.error);
		CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
		pair_fini(&p);
	}
}

/* Records of n bytes each: packets that a run cannot repeat. */
static void
test_tiny_records(void)
{
	static const uint32_t sizes[] = { 1, 20, 200, 1000, 1500 };
	struct rtls_sock *socks[2];
	struct pair p;
	uint32_t sent;

	for (size_t i = 0; i < HARNESS_COUNT(sizes); i++) {
		start(&p, 0, 0, true, socks);
		for (sent = 0; sent < 40 * sizes[i]; sent += sizes[i])
			CU_ASSERT_EQUAL(rtls_send(socks[0], stream + sent, sizes[i], 0), sizes[i]);
		pair_expect(&p, socks[1], stream, sent);
		CU_ASSERT_EQUAL(wire.out_of_order, 0);
		check_counters(&p, socks[0]);
		finish(&p, socks);
	}
}

/* Takes all of a pool's buffers but so many. Returns how many it took. */
static unsigned int
starve(struct rte_mempool *pool, unsigned int leave, struct rte_mbuf **m)
{
	unsigned int n = 0;

	while (n < POOL_MAX && rte_mempool_avail_count(pool) > leave &&
	       (m[n] = rte_pktmbuf_alloc(pool)) != NULL)
		n++;
	return n;
}

/* Few header buffers, few for pieces: runs are short then, and nothing stands still. */
static void
test_few_buffers(void)
{
	static struct rte_mbuf *headers[POOL_MAX], *pieces[POOL_MAX];
	unsigned int nb_headers, nb_pieces;
	struct rtls_sock *socks[2];
	struct pair p;

	for (unsigned int leave = 1; leave < 6; leave++) {
		start(&p, 0, TX_CAPS, true, socks);
		nb_headers = starve(p.stack[0]->pools.header, 2 + leave, headers);
		nb_pieces = starve(p.stack[0]->pools.indirect, 2 * leave, pieces);
		pair_send(&p, socks[0], stream, 50000);
		pair_expect(&p, socks[1], stream, 50000);
		CU_ASSERT(pair_stat(&p, 0, "TxNoBuffer") > 0);
		CU_ASSERT_EQUAL(wire.out_of_order, 0);
		rte_pktmbuf_free_bulk(headers, nb_headers);
		rte_pktmbuf_free_bulk(pieces, nb_pieces);
		finish(&p, socks);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a port that takes some of a run", test_taken_in_part },
		{ "a packet that is never taken", test_stuck_in_a_run },
		{ "flags of the last segment", test_flags },
		{ "records smaller than a segment", test_tiny_records },
		{ "few buffers", test_few_buffers },
	};

	if (eal_start("tx-runs") != 0)
		return EXIT_FAILURE;
	pair_fill(stream, 0, sizeof(stream));
	return harness_run("eal/tx-runs", cases, HARNESS_COUNT(cases));
}
