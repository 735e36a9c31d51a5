/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Records as a NIC receives them: in packets, each of which can be received again and again. */
#ifndef PERF_PACKETS_H
#define PERF_PACKETS_H

#include <rte_mbuf.h>

struct packets {
	struct rte_mempool *pool;
	struct rte_mbuf **all; /* pieces for each record */
	uint32_t pieces;
	uint32_t mss;
	uint32_t wire_len; /* of a record */
	uint32_t nb_free;  /* of them, back in the pool */
};

/* For count records of wire_len bytes. 0 or -ENOMEM. */
int packets_init(struct packets *p, const char *name, uint32_t count, uint32_t wire_len,
		 uint32_t mss);

/* Writes the bytes of a record into its packets. */
void packets_write(struct packets *p, uint32_t record, const uint8_t *bytes);

/* One of the packets of a record. */
static inline struct rte_mbuf *
packets_one(const struct packets *p, uint32_t record, uint32_t i)
{
	return p->all[(size_t)record * p->pieces + i];
}

/* What was consumed may be received again. 0 or -ENOMEM. */
int packets_take_back(struct packets *p);

/* The packets of a record in a chain, to be consumed. */
struct rte_mbuf *packets_chain(struct packets *p, uint32_t record);

void packets_fini(struct packets *p);

#endif
