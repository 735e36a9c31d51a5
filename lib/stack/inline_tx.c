/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/inline_tx.h"

#include <errno.h>

#include "stack/stack.h"
#include "stack/tell.h"

/* Does the device take packets in order only, and what is sent again is sealed here? */
static bool
in_order_only(const struct rtls_sock *k)
{
	return k->mode.dir[RTLS_TX].ctx.state == OFFLOAD_STARTED &&
	       stack_device_of(k)->caps.tx_method == RTLS_TLS_TX_NEXT_RECORD;
}

uint32_t
inline_tx_cut(struct rtls_sock *k, uint64_t off, uint32_t len)
{
	uint64_t next_off = k->mode.tx_planned_off;

	if (len > k->tcp.mss && k->sendq.map.nb_device > 0 &&
	    txmap_find(&k->sendq.map, off)->sealer == TXMAP_DEVICE &&
	    stack_device_of(k)->caps.tx_tso == 0)
		len = k->tcp.mss;
	/* Half of it sent before would be out of order as a whole. */
	if (in_order_only(k) && off < next_off && off + len > next_off)
		return (uint32_t)(next_off - off);
	return len;
}

/*
 * Bytes that software sealed have gone by the device, or it missed some. It can go on with a record
 * that was never sent, once all that it was to seal before is with the port.
 */
static bool
resync(struct rtls_sock *k, uint64_t off)
{
	const struct offload_device *dev = stack_device_of(k);
	const struct txmap_rec *rec = txmap_find(&k->sendq.map, off);
	int rc;

	if (off < k->mode.tx_planned_off || k->mode.tx_next_off != k->mode.tx_planned_off ||
	    rec->stream_off != off || rec->sealer != TXMAP_DEVICE)
		return false;
	rc = dev->ops->tx_resync(dev->dev, k->mode.dir[RTLS_TX].ctx.handle,
				 tcp_seq_of(&k->tcp, off), rec->rec_no);
	/* -EBUSY: not now; a later record may do. */
	if (rc != 0 && rc != -EBUSY)
		mode_lose(k, RTLS_TX, RTLS_MODE_REASON_LOST);
	if (rc != 0)
		return false;
	k->mode.tx_next_off = off;
	k->mode.tx_planned_off = off;
	k->mode.tx_in_step_off = off;
	k->mode.tx_out_of_step = false;
	return true;
}

/* Will the device seal what begins at off? */
static bool
device_takes(struct rtls_sock *k, uint64_t off)
{
	if (k->mode.dir[RTLS_TX].ctx.state != OFFLOAD_STARTED || off < k->mode.tx_by_hand_off)
		return false;
	if (!in_order_only(k) || (off == k->mode.tx_planned_off && !k->mode.tx_out_of_step))
		return true;
	return resync(k, off);
}

int
inline_tx_prepare(struct rtls_sock *k, const struct tcp_out *out)
{
	uint64_t off = out->off, end_off = out->off + out->len;
	struct txmap_rec *rec;
	int rc;

	if (k->sendq.map.nb_device == 0 || device_takes(k, off))
		return 0;
	while (off < end_off) {
		rec = txmap_find(&k->sendq.map, off);
		off = rec->stream_off + rec->len;
		if (rec->sealer != TXMAP_DEVICE)
			continue;
		rc = session_tx_seal_queued(&k->tx, rec);
		if (rc != 0)
			return rc;
		stack_count(k->stack, CNT_TX_RECORDS_FALLBACK);
	}
	return 0;
}

/* The device is not asked again about these bytes: their records are sealed here. */
static void
refused(struct rtls_sock *k, const struct tcp_out *out)
{
	k->mode.tx_by_hand_off = RTE_MAX(k->mode.tx_by_hand_off, out->off + out->len);
	stack_count(k->stack, CNT_TX_DEVICE_REFUSED);
	tell_conn(k, NOTE_DEVICE_SKIPPED, NULL);
}

int
inline_tx_mark(struct rtls_sock *k, const struct tcp_out *out, struct rte_mbuf *m)
{
	struct rtls_tls_tx_meta *meta = rte_mbuf_to_priv(m);
	const struct txmap_rec *rec;
	int rc;

	if (k->sendq.map.nb_device == 0)
		return 0;
	rec = txmap_find(&k->sendq.map, out->off);
	if (rec->sealer != TXMAP_DEVICE)
		return 0;
	*meta = (struct rtls_tls_tx_meta){
		.rec_no = rec->rec_no,
		.rec_seq = tcp_seq_of(&k->tcp, rec->stream_off),
		.rec_len = rec->len,
		.before_len = (uint32_t)(out->off - rec->stream_off),
		/* The packet's first piece refers to the same buffer and keeps it. */
		.before = rte_mbuf_from_indirect(m->next),
	};
	rc = offload_mark(stack_device_of(k), &k->mode.dir[RTLS_TX].ctx, m, meta);
	if (rc != 0)
		refused(k, out);
	return rc;
}

void
inline_tx_planned(struct rtls_sock *k, const struct tcp_out *out)
{
	k->mode.tx_planned_off = RTE_MAX(k->mode.tx_planned_off, out->off + out->len);
}

void
inline_tx_sent(struct rtls_sock *k, const struct tcp_out *out)
{
	k->mode.tx_next_off = RTE_MAX(k->mode.tx_next_off, out->off + out->len);
}

void
inline_tx_refused(struct rtls_sock *k)
{
	k->mode.tx_planned_off = k->mode.tx_next_off;
}

void
inline_tx_skipped(struct rtls_sock *k, const struct tcp_out *out)
{
	refused(k, out);
	/* It would wait for these bytes for ever. */
	k->mode.tx_out_of_step = in_order_only(k);
	k->mode.tx_next_off = RTE_MAX(k->mode.tx_next_off, out->off + out->len);
}

enum inline_tx_verdict
inline_tx_judge(const struct rte_mbuf *m)
{
	bool for_device = (m->ol_flags & RTE_MBUF_F_TX_SEC_OFFLOAD) != 0;
	struct rte_mbuf *piece;

	for (piece = m->next; piece != NULL; piece = piece->next) {
		if (sendq_piece_unsealed(piece) == for_device)
			continue;
		return for_device ? INLINE_TX_BYPASS : INLINE_TX_NO_SYNC_DATA;
	}
	return INLINE_TX_SAFE;
}
