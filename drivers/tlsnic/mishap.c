/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/mishap.h"

#include <errno.h>

#include <recordtls/tls.h>

#include "tlsnic/nic.h"
#include "tlsnic/resync.h"
#include "tlsnic/tell.h"

enum { LATE_PACKETS = 128, ANSWER_LATE_PACKETS = 32 };

void
mishap_start(struct tlsnic *nic, struct nic_context *c)
{
	c->unseen = 0;
	c->late = 0;
	if (nic_faults_strike(&nic->faults, RTLS_TLSNIC_NO_MATCH))
		c->unseen = CONTEXT_NEVER_SEEN;
	else if (nic_faults_strike(&nic->faults, RTLS_TLSNIC_STEER_LATE))
		c->unseen = nic_faults_draw(&nic->faults, RTLS_TLSNIC_STEER_LATE, LATE_PACKETS);
}

/* What was not heard at once is, if it is time. */
static void
late_answer(struct tlsnic *nic, struct nic_context *c)
{
	if (c->late == 0 || --c->late != 0)
		return;
	if (!resync_take(nic, c, c->late_seq, c->late_rec_no))
		(void)tell_lost(nic, c, -EOVERFLOW);
}

bool
mishap_answer(struct tlsnic *nic, struct nic_context *c, uint32_t seq, uint64_t rec_no)
{
	enum rtls_tlsnic_fault kind = RTLS_TLSNIC_ANSWER_TWICE;
	bool twice = nic_faults_strike(&nic->faults, kind);

	if (!twice) {
		kind = RTLS_TLSNIC_ANSWER_LATE;
		if (!nic_faults_strike(&nic->faults, kind))
			return true;
	}
	c->late = nic_faults_draw(&nic->faults, kind, ANSWER_LATE_PACKETS);
	c->late_seq = seq;
	c->late_rec_no = rec_no;
	return twice;
}

bool
mishap_ends(struct tlsnic *nic, struct nic_context *c)
{
	if (nic_faults_strike(&nic->faults, RTLS_TLSNIC_RESET))
		tell_down(nic);
	if (!nic_faults_strike(&nic->faults, RTLS_TLSNIC_CONTEXT_LOST) || !tell_lost(nic, c, 0))
		return false;
	if (c->dir == RTLS_RX)
		rx_track_lose(&c->rx.track);
	return true;
}

bool
mishap_loses(struct tlsnic *nic)
{
	if (nic->conf.tx_lose != 0 && ++nic->nb_to_seal % nic->conf.tx_lose == 0)
		return true;
	return nic_faults_strike(&nic->faults, RTLS_TLSNIC_TX_LOST);
}

static bool
is_unseen(struct nic_context *c)
{
	if (c->unseen == 0)
		return false;
	if (c->unseen != CONTEXT_NEVER_SEEN)
		c->unseen--;
	return true;
}

bool
mishap_passes(struct tlsnic *nic, struct nic_context *c, struct rte_mbuf *m)
{
	if (is_unseen(c) || mishap_ends(nic, c))
		return true;
	late_answer(nic, c);
	if (!nic_faults_strike(&nic->faults, RTLS_TLSNIC_BAD_CHECKSUM))
		return false;
	/* The host is to look for itself. */
	m->ol_flags &= ~(RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK);
	return true;
}

/*
 * Headers without end: of records of 260 bytes, each of which is followed by another, or of 261, where the next
 * one is no header.
 */
static const uint8_t *
false_headers(struct tlsnic *nic, uint32_t len)
{
	uint8_t *out = nic->scratch + 2 * nic->frame_max;
	uint32_t body = 254 + nic_faults_draw(&nic->faults, RTLS_TLSNIC_FALSE_HEADERS, 2);
	const uint8_t hdr[] = { 0x17, 3, 3, (uint8_t)(body >> 8), (uint8_t)body };

	for (uint32_t i = 0; i < len; i++)
		out[i] = hdr[i % sizeof(hdr)];
	return out;
}

void
mishap_records(struct tlsnic *nic, struct nic_context *c, const struct frame *f)
{
	c->rx.unverified = nic->conf.rx_unverified != 0 &&
			   ++nic->nb_to_open % nic->conf.rx_unverified == 0;
	c->rx.refuses = f->seq == c->rx.track.expected &&
			nic_faults_strike(&nic->faults, RTLS_TLSNIC_AUTH_ERROR);
	c->rx.sees = NULL;
	if (c->rx.scans && f->seq != c->rx.track.expected &&
	    nic_faults_strike(&nic->faults, RTLS_TLSNIC_FALSE_HEADERS))
		c->rx.sees = false_headers(nic, f->pay_len);
}
