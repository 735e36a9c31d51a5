/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/rx_burst.h"

#include "buf/prefetch.h"
#include "stack/rx_memory.h"
#include "tcp/join.h"

/* The run that is open for the connection; NULL: none. */
static struct rx_run *
open_run(struct rx_burst *b, const struct rtls_sock *sock)
{
	return sock->rx_run == 0 ? NULL : &b->runs[sock->rx_run - 1];
}

static void
close_run(struct rx_run *r)
{
	r->sock->rx_run = 0;
	rx_run_input(r);
	r->sock = NULL;
}

/* May it wait in a run, charged to nobody? Under pressure all that came before it is charged first. */
static bool
may_wait(struct rx_burst *b, const struct rtls_stack *s, const struct rte_mbuf *m)
{
	b->room += (uint32_t)m->buf_len * m->nb_segs;
	if (!rx_memory_is_tight(s, b->room))
		return true;
	rx_burst_flush(b);
	return false;
}

/* It is read when its burst is through, at the earliest. */
static void
prefetch_payload(const struct rx_piece *p)
{
	const struct rte_mbuf *m = p->m;

	if (p->payload_off < m->data_len)
		prefetch_later(rte_pktmbuf_mtod_offset(m, const uint8_t *, p->payload_off),
			       m->data_len - p->payload_off);
	if (m->next != NULL)
		prefetch_later(rte_pktmbuf_mtod(m->next, const uint8_t *), m->next->data_len);
}

static struct rx_piece *
add_piece(struct rx_burst *b, const struct rx_packet *p)
{
	struct rx_piece *piece = &b->pieces[b->nb_pieces++];

	piece->m = p->m;
	piece->next = NULL;
	piece->payload_off = (uint16_t)(p->ip.l4_off + p->seg.hdr_len);
	piece->payload_len = (uint16_t)p->seg.payload_len;
	prefetch_payload(piece);
	return piece;
}

static void
join(struct rx_burst *b, struct rx_run *r, const struct rx_packet *p)
{
	tcp_join(&r->seg, &p->seg);
	r->last->next = add_piece(b, p);
	r->last = r->last->next;
	r->nb_packets++;
}

static struct rx_run *
add_run(struct rx_burst *b, struct rtls_sock *sock, const struct rx_packet *p)
{
	struct rx_run *r = &b->runs[b->nb_runs++];

	r->sock = sock;
	r->nif = p->nif;
	tcp_seg_copy(&r->seg, &p->seg);
	r->first = r->last = add_piece(b, p);
	r->nb_packets = 1;
	memcpy(r->src_mac, p->ip.src_mac, NET_MAC_LEN);
	return r;
}

void
rx_burst_flush(struct rx_burst *b)
{
	struct rx_run *r;

	for (r = b->runs; r < b->runs + b->nb_runs; r++)
		if (r->sock != NULL)
			close_run(r);
	rx_burst_init(b);
}

void
rx_burst_add(struct rx_burst *b, struct rtls_sock *sock, const struct rx_packet *p)
{
	bool waits = may_wait(b, sock->stack, p->m);
	struct rx_run *r = open_run(b, sock);

	if (r != NULL && tcp_join_continues(&sock->tcp, &r->seg, &p->seg)) {
		join(b, r, p);
		return;
	}
	if (r != NULL)
		close_run(r);
	r = add_run(b, sock, p);
	if (waits && tcp_join_begins(&sock->tcp, recvq_ranges(&sock->recvq), &p->seg))
		sock->rx_run = (uint8_t)b->nb_runs;
	else
		close_run(r);
}
