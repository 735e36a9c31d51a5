/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/tcp/open.c */
/* flags: --unwind 2 */
#include "proof.h"
#include "tcp/open.h"

/* Any segment for a half-open connection: only the very number ends or completes it. */
void
prove_syn_step(void)
{
	struct tcp_params p;
	struct tcp_seg seg;
	struct tcp_syn s;
	enum tcp_syn_verdict v;
	uint32_t ahead;

	ahead = seg.seq - (s.irs + 1);
	v = tcp_syn_step(&s, &p, &seg, nondet_u64());
	PROVE(v != TCP_SYN_DROPPED || ((seg.flags & TCP_RST) != 0 && ahead == 0));
	PROVE(v != TCP_SYN_COMPLETE || (seg.ack == s.iss + 1 && ahead <= s.rcv_wnd));
	PROVE(v != TCP_SYN_COMPLETE || (seg.flags & (TCP_SYN | TCP_RST)) == 0);
	PROVE(v != TCP_SYN_AGAIN || seg.seq == s.irs);
}
