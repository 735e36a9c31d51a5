/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <inttypes.h>

#include "stack/memory.h"
#include "stack/pressure.h"
#include "stack/sched.h"
#include "stack/sock_end.h"
#include "stack/tell.h"

enum {
	PATIENCE_US = 200000,    /* who waits no longer than this waits for nobody's end */
	SHORT_GAP_US = 100000,   /* a refusal so long after the last one begins a new wait */
	ASKS_AGAIN_US = 3000000, /* a SYN, a SYN-ACK or a segment is sent again by then */
	SCAN = 64,               /* sockets looked at per poll */
	NOBODY_US = 50000,       /* a round found nobody: the next one begins then */
	PAUSE_US = 2000,         /* one end has its effect before the next one */
	PAUSE_SOCK_US = 20000,   /* the program closes the handle first */
	SLOW_RATE = 1000 / 15,   /* takes more than 15 s for what it holds */
};

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
memory_init(struct rtls_stack *s)
{
	s->store.total = (uint64_t)s->conf.nb_large * BUF_LARGE_ROOM;
	s->store.margin = s->store.total / 4;
	s->store.floor = BUF_LARGE_ROOM;
}

/* Of record buffers: for sending, and records that were opened and not read. */
static uint64_t
buffers_held(const struct rtls_sock *sock)
{
	return sock->tx_counted + sock->rx.list.room;
}

static uint64_t
all_held(const struct rtls_sock *sock)
{
	return buffers_held(sock) + sock->recvq.room_used;
}

/* Acknowledgments will bring something of its own back. An open record is not sent yet. */
static bool
gets_back(const struct rtls_sock *sock)
{
	return sock->sendq.room_used != 0;
}

void
memory_hold(struct rtls_sock *sock)
{
	hold_input(&sock->hold, all_held(sock), sock->tcp.snd_una + sock->recvq.ready.off,
		   sock->stack->now_us);
}

void
memory_account(struct rtls_sock *sock)
{
	uint64_t held;

	sock->tx.ahead = sock->lane.room;
	held = session_tx_held(&sock->tx);
	share_held(&sock->stack->store, sock->tx_counted, held);
	sock->tx_counted = held;
	memory_hold(sock);
}

void
memory_drop_ahead(struct rtls_sock *sock)
{
	reader_lane_reset(sock->stack->reader, &sock->lane);
	memory_account(sock);
}

void
memory_refused(struct rtls_sock *sock)
{
	struct rtls_stack *s = sock->stack;

	/* Its own send buffer, or its peer's window, are nobody else's fault. */
	if (!share_short(&s->store, sock->tx.sndbuf, sock->tx.useful))
		return;
	if (s->now_us - s->short_us > SHORT_GAP_US) {
		s->short_since_us = s->now_us;
		s->short_by = sock;
	} else if (s->short_by != sock) {
		s->short_by = NULL;
	}
	s->short_us = s->now_us;
}

void
memory_starved(struct rtls_sock *sock, uint32_t plain_len)
{
	sock->starved_len = plain_len;
	if (sock->starved)
		return;
	sock->starved_us = sock->stack->now_us;
	TAILQ_INSERT_TAIL(&sock->stack->starved_list, sock, starved_link);
	sock->starved = true;
	tell_conn(sock, NOTE_NO_BUFFER, "for a record of %u bytes", plain_len);
}

void
memory_unstarve(struct rtls_sock *sock)
{
	if (!sock->starved)
		return;
	TAILQ_REMOVE(&sock->stack->starved_list, sock, starved_link);
	sock->starved = false;
}

void
memory_no_sock(struct rtls_stack *s)
{
	s->no_sock_us = s->now_us;
	s->no_sock = true;
}

void
memory_no_room(struct rtls_stack *s, const struct rtls_sock *sock)
{
	if (!s->no_room || s->now_us - s->no_room_us > ASKS_AGAIN_US)
		s->no_room_by = sock;
	else if (s->no_room_by != sock)
		s->no_room_by = NULL;
	s->no_room_us = s->now_us;
	s->no_room = true;
}

/*
 * To whom nothing comes back of its own one buffer that is there is enough.
 * The others wait for an eighth, so that who is woken does not find the pool empty again at once.
 */
void
memory_wake(struct rtls_stack *s)
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
	else if (s->no_room && now_us - s->no_room_us <= ASKS_AGAIN_US && pressure_is_high(s))
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
	    sock->tcp.state == TCP_CLOSED ||
	    !hold_judge(&sock->hold, all_held(sock), sock->stack->now_us, out))
		return false;
	switch (w->need) {
	case NEED_NOTHING:
		return false;
	case NEED_SHARE:
		/* Not who waits for the network: its peer would take more. */
		return sock->tx_counted > sock->tx.useful && out->rate < SLOW_RATE;
	case NEED_BUFFER:
		return buffers_held(sock) != 0;
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
	struct rtls_sock *sock = s->relief.worst;
	struct hold_score now;

	s->relief.worst = NULL;
	s->relief.looked = 0;
	/* It may have moved since it was looked at. */
	if (sock == NULL || !judge(sock, w, &now)) {
		s->relief.next_us = s->now_us + NOBODY_US;
		return;
	}
	s->relief.next_us = s->now_us + (w->need == NEED_SOCK ? PAUSE_SOCK_US : PAUSE_US);
	stack_count(s, CNT_PRESSURE_HOLDER_ENDED);
	tell_conn(sock, NOTE_HOLDER_ENDED, "%" PRIu64 " bytes for %s", all_held(sock),
		  need_name(w->need));
	sock_abort(sock, RTLS_END_LOCAL, RTLS_REASON_NO_MEMORY);
}

void
memory_relieve(struct rtls_stack *s)
{
	const struct wait w = waiting(s);
	struct hold_score score;
	struct rtls_sock *sock;
	uint32_t n;

	if (w.need == NEED_NOTHING) {
		s->relief.worst = NULL;
		s->relief.looked = 0;
		return;
	}
	if (s->now_us < s->relief.next_us)
		return;
	for (n = 0; n < SCAN && s->relief.looked < s->conf.max_socks; n++) {
		sock = &s->socks[s->relief.looked++];
		if (!judge(sock, &w, &score))
			continue;
		if (s->relief.worst != NULL && !hold_worse(&score, &s->relief.score))
			continue;
		s->relief.worst = sock;
		s->relief.score = score;
	}
	if (s->relief.looked == s->conf.max_socks)
		end_worst(s, &w);
}

bool
memory_waits(const struct rtls_stack *s)
{
	return !TAILQ_EMPTY(&s->starved_list) || waiting(s).need != NEED_NOTHING;
}
