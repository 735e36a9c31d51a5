/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/rx_record.h"

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "buf/wipe.h"

static uint8_t *
own_bytes(const struct rx_record *o)
{
	return rte_pktmbuf_mtod(o->own, uint8_t *);
}

/* The source ends with the tag: takes it off there. */
static void
cut_tag(struct rx_record *o)
{
	uint32_t left = RECORD_TAG_LEN, n;
	struct iovec *last;

	do {
		last = &o->src[o->job.src_cnt - 1];
		n = (uint32_t)RTE_MIN((size_t)left, last->iov_len);
		last->iov_len -= n;
		left -= n;
		memcpy(o->job.tag + left, (const uint8_t *)last->iov_base + last->iov_len, n);
		if (last->iov_len == 0)
			o->job.src_cnt--;
	} while (left > 0);
}

/* Can the inner bytes be read where they lie? Otherwise they are gathered first. */
static bool
set_source(struct rx_record *o, const struct session_rx *rx)
{
	uint32_t skip = record_prefix_len(rx->tls->suite);

	if (o->found == RX_FOUND_OPENED)
		return true;
	o->job.src = o->src;
	o->job.src_cnt = recvq_iov(rx->q, skip, o->inner_len + RECORD_TAG_LEN, o->src,
				   RX_RECORD_IOV_MAX);
	if (o->job.src_cnt == 0) {
		recvq_peek(rx->q, skip + o->inner_len, o->job.tag, RECORD_TAG_LEN);
		return false;
	}
	cut_tag(o);
	return true;
}

/* Into the program's buffers, the type byte behind the rest; beside them if that is the last one. */
static bool
set_direct(struct rx_record *o, const struct session_rx *rx, const struct iov_iter *out)
{
	uint32_t plain_max = o->inner_len - rx->tls->suite->inner_type_len;
	uint32_t here = (uint32_t)RTE_MIN((size_t)o->inner_len, out->left);

	if (plain_max > out->left)
		return false;
	o->job.dst_cnt = iov_iter_iov(out, here, o->dst, RX_RECORD_IOV_MAX);
	if (o->job.dst_cnt == 0 && here > 0)
		return false;
	if (here < o->inner_len)
		o->dst[o->job.dst_cnt++] = (struct iovec){ .iov_base = &o->last, .iov_len = 1 };
	return true;
}

bool
rx_record_set(struct rx_record *o, const struct session_rx *rx, const struct iov_iter *out)
{
	const struct framed *rec = framer_head(&rx->tls->framer);
	const struct record_suite *s = rx->tls->suite;

	o->found = (enum rx_found)rec->class;
	o->own = NULL;
	o->type = rec->type;
	o->inner_len = record_inner_len(s, rec->body_len);
	o->in_own = !set_source(o, rx);
	o->job.dst = o->dst;
	o->direct = out != NULL && !o->in_own && set_direct(o, rx, out);
	if (o->found != RX_FOUND_OPENED)
		rx_record_as(o, rx, rx->tls->epochs.now, session_rx_rec_no(rx));
	return o->direct;
}

void
rx_record_as(struct rx_record *o, const struct session_rx *rx, const struct session_epoch *e,
	     uint64_t rec_no)
{
	const struct record_suite *s = rx->tls->suite;
	uint8_t explicit_nonce[RECORD_NONCE_LEN], hdr[RECORD_HDR_LEN];

	if (s->explicit_nonce_len != 0)
		recvq_peek(rx->q, RECORD_HDR_LEN, explicit_nonce, s->explicit_nonce_len);
	record_nonce_received(s, e->iv, rec_no, explicit_nonce, o->job.nonce);
	framed_header(framer_head(&rx->tls->framer), hdr);
	o->job.aad_len = (uint8_t)record_aad(s, hdr, rec_no, o->job.aad);
	o->job.key = e->key;
}

void
rx_record_own(struct rx_record *o, const struct session_rx *rx, struct rte_mbuf *own)
{
	o->own = own;
	o->dst[0] = (struct iovec){ .iov_base = own_bytes(o), .iov_len = o->inner_len };
	o->job.dst_cnt = 1;
	if (!o->in_own)
		return;
	recvq_peek(rx->q, record_prefix_len(rx->tls->suite), own_bytes(o), o->inner_len);
	o->src[0] = o->dst[0];
	o->job.src_cnt = 1;
}

/*
 * RFC 8446 5.4: the type is the last byte that is not zero; what is behind it is
 * padding. False when there is none. It may lie in the program's buffer, where nothing but
 * zeros stays behind the plaintext.
 */
static bool
find_type(struct rx_record *o)
{
	uint32_t len = o->inner_len;
	uint16_t i = o->job.dst_cnt;
	uint8_t *base;
	size_t n;

	while (i-- > 0) {
		base = o->dst[i].iov_base;
		for (n = o->dst[i].iov_len; n > 0; n--) {
			len--;
			if (base[n - 1] != 0) {
				o->type = base[n - 1];
				base[n - 1] = 0;
				o->plain_len = len;
				return true;
			}
		}
	}
	return false;
}

/* A device has opened it, and vouches for it. */
static void
copy_opened(struct rx_record *o, const struct session_rx *rx)
{
	uint32_t skip = record_prefix_len(rx->tls->suite);
	uint16_t i;

	for (i = 0; i < o->job.dst_cnt; i++) {
		recvq_peek(rx->q, skip, o->dst[i].iov_base, (uint32_t)o->dst[i].iov_len);
		skip += (uint32_t)o->dst[i].iov_len;
	}
	o->job.status = 0;
}

int
rx_record_open(struct rx_record *o, const struct session_rx *rx)
{
	if (o->found == RX_FOUND_OPENED)
		copy_opened(o, rx);
	else
		crypto_process(CRYPTO_OPEN, &o->job);
	if (o->job.status != 0) {
		/* The provider has wiped. That nothing unverified is seen is not left to it. */
		rx_record_wipe(o);
		return o->job.status == -EBADMSG ? -EBADMSG : -EIO;
	}
	o->plain_len = o->inner_len;
	if (rx->tls->suite->inner_type_len != 0 && !find_type(o))
		return -ENODATA;
	return 0;
}

void
rx_record_withdraw(struct rx_record *o, struct rte_mbuf *own)
{
	uint32_t left = o->plain_len, n;
	uint8_t *at;
	uint16_t i;

	o->own = own;
	at = own_bytes(o);
	for (i = 0; left > 0; i++) {
		n = (uint32_t)RTE_MIN((size_t)left, o->dst[i].iov_len);
		memcpy(at, o->dst[i].iov_base, n);
		at += n;
		left -= n;
	}
	rx_record_wipe(o);
	o->direct = false;
	o->dst[0] = (struct iovec){ .iov_base = own_bytes(o), .iov_len = o->plain_len };
	o->job.dst_cnt = 1;
}

const uint8_t *
rx_record_content(const struct rx_record *o, uint32_t at, uint32_t *len)
{
	uint16_t i = 0;

	while (at >= o->dst[i].iov_len)
		at -= (uint32_t)o->dst[i++].iov_len;
	*len = (uint32_t)o->dst[i].iov_len - at;
	return (const uint8_t *)o->dst[i].iov_base + at;
}

void
rx_record_wipe(struct rx_record *o)
{
	uint16_t i;

	for (i = 0; i < o->job.dst_cnt; i++)
		buf_wipe(o->dst[i].iov_base, o->dst[i].iov_len);
}
