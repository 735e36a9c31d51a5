/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/rx_head.h"

#include <errno.h>

#include <rte_common.h>

#include "session/rx_marks.h"
#include "session/rx_record.h"

/* RFC 8446 6 */
enum {
	ALERT_LEN = 2,
	ALERT_CLOSE_NOTIFY = 0,
	ALERT_UNEXPECTED_MESSAGE = 10,
	ALERT_BAD_RECORD_MAC = 20,
	ALERT_RECORD_OVERFLOW = 22,
	ALERT_DECODE_ERROR = 50,
	ALERT_INTERNAL_ERROR = 80,
};

/* The framer refused the header. */
static int
fail_header(struct session_rx *rx)
{
	struct record_header h = record_header_read(rx->tls->framer.hdr);

	/* It may be no header since it was put back by a mark that is false. */
	if (rx_marks_contradicted(rx->tls))
		return session_rx_fail(rx, -EBADMSG, RTLS_REASON_DEVICE, ALERT_BAD_RECORD_MAC);
	if (rx->tls->framer.error == -EINVAL)
		return session_rx_fail(rx, -EINVAL, RTLS_REASON_BAD_VERSION,
				       h.version != RECORD_WIRE_VERSION ? ALERT_DECODE_ERROR :
									  ALERT_UNEXPECTED_MESSAGE);
	/* RFC 8446 5.2 names the alert for a record that is too long. */
	return session_rx_fail(rx, rx->tls->framer.error, RTLS_REASON_BAD_LENGTH,
			       h.body_len > rx->tls->suite->body_max ? ALERT_RECORD_OVERFLOW :
								       ALERT_DECODE_ERROR);
}

/* A spare buffer that holds the record. */
static bool
reserve(struct session_rx *rx, struct receipt *r, uint32_t plain_max)
{
	if (r->spare != NULL && buf_record_room(r->spare) >= plain_max)
		return true;
	rte_pktmbuf_free(r->spare);
	/* What is kept for reading is not for what may never be read. */
	r->spare = r->ahead ? buf_record_alloc(rx->tls->shared->bufs, plain_max) :
			      buf_rx_record_alloc(rx->tls->shared->bufs, plain_max);
	if (r->spare == NULL)
		rx->tls->shared->short_len = plain_max;
	return r->spare != NULL;
}

/* Feeds a handshake record, which may lie in several pieces. */
static enum messages_found
find_messages(struct session_rx *rx, const struct rx_record *o)
{
	enum messages_found found = MESSAGES_NOTHING;
	const uint8_t *at;
	uint32_t done, n;

	for (done = 0; done < o->plain_len; done += n) {
		if (found != MESSAGES_NOTHING)
			return MESSAGES_MISALIGNED;
		at = rx_record_content(o, done, &n);
		n = RTE_MIN(n, o->plain_len - done);
		found = messages_input(&rx->tls->messages, at, n);
	}
	return found;
}

static bool
is_close_notify(const struct rx_record *o)
{
	uint32_t n;

	return o->plain_len == ALERT_LEN && *rx_record_content(o, 1, &n) == ALERT_CLOSE_NOTIFY;
}

/* As the socket allows it? */
static enum rtls_end_reason
judge_key_update(struct session_rx *rx)
{
	const uint64_t *now_us = rx->tls->shared->now_us;

	if (rx->key_updates != 0 &&
	    flood_key_update(&rx->tls->flood, now_us != NULL ? *now_us : 0, rx->key_updates))
		return RTLS_REASON_FLOOD;
	return RTLS_REASON_NONE;
}

static enum rtls_end_reason
judge_13(struct session_rx *rx, const struct rx_record *o, enum rx_effect *effect)
{
	/* RFC 8446 5: a protected change_cipher_spec; 5.1: a message is not interrupted by records
	 * of other types. */
	if (o->type == RECORD_CHANGE_CIPHER_SPEC ||
	    (o->type != RECORD_HANDSHAKE && messages_partial(&rx->tls->messages)))
		return RTLS_REASON_BAD_VERSION;
	if (o->type != RECORD_HANDSHAKE)
		return RTLS_REASON_NONE;
	switch (find_messages(rx, o)) {
	case MESSAGES_NOTHING:
		break;
	case MESSAGES_KEY_UPDATE:
		*effect = RX_EFFECT_PAUSE;
		return judge_key_update(rx);
	case MESSAGES_MISALIGNED:
		return RTLS_REASON_BAD_VERSION;
	}
	return RTLS_REASON_NONE;
}

/*
 * What an opened record means to the record layer itself. BAD_VERSION: it may not stand here; FLOOD: it
 * is one too many of its kind.
 */
static enum rtls_end_reason
judge(struct session_rx *rx, const struct rx_record *o, enum rx_effect *effect)
{
	bool tls12 = rx->tls->suite->version != RTLS_TLS_1_3;

	*effect = RX_EFFECT_NONE;
	if (o->plain_len == 0 && !record_may_be_empty(o->type))
		return RTLS_REASON_BAD_VERSION;
	if (o->type == RECORD_ALERT && is_close_notify(o)) {
		*effect = RX_EFFECT_CLOSE;
		return RTLS_REASON_NONE;
	}
	if (flood_record(&rx->tls->flood, o->type, o->plain_len, tls12))
		return RTLS_REASON_FLOOD;
	/* An alert may come at any time. */
	if (tls12 || o->type == RECORD_ALERT)
		return RTLS_REASON_NONE;
	return judge_13(rx, o, effect);
}

static void
count_record(struct session_rx_count *c, const struct rx_record *o, uint32_t wire_len)
{
	c->records++;
	c->record_bytes += o->plain_len;
	c->wire_bytes += wire_len;
	if (rx_found_is_device(o->found)) {
		c->device_records++;
		c->device_bytes += wire_len;
	} else if (o->found >= RX_FOUND_MIXED) {
		c->mixed_records++;
	}
}

/* The record was opened and is good: on to the next one. */
static void
opened(struct session_rx *rx, struct receipt *r, const struct rx_record *o, enum rx_effect effect)
{
	uint32_t wire_len = framed_wire_len(framer_head(&rx->tls->framer));

	count_record(&rx->tls->count, o, wire_len);
	count_record(&rx->tls->shared->rx_total, o, wire_len);
	rx->tls->shared->rx_device_total.found[o->found]++;
	if (rx->tls->device != NULL)
		rx->tls->device->count.found[o->found]++;
	session_rx_consumed(rx);

	/* RFC 8446 5.1 allows it; there is nothing to say about it but its header. */
	if (o->type == RECORD_DATA && o->plain_len == 0 && !receipt_of_empty(r))
		return;
	if (o->direct) {
		iov_iter_skip(&r->out, o->plain_len);
		receipt_describe(r, o->type, wire_len, o->plain_len, true);
		r->control = o->type != RECORD_DATA;
		session_rx_take_effect(rx, effect);
		return;
	}
	r->spare->data_len = (uint16_t)o->plain_len;
	rx_list_put(&rx->tls->list, r->spare,
		    &(struct rx_list_rec){
			    .wire_len = wire_len, .type = o->type, .effect = (uint8_t)effect });
	r->spare = NULL;
}

/*
 * A control record came out in the program's buffers. It may stay there if it is asked for and
 * nothing stands in front of it. -EIO: there is no buffer to move it to, it stays in the queue.
 */
static int
settle_control(struct session_rx *rx, struct receipt *r, struct rx_record *o)
{
	if (!r->data_only && !receipt_begun(r))
		return 0;
	if (!reserve(rx, r, o->plain_len)) {
		rx_record_wipe(o);
		return -EIO;
	}
	rx_record_withdraw(o, r->spare);
	return 0;
}

/*
 * Looking ahead found a record that is bad. It stays in the queue, for a receive to say so: what the
 * program still sends because of the good ones in front of it is not cut short.
 */
static int
leave_to_receive(struct session_rx *rx)
{
	rx->tls->error = -EAGAIN;
	return -EAGAIN;
}

static bool
head_is(const struct session_rx *rx, enum rx_found found)
{
	return framer_head(&rx->tls->framer)->class == found;
}

/* Of what a device has opened some is opened here, too, before anybody reads it. */
static void
audit_head(struct session_rx *rx, uint64_t rec_no)
{
	const struct rx_tls *tls = rx->tls;

	if (head_is(rx, RX_FOUND_OPENED) &&
	    audit_is_due(tls->shared->audit_key, rx->audit_rate, tls->epochs.now, rec_no))
		rx_marks_audit(rx->tls);
}

static void
count_failed_audit(struct rx_tls *tls)
{
	tls->device->count.audits_failed++;
	tls->shared->rx_device_total.audits_failed++;
}

/*
 * Is it the device's doing that the record at the head fails? Whoever is on the path can have a genuine
 * record opened in another one's place, but not one that fails under the number that the device gave it.
 */
static bool
device_is_wrong(struct session_rx *rx, struct receipt *r, uint32_t plain_max)
{
	const struct session_epoch *e;
	struct rx_record o;
	uint64_t rec_no;
	bool wrong;

	if (head_is(rx, RX_FOUND_AUDITED) || rx_marks_contradicted(rx->tls))
		return true;
	e = rx_marks_claim(rx->tls, &rec_no);
	if (e == NULL || !reserve(rx, r, plain_max))
		return false;
	rx_record_set(&o, rx, NULL);
	rx_record_own(&o, rx, r->spare);
	rx_record_as(&o, rx, e, rec_no);
	wrong = rx_record_open(&o, rx) == -EBADMSG;
	rx_record_wipe(&o);
	return wrong;
}

/* What the tag or the type of the record at the head says, once it was tried. */
static int
fail_opening(struct session_rx *rx, struct receipt *r, int rc, uint32_t plain_max)
{
	if (r->ahead)
		return leave_to_receive(rx);
	if (rc == -ENODATA)
		return session_rx_fail(rx, -EBADMSG, RTLS_REASON_BAD_MAC, ALERT_UNEXPECTED_MESSAGE);
	rx->tls->decrypt_errors++;
	if (rc != -EBADMSG)
		return session_rx_fail(rx, -EBADMSG, RTLS_REASON_BAD_MAC, ALERT_INTERNAL_ERROR);
	if (head_is(rx, RX_FOUND_AUDITED))
		count_failed_audit(rx->tls);
	return session_rx_fail(rx, -EBADMSG,
			       device_is_wrong(rx, r, plain_max) ? RTLS_REASON_DEVICE :
								   RTLS_REASON_BAD_MAC,
			       ALERT_BAD_RECORD_MAC);
}

static bool
may_be_direct(const struct session_rx *rx, const struct receipt *r)
{
	return !r->peek && !r->ahead && !(r->data_only && session_rx_control_ahead(rx));
}

/*
 * The record at the head is complete: opens it. 0; -ENOMEM and -EIO, a control record that stays
 * where it is: nothing has changed; or failed.
 */
static int
open_head(struct session_rx *rx, struct receipt *r)
{
	struct rx_record o; /* too large to be zeroed for each record */
	uint32_t inner_len = record_inner_len(rx->tls->suite,
					      framer_head(&rx->tls->framer)->body_len);
	uint32_t plain_max = inner_len - rx->tls->suite->inner_type_len;
	uint64_t rec_no = session_rx_rec_no(rx);
	struct messages messages = rx->tls->messages;
	struct flood flood = rx->tls->flood;
	enum rtls_end_reason wrong;
	enum rx_effect effect;
	int rc;

	if (r->ahead && (plain_max > rx->limit || rec_no == UINT64_MAX))
		return leave_to_receive(rx);
	/* RFC 8446 5.4 and RFC 8449 4: padding counts; 5.2 leaves room for other expansion than we
	 * know. */
	if (plain_max > rx->limit)
		return session_rx_fail(rx, -EMSGSIZE, RTLS_REASON_BAD_LENGTH,
				       ALERT_RECORD_OVERFLOW);
	/* RFC 8446 5.3: numbers do not wrap. As when sending, the last one is never used. */
	if (rec_no == UINT64_MAX)
		return session_rx_fail(rx, -EBADMSG, RTLS_REASON_BAD_MAC, ALERT_INTERNAL_ERROR);
	audit_head(rx, rec_no);
	if (!rx_record_set(&o, rx, may_be_direct(rx, r) ? &r->out : NULL)) {
		/* In TLS 1.2 its header says that it is none for this call. */
		if (!reserve(rx, r, plain_max))
			return r->data_only && session_rx_control_ahead(rx) ? -EIO : -ENOMEM;
		rx_record_own(&o, rx, r->spare);
	}
	rc = rx_record_open(&o, rx);
	if (rc != 0)
		return fail_opening(rx, r, rc, plain_max);
	if (o.direct && o.type != RECORD_DATA && settle_control(rx, r, &o) != 0)
		return -EIO;
	wrong = judge(rx, &o, &effect);
	if (wrong != RTLS_REASON_NONE) {
		rx_record_wipe(&o);
		rx->tls->messages = messages;
		rx->tls->flood = flood;
		if (r->ahead)
			return leave_to_receive(rx);
		return session_rx_fail(rx, -EINVAL, wrong, ALERT_UNEXPECTED_MESSAGE);
	}
	opened(rx, r, &o, effect);
	return 0;
}

int
head_open_next(struct session_rx *rx, struct receipt *r)
{
	int rc;

	if (rx->state == SESSION_RX_PAUSED)
		return -EKEYEXPIRED;
	if (rx->state == SESSION_RX_FAILED)
		return rx->tls->error;
	if (rx->close_notify)
		return 0;
	session_rx_input(rx);
	if (framer_head(&rx->tls->framer) != NULL) {
		rc = open_head(rx, r);
		return rc == 0 ? 1 : rc;
	}
	if (rx->tls->framer.state == FRAMER_BROKEN)
		return r->ahead ? leave_to_receive(rx) : fail_header(rx);
	if (!r->fin)
		return -EAGAIN;
	if (recvq_len(rx->q) == 0)
		return 0;
	return r->ahead ? leave_to_receive(rx) :
			  session_rx_fail(rx, -EMSGSIZE, RTLS_REASON_TRUNCATED, 0);
}
