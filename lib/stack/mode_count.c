/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/mode_count.h"

#include <recordtls/names.h>

#include "stack/sched.h"
#include "stack/state.h"
#include "stack/tell.h"

/* Counters of a direction. */
static const struct {
	enum counter opened[3]; /* by enum rtls_mode */
	enum counter current[3];
} counters[2] = {
	[RTLS_TX] = {
		.opened = { [RTLS_MODE_SOFTWARE] = CNT_TLS_TX_SW,
			    [RTLS_MODE_NIC] = CNT_TLS_TX_DEVICE },
		.current = { [RTLS_MODE_SOFTWARE] = CNT_TLS_CURR_TX_SW,
			     [RTLS_MODE_NIC] = CNT_TLS_CURR_TX_DEVICE },
	},
	[RTLS_RX] = {
		.opened = { [RTLS_MODE_SOFTWARE] = CNT_TLS_RX_SW,
			    [RTLS_MODE_NIC] = CNT_TLS_RX_DEVICE },
		.current = { [RTLS_MODE_SOFTWARE] = CNT_TLS_CURR_RX_SW,
			     [RTLS_MODE_NIC] = CNT_TLS_CURR_RX_DEVICE },
	},
};

/* Among the current sessions of whom does this direction count? RTLS_MODE_NONE: nobody's. */
static void
count_current(struct rtls_sock *sock, enum rtls_dir d, enum rtls_mode as)
{
	struct mode_dir *m = &sock->mode.dir[d];

	if (m->counted != RTLS_MODE_NONE)
		sock->stack->counters[counters[d].current[m->counted]]--;
	if (as != RTLS_MODE_NONE)
		sock->stack->counters[counters[d].current[as]]++;
	m->counted = (uint8_t)as;
}

/* Who has a place in the device's table is with it, whether it has begun or not. */
static enum rtls_mode
counts_as(enum epoch_state state)
{
	return state == EPOCH_ADDING || state == EPOCH_ADDED || state == EPOCH_NIC ?
		       RTLS_MODE_NIC :
		       RTLS_MODE_SOFTWARE;
}

/* Each renewal may change it twice, and a peer can ask for any number of them. */
static enum note
mode_note(struct rtls_sock *sock, enum rtls_dir d)
{
	return sock_epochs(sock, d)->nb_keys > 1 ? NOTE_MODE_AGAIN : NOTE_MODE;
}

/* What goes wrong with a device, besides each change of mode. */
static void
tell_software(struct rtls_sock *sock, enum rtls_dir d, enum rtls_mode_reason why)
{
	const char *dir = rtls_dir_name(d);

	tell_conn(sock, mode_note(sock, d), "%s in software, %s", dir, rtls_mode_reason_name(why));
	switch (why) {
	case RTLS_MODE_REASON_NO_ROOM:
		tell_conn(sock, NOTE_DEVICE_FULL, "%s", dir);
		break;
	case RTLS_MODE_REASON_REFUSED:
		tell_conn(sock, NOTE_DEVICE_REFUSED, "%s", dir);
		break;
	case RTLS_MODE_REASON_LOST:
		tell_conn(sock, NOTE_DEVICE_LOST, "%s", dir);
		break;
	case RTLS_MODE_REASON_NONE:
	case RTLS_MODE_REASON_PENDING:
	case RTLS_MODE_REASON_ASKED:
	case RTLS_MODE_REASON_NO_DEVICE:
	case RTLS_MODE_REASON_FEATURE_OFF:
	case RTLS_MODE_REASON_SUITE:
	case RTLS_MODE_REASON_NO_IDENTITY:
	case RTLS_MODE_REASON_NO_FIELD:
	case RTLS_MODE_REASON_DOWN: /* told of once, not per connection */
	case RTLS_MODE_REASON_OTHER_PORT:
	case RTLS_MODE_REASON_MAX:
		break;
	}
}

/* The program did not see it happen, unless it is in a call that says so. */
static void
changed(struct rtls_sock *sock)
{
	sock->mode.changed = true;
	sock_ready(sock);
}

static bool
gives_reason(const struct epoch_step *s)
{
	return s->reason != RTLS_MODE_REASON_MAX && s->reason != RTLS_MODE_REASON_NONE &&
	       s->reason != RTLS_MODE_REASON_PENDING;
}

void
mode_count_step(struct rtls_sock *sock, enum rtls_dir d, enum epoch_state before,
		const struct epoch_step *s)
{
	enum rtls_mode_reason why = (enum rtls_mode_reason)sock_epochs(sock, d)->now->core.reason;

	if (sock->mode.over)
		return;
	count_current(sock, d, counts_as(s->next));
	if (gives_reason(s)) {
		stack_count(sock->stack, counter_of_reason(why));
		tell_software(sock, d, why);
		changed(sock);
	} else if ((s->next == EPOCH_NIC) != (before == EPOCH_NIC)) {
		tell_conn(sock, mode_note(sock, d), "%s in %s", rtls_dir_name(d),
			  s->next == EPOCH_NIC ? "the NIC" : "software, for a while");
		changed(sock);
	}
}

void
mode_count_opened(struct rtls_sock *sock, enum rtls_dir d)
{
	enum epoch_state state = (enum epoch_state)sock_epochs(sock, d)->now->core.state;

	stack_count(sock->stack, counters[d].opened[counts_as(state)]);
}

void
mode_count_over(struct rtls_sock *sock)
{
	for (int d = RTLS_TX; d <= RTLS_RX; d++)
		if (sock->mode.dir[d].counted == RTLS_MODE_NIC)
			count_current(sock, d, RTLS_MODE_NONE);
}

void
mode_uncount(struct rtls_sock *sock)
{
	count_current(sock, RTLS_TX, RTLS_MODE_NONE);
	count_current(sock, RTLS_RX, RTLS_MODE_NONE);
}
