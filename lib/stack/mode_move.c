/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/mode_move.h"

#include "session/rx_resync.h"
#include "stack/mode.h"
#include "stack/mode_port.h"
#include "stack/state.h"

enum {
	WAIT_US = 250000,
	DOUBLED_MAX = 7, /* 32 s */
	MOST = 8,        /* all but one of so many bytes: a route that moved, and not a bond */
};

static uint64_t
wait_us(const struct mode_dir *m)
{
	return (uint64_t)WAIT_US << m->moves;
}

/* The next one comes later. */
static void
move(struct rtls_sock *sock, enum rtls_dir d)
{
	struct mode_dir *m = &sock->mode.dir[d];

	if (m->moves < DOUBLED_MAX)
		m->moves++;
	mode_moved(sock, d);
}

/* Is it in force, and the only one that there is? */
static bool
may_move(const struct rtls_sock *sock, enum rtls_dir d)
{
	const struct session_epoch *e = sock_epochs_of(sock, d)->now;

	return e->core.state == EPOCH_NIC &&
	       (d == RTLS_TX ? !mode_port_older_has_context(sock, d) :
			       mode_port_alone(sock) && session_rx_device_blameless(&sock->rx));
}

void
mode_move_path(struct rtls_sock *sock)
{
	if (sock->tx.tls != NULL)
		sock->tx.tls->moved_us = sock->stack->now_us;
}

void
mode_move_sent(struct rtls_sock *sock, const struct session_epoch *e, bool far)
{
	uint64_t now_us = sock->stack->now_us;

	/* What its context has to send by its port goes first. */
	if (e != sock_epochs_of(sock, RTLS_TX)->now || !may_move(sock, RTLS_TX) ||
	    e->tx.sent.next_off != e->tx.sent.planned_off)
		return;
	if (far) {
		mode_moved(sock, RTLS_TX);
		return;
	}
	if (now_us - sock->tx.tls->moved_us < wait_us(&sock->mode.dir[RTLS_TX]))
		return;
	sock->tx.tls->moved_us = now_us;
	if (mode_port_suits(sock, RTLS_TX, sock->path.netif))
		move(sock, RTLS_TX);
}

/* A window begins: what came by now is not looked at. */
static void
look_from_now(struct rtls_sock *sock, struct rx_away *a)
{
	a->since_us = sock->stack->now_us;
	a->bytes = 0;
	a->bytes_before = sock->count.rx_bytes;
}

/* Has nearly all come by that port, for long enough? */
static bool
came_long(struct rtls_sock *sock, struct rx_away *a, uint8_t netif, uint32_t len)
{
	uint64_t all;

	if (a->netif != netif || a->bytes == 0) {
		a->netif = netif;
		look_from_now(sock, a);
		a->bytes_before -= len; /* with what is looked at it has been counted */
	}
	a->bytes += len;
	if (sock->stack->now_us - a->since_us < wait_us(&sock->mode.dir[RTLS_RX]))
		return false;
	all = sock->count.rx_bytes - a->bytes_before;
	if (a->bytes >= all - all / MOST)
		return true;
	look_from_now(sock, a);
	return false;
}

/* Whoever asks for a device asks the one by which packets come. */
static void
in_software(struct rtls_sock *sock, uint8_t netif)
{
	sock->mode.rx_by = netif;
	if (sock->mode.dir[RTLS_RX].wish == RTLS_MODE_NIC)
		mode_port_follow(sock, RTLS_RX);
	else
		mode_port_choose(sock, RTLS_RX);
}

void
mode_move_received(struct rtls_sock *sock, const struct mode_move_run *r)
{
	uint8_t netif = (uint8_t)(r->nif - sock->stack->netifs);
	struct rx_tls *tls = sock->rx.tls;

	if (!rx_resync_on(tls)) {
		in_software(sock, netif);
		return;
	}
	sock->stack->counters[CNT_RX_OTHER_PORT] += r->nb_packets;
	rx_resync_passed_by(tls, r->end_off);
	if (!came_long(sock, &tls->device->away, netif, r->len))
		return;
	look_from_now(sock, &tls->device->away);
	if (!may_move(sock, RTLS_RX) || !mode_port_suits(sock, RTLS_RX, netif))
		return;
	sock->mode.rx_by = netif;
	move(sock, RTLS_RX);
}
