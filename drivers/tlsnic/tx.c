/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include "tlsnic/tx.h"

/* Beyond this distance a sequence number is not compared with the start any more. */
#define FAR (UINT32_C(1) << 30)

enum part {
	PART_PREFIX, /* header and explicit nonce, which go as the host has written them */
	PART_BODY,
	PART_TAG,
};

/* What the next bytes are, and how many of len are of that part. */
static enum part
place_part(const struct nic_tx_place *p, const struct record_suite *s, uint32_t *len)
{
	enum part part = PART_TAG;
	uint32_t end = p->len;

	if (p->pos < record_prefix_len(s)) {
		part = PART_PREFIX;
		end = record_prefix_len(s);
	} else if (p->pos < p->len - RECORD_TAG_LEN) {
		part = PART_BODY;
		end = p->len - RECORD_TAG_LEN;
	}
	*len = RTE_MIN(*len, end - p->pos);
	return part;
}

static int
read_prefix(struct nic_tx_place *p, const struct record_suite *s)
{
	struct record_header h = record_header_read(p->prefix);

	if (record_header_check(s, &h) != 0)
		return -EINVAL;
	p->len = RECORD_HDR_LEN + (uint32_t)h.body_len;
	if (p->expected != 0 && p->expected != p->len)
		return -ESTALE;
	p->expected = 0;
	return 0;
}

/* Over len bytes of one part. 0; -EINVAL: no header; -ESTALE: not of the length expected. */
static int
place_advance(struct nic_tx_place *p, const struct record_suite *s, enum part part,
	      const uint8_t *in, uint32_t len)
{
	if (part == PART_PREFIX)
		memcpy(p->prefix + p->pos, in, len);
	p->pos += len;
	p->seq += len;
	if (part == PART_PREFIX)
		return p->pos == record_prefix_len(s) ? read_prefix(p, s) : 0;
	if (p->pos == p->len) {
		p->pos = 0;
		p->rec_no++;
	}
	return 0;
}

/* Over len bytes of a chain, for a look at its headers. -ESTALE too: the chain is shorter. */
static int
place_walk(struct nic_tx_place *p, const struct record_suite *s, struct cursor c, uint32_t len)
{
	int rc = 0;

	while (len > 0 && rc == 0) {
		uint32_t n = len;
		enum part part = place_part(p, s, &n);
		const uint8_t *in = cursor_read(&c, &n);

		if (in == NULL)
			return -ESTALE;
		rc = place_advance(p, s, part, in, n);
		len -= n;
	}
	return rc;
}

int
nic_tx_init(struct nic_tx *tx, const struct record_suite *s, const uint8_t *key,
	    const uint8_t iv[RECORD_NONCE_LEN])
{
	*tx = (struct nic_tx){ .suite = s };
	memcpy(tx->iv, iv, sizeof(tx->iv));
	for (int i = 0; i < 2; i++) {
		tx->state[i].aead = nic_aead_create(true, s, key);
		if (tx->state[i].aead == NULL) {
			nic_tx_fini(tx);
			return -ENOMEM;
		}
	}
	return 0;
}

void
nic_tx_fini(struct nic_tx *tx)
{
	nic_aead_destroy(tx->state[0].aead);
	nic_aead_destroy(tx->state[1].aead);
	OPENSSL_cleanse(tx, sizeof(*tx));
}

void
nic_tx_resync(struct nic_tx *tx, uint32_t seq, uint64_t rec_no)
{
	tx->state[tx->cur].at = (struct nic_tx_place){ .rec_no = rec_no, .seq = seq };
	tx->in_step = true;
	tx->asked = false;
}

void
nic_tx_start(struct nic_tx *tx, uint32_t seq, uint64_t rec_no)
{
	tx->start_seq = seq;
	nic_tx_resync(tx, seq, rec_no);
}

bool
nic_tx_misses(struct nic_tx *tx, uint32_t seq)
{
	if (tx->in_step && (int32_t)(seq - nic_tx_expected(tx)) < 0)
		return false;
	tx->in_step = false;
	return true;
}

/* Where the metadata say that the packet's first sealed byte, at seq, lies. */
static int
plan_rebuild(const struct nic_tx *tx, const struct rtls_tls_tx_meta *meta, uint32_t seq,
	     struct nic_tx_job *job, struct nic_tx_place *at)
{
	if (meta->rec_tcp_seq + meta->before_len != seq || meta->before_len >= meta->rec_len)
		return -ESTALE;
	job->from = (struct nic_tx_place){
		.rec_no = meta->rec_no,
		.seq = meta->rec_tcp_seq,
		.expected = meta->rec_len,
	};
	*at = job->from;
	return place_walk(at, tx->suite, cursor_at(meta->before, 0), meta->before_len);
}

uint32_t
nic_tx_in_front(const struct nic_tx *tx, uint32_t seq, uint32_t len)
{
	uint32_t in_front = tx->start_seq - seq;

	return tx->start_is_far || in_front >= UINT32_C(1) << 31 ? 0 : RTE_MIN(in_front, len);
}

enum nic_tx_plan
nic_tx_plan(const struct nic_tx *tx, enum rtls_tls_tx_method method, const struct rte_mbuf *m,
	    const struct frame *f, const struct rtls_tls_tx_meta *meta, struct nic_tx_job *job)
{
	struct nic_tx_place at = tx->state[tx->cur].at;
	uint32_t in_front = nic_tx_in_front(tx, f->seq, f->pay_len);

	*job = (struct nic_tx_job){ .in_order = true, .meta = meta };
	if (in_front > 0)
		return in_front == f->pay_len ? NIC_PLAN_CLEAR : NIC_PLAN_BYPASS;
	job->in_order = tx->in_step && f->seq == at.seq;
	if (!job->in_order &&
	    (method == RTLS_TLS_TX_NEXT_RECORD || plan_rebuild(tx, meta, f->seq, job, &at) != 0))
		return NIC_PLAN_NO_SYNC;
	switch (place_walk(&at, tx->suite, cursor_at(m, f->pay_off), f->pay_len)) {
	case 0:
		return NIC_PLAN_SEAL;
	case -ESTALE:
		return NIC_PLAN_NO_SYNC;
	}
	return NIC_PLAN_BAD_HEADER;
}

static int
begin_record(const struct nic_tx *tx, struct nic_tx_state *st)
{
	uint8_t nonce[RECORD_NONCE_LEN], aad[RECORD_AAD_MAX];
	uint32_t aad_len = record_aad(tx->suite, st->at.prefix, st->at.rec_no, aad);
	uint32_t inner_len = record_inner_len(tx->suite, st->at.len - RECORD_HDR_LEN);

	/* An explicit nonce is the host's choice: it stands there. */
	record_nonce_received(tx->suite, tx->iv, st->at.rec_no, st->at.prefix + RECORD_HDR_LEN,
			      nonce);
	return nic_aead_begin(st->aead, nonce, aad, aad_len, inner_len);
}

/* len bytes of one part. */
static int
seal_part(const struct nic_tx *tx, struct nic_tx_state *st, enum part part, const uint8_t *in,
	  uint8_t *out, uint32_t len)
{
	uint32_t tag_pos = st->at.len - RECORD_TAG_LEN;
	int rc = 0;

	switch (part) {
	case PART_PREFIX:
		memcpy(out, in, len);
		break;
	case PART_BODY:
		rc = nic_aead_update(st->aead, in, out, len);
		break;
	case PART_TAG:
		if (st->at.pos == tag_pos)
			rc = nic_aead_tag(st->aead, st->tag);
		memcpy(out, st->tag + (st->at.pos - tag_pos), len);
		break;
	}
	if (rc == 0)
		rc = place_advance(&st->at, tx->suite, part, in, len);
	if (rc == 0 && part == PART_PREFIX && st->at.pos == record_prefix_len(tx->suite))
		rc = begin_record(tx, st);
	return rc;
}

static int
seal(const struct nic_tx *tx, struct nic_tx_state *st, const uint8_t *in, uint8_t *out,
     uint32_t len)
{
	int rc = 0;

	while (len > 0 && rc == 0) {
		uint32_t n = len;
		enum part part = place_part(&st->at, tx->suite, &n);

		rc = seal_part(tx, st, part, in, out, n);
		in += n;
		out += n;
		len -= n;
	}
	return rc;
}

static struct nic_tx_state *
state_for(struct nic_tx *tx, const struct nic_tx_job *job)
{
	return &tx->state[job->in_order ? tx->cur : !tx->cur];
}

int
nic_tx_begin(struct nic_tx *tx, const struct nic_tx_job *job, uint8_t *scratch)
{
	struct nic_tx_state *st = state_for(tx, job);
	struct cursor c = cursor_at(job->meta->before, 0);
	uint32_t left = job->meta->before_len;
	int rc = 0;

	if (job->in_order)
		return 0;
	st->at = job->from;
	while (left > 0 && rc == 0) {
		uint32_t n = left;
		const uint8_t *in = cursor_read(&c, &n);

		rc = seal(tx, st, in, scratch, n);
		left -= n;
	}
	return rc;
}

int
nic_tx_seal(struct nic_tx *tx, const struct nic_tx_job *job, const uint8_t *in, uint8_t *out,
	    uint32_t len)
{
	return seal(tx, state_for(tx, job), in, out, len);
}

/*
 * Is the place behind the packet that was built anew beyond the one in force? To return from there
 * would be to wait for bytes that may have come by already, until sequence numbers come round.
 */
static bool
went_beyond(const struct nic_tx *tx)
{
	return (int32_t)(tx->state[!tx->cur].at.seq - tx->state[tx->cur].at.seq) > 0;
}

void
nic_tx_end(struct nic_tx *tx, const struct nic_tx_job *job, enum rtls_tls_tx_after after, bool ok)
{
	if (job->in_order) {
		tx->in_step = ok;
	} else if (ok && (after == RTLS_TLS_TX_STAYS || !tx->in_step || went_beyond(tx))) {
		tx->cur = !tx->cur;
		tx->in_step = true;
	}
	if (tx->state[tx->cur].at.seq - tx->start_seq > FAR)
		tx->start_is_far = true;
}
