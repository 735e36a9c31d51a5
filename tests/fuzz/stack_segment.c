/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fuzz/stack_ops.h"

#include <string.h>

/*
 * A segment is a word of bits for what is unusual about it, then a field for each. All 0: the
 * next bytes of the stream, with everything as it should be.
 */
enum {
	ODD_SEQ = 1 << 0,
	ODD_LEN = 1 << 1,
	ODD_FLAGS = 1 << 2,
	ODD_ACK = 1 << 3,
	ODD_WND = 1 << 4,
	ODD_TS = 1 << 5,
	ODD_BYTES = 1 << 6,
	ODD_CUT = 1 << 7,
	ODD_FRAME = 1 << 8, /* checksums, lengths */
	ODD_RAW = 1 << 9,   /* bytes of the frame are changed */
	ODD_OPTS = 1 << 10,
	ODD_MANY = 1 << 11, /* as many that follow each other */
};

enum { LEN_USUAL = 100, TS_OPT = 12, PAYLOAD_MAX = WIRE_MTU - 40 - WIRE_OPTS_MAX };

/* Most lengths are small, some are those of a full segment. */
static uint32_t
read_len(struct fuzz_in *in)
{
	uint32_t c = fuzz_u8(in);

	if (c < 128)
		return c;
	return c < 192 ? (c - 128) * 16 : 340 + (c - 192) * 17;
}

/* A stream offset near one that means something; it may lie in front of the stream. */
static int64_t
read_off(const struct bench_peer *p, struct fuzz_in *in)
{
	uint8_t c = fuzz_u8(in);
	int64_t near = (int8_t)fuzz_u8(in);
	int64_t bases[] = { (int64_t)p->rcv.nxt, (int64_t)p->rcv.edge,
			    (int64_t)p->end,     0,
			    (int64_t)p->rcv.top, (int64_t)reading_base(&p->reading) };

	if (c % 8 < 6)
		return bases[c % 8] + near;
	if (c % 8 == 6)
		return (int64_t)p->rcv.nxt + near * (1 + c / 8);
	return (int32_t)fuzz_u32(in);
}

/* What stands at an offset: the sealed stream, or the pattern; changed: neither. */
static void
fill(const struct bench_peer *p, int64_t off, uint8_t *out, uint32_t len, uint8_t changed)
{
	int64_t rel = off - (int64_t)reading_base(&p->reading);

	for (uint32_t i = 0; i < len; i++) {
		int64_t at = rel + i;
		bool sealed = p->reading.tls && at >= 0 && at < p->reading.sealed->len;

		out[i] = (sealed ? p->reading.sealed->wire[at] : bench_byte((uint64_t)(off + i))) ^
			 changed;
	}
}

static uint8_t
read_flags(struct fuzz_in *in)
{
	static const uint8_t likely[] = { WIRE_ACK | WIRE_FIN,
					  WIRE_ACK | WIRE_PSH,
					  WIRE_RST,
					  WIRE_RST | WIRE_ACK,
					  WIRE_SYN,
					  0,
					  WIRE_SYN | WIRE_ACK,
					  WIRE_FIN };
	uint8_t c = fuzz_u8(in);

	return c < 128 ? likely[c % sizeof(likely)] : c;
}

static uint32_t
read_ack(const struct bench_peer *p, struct fuzz_in *in)
{
	uint8_t c = fuzz_u8(in);
	int32_t near = (int8_t)fuzz_u8(in);

	switch (c % 4) {
	case 0:
		return p->rcv.iss + 1 + (uint32_t)p->rcv.snd_una;
	case 1:
		return p->rcv.iss + 1 + (uint32_t)p->rcv.snd_una + (uint32_t)near;
	case 2:
		return p->rcv.iss + 1 + (uint32_t)p->rcv.snd_max + (uint32_t)near;
	default:
		return fuzz_u32(in);
	}
}

static uint32_t
put_ts(uint8_t *opts, uint32_t val)
{
	const uint8_t ts[TS_OPT] = { 1,
				     1,
				     8,
				     10,
				     (uint8_t)(val >> 24),
				     (uint8_t)(val >> 16),
				     (uint8_t)(val >> 8),
				     (uint8_t)val };

	memcpy(opts, ts, sizeof(ts));
	return sizeof(ts);
}

/* Returns the options' length. */
static uint32_t
read_options(const struct bench *b, const struct bench_peer *p, uint32_t odd, struct fuzz_in *in,
	     uint8_t opts[WIRE_OPTS_MAX])
{
	uint32_t now = (uint32_t)(b->now_us / 1000), len = 0;

	if (odd & ODD_TS) {
		int8_t near = (int8_t)fuzz_u8(in);

		if (near != -128)
			len = put_ts(opts, near % 2 != 0 ? p->rcv.ts_recent + (uint32_t)near :
							   fuzz_u32(in));
	} else if (p->rcv.ts_on) {
		len = put_ts(opts, now);
	}
	if (odd & ODD_OPTS) {
		uint32_t more = fuzz_u8(in) % (WIRE_OPTS_MAX - len + 1) & ~3u;

		fuzz_copy(in, opts + len, more);
		len += more;
	}
	return len;
}

static void
send(struct bench *b, const struct wire_seg *s, const uint8_t *opts, uint32_t opts_len,
     uint32_t odd, struct fuzz_in *in)
{
	uint32_t oddities = (odd & ODD_FRAME) != 0 ? fuzz_u8(in) : 0, len, n, at;
	uint8_t cut = (odd & ODD_CUT) != 0 ? fuzz_u8(in) : 0;
	uint8_t frame[WIRE_FRAME_MAX];

	len = wire_write(s, opts, opts_len, oddities, frame);
	for (n = (odd & ODD_RAW) != 0 ? 1 + fuzz_u8(in) % 4 : 0; n > 0; n--) {
		at = fuzz_u8(in) % RTE_MIN(len, 80u);
		frame[at] ^= fuzz_u8(in);
	}
	bench_inject(b, frame, len, cut);
}

void
stack_ops_segment(struct bench *b, struct bench_peer *p, struct fuzz_in *in)
{
	uint32_t odd = fuzz_u16(in), opts_len, n;
	uint8_t opts[WIRE_OPTS_MAX], payload[PAYLOAD_MAX], changed, many;
	int64_t off = (odd & ODD_SEQ) != 0 ? read_off(p, in) : (int64_t)p->rcv.nxt;
	struct wire_seg s = { .src_port = p->port, .dst_port = p->local_port, .payload = payload };

	s.payload_len = (odd & ODD_LEN) != 0 ? read_len(in) : LEN_USUAL;
	s.flags = (odd & ODD_FLAGS) != 0 ? read_flags(in) : WIRE_ACK;
	s.ack = (odd & ODD_ACK) != 0 ? read_ack(p, in) : p->rcv.iss + 1 + (uint32_t)p->rcv.snd_max;
	s.wnd = (odd & ODD_WND) != 0 ? fuzz_u16(in) : 60000;
	opts_len = read_options(b, p, odd, in, opts);
	changed = (odd & ODD_BYTES) != 0 ? fuzz_u8(in) : 0;
	many = (odd & ODD_MANY) != 0 ? fuzz_u8(in) : 0;
	for (n = (odd & ODD_MANY) != 0 ? 2 + many % 40u : 1; n > 0; n--) {
		s.seq = p->isn + 1 + (uint32_t)off;
		fill(p, off, payload, s.payload_len, changed);
		send(b, &s, opts, opts_len, odd, in);
		if (off + s.payload_len > (int64_t)p->end && off < RECEIVER_STREAM_MAX / 2)
			p->end = (uint64_t)(off + s.payload_len);
		off += s.payload_len + (many >= 128 ? 10 : 0); /* with a gap, or without one */
	}
}

/* --- the handshake -------------------------------------------------------------------------- */

/* Bits of how it is opened. */
enum { OPEN_TS = 1, OPEN_WSCALE = 2, OPEN_SMALL_MSS = 4, OPEN_ISN = 8 };

static uint32_t
syn_options(const struct bench *b, uint8_t how, uint8_t *opts)
{
	const uint32_t mss = (how & OPEN_SMALL_MSS) != 0 ? 300 : 1460;
	const uint8_t fixed[] = { 2, 4, (uint8_t)(mss >> 8), (uint8_t)mss, 1, 3, 3, 4 };
	uint32_t len = (how & OPEN_WSCALE) != 0 ? 8 : 4;

	memcpy(opts, fixed, len);
	if (how & OPEN_TS)
		len += put_ts(opts + len, (uint32_t)(b->now_us / 1000));
	return len;
}

/* Sequence numbers that wrap soon, or change their sign. */
static uint32_t
isn_of(uint8_t how)
{
	static const uint32_t isn[] = { 1000, 0xffffff00, 0x7fffffa0, 0xfffffffe };

	return isn[how / OPEN_ISN % 4];
}

void
stack_ops_open(struct bench *b, struct bench_peer *p, bool active, uint8_t how)
{
	struct wire_seg s = { .src_port = p->port, .dst_port = p->local_port, .wnd = 60000 };
	uint8_t opts[WIRE_OPTS_MAX], frame[WIRE_FRAME_MAX];
	uint32_t len = syn_options(b, how, opts);

	p->isn = isn_of(how);
	s.seq = p->isn;
	s.flags = WIRE_SYN;
	if (active) {
		bench_poll(b, 0); /* its SYN */
		s.flags |= WIRE_ACK;
		s.ack = p->syn_seq + 1;
	}
	bench_inject(b, frame, wire_write(&s, opts, len, 0, frame), 0);
	bench_poll(b, 100);
	if (active || p->rcv.on)
		return;
	s.seq++;
	s.flags = WIRE_ACK;
	s.ack = p->syn_seq + 1;
	len = (how & OPEN_TS) != 0 ? put_ts(opts, (uint32_t)(b->now_us / 1000)) : 0;
	bench_inject(b, frame, wire_write(&s, opts, len, 0, frame), 0);
	bench_poll(b, 0);
}
