/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include <recordtls/tls.h>

#include "tlsnic/lie.h"
#include "tlsnic/mishap.h"
#include "tlsnic/nic.h"
#include "tlsnic/receive.h"
#include "tlsnic/resync.h"
#include "tlsnic/tell.h"

/* What the port below says, and is true of a copy, too; not of whom a buffer is. */
#define COPIED_FLAGS \
	(RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK | RTE_MBUF_F_RX_RSS_HASH | \
	 RTE_MBUF_F_RX_FDIR | RTE_MBUF_F_RX_FDIR_ID | RTE_MBUF_F_RX_FDIR_FLX | \
	 RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED)

/* Headers and marks of what came, with room for the opened payload; NULL: no buffer. */
static struct rte_mbuf *
copy_headers(struct tlsnic *nic, const struct rte_mbuf *m, const struct frame *f)
{
	struct rte_mbuf *fresh = rte_pktmbuf_alloc(nic->rx_pool);

	if (fresh == NULL)
		return NULL;
	memcpy(rte_pktmbuf_append(fresh, (uint16_t)f->len), f->hdr, f->pay_off);
	fresh->ol_flags = m->ol_flags & COPIED_FLAGS;
	fresh->packet_type = m->packet_type;
	fresh->hash = m->hash;
	fresh->vlan_tci = m->vlan_tci;
	fresh->port = m->port;
	return fresh;
}

/* Verified here or by the port below; with NONE the bytes are, and the field is not right. */
static bool
is_verified(const struct rte_mbuf *m)
{
	uint64_t ip = m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	uint64_t l4 = m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	return (ip == RTE_MBUF_F_RX_IP_CKSUM_GOOD || ip == RTE_MBUF_F_RX_IP_CKSUM_NONE) &&
	       (l4 == RTE_MBUF_F_RX_L4_CKSUM_GOOD || l4 == RTE_MBUF_F_RX_L4_CKSUM_NONE);
}

/* The fault that is asked for, of a packet that is marked. */
static void
lie(struct tlsnic *nic, struct rtls_tls_rx_mark *mark)
{
	const struct rtls_tls_rx_mark *by = &nic->conf.rx_lie_by;

	if (nic->conf.rx_lie == 0 || ++nic->nb_marked % nic->conf.rx_lie != 0)
		return;
	mark->generation += by->generation;
	mark->run += by->run;
	mark->rec_no += by->rec_no;
	mark->rec_off += by->rec_off;
	mark->rec_len += by->rec_len;
	for (size_t i = 0; i < sizeof(mark->explicit_nonce); i++)
		mark->explicit_nonce[i] += by->explicit_nonce[i];
}

static void
mark_packet(struct tlsnic *nic, struct nic_context *c, struct rte_mbuf *m, bool failed,
	    struct rtls_tls_rx_mark *mark)
{
	mark->generation = (uint16_t)c->live;
	lie(nic, mark);
	*nic_rx_mark(&nic->security, m) = *mark;
	m->ol_flags |= RTE_MBUF_F_RX_SEC_OFFLOAD;
	if (failed)
		m->ol_flags |= RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED;
}

/* Of a packet that is marked. */
static void
count_opened(struct tlsnic *nic, const struct nic_context *c, enum nic_rx_verdict verdict,
	     uint32_t len)
{
	nic_count(&nic->counters, NIC_CNT_RX_ERR, c->rx.failed);
	if (verdict == NIC_RX_FAILED) {
		nic_count(&nic->counters, NIC_CNT_RX_FAILED, 1);
		return;
	}
	nic_count(&nic->counters, NIC_CNT_RX_PACKETS, 1);
	nic_count(&nic->counters, NIC_CNT_RX_BYTES, len);
}

static struct rte_mbuf *
open_packet(struct tlsnic *nic, struct nic_context *c, struct rte_mbuf *m, const struct frame *f)
{
	const uint8_t *payload = rte_pktmbuf_read(m, f->pay_off, f->pay_len, nic->scratch);
	struct rte_mbuf *fresh = copy_headers(nic, m, f);
	/* Without a buffer it goes up as it came, and the context keeps in step all the same. */
	uint8_t *out = fresh != NULL ? rte_pktmbuf_mtod_offset(fresh, uint8_t *, f->pay_off) :
				       nic->scratch + nic->frame_max;
	enum nic_rx_verdict verdict;
	struct rtls_tls_rx_mark mark;

	mishap_records(nic, c, f);
	lie_about_records(nic, c);
	verdict = nic_rx_packet(&c->rx, f->seq, payload, f->pay_len, out, &mark);
	/* Before the copy of it is looked for: the work is done. */
	if (verdict == NIC_RX_OPENED || verdict == NIC_RX_FAILED || verdict == NIC_RX_ERROR)
		budget_spend(&nic->budget, RTLS_RX, f->pay_len);
	switch (verdict) {
	case NIC_RX_OPENED:
	case NIC_RX_FAILED:
		if (fresh == NULL) {
			nic_count(&nic->counters, NIC_CNT_RX_NO_MBUF, 1);
			break;
		}
		if (verdict == NIC_RX_OPENED)
			lie_about_text(nic, c, out);
		mark_packet(nic, c, fresh, verdict == NIC_RX_FAILED, &mark);
		count_opened(nic, c, verdict, f->pay_len);
		rte_pktmbuf_free(m);
		return fresh;
	case NIC_RX_ERROR:
		nic_count(&nic->counters, NIC_CNT_RX_ERR, 1);
		break;
	case NIC_RX_ASKS:
		resync_ask(nic, c, m, f->seq, f->pay_len);
		break;
	case NIC_RX_ASKS_NOT:
		resync_cancel(nic, c);
		break;
	case NIC_RX_NO_RUN:
		tell_lost(nic, c, -EOVERFLOW);
		break;
	case NIC_RX_UNTOUCHED:
		break;
	}
	/* Plaintext, if there is any, that nobody gets, or that nobody has verified. */
	OPENSSL_cleanse(out, f->pay_len);
	rte_pktmbuf_free(fresh);
	return m;
}

struct rte_mbuf *
receive_packet(struct tlsnic *nic, struct rte_mbuf *m)
{
	struct frame_flow flow;
	struct nic_context *c;
	struct frame f;

	/* Whatever the port below says of it: what is passed as it came has no mark. */
	m->ol_flags &= ~(RTE_MBUF_F_RX_SEC_OFFLOAD | RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED |
			 nic->security.rx_resync_flag);
	frame_read(m, &f);
	frame_verify(m, &f);
	if (f.kind != FRAME_TCP || !frame_brings_text(&f) || f.len > nic->frame_max ||
	    !is_verified(m))
		return m;
	flow = frame_flow(&f);
	c = contexts_of_packet(&nic->contexts, &flow, RTLS_RX);
	if (c == NULL || mishap_passes(nic, c, m))
		return m;
	/* Its context does not see it, as if it were lost. */
	if (!budget_left(&nic->budget, RTLS_RX)) {
		nic_count(&nic->counters, NIC_CNT_RX_OVERLOAD, 1);
		return m;
	}
	return open_packet(nic, c, m, &f);
}
