/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What goes wrong on purpose with contexts and packets on the NIC's lcore: conf.faults and its like. What it lies about: lie.h. */
#ifndef TLSNIC_MISHAP_H
#define TLSNIC_MISHAP_H

#include <stdbool.h>
#include <stdint.h>

struct frame;
struct nic_context;
struct rte_mbuf;
struct tlsnic;

/* A receiving context starts: its packets are found, from now on, later or never. */
void mishap_start(struct tlsnic *nic, struct nic_context *c);

/* The host's answer to a receiving context. False: it is not heard now, maybe later. */
bool mishap_answer(struct tlsnic *nic, struct nic_context *c, uint32_t seq, uint64_t rec_no);

/* A packet to be sealed or opened by a context. True: that is lost; it does neither any more. */
bool mishap_ends(struct tlsnic *nic, struct nic_context *c);

/* A packet that could be sealed. True: it does not get to the crypto. */
bool mishap_loses(struct tlsnic *nic);

/* A packet to be opened by a context. True: it passes as it came, the context did not see it. */
bool mishap_passes(struct tlsnic *nic, struct nic_context *c, struct rte_mbuf *m);

/* The same, seen: what will be wrong with the records that end in it, and with the headers that are searched for. */
void mishap_records(struct tlsnic *nic, struct nic_context *c, const struct frame *f);

#endif
