/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/reencrypt.h"

#include <errno.h>

#include <rte_common.h>

int
reencrypt_record(const struct session_rx *rx, const uint8_t *explicit_nonce, uint8_t *out,
		 uint32_t inner_len)
{
	uint64_t off = rx->tls->framer.head_off, end_off = 0;
	const struct session_epoch *e = session_rx_marker(rx, off, &end_off);
	const struct record_suite *s = rx->tls->suite;
	const struct framed *rec = framer_head(&rx->tls->framer);
	uint64_t index = framer_head_index(&rx->tls->framer);
	uint32_t skip = record_prefix_len(s), n;
	uint8_t hdr[RECORD_HDR_LEN];
	struct iovec all = { .iov_base = out, .iov_len = inner_len };
	struct crypto_job job = {
		.key = e->undo,
		.src = &all,
		.dst = &all,
		.src_cnt = 1,
		.dst_cnt = 1,
	};

	recvq_peek(rx->q, skip, out, inner_len);
	record_nonce_received(s, e->iv, e->rx.base + index, explicit_nonce, job.nonce);
	/* The tag that comes of it is of no use, so its additional data are any. */
	framed_header(rec, hdr);
	job.aad_len = (uint8_t)record_aad(s, hdr, index, job.aad);
	rx->tls->shared->provider->process(rx->tls->shared->provider, CRYPTO_SEAL, &job, 1);
	if (job.status != 0)
		return -EIO;
	if (rec->class == RECVQ_OPENED)
		return 0;
	off += skip;
	n = end_off <= off ? 0 : (uint32_t)RTE_MIN((uint64_t)inner_len, end_off - off);
	recvq_peek_untouched(rx->q, skip, out, n);
	recvq_peek(rx->q, skip + n, out + n, inner_len - n);
	return 0;
}
