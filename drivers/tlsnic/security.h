/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The NIC's side of rte_security: sessions, which are keys, and the mark on a packet,
 * which is a pointer.
 */
#ifndef TLSNIC_SECURITY_H
#define TLSNIC_SECURITY_H

#include <rte_cryptodev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_security_driver.h>

#include <recordtls/offload.h>

#include "tlsnic/key.h"

enum { NIC_VERSIONS = 2 };

/* What it says of itself: of each version the AEADs, sending, receiving; and one behind the last. */
struct nic_capabilities {
	struct rte_cryptodev_capabilities aeads[NIC_VERSIONS][RECORD_AEADS + 1];
	struct rte_security_capability tls[2 * NIC_VERSIONS + 1];
};

struct nic_security {
	struct rte_security_ctx ctx; /* its device is this struct */
	struct nic_capabilities capabilities;
	int mark_off;    /* of a packet's mark in its mbuf */
	int rx_mark_off; /* of what a received packet's mark says; below 0: no room for it */
	/* Of the header that a received packet asks about, and the flag; 0: none does, or no room for it. */
	int rx_resync_off;
	uint64_t rx_resync_flag;
};

/* rx_method: enum rtls_tls_rx_method. 0 or a negative errno: no room for marks in mbufs. */
int nic_security_init(struct nic_security *s, uint8_t rx_method);

/* Of a session of ours. */
static inline const struct nic_key *
nic_session_key(void *session)
{
	return SECURITY_GET_SESS_PRIV(session);
}

static inline struct rtls_tls_rx_mark *
nic_rx_mark(const struct nic_security *s, struct rte_mbuf *m)
{
	return RTE_MBUF_DYNFIELD(m, s->rx_mark_off, struct rtls_tls_rx_mark *);
}

static inline const struct rtls_tls_tx_meta **
nic_mark(const struct nic_security *s, struct rte_mbuf *m)
{
	return RTE_MBUF_DYNFIELD(m, s->mark_off, const struct rtls_tls_tx_meta **);
}

#endif
