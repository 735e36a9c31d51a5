/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the NIC counts: the Linux kernel's names where it has one
 * (Documentation/networking/tls-offload). Each counter has one writing lcore, but for one.
 */
#ifndef TLSNIC_COUNTERS_H
#define TLSNIC_COUNTERS_H

#include <stdint.h>

#include <recordtls/stats.h>
#include <recordtls/tlsnic.h>

enum nic_counter {
	NIC_CNT_RX_PACKETS,
	NIC_CNT_RX_BYTES,
	NIC_CNT_RX_CTX,
	NIC_CNT_RX_DEL,
	NIC_CNT_RX_ERR,
	NIC_CNT_RX_FAILED,
	NIC_CNT_RX_NO_MBUF,
	NIC_CNT_RX_LOST,
	NIC_CNT_RX_OVERLOAD,
	NIC_CNT_RX_RESYNC_REQ_PKT,
	NIC_CNT_RX_RESYNC_REQ_START,
	NIC_CNT_RX_RESYNC_REQ_END,
	NIC_CNT_RX_RESYNC_REQ_SKIP,
	NIC_CNT_RX_RESYNC_RES_OK,
	NIC_CNT_RX_RESYNC_RES_SKIP,
	NIC_CNT_TX_PACKETS,
	NIC_CNT_TX_BYTES,
	NIC_CNT_TX_CTX,
	NIC_CNT_TX_DEL,
	NIC_CNT_TX_OOO,
	NIC_CNT_TX_SKIP_NO_SYNC,
	NIC_CNT_TX_DROP_NO_SYNC,
	NIC_CNT_TX_DROP_BYPASS,
	NIC_CNT_TX_RESYNC_REQ,
	NIC_CNT_TX_LOST,
	NIC_CNT_TX_OVERLOAD,
	NIC_CNT_TX_BAD_HEADER,
	NIC_CNT_TX_MALFORMED,
	NIC_CNT_TX_CRYPTO_ERR,
	NIC_CNT_TX_PREPARE_ERR,
	NIC_CNT_TX_NO_MBUF,
	NIC_CNT_MAX,
};

/* Behind the counters: what is in use now. Then how often each fault struck; a NIC without has no rows of it. */
enum nic_level {
	NIC_LEVEL_CONTEXTS = NIC_CNT_MAX,
	NIC_LEVEL_TX_MBUFS,
	NIC_LEVEL_RX_MBUFS,
	NIC_FAULT,
	NIC_STATS = NIC_FAULT + RTLS_TLSNIC_FAULTS,
};

struct nic_counters {
	uint64_t n[NIC_CNT_MAX];
};

/* The reader may be on another lcore: values, not a snapshot. */
static inline void
nic_count(struct nic_counters *c, enum nic_counter which, uint64_t by)
{
	__atomic_store_n(&c->n[which], c->n[which] + by, __ATOMIC_RELAXED);
}

/* Of the one counter that both lcores write. */
static inline void
nic_count_shared(struct nic_counters *c, enum nic_counter which, uint64_t by)
{
	__atomic_fetch_add(&c->n[which], by, __ATOMIC_RELAXED);
}

/* What each is called and means. */
extern const struct rtls_stat_desc nic_stats[NIC_STATS];

static inline uint64_t
nic_counter_get(const struct nic_counters *c, enum nic_counter which)
{
	return __atomic_load_n(&c->n[which], __ATOMIC_RELAXED);
}

#endif
