/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/mixed.h"

#include <errno.h>

int
mixed_restore(const struct session_rx *rx, const uint8_t *explicit_nonce, uint8_t *out,
	      uint32_t inner_len)
{
	const struct session_epoch *e = session_rx_marker(rx, rx->framer.head_off);
	const struct record_suite *s = rx->suite;
	const struct framed *rec = framer_head(&rx->framer);
	uint64_t index = framer_head_index(&rx->framer);
	uint32_t skip = record_prefix_len(s);
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
	rx->provider->process(rx->provider, CRYPTO_SEAL, &job, 1);
	if (job.status != 0)
		return -EIO;
	if (rec->class != RECVQ_OPENED)
		recvq_peek_untouched(rx->q, skip, out, inner_len);
	return 0;
}
