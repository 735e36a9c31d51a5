/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Records between libssl and a socket; that libssl reads and writes the same is in test_data. */

#include "handshake/shadow.h"

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "handshake/edge.h"
#include "support/harness.h"

enum {
	PLAIN_MAX = 16384,
	ROOM = SHADOW_BEFORE + PLAIN_MAX + SHADOW_BEHIND,
};

struct both {
	struct shadow seals;
	struct shadow opens;
};

static void
set(struct both *b, const struct record_suite *suite, uint64_t rec_no)
{
	struct rtls_keys keys = { .version = suite->version,
				  .cipher = suite->cipher,
				  .rec_no = rec_no };

	memset(b, 0, sizeof(*b));
	memset(keys.key, 0x42, suite->key_len);
	memset(keys.iv, 0x17, sizeof(keys.iv));
	CU_ASSERT_EQUAL_FATAL(shadow_set(&b->seals, &keys, true), 0);
	CU_ASSERT_EQUAL_FATAL(shadow_set(&b->opens, &keys, false), 0);
}

static void
fini(struct both *b)
{
	shadow_fini(&b->seals);
	shadow_fini(&b->opens);
	CU_ASSERT_FALSE(shadow_there(&b->seals));
}

static ssize_t
seal(struct both *b, uint8_t *rec, size_t len, uint8_t type, uint8_t **out)
{
	memset(rec, 0, ROOM);
	for (size_t i = 0; i < len; i++)
		rec[SHADOW_BEFORE + i] = (uint8_t)(i * 3 + 1);
	return shadow_seal(&b->seals, rec, len, type, out);
}

static void
test_each_suite(void)
{
	static const size_t lens[] = { 0, 1, 2, 511, 512, PLAIN_MAX };
	static uint8_t rec[ROOM];
	const struct record_suite *suite;
	struct both b;

	for (unsigned int i = 0; (suite = record_suite_row(i)) != NULL; i++) {
		set(&b, suite, i);
		for (size_t j = 0; j < HARNESS_COUNT(lens); j++) {
			uint8_t *out, *plain, type = 0;
			ssize_t n = seal(&b, rec, lens[j], 21 + j % 3, &out);

			CU_ASSERT_EQUAL(n, record_wire_len(suite, (uint32_t)lens[j]));
			CU_ASSERT_TRUE(out >= rec && out + n <= rec + ROOM);
			CU_ASSERT_EQUAL(shadow_open(&b.opens, out, (size_t)n, &type, &plain),
					(ssize_t)lens[j]);
			CU_ASSERT_EQUAL(type, 21 + j % 3);
			for (size_t k = 0; k < lens[j]; k++)
				if (plain[k] != (uint8_t)(k * 3 + 1))
					CU_FAIL("plaintext");
		}
		CU_ASSERT_EQUAL(b.seals.rec_no, i + HARNESS_COUNT(lens));
		CU_ASSERT_EQUAL(b.opens.rec_no, b.seals.rec_no);
		fini(&b);
	}
}

/* A byte that is another one, a length that is, a record in the wrong place: none is opened. */
static void
test_refusals(void)
{
	static uint8_t rec[ROOM];
	const struct record_suite *suite;
	struct both b;

	for (unsigned int i = 0; (suite = record_suite_row(i)) != NULL; i++) {
		uint8_t *out, *plain, type;
		ssize_t n;

		for (ssize_t at = 0; at < (ssize_t)record_wire_len(suite, 40); at++) {
			set(&b, suite, 0);
			n = seal(&b, rec, 40, 23, &out);
			out[at] ^= 1;
			CU_ASSERT_EQUAL(shadow_open(&b.opens, out, (size_t)n, &type, &plain),
					-EBADMSG);
			CU_ASSERT_EQUAL(b.opens.rec_no, 0);
			fini(&b);
		}
		set(&b, suite, 0);
		n = seal(&b, rec, 40, 23, &out);
		CU_ASSERT_EQUAL(shadow_open(&b.opens, out, (size_t)n - 1, &type, &plain), -EBADMSG);
		n = seal(&b, rec, 40, 23, &out);
		CU_ASSERT_EQUAL(shadow_open(&b.opens, out, (size_t)n, &type, &plain), -EBADMSG);
		fini(&b);
	}
}

/* In whatever pieces the bytes come, the ends of records and of change_cipher_spec are where they are. */
static void
test_edges(void)
{
	static const uint8_t bytes[] = { 22, 3, 1, 0, 3, 1,  2, 3, 20, 3, 3,  0, 1, 1, 23, 3,
					 3,  0, 2, 9, 9, 20, 3, 3, 0,  0, 22, 3, 3, 0, 1,  0 };

	for (size_t piece = 1; piece <= sizeof(bytes); piece++) {
		struct edge e = { 0 };
		size_t off = 0;

		while (off < sizeof(bytes)) {
			size_t n = sizeof(bytes) - off < piece ? sizeof(bytes) - off : piece;
			size_t span = edge_span(&e), took = edge_pass(&e, bytes + off, n);

			CU_ASSERT_TRUE(span != 0 && took != 0 && took <= n);
			off += took;
			/* The second one is empty, and ends with its header. */
			CU_ASSERT_EQUAL(e.at_change, off == 14 || off == 26);
		}
		CU_ASSERT_EQUAL(off, sizeof(bytes));
		CU_ASSERT_EQUAL(edge_span(&e), 5);
		CU_ASSERT_EQUAL(edge_pass(&e, bytes, 0), 0);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "each suite", test_each_suite },
		{ "what is no record of the key", test_refusals },
		{ "ends of records in pieces", test_edges },
	};
	return harness_run("handshake/shadow", cases, HARNESS_COUNT(cases));
}
