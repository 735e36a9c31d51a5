/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/core/record.c */
/* flags: --unwind 13 */
#include <recordtls/tls.h>

#include "core/record.h"
#include "proof.h"

static const struct record_suite *
suite(void)
{
	return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
}

/* A header that passes has a body with an inner type and a tag, not longer than allowed. */
void
prove_header(void)
{
	uint8_t hdr[RECORD_HDR_LEN];
	struct record_header h = record_header_read(hdr);

	if (record_header_check(suite(), &h) != 0)
		return;
	PROVE(record_inner_len(suite(), h.body_len) >= 1);
	PROVE(record_inner_len(suite(), h.body_len) <= RECORD_PLAIN_MAX + RECORD_EXPAND_MAX_13);
	PROVE(RECORD_HDR_LEN + h.body_len <= RECORD_WIRE_MAX_RX);
}

/* Two record numbers of a key never have one nonce. */
void
prove_nonce(void)
{
	uint8_t iv[RECORD_NONCE_LEN], one[RECORD_NONCE_LEN], two[RECORD_NONCE_LEN];
	uint64_t a = nondet_u64(), b = nondet_u64();
	bool differ = false;

	record_nonce(suite(), iv, a, one);
	record_nonce(suite(), iv, b, two);
	for (unsigned int i = 4; i < RECORD_NONCE_LEN; i++)
		differ |= one[i] != two[i];
	PROVE(a == b || differ);
}
