/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One record while it is sealed, the counterpart of session/rx_record.h: what stands around its
 * plaintext, and the provider's job.
 */
#ifndef RTLS_SESSION_SEALING_H
#define RTLS_SESSION_SEALING_H

#include "session/epoch.h"

struct rte_mbuf;

struct sealing {
	const struct session_epoch *epoch;
	uint64_t rec_no;
	uint32_t inner_len;
	const struct iovec *src; /* the inner bytes, where they lie in dst or elsewhere */
	uint16_t src_cnt;
	uint8_t *dst; /* prefix, inner bytes and tag behind one another */
};

/*
 * Header, inner type and pad_len bytes of padding around the plaintext in m, which has room for them,
 * and an empty tag. The explicit nonce is not written.
 */
void sealing_frame(const struct record_suite *s, struct rte_mbuf *m, uint8_t type,
		   uint32_t pad_len);

/* The explicit nonce of the record at dst; nothing where there is none. */
void sealing_explicit_nonce(const struct session_epoch *e, uint64_t rec_no, uint8_t *dst);

/* The prefix at dst is complete but for the explicit nonce. 0 or -EIO. */
int sealing_process(const struct sealing *w);

#endif
