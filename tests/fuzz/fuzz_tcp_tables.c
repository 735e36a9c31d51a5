/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * SYN-RECEIVED and TIME-WAIT: a dozen peers, a table of eight and one of four, any segments and
 * any time. Beside them two plain lists of who must be in there.
 *
 * Input: a row of steps.
 */

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "tcp/syncache.h"
#include "tcp/timewait.h"
#include "unit/tcp/fixture.h"

enum {
	STEPS_MAX = 300,
	PEERS = 12,
	SYNS = TCP_SYNCACHE_WAYS, /* one bucket: whoever is oldest goes */
	WAITS = 4,
	LISTENERS = 2,
	OUR_MSS = 1460,
	ROOM = 60000,
};

/* What the lists know of a peer. */
struct peer {
	bool syn;
	bool wait;
	uint32_t listener;
	uint64_t born_us;       /* of the SYN record */
	uint64_t end_us;        /* of the TIME-WAIT record */
	uint64_t challenged_us; /* the SYN record's last challenge; 0: none */
	uint64_t answered_us;   /* the TIME-WAIT record's last answer to its peer; 0: none */
	uint64_t order;         /* of the TIME-WAIT record, by age */
};

static struct world {
	uint64_t syn_mem[1 << 10];
	uint64_t wait_mem[1 << 10];
	struct tcp_syncache *syns;
	struct tcp_timewait *waits;
	struct tcp_params params;
	struct peer peers[PEERS];
	uint64_t now_us;
	uint64_t order;
} w;

static struct net_tuple
tuple_of(uint32_t i)
{
	return (struct net_tuple){
		.local = net_addr_v4(0x0a000001),
		.remote = net_addr_v4(0x0a000100 + i % 3),
		.local_port = 443,
		.remote_port = (uint16_t)(40000 + i),
	};
}

static void
check_tables(void)
{
	uint32_t syns = 0, waits = 0;
	uint64_t first = UINT64_MAX;

	for (uint32_t i = 0; i < PEERS; i++) {
		struct net_tuple t = tuple_of(i);
		const struct peer *p = &w.peers[i];

		FUZZ_CHECK((tcp_syncache_find(w.syns, &t) != NULL) == p->syn);
		FUZZ_CHECK((tcp_timewait_find(w.waits, &t) != NULL) == p->wait);
		syns += p->syn;
		waits += p->wait;
		if (p->wait && p->end_us < first)
			first = p->end_us;
	}
	FUZZ_CHECK(tcp_syncache_count(w.syns) == syns);
	FUZZ_CHECK(tcp_timewait_count(w.waits) == waits);
	FUZZ_CHECK((tcp_syncache_deadline(w.syns) == UINT64_MAX) == (syns == 0));
	FUZZ_CHECK(tcp_timewait_deadline(w.waits) == first);
}

static struct tcp_seg
draw_segment(struct fuzz_in *in, uint32_t i, uint32_t seq, uint32_t ack)
{
	uint8_t how = fuzz_u8(in);
	struct tcp_seg seg = {
		.seq = how & 1 ? fuzz_u32(in) : seq + fuzz_u8(in) - 8,
		.ack = how & 2 ? fuzz_u32(in) : ack + fuzz_u8(in) % 4 - 1,
		.flags = how & 4 ? fuzz_u8(in) : TCP_ACK,
		.wnd = fuzz_u16(in),
		.payload_len = how & 8 ? fuzz_u16(in) : 0,
		.has_ts = (how & 16) == 0,
		.ts_val = 1000 + fuzz_u8(in),
		.src_port = (uint16_t)(40000 + i),
		.dst_port = 443,
		.hdr_len = TCP_HDR_MIN,
	};

	if (seg.flags & TCP_SYN) {
		seg.mss = fuzz_u16(in);
		seg.has_wscale = how & 32;
		seg.wscale = fuzz_u8(in) % (TCP_WSCALE_MAX + 1);
	}
	return seg;
}

/* --- SYN-RECEIVED -------------------------------------------------------------- */

static void
listen_input(struct fuzz_in *in, uint32_t i)
{
	struct net_tuple t = tuple_of(i);
	uint32_t listener = fuzz_below(in, LISTENERS);
	struct tcp_seg seg = draw_segment(in, i, 5000, 0), answer;
	struct tcp_syncache_entry *e;
	struct tcp_syn syn;
	uint64_t oldest = UINT64_MAX;
	bool evicted, full = tcp_syncache_count(w.syns) == SYNS;
	bool bare = (seg.flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;

	FUZZ_CHECK(tcp_syn_input(&syn, &w.params, &seg, fuzz_u32(in), 77, OUR_MSS, ROOM,
				 w.now_us) == bare);
	if (!bare)
		return;
	e = tcp_syncache_add(w.syns, &t, listener, w.now_us, &evicted);
	e->syn = syn;
	FUZZ_CHECK(evicted == full);
	if (evicted) {
		/* It was the oldest, or one as old. */
		for (uint32_t k = 0; k < PEERS; k++)
			if (w.peers[k].syn && w.peers[k].born_us < oldest)
				oldest = w.peers[k].born_us;
		for (uint32_t k = 0; k < PEERS; k++) {
			struct net_tuple other = tuple_of(k);

			if (!w.peers[k].syn || tcp_syncache_find(w.syns, &other) != NULL)
				continue;
			FUZZ_CHECK(w.peers[k].born_us == oldest);
			w.peers[k].syn = false;
		}
	}
	w.peers[i].syn = true;
	w.peers[i].born_us = w.now_us;
	w.peers[i].listener = listener;
	w.peers[i].challenged_us = 0;
	tcp_syn_ack(&e->syn, w.now_us, &answer);
	FUZZ_CHECK(answer.seq == syn.iss && answer.ack == seg.seq + 1 &&
		   answer.flags == (TCP_SYN | TCP_ACK) && answer.mss == OUR_MSS);
	FUZZ_CHECK(answer.has_ts == seg.has_ts && answer.has_wscale == seg.has_wscale);
}

/* The ACK that completes the handshake: the connection that comes of it is whole. */
static void
complete(uint32_t i, struct tcp_syncache_entry *e, const struct tcp_seg *seg)
{
	static struct tcp_conn c;
	const char *broken;

	FUZZ_CHECK((seg->flags & (TCP_SYN | TCP_RST | TCP_ACK)) == TCP_ACK);
	FUZZ_CHECK(seg->ack == e->syn.iss + 1);
	FUZZ_CHECK(seg->seq - (e->syn.irs + 1) <= e->syn.rcv_wnd);
	tcp_opts_default(&c.opts);
	tcp_conn_accept(&c, &w.params, &e->syn, seg, ROOM, w.now_us);
	tcp_input(&c, NULL, seg, w.now_us);
	broken = tcp_check(&c);
	if (broken != NULL)
		fuzz_fail(__FILE__, __LINE__, broken);
	tcp_syncache_remove(w.syns, e);
	w.peers[i].syn = false;
}

static void
syn_input(struct fuzz_in *in, uint32_t i)
{
	struct net_tuple t = tuple_of(i);
	struct tcp_syncache_entry *e = tcp_syncache_find(w.syns, &t);
	struct tcp_seg seg, answer;

	seg = draw_segment(in, i, e->syn.irs + 1, e->syn.iss + 1);
	switch (tcp_syn_step(&e->syn, &w.params, &seg, w.now_us)) {
	case TCP_SYN_IGNORE:
		return;
	case TCP_SYN_COMPLETE:
		complete(i, e, &seg);
		return;
	case TCP_SYN_RESET:
		FUZZ_CHECK(tcp_reset_reply(&seg, &answer) && answer.seq == seg.ack);
		return;
	case TCP_SYN_DROPPED:
		FUZZ_CHECK((seg.flags & TCP_RST) != 0 && seg.seq == e->syn.irs + 1);
		tcp_syncache_remove(w.syns, e);
		w.peers[i].syn = false;
		return;
	case TCP_SYN_AGAIN:
		FUZZ_CHECK((seg.flags & TCP_SYN) != 0 && seg.seq == e->syn.irs);
		return;
	case TCP_SYN_CHALLENGE:
		/* A stranger gets no more than one in challenge_us out of us. */
		FUZZ_CHECK(w.peers[i].challenged_us == 0 ||
			   w.now_us - w.peers[i].challenged_us >= w.params.challenge_us);
		w.peers[i].challenged_us = w.now_us;
		tcp_syn_challenge(&e->syn, w.now_us, &answer);
		FUZZ_CHECK(answer.flags == TCP_ACK && answer.seq == e->syn.iss + 1 &&
			   answer.ack == e->syn.irs + 1);
		return;
	}
}

static void
syns_due(void)
{
	struct tcp_syncache_entry *e;
	uint32_t budget = UINT32_MAX, gone = 0, resent = 0;

	while ((e = tcp_syncache_due(w.syns, w.now_us, &budget)) != NULL) {
		FUZZ_CHECK(++resent <= SYNS * (TCP_SYNCACHE_RESENDS + 1));
		FUZZ_CHECK(e->syn.resent <= TCP_SYNCACHE_RESENDS && e->at_us > w.now_us);
	}
	for (uint32_t i = 0; i < PEERS; i++) {
		struct net_tuple t = tuple_of(i);

		if (!w.peers[i].syn || tcp_syncache_find(w.syns, &t) != NULL)
			continue;
		/* RFC 9293 3.8.3: no earlier than after its last SYN-ACK. */
		FUZZ_CHECK(w.now_us - w.peers[i].born_us >= UINT64_C(63000000));
		w.peers[i].syn = false;
		gone++;
	}
	FUZZ_CHECK(gone + resent == UINT32_MAX - budget);
	FUZZ_CHECK(tcp_syncache_deadline(w.syns) > w.now_us);
}

static void
unlisten(uint32_t listener)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < PEERS; i++)
		if (w.peers[i].syn && w.peers[i].listener == listener) {
			w.peers[i].syn = false;
			n++;
		}
	FUZZ_CHECK(tcp_syncache_remove_listener(w.syns, listener) == n);
}

/* --- TIME-WAIT ----------------------------------------------------------------- */

static void
wait_add(struct fuzz_in *in, uint32_t i)
{
	static struct tcp_conn c;
	struct fx_conf conf = { .iss = fuzz_u32(in), .irs = fuzz_u32(in), .ts = fuzz_u8(in) & 1 };
	struct net_tuple t = tuple_of(i);
	struct tcp_timewait_entry *e;
	uint32_t oldest = PEERS;
	bool recycled, full = tcp_timewait_count(w.waits) == WAITS && !w.peers[i].wait;

	fx_state(&c, TCP_TIME_WAIT, &conf);
	c.params = &w.params;
	for (uint32_t k = 0; k < PEERS; k++)
		if (w.peers[k].wait &&
		    (oldest == PEERS || w.peers[k].order < w.peers[oldest].order))
			oldest = k;
	e = tcp_timewait_add(w.waits, &t, &c, w.now_us, &recycled);
	FUZZ_CHECK(recycled == full);
	if (recycled)
		w.peers[oldest].wait = false;
	w.peers[i].wait = true;
	w.peers[i].order = w.order++;
	w.peers[i].answered_us = 0;
	w.peers[i].end_us = w.now_us + w.params.time_wait_us;
	FUZZ_CHECK(e->snd_nxt == c.iss + 1 + (uint32_t)c.snd_max);
	FUZZ_CHECK(e->rcv_nxt == c.irs + 1 + (uint32_t)c.rcv_nxt + 1);
}

static void
wait_input(struct fuzz_in *in, uint32_t i)
{
	struct net_tuple t = tuple_of(i);
	struct tcp_timewait_entry *e = tcp_timewait_find(w.waits, &t);
	uint32_t iss = 0, snd_nxt = e->snd_nxt, rcv_nxt = e->rcv_nxt;
	struct tcp_seg seg = draw_segment(in, i, rcv_nxt - 1, snd_nxt), ack;
	uint64_t *answered_us = &w.peers[i].answered_us;
	bool again, lately;

	again = (seg.flags & (TCP_RST | TCP_SYN | TCP_FIN | TCP_ACK)) == (TCP_FIN | TCP_ACK) &&
		seg.seq + seg.payload_len + 1 == rcv_nxt && seg.payload_len <= e->rcv_buf;
	lately = *answered_us != 0 && w.now_us - *answered_us < TCP_AGAIN_US;
	switch (tcp_timewait_input(w.waits, e, &seg, w.params.time_wait_us, w.now_us, &iss)) {
	case TCP_TIMEWAIT_DROP:
		/* The peer's FIN is answered, or two stacks would never part. */
		FUZZ_CHECK(!again || lately);
		break;
	case TCP_TIMEWAIT_CHALLENGE:
		FUZZ_CHECK(!again && (seg.flags & TCP_RST) == 0);
		FUZZ_CHECK((seg.flags & (TCP_SYN | TCP_FIN)) != 0 || seg.payload_len > 0 ||
			   seg.seq != rcv_nxt || seg.has_ts);
		break;
	case TCP_TIMEWAIT_ACK:
		FUZZ_CHECK((seg.flags & TCP_RST) == 0 && !lately);
		*answered_us = w.now_us;
		FUZZ_CHECK((seg.flags & (TCP_SYN | TCP_FIN)) != 0 || seg.payload_len > 0);
		tcp_timewait_ack(e, w.now_us, &ack);
		FUZZ_CHECK(ack.flags == TCP_ACK && ack.seq == snd_nxt && ack.ack == rcv_nxt &&
			   ack.payload_len == 0);
		break;
	case TCP_TIMEWAIT_REUSE:
		FUZZ_CHECK((seg.flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN);
		/* RFC 9293 3.6.1: beyond what the old connection used. */
		FUZZ_CHECK((int32_t)(iss - snd_nxt) > 0);
		w.peers[i].wait = false;
		return;
	}
	if (again) {
		w.peers[i].end_us = w.now_us + w.params.time_wait_us;
		w.peers[i].order = w.order++;
	}
}

static void
waits_expire(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < PEERS; i++)
		if (w.peers[i].wait && w.peers[i].end_us <= w.now_us) {
			w.peers[i].wait = false;
			n++;
		}
	FUZZ_CHECK(tcp_timewait_expire(w.waits, w.now_us, UINT32_MAX) == n);
}

/* --- one run ------------------------------------------------------------------- */

static void
step_time(struct fuzz_in *in)
{
	uint64_t at = tcp_syncache_deadline(w.syns);
	uint8_t how = fuzz_u8(in);

	if (tcp_timewait_deadline(w.waits) < at)
		at = tcp_timewait_deadline(w.waits);
	if (how & 1)
		w.now_us += (uint64_t)fuzz_u16(in) << (how >> 4);
	else if (at != UINT64_MAX && at > w.now_us)
		w.now_us = at;
	syns_due();
	waits_expire();
}

static void
step(struct fuzz_in *in)
{
	uint8_t how = fuzz_u8(in);
	uint32_t i = how % PEERS;

	switch (fuzz_u8(in) % 8) {
	case 0:
		if (!w.peers[i].syn)
			listen_input(in, i);
		break;
	case 1:
	case 2:
	case 3:
		if (w.peers[i].syn)
			syn_input(in, i);
		break;
	case 4:
		wait_add(in, i);
		break;
	case 5:
		if (w.peers[i].wait)
			wait_input(in, i);
		break;
	case 6:
		step_time(in);
		break;
	case 7:
		unlisten(how % LISTENERS);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	uint8_t key[16];

	fuzz_copy(&in, key, 4);
	memset(key + 4, 7, sizeof(key) - 4);
	memset(w.peers, 0, sizeof(w.peers));
	tcp_params_default(&w.params);
	w.now_us = FX_T0;
	w.syns = tcp_syncache_init(w.syn_mem, sizeof(w.syn_mem), SYNS, key);
	w.waits = tcp_timewait_init(w.wait_mem, sizeof(w.wait_mem), WAITS, key);
	FUZZ_CHECK(w.syns != NULL && w.waits != NULL);
	for (int i = 0; i < STEPS_MAX && in.left > 0; i++) {
		step(&in);
		if (i % 8 == 0)
			check_tables();
	}
	check_tables();
	return 0;
}
