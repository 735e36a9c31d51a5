/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/open_place.h"

#include <string.h>

enum { HDR = 5, NONCE = 8, TAG = 16 };

/* Bytes in front of what is sealed: "header, in TLS 1.2 with the explicit nonce". */
static uint32_t
prefix_len(const struct double_context *c)
{
	struct peer key = seal_port_key(c, 0);

	return peer_prefix(&key);
}

uint32_t
open_place_len(const struct double_context *c, const struct open_place *p)
{
	return p->got < prefix_len(c) ? 0 : HDR + ((uint32_t)p->record[3] << 8 | p->record[4]);
}

bool
open_place_is_header(const struct double_context *c, const uint8_t *h)
{
	uint32_t len = (uint32_t)h[3] << 8 | h[4], least = prefix_len(c) - HDR + TAG;

	if (h[1] != 3 || h[2] != 3)
		return false;
	if (c->version == RTLS_TLS_1_2)
		return h[0] != 0 && len >= least && len <= least + 16384;
	return h[0] == 23 && len > TAG && len <= 16384 + 256;
}

/* What there is of the record, opened; at its end: is it authentic? */
static bool
open_record(const struct double_context *c, const struct open_place *p, uint8_t *clear)
{
	uint32_t len = open_place_len(c, p), prefix = prefix_len(c);
	uint32_t n = RTE_MIN(p->got, len - TAG) - prefix;
	struct peer key = seal_port_key(c, p->rec_no);
	uint8_t nonce[12], aad[13], tag[TAG], again[PEER_WIRE_MAX];
	int aad_len = peer_aad(&key, p->rec_no, p->record, aad);

	peer_nonce(&key, p->rec_no, p->record, nonce);
	/* A stream cipher: sealing what is sealed opens it. */
	peer_aead(&key, 1, nonce, aad, aad_len, p->record + prefix, (int)n, clear, tag);
	if (p->got < len)
		return true;
	peer_aead(&key, 1, nonce, aad, aad_len, clear, (int)n, again, tag);
	return memcmp(tag, p->record + len - TAG, TAG) == 0;
}

void
open_place_begin(struct open_place *p, uint64_t rec_no)
{
	p->rec_no = rec_no;
	p->got = 0;
}

/*
 * The next bytes, of one record. Returns how many; 0: what they end is no header, or not authentic
 * where that is asked.
 */
static uint32_t
take_some(const struct double_context *c, struct open_place *p, uint8_t *bytes, uint32_t len,
	  bool verifies)
{
	uint8_t clear[PEER_WIRE_MAX];
	uint32_t whole = open_place_len(c, p), prefix = prefix_len(c), from = p->got, to;

	to = RTE_MIN(from + len, whole != 0 ? whole : prefix);
	memcpy(p->record + from, bytes, to - from);
	p->got = to;
	if (whole == 0)
		return to == prefix && !open_place_is_header(c, p->record) ? 0 : to - from;
	if (!open_record(c, p, clear) && verifies)
		return 0;
	for (uint32_t i = from; i < to && i < whole - TAG; i++)
		bytes[i - from] = clear[i - prefix];
	if (to == whole)
		open_place_begin(p, p->rec_no + 1);
	return to - from;
}

/* Length and nonce of the record that it stands in, if it has got them. */
static void
say_record(const struct double_context *c, const struct open_place *p,
	   struct rtls_tls_rx_mark *said)
{
	said->rec_len = (uint16_t)open_place_len(c, p);
	if (said->rec_len != 0 && prefix_len(c) > HDR)
		memcpy(said->explicit_nonce, p->record + HDR, NONCE);
}

bool
open_place_takes(const struct double_context *c, struct open_place *p, uint8_t *bytes, uint32_t len,
		 bool verifies, struct rtls_tls_rx_mark *said)
{
	uint64_t first = p->rec_no;
	uint32_t n;

	say_record(c, p, said);
	for (uint32_t done = 0; done < len; done += n) {
		n = take_some(c, p, bytes + done, len - done, verifies);
		if (n == 0)
			return false;
		if (p->rec_no == first)
			say_record(c, p, said);
	}
	p->at += len;
	return true;
}
