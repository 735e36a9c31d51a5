/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/loss.h"

/* What is lost is planned, from snd_una on. */
static void
send_again(struct tcp_conn *c)
{
	c->sent.again = c->plan.again = 0;
	if (c->flight->board.spans.lost > 0)
		tcp_owe(c, TCP_OWED_AGAIN);
	else
		tcp_waive(c, TCP_OWED_AGAIN);
}

/* --- without SACK: duplicate ACKs ---------------------------------------------- */

static uint32_t
lose_first(struct tcp_conn *c)
{
	return tcp_board_lose(&c->flight->board, c->snd_una, c->snd_una + c->mss);
}

/*
 * Each duplicate ACK stands for a segment that arrived. No more of them count than were in flight
 * when the first came (RFC 5681 3.2), less the one that is missing: who makes them up draws no more
 * than that. Returns how much is new.
 */
static uint32_t
tell(struct tcp_conn *c, struct tcp_flight *f)
{
	uint64_t told = (uint64_t)f->told + c->mss;

	if (f->dupacks < UINT8_MAX)
		f->dupacks++;
	if (c->loss == TCP_LOSS_TIMEOUT)
		return 0;
	if (c->loss == TCP_LOSS_NONE) {
		/* Below recover these are answers to what a timeout made us send twice. */
		if (f->dupacks > TCP_DUP_ACKS || c->snd_una < f->recover)
			return 0;
		f->told_end = c->snd_max;
	}
	if (c->snd_una + told + c->mss > f->told_end)
		return 0;
	f->told = (uint32_t)told;
	return c->mss;
}

/* An ACK that moved snd_una over what was told of: bytes that are new. */
static uint32_t
untell(struct tcp_conn *c, struct tcp_flight *f, uint64_t acked)
{
	uint64_t known = acked > c->mss ? acked - c->mss : 0, out = c->snd_max - c->snd_una;

	if (known > f->told)
		known = f->told;
	f->told -= (uint32_t)known;
	if (f->told + (uint64_t)c->mss > out)
		f->told = out > c->mss ? (uint32_t)(out - c->mss) : 0;
	f->told_end = c->snd_max;
	if (c->loss != TCP_LOSS_RECOVERY)
		f->told = f->dupacks = 0;
	return (uint32_t)(acked - known);
}

/* Which segment three duplicate ACKs, or a partial ACK, say is missing (RFC 6582 3.2). */
static uint32_t
lose_untold(struct tcp_conn *c, struct tcp_flight *f, const struct tcp_heard *h)
{
	switch ((enum tcp_loss)c->loss) {
	case TCP_LOSS_NONE:
		return f->dupacks == TCP_DUP_ACKS && c->snd_una >= f->recover && h->duplicate ?
			       lose_first(c) :
			       0;
	case TCP_LOSS_RECOVERY:
		return h->acked > 0 && c->snd_una < f->recover ? lose_first(c) : 0;
	case TCP_LOSS_TIMEOUT:
		return 0;
	}
	return 0;
}

/* --- with SACK: time ------------------------------------------------------------- */

static struct tcp_overdue
detect(struct tcp_conn *c, struct tcp_flight *f, uint64_t now_us)
{
	uint32_t window_us = tcp_rack_window(&f->rack, c->rtt.srtt_us, tcp_flight_is_eager(c));

	return tcp_rack_detect(&f->rack, &f->board, window_us, (uint32_t)now_us);
}

/*
 * By how much a timestamp lies behind in what is sent again. The peer takes the timestamp of what
 * fills its first gap as the newest, and drops whatever comes with an older one (PAWS, RFC 7323 5.3):
 * all that a path which reorders brings later than that, although it was sent before.
 */
static uint32_t
ts_lag_us(const struct tcp_conn *c)
{
	const struct tcp_rack *r = &c->flight->rack;
	uint32_t us = r->reordered ? tcp_rack_window(r, c->rtt.srtt_us, false) : 0;

	/* It stays behind the timestamp of the first sending, so that an echo tells them apart. */
	return us < r->min_rtt_us / 2 ? us : r->min_rtt_us / 2;
}

uint32_t
tcp_loss_ts_again(const struct tcp_conn *c, uint64_t now_us)
{
	const struct tcp_flight *f = c->flight;
	uint32_t lag_us, ts;

	/* Else nothing is known to be on its way, or the peer had the time from a probe. */
	if (c->loss != TCP_LOSS_RECOVERY)
		return tcp_ts_now(c->ts_offset, now_us);
	lag_us = ts_lag_us(c);
	ts = tcp_ts_now(c->ts_offset, now_us - lag_us);
	/*
	 * Not older than that of a lower segment, whatever the lag was then. One of longer ago is older in
	 * any case, and the clock may have gone half its way round since.
	 */
	if (now_us - f->last_rexmit_at_us > lag_us)
		return ts;
	return (int32_t)(f->again_ts - ts) > 0 ? f->again_ts : ts;
}

/* Does it echo what we said before we sent again what it tells of? */
static bool
echoes_older(const struct tcp_conn *c, const struct tcp_heard *h, uint64_t now_us)
{
	uint32_t age_us = (uint32_t)now_us - h->d.again.sent_us;

	return h->has_echo && h->d.again.known &&
	       (int32_t)(h->ts_ecr - tcp_ts_now(c->ts_offset, now_us - age_us - ts_lag_us(c))) < 0;
}

/* --- the states -------------------------------------------------------------------- */

static void
reduce(struct tcp_conn *c, struct tcp_flight *f)
{
	uint64_t flight = c->snd_max - c->snd_una;

	/*
	 * What limited transmit sent does not count (RFC 5681 3.2, step 2). What cwnd was the limit of,
	 * by its pace, is less than cwnd where the round trip is shorter than in the mean (RFC 9438 4.6).
	 */
	if (flight > c->cc.cwnd || f->round_limited)
		flight = c->cc.cwnd;
	tcp_undo_begin(&f->undo, &c->cc, tcp_board_next_lost(&f->board, c->snd_una, 1).start);
	tcp_tlp_end(&f->tlp);
	tcp_cc_of(c)->lost(&c->cc, flight);
}

static void
pace_recovery(struct tcp_conn *c, uint32_t arrived, bool safe)
{
	c->cc.cwnd = tcp_prr_delivered(&c->flight->prr, arrived, (uint32_t)tcp_flight_pipe(c),
				       c->mss, safe);
}

/* What may arrive from here on: an ACK's bytes, acked of them in order, and the rest (RFC 9937). */
static uint64_t
may_arrive(const struct tcp_conn *c, uint32_t arrived, uint32_t acked)
{
	const struct tcp_flight *f = c->flight;
	uint32_t known = f->board.spans.sacked + f->told - (arrived - acked);

	return c->snd_max - c->snd_una - known + acked;
}

/* arrived: by the ACK that told of a loss, acked of them in order. */
static void
enter_recovery(struct tcp_conn *c, struct tcp_flight *f, uint32_t arrived, uint32_t acked)
{
	reduce(c, f);
	tcp_prr_begin(&f->prr, may_arrive(c, arrived, acked), c->cc.ssthresh);
	c->loss = TCP_LOSS_RECOVERY;
	f->recover = c->snd_max;
	f->told_end = c->snd_max;
	f->partial_acks = 0;
	pace_recovery(c, arrived, false);
}

static void
leave_recovery(struct tcp_conn *c, struct tcp_flight *f)
{
	c->cc.cwnd = c->cc.ssthresh > c->mss ? c->cc.ssthresh : c->mss;
	c->loss = TCP_LOSS_NONE;
	f->told = f->dupacks = 0;
	tcp_rack_recovered(&f->rack);
	tcp_undo_until(&f->undo, c->snd_max);
}

static void
leave_timeout(struct tcp_conn *c, struct tcp_flight *f)
{
	c->loss = TCP_LOSS_NONE;
	f->told = f->dupacks = 0;
	/* The ACK must cover more than this for a new recovery (RFC 6582 3.2, step 2). */
	f->recover++;
	tcp_undo_until(&f->undo, c->snd_max);
}

static void
undo(struct tcp_conn *c, struct tcp_flight *f, uint64_t now_us)
{
	tcp_cc_of(c)->undo(&c->cc, &f->undo.before);
	tcp_undo_end(&f->undo);
	c->loss = TCP_LOSS_NONE;
	f->told = f->dupacks = 0;
	tcp_board_unlose(&f->board, (uint32_t)now_us);
}

static bool
was_in_vain(struct tcp_flight *f, const struct tcp_conn *c, const struct tcp_heard *h)
{
	if (!f->undo.on)
		return false;
	tcp_undo_heard(&f->undo, c->snd_una);
	if (h->acked > 0 && h->has_echo && tcp_undo_echoed(&f->undo, c->snd_una, h->ts_ecr))
		return true;
	return h->twice > 0 && tcp_undo_doubled(&f->undo, h->twice);
}

/* Was cwnd what kept the sender from sending more? Without that it must not grow (RFC 7661). */
static bool
cwnd_limited(const struct tcp_conn *c, const struct tcp_flight *f)
{
	if (f->round_limited)
		return true;
	return c->cc.cwnd < c->cc.ssthresh && c->cc.cwnd < 2 * f->round_flight;
}

/* Behind a gap it grows where a gap is no sign of a loss. */
static void
grow(struct tcp_conn *c, struct tcp_flight *f, const struct tcp_heard *h, uint64_t now_us)
{
	struct tcp_cc_ack ack = {
		.now_us = now_us,
		.una = c->snd_una,
		.nxt = c->snd_max,
		.acked = h->arrived,
		.rtt_us = h->d.once.known && !h->d.again.known ?
				  (uint32_t)now_us - h->d.once.sent_us :
				  0,
		.srtt_us = c->rtt.srtt_us,
		.limited = cwnd_limited(c, f),
		.paced = c->pace.burst != 0,
		.hystart = &f->hystart,
	};

	if (h->arrived > 0 && (h->acked > 0 || f->rack.reordered))
		tcp_cc_of(c)->acked(&c->cc, &ack);
}

/* In recovery; false: that is over. */
static bool
step_recovery(struct tcp_conn *c, struct tcp_flight *f, const struct tcp_heard *h, uint32_t lost)
{
	if (c->snd_una >= f->recover) {
		leave_recovery(c, f);
		return false;
	}
	if (h->acked > 0 && f->partial_acks < 2)
		f->partial_acks++;
	if (h->arrived > 0 || lost > 0)
		pace_recovery(c, h->arrived, h->acked > 0 && lost == 0);
	return true;
}

/* lost: bytes, by what this ACK told. */
static void
step(struct tcp_conn *c, struct tcp_flight *f, const struct tcp_heard *h, uint32_t lost,
     uint64_t now_us)
{
	uint32_t acked = c->sack_on ? h->d.acked : h->acked > 0 ? h->arrived : 0;

	switch ((enum tcp_loss)c->loss) {
	case TCP_LOSS_NONE:
		break;
	case TCP_LOSS_RECOVERY:
		if (step_recovery(c, f, h, lost))
			return;
		/* What was sent in it may be lost as well, and was not sent again yet. */
		if (f->board.spans.lost > 0)
			enter_recovery(c, f, h->arrived, acked);
		return;
	case TCP_LOSS_TIMEOUT:
		if (c->snd_una >= f->recover)
			leave_timeout(c, f);
		break;
	}
	if (c->loss == TCP_LOSS_NONE && lost > 0 && c->snd_una >= f->recover)
		enter_recovery(c, f, h->arrived, acked);
	else
		grow(c, f, h, now_us);
}

/* A probe filled a gap at the tail: the one sign of a loss that there is. */
static void
tail_was_lost(struct tcp_conn *c, struct tcp_flight *f)
{
	if (c->loss != TCP_LOSS_NONE)
		return;
	reduce(c, f);
	tcp_undo_end(&f->undo);
	leave_recovery(c, f);
}

/* Nothing is missing, and nothing was: most ACKs. */
static bool
is_plain(const struct tcp_conn *c, const struct tcp_flight *f, const struct tcp_heard *h)
{
	return c->loss == TCP_LOSS_NONE && h->acked > 0 && h->twice == 0 && !f->tlp.out &&
	       f->board.spans.sacked + f->board.spans.lost + f->told == 0 && !f->undo.on &&
	       !tcp_owes(c, TCP_OWED_AGAIN);
}

uint32_t
tcp_loss_heard(struct tcp_conn *c, struct tcp_heard *h, uint64_t now_us)
{
	struct tcp_overdue due = { .lost = 0, .wait_us = UINT32_MAX };
	struct tcp_flight *f = c->flight;

	h->arrived = h->d.bytes;
	tcp_rack_delivered(&f->rack, &h->d, (uint32_t)now_us, echoes_older(c, h, now_us));
	tcp_rate_delivered(&f->rate, &h->d, (uint32_t)now_us, f->rack.min_rtt_us);
	if (is_plain(c, f, h)) {
		f->dupacks = 0;
		grow(c, f, h, now_us);
		return due.wait_us;
	}
	if (h->twice > 0) {
		f->dsacks++;
		tcp_rack_duplicate(&f->rack, c->snd_una, c->snd_max);
	}
	if (was_in_vain(f, c, h))
		undo(c, f, now_us);
	if (c->sack_on) {
		due = detect(c, f, now_us);
	} else {
		h->arrived = h->acked > 0 ? untell(c, f, h->acked) : h->duplicate ? tell(c, f) : 0;
		due.lost = lose_untold(c, f, h);
	}
	if (tcp_tlp_acked(&f->tlp, c->snd_una, h->twice > 0 || (h->duplicate && h->d.bytes == 0)) &&
	    due.lost == 0)
		tail_was_lost(c, f);
	step(c, f, h, due.lost, now_us);
	send_again(c);
	return due.wait_us;
}

uint32_t
tcp_loss_waited(struct tcp_conn *c, uint64_t now_us)
{
	struct tcp_flight *f = c->flight;
	struct tcp_overdue due = detect(c, f, now_us);

	if (due.lost == 0)
		return due.wait_us;
	if (c->loss == TCP_LOSS_RECOVERY)
		pace_recovery(c, 0, false);
	else if (c->loss == TCP_LOSS_NONE && c->snd_una >= f->recover)
		enter_recovery(c, f, 0, 0);
	send_again(c);
	return due.wait_us;
}

/* All that is out is lost, and the next round trip is the first again. */
static void
begin_again(struct tcp_conn *c, struct tcp_flight *f)
{
	if (tcp_board_reneged(&f->board))
		tcp_board_forget_sacked(&f->board);
	tcp_board_lose_all(&f->board);
	tcp_tlp_end(&f->tlp);
	tcp_waive(c, TCP_OWED_TAIL);
	f->told = f->dupacks = 0;
	f->round_end = c->snd_una;
	f->round_flight = 0;
	f->round_limited = false;
	send_again(c);
}

/* RFC 6298 5.4 to 5.6, RFC 6582 4. */
void
tcp_loss_timeout(struct tcp_conn *c)
{
	uint64_t flight = c->sent.nxt - c->snd_una;
	struct tcp_flight *f;
	/*
	 * Until all that was out at the last timeout is acknowledged, another timeout is the same
	 * loss: ssthresh is cut once (RFC 5681 3.1).
	 */
	bool first;

	tcp_flight_track(c);
	f = c->flight;
	first = f != NULL ? c->loss != TCP_LOSS_TIMEOUT : c->rtt.backoff == 0;
	if (f != NULL && first)
		tcp_undo_begin(&f->undo, &c->cc, c->snd_una);
	tcp_cc_of(c)->timeout(&c->cc, flight, first);
	tcp_rtt_backoff(&c->rtt);
	if (f == NULL) {
		c->sent.nxt = c->plan.nxt = c->snd_una;
		return;
	}
	c->loss = TCP_LOSS_TIMEOUT;
	f->recover = c->snd_max;
	begin_again(c, f);
}

void
tcp_loss_all(struct tcp_conn *c)
{
	struct tcp_flight *f;

	tcp_flight_track(c);
	f = c->flight;
	if (f == NULL) {
		c->sent.nxt = c->plan.nxt = c->snd_una;
		return;
	}
	if (c->loss == TCP_LOSS_RECOVERY)
		leave_recovery(c, f);
	/* Duplicate ACKs of what is sent twice begin no recovery (RFC 6582 3.2, step 2). */
	f->recover = c->snd_max + (c->loss == TCP_LOSS_NONE ? 1 : 0);
	begin_again(c, f);
}
