/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A port whose other end is the fuzzer: frames go in cut into mbufs anywhere, what the stack
 * sends is kept in one piece until the fuzzer has looked at it.
 */
#ifndef RTLS_FUZZ_TAP_PORT_H
#define RTLS_FUZZ_TAP_PORT_H

#include "fuzz/wire.h"
#include "port/port.h"

enum {
	TAP_IN_MAX = 8,
	TAP_SENT_MAX = 1024,
	TAP_POOL = 1023, /* more buffers than any program can fill */
};

struct tap_frame {
	uint32_t len;
	uint8_t bytes[WIRE_FRAME_MAX];
};

struct tap_port {
	struct rtls_port port; /* first */
	struct rte_mempool *pool;
	struct rte_mbuf *in[TAP_IN_MAX];
	uint32_t nb_in;
	struct tap_frame *sent;
	uint32_t nb_sent; /* the fuzzer resets it */
	uint32_t takes;   /* so many more packets */
	bool marks_sums;  /* as a NIC that looks at checksums: "good" where they are */
};

/* rx_room: what the port says of its buffers. Ends the process where there is no memory. */
struct tap_port *tap_port_create(const char *name, uint64_t rx_room);

/*
 * A frame that comes with the next burst; cut 0: in one mbuf, else where a generator with this
 * seed says. False: TAP_IN_MAX are waiting already.
 */
bool tap_port_inject(struct tap_port *t, const uint8_t *frame, uint32_t len, uint8_t cut);

#endif
