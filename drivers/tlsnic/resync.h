/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A receiving context that is out of step asks the host, and takes its answers; on the NIC's lcore.
 * By conf.rx_method it asks on the packet itself, or by events: a start, and exactly one end, or cancel,
 * of it, but for a context that is deleted before that.
 */
#ifndef TLSNIC_RESYNC_H
#define TLSNIC_RESYNC_H

#include <stdbool.h>
#include <stdint.h>

struct nic_context;
struct rte_mbuf;
struct tlsnic;

/* The header that c->rx asks about ends in m, which has len bytes of payload from TCP sequence seq on. */
void resync_ask(struct tlsnic *nic, struct nic_context *c, struct rte_mbuf *m, uint32_t seq,
		uint32_t len);

/* Nothing is asked any more: what was is void, or the context is lost. */
void resync_cancel(struct tlsnic *nic, struct nic_context *c);

/* The context is deleted: the same, and the host is told nothing. */
void resync_forget(struct tlsnic *nic, struct nic_context *c);

/* The host says that the record rec_no begins at seq. False: there is no run for it. */
bool resync_take(struct tlsnic *nic, struct nic_context *c, uint32_t seq, uint64_t rec_no);

/* Once a poll of the NIC: questions that are old enough have their end. */
void resync_turn(struct tlsnic *nic);

#endif
