/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/rx.h"

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "session/opening.h"
#include "session/pieces.h"

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

/* One call of session_rx_recv. */
struct receipt {
	struct rtls_msg *msg;
	struct pieces out;      /* the program's buffers */
	size_t room;            /* of these, at first */
	struct rte_mbuf *spare; /* a record buffer, empty; or NULL */
	bool peek;
	bool fin;
	bool data_only;
	bool ahead;   /* nothing goes into the program's buffers but a control record, from ours */
	bool control; /* a control record was delivered: it stands alone */
};

void
session_rx_init(struct session_rx *rx, const struct buf_pools *pools, struct recvq *q,
		const struct crypto_provider *provider)
{
	memset(rx, 0, sizeof(*rx));
	rx->pools = pools;
	rx->q = q;
	rx->provider = provider;
	rx->device.start_off = UINT64_MAX;
}

int
session_rx_set_keys(struct session_rx *rx, const struct rtls_keys *keys)
{
	const struct record_suite *s = record_suite_find(keys->version, keys->cipher);
	struct crypto_key *key;
	int rc;

	if (rx->suite != NULL && rx->suite->version == RTLS_TLS_1_2)
		return -EBUSY;
	if (s == NULL)
		return record_suite_known(keys->version, keys->cipher) ? -ENOTSUP : -EINVAL;
	if ((rx->suite != NULL && s != rx->suite) || rx->state == SESSION_RX_FAILED)
		return -EINVAL;
	/* What waits in front of a KeyUpdate that was taken was opened with its own key. */
	if (rx->opened.first != NULL && rx->state != SESSION_RX_PAUSED)
		return -EBUSY;
	rc = rx->provider->key_create(rx->provider, s, CRYPTO_OPEN, keys->key, &key);
	if (rc != 0)
		return rc == -ENOMEM ? -ENOMEM : -EINVAL;
	rx->provider->key_destroy(rx->provider, rx->key);
	rx->key = key;
	rx->suite = s;
	/* The device counts on. */
	rx->device.ahead += rx->rec_no - keys->rec_no;
	record_iv_base(s, keys->iv, keys->rec_no, rx->iv);
	rx->rec_no = keys->rec_no;
	rx->epoch++;
	/* RFC 8446 5.1: no message spans a key change. */
	memset(&rx->messages, 0, sizeof(rx->messages));
	framer_init(&rx->framer, s, rx->q->ready.off);
	rx->state = SESSION_RX_RECORDS;
	rx->error = 0;
	session_rx_input(rx);
	return 0;
}

int
session_rx_to_device(struct session_rx *rx, const struct rtls_keys *keys)
{
	struct session_rx_device *d = &rx->device;
	int rc = rx->provider->key_create(rx->provider, rx->suite, CRYPTO_SEAL, keys->key, &d->key);

	if (rc != 0) {
		d->key = NULL;
		return -ENOMEM;
	}
	memcpy(d->iv, rx->iv, sizeof(d->iv));
	d->epoch = rx->epoch;
	d->ahead = 0;
	return 0;
}

void
session_rx_device_starts(struct session_rx *rx, uint64_t stream_off)
{
	rx->device.start_off = stream_off;
}

bool
session_rx_boundary(const struct session_rx *rx, uint64_t *stream_off, uint64_t *rec_no)
{
	uint64_t off = rx->framer.start_off, end_off = rx->q->ready.end_off;
	uint8_t hdr[RECORD_HDR_LEN];
	struct record_header h;
	uint64_t n = rx->rec_no;

	if (rx->state != SESSION_RX_RECORDS || rx->close_notify)
		return false;
	for (; off < end_off; off += RECORD_HDR_LEN + h.body_len, n++) {
		if (end_off - off < RECORD_HDR_LEN)
			return false;
		recvq_peek(rx->q, (uint32_t)(off - rx->q->ready.off), hdr, sizeof(hdr));
		h = record_header_read(hdr);
		if (record_header_check(rx->suite, &h) != 0)
			return false;
	}
	*stream_off = off;
	*rec_no = n;
	return true;
}

static void
drop_rest(struct session_rx *rx)
{
	recvq_consume(rx->q, recvq_len(rx->q));
}

/* The end of the receiving side. Returns error, for tail calls. */
static int
fail(struct session_rx *rx, int error, enum rtls_end_reason reason, uint8_t alert)
{
	rx->state = SESSION_RX_FAILED;
	rx->error = error;
	rx->end_reason = (uint8_t)reason;
	rx->end_alert = alert;
	drop_rest(rx);
	return error;
}

/* The framer refused the header. */
static int
fail_header(struct session_rx *rx)
{
	struct record_header h = record_header_read(rx->framer.hdr);

	if (rx->framer.error == -EINVAL)
		return fail(rx, -EINVAL, RTLS_REASON_BAD_VERSION,
			    h.version != RECORD_WIRE_VERSION ? ALERT_DECODE_ERROR :
							       ALERT_UNEXPECTED_MESSAGE);
	/* RFC 8446 5.2 names the alert for a record that is too long. */
	return fail(rx, rx->framer.error, RTLS_REASON_BAD_LENGTH,
		    h.body_len > rx->suite->body_max ? ALERT_RECORD_OVERFLOW : ALERT_DECODE_ERROR);
}

void
session_rx_input(struct session_rx *rx)
{
	uint8_t hdr[RECORD_HDR_LEN];
	const uint8_t *seen = NULL;

	switch ((enum session_rx_state)rx->state) {
	case SESSION_RX_PLAIN:
	case SESSION_RX_PAUSED:
		return;
	case SESSION_RX_FAILED:
		drop_rest(rx);
		return;
	case SESSION_RX_RECORDS:
		break;
	}
	if (rx->close_notify) {
		/* RFC 8446 6.1: "Any data received after a closure alert has been received MUST be
		 * ignored." */
		drop_rest(rx);
		return;
	}
	if (framer_idle(&rx->framer, rx->q->ready.end_off))
		return;
	if (rx->framer.state == FRAMER_WANT_HEADER) {
		recvq_peek(rx->q, 0, hdr, sizeof(hdr));
		seen = hdr;
	}
	framer_input(&rx->framer, rx->q->ready.end_off, seen);
}

bool
session_rx_readable(const struct session_rx *rx, bool fin)
{
	switch ((enum session_rx_state)rx->state) {
	case SESSION_RX_PLAIN:
		return recvq_len(rx->q) > 0 || fin;
	case SESSION_RX_RECORDS:
		return rx->opened.first != NULL || rx->close_notify || fin ||
		       rx->framer.state == FRAMER_COMPLETE || rx->framer.state == FRAMER_BROKEN;
	case SESSION_RX_PAUSED:
		return rx->opened.first != NULL;
	case SESSION_RX_FAILED:
		return true;
	}
	return false;
}

/*
 * Of control records, one of the handshake may be taken past data that waits. An alert may not: it
 * says what has become of the data in front of it.
 */
static struct rte_mbuf *
next_control(const struct session_rx *rx)
{
	struct rte_mbuf *m = opened_control(&rx->opened);

	if (m == NULL || (m != rx->opened.first && opened_rec(m)->type != RECORD_HANDSHAKE))
		return NULL;
	return m;
}

bool
session_rx_control_ahead(const struct session_rx *rx)
{
	if (rx->opened.first != NULL)
		return next_control(rx) != NULL;
	/* Without an inner type the header says it. */
	return rx->state == SESSION_RX_RECORDS && rx->framer.state == FRAMER_COMPLETE &&
	       rx->suite->inner_type_len == 0 && rx->framer.head.type != RECORD_DATA;
}

uint32_t
session_rx_head_need(const struct session_rx *rx)
{
	uint64_t need_off = 0;

	if (rx->state != SESSION_RX_RECORDS || rx->close_notify)
		return 0;
	switch (rx->framer.state) {
	case FRAMER_WANT_HEADER:
		need_off = rx->framer.start_off + RECORD_HDR_LEN + rx->suite->body_max;
		break;
	case FRAMER_WANT_BODY:
		need_off = rx->framer.need_off;
		break;
	case FRAMER_COMPLETE:
	case FRAMER_BROKEN:
		break;
	}
	return need_off > rx->q->ready.end_off ? (uint32_t)(need_off - rx->q->ready.end_off) : 0;
}

/* --- opening one record -------------------------------------------------------- */

/* A spare buffer that holds the record. */
static bool
reserve(struct session_rx *rx, struct receipt *r, uint32_t plain_max)
{
	if (r->spare != NULL && buf_record_room(r->spare) >= plain_max)
		return true;
	rte_pktmbuf_free(r->spare);
	/* What is kept for reading is not for what may never be read. */
	r->spare = r->ahead ? buf_record_alloc(rx->pools, plain_max) :
			      buf_opened_alloc(rx->pools, plain_max);
	if (r->spare == NULL)
		rx->short_len = plain_max;
	return r->spare != NULL;
}

/* Feeds a handshake record, which may lie in several pieces. */
static enum messages_found
find_messages(struct session_rx *rx, const struct opening *o)
{
	enum messages_found found = MESSAGES_NOTHING;
	const uint8_t *at;
	uint32_t done, n;

	for (done = 0; done < o->plain_len; done += n) {
		if (found != MESSAGES_NOTHING)
			return MESSAGES_MISALIGNED;
		at = opening_content(o, done, &n);
		n = RTE_MIN(n, o->plain_len - done);
		found = messages_input(&rx->messages, at, n);
	}
	return found;
}

static bool
is_close_notify(const struct opening *o)
{
	uint32_t n;

	return o->plain_len == ALERT_LEN && *opening_content(o, 1, &n) == ALERT_CLOSE_NOTIFY;
}

/* What an opened record means to the record layer itself. -EINVAL: it may not stand here. */
static int
judge(struct session_rx *rx, const struct opening *o, enum opened_effect *effect)
{
	*effect = OPENED_EFFECT_NONE;
	if (o->type == RECORD_ALERT) {
		if (is_close_notify(o))
			*effect = OPENED_EFFECT_CLOSE;
		return 0;
	}
	if (rx->suite->version != RTLS_TLS_1_3)
		return 0;
	/* RFC 8446 5: a protected change_cipher_spec; 5.1: a message is not interrupted by records
	 * of other types. */
	if (o->type == RECORD_CHANGE_CIPHER_SPEC ||
	    (o->type != RECORD_HANDSHAKE && messages_partial(&rx->messages)))
		return -EINVAL;
	if (o->type != RECORD_HANDSHAKE)
		return 0;
	switch (find_messages(rx, o)) {
	case MESSAGES_NOTHING:
		break;
	case MESSAGES_KEY_UPDATE:
		*effect = OPENED_EFFECT_PAUSE;
		break;
	case MESSAGES_MISALIGNED:
		return -EINVAL;
	}
	return 0;
}

static void
describe(struct rtls_msg *msg, uint8_t type, uint32_t wire_len, bool whole)
{
	msg->type = type;
	/* No record with another one in its header gets here. */
	msg->version = RECORD_WIRE_VERSION;
	msg->wire_len = wire_len;
	msg->flags = whole ? RTLS_MSG_EOR : 0;
}

/* What a device says it did to the record at the head, which is complete. */
static enum recvq_class
classify(const struct session_rx *rx)
{
	enum recvq_class c;

	/* A mark is about what lies behind the start, which may lie inside of the packet. */
	if (rx->framer.start_off < rx->device.start_off)
		return RECVQ_UNTOUCHED;
	c = recvq_classify(rx->q, framer_wire_len(&rx->framer));
	/* Behind a key change the device had the wrong key, whatever it says. */
	return c == RECVQ_OPENED && rx->epoch != rx->device.epoch ? RECVQ_MIXED : c;
}

static void
count_record(struct session_rx *rx, const struct opening *o)
{
	uint32_t wire_len = framer_wire_len(&rx->framer);

	rx->records++;
	rx->record_bytes += o->plain_len;
	rx->wire_bytes += wire_len;
	switch (o->found) {
	case RECVQ_UNTOUCHED:
		break;
	case RECVQ_OPENED:
		rx->device_records++;
		rx->device_bytes += wire_len;
		break;
	case RECVQ_MIXED:
		rx->mixed_records++;
		break;
	}
}

/* A control record was delivered in full. */
static void
take_effect(struct session_rx *rx, enum opened_effect effect)
{
	switch (effect) {
	case OPENED_EFFECT_NONE:
		break;
	case OPENED_EFFECT_PAUSE:
		rx->state = SESSION_RX_PAUSED;
		break;
	case OPENED_EFFECT_CLOSE:
		rx->close_notify = true;
		drop_rest(rx);
		break;
	}
}

/* The record was opened and is good: on to the next one. */
static void
opened(struct session_rx *rx, struct receipt *r, const struct opening *o, enum opened_effect effect)
{
	uint32_t wire_len = framer_wire_len(&rx->framer);

	count_record(rx, o);
	framer_next(&rx->framer);
	recvq_consume(rx->q, wire_len);
	rx->rec_no++;
	session_rx_input(rx);

	if (o->type == RECORD_DATA && o->plain_len == 0)
		return; /* RFC 8446 5.1 allows it; there is nothing to say about it */
	if (o->direct) {
		pieces_skip(&r->out, o->plain_len);
		describe(r->msg, o->type, wire_len, true);
		r->control = o->type != RECORD_DATA;
		take_effect(rx, effect);
		return;
	}
	r->spare->data_len = (uint16_t)o->plain_len;
	opened_put(&rx->opened, r->spare,
		   &(struct opened_rec){
			   .wire_len = wire_len, .type = o->type, .effect = (uint8_t)effect });
	r->spare = NULL;
}

/*
 * A control record came out in the program's buffers. It may stay there if it is asked for and
 * nothing stands in front of it. -EIO: there is no buffer to move it to, it stays in the queue.
 */
static int
settle_control(struct session_rx *rx, struct receipt *r, struct opening *o)
{
	if (!r->data_only && r->out.left == r->room)
		return 0;
	if (!reserve(rx, r, o->plain_len)) {
		opening_wipe(o);
		return -EIO;
	}
	opening_withdraw(o, r->spare);
	return 0;
}

/*
 * Looking ahead found a record that is bad. It stays in the queue, for a receive to say so: what the
 * program still sends because of the good ones in front of it is not cut short.
 */
static int
leave_to_receive(struct session_rx *rx)
{
	rx->error = -EAGAIN;
	return -EAGAIN;
}

/* What the tag or the type of the record at the head says, once it was tried. */
static int
fail_opening(struct session_rx *rx, const struct receipt *r, int rc)
{
	if (r->ahead)
		return leave_to_receive(rx);
	if (rc == -ENODATA)
		return fail(rx, -EBADMSG, RTLS_REASON_BAD_MAC, ALERT_UNEXPECTED_MESSAGE);
	rx->decrypt_errors++;
	return fail(rx, -EBADMSG, RTLS_REASON_BAD_MAC,
		    rc == -EBADMSG ? ALERT_BAD_RECORD_MAC : ALERT_INTERNAL_ERROR);
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
	struct opening o; /* too large to be zeroed for each record */
	uint32_t inner_len = record_inner_len(rx->suite, rx->framer.head.body_len);
	uint32_t plain_max = inner_len - rx->suite->inner_type_len;
	struct messages messages = rx->messages;
	enum opened_effect effect;
	int rc;

	if (r->ahead && (plain_max > RECORD_PLAIN_MAX || rx->rec_no == UINT64_MAX))
		return leave_to_receive(rx);
	/* RFC 8446 5.4: padding counts; 5.2 leaves room for other expansion than we know. */
	if (plain_max > RECORD_PLAIN_MAX)
		return fail(rx, -EMSGSIZE, RTLS_REASON_BAD_LENGTH, ALERT_RECORD_OVERFLOW);
	/* RFC 8446 5.3: numbers do not wrap. As when sending, the last one is never used. */
	if (rx->rec_no == UINT64_MAX)
		return fail(rx, -EBADMSG, RTLS_REASON_BAD_MAC, ALERT_INTERNAL_ERROR);
	if (!opening_set(&o, rx, classify(rx), may_be_direct(rx, r) ? &r->out : NULL)) {
		if (!reserve(rx, r, plain_max))
			return -ENOMEM;
		opening_own(&o, rx, r->spare);
	}
	rc = opening_process(&o, rx);
	if (rc != 0)
		return fail_opening(rx, r, rc);
	if (o.direct && o.type != RECORD_DATA && settle_control(rx, r, &o) != 0)
		return -EIO;
	if (judge(rx, &o, &effect) != 0) {
		opening_wipe(&o);
		rx->messages = messages;
		if (r->ahead)
			return leave_to_receive(rx);
		return fail(rx, -EINVAL, RTLS_REASON_BAD_VERSION, ALERT_UNEXPECTED_MESSAGE);
	}
	opened(rx, r, &o, effect);
	return 0;
}

/* --- delivering ---------------------------------------------------------------- */

/* Of a record in a buffer of ours, what the program's buffers take. */
static void
deliver(struct session_rx *rx, struct receipt *r, struct rte_mbuf *m)
{
	const struct opened_rec *rec = opened_rec(m);
	enum opened_effect effect = rec->effect;
	uint16_t n = (uint16_t)RTE_MIN((size_t)m->data_len, r->out.left);

	pieces_write(&r->out, rte_pktmbuf_mtod(m, const uint8_t *), n);
	describe(r->msg, rec->type, rec->wire_len, n == m->data_len);
	r->control = rec->type != RECORD_DATA;
	if (r->peek)
		return;
	m->data_off = (uint16_t)(m->data_off + n);
	m->data_len = (uint16_t)(m->data_len - n);
	if (m->data_len > 0)
		return;
	opened_drop(&rx->opened, m);
	take_effect(rx, effect);
}

/* Opens the next record, if there is one: 1. Otherwise 0 at the end of file, or why not. */
static int
open_next(struct session_rx *rx, struct receipt *r)
{
	int rc;

	if (rx->state == SESSION_RX_PAUSED)
		return -EKEYEXPIRED;
	if (rx->state == SESSION_RX_FAILED)
		return rx->error;
	if (rx->close_notify)
		return 0;
	session_rx_input(rx);
	switch (rx->framer.state) {
	case FRAMER_COMPLETE:
		rc = open_head(rx, r);
		return rc == 0 ? 1 : rc;
	case FRAMER_BROKEN:
		return r->ahead ? leave_to_receive(rx) : fail_header(rx);
	case FRAMER_WANT_HEADER:
	case FRAMER_WANT_BODY:
		break;
	}
	if (!r->fin)
		return -EAGAIN;
	if (recvq_len(rx->q) == 0)
		return 0;
	return r->ahead ? leave_to_receive(rx) : fail(rx, -EMSGSIZE, RTLS_REASON_TRUNCATED, 0);
}

/* Opens the next record; *m: that one, if it is in a buffer of ours. Returns as open_next(). */
static int
list_next(struct session_rx *rx, struct receipt *r, struct rte_mbuf **m)
{
	struct rte_mbuf *before = rx->opened.last;
	int rc = open_next(rx, r);

	*m = rx->opened.last != before ? rx->opened.last : NULL;
	return rc;
}

static int
recv_records(struct session_rx *rx, struct receipt *r)
{
	struct rte_mbuf *m = rx->opened.first, *next;
	int rc = 0;

	while (r->out.left > 0 && !r->control) {
		if (m == NULL) {
			rc = list_next(rx, r, &m);
			if (rc <= 0)
				break;
			continue;
		}
		/* Exactly one control record, and never with data in front of it. */
		if (opened_rec(m)->type != RECORD_DATA && (r->data_only || r->out.left < r->room)) {
			rc = -EIO;
			break;
		}
		next = opened_rec(m)->next;
		deliver(rx, r, m);
		m = next;
	}
	return rc > 0 ? 0 : rc;
}

/* Large buffers are what all connections send and receive with: searching may not take the last. */
static bool
may_look_ahead(const struct session_rx *rx)
{
	const struct rte_mempool *large = rx->pools->record[RTE_DIM(rx->pools->record) - 1];

	/* Without an inner type there is nothing that opening it would tell. */
	if (rx->suite->inner_type_len == 0 && rx->framer.state == FRAMER_COMPLETE &&
	    rx->framer.head.type == RECORD_DATA)
		return false;
	return rx->error == 0 && rx->opened.room < SESSION_RX_AHEAD &&
	       rte_mempool_avail_count(large) > large->size / 2;
}

/* 1: session_rx_control_ahead(). 0: end of file, or why not. */
static int
look_ahead(struct session_rx *rx, struct receipt *r)
{
	struct rte_mbuf *m;
	int rc;

	r->ahead = true;
	while (opened_control(&rx->opened) == NULL) {
		if (rx->state == SESSION_RX_RECORDS && !rx->close_notify && !may_look_ahead(rx))
			return -EAGAIN;
		rc = list_next(rx, r, &m);
		/* Good records come before the error behind them. */
		if (rc <= 0)
			return rc != -ENOMEM && rx->opened.first != NULL ? -EAGAIN : rc;
	}
	return session_rx_control_ahead(rx) ? 1 : -EAGAIN;
}

static int
recv_control(struct session_rx *rx, struct receipt *r)
{
	int rc = look_ahead(rx, r);

	if (rc <= 0)
		return rc;
	deliver(rx, r, next_control(rx));
	return 0;
}

int
session_rx_look_ahead(struct session_rx *rx, bool fin)
{
	struct receipt r = { .fin = fin };
	int rc = 0;

	/* What is wrong with the record ahead is for a receive to say. */
	if (rx->state == SESSION_RX_RECORDS && !rx->close_notify &&
	    rx->framer.state == FRAMER_COMPLETE)
		rc = look_ahead(rx, &r);
	rte_pktmbuf_free(r.spare);
	return rc == -ENOMEM ? rc : 0;
}

static int
recv_plain(struct session_rx *rx, struct receipt *r)
{
	uint64_t len = RTE_MIN((uint64_t)r->out.left, recvq_len(rx->q));
	uint32_t done = 0;
	uint8_t *dst;
	size_t n;

	if (len == 0)
		return r->fin ? 0 : -EAGAIN;
	for (; done < len; done += (uint32_t)n) {
		dst = pieces_next(&r->out, len - done, &n);
		recvq_peek(rx->q, done, dst, (uint32_t)n);
	}
	if (!r->peek)
		recvq_consume(rx->q, len);
	return 0;
}

ssize_t
session_rx_recv(struct session_rx *rx, struct rtls_msg *msg, int flags, bool fin, bool data_only)
{
	struct receipt r = {
		.msg = msg,
		.out = pieces_of(msg->iov, msg->iovlen),
		.peek = flags & RTLS_MSG_PEEK,
		.fin = fin,
		.data_only = data_only,
	};
	int rc;

	msg->type = 0;
	msg->version = 0;
	msg->wire_len = 0;
	msg->flags = 0;
	r.room = r.out.left;
	if (r.room == 0)
		return 0;
	if (rx->state == SESSION_RX_PLAIN)
		rc = flags & RTLS_MSG_CONTROL ? -EAGAIN : recv_plain(rx, &r);
	else
		rc = flags & RTLS_MSG_CONTROL ? recv_control(rx, &r) : recv_records(rx, &r);
	rte_pktmbuf_free(r.spare);
	return r.out.left < r.room ? (ssize_t)(r.room - r.out.left) : rc;
}

void
session_rx_fini(struct session_rx *rx)
{
	opened_fini(&rx->opened);
	if (rx->key != NULL)
		rx->provider->key_destroy(rx->provider, rx->key);
	rx->key = NULL;
	buf_wipe(rx->iv, sizeof(rx->iv));
	if (rx->device.key != NULL)
		rx->provider->key_destroy(rx->provider, rx->device.key);
	buf_wipe(&rx->device, sizeof(rx->device));
}
