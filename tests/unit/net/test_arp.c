/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/arp.h"

#include <errno.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "support/harness.h"

#define S UINT64_C(1000000)

enum {
	OWN = 0x0a000001,
	OWN2 = 0x0a000101,
	PEER = 0x0a000002,
	OTHER = 0x0a000003,
};

static const struct arp_own own[] = { { OWN, 0xffffff00 }, { OWN2, 0xffffff00 } };
static const uint8_t own_mac[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t mac_a[6] = { 2, 0xaa, 0, 0, 0, 2 };
static const uint8_t mac_b[6] = { 2, 0xbb, 0, 0, 0, 2 };
static const uint8_t key[SIPHASH_KEY_LEN] = { 9 };

static struct arp_entry entries[1024];

static struct arp_table
new_table(size_t n)
{
	struct arp_table t;

	memset(entries, 0xa5, sizeof(entries));
	CU_ASSERT_EQUAL_FATAL(arp_table_init(&t, entries, n, key), 0);
	return t;
}

/* The peer's packet, put together apart from net/arp_packet. */
static struct arp_action
hear(struct arp_table *t, uint8_t op, uint32_t sender, const uint8_t *mac, uint32_t target,
     uint64_t now_us)
{
	uint8_t pkt[46] = { 0, 1, 8, 0, 6, 4, 0, op };

	memcpy(pkt + 8, mac, 6);
	for (int i = 0; i < 4; i++) {
		pkt[14 + i] = (uint8_t)(sender >> (24 - 8 * i));
		pkt[24 + i] = (uint8_t)(target >> (24 - 8 * i));
	}
	return arp_input(t, own, HARNESS_COUNT(own), pkt, sizeof(pkt), now_us);
}

enum { REQ = 1, REP = 2 };

/* PEER known at mac_a and FRESH since now_us. */
static void
make_fresh(struct arp_table *t, uint64_t now_us)
{
	CU_ASSERT_EQUAL_FATAL(arp_lookup(t, PEER, now_us).verdict, ARP_RESOLVE);
	CU_ASSERT_EQUAL_FATAL(hear(t, REP, PEER, mac_a, OWN, now_us).act, ARP_LEARNED);
}

static void
expect_found(struct arp_table *t, uint32_t ip, uint64_t now_us, enum arp_verdict verdict,
	     const uint8_t *mac)
{
	struct arp_answer a = arp_lookup(t, ip, now_us);

	CU_ASSERT_EQUAL(a.verdict, verdict);
	CU_ASSERT_EQUAL(memcmp(a.mac, mac, 6), 0);
}

static void
test_init(void)
{
	struct arp_table t;

	CU_ASSERT_EQUAL(arp_table_init(&t, entries, 0, key), -EINVAL);
	CU_ASSERT_EQUAL(arp_table_init(&t, entries, 4, key), -EINVAL);
	CU_ASSERT_EQUAL(arp_table_init(&t, entries, 24, key), -EINVAL);
	CU_ASSERT_EQUAL(arp_table_init(&t, entries, 8, key), 0);
	CU_ASSERT_EQUAL(arp_table_init(&t, entries, 1024, key), 0);
}

/* A peer that never answers: when is asked, when is waited, when is given up. */
static void
test_no_answer(void)
{
	static const struct {
		uint64_t now_us;
		enum arp_verdict verdict;
		uint64_t again_us;
	} rows[] = {
		{ 5 * S, ARP_RESOLVE, 6 * S },      { 5 * S, ARP_WAIT, 6 * S },
		{ 6 * S - 1, ARP_WAIT, 6 * S },     { 6 * S, ARP_RESOLVE, 7 * S },
		{ 6 * S + 10, ARP_WAIT, 7 * S },    { 7 * S, ARP_RESOLVE, 8 * S },
		{ 8 * S - 1, ARP_WAIT, 8 * S },     { 8 * S, ARP_FAILED, 11 * S },
		{ 11 * S - 1, ARP_FAILED, 11 * S }, { 11 * S, ARP_RESOLVE, 12 * S },
		{ 11 * S + 1, ARP_WAIT, 12 * S },   { 12 * S, ARP_RESOLVE, 13 * S },
		{ 13 * S, ARP_RESOLVE, 14 * S },    { 14 * S, ARP_FAILED, 17 * S },
		{ 100 * S, ARP_RESOLVE, 101 * S },  { 200 * S, ARP_RESOLVE, 201 * S },
		{ 300 * S, ARP_RESOLVE, 301 * S },  { 301 * S, ARP_FAILED, 304 * S },
		{ 400 * S, ARP_RESOLVE, 401 * S }, /* the third was long ago: anew */
		{ 401 * S, ARP_RESOLVE, 402 * S },
	};
	struct arp_table t = new_table(64);

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct arp_answer a = arp_lookup(&t, PEER, rows[i].now_us);

		CU_ASSERT_EQUAL(a.verdict, rows[i].verdict);
		CU_ASSERT_EQUAL(a.again_us, rows[i].again_us);
	}
	CU_ASSERT_EQUAL(t.changes, 0);
}

static void
test_resolved(void)
{
	struct arp_table t = new_table(64);
	struct arp_action a;

	CU_ASSERT_EQUAL(arp_lookup(&t, PEER, 0).verdict, ARP_RESOLVE);
	a = hear(&t, REP, PEER, mac_a, OWN, 500);
	CU_ASSERT_EQUAL(a.act, ARP_LEARNED);
	CU_ASSERT_FALSE(a.reply);
	CU_ASSERT_EQUAL(a.ip, PEER);
	CU_ASSERT_EQUAL(t.changes, 1);
	expect_found(&t, PEER, 500, ARP_FOUND, mac_a);
	expect_found(&t, PEER, 500 + ARP_REACHABLE_US - 1, ARP_FOUND, mac_a);
	CU_ASSERT_EQUAL(arp_lookup(&t, OTHER, 600).verdict, ARP_RESOLVE);
}

/* A stale neighbour in use: three requests to itself, three to all, then it is lost. */
static void
test_stale_to_lost(void)
{
	static const enum arp_verdict verdicts[] = {
		ARP_FOUND_ASK,     ARP_FOUND_ASK,     ARP_FOUND_ASK,
		ARP_FOUND_ASK_ALL, ARP_FOUND_ASK_ALL, ARP_FOUND_ASK_ALL,
	};
	struct arp_table t = new_table(64);
	uint64_t now_us = 50 * S;
	struct arp_answer a;

	make_fresh(&t, 20 * S);
	for (size_t i = 0; i < HARNESS_COUNT(verdicts); i++, now_us += S) {
		expect_found(&t, PEER, now_us, verdicts[i], mac_a);
		expect_found(&t, PEER, now_us + 1, ARP_FOUND, mac_a);
		expect_found(&t, PEER, now_us + S - 1, ARP_FOUND, mac_a);
	}
	CU_ASSERT_EQUAL(t.changes, 1);
	a = arp_lookup(&t, PEER, now_us);
	CU_ASSERT_EQUAL(a.verdict, ARP_FAILED);
	CU_ASSERT_EQUAL(a.again_us, now_us + 3 * S);
	CU_ASSERT_EQUAL(t.changes, 2);
	CU_ASSERT_EQUAL(arp_lookup(&t, PEER, now_us + 3 * S).verdict, ARP_RESOLVE);
}

/* In the same place, each answer or confirmation makes it fresh again. */
static void
test_stale_refreshed(void)
{
	for (int asks = 1; asks <= 6; asks++) {
		for (int by_tcp = 0; by_tcp < 2; by_tcp++) {
			struct arp_table t = new_table(64);
			uint64_t now_us = 50 * S;

			make_fresh(&t, 20 * S);
			for (int i = 0; i < asks; i++, now_us += S)
				arp_lookup(&t, PEER, now_us);
			if (by_tcp)
				arp_confirm(&t, PEER, now_us);
			else
				CU_ASSERT_EQUAL(hear(&t, REP, PEER, mac_a, OWN, now_us).act,
						ARP_IGNORED);
			expect_found(&t, PEER, now_us + ARP_REACHABLE_US - 1, ARP_FOUND, mac_a);
			expect_found(&t, PEER, now_us + ARP_REACHABLE_US, ARP_FOUND_ASK, mac_a);
			CU_ASSERT_EQUAL(t.changes, 1);
		}
	}
}

static void
test_confirm_and_suspect(void)
{
	struct arp_table t = new_table(64);

	make_fresh(&t, 0);
	/* Progress keeps it fresh for ever, without one request. */
	for (uint64_t now_us = 0; now_us < 600 * S; now_us += 20 * S) {
		arp_confirm(&t, PEER, now_us);
		expect_found(&t, PEER, now_us, ARP_FOUND, mac_a);
	}
	arp_suspect(&t, PEER);
	expect_found(&t, PEER, 581 * S, ARP_FOUND_ASK, mac_a);
	arp_suspect(&t, PEER); /* again changes nothing */
	expect_found(&t, PEER, 581 * S, ARP_FOUND, mac_a);
	/* Nothing to confirm where no MAC is known. */
	arp_confirm(&t, OTHER, 581 * S);
	arp_suspect(&t, OTHER);
	CU_ASSERT_EQUAL(arp_lookup(&t, OTHER, 581 * S).verdict, ARP_RESOLVE);
	arp_confirm(&t, OTHER, 581 * S);
	arp_suspect(&t, OTHER);
	CU_ASSERT_EQUAL(arp_lookup(&t, OTHER, 581 * S).verdict, ARP_WAIT);
}

/* What each packet does to a peer in each state. */
enum start { ABSENT, ASKED, IS_FRESH, IS_STALE, IS_STALE_ASKED };

static void
test_input_table(void)
{
	static const struct {
		enum start start;
		uint8_t op;
		uint32_t target;
		const uint8_t *mac;
		enum arp_act act;
		bool reply;
		enum arp_verdict then;
		const uint8_t *then_mac;
	} rows[] = {
		/* A neighbour that asks for us is learned, not trusted to be reachable. */
		{ ABSENT, REQ, OWN, mac_a, ARP_LEARNED, true, ARP_FOUND_ASK, mac_a },
		{ ABSENT, REQ, OWN2, mac_a, ARP_IGNORED, true, ARP_RESOLVE, NULL },
		{ ABSENT, REQ, OTHER, mac_a, ARP_IGNORED, false, ARP_RESOLVE, NULL },
		{ ABSENT, REQ, PEER, mac_a, ARP_IGNORED, false, ARP_RESOLVE, NULL },
		{ ABSENT, REP, OWN, mac_a, ARP_IGNORED, false, ARP_RESOLVE, NULL },
		{ ABSENT, REP, PEER, mac_a, ARP_IGNORED, false, ARP_RESOLVE, NULL },
		{ ASKED, REP, OWN, mac_a, ARP_LEARNED, false, ARP_FOUND, mac_a },
		{ ASKED, REP, PEER, mac_a, ARP_LEARNED, false, ARP_FOUND_ASK, mac_a },
		{ ASKED, REQ, OWN, mac_a, ARP_LEARNED, true, ARP_FOUND_ASK, mac_a },
		{ ASKED, REQ, OTHER, mac_a, ARP_LEARNED, false, ARP_FOUND_ASK, mac_a },
		/* A fresh neighbour's MAC stays, whoever says what. */
		{ IS_FRESH, REP, OWN, mac_b, ARP_REFUSED, false, ARP_FOUND, mac_a },
		{ IS_FRESH, REP, PEER, mac_b, ARP_REFUSED, false, ARP_FOUND, mac_a },
		{ IS_FRESH, REQ, OWN, mac_b, ARP_REFUSED, true, ARP_FOUND, mac_a },
		{ IS_FRESH, REQ, PEER, mac_b, ARP_REFUSED, false, ARP_FOUND, mac_a },
		{ IS_FRESH, REQ, OTHER, mac_b, ARP_REFUSED, false, ARP_FOUND, mac_a },
		{ IS_FRESH, REQ, OWN, mac_a, ARP_IGNORED, true, ARP_FOUND, mac_a },
		{ IS_FRESH, REP, OWN, mac_a, ARP_IGNORED, false, ARP_FOUND, mac_a },
		/* Nor does a stale one's: everybody is asked, unless somebody was a moment ago. */
		{ IS_STALE, REP, OWN, mac_b, ARP_DOUBTED, false, ARP_FOUND_ASK_ALL, mac_a },
		{ IS_STALE, REP, OWN, mac_a, ARP_IGNORED, false, ARP_FOUND_ASK, mac_a },
		{ IS_STALE, REQ, PEER, mac_b, ARP_DOUBTED, false, ARP_FOUND_ASK_ALL, mac_a },
		{ IS_STALE, REQ, OWN, mac_a, ARP_IGNORED, true, ARP_FOUND_ASK, mac_a },
		{ IS_STALE_ASKED, REP, OWN, mac_a, ARP_IGNORED, false, ARP_FOUND, mac_a },
		{ IS_STALE_ASKED, REP, OWN, mac_b, ARP_REFUSED, false, ARP_FOUND_ASK_ALL, mac_a },
		{ IS_STALE_ASKED, REP, PEER, mac_b, ARP_REFUSED, false, ARP_FOUND_ASK_ALL, mac_a },
		{ IS_STALE_ASKED, REQ, OWN, mac_b, ARP_REFUSED, true, ARP_FOUND_ASK_ALL, mac_a },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct arp_table t = new_table(64);
		uint64_t now_us = 60 * S;
		struct arp_answer then;
		struct arp_action a;
		uint32_t changes;

		if (rows[i].start == ASKED)
			arp_lookup(&t, PEER, now_us);
		else if (rows[i].start == IS_FRESH)
			make_fresh(&t, now_us);
		else if (rows[i].start != ABSENT)
			make_fresh(&t, now_us - ARP_REACHABLE_US);
		if (rows[i].start == IS_STALE_ASKED)
			arp_lookup(&t, PEER, now_us);
		changes = t.changes;
		a = hear(&t, rows[i].op, PEER, rows[i].mac, rows[i].target, now_us);
		CU_ASSERT_EQUAL(a.act, rows[i].act);
		CU_ASSERT_EQUAL(a.reply, rows[i].reply);
		CU_ASSERT_EQUAL(a.own_ip, rows[i].reply ? rows[i].target : 0);
		CU_ASSERT_EQUAL(a.ip, PEER);
		CU_ASSERT_EQUAL(memcmp(a.mac, rows[i].mac, 6), 0);
		/* Who keeps a copy of a MAC that is in doubt looks again, too. */
		CU_ASSERT_EQUAL(t.changes - changes,
				rows[i].act == ARP_LEARNED || rows[i].then == ARP_FOUND_ASK_ALL);
		/* RFC 1122 2.3.2.1: who was asked a moment ago is not asked again. */
		if ((rows[i].start == ASKED && rows[i].then == ARP_FOUND_ASK) ||
		    rows[i].then == ARP_FOUND_ASK_ALL) {
			expect_found(&t, PEER, now_us + 1, ARP_FOUND, rows[i].then_mac);
			now_us += S;
		}
		/* 29 s on: what was confirmed at now_us is still fresh. */
		then = arp_lookup(&t, PEER, now_us + (rows[i].then == ARP_FOUND ? 29 * S : 1));
		CU_ASSERT_EQUAL(then.verdict, rows[i].then);
		if (rows[i].then_mac != NULL)
			CU_ASSERT_EQUAL(memcmp(then.mac, rows[i].then_mac, 6), 0);
	}
}

/* Of 5,000 packets in 5 s, each with another MAC, none makes us ask before its time. */
static void
test_asked_by_junk(void)
{
	struct arp_table t = new_table(8);
	uint32_t asked = 0;

	for (uint64_t now_us = 60 * S; now_us < 65 * S; now_us += S / 1000) {
		enum arp_verdict v;

		asked += hear(&t, REQ, PEER, now_us / 1000 % 2 ? mac_a : mac_b, OWN, now_us).act ==
			 ARP_DOUBTED;
		v = arp_lookup(&t, PEER, now_us).verdict;
		asked += v == ARP_FOUND_ASK || v == ARP_FOUND_ASK_ALL || v == ARP_RESOLVE;
	}
	CU_ASSERT_EQUAL(asked, 5);
}

/* --- a MAC in doubt (RFC 4861 7.2.5) -------------------------------------------- */

/* PEER is FRESH at mac_a since 20 s, asked long ago, and mac_b claims its address. */
static struct arp_table
doubted_table(void)
{
	struct arp_table t = new_table(64);

	make_fresh(&t, 10 * S);
	arp_confirm(&t, PEER, 20 * S);
	CU_ASSERT_EQUAL(hear(&t, REQ, PEER, mac_b, PEER, 20 * S).act, ARP_DOUBTED);
	CU_ASSERT_EQUAL(t.changes, 2);
	return t;
}

static void
test_moved(void)
{
	struct arp_table t = doubted_table();
	struct arp_answer a = arp_lookup(&t, PEER, 20 * S + 10);

	/* Used while it is asked for; whoever keeps a copy looks again soon. */
	CU_ASSERT_EQUAL(a.verdict, ARP_FOUND);
	CU_ASSERT_EQUAL(memcmp(a.mac, mac_a, 6), 0);
	CU_ASSERT_EQUAL(a.again_us, 20 * S + 10 + ARP_DOUBT_US);
	CU_ASSERT_EQUAL(hear(&t, REP, PEER, mac_b, OWN, 20 * S + 20).act, ARP_REFUSED);
	a = arp_lookup(&t, PEER, 20 * S + ARP_DOUBT_US - 1);
	CU_ASSERT_EQUAL(memcmp(a.mac, mac_a, 6), 0);
	CU_ASSERT_EQUAL(a.again_us, 20 * S + ARP_DOUBT_US);
	/* Nor does TCP's progress count: it was made before. */
	arp_confirm(&t, PEER, 20 * S + ARP_DOUBT_US - 1);
	expect_found(&t, PEER, 20 * S + ARP_DOUBT_US, ARP_FOUND, mac_b);
	CU_ASSERT_EQUAL(t.changes, 3);
	CU_ASSERT_EQUAL(arp_lookup(&t, PEER, 20 * S + ARP_DOUBT_US).again_us, UINT64_MAX);
	/* It is FRESH there: now the old one is the stranger. */
	CU_ASSERT_EQUAL(hear(&t, REP, PEER, mac_a, OWN, 20 * S + 2 * ARP_DOUBT_US).act,
			ARP_REFUSED);
	expect_found(&t, PEER, 49 * S, ARP_FOUND, mac_b);
}

/* The neighbour is there and says so, before or behind whoever answers in its name. */
static void
test_not_moved(void)
{
	for (int first = 0; first < 2; first++) {
		struct arp_table t = doubted_table();

		if (first)
			hear(&t, REP, PEER, mac_a, OWN, 20 * S + 10);
		CU_ASSERT_EQUAL(hear(&t, REP, PEER, mac_b, OWN, 20 * S + 20).act, ARP_REFUSED);
		if (!first)
			hear(&t, REP, PEER, mac_a, OWN, 20 * S + ARP_DOUBT_US - 1);
		expect_found(&t, PEER, 20 * S + ARP_DOUBT_US, ARP_FOUND, mac_a);
		expect_found(&t, PEER, 49 * S, ARP_FOUND, mac_a);
	}
}

/* Claims alone, however many, never move it; nor do they when nobody answers. */
static void
test_claimed_only(void)
{
	struct arp_table t = doubted_table();

	for (uint64_t us = 20 * S; us < 20 * S + 900000; us += 1000) {
		CU_ASSERT_EQUAL(hear(&t, REQ, PEER, mac_b, us & 1000 ? OWN : PEER, us).act,
				ARP_REFUSED);
		expect_found(&t, PEER, us, ARP_FOUND, mac_a);
	}
	/* TCP's word counts again, once an answer has had its time. */
	arp_confirm(&t, PEER, 20 * S + 900000);
	expect_found(&t, PEER, 49 * S, ARP_FOUND, mac_a);
	t = doubted_table();
	expect_found(&t, PEER, 21 * S, ARP_FOUND_ASK_ALL, mac_a);
	expect_found(&t, PEER, 22 * S, ARP_FOUND_ASK_ALL, mac_a);
	CU_ASSERT_EQUAL(arp_lookup(&t, PEER, 23 * S).verdict, ARP_FAILED);
}

/* A second of claims draws one request, and a neighbour that answers stays what it is. */
static void
test_doubt_flood(void)
{
	struct arp_table t = new_table(64);
	uint32_t asked = 0;

	make_fresh(&t, 10 * S);
	for (uint64_t us = 20 * S; us < 30 * S; us += 1000) {
		bool ask = hear(&t, REP, PEER, mac_b, OWN, us).act == ARP_DOUBTED;

		asked += ask;
		if (ask)
			hear(&t, REP, PEER, mac_a, OWN, us + 500);
		expect_found(&t, PEER, us + 600, ARP_FOUND, mac_a);
	}
	CU_ASSERT_EQUAL(asked, 10);
	CU_ASSERT_EQUAL(t.changes, 1 + asked);
}

/* Nor do neighbours that push it out: it keeps its entry for as long as it waits for an answer. */
static void
test_asked_and_pushed(void)
{
	struct arp_table t = new_table(8);

	hear(&t, REQ, PEER, mac_a, OWN, 60 * S);
	expect_found(&t, PEER, 60 * S, ARP_FOUND_ASK, mac_a);
	for (uint32_t i = 0; i < 100; i++)
		hear(&t, REQ, OTHER + i, mac_b, OWN, 60 * S + 1 + i);
	expect_found(&t, PEER, 60 * S + 500, ARP_FOUND, mac_a);
	/* The wait is over, and it was used longest ago. */
	for (uint32_t i = 0; i < 100; i++)
		hear(&t, REQ, OTHER + i, mac_b, OWN, 62 * S + i);
	CU_ASSERT_EQUAL(arp_lookup(&t, PEER, 62 * S + 500).verdict, ARP_RESOLVE);
}

static void
test_senders(void)
{
	static const struct {
		uint32_t sender;
		enum arp_act act;
		bool reply;
	} rows[] = {
		{ OTHER, ARP_LEARNED, true },
		{ 0, ARP_IGNORED, true }, /* RFC 5227 probe: answered, not learned */
		{ OWN, ARP_CONFLICT, false },
		{ OWN2, ARP_CONFLICT, false },
		{ 0x0a0000ff, ARP_IGNORED, true }, /* our subnet's broadcast address */
		{ 0x0a000000, ARP_IGNORED, true },
		{ 0x0a000203, ARP_IGNORED, true }, /* not on our subnet: not learned */
		{ 0x7f000001, ARP_BAD, false },
		{ 0xe0000001, ARP_BAD, false },
		{ 0xffffffff, ARP_BAD, false },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct arp_table t = new_table(64);
		struct arp_action a = hear(&t, REQ, rows[i].sender, mac_a, OWN, S);

		CU_ASSERT_EQUAL(a.act, rows[i].act);
		CU_ASSERT_EQUAL(a.reply, rows[i].reply);
		if (rows[i].act == ARP_CONFLICT)
			CU_ASSERT_EQUAL(a.own_ip, rows[i].sender);
		CU_ASSERT_EQUAL(t.changes, rows[i].act == ARP_LEARNED);
	}
}

static void
test_bad_packets(void)
{
	struct arp_table t = new_table(64);
	uint8_t pkt[28] = { 0,  1, 8, 0, 6, 4, 0, 1, 2, 1, 1,  1, 1, 1,
			    10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1 };

	for (uint32_t len = 0; len < 28; len++)
		CU_ASSERT_EQUAL(arp_input(&t, own, 2, pkt, len, S).act, ARP_BAD);
	for (uint32_t at = 0; at < 8; at++) {
		pkt[at] ^= 0x10;
		CU_ASSERT_EQUAL(arp_input(&t, own, 2, pkt, 28, S).act, ARP_BAD);
		pkt[at] ^= 0x10;
	}
	CU_ASSERT_EQUAL(t.changes, 0);
	CU_ASSERT_EQUAL(arp_input(&t, own, 0, pkt, 28, S).act, ARP_IGNORED);
	CU_ASSERT_EQUAL(arp_input(&t, own, 2, pkt, 28, S).act, ARP_LEARNED);
}

static void
test_write(void)
{
	static const uint8_t ask_all[42] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0,  0, 0, 0, 1, 8, 6, 0, 1, 8, 0,  6, 4, 0,
		1,    2,    0,    0,    0,    0,    1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2,
	};
	static const uint8_t answer[42] = {
		2, 0xaa, 0, 0, 0, 2, 2, 0,  0, 0, 0, 1, 8,    6, 0, 1, 8, 0,  6, 4, 0,
		2, 2,    0, 0, 0, 0, 1, 10, 0, 0, 1, 2, 0xaa, 0, 0, 0, 2, 10, 0, 0, 2,
	};
	struct arp_table t = new_table(64);
	uint8_t out[42];
	struct arp_action a;

	CU_ASSERT_EQUAL(arp_write_request(out, own_mac, OWN, PEER, NULL), 42);
	CU_ASSERT_EQUAL(memcmp(out, ask_all, 42), 0);
	CU_ASSERT_EQUAL(arp_write_request(out, own_mac, OWN, PEER, mac_a), 42);
	CU_ASSERT_EQUAL(memcmp(out, mac_a, 6), 0);
	CU_ASSERT_EQUAL(memcmp(out + 6, ask_all + 6, 36), 0);
	a = hear(&t, REQ, PEER, mac_a, OWN, S);
	CU_ASSERT_EQUAL(arp_write_reply(out, own_mac, &a), 42);
	CU_ASSERT_EQUAL(memcmp(out, answer, 42), 0);
	/* A probe is answered to its MAC, with target address 0. */
	a = hear(&t, REQ, 0, mac_a, OWN, S);
	arp_write_reply(out, own_mac, &a);
	CU_ASSERT_EQUAL(memcmp(out, answer, 38), 0);
	CU_ASSERT_EQUAL(out[38] | out[39] | out[40] | out[41], 0);
}

/* One set: two addresses being resolved, the older gives way once it may be asked again. */
static void
test_incomplete_cap(void)
{
	struct arp_table t = new_table(ARP_WAYS);

	CU_ASSERT_EQUAL(arp_lookup(&t, 0x0a000010, 0).verdict, ARP_RESOLVE);
	CU_ASSERT_EQUAL(arp_lookup(&t, 0x0a000011, 10).verdict, ARP_RESOLVE);
	CU_ASSERT_EQUAL(arp_lookup(&t, 0x0a000012, 20).verdict, ARP_WAIT);
	CU_ASSERT_EQUAL(arp_lookup(&t, 0x0a000012, S - 1).verdict, ARP_WAIT);
	CU_ASSERT_EQUAL(arp_lookup(&t, 0x0a000012, S).verdict, ARP_RESOLVE);
	CU_ASSERT_EQUAL(arp_lookup(&t, 0x0a000010, S + 1).verdict, ARP_WAIT);
	CU_ASSERT_EQUAL(arp_lookup(&t, 0x0a000011, S + 2).verdict, ARP_WAIT);
	/* An answer makes room for another question. */
	CU_ASSERT_EQUAL(hear(&t, REP, 0x0a000012, mac_a, OWN, S + 3).act, ARP_LEARNED);
	CU_ASSERT_EQUAL(arp_lookup(&t, 0x0a000010, S + 4).verdict, ARP_RESOLVE);
}

/* One set, full: who gives way to whom. */
static void
test_full_set(void)
{
	struct arp_table t = new_table(ARP_WAYS);
	uint8_t mac[6] = { 2, 0xcc };

	for (uint32_t i = 0; i < ARP_WAYS; i++) {
		mac[5] = (uint8_t)i;
		arp_lookup(&t, 0x0a000010 + i, i);
		CU_ASSERT_EQUAL(hear(&t, REP, 0x0a000010 + i, mac, OWN, i).act, ARP_LEARNED);
	}
	/* All fresh: nobody comes in, but is answered. */
	CU_ASSERT_EQUAL(arp_lookup(&t, PEER, S).verdict, ARP_WAIT);
	CU_ASSERT_EQUAL(hear(&t, REQ, PEER, mac_a, OWN, S).act, ARP_IGNORED);
	CU_ASSERT_TRUE(hear(&t, REQ, PEER, mac_a, OWN, S).reply);
	/* Two stale: the one used longer ago goes first. */
	arp_suspect(&t, 0x0a000013);
	arp_suspect(&t, 0x0a000015);
	arp_lookup(&t, 0x0a000013, 2 * S);
	CU_ASSERT_EQUAL(hear(&t, REQ, PEER, mac_a, OWN, 2 * S).act, ARP_LEARNED);
	CU_ASSERT_EQUAL(t.changes, ARP_WAYS + 2); /* one dropped, one learned */
	mac[5] = 3;
	expect_found(&t, 0x0a000013, 2 * S, ARP_FOUND, mac);
	CU_ASSERT_EQUAL(arp_lookup(&t, 0x0a000015, 2 * S).verdict, ARP_RESOLVE);
	/* It took the place of the next stale one; the six fresh are all there. */
	for (uint32_t i = 0; i < ARP_WAYS; i++) {
		mac[5] = (uint8_t)i;
		if (i != 3 && i != 5)
			expect_found(&t, 0x0a000010 + i, 3 * S, ARP_FOUND, mac);
	}
}

/* A set of neighbours whose time has passed without a lookup keeps nobody out. */
static void
test_aged_set(void)
{
	struct arp_table t = new_table(ARP_WAYS);

	for (uint32_t i = 0; i < ARP_WAYS; i++) {
		arp_lookup(&t, 0x0a000010 + i, i);
		hear(&t, REP, 0x0a000010 + i, mac_b, OWN, i);
	}
	CU_ASSERT_EQUAL(arp_lookup(&t, PEER, ARP_REACHABLE_US - 1).verdict, ARP_WAIT);
	CU_ASSERT_EQUAL(arp_lookup(&t, PEER, ARP_REACHABLE_US).verdict, ARP_RESOLVE);
	/* It was the one used longest ago that went. */
	expect_found(&t, 0x0a000011, ARP_REACHABLE_US, ARP_FOUND, mac_b);
	CU_ASSERT_EQUAL(arp_lookup(&t, 0x0a000010, ARP_REACHABLE_US).verdict, ARP_WAIT);
}

/*
 * Floods on the wire and from above: lookups of addresses that nobody has, and
 * requests from senders that are made up. Neighbours in use stay, and what we
 * send is bounded, per address and in all.
 */
static void
test_flood(void)
{
	struct arp_table t = new_table(64);
	uint64_t *asked_us = calloc(65536, sizeof(*asked_us));
	uint64_t seed = harness_seed(), now_us = 100 * S;
	uint32_t asked_in_s[64] = { 0 }, entry;

	make_fresh(&t, now_us);
	for (uint32_t i = 0; i < 200000; i++, now_us += 100) {
		uint32_t ip = 0x0a020000 | (uint32_t)(harness_rand(&seed) & 0xffff);
		uint8_t mac[6] = { 2, 0xdd, 0, 0, 0, (uint8_t)i };

		if (arp_lookup(&t, ip, now_us).verdict == ARP_RESOLVE) {
			uint64_t *last_us = &asked_us[ip & 0xffff];

			CU_ASSERT(*last_us == 0 || now_us - *last_us >= ARP_RETRY_US);
			*last_us = now_us;
			asked_in_s[(now_us - 100 * S) / S]++;
		}
		hear(&t, REQ, 0x0a000000 | (ip & 0xff), mac, OWN, now_us);
		if (i % 1000 == 0)
			arp_confirm(&t, PEER, now_us);
		expect_found(&t, PEER, now_us, ARP_FOUND, mac_a);
	}
	for (entry = 0; entry < HARNESS_COUNT(asked_in_s); entry++)
		CU_ASSERT(asked_in_s[entry] <= 64 / ARP_WAYS * ARP_INCOMPLETE_MAX * 2);
	/* And it did ask, all the time. */
	CU_ASSERT(asked_in_s[0] > 0 && asked_in_s[10] > 0 && asked_in_s[19] > 0);
	free(asked_us);
}

/* A whole /24 fits a table of four times its size, found by each address. */
static void
test_many(void)
{
	struct arp_table t = new_table(1024);
	uint32_t found = 0;

	for (uint32_t host = 2; host < 255; host++) {
		uint8_t mac[6] = { 2, 0xee, 0, 0, 0, (uint8_t)host };

		if (arp_lookup(&t, 0x0a000000 + host, host).verdict == ARP_RESOLVE)
			CU_ASSERT_EQUAL(hear(&t, REP, 0x0a000000 + host, mac, OWN, host).act,
					ARP_LEARNED);
	}
	for (uint32_t host = 2; host < 255; host++) {
		struct arp_answer a = arp_lookup(&t, 0x0a000000 + host, S);

		if (a.verdict == ARP_FOUND) {
			CU_ASSERT_EQUAL(a.mac[5], host);
			found++;
		}
	}
	CU_ASSERT(found >= 250);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "init", test_init },
		{ "a peer that does not answer", test_no_answer },
		{ "resolved", test_resolved },
		{ "stale, asked, lost", test_stale_to_lost },
		{ "stale, asked, fresh again", test_stale_refreshed },
		{ "confirmed and suspected by TCP", test_confirm_and_suspect },
		{ "each packet in each state", test_input_table },
		{ "junk does not make us ask more often", test_asked_by_junk },
		{ "a neighbour that moved", test_moved },
		{ "one that did not", test_not_moved },
		{ "one that others claim to be", test_claimed_only },
		{ "a flood of claims", test_doubt_flood },
		{ "who was asked keeps the entry", test_asked_and_pushed },
		{ "senders", test_senders },
		{ "malformed packets", test_bad_packets },
		{ "what is sent", test_write },
		{ "addresses being resolved are capped", test_incomplete_cap },
		{ "a full set", test_full_set },
		{ "an aged set", test_aged_set },
		{ "floods", test_flood },
		{ "a whole subnet", test_many },
	};

	return harness_run("net/arp", cases, HARNESS_COUNT(cases));
}
