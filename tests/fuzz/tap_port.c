/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fuzz/tap_port.h"

#include <string.h>

#include <rte_errno.h>

#include "fuzz/finding.h"
#include "support/harness.h"

enum { SEGS_MAX = 12 };

static uint16_t
tap_rx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct tap_port *t = (struct tap_port *)p;
	uint16_t got = (uint16_t)RTE_MIN(t->nb_in, (uint32_t)n);

	(void)queue;
	memcpy(pkts, t->in, got * sizeof(pkts[0]));
	t->nb_in -= got;
	memmove(t->in, t->in + got, t->nb_in * sizeof(t->in[0]));
	return got;
}

/* All segments of a packet in a row; 0: its lengths do not fit each other, or the MTU. */
static uint32_t
flatten(const struct rte_mbuf *m, uint8_t *out)
{
	uint32_t off = 0, segs = 0, pkt_len = m->pkt_len, nb_segs = m->nb_segs;

	for (; m != NULL; m = m->next, segs++) {
		if (m->data_len > WIRE_FRAME_MAX - off)
			return 0;
		memcpy(out + off, rte_pktmbuf_mtod(m, const void *), m->data_len);
		off += m->data_len;
	}
	return off == pkt_len && segs == nb_segs ? off : 0;
}

static uint16_t
tap_tx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct tap_port *t = (struct tap_port *)p;
	uint16_t i;

	(void)queue;
	for (i = 0; i < n && t->takes > 0 && t->nb_sent < TAP_SENT_MAX; i++, t->takes--) {
		struct tap_frame *f = &t->sent[t->nb_sent++];

		if (pkts[i]->ol_flags & (RTE_MBUF_F_TX_SEC_OFFLOAD | RTE_MBUF_F_TX_TCP_SEG))
			fuzz_finding("the port was asked for what it does not do");
		f->len = flatten(pkts[i], f->bytes);
		if (f->len == 0)
			fuzz_finding("a packet whose lengths do not fit");
		rte_pktmbuf_free(pkts[i]);
	}
	return i;
}

static void
tap_close(struct rtls_port *p)
{
	(void)p; /* it lives as long as the process */
}

struct tap_port *
tap_port_create(const char *name, uint64_t rx_room)
{
	struct tap_port *t = calloc(1, sizeof(*t));

	if (t == NULL || (t->sent = calloc(TAP_SENT_MAX, sizeof(*t->sent))) == NULL)
		fuzz_finding("no memory");
	t->pool = rte_pktmbuf_pool_create(name, TAP_POOL, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					  SOCKET_ID_ANY);
	if (t->pool == NULL)
		fuzz_finding("no pool: %s", rte_strerror(rte_errno));
	t->takes = UINT32_MAX;
	t->port = (struct rtls_port){
		.rx_burst = tap_rx_burst,
		.tx_burst = tap_tx_burst,
		.close = tap_close,
		.nb_queues = 1,
		.mtu = WIRE_MTU,
		.rx_room = rx_room,
		.mac = { 2, 0, 0, 0, 0, 1 },
	};
	return t;
}

/* What is behind the bytes is garbage, not luck. */
static struct rte_mbuf *
piece(struct tap_port *t, const uint8_t *bytes, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(t->pool);
	uint8_t *p;

	if (m == NULL)
		fuzz_finding("the port's pool is empty: packets are lost");
	p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)len);
	memcpy(p, bytes, len);
	memset(p + len, 0xa5, RTE_MIN((uint32_t)rte_pktmbuf_tailroom(m), 64u));
	return m;
}

bool
tap_port_inject(struct tap_port *t, const uint8_t *frame, uint32_t len, uint8_t cut)
{
	struct rte_mbuf *head = NULL, *m;
	uint32_t done = 0, n, segs = 0;
	struct wire_seg seg;
	uint64_t luck = cut;

	if (t->nb_in == TAP_IN_MAX)
		return false;
	while (done < len) {
		n = len - done;
		if (cut != 0 && ++segs < SEGS_MAX)
			n = 1 + harness_below(&luck,
					      harness_below(&luck, 3) == 0 ? n : RTE_MIN(n, 40u));
		m = piece(t, frame + done, n);
		if (head == NULL)
			head = m;
		else if (rte_pktmbuf_chain(head, m) != 0)
			fuzz_finding("a chain too long");
		done += n;
	}
	if (t->marks_sums && wire_read(frame, len, &seg))
		head->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	t->in[t->nb_in++] = head;
	return true;
}
