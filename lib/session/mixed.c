/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/mixed.h"

#include <errno.h>

int
mixed_restore(const struct session_rx *rx, const uint8_t *explicit_nonce, uint8_t *out,
	      uint32_t inner_len)
{
	const struct record_suite *s = rx->suite;
	uint32_t skip = record_prefix_len(s);
	struct iovec all = { .iov_base = out, .iov_len = inner_len };
	struct crypto_job job = {
		.key = rx->device.key,
		.src = &all,
		.dst = &all,
		.src_cnt = 1,
		.dst_cnt = 1,
	};

	recvq_peek(rx->q, skip, out, inner_len);
	record_nonce_received(s, rx->device.iv, rx->rec_no + rx->device.ahead, explicit_nonce,
			      job.nonce);
	/* The tag that comes of it is of no use, so its additional data are any. */
	job.aad_len = (uint8_t)record_aad(s, rx->framer.hdr, rx->rec_no, job.aad);
	rx->provider->process(rx->provider, CRYPTO_SEAL, &job, 1);
	if (job.status != 0)
		return -EIO;
	recvq_peek_untouched(rx->q, skip, out, inner_len);
	return 0;
}
