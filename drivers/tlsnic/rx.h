/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One receive context of the NIC: opens the records of one TCP stream packet by packet, as
 * they lie in the packets, and buffers none. A packet is opened completely or passed as it
 * came: its payload is never written to.
 *
 * A packet that is not the expected one passes as it came. A gap costs little as long as the
 * start of the next record is known: from there on packets are opened again, in a run of their
 * own. Within a run each byte is opened once, and in order; none is so long that a sequence number
 * could come twice in it.
 */
#ifndef TLSNIC_RX_H
#define TLSNIC_RX_H

#include <recordtls/offload.h>

#include "tlsnic/aead.h"
#include "tlsnic/rx_track.h"

struct nic_rx {
	struct rx_track track;
	struct nic_aead *work; /* the record that the expected byte is part of */
	struct nic_aead *undo; /* what work was in front of the packet at hand */
	uint8_t iv[RECORD_NONCE_LEN];
	uint8_t tag[RECORD_TAG_LEN]; /* as much of it as came */
	uint16_t run;
	uint32_t next_run; /* above UINT16_MAX: there is none, for no number is used twice */
	uint32_t run_len;  /* bytes of it */
	uint32_t run_max;  /* behind so many the next record begins another */
	/* What does not verify goes up transformed, as FAILED, and is not undone. Any time. */
	bool keeps;
	/* A fault: no tag is looked at, and nothing that ends is vouched for. Any time. */
	bool unverified;
	bool failed; /* a record that ends in the packet at hand is not authentic */
};

/*
 * s: one that nic_aead has. Opens nothing before nic_rx_start(). first_run:
 * a run's number goes up from there to UINT16_MAX. 0 or -ENOMEM.
 */
int nic_rx_init(struct nic_rx *rx, const struct record_suite *s, const uint8_t *key,
		const uint8_t iv[RECORD_NONCE_LEN], uint16_t first_run);

/*
 * The record rec_no has its first byte at TCP sequence seq; what is below passes as it came. A
 * run begins: not to be called more often than there are numbers.
 */
void nic_rx_start(struct nic_rx *rx, uint32_t seq, uint64_t rec_no);

enum nic_rx_verdict {
	NIC_RX_UNTOUCHED, /* not the expected one, or without payload */
	NIC_RX_OPENED,    /* all of it, and every record that ends in it is authentic */
	NIC_RX_FAILED, /* transformed like that, and nothing is authentic: see keeps and unverified */
	NIC_RX_LOST,   /* untouched, and so will be all that follow: told once */
	NIC_RX_NO_RUN, /* the same, for it takes a new run and there is none */
	NIC_RX_ERROR,  /* untouched: bad tag or header, no memory; the context as before it */
};

/*
 * A packet with len bytes of payload at TCP sequence seq. OPENED and FAILED: out holds the payload
 * with the bodies of its records in clear, headers and tags as on the wire, and all of *mark is set
 * but the generation, which is the caller's. Otherwise the len bytes of out are nothing to look at.
 */
enum nic_rx_verdict nic_rx_packet(struct nic_rx *rx, uint32_t seq, const uint8_t *payload,
				  uint32_t len, uint8_t *out, struct rtls_tls_rx_mark *mark);

/* Wipes the keys. */
void nic_rx_fini(struct nic_rx *rx);

#endif
