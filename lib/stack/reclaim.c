/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/reclaim.h"

#include <inttypes.h>

#include "stack/memory.h"
#include "stack/rx_memory.h"
#include "stack/sched.h"
#include "stack/sock_end.h"
#include "stack/tell.h"
#include "tcp/query.h"

enum {
	PATIENCE_US = 200000,  /* who waits no longer than this waits for nobody's end */
	SCAN = 64,             /* sockets looked at per poll */
	RETRY_US = 1000,       /* a round for room found nobody: the next one begins then */
	NOBODY_US = 50000,     /* the same of one for who holds most to no use */
	PAUSE_US = 2000,       /* one end has its effect before the next one */
	PAUSE_SOCK_US = 20000, /* the program closes the handle first */
	SLOW_RATE = 1000 / 15, /* takes more than 15 s for what it holds */
};

/*
 * A connection is a candidate when it holds bytes that the program cannot take:
 * the record at its head is not complete. A program that does not read what is
 * there is held by its window instead.
 */
static bool
is_incomplete(const struct rtls_sock *sock)
{
	return (sock->phase == SOCK_OWNED || sock->phase == SOCK_BACKLOG) &&
	       sock->rx.state == SESSION_RX_RECORDS && recvq_len(&sock->recvq) != 0 &&
	       !session_rx_readable(&sock->rx, tcp_peer_is_shut(&sock->tcp));
}

static void
forget_room(struct rtls_stack *s)
{
	s->room.oldest = NULL;
	s->room.looked = 0;
}

/* Of all, when a round through them is over; until then, and where there is none, NULL. */
static struct rtls_sock *
oldest_incomplete(struct rtls_stack *s)
{
	struct rtls_sock *sock;
	uint64_t since_us;

	for (uint32_t n = 0; n < SCAN && s->room.looked < s->conf.max_socks; n++) {
		sock = &s->socks[s->room.looked++];
		if (!is_incomplete(sock))
			continue;
		since_us = sock->rx.tls->incomplete_since_us;
		if (s->room.oldest != NULL && since_us >= s->room.since_us)
			continue;
		s->room.oldest = sock;
		s->room.since_us = since_us;
	}
	if (s->room.looked < s->conf.max_socks)
		return NULL;
	sock = s->room.oldest;
	forget_room(s);
	if (sock == NULL) {
		s->relieve_us = s->now_us + RETRY_US;
		return NULL;
	}
	/* It may have moved since it was looked at: then another one is the oldest. */
	if (!is_incomplete(sock) || sock->rx.tls->incomplete_since_us != s->room.since_us)
		return NULL;
	return sock;
}

/* Has a search for the oldest to go on, or to begin? */
static bool
room_is_short(const struct rtls_stack *s)
{
	return s->rx_room_used > s->rx_room_max && s->now_us >= s->relieve_us;
}

/* Somebody found the pool of what waits empty, and it is still. */
static bool
held_is_wanted(struct rtls_stack *s)
{
	s->held_wanted = s->held_wanted && rte_mempool_empty(s->recvq_shared.held);
	return s->held_wanted;
}

/* Who goes on receiving gives up its own in rx_path; these hold theirs and wait. */
static void
drop_held(struct rtls_stack *s)
{
	struct rtls_sock *sock;
	uint32_t n;

	for (n = 0; n < SCAN && (rx_memory_is_high(s) || held_is_wanted(s)); n++) {
		sock = &s->socks[s->pressure_next++ % s->conf.max_socks];
		if (recvq_ranges(&sock->recvq) == NULL)
			continue;
		if (s->held_wanted || recvq_room_held(&sock->recvq) > 0)
			rx_memory_drop_held(sock);
	}
}

void
reclaim_of_room(struct rtls_stack *s)
{
	struct rtls_sock *sock;

	drop_held(s);
	if (s->rx_room_used <= s->rx_room_max) {
		forget_room(s);
		return;
	}
	sock = room_is_short(s) ? oldest_incomplete(s) : NULL;
	if (sock == NULL)
		return;
	stack_count(s, CNT_PRESSURE_CONN_ABORTED);
	tell_conn(sock, NOTE_ROOM_ENDED, "%u bytes of room were its", sock->recvq.room_used);
	/* The program keeps the handle; the part of a record it could never read goes now. */
	recvq_fini(&sock->recvq);
	rx_memory_account(sock);
	sock_abort(sock, RTLS_END_LOCAL, RTLS_REASON_NO_MEMORY);
}

/* Acknowledgments will bring something of its own back. An open record is not sent yet. */
static bool
gets_back(const struct rtls_sock *sock)
{
	return sock->sendq.room_used != 0;
}

/*
 * To whom nothing comes back of its own one buffer that is there is enough.
 * The others wait for an eighth, so that who is woken does not find the pool empty again at once.
 */
void
reclaim_wake(struct rtls_stack *s)
{
	struct rtls_sock *sock, *next;
	/* There is none for so many bytes, or more: to whom nothing comes back, and to others. */
	uint32_t none[2] = { UINT32_MAX, UINT32_MAX };
	uint32_t woken = 0;
	bool holds;

	for (sock = TAILQ_FIRST(&s->starved_list); sock != NULL; sock = next) {
		next = TAILQ_NEXT(sock, starved_link);
		holds = gets_back(sock);
		if (sock->starved_len >= none[holds])
			continue;
		if (holds ? !buf_pools_recovered(&s->pools, sock->starved_len) :
			    buf_pools_free(&s->pools, sock->starved_len) <= woken) {
			none[holds] = sock->starved_len;
			continue;
		}
		memory_unstarve(sock);
		woken++;
		sock_ready(sock);
	}
}

/* Who waits, and so what an end has to free. */
enum need {
	NEED_NOTHING,
	NEED_SHARE,  /* somebody could send faster */
	NEED_BUFFER, /* a pool is empty */
	NEED_ROOM,   /* of receive buffers */
	NEED_SOCK,
};

static const char *
need_name(enum need need)
{
	switch (need) {
	case NEED_NOTHING:
		break;
	case NEED_SHARE:
		return "a larger share";
	case NEED_BUFFER:
		return "a record buffer";
	case NEED_ROOM:
		return "receive buffers";
	case NEED_SOCK:
		return "a socket";
	}
	return "nobody";
}

void
reclaim_wake_keys(struct rtls_stack *s)
{
	struct epoch_pool *pool = &s->session.epochs;
	struct rtls_sock *sock;

	if (!pool->wanted || pool->nb_beyond == pool->max_beyond)
		return;
	pool->wanted = false;
	for (sock = s->socks; sock < s->socks + s->conf.max_socks; sock++)
		if (sock->phase == SOCK_OWNED && sock->rx.keys_wait)
			sock_ready(sock);
}

/* Who waits: for what, and the only one that does, whose own end would help nobody. */
struct wait {
	enum need need;
	const struct rtls_sock *by; /* NULL: several, or a newcomer */
};

/* To somebody a pool is empty, and nothing comes back of its own. */
static bool
starves(const struct rtls_stack *s, struct wait *w)
{
	const struct rtls_sock *sock, *first = NULL;
	uint32_t n = 0;

	TAILQ_FOREACH(sock, &s->starved_list, starved_link) {
		if (n++ == SCAN || s->now_us - sock->starved_us < PATIENCE_US)
			break;
		if (gets_back(sock))
			continue;
		w->need = NEED_BUFFER;
		w->by = first == NULL ? sock : NULL;
		if (first != NULL)
			break;
		first = sock;
	}
	return first != NULL;
}

static struct wait
waiting(const struct rtls_stack *s)
{
	uint64_t now_us = s->now_us;
	struct wait w = { .need = NEED_NOTHING };

	if (s->no_sock && now_us - s->no_sock_us <= ASKS_AGAIN_US && TAILQ_EMPTY(&s->free_list))
		w.need = NEED_SOCK;
	else if (s->no_room && now_us - s->no_room_us <= ASKS_AGAIN_US && rx_memory_is_high(s))
		w = (struct wait){ NEED_ROOM, s->no_room_by };
	else if (!starves(s, &w) && s->short_us != 0 && now_us - s->short_us <= SHORT_GAP_US &&
		 now_us - s->short_since_us >= PATIENCE_US)
		w = (struct wait){ NEED_SHARE, s->short_by };
	return w;
}

/* May this one be ended for it, and how little does it make of what it holds? */
static bool
judge(const struct rtls_sock *sock, const struct wait *w, struct hold_score *out)
{
	if (sock == w->by || sock->phase == SOCK_FREE || sock->phase == SOCK_LISTEN ||
	    tcp_is_closed(&sock->tcp) ||
	    !hold_judge(&sock->hold, memory_held(sock), sock->stack->now_us, out))
		return false;
	switch (w->need) {
	case NEED_NOTHING:
		return false;
	case NEED_SHARE:
		/*
		 * Not who waits for the network: its peer would take more. Behind a timeout
		 * the windows say nothing of that: the congestion window is one segment.
		 */
		return sock->tx_counted > sock->tx.useful && out->rate < SLOW_RATE &&
		       !tcp_waits_for_network(&sock->tcp);
	case NEED_BUFFER:
		return memory_buffers_held(sock) != 0;
	case NEED_ROOM:
		return sock->recvq.room_used != 0;
	case NEED_SOCK:
		/* Not who is being served: one that holds nothing has a socket, too. */
		return out->rate < SLOW_RATE;
	}
	return false;
}

static void
end_worst(struct rtls_stack *s, const struct wait *w)
{
	struct rtls_sock *sock = s->reclaim.worst;
	struct hold_score now;

	s->reclaim.worst = NULL;
	s->reclaim.looked = 0;
	/* It may have moved since it was looked at. */
	if (sock == NULL || !judge(sock, w, &now)) {
		s->reclaim.next_us = s->now_us + NOBODY_US;
		return;
	}
	s->reclaim.next_us = s->now_us + (w->need == NEED_SOCK ? PAUSE_SOCK_US : PAUSE_US);
	stack_count(s, CNT_PRESSURE_HOLDER_ENDED);
	tell_conn(sock, NOTE_HOLDER_ENDED, "%" PRIu64 " bytes for %s", memory_held(sock),
		  need_name(w->need));
	sock_abort(sock, RTLS_END_LOCAL, RTLS_REASON_NO_MEMORY);
}

void
reclaim_of_memory(struct rtls_stack *s)
{
	const struct wait w = waiting(s);
	struct hold_score score;
	struct rtls_sock *sock;
	uint32_t n;

	if (w.need == NEED_NOTHING) {
		s->reclaim.worst = NULL;
		s->reclaim.looked = 0;
		return;
	}
	if (s->now_us < s->reclaim.next_us)
		return;
	for (n = 0; n < SCAN && s->reclaim.looked < s->conf.max_socks; n++) {
		sock = &s->socks[s->reclaim.looked++];
		if (!judge(sock, &w, &score))
			continue;
		if (s->reclaim.worst != NULL && !hold_worse(&score, &s->reclaim.score))
			continue;
		s->reclaim.worst = sock;
		s->reclaim.score = score;
	}
	if (s->reclaim.looked == s->conf.max_socks)
		end_worst(s, &w);
}

bool
reclaim_waits(const struct rtls_stack *s)
{
	return !TAILQ_EMPTY(&s->starved_list) || s->session.epochs.wanted || room_is_short(s) ||
	       waiting(s).need != NEED_NOTHING;
}
