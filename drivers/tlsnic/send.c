/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include <recordtls/tls.h>

#include "tlsnic/mishap.h"
#include "tlsnic/nic.h"
#include "tlsnic/send.h"
#include "tlsnic/tell.h"
#include "tlsnic/tso.h"

enum action {
	SEND_DROP,
	SEND_WRITE, /* as nb_frames frames of the NIC's: the host's own buffers go no further */
};

struct job {
	struct frame f;
	struct nic_context *context; /* NULL: none is known */
	struct nic_tx *tx;           /* NULL: all of it goes in clear */
	struct nic_tx_job seal;
	enum nic_counter why;   /* SEND_DROP */
	bool skipped;           /* lies in front of the start of its context */
	bool ipv4_sum, tcp_sum; /* SEND_WRITE: checksums that are to be filled in */
	uint32_t mss;
	uint32_t nb_frames;
};

static enum action
drop(struct job *j, enum nic_counter why)
{
	j->why = why;
	return SEND_DROP;
}

/* A packet with payload that must not leave in clear, unless it lies in front of the start. */
static enum action
plan_sealing(struct tlsnic *nic, struct rte_mbuf *m, struct job *j)
{
	const struct rtls_tls_tx_meta *meta = *nic_mark(&nic->security, m);
	struct nic_context *c = NULL;

	if (meta != NULL)
		c = contexts_live(&nic->contexts, meta->ctx, RTLS_TX);
	if (c == NULL || mishap_ends(nic, c))
		return drop(j, NIC_CNT_TX_DROP_NO_SYNC);
	j->context = c;
	j->tx = &c->tx;
	switch (nic_tx_plan(&c->tx, (enum rtls_tls_tx_method)nic->conf.tx_method, m, &j->f, meta,
			    &j->seal)) {
	case NIC_PLAN_CLEAR:
		j->tx = NULL;
		j->skipped = true;
		return SEND_WRITE;
	case NIC_PLAN_SEAL:
		return SEND_WRITE;
	case NIC_PLAN_BYPASS:
		return drop(j, NIC_CNT_TX_DROP_BYPASS);
	case NIC_PLAN_NO_SYNC:
		return drop(j, NIC_CNT_TX_DROP_NO_SYNC);
	case NIC_PLAN_BAD_HEADER:
		return drop(j, NIC_CNT_TX_BAD_HEADER);
	}
	return SEND_DROP;
}

/* Not marked, for the host has sealed it, or it needs no sealing: of a connection that has a context by now? */
static bool
lies_in_front(const struct tlsnic *nic, const struct frame *f)
{
	const struct frame_flow flow = frame_flow(f);
	const struct nic_context *c = contexts_of_packet(&nic->contexts, &flow, RTLS_TX);

	return c != NULL && nic_tx_in_front(&c->tx, f->seq, f->pay_len) == f->pay_len;
}

/* How many frames, and whether they can be. */
static enum action
plan_frames(const struct tlsnic *nic, const struct rte_mbuf *m, struct job *j)
{
	uint32_t frames;

	j->mss = j->f.pay_len;
	j->nb_frames = 1;
	if ((m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) != 0) {
		if (j->f.kind != FRAME_TCP || m->tso_segsz == 0 || nic->conf.no_tso != 0)
			return drop(j, NIC_CNT_TX_MALFORMED);
		frames = tso_frames(&j->f, m->tso_segsz);
		/* What can never be is not to be waited for. */
		if (frames > OUTQ_SIZE || frames > nic->tx_pool->size)
			return drop(j, NIC_CNT_TX_MALFORMED);
		j->mss = RTE_MIN(j->f.pay_len, (uint32_t)m->tso_segsz);
		j->nb_frames = frames;
	}
	if (j->f.pay_off + j->mss > nic->frame_max)
		return drop(j, NIC_CNT_TX_MALFORMED);
	return SEND_WRITE;
}

static enum action
plan(struct tlsnic *nic, struct rte_mbuf *m, struct job *j)
{
	uint64_t asked = m->ol_flags;
	enum action action = SEND_WRITE;
	bool cut = (asked & RTE_MBUF_F_TX_TCP_SEG) != 0;

	frame_read(m, &j->f);
	j->context = NULL;
	j->tx = NULL;
	j->skipped = false;
	j->seal.in_order = true;
	if ((asked & RTE_MBUF_F_TX_SEC_OFFLOAD) != 0) {
		if (j->f.kind != FRAME_TCP)
			return drop(j, NIC_CNT_TX_MALFORMED);
		if (j->f.pay_len > 0)
			action = plan_sealing(nic, m, j);
	} else if (j->f.kind == FRAME_TCP && j->f.pay_len > 0) {
		j->skipped = lies_in_front(nic, &j->f);
	}
	if (action == SEND_DROP)
		return action;
	j->ipv4_sum = j->f.kind != FRAME_OTHER &&
		      (cut || j->tx != NULL || (asked & RTE_MBUF_F_TX_IP_CKSUM) != 0);
	j->tcp_sum = j->f.kind == FRAME_TCP &&
		     (cut || j->tx != NULL ||
		      (asked & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM);
	return plan_frames(nic, m, j);
}

/* The next len bytes of payload. */
static int
write_payload(const struct job *j, struct cursor *c, uint8_t *out, uint32_t len)
{
	int rc = 0;

	while (len > 0 && rc == 0) {
		uint32_t n = len;
		const uint8_t *in = cursor_read(c, &n);

		if (in == NULL)
			return -EIO; /* a chain that is shorter than it says */
		if (j->tx == NULL)
			memcpy(out, in, n);
		else
			rc = nic_tx_seal(j->tx, &j->seal, in, out, n);
		out += n;
		len -= n;
	}
	return rc;
}

static int
write_frames(const struct tlsnic *nic, const struct rte_mbuf *m, const struct job *j,
	     struct rte_mbuf **frames)
{
	struct cursor c = cursor_at(m, j->f.pay_off);
	int rc = 0;

	for (uint32_t i = 0; i < j->nb_frames && rc == 0; i++) {
		uint8_t *p = rte_pktmbuf_mtod(frames[i], uint8_t *);
		uint32_t len = tso_headers(&j->f, i, j->nb_frames, j->mss, p);

		frames[i]->data_len = (uint16_t)(j->f.pay_off + len);
		frames[i]->pkt_len = frames[i]->data_len;
		rc = write_payload(j, &c, p + j->f.pay_off, len);
		if (rc == 0)
			frame_checksums(frames[i], &j->f, j->ipv4_sum, j->tcp_sum,
					nic->under->caps);
	}
	return rc;
}

/* The frames leave when the packet was to. */
static void
pass_time(const struct tlsnic *nic, const struct rte_mbuf *m, struct rte_mbuf **frames, uint32_t n)
{
	int off = nic->port.tx_time_off;

	if ((m->ol_flags & nic->port.tx_time_flag) == 0)
		return;
	for (uint32_t i = 0; i < n; i++) {
		frames[i]->ol_flags |= nic->port.tx_time_flag;
		*RTE_MBUF_DYNFIELD(frames[i], off,
				   uint64_t *) = *RTE_MBUF_DYNFIELD(m, off, const uint64_t *);
	}
}

static void
count_sealed(struct tlsnic *nic, const struct job *j)
{
	nic_count(&nic->counters, NIC_CNT_TX_PACKETS, j->nb_frames);
	nic_count(&nic->counters, NIC_CNT_TX_BYTES, j->f.pay_len);
	budget_spend(&nic->budget, RTLS_TX, j->f.pay_len);
}

/* Frames are allocated, the packet is taken. */
static void
write_packet(struct tlsnic *nic, const struct rte_mbuf *m, const struct job *j,
	     struct rte_mbuf **frames)
{
	int rc = 0;

	if (j->tx != NULL)
		rc = nic_tx_begin(j->tx, &j->seal, nic->scratch);
	if (rc == 0)
		rc = write_frames(nic, m, j, frames);
	if (j->tx != NULL)
		nic_tx_end(j->tx, &j->seal, (enum rtls_tls_tx_after)nic->conf.tx_after, rc == 0);
	if (rc != 0) {
		nic_dropped(nic, NIC_CNT_TX_CRYPTO_ERR);
		rte_pktmbuf_free_bulk(frames, j->nb_frames);
		return;
	}
	pass_time(nic, m, frames, j->nb_frames);
	for (uint32_t i = 0; i < j->nb_frames; i++)
		outq_push(&nic->outq, frames[i]);
	if (j->tx != NULL)
		count_sealed(nic, j);
}

static bool
make_room(struct tlsnic *nic, uint32_t nb_frames)
{
	if (outq_room(&nic->outq) < nb_frames)
		outq_flush(&nic->outq, nic->under, &nic->counters);
	return outq_room(&nic->outq) >= nb_frames;
}

static bool
alloc_frames(struct tlsnic *nic, struct rte_mbuf **frames, uint32_t n)
{
	if (rte_pktmbuf_alloc_bulk(nic->tx_pool, frames, n) == 0)
		return true;
	/* Some may have been sent, and be with the port below. */
	if (nic->under->tx_cleanup != NULL) {
		nic->under->tx_cleanup(nic->under, 0);
		if (rte_pktmbuf_alloc_bulk(nic->tx_pool, frames, n) == 0)
			return true;
	}
	nic_count(&nic->counters, NIC_CNT_TX_NO_MBUF, 1);
	return false;
}

bool
send_packet(struct tlsnic *nic, struct rte_mbuf *m)
{
	struct rte_mbuf *frames[OUTQ_SIZE];
	struct job j;
	enum action action = plan(nic, m, &j);

	if (action == SEND_WRITE && j.tx != NULL && mishap_loses(nic))
		action = drop(&j, NIC_CNT_TX_LOST);
	if (action == SEND_WRITE &&
	    (!make_room(nic, j.nb_frames) || !alloc_frames(nic, frames, j.nb_frames)))
		return false;
	/* An mbuf that is used again must not remember what it was. */
	*nic_mark(&nic->security, m) = NULL;
	if (!j.seal.in_order)
		nic_count(&nic->counters, NIC_CNT_TX_OOO, 1);
	if (j.skipped)
		nic_count(&nic->counters, NIC_CNT_TX_SKIP_NO_SYNC, 1);
	switch (action) {
	case SEND_DROP:
		nic_dropped(nic, j.why);
		if (j.why == NIC_CNT_TX_DROP_NO_SYNC && j.context != NULL)
			tell_out_of_step(nic, j.context, j.f.seq);
		break;
	case SEND_WRITE:
		write_packet(nic, m, &j, frames);
		break;
	}
	ring_consumed(&nic->rings, m);
	return true;
}

void
send_give_up(struct tlsnic *nic, struct rte_mbuf *m)
{
	*nic_mark(&nic->security, m) = NULL;
	nic_dropped(nic, NIC_CNT_TX_OVERLOAD);
	ring_consumed(&nic->rings, m);
}
