/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fuzz/conn_peer.h"

#include <string.h>

#include "tcp/flight.h"

void
conn_peer_begin(struct conn_peer *p, uint64_t una, uint64_t max)
{
	memset(p->has, 0, p->top);
	memset(p->told, 0, p->top);
	p->n = 0;
	p->nxt = p->top = una;
	p->twice = tcp_range_of(0, 0);
	for (uint32_t i = 0; i < CONN_PEER_RECENT; i++)
		p->recent[i] = 0;
	if (max > una)
		conn_peer_sent(p, una, max);
}

static void
off_the_way(struct conn_peer *p, uint32_t i)
{
	p->n--;
	memmove(&p->way[i], &p->way[i + 1], (p->n - i) * sizeof(p->way[0]));
}

void
conn_peer_sent(struct conn_peer *p, uint64_t off, uint64_t end)
{
	FUZZ_CHECK(off <= p->top && end <= CONN_PEER_LEN);
	if (end > p->top)
		p->top = end;
	if (p->n == CONN_PEER_WAY)
		off_the_way(p, 0);
	p->way[p->n++] = tcp_range_of(off, end);
}

static void
note_recent(struct conn_peer *p, uint64_t at)
{
	memmove(&p->recent[1], &p->recent[0], sizeof(p->recent) - sizeof(p->recent[0]));
	p->recent[0] = at;
}

static void
arrives(struct conn_peer *p, struct tcp_range r)
{
	if (r.end <= p->nxt || memchr(p->has + r.start, 0, r.end - r.start) == NULL)
		p->twice = r;
	memset(p->has + r.start, 1, r.end - r.start);
	while (p->nxt < p->top && p->has[p->nxt])
		p->nxt++;
	if (r.end > p->nxt)
		note_recent(p, r.start);
}

void
conn_peer_step(struct conn_peer *p, struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);
	uint32_t i = how & 4 ? fuzz_below(in, p->n) : 0;

	if (p->n == 0)
		return;
	if ((how & 3) != 0)
		arrives(p, p->way[i]);
	if ((how & 3) != 1) /* else it is there twice */
		off_the_way(p, i);
	for (uint32_t more = how >> 5; (how & 8) != 0 && more > 0 && p->n > 0; more--) {
		arrives(p, p->way[0]);
		off_the_way(p, 0);
	}
}

void
conn_peer_all(struct conn_peer *p)
{
	for (uint32_t i = 0; i < p->n; i++)
		arrives(p, p->way[i]);
	p->n = 0;
}

/* --- what it says --------------------------------------------------------------- */

/* The run of bytes that it has around `at`; empty: it has it in order, or not. */
static struct tcp_range
run_of(const struct conn_peer *p, uint64_t at)
{
	uint64_t start = at, end = at;

	if (at <= p->nxt || !p->has[at])
		return tcp_range_of(at, at);
	while (p->has[start - 1])
		start--;
	while (end < p->top && p->has[end])
		end++;
	return tcp_range_of(start, end);
}

static void
say(const struct tcp_conn *c, struct tcp_range r, uint32_t first, uint32_t most,
    struct tcp_seg *seg)
{
	struct tcp_sack block = { tcp_seq_of(c, r.start), tcp_seq_of(c, r.end) };

	if (tcp_range_empty(r) || seg->nb_sacks >= most)
		return;
	for (uint32_t i = first; i < seg->nb_sacks; i++)
		if (seg->sacks[i].start == block.start)
			return;
	seg->sacks[seg->nb_sacks++] = block;
}

void
conn_peer_ack(struct conn_peer *p, const struct tcp_conn *c, uint32_t most, struct tcp_seg *seg)
{
	uint32_t first = 0;

	seg->ack = tcp_seq_of(c, p->nxt);
	if (!tcp_range_empty(p->twice)) {
		say(c, p->twice, 0, most, seg);
		say(c, run_of(p, p->twice.start), 1, most, seg);
		first = 1;
		p->twice = tcp_range_of(0, 0);
	}
	for (uint32_t i = 0; i < CONN_PEER_RECENT; i++)
		say(c, run_of(p, p->recent[i]), first, most, seg);
}

void
conn_peer_lie(const struct conn_peer *p, const struct tcp_conn *c, struct fuzz_in *in,
	      struct tcp_seg *seg)
{
	uint64_t near[] = { c->snd_una, p->top, p->nxt, c->flight->board.fack };
	uint8_t n = (uint8_t)fuzz_below(in, TCP_SACKS_MAX + 1);

	seg->ack = tcp_seq_of(c, fuzz_near(in, near, 4));
	if (n > seg->nb_sacks)
		seg->nb_sacks = n;
	for (uint8_t i = 0; i < n; i++) {
		seg->sacks[i].start = tcp_seq_of(c, fuzz_near(in, near, 4));
		seg->sacks[i].end = tcp_seq_of(c, fuzz_near(in, near, 4));
	}
}

void
conn_peer_told(struct conn_peer *p, const struct tcp_conn *c, const struct tcp_seg *seg)
{
	for (uint32_t i = 0; i < seg->nb_sacks; i++) {
		uint32_t start = seg->sacks[i].start - c->iss - 1;
		uint32_t end = seg->sacks[i].end - c->iss - 1;

		if (start < end && end <= p->top)
			memset(p->told + start, 1, end - start);
	}
}

/* --- what we made of it ---------------------------------------------------------- */

void
conn_peer_check(const struct conn_peer *p, const struct tcp_conn *c, bool honest)
{
	const struct tcp_board *b = &c->flight->board;
	bool exact = honest && b->ignored == 0;

	FUZZ_CHECK(b->spans.max <= p->top);
	for (uint32_t pos = 0; pos < b->spans.all.n; pos++) {
		uint64_t start = tcp_span_at(&b->spans, pos)->start;
		size_t len = tcp_span_end(&b->spans, pos) - start;
		bool sacked = tcp_span_at(&b->spans, pos)->state == TCP_SPAN_SACKED;

		FUZZ_CHECK(!sacked || memchr(p->told + start, 0, len) == NULL);
		FUZZ_CHECK(!exact || sacked || memchr(p->told + start, 1, len) == NULL);
	}
	FUZZ_CHECK(!honest || c->snd_una <= p->nxt);
}
