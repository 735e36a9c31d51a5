/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/inline_tx.h"

#include <errno.h>

#include "stack/mode.h"
#include "stack/mode_move.h"
#include "stack/state.h"
#include "stack/tell.h"

/*
 * Bytes in a row that a context may leave to software. It compares TCP sequences with that of its
 * start: behind half of them, 2 GiB, what comes next would lie in front of that, and go in clear.
 */
enum { BY_HAND_MAX = 64 << 20 };

static bool
is_far(const struct session_epoch *e, uint64_t off)
{
	return off > e->tx.sent.planned_off + BY_HAND_MAX;
}

/* Does the device take packets in order only, and what is sent again is sealed here? */
static bool
in_order_only(const struct rtls_sock *sock, const struct session_epoch *e)
{
	return e->ctx.state == OFFLOAD_STARTED &&
	       stack_device_of(sock, RTLS_TX)->caps.tx_method == RTLS_TLS_TX_NEXT_RECORD;
}

uint32_t
inline_tx_segments_max(const struct netif *nif, const struct rtls_sock *sock, uint32_t n)
{
	bool whole = stack_device_of(sock, RTLS_TX)->caps.tx_tso != 0;

	return whole || !stack_is_home(sock, RTLS_TX, nif) ? n : 1;
}

/*
 * Bytes that software sealed have gone by the device, or it missed some. It can go on with a record
 * that was never sent, once all that it was to seal before is with the port.
 */
static bool
resync(struct rtls_sock *sock, struct session_epoch *e, const struct txmap_rec *rec, uint64_t off)
{
	const struct offload_device *dev = stack_device_of(sock, RTLS_TX);
	struct epoch_sent *sent = &e->tx.sent;
	int rc;

	if (off < sent->planned_off || sent->next_off != sent->planned_off ||
	    rec->stream_off != off)
		return false;
	rc = dev->ops->tx_resync(dev->dev, e->ctx.handle, tcp_seq_of(&sock->tcp, off), rec->rec_no);
	/* -EBUSY: not now; a later record may do. */
	if (rc != 0 && (rc != -EBUSY || is_far(e, off)))
		mode_lost(sock, RTLS_TX, e, 0);
	if (rc != 0)
		return false;
	sent->next_off = off;
	sent->planned_off = off;
	sent->in_step_off = off;
	sent->out_of_step = false;
	return true;
}

/* Will the device seal what begins at off? */
static bool
device_takes(struct rtls_sock *sock, struct session_epoch *e, const struct txmap_rec *rec,
	     uint64_t off)
{
	if (e->ctx.state != OFFLOAD_STARTED || off < e->tx.sent.by_hand_off)
		return false;
	if (!in_order_only(sock, e) || (off == e->tx.sent.planned_off && !e->tx.sent.out_of_step))
		return true;
	return resync(sock, e, rec, off);
}

/* Seals the records of a run; each may come to lie in another buffer. */
static int
seal_here(struct rtls_sock *sock, struct tx_run *run, bool home)
{
	uint64_t off = run->out.off, end_off = off + run->out.len;
	struct txmap_rec *rec;
	int rc;

	while (off < end_off) {
		rec = txmap_find(&sock->sendq.map, off);
		off = rec->stream_off + rec->len;
		if (rec->epoch == NULL)
			continue;
		rc = session_tx_seal_queued(&sock->tx, rec);
		if (rc != 0)
			return rc;
		stack_count(sock->stack, CNT_TX_RECORDS_FALLBACK);
		if (!home)
			stack_count(sock->stack, CNT_TX_RECORDS_OTHER_PORT);
	}
	run->rec = txmap_find(&sock->sendq.map, run->out.off);
	return 0;
}

/* Does the context seal all of what is left of it? */
static bool
goes_to_device(struct tx_run *run, struct session_epoch *e)
{
	struct rtls_sock *sock = run->owner;
	uint64_t off = run->out.off, next_off = e->tx.sent.planned_off;

	/* Half of it sent before would be out of order as a whole. */
	if (in_order_only(sock, e) && off < next_off && off + run->out.len > next_off)
		tcp_plan_trim(&run->out, (uint32_t)(next_off - off));
	if (!device_takes(sock, e, run->rec, off))
		return false;
	run->epoch = e;
	return true;
}

int
inline_tx_decide(const struct netif *nif, struct tx_run *run)
{
	struct session_epoch *e = session_epoch_of(run->rec->epoch);
	struct rtls_sock *sock = run->owner;
	bool home = stack_is_home(sock, RTLS_TX, nif);
	uint64_t off = run->out.off;

	if (home && goes_to_device(run, e))
		return 0;
	if (!home)
		mode_move_sent(sock, e, is_far(e, off));
	/* One packet: the device may take the next one again. */
	tcp_plan_trim(&run->out, sendq_cut(run->rec, off, RTE_MIN(run->out.len, run->packet_len)));
	return seal_here(sock, run, home);
}

/* The device is not asked again about these bytes: their records are sealed here. */
static void
refused(struct rtls_sock *sock, struct session_epoch *e, uint64_t end_off)
{
	struct epoch_sent *sent = &e->tx.sent;

	sent->by_hand_off = RTE_MAX(sent->by_hand_off, end_off);
	stack_count(sock->stack, CNT_TX_DEVICE_REFUSED);
	tell_conn(sock, NOTE_DEVICE_SKIPPED, NULL);
}

int
inline_tx_mark(const struct tx_run *run, struct txmap_rec *rec, uint64_t off, uint32_t len,
	       struct rte_mbuf *m)
{
	struct rtls_tls_tx_meta *meta = rte_mbuf_to_priv(m);
	struct rtls_sock *sock = run->owner;
	int rc;

	*meta = (struct rtls_tls_tx_meta){
		.rec_no = rec->rec_no,
		.rec_tcp_seq = tcp_seq_of(&sock->tcp, rec->stream_off),
		.rec_len = rec->len,
		.before_len = (uint32_t)(off - rec->stream_off),
		/* The packet's first piece refers to this buffer and keeps it. */
		.before = sendq_mbuf(rec),
	};
	rc = offload_mark(stack_device_of(sock, RTLS_TX), &run->epoch->ctx, m, meta);
	if (rc == 0)
		return 0;
	refused(sock, run->epoch, off + len);
	if (is_far(run->epoch, off))
		mode_lost(sock, RTLS_TX, run->epoch, 0);
	return rc;
}

static uint64_t
end_of(const struct tx_run *run)
{
	return run->out.off + run->out.len;
}

void
inline_tx_planned(const struct tx_run *run)
{
	uint64_t *off = &run->epoch->tx.sent.planned_off;

	*off = RTE_MAX(*off, end_of(run));
}

void
inline_tx_sent(const struct tx_run *run)
{
	uint64_t *off = &run->epoch->tx.sent.next_off;

	*off = RTE_MAX(*off, end_of(run));
}

void
inline_tx_refused(const struct tx_run *run)
{
	run->epoch->tx.sent.planned_off = run->epoch->tx.sent.next_off;
}

void
inline_tx_skipped(const struct tx_run *run)
{
	refused(run->owner, run->epoch, end_of(run));
	/* It would wait for these bytes for ever. */
	run->epoch->tx.sent.out_of_step = in_order_only(run->owner, run->epoch);
	inline_tx_sent(run);
}
