/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Sealing of one stream, from the packets that carry it: the state of the record that is
 * in progress goes on from packet to packet, and is built anew out of a packet's metadata
 * when the packet is not the next one. Nothing is buffered.
 */
#ifndef TLSNIC_TX_H
#define TLSNIC_TX_H

#include <stdbool.h>
#include <stdint.h>

#include <recordtls/offload.h>

#include "core/record.h"
#include "tlsnic/aead.h"
#include "tlsnic/frame.h"

/* Of header and explicit nonce. */
enum { NIC_TX_PREFIX_MAX = RECORD_HDR_LEN + 8 };

/* A place in the stream, in terms of records. */
struct nic_tx_place {
	uint64_t rec_no;
	uint32_t seq;      /* TCP sequence of the next byte */
	uint32_t pos;      /* bytes of the record behind us */
	uint32_t len;      /* of the record, header to tag; known behind its prefix */
	uint32_t expected; /* what len must turn out to be; 0: anything legal */
	uint8_t prefix[NIC_TX_PREFIX_MAX];
};

struct nic_tx_state {
	struct nic_tx_place at;
	struct nic_aead *aead;
	uint8_t tag[RECORD_TAG_LEN]; /* from its first byte to its last */
};

struct nic_tx {
	const struct record_suite *suite;
	uint8_t iv[RECORD_NONCE_LEN];
	uint8_t cur;       /* which state goes on */
	bool in_step;      /* it is good for going on */
	bool asked;        /* for a resync, which did not come yet */
	bool start_is_far; /* no packet can lie in front of the start any more */
	uint32_t start_seq;
	struct nic_tx_state state[2]; /* the other one is for building anew */
};

/* 0 or -ENOMEM. */
int nic_tx_init(struct nic_tx *tx, const struct record_suite *s, const uint8_t *key,
		const uint8_t iv[RECORD_NONCE_LEN]);
void nic_tx_fini(struct nic_tx *tx);

void nic_tx_start(struct nic_tx *tx, uint32_t seq, uint64_t rec_no);
void nic_tx_resync(struct nic_tx *tx, uint32_t seq, uint64_t rec_no);

/* TCP sequence of the byte that goes on where it is. */
static inline uint32_t
nic_tx_expected(const struct nic_tx *tx)
{
	return tx->state[tx->cur].at.seq;
}

/*
 * Event, where packets are taken in order only: one at seq was not sealed. False: it is a repetition, which
 * changes nothing. Else some are missing, and none is in order until nic_tx_resync().
 */
bool nic_tx_misses(struct nic_tx *tx, uint32_t seq);

enum nic_tx_plan {
	NIC_PLAN_CLEAR,      /* lies in front of the start */
	NIC_PLAN_BYPASS,     /* lies there in part */
	NIC_PLAN_SEAL,       /* job is set */
	NIC_PLAN_NO_SYNC,    /* the metadata do not say where it belongs */
	NIC_PLAN_BAD_HEADER, /* it holds something else than records */
};

/* A packet with payload. */
struct nic_tx_job {
	bool in_order;
	struct nic_tx_place from; /* out of order: where the record starts */
	const struct rtls_tls_tx_meta *meta;
};

/* How many of len bytes at TCP sequence seq lie in front of the start. */
uint32_t nic_tx_in_front(const struct nic_tx *tx, uint32_t seq, uint32_t len);

/* Changes nothing; job->in_order is always set. */
enum nic_tx_plan nic_tx_plan(const struct nic_tx *tx, enum rtls_tls_tx_method method,
			     const struct rte_mbuf *m, const struct frame *f,
			     const struct rtls_tls_tx_meta *meta, struct nic_tx_job *job);

/*
 * What was planned: begin, any number of seals with the payload, end.
 * scratch: RECORD_WIRE_MAX_RX bytes. 0; -EIO: libcrypto failed, then end with ok false.
 */
int nic_tx_begin(struct nic_tx *tx, const struct nic_tx_job *job, uint8_t *scratch);
int nic_tx_seal(struct nic_tx *tx, const struct nic_tx_job *job, const uint8_t *in, uint8_t *out,
		uint32_t len);
void nic_tx_end(struct nic_tx *tx, const struct nic_tx_job *job, enum rtls_tls_tx_after after,
		bool ok);

#endif
