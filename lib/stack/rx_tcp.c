/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* One function per step, in the order in which a packet meets them. */
#include "stack/rx_tcp.h"

#include <rte_ip.h>

#include "buf/chain.h"
#include "net/checksum.h"
#include "stack/drop.h"
#include "stack/reply.h"
#include "stack/rx_memory.h"
#include "stack/sock_events.h"
#include "stack/syn_path.h"
#include "stack/tell.h"
#include "tcp/input.h"

static void rx_connection(struct rtls_sock *sock, struct rx_packet *p);
static void store(struct rtls_sock *sock, struct rx_packet *p, const struct tcp_verdict *v);

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

void
rx_tcp(struct rtls_stack *s, struct netif *nif, struct rx_packet *p)
{
	enum counter why = CNT_MAX;
	uint32_t index;
	uint64_t hash;

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
	p->tuple = (struct net_tuple){ .local = p->ip.dst,
				       .remote = p->ip.src,
				       .local_port = p->seg.dst_port,
				       .remote_port = p->seg.src_port };
	hash = flow_hash(s->flows, &p->tuple);
	index = flow_find(s->flows, &p->tuple, hash);
	if (index == FLOW_NONE) {
		/* A SYN, the end of a handshake, TIME-WAIT, or nobody's. */
		index = syn_path_input(s, nif, p->ip.src_mac, &p->tuple, hash, &p->seg, &why);
		if (index == FLOW_NONE) {
			if (why != CNT_MAX)
				stack_tell_dropped(p->port, p->m, why);
			stack_free_packet(s, p->m);
			return;
		}
	}
	rx_connection(&s->socks[index], p);
}

/* What junk for a connection is owed goes if its sender may be answered. Returns TCP_EV_*. */
static uint32_t
answer_junk(struct rtls_sock *sock, const struct rx_packet *p, const struct tcp_verdict *v)
{
	struct rtls_stack *s = sock->stack;
	struct netif *nif = &s->netifs[sock->path.netif];

	if (v->reply_reset && ((v->events & TCP_EV_CLOSED) != 0 ||
			       reply_allowed(s, ANSWER_RESET, &sock->tuple.remote))) {
		reply_segment(s, nif, p->ip.src_mac, &sock->tuple, &v->reset);
		stack_count(s, CNT_TX_RESETS);
	}
	if ((v->events & TCP_EV_CHALLENGE) == 0)
		return v->events;
	if (!reply_allowed(s, ANSWER_CHALLENGE, &sock->tuple.remote))
		return 0; /* a challenge comes alone */
	return tcp_challenge(&sock->tcp, s->now_us);
}

/* There is no room for it: its ACK and window still count, the rest comes again. */
static void
drop_payload(struct rtls_sock *sock, struct rx_packet *p)
{
	stack_count(sock->stack, CNT_PRESSURE_DATA_DROPPED);
	stack_tell_dropped(p->port, p->m, CNT_PRESSURE_DATA_DROPPED);
	tell_conn(sock, NOTE_NO_ROOM, "%u bytes of room are its", sock->recvq.room_used);
	p->seg.payload_len = 0;
	p->seg.flags &= (uint8_t)~TCP_FIN;
}

static enum counter
counter_of_drop(enum tcp_drop why)
{
	switch (why) {
	case TCP_DROP_RESET:
		return CNT_RX_BAD_RESET;
	case TCP_DROP_SYN:
		return CNT_RX_BAD_SYN;
	case TCP_DROP_NO_TS:
		return CNT_RX_NO_TIMESTAMP;
	case TCP_DROP_OLD_TS:
		return CNT_RX_OLD_TIMESTAMP;
	case TCP_DROP_WINDOW:
		return CNT_RX_OUT_OF_WINDOW;
	case TCP_DROP_ACK:
		return CNT_RX_BAD_ACK;
	case TCP_DROP_DUPLICATE:
		return CNT_RX_DUPLICATE;
	case TCP_DROP_GAPS:
		return CNT_RX_TOO_MANY_GAPS;
	case TCP_DROP_NONE:
		break;
	}
	return CNT_MAX;
}

/* Nobody reads it any more; only where it belongs is noted. */
static void
pass(struct rtls_sock *sock, struct tcp_verdict *v)
{
	if (recvq_pass(&sock->recvq, v->stream_off, v->took, sock->tcp.rcv_nxt) != 0) {
		v->drop = TCP_DROP_GAPS;
		sock->stack->held_wanted = true;
	}
	if (sock->recvq.room_used != sock->room_counted)
		rx_memory_account(sock);
}

static void
rx_connection(struct rtls_sock *sock, struct rx_packet *p)
{
	struct rtls_stack *s = sock->stack;
	struct tcp_verdict v;

	if (p->seg.payload_len > 0) {
		stack_count(s, CNT_RX_SEGMENTS);
		sock->count.rx_segments++;
		if (rx_memory_drops(sock))
			drop_payload(sock, p);
	}
	v = tcp_input(&sock->tcp, recvq_ranges(&sock->recvq), &p->seg, s->now_us);
	if (v.reply_reset || (v.events & TCP_EV_CHALLENGE) != 0)
		v.events = answer_junk(sock, p, &v);
	if (v.took > v.keep)
		pass(sock, &v);
	if (v.keep > 0)
		store(sock, p, &v);
	else if (v.drop != TCP_DROP_NONE)
		rx_packet_drop(s, p, counter_of_drop((enum tcp_drop)v.drop));
	else
		stack_free_packet(s, p->m);
	sock_tcp_events(sock, v.events);
}

/* Stores what TCP keeps of the packet. */
static void
store(struct rtls_sock *sock, struct rx_packet *p, const struct tcp_verdict *v)
{
	struct rtls_stack *s = sock->stack;
	uint32_t payload_off = p->ip.l4_off + p->seg.hdr_len;
	bool in_order = v->stream_off <= sock->recvq.ready.end_off;
	bool wiped = s->conf.wipe_buffers != 0 && chain_marks(p->m) != 0;
	const struct rte_mbuf *came = p->m;
	struct rte_mbuf *m;

	m = chain_cut(p->m, payload_off + v->skip, v->keep, wiped);
	if (recvq_insert(&sock->recvq, v->stream_off, m) != 0) {
		/* Too many hold something: the newest waits for its retransmission. By its name
		 * alone: its first mbuf may be gone. */
		stack_count(s, CNT_RX_TOO_MANY_GAPS);
		stack_tell_dropped(p->port, came, CNT_RX_TOO_MANY_GAPS);
		stack_free_packet(s, m);
		s->held_wanted = true;
		return;
	}
	/* Also what is out of order: nothing else would charge it. */
	rx_memory_account(sock);
	s->counters[CNT_RX_BYTES] += v->keep;
	sock->count.rx_bytes += v->keep;
	if (!in_order && rx_memory_is_high(s))
		rx_memory_drop_held(sock);
}
