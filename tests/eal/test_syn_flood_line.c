/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The whole line, in virtual time: 100,000 SYNs a second and the answers to them share 500 Mb/s each way with 50
 * downloads and with clients who come meanwhile, 10 ms away.
 */
#include <stdio.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "eal/forged.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"

enum {
	SECOND = 1000000,
	NET = 0xc0000200,
	SELF = 2, /* end 1, which sends */
	SYN = 2,
	DOWNLOADS = 50,
	HONEST = 100,
	WAY_US = 10000,
	TURN_US = 10, /* of the pair, and between two SYNs */
	START_US = SECOND,
	SPAN_US = SECOND / 2, /* that is measured: RECORDTLS_FLOOD_MS for longer */
	PATIENCE_US = 3 * SECOND,
	CHUNK = 65536,
};

static const uint8_t FORGER[6] = { 2, 0, 0, 0, 0x66, 1 };
static uint8_t pattern[CHUNK], got_bytes[CHUNK];

struct download {
	struct rtls_sock *client, *server;
	uint64_t sent, got;
};

struct line {
	struct pair p;
	struct download d[DOWNLOADS];
	uint32_t syns;
	bool flooded;
};

static void
serve(struct line *l, struct download *d)
{
	ssize_t n;

	(void)l;
	do {
		pair_fill(pattern, d->sent, CHUNK);
		n = rtls_send(d->server, pattern, CHUNK, 0);
		d->sent += n > 0 ? (uint64_t)n : 0;
	} while (n > 0);
	while ((n = rtls_recv(d->client, got_bytes, CHUNK, 0)) > 0) {
		CU_ASSERT_FATAL(pair_matches(got_bytes, d->got, (size_t)n));
		d->got += (uint64_t)n;
	}
}

/* One turn; each download is looked at once a millisecond. */
static void
turn(struct line *l)
{
	uint32_t i = (uint32_t)(l->p.now_us / TURN_US);
	struct forged syn;

	if (l->flooded) {
		forged_tcp(&syn, l->p.port[1]->mac, FORGER, 0x0a000001 + l->syns, NET + SELF,
			   (1024 + l->syns % 60000) << 16 | PAIR_PORT, SYN, l->syns);
		/* A full line drops it, as it drops what others send. */
		(void)cable_inject_in_line(l->p.cable, 0, syn.bytes, syn.len);
		l->syns++;
	}
	if (i % 2 == 0)
		serve(l, &l->d[i / 2 % DOWNLOADS]);
	pair_turn(&l->p);
}

static struct rtls_sock *
dial(struct line *l)
{
	struct rtls_addr to = pair_addr(1, PAIR_PORT);
	struct rtls_sock *k;

	CU_ASSERT_EQUAL_FATAL(rtls_connect(l->p.stack[0], NULL, &to, &k), 0);
	return k;
}

/* Its downloads are under way. */
static void
start(struct line *l)
{
	const struct cable_path way = {
		.delay_us = WAY_US, .bits_per_s = 500000000, .queue_bytes = 625000, /* 10 ms */
	};
	const struct pair_conf conf = {
		.stack[0] = { .max_socks = 256, .nb_packets = 4096 },
		.stack[1] = { .max_socks = 256,
			      .max_syn = 64,
			      .nb_packets = 8192,
			      .nb_large = 1024,
			      .sndbuf = 128 << 10 },
		.nb_mbufs = 16384,
		.backlog = 256,
		.path = { way, way },
	};

	memset(l, 0, sizeof(*l));
	pair_init(&l->p, &conf);
	for (uint32_t i = 0; i < DOWNLOADS; i++) {
		l->d[i].client = dial(l);
		pair_pass(&l->p, 8 * WAY_US);
		CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(l->p.listener, &l->d[i].server, 1), 1);
	}
}

static uint64_t
received(const struct line *l)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < DOWNLOADS; i++)
		n += l->d[i].got;
	return n;
}

static void
pass(struct line *l, uint64_t us)
{
	for (uint64_t end_us = l->p.now_us + us; l->p.now_us < end_us;)
		turn(l);
}

/* Honest clients, one after the other, in the span that is measured. */
struct honest {
	struct rtls_sock *client[HONEST];
	uint64_t dialled_us[HONEST];
	bool is_open[HONEST];
	uint32_t begun, open;
};

/* A look at one of them a turn: each has one a millisecond. */
static void
look(const struct line *l, struct honest *h)
{
	uint32_t i = (uint32_t)(l->p.now_us / TURN_US) % HONEST;

	if (i >= h->begun || h->is_open[i] || h->client[i]->tcp.state != TCP_ESTABLISHED ||
	    l->p.now_us - h->dialled_us[i] > PATIENCE_US)
		return;
	h->is_open[i] = true;
	h->open++;
}

/* Returns what the downloads received meanwhile. */
static uint64_t
pass_with_honest(struct line *l, struct honest *h, uint64_t us)
{
	uint64_t began_us = l->p.now_us, before = received(l);

	while (l->p.now_us < began_us + us) {
		if (h->begun < HONEST && l->p.now_us >= began_us + h->begun * (us / HONEST)) {
			h->dialled_us[h->begun] = l->p.now_us;
			h->client[h->begun++] = dial(l);
		}
		turn(l);
		look(l, h);
	}
	return received(l) - before;
}

static uint64_t
span_us(void)
{
	const char *ms = getenv("RECORDTLS_FLOOD_MS");

	return ms != NULL ? strtoull(ms, NULL, 10) * 1000 : SPAN_US;
}

static void
finish(struct line *l, const struct honest *h)
{
	struct rtls_sock *k;

	for (uint32_t i = 0; i < h->begun; i++)
		CU_ASSERT_EQUAL(rtls_abort(h->client[i]), 0);
	while (rtls_accept_burst(l->p.listener, &k, 1) == 1)
		CU_ASSERT_EQUAL(rtls_abort(k), 0);
	for (uint32_t i = 0; i < DOWNLOADS; i++) {
		CU_ASSERT_EQUAL(rtls_abort(l->d[i].client), 0);
		CU_ASSERT_EQUAL(rtls_abort(l->d[i].server), 0);
	}
	/* The records go with their time. */
	pair_pass(&l->p, 70 * (uint64_t)SECOND);
	pair_fini(&l->p);
}

static void
test_line(void)
{
	uint64_t us = span_us(), before, during, end_us;
	static struct honest h;
	static struct line l;

	start(&l);
	pass(&l, START_US);
	before = received(&l);
	pass(&l, us);
	before = received(&l) - before;
	l.flooded = true;
	pass(&l, 10 * WAY_US);
	l.syns = 0;
	during = pass_with_honest(&l, &h, us);
	printf("# %u ms: %u SYNs; downloads had %llu bytes, and without them %llu\n",
	       (unsigned int)(us / 1000), l.syns, (unsigned long long)during,
	       (unsigned long long)before);
	for (end_us = l.p.now_us + PATIENCE_US; h.open < HONEST && l.p.now_us < end_us;) {
		turn(&l);
		look(&l, &h);
	}
	printf("# %u of %u clients connected, %u by cookies\n", h.open, HONEST,
	       (unsigned int)pair_stat(&l.p, 1, "SynCookiesOpened"));
	CU_ASSERT(before > us * 50); /* the line carries 62.5 bytes each microsecond */
	CU_ASSERT(during * 10 >= before * 8);
	CU_ASSERT_EQUAL(h.begun, HONEST);
	CU_ASSERT(h.open * 100 >= HONEST * 95);
	CU_ASSERT(pair_stat(&l.p, 1, "SynCookiesOpened") > HONEST / 2);
	CU_ASSERT_EQUAL(pair_stat(&l.p, 1, "TxAnswersDropped"), 0);
	CU_ASSERT(pair_stat(&l.p, 1, "SynInUse") <= 64);
	l.flooded = false;
	finish(&l, &h);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "downloads and clients beside a flood", test_line },
	};

	if (eal_start("test-syn-flood-line") != 0)
		return 1;
	return harness_run("eal/syn-flood-line", cases, HARNESS_COUNT(cases));
}
