/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Simultaneous open of two whole stacks, and what a peer puts into its SYN-ACK. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/forged.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "unit/session/peer.h"

enum {
	NET = 0xc0000200,
	PEER = 1,    /* end 0 */
	PORT = 5000, /* of end 0; end 1's is one more */
	LEN = 50000,
	TEXT = 300,
	TCP_AT = 34,
	SYN = 2,
	ACK = 16,
};

static uint8_t bytes[LEN];

static struct wire {
	struct pair *p;
	uint32_t syns, syn_acks, resets;
	uint32_t lose; /* so many SYN-ACKs are lost */
	bool answers;  /* each SYN of end 0 by a SYN-ACK with text */
	int32_t off;   /* to the number that this acknowledges */
} w;

static void
answer(const uint8_t *syn)
{
	const uint8_t *tcp = syn + TCP_AT;
	struct forged f;
	uint8_t *out = f.bytes + TCP_AT;

	forged_tcp(&f, syn + 6, syn, get32(syn + 30), get32(syn + 26),
		   (uint32_t)get16(tcp + 2) << 16 | get16(tcp), SYN | ACK, 77);
	put32(out + 8, get32(tcp + 4) + 1 + (uint32_t)w.off);
	pair_fill(out + 20, 0, TEXT);
	forged_finish(&f, f.len + TEXT);
	CU_ASSERT_EQUAL(cable_inject(w.p->cable, 1, f.bytes, f.len), 0);
}

static enum cable_verdict
filter(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	uint8_t flags = frame[TCP_AT + 13];

	(void)arg;
	(void)len;
	(void)now_us;
	(void)delay_us;
	if (get16(frame + 12) != 0x0800 || frame[23] != 6)
		return CABLE_PASS;
	w.syns += (flags & (SYN | ACK)) == SYN;
	w.resets += (flags & 4) != 0;
	if (w.answers && dir == 0) {
		if ((flags & (SYN | ACK)) == SYN)
			answer(frame);
		return CABLE_DROP;
	}
	if ((flags & (SYN | ACK)) != (SYN | ACK))
		return CABLE_PASS;
	w.syn_acks++;
	return w.syn_acks <= w.lose ? CABLE_DROP : CABLE_PASS;
}

static void
start(struct pair *p)
{
	struct pair_conf conf = { .filter = filter };

	conf.path[0].delay_us = conf.path[1].delay_us = 10000;
	memset(&w, 0, sizeof(w));
	w.p = p;
	pair_init(p, &conf);
	pair_fill(bytes, 0, LEN);
}

/* Both ends know each other's MAC: the SYNs are sent at once. */
static void
connect_both(struct pair *p, struct rtls_sock *socks[2])
{
	struct rtls_addr at[2] = { pair_addr(0, PORT), pair_addr(1, PORT + 1) };
	struct rtls_sock *first[2];

	pair_connect(p, 0, first);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_abort(first[i]), 0);
	pair_settle(p);
	w.syns = w.syn_acks = w.resets = 0;
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(rtls_connect(p->stack[i], &at[i], &at[1 - i], &socks[i]), 0);
		CU_ASSERT_EQUAL(rtls_sock_watch(socks[i], RTLS_CONNECTED, NULL), 0);
	}
}

/* One connection comes of it, with keys of both ends, however many SYN-ACKs are lost. */
static void
test_crossed(void)
{
	for (uint32_t lose = 0; lose < 4; lose++) {
		struct rtls_sock *socks[2];
		struct pair p;

		start(&p);
		connect_both(&p, socks);
		w.lose = lose;
		pair_pass(&p, 15000);
		for (int i = 0; i < 2; i++)
			CU_ASSERT_EQUAL(pair_info(socks[i]).state, RTLS_SOCK_CONNECTING);
		CU_ASSERT_EQUAL(w.syns, 2);
		CU_ASSERT_EQUAL(w.syn_acks, 2);
		pair_pass(&p, 4000000);
		for (int i = 0; i < 2; i++) {
			CU_ASSERT_EQUAL(pair_bits(&p, i, socks[i]), RTLS_CONNECTED);
			CU_ASSERT_EQUAL(pair_info(socks[i]).mss, 1448);
			CU_ASSERT_EQUAL(pair_stat(&p, i, "SynInUse"), 0);
		}
		CU_ASSERT_EQUAL(w.resets, 0);
		for (int i = 0; i < 2; i++) {
			struct peer key = peer_key((uint8_t)(1 + i), 0);
			struct rtls_keys k = peer_keys(&key);

			pair_set_keys(socks, i, &k);
			pair_send(&p, socks[i], bytes, LEN);
			pair_expect(&p, socks[1 - i], bytes, LEN);
		}
		CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
		CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
		pair_fini(&p);
	}
}

/* One end gives up in SYN-RECEIVED: its RST ends the other one's attempt, too. */
static void
test_given_up(void)
{
	struct rtls_sock *socks[2];
	struct pair p;
	char c;

	start(&p);
	connect_both(&p, socks);
	w.lose = 9;
	pair_pass(&p, 15000);
	CU_ASSERT_EQUAL(w.syn_acks, 2);
	CU_ASSERT_EQUAL(rtls_abort(socks[0]), 0);
	pair_pass(&p, 15000);
	CU_ASSERT_EQUAL(w.resets, 1);
	CU_ASSERT_EQUAL(rtls_recv(socks[1], &c, 1, 0), -ECONNREFUSED);
	CU_ASSERT_EQUAL(pair_info(socks[1]).end_reason, RTLS_REASON_REFUSED);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(&p);
}

/* Text with the SYN-ACK is the stream's first; of one that does not acknowledge our SYN nothing is. */
static void
test_text(void)
{
	for (int forged = 0; forged < 2; forged++) {
		struct rtls_addr remote = pair_addr(1, 9);
		uint8_t buf[TEXT + 1];
		struct rtls_sock *k;
		struct pair p;

		start(&p);
		w.answers = true;
		w.off = forged;
		CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[0], NULL, &remote, &k), 0);
		pair_pass(&p, 100000);
		CU_ASSERT_EQUAL(pair_info(k).state, forged ? RTLS_SOCK_CONNECTING : RTLS_SOCK_OPEN);
		CU_ASSERT_EQUAL(rtls_recv(k, buf, sizeof(buf), 0),
				forged ? (ssize_t)-ENOTCONN : (ssize_t)TEXT);
		if (!forged)
			CU_ASSERT(pair_matches(buf, 0, TEXT));
		CU_ASSERT_EQUAL(rtls_abort(k), 0);
		pair_fini(&p);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "two connects, one connection", test_crossed },
		{ "given up in SYN-RECEIVED", test_given_up },
		{ "text with a SYN-ACK", test_text },
	};

	if (eal_start("crossed") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/crossed", cases, HARNESS_COUNT(cases));
}
