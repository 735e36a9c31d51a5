/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/timewait.h"

#include <string.h>

#include "net/siphash.h"
#include "tcp/window.h"

enum {
	CAPACITY_MAX = 1 << 24,
	/* A successor's sequence numbers begin this far beyond the old ones. */
	ISS_GAP = 65536 + 1,
	/* RFC 7323 5.4: the longest that a timestamp may stand. */
	SLOWEST_TICK_US = 1000000,
};

/*
 * mem holds this, then the records, then the heads of the hash chains. Indices
 * begin at 1; 0 is none.
 */
struct tcp_timewait {
	uint8_t key[SIPHASH_KEY_LEN];
	uint32_t capacity;
	uint32_t bucket_mask;
	uint32_t count;
	uint32_t oldest;
	uint32_t newest;
	uint32_t free; /* chained by next */
	uint32_t *buckets;
	struct tcp_timewait_entry entries[];
};

static uint32_t
limited(uint32_t capacity)
{
	if (capacity == 0)
		return 1;
	return capacity > CAPACITY_MAX ? CAPACITY_MAX : capacity;
}

static uint32_t
buckets_for(uint32_t capacity)
{
	uint32_t n = 1;

	while (n < capacity)
		n *= 2;
	return n;
}

size_t
tcp_timewait_size(uint32_t capacity)
{
	uint32_t n = limited(capacity);

	return sizeof(struct tcp_timewait) + n * sizeof(struct tcp_timewait_entry) +
	       buckets_for(n) * sizeof(uint32_t);
}

struct tcp_timewait *
tcp_timewait_init(void *mem, size_t size, uint32_t capacity, const uint8_t key[16])
{
	struct tcp_timewait *tw = mem;

	if (size < tcp_timewait_size(capacity))
		return NULL;
	memset(mem, 0, tcp_timewait_size(capacity));
	memcpy(tw->key, key, sizeof(tw->key));
	tw->capacity = limited(capacity);
	tw->bucket_mask = buckets_for(tw->capacity) - 1;
	tw->buckets = (uint32_t *)&tw->entries[tw->capacity];
	for (uint32_t i = 0; i < tw->capacity; i++)
		tw->entries[i].next = i + 1 < tw->capacity ? i + 2 : 0;
	tw->free = 1;
	return tw;
}

static uint32_t *
bucket_of(struct tcp_timewait *tw, const struct net_tuple *tuple)
{
	uint64_t hash = siphash13(tw->key, tuple, sizeof(*tuple));

	return &tw->buckets[(uint32_t)hash & tw->bucket_mask];
}

static uint32_t
index_of(const struct tcp_timewait *tw, const struct tcp_timewait_entry *e)
{
	return (uint32_t)(e - tw->entries) + 1;
}

static void
list_remove(struct tcp_timewait *tw, struct tcp_timewait_entry *e)
{
	*(e->prev != 0 ? &tw->entries[e->prev - 1].next : &tw->oldest) = e->next;
	*(e->next != 0 ? &tw->entries[e->next - 1].prev : &tw->newest) = e->prev;
}

static void
list_append(struct tcp_timewait *tw, struct tcp_timewait_entry *e)
{
	uint32_t i = index_of(tw, e);

	e->next = 0;
	e->prev = tw->newest;
	*(e->prev != 0 ? &tw->entries[e->prev - 1].next : &tw->oldest) = i;
	tw->newest = i;
}

static void
release(struct tcp_timewait *tw, struct tcp_timewait_entry *e)
{
	uint32_t *link = bucket_of(tw, &e->tuple);

	while (*link != index_of(tw, e))
		link = &tw->entries[*link - 1].chain;
	*link = e->chain;
	list_remove(tw, e);
	e->next = tw->free;
	tw->free = index_of(tw, e);
	tw->count--;
}

static struct tcp_timewait_entry *
take_record(struct tcp_timewait *tw, const struct net_tuple *tuple, bool *recycled)
{
	struct tcp_timewait_entry *e = tcp_timewait_find(tw, tuple);

	*recycled = false;
	if (e != NULL) { /* a later incarnation ended as well */
		release(tw, e);
	} else if (tw->free == 0) {
		release(tw, &tw->entries[tw->oldest - 1]);
		*recycled = true;
	}
	e = &tw->entries[tw->free - 1];
	tw->free = e->next;
	return e;
}

struct tcp_timewait_entry *
tcp_timewait_add(struct tcp_timewait *tw, const struct net_tuple *tuple, const struct tcp_conn *c,
		 uint64_t now_us, bool *recycled)
{
	struct tcp_timewait_entry *e = take_record(tw, tuple, recycled);
	uint32_t *bucket = bucket_of(tw, tuple);
	uint64_t adv_off;

	*e = (struct tcp_timewait_entry){
		.tuple = *tuple,
		.snd_nxt = c->iss + 1 + (uint32_t)c->snd_max,
		.rcv_nxt = c->irs + 1 + (uint32_t)tcp_ack_off(c),
		.ts_recent = c->ts_recent,
		.ts_offset = c->ts_offset,
		.ts_on = c->ts_on,
		.wscale = c->rcv_wscale,
		.rcv_buf = c->rcv_buf,
		.wnd = tcp_window_tell(c, true, &adv_off),
		.at_us = now_us + c->params->time_wait_us,
		.chain = *bucket,
	};
	*bucket = index_of(tw, e);
	list_append(tw, e);
	tw->count++;
	return e;
}

struct tcp_timewait_entry *
tcp_timewait_find(struct tcp_timewait *tw, const struct net_tuple *tuple)
{
	uint32_t i = *bucket_of(tw, tuple);

	while (i != 0 && !net_tuple_equal(&tw->entries[i - 1].tuple, tuple))
		i = tw->entries[i - 1].chain;
	return i != 0 ? &tw->entries[i - 1] : NULL;
}

void
tcp_timewait_ack(const struct tcp_timewait_entry *e, uint64_t now_us, struct tcp_seg *out)
{
	tcp_seg_clear(out);
	out->src_port = e->tuple.local_port;
	out->dst_port = e->tuple.remote_port;
	out->seq = e->snd_nxt;
	out->ack = e->rcv_nxt;
	out->flags = TCP_ACK;
	out->wnd = e->wnd;
	out->has_ts = e->ts_on;
	out->ts_val = e->ts_on ? tcp_ts_now(e->ts_offset, now_us) : 0;
	out->ts_ecr = e->ts_on ? e->ts_recent : 0;
}

/*
 * May a SYN open a new connection now? RFC 6191 2: its timestamp is newer than the last one, or is
 * the first; where timestamps say nothing, its sequence number is newer.
 */
static bool
syn_is_new(const struct tcp_timewait_entry *e, const struct tcp_seg *syn)
{
	int32_t ts_ahead = (int32_t)(syn->ts_val - e->ts_recent);
	bool seq_ahead = (int32_t)(syn->seq - e->rcv_nxt) >= 0;

	if (!e->ts_on && syn->has_ts)
		return true;
	if (syn->has_ts)
		return ts_ahead > 0 || (ts_ahead == 0 && seq_ahead);
	return seq_ahead;
}

/* The peer still holds this, data or FIN, so our ACK was lost; see is_repeated() in tcp/input.c. */
static bool
is_repeated(const struct tcp_timewait_entry *e, const struct tcp_seg *seg)
{
	uint32_t before = e->rcv_nxt - seg->seq;

	if (before > (uint64_t)e->rcv_buf + 1)
		return false;
	/* The FIN is the last before rcv_nxt. */
	return seg->flags & TCP_FIN ? seg->payload_len + 1 == before :
				      seg->payload_len > 0 && seg->payload_len < before;
}

/* RFC 9293 3.10.7.4, and RFC 7323 5.3 R1: may a segment without text stand there? */
static bool
acceptable(const struct tcp_timewait_entry *e, const struct tcp_seg *seg)
{
	uint32_t ahead = seg->seq - e->rcv_nxt;
	bool old = e->ts_on && seg->has_ts && (int32_t)(seg->ts_val - e->ts_recent) < 0;

	return !old && (ahead == 0 || ahead < (uint32_t)e->wnd << e->wscale);
}

static enum tcp_timewait_verdict
again(struct tcp_timewait_entry *e, uint64_t now_us)
{
	if (now_us < e->again_next_us)
		return TCP_TIMEWAIT_DROP;
	e->again_next_us = now_us + TCP_AGAIN_US;
	return TCP_TIMEWAIT_ACK;
}

enum tcp_timewait_verdict
tcp_timewait_input(struct tcp_timewait *tw, struct tcp_timewait_entry *e, const struct tcp_seg *seg,
		   uint32_t time_wait_us, uint64_t now_us, uint32_t *iss)
{
	if (seg->flags & TCP_RST) /* RFC 1337: it does not end the wait */
		return TCP_TIMEWAIT_DROP;
	if (seg->flags & TCP_SYN) {
		if ((seg->flags & (TCP_ACK | TCP_FIN)) != 0 || !syn_is_new(e, seg))
			return TCP_TIMEWAIT_CHALLENGE;
		*iss = e->snd_nxt + ISS_GAP;
		release(tw, e);
		return TCP_TIMEWAIT_REUSE;
	}
	if (seg->payload_len == 0 && (seg->flags & TCP_FIN) == 0)
		return acceptable(e, seg) ? TCP_TIMEWAIT_DROP : TCP_TIMEWAIT_CHALLENGE;
	if ((seg->flags & (TCP_FIN | TCP_ACK)) == TCP_FIN)
		return TCP_TIMEWAIT_DROP;
	if (!is_repeated(e, seg))
		return TCP_TIMEWAIT_CHALLENGE;
	/* Only the very FIN starts the wait again. */
	if (seg->flags & TCP_FIN) {
		e->at_us = now_us + time_wait_us;
		list_remove(tw, e);
		list_append(tw, e);
	}
	return again(e, now_us);
}

bool
tcp_timewait_may_open(const struct tcp_timewait_entry *e, uint32_t time_wait_us, uint64_t now_us)
{
	/* at_us is set with the peer's FIN, which is the last that is heard. */
	return e->ts_on && now_us + time_wait_us >= e->at_us + SLOWEST_TICK_US;
}

uint32_t
tcp_timewait_open(struct tcp_timewait *tw, struct tcp_timewait_entry *e)
{
	uint32_t iss = e->snd_nxt + ISS_GAP;

	release(tw, e);
	return iss;
}

uint32_t
tcp_timewait_expire(struct tcp_timewait *tw, uint64_t now_us, uint32_t max)
{
	uint32_t n = 0;

	while (n < max && tw->oldest != 0 && tw->entries[tw->oldest - 1].at_us <= now_us) {
		release(tw, &tw->entries[tw->oldest - 1]);
		n++;
	}
	return n;
}

uint64_t
tcp_timewait_deadline(const struct tcp_timewait *tw)
{
	return tw->oldest != 0 ? tw->entries[tw->oldest - 1].at_us : UINT64_MAX;
}

uint32_t
tcp_timewait_count(const struct tcp_timewait *tw)
{
	return tw->count;
}
