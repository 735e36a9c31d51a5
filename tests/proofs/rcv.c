/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/tcp/rcv.c lib/tcp/user.c */
/* flags: --unwind 3 -DTCP_RANGES_MAX=1 --conversion-check */
#include "conn_invariant.h"
#include "tcp/rcv.h"

static struct tcp_conn c;
static struct tcp_params params;
static struct tcp_ranges held;

/* Stand for lib/tcp/ranges.c: any answer that ranges.c, next to this file, allows. */
struct tcp_range
tcp_ranges_trim(const struct tcp_ranges *rs, struct tcp_range r)
{
	struct tcp_range t;

	PROVE(r.start < r.end);
	ASSUME(r.start <= t.start && t.start <= t.end && t.end <= r.end);
	return t;
}

struct tcp_range
tcp_ranges_within(const struct tcp_ranges *rs, struct tcp_range r)
{
	struct tcp_range t;

	PROVE(r.start <= r.end);
	ASSUME(r.start <= t.start && t.start <= t.end && t.end <= r.end);
	return t;
}

bool
tcp_ranges_fits(const struct tcp_ranges *rs, struct tcp_range r)
{
	PROVE(r.start < r.end);
	return nondet_bool();
}

/* Stand for lib/tcp/ack.c and rcv_rtt.c: any round trip. */
bool
tcp_ack_echo(const struct tcp_conn *conn, const struct tcp_seg *seg, uint64_t now_us,
	     uint64_t *rtt_us)
{
	return nondet_bool();
}

void
tcp_rcv_rtt_echoed(struct tcp_rcv_rtt *r, uint64_t age_us)
{
	uint32_t rtt_us;

	r->rtt_us = rtt_us;
}

void
tcp_rcv_rtt_window(struct tcp_rcv_rtt *r, uint64_t now_us)
{
	uint32_t rtt_us;

	r->rtt_us = rtt_us;
}

/* Stands for lib/tcp/sack.c: only what came, and was there, came twice. */
static int64_t came_start, came_end;

void
tcp_sack_repeated(struct tcp_conn *conn, struct tcp_range r)
{
	PROVE(r.start <= r.end);
	PROVE(tcp_range_empty(r) || ((int64_t)r.start >= came_start && (int64_t)r.end <= came_end));
}

uint64_t
tcp_ranges_reach(const struct tcp_ranges *rs, uint64_t nxt)
{
	uint64_t end = nondet_u64(), highest = tcp_ranges_end(rs);

	ASSUME(end >= nxt && end <= (highest > nxt ? highest : nxt));
	return end;
}

static void
any_receiver(void)
{
	struct tcp_conn any;
	struct tcp_ranges any_held;

	ASSUME(receiver_holds(&any, &any_held));
	c = any;
	held = any_held;
	c.params = &params;
}

/* A segment anywhere: 32 bits of the wire become an offset within 2^31 of what comes next. */
static int64_t
any_seq(void)
{
	int32_t ahead = nondet_i32();

	return (int64_t)tcp_ack_off(&c) + ahead;
}

static struct tcp_seg seg;
static struct tcp_verdict verdict;
static int64_t seq;
static uint64_t old_nxt;

static void
any_payload(void)
{
	struct tcp_seg any;

	any_receiver();
	seq = any_seq();
	old_nxt = c.rcv_nxt;
	ASSUME(c.rcv_lim < PROOF_OFF_MAX / 2); /* which an orphan moves on */
	ASSUME(any.payload_len <= UINT16_MAX);
	seg = any;
	came_start = seq;
	came_end = seq + (int64_t)seg.payload_len;
	tcp_rcv_payload(&c, &held, &seg, seq, nondet_u64(), &verdict);
}

/* The owner of the ranges does what he is told: what came in order stands behind all that waits. */
static void
owner_follows(void)
{
	if (verdict.took == 0)
		return;
	if (verdict.stream_off > c.rcv_nxt) {
		held.n = 1;
		held.r[0] = tcp_range_of(verdict.stream_off, verdict.stream_off + verdict.took);
	} else {
		held.n = 0;
	}
}

/* What is taken lies inside what came and inside the window. Apart from the next: it is faster so. */
void
prove_payload_kept(void)
{
	uint64_t end;

	any_payload();
	PROVE(verdict.keep == 0 || verdict.keep == verdict.took);
	if (verdict.took == 0)
		return;
	end = verdict.stream_off + verdict.took;
	PROVE((int64_t)end <= seq + (int64_t)seg.payload_len);
	PROVE((int64_t)verdict.stream_off == seq + (int64_t)verdict.skip);
	PROVE(verdict.stream_off >= old_nxt && end <= c.rcv_adv && end <= c.peer_fin_off);
}

/* The stream only moves on, and only over what came. */
void
prove_payload(void)
{
	any_payload();
	PROVE(c.rcv_nxt >= old_nxt);
	PROVE(c.rcv_nxt == old_nxt || seq + (int64_t)seg.payload_len > (int64_t)old_nxt);
	owner_follows();
	PROVE(receiver_holds(&c, &held));
}

void
prove_fin(void)
{
	uint64_t old;

	any_receiver();
	seq = any_seq();
	old = c.peer_fin_off;
	tcp_rcv_fin(&c, &held, seq, nondet_u64());
	PROVE(c.peer_fin_off == old ||
	      (old == TCP_NO_OFF && seq >= 0 && c.peer_fin_off == (uint64_t)seq));
	PROVE(receiver_holds(&c, &held));
}
