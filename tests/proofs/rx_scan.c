/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: drivers/tlsnic/rx_scan.c lib/core/record.c */
/* flags: --unwind 10 --unwindset rx_scan_packet.0:4 --object-bits 12 -Idrivers */
/* long: packet */
#include <recordtls/tls.h>

#include "proof.h"
#include "tlsnic/rx_scan.h"

/* Packets with room for a header and a bit; what is in front of them is in the state. */
enum { LEN_MAX = 6 };

static struct rx_scan s;

/* Never more than one header's bytes; whoever follows has no complete one. */
static bool
scan_holds(void)
{
	return s.got < RECORD_HDR_LEN &&
	       (s.state == RX_SCAN_SEARCHING || s.state == RX_SCAN_FOLLOWING) &&
	       (s.state == RX_SCAN_SEARCHING ||
		(s.patience >= RX_SCAN_PATIENCE && s.patience <= 2 * RX_SCAN_PATIENCE_MAX &&
		 s.left >= 1 && s.left <= s.patience));
}

static void
any_scan(void)
{
	struct rx_scan any;

	s = any;
	s.suite = record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
	s.open = nondet_bool();
	ASSUME(scan_holds());
}

static bool
is_legal(const uint8_t *bytes)
{
	struct record_header h = record_header_read(bytes);

	return record_header_check(s.suite, &h) == 0;
}

/*
 * A packet anywhere, with any bytes: nothing outside of it is read, each header is looked at once (the
 * loops end), and what is asked about is a legal header that ends in the packet.
 */
void
prove_packet(void)
{
	uint8_t bytes[LEN_MAX], before[RECORD_HDR_LEN];
	uint32_t seq = nondet_u32(), len = nondet_u32(), asked, got, next;
	bool followed, was_open;
	enum rx_scan_asks asks;

	any_scan();
	ASSUME(len >= 1 && len <= sizeof(bytes));
	memcpy(before, s.hdr, sizeof(before));
	followed = s.state == RX_SCAN_FOLLOWING;
	was_open = s.open;
	asked = s.asked;
	got = s.got;
	next = s.next;
	asks = rx_scan_packet(&s, seq, bytes + sizeof(bytes) - len, len);
	PROVE(scan_holds());
	PROVE(asks != RX_SCAN_DROPS || (followed && s.state == RX_SCAN_SEARCHING));
	PROVE(asks != RX_SCAN_ASKS || s.state == RX_SCAN_FOLLOWING);
	PROVE(asks != RX_SCAN_SAME || followed == (s.state == RX_SCAN_FOLLOWING));
	if (asks == RX_SCAN_SAME && followed)
		PROVE(s.asked == asked && s.open == was_open);
	if (asks == RX_SCAN_ASKS) {
		uint32_t behind = s.asked + RECORD_HDR_LEN - seq, in_front;
		uint8_t hdr[RECORD_HDR_LEN];

		PROVE(s.open);
		PROVE(behind >= 1 && behind <= len);
		/* Its first bytes are those that were kept, or all of it is in the packet. */
		in_front = behind < RECORD_HDR_LEN ? RECORD_HDR_LEN - behind : 0;
		PROVE(in_front <= got && (in_front == 0 || next + got == seq || followed));
		if (next + got == seq) {
			for (uint32_t i = 0; i < RECORD_HDR_LEN; i++)
				hdr[i] = i < in_front ? before[got - in_front + i] :
							bytes[sizeof(bytes) - len + behind -
							      RECORD_HDR_LEN + i];
			PROVE(is_legal(hdr));
		}
	}
	/* Nothing that is to come has gone by. */
	if (s.state == RX_SCAN_FOLLOWING && asks == RX_SCAN_ASKS)
		PROVE((int32_t)(s.next + s.got - (seq + len)) >= 0);
}

/* Being answered, and being put, leave a scan that holds. */
void
prove_others(void)
{
	any_scan();
	if (nondet_bool())
		rx_scan_put(&s);
	else
		rx_scan_end(&s);
	PROVE(scan_holds());
	PROVE(!s.open);
}
