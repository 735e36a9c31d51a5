/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * TCP header and options: tcp_seg_parse against a reader written apart from RFC 9293 3.1 and 3.2
 * RFC 7323 2.2 and 3.2 and RFC 2018 2 and 3, which collects the options first and judges them afterwards. What
 * was read is written and read again: the same.
 *
 * Input: the header and what follows it.
 */

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "tcp/seg.h"

/* Each option kind that counts: how long it is, and where its first proper one begins. */
struct option {
	uint8_t kind;
	uint8_t len;
	int at; /* -1: none */
};

static unsigned int
be(const uint8_t *p, int n)
{
	unsigned int v = 0;

	while (n-- > 0)
		v = v * 256 + *p++;
	return v;
}

static void
find_options(const uint8_t *tcp, int end, struct option *opts, int n)
{
	int at = 20;

	while (at < end) {
		int len;

		if (tcp[at] == 0) /* end of option list */
			return;
		if (tcp[at] == 1) { /* no operation */
			at++;
			continue;
		}
		if (at + 1 == end) /* the length is missing */
			return;
		len = tcp[at + 1];
		if (len < 2 || at + len > end) /* MUST-7: illegal lengths are survived */
			return;
		for (int i = 0; i < n; i++)
			if (opts[i].kind == tcp[at] && opts[i].len == len && opts[i].at < 0)
				opts[i].at = at;
		at += len;
	}
}

/* Of the SACK options, how many proper blocks the first with one has, and which. */
static void
check_sacks(const uint8_t *tcp, int end, const struct tcp_seg *seg)
{
	int at = 20, n = 0;

	while (n == 0 && at < end && tcp[at] != 0) {
		int len = 1;

		if (tcp[at] != 1) {
			if (at + 1 == end || tcp[at + 1] < 2 || at + tcp[at + 1] > end)
				break;
			len = tcp[at + 1];
		}
		if (tcp[at] == 5 && (len - 2) % 8 == 0)
			for (int b = at + 2; b < at + len; b += 8) {
				unsigned int start = be(tcp + b, 4), stop = be(tcp + b + 4, 4);

				if (start == stop || stop - start >= 0x80000000)
					continue;
				FUZZ_CHECK(n < seg->nb_sacks);
				FUZZ_CHECK(seg->sacks[n].start == start &&
					   seg->sacks[n].end == stop);
				n++;
			}
		at += len;
	}
	FUZZ_CHECK(n == seg->nb_sacks);
}

static void
check_options(const uint8_t *tcp, int hdr_len, const struct tcp_seg *seg)
{
	struct option opts[] = { { 2, 4, -1 }, { 3, 3, -1 }, { 8, 10, -1 }, { 4, 2, -1 } };
	int syn = tcp[13] & 2;
	unsigned int mss = 0;
	int at;

	find_options(tcp, hdr_len, opts, 4);
	/* An MSS of zero is as none; a second one may follow it. */
	if (syn && opts[0].at >= 0)
		mss = be(tcp + opts[0].at + 2, 2);
	FUZZ_CHECK(mss == 0 || seg->mss == mss);
	FUZZ_CHECK(!(opts[0].at < 0 || !syn) || seg->mss == 0);

	at = opts[1].at;
	FUZZ_CHECK(seg->has_wscale == (syn && at >= 0));
	if (seg->has_wscale)
		FUZZ_CHECK(seg->wscale == (tcp[at + 2] > 14 ? 14 : tcp[at + 2]));

	FUZZ_CHECK(seg->sack_permitted == (syn && opts[3].at >= 0));
	if (syn)
		FUZZ_CHECK(seg->nb_sacks == 0);
	else
		check_sacks(tcp, hdr_len, seg);

	at = opts[2].at;
	FUZZ_CHECK(seg->has_ts == (at >= 0));
	if (seg->has_ts) {
		FUZZ_CHECK(seg->ts_val == be(tcp + at + 2, 4));
		FUZZ_CHECK(seg->ts_ecr == be(tcp + at + 6, 4));
	}
}

static void
check_header(const uint8_t *tcp, int hdr_len, int len, const struct tcp_seg *seg)
{
	FUZZ_CHECK(seg->hdr_len == hdr_len);
	FUZZ_CHECK((int)seg->payload_len == len - hdr_len);
	FUZZ_CHECK(seg->src_port == be(tcp, 2));
	FUZZ_CHECK(seg->dst_port == be(tcp + 2, 2));
	FUZZ_CHECK(seg->seq == be(tcp + 4, 4));
	FUZZ_CHECK(seg->ack == be(tcp + 8, 4));
	FUZZ_CHECK(seg->flags == tcp[13]);
	FUZZ_CHECK(seg->wnd == be(tcp + 14, 2));
}

static void
check_round_trip(const struct tcp_seg *seg)
{
	uint8_t bytes[TCP_HDR_MAX + 1];
	struct tcp_seg again;
	uint32_t hdr_len;

	memset(bytes, 0xa5, sizeof(bytes));
	hdr_len = tcp_seg_write(seg, bytes);
	FUZZ_CHECK(hdr_len >= TCP_HDR_MIN && hdr_len <= TCP_HDR_MAX && hdr_len % 4 == 0);
	for (uint32_t i = hdr_len; i < sizeof(bytes); i++)
		FUZZ_CHECK(bytes[i] == 0xa5);
	FUZZ_CHECK(tcp_seg_parse(bytes, hdr_len + seg->payload_len, &again) == 0);
	check_header(bytes, (int)hdr_len, (int)(hdr_len + seg->payload_len), &again);
	FUZZ_CHECK(again.mss == seg->mss && again.has_wscale == seg->has_wscale &&
		   again.wscale == seg->wscale && again.has_ts == seg->has_ts &&
		   again.ts_val == seg->ts_val && again.ts_ecr == seg->ts_ecr &&
		   again.sack_permitted == seg->sack_permitted && again.nb_sacks == seg->nb_sacks);
	for (uint8_t i = 0; i < seg->nb_sacks; i++)
		FUZZ_CHECK(again.sacks[i].start == seg->sacks[i].start &&
			   again.sacks[i].end == seg->sacks[i].end);
	FUZZ_CHECK(again.seq == seg->seq && again.ack == seg->ack && again.wnd == seg->wnd &&
		   again.flags == seg->flags && again.payload_len == seg->payload_len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Memory of exactly this size: AddressSanitizer sees a read behind it. */
	uint8_t *tcp = malloc(size != 0 ? size : 1);
	struct tcp_seg seg;
	int hdr_len = size >= 20 ? (data[12] / 16) * 4 : 0;
	bool good = hdr_len >= 20 && (size_t)hdr_len <= size;
	int rc;

	if (tcp == NULL)
		abort();
	if (size != 0)
		memcpy(tcp, data, size);
	rc = tcp_seg_parse(tcp, (uint32_t)size, &seg);
	FUZZ_CHECK((rc == 0) == good);
	if (good) {
		check_header(tcp, hdr_len, (int)size, &seg);
		check_options(tcp, hdr_len, &seg);
		check_round_trip(&seg);
	}
	free(tcp);
	return 0;
}
