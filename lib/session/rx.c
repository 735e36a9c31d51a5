/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/rx.h"

#include <errno.h>
#include <string.h>

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
	if (rx->suite == NULL)
		framer_init(&rx->framer, s, rx->q->ready.off);
	rx->suite = s;
	record_iv_base(s, keys->iv, keys->rec_no, rx->iv);
	rx->base = keys->rec_no - framer_head_index(&rx->framer);
	rx->epoch++;
	/* RFC 8446 5.1: no message spans a key change. */
	memset(&rx->messages, 0, sizeof(rx->messages));
	/* What a device opened it had no key for. */
	framer_reclass(&rx->framer, RECVQ_OPENED, RECVQ_MIXED);
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
	d->base = rx->base;
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
	uint64_t index;

	if (rx->state != SESSION_RX_RECORDS || rx->close_notify ||
	    !framer_boundary(&rx->framer, rx->q->ready.end_off, stream_off, &index))
		return false;
	*rec_no = rx->base + index;
	return true;
}

static void
drop_rest(struct session_rx *rx)
{
	recvq_consume(rx->q, recvq_len(rx->q));
}

int
session_rx_fail(struct session_rx *rx, int error, enum rtls_end_reason reason, uint8_t alert)
{
	rx->state = SESSION_RX_FAILED;
	rx->error = error;
	rx->end_reason = (uint8_t)reason;
	rx->end_alert = alert;
	drop_rest(rx);
	return error;
}

void
session_rx_take_effect(struct session_rx *rx, enum opened_effect effect)
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

/* What a device says it did to the record at the edge, which is complete. */
static enum recvq_class
classify(struct session_rx *rx)
{
	const struct framer *f = &rx->framer;
	enum recvq_class c;

	/* A mark is about what lies behind the start, which may lie inside of the packet. */
	if (!rx->q->marked || f->start_off < rx->device.start_off)
		return RECVQ_UNTOUCHED;
	c = recvq_classify(rx->q, f->start_off, framer_wire_len(f));
	/* Behind a key change the device had the wrong key, whatever it says. */
	return c == RECVQ_OPENED && rx->epoch != rx->device.epoch ? RECVQ_MIXED : c;
}

/* All records that are complete, and the header behind them. */
static void
frame(struct session_rx *rx)
{
	uint64_t end_off = rx->q->ready.end_off;
	struct framer *f = &rx->framer;
	uint8_t hdr[RECORD_HDR_LEN];

	for (;;) {
		if (framer_may_go_on(f))
			framer_next(f, (uint8_t)classify(rx));
		if (framer_idle(f, end_off))
			return;
		if (f->state == FRAMER_WANT_HEADER)
			recvq_look(rx->q, f->start_off, hdr, sizeof(hdr));
		framer_input(f, end_off, hdr);
	}
}

void
session_rx_consumed(struct session_rx *rx)
{
	recvq_consume(rx->q, framed_wire_len(framer_head(&rx->framer)));
	framer_consumed(&rx->framer);
	/* There is room for one more. */
	if (framer_may_go_on(&rx->framer))
		frame(rx);
}

void
session_rx_input(struct session_rx *rx)
{
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
	if (!framer_idle(&rx->framer, rx->q->ready.end_off))
		frame(rx);
}

bool
session_rx_readable(const struct session_rx *rx, bool fin)
{
	switch ((enum session_rx_state)rx->state) {
	case SESSION_RX_PLAIN:
		return recvq_len(rx->q) > 0 || fin;
	case SESSION_RX_RECORDS:
		return rx->opened.first != NULL || rx->close_notify || fin ||
		       framer_head(&rx->framer) != NULL || rx->framer.state == FRAMER_BROKEN;
	case SESSION_RX_PAUSED:
		return rx->opened.first != NULL;
	case SESSION_RX_FAILED:
		return true;
	}
	return false;
}

struct rte_mbuf *
session_rx_next_control(const struct session_rx *rx)
{
	struct rte_mbuf *m = opened_control(&rx->opened);

	if (m == NULL || (m != rx->opened.first && opened_rec(m)->type != RECORD_HANDSHAKE))
		return NULL;
	return m;
}

bool
session_rx_control_ahead(const struct session_rx *rx)
{
	const struct framed *head = framer_head(&rx->framer);

	if (rx->opened.first != NULL)
		return session_rx_next_control(rx) != NULL;
	/* Without an inner type the header says it. */
	return rx->state == SESSION_RX_RECORDS && !rx->close_notify && head != NULL &&
	       rx->suite->inner_type_len == 0 && head->type != RECORD_DATA;
}

uint32_t
session_rx_head_need(const struct session_rx *rx)
{
	uint64_t need_off = 0;

	if (rx->state != SESSION_RX_RECORDS || rx->close_notify || framer_head(&rx->framer) != NULL)
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
