/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Calls that a careless program makes with handles: NULL, ones that it closed, listeners for
 * connections. Each gets an error, and nothing else feels it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/handle_calls.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"

/* A connection that was there all the time, and still works. */
static void
alive(struct pair *p, struct rtls_sock *const socks[2])
{
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(rtls_send(socks[i], "alive", 5, 0), 5);
		pair_expect(p, socks[1 - i], "alive", 5);
	}
}

static void
test_null(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(calls); i++)
		refused(i, NULL, calls[i].null);
}

static void
test_listener(void)
{
	struct rtls_addr addr = pair_addr(1, 4433);
	struct rtls_sock *l, *socks[2], *out[2];
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, socks);
	CU_ASSERT_EQUAL_FATAL(rtls_listen(p.stack[1], &addr, NULL, &l), 0);
	/* All but close and abort. */
	for (size_t i = 0; i + 2 < HARNESS_COUNT(calls); i++)
		refused(i, l, calls[i].listener);
	CU_ASSERT_EQUAL(rtls_accept_burst(socks[1], out, 2), 0);
	CU_ASSERT_EQUAL(rtls_accept_burst(p.listener, NULL, 2), 0);
	CU_ASSERT_EQUAL(rtls_close(l), 0);
	all_closed(l);
	CU_ASSERT_EQUAL_FATAL(rtls_listen(p.stack[1], &addr, NULL, &l), 0);
	CU_ASSERT_EQUAL(rtls_abort(l), 0);
	all_closed(l);
	alive(&p, socks);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(&p);
}

/* The first time while the connection finishes, then when its slot is free. */
static void
test_closed(void)
{
	struct rtls_sock *socks[2], *other[2];
	uint8_t buf[100];
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, other);
	pair_connect(&p, 0, socks);
	CU_ASSERT_EQUAL(rtls_send(socks[0], "the last words", 14, 0), 14);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	CU_ASSERT_EQUAL(socks[0]->phase, SOCK_ORPHAN);
	all_closed(socks[0]);
	pair_settle(&p);
	/* What was accepted is delivered, and no more. */
	CU_ASSERT_EQUAL(rtls_recv(socks[1], buf, sizeof(buf), 0), 14);
	CU_ASSERT_EQUAL(memcmp(buf, "the last words", 14), 0);
	CU_ASSERT_EQUAL(rtls_recv(socks[1], buf, sizeof(buf), 0), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_settle(&p);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(socks[i]->phase, SOCK_FREE);
		all_closed(socks[i]);
	}
	alive(&p, other);
	pair_connect(&p, 0, socks);
	CU_ASSERT_EQUAL(rtls_abort(socks[0]), 0);
	all_closed(socks[0]);
	pair_settle(&p);
	all_closed(socks[0]);
	/* Reset: the program has it still. */
	CU_ASSERT_EQUAL(do_recv(socks[1]), -ECONNRESET);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	all_closed(socks[1]);
	alive(&p, other);
	CU_ASSERT_EQUAL(rtls_close(other[0]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_close(other[1]), 0);
	pair_fini(&p);
}

/* One that no accept gave out, guessed from another handle. */
static void
test_backlog(void)
{
	struct rtls_addr local = pair_addr(0, 0), remote = pair_addr(1, PAIR_PORT);
	struct rtls_sock *socks[2];
	struct pair p;

	pair_init(&p, NULL);
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[0], &local, &remote, &socks[0]), 0);
	pair_settle(&p);
	all_closed(TAILQ_FIRST(&p.listener->backlog));
	CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(p.listener, &socks[1], 1), 1);
	alive(&p, socks);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(&p);
}

/* Closed twice, and two connections behind: each has its own socket and its own bytes. */
static void
test_close_twice(void)
{
	struct rtls_sock *gone[2], *a[2], *b[2];
	struct pair p;

	pair_init(&p, NULL);
	for (int i = 0; i < 3; i++) {
		pair_connect(&p, 0, gone);
		CU_ASSERT_EQUAL(rtls_abort(gone[0]), 0);
		pair_settle(&p);
		CU_ASSERT_EQUAL(rtls_abort(gone[1]), 0);
		for (int j = 0; j < 2; j++)
			CU_ASSERT_EQUAL(i == 0 ? rtls_close(gone[j]) : rtls_abort(gone[j]), -EBADF);
		CU_ASSERT_EQUAL(pair_stat(&p, 0, "SocksInUse"), 0);
		pair_connect(&p, 0, a);
		pair_connect(&p, 0, b);
		for (int j = 0; j < 2; j++) {
			CU_ASSERT_PTR_NOT_EQUAL_FATAL(a[j], b[j]);
			CU_ASSERT_PTR_NOT_EQUAL(a[j], gone[j]);
			CU_ASSERT_PTR_NOT_EQUAL(b[j], gone[j]);
			all_closed(gone[j]);
		}
		CU_ASSERT_EQUAL(rtls_send(a[0], "for a", 5, 0), 5);
		CU_ASSERT_EQUAL(rtls_send(b[0], "for b", 5, 0), 5);
		pair_expect(&p, a[1], "for a", 5);
		pair_expect(&p, b[1], "for b", 5);
		for (int j = 0; j < 2; j++) {
			CU_ASSERT_EQUAL(rtls_abort(a[j]), 0);
			CU_ASSERT_EQUAL(rtls_abort(b[j]), 0);
		}
		pair_settle(&p);
	}
	pair_fini(&p);
}

/* Slots come back in the order in which they were given up. */
static void
test_oldest_first(void)
{
	enum { SLOTS = 16 };
	struct rtls_sock *l[SLOTS], *again;
	uint64_t rng = harness_seed();
	unsigned int order[SLOTS], at, swap;
	struct rtls_addr addr;
	struct pair p;

	pair_init(&p, NULL);
	for (unsigned int i = 0; i < SLOTS; i++) {
		addr = pair_addr(0, (uint16_t)(1000 + i));
		CU_ASSERT_EQUAL_FATAL(rtls_listen(p.stack[0], &addr, NULL, &l[i]), 0);
		order[i] = i;
	}
	addr = pair_addr(0, 2000);
	CU_ASSERT_EQUAL(rtls_listen(p.stack[0], &addr, NULL, &again), -ENOMEM);
	for (unsigned int i = SLOTS - 1; i > 0; i--) {
		at = harness_below(&rng, i + 1);
		swap = order[i];
		order[i] = order[at];
		order[at] = swap;
	}
	for (unsigned int i = 0; i < SLOTS; i++)
		CU_ASSERT_EQUAL(rtls_close(l[order[i]]), 0);
	for (unsigned int i = 0; i < SLOTS; i++) {
		addr = pair_addr(0, (uint16_t)(3000 + i));
		all_closed(l[order[i]]);
		CU_ASSERT_EQUAL_FATAL(rtls_listen(p.stack[0], &addr, NULL, &again), 0);
		CU_ASSERT_PTR_EQUAL(again, l[order[i]]);
	}
	for (unsigned int i = 0; i < SLOTS; i++)
		CU_ASSERT_EQUAL(rtls_close(l[i]), 0);
	pair_fini(&p);
}

/* One event's work closes the socket of a later one. */
static void
test_event_loop(void)
{
	struct rtls_sock *a[2], *b[2];
	struct rtls_event ev[4];
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, a);
	pair_connect(&p, 0, b);
	CU_ASSERT_EQUAL(rtls_sock_watch(a[0], RTLS_WRITABLE, a[0]), 0);
	CU_ASSERT_EQUAL(rtls_sock_watch(b[0], RTLS_WRITABLE, b[0]), 0);
	CU_ASSERT_EQUAL(rtls_events(NULL, ev, 4), 0);
	CU_ASSERT_EQUAL(rtls_events(p.stack[0], NULL, 4), 0);
	CU_ASSERT_EQUAL(rtls_events(p.stack[0], ev, 0), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_events(p.stack[0], ev, 4), 2);
	CU_ASSERT_EQUAL(rtls_close(ev[1].sock), 0);
	all_closed(ev[1].sock);
	CU_ASSERT_EQUAL(rtls_sock_watch(ev[1].sock, ~0u, NULL), -EBADF);
	CU_ASSERT_EQUAL(rtls_abort(ev[0].sock), 0);
	all_closed(ev[0].sock);
	CU_ASSERT_EQUAL(rtls_sock_watch(ev[0].sock, ~0u, NULL), -EBADF);
	/* Nor does it come back with the next ones. */
	CU_ASSERT_EQUAL(rtls_events(p.stack[0], ev, 4), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_events(p.stack[0], ev, 4), 0);
	CU_ASSERT_EQUAL(rtls_close(a[1]), 0);
	CU_ASSERT_EQUAL(rtls_close(b[1]), 0);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "NULL for a handle", test_null },
		{ "a listener for a connection", test_listener },
		{ "a closed handle", test_closed },
		{ "a handle that was not given out", test_backlog },
		{ "closed twice", test_close_twice },
		{ "slots are reused oldest first", test_oldest_first },
		{ "closed inside an event loop", test_event_loop },
	};

	if (eal_start("test-careless") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/careless", cases, HARNESS_COUNT(cases));
}
