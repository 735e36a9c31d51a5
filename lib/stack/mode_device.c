/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/mode_device.h"

#include <errno.h>

#include "buf/wipe.h"
#include "session/rx_resync.h"
#include "stack/addr.h"
#include "stack/rx_quiet.h"
#include "stack/state.h"

uint64_t
mode_device_cookie(const struct rtls_sock *sock, enum rtls_dir d)
{
	return (uint64_t)(sock - sock->stack->socks) << 1 | (uint64_t)d;
}

static struct rtls_tls_flow
flow_of(const struct rtls_sock *sock, enum rtls_dir d)
{
	return (struct rtls_tls_flow){
		.size = sizeof(struct rtls_tls_flow),
		.local = addr_from_net(&sock->tuple.local, sock->tuple.local_port),
		.remote = addr_from_net(&sock->tuple.remote, sock->tuple.remote_port),
		.queue = stack_netif_of(sock, d)->queue,
		.dir = (uint8_t)d,
	};
}

int
mode_device_add(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e)
{
	uint64_t rec_no = d == RTLS_TX ? e->tx.rec_no : session_rx_rec_no(&sock->rx);
	struct rtls_tls_flow flow = flow_of(sock, d);
	struct rtls_keys keys;
	int rc;

	/* Without the means to undo what the device does it is of no use. */
	if (d == RTLS_RX && session_rx_may_offload(&sock->rx) != 0)
		return -ENOMEM;
	session_epoch_keys(e, rec_no, &keys);
	rc = offload_add(stack_device_of(sock, d), e->suite, &keys, &flow,
			 mode_device_cookie(sock, d), &e->ctx);
	buf_wipe(&keys, sizeof(keys));
	return rc;
}

int
mode_device_added(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e, int status)
{
	struct rtls_tls_flow flow = flow_of(sock, d);

	return offload_added(stack_device_of(sock, d), &e->ctx, &flow, status);
}

static int
start_tx(struct rtls_sock *sock, struct session_epoch *e)
{
	uint64_t off = sendq_end(&sock->sendq);

	/* What lies in front the device would send as it is. */
	e->tx.sent = (struct epoch_sent){
		.next_off = off, .planned_off = off, .in_step_off = off, .by_hand_off = off
	};
	return offload_start(stack_device_of(sock, RTLS_TX), &e->ctx, tcp_seq_of(&sock->tcp, off),
			     e->tx.rec_no);
}

static int
start_rx(struct rtls_sock *sock, struct session_epoch *e)
{
	uint64_t off, rec_no;
	int rc;

	/* Known when it was decided to start. */
	if (!session_rx_boundary(&sock->rx, &off, &rec_no)) {
		(void)offload_del(stack_device_of(sock, RTLS_RX), &e->ctx);
		return -EAGAIN;
	}
	rc = offload_start(stack_device_of(sock, RTLS_RX), &e->ctx, tcp_rcv_seq_of(&sock->tcp, off),
			   rec_no);
	if (rc != 0)
		return rc;
	session_rx_device_starts(&sock->rx, (uint16_t)e->ctx.handle.generation, rec_no);
	rx_resync_start(sock->rx.tls, tcp_rcv_seq_of(&sock->tcp, 0), off);
	return 0;
}

int
mode_device_start(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e)
{
	return d == RTLS_TX ? start_tx(sock, e) : start_rx(sock, e);
}

void
mode_device_end(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e)
{
	if (!offload_has_context(&e->ctx))
		return;
	if (d == RTLS_RX && e == session_rx_epoch(&sock->rx))
		rx_resync_stop(sock->rx.tls);
	if (offload_del(stack_device_of(sock, d), &e->ctx) == 0 && d == RTLS_RX)
		rx_quiet_wait_anew(sock);
}

int
mode_device_ended(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e)
{
	int rc = offload_deleted(&e->ctx);

	if (rc == 0 && d == RTLS_RX)
		rx_quiet_wait_anew(sock);
	return rc;
}
