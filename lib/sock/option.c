/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include "sock/check.h"
#include "stack/memory.h"
#include "stack/sched.h"
#include "stack/state.h"
#include "stack/window.h"
#include "tcp/query.h"
#include "tcp/timer.h"

/* The value is in its bounds, and now is a time. */
typedef void (*option_set)(struct rtls_sock *sock, enum rtls_opt opt, uint32_t v);
typedef uint32_t (*option_get)(const struct rtls_sock *sock, enum rtls_opt opt);

static void
set_sndbuf(struct rtls_sock *sock, enum rtls_opt opt, uint32_t v)
{
	(void)opt;
	sock->tx.sndbuf = v;
	sock->tx.fixed = true;
	sock_ready(sock);
}

static void
set_rcvbuf(struct rtls_sock *sock, enum rtls_opt opt, uint32_t v)
{
	(void)opt;
	sock->rcvbuf = v;
	sock->rcvbuf_fixed = true;
	if (sock->phase == SOCK_OWNED && !tcp_is_connecting(&sock->tcp))
		sock_offer_window(sock);
}

static uint32_t
get_buf(const struct rtls_sock *sock, enum rtls_opt opt)
{
	return opt == RTLS_OPT_SNDBUF ? sock->tx.sndbuf : sock->rcvbuf;
}

/* No record is open. */
static void
set_record(struct rtls_sock *sock, enum rtls_opt opt, uint32_t v)
{
	if (opt == RTLS_OPT_MAX_PAYLOAD)
		sock->tx.pad.max_payload = (uint16_t)v;
	else if (opt == RTLS_OPT_TX_RECORD_LIMIT)
		sock->tx.pad.limit = (uint16_t)v;
	else if (opt == RTLS_OPT_DYNAMIC_RECORDS)
		sock->tx.dynamic = v != 0;
	else
		sock->tx.pad.to = (uint16_t)v;
	tx_pad_changed(&sock->tx.pad);
	/* Chunks of a file that are read ahead are records as they are. */
	memory_drop_ahead(sock);
	sock->lane_waits = false;
	sock_ready(sock);
}

static uint32_t
get_record(const struct rtls_sock *sock, enum rtls_opt opt)
{
	if (opt == RTLS_OPT_MAX_PAYLOAD)
		return sock->tx.pad.max_payload;
	if (opt == RTLS_OPT_DYNAMIC_RECORDS)
		return sock->tx.dynamic;
	return opt == RTLS_OPT_TX_RECORD_LIMIT ? sock->tx.pad.limit : sock->tx.pad.to;
}

static void
set_max_seg(struct rtls_sock *sock, enum rtls_opt opt, uint32_t v)
{
	(void)opt;
	sock->tcp.opts.mss_limit = (uint16_t)v;
	/* A listener, or no handshake yet: it counts from there on. */
	if (sock->tcp.mss_agreed == 0)
		return;
	tcp_seg_limit(&sock->tcp);
	sock_schedule(sock);
}

static uint32_t
get_max_seg(const struct rtls_sock *sock, enum rtls_opt opt)
{
	(void)opt;
	return sock->tcp.opts.mss_limit != 0 ? sock->tcp.opts.mss_limit : UINT16_MAX;
}

static void
set_user_timeout(struct rtls_sock *sock, enum rtls_opt opt, uint32_t v)
{
	(void)opt;
	sock->tcp.opts.user_timeout_us = v;
}

static uint32_t
get_user_timeout(const struct rtls_sock *sock, enum rtls_opt opt)
{
	(void)opt;
	return sock->tcp.opts.user_timeout_us;
}

/* A listener's count for its connections, a connection's from now on. */
static void
set_keepalive(struct rtls_sock *sock, enum rtls_opt opt, uint32_t v)
{
	if (opt == RTLS_OPT_KEEPALIVE_IDLE_US)
		sock->tcp.opts.keep_idle_us = v;
	else if (opt == RTLS_OPT_KEEPALIVE_INTERVAL_US)
		sock->tcp.opts.keep_every_us = v;
	else
		sock->tcp.opts.keep_probes = (uint8_t)v;
	if (sock->phase != SOCK_OWNED || tcp_is_connecting(&sock->tcp) || tcp_is_closed(&sock->tcp))
		return;
	tcp_keepalive(&sock->tcp, sock->stack->now_us);
	sock_rearm(sock);
}

static uint32_t
get_keepalive(const struct rtls_sock *sock, enum rtls_opt opt)
{
	const struct tcp_opts *o = &sock->tcp.opts;

	if (opt == RTLS_OPT_KEEPALIVE_IDLE_US)
		return o->keep_idle_us;
	return opt == RTLS_OPT_KEEPALIVE_INTERVAL_US ? o->keep_every_us : o->keep_probes;
}

/* A listener's is for what it takes in from now on. */
static void
set_handshake(struct rtls_sock *sock, enum rtls_opt opt, uint32_t v)
{
	(void)opt;
	sock->admit.conf.handshake_us = v;
	if (sock->phase != SOCK_LISTEN)
		sock_rearm(sock);
}

static uint32_t
get_handshake(const struct rtls_sock *sock, enum rtls_opt opt)
{
	uint32_t us = sock->admit.conf.handshake_us;

	(void)opt;
	return us != 0 ? us : ADMIT_HANDSHAKE_US;
}

/* Of both directions, or of the one that the option is for. */
static void
set_mode_order(struct rtls_sock *sock, enum rtls_opt opt, uint32_t v)
{
	if (opt != RTLS_OPT_RX_MODE_ORDER)
		sock->mode.dir[RTLS_TX].order = (uint8_t)v;
	if (opt != RTLS_OPT_TX_MODE_ORDER)
		sock->mode.dir[RTLS_RX].order = (uint8_t)v;
}

static uint32_t
get_mode_order(const struct rtls_sock *sock, enum rtls_opt opt)
{
	return sock->mode.dir[opt == RTLS_OPT_RX_MODE_ORDER ? RTLS_RX : RTLS_TX].order;
}

static void
set_rx_limit(struct rtls_sock *sock, enum rtls_opt opt, uint32_t v)
{
	if (opt == RTLS_OPT_RX_RECORD_LIMIT)
		sock->rx.limit = (uint16_t)v;
	else
		sock->rx.key_updates = (uint8_t)v;
}

static uint32_t
get_rx_limit(const struct rtls_sock *sock, enum rtls_opt opt)
{
	return opt == RTLS_OPT_RX_RECORD_LIMIT ? sock->rx.limit : sock->rx.key_updates;
}

static void
set_audit_rate(struct rtls_sock *sock, enum rtls_opt opt, uint32_t v)
{
	(void)opt;
	sock->rx.audit_rate = v;
}

static uint32_t
get_audit_rate(const struct rtls_sock *sock, enum rtls_opt opt)
{
	(void)opt;
	return sock->rx.audit_rate;
}

/* RFC 2474 3: the upper bits of what was called type of service; the lower two are ECN's. */
static void
set_ip(struct rtls_sock *sock, enum rtls_opt opt, uint32_t v)
{
	if (opt == RTLS_OPT_DSCP)
		sock->tos = (uint8_t)(v << 2);
	else
		sock->ttl = (uint8_t)v;
}

static uint32_t
get_ip(const struct rtls_sock *sock, enum rtls_opt opt)
{
	if (opt == RTLS_OPT_DSCP)
		return sock->tos >> 2;
	return sock->ttl != 0 ? sock->ttl : IPV4_TTL_DEFAULT;
}

static void
set_cc(struct rtls_sock *sock, enum rtls_opt opt, uint32_t v)
{
	(void)opt;
	if (sock->tcp.opts.cc == v)
		return;
	sock->tcp.opts.cc = (uint8_t)v;
	tcp_cc_changed(&sock->tcp.cc);
}

static uint32_t
get_cc(const struct rtls_sock *sock, enum rtls_opt opt)
{
	(void)opt;
	return sock->tcp.opts.cc;
}

static void
set_max_pacing_rate(struct rtls_sock *sock, enum rtls_opt opt, uint32_t v)
{
	(void)opt;
	sock->tcp.opts.pace_max = v;
	tcp_pace_changed(&sock->tcp.pace);
	if (sock->phase == SOCK_OWNED)
		sock_schedule(sock);
}

static uint32_t
get_max_pacing_rate(const struct rtls_sock *sock, enum rtls_opt opt)
{
	(void)opt;
	return sock->tcp.opts.pace_max;
}

enum when {
	WHEN_ALWAYS,
	/* As the kernel: what was accepted for a record of one size may not come out in another. */
	WHEN_NO_RECORD_IS_OPEN,
};

/* All that is refused is refused by this. Its bounds stand in recordtls/sock.h, too. */
static const struct option {
	uint32_t min, max;
	enum when when;
	option_set set;
	option_get get;
} options[] = {
	/* A full record must fit. */
	[RTLS_OPT_SNDBUF] = { BUF_LARGE_ROOM, UINT32_MAX, WHEN_ALWAYS, set_sndbuf, get_buf },
	/* What completes one, too, in buffers of twice its bytes. */
	[RTLS_OPT_RCVBUF] = { 2 * BUF_LARGE_ROOM, UINT32_MAX, WHEN_ALWAYS, set_rcvbuf, get_buf },
	[RTLS_OPT_MAX_PAYLOAD] = { 64, RECORD_PLAIN_MAX, WHEN_NO_RECORD_IS_OPEN, set_record,
				   get_record },
	[RTLS_OPT_USER_TIMEOUT_US] = { 1, UINT32_MAX, WHEN_ALWAYS, set_user_timeout,
				       get_user_timeout },
	[RTLS_OPT_MAX_SEG] = { 1, UINT16_MAX, WHEN_ALWAYS, set_max_seg, get_max_seg },
	[RTLS_OPT_MODE_ORDER] = { 0, RTLS_ORDER_MAX - 1, WHEN_ALWAYS, set_mode_order,
				  get_mode_order },
	[RTLS_OPT_KEEPALIVE_IDLE_US] = { 0, UINT32_MAX, WHEN_ALWAYS, set_keepalive, get_keepalive },
	[RTLS_OPT_KEEPALIVE_INTERVAL_US] = { 1, UINT32_MAX, WHEN_ALWAYS, set_keepalive,
					     get_keepalive },
	[RTLS_OPT_KEEPALIVE_PROBES] = { 1, UINT8_MAX, WHEN_ALWAYS, set_keepalive, get_keepalive },
	[RTLS_OPT_TX_MODE_ORDER] = { 0, RTLS_ORDER_MAX - 1, WHEN_ALWAYS, set_mode_order,
				     get_mode_order },
	[RTLS_OPT_RX_MODE_ORDER] = { 0, RTLS_ORDER_MAX - 1, WHEN_ALWAYS, set_mode_order,
				     get_mode_order },
	[RTLS_OPT_HANDSHAKE_US] = { 1, UINT32_MAX, WHEN_ALWAYS, set_handshake, get_handshake },
	[RTLS_OPT_PAD_TO] = { 0, RECORD_PLAIN_MAX, WHEN_NO_RECORD_IS_OPEN, set_record, get_record },
	/* RFC 8449 4: 64 at least, of which the inner type is one. */
	[RTLS_OPT_TX_RECORD_LIMIT] = { 63, RECORD_PLAIN_MAX, WHEN_NO_RECORD_IS_OPEN, set_record,
				       get_record },
	[RTLS_OPT_RX_RECORD_LIMIT] = { 63, RECORD_PLAIN_MAX, WHEN_ALWAYS, set_rx_limit,
				       get_rx_limit },
	[RTLS_OPT_KEY_UPDATES_PER_S] = { 0, UINT8_MAX, WHEN_ALWAYS, set_rx_limit, get_rx_limit },
	[RTLS_OPT_AUDIT_RATE] = { 0, UINT32_MAX, WHEN_ALWAYS, set_audit_rate, get_audit_rate },
	[RTLS_OPT_DSCP] = { 0, 63, WHEN_ALWAYS, set_ip, get_ip },
	[RTLS_OPT_TTL] = { 1, UINT8_MAX, WHEN_ALWAYS, set_ip, get_ip },
	[RTLS_OPT_DYNAMIC_RECORDS] = { 0, 1, WHEN_NO_RECORD_IS_OPEN, set_record, get_record },
	[RTLS_OPT_CC] = { 0, TCP_CC_MAX - 1, WHEN_ALWAYS, set_cc, get_cc },
	[RTLS_OPT_MAX_PACING_RATE] = { 0, UINT32_MAX, WHEN_ALWAYS, set_max_pacing_rate,
				       get_max_pacing_rate },
};

static const struct option *
find_option(enum rtls_opt opt)
{
	return (unsigned int)opt < RTE_DIM(options) ? &options[opt] : NULL;
}

int
rtls_sock_set(struct rtls_sock *sock, enum rtls_opt opt, uint64_t v)
{
	const struct option *o = find_option(opt);
	int rc = sock_check_handle(sock);

	if (rc != 0)
		return rc;
	if (o == NULL)
		return -ENOTSUP;
	if (v < o->min || v > o->max)
		return -EINVAL;
	if (o->when == WHEN_NO_RECORD_IS_OPEN && session_tx_open(&sock->tx) != NULL)
		return -EBUSY;
	o->set(sock, opt, (uint32_t)v);
	return 0;
}

int
rtls_sock_get(const struct rtls_sock *sock, enum rtls_opt opt, uint64_t *v)
{
	const struct option *o = find_option(opt);
	int rc = sock_check_handle(sock);

	if (rc != 0)
		return rc;
	if (v == NULL)
		return -EINVAL;
	if (o == NULL)
		return -ENOTSUP;
	*v = o->get(sock, opt);
	return 0;
}
