/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/seg.h"

#include <errno.h>
#include <string.h>

#include "core/bytes.h"

enum {
	OPT_END = 0,
	OPT_NOP = 1,
	OPT_MSS = 2,
	OPT_MSS_LEN = 4,
	OPT_WSCALE = 3,
	OPT_WSCALE_LEN = 3,
	OPT_SACK_PERMITTED = 4,
	OPT_SACK_PERMITTED_LEN = 2,
	OPT_SACK = 5,
	OPT_SACK_HEAD_LEN = 2,
	OPT_SACK_BLOCK_LEN = 8,
	OPT_TS = 8,
	OPT_TS_LEN = 10,
	OPT_TS_ALIGNED = OPT_NOP << 24 | OPT_NOP << 16 | OPT_TS << 8 | OPT_TS_LEN,
	OPT_TS_SACK_PERMITTED = OPT_SACK_PERMITTED << 24 | OPT_SACK_PERMITTED_LEN << 16 |
				OPT_TS << 8 | OPT_TS_LEN,
};

static uint8_t *
write16(uint8_t *p, uint16_t v)
{
	put_be16(p, v);
	return p + 2;
}

static uint8_t *
write32(uint8_t *p, uint32_t v)
{
	put_be32(p, v);
	return p + 4;
}

/* RFC 2018 3: as many blocks as the length says, of which each must hold something. */
static void
parse_sack(const uint8_t *opt, uint32_t len, struct tcp_seg *out)
{
	if (len > OPT_SACK_HEAD_LEN + TCP_SACKS_MAX * OPT_SACK_BLOCK_LEN)
		return;
	for (uint32_t at = OPT_SACK_HEAD_LEN; at < len; at += OPT_SACK_BLOCK_LEN) {
		uint32_t start = get_be32(opt + at), end = get_be32(opt + at + 4);

		if ((int32_t)(end - start) > 0)
			out->sacks[out->nb_sacks++] = (struct tcp_sack){ start, end };
	}
}

/*
 * One option of len bytes, kind and length included. MSS, window scale and SACK-permitted
 * belong to a SYN and count nowhere else, as do blocks of SACK on one. Of an option that
 * comes twice the first counts.
 */
static void
parse_option(const uint8_t *opt, uint32_t len, struct tcp_seg *out)
{
	bool syn = (out->flags & TCP_SYN) != 0;

	if (opt[0] == OPT_TS && len == OPT_TS_LEN && !out->has_ts) {
		out->has_ts = true;
		out->ts_val = get_be32(opt + 2);
		out->ts_ecr = get_be32(opt + 6);
	} else if (opt[0] == OPT_MSS && len == OPT_MSS_LEN && syn && out->mss == 0) {
		out->mss = get_be16(opt + 2);
	} else if (opt[0] == OPT_WSCALE && len == OPT_WSCALE_LEN && syn && !out->has_wscale) {
		out->has_wscale = true;
		out->wscale = opt[2] > TCP_WSCALE_MAX ? TCP_WSCALE_MAX : opt[2];
	} else if (opt[0] == OPT_SACK_PERMITTED && len == OPT_SACK_PERMITTED_LEN && syn) {
		out->sack_permitted = true;
	} else if (opt[0] == OPT_SACK && len % OPT_SACK_BLOCK_LEN == OPT_SACK_HEAD_LEN && !syn &&
		   out->nb_sacks == 0) {
		parse_sack(opt, len, out);
	}
}

static void
parse_options(const uint8_t *opt, uint32_t left, struct tcp_seg *out)
{
	while (left > 0 && opt[0] != OPT_END) {
		uint32_t len = 1;

		if (opt[0] != OPT_NOP) {
			if (left < 2)
				return;
			len = opt[1];
			if (len < 2 || len > left)
				return;
			parse_option(opt, len, out);
		}
		opt += len;
		left -= len;
	}
}

int
tcp_seg_parse(const uint8_t *tcp, uint32_t len, struct tcp_seg *out)
{
	uint32_t hdr_len;

	if (len < TCP_HDR_MIN)
		return -EINVAL;
	hdr_len = (uint32_t)(tcp[12] >> 4) * 4;
	if (hdr_len < TCP_HDR_MIN || hdr_len > len)
		return -EINVAL;

	tcp_seg_clear(out);
	out->src_port = get_be16(tcp);
	out->dst_port = get_be16(tcp + 2);
	out->seq = get_be32(tcp + 4);
	out->ack = get_be32(tcp + 8);
	out->hdr_len = (uint8_t)hdr_len;
	out->flags = tcp[13];
	out->wnd = get_be16(tcp + 14);
	out->payload_len = len - hdr_len;
	tcp += TCP_HDR_MIN;
	/* What nearly all segments have, and nothing else (RFC 7323 appendix A). */
	if (hdr_len == TCP_HDR_MIN + TCP_TS_OPT_LEN && get_be32(tcp) == OPT_TS_ALIGNED)
		parse_option(tcp + 2, OPT_TS_LEN, out);
	else
		parse_options(tcp, hdr_len - TCP_HDR_MIN, out);
	return 0;
}

/* Beside timestamps SACK-permitted takes the place of what aligns them (RFC 7323 appendix A). */
static uint8_t *
write_ts(const struct tcp_seg *s, uint8_t *p)
{
	p = write32(p, s->sack_permitted ? OPT_TS_SACK_PERMITTED : OPT_TS_ALIGNED);
	p = write32(p, s->ts_val);
	return write32(p, s->ts_ecr);
}

/* room: bytes that are left of the longest header, a multiple of 4. */
static uint8_t *
write_sack(const struct tcp_seg *s, uint32_t room, uint8_t *p)
{
	const uint32_t head = 2 + OPT_SACK_HEAD_LEN;
	uint32_t n = room > head ? (room - head) / OPT_SACK_BLOCK_LEN : 0;

	if (n > s->nb_sacks)
		n = s->nb_sacks;
	if (n == 0)
		return p;
	*p++ = OPT_NOP;
	*p++ = OPT_NOP;
	*p++ = OPT_SACK;
	*p++ = (uint8_t)(OPT_SACK_HEAD_LEN + n * OPT_SACK_BLOCK_LEN);
	for (uint32_t i = 0; i < n; i++) {
		p = write32(p, s->sacks[i].start);
		p = write32(p, s->sacks[i].end);
	}
	return p;
}

uint32_t
tcp_seg_write(const struct tcp_seg *s, uint8_t *out)
{
	uint8_t *p = out;
	uint32_t hdr_len;

	p = write16(p, s->src_port);
	p = write16(p, s->dst_port);
	p = write32(p, s->seq);
	p = write32(p, s->ack);
	*p++ = 0;
	*p++ = s->flags;
	p = write16(p, s->wnd);
	p = write32(p, 0); /* checksum and urgent pointer */
	if (s->mss != 0) {
		*p++ = OPT_MSS;
		*p++ = OPT_MSS_LEN;
		p = write16(p, s->mss);
	}
	if (s->has_wscale) {
		*p++ = OPT_NOP;
		*p++ = OPT_WSCALE;
		*p++ = OPT_WSCALE_LEN;
		*p++ = s->wscale;
	}
	if (s->has_ts) {
		p = write_ts(s, p);
	} else if (s->sack_permitted) {
		*p++ = OPT_NOP;
		*p++ = OPT_NOP;
		*p++ = OPT_SACK_PERMITTED;
		*p++ = OPT_SACK_PERMITTED_LEN;
	}
	if (s->nb_sacks > 0)
		p = write_sack(s, TCP_HDR_MAX - (uint32_t)(p - out), p);
	hdr_len = (uint32_t)(p - out);
	out[12] = (uint8_t)(hdr_len / 4 << 4);
	return hdr_len;
}
