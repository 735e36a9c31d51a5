/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <CUnit/CUnit.h>
#include <recordtls/tls.h>

#include "crypto/keystream.h"
#include "support/harness.h"
#include "support/hex.h"
#include "support/provider_contract.h"
#include "support/suites.h"
#include "vectors/libssl_records.h"
#include "vectors/rfc8448.h"
#include "vectors/tls12_gcm.h"

enum {
	KEY_LEN = 16,                 /* of a key that is looked for */
	STREAM_LEN = (1 << 20) + 200, /* the counter carries over two bytes */
	RECORD_LEN = RECORD_PLAIN_MAX + RECORD_EXPAND_MAX_12,
	PIECES = 40,
	GUARD = 3, /* bytes around a piece that are nobody's */
};

/* libcrypto's memory goes through here. */
static struct {
	unsigned long allocations;
	uint8_t key[KEY_LEN]; /* looked for in what is freed */
	bool watching;
	unsigned int freed_with_key, freed;
} memory;

static void *
memory_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	memory.allocations++;
	return malloc(size);
}

static void
memory_free(void *p, const char *file, int line)
{
	size_t size = p == NULL ? 0 : malloc_usable_size(p);

	(void)file;
	(void)line;
	for (size_t i = 0; memory.watching && i + KEY_LEN <= size; i++)
		memory.freed_with_key += memcmp((uint8_t *)p + i, memory.key, KEY_LEN) == 0;
	memory.freed += p != NULL;
	free(p);
}

static void *
memory_realloc(void *p, size_t size, const char *file, int line)
{
	void *moved = memory_malloc(size, file, line);
	size_t was = p == NULL ? 0 : malloc_usable_size(p);

	if (moved != NULL && p != NULL) {
		memcpy(moved, p, was < size ? was : size);
		memory_free(p, file, line);
	}
	return moved;
}

static const struct record_suite *
tls13(void)
{
	return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
}

/* --- against the AEAD itself ------------------------------------------------------ */

/* A key, a nonce, and what OpenSSL's AEAD makes of zeros with them: its key stream. */
static struct {
	uint64_t rng;
	const struct record_suite *suite;
	uint8_t key[RECORD_KEY_MAX], nonce[RECORD_NONCE_LEN];
	uint8_t stream[STREAM_LEN];
	uint8_t bytes[STREAM_LEN], want[STREAM_LEN];
	struct keystream *ks;
} f;

static void
fill(void *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((uint8_t *)out)[i] = (uint8_t)harness_rand(&f.rng);
}

static void
begin(int len)
{
	static const uint8_t zeros[STREAM_LEN];
	uint8_t tag[RECORD_TAG_LEN];

	fill(f.key, sizeof(f.key));
	contract_oracle_seal(f.suite, f.key, f.nonce, NULL, 0, zeros, len, f.stream, tag);
	CU_ASSERT_EQUAL_FATAL(keystream_create(f.suite, f.key, &f.ks), 0);
}

/* With the first suite of each AEAD. */
static void
with_each(void (*test)(void))
{
	for (unsigned int i = 0; i < RECORD_AEADS; i++) {
		f.suite = record_suite_of_aead((enum record_aead)i);
		if (f.suite != NULL)
			test();
	}
}

static void
begin_random(int len)
{
	f.rng = harness_seed();
	fill(f.nonce, sizeof(f.nonce));
	begin(len);
}

static void
end(void)
{
	keystream_destroy(f.ks);
}

/* One piece at a place; bytes around it stay. */
static bool
piece_right(uint32_t off, uint32_t len)
{
	struct iovec v = { .iov_base = f.bytes + GUARD, .iov_len = len };

	fill(f.bytes, len + 2 * GUARD);
	memcpy(f.want, f.bytes, len + 2 * GUARD);
	for (uint32_t i = 0; i < len; i++)
		f.want[GUARD + i] ^= f.stream[off + i];
	return keystream_xor(f.ks, f.nonce, off, &v, 1) == 0 &&
	       memcmp(f.bytes, f.want, len + 2 * GUARD) == 0;
}

static void
each_offsets(void)
{
	unsigned int wrong = 0;

	begin_random(300);
	for (uint32_t off = 0; off <= 130; off++)
		for (uint32_t len = 0; len <= 130; len++)
			wrong += !piece_right(off, len);
	CU_ASSERT_EQUAL(wrong, 0);
	end();
}

static void
test_offsets(void)
{
	with_each(each_offsets);
}

/* Behind the longest record, too: the counter is 32 bits, and never comes into the nonce. */
static void
each_far(void)
{
	static const uint32_t offs[] = { 254 * 16,    255 * 16 - 1,    RECORD_LEN - 1, 0xffff,
					 0xfffd * 16, 0xfffe * 16 - 1, 0xffff * 16,    1 << 20 };

	f.rng = harness_seed();
	memset(f.nonce, 0xff, sizeof(f.nonce));
	begin(STREAM_LEN);
	for (size_t i = 0; i < HARNESS_COUNT(offs); i++)
		for (uint32_t len = 1; len < 100; len += 7)
			CU_ASSERT(piece_right(offs[i], len));
	CU_ASSERT(piece_right(0, STREAM_LEN - 2 * GUARD));
	end();
}

static void
test_far(void)
{
	with_each(each_far);
}

/* Cuts [0, len) into pieces with holes between them; some are empty. */
static size_t
cut(uint32_t len, struct iovec *v)
{
	uint32_t at = 0, left = len;
	size_t n = 0;

	for (; left > 0 && n < PIECES - 1; n++, at += GUARD) {
		v[n].iov_base = f.bytes + at;
		v[n].iov_len = harness_below(&f.rng, harness_below(&f.rng, 2) ? 40 : left + 1);
		if (v[n].iov_len > left)
			v[n].iov_len = left;
		at += (uint32_t)v[n].iov_len;
		left -= (uint32_t)v[n].iov_len;
	}
	v[n].iov_base = f.bytes + at;
	v[n].iov_len = left;
	return n + 1;
}

static void
each_cuts(void)
{
	struct iovec v[PIECES];

	begin_random(RECORD_LEN);
	for (int round = 0; round < 300; round++) {
		uint32_t off = harness_below(&f.rng, RECORD_LEN + 1), done = off;
		uint32_t len = harness_below(&f.rng, RECORD_LEN - off + 1);
		size_t n = cut(len, v);

		fill(f.bytes, len + PIECES * GUARD);
		memcpy(f.want, f.bytes, len + PIECES * GUARD);
		for (size_t i = 0; i < n; i++)
			for (size_t k = 0; k < v[i].iov_len; k++)
				f.want[(uint8_t *)v[i].iov_base - f.bytes + (ptrdiff_t)k] ^=
					f.stream[done++];
		CU_ASSERT_EQUAL(done, off + len);
		CU_ASSERT_EQUAL(keystream_xor(f.ks, f.nonce, off, v, n), 0);
		CU_ASSERT_EQUAL(memcmp(f.bytes, f.want, len + PIECES * GUARD), 0);
	}
	CU_ASSERT_EQUAL(keystream_xor(f.ks, f.nonce, 5, v, 0), 0);
	CU_ASSERT_EQUAL(keystream_xor(f.ks, f.nonce, 5, NULL, 0), 0);
	end();
}

static void
test_cuts(void)
{
	with_each(each_cuts);
}

/* Another nonce gives another stream, and what a call was asked leaves nothing to the next. */
static void
each_nonces(void)
{
	uint8_t other[RECORD_NONCE_LEN], none[7];
	struct iovec v = { .iov_base = none, .iov_len = sizeof(none) };

	begin_random(RECORD_LEN);
	for (size_t i = 0; i < sizeof(other) * 8; i++) {
		uint32_t off = harness_below(&f.rng, 1000);

		memcpy(other, f.nonce, sizeof(other));
		other[i / 8] ^= (uint8_t)(1 << i % 8);
		memset(none, 0, sizeof(none));
		CU_ASSERT_EQUAL(keystream_xor(f.ks, other, off, &v, 1), 0);
		CU_ASSERT(memcmp(none, f.stream + off, sizeof(none)) != 0);
		CU_ASSERT(piece_right(harness_below(&f.rng, 1000), 100));
	}
	end();
}

static void
test_nonces(void)
{
	with_each(each_nonces);
}

/* --- against published records ---------------------------------------------------- */

/* Undoes a record's sealing without its tag, the last third first. */
static void
check_record(const struct record_suite *s, const struct record_vector *v, uint64_t first_rec_no)
{
	uint8_t key[RECORD_KEY_MAX], iv[RECORD_NONCE_LEN], nonce[RECORD_NONCE_LEN];
	uint8_t plain[1024], wire[1024], *inner = wire + record_prefix_len(s);
	size_t len = hex_read(v->plain, plain, sizeof(plain)) + s->inner_type_len;
	uint32_t third = (uint32_t)len / 3;
	struct keystream *ks;

	CU_ASSERT_EQUAL_FATAL(hex_read(v->wire, wire, sizeof(wire)),
			      record_wire_len(s, (uint32_t)len - s->inner_type_len));
	hex_read(v->key, key, sizeof(key));
	hex_read(v->iv, iv, sizeof(iv));
	record_iv_base(s, iv, first_rec_no, iv);
	record_nonce_received(s, iv, v->rec_no, wire + RECORD_HDR_LEN, nonce);
	CU_ASSERT_EQUAL_FATAL(keystream_create(s, key, &ks), 0);
	for (uint32_t off = 2 * third, end = (uint32_t)len;; end = off, off -= third) {
		struct iovec piece = { .iov_base = inner + off, .iov_len = end - off };

		CU_ASSERT_EQUAL(keystream_xor(ks, nonce, off, &piece, 1), 0);
		if (off == 0)
			break;
	}
	CU_ASSERT_EQUAL(memcmp(inner, plain, len - s->inner_type_len), 0);
	CU_ASSERT(s->inner_type_len == 0 || inner[len - 1] == v->type);
	keystream_destroy(ks);
}

static void
test_published(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(rfc8448_records); i++)
		check_record(tls13(), &rfc8448_records[i], 0);
	for (size_t i = 0; i < HARNESS_COUNT(tls12_gcm_records); i++)
		check_record(suite_tls12_gcm(), &tls12_gcm_records[i], TLS12_GCM_FIRST_REC_NO);
	for (size_t i = 0; i < HARNESS_COUNT(record_sets); i++)
		for (size_t k = 0; k < record_sets[i].nb; k++)
			check_record(
				record_suite_find(record_sets[i].version, record_sets[i].cipher),
				&record_sets[i].records[k], record_sets[i].first_rec_no);
}

/* --- what is promised beside the bytes --------------------------------------------- */

static void
test_refused(void)
{
	static const uint8_t key[RECORD_KEY_MAX];
	struct record_suite s = *tls13();
	struct keystream *untouched = (struct keystream *)&s, *ks = untouched;

	s.key_len = 32;
	CU_ASSERT_EQUAL(keystream_create(&s, key, &ks), -ENOTSUP);
	s = *tls13();
	s.aead = RECORD_AEAD_NONE;
	CU_ASSERT_EQUAL(keystream_create(&s, key, &ks), -ENOTSUP);
	CU_ASSERT_PTR_EQUAL(ks, untouched);
	keystream_destroy(NULL);
}

static void
test_all_rows(void)
{
	static const uint8_t key[RECORD_KEY_MAX];
	const struct record_suite *s;
	struct keystream *ks;

	for (unsigned int i = 0; (s = record_suite_row(i)) != NULL; i++) {
		CU_ASSERT_EQUAL_FATAL(keystream_create(s, key, &ks), 0);
		keystream_destroy(ks);
	}
}

static void
each_no_allocation(void)
{
	unsigned long before;

	begin_random(300);
	CU_ASSERT(memory.allocations > 0); /* the counter counts */
	CU_ASSERT(piece_right(1, 50));     /* what OpenSSL keeps per thread is there */
	before = memory.allocations;
	for (uint32_t i = 0; i < 200; i++)
		CU_ASSERT(piece_right(i, 100));
	CU_ASSERT_EQUAL(memory.allocations, before);
	end();
}

static void
test_no_allocation(void)
{
	with_each(each_no_allocation);
}

static void
each_wiped(void)
{
	unsigned int freed;

	begin_random(300);
	CU_ASSERT(piece_right(1, 50));
	memcpy(memory.key, f.key, sizeof(memory.key)); /* the first half of a long one */
	memory.watching = true;
	memory.freed_with_key = 0;
	freed = memory.freed;
	end();
	CU_ASSERT(memory.freed > freed);
	CU_ASSERT_EQUAL(memory.freed_with_key, 0);
	memory.watching = false;
}

static void
test_wiped(void)
{
	with_each(each_wiped);
}

/* The program's OpenSSL errors are its own: none is added, none is taken away. */
static void
each_error_queue(void)
{
	static const uint8_t key[RECORD_KEY_MAX];
	struct record_suite wrong = *f.suite;
	struct keystream *none;

	wrong.key_len = f.suite->key_len == 16 ? 32 : 16;
	begin_random(300);
	for (int queued = 0; queued < 3; queued++) {
		ERR_clear_error();
		for (int i = 0; i < queued; i++)
			ERR_raise(ERR_LIB_USER, 100 + i);
		CU_ASSERT(piece_right(3, 100));
		CU_ASSERT_EQUAL(keystream_create(&wrong, key, &none), -ENOTSUP);
		for (int i = 0; i < queued; i++)
			CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_get_error()), 100 + i);
		CU_ASSERT_EQUAL(ERR_get_error(), 0);
	}
	end();
}

static void
test_error_queue(void)
{
	with_each(each_error_queue);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "every offset, every length", test_offsets },
		{ "far behind the beginning", test_far },
		{ "random cuts, empty pieces", test_cuts },
		{ "nonces", test_nonces },
		{ "published records, in parts", test_published },
		{ "what is refused", test_refused },
		{ "all suites", test_all_rows },
		{ "nothing is allocated per call", test_no_allocation },
		{ "the key is wiped before its memory is freed", test_wiped },
		{ "the error queue is left as it was", test_error_queue },
	};

	if (CRYPTO_set_mem_functions(memory_malloc, memory_realloc, memory_free) != 1)
		return EXIT_FAILURE;
	return harness_run("crypto/keystream", cases, HARNESS_COUNT(cases));
}
