/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/tcp/loss.c */
/* flags: --unwind 2 -DTCP_RANGES_MAX=1 */
#include "conn_invariant.h"
#include "tcp/loss.h"

static struct tcp_conn c;
static struct tcp_flight flight;
static struct tcp_params params;
static bool reduced;
static bool undone;

static uint32_t
any_cwnd(void)
{
	uint32_t cwnd = nondet_u32();

	ASSUME(cwnd >= c.mss && cwnd <= 1 << 30);
	return cwnd;
}

static void
cc_acked(struct tcp_cc *cc, const struct tcp_cc_ack *ack)
{
	PROVE(ack->acked > 0 && c.loss != TCP_LOSS_RECOVERY);
	cc->cwnd = any_cwnd();
}

static void
cc_lost(struct tcp_cc *cc, uint64_t len)
{
	PROVE(c.loss == TCP_LOSS_NONE && len <= cc->cwnd && !reduced);
	reduced = true;
	cc->ssthresh = any_cwnd();
}

static void
cc_timeout(struct tcp_cc *cc, uint64_t len, bool first)
{
	PROVE(len <= PROOF_WND_MAX + 1);
	cc->cwnd = any_cwnd();
}

static void
cc_undo(struct tcp_cc *cc, const struct tcp_cc *before)
{
	undone = true;
	cc->cwnd = any_cwnd();
}

static const struct tcp_cc_ops any_ops = {
	.acked = cc_acked,
	.lost = cc_lost,
	.timeout = cc_timeout,
	.undo = cc_undo,
};

const struct tcp_cc_ops *const tcp_cc_all[TCP_CC_MAX] = { &any_ops, &any_ops };

/* For lib/tcp/board.c: what is lost and sacked lies in what is out. */
static bool
board_holds(const struct tcp_board *b)
{
	return b->spans.una <= b->spans.max && b->spans.max - b->spans.una <= PROOF_WND_MAX + 1 &&
	       (uint64_t)b->spans.lost + b->spans.sacked <= b->spans.max - b->spans.una &&
	       (c.sack_on || b->spans.sacked == 0);
}

static void
any_counts(struct tcp_board *b)
{
	b->spans.lost = nondet_u32();
	b->spans.sacked = nondet_u32();
	ASSUME(board_holds(b));
}

uint32_t
tcp_board_lose(struct tcp_board *b, uint64_t start, uint64_t end)
{
	uint32_t lost = b->spans.lost;

	PROVE(start == c.snd_una && end > start);
	b->spans.lost = nondet_u32();
	ASSUME(board_holds(b) && b->spans.lost >= lost);
	return b->spans.lost - lost;
}

void
tcp_board_lose_all(struct tcp_board *b)
{
	any_counts(b);
}

void
tcp_board_forget_sacked(struct tcp_board *b)
{
	any_counts(b);
}

void
tcp_board_unlose(struct tcp_board *b, uint32_t now_us)
{
	b->spans.lost = 0;
}

bool
tcp_board_reneged(const struct tcp_board *b)
{
	return nondet_bool();
}

struct tcp_range
tcp_board_find_lost(const struct tcp_board *b, uint64_t from, uint32_t len)
{
	struct tcp_range any;

	return any;
}

/* For lib/tcp/rack.c, tlp.c, undo.c, prr.c and rtt.c. */
struct tcp_overdue
tcp_rack_detect(const struct tcp_rack *r, struct tcp_board *b, uint32_t window_us, uint32_t now_us)
{
	struct tcp_overdue any;
	uint32_t lost = b->spans.lost;

	ASSUME(any.lost <= PROOF_WND_MAX + 1);
	b->spans.lost += any.lost;
	ASSUME(board_holds(b) && b->spans.lost >= lost);
	return any;
}

uint32_t
tcp_rack_window(const struct tcp_rack *r, uint32_t srtt_us, bool eager)
{
	return nondet_u32();
}

void
tcp_rack_delivered(struct tcp_rack *r, const struct tcp_delivered *d, uint32_t now_us, bool older)
{
}

void
tcp_rack_duplicate(struct tcp_rack *r, uint64_t una, uint64_t nxt)
{
}

void
tcp_rack_recovered(struct tcp_rack *r)
{
}

bool
tcp_tlp_acked(struct tcp_tlp *t, uint64_t una, bool duplicate)
{
	return nondet_bool();
}

void
tcp_undo_begin(struct tcp_undo *u, const struct tcp_cc *cc, uint64_t hole)
{
	u->on = true;
}

bool
tcp_undo_echoed(const struct tcp_undo *u, uint64_t una, uint32_t ts_ecr)
{
	return nondet_bool();
}

bool
tcp_undo_doubled(struct tcp_undo *u, uint32_t len)
{
	return nondet_bool();
}

void
tcp_prr_begin(struct tcp_prr *p, uint64_t len, uint32_t ssthresh)
{
	PROVE(len <= 2 * PROOF_WND_MAX + 3);
}

uint32_t
tcp_prr_delivered(struct tcp_prr *p, uint32_t delivered, uint32_t pipe, uint16_t mss, bool safe)
{
	PROVE(c.loss == TCP_LOSS_RECOVERY && pipe <= PROOF_WND_MAX + 1);
	return any_cwnd();
}

void
tcp_rate_delivered(struct tcp_rate *r, const struct tcp_delivered *d, uint32_t now_us,
		   uint32_t min_rtt_us)
{
}

void
tcp_rtt_backoff(struct tcp_rtt *r)
{
}

/* For lib/tcp/flight.c. */
void
tcp_flight_track_slow(struct tcp_conn *conn)
{
	flight_tracks(conn);
}

/* Sent data, of any state that tcp_ack_input leaves: una may have passed what the flight tells of. */
static void
any_sender(bool acked)
{
	struct tcp_conn any;
	struct tcp_flight any_flight;

	c = any;
	flight = any_flight;
	c.flight = &flight;
	c.params = &params;
	ASSUME(board_holds(&flight.board) && flight.board.spans.una == c.snd_una);
	ASSUME(c.opts.cc < TCP_CC_MAX);
	ASSUME(c.cc.cwnd >= c.mss && c.cc.cwnd <= 1 << 30);
	if (acked) {
		uint8_t loss = c.loss;
		uint32_t told = flight.told;

		ASSUME(loss <= TCP_LOSS_TIMEOUT && told <= PROOF_WND_MAX + 1);
		ASSUME(told == 0 || !c.sack_on);
		if (c.snd_una >= flight.recover)
			c.loss = TCP_LOSS_NONE;
		flight.told = 0;
		ASSUME(sender_holds(&c));
		c.loss = loss;
		flight.told = told;
	} else {
		ASSUME(sender_holds(&c));
	}
}

/* Both cursors are where nothing is planned, and know what is to be sent again. */
static bool
is_owed(void)
{
	return c.sent.again == 0 && c.plan.again == 0 &&
	       tcp_owes(&c, TCP_OWED_AGAIN) == (flight.board.spans.lost > 0);
}

/* Any ACK: cwnd holds a segment, a loss is taken once, states end where they should. */
void
prove_heard(void)
{
	struct tcp_heard h;
	uint64_t max;

	any_sender(h.acked > 0);
	ASSUME(c.tracked);
	max = c.snd_max;
	ASSUME(h.d.bytes <= PROOF_WND_MAX + 1 && h.d.acked <= h.d.bytes);
	ASSUME(h.d.bytes - h.d.acked <= flight.board.spans.sacked);
	ASSUME(h.acked <= PROOF_WND_MAX + 1 && (!h.duplicate || h.acked == 0));
	tcp_loss_heard(&c, &h, nondet_u64());
	PROVE(sender_holds(&c) && c.snd_max == max && c.cc.cwnd >= c.mss);
	PROVE(flight.told <= max - c.snd_una);
	PROVE(is_owed() || (flight.board.spans.lost == 0 && !tcp_owes(&c, TCP_OWED_AGAIN)));
}

void
prove_waited(void)
{
	any_sender(false);
	ASSUME(c.tracked && c.sack_on);
	tcp_loss_waited(&c, nondet_u64());
	PROVE(sender_holds(&c) && c.cc.cwnd >= c.mss);
}

/* Time is up: with a flight nothing moves but what is known of it; without, all is planned anew. */
void
prove_timeout(void)
{
	uint64_t nxt;

	any_sender(false);
	nxt = c.sent.nxt;
	if (nondet_bool()) {
		c.flight = NULL;
		c.tracked = false;
		c.loss = TCP_LOSS_NONE;
	}
	ASSUME(c.snd_una < c.sent.nxt && c.sent.nxt - c.snd_una <= PROOF_WND_MAX + 1);
	if (nondet_bool())
		tcp_loss_timeout(&c);
	else
		tcp_loss_all(&c);
	PROVE(sender_holds(&c) && c.cc.cwnd >= c.mss);
	PROVE(c.flight == NULL ? c.sent.nxt == c.snd_una : c.sent.nxt == nxt && is_owed());
}
