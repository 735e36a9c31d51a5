/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Bytes that no end may send, and records of no bytes, against what the kernels' TLS answers.
 * doc/ktls.md names what each is for.
 */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/ktls_bench.h"

enum { MAX = 16384 };

/* The error stays, for every call; sending stays open, for the alert. */
static void
check_ended(struct ktls_bench *b, int error)
{
	uint8_t type = 99;

	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(ktls_recv(b, 0, 64, 0), error);
		CU_ASSERT_EQUAL(ktls_recv(b, 0, 64, RTLS_MSG_PEEK), error);
		CU_ASSERT_EQUAL(ktls_recv_typed(b, &type, 0, 64, 0), error);
		CU_ASSERT_EQUAL(type, 0);
	}
	CU_ASSERT_EQUAL(rtls_send(b->far, b->bytes, 2, 0), 2);
	pair_settle(&b->pair);
}

/* --- empty records ------------------------------------------------------------- */

/* d: data; c: control; capitals have 11 bytes. Calls: d, c: so many bytes of that type. */
static const struct {
	const char *records;
	struct {
		int n;
		uint8_t type;
	} calls[4]; /* up to type 0 */
} empties[] = {
	{ "DDD", { { 33, 23 } } },
	{ "DcD", { { 11, 23 }, { 0, KTLS_TYPE }, { 11, 23 } } },
	{ "ddd", { { 0, 0 } } },
	/* The kernel says the empty data records first, as 0 bytes of type 23. */
	{ "ddC", { { 11, KTLS_TYPE } } },
	{ "ddc", { { 0, KTLS_TYPE } } },
	{ "ccc", { { 0, KTLS_TYPE }, { 0, KTLS_TYPE }, { 0, KTLS_TYPE } } },
	{ "ddD", { { 11, 23 } } },
	{ "Ddd", { { 11, 23 } } },
	{ "cDd", { { 0, KTLS_TYPE }, { 11, 23 } } },
	{ "dCdD", { { 11, KTLS_TYPE }, { 11, 23 } } },
};

static void
test_empty(void)
{
	struct ktls_bench b;
	uint8_t type;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys_far(&b);
		for (size_t i = 0; i < HARNESS_COUNT(empties); i++) {
			uint64_t off = 0;

			for (const char *r = empties[i].records; *r != 0; r++) {
				uint32_t len = *r == 'D' || *r == 'C' ? 11 : 0;

				ktls_record(&b, *r == 'c' || *r == 'C' ? KTLS_TYPE : RTLS_TYPE_DATA,
					    off, len, 0);
				off += len;
			}
			off = 0;
			for (int k = 0; k < 4 && empties[i].calls[k].type != 0; k++) {
				CU_ASSERT_EQUAL(ktls_recv_typed(&b, &type, off, 128, 0),
						empties[i].calls[k].n);
				CU_ASSERT_EQUAL(type, empties[i].calls[k].type);
				off += (uint64_t)empties[i].calls[k].n;
			}
			CU_ASSERT_EQUAL(ktls_recv_typed(&b, &type, 0, 128, 0), -EAGAIN);
			CU_ASSERT_EQUAL(type, 0);
		}
	}
}

/* --- records with something wrong ---------------------------------------------- */

/* Bytes around the plaintext on the wire: header and explicit nonce. */
static uint32_t
prefix_of(const struct ktls_bench *b)
{
	return record_peer_wire_len(&b->peer, 0) - 16 - (ktls_is_tls13(b) ? 1 : 0);
}

enum place {
	FIRST_OF_DATA,
	FIRST_OF_TAG,
	LAST_OF_TAG,
	EXPLICIT_NONCE,
	TYPE,
	MAJOR,
	MINOR,
	LENGTH_LESS,
};

static const struct {
	enum place place;
	int error;
	enum rtls_end_reason reason;
	uint8_t alert;
} wrongs[] = {
	{ FIRST_OF_DATA, -EBADMSG, RTLS_REASON_BAD_MAC, 20 },
	{ FIRST_OF_TAG, -EBADMSG, RTLS_REASON_BAD_MAC, 20 },
	{ LAST_OF_TAG, -EBADMSG, RTLS_REASON_BAD_MAC, 20 },
	{ EXPLICIT_NONCE, -EBADMSG, RTLS_REASON_BAD_MAC, 20 },
	/* The outer type is 23 in TLS 1.3; in TLS 1.2 it is what the tag covers. */
	{ TYPE, 0, RTLS_REASON_NONE, 0 },
	{ MAJOR, -EINVAL, RTLS_REASON_BAD_VERSION, 50 },
	{ MINOR, -EINVAL, RTLS_REASON_BAD_VERSION, 50 },
	{ LENGTH_LESS, -EBADMSG, RTLS_REASON_BAD_MAC, 20 },
};

/* False: there is no such place in a record of this suite. */
static bool
spoil(const struct ktls_bench *b, enum place place, uint8_t *wire, uint32_t len)
{
	switch (place) {
	case FIRST_OF_DATA:
		wire[prefix_of(b)] ^= 1;
		break;
	case FIRST_OF_TAG:
		wire[len - 16] ^= 1;
		break;
	case LAST_OF_TAG:
		wire[len - 1] ^= 1;
		break;
	case EXPLICIT_NONCE:
		wire[5] ^= 1;
		return prefix_of(b) > 5;
	case TYPE:
		wire[0]++;
		break;
	case MAJOR:
		wire[1]++;
		break;
	case MINOR:
		wire[2]++;
		break;
	case LENGTH_LESS:
		wire[4]--;
		break;
	}
	return true;
}

/* Two good records, which come first, and then one that is not. */
static void
test_spoiled(size_t which, uint8_t type)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		int error = wrongs[which].error;
		uint8_t wire[256];
		uint32_t len;

		ktls_keys_far(&b);
		ktls_record(&b, RTLS_TYPE_DATA, 0, 64, 0);
		ktls_record(&b, RTLS_TYPE_DATA, 64, 64, 0);
		len = record_peer_seal(&b.peer, type, b.bytes, 64, 0, wire);
		if (!spoil(&b, wrongs[which].place, wire, len))
			continue;
		if (wrongs[which].place == TYPE)
			error = ktls_is_tls13(&b) ? -EINVAL : -EBADMSG;
		ktls_wire(&b, wire, len);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 4096, 0), 128);
		check_ended(&b, error);
		CU_ASSERT(wrongs[which].place == TYPE ||
			  (pair_info(b.far).end_reason == wrongs[which].reason &&
			   pair_info(b.far).end_alert == wrongs[which].alert));
	}
}

static void
test_wrong_data(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(wrongs); i++)
		test_spoiled(i, RTLS_TYPE_DATA);
}

static void
test_wrong_control(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(wrongs); i++)
		test_spoiled(i, KTLS_TYPE);
}

/* --- lengths ------------------------------------------------------------------- */

/* By RFC 8446 5.2 and, for TLS 1.2, by the AEAD's record: RFC 5246 6.2.3.3. */
static void
bounds(const struct ktls_bench *b, uint32_t *min, uint32_t *max)
{
	bool explicit_nonce = !ktls_is_tls13(b) && b->suite->cipher != 54;
	uint32_t around = 16 + (explicit_nonce ? 8 : 0);

	*min = ktls_is_tls13(b) ? 17 : around;
	*max = MAX + (ktls_is_tls13(b) ? 256 : around);
}

/* A header with this length ends the receive side, before any byte of its body. */
static void
check_length(struct ktls_bench *b, uint32_t len, int error)
{
	uint8_t wire[5] = { 23, 3, 3, (uint8_t)(len >> 8), (uint8_t)len };

	ktls_keys_far(b);
	ktls_record(b, RTLS_TYPE_DATA, 0, 10, 0);
	ktls_wire(b, wire, sizeof(wire));
	CU_ASSERT_EQUAL(ktls_recv(b, 0, 64, 0), 10);
	if (error != 0)
		check_ended(b, error);
	else
		CU_ASSERT_EQUAL(ktls_recv(b, 0, 64, 0), -EAGAIN);
}

static void
test_lengths(void)
{
	enum { EMPTY, ONE, SHORT, LEAST, MOST, LONG, LONGEST, LENGTHS };
	struct ktls_bench b;

	for (int which = 0; which < LENGTHS; which++) {
		for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
			uint32_t min, max;

			bounds(&b, &min, &max);
			switch (which) {
			case EMPTY:
				check_length(&b, 0, -EMSGSIZE);
				break;
			case ONE: /* not even an explicit nonce */
				check_length(&b, 1, -EMSGSIZE);
				break;
			case SHORT:
				check_length(&b, min - 1, -EMSGSIZE);
				break;
			case LEAST:
				check_length(&b, min, 0);
				break;
			case MOST:
				check_length(&b, max, 0);
				break;
			case LONG:
				check_length(&b, max + 1, -EMSGSIZE);
				break;
			case LONGEST:
				check_length(&b, 65535, -EMSGSIZE);
				break;
			}
		}
	}
}

/* The longest record that may come, and in TLS 1.3 one that is too long only inside. */
static void
test_longest(void)
{
	static uint8_t inner[MAX + 256], wire[RECORD_PEER_WIRE_MAX];
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys_far(&b);
		ktls_record(&b, RTLS_TYPE_DATA, 0, MAX, 0);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, MAX, 0), MAX);
		if (!ktls_is_tls13(&b))
			continue;
		memset(inner, 0, sizeof(inner));
		memcpy(inner, b.bytes, MAX + 1);
		inner[MAX + 1] = RTLS_TYPE_DATA;
		ktls_wire(&b, wire, record_peer_seal_inner(&b.peer, inner, MAX + 2, wire));
		check_ended(&b, -EMSGSIZE);
	}
}

/* No byte that is not 0 in the plaintext of TLS 1.3. */
static void
test_no_type(void)
{
	static const uint8_t zeros[64];
	uint8_t wire[128];
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		if (!ktls_is_tls13(&b))
			continue;
		ktls_keys_far(&b);
		ktls_wire(&b, wire, record_peer_seal_inner(&b.peer, zeros, 1 + b.row * 8, wire));
		check_ended(&b, -EBADMSG);
	}
}

/* --- not TLS at all, and cut off ------------------------------------------------ */

/* The version is looked at before the length: the kernel says -EMSGSIZE, once. */
static void
test_junk(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		uint8_t junk[64];

		memset(junk, 0x55, sizeof(junk));
		ktls_keys_far(&b);
		ktls_wire(&b, junk, sizeof(junk));
		check_ended(&b, -EINVAL);
		/* However much of it: it is not read, and does not stop the end. */
		for (int i = 0; i < 8; i++)
			pair_send(&b.pair, b.near, b.bytes, KTLS_CAP);
		check_ended(&b, -EINVAL);
		CU_ASSERT_EQUAL(pair_info(b.far).end_reason, RTLS_REASON_BAD_VERSION);
	}
}

/* The end inside of a record is no end of file, wherever it is cut. */
static void
test_truncated(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		const uint32_t cuts[] = { 1, 4, 5, 12, 40, 64 };
		uint8_t wire[256];
		uint32_t len, cut = cuts[b.row % HARNESS_COUNT(cuts)];

		ktls_keys_far(&b);
		ktls_record(&b, RTLS_TYPE_DATA, 0, 10, 0);
		len = record_peer_seal(&b.peer, RTLS_TYPE_DATA, b.bytes, 64, 0, wire);
		CU_ASSERT_FATAL(cut < len);
		ktls_wire(&b, wire, cut);
		CU_ASSERT_EQUAL(rtls_shutdown(b.near, RTLS_SHUT_WR), 0);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 64, 0), 10);
		check_ended(&b, -EMSGSIZE);
		CU_ASSERT_EQUAL(pair_info(b.far).eof, RTLS_EOF_TRUNCATED);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "empty records", test_empty },
		{ "a byte that is wrong, in data", test_wrong_data },
		{ "a byte that is wrong, in a control record", test_wrong_control },
		{ "lengths in the header", test_lengths },
		{ "the longest record", test_longest },
		{ "a plaintext without a type", test_no_type },
		{ "what is no record", test_junk },
		{ "an end inside of a record", test_truncated },
	};

	if (eal_start("test-ktls-errors") != 0)
		return 1;
	return harness_run("eal/ktls_errors", cases, HARNESS_COUNT(cases));
}
