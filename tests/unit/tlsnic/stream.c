/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stream.h"

#include <string.h>

#include <CUnit/CUnit.h>
#include <recordtls/tls.h>

#include "support/harness.h"
#include "support/provider_contract.h"

static const uint8_t bait[] = { 23, 3, 3, 0, 17 };

const struct record_suite *
stream_suite(void)
{
	return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
}

static void
fill(struct stream *st, uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		p[i] = (uint8_t)harness_rand(&st->rng);
}

void
stream_begin(struct stream *st, uint64_t rng, uint32_t prefix, uint64_t first_no)
{
	st->rng = rng;
	st->len = prefix;
	st->records = 0;
	st->bounds[0] = prefix;
	st->first_no = first_no;
	fill(st, st->key, sizeof(st->key));
	fill(st, st->iv, sizeof(st->iv));
	for (uint32_t i = 0; i < prefix; i++)
		st->wire[i] = st->opened[i] = bait[i % sizeof(bait)];
}

/* RFC 8446 5.3, written apart from core/record. */
static void
nonce_of(const struct stream *st, uint64_t no, uint8_t nonce[12])
{
	memcpy(nonce, st->iv, 12);
	for (unsigned int i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(no >> (8 * i));
}

void
stream_add(struct stream *st, uint32_t plain_len, uint32_t pad_len)
{
	uint32_t inner = plain_len + 1 + pad_len, body = inner + 16;
	uint8_t hdr[] = { 23, 3, 3, (uint8_t)(body / 256), (uint8_t)(body % 256) };
	uint8_t *wire = st->wire + st->len, *opened = st->opened + st->len;
	uint8_t nonce[12];

	CU_ASSERT_FATAL(st->records < STREAM_RECORDS_MAX && body <= 16384 + 256);
	CU_ASSERT_FATAL(st->len + 5 + body <= STREAM_MAX);
	memcpy(wire, hdr, 5);
	fill(st, opened + 5, plain_len);
	opened[5 + plain_len] = 23;
	memset(opened + 5 + plain_len + 1, 0, pad_len);
	nonce_of(st, st->first_no + st->records, nonce);
	contract_oracle_seal(stream_suite(), st->key, nonce, hdr, 5, opened + 5, (int)inner,
			     wire + 5, wire + 5 + inner);
	memcpy(opened, hdr, 5);
	memcpy(opened + 5 + inner, wire + 5 + inner, 16);
	st->len += 5 + body;
	st->bounds[++st->records] = st->len;
}

void
stream_fill(struct stream *st, uint32_t len)
{
	while (st->len < len && st->records < STREAM_RECORDS_MAX) {
		uint32_t most = harness_below(&st->rng, 3) == 0 ? 40 : RECORD_PLAIN_MAX + 1;
		uint32_t plain = harness_below(&st->rng, most);
		uint32_t pad = harness_below(&st->rng, 4) == 0 ? harness_below(&st->rng, 30) : 0;

		stream_add(st, plain, pad);
	}
}
