/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "fixture.h"
#include "support/harness.h"

/* The defaults keep to what the RFCs demand. */
static void
test_defaults(void)
{
	struct tcp_params p;
	struct tcp_opts o;

	tcp_params_default(&p);
	tcp_opts_default(&o);
	CU_ASSERT_PTR_EQUAL(tcp_cc_all[o.cc], &tcp_cc_cubic);
	CU_ASSERT_EQUAL(o.pace_max, 0);
	CU_ASSERT_EQUAL(p.rto_init_us, 1000000);   /* RFC 6298 2.1 */
	CU_ASSERT(p.rto_max_us >= 60000000);       /* RFC 6298 2.5 */
	CU_ASSERT(p.delack_us < 500000);           /* RFC 9293 MUST-40 */
	CU_ASSERT(o.user_timeout_us >= 100000000); /* RFC 9293 SHLD-11 */
	CU_ASSERT(p.syn_timeout_us >= 180000000);  /* RFC 9293 MUST-23 */
	CU_ASSERT(p.mss_floor >= 216 && p.mss_floor <= 536);
	CU_ASSERT(p.wscale <= TCP_WSCALE_MAX);
}

static void
test_closed(void)
{
	struct tcp_conn c;

	fx_state(&c, TCP_FIN_WAIT_2, NULL);
	tcp_orphan(&c, FX_T0);
	c.rtx_at = c.delack_at = FX_T0;
	tcp_conn_closed(&c, TCP_END_RESET);
	CU_ASSERT_EQUAL(c.state, TCP_CLOSED);
	CU_ASSERT_EQUAL(c.end, TCP_END_RESET);
	CU_ASSERT_EQUAL(tcp_deadline(&c), TCP_NEVER);
	CU_ASSERT_EQUAL(tcp_timer(&c, FX_T0 + 1000000000), 0);
}

/* The timestamp clock: 1 ms, and it wraps. */
static void
test_ts_clock(void)
{
	CU_ASSERT_EQUAL(tcp_ts_now(0, 0), 0);
	CU_ASSERT_EQUAL(tcp_ts_now(5, 999), 5);
	CU_ASSERT_EQUAL(tcp_ts_now(5, 1000), 6);
	CU_ASSERT_EQUAL(tcp_ts_now(1, UINT64_C(4294967295) * 1000), 0);
	CU_ASSERT_EQUAL(tcp_ts_now(0, (UINT64_C(4294967296) + 7) * 1000), 7);
}

static void
test_offsets(void)
{
	struct tcp_conn c;
	struct tcp_out o;

	fx_established(&c, NULL);
	tcp_send_ready(&c, 3000);
	CU_ASSERT_EQUAL(tcp_snd_lim(&c), 3000);
	CU_ASSERT_FALSE(tcp_fin_acked(&c));
	tcp_shutdown(&c);
	CU_ASSERT_EQUAL(tcp_snd_lim(&c), 3001);
	fx_send_all(&c, FX_T0, 9, &o);
	CU_ASSERT_EQUAL(tcp_bare_off(&c), 3001);
	fx_ack(&c, 3000, FX_WND, FX_T0);
	CU_ASSERT_FALSE(tcp_fin_acked(&c));
	fx_ack(&c, 3001, FX_WND, FX_T0);
	CU_ASSERT_TRUE(tcp_fin_acked(&c));
	CU_ASSERT_EQUAL(tcp_ack_off(&c), 0);
	fx_state(&c, TCP_CLOSE_WAIT, NULL);
	CU_ASSERT_EQUAL(tcp_ack_off(&c), 1);
}

/* The peer's edge as told, and as it may really be: less than a unit of its scale behind that. */
static void
test_bare_off(void)
{
	static const struct {
		uint64_t una, max, wnd;
		uint8_t wscale;
		uint64_t off;
	} rows
		[] = {
			{ 0, 700, 700, 7, 700 },
			{ 0, 700, 640, 7, 700 }, /* a SYN-ACK's 700, told again in units of 128 */
			{ 0, 767, 640, 7, 767 },
			{ 0, 768, 640, 7, 640 }, /* it took its window back */
			{ 0, 700, 0, 7, 0 },
			{ 500, 700, 0, 0, 500 },
			{ 500, 700, 199, 0, 699 },
			{ 500, 700, 200, 0, 700 },
			{ 500, 700, 0, 14, 700 },
			{ 500, 500, 0, 7, 500 },
			{ 500, 600, 1000, 7, 600 },
		};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		const struct tcp_conn c = {
			.snd_una = rows[i].una,
			.snd_max = rows[i].max,
			.snd_wnd = rows[i].wnd,
			.snd_wscale = rows[i].wscale,
		};

		CU_ASSERT_EQUAL(tcp_bare_off(&c), rows[i].off);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "defaults", test_defaults },
		{ "closed", test_closed },
		{ "timestamp clock", test_ts_clock },
		{ "offsets", test_offsets },
		{ "where a bare segment stands", test_bare_off },
	};

	return harness_run("tcp/conn", cases, HARNESS_COUNT(cases));
}
