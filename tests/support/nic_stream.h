/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A TLS stream twice: as it is handed to a NIC (in clear, with rubbish where the tags will
 * be), and as it must be on the wire, sealed by OpenSSL in one shot per record. In front of
 * the first record lie bytes that go in clear.
 */
#ifndef RTLS_SUPPORT_NIC_STREAM_H
#define RTLS_SUPPORT_NIC_STREAM_H

#include <stdint.h>

#include <recordtls/offload.h>

#include "unit/session/peer.h"

struct rte_mbuf;
struct rte_mempool;

struct nic_stream_record {
	uint32_t off;           /* in the stream */
	uint32_t len;           /* header to tag */
	struct rte_mbuf *clear; /* all of it, in a chain */
};

struct nic_stream {
	struct peer peer;
	uint64_t first_rec_no;
	uint32_t seq; /* of stream offset 0 */
	uint32_t lead;
	uint32_t len;
	uint8_t *clear;
	uint8_t *wire;
	uint32_t nb_records;
	struct nic_stream_record *records;
};

/* sizes: of the plaintexts, up to 16384. Keys, explicit nonces and content are drawn from *luck. */
void nic_stream_init(struct nic_stream *s, uint16_t version, uint16_t cipher, uint64_t *luck,
		     struct rte_mempool *pool, uint32_t seq, uint32_t lead, const uint32_t *sizes,
		     uint32_t nb_records);

/* Metadata of a packet that starts at off; ctx is left alone. */
void nic_stream_meta(const struct nic_stream *s, uint32_t off, struct rtls_tls_tx_meta *meta);

void nic_stream_fini(struct nic_stream *s);

#endif
