/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* How a stream is cut into segments: by RTLS_OPT_MAX_SEG, and by ports that cut packets. */
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "sim/frame.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"
#include "support/pair.h"
#include "unit/session/peer.h"

enum {
	TX_CAPS = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM,
	MSS = 1500 - 40 - 12,
	STREAM_MAX = 200000,
};

static uint8_t stream[STREAM_MAX];

/* What was seen on the wire, by the end that sent it. */
struct wire {
	uint64_t segments[2];
	uint64_t bytes[2];
	uint32_t longest[2];
	uint64_t pushed[2];
	const char *error;
};

static void
on_frame(void *arg, int dir, const uint8_t *bytes, uint32_t len, uint64_t now_us)
{
	struct wire *w = arg;
	struct frame f;
	const char *error = frame_parse(bytes, len, &f);

	(void)now_us;
	if (error != NULL)
		w->error = error;
	if (error != NULL || !f.is_tcp || f.payload_len == 0)
		return;
	w->segments[dir]++;
	w->bytes[dir] += f.payload_len;
	w->longest[dir] = RTE_MAX(w->longest[dir], f.payload_len);
	w->pushed[dir] += (f.flags & FRAME_PSH) != 0;
}

static void
start(struct pair *p, struct wire *w, uint32_t tso_max, uint32_t caps, struct rtls_sock *socks[2])
{
	struct pair_conf conf = { .caps = caps, .tso_max = tso_max, .tap = on_frame, .arg = w };

	*w = (struct wire){ 0 };
	pair_init(p, &conf);
	pair_connect(p, 0, socks);
}

static void
finish(struct pair *p, const struct wire *w, struct rtls_sock *socks[2])
{
	CU_ASSERT_PTR_NULL(w->error);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(p);
}

static void
set_keys(struct rtls_sock *const socks[2])
{
	struct peer key = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&key);

	pair_set_keys(socks, 0, &keys);
}

/* The counters tell what was on the wire. */
static void
check_counters(const struct pair *p, const struct wire *w, const struct rtls_sock *k)
{
	struct rtls_sock_stats stats = { .size = sizeof(stats) };

	CU_ASSERT_EQUAL(rtls_sock_stats(k, &stats), 0);
	CU_ASSERT_EQUAL(stats.tx_segments, w->segments[0]);
	CU_ASSERT_EQUAL(stats.tx_bytes, w->bytes[0]);
	CU_ASSERT_EQUAL(pair_stat(p, 0, "TxSegments"), w->segments[0]);
	CU_ASSERT_EQUAL(pair_stat(p, 0, "TxBytes"), w->bytes[0]);
}

static void
test_max_seg(void)
{
	static const struct {
		uint32_t max_seg, len;
	} rows[] = { { 1, 3000 },     { 2, 3000 },         { 100, 30000 },
		     { MSS, 100000 }, { MSS + 1, 100000 }, { 65535, 100000 } };
	struct rtls_sock *socks[2];
	struct wire w;
	struct pair p;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		for (uint32_t tso_max = 0; tso_max <= 65535; tso_max += 65535) {
			start(&p, &w, tso_max, TX_CAPS, socks);
			set_keys(socks);
			CU_ASSERT_EQUAL(rtls_sock_set(socks[0], RTLS_OPT_MAX_SEG, rows[i].max_seg),
					0);
			CU_ASSERT_EQUAL(pair_info(socks[0]).mss, RTE_MIN(rows[i].max_seg, MSS));
			CU_ASSERT_EQUAL(pair_info(socks[1]).mss, MSS);
			pair_send(&p, socks[0], stream, rows[i].len);
			pair_expect(&p, socks[1], stream, rows[i].len);
			CU_ASSERT_EQUAL(w.longest[0], RTE_MIN(rows[i].max_seg, MSS));
			check_counters(&p, &w, socks[0]);
			finish(&p, &w, socks);
		}
}

/* In the middle of a stream, down and up again, over a network that loses. */
static void
test_max_seg_moves(void)
{
	static const uint32_t limits[] = { 65535, 1, 700, 2, 65535, 100, 1448 };
	struct pair_conf conf = { .caps = TX_CAPS, .tso_max = 65535, .tap = on_frame };
	struct rtls_sock *socks[2];
	struct wire w = { 0 };
	struct pair p;

	conf.arg = &w;
	for (int i = 0; i < 2; i++)
		conf.path[i] = (struct cable_path){ .loss_ppm = CABLE_PPM / 50, .spare_arp = true };
	pair_init(&p, &conf);
	pair_connect(&p, 0, socks);
	set_keys(socks);
	for (size_t i = 0; i < HARNESS_COUNT(limits); i++) {
		uint32_t len = limits[i] < 100 ? 500 : 20000;

		CU_ASSERT_EQUAL(rtls_sock_set(socks[0], RTLS_OPT_MAX_SEG, limits[i]), 0);
		w.longest[0] = 0;
		pair_send(&p, socks[0], stream, len);
		pair_expect(&p, socks[1], stream, len);
		CU_ASSERT(w.longest[0] <= limits[i]);
	}
	finish(&p, &w, socks);
}

/* Set before there is a connection: from its first segment on; accepted: their listener's. */
static void
test_max_seg_early(void)
{
	struct rtls_addr remote = pair_addr(1, PAIR_PORT);
	struct pair_conf conf = { .tap = on_frame };
	struct rtls_sock *socks[2];
	struct wire w = { 0 };
	struct pair p;

	conf.arg = &w;
	pair_init(&p, &conf);
	CU_ASSERT_EQUAL(rtls_sock_set(p.listener, RTLS_OPT_MAX_SEG, 10), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[0], NULL, &remote, &socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_sock_set(socks[0], RTLS_OPT_MAX_SEG, 7), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(p.listener, &socks[1], 1), 1);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(pair_info(socks[i]).mss, i == 0 ? 7 : 10);
		pair_send(&p, socks[i], stream, 995);
		pair_expect(&p, socks[1 - i], stream, 995);
		CU_ASSERT_EQUAL(w.longest[i], i == 0 ? 7 : 10);
	}
	CU_ASSERT_EQUAL(w.segments[0], 143);
	CU_ASSERT_EQUAL(w.segments[1], 100);
	finish(&p, &w, socks);
}

/* Never connected, and closed: the option is taken, nothing else. */
static void
test_max_seg_dead(void)
{
	struct rtls_addr remote = pair_addr(1, 9);
	struct pair_conf conf = { .caps = TX_CAPS, .tso_max = 65535 };
	struct rtls_sock *k;
	struct pair p;

	pair_init(&p, &conf);
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[0], NULL, &remote, &k), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(pair_info(k).state, RTLS_SOCK_CLOSED);
	CU_ASSERT_EQUAL(rtls_sock_set(k, RTLS_OPT_MAX_SEG, 1), 0);
	CU_ASSERT_EQUAL(rtls_close(k), 0);
	pair_fini(&p);
}

/* --- ports that cut ------------------------------------------------------------ */

/* Sends len bytes; returns how many packets that took. */
static uint64_t
send_over(uint32_t tso_max, uint32_t caps, uint32_t len, struct wire *w)
{
	struct rtls_sock *socks[2];
	struct cable_stats before, after;
	struct pair p;

	start(&p, w, tso_max, caps, socks);
	set_keys(socks);
	before = cable_stats_get(p.cable, 0);
	pair_send(&p, socks[0], stream, len);
	pair_expect(&p, socks[1], stream, len);
	check_counters(&p, w, socks[0]);
	after = cable_stats_get(p.cable, 0);
	finish(&p, w, socks);
	return after.tx_packets - before.tx_packets;
}

/* Fewer packets, and on the wire the same segments. */
static void
test_cut_by_port(void)
{
	struct wire one, cut;
	uint64_t packets = send_over(0, TX_CAPS, STREAM_MAX, &one), fewer;

	CU_ASSERT(packets >= one.segments[0]);
	fewer = send_over(65535, TX_CAPS, STREAM_MAX, &cut);
	CU_ASSERT(fewer < packets / 4);
	CU_ASSERT_EQUAL(cut.segments[0], one.segments[0]);
	CU_ASSERT_EQUAL(cut.bytes[0], one.bytes[0]);
	CU_ASSERT_EQUAL(cut.pushed[0], one.pushed[0]);
	CU_ASSERT_EQUAL(cut.longest[0], MSS);
}

/* What the port says it does not do is not asked of it; more than IPv4 can say neither. */
static void
test_limits_of_port(void)
{
	static const struct {
		uint32_t tso_max, caps;
		bool cuts;
	} rows[] = {
		{ 65535, PORT_CAP_TX_TCP_CKSUM, false },
		{ 65535, PORT_CAP_TX_IPV4_CKSUM, false },
		{ 65535, 0, false },
		{ MSS, TX_CAPS, false },
		{ 2 * MSS - 1, TX_CAPS, false },
		{ 2 * MSS, TX_CAPS, true },
		{ UINT32_MAX, TX_CAPS, true },
	};
	struct wire w;
	uint64_t n;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		n = send_over(rows[i].tso_max, rows[i].caps, STREAM_MAX, &w);
		CU_ASSERT_EQUAL(n < w.segments[0], rows[i].cuts);
		CU_ASSERT_EQUAL(w.longest[0], MSS);
	}
}

/* A port that says it cuts packets, and then does not take them all. */
static struct {
	uint16_t (*prepare)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts,
			    uint16_t n);
	uint16_t (*burst)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);
	uint32_t longest; /* that are to be cut; 0: none */
	bool full;        /* nothing at all */
} picky;

static uint16_t
picky_count(struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t i;

	for (i = 0; i < n && !picky.full; i++)
		if ((pkts[i]->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0 &&
		    pkts[i]->pkt_len > picky.longest)
			break;
	return i;
}

static uint16_t
picky_prepare(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	return picky.prepare(p, queue, pkts, picky_count(pkts, n));
}

static uint16_t
picky_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	return picky.burst(p, queue, pkts, picky_count(pkts, n));
}

static void
start_picky(struct pair *p, struct wire *w, uint32_t longest, bool in_burst,
	    struct rtls_sock *socks[2])
{
	start(p, w, 65535, TX_CAPS, socks);
	set_keys(socks);
	picky.prepare = p->port[0]->tx_prepare;
	picky.burst = p->port[0]->tx_burst;
	picky.longest = longest;
	picky.full = false;
	if (in_burst)
		p->port[0]->tx_burst = picky_burst;
	else
		p->port[0]->tx_prepare = picky_prepare;
}

/* Nothing is lost by it, and what it never takes it is not asked for ever. */
static void
test_picky_port(void)
{
	static const struct {
		uint32_t longest;
		bool in_burst, stops;
	} rows[] = {
		{ 0, false, true }, { 0, true, true }, { 9000, false, false }, { 9000, true, false }
	};
	struct rtls_sock *socks[2];
	struct wire w;
	struct pair p;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		start_picky(&p, &w, rows[i].longest, rows[i].in_burst, socks);
		log_tap_start(RTE_LOG_NOTICE);
		for (int again = 0; again < 3; again++) {
			pair_send(&p, socks[0], stream, STREAM_MAX);
			pair_expect(&p, socks[1], stream, STREAM_MAX);
		}
		CU_ASSERT_EQUAL(log_tap_count(NOTE_PORT_CUTS_NOT), 1);
		CU_ASSERT_EQUAL(log_tap_lines(), 1);
		log_tap_end();
		CU_ASSERT(pair_stat(&p, 0, "TxRecut") > 0);
		if (rows[i].stops)
			CU_ASSERT_EQUAL(pair_stat(&p, 0, "TxRecut"), 3);
		CU_ASSERT_EQUAL(pair_stat(&p, 0, "TxDropped"), 0);
		CU_ASSERT_EQUAL(pair_stat(&p, 0, "TxRetransmissions"), 0);
		CU_ASSERT(w.longest[0] <= MSS);
		check_counters(&p, &w, socks[0]);
		finish(&p, &w, socks);
	}
}

/* One that is full for a while, again and again: it is not the length. */
static void
test_full_port(void)
{
	struct cable_stats before, after;
	struct rtls_sock *socks[2];
	uint64_t segments;
	struct wire w;
	struct pair p;

	start_picky(&p, &w, UINT32_MAX, true, socks);
	for (int again = 0; again < 5; again++) {
		picky.full = true;
		CU_ASSERT(rtls_send(socks[0], stream, 50000, 0) > 0);
		pair_pass(&p, 100000);
		picky.full = false;
		pair_expect(&p, socks[1], stream, 50000);
	}
	before = cable_stats_get(p.cable, 0);
	segments = w.segments[0];
	pair_send(&p, socks[0], stream, STREAM_MAX);
	pair_expect(&p, socks[1], stream, STREAM_MAX);
	after = cable_stats_get(p.cable, 0);
	CU_ASSERT(after.tx_packets - before.tx_packets < (w.segments[0] - segments) / 2);
	CU_ASSERT_EQUAL(pair_stat(&p, 0, "TxDropped"), 0);
	finish(&p, &w, socks);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "RTLS_OPT_MAX_SEG", test_max_seg },
		{ "a limit that moves", test_max_seg_moves },
		{ "set before the handshake", test_max_seg_early },
		{ "set on a dead connection", test_max_seg_dead },
		{ "a port that cuts packets", test_cut_by_port },
		{ "what the port does not do", test_limits_of_port },
		{ "a port that refuses what it is to cut", test_picky_port },
		{ "a port that is full for a while", test_full_port },
	};

	if (eal_start("segments") != 0)
		return EXIT_FAILURE;
	pair_fill(stream, 0, sizeof(stream));
	return harness_run("eal/segments", cases, HARNESS_COUNT(cases));
}
