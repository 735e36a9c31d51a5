/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/watch_nic.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "sim/frame.h"
#include "stack/device_events.h"
#include "stack/netif.h"
#include "support/net_bytes.h"

enum { FRAME_ROOM = 9700, ACK_OFF = 14 + 20 + 8, ACK_END = 14 + 20 + 20 };

/* --- packets ----------------------------------------------------------------- */

/* NULL: nobody looks. */
static struct watch_end *
end_of(const struct rtls_port *p)
{
	for (int i = 0; i < 2; i++)
		if (watched.end[i].nic && watched.end[i].port == p)
			return &watched.end[i];
	return NULL;
}

/* The stream goes on at the place, or in front of it, packet behind packet; else nobody is in step there. */
static void
follow_led(struct watch_led *l, int64_t off, int64_t end, struct watch_said *said)
{
	if (l->state == LED_NOT || end == off)
		return;
	l->packets++;
	said->soon = l->packets <= 2;
	if (off > l->place && off != l->end) {
		l->state = LED_NOT;
	} else if (l->state == LED_FIRST) {
		said->second = off == l->end;
		l->state = LED_NOT;
	} else if (off <= l->place && end > l->place) {
		said->first = off == l->place;
		l->state = said->first ? LED_NOT : LED_FIRST;
	}
	l->end = end;
}

static struct oracle_mishap
mishap_of(const struct strikes *s)
{
	struct oracle_mishap m = {
		.lost = strikes_have(s, RTLS_TLSNIC_CONTEXT_LOST),
		.passed = strikes_have(s, RTLS_TLSNIC_BAD_CHECKSUM),
		.refused = strikes_have(s, RTLS_TLSNIC_AUTH_ERROR),
		.asks_by = s->with[RTLS_TLSNIC_ASK_WRONG],
	};

	/* Of 260 or 261 bytes. */
	if (strikes_have(s, RTLS_TLSNIC_FALSE_HEADERS))
		m.false_body = 254 + s->with[RTLS_TLSNIC_FALSE_HEADERS];
	return m;
}

/* What the oracle says of a packet. */
static struct watch_said
says(struct watch_end *e, const struct frame *f)
{
	const struct oracle_segment seg = {
		.syn = (f->flags & FRAME_SYN) != 0,
		.seq = f->seq,
		.bytes = f->payload,
		.len = f->payload_len,
		.has_ts = f->has_ts,
		.ts = f->ts_val,
	};
	const struct oracle_mishap m = mishap_of(&e->strikes);
	bool sees = resync_oracle_sees(e->oracle);
	struct watch_said said = { .marked = resync_oracle_packet(e->oracle, &seg, &m) };
	int64_t off = e->led.place + (int32_t)(f->seq - resync_oracle_seq(e->oracle, e->led.place));

	if (e->strikes.kinds != 0 || !sees || e->led.begun != resync_oracle_begun(e->oracle))
		e->led.state = LED_NOT;
	follow_led(&e->led, off, off + f->payload_len, &said);
	if (e->ideal != NULL)
		resync_oracle_packet(e->ideal, &seg, &m);
	e->out.packets += f->payload_len != 0;
	if (f->payload_len != 0)
		watch_trace(e, "packet [%d, +%u)%s%s, faults %x",
			    (int)(f->seq - resync_oracle_seq(e->oracle, 0)), f->payload_len,
			    said.marked ? " marked" : "",
			    resync_oracle_asks(e->oracle) ? " ASKS" : "", e->strikes.kinds);
	return said;
}

static void
judge_mark(struct watch_end *e, const struct watch_said *said, bool marked)
{
	e->out.marked += marked;
	if (marked != said->marked && e->unsaid_off == 0)
		watch_differ(e, "packet %" PRIu64 ": the NIC marked it%s", e->out.packets,
			     marked ? ", and should not" : " not");
	if (!said->first && !said->second)
		return;
	e->out.led++;
	e->out.at_once += said->soon;
	if (!marked)
		watch_differ(e, "it was told, and is not in step two segments later");
}

/* Its port is the first of it. */
struct tlsnic;
struct rte_mbuf *__real_receive_packet(struct tlsnic *nic, struct rte_mbuf *m);
struct rte_mbuf *__wrap_receive_packet(struct tlsnic *nic, struct rte_mbuf *m);

struct rte_mbuf *
__wrap_receive_packet(struct tlsnic *nic, struct rte_mbuf *m)
{
	struct watch_end *e = end_of((const struct rtls_port *)nic);
	static uint8_t room[FRAME_ROOM];
	uint32_t len = m->pkt_len;
	const uint8_t *bytes;
	struct frame f;
	struct watch_said said;

	if (e == NULL)
		return __real_receive_packet(nic, m);
	/* It may be opened where it lies. */
	bytes = len <= FRAME_ROOM ? rte_pktmbuf_read(m, 0, len, room) : NULL;
	if (bytes == NULL)
		abort();
	if (bytes != room)
		memcpy(room, bytes, len);
	strikes_forget(&e->strikes);
	m = __real_receive_packet(nic, m);
	if (frame_parse(room, len, &f) != NULL || !f.is_tcp)
		return m;
	said = says(e, &f);
	judge_mark(e, &said, (m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD) != 0);
	return m;
}

/*
 * All that was to be said by now was said. Not about what begins behind close_notify, nor about anything once
 * that waits to be read, as it could be a KeyUpdate: where it is the stream ends.
 */
static void
check_calls(struct watch_end *e)
{
	const struct stream *s = sealer_stream(watched.sealer, 1 - (int)(e - watched.end));
	struct oracle_call c;

	resync_oracle_settle(e->oracle);
	for (; resync_oracle_call(e->oracle, e->calls, &c); e->calls++) {
		if (c.may_miss)
			continue;
		if (c.off == (int64_t)s->len || resync_oracle_parsed(e->oracle) == (int64_t)s->len)
			e->unsaid_off = (int64_t)s->len;
		else
			watch_differ(e,
				     "the stack did not say that record %" PRIu64
				     " begins at %" PRId64,
				     c.rec_no, c.off);
	}
	if (e->unsaid_off != 0 && (int64_t)s->len > e->unsaid_off)
		watch_differ(e, "the stack did not say something in front of %" PRId64,
			     e->unsaid_off);
}

static uint16_t
on_rx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct watch_end *e = end_of(p);
	uint16_t got;

	check_calls(e);
	got = e->rx_burst(p, queue, pkts, n);
	e->emptied = got < n;
	if (got > 0)
		watch_trace(e, "burst of %u%s", got, got < n ? "" : ", there are more");
	return got;
}

void __real_device_events_poll(struct rtls_stack *s, const struct netif *nif);
void __wrap_device_events_poll(struct rtls_stack *s, const struct netif *nif);

/* Behind the NIC's events, and in front of its packets. */
void
__wrap_device_events_poll(struct rtls_stack *s, const struct netif *nif)
{
	struct watch_end *e = end_of(nif->port);

	__real_device_events_poll(s, nif);
	if (e == NULL)
		return;
	resync_oracle_burst(e->oracle, e->emptied);
	if (e->ideal != NULL)
		resync_oracle_burst(e->ideal, e->emptied);
}

/* Of what is sent: the ACKs. */
static uint16_t
on_tx_burst(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct watch_end *e = end_of(p);
	const uint8_t *h;
	uint32_t ack;

	for (uint16_t i = 0; i < n; i++) {
		h = rte_pktmbuf_mtod(pkts[i], const uint8_t *);
		/* IPv4 without options, TCP, ACK. */
		if (pkts[i]->data_len < ACK_END || h[12] != 8 || h[13] != 0 || h[23] != 6 ||
		    (h[47] & FRAME_ACK) == 0)
			continue;
		ack = get32(h + ACK_OFF);
		resync_oracle_acks(e->oracle, ack);
		if (e->ideal != NULL)
			resync_oracle_acks(e->ideal, ack);
	}
	return e->tx_burst(p, queue, pkts, n);
}

/* --- what the NIC is told ---------------------------------------------------- */

static struct watch_end *
end_of_dev(const void *dev)
{
	for (int i = 0; i < 2; i++)
		if (watched.end[i].nic && watched.end[i].port->tls.dev == dev)
			return &watched.end[i];
	abort();
}

static bool
is_rx(const struct watch_end *e, struct rtls_tls_handle ctx)
{
	return e->has_rx && e->rx.index == ctx.index && e->rx.generation == ctx.generation;
}

static int
on_add(void *dev, void *session, const struct rtls_tls_flow *flow, uint64_t cookie,
       struct rtls_tls_handle *out)
{
	struct watch_end *e = end_of_dev(dev);
	int rc = e->ops->add(dev, session, flow, cookie, out);

	if (flow->dir == RTLS_RX && (rc == 0 || rc == -EINPROGRESS)) {
		e->rx = *out;
		e->has_rx = true;
	}
	return rc;
}

static int
on_start(void *dev, struct rtls_tls_handle ctx, uint32_t seq, uint64_t rec_no)
{
	struct watch_end *e = end_of_dev(dev);
	uint32_t unseen;
	int rc;

	strikes_forget(&e->strikes);
	rc = e->ops->start(dev, ctx, seq, rec_no);
	unseen = strikes_have(&e->strikes, RTLS_TLSNIC_NO_MATCH) ?
			 ORACLE_NEVER_SEEN :
			 e->strikes.with[RTLS_TLSNIC_STEER_LATE];

	if (rc == 0 && is_rx(e, ctx)) {
		watch_trace(e, "start: record %" PRIu64 " at %d", rec_no,
			    (int)(seq - resync_oracle_seq(e->oracle, 0)));
		e->out.starts++;
		resync_oracle_start(e->oracle, seq, rec_no, unseen);
		if (e->ideal != NULL)
			resync_oracle_start(e->ideal, seq, rec_no, unseen);
	}
	return rc;
}

static int
on_del(void *dev, struct rtls_tls_handle ctx)
{
	struct watch_end *e = end_of_dev(dev);

	if (is_rx(e, ctx)) {
		watch_trace(e, "del");
		e->led.state = LED_NOT;
		resync_oracle_end(e->oracle);
		/* Who is about to be gone is told nothing. */
		e->calls = resync_oracle_nb_calls(e->oracle);
		if (e->ideal != NULL)
			resync_oracle_end(e->ideal);
		e->has_rx = false;
	}
	return e->ops->del(dev, ctx);
}

static unsigned int
on_poll_events(void *dev, uint16_t queue, struct rtls_tls_event *ev, unsigned int n)
{
	struct watch_end *e = end_of_dev(dev);
	unsigned int got;

	strikes_forget(&e->strikes);
	got = e->ops->poll_events(dev, queue, ev, n);
	resync_oracle_events(e->oracle, e->strikes.with[RTLS_TLSNIC_ASK_WRONG]);
	if (e->ideal != NULL)
		resync_oracle_events(e->ideal, 0);
	for (unsigned int i = 0; i < got; i++)
		watch_trace(e, "event %u", ev[i].type);
	return got;
}

/* The NIC is told, and it is known how it heard of it. */
static int
hand_on(struct watch_end *e, struct rtls_tls_handle ctx, uint32_t seq, uint64_t rec_no,
	struct oracle_hears *how)
{
	const struct strikes *s = &e->strikes;
	int rc;

	*how = (struct oracle_hears){ .never = true };
	if (watched.deaf)
		return 0;
	strikes_forget(&e->strikes);
	rc = e->ops->rx_resync(e->port->tls.dev, ctx, seq, rec_no);
	how->twice = strikes_have(s, RTLS_TLSNIC_ANSWER_TWICE);
	how->late = s->with[how->twice ? RTLS_TLSNIC_ANSWER_TWICE : RTLS_TLSNIC_ANSWER_LATE];
	how->wrong = strikes_have(s, RTLS_TLSNIC_ANSWER_WRONG);
	how->never = rc != 0 || strikes_have(s, RTLS_TLSNIC_ANSWER_NEVER);
	return rc;
}

static int
on_rx_resync(void *dev, struct rtls_tls_handle ctx, uint32_t seq, uint64_t rec_no)
{
	struct watch_end *e = end_of_dev(dev);
	struct oracle_hears how;
	enum oracle_told told;
	struct oracle_call c;
	int rc;

	watch_trace(e, "rx_resync: record %" PRIu64 " at %d", rec_no,
		    (int)(seq - resync_oracle_seq(e->oracle, 0)));
	while (resync_oracle_call(e->oracle, e->calls, &c) && c.may_miss &&
	       resync_oracle_seq(e->oracle, c.off) != seq)
		e->calls++;
	if (e->calls == resync_oracle_nb_calls(e->oracle))
		resync_oracle_settle(e->oracle);
	if (!resync_oracle_call(e->oracle, e->calls, &c))
		watch_differ(e, "the stack says that record %" PRIu64 " begins at %d, now", rec_no,
			     (int)(seq - resync_oracle_seq(e->oracle, 0)));
	else if (resync_oracle_seq(e->oracle, c.off) != seq || c.rec_no != rec_no)
		watch_differ(e,
			     "the stack says that record %" PRIu64 " begins at %d, not %" PRIu64
			     " at %" PRId64,
			     rec_no, (int)(seq - resync_oracle_seq(e->oracle, 0)), c.rec_no, c.off);
	rc = hand_on(e, ctx, seq, rec_no, &how);
	if (!resync_oracle_call(e->oracle, e->calls, &c))
		return rc;
	e->calls++;
	told = resync_oracle_said(e->oracle, &c, &how);
	/* Who saw false headers may have counted some. */
	if (e->strikes.kinds == 0 &&
	    (told == ORACLE_TOLD_HINT ||
	     (told == ORACLE_TOLD_ANSWER && e->strikes.struck[RTLS_TLSNIC_FALSE_HEADERS] == 0)))
		e->led = (struct watch_led){ .state = LED_TOLD,
					     .place = resync_oracle_place(e->oracle),
					     .begun = resync_oracle_begun(e->oracle) };
	return rc;
}

void
watch_nic(struct watch_end *e, struct rtls_port *port)
{
	e->port = port;
	strikes_note(&e->strikes, port);
	e->rx_burst = port->rx_burst;
	port->rx_burst = on_rx_burst;
	e->tx_burst = port->tx_burst;
	port->tx_burst = on_tx_burst;
	e->ops = port->tls.ops;
	e->watched_ops = *e->ops;
	e->watched_ops.add = on_add;
	e->watched_ops.start = on_start;
	e->watched_ops.del = on_del;
	e->watched_ops.poll_events = on_poll_events;
	if (e->ops->rx_resync != NULL)
		e->watched_ops.rx_resync = on_rx_resync;
	port->tls.ops = &e->watched_ops;
}
