/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Answers for which there is no buffer, or that the port does not take: dropped, counted, told. */
#include <CUnit/CUnit.h>

#include "stack/state.h"

#include "eal/answers.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"

enum { SECOND = 1000000 };

/* A SYN, a segment of nobody's, an echo and an ARP request, each answered where there is a way. */
static void
ask(struct pair *p, uint32_t host)
{
	struct forged f;

	forged_tcp(&f, p->port[1]->mac, NOBODY, NET + host, NET + SELF, 6000 << 16 | PAIR_PORT, SYN,
		   77);
	inject(p, &f);
	for (int kind = RESET; kind <= ARP; kind++) {
		if (kind != RESET && kind != ECHO && kind != ARP)
			continue;
		make_simple(p, &f, (enum kind)kind, NET + host);
		inject(p, &f);
	}
}

static uint32_t
answers(void)
{
	return w.total[SYN_ACK] + w.total[RESET] + w.total[ECHO] + w.total[ARP];
}

/* What is held back by somebody else: header buffers, and record buffers for the copy of an echo. */
static unsigned int
take_all(struct rtls_stack *s, struct rte_mbuf **m)
{
	unsigned int n = 0;

	while ((m[n] = rte_pktmbuf_alloc(s->pools.header)) != NULL)
		n++;
	while ((m[n] = buf_record_alloc(&s->pools, 60)) != NULL)
		n++;
	return n;
}

static void
test_no_buffer(void)
{
	static struct rte_mbuf *m[8192];
	unsigned int taken;
	struct pair p;

	start(&p, NULL);
	taken = take_all(p.stack[1], m);
	log_tap_start(RTE_LOG_WARNING);
	ask(&p, OTHER);
	CU_ASSERT_EQUAL(answers(), 0);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxAnswersDropped"), 4);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_NO_HEADER), 1);
	log_tap_end();
	rte_pktmbuf_free_bulk(m, taken);
	/* Who asks again is answered. */
	pair_pass(&p, 2 * SECOND);
	memset(&w, 0, sizeof(w));
	ask(&p, OTHER);
	CU_ASSERT_EQUAL(answers(), 4);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxAnswersDropped"), 4);
	finish(&p, NULL);
}

/* The port takes nothing: what is an answer waits for nobody, and is not tried again. */
static void
test_port_full(void)
{
	const struct cable_path refuses = { .refuse_ppm = CABLE_PPM }, takes = { 0 };
	struct pair p;

	start(&p, NULL);
	cable_set_path(p.cable, 1, &refuses);
	ask(&p, OTHER);
	CU_ASSERT_EQUAL(answers(), 0);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxAnswersDropped"), 4);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxRefused"), 0);
	cable_set_path(p.cable, 1, &takes);
	pair_pass(&p, SECOND / 2);
	CU_ASSERT_EQUAL(answers(), 0);
	ask(&p, GHOST);
	CU_ASSERT_EQUAL(answers(), 4);
	finish(&p, NULL);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "no buffer", test_no_buffer },
		{ "the port is full", test_port_full },
	};

	if (eal_start("test-answers-dropped") != 0)
		return 1;
	return harness_run("eal/answers-dropped", cases, HARNESS_COUNT(cases));
}
