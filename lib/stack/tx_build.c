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
		n = inline_tx_segments_max(nif, run->owner, n);
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
 * The len bytes at off, which is in rec, behind a packet's headers. What is short is copied: to refer to
 * it costs more. What a device is to seal is never copied: in clear it lies in its record alone.
 */
static int
add_payload(struct sendq_cutter *cutter, const struct tx_run *run, struct txmap_rec *rec,
	    uint64_t off, uint32_t len, struct rte_mbuf *m)
{
	if (run->epoch != NULL)
		return sendq_attach(cutter, rec, off, len, &run->epoch->core, m);
	if (len > PACKET_PAYLOAD_ROOM)
		return sendq_attach(cutter, rec, off, len, NULL, m);
	return sendq_copy(rec, off, len, m);
}

/* The packets of a run, up to max; it ends behind the last one that could be made. */
static int
make_packets(const struct netif *nif, struct tx_run *run, struct tx_buffers *bufs,
	     struct rte_mbuf **pkts, uint16_t max)
{
	const struct rtls_sock *sock = run->owner;
	struct packet_headers headers = {
		.nif = nif,
		.dst_mac = sock->path.mac,
		.tuple = &sock->tuple,
		.seg = &run->out.seg,
		.tos = sock->tos,
		.ttl = sock->ttl,
	};
	struct txmap_rec *rec = run->rec;
	struct sendq_cutter cutter;
	uint32_t done = 0, len = 0;
	uint16_t i = 0;
	int rc = 0;

	sendq_cut_begin(&cutter, &bufs->indirect);
	do {
		pkts[i] = buf_spare_take(&bufs->header);
		if (pkts[i] == NULL) {
			rc = -ENOMEM;
			break;
		}
		rte_pktmbuf_reset(pkts[i]);
		packet_headers_begin(&headers, pkts[i]);
		if (run->out.len > 0) {
			/* Most packets lie in one record. */
			rec = txmap_from(rec, run->out.off + done);
			len = cut(run, rec, done);
			rc = add_payload(&cutter, run, rec, run->out.off + done, len, pkts[i]);
		}
		if (rc != 0) {
			rte_pktmbuf_free(pkts[i]);
			break;
		}
		done += len;
		packet_headers_end(&headers, pkts[i], done - len, flags_of(run, done),
				   len > sock->tcp.mss ? sock->tcp.mss : 0);
		/* What is not regular is the last one. */
	} while (++i < max && done < run->out.len && len == run->packet_len);
	sendq_cut_end(&cutter);
	run->packets = i;
	if (i == 0)
		return rc;
	tcp_plan_trim(&run->out, done);
	return 0;
}

/* Hands each packet to the device; the run ends in front of the one that it does not take. */
static int
mark(struct tx_run *run, struct rte_mbuf **pkts)
{
	uint16_t n = run->packets;
	struct txmap_rec *rec = run->rec;
	uint64_t off = run->out.off;
	uint32_t len;

	for (uint16_t i = 0; i < n; i++, off += len) {
		rec = txmap_from(rec, off);
		len = RTE_MIN(run->packet_len, run->out.len - i * run->packet_len);
		if (inline_tx_mark(run, rec, off, len, pkts[i]) == 0)
			continue;
		tx_run_trim(run, i);
		rte_pktmbuf_free_bulk(pkts + i, n - i);
		return i == 0 ? -EAGAIN : 0;
	}
	return 0;
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
	return run->rec->epoch != NULL ? inline_tx_decide(nif, run) : 0;
}

static int
build(const struct netif *nif, struct tx_run *run, struct tx_buffers *bufs, struct rte_mbuf **pkts,
      uint16_t max)
{
	int rc = decide(nif, run);

	if (rc == 0)
		rc = make_packets(nif, run, bufs, pkts, max);
	if (rc == 0 && run->epoch != NULL)
		rc = mark(run, pkts);
	return rc;
}

int
tx_build(const struct netif *nif, struct tx_run *run, struct tx_buffers *bufs,
	 struct rte_mbuf **pkts, uint16_t max)
{
	int rc;

	/* What the device does not take is sealed here, and then it is not asked. */
	do
		rc = build(nif, run, bufs, pkts, max);
	while (rc == -EAGAIN);
	return rc;
}
