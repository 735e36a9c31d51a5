/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/core/record.c */
/* flags: --unwind 13 */
#include <errno.h>

#include <recordtls/tls.h>

#include "core/record.h"
#include "proof.h"

/* Any row of the table of suites. */
static const struct record_suite *
any_suite(void)
{
	const struct record_suite *s = record_suite_row(nondet_u32());

	ASSUME(s != NULL);
	return s;
}

/* The rows say what the RFCs do, and a header passes when its row allows it, else never. */
void
prove_header(void)
{
	const struct record_suite *s = any_suite();
	bool tls13 = s->version == RTLS_TLS_1_3;
	uint32_t nonce_len = tls13 || s->cipher == RTLS_CIPHER_CHACHA20_POLY1305 ? 0 : 8;
	/* RFC 8446 5.2: inner type, tag and at most 256 bytes more; RFC 5246 6.2.3.3: nonce and tag. */
	uint32_t min = tls13 ? 1 + 16 : nonce_len + 16;
	uint32_t max = tls13 ? 16384 + 256 : nonce_len + 16384 + 16;
	uint8_t hdr[RECORD_HDR_LEN];
	struct record_header h = record_header_read(hdr);
	uint32_t len = (uint32_t)hdr[3] << 8 | hdr[4];
	bool type = tls13 ? hdr[0] == 23 : hdr[0] != 0;
	bool tls = hdr[1] == 3 && hdr[2] == 3;
	int rc = record_header_check(s, &h);

	PROVE(tls13 || s->version == RTLS_TLS_1_2);
	PROVE((rc == 0) == (tls && type && len >= min && len <= max));
	PROVE(rc == 0 || rc == (tls && type ? -EMSGSIZE : -EINVAL));
	if (rc != 0)
		return;
	PROVE(record_inner_len(s, h.body_len) == len - nonce_len - 16);
	PROVE(record_inner_len(s, h.body_len) >= s->inner_type_len);
	PROVE(record_inner_len(s, h.body_len) <= RECORD_PLAIN_MAX + RECORD_EXPAND_MAX_13);
	PROVE(record_prefix_len(s) == RECORD_HDR_LEN + nonce_len);
}

/* Two record numbers of a key never have one nonce, and the first one has the IV that was set. */
void
prove_nonce(void)
{
	const struct record_suite *s = any_suite();
	uint8_t iv[RECORD_NONCE_LEN], base[RECORD_NONCE_LEN], first[RECORD_NONCE_LEN];
	uint8_t one[RECORD_NONCE_LEN], two[RECORD_NONCE_LEN];
	uint64_t a = nondet_u64(), b = nondet_u64(), start = nondet_u64();
	bool differ = false;

	record_iv_base(s, iv, start, base);
	record_nonce(s, base, a, one);
	record_nonce(s, base, b, two);
	record_nonce(s, base, start, first);
	for (unsigned int i = 0; i < RECORD_NONCE_LEN; i++) {
		differ |= one[i] != two[i];
		PROVE(s->explicit_nonce_len == 0 || first[i] == iv[i]);
		PROVE(i >= 4 || one[i] == iv[i]);
	}
	PROVE(a == b || differ);
}
