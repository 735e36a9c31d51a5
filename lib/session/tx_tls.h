/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a sending direction has from its first keys on. It comes from a pool of the stack, so that a
 * connection without keys has none, and is wiped when it goes back.
 */
#ifndef RTLS_SESSION_TX_TLS_H
#define RTLS_SESSION_TX_TLS_H

#include "session/epoch.h"
#include "session/tx_pad.h"
#include "session/used_keys.h"

struct rte_mbuf;

struct session_tx_count {
	uint64_t records;
	uint64_t record_bytes;   /* plaintext */
	uint64_t device_records; /* of these, framed for a device */
};

struct tx_tls {
	struct rte_mbuf *open; /* the open record's plaintext, or NULL */
	uint32_t passed;       /* buffer room of control records since data had room */
	uint64_t start_off;    /* where the first keys were set */
	struct session_tx_count count;
	struct tx_dynamic dynamic;
	uint64_t nic_bytes; /* of the stream, handed to the device to be sealed; lib/stack counts */
	struct epochs epochs;
	struct used_keys used;
	uint64_t moved_us; /* lib/stack/mode_move: the path was moved then, or looked at */
};

#endif
