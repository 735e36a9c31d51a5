/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/rx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "crypto/keystream.h"
#include "session/rx_marks.h"
#include "session/rx_resync.h"

void
session_rx_init(struct session_rx *rx, struct recvq *q)
{
	memset(rx, 0, sizeof(*rx));
	rx->q = q;
	rx->key_updates = FLOOD_KEY_UPDATES;
	rx->limit = RECORD_PLAIN_MAX;
}

/* Without a device nothing refers to a key that is not in force. */
static void
let_go(struct session_rx *rx)
{
	struct epochs *all = &rx->tls->epochs;
	struct session_epoch *e;

	for (uint32_t i = 0; (e = epochs_next(all, &i)) != NULL;)
		if (session_epoch_unstepped(all, e) && !session_rx_marks_open(e))
			session_epoch_wipe(all, e, rx->tls->shared->provider);
}

/* The key for an epoch is there: it is in force from the read position on. */
static void
next_keys(struct session_rx *rx, struct session_epoch *e, const struct record_suite *s,
	  const struct rtls_keys *keys, struct crypto_key *key)
{
	struct rx_tls *tls = rx->tls;

	rx_resync_renew(tls);
	/* What a device opened behind it had another key. Behind close_notify nothing is left of it. */
	if (tls->epochs.now != NULL && !rx->close_notify)
		rx_marks_put_back_opened(tls, tls->epochs.now);
	if (tls->suite == NULL)
		framer_init(&tls->framer, s, rx->q->ready.off);
	tls->suite = s;
	epochs_install(&tls->epochs, e, s, keys, key);
	e->rx.base = keys->rec_no - framer_head_index(&tls->framer);
	let_go(rx);
	/* RFC 8446 5.1: no message spans a key change. */
	memset(&tls->messages, 0, sizeof(tls->messages));
	rx->state = SESSION_RX_RECORDS;
	rx->tls->error = 0;
	session_rx_input(rx);
}

/* Nothing was installed: as if it had not been tried. */
static void
no_keys(struct session_rx *rx)
{
	if (session_rx_epoch(rx) != NULL)
		return;
	session_rx_tls_give(rx->tls->shared, rx->tls);
	rx->tls = NULL;
}

int
session_rx_set_keys(struct session_rx *rx, struct session_shared *shared,
		    const struct rtls_keys *keys)
{
	const struct record_suite *s = record_suite_find(keys->version, keys->cipher);
	const struct crypto_provider *p = shared->provider;
	const struct record_suite *old = rx->tls == NULL ? NULL : rx->tls->suite;
	struct session_epoch *e;
	struct crypto_key *key;
	int rc;

	if (old != NULL && old->version == RTLS_TLS_1_2)
		return -EBUSY;
	if (s == NULL)
		return record_suite_missing(keys->version, keys->cipher);
	if ((old != NULL && s != old) || rx->state == SESSION_RX_FAILED)
		return -EINVAL;
	/* What waits in front of a KeyUpdate that was taken was opened with its own key. */
	if (session_rx_list_room(rx) > 0 && rx->state != SESSION_RX_PAUSED)
		return -EBUSY;
	if (old == NULL)
		rx->tls = session_rx_tls_take(shared);
	if (rx->tls == NULL)
		return -ENOMEM;
	let_go(rx);
	e = epochs_place(&rx->tls->epochs);
	rx->keys_wait = e == NULL;
	rc = e == NULL ? -EAGAIN : p->key_create(p, s, CRYPTO_OPEN, keys->key, &key);
	if (rc == 0) {
		next_keys(rx, e, s, keys, key);
		return 0;
	}
	if (e != NULL)
		session_epoch_wipe(&rx->tls->epochs, e, p);
	no_keys(rx);
	return rc == -ENOMEM || rc == -EAGAIN ? rc : -EINVAL;
}

static int
make_device(struct session_rx *rx)
{
	struct rx_device *dev = calloc(1, sizeof(*dev));

	if (dev == NULL)
		return -ENOMEM;
	dev->q = rx->q;
	resync_init(&dev->resync.core);
	rx->tls->device = dev;
	return 0;
}

int
session_rx_may_offload(struct session_rx *rx)
{
	struct session_epoch *e = rx->tls->epochs.now;

	if (rx->tls->device == NULL && make_device(rx) != 0)
		return -ENOMEM;
	return e->undo != NULL ? 0 : keystream_create(e->suite, e->secret, &e->undo);
}

void
session_rx_device_starts(struct session_rx *rx, uint16_t generation, uint64_t rec_no)
{
	struct session_epoch *e = rx->tls->epochs.now;

	/* Of a context before it nothing more comes; what is left of it ends in front of the start. */
	rx_marks_put_back(rx->tls, 0, UINT64_MAX);
	e->rx.generation = generation;
	e->rx.vouched_no = rec_no;
	e->rx.marks_open = true;
	e->rx.opened = false;
}

void
session_rx_marks_end(struct session_rx *rx, struct session_epoch *e)
{
	rx_marks_put_back(rx->tls, 0, UINT64_MAX);
	e->rx.marks_open = false;
	e->rx.generation = 0; /* the next context may have the same low bits */
}

bool
session_rx_device_blameless(const struct session_rx *rx)
{
	const struct framed *rec;

	if (rx_marks_contradicted(rx->tls))
		return false;
	for (uint32_t i = 0; (rec = framer_look(&rx->tls->framer, i)) != NULL; i++)
		if (rec->class >= RX_FOUND_MIXED)
			return false;
	return true;
}

/* Of the record at the edge, which is incomplete: may it be a KeyUpdate that is not padded? */
static bool
may_be_key_update(const struct session_rx *rx)
{
	const struct framer *f = &rx->tls->framer;

	return f->state == FRAMER_WANT_BODY && rx_tls_may_be_key_update(rx->tls, f->edge.body_len);
}

bool
session_rx_key_known(const struct session_rx *rx)
{
	if (rx->state != SESSION_RX_RECORDS || rx->close_notify ||
	    rx_list_control(&rx->tls->list) != NULL || framer_head(&rx->tls->framer) != NULL)
		return false;
	switch (rx->tls->framer.state) {
	case FRAMER_WANT_HEADER:
		return true;
	case FRAMER_WANT_BODY:
		return !may_be_key_update(rx);
	case FRAMER_COMPLETE:
	case FRAMER_BROKEN:
		break;
	}
	return false;
}

bool
session_rx_boundary(const struct session_rx *rx, uint64_t *stream_off, uint64_t *rec_no)
{
	uint64_t index;

	if (!session_rx_key_known(rx) ||
	    !framer_boundary(&rx->tls->framer, rx->q->ready.end_off, stream_off, &index))
		return false;
	*rec_no = rx->tls->epochs.now->rx.base + index;
	return true;
}

void
session_rx_quiet(struct session_rx *rx)
{
	struct rx_tls *tls = rx->tls;
	uint64_t off, index;

	if (rx->state != SESSION_RX_RECORDS || rx->close_notify || !rx_resync_on(tls) ||
	    !rx_resync_numbers_known(tls) || may_be_key_update(rx) ||
	    !framer_boundary(&tls->framer, rx->q->ready.end_off, &off, &index))
		return;
	rx_resync_event(tls, &(struct resync_event){
				     .type = RESYNC_QUIET,
				     .seq = tls->device->resync.seq_0 + (uint32_t)off,
				     .rec_no = tls->epochs.now->rx.base + index,
			     });
}

static void
drop_rest(struct session_rx *rx)
{
	rx_marks_forget(rx->tls);
	recvq_consume(rx->q, recvq_len(rx->q));
}

int
session_rx_fail(struct session_rx *rx, int error, enum rtls_end_reason reason, uint8_t alert)
{
	rx->state = SESSION_RX_FAILED;
	rx->tls->error = error;
	rx->end_reason = (uint8_t)reason;
	rx->end_alert = alert;
	rx_resync_over(rx->tls);
	drop_rest(rx);
	return error;
}

void
session_rx_take_effect(struct session_rx *rx, enum rx_effect effect)
{
	switch (effect) {
	case RX_EFFECT_NONE:
		break;
	case RX_EFFECT_PAUSE:
		rx->state = SESSION_RX_PAUSED;
		rx_resync_over(rx->tls);
		break;
	case RX_EFFECT_CLOSE:
		rx->close_notify = true;
		drop_rest(rx);
		break;
	}
}

/* The record at the edge is complete: into the ring. */
static void
next_record(struct rx_tls *tls)
{
	bool named;
	enum rx_found found = rx_marks_judge(tls, &named);

	framer_next(&tls->framer, (uint8_t)rx_resync_judged(tls, found, named));
}

/* All records that are complete, and the header behind them. */
static void
frame(struct session_rx *rx)
{
	uint64_t end_off = rx->q->ready.end_off;
	struct framer *f = &rx->tls->framer;
	uint8_t hdr[RECORD_HDR_LEN];
	bool header;

	for (;;) {
		if (framer_may_go_on(f))
			next_record(rx->tls);
		if (framer_idle(f, end_off))
			return;
		if (f->state == FRAMER_WANT_HEADER) {
			rx_marks_header(rx->tls);
			recvq_look(rx->q, f->start_off, hdr, sizeof(hdr));
		}
		header = f->state == FRAMER_WANT_HEADER;
		if (framer_input(f, end_off, hdr) != FRAMER_BROKEN && header)
			rx_resync_header(rx->tls);
	}
}

void
session_rx_consumed(struct session_rx *rx)
{
	recvq_consume(rx->q, framed_wire_len(framer_head(&rx->tls->framer)));
	framer_consumed(&rx->tls->framer);
	/* There is room for one more. */
	if (framer_may_go_on(&rx->tls->framer))
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
	if (!framer_idle(&rx->tls->framer, rx->q->ready.end_off))
		frame(rx);
}

bool
session_rx_readable(const struct session_rx *rx, bool fin)
{
	switch ((enum session_rx_state)rx->state) {
	case SESSION_RX_PLAIN:
		return recvq_len(rx->q) > 0 || fin;
	case SESSION_RX_RECORDS:
		return rx->tls->list.first != NULL || rx->close_notify || fin ||
		       framer_head(&rx->tls->framer) != NULL ||
		       rx->tls->framer.state == FRAMER_BROKEN;
	case SESSION_RX_PAUSED:
		return rx->tls->list.first != NULL ||
		       (rx->keys_wait && epochs_have_place(&rx->tls->epochs));
	case SESSION_RX_FAILED:
		return true;
	}
	return false;
}

struct rte_mbuf *
session_rx_next_control(const struct session_rx *rx)
{
	struct rte_mbuf *m = rx_list_control(&rx->tls->list), *at = rx->tls->list.first;

	if (m == NULL || rx_list_rec(m)->type == RECORD_HANDSHAKE)
		return m;
	while (at != m && at->data_len == 0)
		at = rx_list_rec(at)->next;
	return at == m ? m : NULL;
}

bool
session_rx_control_ahead(const struct session_rx *rx)
{
	const struct framed *head;

	if (rx->tls == NULL)
		return false;
	if (rx->tls->list.first != NULL)
		return session_rx_next_control(rx) != NULL;
	/* Without an inner type the header says it. */
	head = framer_head(&rx->tls->framer);
	return rx->state == SESSION_RX_RECORDS && !rx->close_notify && head != NULL &&
	       rx->tls->suite->inner_type_len == 0 && head->type != RECORD_DATA;
}

uint32_t
session_rx_head_need(const struct session_rx *rx)
{
	uint64_t need_off = 0;

	if (rx->state != SESSION_RX_RECORDS || rx->close_notify ||
	    framer_head(&rx->tls->framer) != NULL)
		return 0;
	switch (rx->tls->framer.state) {
	case FRAMER_WANT_HEADER:
		need_off = rx->tls->framer.start_off + RECORD_HDR_LEN + rx->tls->suite->body_max;
		break;
	case FRAMER_WANT_BODY:
		need_off = rx->tls->framer.need_off;
		break;
	case FRAMER_COMPLETE:
	case FRAMER_BROKEN:
		break;
	}
	return need_off > rx->q->ready.end_off ? (uint32_t)(need_off - rx->q->ready.end_off) : 0;
}

void
session_rx_drop_list(struct session_rx *rx)
{
	if (rx->tls == NULL)
		return;
	rx_list_fini(&rx->tls->list);
	rx_marks_forget(rx->tls);
}

void
session_rx_fini(struct session_rx *rx)
{
	struct rx_tls *tls = rx->tls;

	if (tls == NULL)
		return;
	rx_list_fini(&tls->list);
	epochs_fini(&tls->epochs, tls->shared->provider);
	free(tls->device);
	session_rx_tls_give(tls->shared, tls);
	rx->tls = NULL;
}
