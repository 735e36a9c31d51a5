/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * From plain bytes to keys, both ways, and to the end, as programs for the kernels' TLS go. And who
 * computes. doc/ktls.md names what each is for.
 */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/ktls_bench.h"

/* --- from plain bytes to keys -------------------------------------------------- */

static void
test_plain(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, 0), 10);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 10, 0), 10);
		/* One direction at a time; the other one stays plain. */
		ktls_keys(&b);
		pair_send(&b.pair, b.far, b.bytes, 100);
		pair_expect(&b.pair, b.near, b.bytes, 100);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, 0), 10);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 10, 0), 10);
		ktls_keys_back(&b);
		pair_send(&b.pair, b.far, b.bytes, 100);
		pair_expect(&b.pair, b.near, b.bytes, 100);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, 0), 10);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 10, 0), 10);
	}
}

/* The keys of both directions may be one and the same in the kernel's test; here that is refused. */
static void
test_same_key(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys(&b);
		CU_ASSERT_EQUAL(rtls_set_keys(b.near, RTLS_RX, &b.peer.keys), -EINVAL);
		CU_ASSERT_EQUAL(rtls_set_keys(b.far, RTLS_TX, &b.peer.keys), -EINVAL);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, 0), 10);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 10, 0), 10);
	}
}

/* Records that came before the keys. */
static void
test_before_keys(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys_near(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 20000, 0), 20000);
		pair_settle(&b.pair);
		ktls_keys_far(&b);
		CU_ASSERT_EQUAL(rtls_sock_watch(b.far, RTLS_READABLE, NULL), 0);
		CU_ASSERT_EQUAL(ktls_bits(&b), RTLS_READABLE);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, KTLS_CAP, 0), 20000);
	}
}

/* Plain bytes in front of them are the program's to read before: nothing tells them apart. */
static void
test_plain_before_keys(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		bool reads = (b.row & 1) != 0;

		CU_ASSERT_EQUAL(ktls_send(&b, 0, 5, 0), 5);
		if (reads)
			CU_ASSERT_EQUAL(ktls_recv(&b, 0, 5, 0), 5);
		ktls_keys(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 5, 20000, 0), 20000);
		if (reads)
			ktls_expect(&b, 5, 20000);
		else
			CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), -EINVAL);
	}
}

/* --- room ---------------------------------------------------------------------- */

/* A small send buffer: short counts and -EAGAIN, then writable again; no byte is lost or doubled. */
static void
test_no_room(void)
{
	const struct pair_conf conf = { .stack[KTLS_NEAR].sndbuf = 17408 };
	struct ktls_bench b;

	for (ktls_first(&b, &conf); ktls_more(&b); ktls_next(&b)) {
		uint32_t sent = 0, got = 0;
		bool again = false;

		ktls_keys(&b);
		CU_ASSERT_EQUAL(rtls_sock_watch(b.near, RTLS_WRITABLE, NULL), 0);
		while (got < KTLS_CAP) {
			ssize_t n = 0;

			while (sent < KTLS_CAP && n >= 0) {
				n = ktls_send(&b, sent, KTLS_CAP - sent, 0);
				CU_ASSERT_FATAL(n > 0 || n == -EAGAIN);
				sent += n > 0 ? (uint32_t)n : 0;
			}
			again |= n == -EAGAIN;
			if (n == -EAGAIN)
				CU_ASSERT_EQUAL(pair_bits(&b.pair, KTLS_NEAR, b.near), 0);
			pair_pass(&b.pair, 500000);
			CU_ASSERT_EQUAL(pair_bits(&b.pair, KTLS_NEAR, b.near), RTLS_WRITABLE);
			n = ktls_recv(&b, got, KTLS_CAP - got, 0);
			CU_ASSERT_FATAL(n > 0);
			got += (uint32_t)n;
		}
		CU_ASSERT(again);
	}
}

/* --- the end ------------------------------------------------------------------- */

static void
test_shutdown(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		ktls_keys(&b);
		ktls_keys_back(&b);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, 0), 10);
		CU_ASSERT_EQUAL(rtls_shutdown(b.near, RTLS_SHUT_WR), 0);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 10, 0), -EPIPE);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), 10);
		CU_ASSERT_EQUAL(ktls_recv(&b, 0, 100, 0), 0);
		/* A bare end is told apart from one behind close_notify. */
		CU_ASSERT_EQUAL(pair_info(b.far).eof, RTLS_EOF_BARE);
		/* The other direction goes on. */
		pair_send(&b.pair, b.far, b.bytes, 100);
		pair_expect(&b.pair, b.near, b.bytes, 100);
		CU_ASSERT_EQUAL(rtls_shutdown(b.far, RTLS_SHUT_WR), 0);
		pair_settle(&b.pair);
		/* A handle is one connection's: there is no connecting or listening with it again. */
		CU_ASSERT_EQUAL(rtls_set_keys(b.near, RTLS_TX, &b.back.keys), -ENOTCONN);
	}
}

/* --- who computes -------------------------------------------------------------- */

static enum rtls_mode
mode_of(const struct rtls_sock *k, enum rtls_dir d)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	CU_ASSERT_EQUAL(rtls_tls_info(k, d, &info), 0);
	return (enum rtls_mode)info.mode;
}

/* Asked, and changed in use; what nobody does is refused, and changes nothing. */
static void
test_mode(void)
{
	struct ktls_bench b;

	for (ktls_first(&b, NULL); ktls_more(&b); ktls_next(&b)) {
		enum rtls_mode mode;

		CU_ASSERT_EQUAL(mode_of(b.near, RTLS_TX), RTLS_MODE_NONE);
		CU_ASSERT_EQUAL(rtls_set_mode(b.near, RTLS_TX, RTLS_MODE_SOFTWARE), -ENOKEY);
		ktls_keys(&b);
		mode = mode_of(b.near, RTLS_TX);
		CU_ASSERT(b.nic || mode == RTLS_MODE_SOFTWARE);
		/* Each suite's table of devices may lack some; this one every device has. */
		CU_ASSERT(!b.nic || b.row != 0 || mode == RTLS_MODE_NIC);
		CU_ASSERT_EQUAL(rtls_set_mode(b.near, RTLS_TX, RTLS_MODE_TOE), -ENOTSUP);
		CU_ASSERT_EQUAL(rtls_set_mode(b.far, RTLS_RX, RTLS_MODE_TOE), -ENOTSUP);
		CU_ASSERT_EQUAL(rtls_set_mode(b.near, RTLS_TX, RTLS_MODE_NONE), -EINVAL);
		CU_ASSERT_EQUAL(rtls_set_mode(b.near, RTLS_TX, (enum rtls_mode)99), -EINVAL);
		CU_ASSERT_EQUAL(mode_of(b.near, RTLS_TX), mode);
		CU_ASSERT_EQUAL(ktls_send(&b, 0, 3000, 0), 3000);
		CU_ASSERT_EQUAL(rtls_set_mode(b.near, RTLS_TX, RTLS_MODE_SOFTWARE), 0);
		CU_ASSERT_EQUAL(mode_of(b.near, RTLS_TX), RTLS_MODE_SOFTWARE);
		CU_ASSERT_EQUAL(ktls_send(&b, 3000, 3000, 0), 3000);
		ktls_expect(&b, 0, 6000);
	}
	CU_ASSERT_PTR_NOT_NULL(rtls_mode_refusal(RTLS_MODE_TOE));
	CU_ASSERT_PTR_NULL(rtls_mode_refusal(RTLS_MODE_NONE));
	CU_ASSERT_PTR_NULL(rtls_mode_refusal(RTLS_MODE_SOFTWARE));
	CU_ASSERT_PTR_NULL(rtls_mode_refusal(RTLS_MODE_NIC));
	CU_ASSERT_PTR_NULL(rtls_mode_refusal((enum rtls_mode)99));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "plain, then keys, both ways", test_plain },
		{ "one key for both ways", test_same_key },
		{ "records before the keys", test_before_keys },
		{ "plain bytes before the keys", test_plain_before_keys },
		{ "no room", test_no_room },
		{ "shutdown", test_shutdown },
		{ "who computes", test_mode },
	};

	if (eal_start("test-ktls-life") != 0)
		return 1;
	return harness_run("eal/ktls_life", cases, HARNESS_COUNT(cases));
}
