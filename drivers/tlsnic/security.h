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

#include "core/record.h"

/* What a session holds; wiped when it goes. */
struct nic_key {
	const struct record_suite *suite;
	uint8_t dir; /* enum rtls_dir */
	uint8_t key[RECORD_KEY_MAX];
	uint8_t iv[RECORD_NONCE_LEN];
};

/* What it says of itself; one entry per AEAD and one behind the last. */
struct nic_capabilities {
	struct rte_cryptodev_capabilities aeads[RECORD_AEADS + 1];
	struct rte_security_capability tls[3]; /* sending, receiving */
};

extern const struct rte_security_ops nic_security_ops;

void nic_capabilities_init(struct nic_capabilities *c);

/* Of a session of ours. */
static inline const struct nic_key *
nic_session_key(void *session)
{
	return SECURITY_GET_SESS_PRIV(session);
}

/* Where packets carry their mark; a negative errno: no room in the mbuf. */
int nic_mark_register(void);

static inline const struct rtls_tls_tx_meta **
nic_mark(struct rte_mbuf *m, int offset)
{
	return RTE_MBUF_DYNFIELD(m, offset, const struct rtls_tls_tx_meta **);
}

#endif
