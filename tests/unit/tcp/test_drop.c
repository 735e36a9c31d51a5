/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Of what is dropped the verdict says why. */
#include <stdio.h>

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"

/* Each segment to a connection that has 1000 bytes in order, and 1000 more behind a gap. */
static void
test_drop_reasons(void)
{
	static const struct {
		const char *what;
		uint8_t flags;
		int64_t seq;
		int64_t ack;
		uint32_t len;
		int32_t ts_shift;
		bool no_ts;
		enum tcp_drop drop;
	} rows[] = {
		{ "next", TCP_ACK, 1000, 0, 500, 0, false, TCP_DROP_NONE },
		{ "in part new", TCP_ACK, 500, 0, 600, 0, false, TCP_DROP_NONE },
		{ "behind a gap", TCP_ACK, 5000, 0, 500, 0, false, TCP_DROP_NONE },
		{ "an ACK", TCP_ACK, 1000, 0, 0, 0, false, TCP_DROP_NONE },
		{ "a keep-alive", TCP_ACK, 999, 0, 0, 0, false, TCP_DROP_NONE },
		{ "a RST", TCP_RST, 1000, 0, 0, 0, true, TCP_DROP_NONE },
		{ "a RST beside", TCP_RST, 1001, 0, 0, 0, true, TCP_DROP_RESET },
		{ "a RST before", TCP_RST, 999, 0, 0, 0, true, TCP_DROP_RESET },
		{ "a SYN", TCP_SYN, 1000, 0, 0, 0, false, TCP_DROP_SYN },
		{ "no timestamp", TCP_ACK, 1000, 0, 500, 0, true, TCP_DROP_NO_TS },
		{ "an old one", TCP_ACK, 1000, 0, 500, -1, false, TCP_DROP_OLD_TS },
		{ "old bytes", TCP_ACK, 0, 0, 500, 0, false, TCP_DROP_DUPLICATE },
		{ "up to the next", TCP_ACK, 0, 0, 1000, 0, false, TCP_DROP_DUPLICATE },
		{ "held already", TCP_ACK, 3000, 0, 1000, 0, false, TCP_DROP_DUPLICATE },
		{ "held, and FIN", TCP_ACK | TCP_FIN, 3000, 0, 1000, 0, false, TCP_DROP_NONE },
		{ "held, no end", TCP_ACK | TCP_FIN, 3000, 0, 900, 0, false, TCP_DROP_DUPLICATE },
		{ "beyond", TCP_ACK, 1000 + FX_ROOM + 1, 0, 500, 0, false, TCP_DROP_WINDOW },
		{ "long ago", TCP_ACK, -200000, 0, 500, 0, false, TCP_DROP_WINDOW },
		{ "no ACK", 0, 1000, 0, 500, 0, false, TCP_DROP_ACK },
		{ "never sent", TCP_ACK, 1000, 5000, 500, 0, false, TCP_DROP_ACK },
	};
	const struct fx_conf conf = { .ts = true };
	struct tcp_verdict v;
	struct tcp_conn c;
	struct tcp_seg seg;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		fx_established(&c, &conf);
		CU_ASSERT_EQUAL(fx_data(&c, 0, 1000, FX_T0).drop, TCP_DROP_NONE);
		CU_ASSERT_EQUAL(fx_data(&c, 3000, 1000, FX_T0).drop, TCP_DROP_NONE);
		seg = fx_seg(&c, rows[i].flags, rows[i].seq, rows[i].ack, rows[i].len);
		seg.ts_val += (uint32_t)rows[i].ts_shift;
		if (rows[i].no_ts)
			seg.has_ts = false;
		v = fx_input(&c, &seg, FX_T0 + 1000);
		if (v.drop != rows[i].drop)
			printf("# %s: %d\n", rows[i].what, v.drop);
		CU_ASSERT_EQUAL(v.drop, rows[i].drop);
		CU_ASSERT(v.drop == TCP_DROP_NONE || v.keep == 0);
	}
}

/* The peer sends its last bytes again, now with FIN: that counts, the same once more does not. */
static void
test_drop_fin(void)
{
	struct tcp_verdict v;
	struct tcp_conn c;
	struct tcp_seg seg;

	fx_established(&c, &(struct fx_conf){ 0 });
	CU_ASSERT_EQUAL(fx_data(&c, 0, 1000, FX_T0).drop, TCP_DROP_NONE);
	seg = fx_seg(&c, TCP_ACK | TCP_FIN, 0, 0, 1000);
	v = fx_input(&c, &seg, FX_T0);
	CU_ASSERT_EQUAL(c.state, TCP_CLOSE_WAIT);
	CU_ASSERT_EQUAL(v.drop, TCP_DROP_NONE);
	v = fx_input(&c, &seg, FX_T0);
	CU_ASSERT_EQUAL(v.drop, TCP_DROP_DUPLICATE);
}

/* What is behind one gap more than is remembered. */
static void
test_drop_gaps(void)
{
	struct tcp_verdict v;
	struct tcp_conn c;

	fx_established(&c, &(struct fx_conf){ 0 });
	for (int64_t i = 1; i <= TCP_RANGES_MAX; i++) {
		v = fx_data(&c, i * 200, 100, FX_T0);
		CU_ASSERT_EQUAL(v.drop, TCP_DROP_NONE);
	}
	v = fx_data(&c, (TCP_RANGES_MAX + 1) * 200, 100, FX_T0);
	CU_ASSERT_EQUAL(v.drop, TCP_DROP_GAPS);
	CU_ASSERT_EQUAL(v.keep, 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what is dropped says why", test_drop_reasons },
		{ "what is behind too many gaps, too", test_drop_gaps },
		{ "a segment of old bytes with the first FIN is not dropped", test_drop_fin },
	};

	return harness_run("tcp/drop", cases, HARNESS_COUNT(cases));
}
