/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The two ends of a connection as the resync watch has them while it goes on, the first difference, and the
 * trace: RECORDTLS_TRACE=1 prints every step.
 */
#ifndef RTLS_SIM_WATCH_END_H
#define RTLS_SIM_WATCH_END_H

#include "port/port.h"
#include "sim/resync_watched.h"
#include "sim/sealer.h"
#include "sim/strikes.h"

struct framer;

/* What was said of a packet. */
struct watch_said {
	bool marked;
	bool first;  /* the first one with a byte of the place that the NIC was led to */
	bool second; /* the one behind it */
	bool soon;   /* of these: no packet came in between, after the NIC was told */
};

/* From where the NIC was led to another place, until it is in step there. */
struct watch_led {
	enum { LED_NOT, LED_TOLD, LED_FIRST } state;
	int64_t place;
	int64_t end;      /* of the newest packet */
	uint32_t packets; /* since it was told */
	uint64_t begun;   /* how often it had begun anywhere, by then */
};

struct watch_end {
	bool nic;
	const struct suite *suite;
	uint64_t rec_no; /* the peer's first */
	struct rtls_stack *stack;
	const struct framer *framer;
	struct resync_oracle *oracle;
	struct resync_oracle *ideal;
	struct rtls_port *port;
	uint16_t (*rx_burst)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts,
			     uint16_t n);
	uint16_t (*tx_burst)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts,
			     uint16_t n);
	const struct rtls_tls_ops *ops;
	struct rtls_tls_ops watched_ops;
	struct rtls_tls_handle rx; /* the receiving context */
	bool has_rx;
	bool emptied; /* the queue, by the last burst */
	struct strikes strikes;
	struct watch_led led;
	uint64_t judged;
	uint64_t calls;
	int64_t unsaid_off; /* 0: nothing was unsaid */
	struct resync_watched out;
};

struct watch {
	const struct sealer *sealer;
	struct watch_end end[2];
	char error[RESYNC_WATCH_ERROR];
	/* Where the records of each direction begin, as far as they were sent. */
	int64_t *begins[2];
	uint64_t nb_begins[2], cap_begins[2];
	uint64_t first_no[2];
	bool deaf;
	bool traced;
};

extern struct watch watched;

void watch_differ(const struct watch_end *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void watch_trace(const struct watch_end *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
