/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include <recordtls/tls.h>

#include "tlsnic/nic.h"
#include "tlsnic/send.h"
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
plan_sealing(const struct tlsnic *nic, struct rte_mbuf *m, struct job *j)
{
	const struct rtls_tls_tx_meta *meta = *nic_mark(&nic->security, m);
	struct nic_context *c = NULL;

	if (meta != NULL)
		c = contexts_live(&nic->contexts, meta->ctx, RTLS_TX);
	if (c == NULL)
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
	case NIC_PLAN_NO_SYNC:
		return drop(j, NIC_CNT_TX_DROP_NO_SYNC);
	case NIC_PLAN_BAD_HEADER:
		return drop(j, NIC_CNT_TX_BAD_HEADER);
	}
	return SEND_DROP;
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
plan(const struct tlsnic *nic, struct rte_mbuf *m, struct job *j)
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

/* The next len bytes of payload, which are off into it. */
static int
write_payload(const struct job *j, struct cursor *c, uint32_t off, uint8_t *out, uint32_t len)
{
	uint32_t clear_len = j->tx != NULL ? j->seal.clear_len : j->f.pay_len;
	int rc = 0;

	while (len > 0 && rc == 0) {
		uint32_t n = off < clear_len ? RTE_MIN(len, clear_len - off) : len;
		const uint8_t *in = cursor_read(c, &n);

		if (in == NULL)
			return -EIO; /* a chain that is shorter than it says */
		if (off < clear_len)
			memcpy(out, in, n);
		else
			rc = nic_tx_seal(j->tx, &j->seal, in, out, n);
		off += n;
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
		rc = write_payload(j, &c, i * j->mss, p + j->f.pay_off, len);
		if (rc == 0)
			frame_checksums(frames[i], &j->f, j->ipv4_sum, j->tcp_sum,
					nic->under->caps);
	}
	return rc;
}

static void
count_sealed(struct tlsnic *nic, const struct job *j)
{
	/* Frames that lie in front of the start as a whole are not among them. */
	nic_count(&nic->counters, NIC_CNT_TX_PACKETS, j->nb_frames - j->seal.clear_len / j->mss);
	nic_count(&nic->counters, NIC_CNT_TX_BYTES, j->f.pay_len - j->seal.clear_len);
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

/* A packet is missing in front of this one, of which nobody but the host can say more. */
static void
ask_for_resync(struct tlsnic *nic, struct nic_context *c)
{
	const struct rtls_tls_event ev = {
		.type = RTLS_TLS_EV_TX_RESYNC,
		.seq = nic_tx_expected(&c->tx),
		.ctx = contexts_handle(&nic->contexts, c),
		.cookie = c->cookie,
	};

	if (nic->conf.tx_method != RTLS_TLS_TX_NEXT_RECORD || c->tx.asked ||
	    !ring_tell(&nic->rings, &ev))
		return;
	c->tx.asked = true;
	nic_count(&nic->counters, NIC_CNT_TX_RESYNC_REQ, 1);
}

/* The fault that is asked for: nothing of the packet gets to the crypto. */
static bool
loses(struct tlsnic *nic, const struct job *j)
{
	return j->tx != NULL && nic->conf.tx_lose != 0 &&
	       ++nic->nb_to_seal % nic->conf.tx_lose == 0;
}

bool
send_packet(struct tlsnic *nic, struct rte_mbuf *m)
{
	struct rte_mbuf *frames[OUTQ_SIZE];
	struct job j;
	enum action action = plan(nic, m, &j);

	if (action == SEND_WRITE && loses(nic, &j))
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
			ask_for_resync(nic, j.context);
		break;
	case SEND_WRITE:
		write_packet(nic, m, &j, frames);
		break;
	}
	ring_consumed(&nic->rings, m);
	return true;
}
