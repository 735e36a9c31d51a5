/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/outq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/fake_sock.h"
#include "support/harness.h"

static const struct rtls_keys keys = {
	.version = RTLS_TLS_1_3,
	.cipher = RTLS_CIPHER_AES_GCM_128,
	.key = { 1 },
	.iv = { 2 },
};

/* By who holds the guard. */
static int
drain(struct outq *q, struct rtls_sock *k)
{
	struct rtls_guard g;

	rtls_sock_guard(k, &g);
	return outq_drain(q, &g);
}

static void
test_empty(void)
{
	struct rtls_sock k;
	struct outq q;

	fake_sock_init(&k, 1);
	outq_init(&q);
	CU_ASSERT_TRUE(outq_empty(&q));
	k.blocked = true;
	CU_ASSERT_EQUAL(drain(&q, &k), 0);
	CU_ASSERT_PTR_NULL(q.buf);
	outq_fini(&q);
	fake_sock_fini(&k);
}

static void
test_keys_stand_where_they_were_put(void)
{
	struct rtls_sock k;
	struct outq q;

	fake_sock_init(&k, 1);
	outq_init(&q);
	CU_ASSERT_EQUAL(outq_put(&q, OUTQ_RAW, "flight", 6), 0);
	outq_put_keys(&q, &keys);
	CU_ASSERT_EQUAL(outq_put(&q, RTLS_TYPE_HANDSHAKE, "ticket", 6), 0);
	CU_ASSERT_FALSE(q.data_waits);
	CU_ASSERT_EQUAL(outq_put(&q, RTLS_TYPE_DATA, "data", 4), 0);
	CU_ASSERT_TRUE(q.data_waits);
	k.blocked = true;
	CU_ASSERT_EQUAL(drain(&q, &k), -EAGAIN);
	k.blocked = false;
	CU_ASSERT_EQUAL(drain(&q, &k), 0);
	CU_ASSERT_TRUE(outq_empty(&q));
	CU_ASSERT_FALSE(q.data_waits);
	CU_ASSERT_EQUAL(k.plain_sends, 1);
	CU_ASSERT_EQUAL(memcmp(k.out.buf, "flight", 6), 0);
	/* 5 + (6 + 1 + 16), 5 + (4 + 1 + 16) */
	CU_ASSERT_EQUAL(k.out.len, 6 + 28 + 26);
	CU_ASSERT_EQUAL(k.tx_type[RTLS_TYPE_HANDSHAKE], 1);
	CU_ASSERT_EQUAL(k.tx_type[RTLS_TYPE_DATA], 1);
	outq_fini(&q);
	fake_sock_fini(&k);
}

static void
test_only_keys(void)
{
	struct rtls_sock k;
	struct outq q;

	fake_sock_init(&k, 1);
	outq_init(&q);
	k.keys_errno = ENOMEM;
	outq_put_keys(&q, &keys);
	CU_ASSERT_FALSE(outq_empty(&q));
	CU_ASSERT_EQUAL(drain(&q, &k), -EAGAIN);
	k.keys_errno = ENOTCONN;
	CU_ASSERT_EQUAL(drain(&q, &k), -ENOTCONN);
	k.keys_errno = 0;
	CU_ASSERT_EQUAL(drain(&q, &k), 0);
	CU_ASSERT_EQUAL(k.tx_keys, 1);
	outq_fini(&q);
	fake_sock_fini(&k);
}

static void
test_limit(void)
{
	static uint8_t big[OUTQ_LIMIT];
	struct rtls_sock k;
	struct outq q;

	fake_sock_init(&k, 1);
	outq_init(&q);
	CU_ASSERT_EQUAL(outq_put(&q, OUTQ_RAW, big, OUTQ_LIMIT), -ENOMEM);
	CU_ASSERT_EQUAL(outq_put(&q, OUTQ_RAW, big, SIZE_MAX), -ENOMEM);
	CU_ASSERT_TRUE(outq_empty(&q));
	CU_ASSERT_EQUAL(outq_put(&q, OUTQ_RAW, big, OUTQ_LIMIT - 64), 0);
	CU_ASSERT_EQUAL(outq_put(&q, OUTQ_RAW, big, 100), -ENOMEM);
	CU_ASSERT_EQUAL(outq_put(&q, OUTQ_RAW, big, 40), 0);
	/* Keys need no room. */
	outq_put_keys(&q, &keys);
	CU_ASSERT_EQUAL(drain(&q, &k), 0);
	CU_ASSERT_EQUAL(k.out.len, OUTQ_LIMIT - 24);
	CU_ASSERT_EQUAL(k.tx_keys, 1);
	outq_fini(&q);
	fake_sock_fini(&k);
}

static void
test_errors_stay(void)
{
	struct rtls_sock k;
	struct outq q;

	fake_sock_init(&k, 1);
	outq_init(&q);
	CU_ASSERT_EQUAL(outq_put(&q, OUTQ_RAW, "abc", 3), 0);
	k.tx_errno = ECONNRESET;
	CU_ASSERT_EQUAL(drain(&q, &k), -ECONNRESET);
	CU_ASSERT_EQUAL(drain(&q, &k), -ECONNRESET);
	CU_ASSERT_FALSE(outq_empty(&q));
	outq_fini(&q);
	fake_sock_fini(&k);
}

/* Bytes as they are for the guard only, plaintext for a socket with keys only. */
static void
test_guard(void)
{
	struct rtls_guard g, other;
	struct rtls_sock k;
	struct outq q;

	fake_sock_init(&k, 1);
	outq_init(&q);
	rtls_sock_guard(&k, &g);
	CU_ASSERT_EQUAL(outq_put(&q, OUTQ_RAW, "raw", 3), 0);
	CU_ASSERT_EQUAL(outq_put(&q, RTLS_TYPE_DATA, "plain", 5), 0);
	CU_ASSERT_EQUAL(outq_drain(&q, &g), -ENOKEY);
	CU_ASSERT_EQUAL(k.out.len, 3);
	outq_fini(&q);
	outq_init(&q);
	CU_ASSERT_EQUAL(outq_put(&q, OUTQ_RAW, "raw", 3), 0);
	rtls_sock_guard(&k, &other);
	CU_ASSERT_EQUAL(outq_drain(&q, &g), -ENOKEY);
	CU_ASSERT_EQUAL(k.out.len, 3);
	outq_fini(&q);
	fake_sock_fini(&k);
}

/* Against a plain list of bytes: what goes in comes out, once, in order. */
static void
test_random(void)
{
	uint64_t seed = harness_seed();
	struct fake_bytes want = { NULL, 0, 0 };
	struct rtls_sock k;
	struct outq q;
	uint8_t chunk[3000];

	fake_sock_init(&k, harness_rand(&seed));
	k.refuse_of_16 = 6;
	k.short_of_16 = 8;
	outq_init(&q);
	for (unsigned int i = 0; i < 3000; i++) {
		size_t len = 1 + harness_rand(&seed) % sizeof(chunk);

		if (harness_rand(&seed) & 1) {
			for (size_t j = 0; j < len; j++)
				chunk[j] = (uint8_t)harness_rand(&seed);
			if (outq_put(&q, OUTQ_RAW, chunk, len) == 0)
				fake_bytes_add(&want, chunk, len);
		} else {
			int rc = drain(&q, &k);

			CU_ASSERT_TRUE(rc == 0 || rc == -EAGAIN);
			CU_ASSERT_EQUAL(rc == 0, outq_empty(&q));
		}
	}
	while (drain(&q, &k) == -EAGAIN)
		;
	CU_ASSERT_EQUAL_FATAL(k.out.len, want.len);
	CU_ASSERT_EQUAL(memcmp(k.out.buf, want.buf, want.len), 0);
	/* Nothing of what was sent stays in memory. */
	for (size_t i = 0; i < q.cap && i < 4096; i++)
		CU_ASSERT_EQUAL_FATAL(q.buf[i], 0);
	fake_bytes_free(&want);
	outq_fini(&q);
	fake_sock_fini(&k);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "empty", test_empty },
		{ "keys stand where they were put", test_keys_stand_where_they_were_put },
		{ "keys alone", test_only_keys },
		{ "the limit", test_limit },
		{ "errors stay", test_errors_stay },
		{ "without the guard, without keys", test_guard },
		{ "random against a list", test_random },
	};
	return harness_run("handshake/outq", cases, HARNESS_COUNT(cases));
}
