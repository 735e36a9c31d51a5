/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Diffserv and time to live of what is sent; source routes and urgent pointers of what comes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/forged.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"

enum {
	NET = 0xc0000200,
	SELF = 2, /* end 1 */
	GHOST = 60,
	LEN = 40000,
	TCP_AT = 34,
	SYN = 2,
	URG = 32,
};

static const uint8_t NOBODY[6] = { 2, 0, 0, 0, 0x66, 1 };
static uint8_t bytes[LEN];

/* What end `dir` sent, by TCP: the fields of all of it, and how much of it had others. */
static struct wire {
	uint8_t tos[2], ttl[2];
	uint32_t seen[2], other[2], syn_acks;
	bool urgent; /* each segment of end 0 with payload has a pointer */
	struct cable *cable;
} w;

static void
tap(void *arg, int dir, const uint8_t *frame, uint32_t len, uint64_t now_us)
{
	(void)arg;
	(void)len;
	(void)now_us;
	if (get16(frame + 12) != 0x0800 || frame[23] != 6)
		return;
	w.seen[dir]++;
	w.other[dir] += frame[15] != w.tos[dir] || frame[22] != w.ttl[dir];
	w.syn_acks += dir == 1 && (frame[TCP_AT + 13] & SYN) != 0;
}

static enum cable_verdict
filter(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	struct forged f;

	(void)arg;
	(void)now_us;
	(void)delay_us;
	if (memcmp(frame, NOBODY, 6) == 0)
		return CABLE_DROP;
	if (!w.urgent || dir == 1 || frame[23] != 6 || len < 200 || (frame[TCP_AT + 13] & URG) != 0)
		return CABLE_PASS;
	memcpy(f.bytes, frame, len);
	f.bytes[TCP_AT + 13] |= URG;
	put16(f.bytes + TCP_AT + 18, 5);
	forged_finish(&f, len);
	CU_ASSERT_EQUAL(cable_inject(w.cable, 0, f.bytes, f.len), 0);
	return CABLE_DROP;
}

static void
start(struct pair *p, struct pair_conf *conf)
{
	conf->tap = tap;
	conf->filter = filter;
	memset(&w, 0, sizeof(w));
	w.ttl[0] = w.ttl[1] = 64;
	pair_init(p, conf);
	w.cable = p->cable;
	pair_fill(bytes, 0, LEN);
}

static void
have(struct rtls_sock *k, uint8_t dscp, uint8_t ttl, int dir)
{
	CU_ASSERT_EQUAL(rtls_sock_set(k, RTLS_OPT_DSCP, dscp), 0);
	CU_ASSERT_EQUAL(rtls_sock_set(k, RTLS_OPT_TTL, ttl), 0);
	w.tos[dir] = (uint8_t)(dscp << 2);
	w.ttl[dir] = ttl;
}

/* All packets of a listener's connections, SYN-ACK and RST too; then others; by a port that cuts, too. */
static void
test_sent(void)
{
	for (int cuts = 0; cuts < 2; cuts++) {
		struct pair_conf conf = { 0 };
		struct rtls_sock *socks[2];
		struct pair p;

		if (cuts) {
			conf.caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM;
			conf.tso_max = 60000;
		}
		start(&p, &conf);
		have(p.listener, 46, 7, 1);
		pair_connect(&p, 0, socks);
		CU_ASSERT_EQUAL(w.syn_acks, 1);
		for (int i = 0; i < 2; i++) {
			pair_send(&p, socks[i], bytes, LEN);
			pair_expect(&p, socks[1 - i], bytes, LEN);
		}
		pair_settle(&p);
		have(socks[0], 63, 255, 0);
		have(socks[1], 1, 1, 1);
		for (int i = 0; i < 2; i++) {
			pair_send(&p, socks[i], bytes, LEN);
			pair_expect(&p, socks[1 - i], bytes, LEN);
		}
		pair_settle(&p);
		w.seen[1] = 0;
		CU_ASSERT_EQUAL(rtls_abort(socks[1]), 0);
		pair_settle(&p);
		CU_ASSERT_EQUAL(w.seen[1], 1);
		CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
		CU_ASSERT(w.seen[0] > 60);
		CU_ASSERT_EQUAL(w.other[0], 0);
		CU_ASSERT_EQUAL(w.other[1], 0);
		pair_fini(&p);
	}
}

/* Neither another listener's connections nor answers to strangers have them. */
static void
test_not_sent(void)
{
	struct rtls_addr at = pair_addr(1, 9);
	struct pair_conf conf = { 0 };
	struct rtls_sock *l, *socks[2];
	struct forged f;
	struct pair p;

	start(&p, &conf);
	CU_ASSERT_EQUAL_FATAL(rtls_listen(p.stack[1], &at, NULL, &l), 0);
	CU_ASSERT_EQUAL(rtls_sock_set(l, RTLS_OPT_DSCP, 46), 0);
	CU_ASSERT_EQUAL(rtls_sock_set(l, RTLS_OPT_TTL, 7), 0);
	pair_connect(&p, 0, socks);
	pair_send(&p, socks[1], bytes, LEN);
	pair_expect(&p, socks[0], bytes, LEN);
	forged_tcp(&f, p.port[1]->mac, NOBODY, NET + GHOST, NET + SELF, 7 << 16 | 10, SYN, 1);
	CU_ASSERT_EQUAL(cable_inject(p.cable, 0, f.bytes, f.len), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxResets"), 1);
	CU_ASSERT_EQUAL(w.other[1], 0);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_close(socks[i]), 0);
	CU_ASSERT_EQUAL(rtls_close(l), 0);
	pair_fini(&p);
}

/* A SYN with IP options, which are not TCP's matter, but for a source route: nobody chooses its way here. */
static void
test_source_route(void)
{
	static const struct {
		uint8_t options[8];
		bool dropped;
	} rows[] = {
		{ { 1, 1, 1, 1, 1, 1, 1, 0 }, false },
		{ { 7, 7, 4, 0, 0, 0, 0, 0 }, false },      /* record route */
		{ { 131, 7, 4, 10, 0, 0, 1, 0 }, true },    /* loose */
		{ { 137, 7, 4, 10, 0, 0, 1, 0 }, true },    /* strict */
		{ { 131, 7, 8, 10, 0, 0, 1, 0 }, true },    /* it came all its way */
		{ { 1, 137, 7, 4, 10, 0, 0, 1 }, true },    /* behind a NOP */
		{ { 148, 4, 0, 0, 131, 3, 4, 0 }, true },   /* behind router alert */
		{ { 0, 131, 7, 4, 10, 0, 0, 1 }, false },   /* behind the end */
		{ { 148, 8, 131, 7, 4, 10, 0, 0 }, false }, /* inside of another */
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct pair_conf conf = { 0 };
		struct forged f, plain;
		struct pair p;

		start(&p, &conf);
		forged_tcp(&plain, p.port[1]->mac, NOBODY, NET + GHOST, NET + SELF,
			   7 << 16 | PAIR_PORT, SYN, 1);
		memcpy(&f, &plain, sizeof(f));
		f.bytes[FORGED_ETHER] = 0x47;
		memcpy(f.bytes + TCP_AT, rows[i].options, 8);
		memcpy(f.bytes + TCP_AT + 8, plain.bytes + TCP_AT, 20);
		f.len += 8;
		put16(f.bytes + FORGED_ETHER + 2, f.len - FORGED_ETHER);
		put16(f.bytes + FORGED_ETHER + 10, 0);
		put16(f.bytes + FORGED_ETHER + 10, ~ones_sum(0, f.bytes + FORGED_ETHER, 28));
		CU_ASSERT_EQUAL(cable_inject(p.cable, 0, f.bytes, f.len), 0);
		pair_settle(&p);
		CU_ASSERT_EQUAL(w.syn_acks, !rows[i].dropped);
		CU_ASSERT_EQUAL(pair_stat(&p, 1, "RxSourceRouted"), rows[i].dropped);
		pair_pass(&p, UINT64_C(70) * 1000000);
		pair_fini(&p);
	}
}

/* Urgent data is data: nothing shifts, nothing is told, but that such pointers come is counted. */
static void
test_urgent(void)
{
	struct pair_conf conf = { 0 };
	struct rtls_sock *socks[2];
	struct pair p;

	start(&p, &conf);
	pair_connect(&p, 0, socks);
	pair_send(&p, socks[0], bytes, LEN);
	pair_expect(&p, socks[1], bytes, LEN);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "RxUrgent"), 0);
	w.urgent = true;
	pair_send(&p, socks[0], bytes, LEN);
	pair_expect(&p, socks[1], bytes, LEN);
	CU_ASSERT(pair_stat(&p, 1, "RxUrgent") >= LEN / 1460);
	CU_ASSERT_EQUAL(pair_info(socks[1]).state, RTLS_SOCK_OPEN);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_close(socks[i]), 0);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "all that a connection sends", test_sent },
		{ "what others send", test_not_sent },
		{ "source routes", test_source_route },
		{ "urgent pointers", test_urgent },
	};

	if (eal_start("ip-fields") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/ip_fields", cases, HARNESS_COUNT(cases));
}
