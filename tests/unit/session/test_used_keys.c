/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Which keys may be installed again, by the numbers that they left. */
#include "session/used_keys.h"

#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"
#include "unit/session/peer.h"

static const uint8_t SECRET[SIPHASH_KEY_LEN] = { 1, 2, 3 };
static const struct used_keys NONE;

static const struct record_suite EXPLICIT = { .key_len = 16, .explicit_nonce_len = 8 };

static const struct record_suite *
tls13(void)
{
	return record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
}

static struct used_key
key(unsigned int n, uint64_t rec_no)
{
	struct peer p = peer_key(n, rec_no);
	struct rtls_keys keys = peer_keys(&p);

	return used_key_of(SECRET, tls13(), &keys);
}

static void
add(struct used_keys *u, uint64_t next_no, unsigned int n, uint64_t rec_no)
{
	struct used_key k = key(n, rec_no);

	CU_ASSERT_EQUAL(used_keys_check(u, next_no, &NONE, &k), 0);
	used_keys_add(u, next_no, 0, &k);
}

static int
check(const struct used_keys *u, uint64_t next_no, unsigned int n, uint64_t rec_no)
{
	struct used_key k = key(n, rec_no);

	return used_keys_check(u, next_no, &NONE, &k);
}

/* The one in force, whose numbers are being used. */
static void
test_in_force(void)
{
	struct used_keys u = { 0 };

	add(&u, 0, 1, 5);
	CU_ASSERT_EQUAL(check(&u, 5, 1, 4), -EALREADY);
	CU_ASSERT_EQUAL(check(&u, 5, 1, 5), 0);
	CU_ASSERT_EQUAL(check(&u, 9, 1, 0), -EALREADY);
	CU_ASSERT_EQUAL(check(&u, 9, 1, 8), -EALREADY);
	CU_ASSERT_EQUAL(check(&u, 9, 1, 9), 0);
	CU_ASSERT_EQUAL(check(&u, 9, 1, UINT64_MAX), 0);
	CU_ASSERT_EQUAL(check(&u, UINT64_MAX, 1, UINT64_MAX - 1), -EALREADY);
	CU_ASSERT_EQUAL(check(&u, 9, 2, 0), 0);
}

/* Former ones, each with the number that it left, as far as memory goes. */
static void
test_former(void)
{
	struct used_keys u = { 0 };

	for (unsigned int n = 1; n <= USED_KEYS_MAX; n++)
		add(&u, 10 * (n - 1), n, 0);
	for (unsigned int n = 1; n < USED_KEYS_MAX; n++) {
		CU_ASSERT_EQUAL(check(&u, 3, n, 0), -EALREADY);
		CU_ASSERT_EQUAL(check(&u, 3, n, 10 * n - 1), -EALREADY);
		CU_ASSERT_EQUAL(check(&u, 3, n, 10 * n), 0);
	}
	/* One of them again: it forgets nobody, and goes on from its new number. */
	add(&u, 40, 2, 25);
	CU_ASSERT_EQUAL(check(&u, 27, 2, 26), -EALREADY);
	CU_ASSERT_EQUAL(check(&u, 27, 2, 27), 0);
	CU_ASSERT_EQUAL(check(&u, 27, 1, 9), -EALREADY);
	CU_ASSERT_EQUAL(check(&u, 27, USED_KEYS_MAX, 39), -EALREADY);
	CU_ASSERT_EQUAL(check(&u, 27, USED_KEYS_MAX, 40), 0);
	/* A new one: the oldest is forgotten. */
	add(&u, 27, 9, 0);
	CU_ASSERT_EQUAL(check(&u, 0, 1, 0), 0);
	CU_ASSERT_EQUAL(check(&u, 0, 2, 26), -EALREADY);
	CU_ASSERT_EQUAL(check(&u, 0, 3, 29), -EALREADY);
}

/* Nonces are IV xor number: with another IV they can meet. */
static void
test_other_iv(void)
{
	struct used_keys u = { 0 };

	add(&u, 0, 1, 0);
	for (int i = 0; i < 12 + 16; i++) {
		struct peer p = peer_key(1, 100);
		struct rtls_keys keys = peer_keys(&p);
		struct used_key k;

		if (i < 12)
			keys.iv[i] ^= 1;
		else
			keys.key[i - 12] ^= 0x80;
		k = used_key_of(SECRET, tls13(), &keys);
		CU_ASSERT_EQUAL(used_keys_check(&u, 3, &NONE, &k), i < 12 ? -EALREADY : 0);
		CU_ASSERT_EQUAL(used_keys_check(&NONE, 0, &u, &k), i < 12 ? -EINVAL : 0);
	}
}

/* What the key has no bytes for does not make it another. */
static void
test_key_bytes(void)
{
	struct peer p = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&p);
	struct used_keys u = { 0 };
	struct used_key k;

	add(&u, 0, 1, 0);
	memset(keys.key + 16, 0xee, 16);
	k = used_key_of(SECRET, tls13(), &keys);
	CU_ASSERT_EQUAL(used_keys_check(&u, 1, &NONE, &k), -EALREADY);
}

/* The number says nothing about a nonce that goes over the wire. */
static void
test_explicit_nonce(void)
{
	struct peer p = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&p);
	struct used_keys u = { 0 };
	struct used_key k = used_key_of(SECRET, &EXPLICIT, &keys);

	CU_ASSERT_EQUAL(used_keys_check(&u, 0, &NONE, &k), 0);
	used_keys_add(&u, 0, 0, &k);
	keys.rec_no = UINT64_MAX - 1;
	k = used_key_of(SECRET, &EXPLICIT, &keys);
	CU_ASSERT_EQUAL(used_keys_check(&u, 1, &NONE, &k), -EALREADY);
	/* Also where it was, or is, another version's. */
	k = used_key_of(SECRET, tls13(), &keys);
	CU_ASSERT_EQUAL(used_keys_check(&u, 1, &NONE, &k), -EALREADY);
}

/* None is for both directions, the present and former ones. */
static void
test_other_direction(void)
{
	struct used_keys u = { 0 };

	for (unsigned int n = 1; n <= USED_KEYS_MAX; n++)
		add(&u, 1, n, 0);
	for (unsigned int n = 1; n <= USED_KEYS_MAX + 1; n++) {
		struct used_key k = key(n, 1000);

		CU_ASSERT_EQUAL(used_keys_check(&NONE, 0, &u, &k),
				n <= USED_KEYS_MAX ? -EINVAL : 0);
	}
}

/* A key's limit counts what it sealed before, too. */
static void
test_records(void)
{
	struct used_key a = key(1, 0), b = key(2, 0);
	struct used_keys u = { 0 };

	CU_ASSERT_EQUAL(used_keys_add(&u, 0, 0, &a), 0);
	CU_ASSERT_EQUAL(used_keys_add(&u, 700, 700, &b), 0);
	a.next_no = 5000;
	CU_ASSERT_EQUAL(used_keys_add(&u, 3, 3, &a), 700);
	CU_ASSERT_EQUAL(used_keys_add(&u, 5010, 710, &a), 710);
	CU_ASSERT_EQUAL(used_keys_add(&u, 5020, 720, &b), 3);
}

static void
test_hashed(void)
{
	static const uint8_t other[SIPHASH_KEY_LEN] = { 1, 2, 4 };
	struct peer p = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&p);
	struct used_key k = used_key_of(SECRET, tls13(), &keys), o;

	for (size_t i = 0; i + 4 <= sizeof(k); i++) {
		for (int j = 0; j + 4 <= 16; j++)
			CU_ASSERT(memcmp((uint8_t *)&k + i, p.key + j, 4) != 0);
	}
	o = used_key_of(other, tls13(), &keys);
	CU_ASSERT(o.key_hash != k.key_hash && o.iv_hash != k.iv_hash);
}

/* As many keys as are remembered, in any order: no number is given out twice, and none withheld. */
static void
test_random(void)
{
	uint64_t next[USED_KEYS_MAX] = { 0 };
	struct used_keys u = { 0 };
	uint64_t rng = harness_seed(), no;
	unsigned int now = 0, n;

	for (int i = 0; i < 20000; i++) {
		n = (unsigned int)(harness_rand(&rng) % USED_KEYS_MAX);
		no = next[n] + harness_rand(&rng) % 4;
		no -= no < 2 ? 0 : harness_rand(&rng) % 3;
		CU_ASSERT_EQUAL_FATAL(check(&u, next[now], n, no), no >= next[n] ? 0 : -EALREADY);
		if (no < next[n])
			continue;
		add(&u, next[now], n, no);
		now = n;
		next[n] = no + harness_rand(&rng) % 5;
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the key in force", test_in_force },
		{ "former keys", test_former },
		{ "another IV", test_other_iv },
		{ "bytes behind the key", test_key_bytes },
		{ "explicit nonces", test_explicit_nonce },
		{ "the other direction", test_other_direction },
		{ "records under a key", test_records },
		{ "kept as hashes", test_hashed },
		{ "any order", test_random },
	};

	return harness_run("session/used-keys", cases, HARNESS_COUNT(cases));
}
