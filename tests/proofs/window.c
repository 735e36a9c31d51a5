/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/tcp/window.c */
/* flags: --unwind 4 -DTCP_RANGES_MAX=1 */
/* long: tell */
#include "conn_invariant.h"
#include "tcp/window.h"

/* The edge that is told lies in the room or was told before, less than one unit left of it. */
void
prove_tell(void)
{
	struct tcp_conn c;
	bool frozen = nondet_bool();
	uint64_t edge;
	uint16_t field;

	ASSUME(receiver_holds(&c, NULL));
	field = tcp_window_tell(&c, frozen, &edge);
	PROVE(edge == c.rcv_nxt + ((uint64_t)field << c.rcv_wscale));
	PROVE(edge <= c.rcv_adv || edge <= c.rcv_lim);
	PROVE(!frozen || edge <= c.rcv_adv || edge - c.rcv_adv < UINT64_C(1) << c.rcv_wscale);
}

void
prove_update_due(void)
{
	struct tcp_conn c;

	ASSUME(receiver_holds(&c, NULL));
	ASSUME(c.rcv_buf <= INT32_MAX);
	PROVE(!tcp_window_update_due(&c) || c.rcv_lim > c.rcv_adv);
}

/* A segment without payload lies in what was sent, less than one unit behind the peer's edge. */
void
prove_bare_off(void)
{
	struct tcp_conn c;
	uint64_t off;

	c.flight = NULL;
	c.tracked = false;
	c.loss = TCP_LOSS_NONE;
	ASSUME(sender_holds(&c));
	off = tcp_bare_off(&c);
	PROVE(off >= c.snd_una && off <= c.snd_max);
	PROVE(off < c.snd_una + c.snd_wnd + (UINT64_C(1) << c.snd_wscale));
}
