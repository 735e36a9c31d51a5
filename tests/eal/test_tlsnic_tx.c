/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the TLS NIC seals: every cut of a stream in order, every piece of it again, by calls
 * and over rings, against OpenSSL's one-shot AEAD.
 */
#include <pthread.h>
#include <sched.h>

#include <CUnit/CUnit.h>
#include <rte_common.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/nic_bench.h"
#include "support/suites.h"

enum {
	ALL_CAPS = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM,
	TSO_MAX = 65535 - 20 - 60,
	NEAR_WRAP = 40, /* sequence numbers pass 2^32 in the first records */
};

static bool nic_ends;
static const struct record_suite *suite; /* of the streams to come */

static void
next_suite(void)
{
	suite = suites_turn();
}

static void
bench_open(struct nic_bench *b, const struct rtls_tlsnic_conf *conf, uint32_t caps)
{
	nic_bench_open(b, conf, caps);
	b->version = suite->version;
	b->cipher = suite->cipher;
}

/* Sizes that show the edges, then any. */
static void
draw_sizes(uint64_t *luck, uint32_t *sizes, uint32_t n)
{
	static const uint32_t edges[] = { 1, 2, 15, 16, 17, 16384, 16383, 1427 };

	for (uint32_t i = 0; i < n; i++)
		sizes[i] = i < RTE_DIM(edges) ? edges[i] : 1 + harness_below(luck, 16384);
}

/* All of the stream in order, in segments of seg bytes, 0: random ones. */
static void
in_order(const struct rtls_tlsnic_conf *conf, uint32_t caps, uint32_t seg, uint32_t nb_records)
{
	uint32_t sizes[16], off = 0, len;
	struct nic_bench b;

	bench_open(&b, conf, caps);
	draw_sizes(&b.luck, sizes, nb_records);
	nic_bench_start(&b, 0u - NEAR_WRAP, 100, sizes, nb_records);
	while (off < b.stream.len) {
		len = RTE_MIN(seg != 0 ? seg : 1 + harness_below(&b.luck, 1460),
			      b.stream.len - off);
		nic_bench_send(&b, off, len, 0);
		off += len;
	}
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_ooo"), 0);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_encrypted_bytes"), b.stream.len - 100);
	nic_bench_close(&b);
}

/* All of them, however they are cut; each suite, in some of these ways. */
static void
test_in_order(void)
{
	static const uint32_t segs[] = { 1, 2, 3, 7, 536, 1448, 0 };

	for (size_t i = 0; i < 2 * suites_count() + RTE_DIM(segs); i++) {
		uint32_t seg = segs[i % RTE_DIM(segs)];
		/* Short segments of long records take long and show nothing new. */
		uint32_t nb = seg != 0 && seg < 100 ? 6 : 12;

		suite = suites_any(i);
		in_order(&(struct rtls_tlsnic_conf){ .rings = 0 }, 0, seg, nb);
		in_order(&(struct rtls_tlsnic_conf){ .rings = 0 }, ALL_CAPS, seg, nb);
		in_order(&(struct rtls_tlsnic_conf){ .rings = 1 }, 0, seg, nb);
	}
}

static void
tso(const struct rtls_tlsnic_conf *conf, uint32_t caps)
{
	static const uint16_t all_mss[] = { 1460, 1448, 536, 100, 1460 };
	uint32_t sizes[16], off = 0, len, frames = 0;
	struct nic_bench b;

	bench_open(&b, conf, caps);
	draw_sizes(&b.luck, sizes, RTE_DIM(sizes));
	nic_bench_start(&b, 0u - NEAR_WRAP, 0, sizes, RTE_DIM(sizes));
	for (uint32_t i = 0; off < b.stream.len; i++) {
		uint16_t mss = all_mss[i % RTE_DIM(all_mss)];

		len = i == 0 ? TSO_MAX : 1 + harness_below(&b.luck, TSO_MAX);
		len = RTE_MIN(len, b.stream.len - off);
		nic_bench_send(&b, off, len, mss);
		/* All of it again, as after a timeout. */
		nic_bench_send(&b, off, len, mss);
		frames += 2 * ((len + mss - 1) / mss);
		off += len;
	}
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_encrypted_packets"), frames);
	nic_bench_close(&b);
}

static void
test_tso(void)
{
	next_suite();
	tso(&(struct rtls_tlsnic_conf){ .rings = 0 }, 0);
	tso(&(struct rtls_tlsnic_conf){ .rings = 0 }, ALL_CAPS);
	next_suite();
	tso(&(struct rtls_tlsnic_conf){ .rings = 1 }, 0);
	tso(&(struct rtls_tlsnic_conf){ .tx_after = RTLS_TLS_TX_RETURNS }, 0);
}

/* A stream whose small records are sent again, and a long tail that the device goes on with. */
enum { SMALL_RECORDS = 4, RETURNS_TAIL = 8 };

static const uint32_t small_sizes[SMALL_RECORDS + RETURNS_TAIL] = {
	23, 50, 1, 40, 16384, 16384, 16384, 16384, 16384, 16384, 16384, 16384,
};

/* After a packet that was out of order: where the device may be, either way. */
static void
go_on(struct nic_bench *b, uint32_t end, uint32_t *tail, uint32_t small_end)
{
	if (end < small_end)
		nic_bench_send(b, end, RTE_MIN(9u, small_end - end), 0);
	nic_bench_send(b, *tail, 1, 0);
	(*tail)++;
}

static void
every_piece(const struct rtls_tlsnic_conf *conf, uint32_t step, uint16_t mss)
{
	struct nic_bench b;
	uint32_t small_end, tail;

	bench_open(&b, conf, 0);
	nic_bench_start(&b, 0u - NEAR_WRAP, 10, small_sizes, RTE_DIM(small_sizes));
	small_end = b.stream.records[SMALL_RECORDS].off;
	tail = small_end;
	nic_bench_send(&b, 0, small_end, 0);
	for (uint32_t off = 0; off < small_end; off += 1 + harness_below(&b.luck, step))
		for (uint32_t len = 1; off + len <= small_end;
		     len += 1 + harness_below(&b.luck, step)) {
			nic_bench_send(&b, off, len, mss);
			go_on(&b, off + len, &tail, small_end);
		}
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_drop_no_sync_data"), 0);
	nic_bench_close(&b);
}

static void
test_every_piece_stays(void)
{
	next_suite();
	every_piece(&(struct rtls_tlsnic_conf){ .tx_after = RTLS_TLS_TX_STAYS }, 1, 0);
}

static void
test_every_piece_returns(void)
{
	next_suite();
	every_piece(&(struct rtls_tlsnic_conf){ .tx_after = RTLS_TLS_TX_RETURNS }, 1, 0);
}

static void
test_pieces_cut(void)
{
	next_suite();
	every_piece(&(struct rtls_tlsnic_conf){ .tx_after = RTLS_TLS_TX_STAYS }, 4, 7);
	next_suite();
	every_piece(&(struct rtls_tlsnic_conf){ .tx_after = RTLS_TLS_TX_RETURNS }, 4, 7);
}

static void
test_pieces_rings(void)
{
	next_suite();
	every_piece(&(struct rtls_tlsnic_conf){ .tx_after = RTLS_TLS_TX_STAYS, .rings = 1 }, 5, 0);
	next_suite();
	every_piece(&(struct rtls_tlsnic_conf){ .tx_after = RTLS_TLS_TX_RETURNS, .rings = 1 }, 5,
		    0);
}

/* Anything anywhere in a stream of records of all sizes. */
static void
anywhere(uint8_t after)
{
	uint32_t sizes[16];
	struct nic_bench b;

	bench_open(&b, &(struct rtls_tlsnic_conf){ .tx_after = after }, 0);
	draw_sizes(&b.luck, sizes, RTE_DIM(sizes));
	nic_bench_start(&b, 0u - NEAR_WRAP, 50, sizes, RTE_DIM(sizes));
	for (unsigned int i = 0; i < 1000; i++) {
		uint32_t off = harness_below(&b.luck, b.stream.len);
		uint32_t len = 1 + harness_below(&b.luck, 1460);

		if (harness_below(&b.luck, 2) == 0)
			off = RTE_MIN(b.expected, b.stream.len - 1);
		nic_bench_send(&b, off, RTE_MIN(len, b.stream.len - off), 0);
	}
	nic_bench_close(&b);
}

static void
test_anywhere(void)
{
	next_suite();
	anywhere(RTLS_TLS_TX_STAYS);
	next_suite();
	anywhere(RTLS_TLS_TX_RETURNS);
}

/*
 * The sequence number comes round: what would have been in front of the start is now as
 * far behind it as can be. The stream is moved on by hand, a billion bytes at a time.
 */
static void
once_round(uint8_t after)
{
	static const uint32_t one_size[] = { 1000 };
	struct nic_bench b;

	bench_open(&b, &(struct rtls_tlsnic_conf){ .tx_after = after }, 0);
	nic_bench_start(&b, 5000, 0, one_size, 1);
	nic_bench_send(&b, 0, 10, 0);
	for (int i = 0; i < 5; i++) {
		b.stream.seq += UINT32_C(0x33333300);
		b.expected = 0; /* far behind */
		nic_bench_send(&b, 7, 500, 0);
	}
	CU_ASSERT(5000 - b.stream.seq < 2000);
	nic_bench_send(&b, 507, 100, 0);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_skip_no_sync_data"), 0);
	nic_bench_close(&b);
}

static void
test_once_round(void)
{
	next_suite();
	once_round(RTLS_TLS_TX_STAYS);
	next_suite();
	once_round(RTLS_TLS_TX_RETURNS);
}

static void *
run_nic(void *arg)
{
	struct nic_bench *b = arg;

	while (!__atomic_load_n(&nic_ends, __ATOMIC_ACQUIRE))
		if (rtls_tlsnic_poll(b->nic) == 0)
			sched_yield();
	return NULL;
}

/* Where packets went, to be checked when the other thread has ended. */
static struct {
	uint32_t off, len;
} went[1500];

/* Starts, packets in order and out of it, and the end, while another thread is the NIC. */
static void
test_other_thread(void)
{
	uint32_t sizes[12], expected = 0, at = 0;
	struct nic_bench b;
	pthread_t thread;

	next_suite();
	bench_open(&b, &(struct rtls_tlsnic_conf){ .rings = 1 }, 0);
	draw_sizes(&b.luck, sizes, RTE_DIM(sizes));
	nic_ends = false;
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, run_nic, &b), 0);
	nic_bench_start(&b, 0u - NEAR_WRAP, 0, sizes, RTE_DIM(sizes));
	for (size_t i = 0; i < RTE_DIM(went); i++) {
		bool again = harness_below(&b.luck, 3) == 0 || expected == b.stream.len;
		uint32_t off = again ? harness_below(&b.luck, b.stream.len) : expected;
		uint32_t len = RTE_MIN(1 + harness_below(&b.luck, 1460), b.stream.len - off);
		struct rte_mbuf *m;

		while (nic_bench_mbufs_out(&b) > 1000) {
			sched_yield();
			b.nic->tx_cleanup(b.nic, 0);
		}
		m = nic_bench_packet(&b, off, len, 0);
		while (b.nic->tx_burst(b.nic, 0, &m, 1) == 0)
			sched_yield();
		went[i].off = off;
		went[i].len = len;
		expected = off + len;
	}
	/* The NIC has got to the end when the context's place is free. */
	b.nic->tls.ops->del(b.nic->tls.dev, b.ctx);
	do {
		sched_yield();
		b.nic->tx_cleanup(b.nic, 0);
	} while (nic_bench_count(&b, "contexts_in_use") > 0);
	__atomic_store_n(&nic_ends, true, __ATOMIC_RELEASE);
	CU_ASSERT_EQUAL(pthread_join(thread, NULL), 0);
	nic_bench_turn(&b);
	for (size_t i = 0; i < RTE_DIM(went); i++)
		nic_bench_check(&b, &at, went[i].off, went[i].len, 0);
	CU_ASSERT_EQUAL(at, b.under->nb_sent);
	nic_bench_close(&b);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a stream in order, however it is cut", test_in_order },
		{ "packets that the NIC cuts", test_tso },
		{ "every piece again, the device stays there", test_every_piece_stays },
		{ "every piece again, the device returns", test_every_piece_returns },
		{ "pieces again that the NIC cuts", test_pieces_cut },
		{ "pieces again over rings", test_pieces_rings },
		{ "packets from anywhere", test_anywhere },
		{ "sequence numbers once round", test_once_round },
		{ "another thread is the NIC", test_other_thread },
	};

	if (eal_start("tlsnic-tx") != 0)
		return 1;
	nic_bench_pool_create();
	return harness_run("tlsnic/tx", cases, HARNESS_COUNT(cases));
}
