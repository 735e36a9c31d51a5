/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Memory pressure of received data. The budget of the receiving stack is set by
 * hand: to exhaust a real one would take megabytes for the same decisions.
 */
#include <errno.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/half.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"

enum { SECOND = 1000000 };

static uint8_t pattern[400000];

/* Bytes out of order are given up, and come again: nothing is lost but time. */
static void
test_held_goes_first(void)
{
	struct pair_conf conf = { .path[0].loss_ppm = 50000 };
	struct rtls_sock *socks[2];
	uint64_t room_max;
	struct pair p;

	conf.path[0].spare_arp = true;
	pair_init(&p, &conf);
	pair_connect(&p, 0, socks);
	room_max = p.stack[1]->rx_room_max;
	for (size_t sent = 0, got = 0; got < sizeof(pattern);) {
		uint8_t buf[4096];
		ssize_t n = 0;

		if (sent < sizeof(pattern))
			n = rtls_send(socks[0], pattern + sent, sizeof(pattern) - sent, 0);
		sent += n > 0 ? (size_t)n : 0;
		for (int i = 0; i < 200; i++) {
			pair_turn(&p);
			if (socks[1]->recvq.nb_held == 0)
				continue;
			/* What waits behind a gap is all that there is room for. */
			p.stack[1]->rx_room_max = p.stack[1]->rx_room_used;
			pair_turn(&p);
			CU_ASSERT_EQUAL(socks[1]->recvq.nb_held, 0);
			p.stack[1]->rx_room_max = room_max;
		}
		while ((n = rtls_recv(socks[1], buf, sizeof(buf), 0)) > 0) {
			CU_ASSERT_FATAL(memcmp(buf, pattern + got, (size_t)n) == 0);
			got += (size_t)n;
		}
		CU_ASSERT_EQUAL_FATAL(n, -EAGAIN);
	}
	CU_ASSERT(pair_stat(&p, 1, "PressureHeldDropped") > 0);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "PressureConnAborted"), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	pair_pass(&p, SECOND);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_pass(&p, SECOND);
	pair_fini(&p);
}

static bool
is_open(void *arg)
{
	struct rtls_sock *k = arg;

	return pair_info(k).state == RTLS_SOCK_OPEN;
}

/* What is there has room; who is new waits, and comes in when there is room again. */
static void
test_new_connections_wait(void)
{
	struct rtls_addr local = pair_addr(0, 0), remote = pair_addr(1, PAIR_PORT);
	struct rtls_sock *socks[2], *late, *accepted;
	struct pair p;
	uint64_t room;

	pair_init(&p, NULL);
	pair_connect(&p, 0, socks);
	pair_send(&p, socks[0], pattern, 60000);
	pair_settle(&p);
	room = pair_stat(&p, 1, "RxRoomInUse");
	CU_ASSERT(room > 60000);
	p.stack[1]->rx_room_max = room + room / 20;
	log_tap_start(RTE_LOG_NOTICE);
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[0], &local, &remote, &late), 0);
	pair_pass(&p, SECOND / 2);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_ROOM_REFUSED), 1);
	CU_ASSERT_EQUAL(log_tap_lines(), 1);
	log_tap_end();
	CU_ASSERT_EQUAL(pair_info(late).state, RTLS_SOCK_CONNECTING);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "PressureConnRefused"), 1);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "SynInUse"), 0);
	pair_expect(&p, socks[1], pattern, 60000);
	/* The SYN comes again after 1 s, RFC 6298 2.1. */
	CU_ASSERT(pair_until(&p, is_open, late, 2 * SECOND));
	pair_settle(&p);
	CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(p.listener, &accepted, 1), 1);
	CU_ASSERT_EQUAL(rtls_abort(late), 0);
	CU_ASSERT_EQUAL(rtls_abort(socks[0]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_close(accepted), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(&p);
}

/* Two half records; the one that was begun first goes, the other one is completed. */
static void
test_oldest_incomplete_goes(void)
{
	uint8_t plain[16000], wire[PEER_WIRE_MAX];
	struct half old, young;
	struct pair p;
	uint32_t len;

	pair_init(&p, NULL);
	half_open(&p, &old);
	half_open(&p, &young);
	pair_fill(plain, 0, sizeof(plain));
	len = peer_seal(&old.seals, RTLS_TYPE_DATA, plain, sizeof(plain), 0, wire);
	pair_send(&p, old.socks[FAR], wire, len - 1);
	pair_pass(&p, SECOND / 10);
	len = peer_seal(&young.seals, RTLS_TYPE_DATA, plain, sizeof(plain), 0, wire);
	pair_send(&p, young.socks[FAR], wire, len - 1);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_recv(old.socks[NEAR], plain, 1, 0), -EAGAIN);
	p.stack[NEAR]->rx_room_max = pair_stat(&p, NEAR, "RxRoomInUse") - 1;
	log_tap_start(RTE_LOG_NOTICE);
	pair_settle(&p);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_ROOM_ENDED), 1);
	CU_ASSERT_EQUAL(log_tap_lines(), 1);
	log_tap_end();
	CU_ASSERT_EQUAL(pair_stat(&p, NEAR, "PressureConnAborted"), 1);
	CU_ASSERT_EQUAL(pair_info(old.socks[NEAR]).end_reason, RTLS_REASON_NO_MEMORY);
	CU_ASSERT_EQUAL(pair_info(old.socks[NEAR]).end_who, RTLS_END_LOCAL);
	half_answers(&old, -ECONNABORTED);
	CU_ASSERT_EQUAL(rtls_recv(old.socks[FAR], plain, 1, 0), -ECONNRESET);
	CU_ASSERT(pair_bits(&p, FAR, old.socks[FAR]) == 0);

	pair_send(&p, young.socks[FAR], wire + len - 1, 1);
	pair_settle(&p);
	half_read(&young, 0, sizeof(plain));
	half_alert(&p, &young, 0);
	CU_ASSERT_EQUAL(rtls_close(old.socks[NEAR]), 0);
	CU_ASSERT_EQUAL(rtls_close(old.socks[FAR]), 0);
	half_close(&p, &young);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what is out of order goes first", test_held_goes_first },
		{ "new connections wait", test_new_connections_wait },
		{ "the oldest incomplete record goes", test_oldest_incomplete_goes },
	};

	pair_fill(pattern, 0, sizeof(pattern));
	if (eal_start("pressure") != 0)
		return 1;
	return harness_run("eal/pressure", cases, HARNESS_COUNT(cases));
}
