/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/mode.h"

#include <errno.h>

#include "stack/mode_count.h"
#include "stack/mode_device.h"
#include "stack/mode_policy.h"
#include "stack/mode_port.h"
#include "stack/rx_quiet.h"
#include "stack/sched.h"
#include "stack/state.h"
#include "stack/tell.h"

enum { SKIPPED_MAX = 8 }; /* contexts in a row that may open nothing */

enum rtls_mode
mode_in_force(const struct rtls_sock *sock, enum rtls_dir d)
{
	const struct session_epoch *e = sock_epochs_of(sock, d)->now;

	if (e == NULL)
		return RTLS_MODE_NONE;
	return epoch_in_nic(&e->core) ? RTLS_MODE_NIC : RTLS_MODE_SOFTWARE;
}

/* --- stepping ------------------------------------------------------------------ */

/* An event, and why it comes. */
struct happening {
	enum epoch_event ev;
	enum rtls_mode_reason why;
};

/*
 * A table that its own older keys fill will have room: that is no reason to give up the NIC. Not the
 * table of steering, for which a context was added that the device may still be deleting.
 */
static struct happening
refused(struct rtls_sock *sock, enum rtls_dir d, const struct session_epoch *e, int rc)
{
	if (rc == -ENOSPC && e->ctx.state == OFFLOAD_NONE && mode_port_older_has_context(sock, d))
		return (struct happening){ EPOCH_FULL, RTLS_MODE_REASON_NONE };
	return (struct happening){ EPOCH_REFUSED, mode_policy_refused(rc) };
}

/* What the table asks for. True: the device has answered, and *h is what it said. */
static bool
act(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e, enum epoch_action action,
    struct happening *h)
{
	int rc;

	switch (action) {
	case EPOCH_NOTHING:
		break;
	case EPOCH_ADD:
		rc = mode_device_add(sock, d, e);
		if (rc == -EINPROGRESS)
			break;
		*h = rc == 0 ? (struct happening){ EPOCH_ACCEPTED, RTLS_MODE_REASON_NONE } :
			       refused(sock, d, e, rc);
		return true;
	case EPOCH_START:
		if (mode_device_start(sock, d, e) == 0)
			break;
		*h = (struct happening){ EPOCH_REFUSED, RTLS_MODE_REASON_REFUSED };
		return true;
	case EPOCH_DEL:
		mode_device_end(sock, d, e);
		break;
	case EPOCH_HOLD:
		e->tx.sent.out_of_step = true;
		break;
	case EPOCH_WIPE:
		mode_device_end(sock, d, e);
		session_epoch_wipe(sock_epochs(sock, d), e, sock->stack->session.provider);
		break;
	}
	return false;
}

static bool
waits(enum epoch_state state)
{
	return state == EPOCH_LEAVING || state == EPOCH_DRAINING;
}

/* The device has given up, or was never asked: it is the program's turn to wish again. */
static bool
ends_wish(enum epoch_event ev)
{
	return ev == EPOCH_REFUSED || ev == EPOCH_LOST || ev == EPOCH_DOWN;
}

/* One row of the table. True: *h is what comes of it at once. */
static bool
step_once(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e, struct happening *h)
{
	struct epochs *all = sock_epochs(sock, d);
	enum epoch_state before = (enum epoch_state)e->core.state;
	struct epoch_step s = epoch_step(d, before, h->ev);

	e->core.state = (uint8_t)s.next;
	/* No segment spans two ways of sealing. */
	if (d == RTLS_TX && (before == EPOCH_NIC) != (s.next == EPOCH_NIC))
		session_tx_fence(&sock->tx);
	if (s.reason != RTLS_MODE_REASON_MAX)
		e->core.reason = (uint8_t)(s.reason == RTLS_MODE_REASON_REFUSED ? h->why :
										  s.reason);
	all->nb_waiting = (uint16_t)(all->nb_waiting + waits(s.next) - waits(before));
	sock->stack->nb_adding += (uint32_t)(s.next == EPOCH_ADDING) -
				  (uint32_t)(before == EPOCH_ADDING);
	if (e == all->now) {
		if (ends_wish(h->ev))
			sock->mode.dir[d].wish = RTLS_MODE_SOFTWARE;
		mode_count_step(sock, d, before, &s);
	}
	return act(sock, d, e, s.action, h);
}

static void
step(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e, enum epoch_event ev,
     enum rtls_mode_reason why)
{
	struct happening h = { ev, why };

	while (step_once(sock, d, e, &h))
		;
}

/* Does anything still need its context, or its key? */
static bool
is_needed(enum rtls_dir d, const struct session_epoch *e)
{
	/* What is planned goes by its context, behind the end of which the device would drop it. */
	if (d == RTLS_TX)
		return e->core.records > 0 || e->tx.sent.next_off != e->tx.sent.planned_off;
	return e->ctx.state != OFFLOAD_NONE || session_rx_marks_open(e);
}

/* Where the wish holds. */
static void
ask_again(struct rtls_sock *sock, enum rtls_dir d)
{
	struct session_epoch *now = sock_epochs(sock, d)->now;

	if (sock->mode.over || now->core.state != EPOCH_SOFTWARE ||
	    sock->mode.dir[d].wish != RTLS_MODE_NIC)
		return;
	mode_port_follow(sock, d);
	step(sock, d, now, EPOCH_WISH_NIC, RTLS_MODE_REASON_NONE);
}

/* A step, or what went by, may have been the last thing that it waited for. */
static void
settle(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e)
{
	if (!waits((enum epoch_state)e->core.state) || is_needed(d, e))
		return;
	step(sock, d, e, EPOCH_DRAINED, RTLS_MODE_REASON_NONE);
	sock_ready(sock); /* a key may have waited for its place */
	/* The newest may have waited for that: for itself to be free again, or for room in the table. */
	ask_again(sock, d);
}

static void
settle_all(struct rtls_sock *sock, enum rtls_dir d)
{
	struct epochs *all = sock_epochs(sock, d);
	struct session_epoch *e;

	for (uint32_t i = 0; (e = epochs_next(all, &i)) != NULL;)
		settle(sock, d, e);
}

/*
 * A device takes up what is sent with the next record. What is received, with one of which nothing
 * has arrived: with bytes held out of order it is not known what has, nor before the port's queue was
 * gone through. On a busy port it may be too late all the same: the device says so.
 */
static void
try_start(struct rtls_sock *sock, enum rtls_dir d, bool looked)
{
	struct session_epoch *e = sock_epochs(sock, d)->now;
	uint64_t off, rec_no;

	if (d == RTLS_RX && !looked) {
		rx_quiet_wait(sock);
		return;
	}
	/* Nothing of an orphan is opened any more. */
	if (d == RTLS_RX &&
	    (sock->phase == SOCK_ORPHAN || recvq_ranges(&sock->recvq) != NULL ||
	     !mode_port_alone(sock) || !session_rx_boundary(&sock->rx, &off, &rec_no)))
		return;
	step(sock, d, e, EPOCH_BOUNDARY, RTLS_MODE_REASON_NONE);
	settle(sock, d, e); /* where it failed */
}

static void
start_if_added(struct rtls_sock *sock, enum rtls_dir d)
{
	if (epochs_waits_for_start(sock_epochs_of(sock, d)))
		try_start(sock, d, rx_quiet_now(sock));
}

/* One event, and what comes of it. */
static void
happen(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e, enum epoch_event ev,
       enum rtls_mode_reason why)
{
	step(sock, d, e, ev, why);
	settle_all(sock, d);
	start_if_added(sock, d);
}

/* --- events -------------------------------------------------------------------- */

static void
ask_or_refuse(struct rtls_sock *sock, enum rtls_dir d, enum rtls_mode_reason why)
{
	struct session_epoch *e = sock_epochs(sock, d)->now;

	if (why != RTLS_MODE_REASON_NONE) {
		happen(sock, d, e, EPOCH_REFUSED, why);
		return;
	}
	sock->mode.dir[d].wish = RTLS_MODE_NIC;
	sock->mode.dir[d].skipped = 0;
	happen(sock, d, e, EPOCH_WISH_NIC, RTLS_MODE_REASON_NONE);
}

static void
first_keys(struct rtls_sock *sock, enum rtls_dir d)
{
	struct mode_dir *m = &sock->mode.dir[d];

	m->wish = RTLS_MODE_SOFTWARE;
	if (d == RTLS_RX)
		sock->mode.rx_by = sock->path.netif;
	m->netif = sock->path.netif;
	step(sock, d, sock_epochs(sock, d)->now, EPOCH_KEYS, RTLS_MODE_REASON_NONE);
	ask_or_refuse(sock, d,
		      m->order == RTLS_ORDER_SOFTWARE ? RTLS_MODE_REASON_ASKED :
							mode_not_for_newcomers(sock, d));
	mode_count_opened(sock, d);
}

/* The key before the newest. */
static struct session_epoch *
before_newest(struct epochs *all)
{
	struct session_epoch *e;

	for (uint32_t i = 0; (e = epochs_next(all, &i)) != NULL;)
		if (e->key != NULL && e->no + 1 == all->now->no)
			return e;
	return NULL;
}

/* Who is with the device stays with it, the others with the reason that they had. */
static void
next_keys(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *old)
{
	struct session_epoch *e = sock_epochs(sock, d)->now;

	e->core.reason = old->core.reason;
	happen(sock, d, old, EPOCH_NEXT_KEYS, RTLS_MODE_REASON_NONE);
	step(sock, d, e, EPOCH_KEYS, RTLS_MODE_REASON_NONE);
	if (sock->mode.dir[d].wish != RTLS_MODE_NIC)
		return;
	mode_port_follow(sock, d);
	ask_or_refuse(sock, d, mode_not_worth_asking(sock, d));
}

void
mode_keys(struct rtls_sock *sock, enum rtls_dir d)
{
	struct session_epoch *old = before_newest(sock_epochs(sock, d));
	bool promised = old != NULL && sock->mode.dir[d].wish == RTLS_MODE_NIC &&
			!epoch_in_nic(&old->core);
	bool changed = sock->mode.changed;

	if (old == NULL)
		first_keys(sock, d);
	else
		next_keys(sock, d, old);
	/* What is settled by now the program sees for itself; but who waits for a mode does not look. */
	if (!promised)
		sock->mode.changed = changed;
}

static int
wish_nic(struct rtls_sock *sock, enum rtls_dir d)
{
	struct session_epoch *e = sock_epochs(sock, d)->now;

	if (sock->mode.dir[d].wish != RTLS_MODE_NIC) {
		mode_port_choose(sock, d);
		ask_or_refuse(sock, d, mode_not_for_newcomers(sock, d));
	}
	if (epoch_in_nic(&e->core))
		return 0;
	return sock->mode.dir[d].wish == RTLS_MODE_NIC ?
		       -EINPROGRESS :
		       mode_policy_error((enum rtls_mode_reason)e->core.reason);
}

int
mode_wish(struct rtls_sock *sock, enum rtls_dir d, enum rtls_mode m)
{
	struct session_epoch *e = sock_epochs(sock, d)->now;
	bool changed = sock->mode.changed;
	int rc = 0;

	if (m == RTLS_MODE_NIC) {
		rc = wish_nic(sock, d);
	} else if (sock->mode.dir[d].wish == RTLS_MODE_NIC) {
		sock->mode.dir[d].wish = RTLS_MODE_SOFTWARE;
		happen(sock, d, e, EPOCH_WISH_SOFTWARE, RTLS_MODE_REASON_NONE);
	}
	sock->mode.changed = changed;
	return rc;
}

void
mode_added(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e, int status)
{
	struct happening h = { EPOCH_ACCEPTED, RTLS_MODE_REASON_NONE };

	if (e->ctx.state != OFFLOAD_ADDING)
		return;
	status = mode_device_added(sock, d, e, status);
	if (status != 0)
		h = refused(sock, d, e, status);
	happen(sock, d, e, h.ev, h.why);
}

void
mode_deleted(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e)
{
	if (mode_device_ended(sock, d, e) != 0)
		return;
	settle_all(sock, d);
	/* There may be room now. Receiving, the port's queue is gone through first. */
	if (d == RTLS_TX)
		start_if_added(sock, d);
}

/*
 * Has it opened nothing since it was started? Then it was started too late. Or does a record wait that
 * may be a KeyUpdate? Then it may have had the wrong key. Or has it no numbers left for runs? All can
 * try again.
 */
static bool
was_skipped(struct rtls_sock *sock, enum rtls_dir d, const struct session_epoch *e, int status)
{
	bool opened = d == RTLS_RX && e->rx.opened;

	if (d != RTLS_RX || e->core.state != EPOCH_NIC ||
	    (opened && status != -EOVERFLOW && session_rx_key_known(&sock->rx)))
		return false;
	if (opened)
		sock->mode.dir[d].skipped = 0;
	return sock->mode.dir[d].skipped++ < SKIPPED_MAX;
}

void
mode_lost(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e, int status)
{
	if (!offload_has_context(&e->ctx))
		return;
	happen(sock, d, e, was_skipped(sock, d, e, status) ? EPOCH_SKIPPED : EPOCH_LOST,
	       RTLS_MODE_REASON_LOST);
}

void
mode_place_gone(struct rtls_sock *sock, struct session_epoch *e, bool anew)
{
	happen(sock, RTLS_RX, e, anew ? EPOCH_SKIPPED : EPOCH_LOST, RTLS_MODE_REASON_LOST);
}

void
mode_down(struct rtls_sock *sock, enum rtls_dir d)
{
	bool wished = sock->mode.dir[d].wish == RTLS_MODE_NIC && !sock->mode.over;
	const struct epochs *all = sock_epochs_of(sock, d);
	struct session_epoch *e;

	/* Who waits for a place in its table is not to ask now. */
	if (wished)
		sock->mode.dir[d].wish = RTLS_MODE_SOFTWARE;
	for (uint32_t i = 0; (e = epochs_next(all, &i)) != NULL;) {
		if (offload_has_context(&e->ctx))
			happen(sock, d, e, EPOCH_DOWN, RTLS_MODE_REASON_DOWN);
		else
			mode_deleted(sock, d, e); /* nobody will say so any more */
	}
	if (wished && all->now->core.reason != RTLS_MODE_REASON_DOWN)
		happen(sock, d, all->now, EPOCH_REFUSED, RTLS_MODE_REASON_DOWN);
}

void
mode_moved(struct rtls_sock *sock, enum rtls_dir d)
{
	happen(sock, d, sock_epochs(sock, d)->now, EPOCH_MOVED, RTLS_MODE_REASON_NONE);
	ask_again(sock, d);
	settle_all(sock, d);
	start_if_added(sock, d);
}

void
mode_tx_out_of_step(struct rtls_sock *sock, struct session_epoch *e, uint32_t seq)
{
	uint64_t planned_off = e->tx.sent.planned_off;
	uint64_t off = planned_off - (uint32_t)(tcp_seq_of(&sock->tcp, planned_off) - seq);

	if (e->ctx.state != OFFLOAD_STARTED ||
	    stack_device_of(sock, RTLS_TX)->caps.tx_method != RTLS_TLS_TX_NEXT_RECORD)
		return;
	/* It was put in step behind that already. */
	if (off < e->tx.sent.in_step_off)
		return;
	stack_count(sock->stack, CNT_TLS_TX_DEVICE_RESYNC);
	tell_conn(sock, NOTE_DEVICE_MISSED, NULL);
	happen(sock, RTLS_TX, e, EPOCH_SKIPPED, RTLS_MODE_REASON_NONE);
}

void
mode_delivered(struct rtls_sock *sock)
{
	start_if_added(sock, RTLS_RX);
}

void
mode_read(struct rtls_sock *sock)
{
	if (sock_epochs_of(sock, RTLS_RX)->nb_waiting > 0)
		settle_all(sock, RTLS_RX);
	start_if_added(sock, RTLS_RX);
}

void
mode_settle_acked(struct rtls_sock *sock)
{
	settle_all(sock, RTLS_TX);
	start_if_added(sock, RTLS_TX); /* there may be room now */
}

/* Of contexts that are gone nothing more comes. */
static void
end_marks(struct rtls_sock *sock)
{
	const struct epochs *all = sock_epochs_of(sock, RTLS_RX);
	struct session_epoch *e;

	for (uint32_t i = 0; (e = epochs_next(all, &i)) != NULL;)
		if (e->ctx.state == OFFLOAD_NONE && session_rx_marks_open(e))
			session_rx_marks_end(&sock->rx, e);
}

void
mode_rx_quiet(struct rtls_sock *sock)
{
	end_marks(sock);
	settle_all(sock, RTLS_RX);
	if (session_rx_waits_for_start(&sock->rx))
		try_start(sock, RTLS_RX, true);
}

void
mode_close(struct rtls_sock *sock)
{
	struct session_epoch *e;
	int d;

	sock->mode.over = true;
	rx_quiet_forget(sock);
	for (d = RTLS_TX; d <= RTLS_RX; d++) {
		for (uint32_t i = 0; (e = epochs_next(sock_epochs_of(sock, d), &i)) != NULL;)
			if (e->core.state != EPOCH_GONE)
				step(sock, d, e, EPOCH_CLOSE, RTLS_MODE_REASON_NONE);
	}
	end_marks(sock);
	mode_count_over(sock);
}
