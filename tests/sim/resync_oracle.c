/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/resync_oracle.h"

#include <stdlib.h>

#include "sim/oracle_tcp.h"

/* A packet of the burst at hand. */
struct arrival {
	struct oracle_piece piece; /* empty: an ACK */
	struct oracle_question asks;
	bool has_ts;
	uint32_t ts;
};

struct resync_oracle {
	struct resync_oracle_conf conf;
	struct oracle_nic nic;
	uint32_t isn;
	bool synced;
	int64_t newest; /* end of the newest byte, to find a sequence's place by */

	struct arrival *burst;
	size_t nb_burst, cap_burst;
	bool quiet; /* the queue was seen empty, and no hint was given or left out for that yet */

	struct oracle_tcp tcp;
	struct oracle_records records;
	struct oracle_asks asks;
	bool ended; /* the context, and not all of its packets may have come */
	uint64_t bursts, ended_burst;
	struct resync_oracle_stats stats;
};

/* --- polls ------------------------------------------------------------------- */

static void
on_event(struct resync_oracle *o, const struct oracle_nic_event *ev)
{
	struct oracle_asks *a = &o->asks;

	switch (ev->type) {
	case ORACLE_EV_START:
		oracle_asks_start(a, &ev->question);
		break;
	case ORACLE_EV_END:
		oracle_asks_end(a, ev->question.off, oracle_records_parsed(&o->records),
				o->records.small == 0);
		break;
	case ORACLE_EV_CANCEL:
		oracle_asks_cancel(a);
		break;
	}
}

void
resync_oracle_events(struct resync_oracle *o, uint32_t asks_by)
{
	struct oracle_nic_event ev[ORACLE_POLL_MAX];
	uint32_t n;

	resync_oracle_settle(o);
	o->bursts++;
	if (o->conf.method != ORACLE_BY_SCAN_DELAYED)
		return;
	n = oracle_nic_poll(&o->nic, asks_by, ev);
	for (uint32_t i = 0; i < n; i++)
		on_event(o, &ev[i]);
}

/* Of the ideal. */
static void
answer_at_once(struct resync_oracle *o, int64_t off)
{
	uint64_t rec_no;

	if (o->conf.truth(o->conf.arg, off, &rec_no) == ORACLE_BEGINS)
		oracle_asks_answer(&o->asks, off, rec_no);
}

static void
hint(struct resync_oracle *o)
{
	uint64_t rec_no;
	int64_t off;

	if (!o->records.started || o->conf.method == ORACLE_BY_NOTHING ||
	    o->asks.untouched < o->asks.hint_at || o->tcp.nb_held > 0)
		return;
	if (oracle_records_whole(&o->records, &off, &rec_no))
		oracle_asks_hint(&o->asks, off, rec_no);
}

void
resync_oracle_settle(struct resync_oracle *o)
{
	if (o->quiet)
		hint(o);
	o->quiet = false;
}

enum oracle_told
resync_oracle_said(struct resync_oracle *o, const struct oracle_call *c,
		   const struct oracle_hears *how)
{
	return oracle_asks_said(&o->asks, c, how);
}

/* Does a packet behind the i-th of the burst ask? */
static bool
asks_again(const struct resync_oracle *o, size_t i)
{
	while (++i < o->nb_burst)
		if (o->burst[i].asks.is)
			return o->conf.method == ORACLE_BY_SCAN;
	return false;
}

void
resync_oracle_burst(struct resync_oracle *o, bool emptied)
{
	struct arrival *a;

	for (size_t i = 0; i < o->nb_burst; i++) {
		a = &o->burst[i];
		o->asks.newer = asks_again(o, i);
		if (a->asks.is && o->conf.method == ORACLE_BY_SCAN && !o->conf.at_once)
			oracle_asks_request(&o->asks, a->asks.off);
		if (oracle_tcp_paws(&o->tcp, &a->piece, a->has_ts, a->ts))
			o->stats.old += a->piece.end > a->piece.off;
		else
			oracle_tcp_input(&o->tcp, &a->piece);
		free(a->piece.bytes);
	}
	o->nb_burst = 0;
	o->asks.newer = false;
	if (emptied && o->ended && o->bursts != o->ended_burst) {
		o->ended = false;
		oracle_tcp_forget_marks(&o->tcp);
		oracle_records_forget_marks(&o->records);
	}
	o->quiet = emptied;
}

static int64_t
place_of(const struct resync_oracle *o, uint32_t seq)
{
	return o->newest + (int32_t)(seq - (o->isn + (uint32_t)o->newest));
}

bool
resync_oracle_packet(struct resync_oracle *o, const struct oracle_segment *seg,
		     const struct oracle_mishap *m)
{
	struct oracle_packet p;
	struct arrival *a;
	int64_t off;

	resync_oracle_settle(o);
	if (seg->syn) {
		o->isn = seg->seq + 1;
		o->synced = true;
		o->tcp.has_ts = seg->has_ts;
		o->tcp.ts_recent = seg->ts;
	}
	if (!o->synced || seg->syn)
		return false;
	off = place_of(o, seg->seq);
	if (off + seg->len > o->newest)
		o->newest = off + seg->len;
	p = oracle_nic_packet(&o->nic, off, seg->bytes, seg->len, m);
	o->stats.packets += seg->len != 0;
	o->burst = oracle_grown(o->burst, o->nb_burst, &o->cap_burst, sizeof(*o->burst));
	a = &o->burst[o->nb_burst++];
	*a = (struct arrival){ .asks = p.asks, .has_ts = seg->has_ts, .ts = seg->ts };
	a->piece = oracle_part_of(
		&(struct oracle_piece){
			.off = off, .run = p.run, .wrong = p.wrong, .bytes = (void *)seg->bytes },
		off, off + seg->len, true);
	if (p.asks.is && o->conf.at_once)
		answer_at_once(o, p.asks.off);
	return p.run != 0;
}

bool
resync_oracle_sees(const struct resync_oracle *o)
{
	return oracle_nic_sees(&o->nic);
}

bool
resync_oracle_asks(const struct resync_oracle *o)
{
	return o->nb_burst > 0 && o->burst[o->nb_burst - 1].asks.is;
}

void
resync_oracle_acks(struct resync_oracle *o, uint32_t ack)
{
	if (o->synced)
		o->tcp.acked = place_of(o, ack);
}

/* --- life -------------------------------------------------------------------- */

struct resync_oracle *
resync_oracle_create(const struct resync_oracle_conf *conf)
{
	struct resync_oracle *o = calloc(1, sizeof(*o));

	if (o == NULL)
		abort();
	o->conf = *conf;
	o->tcp.records = &o->records;
	o->records.asks = &o->asks;
	o->records.suite = conf->suite;
	o->tcp.stats = o->records.stats = &o->stats;
	oracle_asks_init(&o->asks, &o->nic, conf->alone, &o->stats);
	oracle_nic_init(&o->nic, conf->suite, conf->method, conf->polls, conf->truth, conf->arg);
	o->nic.unheard_max = conf->unheard_max;
	return o;
}

void
resync_oracle_keys(struct resync_oracle *o, int64_t off, uint64_t rec_no)
{
	resync_oracle_settle(o);
	oracle_records_keys(&o->records, off, rec_no);
}

void
resync_oracle_read(struct resync_oracle *o)
{
	resync_oracle_settle(o);
	oracle_records_read(&o->records);
}

void
resync_oracle_start(struct resync_oracle *o, uint32_t seq, uint64_t rec_no, uint32_t unseen)
{
	resync_oracle_settle(o);
	o->records.started = true;
	o->records.start_off = place_of(o, seq);
	oracle_nic_start(&o->nic, o->records.start_off, rec_no, unseen);
}

void
resync_oracle_end(struct resync_oracle *o)
{
	resync_oracle_settle(o);
	o->records.started = false;
	o->ended = true;
	o->ended_burst = o->bursts;
	oracle_asks_cancel(&o->asks);
	oracle_nic_end(&o->nic);
}

bool
resync_oracle_class(const struct resync_oracle *o, uint64_t n, enum oracle_class *out)
{
	if (n >= o->records.nb_classes)
		return false;
	*out = (enum oracle_class)o->records.classes[n];
	return true;
}

bool
resync_oracle_call(const struct resync_oracle *o, uint64_t n, struct oracle_call *out)
{
	if (n >= o->asks.nb_calls)
		return false;
	*out = o->asks.calls[n];
	return true;
}

uint64_t
resync_oracle_nb_calls(const struct resync_oracle *o)
{
	return o->asks.nb_calls;
}

uint64_t
resync_oracle_nb_records(const struct resync_oracle *o)
{
	return o->records.nb_classes;
}

int64_t
resync_oracle_parsed(const struct resync_oracle *o)
{
	return oracle_records_parsed(&o->records);
}

int64_t
resync_oracle_place(const struct resync_oracle *o)
{
	return o->nic.place.off;
}

uint64_t
resync_oracle_begun(const struct resync_oracle *o)
{
	return o->nic.begun;
}

uint32_t
resync_oracle_seq(const struct resync_oracle *o, int64_t off)
{
	return o->isn + (uint32_t)off;
}

struct resync_oracle_stats
resync_oracle_stats_get(const struct resync_oracle *o)
{
	return o->stats;
}

void
resync_oracle_destroy(struct resync_oracle *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; i < o->nb_burst; i++)
		free(o->burst[i].piece.bytes);
	oracle_tcp_fini(&o->tcp);
	oracle_records_fini(&o->records);
	free(o->asks.calls);
	free(o->burst);
	free(o);
}
