/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include "buf/chain.h"
#include "unit/buf/fixture.h"

enum { STREAM_START = 1000 };

/* A record of len bytes of the pattern behind what is queued; in clear, where epoch is to seal it. */
static void
push_for(struct sendq *q, uint32_t len, bool fence, struct epoch *epoch)
{
	struct rte_mbuf *m = buf_record_alloc(&pools, len);

	CU_ASSERT_FATAL(m != NULL);
	pattern_fill(rte_pktmbuf_mtod(m, uint8_t *), sendq_end(q), len);
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	sendq_rec(m)->fence = fence;
	sendq_rec(m)->epoch = epoch;
	sendq_push(q, m);
}

static void
push(struct sendq *q, uint32_t len, bool fence)
{
	push_for(q, len, fence, NULL);
}

/* Headers alone. */
static struct rte_mbuf *
empty_packet(void)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(pools.header);

	CU_ASSERT_FATAL(head != NULL);
	memset(rte_pktmbuf_append(head, 54), 0x11, 54);
	return head;
}

/* A segment with payload: what a port would get. */
static struct rte_mbuf *
segment(struct sendq *q, uint64_t off, uint32_t len)
{
	struct rte_mbuf *head = empty_packet();

	CU_ASSERT_EQUAL_FATAL(
		attach_one(pools.indirect, txmap_find(&q->map, off), off, len, NULL, head), 0);
	return head;
}

static uint32_t
cut(struct sendq *q, uint64_t off, uint32_t len)
{
	return sendq_cut(txmap_find(&q->map, off), off, len);
}

static bool
segment_is(const struct rte_mbuf *m, uint64_t off, uint32_t len)
{
	uint8_t bytes[20000];
	const char *reason;

	if (rte_mbuf_check(m, 1, &reason) != 0 || m->pkt_len != 54 + len || m->data_len != 54)
		return false;
	chain_copy_out(m, 54, bytes, len);
	return pattern_is(bytes, off, len);
}

static void
test_push_and_release(void)
{
	static const struct {
		uint64_t una; /* relative to the start */
		unsigned int freed;
		uint32_t room_left;
	} rows[] = {
		{ 0, 0, 256 + 2048 + 17408 + 256 },
		{ 99, 0, 256 + 2048 + 17408 + 256 },
		{ 100, 1, 2048 + 17408 + 256 },
		{ 50, 0, 2048 + 17408 + 256 }, /* an old acknowledgment */
		{ 1099, 0, 2048 + 17408 + 256 },
		{ 11100, 2, 256 },
		{ 11100, 0, 256 },
		{ 11101, 1, 0 },
		{ 11101, 0, 0 },
	};
	struct sendq q;

	sendq_init(&q, STREAM_START);
	push(&q, 100, false);
	push(&q, 1000, false);
	push(&q, 10000, false);
	push(&q, 1, false);
	CU_ASSERT_EQUAL(sendq_end(&q), STREAM_START + 11101);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		CU_ASSERT_EQUAL(sendq_release(&q, STREAM_START + rows[i].una), rows[i].freed);
		CU_ASSERT_EQUAL(q.room_used, rows[i].room_left);
	}
	CU_ASSERT_PTR_NULL(q.map.head);
	CU_ASSERT_PTR_NULL(q.map.tail);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
	/* It goes on where it was. */
	push(&q, 7, false);
	CU_ASSERT_EQUAL(q.map.head->stream_off, STREAM_START + 11101);
	sendq_fini(&q);
	CU_ASSERT_EQUAL(q.room_used, 0);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* Records of 10 bytes; F: one with a fence. */
static void
test_cut(void)
{
	static const struct {
		const char *records;
		uint32_t off;
		uint32_t len;
		uint32_t cut;
	} rows[] = {
		{ "r", 0, 10, 10 },
		{ "r", 0, 1460, 10 },
		{ "r", 9, 1460, 1 },
		{ "rr", 0, 1460, 20 },
		{ "rr", 0, 11, 11 },
		{ "rr", 3, 7, 7 },
		{ "rr", 3, 8, 8 },
		{ "rF", 0, 1460, 10 },
		{ "rF", 0, 10, 10 },
		{ "rF", 0, 9, 9 },
		{ "rF", 9, 1460, 1 },
		{ "rF", 10, 1460, 10 },
		{ "Fr", 0, 1460, 20 }, /* its own fence is behind the cut */
		{ "Fr", 5, 1460, 15 },
		{ "rFF", 0, 1460, 10 },
		{ "rFF", 12, 1460, 8 },
		{ "rrrF", 4, 1460, 26 },
		{ "rrrrrrr", 0, 1460, 70 },
		{ "rrrrrrrr", 0, 1460, 70 }, /* seven pieces, and no more */
		{ "rrrrrrrr", 1, 1460, 69 },
		{ "rrrrrrrr", 10, 1460, 70 },
		{ "rrrrrrrr", 0, 70, 70 },
		{ "rrrrrrrr", 0, 71, 70 },
		{ "rrrrrrrF", 0, 71, 70 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct rte_mbuf *m;
		struct sendq q;

		sendq_init(&q, STREAM_START);
		for (const char *c = rows[i].records; *c != '\0'; c++)
			push(&q, 10, *c == 'F');
		CU_ASSERT_EQUAL(cut(&q, STREAM_START + rows[i].off, rows[i].len), rows[i].cut);
		m = segment(&q, STREAM_START + rows[i].off, rows[i].cut);
		CU_ASSERT(segment_is(m, STREAM_START + rows[i].off, rows[i].cut));
		CU_ASSERT(m->nb_segs <= 8);
		rte_pktmbuf_free(m);
		sendq_fini(&q);
	}
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* A device keeps segments longer than the peer takes to acknowledge them. */
static void
test_buffer_outlives_release(void)
{
	struct rte_mbuf *a, *b;
	struct sendq q;

	sendq_init(&q, 0);
	push(&q, 2000, false);
	a = segment(&q, 0, 1460);
	b = segment(&q, 1460, 540);
	CU_ASSERT_EQUAL(sendq_release(&q, 2000), 1);
	CU_ASSERT_EQUAL(q.room_used, 0);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(pools.record[1]), 1);
	CU_ASSERT(segment_is(a, 0, 1460));
	rte_pktmbuf_free(a);
	CU_ASSERT(segment_is(b, 1460, 540));
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(pools.record[1]), 1);
	rte_pktmbuf_free(b);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
	/* And the buffer that came back this way is a good one. */
	push(&q, 2000, false);
	CU_ASSERT_EQUAL(rte_mbuf_refcnt_read(sendq_mbuf(q.map.head)), 1);
	sendq_fini(&q);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* Raw bytes are appended behind those that segments under way refer to. */
static void
test_tail_grows_under_way(void)
{
	struct rte_mbuf *before, *again, *behind;
	struct sendq q;

	sendq_init(&q, 0);
	push(&q, 100, false);
	before = segment(&q, 0, 100);
	pattern_fill(rte_pktmbuf_mtod_offset(sendq_mbuf(q.map.tail), uint8_t *, 100), 100, 50);
	sendq_tail_grown(&q, 50);
	CU_ASSERT_EQUAL(sendq_end(&q), 150);
	CU_ASSERT_EQUAL(q.map.tail->len, 150);
	CU_ASSERT_EQUAL(sendq_mbuf(q.map.tail)->data_len, 150);
	CU_ASSERT_EQUAL(q.room_used, 256);
	CU_ASSERT(segment_is(before, 0, 100));
	CU_ASSERT_EQUAL(sendq_release(&q, 100), 0);
	CU_ASSERT_EQUAL(cut(&q, 0, 1460), 150);
	again = segment(&q, 0, 150);
	behind = segment(&q, 100, 50);
	CU_ASSERT(segment_is(again, 0, 150));
	CU_ASSERT(segment_is(behind, 100, 50));
	rte_pktmbuf_free(before);
	rte_pktmbuf_free(again);
	rte_pktmbuf_free(behind);
	CU_ASSERT_EQUAL(sendq_release(&q, 150), 1);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* With n indirect mbufs left a segment of n pieces goes out, one of n + 1 does not. */
static void
test_attach_without_memory(void)
{
	for (unsigned int left = 0; left <= SENDQ_PIECES_MAX; left++) {
		struct starved s;
		struct rte_mbuf *head, *m;
		struct sendq q;

		sendq_init(&q, 0);
		for (int i = 0; i < SENDQ_PIECES_MAX + 1; i++)
			push(&q, 10, false);
		starve(&s, pools.indirect, left);
		head = rte_pktmbuf_alloc(pools.header);
		CU_ASSERT_FATAL(head != NULL);
		rte_pktmbuf_append(head, 54);
		CU_ASSERT_EQUAL(
			attach_one(pools.indirect, q.map.head, 0, 10 * left + 1, NULL, head),
			-ENOMEM);
		CU_ASSERT_PTR_NULL(head->next);
		CU_ASSERT_EQUAL(head->nb_segs, 1);
		CU_ASSERT_EQUAL(head->pkt_len, 54);
		CU_ASSERT_EQUAL(rte_mempool_avail_count(pools.indirect), left);
		for (m = sendq_mbuf(q.map.head); m != NULL; m = sendq_mbuf(sendq_rec(m)->next))
			CU_ASSERT_EQUAL(rte_mbuf_refcnt_read(m), 1);
		if (left > 0) {
			m = segment(&q, 0, 10 * left);
			CU_ASSERT(segment_is(m, 0, 10 * left));
			rte_pktmbuf_free(m);
		}
		rte_pktmbuf_free(head);
		starve_end(&s);
		sendq_fini(&q);
		CU_ASSERT_EQUAL(fixture_in_use(), 0);
	}
}

/* Each stretch of three records; what it was taken out of may be gone then. */
static void
test_copy(void)
{
	struct rte_mbuf *head;
	struct sendq q;

	for (uint32_t off = 0; off < 30; off++) {
		for (uint32_t len = 1; off + len <= 30; len++) {
			sendq_init(&q, STREAM_START);
			for (int i = 0; i < 3; i++)
				push(&q, 10, i == 1);
			head = empty_packet();
			CU_ASSERT_EQUAL(sendq_copy(txmap_find(&q.map, STREAM_START + off),
						   STREAM_START + off, len, head),
					0);
			sendq_fini(&q);
			CU_ASSERT_EQUAL(fixture_in_use(), 1);
			CU_ASSERT(head->nb_segs == 1 && head->next == NULL);
			CU_ASSERT(head->pkt_len == 54 + len && head->data_len == 54 + len);
			CU_ASSERT(pattern_is(rte_pktmbuf_mtod_offset(head, uint8_t *, 54),
					     STREAM_START + off, len));
			CU_ASSERT_EQUAL(*rte_pktmbuf_mtod_offset(head, uint8_t *, 53), 0x11);
			rte_pktmbuf_free(head);
		}
	}
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* Where the fences are, apart from the queue. */
struct model {
	uint64_t starts[512];
	bool fences[512];
	unsigned int n;
};

/* The longest cut by definition: byte by byte. */
static uint32_t
model_cut(const struct model *model, uint64_t end_off, uint64_t off, uint32_t len)
{
	unsigned int pieces = 1;
	uint32_t cut = 0;

	while (cut < len && off + cut < end_off) {
		for (unsigned int i = 0; cut > 0 && i < model->n; i++)
			if (model->starts[i] == off + cut &&
			    (model->fences[i] || ++pieces > SENDQ_PIECES_MAX))
				return cut;
		cut++;
	}
	return cut;
}

/*
 * A record in clear leaves for its own epoch to seal, and nothing else leaves so: not what is sealed,
 * nor what is another's. Each pair of records, for each who could seal it.
 */
static void
test_attach_in_clear(void)
{
	struct epoch epochs[2] = { 0 };
	struct epoch *const who[] = { NULL, &epochs[0], &epochs[1] };
	struct rte_mbuf *head;
	unsigned int used;
	struct sendq q;

	for (unsigned int i = 0; i < 27; i++) {
		struct epoch *first = who[i / 9], *second = who[i / 3 % 3], *sealer = who[i % 3];
		bool fits = first == sealer && second == sealer;

		sendq_init(&q, STREAM_START);
		push_for(&q, 100, false, first);
		push_for(&q, 100, false, second);
		head = empty_packet();
		used = fixture_in_use();
		CU_ASSERT_EQUAL(attach_one(pools.indirect, q.map.head, STREAM_START + 50, 100,
					   sealer, head),
				fits ? 0 : -EPERM);
		if (fits)
			CU_ASSERT(segment_is(head, STREAM_START + 50, 100));
		if (!fits)
			CU_ASSERT(head->next == NULL && head->nb_segs == 1 && head->pkt_len == 54);
		CU_ASSERT_EQUAL(fixture_in_use(), used + (fits ? 2 : 0));
		rte_pktmbuf_free(head);
		/* A copy is nobody's to seal any more. */
		fits = first == NULL && second == NULL;
		head = empty_packet();
		CU_ASSERT_EQUAL(sendq_copy(q.map.head, STREAM_START + 50, 100, head),
				fits ? 0 : -EPERM);
		CU_ASSERT_EQUAL(head->pkt_len, fits ? 154 : 54);
		CU_ASSERT_EQUAL(head->data_len, head->pkt_len);
		rte_pktmbuf_free(head);
		sendq_fini(&q);
		CU_ASSERT_EQUAL(fixture_in_use(), 0);
		CU_ASSERT(epochs[0].records == 0 && epochs[1].records == 0);
	}
}

static void
test_random(void)
{
	uint64_t seed = harness_seed();
	int rounds = harness_full() ? 400 : 40;

	for (int round = 0; round < rounds; round++) {
		uint64_t start = harness_rand(&seed) >> 1, una = start, nxt = start;
		static struct model model;
		struct rte_mbuf *flight[8] = { NULL };
		struct {
			uint64_t off;
			uint32_t len;
		} what[8] = { { 0, 0 } };
		struct sendq q;

		model.n = 0;
		sendq_init(&q, start);
		for (int step = 0; step < 300; step++) {
			uint64_t r = harness_rand(&seed);
			uint32_t mss = (uint32_t[]){ 1, 100, 1448, 9000 }[r >> 8 & 3], len;
			unsigned int slot = r >> 16 & 7;
			uint64_t off;

			switch (r & 3) {
			case 0:
				if (q.room_used > 200000 || model.n == 512)
					break;
				len = 1 + (uint32_t)((r >> 20) % (r & 64 ? 16384 : 60));
				model.starts[model.n] = sendq_end(&q);
				model.fences[model.n++] = (r >> 60) == 0;
				push(&q, len, model.fences[model.n - 1]);
				break;
			case 1: /* new, or again */
			case 2:
				off = r & 32 || nxt == una ? nxt : una + (r >> 20) % (nxt - una);
				if (off == sendq_end(&q))
					break;
				len = cut(&q, off, mss);
				CU_ASSERT_EQUAL_FATAL(len,
						      model_cut(&model, sendq_end(&q), off, mss));
				rte_pktmbuf_free(flight[slot]);
				flight[slot] = segment(&q, off, len);
				what[slot].off = off;
				what[slot].len = len;
				nxt = RTE_MAX(nxt, off + len);
				break;
			case 3:
				una += nxt == una ? 0 : (r >> 20) % (nxt - una + 1);
				sendq_release(&q, una);
				CU_ASSERT(q.map.head == NULL ||
					  q.map.head->stream_off + q.map.head->len > una);
				break;
			}
			for (unsigned int i = 0; i < 8 && step % 8 == 0; i++)
				CU_ASSERT(flight[i] == NULL ||
					  segment_is(flight[i], what[i].off, what[i].len));
		}
		for (unsigned int i = 0; i < 8; i++)
			rte_pktmbuf_free(flight[i]);
		sendq_fini(&q);
		CU_ASSERT_EQUAL_FATAL(fixture_in_use(), 0);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "records are released whole, when all of them is acknowledged",
		  test_push_and_release },
		{ "a segment ends at a fence and at its last piece", test_cut },
		{ "a buffer outlives its release while a device has it",
		  test_buffer_outlives_release },
		{ "the tail grows under segments on their way", test_tail_grows_under_way },
		{ "a segment that finds no memory changes nothing", test_attach_without_memory },
		{ "a record in clear leaves for its own epoch to seal", test_attach_in_clear },
		{ "what is short is copied, out of as many records as it lies in", test_copy },
		{ "random sends, repeats and acknowledgments against a flat stream", test_random },
	};

	return fixture_start("buf-sendq") ? harness_run("buf/sendq", cases, HARNESS_COUNT(cases)) :
					    1;
}
