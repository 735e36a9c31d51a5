/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Marks of received packets that a driver did not make. A sender on the same machine leaves the TCP
 * checksum to a device that never comes: the field holds the sum of the pseudo header alone. The
 * kernel says so with each packet (TP_STATUS_CSUMNOTREADY), and net_af_packet does not pass it on.
 */
#ifndef RTLS_PORT_RX_MARKS_H
#define RTLS_PORT_RX_MARKS_H

#include <stdbool.h>

#include <rte_mbuf.h>

struct port_marks {
	uint16_t port_id;
	bool trust; /* no mark is RTE_MBUF_F_RX_L4_CKSUM_NONE: the program says so */
	bool lost;  /* the kernel's mark is found by what it leaves in the field */
	bool said;  /* in the log, once */
};

/* Of n packets as they come from the driver. */
void port_marks_set(struct port_marks *marks, struct rte_mbuf **pkts, uint16_t n);

#endif
