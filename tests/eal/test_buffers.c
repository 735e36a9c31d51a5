/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Buffers without a size of the program's word follow the path, in virtual time. */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "core/autosize.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"

enum {
	NEAR = 0, /* it sends */
	FAR = 1,
	HALF_RTT = 10000,
	CHUNK = 100000,
	SECONDS = 1000000,
};

static uint8_t pattern[CHUNK];

struct flow {
	struct pair p;
	struct rtls_sock *socks[2];
	uint64_t sent, got;
};

static void
flow_init(struct flow *f, const struct pair_conf *conf)
{
	struct pair_conf slow = *conf;

	memset(f, 0, sizeof(*f));
	slow.growing = true;
	slow.path[0].delay_us = slow.path[1].delay_us = HALF_RTT;
	pair_init(&f->p, &slow);
	pair_connect(&f->p, 0, f->socks);
}

static void
flow_fini(struct flow *f)
{
	CU_ASSERT_EQUAL(rtls_abort(f->socks[NEAR]), 0);
	pair_pass(&f->p, 4 * HALF_RTT);
	CU_ASSERT_EQUAL(rtls_close(f->socks[FAR]), 0);
	pair_fini(&f->p);
}

/* All that fits is sent for so long; what comes is read, or left alone. */
static void
flow_run(struct flow *f, uint64_t us, bool read)
{
	for (uint64_t end_us = f->p.now_us + us; f->p.now_us < end_us; pair_pass(&f->p, 1000)) {
		ssize_t n;

		do {
			pair_fill(pattern, f->sent, CHUNK);
			n = rtls_send(f->socks[NEAR], pattern, CHUNK, 0);
			f->sent += n > 0 ? (uint64_t)n : 0;
		} while (n > 0);
		while (read && (n = rtls_recv(f->socks[FAR], pattern, CHUNK, 0)) > 0) {
			CU_ASSERT_FATAL(pair_matches(pattern, f->got, (size_t)n));
			f->got += (uint64_t)n;
		}
	}
}

static uint64_t
option(const struct rtls_sock *k, enum rtls_opt o)
{
	uint64_t v = 0;

	CU_ASSERT_EQUAL(rtls_sock_get(k, o, &v), 0);
	return v;
}

static void
test_small_at_first(void)
{
	struct flow f;

	flow_init(&f, &(struct pair_conf){ 0 });
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(option(f.socks[i], RTLS_OPT_SNDBUF), AUTOSIZE_SEND);
		CU_ASSERT_EQUAL(option(f.socks[i], RTLS_OPT_RCVBUF), AUTOSIZE_RECV);
		CU_ASSERT_EQUAL(pair_info(f.socks[i]).sndbuf, AUTOSIZE_SEND);
		CU_ASSERT_EQUAL(pair_info(f.socks[i]).rcvbuf, AUTOSIZE_RECV);
	}
	flow_fini(&f);
}

/* Both grow, and data flows faster than the first buffers would let it: 64 KiB in 20 ms. */
static void
test_grow(void)
{
	struct flow f;
	uint64_t got;

	flow_init(&f, &(struct pair_conf){ .stack[NEAR].nb_large = 1024 });
	flow_run(&f, SECONDS, true);
	CU_ASSERT(option(f.socks[NEAR], RTLS_OPT_SNDBUF) > 3 * AUTOSIZE_SEND);
	CU_ASSERT(option(f.socks[FAR], RTLS_OPT_RCVBUF) > 3 * AUTOSIZE_RECV);
	got = f.got;
	flow_run(&f, SECONDS, true);
	CU_ASSERT((f.got - got) * 2 * HALF_RTT / SECONDS > 2 * AUTOSIZE_SEND);
	CU_ASSERT_EQUAL(pair_info(f.socks[FAR]).bytes_received, f.got);
	CU_ASSERT_EQUAL(pair_info(f.socks[FAR]).bytes_acked, 0);
	CU_ASSERT(pair_info(f.socks[NEAR]).bytes_acked >= f.got / 2);
	CU_ASSERT(pair_info(f.socks[NEAR]).bytes_acked <= f.sent);
	CU_ASSERT_EQUAL(pair_info(f.socks[NEAR]).snd_wscale, pair_info(f.socks[FAR]).rcv_wscale);
	CU_ASSERT_PTR_NULL(pair_info(f.p.listener).cc);
	/* The directions without data keep what they had. */
	CU_ASSERT_EQUAL(option(f.socks[FAR], RTLS_OPT_SNDBUF), AUTOSIZE_SEND);
	CU_ASSERT_EQUAL(option(f.socks[NEAR], RTLS_OPT_RCVBUF), AUTOSIZE_RECV);
	flow_fini(&f);
}

/*
 * A path that has become 100 ms long since the handshake, of which whoever only receives has timed
 * nothing: its buffer grows all the same, and it has the rate. 15 Mb/s hold 187,500 bytes.
 */
static void
download(bool timestamps)
{
	const struct cable_path path = { .delay_us = 50000, .bits_per_s = 15000000 };
	struct pair_conf conf = { .stack[NEAR] = { .sndbuf = 2 << 20, .nb_large = 1024 },
				  .growing = true };
	struct rtls_sock_info in;
	struct flow f = { .sent = 0 };
	uint64_t got;

	conf.path[0].delay_us = conf.path[1].delay_us = 1000;
	pair_init(&f.p, &conf);
	f.p.stack[NEAR]->params.timestamps = timestamps;
	pair_connect(&f.p, 0, f.socks);
	CU_ASSERT(pair_info(f.socks[FAR]).srtt_us < 3000);
	cable_set_path(f.p.cable, 0, &path);
	cable_set_path(f.p.cable, 1, &path);
	flow_run(&f, 4 * SECONDS, true);
	got = f.got;
	flow_run(&f, 2 * SECONDS, true);
	in = pair_info(f.socks[FAR]);
	CU_ASSERT_EQUAL(in.timestamps, timestamps);
	CU_ASSERT_EQUAL(in.bytes_sent, 0);
	CU_ASSERT(in.srtt_us < 3000);
	CU_ASSERT(in.rcv_rtt_us >= 98000 && in.rcv_rtt_us < 250000);
	CU_ASSERT(in.rcvbuf > 2 * 187500);
	CU_ASSERT(f.got - got > 2 * 15000000 / 8 * 9 / 10);
	flow_fini(&f);
}

static void
test_download(void)
{
	download(true);
	download(false);
}

/* Who does not read has no larger window, and its peer no larger buffer. */
static void
test_no_reader(void)
{
	struct flow f;

	flow_init(&f, &(struct pair_conf){ 0 });
	flow_run(&f, SECONDS, false);
	CU_ASSERT_EQUAL(option(f.socks[FAR], RTLS_OPT_RCVBUF), AUTOSIZE_RECV);
	CU_ASSERT(option(f.socks[NEAR], RTLS_OPT_SNDBUF) <= 4 * AUTOSIZE_SEND);
	flow_fini(&f);
}

/* A size that the stack, or the program, has said stays: greater ones, and less. */
static void
test_fixed(void)
{
	static const struct pair_conf sized = {
		.stack = { { .sndbuf = 100000 }, { .rcvbuf = 200000 } },
	};
	struct flow f;

	flow_init(&f, &sized);
	flow_run(&f, SECONDS, true);
	CU_ASSERT_EQUAL(option(f.socks[NEAR], RTLS_OPT_SNDBUF), 100000);
	CU_ASSERT_EQUAL(option(f.socks[FAR], RTLS_OPT_RCVBUF), 200000);
	flow_fini(&f);
	flow_init(&f, &(struct pair_conf){ 0 });
	CU_ASSERT_EQUAL(rtls_sock_set(f.socks[NEAR], RTLS_OPT_SNDBUF, 80000), 0);
	CU_ASSERT_EQUAL(rtls_sock_set(f.socks[FAR], RTLS_OPT_RCVBUF, 90000), 0);
	flow_run(&f, SECONDS, true);
	CU_ASSERT_EQUAL(option(f.socks[NEAR], RTLS_OPT_SNDBUF), 80000);
	CU_ASSERT_EQUAL(option(f.socks[FAR], RTLS_OPT_RCVBUF), 90000);
	flow_fini(&f);
}

/* What a listener was told is so of its connections. */
static void
test_listener(void)
{
	struct flow f;

	memset(&f, 0, sizeof(f));
	pair_init(&f.p, &(struct pair_conf){
				.path = { { .delay_us = HALF_RTT }, { .delay_us = HALF_RTT } } });
	CU_ASSERT_EQUAL(rtls_sock_set(f.p.listener, RTLS_OPT_RCVBUF, 90000), 0);
	pair_connect(&f.p, 0, f.socks);
	flow_run(&f, SECONDS, true);
	CU_ASSERT_EQUAL(option(f.socks[FAR], RTLS_OPT_RCVBUF), 90000);
	flow_fini(&f);
}

/* The stack's limits; the window scale can tell the largest. */
static void
test_limits(void)
{
	static const struct pair_conf conf = {
		.stack = { { .sndbuf_max = 150000 }, { .rcvbuf_max = 300000 } },
	};
	static const struct pair_conf low = {
		.stack = { { .sndbuf_max = 20000 }, { .rcvbuf_max = 40000 } },
	};
	static const struct pair_conf wide = { .stack[FAR].rcvbuf_max = 1 << 30 };
	struct flow f;

	flow_init(&f, &conf);
	flow_run(&f, SECONDS, true);
	CU_ASSERT_EQUAL(option(f.socks[NEAR], RTLS_OPT_SNDBUF), 150000);
	CU_ASSERT_EQUAL(option(f.socks[FAR], RTLS_OPT_RCVBUF), 300000);
	CU_ASSERT_EQUAL(f.socks[FAR]->tcp.rcv_wscale, 7);
	flow_fini(&f);
	flow_init(&f, &low);
	CU_ASSERT_EQUAL(option(f.socks[NEAR], RTLS_OPT_SNDBUF), 20000);
	CU_ASSERT_EQUAL(option(f.socks[FAR], RTLS_OPT_RCVBUF), 40000);
	flow_run(&f, SECONDS, true);
	CU_ASSERT_EQUAL(option(f.socks[NEAR], RTLS_OPT_SNDBUF), 20000);
	CU_ASSERT_EQUAL(option(f.socks[FAR], RTLS_OPT_RCVBUF), 40000);
	flow_fini(&f);
	flow_init(&f, &wide);
	CU_ASSERT_EQUAL(f.socks[FAR]->tcp.rcv_wscale, 14);
	flow_fini(&f);
}

static void
test_refused(void)
{
	static const struct rtls_stack_conf bad[] = {
		{ .size = sizeof(bad[0]), .sndbuf_max = 17407 },
		{ .size = sizeof(bad[0]), .rcvbuf_max = 34815 },
	};
	struct rtls_stack *s;

	for (size_t i = 0; i < HARNESS_COUNT(bad); i++)
		CU_ASSERT_EQUAL(rtls_stack_create(&bad[i], &s), -EINVAL);
}

/* Memory for receiving is short: nobody's buffer grows, and data still flows. */
static void
test_pressure(void)
{
	struct flow f;

	flow_init(&f, &(struct pair_conf){ 0 });
	f.p.stack[FAR]->rx_room_max = 100000;
	flow_run(&f, SECONDS, true);
	CU_ASSERT(option(f.socks[FAR], RTLS_OPT_RCVBUF) <= AUTOSIZE_RECV);
	CU_ASSERT(f.got > 100000);
	flow_fini(&f);
}

/* Record buffers are short: the send buffer has its share of them at most. */
static void
test_few_buffers(void)
{
	struct flow f;

	flow_init(&f, &(struct pair_conf){ .stack[NEAR] = { .nb_large = 64, .max_socks = 8 } });
	flow_run(&f, SECONDS, true);
	CU_ASSERT(option(f.socks[NEAR], RTLS_OPT_SNDBUF) > AUTOSIZE_SEND);
	CU_ASSERT(option(f.socks[NEAR], RTLS_OPT_SNDBUF) <= 64 * 3 / 4 * BUF_LARGE_ROOM);
	flow_fini(&f);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "small at first", test_small_at_first },
		{ "they grow", test_grow },
		{ "nothing but received, far away", test_download },
		{ "nobody reads", test_no_reader },
		{ "a size that was said", test_fixed },
		{ "a listener's", test_listener },
		{ "limits", test_limits },
		{ "limits that cannot be", test_refused },
		{ "receive buffers are short", test_pressure },
		{ "record buffers are short", test_few_buffers },
	};

	if (eal_start("buffers") != 0)
		return 1;
	return harness_run("eal/buffers", cases, HARNESS_COUNT(cases));
}
