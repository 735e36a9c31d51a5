/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/tx_record.h"

#include <errno.h>

#include "buf/sendq.h"
#include "session/sealing.h"

enum {
	DIRECT_PIECES = 8,
};

/* What stands behind the plaintext of data that is sealed out of the caller's memory. */
static const uint8_t data_tail[1 + RECORD_PLAIN_MAX] = { RECORD_DATA };

static void
count_record(struct session_tx_count *c, uint32_t plain_len, bool to_device)
{
	c->records++;
	c->record_bytes += plain_len;
	c->device_records += to_device;
}

/* For a device src is what lies in m. */
static int
make(struct session_shared *sh, struct tx_tls *tls, struct rte_mbuf *m, uint8_t type,
     uint32_t pad_len, const struct iovec *src, uint16_t src_cnt)
{
	struct session_epoch *e = tls->epochs.now;
	bool to_device = epoch_in_nic(&e->core);
	uint32_t plain_len = m->data_len;
	struct txmap_rec *rec = sendq_rec(m);
	struct sealing w = {
		.epoch = e,
		.rec_no = e->tx.rec_no,
		.inner_len = plain_len + e->suite->inner_type_len + pad_len,
		.src = src,
		.src_cnt = src_cnt,
	};

	sealing_frame(e->suite, m, type, pad_len);
	w.dst = rte_pktmbuf_mtod(m, uint8_t *);
	/* The device finds it there. */
	if (to_device)
		sealing_explicit_nonce(e, w.rec_no, w.dst);
	else if (sealing_process(&w) != 0)
		return -EIO;
	rec->type = type;
	rec->rec_no = w.rec_no;
	rec->epoch = to_device ? &e->core : NULL;
	e->tx.rec_no++;
	e->tx.records++;
	count_record(&tls->count, plain_len, to_device);
	count_record(&sh->tx_total, plain_len, to_device);
	return 0;
}

int
tx_record_make(struct session_shared *sh, struct tx_tls *tls, struct rte_mbuf *m, uint8_t type,
	       uint32_t pad_len)
{
	const struct iovec inner = {
		.iov_base = rte_pktmbuf_mtod(m, uint8_t *),
		.iov_len = m->data_len + tls->epochs.now->suite->inner_type_len + pad_len,
	};

	return make(sh, tls, m, type, pad_len, &inner, 1);
}

int
tx_record_make_from(struct session_shared *sh, struct tx_tls *tls, struct rte_mbuf *m,
		    const struct iov_iter *src, uint32_t len, uint32_t pad_len)
{
	struct iovec inner[DIRECT_PIECES + 1];
	const struct session_epoch *e = tls->epochs.now;
	uint16_t cnt;

	if (epoch_in_nic(&e->core) || len < TX_RECORD_DIRECT_MIN ||
	    len + pad_len > buf_record_room(m))
		return -ENOTSUP;
	cnt = iov_iter_iov(src, len, inner, DIRECT_PIECES);
	if (cnt == 0)
		return -ENOTSUP;
	if (e->suite->inner_type_len != 0)
		inner[cnt++] = (struct iovec){ .iov_base = (void *)(uintptr_t)data_tail,
					       .iov_len = 1 + pad_len };
	m->data_len = (uint16_t)len;
	return make(sh, tls, m, RECORD_DATA, pad_len, inner, cnt);
}
