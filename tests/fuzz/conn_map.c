/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fuzz/conn_map.h"

#include <string.h>

void
conn_map_begin(struct conn_map *m, uint64_t nxt)
{
	memset(m->is, 0, m->used);
	memset(m->came, 0, m->came_used);
	memset(m->brought, 0, m->brought_used);
	memset(m->again, 0, m->brought_used);
	m->used = m->came_used = m->brought_used = 0;
	m->began = nxt;
}

void
conn_map_keep(struct conn_map *m, uint64_t off, uint32_t len)
{
	FUZZ_CHECK(off + len <= CONN_MAP_LEN);
	memset(m->is + off, 1, len);
	memset(m->came + off, 1, len);
	if (off + len > m->used)
		m->used = (uint32_t)(off + len);
	if (m->used > m->came_used)
		m->came_used = m->used;
}

/* So many flags in a row are as the first one. */
static int64_t
run_of(const uint8_t *flags, size_t len)
{
	const uint8_t *other = memchr(flags, !flags[0], len);

	return other == NULL ? (int64_t)len : other - flags;
}

void
conn_map_bring(struct conn_map *m, const struct tcp_conn *c, const struct tcp_seg *seg)
{
	int64_t start = (int32_t)(seg->seq + (seg->flags & TCP_SYN ? 1 : 0) - c->irs - 1);
	/* FIN has a number, too. */
	int64_t end = start + (int64_t)seg->payload_len + (seg->flags & TCP_FIN ? 1 : 0);

	if (end > CONN_MAP_LEN)
		end = CONN_MAP_LEN;
	for (int64_t i = start > 0 ? start : 0, n; i < end; i += n) {
		bool again = m->brought[i] != 0;

		n = run_of(m->brought + i, (size_t)(end - i));
		memset((again ? m->again : m->brought) + i, 1, (size_t)n);
	}
	if (end > (int64_t)m->brought_used)
		m->brought_used = (uint32_t)end;
}

void
conn_map_cut(struct conn_map *m, uint64_t from)
{
	if (from >= m->used)
		return;
	memset(m->is + from, 0, m->used - from);
	m->used = (uint32_t)from;
}

bool
conn_map_has(const struct conn_map *m, uint64_t start, uint64_t end)
{
	return start >= end || (end <= m->used && memchr(m->is + start, 0, end - start) == NULL);
}

void
conn_map_check_held(const struct conn_map *m, uint64_t nxt, const struct tcp_ranges *rs)
{
	uint64_t off = nxt;

	for (uint32_t i = 0; i < rs->n; i++) {
		FUZZ_CHECK(memchr(m->is + off, 1, rs->r[i].start - off) == NULL);
		FUZZ_CHECK(conn_map_has(m, rs->r[i].start, rs->r[i].end));
		off = rs->r[i].end;
	}
	FUZZ_CHECK(off >= m->used || memchr(m->is + off, 1, m->used - off) == NULL);
}

/* It waits, all of it, and neither what is in front of it nor what is behind. */
static bool
is_run(const struct conn_map *m, const struct tcp_conn *c, struct tcp_range r)
{
	return r.start > c->rcv_nxt && conn_map_has(m, r.start, r.end) && !m->is[r.start - 1] &&
	       (r.end >= m->used || !m->is[r.end]);
}

static bool
came_twice(const struct conn_map *m, struct tcp_range r)
{
	uint64_t start = r.start > m->began ? r.start : m->began;

	return start >= r.end || (r.end <= m->came_used && r.end <= m->brought_used &&
				  memchr(m->came + start, 0, r.end - start) == NULL &&
				  memchr(m->again + start, 0, r.end - start) == NULL);
}

static struct tcp_range
block_of(const struct tcp_conn *c, const struct tcp_sack *sack)
{
	return tcp_range_of(sack->start - c->irs - 1, sack->end - c->irs - 1);
}

void
conn_map_check_told(const struct conn_map *m, const struct tcp_conn *c, const struct tcp_seg *seg)
{
	bool again = seg->nb_sacks > 0 && !is_run(m, c, block_of(c, &seg->sacks[0]));
	uint32_t n = seg->nb_sacks;
	struct tcp_range next;

	FUZZ_CHECK(n <= TCP_SACKS_MAX && (n == 0 || c->sack_on));
	/* RFC 2883 4 (4): the block that has it in it may be as long. */
	again |= n > 1 && memcmp(&seg->sacks[0], &seg->sacks[1], sizeof(seg->sacks[0])) == 0;
	for (uint32_t i = 0; i < n; i++) {
		struct tcp_range r = block_of(c, &seg->sacks[i]);

		FUZZ_CHECK(r.start < r.end);
		if (i == 0 && again) {
			FUZZ_CHECK(came_twice(m, r));
			FUZZ_CHECK(r.end <= c->rcv_nxt || n > 1);
			next = block_of(c, &seg->sacks[n > 1]);
			FUZZ_CHECK(r.end <= c->rcv_nxt ||
				   (next.start <= r.start && r.end <= next.end));
			continue;
		}
		FUZZ_CHECK(is_run(m, c, r));
		for (uint32_t k = again; k < i; k++)
			FUZZ_CHECK(seg->sacks[k].start != seg->sacks[i].start);
	}
}
