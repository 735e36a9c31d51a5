/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "buf/lifo.h"
#include "unit/buf/fixture.h"

enum { PLAIN = 0xa5, BEHIND = 0x5a, BURST = 16 };

static struct buf_pools wiping;

static struct rte_mempool *
pool_of(const struct buf_pools *p, int i)
{
	return i < 3 ? p->record[i] : p->reserve;
}

/* A buffer full of plaintext that says it holds len bytes at off; behind them it is dirty. */
static struct rte_mbuf *
full(struct rte_mempool *pool, uint32_t off, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

	CU_ASSERT_FATAL(m != NULL);
	memset(m->buf_addr, BEHIND, m->buf_len);
	memset(m->buf_addr, PLAIN, off + len);
	m->data_off = (uint16_t)off;
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	return m;
}

static uint32_t
count(const struct rte_mbuf *m, uint8_t byte)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < m->buf_len; i++)
		n += ((const uint8_t *)m->buf_addr)[i] == byte;
	return n;
}

/* Freed: nothing of what it held is left, and what it did not hold was not touched. */
static void
is_wiped(const struct rte_mbuf *m, uint32_t used)
{
	CU_ASSERT_EQUAL(count(m, PLAIN), 0);
	CU_ASSERT_EQUAL(count(m, BEHIND), m->buf_len - used);
}

static void
test_extents(void)
{
	for (int i = 0; i < 4; i++) {
		struct rte_mempool *pool = pool_of(&wiping, i);
		uint32_t room = rte_pktmbuf_data_room_size(pool);
		const uint32_t rows[][2] = { { 0, 0 },    { 0, 1 },          { 0, room },
					     { 16, 100 }, { 16, room - 16 }, { room, 0 },
					     { 11, 22 } };

		for (size_t j = 0; j < HARNESS_COUNT(rows); j++) {
			struct rte_mbuf *m = full(pool, rows[j][0], rows[j][1]);

			rte_pktmbuf_free(m);
			is_wiped(m, rows[j][0] + rows[j][1]);
		}
	}
	CU_ASSERT_EQUAL(buf_pools_in_use(&wiping), 0);
}

/* Not the sender's, but the last one's who refers to a piece of it: at once, not with the next. */
static void
test_last_owner(void)
{
	struct rte_mbuf *m = full(wiping.record[2], 16, 9000), *piece[3];
	uint32_t len = m->buf_len;

	for (int i = 0; i < 3; i++) {
		piece[i] = rte_pktmbuf_alloc(wiping.indirect);
		rte_pktmbuf_attach(piece[i], m);
		piece[i]->data_off = (uint16_t)(16 + i * 100);
		piece[i]->data_len = 100;
		piece[i]->pkt_len = 100;
	}
	rte_pktmbuf_free_seg(m);
	rte_pktmbuf_free(piece[1]);
	rte_pktmbuf_free(piece[0]);
	CU_ASSERT_EQUAL(count(m, PLAIN), 9016);
	rte_pktmbuf_free(piece[2]);
	is_wiped(m, 9016);
	CU_ASSERT_EQUAL(m->buf_len, len);
	CU_ASSERT_EQUAL(buf_pools_in_use(&wiping), 0);
}

static void
test_bulk(void)
{
	struct rte_mbuf *m[BURST], *chain;

	for (int i = 0; i < BURST; i++)
		m[i] = full(wiping.record[i % 3], 16, (uint32_t)(1 + i * 9));
	rte_pktmbuf_free_bulk(m, BURST);
	for (int i = 0; i < BURST; i++)
		is_wiped(m[i], (uint32_t)(17 + i * 9));
	chain = full(wiping.record[0], 16, 10);
	chain->next = full(wiping.record[1], 16, 20);
	chain->nb_segs = 2;
	m[0] = chain;
	m[1] = chain->next;
	rte_pktmbuf_free(chain);
	is_wiped(m[0], 26);
	is_wiped(m[1], 36);
	CU_ASSERT_EQUAL(buf_pools_in_use(&wiping), 0);
}

/* The pools are what they are without it: as many buffers, each once. */
static void
test_pool(void)
{
	struct rte_mbuf *all[FIXTURE_SMALL];

	for (int turn = 0; turn < 2; turn++) {
		for (int i = 0; i < FIXTURE_SMALL; i++) {
			all[i] = rte_pktmbuf_alloc(wiping.record[0]);
			CU_ASSERT_FATAL(all[i] != NULL);
			CU_ASSERT_EQUAL(rte_mbuf_refcnt_read(all[i]), 1);
			CU_ASSERT_EQUAL(all[i]->nb_segs, 1);
			sendq_rec(all[i])->len = (uint32_t)i;
		}
		CU_ASSERT_PTR_NULL(rte_pktmbuf_alloc(wiping.record[0]));
		CU_ASSERT_EQUAL(buf_pools_in_use(&wiping), FIXTURE_SMALL);
		for (int i = 0; i < FIXTURE_SMALL; i++)
			CU_ASSERT_EQUAL(sendq_rec(all[i])->len, (uint32_t)i);
		rte_pktmbuf_free_bulk(all, FIXTURE_SMALL);
	}
	CU_ASSERT_EQUAL(buf_pools_in_use(&wiping), 0);
}

/* Without the option all of it stays: what is above can fail. */
static void
test_off(void)
{
	for (int i = 0; i < 4; i++) {
		struct rte_mbuf *m = full(pool_of(&pools, i), 16, 100);

		rte_pktmbuf_free(m);
		CU_ASSERT_EQUAL(count(m, PLAIN), 116);
	}
}

static void
test_made(void)
{
	const struct buf_pools_conf conf = { .name = "again",
					     .socket_id = SOCKET_ID_ANY,
					     .nb_packets = 15,
					     .nb_small = 15,
					     .nb_medium = 15,
					     .nb_large = 15,
					     .wipe = true };
	struct buf_pools p;

	/* Known to DPDK once, however many pools there are. */
	for (int i = 0; i < 2 * RTE_MEMPOOL_MAX_OPS_IDX; i++) {
		CU_ASSERT_EQUAL(lifo_register(), 0);
		CU_ASSERT_EQUAL_FATAL(buf_pools_create(&p, &conf), 0);
		CU_ASSERT_EQUAL(buf_pools_destroy(&p), 0);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "all that a buffer held", test_extents },
		{ "the last owner's word", test_last_owner },
		{ "many at a time", test_bulk },
		{ "every buffer once", test_pool },
		{ "without the option", test_off },
		{ "made and freed", test_made },
	};
	const struct buf_pools_conf conf = { .name = "wiping",
					     .socket_id = SOCKET_ID_ANY,
					     .nb_packets = FIXTURE_PACKETS,
					     .nb_small = FIXTURE_SMALL,
					     .nb_medium = FIXTURE_MEDIUM,
					     .nb_large = FIXTURE_LARGE,
					     .wipe = true };

	if (!fixture_start("buf-wiping") || buf_pools_create(&wiping, &conf) != 0)
		return 1;
	return harness_run("buf/wiping", cases, HARNESS_COUNT(cases));
}
