/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/path.h"

#include "tcp/flight.h"
#include "tcp/loss.h"
#include "tcp/query.h"

enum {
	HDRS_LEN = 40, /* IPv4 and TCP, without options */
	MTU_MIN = 576,
	CUTS_MAX = 2, /* a path with more than two narrower links after each other is rare */
};

/* Was it sent and is not acknowledged? Both FIN and what is to be sent again count. */
static bool
in_flight(const struct tcp_conn *c, uint32_t seq)
{
	uint32_t ahead = seq - tcp_seq_of(c, c->snd_una);

	return ahead < c->snd_max - c->snd_una;
}

static bool
is_synchronised(const struct tcp_conn *c)
{
	switch ((enum tcp_state)c->state) {
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT_1:
	case TCP_FIN_WAIT_2:
	case TCP_CLOSE_WAIT:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		return true;
	case TCP_SYN_SENT:
	case TCP_SYN_RECEIVED:
	case TCP_TIME_WAIT:
	case TCP_CLOSED:
		return false;
	}
	return false;
}

static uint32_t
headers_len(const struct tcp_conn *c)
{
	return HDRS_LEN + (c->ts_on ? TCP_TS_OPT_LEN : 0);
}

/* False: segments are as short already. */
static bool
shrink(struct tcp_conn *c, uint16_t mtu)
{
	uint16_t mss = (uint16_t)((mtu < MTU_MIN ? MTU_MIN : mtu) - headers_len(c));
	uint32_t old = c->mss;

	if (mss >= c->mss_agreed)
		return false;
	c->mss_agreed = mss;
	tcp_seg_limit(c);
	return c->mss < old;
}

void
tcp_path_limit(struct tcp_conn *c, uint16_t mtu)
{
	(void)shrink(c, mtu);
}

uint16_t
tcp_path_mtu(const struct tcp_conn *c)
{
	return (uint16_t)(c->mss_agreed + headers_len(c));
}

/*
 * May all that is out be sent again now? Who guesses a number in flight may lower the MTU by a byte at a
 * time, 900 times: twice in a round trip is enough for the links of a path.
 */
static bool
may_cut(struct tcp_conn *c)
{
	struct tcp_flight *f = c->flight;

	if (f == NULL) /* there is a segment at most */
		return true;
	if (c->snd_una >= f->cut_end) {
		f->cut_end = c->snd_max;
		f->cuts = 0;
	}
	if (f->cuts == CUTS_MAX)
		return false;
	f->cuts++;
	return true;
}

uint32_t
tcp_path_too_big(struct tcp_conn *c, uint32_t seq, uint16_t mtu)
{
	if (!is_synchronised(c) || !in_flight(c, seq) || !shrink(c, mtu))
		return 0;
	/* Else what did not fit is lost, and found so by its time. */
	if (!may_cut(c))
		return TCP_EV_SEND;
	tcp_loss_all(c);
	/* Starts again with what is sent now. */
	c->rtx_at = TCP_NEVER;
	return TCP_EV_SEND;
}

/* Was our SYN sent, and is it not acknowledged? */
static bool
is_syn(const struct tcp_conn *c, uint32_t seq)
{
	return tcp_is_connecting(c) && seq == c->iss &&
	       (!tcp_owes(c, TCP_OWED_SYN) || c->state == TCP_SYN_RECEIVED || c->syn_lost);
}

uint32_t
tcp_path_unreachable(struct tcp_conn *c, uint32_t seq, bool hard)
{
	if (is_syn(c, seq) && hard) {
		tcp_conn_closed(c, TCP_END_REFUSED);
		return TCP_EV_CLOSED;
	}
	if (!is_syn(c, seq) && !(is_synchronised(c) && in_flight(c, seq)))
		return 0;
	c->unreachable = true;
	return TCP_EV_SOFT_ERROR;
}
