/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A direction's next record while it is made, the counterpart of session/rx_record.h: around the
 * plaintext in its buffer, or on its way there from the caller's memory. Sealed, or for a device
 * framed only; the buffer's descriptor says what it is.
 */
#ifndef RTLS_SESSION_TX_RECORD_H
#define RTLS_SESSION_TX_RECORD_H

#include "session/iov_iter.h"
#include "session/shared.h"

enum {
	TX_RECORD_DIRECT_MIN = 4096, /* a record that is shorter costs less if it is copied first */
};

/*
 * Around the plaintext in m, in place, with pad_len bytes of padding that m has room for. 0; -EIO: the
 * provider failed, and the number is spent.
 */
int tx_record_make(struct session_shared *sh, struct tx_tls *tls, struct rte_mbuf *m, uint8_t type,
		   uint32_t pad_len);

/*
 * A data record of the next len bytes of src, which stays where it is, into m, which is empty. The
 * caller may write there meanwhile: what is sealed is one thing or the other. 0; -EIO, as above;
 * -ENOTSUP and nothing has changed: it is to be copied, and sealed or not, as others.
 */
int tx_record_make_from(struct session_shared *sh, struct tx_tls *tls, struct rte_mbuf *m,
			const struct iov_iter *src, uint32_t len, uint32_t pad_len);

#endif
