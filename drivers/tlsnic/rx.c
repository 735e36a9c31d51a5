/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/rx.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

int
nic_rx_init(struct nic_rx *rx, const struct record_suite *s, const uint8_t *key,
	    const uint8_t iv[RECORD_NONCE_LEN])
{
	memset(rx, 0, sizeof(*rx));
	rx_track_init(&rx->track, s);
	memcpy(rx->iv, iv, sizeof(rx->iv));
	rx->work = nic_aead_create(false, s, key);
	rx->undo = nic_aead_create(false, s, key);
	if (rx->work == NULL || rx->undo == NULL) {
		nic_rx_fini(rx);
		return -ENOMEM;
	}
	return 0;
}

void
nic_rx_start(struct nic_rx *rx, uint32_t seq, uint64_t rec_no)
{
	rx_track_start(&rx->track, seq, rec_no);
}

static int
begin_record(struct nic_rx *rx)
{
	const struct rx_track *t = &rx->track;
	uint8_t nonce[RECORD_NONCE_LEN], aad[RECORD_AAD_MAX];
	uint32_t aad_len = record_aad(t->suite, t->hdr, t->rec_no, aad);

	/* Without an explicit nonce the IV as installed is that of record 0. */
	record_nonce(t->suite, rx->iv, t->rec_no, nonce);
	return nic_aead_begin(rx->work, nonce, aad, aad_len);
}

static int
open_stretch(struct nic_rx *rx, const struct rx_stretch *s, const uint8_t *in, uint8_t *out)
{
	if (s->error != 0)
		return s->error;
	switch (s->kind) {
	case RX_TRACK_BODY:
		return nic_aead_update(rx->work, in, out, s->len);
	case RX_TRACK_HEADER:
		memcpy(out, in, s->len);
		return s->ends ? begin_record(rx) : 0;
	case RX_TRACK_TAG:
		memcpy(out, in, s->len);
		memcpy(rx->tag + s->off, in, s->len);
		return s->ends ? nic_aead_verify(rx->work, rx->tag) : 0;
	case RX_TRACK_IDLE:
	case RX_TRACK_LOST:
		break;
	}
	return -EINVAL;
}

static int
open_bytes(struct nic_rx *rx, const uint8_t *in, uint32_t len, uint8_t *out)
{
	for (uint32_t done = 0; done < len;) {
		struct rx_stretch s = rx_track_step(&rx->track, in + done, len - done);
		int rc = open_stretch(rx, &s, in + done, out + done);

		if (rc != 0)
			return rc;
		done += s.len;
	}
	return 0;
}

static void
swap_aeads(struct nic_rx *rx)
{
	struct nic_aead *work = rx->work;

	rx->work = rx->undo;
	rx->undo = work;
}

enum nic_rx_verdict
nic_rx_packet(struct nic_rx *rx, uint32_t seq, const uint8_t *payload, uint32_t len, uint8_t *out)
{
	const struct rx_track before = rx->track;
	uint8_t tag[RECORD_TAG_LEN];
	enum rx_track_take take;
	uint32_t skip;
	bool copied;

	take = rx_track_take(&rx->track, seq, len, &skip);
	switch (take) {
	case RX_TAKE_NONE:
		return NIC_RX_UNTOUCHED;
	case RX_TAKE_LOST:
		return NIC_RX_LOST;
	case RX_TAKE_ALL:
	case RX_TAKE_TAIL:
		break;
	}

	/*
	 * A packet that stays inside a record cannot fail, and between two records there is no
	 * state to go back to.
	 */
	copied = rx_track_ends_by(&before, seq, len);
	memcpy(tag, rx->tag, sizeof(tag));
	if (copied && nic_aead_copy(rx->undo, rx->work) != 0) {
		rx->track = before;
		return NIC_RX_ERROR;
	}
	if (open_bytes(rx, payload + skip, len - skip, out) != 0) {
		if (copied)
			swap_aeads(rx);
		rx->track = before;
		memcpy(rx->tag, tag, sizeof(tag));
		return NIC_RX_ERROR;
	}
	return take == RX_TAKE_ALL ? NIC_RX_OPENED : NIC_RX_UNTOUCHED;
}

void
nic_rx_fini(struct nic_rx *rx)
{
	nic_aead_destroy(rx->work);
	nic_aead_destroy(rx->undo);
	OPENSSL_cleanse(rx, sizeof(*rx));
}
