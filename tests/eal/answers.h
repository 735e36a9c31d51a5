/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Floods of forged frames on a pair, and what end 1 answers to them. The first connections of end 0
 * have the address that floods.
 */
#ifndef RTLS_EAL_ANSWERS_H
#define RTLS_EAL_ANSWERS_H

#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/forged.h"
#include "support/pair.h"

enum {
	FLOOD = 4000, /* in one second */
	STEP_US = 250,
	CONNS = 30,
	PORT = 5000, /* the first of end 0 */
	NET = 0xc0000200,
	PEER = 1, /* the host whose address floods; end 0's stack has it, too */
	SELF = 2,
	OTHER = 50,
	GHOST = 60, /* nobody answers for it, so no timer sends it anything */
	FIN = 1,
	SYN = 2,
	RST = 4,
	ACK = 16,
};

enum kind { RESET, BARE_ACK, SYN_ACK, ECHO, ARP, KINDS };

/* Behind it nobody is: what goes there is only counted. */
static const uint8_t NOBODY[6] = { 2, 0, 0, 0, 0x66, 1 };

static struct wire {
	uint32_t to[KINDS][256]; /* answers of end 1, by the last byte of the address */
	uint32_t total[KINDS];
	uint32_t acks[CONNS]; /* bare ones, by port */
	uint32_t probes;      /* of one byte, on the first connection */
	uint32_t answered;    /* of these, before anything else was sent */
	struct forged last[CONNS];
	bool asked;
	bool deaf; /* nothing of end 1 arrives */
} w;

static inline void
answered(enum kind kind, const uint8_t *ip)
{
	w.total[kind]++;
	w.to[kind][ip[3]]++;
}

static inline void
on_segment(int dir, const uint8_t *frame, uint32_t len)
{
	const uint8_t *tcp = frame + 34;
	uint32_t payload_len = get16(frame + 16) - 20 - (tcp[12] >> 4) * 4u;
	uint32_t conn = get16(tcp + 2 * dir) - PORT;

	if (dir == 0) {
		if (conn >= CONNS)
			return;
		memcpy(w.last[conn].bytes, frame, len);
		w.last[conn].len = len;
		w.probes += conn == 0 && payload_len == 1;
		w.asked = conn == 0 && payload_len == 1;
	} else if (payload_len == 0) {
		answered(tcp[13] & RST ? RESET : tcp[13] & SYN ? SYN_ACK : BARE_ACK, frame + 30);
		if (conn < CONNS)
			w.acks[conn] += (tcp[13] & (RST | SYN)) == 0;
		w.answered += conn == 0 && w.asked;
		w.asked = w.asked && conn != 0;
	}
}

static inline void
on_frame(void *arg, int dir, const uint8_t *frame, uint32_t len, uint64_t now_us)
{
	(void)arg;
	(void)now_us;
	if (frame[12] == 8 && frame[13] == 0 && frame[23] == 6)
		on_segment(dir, frame, len);
	else if (frame[12] == 8 && frame[13] == 0 && dir == 1)
		answered(ECHO, frame + 30);
	else if (dir == 1 && frame[21] == 2)
		answered(ARP, frame + 38);
}

static inline enum cable_verdict
filter(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	(void)arg;
	(void)len;
	(void)now_us;
	(void)delay_us;
	return dir == 1 && (w.deaf || memcmp(frame, NOBODY, 6) == 0) ? CABLE_DROP : CABLE_PASS;
}

static inline void
start(struct pair *p, const struct rtls_stack_conf *conf)
{
	struct pair_conf pc = { .backlog = CONNS, .tap = on_frame, .filter = filter };

	if (conf != NULL)
		pc.stack[1] = *conf;
	for (int i = 0; i < 2; i++) {
		pc.stack[i].max_socks = 2 * CONNS;
		/* So many that none of CONNS finds its bucket full. */
		pc.stack[i].max_syn = 64 * CONNS;
	}
	memset(&w, 0, sizeof(w));
	pair_init(p, &pc);
}

static inline void
connect_all(struct pair *p, struct rtls_sock *socks[CONNS][2])
{
	for (uint16_t i = 0; i < CONNS; i++)
		pair_connect(p, PORT + i, socks[i]);
	pair_pass(p, 1000000);
}

static inline void
finish(struct pair *p, struct rtls_sock *socks[CONNS][2])
{
	for (uint32_t i = 0; socks != NULL && i < CONNS; i++) {
		CU_ASSERT_EQUAL(rtls_close(socks[i][0]), 0);
		CU_ASSERT_EQUAL(rtls_close(socks[i][1]), 0);
	}
	pair_fini(p);
}

static inline void
inject(struct pair *p, const struct forged *f)
{
	CU_ASSERT_EQUAL_FATAL(cable_inject(p->cable, 0, f->bytes, f->len), 0);
	pair_turn(p);
}

/* One second of these in turn; five times in it a frame beside them, which must be answered. */
static inline void
flood(struct pair *p, const struct forged *frames, uint32_t n, const struct forged *beside,
      const uint32_t *answers)
{
	uint64_t start_us = p->now_us;

	for (uint32_t i = 0; i < FLOOD; i++) {
		uint32_t before = answers != NULL ? *answers : 0;

		p->now_us = RTE_MAX(p->now_us, start_us + i * STEP_US);
		inject(p, &frames[i % n]);
		if (beside == NULL || i % (FLOOD / 5) != FLOOD / 5 - 1)
			continue;
		before = *answers;
		inject(p, beside);
		CU_ASSERT_EQUAL(*answers, before + 1);
	}
}

/* What one kind has at the most in the first second: a burst, and what is earned meanwhile. */
static inline bool
is_limited(uint32_t got)
{
	return got >= 10 && got <= 20;
}

static inline void
make_simple(struct pair *p, struct forged *f, enum kind kind, uint32_t ip)
{
	uint32_t ports = 7 << 16 | (ip % 2 ? PAIR_PORT : 9); /* a listener, or nobody */

	if (kind == ECHO)
		forged_echo(f, p->port[1]->mac, NOBODY, ip, NET + SELF);
	else if (kind == ARP)
		forged_arp(f, NOBODY, ip, NET + SELF);
	else
		forged_tcp(f, p->port[1]->mac, NOBODY, ip, NET + SELF, ports, ACK, 1);
}

/* SYNs for all of them, which a connection alone would answer twice a second. */
static inline void
make_challenges(struct forged frames[CONNS])
{
	for (uint32_t i = 0; i < CONNS; i++)
		forged_like(&frames[i], &w.last[i], SYN, 100, 0, 0);
}

#endif
