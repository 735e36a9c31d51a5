/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the NIC counts: the Linux kernel's names where it has one
 * (Documentation/networking/tls-offload). Each counter has one writing lcore.
 */
#ifndef TLSNIC_COUNTERS_H
#define TLSNIC_COUNTERS_H

#include <stdint.h>

#include <recordtls/stats.h>

enum nic_counter {
	NIC_CNT_RX_PACKETS,
	NIC_CNT_RX_BYTES,
	NIC_CNT_RX_CTX,
	NIC_CNT_RX_DEL,
	NIC_CNT_RX_ERR,
	NIC_CNT_RX_NO_MBUF,
	NIC_CNT_RX_LOST,
	NIC_CNT_TX_PACKETS,
	NIC_CNT_TX_BYTES,
	NIC_CNT_TX_CTX,
	NIC_CNT_TX_DEL,
	NIC_CNT_TX_OOO,
	NIC_CNT_TX_SKIP_NO_SYNC,
	NIC_CNT_TX_DROP_NO_SYNC,
	NIC_CNT_TX_RESYNC_REQ,  /* asked for a resync */
	NIC_CNT_TX_LOST,        /* conf.tx_lose */
	NIC_CNT_TX_BAD_HEADER,  /* dropped: no TLS record header where one must be */
	NIC_CNT_TX_MALFORMED,   /* dropped: cannot be sent as it is */
	NIC_CNT_TX_CRYPTO_ERR,  /* dropped: libcrypto failed */
	NIC_CNT_TX_PREPARE_ERR, /* dropped: the port below will never take it */
	NIC_CNT_TX_NO_MBUF,     /* bursts that ended for want of buffers */
	NIC_CNT_MAX,
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

const char *nic_counter_name(enum nic_counter which);

static inline uint64_t
nic_counter_get(const struct nic_counters *c, enum nic_counter which)
{
	return __atomic_load_n(&c->n[which], __ATOMIC_RELAXED);
}

#endif
