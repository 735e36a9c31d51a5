/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/run_build.h"

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

/* One packet into m, an empty header buffer: len bytes behind done of them. */
static int
build_packet(const struct tx_run *run, const struct packet_headers *h, struct txmap_rec *rec,
	     uint32_t done, uint32_t len, struct rte_mbuf *m)
{
	struct rtls_sock *sock = run->owner;
	uint64_t off = run->out.off + done;
	const struct epoch *seals = run->epoch != NULL ? &run->epoch->core : NULL;
	int rc = 0;

	if (len > 0)
		rc = sendq_attach(sock->stack->pools.indirect, rec, off, len, seals, m);
	if (rc != 0)
		return rc;
	packet_headers_put(h, m, done, flags_of(run, done + len),
			   len > sock->tcp.mss ? sock->tcp.mss : 0);
	if (run->epoch == NULL)
		return 0;
	return inline_tx_mark(run, rec, off, len, m) != 0 ? -EAGAIN : 0;
}

/* Up to n packets into as many header buffers; the run ends behind the last that was built. */
static int
build_packets(struct tx_run *run, const struct packet_headers *h, struct rte_mbuf **pkts,
	      uint16_t n)
{
	struct txmap_rec *rec = run->rec;
	uint32_t done = 0, len;
	int rc;

	run->packets = 0;
	do {
		len = 0;
		if (run->out.len > 0) {
			rec = txmap_from(rec, run->out.off + done);
			len = cut(run, rec, done);
		}
		rc = build_packet(run, h, rec, done, len, pkts[run->packets]);
		if (rc != 0)
			break;
		done += len;
		run->packets++;
		/* What is not regular is the last one. */
	} while (done < run->out.len && len == run->packet_len && run->packets < n);
	if (run->packets == 0)
		return rc;
	tcp_plan_trim(&run->out, done);
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

static int
build(const struct netif *nif, struct tx_run *run, struct rte_mbuf **pkts, uint16_t max)
{
	struct rtls_sock *sock = run->owner;
	struct packet_headers h;
	uint16_t n = 1;
	int rc = 0;

	run->epoch = NULL;
	run->packet_len = 0;
	if (run->out.len > 0) {
		run->packet_len = packet_len(nif, run);
		if (run->rec->epoch != NULL)
			rc = inline_tx_decide(run);
		if (rc != 0)
			return rc;
		n = (uint16_t)RTE_MIN((run->out.len + run->packet_len - 1) / run->packet_len,
				      (uint32_t)max);
	}
	n = alloc_headers(sock->stack->pools.header, pkts, n);
	if (n == 0)
		return -ENOMEM;
	packet_headers_make(&h, nif, sock->path.mac, &sock->tuple, &run->out.seg);
	rc = build_packets(run, &h, pkts, n);
	if (run->packets < n)
		rte_pktmbuf_free_bulk(&pkts[run->packets], n - run->packets);
	return rc;
}

int
run_build(const struct netif *nif, struct tx_run *run, struct rte_mbuf **pkts, uint16_t max)
{
	int rc = build(nif, run, pkts, max);

	/* What the device does not take is sealed here, and then it is not asked. */
	return rc == -EAGAIN ? build(nif, run, pkts, max) : rc;
}
