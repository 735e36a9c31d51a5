/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"
#include "tcp/seg.h"

/* A SYN as Linux sends it, written by hand from RFC 9293 3.1 and RFC 7323. */
static const uint8_t syn_bytes[] = {
	0x9c, 0x40, 0x01, 0xbb,                         /* ports 40000, 443 */
	0xff, 0xff, 0xff, 0xfe,                         /* seq */
	0x00, 0x00, 0x00, 0x00, 0xa0, 0x02, 0xfa, 0xf0, /* 10 words, SYN, window 64240 */
	0x00, 0x00, 0x00, 0x00, 0x02, 0x04, 0x05, 0xb4, /* MSS 1460 */
	0x04, 0x02,                                     /* SACK permitted */
	0x08, 0x0a, 0x11, 0x22, 0x33, 0x44, 0x00, 0x00,
	0x00, 0x00, 0x01, 0x03, 0x03, 0x07, /* window scale 7 */
};

/* parse on memory of exactly len bytes, so that a read beyond it is found. */
static int
parse(const uint8_t *bytes, uint32_t len, struct tcp_seg *out)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	int rc;

	if (copy == NULL)
		abort();
	if (len > 0)
		memcpy(copy, bytes, len);
	rc = tcp_seg_parse(copy, len, out);
	free(copy);
	return rc;
}

static void
test_syn(void)
{
	struct tcp_seg s;

	CU_ASSERT_EQUAL_FATAL(parse(syn_bytes, sizeof(syn_bytes), &s), 0);
	CU_ASSERT_EQUAL(s.src_port, 40000);
	CU_ASSERT_EQUAL(s.dst_port, 443);
	CU_ASSERT_EQUAL(s.seq, 0xfffffffe);
	CU_ASSERT_EQUAL(s.ack, 0);
	CU_ASSERT_EQUAL(s.flags, TCP_SYN);
	CU_ASSERT_EQUAL(s.wnd, 64240);
	CU_ASSERT_EQUAL(s.hdr_len, 40);
	CU_ASSERT_EQUAL(s.payload_len, 0);
	CU_ASSERT_EQUAL(s.mss, 1460);
	CU_ASSERT_TRUE(s.has_ts);
	CU_ASSERT_EQUAL(s.ts_val, 0x11223344);
	CU_ASSERT_EQUAL(s.ts_ecr, 0);
	CU_ASSERT_TRUE(s.has_wscale);
	CU_ASSERT_EQUAL(s.wscale, 7);
	CU_ASSERT_TRUE(s.sack_permitted);
	CU_ASSERT_EQUAL(s.nb_sacks, 0);
}

/* Every data offset against every length (row 1): accepted exactly when 20 <= header <= len. */
static void
test_lengths(void)
{
	uint8_t bytes[80] = { 0 };
	struct tcp_seg s;

	for (uint32_t doff = 0; doff < 16; doff++) {
		bytes[12] = (uint8_t)(doff << 4);
		for (uint32_t len = 0; len <= sizeof(bytes); len++) {
			int rc = parse(bytes, len, &s);

			if (doff < 5 || doff * 4 > len) {
				CU_ASSERT_EQUAL(rc, -EINVAL);
			} else {
				CU_ASSERT_EQUAL(rc, 0);
				CU_ASSERT_EQUAL(s.hdr_len, doff * 4);
				CU_ASSERT_EQUAL(s.payload_len, len - doff * 4);
			}
		}
	}
}

struct option_row {
	const char *what;
	uint8_t flags;
	uint8_t len; /* bytes of options, a multiple of 4 */
	uint8_t opt[24];
	uint16_t mss;
	int wscale;     /* -1: none */
	int64_t ts_val; /* -1: none */
};

static const struct option_row option_rows[] = {
	{ "none", TCP_SYN, 0, { 0 }, 0, -1, -1 },
	{ "end at once hides the rest", TCP_SYN, 8, { 0, 2, 4, 5, 180, 0, 0, 0 }, 0, -1, -1 },
	{ "NOPs only", TCP_SYN, 4, { 1, 1, 1, 1 }, 0, -1, -1 },
	{ "MSS", TCP_SYN, 4, { 2, 4, 0, 48 }, 48, -1, -1 },
	{ "MSS at an odd place", TCP_SYN, 8, { 1, 2, 4, 1, 0, 1, 1, 1 }, 256, -1, -1 },
	{ "MSS twice: the first counts", TCP_SYN, 8, { 2, 4, 1, 0, 2, 4, 2, 0 }, 256, -1, -1 },
	{ "MSS on no SYN", TCP_ACK, 4, { 2, 4, 1, 0 }, 0, -1, -1 },
	{ "MSS with a wrong length is skipped", TCP_SYN, 8, { 2, 5, 1, 0, 0, 3, 3, 4 }, 0, 4, -1 },
	{ "scale on no SYN", TCP_ACK, 4, { 3, 3, 7, 1 }, 0, -1, -1 },
	{ "scale 14", TCP_SYN, 4, { 3, 3, 14, 1 }, 0, 14, -1 },
	{ "scale 15 counts as 14", TCP_SYN, 4, { 3, 3, 15, 1 }, 0, 14, -1 },
	{ "scale 255 counts as 14", TCP_SYN, 4, { 3, 3, 255, 1 }, 0, 14, -1 },
	{ "scale with a wrong length", TCP_SYN, 4, { 3, 4, 7, 1 }, 0, -1, -1 },
	{ "timestamps", TCP_ACK, 12, { 1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 1 }, 0, -1, 9 },
	{ "timestamps unaligned", TCP_ACK, 12, { 8, 10, 0, 0, 0, 9, 0, 0, 0, 1, 1, 1 }, 0, -1, 9 },
	{ "timestamps twice: the first counts",
	  TCP_ACK,
	  20,
	  { 8, 10, 0, 0, 0, 9, 0, 0, 0, 1, 8, 10, 0, 0, 0, 5, 0, 0, 0, 2 },
	  0,
	  -1,
	  9 },
	{ "timestamps too short", TCP_ACK, 12, { 8, 9, 0, 0, 0, 9, 0, 0, 0, 1, 1, 1 }, 0, -1, -1 },
	{ "timestamps cut off", TCP_ACK, 8, { 8, 10, 0, 0, 0, 9, 0, 0 }, 0, -1, -1 },
	{ "unknown is skipped", TCP_SYN, 8, { 254, 4, 9, 9, 2, 4, 5, 180 }, 1460, -1, -1 },
	{ "length 0 ends the walk", TCP_SYN, 8, { 254, 0, 1, 1, 2, 4, 5, 180 }, 0, -1, -1 },
	{ "length 1 ends the walk", TCP_SYN, 8, { 254, 1, 1, 1, 2, 4, 5, 180 }, 0, -1, -1 },
	{ "overrun ends the walk", TCP_SYN, 8, { 254, 9, 1, 1, 2, 4, 5, 180 }, 0, -1, -1 },
	{ "what came before the overrun counts",
	  TCP_SYN,
	  8,
	  { 2, 4, 5, 180, 254, 5, 1, 1 },
	  1460,
	  -1,
	  -1 },
	{ "kind without length at the end", TCP_SYN, 4, { 1, 1, 1, 254 }, 0, -1, -1 },
	{ "exactly to the end", TCP_SYN, 4, { 1, 3, 3, 5 }, 0, 5, -1 },
};

static void
test_options(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(option_rows); i++) {
		const struct option_row *row = &option_rows[i];
		uint8_t bytes[60] = { 0 };
		struct tcp_seg s;

		bytes[12] = (uint8_t)((5 + row->len / 4) << 4);
		bytes[13] = row->flags;
		memcpy(bytes + 20, row->opt, row->len);
		CU_ASSERT_EQUAL_FATAL(parse(bytes, 20U + row->len, &s), 0);
		CU_ASSERT_EQUAL(s.mss, row->mss);
		CU_ASSERT_EQUAL(s.has_wscale, row->wscale >= 0);
		CU_ASSERT_EQUAL(s.wscale, row->wscale >= 0 ? row->wscale : 0);
		CU_ASSERT_EQUAL(s.has_ts, row->ts_val >= 0);
		CU_ASSERT_EQUAL(s.ts_val, row->ts_val >= 0 ? row->ts_val : 0);
	}
}

/* An ACK of Linux's with three blocks beside timestamps, written by hand from RFC 2018 3. */
static const uint8_t sack_bytes[] = {
	0x9c, 0x40, 0x01, 0xbb,                         /* ports 40000, 443 */
	0x00, 0x00, 0x00, 0x01,                         /* seq */
	0xff, 0xff, 0xfc, 0x18, 0xf0, 0x10, 0xfa, 0xf0, /* 15 words, ACK, window 64240 */
	0x00, 0x00, 0x00, 0x00,                         /* no checksum */
	0x01, 0x01, 0x08, 0x0a, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, /* timestamps */
	0x01, 0x01, 0x05, 0x1a,                                                 /* three blocks */
	0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x02, 0xe8, /* across the end of the numbers */
	0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x10, 0x01, /* one byte */
	0xff, 0xff, 0xf0, 0x00, 0xff, 0xff, 0xfa, 0x00, /* below the ACK: twice */
};

static const struct tcp_sack three_blocks[] = {
	{ 0xffffff00, 0x2e8 },
	{ 0x1000, 0x1001 },
	{ 0xfffff000, 0xfffffa00 },
};

static void
test_sack(void)
{
	struct tcp_seg s;

	CU_ASSERT_EQUAL_FATAL(parse(sack_bytes, sizeof(sack_bytes), &s), 0);
	CU_ASSERT_EQUAL(s.ack, 0xfffffc18);
	CU_ASSERT_EQUAL(s.hdr_len, 60);
	CU_ASSERT_TRUE(s.has_ts);
	CU_ASSERT_EQUAL(s.ts_ecr, 0x55667788);
	CU_ASSERT_FALSE(s.sack_permitted);
	CU_ASSERT_EQUAL_FATAL(s.nb_sacks, 3);
	CU_ASSERT_EQUAL(memcmp(s.sacks, three_blocks, sizeof(three_blocks)), 0);
}

struct sack_row {
	const char *what;
	uint8_t flags;
	uint8_t len;
	uint8_t opt[40];
	bool permitted;
	uint8_t n;
	uint32_t starts[TCP_SACKS_MAX];
};

static const struct sack_row sack_rows[] = {
	{ "permitted", TCP_SYN, 4, { 4, 2, 1, 1 }, true, 0, { 0 } },
	{ "permitted by a SYN-ACK", TCP_SYN | TCP_ACK, 4, { 1, 1, 4, 2 }, true, 0, { 0 } },
	{ "permitted on no SYN", TCP_ACK, 4, { 4, 2, 1, 1 }, false, 0, { 0 } },
	{ "permitted with a wrong length", TCP_SYN, 4, { 4, 3, 0, 1 }, false, 0, { 0 } },
	{ "permitted cut off", TCP_SYN, 4, { 1, 1, 1, 4 }, false, 0, { 0 } },
	{ "a block", TCP_ACK, 12, { 1, 1, 5, 10, 0, 0, 0, 7, 0, 0, 0, 9 }, false, 1, { 7 } },
	{ "a block, unaligned",
	  TCP_ACK,
	  12,
	  { 5, 10, 0, 0, 0, 7, 0, 0, 0, 9, 0 },
	  false,
	  1,
	  { 7 } },
	{ "a block on a SYN", TCP_SYN, 12, { 5, 10, 0, 0, 0, 7, 0, 0, 0, 9, 0 }, false, 0, { 0 } },
	{ "no block", TCP_ACK, 4, { 5, 2, 1, 1 }, false, 0, { 0 } },
	{ "half a block", TCP_ACK, 8, { 5, 6, 0, 0, 0, 7, 1, 1 }, false, 0, { 0 } },
	{ "a block and a half",
	  TCP_ACK,
	  16,
	  { 5, 14, 0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 11, 0, 0 },
	  false,
	  0,
	  { 0 } },
	{ "cut off", TCP_ACK, 8, { 5, 10, 0, 0, 0, 7, 0, 0 }, false, 0, { 0 } },
	{ "an empty one is left out",
	  TCP_ACK,
	  20,
	  { 5, 18, 0, 0, 0, 7, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0 },
	  false,
	  1,
	  { 8 } },
	{ "one turned round is left out",
	  TCP_ACK,
	  20,
	  { 5, 18, 0, 0, 0, 8, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0 },
	  false,
	  1,
	  { 8 } },
	{ "half of all numbers is one turned round",
	  TCP_ACK,
	  12,
	  { 1, 1, 5, 10, 0, 0, 0, 0, 0x80, 0, 0, 0 },
	  false,
	  0,
	  { 0 } },
	{ "four",
	  TCP_ACK,
	  36,
	  { 5, 34, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0,
	    0, 0,  5, 0, 0, 0, 6, 0, 0, 0, 7, 0, 0, 0, 8, 0, 0, 0, 0 },
	  false,
	  4,
	  { 1, 3, 5, 7 } },
	{ "twice: the first counts",
	  TCP_ACK,
	  20,
	  { 5, 10, 0, 0, 0, 1, 0, 0, 0, 2, 5, 10, 0, 0, 0, 3, 0, 0, 0, 4 },
	  false,
	  1,
	  { 1 } },
};

static void
test_sack_rows(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(sack_rows); i++) {
		const struct sack_row *row = &sack_rows[i];
		uint8_t bytes[60] = { 0 };
		struct tcp_seg s;

		bytes[12] = (uint8_t)((5 + row->len / 4) << 4);
		bytes[13] = row->flags;
		memcpy(bytes + 20, row->opt, row->len);
		CU_ASSERT_EQUAL_FATAL(parse(bytes, 20U + row->len, &s), 0);
		CU_ASSERT_EQUAL(s.sack_permitted, row->permitted);
		CU_ASSERT_EQUAL_FATAL(s.nb_sacks, row->n);
		for (uint8_t k = 0; k < row->n; k++)
			CU_ASSERT_EQUAL(s.sacks[k].start, row->starts[k]);
	}
}

static void
test_random_bytes(void)
{
	uint64_t rng = harness_seed();

	for (int n = 0; n < 20000; n++) {
		uint8_t bytes[64];
		uint32_t len = (uint32_t)(harness_rand(&rng) % (sizeof(bytes) + 1));
		struct tcp_seg s;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			uint64_t r = harness_rand(&rng);

			/* Mostly numbers that mean something in options. */
			bytes[i] = (uint8_t)(r & 0x300 ? r % 11 : r);
		}
		bytes[12] = (uint8_t)harness_rand(&rng);
		if (parse(bytes, len, &s) == 0) {
			CU_ASSERT_EQUAL(s.hdr_len + s.payload_len, len);
			CU_ASSERT(s.wscale <= TCP_WSCALE_MAX);
			CU_ASSERT(s.nb_sacks <= TCP_SACKS_MAX);
		}
	}
}

static void
test_write(void)
{
	struct tcp_seg s = {
		.src_port = 40000,
		.dst_port = 443,
		.seq = 0xfffffffe,
		.flags = TCP_SYN,
		.wnd = 64240,
		.mss = 1460,
		.has_wscale = true,
		.wscale = 7,
		.has_ts = true,
		.ts_val = 0x11223344,
	};
	static const uint8_t options[] = {
		0x02, 0x04, 0x05, 0xb4, 0x01, 0x03, 0x03, 0x07, 0x01, 0x01,
		0x08, 0x0a, 0x11, 0x22, 0x33, 0x44, 0x00, 0x00, 0x00, 0x00,
	};
	uint8_t out[TCP_HDR_MAX];

	memset(out, 0xee, sizeof(out));
	CU_ASSERT_EQUAL(tcp_seg_write(&s, out), 40);
	CU_ASSERT_EQUAL(memcmp(out, syn_bytes, 20), 0);
	CU_ASSERT_EQUAL(memcmp(out + 20, options, sizeof(options)), 0);
	CU_ASSERT_EQUAL(out[40], 0xee);
}

/* Without timestamps SACK-permitted has words of its own, beside them it has the place of their NOPs. */
static void
test_write_sack_permitted(void)
{
	static const uint8_t alone[] = { 0x01, 0x01, 0x04, 0x02 };
	static const uint8_t beside[] = { 0x04, 0x02, 0x08, 0x0a, 0x11, 0x22, 0x33, 0x44 };
	struct tcp_seg s = { .flags = TCP_SYN, .sack_permitted = true };
	uint8_t out[TCP_HDR_MAX];

	CU_ASSERT_EQUAL(tcp_seg_write(&s, out), 24);
	CU_ASSERT_EQUAL(memcmp(out + 20, alone, sizeof(alone)), 0);
	s.has_ts = true;
	s.ts_val = 0x11223344;
	CU_ASSERT_EQUAL(tcp_seg_write(&s, out), 32);
	CU_ASSERT_EQUAL(memcmp(out + 20, beside, sizeof(beside)), 0);
}

/* 40 bytes of options hold three blocks beside timestamps, and four without. */
static void
test_write_sack(void)
{
	struct tcp_seg s = {
		.src_port = 40000,
		.dst_port = 443,
		.seq = 1,
		.ack = 0xfffffc18,
		.flags = TCP_ACK,
		.wnd = 64240,
		.has_ts = true,
		.ts_val = 0x11223344,
		.ts_ecr = 0x55667788,
		.nb_sacks = 4,
	};
	uint8_t out[TCP_HDR_MAX + 1];

	memcpy(s.sacks, three_blocks, sizeof(three_blocks));
	s.sacks[3] = (struct tcp_sack){ 1, 2 };
	memset(out, 0xee, sizeof(out));
	CU_ASSERT_EQUAL(tcp_seg_write(&s, out), 60);
	CU_ASSERT_EQUAL(memcmp(out, sack_bytes, sizeof(sack_bytes)), 0);
	CU_ASSERT_EQUAL(out[60], 0xee);

	s.has_ts = false;
	CU_ASSERT_EQUAL(tcp_seg_write(&s, out), 56);
	CU_ASSERT_EQUAL(out[20 + 3], 34);
	CU_ASSERT_EQUAL(memcmp(out + 24, sack_bytes + 36, 24), 0);
	CU_ASSERT_EQUAL(memcmp(out + 48, (uint8_t[]){ 0, 0, 0, 1, 0, 0, 0, 2 }, 8), 0);
}

static void
test_copy(void)
{
	struct tcp_seg from = { .seq = 5, .wscale = 3, .nb_sacks = 1, .sacks = { { 1, 2 } } }, to;

	memset(&to, 0xee, sizeof(to));
	tcp_seg_copy(&to, &from);
	CU_ASSERT_EQUAL(to.seq, 5);
	CU_ASSERT_EQUAL(to.wscale, 3);
	CU_ASSERT_EQUAL(to.nb_sacks, 1);
	CU_ASSERT_EQUAL(to.sacks[0].start, 1);
	CU_ASSERT_EQUAL(to.sacks[0].end, 2);
	tcp_seg_clear(&to);
	CU_ASSERT_EQUAL(to.seq, 0);
	CU_ASSERT_EQUAL(to.nb_sacks, 0);
}

static void
test_round_trip(void)
{
	uint64_t rng = harness_seed();

	for (int n = 0; n < 2000; n++) {
		uint64_t r = harness_rand(&rng);
		bool syn = r & 1;
		struct tcp_seg a = {
			.seq = (uint32_t)harness_rand(&rng),
			.ack = (uint32_t)harness_rand(&rng),
			.src_port = (uint16_t)harness_rand(&rng),
			.dst_port = (uint16_t)harness_rand(&rng),
			.wnd = (uint16_t)harness_rand(&rng),
			.flags = (uint8_t)(syn ? TCP_SYN : r & 0xf9 & ~TCP_SYN),
			.payload_len = (uint32_t)(r >> 8 & 0xfff),
		};
		uint8_t out[TCP_HDR_MAX];
		struct tcp_seg b;
		uint32_t len;

		if (r & 1 << 20) {
			a.has_ts = true;
			a.ts_val = (uint32_t)harness_rand(&rng);
			a.ts_ecr = (uint32_t)harness_rand(&rng);
		}
		if (syn && r & 1 << 21)
			a.mss = (uint16_t)(1 + harness_rand(&rng) % 65535);
		if (syn && r & 1 << 22) {
			a.has_wscale = true;
			a.wscale = (uint8_t)(harness_rand(&rng) % 15);
		}
		a.sack_permitted = syn && r & 1 << 23;
		for (uint8_t k = 0; !syn && k < (r >> 24 & 3); k++) {
			a.sacks[k].start = (uint32_t)harness_rand(&rng);
			a.sacks[k].end = a.sacks[k].start + 1 +
					 (harness_rand(&rng) & (INT32_MAX - 1));
			a.nb_sacks++;
		}
		len = tcp_seg_write(&a, out);
		a.hdr_len = (uint8_t)len;
		/* The payload is not read: only its length is told. */
		CU_ASSERT_EQUAL_FATAL(tcp_seg_parse(out, len + a.payload_len, &b), 0);
		CU_ASSERT_EQUAL(a.seq, b.seq);
		CU_ASSERT_EQUAL(a.ack, b.ack);
		CU_ASSERT_EQUAL(a.src_port, b.src_port);
		CU_ASSERT_EQUAL(a.dst_port, b.dst_port);
		CU_ASSERT_EQUAL(a.wnd, b.wnd);
		CU_ASSERT_EQUAL(a.flags, b.flags);
		CU_ASSERT_EQUAL(a.hdr_len, b.hdr_len);
		CU_ASSERT_EQUAL(a.payload_len, b.payload_len);
		CU_ASSERT_EQUAL(a.mss, b.mss);
		CU_ASSERT_EQUAL(a.has_wscale, b.has_wscale);
		CU_ASSERT_EQUAL(a.wscale, b.wscale);
		CU_ASSERT_EQUAL(a.has_ts, b.has_ts);
		CU_ASSERT_EQUAL(a.ts_val, b.ts_val);
		CU_ASSERT_EQUAL(a.ts_ecr, b.ts_ecr);
		CU_ASSERT_EQUAL(a.sack_permitted, b.sack_permitted);
		CU_ASSERT_EQUAL_FATAL(a.nb_sacks, b.nb_sacks);
		CU_ASSERT_EQUAL(memcmp(a.sacks, b.sacks, a.nb_sacks * sizeof(a.sacks[0])), 0);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a SYN written by hand", test_syn },
		{ "every data offset and length", test_lengths },
		{ "options, good and bad", test_options },
		{ "SACK by hand", test_sack },
		{ "SACK, good and bad", test_sack_rows },
		{ "random bytes", test_random_bytes },
		{ "write", test_write },
		{ "write SACK-permitted", test_write_sack_permitted },
		{ "write SACK", test_write_sack },
		{ "clear and copy", test_copy },
		{ "round trip", test_round_trip },
	};

	return harness_run("tcp/seg", cases, HARNESS_COUNT(cases));
}
