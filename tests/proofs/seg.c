/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/tcp/seg.c */
/* flags: --unwind 14 */
#include "proof.h"
#include "tcp/seg.h"

enum { OPTIONS_MAX = 12 };

/*
 * Any header, its options up to OPTIONS_MAX bytes: nothing is read behind them,
 * and the lengths add up.
 */
void
prove_parse(void)
{
	uint8_t bytes[TCP_HDR_MIN + OPTIONS_MAX];
	uint32_t len = nondet_u32();
	struct tcp_seg seg;
	int rc;

	ASSUME(len <= UINT16_MAX && (size_t)(bytes[12] >> 4) * 4 <= sizeof(bytes));
	rc = tcp_seg_parse(bytes, len, &seg);
	PROVE(len >= TCP_HDR_MIN || rc != 0);
	if (rc != 0)
		return;
	PROVE(seg.hdr_len >= TCP_HDR_MIN && seg.hdr_len <= sizeof(bytes));
	PROVE(seg.hdr_len + seg.payload_len == len);
	PROVE(seg.wscale <= TCP_WSCALE_MAX);
	PROVE((seg.flags & TCP_SYN) != 0 ||
	      (seg.mss == 0 && !seg.has_wscale && !seg.sack_permitted));
	PROVE(seg.nb_sacks <= TCP_SACKS_MAX);
	PROVE((seg.flags & TCP_SYN) == 0 || seg.nb_sacks == 0);
}

void
prove_write(void)
{
	uint8_t bytes[TCP_HDR_MAX];
	struct tcp_seg seg;
	uint32_t len;

	ASSUME(seg.nb_sacks <= TCP_SACKS_MAX);
	len = tcp_seg_write(&seg, bytes);
	PROVE(len >= TCP_HDR_MIN && len <= TCP_HDR_MAX && len % 4 == 0);
	PROVE((uint32_t)(bytes[12] >> 4) * 4 == len);
}
