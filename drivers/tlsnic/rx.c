/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/rx.h"

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

int
nic_rx_init(struct nic_rx *rx, const struct record_suite *s, const uint8_t *key,
	    const uint8_t iv[RECORD_NONCE_LEN], uint16_t first_run)
{
	memset(rx, 0, sizeof(*rx));
	rx_track_init(&rx->track, s);
	rx->next_run = first_run;
	rx->run_max = UINT32_C(1) << 31;
	memcpy(rx->iv, iv, sizeof(rx->iv));
	rx->work = nic_aead_create(false, s, key);
	rx->undo = nic_aead_create(false, s, key);
	if (rx->work == NULL || rx->undo == NULL) {
		nic_rx_fini(rx);
		return -ENOMEM;
	}
	return 0;
}

static bool
begin_run(struct nic_rx *rx)
{
	if (rx->next_run > UINT16_MAX)
		return false;
	rx->run = (uint16_t)rx->next_run++;
	rx->run_len = 0;
	return true;
}

void
nic_rx_start(struct nic_rx *rx, uint32_t seq, uint64_t rec_no)
{
	(void)begin_run(rx); /* there is one: the caller's word */
	rx_track_start(&rx->track, seq, rec_no);
}

static int
begin_record(struct nic_rx *rx)
{
	const struct rx_track *t = &rx->track;
	uint8_t nonce[RECORD_NONCE_LEN], aad[RECORD_AAD_MAX];
	uint32_t aad_len = record_aad(t->suite, t->hdr, t->rec_no, aad);
	uint32_t inner_len = record_inner_len(t->suite, record_header_read(t->hdr).body_len);

	/* Without an explicit nonce the IV as installed is that of record 0; with one it is the peer's. */
	record_nonce_received(t->suite, rx->iv, t->rec_no, t->hdr + RECORD_HDR_LEN, nonce);
	return nic_aead_begin(rx->work, nonce, aad, aad_len, inner_len);
}

/* All of a record has come. */
static int
end_record(struct nic_rx *rx)
{
	int rc = rx->unverified ? 0 : nic_aead_verify(rx->work, rx->tag);

	if (rc == 0 || !rx->keeps)
		return rc;
	rx->failed = true;
	return 0;
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
		return s->ends ? end_record(rx) : 0;
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

/* What a packet changes, the AEAD apart. */
struct before {
	struct rx_track track;
	uint8_t tag[RECORD_TAG_LEN];
	uint16_t run;
	uint32_t next_run;
	uint32_t run_len;
};

static struct before
remember(const struct nic_rx *rx)
{
	struct before b = {
		.track = rx->track, .run = rx->run, .next_run = rx->next_run, .run_len = rx->run_len
	};

	memcpy(b.tag, rx->tag, sizeof(b.tag));
	return b;
}

/* As if the packet had not come; its run, if it began one, was told to nobody. */
static void
restore(struct nic_rx *rx, const struct before *b)
{
	rx->track = b->track;
	rx->run = b->run;
	rx->next_run = b->next_run;
	rx->run_len = b->run_len;
	memcpy(rx->tag, b->tag, sizeof(rx->tag));
}

/*
 * Does the run end with the record that ended last? Whoever leads the device around all sequence
 * numbers, by records that are not authentic and stay transformed, must not come back in the same run.
 */
static bool
run_ends(struct nic_rx *rx, const struct before *b, uint32_t len)
{
	rx->run_len += len;
	return rx->run_len > rx->run_max && rx->track.rec_no != b->track.rec_no;
}

static enum nic_rx_verdict
lose(struct nic_rx *rx)
{
	rx_track_lose(&rx->track);
	return NIC_RX_NO_RUN;
}

/* t: where the device was in front of the packet, whose first byte was the expected one. */
static void
report(const struct nic_rx *rx, struct rx_track t, const uint8_t *payload, uint32_t len,
       struct rtls_tls_rx_mark *mark)
{
	struct rx_place p = rx_track_place(&t);

	*mark = (struct rtls_tls_rx_mark){
		.run = rx->run,
		.rec_no = (uint32_t)p.rec_no,
		.rec_off = (uint16_t)p.off,
	};
	/* The packet may complete the header. */
	if (p.len == 0) {
		(void)rx_track_step(&t, payload, len);
		p = rx_track_place(&t);
	}
	mark->rec_len = (uint16_t)p.len;
	if (p.len != 0)
		memcpy(mark->explicit_nonce, t.hdr + RECORD_HDR_LEN, t.suite->explicit_nonce_len);
}

enum nic_rx_verdict
nic_rx_packet(struct nic_rx *rx, uint32_t seq, const uint8_t *payload, uint32_t len, uint8_t *out,
	      struct rtls_tls_rx_mark *mark)
{
	const struct before before = remember(rx);
	enum rx_track_take take;
	uint32_t skip;
	bool copied;

	take = rx_track_take(&rx->track, seq, len, &skip);
	if (take == RX_TAKE_NONE)
		return NIC_RX_UNTOUCHED;
	if (take == RX_TAKE_LOST)
		return NIC_RX_LOST;
	if (take == RX_TAKE_JUMP && !begin_run(rx))
		return lose(rx);

	/*
	 * A packet that stays inside a record cannot fail, and between two records there is no
	 * state to go back to.
	 */
	rx->failed = false;
	copied = rx_track_ends_by(&before.track, seq, len);
	if (copied && nic_aead_copy(rx->undo, rx->work) != 0) {
		restore(rx, &before);
		return NIC_RX_ERROR;
	}
	if (open_bytes(rx, payload + skip, len - skip, out) != 0) {
		if (copied)
			swap_aeads(rx);
		restore(rx, &before);
		return NIC_RX_ERROR;
	}
	if (run_ends(rx, &before, len - skip))
		return begin_run(rx) ? NIC_RX_UNTOUCHED : lose(rx);
	/* Of a packet in front of whose bytes a run begins, or some were there before, only a tail. */
	if (take != RX_TAKE_ALL)
		return NIC_RX_UNTOUCHED;
	report(rx, before.track, payload, len, mark);
	return rx->failed || rx->unverified ? NIC_RX_FAILED : NIC_RX_OPENED;
}

void
nic_rx_fini(struct nic_rx *rx)
{
	nic_aead_destroy(rx->work);
	nic_aead_destroy(rx->undo);
	OPENSSL_cleanse(rx, sizeof(*rx));
}
