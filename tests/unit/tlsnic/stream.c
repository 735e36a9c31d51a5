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
stream_begin_of(struct stream *st, const struct record_suite *suite, uint64_t rng, uint32_t prefix,
		uint64_t first_no)
{
	st->suite = suite;
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

void
stream_begin(struct stream *st, uint64_t rng, uint32_t prefix, uint64_t first_no)
{
	stream_begin_of(st, stream_suite(), rng, prefix, first_no);
}

void
stream_begin_12(struct stream *st, uint64_t rng, uint32_t prefix, uint64_t first_no)
{
	stream_begin_of(st, record_suite_find(RTLS_TLS_1_2, RTLS_CIPHER_AES_GCM_128), rng, prefix,
			first_no);
}

static bool
is_12(const struct stream *st)
{
	return st->suite->version == RTLS_TLS_1_2;
}

/* RFC 5288 3 and RFC 6655 3; RFC 7905 2 has none. */
static bool
has_explicit_nonce(const struct stream *st)
{
	return is_12(st) && st->suite->cipher != RTLS_CIPHER_CHACHA20_POLY1305;
}

struct rx_oracle_form
stream_form(const struct stream *st)
{
	return rx_oracle_form(has_explicit_nonce(st));
}

/* RFC 8446 5.3 and RFC 7905 2, written apart from core/record. */
static void
nonce_of(const struct stream *st, uint64_t no, uint8_t nonce[12])
{
	memcpy(nonce, st->iv, 12);
	for (unsigned int i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(no >> (8 * i));
}

/* A record whose prefix is on the wire, and behind it len bytes in clear. */
static void
add_sealed(struct stream *st, const uint8_t nonce[12], const uint8_t *aad, int aad_len,
	   uint32_t prefix, uint32_t len)
{
	uint8_t *wire = st->wire + st->len, *opened = st->opened + st->len;

	contract_oracle_seal(st->suite, st->key, nonce, aad, aad_len, opened + prefix, (int)len,
			     wire + prefix, wire + prefix + len);
	memcpy(opened, wire, prefix);
	memcpy(opened + prefix + len, wire + prefix + len, 16);
	st->len += prefix + len + 16;
	st->bounds[++st->records] = st->len;
}

/* The header of a record whose length is body, and room for it. */
static uint8_t *
add_header(struct stream *st, uint32_t body)
{
	uint8_t hdr[] = { 23, 3, 3, (uint8_t)(body / 256), (uint8_t)(body % 256) };

	CU_ASSERT_FATAL(st->records < STREAM_RECORDS_MAX && body <= st->suite->body_max);
	CU_ASSERT_FATAL(st->len + 5 + body <= STREAM_MAX);
	memcpy(st->wire + st->len, hdr, 5);
	return st->wire + st->len;
}

static void
add_13(struct stream *st, uint32_t plain_len, uint32_t pad_len)
{
	uint32_t inner = plain_len + 1 + pad_len;
	uint8_t *hdr = add_header(st, inner + 16), *opened = st->opened + st->len + 5;
	uint8_t nonce[12];

	fill(st, opened, plain_len);
	opened[plain_len] = 23;
	memset(opened + plain_len + 1, 0, pad_len);
	nonce_of(st, st->first_no + st->records, nonce);
	add_sealed(st, nonce, hdr, 5, 5, inner);
}

/* RFC 5246 6.2.3.3, and the RFCs above, written apart from core/record, too. */
static void
add_12(struct stream *st, uint32_t plain_len)
{
	uint32_t explicit_len = has_explicit_nonce(st) ? 8 : 0, prefix = 5 + explicit_len;
	uint8_t *hdr = add_header(st, explicit_len + plain_len + 16), nonce[12], aad[13];
	uint64_t no = st->first_no + st->records;

	fill(st, hdr + 5, explicit_len);
	fill(st, st->opened + st->len + prefix, plain_len);
	nonce_of(st, no, nonce);
	if (explicit_len != 0) {
		memcpy(nonce, st->iv, 4);
		memcpy(nonce + 4, hdr + 5, 8);
	}
	for (unsigned int i = 0; i < 8; i++)
		aad[7 - i] = (uint8_t)(no >> (8 * i));
	memcpy(aad + 8, hdr, 3);
	aad[11] = (uint8_t)(plain_len / 256);
	aad[12] = (uint8_t)(plain_len % 256);
	add_sealed(st, nonce, aad, 13, prefix, plain_len);
}

void
stream_add(struct stream *st, uint32_t plain_len, uint32_t pad_len)
{
	if (is_12(st))
		add_12(st, plain_len);
	else
		add_13(st, plain_len, pad_len);
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
