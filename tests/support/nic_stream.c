/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/nic_stream.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_mbuf.h>

#include "support/harness.h"

enum { TAG = 16, PIECE_MAX = 1000 };

static void
fill(uint8_t *p, uint32_t len, uint64_t *luck)
{
	for (uint32_t i = 0; i < len; i++)
		p[i] = (uint8_t)harness_rand(luck);
}

static void
seal(const struct nic_stream *s, uint64_t rec_no, const uint8_t *in, uint32_t len, uint8_t *out)
{
	uint32_t prefix = peer_prefix(&s->peer);

	memcpy(out, in, prefix);
	peer_seal_behind(&s->peer, rec_no, in + prefix, len - prefix - TAG, out);
}

static struct rte_mbuf *
chain_of(struct rte_mempool *pool, const uint8_t *p, uint32_t len, uint64_t *luck)
{
	struct rte_mbuf *head = NULL;

	while (len > 0) {
		/* Small ones too, so that headers lie in two pieces at times. */
		uint32_t most = harness_below(luck, 4) == 0 ? 8 : PIECE_MAX;
		uint32_t n = 1 + harness_below(luck, RTE_MIN(len, most));
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		CU_ASSERT_FATAL(m != NULL);
		memcpy(rte_pktmbuf_append(m, (uint16_t)n), p, n);
		if (head == NULL)
			head = m;
		else
			CU_ASSERT_FATAL(rte_pktmbuf_chain(head, m) == 0);
		p += n;
		len -= n;
	}
	return head;
}

/* A record of the stream in clear, from what was filled in: the prefix's nonce, and the plaintext. */
static void
frame(const struct nic_stream *s, uint8_t *p, uint32_t plain_len)
{
	uint32_t inner_len = plain_len + !s->peer.tls12;

	peer_header(&s->peer, 23, inner_len, p);
	if (!s->peer.tls12)
		p[peer_prefix(&s->peer) + plain_len] = 23; /* the inner type */
}

void
nic_stream_init(struct nic_stream *s, uint16_t version, uint16_t cipher, uint64_t *luck,
		struct rte_mempool *pool, uint32_t seq, uint32_t lead, const uint32_t *sizes,
		uint32_t nb_records)
{
	*s = (struct nic_stream){ .seq = seq, .lead = lead, .len = lead, .nb_records = nb_records };
	s->first_rec_no = harness_rand(luck) >> 1;
	s->peer = peer_key_of(version, cipher, 0, s->first_rec_no);
	fill(s->peer.key, sizeof(s->peer.key), luck);
	fill(s->peer.iv, sizeof(s->peer.iv), luck);
	s->records = calloc(nb_records, sizeof(*s->records));
	for (uint32_t i = 0; i < nb_records; i++) {
		s->records[i].off = s->len;
		s->records[i].len = peer_prefix(&s->peer) + sizes[i] + !s->peer.tls12 + TAG;
		s->len += s->records[i].len;
	}
	s->clear = malloc(s->len);
	s->wire = malloc(s->len);
	CU_ASSERT_FATAL(s->records != NULL && s->clear != NULL && s->wire != NULL);
	fill(s->clear, s->len, luck);
	memcpy(s->wire, s->clear, lead);
	for (uint32_t i = 0; i < nb_records; i++) {
		struct nic_stream_record *r = &s->records[i];
		uint8_t *p = s->clear + r->off;

		frame(s, p, sizes[i]);
		seal(s, s->first_rec_no + i, p, r->len, s->wire + r->off);
		r->clear = chain_of(pool, p, r->len, luck);
	}
}

void
nic_stream_meta(const struct nic_stream *s, uint32_t off, struct rtls_tls_tx_meta *meta)
{
	uint32_t at = off < s->lead ? s->lead : off, i = 0;

	while (at >= s->records[i].off + s->records[i].len)
		i++;
	meta->rec_no = s->first_rec_no + i;
	meta->rec_tcp_seq = s->seq + s->records[i].off;
	meta->rec_len = s->records[i].len;
	meta->before_len = at - s->records[i].off;
	meta->before = s->records[i].clear;
}

void
nic_stream_fini(struct nic_stream *s)
{
	for (uint32_t i = 0; i < s->nb_records; i++)
		rte_pktmbuf_free(s->records[i].clear);
	free(s->records);
	free(s->clear);
	free(s->wire);
}
