/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include "sock/check.h"
#include "stack/memory.h"
#include "stack/sched.h"
#include "stack/state.h"
#include "stack/window.h"
#include "tcp/timer.h"

static int
set_sndbuf(struct rtls_sock *sock, uint64_t v)
{
	if (v < BUF_LARGE_ROOM || v > UINT32_MAX)
		return -EINVAL;
	sock->opt_sndbuf = (uint32_t)v;
	sock->tx.sndbuf = (uint32_t)v;
	sock_ready(sock);
	return 0;
}

static int
set_rcvbuf(struct rtls_sock *sock, uint64_t v)
{
	/* What completes a full record must fit, in buffers of twice its bytes. */
	if (v < 2 * BUF_LARGE_ROOM || v > UINT32_MAX)
		return -EINVAL;
	sock->rcvbuf = (uint32_t)v;
	if (sock->phase == SOCK_OWNED && sock->tcp.state != TCP_SYN_SENT)
		sock_offer_window(sock);
	return 0;
}

static int
set_max_payload(struct rtls_sock *sock, uint64_t v)
{
	if (v < 64 || v > RECORD_PLAIN_MAX)
		return -EINVAL;
	/* As the kernel: what was accepted for a record of one size may not come out in another. */
	if (session_tx_open(&sock->tx) != NULL)
		return -EBUSY;
	/* Chunks of a file that are read ahead are records as they are. */
	if (v < sock->tx.cap) {
		memory_drop_ahead(sock);
		sock->lane_waits = false;
		sock_ready(sock);
	}
	sock->opt_max_payload = (uint32_t)v;
	sock->tx.cap = (uint16_t)v;
	return 0;
}

static int
set_max_seg(struct rtls_sock *sock, uint64_t v)
{
	if (v == 0 || v > UINT16_MAX)
		return -EINVAL;
	sock->tcp.opts.mss_limit = (uint16_t)v;
	/* A listener, or no handshake yet: it counts from there on. */
	if (sock->tcp.mss_agreed == 0)
		return 0;
	tcp_seg_limit(&sock->tcp);
	sock_schedule(sock);
	return 0;
}

/* A listener's count for its connections, a connection's from now on. */
static int
set_keepalive(struct rtls_sock *sock, enum rtls_opt opt, uint64_t v)
{
	if (v > (opt == RTLS_OPT_KEEPALIVE_PROBES ? UINT8_MAX : UINT32_MAX) ||
	    (v == 0 && opt != RTLS_OPT_KEEPALIVE_IDLE_US))
		return -EINVAL;
	if (opt == RTLS_OPT_KEEPALIVE_IDLE_US)
		sock->tcp.opts.keep_idle_us = (uint32_t)v;
	else if (opt == RTLS_OPT_KEEPALIVE_INTERVAL_US)
		sock->tcp.opts.keep_every_us = (uint32_t)v;
	else
		sock->tcp.opts.keep_probes = (uint8_t)v;
	if (sock->phase != SOCK_OWNED || sock->tcp.state == TCP_SYN_SENT ||
	    sock->tcp.state == TCP_CLOSED)
		return 0;
	tcp_keepalive(&sock->tcp, sock->stack->now_us);
	sock_rearm(sock);
	return 0;
}

/* Of both directions, or of the one that the option is for. */
static int
set_mode_order(struct rtls_sock *sock, enum rtls_opt opt, uint64_t v)
{
	if (v >= RTLS_ORDER_MAX)
		return -EINVAL;
	if (opt != RTLS_OPT_RX_MODE_ORDER)
		sock->mode.dir[RTLS_TX].order = (uint8_t)v;
	if (opt != RTLS_OPT_TX_MODE_ORDER)
		sock->mode.dir[RTLS_RX].order = (uint8_t)v;
	return 0;
}

int
rtls_sock_set(struct rtls_sock *sock, enum rtls_opt opt, uint64_t v)
{
	int rc = sock_check_handle(sock);

	if (rc != 0)
		return rc;
	switch (opt) {
	case RTLS_OPT_SNDBUF:
		return set_sndbuf(sock, v);
	case RTLS_OPT_RCVBUF:
		return set_rcvbuf(sock, v);
	case RTLS_OPT_MAX_PAYLOAD:
		return set_max_payload(sock, v);
	case RTLS_OPT_MODE_ORDER:
	case RTLS_OPT_TX_MODE_ORDER:
	case RTLS_OPT_RX_MODE_ORDER:
		return set_mode_order(sock, opt, v);
	case RTLS_OPT_USER_TIMEOUT_US:
		if (v == 0 || v > UINT32_MAX)
			return -EINVAL;
		sock->tcp.opts.user_timeout_us = (uint32_t)v;
		return 0;
	case RTLS_OPT_MAX_SEG:
		return set_max_seg(sock, v);
	case RTLS_OPT_KEEPALIVE_IDLE_US:
	case RTLS_OPT_KEEPALIVE_INTERVAL_US:
	case RTLS_OPT_KEEPALIVE_PROBES:
		return set_keepalive(sock, opt, v);
	}
	return -ENOTSUP;
}
