/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/core/framer.c lib/core/record.c */
/* flags: --unwind 9 --conversion-check */
#include <recordtls/tls.h>

#include "core/framer.h"
#include "proof.h"

/* Any header at any offset: the next thing to wait for lies behind what is there. */
void
prove_input(void)
{
	uint64_t start = nondet_u64(), end = nondet_u64(), more = nondet_u64();
	uint8_t hdr[RECORD_HDR_LEN];
	struct framer f;

	ASSUME(start < UINT64_C(1) << 60 && end >= start && end < UINT64_C(1) << 60 && more >= end);
	framer_init(&f, record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128), start);
	framer_input(&f, end, end - start >= RECORD_HDR_LEN ? hdr : NULL);
	PROVE(f.need_off > end);
	framer_input(&f, more, NULL);
	PROVE(f.state == FRAMER_COMPLETE || f.state == FRAMER_BROKEN || f.need_off > more ||
	      f.state == FRAMER_WANT_HEADER);
	if (f.state != FRAMER_COMPLETE)
		return;
	PROVE(framer_wire_len(&f) > RECORD_HDR_LEN + RECORD_TAG_LEN);
	PROVE(framer_wire_len(&f) <= RECORD_WIRE_MAX_RX && start + framer_wire_len(&f) <= more);
	PROVE(record_inner_len(f.suite, f.head.body_len) <=
	      RECORD_PLAIN_MAX + RECORD_EXPAND_MAX_13);
	framer_next(&f);
	PROVE(f.start_off > start && f.need_off == f.start_off + RECORD_HDR_LEN);
}
