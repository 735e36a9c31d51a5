/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Packets that are paced by a port that keeps them until their times, in virtual time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/net_bytes.h"
#include "support/pair.h"
#include "support/timed_port.h"
#include "tcp/pace.h"
#include "unit/session/peer.h"

enum {
	NEAR = 0,
	FAR = 1,
	TCP_AT = 34,
	MSS = 1448,
	SECOND = 1000000,
	HALF_RTT = 1000,
	RATE = 5000000, /* bytes per second: a segment in 289.6 us */
	GAP_US = 289,
	CHUNK = 60000,
	WARM = 60, /* segments until the clock is known: two hundredths of a second */
	SEEN_MAX = 4096,
};

static uint8_t bytes[CHUNK];

/* When data of NEAR left, and the flags of all that it sent. */
static struct {
	uint64_t left_us[SEEN_MAX];
	uint32_t n;
	uint64_t payload, again;
	uint32_t max;
	uint64_t rst_us, fin_us;
} seen;

static void
note_data(uint32_t seq, uint32_t payload, uint64_t at_us)
{
	if (seen.n > 0 && (int32_t)(seen.max - seq) > 0)
		seen.again += payload;
	if (seen.n == 0 || (int32_t)(seq + payload - seen.max) > 0)
		seen.max = seq + payload;
	seen.payload += payload;
	if (seen.n < SEEN_MAX)
		seen.left_us[seen.n++] = at_us;
}

static enum cable_verdict
look(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	enum cable_verdict v = timed_filter(arg, dir, frame, len, now_us, delay_us);
	uint32_t hdrs = 20 + (frame[TCP_AT + 12] >> 4) * 4, ip_len = get16(frame + 16);
	uint64_t at_us = now_us + (v == CABLE_DELAY ? *delay_us : 0);

	if (dir != NEAR || get16(frame + 12) != 0x0800 || frame[23] != 6)
		return v;
	if (ip_len > hdrs)
		note_data(get32(frame + TCP_AT + 4), ip_len - hdrs, at_us);
	if ((frame[TCP_AT + 13] & 4) != 0)
		seen.rst_us = at_us;
	if ((frame[TCP_AT + 13] & 1) != 0)
		seen.fin_us = at_us;
	return v;
}

struct scene {
	struct pair p;
	struct rtls_sock *socks[2];
	uint64_t sent, got;
};

/* timed_port's clock is set before. */
static void
begin(struct scene *f, const struct pair_conf *conf, uint32_t rate)
{
	struct pair_conf c = *conf;

	memset(f, 0, sizeof(*f));
	memset(&seen, 0, sizeof(seen));
	c.filter = look;
	c.shape = timed_shape;
	c.stack[NEAR].sndbuf = c.stack[FAR].rcvbuf = 1 << 20;
	for (int i = 0; i < 2; i++)
		if (c.path[i].delay_us == 0)
			c.path[i].delay_us = HALF_RTT;
	timed_port.now_us = &f->p.now_us;
	pair_init(&f->p, &c);
	pair_connect(&f->p, 0, f->socks);
	CU_ASSERT_EQUAL(rtls_sock_set(f->socks[NEAR], RTLS_OPT_MAX_PACING_RATE, rate), 0);
}

/* The clock of a port: so many ticks in so many us. */
static void
clock_is(uint64_t num, uint64_t den, uint64_t first)
{
	timed_port = (struct timed_port){ .num = num, .den = den, .first = first };
}

static void
end(struct scene *f)
{
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_close(f->socks[i]), 0);
	pair_fini(&f->p);
	clock_is(1, 1, 0);
}

static void
run(struct scene *f, uint64_t us, uint64_t most)
{
	for (uint64_t end_us = f->p.now_us + us; f->p.now_us < end_us; pair_pass(&f->p, 500)) {
		size_t len = most - f->sent < CHUNK ? (size_t)(most - f->sent) : CHUNK;
		ssize_t n;

		pair_fill(bytes, f->sent, len);
		n = len > 0 ? rtls_send(f->socks[NEAR], bytes, len, 0) : 0;
		f->sent += n > 0 ? (uint64_t)n : 0;
		while ((n = rtls_recv(f->socks[FAR], bytes, CHUNK, 0)) > 0) {
			CU_ASSERT_FATAL(pair_matches(bytes, f->got, (size_t)n));
			f->got += (uint64_t)n;
		}
	}
}

/* One in GAP_US, from the WARM-th on, right to slack_us. */
static void
is_even(uint64_t slack_us)
{
	uint64_t gap_us, wrong = 0;

	CU_ASSERT_FATAL(seen.n > WARM + 100);
	for (uint32_t i = WARM; i + 2 < seen.n; i++) {
		gap_us = seen.left_us[i] - seen.left_us[i - 1];
		wrong += gap_us + slack_us < GAP_US || gap_us > GAP_US + 1 + slack_us;
	}
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
is_sound(void)
{
	CU_ASSERT_EQUAL(timed_port.disorder, 0);
	CU_ASSERT(timed_port.most_ahead_us <= TCP_PACE_HORIZON_US + 100);
}

/* Clocks of ports, none of them ours: nanoseconds, 3.7 MHz with a large number, half a tick. */
static const struct {
	uint64_t num, den, first, slack_us;
} clocks[] = {
	{ 1, 1, 0, 2 },
	{ 1000, 1, UINT64_C(1) << 60, 2 },
	{ 37, 10, 123456789012345, 3 },
	{ 1, 2, 77, 5 },
	{ 100013, 100, 0, 2 },
};

static void
test_even(void)
{
	struct scene f;

	for (size_t i = 0; i < HARNESS_COUNT(clocks); i++) {
		clock_is(clocks[i].num, clocks[i].den, clocks[i].first);
		begin(&f, &(struct pair_conf){ 0 }, RATE);
		run(&f, SECOND / 4, 500000);
		CU_ASSERT_EQUAL(f.got, 500000);
		CU_ASSERT(timed_port.timed > 200);
		is_even(clocks[i].slack_us);
		is_sound();
		/* A reading in a millisecond at most. */
		CU_ASSERT(timed_port.readings <= 500000 * 1000 / RATE + 10);
		end(&f);
	}
}

/* Without its times, the same goes in bursts. */
static void
test_wheel(void)
{
	uint64_t together = 0;
	struct scene f;

	clock_is(1, 1, 0);
	timed_port.fails = true;
	begin(&f, &(struct pair_conf){ 0 }, RATE);
	run(&f, SECOND / 4, 500000);
	CU_ASSERT_EQUAL(f.got, 500000);
	CU_ASSERT_EQUAL(timed_port.timed, 0);
	for (uint32_t i = WARM; i < seen.n; i++)
		together += seen.left_us[i] == seen.left_us[i - 1];
	CU_ASSERT(together > seen.n / 3);
	end(&f);
	clock_is(1, 1, 1000);
	timed_port.stands = true;
	begin(&f, &(struct pair_conf){ 0 }, RATE);
	run(&f, SECOND / 4, 500000);
	CU_ASSERT_EQUAL(f.got, 500000);
	CU_ASSERT_EQUAL(timed_port.timed, 0);
	end(&f);
}

/* It fails, or is set, in the midst of it: by the wheel, then by its times again. Bytes go all the same. */
static void
test_clock_breaks(void)
{
	uint64_t timed;
	struct scene f;

	clock_is(1, 1, 0);
	begin(&f, &(struct pair_conf){ 0 }, RATE);
	run(&f, SECOND / 10, 3000000);
	CU_ASSERT(timed_port.timed > 100);
	timed_port.fails = true;
	run(&f, SECOND / 100, 3000000);
	timed = timed_port.timed;
	run(&f, SECOND / 10, 3000000);
	CU_ASSERT_EQUAL(timed_port.timed, timed);
	timed_port.fails = false;
	run(&f, SECOND / 10, 3000000);
	CU_ASSERT(timed_port.timed > timed + 100);
	is_sound();
	/* Back by a second, and three times as fast. */
	timed_port.first = 0;
	timed_port.num = 3;
	timed_port.last_us = 0;
	run(&f, SECOND, 3000000);
	CU_ASSERT_EQUAL(f.got, 3000000);
	end(&f);
}

/* Who is not paced has no times. */
static void
test_unpaced(void)
{
	struct scene f;

	clock_is(1, 1, 0);
	begin(&f, &(struct pair_conf){ 0 }, 0);
	run(&f, SECOND / 4, 500000);
	CU_ASSERT_EQUAL(f.got, 500000);
	CU_ASSERT_EQUAL(timed_port.timed, 0);
	CU_ASSERT_EQUAL(timed_port.readings, 0);
	end(&f);
}

/* A port that is full now and then, and a path that loses: each byte once, and again where it was lost. */
static void
test_refused_and_lost(void)
{
	struct pair_conf conf = { .caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM,
				  .tso_max = 8 * MSS };
	struct rtls_sock_info in;
	struct scene f;

	conf.path[0] = (struct cable_path){
		.refuse_ppm = 50000, .loss_ppm = 10000, .delay_us = 5000, .spare_arp = true
	};
	for (int tso = 0; tso < 2; tso++) {
		conf.caps = tso ? conf.caps : 0;
		conf.tso_max = tso ? 8 * MSS : 0;
		clock_is(1000, 1, 5);
		begin(&f, &conf, RATE / 4);
		run(&f, 3 * SECOND, 1000000);
		CU_ASSERT_EQUAL(f.got, 1000000);
		in = pair_info(f.socks[NEAR]);
		CU_ASSERT_EQUAL(in.bytes_sent, seen.payload);
		CU_ASSERT_EQUAL(in.bytes_sent - in.bytes_retrans, 1000000);
		CU_ASSERT_EQUAL(in.bytes_retrans, seen.again);
		CU_ASSERT(timed_port.timed > 100);
		is_sound();
		end(&f);
		conf.caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM;
	}
}

/* What the port has when a connection ends leaves before the end does. */
static void
test_end(void)
{
	struct scene f;

	for (int abort = 0; abort < 2; abort++) {
		clock_is(1, 1, 0);
		begin(&f, &(struct pair_conf){ .lazy_free = 8 }, RATE);
		run(&f, SECOND / 20, 200000);
		CU_ASSERT(timed_port.timed > 50);
		run(&f, SECOND / 100, 2000000);
		CU_ASSERT_EQUAL(abort ? rtls_abort(f.socks[NEAR]) : rtls_close(f.socks[NEAR]), 0);
		pair_pass(&f.p, SECOND / 2);
		CU_ASSERT((abort ? seen.rst_us : seen.fin_us) >= seen.left_us[seen.n - 1]);
		CU_ASSERT_EQUAL(seen.again, 0);
		is_sound();
		CU_ASSERT_EQUAL(rtls_close(f.socks[FAR]), 0);
		pair_fini(&f.p);
	}
	clock_is(1, 1, 0);
}

/* What a NIC seals leaves at the same times. */
static void
test_nic(void)
{
#ifdef HAVE_TLSNIC
	static const struct rtls_tlsnic_conf nic = { .size = sizeof(nic) };
	struct rtls_sock_stats st = { .size = sizeof(st) };
	struct rtls_port_info port = { .size = sizeof(port) };
	struct peer key = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&key);
	struct scene f;

	clock_is(37, 10, 99);
	begin(&f, &(struct pair_conf){ .nic = { &nic, &nic } }, RATE);
	CU_ASSERT_EQUAL(rtls_port_info(f.p.port[NEAR], &port), 0);
	CU_ASSERT_EQUAL(port.keeps_times, 1);
	CU_ASSERT_EQUAL(rtls_port_info(f.p.port[FAR], &port), 0);
	CU_ASSERT_EQUAL(port.keeps_times, 0);
	pair_set_keys(f.socks, 0, &keys);
	run(&f, SECOND / 2, 1000000);
	CU_ASSERT_EQUAL(f.got, 1000000);
	CU_ASSERT_EQUAL(rtls_sock_stats(f.socks[NEAR], &st), 0);
	CU_ASSERT_EQUAL(st.tx_nic_records, st.tx_records);
	CU_ASSERT(st.tx_nic_records > 0);
	CU_ASSERT(timed_port.timed > 400);
	CU_ASSERT_EQUAL(seen.again, 0);
	is_sound();
	end(&f);
#else
	CU_ASSERT_EQUAL(rtls_tlsnic_open(NULL, NULL, NULL), -EINVAL);
#endif
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "evenly, by any clock", test_even },
		{ "a clock that does not go", test_wheel },
		{ "a clock that breaks", test_clock_breaks },
		{ "not paced", test_unpaced },
		{ "refused, and lost", test_refused_and_lost },
		{ "the end of a connection", test_end },
		{ "sealed by a NIC", test_nic },
	};

	if (eal_start("depart") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/depart", cases, HARNESS_COUNT(cases));
}
