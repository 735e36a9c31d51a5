/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A TLS NIC over a port of the test's, with one sending context of one stream, and a naive
 * model of what it must send and count.
 */
#ifndef RTLS_SUPPORT_NIC_BENCH_H
#define RTLS_SUPPORT_NIC_BENCH_H

#include <stdbool.h>

#include <rte_security.h>

#include <recordtls/tlsnic.h>

#include "support/nic_stream.h"
#include "support/nic_under.h"

enum { NIC_BENCH_HDRS = 14 + 20 + 20 };

struct nic_bench {
	struct rtls_tlsnic_conf conf;
	uint64_t luck;
	struct rte_mempool *pool; /* of the host */
	struct nic_under *under;
	struct rtls_port *nic;
	uint16_t version, cipher; /* of the stream to be started; 0: TLS 1.3 with AES-128-GCM */
	struct nic_stream stream;
	void *session;
	struct rtls_tls_handle ctx;
	bool mark_none; /* packets get no metadata */

	/* The model. */
	uint32_t expected; /* stream offset that is in order */
	uint64_t ooo, skipped;
};

/* One per program, behind eal_start(). */
void nic_bench_pool_create(void);

/* A NIC with no context. caps: of the port below. */
void nic_bench_open(struct nic_bench *b, const struct rtls_tlsnic_conf *conf, uint32_t caps);
/* A stream, and its context started. */
void nic_bench_start(struct nic_bench *b, uint32_t seq, uint32_t lead, const uint32_t *sizes,
		     uint32_t nb_records);
/* Both, with a stream longer than 64 KiB. */
void nic_bench_begin(struct nic_bench *b, const struct rtls_tlsnic_conf *conf, uint32_t caps);
/* Ends context and session, closes; no mbuf may be missing. */
void nic_bench_close(struct nic_bench *b);

/* What makes a session with key and IV of the bench's stream. */
void nic_bench_session_conf(const struct nic_bench *b, uint8_t dir, struct rte_crypto_sym_xform *x,
			    struct rte_security_session_conf *conf);
/* NULL: refused. */
void *nic_bench_session(const struct nic_bench *b, uint8_t dir);
/* The connection with this port number of the host's; and the same for the bench's stream. */
struct rtls_tls_flow nic_bench_flow(uint8_t dir, uint16_t port);
struct rtls_tls_flow nic_bench_flow_of(const struct nic_bench *b, uint8_t dir, uint16_t port);

/* A packet of the stream with its metadata; mss 0: not to be cut. */
struct rte_mbuf *nic_bench_packet(struct nic_bench *b, uint32_t off, uint32_t len, uint16_t mss);
/* tx_burst, and with rings all turns that lead somewhere. */
uint16_t nic_bench_burst(struct nic_bench *b, struct rte_mbuf **pkts, uint16_t n);
/* The NIC's turns until there is nothing to do. Nothing without rings. */
void nic_bench_turn(struct nic_bench *b);
/* The next frames of those that were sent, from *at, carry these bytes of the stream. */
void nic_bench_check(const struct nic_bench *b, uint32_t *at, uint32_t off, uint32_t len,
		     uint16_t mss);
/* All of it: packet, burst, frames and counters, by the model. */
void nic_bench_send(struct nic_bench *b, uint32_t off, uint32_t len, uint16_t mss);

/* The NIC's counter of this name. */
uint64_t nic_bench_count(const struct nic_bench *b, const char *name);
/* Mbufs of the host's that are out of the pool, those of the stream aside. */
unsigned int nic_bench_mbufs_out(const struct nic_bench *b);

#endif
