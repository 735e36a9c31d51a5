/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include "core/conf.h"
#include "sock/check.h"
#include "sock/info.h"
#include "sock/stats.h"
#include "stack/addr.h"
#include "stack/mode.h"
#include "stack/state.h"
#include "stack/tallies.h"
#include "tcp/query.h"
#include "tcp/view.h"

static enum rtls_sock_state
state_of(const struct rtls_sock *sock)
{
	if (sock->phase == SOCK_LISTEN)
		return RTLS_SOCK_LISTEN;
	if (tcp_is_connecting(&sock->tcp))
		return RTLS_SOCK_CONNECTING;
	return tcp_is_closed(&sock->tcp) ? RTLS_SOCK_CLOSED : RTLS_SOCK_OPEN;
}

static enum rtls_eof
eof_of(const struct rtls_sock *sock)
{
	if (sock->rx.state == SESSION_RX_FAILED && sock->rx.end_reason == RTLS_REASON_TRUNCATED)
		return RTLS_EOF_TRUNCATED;
	if (sock->rx.close_notify)
		return RTLS_EOF_CLOSE_NOTIFY;
	if (!tcp_peer_is_shut(&sock->tcp) || recvq_len(&sock->recvq) > 0)
		return RTLS_EOF_NONE;
	return RTLS_EOF_BARE;
}

static enum rtls_recovery
recovery_of(const struct tcp_conn *c)
{
	switch ((enum tcp_loss)c->loss) {
	case TCP_LOSS_NONE:
		break;
	case TCP_LOSS_RECOVERY:
		return RTLS_RECOVERY_FAST;
	case TCP_LOSS_TIMEOUT:
		return RTLS_RECOVERY_TIMEOUT;
	}
	return RTLS_RECOVERY_NONE;
}

/* What the path and the flight are like. */
static void
fill_path(const struct tcp_conn *c, struct rtls_sock_info *out)
{
	struct tcp_view v;

	/* The first poll of its stack begins it. */
	if (c->params == NULL)
		return;
	tcp_view_of(c, &v);
	out->min_rtt_us = v.min_rtt_us;
	out->rcv_rtt_us = c->rcv_rtt.rtt_us;
	out->rto_backoff = c->rtt.backoff;
	out->ato_us = c->params->delack_us;
	out->pmtu = v.pmtu;
	out->rcv_mss = c->rcv_seg;
	out->adv_mss = c->rcv_mss;
	out->recovery = (uint8_t)recovery_of(c);
	out->rate_app_limited = v.rate_limited;
	out->reordered = v.reordered;
	out->reo_wnd_us = v.reo_wnd_us;
	out->delivery_rate = v.delivery_rate;
	out->pacing_rate = v.pacing_rate;
	out->pipe = v.pipe;
	out->sacked = v.sacked;
	out->lost = v.lost;
	out->retrans_in_flight = v.again;
}

static uint64_t
age(bool ever, uint64_t us)
{
	return ever ? us : UINT64_MAX;
}

/* What was counted, and when something was last. */
static void
fill_counts(const struct rtls_sock *sock, struct rtls_sock_info *out)
{
	struct sock_tally t = sock_tally_now(sock);
	uint64_t now_us = sock->stack->now_us;

	out->bytes_sent = sock_bytes_sent(sock);
	out->bytes_retrans = t.again_bytes;
	out->segs_out = sock->count.tx_segments + sock->count.tx_bare;
	out->segs_in = sock->count.rx_segments + sock->count.rx_bare;
	out->rcv_ooo_segs = t.out_of_order;
	out->dsack_dups = t.dsacks;
	out->reord_seen = t.reorderings;
	out->rwnd_limited_us = t.waited_us[TCP_WAITS_WINDOW];
	out->sndbuf_limited_us = t.waited_us[TCP_WAITS_BUFFER];
	out->busy_us = t.waited_us[TCP_WAITS_PATH] + out->rwnd_limited_us + out->sndbuf_limited_us;
	out->last_sent_us = age(sock->count.tx_segments > 0, now_us - sock->tcp.last_sent_at_us);
	out->last_received_us = age(sock->count.rx_segments > 0,
				    sock_clock_since(sock->rx_data_at, now_us));
	out->last_heard_us = age(!tcp_is_connecting(&sock->tcp), now_us - sock->tcp.heard_us);
}

void
sock_info_ends(const struct rtls_sock *sock, struct rtls_sock_info *out)
{
	memset(out, 0, sizeof(*out));
	out->local = addr_from_net(&sock->tuple.local, sock->tuple.local_port);
	out->remote = addr_from_net(&sock->tuple.remote, sock->tuple.remote_port);
	out->state = state_of(sock);
}

void
sock_info_fill(const struct rtls_sock *sock, struct rtls_sock_info *out)
{
	sock_info_ends(sock, out);
	out->sndbuf = sock->tx.sndbuf;
	out->rcvbuf = sock->rcvbuf;
	if (sock->phase == SOCK_LISTEN)
		return;
	out->eof = eof_of(sock);
	out->end_who = sock->end_who;
	out->end_reason = sock->end_reason;
	out->end_alert = sock->rx.end_alert;
	out->soft_error = sock->soft;
	out->mss = sock->tcp.mss;
	out->srtt_us = sock->tcp.rtt.srtt_us;
	out->rto_us = sock->tcp.rtt.rto_us;
	out->cwnd = (uint32_t)sock->tcp.cc.cwnd;
	out->snd_queued = sendq_end(&sock->sendq) -
			  RTE_MIN(sock->tcp.snd_una, sendq_end(&sock->sendq));
	out->snd_room = session_tx_room(&sock->tx);
	out->rcv_queued = recvq_len(&sock->recvq);
	out->rttvar_us = sock->tcp.rtt.rttvar_us;
	out->ssthresh = sock->tcp.cc.ssthresh;
	out->in_flight = tcp_in_flight(&sock->tcp);
	out->snd_wnd = sock->tcp.snd_wnd;
	out->rcv_wnd = tcp_rcv_window(&sock->tcp);
	out->rcv_held = recvq_room_held(&sock->recvq);
	out->cc = tcp_cc_of(&sock->tcp)->name;
	out->snd_wscale = sock->tcp.snd_wscale;
	out->rcv_wscale = sock->tcp.rcv_wscale;
	out->timestamps = sock->tcp.ts_on;
	out->sack = sock->tcp.sack_on;
	/* Without the FIN, which counts as a byte there. */
	out->bytes_acked = RTE_MIN(sock->tcp.snd_una, sock->tcp.snd_end);
	out->bytes_received = sock->tcp.rcv_nxt;
	out->snd_unsent = sendq_end(&sock->sendq) -
			  RTE_MIN(sock->tcp.snd_max, sendq_end(&sock->sendq));
	fill_path(&sock->tcp, out);
	fill_counts(sock, out);
}

struct rtls_stack *
rtls_sock_stack(const struct rtls_sock *sock)
{
	return sock_check_handle(sock) == 0 ? sock->stack : NULL;
}

int
rtls_sock_info(const struct rtls_sock *sock, struct rtls_sock_info *out)
{
	struct rtls_sock_info info;
	int rc = sock_check_handle(sock);

	if (rc != 0)
		return rc;
	sock_info_fill(sock, &info);
	return conf_fill(out, &info, sizeof(info));
}

void
sock_tls_info_fill(const struct rtls_sock *sock, enum rtls_dir d, struct rtls_tls_info *out)
{
	const struct epochs *all = sock_epochs_of(sock, d);
	const struct session_epoch *e = all->now;

	memset(out, 0, sizeof(*out));
	out->order = sock->mode.dir[d].order;
	if (e == NULL)
		return;
	out->version = e->suite->version;
	out->cipher = e->suite->cipher;
	out->suite = e->suite->name;
	out->mode = mode_in_force(sock, d);
	out->wish = sock->mode.dir[d].wish;
	out->reason = e->core.reason;
	out->epoch = all->nb_keys;
	out->rec_no = d == RTLS_TX ? e->tx.rec_no : session_rx_rec_no(&sock->rx);
	out->provider = e->key->provider->name;
	out->port = stack_netif_of(sock, d)->port->name;
	out->paused = d == RTLS_RX && sock->rx.state == SESSION_RX_PAUSED;
}

int
rtls_tls_info(const struct rtls_sock *sock, enum rtls_dir d, struct rtls_tls_info *out)
{
	struct rtls_tls_info info;
	int rc = sock_check_handle(sock);

	if (rc != 0)
		return rc;
	if (d != RTLS_TX && d != RTLS_RX)
		return -EINVAL;
	sock_tls_info_fill(sock, d, &info);
	return conf_fill(out, &info, sizeof(info));
}
