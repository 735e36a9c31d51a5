/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Keys that a socket has had already: what rtls_set_keys() refuses, that a refusal changes
 * nothing, and that what is sealed behind an accepted one opens at the far end, which is no
 * library but OpenSSL and the record numbers that it expects.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/half.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"

enum { LEN = 100 };

static const struct rtls_tlsnic_conf *nic; /* of the near end; NULL: none */

static struct fixture {
	struct pair p;
	struct half h;
	uint64_t sent; /* of the pattern, by the near end */
	uint64_t got;  /* by the near end */
} f;

static void
begin(void)
{
	struct pair_conf conf = { .nic = { nic, NULL } };

	memset(&f, 0, sizeof(f));
	pair_init(&f.p, &conf);
	half_open(&f.p, &f.h);
}

/* One record of the near end, as the far end's opener expects it. */
static void
expect(uint32_t len)
{
	static uint8_t wire[PEER_WIRE_MAX], plain[PEER_WIRE_MAX];
	uint32_t plain_len = 0;
	uint8_t type = 0;
	ssize_t n;

	pair_settle(&f.p);
	n = rtls_recv(f.h.socks[FAR], wire, 5 + len + 1 + 16, 0);
	CU_ASSERT_EQUAL_FATAL(n, 5 + len + 1 + 16);
	CU_ASSERT_EQUAL_FATAL(peer_open(&f.h.opens, wire, (size_t)n, &type, plain, &plain_len), n);
	CU_ASSERT_EQUAL(type, RTLS_TYPE_DATA);
	CU_ASSERT_EQUAL(plain_len, len);
	CU_ASSERT(pair_matches(plain, f.sent, len));
	f.sent += len;
}

static void
put(uint64_t ahead, int flags)
{
	uint8_t bytes[LEN];

	pair_fill(bytes, f.sent + ahead, LEN);
	CU_ASSERT_EQUAL(rtls_send(f.h.socks[NEAR], bytes, LEN, flags), LEN);
}

/* A record each way. */
static void
flows(void)
{
	put(0, 0);
	expect(LEN);
	half_data(&f.p, &f.h, f.got, LEN);
	pair_settle(&f.p);
	half_read(&f.h, f.got, LEN);
	f.got += LEN;
}

static int
set(enum rtls_dir d, unsigned int n, uint64_t rec_no)
{
	struct peer key = peer_key(n, rec_no), *at = d == RTLS_TX ? &f.h.opens : &f.h.seals;
	struct rtls_keys keys = peer_keys(&key);
	int rc = rtls_set_keys(f.h.socks[NEAR], d, &keys);

	if (rc == 0)
		*at = key;
	return rc;
}

static void
refuse(enum rtls_dir d, unsigned int n, uint64_t rec_no, int error)
{
	struct rtls_tls_info before = { .size = sizeof(before) };
	struct rtls_tls_info after = { .size = sizeof(after) };

	CU_ASSERT_EQUAL(rtls_tls_info(f.h.socks[NEAR], d, &before), 0);
	CU_ASSERT_EQUAL(set(d, n, rec_no), error);
	CU_ASSERT_EQUAL(rtls_tls_info(f.h.socks[NEAR], d, &after), 0);
	CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof(before)), 0);
}

static uint64_t
next_no(enum rtls_dir d)
{
	return d == RTLS_TX ? f.h.opens.rec_no : f.h.seals.rec_no;
}

static void
end(void)
{
	flows();
	half_close(&f.p, &f.h);
	pair_fini(&f.p);
}

/* The keys in force: half_open() gave the near end key 1 from 0 to receive, 2 from 7 to send. */
static void
test_in_force(void)
{
	begin();
	for (int d = RTLS_TX; d <= RTLS_RX; d++) {
		unsigned int n = d == RTLS_TX ? 2 : 1;

		/* Not even one record is used: the same number is no harm. */
		CU_ASSERT_EQUAL(set(d, n, next_no(d)), 0);
		flows();
		flows();
		refuse(d, n, 0, -EALREADY);
		refuse(d, n, next_no(d) - 1, -EALREADY);
		flows();
		CU_ASSERT_EQUAL(set(d, n, next_no(d)), 0);
		flows();
		CU_ASSERT_EQUAL(set(d, n, next_no(d) + 1000), 0);
		flows();
		refuse(d, n, next_no(d) - 1000, -EALREADY);
	}
	end();
}

/* Former keys, as many as are remembered. */
static void
former(enum rtls_dir d)
{
	unsigned int first = d == RTLS_TX ? 2 : 1, keys[USED_KEYS_MAX] = { first, 3, 4, 5 };
	uint64_t left[USED_KEYS_MAX];

	begin();
	for (unsigned int i = 0; i < USED_KEYS_MAX; i++) {
		if (i > 0)
			CU_ASSERT_EQUAL_FATAL(set(d, keys[i], 10 * i), 0);
		for (unsigned int j = 0; j <= i; j++)
			flows();
		left[i] = next_no(d);
	}
	for (unsigned int i = 0; i < USED_KEYS_MAX; i++) {
		refuse(d, keys[i], 0, -EALREADY);
		refuse(d, keys[i], left[i] - 1, -EALREADY);
	}
	flows();
	left[USED_KEYS_MAX - 1]++;
	/* Each again where it was left, or later; and none of them twice. */
	for (unsigned int i = 0; i < USED_KEYS_MAX; i++) {
		CU_ASSERT_EQUAL(set(d, keys[i], left[i] + i), 0);
		flows();
		flows();
		refuse(d, keys[i], left[i] + i + 1, -EALREADY);
		refuse(d, keys[0], left[0], -EALREADY);
	}
	end();
}

static void
test_former(void)
{
	former(RTLS_TX);
	former(RTLS_RX);
}

/* The sending key in force again, for what comes behind records that the far end has not read. */
static void
set_behind(uint64_t rec_no)
{
	struct peer key = peer_key(2, rec_no);
	struct rtls_keys keys = peer_keys(&key);

	CU_ASSERT_EQUAL(rtls_set_keys(f.h.socks[NEAR], RTLS_TX, &keys), 0);
}

/* The open record has no number yet; the call that changes the key gives it one. */
static void
test_open_record(void)
{
	begin();
	flows();
	put(0, RTLS_MSG_MORE);
	refuse(RTLS_TX, 2, 7, -EALREADY);
	refuse(RTLS_TX, 2, 8, -EALREADY);
	refuse(RTLS_TX, 1, 8, -EINVAL);
	/* It is open still. */
	put(LEN, RTLS_MSG_MORE);
	CU_ASSERT_EQUAL(rtls_recv(f.h.socks[FAR], &(char[1]){ 0 }, 1, 0), -EAGAIN);
	put(2 * LEN, 0);
	expect(3 * LEN);
	put(0, RTLS_MSG_MORE);
	CU_ASSERT_EQUAL(f.h.opens.rec_no, 9);
	set_behind(10);
	expect(LEN);
	CU_ASSERT_EQUAL(f.h.opens.rec_no, 10);
	end();
}

/* Nonces of two IVs under one key can meet. */
static void
test_other_iv(void)
{
	begin();
	flows();
	for (int d = RTLS_TX; d <= RTLS_RX; d++) {
		struct peer key = peer_key(d == RTLS_TX ? 2 : 1, 1 << 20);
		struct rtls_keys keys = peer_keys(&key);

		keys.iv[11] ^= 1;
		CU_ASSERT_EQUAL(rtls_set_keys(f.h.socks[NEAR], d, &keys), -EALREADY);
		CU_ASSERT_EQUAL(rtls_set_keys(f.h.socks[NEAR], 1 - d, &keys), -EINVAL);
		flows();
	}
	end();
}

/* One key for both directions, whichever comes first, in force or former. */
static void
test_both_directions(void)
{
	struct peer key = peer_key(9, 0);
	struct rtls_keys keys = peer_keys(&key);
	struct rtls_sock *socks[2];

	begin();
	refuse(RTLS_TX, 1, 100, -EINVAL);
	refuse(RTLS_RX, 2, 100, -EINVAL);
	flows();
	CU_ASSERT_EQUAL(set(RTLS_TX, 3, 0), 0);
	CU_ASSERT_EQUAL(set(RTLS_RX, 4, 0), 0);
	for (unsigned int i = 0; i < 2; i++) {
		refuse(RTLS_TX, i == 0 ? 1 : 4, 100, -EINVAL);
		refuse(RTLS_RX, i == 0 ? 2 : 3, 100, -EINVAL);
		flows();
	}
	/* Both ends of another connection have the key of a first one, in one direction each. */
	pair_connect(&f.p, 0, socks);
	for (int d = RTLS_TX; d <= RTLS_RX; d++) {
		CU_ASSERT_EQUAL(rtls_set_keys(socks[d], (enum rtls_dir)d, &keys), 0);
		CU_ASSERT_EQUAL(rtls_set_keys(socks[d], (enum rtls_dir)(1 - d), &keys), -EINVAL);
	}
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	pair_settle(&f.p);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	end();
}

/* What the limit of a key counts goes on where it was. */
static void
test_limit(void)
{
	begin();
	flows();
	flows();
	CU_ASSERT_EQUAL(f.h.socks[NEAR]->tx.tls->epochs.now->tx.records, 2);
	CU_ASSERT_EQUAL(set(RTLS_TX, 2, 500), 0);
	CU_ASSERT_EQUAL(f.h.socks[NEAR]->tx.tls->epochs.now->tx.records, 2);
	flows();
	CU_ASSERT_EQUAL(set(RTLS_TX, 3, 0), 0);
	CU_ASSERT_EQUAL(f.h.socks[NEAR]->tx.tls->epochs.now->tx.records, 0);
	flows();
	CU_ASSERT_EQUAL(set(RTLS_TX, 2, 501), 0);
	CU_ASSERT_EQUAL(f.h.socks[NEAR]->tx.tls->epochs.now->tx.records, 3);
	end();
}

/* Records that wait for the far end's window, in clear with a NIC, have their numbers. */
static void
test_queued(void)
{
	begin();
	for (unsigned int i = 0; i < 20; i++)
		put(i * LEN, 0);
	refuse(RTLS_TX, 2, 7 + 19, -EALREADY);
	set_behind(7 + 20);
	for (unsigned int i = 0; i < 20; i++)
		expect(LEN);
	end();
}

/* A record that was taken is not taken again behind a refusal. */
static void
test_replay(void)
{
	uint8_t wire[PEER_WIRE_MAX], plain[LEN];
	uint32_t len;

	begin();
	pair_fill(plain, 0, LEN);
	len = peer_seal(&f.h.seals, RTLS_TYPE_DATA, plain, LEN, 0, wire);
	pair_send(&f.p, f.h.socks[FAR], wire, len);
	pair_settle(&f.p);
	half_read(&f.h, 0, LEN);
	refuse(RTLS_RX, 1, 0, -EALREADY);
	pair_send(&f.p, f.h.socks[FAR], wire, len);
	pair_settle(&f.p);
	half_answers(&f.h, -EBADMSG);
	half_close(&f.p, &f.h);
	pair_fini(&f.p);
}

/* A socket that takes the place of a closed one has had no keys. */
static void
test_next_socket(void)
{
	for (int i = 0; i < 40; i++) {
		if (i == 0)
			begin();
		else
			half_open(&f.p, &f.h);
		f.sent = f.got = 0;
		flows();
		half_close(&f.p, &f.h);
		pair_pass(&f.p, 100000000);
	}
	pair_fini(&f.p);
}

/* What is remembered of keys is hashed with a secret of its own, as what else is hashed can be told
 * from outside: whose answers share a set. */
static void
test_own_secret(void)
{
	const struct rtls_stack *s;

	begin();
	s = f.p.stack[NEAR];
	CU_ASSERT_NOT_EQUAL(memcmp(s->keys_secret, s->secret, sizeof(s->secret)), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(s->keys_secret, s->answers.key, sizeof(s->answers.key)), 0);
	end();
}

static void
test_nics(void)
{
	for (uint8_t method = RTLS_TLS_TX_REBUILD; method <= RTLS_TLS_TX_NEXT_RECORD; method++) {
		nic = &(struct rtls_tlsnic_conf){ .size = sizeof(*nic), .tx_method = method };
		test_in_force();
		test_former();
		test_open_record();
		test_both_directions();
		test_queued();
		test_replay();
	}
	nic = NULL;
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the keys in force", test_in_force },
		{ "former keys", test_former },
		{ "with an open record", test_open_record },
		{ "another IV", test_other_iv },
		{ "one key for both directions", test_both_directions },
		{ "the limit of a key", test_limit },
		{ "records that are queued", test_queued },
		{ "a replay", test_replay },
		{ "the next socket", test_next_socket },
		{ "a secret of its own", test_own_secret },
		{ "the same with a TLS NIC", test_nics },
	};

	if (eal_start("test-used-keys") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/used-keys", cases, HARNESS_COUNT(cases));
}
