/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/nic_stream.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <openssl/evp.h>
#include <rte_mbuf.h>

#include "support/harness.h"

enum { HDR = 5, TAG = 16, PIECE_MAX = 1000 };

static void
fill(uint8_t *p, uint32_t len, uint64_t *luck)
{
	for (uint32_t i = 0; i < len; i++)
		p[i] = (uint8_t)harness_rand(luck);
}

/* RFC 8446 5.2, 5.3 */
static void
seal(const struct nic_stream *s, uint64_t rec_no, const uint8_t *in, uint32_t len, uint8_t *out)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int inner = (int)len - HDR - TAG, done, ok = 1;
	uint8_t nonce[12];

	memcpy(nonce, s->iv, sizeof(nonce));
	for (int i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(rec_no >> (8 * i));
	memcpy(out, in, HDR);
	ok &= EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, s->key, nonce);
	ok &= EVP_EncryptUpdate(c, NULL, &done, in, HDR);
	ok &= EVP_EncryptUpdate(c, out + HDR, &done, in + HDR, inner);
	ok &= EVP_EncryptFinal_ex(c, out + HDR + inner, &done);
	ok &= EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG, out + HDR + inner);
	CU_ASSERT_FATAL(ok == 1);
	EVP_CIPHER_CTX_free(c);
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

void
nic_stream_init(struct nic_stream *s, uint64_t *luck, struct rte_mempool *pool, uint32_t seq,
		uint32_t lead, const uint32_t *sizes, uint32_t nb_records)
{
	*s = (struct nic_stream){ .seq = seq, .lead = lead, .len = lead, .nb_records = nb_records };
	s->first_rec_no = harness_rand(luck) >> 1;
	fill(s->key, sizeof(s->key), luck);
	fill(s->iv, sizeof(s->iv), luck);
	s->records = calloc(nb_records, sizeof(*s->records));
	for (uint32_t i = 0; i < nb_records; i++) {
		s->records[i].off = s->len;
		s->records[i].len = HDR + sizes[i] + 1 + TAG;
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
		const uint8_t hdr[HDR] = { 23, 3, 3, (uint8_t)((r->len - HDR) >> 8),
					   (uint8_t)(r->len - HDR) };

		memcpy(p, hdr, HDR);
		p[HDR + sizes[i]] = 23; /* the inner type */
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
