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
	struct rte_mbuf *spare; /* a record buffer, empty; or NULL */
	bool peek;
	bool fin;
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
	if (s == NULL || (rx->suite != NULL && s != rx->suite) || rx->state == SESSION_RX_FAILED)
		return -EINVAL;
	if (rx->opened != NULL)
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
		return rx->opened != NULL || rx->close_notify || fin ||
		       rx->framer.state == FRAMER_COMPLETE || rx->framer.state == FRAMER_BROKEN;
	case SESSION_RX_PAUSED:
		return false;
	case SESSION_RX_FAILED:
		return true;
	}
	return false;
}

bool
session_rx_control_ahead(const struct session_rx *rx)
{
	if (rx->opened != NULL)
		return rx->opened_type != RECORD_DATA;
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

/* A spare buffer that holds the record: needed at last when a control record shows up. */
static bool
reserve(struct session_rx *rx, struct receipt *r, uint32_t plain_max)
{
	if (r->spare != NULL && buf_record_room(r->spare) >= plain_max)
		return true;
	rte_pktmbuf_free(r->spare);
	r->spare = buf_opened_alloc(rx->pools, plain_max);
	if (r->spare == NULL)
		rx->short_len = plain_max;
	return r->spare != NULL;
}

/* What an opened record means to the record layer itself; its content is in the spare buffer
 * unless it is data. -EINVAL: it may not stand here. */
static int
judge(struct session_rx *rx, const struct opening *o, uint8_t *effect)
{
	const uint8_t *plain = rte_pktmbuf_mtod(o->own, const uint8_t *);

	*effect = SESSION_RX_EFFECT_NONE;
	if (o->type == RECORD_ALERT) {
		if (o->plain_len == ALERT_LEN && plain[1] == ALERT_CLOSE_NOTIFY)
			*effect = SESSION_RX_EFFECT_CLOSE;
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
	switch (messages_input(&rx->messages, plain, o->plain_len)) {
	case MESSAGES_NOTHING:
		break;
	case MESSAGES_KEY_UPDATE:
		*effect = SESSION_RX_EFFECT_PAUSE;
		break;
	case MESSAGES_MISALIGNED:
		return -EINVAL;
	}
	return 0;
}

static void
describe(const struct session_rx *rx, struct rtls_msg *msg, uint8_t type, uint32_t wire_len,
	 bool whole)
{
	msg->type = type;
	msg->version = rx->suite->version;
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

/* The record was opened and is good: on to the next one. */
static void
opened(struct session_rx *rx, struct receipt *r, const struct opening *o, uint8_t effect)
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
		describe(rx, r->msg, RECORD_DATA, wire_len, true);
		return;
	}
	rx->opened = r->spare;
	r->spare = NULL;
	rx->opened->data_len = (uint16_t)o->plain_len;
	rx->opened_type = o->type;
	rx->opened_effect = effect;
	rx->opened_wire_len = wire_len;
}

/* The record at the head is complete: opens it. 0, -ENOMEM (nothing has changed), or failed. */
static int
open_head(struct session_rx *rx, struct receipt *r)
{
	struct opening o; /* too large to be zeroed for each record */
	uint32_t inner_len = record_inner_len(rx->suite, rx->framer.head.body_len);
	uint32_t plain_max = inner_len - rx->suite->inner_type_len;
	uint8_t effect;
	int rc;

	/* RFC 8446 5.4: padding counts; 5.2 leaves room for other expansion than we know. */
	if (plain_max > RECORD_PLAIN_MAX)
		return fail(rx, -EMSGSIZE, RTLS_REASON_BAD_LENGTH, ALERT_RECORD_OVERFLOW);
	/* RFC 8446 5.3: numbers do not wrap. As when sending, the last one is never used. */
	if (rx->rec_no == UINT64_MAX)
		return fail(rx, -EBADMSG, RTLS_REASON_BAD_MAC, ALERT_INTERNAL_ERROR);
	if (!reserve(rx, r, plain_max))
		return -ENOMEM;
	opening_set(&o, rx, classify(rx), r->spare,
		    r->peek || session_rx_control_ahead(rx) ? NULL : &r->out);
	rc = opening_process(&o, rx);
	if (rc == -ENODATA)
		return fail(rx, -EBADMSG, RTLS_REASON_BAD_MAC, ALERT_UNEXPECTED_MESSAGE);
	if (rc != 0) {
		rx->decrypt_errors++;
		return fail(rx, -EBADMSG, RTLS_REASON_BAD_MAC,
			    rc == -EBADMSG ? ALERT_BAD_RECORD_MAC : ALERT_INTERNAL_ERROR);
	}
	if (o.direct && o.type != RECORD_DATA)
		opening_withdraw(&o);
	if (judge(rx, &o, &effect) != 0) {
		opening_wipe(&o);
		return fail(rx, -EINVAL, RTLS_REASON_BAD_VERSION, ALERT_UNEXPECTED_MESSAGE);
	}
	opened(rx, r, &o, effect);
	return 0;
}

/* --- delivering ---------------------------------------------------------------- */

/* Of the record in a buffer of ours, what the program's buffers take. */
static void
deliver_opened(struct session_rx *rx, struct receipt *r)
{
	struct rte_mbuf *m = rx->opened;
	uint16_t n = (uint16_t)RTE_MIN((size_t)m->data_len, r->out.left);

	pieces_write(&r->out, rte_pktmbuf_mtod(m, const uint8_t *), n);
	describe(rx, r->msg, rx->opened_type, rx->opened_wire_len, n == m->data_len);
	if (r->peek)
		return;
	m->data_off = (uint16_t)(m->data_off + n);
	m->data_len = (uint16_t)(m->data_len - n);
	if (m->data_len > 0)
		return;
	buf_record_discard(m);
	rx->opened = NULL;
	switch ((enum session_rx_effect)rx->opened_effect) {
	case SESSION_RX_EFFECT_NONE:
		break;
	case SESSION_RX_EFFECT_PAUSE:
		rx->state = SESSION_RX_PAUSED;
		break;
	case SESSION_RX_EFFECT_CLOSE:
		rx->close_notify = true;
		drop_rest(rx);
		break;
	}
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
		return fail_header(rx);
	case FRAMER_WANT_HEADER:
	case FRAMER_WANT_BODY:
		break;
	}
	if (!r->fin)
		return -EAGAIN;
	if (recvq_len(rx->q) == 0)
		return 0;
	return fail(rx, -EMSGSIZE, RTLS_REASON_TRUNCATED, 0);
}

static int
recv_records(struct session_rx *rx, struct receipt *r, bool data_only)
{
	size_t room = r->out.left;
	int rc = 0;

	while (r->out.left > 0) {
		if (rx->opened == NULL) {
			rc = open_next(rx, r);
			if (rc <= 0)
				break;
			continue;
		}
		if (rx->opened_type == RECORD_DATA) {
			deliver_opened(rx, r);
			if (r->peek)
				break;
			continue;
		}
		/* Exactly one control record, and never with data in front of it. */
		rc = 0;
		if (r->out.left == room && data_only)
			rc = -EIO;
		else if (r->out.left == room)
			deliver_opened(rx, r);
		break;
	}
	rte_pktmbuf_free(r->spare);
	return rc;
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
	};
	size_t room = r.out.left;
	int rc;

	msg->type = 0;
	msg->version = 0;
	msg->wire_len = 0;
	msg->flags = 0;
	if (room == 0)
		return 0;
	if (rx->state == SESSION_RX_PLAIN)
		rc = recv_plain(rx, &r);
	else
		rc = recv_records(rx, &r, data_only);
	return r.out.left < room ? (ssize_t)(room - r.out.left) : rc;
}

void
session_rx_fini(struct session_rx *rx)
{
	buf_record_discard(rx->opened);
	rx->opened = NULL;
	if (rx->key != NULL)
		rx->provider->key_destroy(rx->provider, rx->key);
	rx->key = NULL;
	buf_wipe(rx->iv, sizeof(rx->iv));
	if (rx->device.key != NULL)
		rx->provider->key_destroy(rx->provider, rx->device.key);
	buf_wipe(&rx->device, sizeof(rx->device));
}
