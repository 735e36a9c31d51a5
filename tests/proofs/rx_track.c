/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: drivers/tlsnic/rx_track.c lib/core/record.c */
/* flags: --unwind 15 -Idrivers -Itests */
#include <recordtls/tls.h>

#include "proof.h"
#include "support/suites.h"
#include "tlsnic/rx_track.h"

static struct rx_track t;

static bool
track_holds(void)
{
	struct record_header h = record_header_read(t.hdr);

	if (t.passed > RX_TRACK_WINDOW)
		return false;
	if ((t.state == RX_TRACK_BODY || t.state == RX_TRACK_TAG) &&
	    record_header_check(t.suite, &h) != 0)
		return false;
	switch (t.state) {
	case RX_TRACK_HEADER:
		return t.left >= 1 && t.left <= record_prefix_len(t.suite);
	case RX_TRACK_BODY:
		return t.left >= 1 && t.left <= record_inner_len(t.suite, h.body_len);
	case RX_TRACK_TAG:
		return t.left >= 1 && t.left <= RECORD_TAG_LEN;
	case RX_TRACK_IDLE:
	case RX_TRACK_GONE:
	case RX_TRACK_LOST:
		return true;
	}
	return false;
}

static void
any_track(void)
{
	struct rx_track any;

	t = any;
	t.suite = nondet_bool() ? record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128) :
				  suite_tls12_gcm();
	ASSUME(track_holds());
}

/* A packet anywhere: what is taken begins at the expected byte, and lies in the packet. */
void
prove_take(void)
{
	uint32_t seq = nondet_u32(), len = nondet_u32(), skip;
	enum rx_track_take take;

	any_track();
	ASSUME(len <= UINT16_MAX);
	take = rx_track_take(&t, seq, len, &skip);
	PROVE(track_holds());
	if (take != RX_TAKE_ALL && take != RX_TAKE_TAIL && take != RX_TAKE_JUMP)
		return;
	PROVE(skip <= len && seq + skip == t.expected && (take != RX_TAKE_ALL || skip == 0));
	PROVE(rx_track_has_place(&t));
	/* Where a run begins, a record does. */
	PROVE(take != RX_TAKE_JUMP ||
	      (t.state == RX_TRACK_HEADER && t.left == record_prefix_len(t.suite)));
}

/* The expected byte is one of its record's; of those behind a header the length is known. */
void
prove_place(void)
{
	struct rx_place p;

	any_track();
	ASSUME(rx_track_has_place(&t));
	p = rx_track_place(&t);
	PROVE(p.rec_no == t.rec_no);
	PROVE((p.len == 0) == (t.state == RX_TRACK_HEADER));
	if (p.len == 0)
		PROVE(p.off < record_prefix_len(t.suite));
	else
		PROVE(p.off >= record_prefix_len(t.suite) && p.off < p.len);
	PROVE(p.len <= RECORD_HDR_LEN + (uint32_t)t.suite->body_max);
}

/* The next bytes: at least one is stepped over, none behind them; a tag is filled inside. */
void
prove_step(void)
{
	uint8_t bytes[RX_TRACK_HDR_MAX];
	uint32_t len = nondet_u32(), from;
	struct rx_stretch s;

	any_track();
	from = t.expected;
	ASSUME(len >= 1 && (len <= sizeof(bytes) || t.state != RX_TRACK_HEADER));
	s = rx_track_step(&t, bytes + sizeof(bytes) - (len < sizeof(bytes) ? len : sizeof(bytes)),
			  len);
	PROVE(s.len >= 1 && s.len <= len);
	PROVE(s.kind != RX_TRACK_TAG || s.off + s.len <= RECORD_TAG_LEN);
	PROVE(s.error != 0 || track_holds());
	PROVE(s.kind == RX_TRACK_IDLE || s.kind == RX_TRACK_GONE || s.kind == RX_TRACK_LOST ||
	      t.expected == from + s.len);
}
