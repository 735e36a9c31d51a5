/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * RFC 9293 3.10.5: who is aborted hears of it, also where nobody has asked for its MAC yet. Its host sends
 * to ours without ARP, as one does that remembers our MAC, and the SYN-ACK goes back to where the SYN came
 * from.
 */
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "eal/forged.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "tcp/seg.h"

enum {
	NET = 0xc0000200,
	SELF = 2, /* end 1 */
	HOST = 9,
	PORT = 5000, /* the first of the host's */
	ISS = 1000,
	BACKLOG = 64,
	ROOM = 32, /* so many wait */
};

static const uint8_t MAC[6] = { 2, 0, 0, 0, 0x66, 9 };

/* What end 1 sends. */
static struct wire {
	uint32_t asked; /* for the host */
	uint32_t resets;
	uint32_t iss[BACKLOG]; /* of its SYN-ACKs */
	uint32_t next;         /* the host's port of the next RST */
	struct forged reset;
} w;

static void
on_segment(const uint8_t *frame, uint32_t len)
{
	const uint8_t *tcp = frame + FORGED_ETHER + FORGED_IP;
	uint32_t i = get16(tcp + 2) - PORT;

	CU_ASSERT_FATAL(i < BACKLOG);
	CU_ASSERT_EQUAL(memcmp(frame, MAC, 6), 0);
	if (tcp[13] == (TCP_SYN | TCP_ACK))
		w.iss[i] = get32(tcp + 4);
	if ((tcp[13] & TCP_RST) == 0)
		return;
	CU_ASSERT_EQUAL(i, w.next);
	w.next++;
	w.resets++;
	memcpy(w.reset.bytes, frame, len);
	/* Exactly the next number, RFC 5961 3.2: the host believes it. */
	CU_ASSERT_EQUAL(tcp[13], TCP_RST | TCP_ACK);
	CU_ASSERT_EQUAL(get32(tcp + 4), w.iss[i] + 1);
	CU_ASSERT_EQUAL(get32(tcp + 8), ISS + 1);
}

static void
on_frame(void *arg, int dir, const uint8_t *frame, uint32_t len, uint64_t now_us)
{
	(void)arg;
	(void)now_us;
	if (dir != 1)
		return;
	if (get16(frame + 12) == 0x0806)
		w.asked += frame[21] == 1 && get32(frame + 38) == NET + HOST;
	else if (get32(frame + 30) == NET + HOST)
		on_segment(frame, len);
}

static void
start(struct pair *p)
{
	const struct pair_conf conf = {
		.backlog = BACKLOG,
		.tap = on_frame,
		.stack[1] = { .max_socks = 2 * BACKLOG, .max_syn = 64 * BACKLOG },
	};

	memset(&w, 0, sizeof(w));
	pair_init(p, &conf);
}

static void
inject(struct pair *p, const struct forged *f)
{
	CU_ASSERT_EQUAL_FATAL(cable_inject(p->cable, 0, f->bytes, f->len), 0);
	pair_settle(p);
}

static void
segment(struct pair *p, uint32_t i, uint8_t flags, uint32_t seq, uint32_t ack)
{
	struct forged f;

	forged_tcp(&f, p->port[1]->mac, MAC, NET + HOST, NET + SELF, (PORT + i) << 16 | PAIR_PORT,
		   flags, seq);
	put32(f.bytes + FORGED_ETHER + FORGED_IP + 8, ack);
	forged_finish(&f, f.len);
	inject(p, &f);
}

/* The host opens its i-th connection, which the program does not take yet. */
static void
open_one(struct pair *p, uint32_t i)
{
	segment(p, i, TCP_SYN, ISS, 0);
	CU_ASSERT_NOT_EQUAL_FATAL(w.iss[i], 0);
	segment(p, i, TCP_ACK, ISS + 1, w.iss[i] + 1);
}

/* So many, which the program takes and aborts, one after the other. */
static void
open_and_abort(struct pair *p, uint32_t n)
{
	struct rtls_sock *k;
	uint32_t i;

	for (i = 0; i < n; i++)
		open_one(p, i);
	for (i = 0; i < n; i++) {
		CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(p->listener, &k, 1), 1);
		CU_ASSERT_EQUAL(rtls_sock_set(k, RTLS_OPT_TTL, 7), 0);
		CU_ASSERT_EQUAL(rtls_abort(k), 0);
	}
	pair_settle(p);
}

/* The host asks for ours: so it is known where it is. */
static void
learn(struct pair *p)
{
	struct forged f;

	forged_arp(&f, MAC, NET + HOST, NET + SELF);
	inject(p, &f);
}

static void
test_later(void)
{
	struct pair p;

	start(&p);
	open_and_abort(&p, 1);
	CU_ASSERT_EQUAL(w.asked, 1);
	pair_pass(&p, 500000);
	CU_ASSERT_EQUAL(w.resets, 0);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxResets"), 0);
	learn(&p);
	CU_ASSERT_EQUAL(w.resets, 1);
	CU_ASSERT_EQUAL(w.reset.bytes[FORGED_ETHER + 8], 7);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxResets"), 1);
	learn(&p);
	pair_pass(&p, 10000000);
	CU_ASSERT_EQUAL(w.resets, 1);
	CU_ASSERT_EQUAL(w.asked, 1);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxAnswersDropped"), 0);
	pair_fini(&p);
}

/* Whoever asked is gone; it is asked all the same, once in a second, by a program that sleeps until then. */
static void
test_question_lost(void)
{
	struct pair p;

	start(&p);
	open_and_abort(&p, 1);
	CU_ASSERT(rtls_stack_deadline(p.stack[1]) <= p.now_us + 1000000);
	pair_pass(&p, 1500000);
	CU_ASSERT_EQUAL(w.asked, 2);
	learn(&p);
	CU_ASSERT_EQUAL(w.resets, 1);
	CU_ASSERT_EQUAL(rtls_stack_deadline(p.stack[1]), UINT64_MAX);
	pair_fini(&p);
}

static void
test_nobody(void)
{
	struct pair p;

	start(&p);
	open_and_abort(&p, 3);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxAnswersDropped"), 0);
	pair_pass(&p, 10000000);
	CU_ASSERT_EQUAL(w.asked, 3); /* for all of them together */
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxAnswersDropped"), 3);
	CU_ASSERT_EQUAL(rtls_stack_deadline(p.stack[1]), UINT64_MAX);
	/* What may have become of the host meanwhile is not known: it is too late. */
	learn(&p);
	CU_ASSERT_EQUAL(w.resets, 0);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxResets"), 0);
	pair_fini(&p);
}

static void
test_too_many(void)
{
	struct pair p;

	start(&p);
	open_and_abort(&p, ROOM + 5);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxAnswersDropped"), 5);
	learn(&p);
	CU_ASSERT_EQUAL(w.resets, ROOM);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxResets"), ROOM);
	/* It is known now. */
	w.next = 0;
	open_and_abort(&p, 1);
	CU_ASSERT_EQUAL(w.resets, ROOM + 1);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxAnswersDropped"), 5);
	pair_fini(&p);
}

/* Those that nobody took. */
static void
test_listener_closed(void)
{
	struct pair p;

	start(&p);
	for (uint32_t i = 0; i < 3; i++)
		open_one(&p, i);
	CU_ASSERT_EQUAL(rtls_close(p.listener), 0);
	p.listener = NULL;
	pair_settle(&p);
	CU_ASSERT_EQUAL(w.resets, 0);
	learn(&p);
	CU_ASSERT_EQUAL(w.resets, 3);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "its neighbour is known later", test_later },
		{ "the question is lost", test_question_lost },
		{ "nobody answers", test_nobody },
		{ "more than have room", test_too_many },
		{ "a listener is closed", test_listener_closed },
	};

	if (eal_start("late-reset") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/late-reset", cases, HARNESS_COUNT(cases));
}
