/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fetch/ss_line.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

/* Of whom nothing is known. */
static struct rtls_sock_info
nobody(void)
{
	return (struct rtls_sock_info){
		.ssthresh = UINT32_MAX,
		.last_sent_us = UINT64_MAX,
		.last_received_us = UINT64_MAX,
		.last_heard_us = UINT64_MAX,
	};
}

static void
is_line(const struct rtls_sock_info *info, const struct rtls_sock_stats *stats, const char *want)
{
	char line[SS_LINE];

	ss_line(line, info, stats);
	if (strcmp(line, want) != 0)
		printf("# '%s'\n", line);
	CU_ASSERT_STRING_EQUAL(line, want);
}

/* Each field by its name and in its unit, in the order of iproute2's ss. */
static void
test_all(void)
{
	const struct rtls_sock_stats stats = { .tx_segments = 19,
					       .rx_segments = 18,
					       .retransmissions = 17 };
	const struct rtls_sock_info info = {
		.timestamps = 1,
		.sack = 1,
		.cc = "cubic",
		.snd_wscale = 7,
		.rcv_wscale = 9,
		.rto_us = 204500,
		.rto_backoff = 2,
		.srtt_us = 20000,
		.rttvar_us = 1250,
		.ato_us = 40000,
		.mss = 1000,
		.pmtu = 1500,
		.rcv_mss = 536,
		.adv_mss = 1448,
		.cwnd = 10999,
		.ssthresh = 7000,
		.bytes_sent = 1,
		.bytes_retrans = 2,
		.bytes_acked = 3,
		.bytes_received = 4,
		.segs_out = 5,
		.segs_in = 6,
		.last_sent_us = 1999,
		.last_received_us = 2000,
		.last_heard_us = 3000,
		.pacing_rate = 1000,
		.delivery_rate = 125,
		.rate_app_limited = 1,
		.busy_us = 8000,
		.rwnd_limited_us = 2000,
		.sndbuf_limited_us = 1000,
		.in_flight = 4001,
		.retrans_in_flight = 1000,
		.lost = 999,
		.sacked = 2000,
		.dsack_dups = 11,
		.reord_seen = 12,
		.rcv_rtt_us = 500,
		.rcvbuf = 13,
		.rcv_wnd = 14,
		.snd_unsent = 15,
		.min_rtt_us = 19500,
		.rcv_ooo_segs = 16,
		.snd_wnd = 20,
	};

	is_line(&info, &stats,
		"ts sack cubic wscale:7,9 rto:818 backoff:2 rtt:20/1.25 ato:40 mss:1000 pmtu:1500 "
		"rcvmss:536 advmss:1448 cwnd:10 ssthresh:7 bytes_sent:1 bytes_retrans:2 "
		"bytes_acked:3 bytes_received:4 segs_out:5 segs_in:6 data_segs_out:19 "
		"data_segs_in:18 send 4399600bps lastsnd:1 lastrcv:2 lastack:3 pacing_rate 8000bps "
		"delivery_rate 1000bps app_limited busy:8ms rwnd_limited:2ms(25.0%) "
		"sndbuf_limited:1ms(12.5%) unacked:5 retrans:1/17 lost:1 sacked:2 dsack_dups:11 "
		"reord_seen:12 rcv_rtt:0.5 rcv_space:13 rcv_ssthresh:14 notsent:15 minrtt:19.5 "
		"rcv_ooopack:16 snd_wnd:20");
}

/* What is not known is not said, and nothing is divided by it. */
static void
test_left_out(void)
{
	const struct rtls_sock_stats none = { 0 }, again = { .retransmissions = 3 };
	struct rtls_sock_info info = nobody();

	is_line(&info, &none, "");
	info.cwnd = 10000;
	info.ssthresh = info.in_flight = info.lost = 5000;
	info.rttvar_us = 3;
	info.rto_backoff = 0;
	is_line(&info, &none, "");
	info.rwnd_limited_us = 7000;
	is_line(&info, &none, "");
	info.mss = 1000;
	info.ssthresh = UINT32_MAX;
	info.lost = 0;
	is_line(&info, &again, "mss:1000 cwnd:10 unacked:5 retrans:0/3");
}

/* A time that was doubled stays below a minute, also where one shift more would be none. */
static void
test_backoff(void)
{
	static const struct {
		uint32_t rto_us;
		uint8_t backoff;
		const char *line;
	} rows[] = {
		{ 200000, 0, "rto:200" },
		{ 200000, 1, "rto:400 backoff:1" },
		{ 200000, 8, "rto:51200 backoff:8" },
		{ 200000, 9, "rto:60000 backoff:9" },
		{ 200000, 255, "rto:60000 backoff:255" },
		{ UINT32_MAX, 64, "rto:60000 backoff:64" },
		{ 90000000, 0, "rto:90000" },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct rtls_sock_info info = nobody();

		info.rto_us = rows[i].rto_us;
		info.rto_backoff = rows[i].backoff;
		is_line(&info, &(struct rtls_sock_stats){ 0 }, rows[i].line);
	}
}

/* In its buffer, whatever the numbers, and whole. */
static void
test_widest(void)
{
	struct rtls_sock_stats stats;
	struct rtls_sock_info info;
	char line[SS_LINE];

	memset(&stats, 0xff, sizeof(stats));
	memset(&info, 0xff, sizeof(info));
	info.cc = "newreno";
	info.mss = 1;
	info.ssthresh = UINT32_MAX - 1;
	info.srtt_us = 1;
	info.last_sent_us = info.last_received_us = info.last_heard_us = UINT64_MAX - 1;
	memset(line, 0xee, sizeof(line));
	ss_line(line, &info, &stats);
	CU_ASSERT_PTR_NOT_NULL_FATAL(memchr(line, '\0', sizeof(line)));
	CU_ASSERT_PTR_NOT_NULL(strstr(line, " snd_wnd:18446744073709551615"));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "all there is", test_all },
		{ "what is left out", test_left_out },
		{ "backoff", test_backoff },
		{ "the widest", test_widest },
	};

	return harness_run("fetch/ss_line", cases, HARNESS_COUNT(cases));
}
