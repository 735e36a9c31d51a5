/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "scripts/wire.h"

#include <stdbool.h>
#include <string.h>

#include "support/net_bytes.h"

enum {
	HDR_MIN = 20,
	OPT_END = 0,
	OPT_NOP = 1,
	OPT_MSS = 2,
	OPT_WSCALE = 3,
	OPT_SACKOK = 4,
	OPT_SACK = 5,
	OPT_TS = 8,
};

static uint8_t *
option(uint8_t *at, uint8_t nops, uint8_t kind, uint8_t len)
{
	memset(at, OPT_NOP, nops);
	at[nops] = kind;
	at[nops + 1] = len;
	return at + nops + 2;
}

static uint8_t *
write_sack(const struct packet *p, uint8_t *at)
{
	at = option(at, 2, OPT_SACK, (uint8_t)(2 + 8 * p->nb_sack));
	for (uint32_t i = 0; i < p->nb_sack; i++, at += 8) {
		put32(at, p->sack[i].start);
		put32(at + 4, p->sack[i].end);
	}
	return at;
}

static uint8_t *
write_options(const struct packet *p, uint8_t *at)
{
	if (p->has & PACKET_HAS_MSS) {
		at = option(at, 0, OPT_MSS, 4);
		put16(at, p->mss);
		at += 2;
	}
	if (p->has & PACKET_HAS_WSCALE) {
		at = option(at, 1, OPT_WSCALE, 3);
		*at++ = p->wscale;
	}
	if (p->has & PACKET_HAS_SACKOK)
		at = option(at, 2, OPT_SACKOK, 2);
	if (p->has & PACKET_HAS_TS) {
		at = option(at, 2, OPT_TS, 10);
		put32(at, p->ts_val);
		put32(at + 4, p->ts_ecr);
		at += 8;
	}
	if (p->has & PACKET_HAS_SACK)
		at = write_sack(p, at);
	memcpy(at, p->raw, p->raw_len);
	return at + p->raw_len;
}

uint32_t
wire_write(const struct packet *p, uint16_t src_port, uint16_t dst_port, uint32_t stream_seq,
	   uint8_t *out)
{
	uint32_t hdr_len;

	memset(out, 0, HDR_MIN);
	put16(out, src_port);
	put16(out + 2, dst_port);
	put32(out + 4, p->seq);
	put32(out + 8, p->ack);
	out[13] = p->flags;
	put16(out + 14, p->win);
	put16(out + 18, p->urgent);
	hdr_len = (uint32_t)(write_options(p, out + HDR_MIN) - out);
	out[12] = (uint8_t)((p->has & PACKET_HAS_OFFSET ? p->offset : hdr_len / 4) << 4);
	for (uint32_t i = 0; i < p->len; i++)
		out[hdr_len + i] = packet_byte(stream_seq + i) ^ (p->other ? 0xff : 0);
	return hdr_len + p->len;
}

/* How long an option of a kind is; 0: any length. */
static uint32_t
right_len(uint8_t kind, uint8_t len)
{
	switch (kind) {
	case OPT_MSS:
		return 4;
	case OPT_WSCALE:
		return 3;
	case OPT_SACKOK:
		return 2;
	case OPT_TS:
		return 10;
	case OPT_SACK:
		return len >= 10 && len <= 34 && len % 8 == 2 ? len : 10;
	default:
		return len;
	}
}

static void
read_option(const uint8_t *opt, struct packet *out)
{
	switch (opt[0]) {
	case OPT_MSS:
		out->has |= PACKET_HAS_MSS;
		out->mss = (uint16_t)get16(opt + 2);
		break;
	case OPT_WSCALE:
		out->has |= PACKET_HAS_WSCALE;
		out->wscale = opt[2];
		break;
	case OPT_SACKOK:
		out->has |= PACKET_HAS_SACKOK;
		break;
	case OPT_TS:
		out->has |= PACKET_HAS_TS;
		out->ts_val = get32(opt + 2);
		out->ts_ecr = get32(opt + 6);
		break;
	case OPT_SACK:
		out->has |= PACKET_HAS_SACK;
		out->nb_sack = (uint8_t)((opt[1] - 2) / 8);
		for (uint32_t i = 0; i < out->nb_sack; i++)
			out->sack[i] = (struct packet_block){ get32(opt + 2 + 8 * i),
							      get32(opt + 6 + 8 * i) };
		break;
	default:
		break;
	}
}

static const char *
read_options(const uint8_t *opt, uint32_t len, struct packet *out)
{
	bool syn = out->flags & PACKET_SYN;

	for (uint32_t i = 0; i < len && opt[i] != OPT_END;
	     i += opt[i] == OPT_NOP ? 1 : opt[i + 1]) {
		if (opt[i] == OPT_NOP)
			continue;
		if (i + 1 >= len || opt[i + 1] < 2 || i + opt[i + 1] > len)
			return "a TCP option with a wrong length";
		if (opt[i + 1] != right_len(opt[i], opt[i + 1]))
			return "a known TCP option of the wrong size";
		if (!syn && (opt[i] == OPT_MSS || opt[i] == OPT_WSCALE || opt[i] == OPT_SACKOK))
			return "a TCP option that belongs on SYN only";
		read_option(opt + i, out);
	}
	return NULL;
}

const char *
wire_read(const uint8_t *bytes, uint32_t len, struct packet *out, const uint8_t **payload)
{
	uint32_t hdr_len;

	*out = (struct packet){ .has = PACKET_HAS_SEQ | PACKET_HAS_WIN };
	if (len < HDR_MIN)
		return "a TCP header cut short";
	hdr_len = (uint32_t)(bytes[12] >> 4) * 4;
	if (hdr_len < HDR_MIN || hdr_len > len)
		return "a wrong TCP data offset";
	if ((bytes[12] & 0x0f) != 0)
		return "reserved TCP bits";
	out->seq = get32(bytes + 4);
	out->ack = get32(bytes + 8);
	out->flags = bytes[13];
	out->win = (uint16_t)get16(bytes + 14);
	out->urgent = (uint16_t)get16(bytes + 18);
	out->len = len - hdr_len;
	out->has |= out->flags & PACKET_ACK ? PACKET_HAS_ACK : 0;
	out->has |= out->flags & PACKET_URG ? PACKET_HAS_URGENT : 0;
	*payload = bytes + hdr_len;
	return read_options(bytes + HDR_MIN, hdr_len - HDR_MIN, out);
}
