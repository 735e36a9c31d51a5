/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/sock_make.h"

#include <errno.h>
#include <string.h>

#include "buf/wipe.h"
#include "stack/admission.h"
#include "stack/flights.h"
#include "stack/memory.h"
#include "stack/mode.h"
#include "stack/mode_count.h"
#include "stack/neighbour_wait.h"
#include "stack/rx_memory.h"
#include "stack/state.h"
#include "stack/tallies.h"

struct rtls_sock *
sock_alloc(struct rtls_stack *s, const struct rtls_sock *opts)
{
	struct rtls_sock *sock = TAILQ_FIRST(&s->free_list);
	uint32_t uses;

	if (sock == NULL)
		return NULL;
	TAILQ_REMOVE(&s->free_list, sock, link);
	uses = sock->uses + 1;
	memset(sock, 0, sizeof(*sock));
	sock->uses = uses;
	sock->stack = s;
	*sock_tally(sock) = (struct sock_tally){ 0 };
	sock->rcvbuf = opts != NULL ? opts->rcvbuf : s->conf.rcvbuf;
	sock->tos = opts != NULL ? opts->tos : 0;
	sock->ttl = opts != NULL ? opts->ttl : 0;
	sock->rcvbuf_fixed = opts != NULL ? opts->rcvbuf_fixed : s->rcvbuf_fixed;
	sock->tcp.opts = opts != NULL ? opts->tcp.opts : s->tcp_opts;
	for (int d = RTLS_TX; d <= RTLS_RX; d++)
		sock->mode.dir[d].order = opts != NULL ? opts->mode.dir[d].order :
							 RTLS_ORDER_NIC_SOFTWARE;
	sock->path.again_us = UINT64_MAX;
	hold_init(&sock->hold);
	/* Offset 0 is the first byte behind the SYN, in both directions. */
	sendq_init(&sock->sendq, 0);
	recvq_init(&sock->recvq, 0, &s->recvq_shared);
	session_tx_init(&sock->tx, &s->session, &sock->sendq,
			opts != NULL ? opts->tx.sndbuf : s->conf.sndbuf);
	sock->tx.fixed = opts != NULL ? opts->tx.fixed : s->sndbuf_fixed;
	session_rx_init(&sock->rx, &sock->recvq);
	if (opts != NULL) {
		sock->tx.pad = opts->tx.pad;
		sock->tx.dynamic = opts->tx.dynamic;
		sock->rx.limit = opts->rx.limit;
		sock->rx.key_updates = opts->rx.key_updates;
		sock->rx.audit_rate = opts->rx.audit_rate;
	}
	s->store.members = ++s->socks_in_use;
	return sock;
}

int
sock_attach(struct rtls_sock *sock, uint64_t hash)
{
	struct rtls_stack *s = sock->stack;
	int rc;

	rc = flow_insert(s->flows, &sock->tuple, hash, (uint32_t)(sock - s->socks));
	if (rc == -EEXIST)
		return -EADDRINUSE;
	sock->attached = rc == 0;
	return rc;
}

void
sock_detach(struct rtls_sock *sock)
{
	struct rtls_stack *s = sock->stack;

	if (!sock->attached)
		return;
	flow_cache_forget(&s->found, &sock->tuple);
	flow_remove(s->flows, &sock->tuple, flow_hash(s->flows, &sock->tuple));
	sock->attached = false;
}

void
sock_free(struct rtls_sock *sock)
{
	struct rtls_stack *s = sock->stack;

	mode_close(sock);
	mode_uncount(sock);
	admission_forget(sock);
	sock_detach(sock);
	neighbour_unwait(sock);
	wheel_cancel(&s->wheel, &sock->timer);
	if (sock->tx_listed)
		TAILQ_REMOVE(&s->tx_list, sock, tx_link);
	if (sock->ready_listed)
		TAILQ_REMOVE(&s->ready_list, sock, ready_link);
	memory_unstarve(sock);
	flights_end(sock);
	reader_lane_reset(s->reader, &sock->lane);
	/* Its records count themselves off from their epochs. */
	sendq_fini(&sock->sendq);
	session_tx_fini(&sock->tx);
	session_rx_fini(&sock->rx);
	recvq_fini(&sock->recvq);
	rx_memory_account(sock);
	memory_account(sock);
	sock->phase = SOCK_FREE;
	/* Oldest first: a handle that a program kept by mistake answers -EBADF for long. */
	TAILQ_INSERT_TAIL(&s->free_list, sock, link);
	s->store.members = --s->socks_in_use;
}
