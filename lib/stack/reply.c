/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/reply.h"

#include "stack/netif_tx.h"
#include "stack/packet.h"
#include "stack/tell.h"

bool
reply_allowed(struct rtls_stack *s, enum answer_kind kind, const struct net_addr *remote)
{
	if (answer_limit_take(&s->answers, kind, remote, s->now_us))
		return true;
	stack_count(s, CNT_ANSWERS_LIMITED);
	tell_stack(s, NOTE_ANSWERS_LIMITED, "%s", answer_kind_name(kind));
	return false;
}

struct rte_mbuf *
reply_buffer(struct rtls_stack *s, struct netif *nif)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(s->pools.header);

	if (likely(m != NULL))
		return m;
	/* What the port has sent it may not have given back. */
	netif_reclaim(nif);
	m = rte_pktmbuf_alloc(s->pools.header);
	if (m == NULL) {
		stack_count(s, CNT_TX_ANSWERS_DROPPED);
		tell_port(s, nif, NOTE_NO_HEADER, NULL);
	}
	return m;
}

void
reply_packet(struct rtls_stack *s, struct netif *nif, struct rte_mbuf *m)
{
	netif_tx_put_reply(s, nif, m);
}

void
reply_headers(struct rtls_stack *s, struct netif *nif, struct packet_headers *h)
{
	struct rte_mbuf *m = reply_buffer(s, nif);

	if (m == NULL)
		return;
	packet_headers_begin(h, m);
	packet_headers_end(h, m, 0, h->seg->flags, 0);
	reply_packet(s, nif, m);
}

void
reply_segment(struct rtls_stack *s, struct netif *nif, const uint8_t dst_mac[NET_MAC_LEN],
	      const struct rtls_sock *of, const struct net_tuple *tuple, const struct tcp_seg *seg)
{
	struct packet_headers h = { .nif = nif, .dst_mac = dst_mac, .tuple = tuple, .seg = seg };

	if (of != NULL) {
		h.tos = of->tos;
		h.ttl = of->ttl;
	}
	reply_headers(s, nif, &h);
}
