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
	rx_scan_init(&rx->scan, s);
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
	rx->end = rx->known = seq;
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
	rx->is_off = rx->begins_off != 0;
	nonce[RECORD_NONCE_LEN - 1] ^= (uint8_t)rx->begins_off;
	return nic_aead_begin(rx->work, nonce, aad, aad_len, inner_len);
}

/* All of a record has come. */
static int
end_record(struct nic_rx *rx)
{
	int rc = rx->unverified || rx->believes || rx->is_off ? 0 :
								nic_aead_verify(rx->work, rx->tag);

	if (rx->refuses)
		rc = -EBADMSG;
	if (rc == 0)
		rx->known = rx->track.expected;
	if (rc == 0 || !rx->keeps)
		return rc;
	/* Led on by records that are not, what is known must not come to look like a place ahead. */
	if (rx->track.expected - rx->known > 2 * RX_TRACK_WINDOW)
		rx->known = rx->track.expected - 2 * RX_TRACK_WINDOW;
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
	case RX_TRACK_GONE:
	case RX_TRACK_LOST:
		break;
	}
	return -EINVAL;
}

static int
open_bytes(struct nic_rx *rx, const uint8_t *in, uint32_t len, uint8_t *out)
{
	rx->text.len = 0;
	for (uint32_t done = 0; done < len;) {
		struct rx_stretch s = rx_track_step(&rx->track, in + done, len - done);
		int rc = open_stretch(rx, &s, in + done, out + done);

		if (s.kind == RX_TRACK_BODY && rx->text.len == 0)
			rx->text = (struct nic_rx_text){ done, s.len, rx->track.rec_no };
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
	bool is_off;
};

static struct before
remember(const struct nic_rx *rx)
{
	struct before b = {
		.track = rx->track,
		.run = rx->run,
		.next_run = rx->next_run,
		.run_len = rx->run_len,
		.is_off = rx->is_off,
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
	rx->is_off = b->is_off;
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
	rx_scan_end(&rx->scan);
	return NIC_RX_NO_RUN;
}

/* A packet that the track has no use for. While headers are followed, none is missed. */
static enum nic_rx_verdict
pass_by(struct nic_rx *rx, enum rx_track_take take, uint32_t seq, const uint8_t *payload,
	uint32_t len)
{
	if (!rx->scans || len == 0 || (take != RX_TAKE_FAR && rx->scan.state == RX_SCAN_SEARCHING))
		return NIC_RX_UNTOUCHED;
	switch (rx_scan_packet(&rx->scan, seq, rx->sees != NULL ? rx->sees : payload, len)) {
	case RX_SCAN_ASKS:
		return NIC_RX_ASKS;
	case RX_SCAN_DROPS:
		return NIC_RX_ASKS_NOT;
	case RX_SCAN_SAME:
		break;
	}
	return NIC_RX_UNTOUCHED;
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
	struct rx_track at;
	enum rx_track_take take;
	uint32_t skip;
	bool copied;

	rx->end = seq + len;
	take = rx_track_take(&rx->track, seq, len, &skip);
	if (take == RX_TAKE_NONE || take == RX_TAKE_FAR)
		return pass_by(rx, take, seq, payload, len);
	if (take == RX_TAKE_JUMP && !begin_run(rx))
		return lose(rx);
	at = rx->track; /* a jump has moved it */

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
	if (skip != 0)
		return NIC_RX_UNTOUCHED;
	report(rx, at, payload, len, mark);
	return rx->failed || rx->unverified ? NIC_RX_FAILED : NIC_RX_OPENED;
}

/* Are both the same, or is b in front of a? */
static bool
not_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) >= 0;
}

/* Has a device at place a come to b, or beyond it, and not left b more than a window behind? */
static bool
has_come_to(uint32_t a, uint32_t b)
{
	return a - b < RX_TRACK_WINDOW;
}

/* Has the device taken bytes of the record rec_no, at seq, and none behind it? */
static bool
is_in(const struct nic_rx *rx, uint32_t seq, uint64_t rec_no)
{
	struct rx_place p;

	if (!rx_track_has_place(&rx->track))
		return false;
	p = rx_track_place(&rx->track);
	return p.off != 0 && rx->track.expected - p.off == seq && p.rec_no == rec_no;
}

/* Is the record rec_no, at seq, the next one that begins, whatever is missing of the one in front of it? */
static bool
stands_at(const struct nic_rx *rx, uint32_t seq, uint64_t rec_no)
{
	const struct rx_track *t = &rx->track;
	struct rx_place p;

	if (!rx_track_has_place(t))
		return false;
	p = rx_track_place(t);
	if (p.off == 0)
		return t->expected == seq && p.rec_no == rec_no;
	return p.len != 0 && t->expected - p.off + p.len == seq && p.rec_no + 1 == rec_no;
}

/* Place and run are others from now on. */
static enum nic_rx_resync
move(struct nic_rx *rx, uint32_t seq, uint64_t rec_no)
{
	if (!begin_run(rx)) {
		lose(rx);
		return NIC_RX_RESYNC_NO_RUN;
	}
	rx_track_start(&rx->track, seq, rec_no);
	rx->known = seq;
	return NIC_RX_RESYNC_TAKEN;
}

/* Nobody asked: it may be known already, or late. What has gone by changes nothing. */
static enum nic_rx_resync
take_hint(struct nic_rx *rx, uint32_t seq, uint64_t rec_no)
{
	if (!not_before(seq, rx->end))
		return NIC_RX_RESYNC_SKIPPED;
	rx_scan_end(&rx->scan);
	return stands_at(rx, seq, rec_no) ? NIC_RX_RESYNC_TAKEN : move(rx, seq, rec_no);
}

/*
 * Has the track come into what s asks about by records that are authentic, or beyond the header that is to be the
 * next one, as what was missing came late? It is better off where it is then: what was followed may be another's.
 * Right in front of what is asked about it is not: whoever answers has its header, so that has gone by.
 */
static bool
is_ahead_of(const struct nic_rx *rx, const struct rx_scan *s)
{
	return rx_track_has_place(&rx->track) &&
	       ((has_come_to(rx->known, s->asked) && rx->track.expected != s->asked) ||
		has_come_to(rx->track.expected, s->next + s->got + 1));
}

/* The record that was asked about is rec_no. The bytes of the next header that were kept have gone by. */
static enum nic_rx_resync
take_answer(struct nic_rx *rx, uint64_t rec_no)
{
	struct rx_scan s = rx->scan;
	uint64_t next_no = rec_no + rx_scan_ahead(&s);
	enum nic_rx_resync rc;

	rx_scan_end(&rx->scan);
	if (is_in(rx, s.asked, rec_no) || stands_at(rx, s.next, next_no))
		return NIC_RX_RESYNC_TAKEN;
	if (is_ahead_of(rx, &s))
		return NIC_RX_RESYNC_SKIPPED;
	rc = move(rx, s.next, next_no);
	if (rc == NIC_RX_RESYNC_TAKEN && s.got != 0)
		(void)rx_track_step(&rx->track, s.hdr, s.got);
	return rc;
}

enum nic_rx_resync
nic_rx_resync(struct nic_rx *rx, uint32_t seq, uint64_t rec_no)
{
	if (rx->track.state == RX_TRACK_IDLE || rx->track.state == RX_TRACK_LOST)
		return NIC_RX_RESYNC_SKIPPED;
	return rx_scan_asks_about(&rx->scan, seq) ? take_answer(rx, rec_no) :
						    take_hint(rx, seq, rec_no);
}

void
nic_rx_fini(struct nic_rx *rx)
{
	nic_aead_destroy(rx->work);
	nic_aead_destroy(rx->undo);
	OPENSSL_cleanse(rx, sizeof(*rx));
}
