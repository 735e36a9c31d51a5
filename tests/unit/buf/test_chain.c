/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "buf/chain.h"
#include "unit/buf/fixture.h"

enum { LEN = 23, SEGS_MAX = 8 };

/* Cuts of LEN bytes into segments; drivers do hand up empty ones. */
static const uint8_t cuts[][SEGS_MAX] = {
	{ 23 },
	{ 1, 22 },
	{ 22, 1 },
	{ 5, 1, 1, 16 },
	{ 0, 7, 0, 0, 9, 7 },
	{ 8, 15, 0 },
	{ 3, 3, 3, 3, 3, 3, 3, 2 },
};

static struct rte_mbuf *
make(const uint8_t *segs)
{
	struct rte_mbuf *first = NULL, **link = &first;
	uint32_t done = 0;
	uint16_t n = 0;

	for (int i = 0; i < SEGS_MAX && (done < LEN || i == 0 || segs[i - 1] == 0); i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(rx_pool);

		CU_ASSERT_FATAL(m != NULL);
		m->data_len = segs[i];
		pattern_fill(rte_pktmbuf_mtod(m, uint8_t *), done, segs[i]);
		done += segs[i];
		*link = m;
		link = &m->next;
		n++;
	}
	CU_ASSERT_EQUAL_FATAL(done, LEN);
	first->nb_segs = n;
	first->pkt_len = LEN;
	return first;
}

static void
test_sound(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(cuts); i++) {
		struct rte_mbuf *m = make(cuts[i]), *last = rte_pktmbuf_lastseg(m);
		uint16_t data_off = m->data_off, data_len = m->data_len;

		CU_ASSERT(chain_sound(m));
		m->pkt_len = LEN + 1;
		CU_ASSERT(!chain_sound(m));
		m->pkt_len = LEN - 1;
		CU_ASSERT(!chain_sound(m));
		m->pkt_len = LEN;
		m->nb_segs++;
		CU_ASSERT(!chain_sound(m));
		m->nb_segs = (uint16_t)(m->nb_segs - 2);
		CU_ASSERT(!chain_sound(m));
		m->nb_segs++;
		/* Behind the end of its buffer, of 16-bit numbers that wrap. */
		last->data_off = (uint16_t)(last->buf_len - last->data_len + 1);
		CU_ASSERT(!chain_sound(m));
		last->data_off = UINT16_MAX;
		CU_ASSERT_EQUAL(chain_sound(m), last->data_len == 0 && last->buf_len == UINT16_MAX);
		last->data_off = m == last ? data_off : RTE_PKTMBUF_HEADROOM;
		m->data_len = (uint16_t)(LEN + 1);
		CU_ASSERT(!chain_sound(m));
		m->data_len = data_len;
		CU_ASSERT(chain_sound(m));
		rte_pktmbuf_free(m);
	}
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* m is a packet in good order that holds len bytes from off of the pattern. */
static void
check_packet(const struct rte_mbuf *m, uint32_t off, uint32_t len)
{
	const char *reason;
	uint32_t done = 0, segs = 0;

	CU_ASSERT_EQUAL(rte_mbuf_check(m, 1, &reason), 0);
	CU_ASSERT_EQUAL(m->pkt_len, len);
	for (const struct rte_mbuf *s = m; s != NULL; s = s->next, segs++) {
		CU_ASSERT(s->data_len > 0);
		CU_ASSERT(
			pattern_is(rte_pktmbuf_mtod(s, const uint8_t *), off + done, s->data_len));
		done += s->data_len;
	}
	CU_ASSERT_EQUAL(done, len);
	CU_ASSERT_EQUAL(m->nb_segs, segs);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(rx_pool), segs);
}

static void
test_cut(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(cuts); i++)
		for (uint32_t off = 0; off <= LEN; off++)
			for (uint32_t len = 0; off + len <= LEN; len++) {
				struct rte_mbuf *m = chain_cut(make(cuts[i]), off, len, false);

				CU_ASSERT_EQUAL_FATAL(m == NULL, len == 0);
				if (m != NULL)
					check_packet(m, off, len);
				rte_pktmbuf_free(m);
				CU_ASSERT_EQUAL_FATAL(fixture_in_use(), 0);
			}
}

static void
test_cut_again(void)
{
	struct rte_mbuf *m = make(cuts[3]);

	m = chain_cut(m, 2, 20, false);
	m = chain_cut(m, 3, 15, false);
	m = chain_cut(m, 0, 14, false);
	CU_ASSERT_FATAL(m != NULL);
	check_packet(m, 5, 14);
	rte_pktmbuf_free(m);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* An attached segment is cut by its own lengths; the buffer below it is not touched. */
static void
test_cut_attached(void)
{
	struct rte_mbuf *under = make(cuts[0]), *m = rte_pktmbuf_alloc(rx_pool);

	CU_ASSERT_FATAL(m != NULL);
	rte_pktmbuf_attach(m, under);
	m = chain_cut(m, 4, 6, false);
	CU_ASSERT_FATAL(m != NULL);
	CU_ASSERT_EQUAL(m->pkt_len, 6);
	CU_ASSERT(pattern_is(rte_pktmbuf_mtod(m, const uint8_t *), 4, 6));
	CU_ASSERT_EQUAL(under->data_len, LEN);
	CU_ASSERT(pattern_is(rte_pktmbuf_mtod(under, const uint8_t *), 0, LEN));
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(under);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

static void
test_copy_out(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(cuts); i++) {
		struct rte_mbuf *m = make(cuts[i]);

		for (uint32_t off = 0; off <= LEN; off++)
			for (uint32_t len = 0; off + len <= LEN; len++) {
				uint8_t out[LEN + 2];

				memset(out, 0xee, sizeof(out));
				chain_copy_out(m, off, out + 1, len);
				CU_ASSERT(pattern_is(out + 1, off, len));
				CU_ASSERT_EQUAL(out[0], 0xee);
				CU_ASSERT_EQUAL(out[1 + len], 0xee);
			}
		rte_pktmbuf_free(m);
	}
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* How many segments a range touches, counted byte by byte. */
static uint32_t
touched(const uint8_t *segs, uint32_t off, uint32_t len)
{
	uint32_t n = 0, start = 0;

	for (int i = 0; i < SEGS_MAX; i++) {
		bool hit = false;

		for (uint32_t b = start; b < start + segs[i]; b++)
			hit |= b >= off && b < off + len;
		n += hit;
		start += segs[i];
	}
	return n;
}

static void
test_iov(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(cuts); i++) {
		struct rte_mbuf *m = make(cuts[i]);

		for (uint32_t off = 0; off < LEN; off++)
			for (uint32_t len = 1; off + len <= LEN; len++)
				for (uint16_t max = 0; max <= SEGS_MAX; max++) {
					struct iovec iov[SEGS_MAX + 1] = { { NULL, 0 } };
					uint16_t want = (uint16_t)touched(cuts[i], off, len);
					uint16_t n = chain_iov(m, off, len, iov, max);
					uint32_t done = 0;

					CU_ASSERT_EQUAL_FATAL(n, want <= max ? want : 0);
					for (uint16_t k = 0; k < n; k++) {
						CU_ASSERT(iov[k].iov_len > 0);
						CU_ASSERT(pattern_is(iov[k].iov_base, off + done,
								     iov[k].iov_len));
						done += (uint32_t)iov[k].iov_len;
					}
					CU_ASSERT_EQUAL(done, n > 0 ? len : 0);
					CU_ASSERT_PTR_NULL(iov[max].iov_base);
				}
		rte_pktmbuf_free(m);
	}
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

static void
extbuf_free(void *addr, void *arg)
{
	(void)addr;
	(void)arg;
}

static void
test_writable(void)
{
	static struct rte_mbuf_ext_shared_info shared = { .free_cb = extbuf_free };
	static uint8_t ext[256];
	struct rte_mbuf *m = make(cuts[0]), *attached = rte_pktmbuf_alloc(rx_pool);
	struct rte_mbuf *external = rte_pktmbuf_alloc(rx_pool);

	CU_ASSERT_FATAL(attached != NULL && external != NULL);
	CU_ASSERT(chain_writable(m));
	rte_mbuf_refcnt_update(m, 1);
	CU_ASSERT(!chain_writable(m));
	rte_mbuf_refcnt_update(m, -1);
	CU_ASSERT(chain_writable(m));

	rte_pktmbuf_attach(attached, m);
	CU_ASSERT(!chain_writable(m));
	CU_ASSERT(!chain_writable(attached));
	rte_pktmbuf_free(attached);
	CU_ASSERT(chain_writable(m));

	rte_mbuf_ext_refcnt_set(&shared, 1);
	rte_pktmbuf_attach_extbuf(external, ext, 0, sizeof(ext), &shared);
	CU_ASSERT(!chain_writable(external));
	rte_pktmbuf_free(external);
	rte_pktmbuf_free(m);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

static bool
is_zero(const struct rte_mbuf *m)
{
	for (uint32_t i = 0; i < m->buf_len; i++)
		if (((const uint8_t *)m->buf_addr)[i] != 0)
			return false;
	return true;
}

/* Buffers that go are wiped as a whole; those that stay, or are somebody else's, too, are not. */
static void
test_wiping(void)
{
	static const uint8_t segs[SEGS_MAX] = { 5, 6, 7, 5 };
	struct rte_mbuf *m, *seg[4], *piece;

	for (int wiping = 0; wiping < 2; wiping++) {
		m = make(segs);
		for (int i = 0; i < 4; i++) {
			seg[i] = i == 0 ? m : seg[i - 1]->next;
			rte_pktmbuf_mtod(seg[i], uint8_t *)[100] = 1;
		}
		rte_mbuf_refcnt_set(seg[3], 2);
		m = chain_cut(m, 6, 5, wiping != 0);
		CU_ASSERT_PTR_EQUAL(m, seg[1]);
		CU_ASSERT(pattern_is(rte_pktmbuf_mtod(m, const uint8_t *), 6, 5));
		CU_ASSERT_EQUAL(is_zero(seg[0]), wiping != 0);
		CU_ASSERT_EQUAL(is_zero(seg[2]), wiping != 0);
		CU_ASSERT(!is_zero(seg[3]));
		rte_pktmbuf_free_seg(seg[3]);
		piece = rte_pktmbuf_alloc(pools.indirect);
		rte_pktmbuf_attach(piece, m);
		chain_free_seg(piece, true);
		CU_ASSERT(!is_zero(m));
		if (wiping)
			chain_free_wiping(m);
		else
			chain_free_seg(m, false);
		CU_ASSERT_EQUAL(is_zero(seg[1]), wiping != 0);
		CU_ASSERT_EQUAL(fixture_in_use(), 0);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a packet is what its head says", test_sound },
		{ "what is freed is wiped if asked", test_wiping },
		{ "every cut of every chain", test_cut },
		{ "a cut packet can be cut again", test_cut_again },
		{ "an attached segment is cut without touching its buffer", test_cut_attached },
		{ "every range is copied out", test_copy_out },
		{ "every range is listed, or refused when there are too many pieces", test_iov },
		{ "writable is direct and not shared", test_writable },
	};

	return fixture_start("buf-chain") ? harness_run("buf/chain", cases, HARNESS_COUNT(cases)) :
					    1;
}
