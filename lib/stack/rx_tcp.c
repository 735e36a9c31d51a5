/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/rx_tcp.h"

#include <rte_ip.h>
#include <rte_mbuf_dyn.h>

#include "buf/chain.h"
#include "net/checksum.h"
#include "stack/drop.h"
#include "stack/resync.h"
#include "stack/rx_mark.h"
#include "stack/syn_path.h"
#include "stack/tell.h"

/* Does the port vouch for the checksum? NONE: the bytes are right, the field is not (rx_path.c). */
static bool
tcp_verified(const struct rte_mbuf *m)
{
	uint64_t mark = m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	return mark == RTE_MBUF_F_RX_L4_CKSUM_GOOD || mark == RTE_MBUF_F_RX_L4_CKSUM_NONE;
}

/* A mark that says bad, or nothing, is verified here. */
static bool
tcp_checksum_ok(const struct rx_packet *p)
{
	const struct rte_ipv4_hdr *ip = (const void *)(p->bytes + p->ip.l3_off);

	if (tcp_verified(p->m))
		return true;
	return checksum_finish((uint32_t)rte_ipv4_phdr_cksum(ip, 0) +
			       chain_sum(p->m, p->ip.l4_off, p->ip.l4_len)) == 0;
}

/* A SYN, the end of a handshake, TIME-WAIT, or nobody's. NULL: it was answered, or dropped. */
static struct rtls_sock *
newcomer(struct rtls_stack *s, struct netif *nif, const struct rx_packet *p, uint64_t hash)
{
	enum counter why = CNT_MAX;
	uint32_t index;

	index = syn_path_input(s, nif, p->ip.src_mac, &p->tuple, hash, &p->seg, &why);
	if (index != FLOW_NONE)
		return &s->socks[index];
	if (why != CNT_MAX)
		stack_tell_dropped(p->nif->port, p->m, why);
	stack_free_packet(s, p->m);
	return NULL;
}

/* The socket of a connection. NULL: there is none yet, or no more. */
static struct rtls_sock *
find(struct rtls_stack *s, const struct net_tuple *tuple, uint64_t *hash)
{
	uint32_t index = flow_cache_find(&s->found, tuple);

	if (index != FLOW_NONE)
		return &s->socks[index];
	*hash = flow_hash(s->flows, tuple);
	index = flow_find(s->flows, tuple, *hash);
	if (index == FLOW_NONE)
		return NULL;
	flow_cache_put(&s->found, tuple, index);
	return &s->socks[index];
}

static uint32_t
asked_about(const struct netif *nif, const struct rte_mbuf *m)
{
	return *RTE_MBUF_DYNFIELD(m, nif->port->tls.rx_resync_off, const uint32_t *);
}

void
rx_tcp(struct rtls_stack *s, struct netif *nif, struct rx_burst *b, struct rx_packet *p)
{
	struct rtls_sock *sock;
	uint64_t hash = 0;

	if (p->contiguous_len < (uint32_t)p->ip.l4_off + TCP_HDR_MIN ||
	    tcp_seg_parse(p->bytes + p->ip.l4_off, p->ip.l4_len, &p->seg) != 0 ||
	    p->contiguous_len < (uint32_t)p->ip.l4_off + p->seg.hdr_len) {
		rx_packet_drop_from(s, p, CNT_RX_MALFORMED, NOTE_MALFORMED);
		return;
	}
	if (!tcp_checksum_ok(p)) {
		rx_packet_drop_from(s, p, CNT_RX_BAD_CHECKSUM, NOTE_BAD_CHECKSUM);
		return;
	}
	if (unlikely(p->seg.flags & TCP_URG))
		stack_count(s, CNT_RX_URGENT);
	p->tuple = (struct net_tuple){ .local = p->ip.dst,
				       .remote = p->ip.src,
				       .local_port = p->seg.dst_port,
				       .remote_port = p->seg.src_port };
	sock = find(s, &p->tuple, &hash);
	if (sock == NULL) {
		rx_burst_flush(b);
		sock = newcomer(s, nif, p, hash);
	}
	if (sock == NULL)
		return;
	if (chain_marks(p->m) != 0 && !rx_mark_acceptable(nif, sock, p)) {
		tell_port(s, nif, NOTE_DEVICE_MARK, NULL);
		rx_packet_drop(s, p, CNT_RX_UNKNOWN_MARK);
		return;
	}
	/* Behind what came before it, and before its bytes come in: with them the question is answered. */
	if ((p->m->ol_flags & nif->port->tls.rx_resync_flag) != 0 &&
	    stack_is_home(sock, RTLS_RX, nif)) {
		rx_burst_flush(b);
		sock_resync_asked(sock, asked_about(nif, p->m));
	}
	rx_burst_add(b, sock, p);
}
