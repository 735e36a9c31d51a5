/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/tcp/ack.c */
/* flags: --unwind 6 -DTCP_RANGES_MAX=1 */
#include "conn_invariant.h"
#include "tcp/ack.h"
#include "tcp/loss.h"
#include "tcp/timer.h"

static struct tcp_conn c;
static struct tcp_flight flight;
static struct tcp_params params;
static uint64_t old_una;
static bool loss_heard;
static bool blocks;

/* Stand for lib/tcp/rtt.c and timer.c, which change nothing that is spoken of here. */
void
tcp_rtt_sample(struct tcp_rtt *r, const struct tcp_params *p, uint64_t rtt_us)
{
}

void
tcp_timer_restart(struct tcp_conn *conn, uint64_t now_us)
{
	conn->rtx_at = nondet_u64();
}

void
tcp_timer_heard(struct tcp_conn *conn, uint32_t wait_us, bool advanced, uint64_t now_us)
{
	PROVE(advanced == (c.snd_una > old_una));
	conn->rtx_at = nondet_u64();
}

/* For lib/tcp/board.c: it begins at una, and a probe's byte behind it moves its end. */
void
tcp_board_heard(const struct tcp_board *b, struct tcp_delivered *d)
{
	struct tcp_delivered any;

	*d = any;
}

void
tcp_board_ack(struct tcp_board *b, uint64_t una, struct tcp_delivered *d)
{
	struct tcp_delivered any;

	PROVE(una == c.snd_una && una > b->spans.una && una <= b->spans.max + 1);
	b->spans.una = una;
	if (b->spans.max < una)
		b->spans.max = una;
	*d = any;
}

void
tcp_board_sack(struct tcp_board *b, uint64_t start, uint64_t end, struct tcp_delivered *d)
{
	PROVE(c.sack_on && start > c.snd_una && end > start);
}

/* For lib/tcp/flight.c. */
void
tcp_flight_track_slow(struct tcp_conn *conn)
{
	flight_tracks(conn);
}

/* For lib/tcp/loss.c, proved next to this: a state may end with what is acknowledged. */
uint32_t
tcp_loss_heard(struct tcp_conn *conn, struct tcp_heard *h, uint64_t now_us)
{
	PROVE(h->acked == conn->snd_una - old_una && (h->acked > 0 || h->duplicate || blocks));
	PROVE(!h->duplicate || h->acked == 0);
	loss_heard = true;
	conn->flight->told = 0;
	if (conn->snd_una >= conn->flight->recover)
		conn->loss = TCP_LOSS_NONE;
	return nondet_u32();
}

/* Any segment whose ACK tcp_input lets through: what is acknowledged only grows, up to what was sent. */
void
prove_input(void)
{
	struct tcp_conn any;
	struct tcp_flight any_flight;
	struct tcp_seg seg;
	int64_t ack = nondet_i64();
	uint64_t max;
	uint32_t events;

	c = any;
	flight = any_flight;
	c.flight = nondet_bool() ? &flight : NULL;
	c.params = &params;
	max = c.snd_max;
	/* No more is in flight than the largest window, and the probe or FIN behind it. */
	ASSUME(sender_holds(&c) && c.snd_max - c.snd_una <= PROOF_WND_MAX + 1);
	ASSUME(ack <= (int64_t)c.snd_max && ack >= (int64_t)c.snd_una - (int64_t)c.max_wnd);
	blocks = seg.nb_sacks > 0;
	old_una = c.snd_una;
	events = tcp_ack_input(&c, &seg, nondet_i64(), ack, nondet_u64());
	PROVE(sender_holds(&c));
	PROVE(c.snd_max == max && c.snd_una == (ack > (int64_t)old_una ? (uint64_t)ack : old_una));
	PROVE(((events & TCP_EV_ACKED) != 0) == (c.snd_una > old_una));
	PROVE(loss_heard || !c.tracked || c.snd_una == old_una);
}
