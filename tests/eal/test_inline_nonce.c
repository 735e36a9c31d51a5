/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The explicit nonces of TLS 1.2 (RFC 5288 3, RFC 6655 3), which the peer chooses, and a man on the path
 * may change for the NIC alone: in a segment that TCP refuses, or in bytes that TCP has from elsewhere.
 * What the NIC made with such a nonce is undone with it, and what is read is what was sent.
 */
#include <errno.h>
#include <stdlib.h>

#include "eal/middle.h"
#include "support/eal.h"

enum { PREFIX = 13, AROUND = PREFIX + 16, HALF = 150 };

/* Where B and C begin. */
enum { B = 100 + AROUND, C = B + 300 + AROUND };

static const uint8_t evil[] = "POST /transfer?to=mallory&amount=1000000";

/* Kinds of NICs: at once, over rings, without undo, without a look at some tags. */
static const struct rtls_tlsnic_conf kinds[] = {
	{ 0 }, { .rings = 1 }, { .rx_keeps = 1 }, { .rx_unverified = 3 }
};

static bool verifies; /* the NIC at hand, each tag */

/* The vehicles that the NIC follows, and TCP does not. */
static const struct vehicle *const refused[] = { &vehicles[1], &vehicles[2] };

static void
forge_nonce(uint8_t *prefix, uint64_t by)
{
	peer_be64(prefix + 5, by);
}

/* Does the program read all of it, and go on? */
static void
expect_all(void)
{
	CU_ASSERT_EQUAL(middle_read(), -EAGAIN);
	CU_ASSERT_EQUAL(t.got, PLAIN);
}

static uint64_t
put_back(void)
{
	return pair_stat(&p, 1, "RxPutBack");
}

/*
 * B's prefix in a segment that TCP refuses, with the nonce that is given, then B in two segments. The first
 * of them is old to the NIC in front, and so passes as it came; the second is opened with the nonce that it
 * saw, and says so.
 *
 *   record    |B: head|nonce|body . . . . . . . . . . . . .|tag|
 *   refused   [  head  NONCE]
 *   delivered [  head  nonce][body . . . . . . .][ . . . . . . . ]
 */
static void
refused_prefix(const struct vehicle *v, const uint8_t *prefix, const uint8_t *wire)
{
	middle_sends_genuine(0, B);
	middle_sends(v, B, prefix, PREFIX);
	middle_sends_genuine(B, B + HALF);
	middle_sends(none, B + HALF, wire + B + HALF, C - 40 - B - HALF);
	middle_sends_genuine(C - 40, C);
	middle_sends_genuine(C, t.len);
}

static void
test_refused(void)
{
	static const uint64_t nonces[] = { 0, 1, UINT64_MAX };
	uint8_t prefix[PREFIX];
	uint64_t before;

	for (size_t i = 0; i < HARNESS_COUNT(refused); i++)
		/* The genuine one first: what was opened right is put back, too, as half of it was not. */
		for (size_t k = 0; k <= HARNESS_COUNT(nonces); k++) {
			middle_begin();
			before = put_back();
			memcpy(prefix, t.wire + B, PREFIX);
			if (k > 0)
				forge_nonce(prefix, nonces[k - 1]);
			refused_prefix(refused[i], prefix, t.wire);
			expect_all();
			CU_ASSERT_EQUAL(put_back() > before, nic);
			middle_end();
		}
}

/* He knows the plaintext, so the key stream of B's own nonce: text of his choice does not verify. */
static void
test_chosen(void)
{
	uint8_t wire[WIRE_MAX];

	for (size_t i = 0; i < HARNESS_COUNT(refused); i++) {
		middle_begin();
		memcpy(wire, t.wire, t.len);
		for (uint32_t k = 0; k < sizeof(evil); k++)
			wire[B + HALF + k] ^= t.plain[100 + HALF - PREFIX + k] ^ evil[k];
		refused_prefix(refused[i], wire + B, wire);
		CU_ASSERT_EQUAL(middle_read(), -EBADMSG);
		CU_ASSERT_EQUAL(t.got, 100);
		CU_ASSERT_EQUAL(pair_info(t.k[1]).end_reason, RTLS_REASON_BAD_MAC);
		middle_end();
	}
}

/*
 * TCP has B's prefix but for its first byte, from behind a gap, where the NIC does not look; what fills the
 * gap brings another nonce.
 */
static void
fill_behind(uint32_t held_end, uint8_t mask, const uint8_t *wire)
{
	uint8_t bytes[WIRE_MAX];

	middle_sends_genuine(0, B);
	middle_sends_genuine(B + 1, B + held_end);
	memcpy(bytes, wire + B, C - B);
	for (uint32_t i = 5; i < PREFIX && i < held_end; i++)
		bytes[i] ^= mask;
	middle_sends(none, B, bytes, HALF);
	middle_sends(none, B + HALF, bytes + HALF, C - 1 - B - HALF);
	middle_sends_genuine(C - 1, t.len);
}

static void
test_filled(void)
{
	for (uint32_t held_end = 6; held_end <= PREFIX + 20; held_end += 3)
		for (int mask = 0; mask < 2; mask++) {
			middle_begin();
			fill_behind(held_end, (uint8_t)(mask * 0x55), t.wire);
			expect_all();
			middle_end();
		}
}

/* Nonces that nobody could compute, that repeat what they like but one another, or count down. */
static void
test_peers_choice(void)
{
	uint64_t rng = harness_seed(), before = 0;
	struct rtls_sock_stats st = { .size = sizeof(st) };

	for (int round = 0; round < 4; round++) {
		struct peer key = middle_key(1, 4); /* behind the hello */
		uint32_t off = 0, at = 0;
		uint8_t wire[WIRE_MAX];

		middle_begin();
		CU_ASSERT_EQUAL(rtls_sock_stats(t.k[1], &st), 0);
		before = st.rx_nic_records;
		for (int i = 0; i < RECORDS; i++) {
			key.explicit_nonce = round == 0 ? (uint64_t)-i : harness_rand(&rng);
			at += peer_seal(&key, 23, t.plain + off, sizes[i], 0, wire + at);
			off += sizes[i];
		}
		CU_ASSERT_EQUAL_FATAL(at, t.len);
		for (uint32_t from = 0; from < at; from += 97)
			middle_sends(none, from, wire + from, at - from < 97 ? at - from : 97);
		expect_all();
		CU_ASSERT_EQUAL(rtls_sock_stats(t.k[1], &st), 0);
		if (verifies || !nic)
			CU_ASSERT_EQUAL(st.rx_nic_records - before, nic ? RECORDS : 0);
		middle_end();
	}
}

static void
each_kind(void (*test)(void))
{
	for (size_t i = 0; i <= HARNESS_COUNT(kinds); i++) {
		verifies = i > 0 && kinds[i - 1].rx_unverified == 0;
		do
			middle_suite = suites_turn();
		while (middle_suite->explicit_nonce_len == 0);
		middle_init(i > 0, i > 0 ? &kinds[i - 1] : NULL);
		test();
		pair_fini(&p);
	}
}

static void
case_refused(void)
{
	each_kind(test_refused);
}

static void
case_chosen(void)
{
	each_kind(test_chosen);
}

static void
case_filled(void)
{
	each_kind(test_filled);
}

static void
case_peers_choice(void)
{
	each_kind(test_peers_choice);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a nonce that TCP refuses, genuine bytes", case_refused },
		{ "a nonce that TCP refuses, chosen bytes", case_chosen },
		{ "a nonce that TCP has already", case_filled },
		{ "nonces of the peer's choice", case_peers_choice },
	};

	if (eal_start("inline-nonce") != 0)
		return EXIT_FAILURE;
	return harness_run("inline_nonce", cases, HARNESS_COUNT(cases));
}
