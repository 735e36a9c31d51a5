/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/segment.h"

#include <errno.h>

#include "stack/inline_tx.h"
#include "stack/packet.h"
#include "stack/state.h"

/* Links the payload, and hands what is in clear to the device. -EAGAIN: it does not take it. */
static int
attach_payload(struct rtls_sock *sock, struct tx_segment *g, struct rte_mbuf *m)
{
	const struct epoch *seals = NULL;
	int rc = g->rec->epoch != NULL ? inline_tx_decide(sock, g) : 0;

	if (rc != 0)
		return rc;
	if (g->epoch != NULL)
		seals = &g->epoch->core;
	rc = sendq_attach(sock->stack->pools.indirect, g->rec, g->out.off, g->out.len, seals, m);
	if (rc != 0 || g->epoch == NULL)
		return rc;
	return inline_tx_mark(sock, g, m) != 0 ? -EAGAIN : 0;
}

static int
build(struct rtls_stack *s, struct rtls_sock *sock, struct tx_segment *g, struct rte_mbuf **out)
{
	struct netif *nif = &s->netifs[sock->path.netif];
	struct rte_mbuf *m = packet_headers(s, nif, sock->path.mac, &sock->tuple, &g->out.seg);
	int rc;

	g->epoch = NULL;
	if (m == NULL)
		return -ENOMEM;
	rc = g->out.len > 0 ? attach_payload(sock, g, m) : 0;
	if (rc != 0) {
		rte_pktmbuf_free(m);
		return rc;
	}
	if (g->out.len > sock->tcp.mss) {
		m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
		m->tso_segsz = sock->tcp.mss;
	}
	packet_checksums(nif, m);
	*out = m;
	return 0;
}

int
segment_build(struct rtls_stack *s, struct rtls_sock *sock, struct tx_segment *g,
	      struct rte_mbuf **out)
{
	bool again = false;
	int rc;

	/* What the device does not take is sealed here, and then it is not asked. */
	while ((rc = build(s, sock, g, out)) == -EAGAIN && !again)
		again = true;
	return rc;
}
