/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/rx_resync.h"

#include <rte_common.h>

#include "session/shared.h"

static uint64_t
now_us(const struct rx_tls *tls)
{
	return tls->shared->now_us != NULL ? *tls->shared->now_us : 0;
}

/* --- what is counted ------------------------------------------------------------ */

/* Of what the device is to be told it is counted when it is told. */
static void
count_step(struct rx_resync_count *c, enum resync_event_type type, enum resync_what what)
{
	if ((type == RESYNC_REQUEST || type == RESYNC_START) && what != RESYNC_REFUSED)
		c->asked++;
	switch (what) {
	case RESYNC_NOTHING:
	case RESYNC_ANSWER:
	case RESYNC_HINT:
		break;
	case RESYNC_HINT_INSTEAD:
	case RESYNC_CANCELLED:
	case RESYNC_REPLACED:
		c->cancelled++;
		break;
	case RESYNC_REFUSED:
		c->wrong++;
		break;
	}
}

static void
count_told(struct rx_resync_count *c, enum resync_what what, int rc)
{
	c->told++;
	if (rc != 0)
		c->refused++;
	if (what != RESYNC_ANSWER)
		c->hints += rc == 0;
	else if (rc == 0)
		c->answered++;
	else
		c->cancelled++;
}

void
rx_resync_told(struct rx_tls *tls, enum resync_what what, int rc)
{
	count_told(&tls->device->count.resync, what, rc);
	count_told(&tls->shared->rx_device_total.resync, what, rc);
}

static void
begin_out(struct rx_tls *tls)
{
	struct rx_resync *r = &tls->device->resync;

	if (r->out)
		return;
	r->out = true;
	r->out_since_us = now_us(tls);
}

static void
end_out(struct rx_tls *tls)
{
	struct rx_resync *r = &tls->device->resync;
	uint64_t us;

	if (!r->out)
		return;
	us = now_us(tls) - r->out_since_us;
	r->out = false;
	tls->device->count.resync.out_us += us;
	tls->shared->rx_device_total.resync.out_us += us;
}

uint64_t
rx_resync_out_us(const struct rx_tls *tls)
{
	uint64_t us = tls->device == NULL ? 0 : tls->device->count.resync.out_us;

	if (rx_resync_on(tls) && tls->device->resync.out)
		us += now_us(tls) - tls->device->resync.out_since_us;
	return us;
}

/* --- steps ---------------------------------------------------------------------- */

/* May a record in front of the stream offset with these low bits, and not read, be a KeyUpdate? */
static bool
key_update_in_front(const struct rx_tls *tls, uint32_t off)
{
	struct rte_mbuf *control = rx_list_control(&tls->list);
	uint32_t at = (uint32_t)tls->framer.head_off;
	const struct framed *rec;

	/* Nothing is opened behind it: it ends where the ring begins. */
	if (control != NULL && (int32_t)(off - (at - rx_list_rec(control)->wire_len)) > 0)
		return true;
	for (uint32_t i = 0; (rec = framer_look(&tls->framer, i)) != NULL; i++) {
		if ((int32_t)(off - at) <= 0)
			break;
		if (rx_tls_may_be_key_update(tls, rec->body_len))
			return true;
		at += framed_wire_len(rec);
	}
	return false;
}

bool
rx_resync_numbers_known(const struct rx_tls *tls)
{
	return tls->suite->version != RTLS_TLS_1_3 ||
	       !key_update_in_front(tls, (uint32_t)tls->framer.start_off);
}

/* What was decided is not told. */
static void
drop_tell(struct rx_tls *tls)
{
	struct rx_resync *r = &tls->device->resync;

	if (r->tell.what == RESYNC_ANSWER) {
		tls->device->count.resync.cancelled++;
		tls->shared->rx_device_total.resync.cancelled++;
	}
	r->tell.what = RESYNC_NOTHING;
}

/* Nor does it put the next hint off. A record that was opened since has begun anew. */
static void
untell(struct rx_tls *tls)
{
	struct rx_resync *r = &tls->device->resync;

	if (r->tell.what == RESYNC_NOTHING)
		return;
	r->core.hint_at = RTE_MIN(r->core.hint_at, r->hint_at);
	drop_tell(tls);
}

static bool
is_to_tell(enum resync_what what)
{
	return what == RESYNC_ANSWER || what == RESYNC_HINT || what == RESYNC_HINT_INSTEAD;
}

static void
step(struct rx_tls *tls, const struct resync_event *ev)
{
	struct rx_resync *r = &tls->device->resync;
	uint64_t hint_at = r->core.hint_at;
	struct resync_action a = resync_step(&r->core, ev);

	if (a.what == RESYNC_ANSWER && !rx_resync_numbers_known(tls)) {
		a.what = RESYNC_CANCELLED;
		r->core.hint_at = hint_at;
	}
	count_step(&tls->device->count.resync, ev->type, a.what);
	count_step(&tls->shared->rx_device_total.resync, ev->type, a.what);
	if (ev->type == RESYNC_FORGET)
		untell(tls);
	if (!is_to_tell(a.what))
		return;
	drop_tell(tls);
	r->tell = a;
	r->hint_at = hint_at;
}

void
rx_resync_start(struct rx_tls *tls, uint32_t seq_0, uint64_t off)
{
	struct rx_resync *r = &tls->device->resync;

	r->on = true;
	r->over = false;
	r->seq_0 = seq_0;
	r->start_off = off;
}

void
rx_resync_stop(struct rx_tls *tls)
{
	if (!rx_resync_on(tls))
		return;
	end_out(tls);
	step(tls, &(struct resync_event){ .type = RESYNC_FORGET });
	tls->device->resync.on = false;
}

void
rx_resync_renew(struct rx_tls *tls)
{
	if (tls->device == NULL)
		return;
	rx_resync_stop(tls);
	resync_init(&tls->device->resync.core);
}

void
rx_resync_over(struct rx_tls *tls)
{
	if (!rx_resync_on(tls))
		return;
	step(tls, &(struct resync_event){ .type = RESYNC_FORGET });
	tls->device->resync.over = true;
}

void
rx_resync_event(struct rx_tls *tls, const struct resync_event *ev)
{
	if (rx_resync_on(tls) && !tls->device->resync.over)
		step(tls, ev);
}

void
rx_resync_header(struct rx_tls *tls)
{
	const struct framer *f = &tls->framer;

	if (!rx_resync_on(tls))
		return;
	step(tls, &(struct resync_event){
			  .type = RESYNC_HEADER,
			  .seq = tls->device->resync.seq_0 + (uint32_t)f->start_off,
			  .rec_no = tls->epochs.now->rx.base + f->index,
		  });
}

void
rx_resync_passed_by(struct rx_tls *tls, uint64_t end_off)
{
	if (rx_resync_on(tls))
		tls->device->away.end_off = RTE_MAX(tls->device->away.end_off, end_off);
}

enum rx_found
rx_resync_judged(struct rx_tls *tls, enum rx_found found, bool named)
{
	struct resync_event ev = { .type = named ? RESYNC_TOUCHED : RESYNC_UNTOUCHED };

	if (!rx_resync_on(tls))
		return found == RX_FOUND_UNTOUCHED ? RX_FOUND_NO_CONTEXT : found;
	/* What lies in front of the start was nobody's but ours. */
	if (tls->framer.start_off < tls->device->resync.start_off)
		return found == RX_FOUND_UNTOUCHED ? RX_FOUND_BEFORE_START : found;
	/* That says nothing of the device. */
	if (found == RX_FOUND_UNTOUCHED && tls->framer.start_off < tls->device->away.end_off)
		return RX_FOUND_OTHER_PORT;
	if (!named)
		begin_out(tls);
	else if (found == RX_FOUND_OPENED)
		end_out(tls);
	step(tls, &ev);
	return found;
}

bool
rx_resync_anew(struct rx_tls *tls)
{
	struct rx_resync *r = &tls->device->resync;

	if (tls->framer.index < r->anew_index)
		return false;
	r->anew_apart = r->anew_apart == 0 ?
				RESYNC_HINT_FIRST :
				RTE_MIN(2 * r->anew_apart, (uint32_t)RESYNC_HINT_INTERVAL);
	r->anew_index = tls->framer.index + r->anew_apart;
	tls->device->count.resync.hints++;
	tls->shared->rx_device_total.resync.hints++;
	return true;
}

bool
rx_resync_take(struct rx_tls *tls, struct resync_action *out)
{
	struct rx_resync *r = &tls->device->resync;

	if (r->tell.what == RESYNC_NOTHING)
		return false;
	/* The record that was being opened as it was decided is in the list by now. */
	if (tls->suite->version == RTLS_TLS_1_3 &&
	    key_update_in_front(tls, r->tell.seq - r->seq_0)) {
		untell(tls);
		return false;
	}
	*out = r->tell;
	r->tell.what = RESYNC_NOTHING;
	return true;
}
