/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Connections that have not finished their handshake: they end in time, and make room. */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <recordtls/guard.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"
#include "support/pair.h"

enum { S = 1000000, MS = 1000, SOCKS = 16 };

static struct rtls_sock *
dial(struct pair *p)
{
	struct rtls_addr remote = pair_addr(1, PAIR_PORT);
	struct rtls_sock *k;

	CU_ASSERT_EQUAL_FATAL(rtls_connect(p->stack[0], NULL, &remote, &k), 0);
	pair_settle(p);
	return k;
}

static struct rtls_sock *
accept_one(struct pair *p)
{
	struct rtls_sock *k = NULL;

	return rtls_accept_burst(p->listener, &k, 1) == 1 ? k : NULL;
}

/* A connection that an adapter has taken over. */
static struct rtls_sock *
open_guarded(struct pair *p, struct rtls_sock **client)
{
	struct rtls_guard g = { 0 };
	struct rtls_sock *k;

	*client = dial(p);
	k = accept_one(p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(k);
	CU_ASSERT_EQUAL_FATAL(rtls_sock_guard(k, &g), 0);
	return k;
}

static void
say(struct pair *p, struct rtls_sock *k)
{
	CU_ASSERT_EQUAL(rtls_send(k, "hello", 5, 0), 5);
	pair_settle(p);
}

static void
set_keys(struct rtls_sock *k, enum rtls_dir d)
{
	struct rtls_keys keys = { .version = RTLS_TLS_1_3,
				  .cipher = RTLS_CIPHER_AES_GCM_128,
				  .key = { (uint8_t)(1 + d) } };

	CU_ASSERT_EQUAL(rtls_set_keys(k, d, &keys), 0);
}

static bool
is_open(const struct rtls_sock *k)
{
	return pair_info(k).state == RTLS_SOCK_OPEN;
}

/* Ended by its own stack, for this reason: the program sees it, the peer a RST. */
static void
expect_ended(struct pair *p, int end, struct rtls_sock *k, struct rtls_sock *client,
	     enum rtls_end_reason why)
{
	struct rtls_sock_info info = pair_info(k);

	pair_settle(p);
	CU_ASSERT_EQUAL(info.state, RTLS_SOCK_CLOSED);
	CU_ASSERT_EQUAL(info.end_who, RTLS_END_LOCAL);
	CU_ASSERT_EQUAL(info.end_reason, why);
	CU_ASSERT_EQUAL(rtls_sock_watch(k, RTLS_READABLE, p), 0);
	CU_ASSERT_EQUAL(pair_bits(p, end, k) & (RTLS_ERROR | RTLS_HUP), RTLS_ERROR | RTLS_HUP);
	CU_ASSERT_EQUAL(pair_info(client).end_reason, RTLS_REASON_RESET);
	CU_ASSERT_EQUAL(pair_info(client).end_who, RTLS_END_PEER);
}

static void
close_both(struct rtls_sock *a, struct rtls_sock *b)
{
	CU_ASSERT_EQUAL(rtls_close(a), 0);
	CU_ASSERT_EQUAL(rtls_close(b), 0);
}

/* How far a client comes, and when it is ended. */
enum progress {
	SILENT,
	SPOKE,
	ONE_KEY,
	DONE,
	KEPT, /* by another library, which says so */
};

static void
make_progress(struct pair *p, struct rtls_sock *k, struct rtls_sock *client, enum progress to)
{
	struct rtls_guard g;

	if (to >= SPOKE)
		say(p, client);
	if (to == ONE_KEY || to == DONE)
		set_keys(k, RTLS_TX);
	if (to == DONE)
		set_keys(k, RTLS_RX);
	if (to != KEPT)
		return;
	CU_ASSERT_EQUAL(rtls_sock_guard(k, &g), 0);
	CU_ASSERT_EQUAL(rtls_guard_kept(&g, RTLS_TX, "a test"), 0);
	CU_ASSERT_EQUAL(rtls_guard_kept(&g, RTLS_RX, "a test"), 0);
}

static void
test_deadlines(void)
{
	static const struct {
		uint32_t first_byte_us, handshake_us;
		enum progress progress;
		uint64_t end_us; /* 0: it stays */
	} rows[] = {
		{ 0, 0, SILENT, 10 * S },
		{ 0, 0, SPOKE, 30 * S },
		{ 0, 0, ONE_KEY, 30 * S },
		{ 0, 0, DONE, 0 },
		{ 0, 0, KEPT, 0 },
		{ 2 * S, 5 * S, SILENT, 2 * S },
		{ 2 * S, 5 * S, SPOKE, 5 * S },
		{ 2 * S, 5 * S, DONE, 0 },
		{ UINT32_MAX, 5 * S, SILENT, 5 * S },
		{ UINT32_MAX, UINT32_MAX, SILENT, 0 },
		{ 1 * S, UINT32_MAX, SPOKE, 0 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct pair_conf conf = { .first_byte_us = rows[i].first_byte_us,
					  .handshake_us = rows[i].handshake_us };
		uint64_t end_us = rows[i].end_us != 0 ? rows[i].end_us : 90 * S;
		struct rtls_sock *client, *k;
		uint64_t from_us;
		struct pair p;

		pair_init(&p, &conf);
		k = open_guarded(&p, &client);
		from_us = p.now_us;
		make_progress(&p, k, client, rows[i].progress);
		pair_pass(&p, end_us - (p.now_us - from_us) - 20 * MS);
		CU_ASSERT_TRUE(is_open(k));
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "HandshakeTimeouts"), 0);
		pair_pass(&p, 40 * MS);
		CU_ASSERT_EQUAL(is_open(k), rows[i].end_us == 0);
		if (rows[i].end_us != 0)
			expect_ended(&p, 1, k, client, RTLS_REASON_HANDSHAKE_TIMEOUT);
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "HandshakeTimeouts"), rows[i].end_us != 0);
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "MadeRoom"), 0);
		CU_ASSERT_EQUAL(rtls_abort(client), 0);
		CU_ASSERT_EQUAL(rtls_abort(k), 0);
		pair_fini(&p);
	}
}

/* No guard, no TLS: a first byte is waited for no longer only where the program says so. */
static void
test_plain(void)
{
	for (int asked = 0; asked < 2; asked++) {
		struct pair_conf conf = { .first_byte_us = asked ? 3 * S : 0 };
		struct rtls_sock *client[4], *k[3];
		struct pair p;

		pair_init(&p, &conf);
		for (int i = 0; i < 4; i++)
			client[i] = dial(&p);
		/* Accepted and silent; accepted, and it speaks; its own keys; the last one waits. */
		for (int i = 0; i < 3; i++)
			CU_ASSERT_PTR_NOT_NULL_FATAL(k[i] = accept_one(&p));
		say(&p, client[1]);
		set_keys(k[2], RTLS_TX);
		set_keys(k[2], RTLS_RX);
		pair_pass(&p, 60 * S);
		CU_ASSERT_EQUAL(is_open(k[0]), !asked);
		if (asked)
			expect_ended(&p, 1, k[0], client[0], RTLS_REASON_HANDSHAKE_TIMEOUT);
		CU_ASSERT_TRUE(is_open(k[1]));
		CU_ASSERT_TRUE(is_open(k[2]));
		CU_ASSERT_EQUAL(is_open(client[3]), !asked);
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "HandshakeTimeouts"), asked ? 2 : 0);
		for (int i = 0; i < 4; i++)
			CU_ASSERT_EQUAL(rtls_abort(client[i]), 0);
		for (int i = 0; i < 3; i++)
			CU_ASSERT_EQUAL(rtls_abort(k[i]), 0);
		pair_fini(&p);
	}
}

/* A client that speaks in clear first, and then begins its handshake, or not. */
static void
test_upgrade(void)
{
	const struct pair_conf conf = { .first_byte_us = 2 * S, .handshake_us = 5 * S };
	struct rtls_sock *client, *k;
	struct rtls_guard g;
	struct pair p;
	char c[8];

	pair_init(&p, &conf);
	client = dial(&p);
	k = accept_one(&p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(k);
	say(&p, client);
	CU_ASSERT_EQUAL(rtls_recv(k, c, sizeof(c), 0), 5);
	pair_pass(&p, 60 * S);
	CU_ASSERT_TRUE(is_open(k));
	pair_turn(&p);
	CU_ASSERT_EQUAL(rtls_sock_guard(k, &g), 0);
	pair_pass(&p, 4 * S);
	CU_ASSERT_TRUE(is_open(k));
	/* A new holder gives it no more time. */
	CU_ASSERT_EQUAL(rtls_sock_guard(k, &g), 0);
	pair_pass(&p, 2 * S);
	expect_ended(&p, 1, k, client, RTLS_REASON_HANDSHAKE_TIMEOUT);
	close_both(k, client);
	pair_fini(&p);
}

/* Who opens a connection itself has the handshake's deadline only, and gives no place away. */
static void
test_active(void)
{
	static const struct {
		uint32_t handshake_us; /* 0: not asked for */
		enum progress progress;
		bool early; /* the guard is there before the connection */
		uint64_t end_us;
	} rows[] = {
		{ 0, SILENT, false, 30 * S },
		{ 0, SILENT, true, 30 * S },
		{ 0, ONE_KEY, true, 30 * S },
		{ 0, DONE, false, 0 },
		{ 0, KEPT, true, 0 },
		{ 5 * S, SILENT, true, 5 * S },
		{ UINT32_MAX, SILENT, false, 0 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint64_t end_us = rows[i].end_us != 0 ? rows[i].end_us : 90 * S, from_us, v;
		struct rtls_addr remote = pair_addr(1, PAIR_PORT);
		struct rtls_sock *mine, *k;
		struct rtls_guard g;
		struct pair p;

		pair_init(&p, NULL);
		CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[0], NULL, &remote, &mine), 0);
		CU_ASSERT_EQUAL(rtls_sock_get(mine, RTLS_OPT_HANDSHAKE_US, &v), 0);
		CU_ASSERT_EQUAL(v, 30 * S);
		if (rows[i].handshake_us != 0)
			CU_ASSERT_EQUAL(
				rtls_sock_set(mine, RTLS_OPT_HANDSHAKE_US, rows[i].handshake_us),
				0);
		if (rows[i].early)
			CU_ASSERT_EQUAL(rtls_sock_guard(mine, &g), 0);
		pair_settle(&p);
		k = accept_one(&p);
		CU_ASSERT_PTR_NOT_NULL_FATAL(k);
		if (!rows[i].early)
			CU_ASSERT_EQUAL(rtls_sock_guard(mine, &g), 0);
		from_us = p.now_us;
		make_progress(&p, mine, k, rows[i].progress);
		pair_pass(&p, end_us - (p.now_us - from_us) - 500 * MS);
		CU_ASSERT_TRUE(is_open(mine));
		pair_pass(&p, 600 * MS);
		CU_ASSERT_EQUAL(is_open(mine), rows[i].end_us == 0);
		if (rows[i].end_us != 0)
			expect_ended(&p, 0, mine, k, RTLS_REASON_HANDSHAKE_TIMEOUT);
		CU_ASSERT_EQUAL(pair_stat(&p, 0, "HandshakeTimeouts"), rows[i].end_us != 0);
		CU_ASSERT_EQUAL(rtls_abort(mine), 0);
		CU_ASSERT_EQUAL(rtls_abort(k), 0);
		pair_fini(&p);
	}
}

/* --- room ------------------------------------------------------------------------ */

/* Sixteen sockets with the listener, one is kept free: so many connections fill it. */
enum { FULL = SOCKS - 2 };

static void
expect_made_room(struct pair *p, uint64_t n)
{
	CU_ASSERT_EQUAL(pair_stat(p, 1, "MadeRoom"), n);
	CU_ASSERT_EQUAL(pair_stat(p, 1, "HandshakeTimeouts"), 0);
}

/*
 * All places are taken. The newcomer's is the oldest's of those that said nothing, then the
 * oldest's of those whose handshake is under way, never a finished one's.
 */
static void
test_oldest_goes(void)
{
	const struct pair_conf conf = { .stack[0] = { .max_socks = 64 },
					.stack[1] = { .max_socks = SOCKS } };
	static const enum progress progress[FULL] = {
		DONE, SPOKE,   ONE_KEY, SILENT, DONE, SILENT, KEPT,
		DONE, ONE_KEY, DONE,    DONE,   DONE, DONE,   DONE,
	};
	static const int order[] = { 3, 5, 1, 2, 8 };
	struct rtls_sock *client[FULL], *k[FULL], *late_client[8], *late[8];
	struct pair p;
	int n;

	pair_init(&p, &conf);
	for (int i = 0; i < FULL; i++) {
		k[i] = open_guarded(&p, &client[i]);
		make_progress(&p, k[i], client[i], progress[i]);
	}
	expect_made_room(&p, 0);
	log_tap_start(RTE_LOG_NOTICE);
	for (n = 0; n < (int)HARNESS_COUNT(order); n++) {
		int i = order[n];

		CU_ASSERT_TRUE(is_open(k[i]));
		late[n] = open_guarded(&p, &late_client[n]);
		make_progress(&p, late[n], late_client[n], DONE);
		expect_ended(&p, 1, k[i], client[i], RTLS_REASON_MADE_ROOM);
		CU_ASSERT_EQUAL(rtls_send(k[i], "x", 1, 0),
				progress[i] == ONE_KEY ? -ECONNABORTED : -ENOKEY);
		expect_made_room(&p, (uint64_t)n + 1);
		close_both(k[i], client[i]);
	}
	CU_ASSERT_EQUAL(log_tap_count(NOTE_MADE_ROOM), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_tap_last(NOTE_MADE_ROOM), " of 16 sockets are in use; "));
	CU_ASSERT_EQUAL(log_tap_lines(), 1);
	log_tap_end();
	/* Only finished ones are left: one place is free, then newcomers have to wait. */
	late[n] = open_guarded(&p, &late_client[n]);
	make_progress(&p, late[n], late_client[n], DONE);
	n++;
	late_client[n] = dial(&p);
	CU_ASSERT_PTR_NULL(accept_one(&p));
	CU_ASSERT(pair_stat(&p, 1, "SynDropped") > 0);
	expect_made_room(&p, HARNESS_COUNT(order));
	for (int i = 0; i < FULL; i++) {
		if (i == 1 || i == 2 || i == 3 || i == 5 || i == 8)
			continue;
		CU_ASSERT_TRUE(is_open(k[i]));
		CU_ASSERT_EQUAL(rtls_abort(k[i]), 0);
		CU_ASSERT_EQUAL(rtls_abort(client[i]), 0);
	}
	for (int i = 0; i < n; i++)
		close_both(late[i], late_client[i]);
	CU_ASSERT_EQUAL(rtls_abort(late_client[n]), 0);
	pair_pass(&p, 90 * S);
	pair_fini(&p);
}

/* A program that does not look: no more are ended for it than newcomers came. */
static void
test_slow_program(void)
{
	const struct pair_conf conf = { .stack[0] = { .max_socks = 64 },
					.stack[1] = { .max_socks = 32 } };
	enum { SLOW_FULL = 29, LATE = 4 };
	struct rtls_sock *client[SLOW_FULL], *k[SLOW_FULL], *late[LATE];
	struct pair p;

	pair_init(&p, &conf);
	for (int i = 0; i < SLOW_FULL; i++)
		k[i] = open_guarded(&p, &client[i]);
	/* Two places are kept free; the ended ones have theirs until they are closed. */
	for (int i = 0; i < LATE; i++)
		late[i] = dial(&p);
	pair_pass(&p, 8 * S);
	expect_made_room(&p, 2);
	for (int i = 0; i < 2; i++) {
		expect_ended(&p, 1, k[i], client[i], RTLS_REASON_MADE_ROOM);
		close_both(k[i], client[i]);
	}
	for (int i = 2; i < SLOW_FULL; i++) {
		CU_ASSERT_TRUE(is_open(k[i]));
		CU_ASSERT_EQUAL(rtls_abort(client[i]), 0);
		CU_ASSERT_EQUAL(rtls_abort(k[i]), 0);
	}
	for (int i = 0; i < LATE; i++)
		CU_ASSERT_EQUAL(rtls_abort(late[i]), 0);
	pair_pass(&p, 90 * S);
	pair_fini(&p);
}

/* Closed, all delivered, and the peer keeps its side open: a place that nobody needs. */
static void
test_lingering(void)
{
	const struct pair_conf conf = { .stack[0] = { .max_socks = 64 },
					.stack[1] = { .max_socks = SOCKS } };
	struct rtls_sock *client[FULL], *k, *open[3], *late[2];
	struct pair p;

	pair_init(&p, &conf);
	for (int i = 0; i < FULL; i++) {
		k = open_guarded(&p, &client[i]);
		set_keys(k, RTLS_TX);
		set_keys(k, RTLS_RX);
		if (i == 5)
			open[2] = k;
		else
			CU_ASSERT_EQUAL(rtls_close(k), 0);
		pair_settle(&p);
	}
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "SocksInUse"), FULL + 1);
	/* Every peer has a second to close. */
	late[0] = dial(&p);
	expect_made_room(&p, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(open[0] = accept_one(&p));
	pair_pass(&p, 2 * S);
	late[1] = dial(&p);
	expect_made_room(&p, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(open[1] = accept_one(&p));
	/* It was told nothing but FIN. */
	CU_ASSERT_TRUE(is_open(client[0]));
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxResets"), 0);
	for (int i = 0; i < FULL; i++)
		CU_ASSERT_EQUAL(rtls_abort(client[i]), 0);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_abort(late[i]), 0);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(rtls_abort(open[i]), 0);
	pair_fini(&p);
}

/* Nobody accepts, and who waits says nothing: who comes later is let in, and those that spoke stay. */
static void
test_backlog(void)
{
	const struct pair_conf conf = { .backlog = 3 };
	struct rtls_sock *client[4], *k;
	struct pair p;
	char c[8];

	pair_init(&p, &conf);
	for (int i = 0; i < 3; i++)
		client[i] = dial(&p);
	say(&p, client[0]);
	client[3] = dial(&p);
	say(&p, client[3]);
	/* Its ACK found no room yet: everybody has a second to speak. */
	expect_made_room(&p, 0);
	pair_pass(&p, 4 * S);
	expect_made_room(&p, 1);
	CU_ASSERT_TRUE(is_open(client[0]));
	CU_ASSERT_EQUAL(pair_info(client[1]).end_reason, RTLS_REASON_RESET);
	CU_ASSERT_TRUE(is_open(client[2]));
	for (int i = 0; i < 3; i++) {
		k = accept_one(&p);
		CU_ASSERT_PTR_NOT_NULL_FATAL(k);
		CU_ASSERT_EQUAL(rtls_recv(k, c, sizeof(c), 0), i == 1 ? -EAGAIN : 5);
		CU_ASSERT_EQUAL(rtls_abort(k), 0);
	}
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(rtls_abort(client[i]), 0);
	pair_fini(&p);
}

/* One address has so many connections and no more; what it closes it may open again. */
static void
test_per_remote(void)
{
	const struct pair_conf conf = { .stack[1] = { .max_per_remote = 2 } };
	struct rtls_sock *client[3], *k[2];
	struct pair p;

	pair_init(&p, &conf);
	for (int i = 0; i < 3; i++)
		client[i] = dial(&p);
	CU_ASSERT_TRUE(is_open(client[1]));
	CU_ASSERT_EQUAL(pair_info(client[2]).end_reason, RTLS_REASON_REFUSED);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "RemoteLimited"), 1);
	CU_ASSERT_EQUAL(rtls_close(client[2]), 0);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_PTR_NOT_NULL_FATAL(k[i] = accept_one(&p));
	close_both(k[0], client[0]);
	pair_settle(&p);
	client[2] = dial(&p);
	CU_ASSERT_TRUE(is_open(client[2]));
	close_both(k[1], client[1]);
	CU_ASSERT_EQUAL(rtls_abort(client[2]), 0);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "deadlines", test_deadlines },
		{ "without TLS", test_plain },
		{ "an upgrade", test_upgrade },
		{ "an active open", test_active },
		{ "the oldest unfinished goes", test_oldest_goes },
		{ "a program that does not look", test_slow_program },
		{ "waits for a FIN", test_lingering },
		{ "a silent backlog", test_backlog },
		{ "so many from one address", test_per_remote },
	};

	if (eal_start("test-admission") != 0)
		return 1;
	return harness_run("eal/admission", cases, HARNESS_COUNT(cases));
}
