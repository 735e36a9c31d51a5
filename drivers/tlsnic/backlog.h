/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What waits for crypto on its way out: packets to be sealed, and behind the first of them all
 * that must keep its order with such: other packets of connections with a sending context, resyncs and
 * ends of these, and a reset. Packets of other connections pass them by. Of the NIC's lcore.
 */
#ifndef TLSNIC_BACKLOG_H
#define TLSNIC_BACKLOG_H

#include "tlsnic/ring.h"

enum { BACKLOG_PACKETS = 1024 };

/* All zero: there is none, and none is needed. */
struct nic_backlog {
	struct nic_msg *msgs; /* a circle */
	uint32_t size;
	uint32_t head, nb;
	uint32_t nb_packets, max_packets;
	uint32_t max_contexts;
};

/* 0 or -ENOMEM. */
int backlog_init(struct nic_backlog *b, uint32_t max_contexts);

/* The first; NULL: nothing waits. */
const struct nic_msg *backlog_first(const struct nic_backlog *b);
void backlog_pop(struct nic_backlog *b);

/*
 * Behind the others. There is room for a start and a del of each context, and one reset; false: not for
 * another resync, or packet.
 */
bool backlog_put(struct nic_backlog *b, const struct nic_msg *msg);

/* Packets in it are freed. */
void backlog_fini(struct nic_backlog *b);

#endif
