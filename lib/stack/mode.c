/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/mode.h"

#include <errno.h>

#include "stack/mode_count.h"
#include "stack/mode_device.h"
#include "stack/mode_why.h"
#include "stack/rx_quiet.h"
#include "stack/stack.h"
#include "stack/tell.h"

enum { SKIPPED_MAX = 8 }; /* contexts in a row that may open nothing */

enum rtls_mode
mode_in_force(const struct rtls_sock *k, enum rtls_dir d)
{
	const struct session_epoch *e = sock_epochs_of(k, d)->now;

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

/* Has an older key of the direction a context, or one that is being deleted? */
static bool
older_has_context(const struct rtls_sock *k, enum rtls_dir d)
{
	const struct epochs *all = sock_epochs_of(k, d);

	for (const struct session_epoch *e = all->of; e < all->of + EPOCHS_MAX; e++)
		if (e != all->now && e->ctx.state != OFFLOAD_NONE)
			return true;
	return false;
}

/*
 * A table that its own older keys fill will have room: that is no reason to give up the NIC. Not the
 * table of steering, for which a context was added that the device may still be deleting.
 */
static struct happening
refused(struct rtls_sock *k, enum rtls_dir d, const struct session_epoch *e, int rc)
{
	if (rc == -ENOSPC && e->ctx.state == OFFLOAD_NONE && older_has_context(k, d))
		return (struct happening){ EPOCH_FULL, RTLS_MODE_REASON_NONE };
	return (struct happening){ EPOCH_REFUSED, mode_why_refused(rc) };
}

/* What the table asks for. True: the device has answered, and *h is what it said. */
static bool
act(struct rtls_sock *k, enum rtls_dir d, struct session_epoch *e, enum epoch_action action,
    struct happening *h)
{
	int rc;

	switch (action) {
	case EPOCH_NOTHING:
		break;
	case EPOCH_ADD:
		rc = mode_device_add(k, d, e);
		if (rc == -EINPROGRESS)
			break;
		*h = rc == 0 ? (struct happening){ EPOCH_ACCEPTED, RTLS_MODE_REASON_NONE } :
			       refused(k, d, e, rc);
		return true;
	case EPOCH_START:
		if (mode_device_start(k, d, e) == 0)
			break;
		*h = (struct happening){ EPOCH_REFUSED, RTLS_MODE_REASON_REFUSED };
		return true;
	case EPOCH_DEL:
		mode_device_end(k, d, e);
		break;
	case EPOCH_HOLD:
		e->tx.sent.out_of_step = true;
		break;
	case EPOCH_WIPE:
		mode_device_end(k, d, e);
		session_epoch_wipe(e, d == RTLS_TX ? k->tx.provider : k->rx.provider);
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
step_once(struct rtls_sock *k, enum rtls_dir d, struct session_epoch *e, struct happening *h)
{
	struct epochs *all = sock_epochs(k, d);
	enum epoch_state before = (enum epoch_state)e->core.state;
	struct epoch_step s = epoch_step(d, before, h->ev);

	e->core.state = (uint8_t)s.next;
	/* No segment spans two ways of sealing. */
	if (d == RTLS_TX && (before == EPOCH_NIC) != (s.next == EPOCH_NIC))
		session_tx_fence(&k->tx);
	if (s.reason != RTLS_MODE_REASON_MAX)
		e->core.reason = (uint8_t)(s.reason == RTLS_MODE_REASON_REFUSED ? h->why :
										  s.reason);
	all->nb_waiting += (uint32_t)waits(s.next) - (uint32_t)waits(before);
	k->stack->nb_adding += (uint32_t)(s.next == EPOCH_ADDING) -
			       (uint32_t)(before == EPOCH_ADDING);
	if (e == all->now) {
		if (ends_wish(h->ev))
			k->mode.dir[d].wish = RTLS_MODE_SOFTWARE;
		mode_count_step(k, d, before, &s);
	}
	return act(k, d, e, s.action, h);
}

static void
step(struct rtls_sock *k, enum rtls_dir d, struct session_epoch *e, enum epoch_event ev,
     enum rtls_mode_reason why)
{
	struct happening h = { ev, why };

	while (step_once(k, d, e, &h))
		;
}

/* Does anything still need its context, or its key? */
static bool
is_needed(const struct rtls_sock *k, enum rtls_dir d, const struct session_epoch *e)
{
	/* What is planned goes by its context, behind the end of which the device would drop it. */
	if (d == RTLS_TX)
		return e->core.records > 0 || e->tx.sent.next_off != e->tx.sent.planned_off;
	if (e->ctx.state != OFFLOAD_NONE || session_rx_marks_open(e))
		return true;
	return e != k->rx.epochs.now && session_rx_needs(&k->rx, e);
}

/* A step, or what went by, may have been the last thing that it waited for. */
static void
settle(struct rtls_sock *k, enum rtls_dir d, struct session_epoch *e)
{
	struct session_epoch *now = sock_epochs(k, d)->now;

	if (!waits((enum epoch_state)e->core.state) || is_needed(k, d, e))
		return;
	step(k, d, e, EPOCH_DRAINED, RTLS_MODE_REASON_NONE);
	sock_ready(k); /* a key may have waited for its place */
	/* The newest may have waited for that: for itself to be free again, or for room in the table. */
	if (!k->mode.over && now->core.state == EPOCH_SOFTWARE &&
	    k->mode.dir[d].wish == RTLS_MODE_NIC)
		step(k, d, now, EPOCH_WISH_NIC, RTLS_MODE_REASON_NONE);
}

static void
settle_all(struct rtls_sock *k, enum rtls_dir d)
{
	struct epochs *all = sock_epochs(k, d);

	for (struct session_epoch *e = all->of; e < all->of + EPOCHS_MAX; e++)
		settle(k, d, e);
}

/* Does no context of an older key open anything any more? */
static bool
alone(const struct rtls_sock *k)
{
	const struct epochs *all = &k->rx.epochs;

	if (older_has_context(k, RTLS_RX))
		return false;
	for (const struct session_epoch *e = all->of; e < all->of + EPOCHS_MAX; e++)
		if (e != all->now && session_rx_marks_open(e))
			return false;
	return true;
}

/*
 * A device takes up what is sent with the next record. What is received, with one of which nothing
 * has arrived: with bytes held out of order it is not known what has, nor before the port's queue was
 * gone through. On a busy port it may be too late all the same: the device says so.
 */
static void
try_start(struct rtls_sock *k, enum rtls_dir d, bool looked)
{
	struct session_epoch *e = sock_epochs(k, d)->now;
	uint64_t off, rec_no;

	if (d == RTLS_RX && !looked) {
		rx_quiet_wait(k);
		return;
	}
	/* Nothing of an orphan is opened any more. */
	if (d == RTLS_RX && (k->phase == SOCK_ORPHAN || k->recvq.nb_held > 0 || !alone(k) ||
			     !session_rx_boundary(&k->rx, &off, &rec_no)))
		return;
	step(k, d, e, EPOCH_BOUNDARY, RTLS_MODE_REASON_NONE);
	settle(k, d, e); /* where it failed */
}

static void
start_if_added(struct rtls_sock *k, enum rtls_dir d)
{
	if (epochs_waits_for_start(sock_epochs(k, d)))
		try_start(k, d, rx_quiet_now(k));
}

/* One event, and what comes of it. */
static void
happen(struct rtls_sock *k, enum rtls_dir d, struct session_epoch *e, enum epoch_event ev,
       enum rtls_mode_reason why)
{
	step(k, d, e, ev, why);
	settle_all(k, d);
	start_if_added(k, d);
}

/* --- events -------------------------------------------------------------------- */

static void
ask_or_refuse(struct rtls_sock *k, enum rtls_dir d, enum rtls_mode_reason why)
{
	struct session_epoch *e = sock_epochs(k, d)->now;

	if (why != RTLS_MODE_REASON_NONE) {
		happen(k, d, e, EPOCH_REFUSED, why);
		return;
	}
	k->mode.dir[d].wish = RTLS_MODE_NIC;
	k->mode.dir[d].skipped = 0;
	happen(k, d, e, EPOCH_WISH_NIC, RTLS_MODE_REASON_NONE);
}

static void
first_keys(struct rtls_sock *k, enum rtls_dir d)
{
	struct mode_dir *m = &k->mode.dir[d];

	if (d == RTLS_TX)
		k->mode.tx_keys_off = sendq_end(&k->sendq);
	m->wish = RTLS_MODE_SOFTWARE;
	step(k, d, sock_epochs(k, d)->now, EPOCH_KEYS, RTLS_MODE_REASON_NONE);
	ask_or_refuse(k, d,
		      m->order == RTLS_ORDER_SOFTWARE ? RTLS_MODE_REASON_ASKED :
							mode_not_for_newcomers(k, d));
	mode_count_opened(k, d);
}

/* The key before the newest. */
static struct session_epoch *
before_newest(struct epochs *all)
{
	for (struct session_epoch *e = all->of; e < all->of + EPOCHS_MAX; e++)
		if (e->key != NULL && e->no + 1 == all->now->no)
			return e;
	return NULL;
}

/* Who is with the device stays with it, the others with the reason that they had. */
static void
next_keys(struct rtls_sock *k, enum rtls_dir d, struct session_epoch *old)
{
	struct session_epoch *e = sock_epochs(k, d)->now;

	e->core.reason = old->core.reason;
	happen(k, d, old, EPOCH_NEXT_KEYS, RTLS_MODE_REASON_NONE);
	step(k, d, e, EPOCH_KEYS, RTLS_MODE_REASON_NONE);
	if (k->mode.dir[d].wish == RTLS_MODE_NIC)
		ask_or_refuse(k, d, mode_not_worth_asking(k, d));
}

void
mode_keys(struct rtls_sock *k, enum rtls_dir d)
{
	struct session_epoch *old = before_newest(sock_epochs(k, d));
	bool promised = old != NULL && k->mode.dir[d].wish == RTLS_MODE_NIC &&
			!epoch_in_nic(&old->core);
	bool changed = k->mode.changed;

	if (old == NULL)
		first_keys(k, d);
	else
		next_keys(k, d, old);
	/* What is settled by now the program sees for itself; but who waits for a mode does not look. */
	if (!promised)
		k->mode.changed = changed;
}

static int
wish_nic(struct rtls_sock *k, enum rtls_dir d)
{
	struct session_epoch *e = sock_epochs(k, d)->now;

	if (k->mode.dir[d].wish != RTLS_MODE_NIC)
		ask_or_refuse(k, d, mode_not_for_newcomers(k, d));
	if (epoch_in_nic(&e->core))
		return 0;
	return k->mode.dir[d].wish == RTLS_MODE_NIC ?
		       -EINPROGRESS :
		       mode_why_error((enum rtls_mode_reason)e->core.reason);
}

int
mode_wish(struct rtls_sock *k, enum rtls_dir d, enum rtls_mode m)
{
	struct session_epoch *e = sock_epochs(k, d)->now;
	bool changed = k->mode.changed;
	int rc = 0;

	if (m == RTLS_MODE_NIC) {
		rc = wish_nic(k, d);
	} else if (k->mode.dir[d].wish == RTLS_MODE_NIC) {
		k->mode.dir[d].wish = RTLS_MODE_SOFTWARE;
		happen(k, d, e, EPOCH_WISH_SOFTWARE, RTLS_MODE_REASON_NONE);
	}
	k->mode.changed = changed;
	return rc;
}

void
mode_added(struct rtls_sock *k, enum rtls_dir d, struct session_epoch *e, int status)
{
	struct happening h = { EPOCH_ACCEPTED, RTLS_MODE_REASON_NONE };

	if (e->ctx.state != OFFLOAD_ADDING)
		return;
	status = mode_device_added(k, d, e, status);
	if (status != 0)
		h = refused(k, d, e, status);
	happen(k, d, e, h.ev, h.why);
}

void
mode_deleted(struct rtls_sock *k, enum rtls_dir d, struct session_epoch *e)
{
	if (mode_device_ended(k, d, e) != 0)
		return;
	settle_all(k, d);
	/* There may be room now. Receiving, the port's queue is gone through first. */
	if (d == RTLS_TX)
		start_if_added(k, d);
}

/*
 * Has it opened nothing since it was started? Then it was started too late. Or does a record wait that
 * may be a KeyUpdate? Then it may have had the wrong key. Both can try again.
 */
static bool
was_skipped(struct rtls_sock *k, enum rtls_dir d, const struct session_epoch *e)
{
	bool opened = k->recvq.marked_end_off > e->rx.marks.start_off;

	if (d != RTLS_RX || e->core.state != EPOCH_NIC || (opened && session_rx_key_known(&k->rx)))
		return false;
	if (opened)
		k->mode.dir[d].skipped = 0;
	return k->mode.dir[d].skipped++ < SKIPPED_MAX;
}

void
mode_lost(struct rtls_sock *k, enum rtls_dir d, struct session_epoch *e)
{
	if (!offload_is_open(&e->ctx))
		return;
	happen(k, d, e, was_skipped(k, d, e) ? EPOCH_SKIPPED : EPOCH_LOST, RTLS_MODE_REASON_LOST);
}

static void
down(struct rtls_sock *k, enum rtls_dir d)
{
	bool wished = k->mode.dir[d].wish == RTLS_MODE_NIC && !k->mode.over;
	struct epochs *all = sock_epochs(k, d);

	/* Who waits for a place in its table is not to ask now. */
	if (wished)
		k->mode.dir[d].wish = RTLS_MODE_SOFTWARE;
	for (struct session_epoch *e = all->of; e < all->of + EPOCHS_MAX; e++) {
		mode_deleted(k, d, e); /* nobody will say so any more */
		if (offload_is_open(&e->ctx))
			happen(k, d, e, EPOCH_DOWN, RTLS_MODE_REASON_DOWN);
	}
	if (wished && all->now->core.reason != RTLS_MODE_REASON_DOWN)
		happen(k, d, all->now, EPOCH_REFUSED, RTLS_MODE_REASON_DOWN);
}

void
mode_down(struct rtls_sock *k)
{
	down(k, RTLS_TX);
	down(k, RTLS_RX);
}

void
mode_tx_out_of_step(struct rtls_sock *k, struct session_epoch *e, uint32_t seq)
{
	uint64_t planned_off = e->tx.sent.planned_off;
	uint64_t off = planned_off - (uint32_t)(tcp_seq_of(&k->tcp, planned_off) - seq);

	if (e->ctx.state != OFFLOAD_STARTED ||
	    stack_device_of(k)->caps.tx_method != RTLS_TLS_TX_NEXT_RECORD)
		return;
	/* It was put in step behind that already. */
	if (off < e->tx.sent.in_step_off)
		return;
	stack_count(k->stack, CNT_TLS_TX_DEVICE_RESYNC);
	tell_conn(k, NOTE_DEVICE_MISSED, NULL);
	happen(k, RTLS_TX, e, EPOCH_SKIPPED, RTLS_MODE_REASON_NONE);
}

void
mode_delivered(struct rtls_sock *k)
{
	start_if_added(k, RTLS_RX);
}

void
mode_read(struct rtls_sock *k)
{
	if (k->rx.epochs.nb_waiting > 0)
		settle_all(k, RTLS_RX);
	start_if_added(k, RTLS_RX);
}

void
mode_acked(struct rtls_sock *k)
{
	if (k->tx.epochs.nb_waiting == 0)
		return;
	settle_all(k, RTLS_TX);
	start_if_added(k, RTLS_TX); /* there may be room now */
}

/* Of contexts that are gone nothing more comes. */
static void
end_marks(struct rtls_sock *k)
{
	struct epochs *all = &k->rx.epochs;

	for (struct session_epoch *e = all->of; e < all->of + EPOCHS_MAX; e++)
		if (e->ctx.state == OFFLOAD_NONE && session_rx_marks_open(e))
			session_rx_marks_end(&k->rx, e);
}

void
mode_rx_looked(struct rtls_stack *s, const struct binding *b)
{
	struct rtls_sock *k, *next;

	for (k = TAILQ_FIRST(&s->quiet_list); k != NULL; k = next) {
		next = TAILQ_NEXT(k, quiet_link);
		if (!rx_quiet_came(k, b))
			continue;
		/* If it waits again it comes last, and is seen again only if the port is busy. */
		rx_quiet_forget(k);
		end_marks(k);
		settle_all(k, RTLS_RX);
		if (epochs_waits_for_start(&k->rx.epochs))
			try_start(k, RTLS_RX, true);
	}
}

void
mode_close(struct rtls_sock *k)
{
	struct epochs *all;
	int d;

	k->mode.over = true;
	rx_quiet_forget(k);
	for (d = RTLS_TX; d <= RTLS_RX; d++) {
		all = sock_epochs(k, d);
		for (struct session_epoch *e = all->of; e < all->of + EPOCHS_MAX; e++)
			if (e->core.state != EPOCH_GONE)
				step(k, d, e, EPOCH_CLOSE, RTLS_MODE_REASON_NONE);
	}
	end_marks(k);
	mode_count_over(k);
}
