/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/tx_build.h"

#include <errno.h>

#include "stack/inline_tx.h"
#include "stack/netif_tx.h"
#include "stack/packet.h"
#include "stack/state.h"

/* Payload of a packet that is all of the run's, or whole segments of it. */
static uint32_t
packet_len(const struct netif *nif, const struct tx_run *run)
{
	uint32_t mss = run->owner->tcp.mss, n = netif_tx_segments_max(nif, mss);

	if (n > 1 && run->rec->epoch != NULL)
		n = inline_tx_segments_max(run->owner, n);
	return n * mss;
}

/* How much of what is left of a run its next packet carries: whole segments, where more follow. */
static uint32_t
cut(const struct tx_run *run, const struct txmap_rec *rec, uint32_t done)
{
	uint32_t left = run->out.len - done, mss = run->owner->tcp.mss;
	uint32_t len = sendq_cut(rec, run->out.off + done, RTE_MIN(left, run->packet_len));

	return len == left || len <= mss ? len : len - len % mss;
}

static uint8_t
flags_of(const struct tx_run *run, uint32_t end)
{
	const uint8_t last = TCP_FIN | TCP_PSH;

	return end == run->out.len ? run->out.seg.flags : run->out.seg.flags & (uint8_t)~last;
}

/*
 * Payload for up to n packets, behind as many empty header buffers; the run ends behind the last one
 * that could be cut.
 */
static int
attach_payload(struct tx_run *run, struct rte_mbuf **pkts, uint16_t n)
{
	const struct epoch *seals = run->epoch != NULL ? &run->epoch->core : NULL;
	struct txmap_rec *rec = run->rec;
	struct sendq_cutter cutter;
	uint32_t done = 0, len;
	uint16_t i = 0;
	int rc;

	/* Most packets lie in one record. */
	sendq_cut_begin(&cutter, run->owner->stack->pools.indirect, n);
	do {
		rec = txmap_from(rec, run->out.off + done);
		len = cut(run, rec, done);
		rc = sendq_attach(&cutter, rec, run->out.off + done, len, seals, pkts[i]);
		if (rc != 0)
			break;
		done += len;
		/* What is not regular is the last one. */
	} while (++i < n && done < run->out.len && len == run->packet_len);
	sendq_cut_end(&cutter);
	run->packets = i;
	if (i == 0)
		return rc;
	tcp_plan_trim(&run->out, done);
	return 0;
}

/* Headers in front of each packet's payload. */
static void
put_headers(const struct netif *nif, const struct tx_run *run, struct rte_mbuf **pkts)
{
	const struct rtls_sock *sock = run->owner;
	struct packet_headers h;
	uint32_t done = 0, len;

	packet_headers_make(&h, nif, sock->path.mac, &sock->tuple, &run->out.seg);
	for (uint16_t i = 0; i < run->packets; i++) {
		len = pkts[i]->pkt_len;
		packet_headers_put(&h, pkts[i], done, flags_of(run, done + len),
				   len > sock->tcp.mss ? sock->tcp.mss : 0);
		done += len;
	}
}

/* Hands each packet to the device; the run ends in front of the one that it does not take. */
static int
mark(struct tx_run *run, struct rte_mbuf **pkts)
{
	struct txmap_rec *rec = run->rec;
	uint64_t off = run->out.off;
	uint32_t len;

	for (uint16_t i = 0; i < run->packets; i++, off += len) {
		rec = txmap_from(rec, off);
		len = RTE_MIN(run->packet_len, run->out.len - i * run->packet_len);
		if (inline_tx_mark(run, rec, off, len, pkts[i]) == 0)
			continue;
		tx_run_trim(run, i);
		return i == 0 ? -EAGAIN : 0;
	}
	return 0;
}

/* Header buffers, as many as there are up to n: in one piece, or as few as it takes. */
static uint16_t
alloc_headers(struct rte_mempool *pool, struct rte_mbuf **pkts, uint16_t n)
{
	while (n > 0 && rte_pktmbuf_alloc_bulk(pool, pkts, n) != 0)
		n /= 2;
	return n;
}

/* Who seals it, and how long its packets are. Without payload: nobody, and one. */
static int
decide(const struct netif *nif, struct tx_run *run)
{
	run->epoch = NULL;
	run->packet_len = 0;
	if (run->out.len == 0)
		return 0;
	run->packet_len = packet_len(nif, run);
	return run->rec->epoch != NULL ? inline_tx_decide(run) : 0;
}

static uint16_t
count_packets(const struct tx_run *run, uint16_t max)
{
	if (run->out.len <= run->packet_len)
		return 1;
	return (uint16_t)RTE_MIN((run->out.len + run->packet_len - 1) / run->packet_len,
				 (uint32_t)max);
}

static int
fill(const struct netif *nif, struct tx_run *run, struct rte_mbuf **pkts, uint16_t n)
{
	int rc = 0;

	run->packets = n;
	if (run->out.len > 0)
		rc = attach_payload(run, pkts, n);
	if (rc != 0)
		return rc;
	put_headers(nif, run, pkts);
	return run->epoch != NULL ? mark(run, pkts) : 0;
}

static int
build(const struct netif *nif, struct tx_run *run, struct rte_mbuf **pkts, uint16_t max)
{
	int rc = decide(nif, run);
	uint16_t n;

	if (rc != 0)
		return rc;
	n = alloc_headers(run->owner->stack->pools.header, pkts, count_packets(run, max));
	if (n == 0)
		return -ENOMEM;
	rc = fill(nif, run, pkts, n);
	if (run->packets < n)
		rte_pktmbuf_free_bulk(&pkts[run->packets], n - run->packets);
	return rc;
}

int
tx_build(const struct netif *nif, struct tx_run *run, struct rte_mbuf **pkts, uint16_t max)
{
	int rc = build(nif, run, pkts, max);

	/* What the device does not take is sealed here, and then it is not asked. */
	return rc == -EAGAIN ? build(nif, run, pkts, max) : rc;
}
