/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The port at end 0 of a cable, made one that keeps packets until their times, as
 * RTE_ETH_TX_OFFLOAD_SEND_ON_TIMESTAMP has it: in order, what has no time or a past one at once. Its
 * clock is the test's. The cable carries frames late by as much: its filter is timed_filter().
 */
#ifndef RTLS_SUPPORT_TIMED_PORT_H
#define RTLS_SUPPORT_TIMED_PORT_H

#include "support/cable.h"

struct timed_port {
	/* The test's. Ticks are now * num / den + first; virtual time is *now_us. */
	const uint64_t *now_us;
	uint64_t num, den, first;
	bool fails;  /* its clock cannot be read */
	bool stands; /* or does not go on */

	uint64_t readings;
	uint64_t timed;    /* packets with a time */
	uint64_t disorder; /* of these, with an earlier one than the last */
	uint64_t most_ahead_us;
	/* Its own. */
	uint16_t (*tx_burst)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts,
			     uint16_t n);
	uint64_t last_us, free_us, delay_us;
};

/* There is one in a process, end 0's of the pair that was made last. */
extern struct timed_port timed_port;

/* pair_conf.shape, with timed_port zeroed or set before. */
void timed_shape(struct rtls_port *port, int end);

enum cable_verdict timed_filter(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us,
				uint64_t *delay_us);

#endif
