/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What rtls_sock_info() says of a connection, against what was on the wire, in virtual time. */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/net_bytes.h"
#include "support/pair.h"

enum {
	NEAR = 0, /* it sends */
	FAR = 1,
	HALF_RTT = 20000,
	SECOND = 1000000,
	CHUNK = 50000,
	TCP_AT = 34,
	DROPPED = 20, /* the data segment that is lost */
	/* What a poll of the pair may be late, over a whole scene. */
	LATE = 200,
};

static uint8_t bytes[CHUNK];

/* What went by, in each direction. */
static struct wire {
	struct side {
		uint64_t segs, data_segs, payload, again;
		uint32_t max; /* highest sequence number behind payload; valid with data_segs */
		uint64_t first_us, last_us, data_us;
	} side[2];
	bool drops;
	bool hole; /* what was dropped did not come again */
	uint32_t hole_seq;
	uint64_t overtook; /* segments that passed meanwhile */
	uint8_t frame[1600];
	uint32_t frame_len; /* of the last one with payload from NEAR */
} wire;

static enum cable_verdict
note(struct side *s, int dir, uint8_t *frame, uint32_t payload, uint32_t len)
{
	uint32_t seq = get32(frame + TCP_AT + 4), end = seq + payload;

	s->data_segs++;
	s->payload += payload;
	if (s->data_segs > 1 && (int32_t)(s->max - seq) > 0)
		s->again += (int32_t)(s->max - end) > 0 ? payload : s->max - seq;
	if (s->data_segs == 1 || (int32_t)(end - s->max) > 0)
		s->max = end;
	if (dir != NEAR)
		return CABLE_PASS;
	memcpy(wire.frame, frame, len);
	wire.frame_len = len;
	if (wire.hole && seq == wire.hole_seq)
		wire.hole = false;
	wire.overtook += wire.hole;
	if (!wire.drops || s->data_segs != DROPPED)
		return CABLE_PASS;
	wire.hole = true;
	wire.hole_seq = seq;
	return CABLE_DROP;
}

static enum cable_verdict
look(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	struct side *s = &wire.side[dir];
	uint32_t ip_len = get16(frame + 16), hdrs = 20 + (frame[TCP_AT + 12] >> 4) * 4;

	(void)arg;
	(void)delay_us;
	if (get16(frame + 12) != 0x0800 || frame[23] != 6)
		return CABLE_PASS;
	s->segs++;
	s->last_us = now_us;
	if (ip_len <= hdrs)
		return CABLE_PASS;
	if (s->first_us == 0)
		s->first_us = now_us;
	s->data_us = now_us;
	return note(s, dir, frame, ip_len - hdrs, len);
}

struct scene {
	struct pair p;
	struct rtls_sock *socks[2];
	uint64_t sent, got;
};

static void
begin(struct scene *f, const struct pair_conf *conf)
{
	struct pair_conf c = *conf;

	memset(f, 0, sizeof(*f));
	memset(&wire, 0, sizeof(wire));
	c.filter = look;
	c.path[0].delay_us = c.path[1].delay_us = HALF_RTT;
	pair_init(&f->p, &c);
	pair_connect(&f->p, 0, f->socks);
}

static void
end(struct scene *f)
{
	CU_ASSERT_EQUAL(rtls_abort(f->socks[NEAR]), 0);
	pair_pass(&f->p, 4 * HALF_RTT);
	CU_ASSERT_EQUAL(rtls_close(f->socks[FAR]), 0);
	pair_fini(&f->p);
}

/* All that fits is sent for so long, up to `most` in all; what comes is read, or left alone. */
static void
run(struct scene *f, uint64_t us, uint64_t most, bool read)
{
	for (uint64_t end_us = f->p.now_us + us; f->p.now_us < end_us; pair_pass(&f->p, 500)) {
		ssize_t n = 1;

		while (n > 0 && f->sent < most) {
			size_t len = most - f->sent < CHUNK ? (size_t)(most - f->sent) : CHUNK;

			pair_fill(bytes, f->sent, len);
			n = rtls_send(f->socks[NEAR], bytes, len, 0);
			f->sent += n > 0 ? (uint64_t)n : 0;
		}
		while (read && (n = rtls_recv(f->socks[FAR], bytes, CHUNK, 0)) > 0) {
			CU_ASSERT_FATAL(pair_matches(bytes, f->got, (size_t)n));
			f->got += (uint64_t)n;
		}
	}
}

#define NEVER UINT64_MAX

static void
test_before(void)
{
	struct rtls_sock_info in;
	struct scene f;

	begin(&f, &(struct pair_conf){ 0 });
	for (int i = 0; i < 2; i++) {
		in = pair_info(f.socks[i]);
		CU_ASSERT_EQUAL(in.pmtu, 1500);
		CU_ASSERT_EQUAL(in.adv_mss, 1448);
		CU_ASSERT_EQUAL(in.rcv_mss, 0);
		CU_ASSERT_EQUAL(in.ato_us, 40000);
		CU_ASSERT_EQUAL(in.last_sent_us, NEVER);
		CU_ASSERT_EQUAL(in.last_received_us, NEVER);
		CU_ASSERT_EQUAL(in.bytes_sent + in.bytes_retrans + in.snd_unsent, 0);
		CU_ASSERT_EQUAL(in.busy_us + in.rwnd_limited_us + in.sndbuf_limited_us, 0);
		CU_ASSERT_EQUAL(in.delivery_rate + in.pacing_rate + in.pipe + in.lost, 0);
		CU_ASSERT_EQUAL(in.recovery, RTLS_RECOVERY_NONE);
	}
	/* A listener has no path and no ages. */
	in = pair_info(f.p.listener);
	CU_ASSERT_EQUAL(in.pmtu + in.ato_us + in.segs_in + in.segs_out, 0);
	CU_ASSERT_EQUAL(in.last_heard_us, 0);
	end(&f);
}

/* 300,000 bytes, of which a segment is lost, and one comes twice. */
static void
test_counts(void)
{
	struct rtls_sock_info near, far;
	struct scene f;
	uint64_t busy_us, heard_us;

	begin(&f, &(struct pair_conf){ 0 });
	wire.drops = true;
	run(&f, SECOND, 300000, true);
	CU_ASSERT_EQUAL_FATAL(f.got, 300000);
	near = pair_info(f.socks[NEAR]);
	far = pair_info(f.socks[FAR]);
	CU_ASSERT_EQUAL(near.segs_out, wire.side[NEAR].segs);
	CU_ASSERT_EQUAL(near.segs_in, wire.side[FAR].segs);
	/* Without both SYNs, and what was lost. */
	CU_ASSERT_EQUAL(far.segs_in, wire.side[NEAR].segs - 2);
	CU_ASSERT_EQUAL(far.segs_out, wire.side[FAR].segs - 1);
	CU_ASSERT_EQUAL(near.bytes_sent, wire.side[NEAR].payload);
	CU_ASSERT_EQUAL(near.bytes_retrans, wire.side[NEAR].again);
	CU_ASSERT(near.bytes_retrans >= 1448);
	CU_ASSERT_EQUAL(near.bytes_sent - near.bytes_retrans, 300000);
	CU_ASSERT_EQUAL(far.bytes_sent, 0);
	CU_ASSERT(wire.overtook > 3);
	CU_ASSERT_EQUAL(far.rcv_ooo_segs, wire.overtook);
	CU_ASSERT_EQUAL(near.rcv_ooo_segs, 0);
	CU_ASSERT(near.min_rtt_us >= 2 * HALF_RTT && near.min_rtt_us <= 2 * HALF_RTT + LATE);
	CU_ASSERT_EQUAL(far.rcv_mss, 1448);
	CU_ASSERT_EQUAL(near.rcv_mss, 0);
	CU_ASSERT_EQUAL(near.dsack_dups + near.reord_seen + near.reordered, 0);
	/* From the first byte until the last ACK came. */
	busy_us = wire.side[FAR].last_us + HALF_RTT - wire.side[NEAR].first_us;
	CU_ASSERT(near.busy_us + LATE >= busy_us && near.busy_us <= busy_us + LATE);
	CU_ASSERT_EQUAL(near.rwnd_limited_us + near.sndbuf_limited_us, 0);
	CU_ASSERT_EQUAL(far.busy_us, 0);
	CU_ASSERT_EQUAL(near.last_sent_us, f.p.stack[NEAR]->now_us - wire.side[NEAR].data_us);
	CU_ASSERT_EQUAL(near.last_received_us, NEVER);
	CU_ASSERT(far.last_received_us + 2048 >= near.last_sent_us - HALF_RTT &&
		  far.last_received_us <= near.last_sent_us - HALF_RTT + 2048);
	heard_us = f.p.stack[NEAR]->now_us - wire.side[FAR].last_us - HALF_RTT;
	CU_ASSERT(near.last_heard_us <= heard_us && near.last_heard_us + LATE >= heard_us);
	CU_ASSERT_EQUAL(cable_inject(f.p.cable, NEAR, wire.frame, wire.frame_len), 0);
	pair_pass(&f.p, 10 * HALF_RTT);
	CU_ASSERT_EQUAL(pair_info(f.socks[NEAR]).dsack_dups, 1);
	CU_ASSERT_EQUAL(pair_info(f.socks[NEAR]).bytes_retrans, near.bytes_retrans);
	CU_ASSERT_EQUAL(pair_info(f.socks[FAR]).segs_in, far.segs_in + 1);
	end(&f);
}

/* Of a connection that has ended it can still be read. */
static void
test_after(void)
{
	struct rtls_sock_info before, after;
	struct scene f;

	begin(&f, &(struct pair_conf){ 0 });
	wire.drops = true;
	run(&f, SECOND, 300000, true);
	before = pair_info(f.socks[NEAR]);
	CU_ASSERT_EQUAL(rtls_abort(f.socks[FAR]), 0);
	pair_pass(&f.p, 4 * HALF_RTT);
	after = pair_info(f.socks[NEAR]);
	CU_ASSERT_EQUAL(after.state, RTLS_SOCK_CLOSED);
	CU_ASSERT_EQUAL(after.bytes_sent, before.bytes_sent);
	CU_ASSERT_EQUAL(after.bytes_retrans, before.bytes_retrans);
	CU_ASSERT_EQUAL(after.busy_us, before.busy_us);
	CU_ASSERT_EQUAL(rtls_close(f.socks[NEAR]), 0);
	pair_fini(&f.p);
}

/* Nobody reads: the window is the limit, to the microsecond; then it is not any more. */
static void
test_window_limited(void)
{
	struct rtls_sock_info one, two;
	struct scene f;

	begin(&f, &(struct pair_conf){ .stack = { { .sndbuf = 400000 }, { .rcvbuf = 100000 } } });
	run(&f, SECOND, 200000, false);
	one = pair_info(f.socks[NEAR]);
	run(&f, SECOND, 200000, false);
	two = pair_info(f.socks[NEAR]);
	CU_ASSERT(two.rwnd_limited_us - one.rwnd_limited_us >= SECOND - LATE);
	CU_ASSERT(two.rwnd_limited_us - one.rwnd_limited_us <= SECOND + LATE);
	CU_ASSERT_EQUAL(two.busy_us - one.busy_us, two.rwnd_limited_us - one.rwnd_limited_us);
	CU_ASSERT_EQUAL(two.sndbuf_limited_us, 0);
	CU_ASSERT_EQUAL(two.snd_unsent, f.sent - wire.side[NEAR].payload + wire.side[NEAR].again);
	/* It reads, and asks for no more than came: then nothing is waited for. */
	run(&f, 2 * SECOND, f.sent, true);
	CU_ASSERT_EQUAL(f.got, f.sent);
	one = pair_info(f.socks[NEAR]);
	run(&f, SECOND, f.sent, true);
	two = pair_info(f.socks[NEAR]);
	CU_ASSERT_EQUAL(two.rwnd_limited_us, one.rwnd_limited_us);
	CU_ASSERT_EQUAL(two.busy_us, one.busy_us);
	end(&f);
}

/* A buffer of two records on a path that takes more: it is the limit for most of a round trip. */
static void
test_buffer_limited(void)
{
	struct rtls_sock_info one, two;
	struct scene f;

	begin(&f, &(struct pair_conf){ .stack = { { .sndbuf = 34816 }, { 0 } } });
	run(&f, SECOND, NEVER, true);
	one = pair_info(f.socks[NEAR]);
	run(&f, SECOND, NEVER, true);
	two = pair_info(f.socks[NEAR]);
	CU_ASSERT(two.sndbuf_limited_us - one.sndbuf_limited_us > SECOND * 3 / 4);
	CU_ASSERT(two.sndbuf_limited_us - one.sndbuf_limited_us <= SECOND + LATE);
	CU_ASSERT(two.busy_us - one.busy_us >= SECOND - LATE);
	CU_ASSERT_EQUAL(two.rwnd_limited_us, 0);
	end(&f);
}

/* 10 Mb/s: it is found; and pacing is as fast as two windows in a round trip, and no slower than one. */
static void
test_rate(void)
{
	struct pair_conf conf = { .stack = { { .sndbuf = 1 << 20 } } };
	const uint64_t rate = 10000000 / 8;
	struct rtls_sock_info in;
	struct scene f;

	conf.path[0].bits_per_s = 10000000;
	begin(&f, &conf);
	run(&f, 3 * SECOND, NEVER, true);
	in = pair_info(f.socks[NEAR]);
	/* Headers are 66 bytes of 1514. */
	CU_ASSERT(in.delivery_rate > rate * 90 / 100 && in.delivery_rate <= rate);
	CU_ASSERT_EQUAL(in.rate_app_limited, 0);
	CU_ASSERT(in.pacing_rate >= (uint64_t)in.cwnd * SECOND / in.srtt_us);
	CU_ASSERT(in.pacing_rate <= 2 * (uint64_t)in.cwnd * SECOND / in.srtt_us);
	CU_ASSERT_EQUAL(in.pipe, in.in_flight - in.sacked - in.lost);
	CU_ASSERT_EQUAL(rtls_sock_set(f.socks[NEAR], RTLS_OPT_MAX_PACING_RATE, 100000), 0);
	run(&f, 5 * SECOND, NEVER, true);
	in = pair_info(f.socks[NEAR]);
	CU_ASSERT_EQUAL(in.pacing_rate, 100000);
	CU_ASSERT(in.delivery_rate > 90000 && in.delivery_rate < 110000);
	end(&f);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "before anything was sent", test_before },
		{ "what is counted", test_counts },
		{ "behind the end", test_after },
		{ "the window is the limit", test_window_limited },
		{ "the buffer is the limit", test_buffer_limited },
		{ "rates", test_rate },
	};

	if (eal_start("info") != 0)
		return 1;
	return harness_run("eal/info", cases, HARNESS_COUNT(cases));
}
