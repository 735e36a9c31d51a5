/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One receive context of the NIC: opens the records of one TCP stream packet by packet, as
 * they lie in the packets, and buffers none. A packet is opened completely or passed as it
 * came: its payload is never written to.
 *
 * A packet that is not the expected one passes as it came. A gap costs little as long as the
 * start of the next record is known: from there on packets are opened again, in a run of their
 * own. Where it is not, it is looked for in what goes by, and asked for (rx_scan.h). Within a run
 * each byte is opened once, and in order; none is so long that a sequence number could come twice
 * in it.
 */
#ifndef TLSNIC_RX_H
#define TLSNIC_RX_H

#include <recordtls/offload.h>

#include "tlsnic/aead.h"
#include "tlsnic/rx_scan.h"
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
	/* Another: what ends does not verify, whatever its tag. Any time. */
	bool refuses;
	/* Another: what ends verifies, whatever its tag. Any time. */
	bool believes;
	/* Another: records that begin are opened by the nonce of one so many further on; 0: none. Any time. */
	uint32_t begins_off;
	bool is_off; /* the record at hand was */
	/* Another: headers are searched for in these bytes, as many as come next; NULL: in what comes. Any time. */
	const uint8_t *sees;
	/* The first bytes of a body among those of the packet at hand; len 0: there are none. */
	struct nic_rx_text {
		uint32_t off;
		uint32_t len;
		uint64_t rec_no;
	} text;
	bool failed;    /* a record that ends in the packet at hand is not authentic */
	bool scans;     /* asks for its place when it is out of step. Before the start */
	uint32_t end;   /* TCP sequence behind the last packet that was looked at */
	uint32_t known; /* the same of the last record that is authentic, or where it started */
	struct rx_scan scan;
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
	NIC_RX_ASKS,   /* untouched; what number has the header that begins at scan.asked? */
	NIC_RX_ASKS_NOT, /* untouched; what was asked is void */
	NIC_RX_NO_RUN, /* untouched, and so will be all that follow: it takes a new run and there is none */
	NIC_RX_ERROR, /* untouched: bad tag or header, no memory; the context as before it */
};

/*
 * A packet with len bytes of payload at TCP sequence seq. OPENED and FAILED: out holds the payload
 * with the bodies of its records in clear, headers and tags as on the wire, and all of *mark is set
 * but the generation, which is the caller's. Otherwise the len bytes of out are nothing to look at.
 */
enum nic_rx_verdict nic_rx_packet(struct nic_rx *rx, uint32_t seq, const uint8_t *payload,
				  uint32_t len, uint8_t *out, struct rtls_tls_rx_mark *mark);

enum nic_rx_resync {
	NIC_RX_RESYNC_TAKEN,   /* or it is in step there already: nothing is asked any more */
	NIC_RX_RESYNC_SKIPPED, /* bytes of it have gone by; what is asked otherwise is still asked */
	NIC_RX_RESYNC_NO_RUN,  /* as NIC_RX_NO_RUN */
};

/*
 * The record rec_no has its first byte at TCP sequence seq: what is asked, or nobody has asked about. From
 * there on, or from the next header that has not gone by, packets are opened, in another run.
 */
enum nic_rx_resync nic_rx_resync(struct nic_rx *rx, uint32_t seq, uint64_t rec_no);

/* Wipes the keys. */
void nic_rx_fini(struct nic_rx *rx);

#endif
