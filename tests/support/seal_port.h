/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The double as a device that does seal: it stands in front of a port's tx_burst, and
 * what is marked it seals record by record with OpenSSL, out of the packet's own
 * pieces. What is marked for no context that was started, or out of order where that matters, it
 * drops. Each marked packet it notes down.
 */
#ifndef RTLS_SUPPORT_SEAL_PORT_H
#define RTLS_SUPPORT_SEAL_PORT_H

#include "port/port.h"
#include "support/offload_double.h"
#include "unit/session/peer.h"

enum { SEAL_NOTES = 4096 };

/* A marked packet. */
struct seal_note {
	struct rtls_tls_tx_meta meta;
	uint32_t seq;
	uint32_t len; /* of payload */
};

struct seal_port {
	struct offload_double o;
	struct rtls_port *port;
	uint16_t (*below)(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n);
	struct rte_mempool *pool;
	struct seal_note notes[SEAL_NOTES];
	unsigned int nb_notes;
	unsigned int nb_dead; /* marked packets that were dropped */
	bool takes_none;      /* refuses marked packets */
	bool says_burst;      /* packets are in the trace, too */
	struct seal_port *next;
};

/* The key of a context, for its record rec_no. */
static inline struct peer
seal_port_key(const struct double_context *c, uint64_t rec_no)
{
	struct peer key = peer_key_of(c->version, c->cipher, 0, rec_no);

	memcpy(key.key, c->key, sizeof(key.key));
	memcpy(key.iv, c->iv, sizeof(key.iv));
	return key;
}

/* Gives a port, that no stack has sent to yet, this device. name: of pools. */
void seal_port_open(struct seal_port *s, struct rtls_port *port, const char *name);

/* The stack is gone; the port is not. No session and no rule may be left. */
void seal_port_close(struct seal_port *s);

#endif
