/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/admission.h"
#include "stack/admission_evict.h"
#include "stack/listener.h"
#include "stack/memory.h"
#include "stack/nexthop.h"
#include "stack/path_mtu.h"
#include "stack/reply.h"
#include "stack/rx_memory.h"
#include "stack/sched.h"
#include "stack/sock_make.h"
#include "stack/state.h"
#include "stack/syn_path.h"
#include "stack/tell.h"
#include "tcp/input.h"
#include "tcp/isn.h"
#include "tcp/open.h"

/* Where an answer goes: back to whoever sent the segment. */
struct answer_to {
	struct rtls_stack *s;
	struct netif *nif;
	const uint8_t *mac;
	const struct net_tuple *tuple;
	enum counter *why; /* the segment was dropped, if it was; NULL: there is none */
};

static void
refuse(const struct answer_to *to, enum counter why)
{
	stack_count(to->s, why);
	*to->why = why;
}

/* of: the listener that it is for; NULL: none. */
static void
answer(const struct answer_to *to, const struct rtls_sock *of, const struct tcp_seg *seg)
{
	reply_segment(to->s, to->nif, to->mac, of, to->tuple, seg);
}

static void
answer_reset(const struct answer_to *to, const struct tcp_seg *seg)
{
	struct tcp_seg rst;

	refuse(to, CNT_RX_NO_CONNECTION);
	if (!tcp_reset_reply(seg, &rst) || !reply_allowed(to->s, ANSWER_RESET, &to->tuple->remote))
		return;
	stack_count(to->s, CNT_TX_RESETS);
	answer(to, NULL, &rst);
}

/* May its address have one more connection, and has the stack room for its bytes? */
static bool
may_come(const struct answer_to *to, const struct tcp_seg *seg)
{
	struct rtls_stack *s = to->s;

	if (admission_remote_full(s, &to->tuple->remote)) {
		answer_reset(to, seg);
		*to->why = CNT_REMOTE_LIMITED;
		return false;
	}
	if (rx_memory_is_severe(s)) {
		memory_no_room(s, NULL);
		refuse(to, CNT_PRESSURE_CONN_REFUSED);
		tell_remote(s, &to->tuple->remote, to->tuple->remote_port, NOTE_ROOM_REFUSED, NULL);
		return false;
	}
	return true;
}

/* What a listener has no use for, RFC 9293 3.10.7.2: an ACK is answered with RST, the rest dropped. */
static void
refuse_stray(const struct answer_to *to, const struct tcp_seg *seg)
{
	/* Behind the ACK with a cookie, which was lost, an honest peer begins again with its first bytes. */
	bool cookie_lost = seg->payload_len > 0 && tcp_cookie_any(&to->s->cookies, to->s->now_us);

	if ((seg->flags & TCP_ACK) != 0 && !cookie_lost)
		answer_reset(to, seg);
	else
		refuse(to, CNT_RX_NO_CONNECTION);
}

/* Nothing is known of the tuple: only a SYN for a listener means something. */
static void
input_stranger(const struct answer_to *to, const struct tcp_seg *seg, uint32_t iss)
{
	struct rtls_stack *s = to->s;
	struct rtls_sock *l = listener_find(s, &to->tuple->local, to->tuple->local_port);
	uint32_t ts_offset = tcp_ts_offset(s->secret, to->tuple);
	struct tcp_syncache_entry *e;
	struct tcp_seg syn_ack;
	struct tcp_syn syn;
	bool evicted;

	if (l == NULL || s->draining) {
		answer_reset(to, seg);
		return;
	}
	if (!tcp_syn_input(&syn, &s->params, seg, iss, ts_offset, netif_mss(to->nif), l->rcvbuf / 2,
			   s->now_us)) {
		refuse_stray(to, seg);
		return;
	}
	if (!may_come(to, seg))
		return;
	if (tcp_syncache_has_room(s->syncache, to->tuple)) {
		e = tcp_syncache_add(s->syncache, to->tuple, (uint32_t)(l - s->socks), s->now_us,
				     &evicted);
		e->syn = syn;
		tcp_syn_ack(&e->syn, s->now_us, &syn_ack);
	} else {
		tcp_cookie_make(&s->cookies, to->tuple, &syn, s->now_us, &syn_ack);
		stack_count(s, CNT_SYN_COOKIES);
		tell_stack(s, NOTE_SYN_COOKIES, "max_syn is %u", s->conf.max_syn);
	}
	answer(to, l, &syn_ack);
}

/* The handshake is complete: a connection for the backlog, or NULL with nothing changed. */
static struct rtls_sock *
complete(const struct answer_to *to, struct rtls_sock *l, const struct tcp_syn *syn, uint64_t hash,
	 const struct tcp_seg *seg)
{
	struct rtls_stack *s = to->s;
	struct rtls_sock *sock;

	if (!admission_evict_for_backlog(l)) {
		refuse(to, CNT_SYN_DROPPED);
		tell_remote(s, &to->tuple->remote, to->tuple->remote_port, NOTE_BACKLOG_FULL,
			    "%u wait for port %u", l->nb_backlog, l->tuple.local_port);
		return NULL;
	}
	admission_evict_for_newcomer(s);
	sock = sock_alloc(s, l);
	if (sock == NULL) {
		memory_no_sock(s);
		refuse(to, CNT_SYN_DROPPED);
		tell_remote(s, &to->tuple->remote, to->tuple->remote_port, NOTE_NO_SOCKET,
			    "max_socks is %u", s->conf.max_socks);
		return NULL;
	}
	s->no_sock = false;
	sock->tuple = *to->tuple;
	if (nexthop_find(s, &sock->tuple.remote, &sock->path) != 0 ||
	    sock_attach(sock, hash) != 0) {
		sock_free(sock);
		refuse(to, CNT_SYN_DROPPED);
		return NULL;
	}
	sock->tcp.opts.run_max = NETIF_RUN_MAX;
	tcp_conn_accept(&sock->tcp, &s->params, syn, seg, sock->rcvbuf / 2, s->now_us);
	path_mtu_known(sock);
	sock->phase = SOCK_BACKLOG;
	sock->listener = l;
	TAILQ_INSERT_TAIL(&l->backlog, sock, link);
	l->nb_backlog++;
	admission_open(sock, l);
	tell_conn(sock, NOTE_OPENED, "by the peer, to port %u", sock->tuple.local_port);
	sock_ready(l);
	return sock;
}

/* An ACK of nobody's, while a cookie is out. */
static uint32_t
input_cookie(const struct answer_to *to, uint64_t hash, const struct tcp_seg *seg)
{
	struct rtls_stack *s = to->s;
	struct rtls_sock *l = listener_find(s, &to->tuple->local, to->tuple->local_port), *sock;
	struct tcp_syn syn;

	if (l == NULL || s->draining ||
	    !tcp_cookie_open(&s->cookies, &s->params, to->tuple, seg,
			     tcp_ts_offset(s->secret, to->tuple), netif_mss(to->nif), l->rcvbuf / 2,
			     s->now_us, &syn)) {
		input_stranger(to, seg, 0);
		return FLOW_NONE;
	}
	if (!may_come(to, seg))
		return FLOW_NONE;
	/* A full backlog drops it: the peer's first bytes bring the cookie again. */
	sock = complete(to, l, &syn, hash, seg);
	if (sock == NULL)
		return FLOW_NONE;
	stack_count(s, CNT_SYN_COOKIES_OPENED);
	return (uint32_t)(sock - s->socks);
}

/* A record of a half-open connection is there. */
static uint32_t
input_half_open(const struct answer_to *to, struct tcp_syncache_entry *e, uint64_t hash,
		const struct tcp_seg *seg)
{
	struct rtls_stack *s = to->s;
	struct tcp_seg out;
	struct rtls_sock *sock;

	switch (tcp_syn_step(&e->syn, &s->params, seg, s->now_us)) {
	case TCP_SYN_COMPLETE:
		/* Several of its SYNs may have been under way. */
		if (admission_remote_full(s, &to->tuple->remote)) {
			tcp_syncache_remove(s->syncache, e);
			answer_reset(to, seg);
			*to->why = CNT_REMOTE_LIMITED;
			break;
		}
		/* A full backlog drops the ACK: the SYN-ACK goes out again and is acknowledged. */
		sock = complete(to, &s->socks[e->listener], &e->syn, hash, seg);
		if (sock == NULL)
			return FLOW_NONE;
		tcp_syncache_remove(s->syncache, e);
		return (uint32_t)(sock - s->socks);
	case TCP_SYN_RESET:
		answer_reset(to, seg);
		break;
	case TCP_SYN_DROPPED:
		tcp_syncache_remove(s->syncache, e);
		break;
	case TCP_SYN_AGAIN:
		tcp_syn_ack(&e->syn, s->now_us, &out);
		answer(to, &s->socks[e->listener], &out);
		break;
	case TCP_SYN_CHALLENGE:
		if (!reply_allowed(s, ANSWER_CHALLENGE, &to->tuple->remote))
			break;
		tcp_syn_challenge(&e->syn, s->now_us, &out);
		answer(to, &s->socks[e->listener], &out);
		break;
	case TCP_SYN_IGNORE:
		break;
	}
	return FLOW_NONE;
}

static void
answer_time_wait(const struct answer_to *to, const struct tcp_timewait_entry *e)
{
	struct tcp_seg ack;

	tcp_timewait_ack(e, to->s->now_us, &ack);
	answer(to, NULL, &ack);
}

static void
input_time_wait(const struct answer_to *to, struct tcp_timewait_entry *e, const struct tcp_seg *seg)
{
	struct rtls_stack *s = to->s;
	uint32_t iss;

	switch (tcp_timewait_input(s->timewait, e, seg, s->params.time_wait_us, s->now_us, &iss)) {
	case TCP_TIMEWAIT_DROP:
		break;
	case TCP_TIMEWAIT_CHALLENGE:
		if (reply_allowed(s, ANSWER_TIME_WAIT, &to->tuple->remote))
			answer_time_wait(to, e);
		break;
	case TCP_TIMEWAIT_ACK:
		answer_time_wait(to, e);
		break;
	case TCP_TIMEWAIT_REUSE:
		input_stranger(to, seg, iss);
		break;
	}
}

uint32_t
syn_path_input(struct rtls_stack *s, struct netif *nif, const uint8_t src_mac[NET_MAC_LEN],
	       const struct net_tuple *tuple, uint64_t hash, const struct tcp_seg *seg,
	       enum counter *why)
{
	const struct answer_to to = { s, nif, src_mac, tuple, why };
	struct tcp_syncache_entry *half_open = tcp_syncache_find(s->syncache, tuple);
	struct tcp_timewait_entry *waiting;

	if (half_open != NULL)
		return input_half_open(&to, half_open, hash, seg);
	waiting = tcp_timewait_find(s->timewait, tuple);
	if (waiting == NULL && (seg->flags & (TCP_ACK | TCP_SYN)) == TCP_ACK &&
	    tcp_cookie_any(&s->cookies, s->now_us))
		return input_cookie(&to, hash, seg);
	if (waiting != NULL)
		input_time_wait(&to, waiting, seg);
	else
		input_stranger(&to, seg, tcp_isn(s->secret, tuple, s->now_us));
	return FLOW_NONE;
}

unsigned int
syn_path_timers(struct rtls_stack *s, uint32_t budget)
{
	struct tcp_syncache_entry *e;
	uint32_t left = budget;
	struct tcp_seg out;
	struct path path;

	while ((e = tcp_syncache_due(s->syncache, s->now_us, &left)) != NULL) {
		/* No neighbour yet: the peer's SYN comes again and brings its MAC. */
		if (nexthop_find(s, &e->tuple.remote, &path) != 0 ||
		    nexthop_resolve(s, &e->tuple.remote, &path) != NEXTHOP_READY)
			continue;
		tcp_syn_ack(&e->syn, s->now_us, &out);
		answer(&(struct answer_to){ .s = s,
					    .nif = &s->netifs[path.netif],
					    .mac = path.mac,
					    .tuple = &e->tuple },
		       &s->socks[e->listener], &out);
	}
	return budget - left + tcp_timewait_expire(s->timewait, s->now_us, budget);
}
