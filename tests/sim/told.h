/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a stack tells the NIC of an end: that a record with a number begins at a TCP sequence. It is kept,
 * and compared with what the independent sealer saw on the wire.
 */
#ifndef RTLS_SIM_TOLD_H
#define RTLS_SIM_TOLD_H

#include "sim/sealer.h"
#include "support/cable.h"

struct told_one {
	uint32_t seq;
	uint64_t rec_no;
};

struct told {
	struct told_one *all;
	size_t nb;
	size_t cap;
	struct rtls_port *port;
	struct rtls_tls_ops ops; /* the port's, but for rx_resync */
	const struct rtls_tls_ops *below;
	struct told *next;
};

/* Listens to what the NIC behind a port is told; its table of calls is this one's until told_fini(). */
void told_init(struct told *t, struct rtls_port *port);

/* NULL: each was so in the stream that the other end, from, sent; or what is wrong. */
const char *told_error(const struct told *t, const struct sealer *s, int from);

/* Of one that was never begun, too. */
void told_fini(struct told *t);

#endif
