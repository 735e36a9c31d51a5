/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include "stack/addr.h"
#include "sock/check.h"
#include "sock/info.h"
#include "stack/memory.h"
#include "stack/stack.h"
#include "tcp/timer.h"

static int
set_sndbuf(struct rtls_sock *k, uint64_t v)
{
	if (v < BUF_LARGE_ROOM || v > UINT32_MAX)
		return -EINVAL;
	k->opt_sndbuf = (uint32_t)v;
	k->tx.sndbuf = v;
	sock_ready(k);
	return 0;
}

static int
set_rcvbuf(struct rtls_sock *k, uint64_t v)
{
	/* What completes a full record must fit, in buffers of twice its bytes. */
	if (v < 2 * BUF_LARGE_ROOM || v > UINT32_MAX)
		return -EINVAL;
	k->rcvbuf = (uint32_t)v;
	if (k->phase == SOCK_OWNED && k->tcp.state != TCP_SYN_SENT)
		sock_offer_window(k);
	return 0;
}

static int
set_max_payload(struct rtls_sock *k, uint64_t v)
{
	if (v < 64 || v > RECORD_PLAIN_MAX)
		return -EINVAL;
	/* As the kernel: what was accepted for a record of one size may not come out in another. */
	if (k->tx.open != NULL)
		return -EBUSY;
	/* Chunks of a file that are read ahead are records as they are. */
	if (v < k->tx.cap) {
		memory_drop_ahead(k);
		k->lane_waits = false;
		sock_ready(k);
	}
	k->opt_max_payload = (uint32_t)v;
	k->tx.cap = (uint16_t)v;
	return 0;
}

static int
set_max_seg(struct rtls_sock *k, uint64_t v)
{
	if (v == 0 || v > UINT16_MAX)
		return -EINVAL;
	k->params.mss_limit = (uint16_t)v;
	/* A listener, or no handshake yet: it counts from there on. */
	if (k->tcp.mss_agreed == 0)
		return 0;
	tcp_seg_limit(&k->tcp);
	sock_schedule(k);
	return 0;
}

/* A listener's count for its connections, a connection's from now on. */
static int
set_keepalive(struct rtls_sock *k, enum rtls_opt opt, uint64_t v)
{
	if (v > (opt == RTLS_OPT_KEEPALIVE_PROBES ? UINT8_MAX : UINT32_MAX) ||
	    (v == 0 && opt != RTLS_OPT_KEEPALIVE_IDLE_US))
		return -EINVAL;
	if (opt == RTLS_OPT_KEEPALIVE_IDLE_US)
		k->params.keep_idle_us = (uint32_t)v;
	else if (opt == RTLS_OPT_KEEPALIVE_INTERVAL_US)
		k->params.keep_every_us = (uint32_t)v;
	else
		k->params.keep_probes = (uint32_t)v;
	if (k->phase != SOCK_OWNED || k->tcp.state == TCP_SYN_SENT || k->tcp.state == TCP_CLOSED)
		return 0;
	tcp_keepalive(&k->tcp, k->stack->now_us);
	sock_rearm(k);
	return 0;
}

/* Of both directions, or of the one that the option is for. */
static int
set_mode_order(struct rtls_sock *k, enum rtls_opt opt, uint64_t v)
{
	if (v >= RTLS_ORDER_MAX)
		return -EINVAL;
	if (opt != RTLS_OPT_RX_MODE_ORDER)
		k->mode.dir[RTLS_TX].order = (uint8_t)v;
	if (opt != RTLS_OPT_TX_MODE_ORDER)
		k->mode.dir[RTLS_RX].order = (uint8_t)v;
	return 0;
}

int
rtls_sock_set(struct rtls_sock *k, enum rtls_opt opt, uint64_t v)
{
	int rc = sock_check_handle(k);

	if (rc != 0)
		return rc;
	switch (opt) {
	case RTLS_OPT_SNDBUF:
		return set_sndbuf(k, v);
	case RTLS_OPT_RCVBUF:
		return set_rcvbuf(k, v);
	case RTLS_OPT_MAX_PAYLOAD:
		return set_max_payload(k, v);
	case RTLS_OPT_MODE_ORDER:
	case RTLS_OPT_TX_MODE_ORDER:
	case RTLS_OPT_RX_MODE_ORDER:
		return set_mode_order(k, opt, v);
	case RTLS_OPT_USER_TIMEOUT_US:
		if (v == 0 || v > UINT32_MAX)
			return -EINVAL;
		k->params.user_timeout_us = (uint32_t)v;
		return 0;
	case RTLS_OPT_MAX_SEG:
		return set_max_seg(k, v);
	case RTLS_OPT_KEEPALIVE_IDLE_US:
	case RTLS_OPT_KEEPALIVE_INTERVAL_US:
	case RTLS_OPT_KEEPALIVE_PROBES:
		return set_keepalive(k, opt, v);
	}
	return -ENOTSUP;
}

static enum rtls_sock_state
state_of(const struct rtls_sock *k)
{
	if (k->phase == SOCK_LISTEN)
		return RTLS_SOCK_LISTEN;
	if (k->tcp.state == TCP_SYN_SENT)
		return RTLS_SOCK_CONNECTING;
	return k->tcp.state == TCP_CLOSED ? RTLS_SOCK_CLOSED : RTLS_SOCK_OPEN;
}

static enum rtls_eof
eof_of(const struct rtls_sock *k)
{
	if (k->rx.state == SESSION_RX_FAILED && k->rx.end_reason == RTLS_REASON_TRUNCATED)
		return RTLS_EOF_TRUNCATED;
	if (k->rx.close_notify)
		return RTLS_EOF_CLOSE_NOTIFY;
	if (!k->tcp.peer_fin || recvq_len(&k->recvq) > 0)
		return RTLS_EOF_NONE;
	return RTLS_EOF_BARE;
}

void
sock_info_fill(const struct rtls_sock *k, struct rtls_sock_info *out)
{
	memset(out, 0, sizeof(*out));
	out->local = addr_from_net(&k->tuple.local, k->tuple.local_port);
	out->remote = addr_from_net(&k->tuple.remote, k->tuple.remote_port);
	out->state = state_of(k);
	out->sndbuf = k->opt_sndbuf;
	out->rcvbuf = k->rcvbuf;
	if (k->phase == SOCK_LISTEN)
		return;
	out->eof = eof_of(k);
	out->end_who = k->end_who;
	out->end_reason = k->end_reason;
	out->end_alert = k->rx.end_alert;
	out->mss = k->tcp.mss;
	out->srtt_us = k->tcp.rtt.srtt_us;
	out->rto_us = k->tcp.rtt.rto_us;
	out->cwnd = (uint32_t)k->tcp.cc.cwnd;
	out->snd_queued = sendq_end(&k->sendq) - RTE_MIN(k->tcp.snd_una, sendq_end(&k->sendq));
	out->snd_room = session_tx_room(&k->tx);
	out->rcv_queued = recvq_len(&k->recvq);
	out->rttvar_us = k->tcp.rtt.rttvar_us;
	out->ssthresh = k->tcp.cc.ssthresh;
	out->in_flight = k->tcp.snd_max - k->tcp.snd_una;
	out->snd_wnd = k->tcp.snd_wnd;
	out->rcv_wnd = k->tcp.rcv_adv - RTE_MIN(k->tcp.rcv_nxt, k->tcp.rcv_adv);
	out->rcv_held = k->recvq.room_held;
}

int
rtls_sock_info(const struct rtls_sock *k, struct rtls_sock_info *out)
{
	int rc = sock_check_handle(k);

	if (rc != 0)
		return rc;
	if (out == NULL)
		return -EINVAL;
	sock_info_fill(k, out);
	return 0;
}

void
sock_stats_fill(const struct rtls_sock *k, struct rtls_sock_stats *out)
{
	*out = k->stats_base;
	out->tx_records = k->tx.count.records;
	out->rx_records = k->rx.count.records;
	out->tx_record_bytes = k->tx.count.record_bytes;
	out->rx_record_bytes = k->rx.count.record_bytes;
	out->tx_nic_records = k->tx.count.device_records;
	out->rx_nic_records = k->rx.count.device_records;
	out->rx_mixed_records = k->rx.count.mixed_records;
}

int
rtls_sock_stats(const struct rtls_sock *k, struct rtls_sock_stats *out)
{
	int rc = sock_check_handle(k);

	if (rc != 0)
		return rc;
	if (out == NULL)
		return -EINVAL;
	sock_stats_fill(k, out);
	return 0;
}
