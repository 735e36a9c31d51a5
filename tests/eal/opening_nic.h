/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Two ends with a connection, the second of which has a NIC that opens what it receives. Notices are heard. */
#ifndef RTLS_EAL_OPENING_NIC_H
#define RTLS_EAL_OPENING_NIC_H

#include <rte_log.h>

#include "support/log_tap.h"
#include "support/pair.h"
#include "unit/session/peer.h"

/* change: of the NIC's, what is not as always; conf: all but the NIC. */
static inline void
opening_nic_begin(struct pair *p, struct rtls_sock *k[2], const struct record_suite *suite,
		  const struct rtls_tlsnic_conf *change, const struct pair_conf *conf)
{
	struct peer key = peer_key_of(suite->version, suite->cipher, 1, 3);
	struct rtls_keys keys = peer_keys(&key);
	struct rtls_tlsnic_conf nic = *change;
	struct pair_conf with_nic = *conf;

	nic.size = sizeof(nic);
	nic.max_contexts = 8;
	nic.nb_mbufs = 510;
	with_nic.nic[1] = &nic;
	log_tap_start(RTE_LOG_NOTICE);
	pair_init(p, &with_nic);
	pair_connect(p, 0, k);
	pair_set_keys(k, 0, &keys);
}

static inline void
opening_nic_end(struct pair *p, struct rtls_sock *k[2])
{
	rtls_abort(k[0]);
	rtls_abort(k[1]);
	pair_fini(p);
	log_tap_end();
}

#endif
