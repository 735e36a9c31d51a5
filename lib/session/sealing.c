/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/sealing.h"

#include <errno.h>
#include <string.h>

#include <rte_mbuf.h>

void
sealing_frame(const struct record_suite *s, struct rte_mbuf *m, uint8_t type, uint32_t pad_len)
{
	uint32_t plain_len = m->data_len;
	uint8_t *plain = rte_pktmbuf_mtod(m, uint8_t *);

	record_header_write(s, type, plain_len, pad_len, plain - record_prefix_len(s));
	if (s->inner_type_len != 0)
		plain[plain_len] = type;
	memset(plain + plain_len + s->inner_type_len, 0, pad_len + RECORD_TAG_LEN);
	m->data_off = (uint16_t)(m->data_off - record_prefix_len(s));
	m->data_len = (uint16_t)(record_wire_len(s, plain_len) + pad_len);
	m->pkt_len = m->data_len;
}

void
sealing_explicit_nonce(const struct session_epoch *e, uint64_t rec_no, uint8_t *dst)
{
	uint8_t nonce[RECORD_NONCE_LEN];

	if (e->suite->explicit_nonce_len == 0)
		return;
	record_nonce(e->suite, e->iv, rec_no, nonce);
	record_explicit_nonce_write(e->suite, nonce, dst);
}

int
sealing_process(const struct sealing *w)
{
	const struct record_suite *s = w->epoch->suite;
	uint32_t prefix_len = record_prefix_len(s);
	struct iovec dst = { .iov_base = w->dst + prefix_len, .iov_len = w->inner_len };
	struct crypto_job job = {
		.key = w->epoch->key,
		.src = w->src,
		.dst = &dst,
		.src_cnt = w->src_cnt,
		.dst_cnt = 1,
	};

	record_nonce(s, w->epoch->iv, w->rec_no, job.nonce);
	job.aad_len = (uint8_t)record_aad(s, w->dst, w->rec_no, job.aad);
	record_explicit_nonce_write(s, job.nonce, w->dst);
	crypto_process(CRYPTO_SEAL, &job);
	if (job.status != 0)
		return -EIO;
	memcpy(w->dst + prefix_len + w->inner_len, job.tag, RECORD_TAG_LEN);
	return 0;
}
