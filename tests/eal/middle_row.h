/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a man in the middle does, as rows. Each is played in software and over a NIC, frame by frame
 * the same: one reads what the other one reads, and both end alike. doc/offload-contract.md has
 * drawings of them.
 */
#ifndef RTLS_EAL_MIDDLE_ROW_H
#define RTLS_EAL_MIDDLE_ROW_H

#include <errno.h>

#include "eal/middle.h"

struct row {
	const char *name;
	void (*begin)(void);
	void (*play)(const struct vehicle *v);
	uint32_t got; /* plain bytes that are read */
	bool lives;   /* then what is left of the stream is read, too */
	bool once;    /* by the first vehicle that moves it alone */
};

/* How a connection ended for who reads. */
struct outcome {
	ssize_t rc;
	uint32_t got;
	uint8_t reason;
};

/* What NICs differ in. */
static const struct rtls_tlsnic_conf one = { 0 };
static const struct rtls_tlsnic_conf apart = { .rings = 1 };
static const struct rtls_tlsnic_conf keeps = { .rx_keeps = 1 };
static const struct rtls_tlsnic_conf unverified = { .rx_unverified = 3 };
static const struct rtls_tlsnic_conf at_the_end = { .rx_first_run = 65534 };

enum { A_LEN = 100, AB_LEN = A_LEN + 300 };

enum { ROWS_MAX = 8 };

/* It goes on: what comes next is read, too. Returns what reading ends with. */
static inline ssize_t
row_goes_on(void)
{
	char hello[HELLO];
	ssize_t n;

	CU_ASSERT_EQUAL(t.got, PLAIN);
	t.holds = false;
	pair_send(&p, t.k[0], "hello", HELLO);
	pair_pass(&p, 1000000);
	n = rtls_recv(t.k[1], hello, sizeof(hello), 0);
	if (n < 0)
		return n;
	CU_ASSERT(n == HELLO && memcmp(hello, "hello", HELLO) == 0);
	return -EAGAIN;
}

static inline struct outcome
row_play_once(const struct row *r, const struct vehicle *v)
{
	struct outcome o;
	uint64_t packets;

	(r->begin != NULL ? r->begin : middle_begin)();
	packets = middle_nic_packets();
	r->play(v);
	/* It took his headers, and marked what he wanted it to open. */
	if (nic && (r->once || v->moves))
		CU_ASSERT(middle_nic_packets() > packets);
	o.rc = middle_read();
	o.got = t.got;
	if (o.rc == -EAGAIN)
		o.rc = row_goes_on();
	o.reason = pair_info(t.k[1]).end_reason;
	middle_end();
	return o;
}

/* In software: what the row says. An RST may come first. */
static inline void
row_judge_software(const struct row *r, const struct vehicle *v, const struct outcome *o)
{
	if (v->flags == (FRAME_RST | FRAME_ACK))
		return;
	CU_ASSERT_EQUAL(o->got, r->lives ? PLAIN : r->got);
	CU_ASSERT_EQUAL(o->rc == -EAGAIN, r->lives);
	CU_ASSERT(r->lives || o->reason >= RTLS_REASON_BAD_VERSION);
}

static inline void
row_judge_nic(const struct outcome *soft, const struct outcome *o)
{
	CU_ASSERT_EQUAL(o->got, soft->got);
	CU_ASSERT_EQUAL(o->rc, soft->rc);
	CU_ASSERT_EQUAL(o->reason, soft->reason);
}

static inline void
row_play(const struct row *rows, size_t n, const struct rtls_tlsnic_conf *kind)
{
	static struct outcome soft[ROWS_MAX][HARNESS_COUNT(vehicles)];
	struct outcome o;

	for (int has_nic = 0; has_nic < 2; has_nic++) {
		middle_init(has_nic, kind);
		for (size_t i = 0; i < n; i++)
			for (size_t k = 1; k < (rows[i].once ? 2 : HARNESS_COUNT(vehicles)); k++) {
				o = row_play_once(&rows[i], &vehicles[k]);
				if (nic) {
					row_judge_nic(&soft[i][k], &o);
				} else {
					row_judge_software(&rows[i], &vehicles[k], &o);
					soft[i][k] = o;
				}
			}
		pair_fini(&p);
	}
}

/* All kinds of NICs; suites of TLS 1.3, whose records are of one form, by turn. */
static inline void
row_play_kinds(const struct row *rows, size_t n)
{
	static const struct rtls_tlsnic_conf *const kinds[] = { &one, &apart, &keeps, &unverified,
								&at_the_end };

	for (size_t i = 0; i < HARNESS_COUNT(kinds); i++) {
		do
			middle_suite = suites_turn();
		while (middle_suite->version != RTLS_TLS_1_3);
		row_play(rows, n, kinds[i]);
	}
}

#endif
