/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/false_headers.h"

#include "support/harness.h"

enum { HEADER = SUITE_HDR_LEN, LEAST = 30, MOST = 16400 };

/* Bodies are such that a header lies behind them, at every fifth byte. */
static void
header_at(const struct false_headers *h, uint64_t slot, uint8_t out[HEADER])
{
	uint64_t rng = h->seed ^ slot * UINT64_C(0x9e3779b97f4a7c15);
	uint64_t draw = harness_rand(&rng);
	uint32_t len = LEAST + (uint32_t)(draw >> 8) % (draw % 4 == 0 ? MOST - LEAST : 400);

	len -= len % HEADER;
	out[0] = 23;
	out[1] = out[2] = 3;
	out[3] = (uint8_t)(len >> 8);
	out[4] = (uint8_t)len;
}

/* Of one record. */
static void
text_of(const struct false_headers *h, uint64_t record, uint32_t off, uint8_t *out, uint32_t len)
{
	uint64_t no = h->key.rec_no + record;
	uint8_t nonce[SUITE_NONCE_LEN], hdr[HEADER];

	for (uint32_t i = 0; i < len; i++) {
		if (i == 0 || (off + i) % HEADER == 0)
			header_at(h, record * MOST + (off + i) / HEADER, hdr);
		out[i] = hdr[(off + i) % HEADER];
	}
	suite_nonce(h->suite, h->key.iv, h->key.rec_no, no, nonce);
	suite_xor(h->suite, h->key.key, nonce, off, out, len);
}

void
false_headers_text(const void *arg, uint64_t off, uint8_t *out, size_t len)
{
	const struct false_headers *h = arg;
	size_t n;

	for (size_t done = 0; done < len; done += n) {
		uint32_t at = (uint32_t)((off + done) % h->per_record);

		n = h->per_record - at < len - done ? h->per_record - at : len - done;
		text_of(h, (off + done) / h->per_record, at, out + done, (uint32_t)n);
	}
}

uint32_t
false_headers_fit(const struct suite *suite, uint32_t per_record)
{
	return per_record - (per_record + suite_over(suite)) % HEADER;
}

uint64_t
false_headers_count(const uint8_t *wire, uint64_t len)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i + HEADER <= len; i++)
		n += wire[i] == 23 && wire[i + 1] == 3 && wire[i + 2] == 3;
	return n;
}
