/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/seal_port.h"

#include <rte_ip.h>
#include <rte_tcp.h>

#include "support/offload_double_priv.h"

enum { HDRS_MAX = 14 + 20 + 60, TAG = 16 };

static struct seal_port *all;

static struct seal_port *
find(const struct rtls_port *port)
{
	struct seal_port *s = all;

	while (s->port != port)
		s = s->next;
	return s;
}

static bool
is_started(const struct seal_port *s, struct rtls_tls_handle h)
{
	const struct double_context *c = &s->o.ctx[h.index % DOUBLE_CONTEXTS];

	return h.index < DOUBLE_CONTEXTS && c->used && c->started && c->generation == h.generation;
}

/* The whole record that a piece lies in, sealed. */
static void
seal_record(struct peer *key, const struct rte_mbuf *record, uint8_t *wire)
{
	static const uint8_t empty[TAG];
	const uint8_t *clear = rte_pktmbuf_mtod(record, const uint8_t *);
	uint32_t len = record->data_len, prefix = peer_prefix(key);

	CU_ASSERT_FATAL(len >= prefix + TAG && record->next == NULL);
	CU_ASSERT_EQUAL(memcmp(clear + len - TAG, empty, TAG), 0);
	CU_ASSERT_EQUAL_FATAL(peer_header(key, clear[0], len - prefix - TAG, wire), len);
	CU_ASSERT_EQUAL(memcmp(wire, clear, 5), 0);
	/* The explicit nonce is the host's. */
	memcpy(wire, clear, prefix);
	peer_seal_behind(key, key->rec_no++, clear + prefix, len - prefix - TAG, wire);
}

static struct rte_mbuf *
sealed(struct seal_port *s, struct rte_mbuf *m, const struct rtls_tls_tx_meta *meta)
{
	static uint8_t wire[PEER_WIRE_MAX];
	struct rte_mbuf *out = rte_pktmbuf_alloc(s->pool), *piece;
	struct peer key = seal_port_key(&s->o.ctx[meta->ctx.index], meta->rec_no);

	CU_ASSERT_FATAL(out != NULL);
	memcpy(rte_pktmbuf_append(out, m->data_len), rte_pktmbuf_mtod(m, void *), m->data_len);
	for (piece = m->next; piece != NULL; piece = piece->next) {
		struct rte_mbuf *record = rte_mbuf_from_indirect(piece);
		uint32_t skip = (uint32_t)(rte_pktmbuf_mtod(piece, uint8_t *) -
					   rte_pktmbuf_mtod(record, uint8_t *));

		seal_record(&key, record, wire);
		memcpy(rte_pktmbuf_append(out, piece->data_len), wire + skip, piece->data_len);
	}
	out->ol_flags = m->ol_flags & ~RTE_MBUF_F_TX_SEC_OFFLOAD;
	out->tx_offload = m->tx_offload;
	return out;
}

static uint32_t
seq_of(struct rte_mbuf *m)
{
	const struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, const struct rte_tcp_hdr *,
								m->l2_len + m->l3_len);

	return rte_be_to_cpu_32(tcp->sent_seq);
}

/* Is it the next one, where that matters? */
static bool
in_step(const struct seal_port *s, struct rte_mbuf *m, const struct rtls_tls_tx_meta *meta)
{
	return s->port->tls.caps.tx_method != RTLS_TLS_TX_NEXT_RECORD ||
	       seq_of(m) == s->o.ctx[meta->ctx.index].next_seq;
}

static void
note(struct seal_port *s, struct rte_mbuf *m, const struct rtls_tls_tx_meta *meta)
{
	struct seal_note *n = &s->notes[s->nb_notes++];

	CU_ASSERT_FATAL(s->nb_notes <= SEAL_NOTES);
	CU_ASSERT_PTR_EQUAL(meta->before, rte_mbuf_from_indirect(m->next));
	*n = (struct seal_note){ .meta = *meta, .seq = seq_of(m), .len = m->pkt_len - m->data_len };
	s->o.ctx[meta->ctx.index].next_seq = n->seq + n->len;
}

/* False: not taken. */
static bool
send_marked(struct seal_port *s, uint16_t queue, struct rte_mbuf *m)
{
	const struct rtls_tls_tx_meta *meta = rte_mbuf_to_priv(m);
	struct rte_mbuf *out;

	if (s->takes_none)
		return false;
	if (s->says_burst)
		double_say(&s->o, "burst ctx %u.%u\n", meta->ctx.index,
			   double_nth(meta->ctx.generation));
	if (!is_started(s, meta->ctx) || !in_step(s, m, meta)) {
		s->nb_dead++;
		rte_pktmbuf_free(m);
		return true;
	}
	out = sealed(s, m, meta);
	if (s->below(s->port, queue, &out, 1) == 0) {
		rte_pktmbuf_free(out);
		return false;
	}
	note(s, m, meta);
	rte_pktmbuf_free(m);
	return true;
}

static uint16_t
tx_burst(struct rtls_port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct seal_port *s = find(port);
	uint16_t i;

	for (i = 0; i < n; i++) {
		bool marked = (pkts[i]->ol_flags & RTE_MBUF_F_TX_SEC_OFFLOAD) != 0;

		if (marked ? !send_marked(s, queue, pkts[i]) :
			     s->below(port, queue, &pkts[i], 1) == 0)
			break;
	}
	return i;
}

void
seal_port_open(struct seal_port *s, struct rtls_port *port, const char *name)
{
	memset(s, 0, sizeof(*s));
	offload_double_init(&s->o);
	s->pool = rte_pktmbuf_pool_create(
		name, 255, 0, 0, (uint16_t)(RTE_PKTMBUF_HEADROOM + HDRS_MAX + 9600), SOCKET_ID_ANY);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s->pool);
	CU_ASSERT_EQUAL_FATAL(offload_device_init(&s->o.device, name, SOCKET_ID_ANY), 0);
	s->port = port;
	s->below = port->tx_burst;
	port->tx_burst = tx_burst;
	port->tls = s->o.device;
	s->next = all;
	all = s;
}

void
seal_port_close(struct seal_port *s)
{
	struct seal_port **link = &all;

	CU_ASSERT_EQUAL(offload_double_contexts(&s->o), 0);
	CU_ASSERT_EQUAL(s->o.rules, 0);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(s->o.device.sessions), 0);
	while (*link != s)
		link = &(*link)->next;
	*link = s->next;
	offload_device_fini(&s->o.device);
	rte_mempool_free(s->pool);
}
