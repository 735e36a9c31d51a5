/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/timed_port.h"

#include <errno.h>

#include <CUnit/CUnit.h>
#include <rte_mbuf_dyn.h>

struct timed_port timed_port;

static uint64_t
now_of(const struct timed_port *t)
{
	return t->now_us != NULL ? *t->now_us : 0;
}

static int
read_clock(struct rtls_port *p, uint64_t *ticks)
{
	struct timed_port *t = &timed_port;

	(void)p;
	t->readings++;
	if (t->fails)
		return -EIO;
	*ticks = t->first + (t->stands ? 0 : now_of(t) * t->num / t->den);
	return 0;
}

/* When it may leave, in us, for others a past time. */
static uint64_t
time_of(struct timed_port *t, const struct rtls_port *p, const struct rte_mbuf *m)
{
	uint64_t ticks, at_us;

	if ((m->ol_flags & p->tx_time_flag) == 0)
		return 0;
	ticks = *RTE_MBUF_DYNFIELD(m, p->tx_time_off, const uint64_t *);
	at_us = ticks > t->first ? (ticks - t->first) * t->den / t->num : 0;
	t->timed++;
	t->disorder += at_us < t->last_us;
	t->last_us = at_us;
	if (at_us > now_of(t) && at_us - now_of(t) > t->most_ahead_us)
		t->most_ahead_us = at_us - now_of(t);
	return at_us;
}

static uint16_t
tx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct timed_port *t = &timed_port;
	uint64_t at_us, free_us;
	uint16_t i;

	for (i = 0; i < n; i++) {
		free_us = t->free_us;
		at_us = time_of(t, p, pkts[i]);
		if (at_us > t->free_us)
			t->free_us = at_us;
		t->delay_us = t->free_us > now_of(t) ? t->free_us - now_of(t) : 0;
		if (t->tx_burst(p, queue, &pkts[i], 1) == 0) {
			t->free_us = free_us;
			break;
		}
	}
	return i;
}

void
timed_shape(struct rtls_port *port, int end)
{
	struct timed_port *t = &timed_port;

	if (end != 0)
		return;
	if (t->den == 0)
		t->num = t->den = 1;
	CU_ASSERT_EQUAL_FATAL(
		rte_mbuf_dyn_tx_timestamp_register(&port->tx_time_off, &port->tx_time_flag), 0);
	t->tx_burst = port->tx_burst;
	port->tx_burst = tx_burst;
	port->read_clock = read_clock;
}

enum cable_verdict
timed_filter(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	(void)arg;
	(void)frame;
	(void)len;
	(void)now_us;
	if (dir != 0 || timed_port.delay_us == 0)
		return CABLE_PASS;
	*delay_us = timed_port.delay_us;
	return CABLE_DELAY;
}
