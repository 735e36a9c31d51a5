/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fixture_sack.h"

#include <CUnit/CUnit.h>

#include "tcp/query.h"

void
fx_in_flight(struct tcp_conn *c, uint32_t n, bool ts)
{
	static struct tcp_params params;
	struct tcp_out o;

	params = *fx_params();
	params.sack = true;
	fx_established(c, &(struct fx_conf){ .sack = true, .ts = ts, .params = &params });
	CU_ASSERT_TRUE_FATAL(c->sack_on);
	c->cc.cwnd = n * FX_MSS;
	tcp_send_ready(c, (uint64_t)n * FX_MSS);
	CU_ASSERT_EQUAL_FATAL(fx_send_all(c, FX_T0, 99, &o), n);
}

void
fx_sacked(struct tcp_conn *c, uint64_t ack, struct fx_block a, struct fx_block b, uint64_t ts_us,
	  uint64_t now_us)
{
	struct tcp_seg seg = fx_seg(c, TCP_ACK, (int64_t)tcp_ack_off(c), (int64_t)ack, 0);
	const struct fx_block blocks[] = { a, b };

	for (int i = 0; i < 2; i++) {
		if (blocks[i].start == blocks[i].end)
			continue;
		seg.sacks[seg.nb_sacks].start = tcp_seq_of(c, blocks[i].start);
		seg.sacks[seg.nb_sacks++].end = tcp_seq_of(c, blocks[i].end);
	}
	seg.wnd = FX_WND;
	seg.ts_ecr = tcp_ts_now(c->ts_offset, ts_us);
	fx_input(c, &seg, now_us);
	CU_ASSERT_PTR_NULL(tcp_check(c));
}
