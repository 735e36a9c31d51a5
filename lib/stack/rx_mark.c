/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/rx_mark.h"

#include <rte_mbuf_dyn.h>

#include "buf/chain.h"
#include "port/port.h"
#include "session/rx_marks.h"

static const struct rtls_tls_rx_mark *
mark_of(const struct rte_mbuf *m, const struct rtls_port *port)
{
	return RTE_MBUF_DYNFIELD(m, port->tls.rx_mark_off, const struct rtls_tls_rx_mark *);
}

static void
take_off(struct rte_mbuf *m)
{
	m->ol_flags &= ~CHAIN_MARKS;
}

/* Its bytes are written to where they are put back. */
static bool
is_ours_alone(const struct rte_mbuf *m)
{
	for (; m != NULL; m = m->next)
		if (rte_mbuf_refcnt_read(m) != 1 || RTE_MBUF_CLONED(m))
			return false;
	return true;
}

bool
rx_mark_acceptable(const struct netif *nif, const struct rtls_sock *sock, struct rx_packet *p)
{
	const struct rtls_port *port = nif->port;

	/* On a port that opens no records it is somebody else's. */
	if (port->tls.rx_mark_off <= 0 || p->seg.payload_len == 0) {
		take_off(p->m);
		return true;
	}
	/* Nor does another device know what it opened, by whatever context of its own. */
	return stack_is_home(sock, RTLS_RX, nif) &&
	       rx_marks_known(sock->rx.tls, mark_of(p->m, port)) && is_ours_alone(p->m);
}

bool
rx_mark_store(struct rx_tls *tls, const struct rtls_port *port, const struct rx_piece *p,
	      uint64_t off, bool whole)
{
	const struct rx_marked marked = {
		.m = p->m,
		.off = p->payload_off,
		.len = p->payload_len,
		.failed = (p->m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED) != 0,
		.mark = mark_of(p->m, port),
	};

	take_off(p->m);
	if (whole)
		return rx_marks_take(tls, &marked, off);
	rx_marks_refuse(tls, &marked);
	return false;
}
