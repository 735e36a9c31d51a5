/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* /recordtls/sock/info */
#include "telemetry/sock.h"

#include <stdio.h>

#include <recordtls/names.h>

#include "sock/info.h"
#include "sock/stats.h"
#include "telemetry/answer.h"
#include "telemetry/params.h"

const char *
sock_phase_name(const struct rtls_sock *sock)
{
	switch ((enum sock_phase)sock->phase) {
	case SOCK_FREE:
		break;
	case SOCK_LISTEN:
		return "listen";
	case SOCK_BACKLOG:
		return "backlog";
	case SOCK_OWNED:
		return "open";
	case SOCK_ORPHAN:
		return "orphan";
	}
	return "free";
}

static const char *
tcp_state_name(enum tcp_state state)
{
	switch (state) {
	case TCP_SYN_SENT:
		return "syn_sent";
	case TCP_SYN_RECEIVED:
		return "syn_received";
	case TCP_ESTABLISHED:
		return "established";
	case TCP_FIN_WAIT_1:
		return "fin_wait_1";
	case TCP_FIN_WAIT_2:
		return "fin_wait_2";
	case TCP_CLOSE_WAIT:
		return "close_wait";
	case TCP_CLOSING:
		return "closing";
	case TCP_LAST_ACK:
		return "last_ack";
	case TCP_TIME_WAIT:
		return "time_wait";
	case TCP_CLOSED:
		return "closed";
	}
	return "unknown";
}

struct view {
	uint64_t id;
	bool found;
	bool listens;
	const char *phase;
	const char *tcp;
	uint32_t nb_backlog, max_backlog;
	struct rtls_sock_info info;
	struct rtls_sock_stats stats;
	struct rtls_tls_info tls[2]; /* by enum rtls_dir */
	char provider[2][RTE_CRYPTODEV_NAME_MAX_LEN];
	char tls_port[2][PORT_NAME_MAX];
	char port[PORT_NAME_MAX]; /* of what is sent */
};

static void
view_dir(struct view *v, const struct rtls_sock *sock, enum rtls_dir d)
{
	struct rtls_tls_info *tls = &v->tls[d];

	sock_tls_info_fill(sock, d, tls);
	/* A device's name goes with the stack. */
	snprintf(v->provider[d], sizeof(v->provider[d]), "%s",
		 tls->provider != NULL ? tls->provider : "");
	snprintf(v->tls_port[d], sizeof(v->tls_port[d]), "%s", tls->port != NULL ? tls->port : "");
	tls->provider = NULL;
	tls->port = NULL;
}

static bool
visit(struct rtls_stack *s, void *arg)
{
	struct view *v = arg;
	const struct rtls_sock *sock = sock_of_id(s, v->id);

	v->found = sock != NULL;
	if (sock == NULL)
		return false;
	v->listens = sock->phase == SOCK_LISTEN;
	v->phase = sock_phase_name(sock);
	if (v->listens) {
		v->nb_backlog = sock->nb_backlog;
		v->max_backlog = sock->max_backlog;
	}
	sock_info_fill(sock, &v->info);
	if (v->listens)
		return false;
	v->tcp = tcp_state_name((enum tcp_state)sock->tcp.state);
	sock_stats_fill(sock, &v->stats);
	view_dir(v, sock, RTLS_TX);
	view_dir(v, sock, RTLS_RX);
	snprintf(v->port, sizeof(v->port), "%s", s->netifs[sock->path.netif].port->name);
	return false;
}

struct field {
	const char *name;
	uint64_t value;
};

static void
put_fields(struct rte_tel_data *d, const struct field *f, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rte_tel_data_add_dict_uint(d, f[i].name, f[i].value);
}

static void
put_tcp(struct rte_tel_data *d, const struct view *v)
{
	const struct rtls_sock_info *in = &v->info;
	const struct field fields[] = {
		{ "mss", in->mss },
		{ "srtt_us", in->srtt_us },
		{ "rttvar_us", in->rttvar_us },
		{ "rto_us", in->rto_us },
		{ "rto_backoff", in->rto_backoff },
		{ "min_rtt_us", in->min_rtt_us },
		{ "rcv_rtt_us", in->rcv_rtt_us },
		{ "ato_us", in->ato_us },
		{ "pmtu", in->pmtu },
		{ "rcv_mss", in->rcv_mss },
		{ "adv_mss", in->adv_mss },
		{ "cwnd", in->cwnd },
		{ "ssthresh", in->ssthresh },
		{ "delivery_rate", in->delivery_rate },
		{ "rate_app_limited", in->rate_app_limited },
		{ "pacing_rate", in->pacing_rate },
		{ "in_flight", in->in_flight },
		{ "pipe", in->pipe },
		{ "sacked", in->sacked },
		{ "lost", in->lost },
		{ "retrans_in_flight", in->retrans_in_flight },
		{ "reordered", in->reordered },
		{ "reo_wnd_us", in->reo_wnd_us },
		{ "reord_seen", in->reord_seen },
		{ "dsack_dups", in->dsack_dups },
		{ "snd_wnd", in->snd_wnd },
		{ "rcv_wnd", in->rcv_wnd },
		{ "snd_queued", in->snd_queued },
		{ "snd_unsent", in->snd_unsent },
		{ "snd_room", in->snd_room },
		{ "rcv_queued", in->rcv_queued },
		{ "rcv_held", in->rcv_held },
		{ "sndbuf", in->sndbuf },
		{ "rcvbuf", in->rcvbuf },
		{ "snd_wscale", in->snd_wscale },
		{ "rcv_wscale", in->rcv_wscale },
		{ "timestamps", in->timestamps },
		{ "sack", in->sack },
		{ "bytes_acked", in->bytes_acked },
		{ "bytes_received", in->bytes_received },
		{ "bytes_sent", in->bytes_sent },
		{ "bytes_retrans", in->bytes_retrans },
		{ "segs_out", in->segs_out },
		{ "segs_in", in->segs_in },
		{ "rcv_ooo_segs", in->rcv_ooo_segs },
		{ "busy_us", in->busy_us },
		{ "rwnd_limited_us", in->rwnd_limited_us },
		{ "sndbuf_limited_us", in->sndbuf_limited_us },
		{ "tx_segments", v->stats.tx_segments },
		{ "rx_segments", v->stats.rx_segments },
		{ "tx_bytes", v->stats.tx_bytes },
		{ "rx_bytes", v->stats.rx_bytes },
		{ "retransmissions", v->stats.retransmissions },
		{ "timeouts", v->stats.timeouts },
	};

	put_fields(d, fields, RTE_DIM(fields));
}

/* What never happened has no age. */
static void
put_ages(struct rte_tel_data *d, const struct rtls_sock_info *in)
{
	const struct field ages[] = {
		{ "last_sent_us", in->last_sent_us },
		{ "last_received_us", in->last_received_us },
		{ "last_heard_us", in->last_heard_us },
	};

	for (size_t i = 0; i < RTE_DIM(ages); i++)
		if (ages[i].value != UINT64_MAX)
			rte_tel_data_add_dict_uint(d, ages[i].name, ages[i].value);
}

static void
put_end(struct rte_tel_data *d, const struct rtls_sock_info *in)
{
	answer_text(d, "eof", rtls_eof_name(in->eof));
	answer_text(d, "end_who", rtls_end_who_name(in->end_who));
	answer_text(d, "end_reason", rtls_end_reason_name(in->end_reason));
	answer_text(d, "soft_error", rtls_soft_error_name(in->soft_error));
	if (in->end_alert != 0)
		answer_text(d, "end_alert", rtls_alert_name(in->end_alert));
}

static void
put_records(struct rte_tel_data *d, const struct rtls_sock_stats *st, enum rtls_dir dir)
{
	const struct field tx[] = {
		{ "records", st->tx_records },
		{ "records_software", st->tx_records - st->tx_nic_records },
		{ "records_nic", st->tx_nic_records },
		{ "record_bytes", st->tx_record_bytes },
		{ "nic_bytes", st->tx_nic_bytes },
	};
	const struct field rx[] = {
		{ "records", st->rx_records },
		{ "records_software", st->rx_records - st->rx_nic_records - st->rx_mixed_records },
		{ "records_nic", st->rx_nic_records },
		{ "records_mixed", st->rx_mixed_records },
		{ "record_bytes", st->rx_record_bytes },
		{ "no_context_records", st->rx_no_context_records },
		{ "before_start_records", st->rx_before_start_records },
		{ "untouched_records", st->rx_untouched_records },
		{ "other_port_records", st->rx_other_port_records },
		{ "failed_records", st->rx_failed_records },
		{ "partial_records", st->rx_partial_records },
		{ "key_records", st->rx_key_records },
		{ "runs_records", st->rx_runs_records },
		{ "place_records", st->rx_place_records },
		{ "audited_records", st->rx_audited_records },
		{ "resync_asked", st->rx_resync_asked },
		{ "resync_answered", st->rx_resync_answered },
		{ "resync_cancelled", st->rx_resync_cancelled },
		{ "resync_told", st->rx_resync_told },
		{ "resync_refused", st->rx_resync_refused },
		{ "out_of_step_us", st->rx_out_of_step_us },
	};

	if (dir == RTLS_TX)
		put_fields(d, tx, RTE_DIM(tx));
	else
		put_fields(d, rx, RTE_DIM(rx));
}

static struct rte_tel_data *
direction(const struct view *v, enum rtls_dir dir)
{
	const struct rtls_tls_info *tls = &v->tls[dir];
	struct rte_tel_data *d = answer_dict();

	if (d == NULL)
		return NULL;
	answer_text(d, "mode", rtls_mode_name(tls->mode));
	answer_text(d, "reason", rtls_mode_reason_name(tls->reason));
	answer_text(d, "wish", rtls_mode_name(tls->wish));
	answer_text(d, "order", rtls_mode_order_name(tls->order));
	if (tls->suite != NULL) {
		answer_text(d, "version", rtls_version_name(tls->version));
		answer_text(d, "suite", tls->suite);
		answer_text(d, "provider", v->provider[dir]);
		answer_text(d, "port", v->tls_port[dir]);
	}
	rte_tel_data_add_dict_uint(d, "epoch", tls->epoch);
	rte_tel_data_add_dict_uint(d, "rec_no", tls->rec_no);
	if (dir == RTLS_RX)
		rte_tel_data_add_dict_uint(d, "paused", tls->paused);
	put_records(d, &v->stats, dir);
	return d;
}

static void
put_listener(struct rte_tel_data *d, const struct view *v)
{
	rte_tel_data_add_dict_uint(d, "backlog", v->nb_backlog);
	rte_tel_data_add_dict_uint(d, "backlog_max", v->max_backlog);
	rte_tel_data_add_dict_uint(d, "sndbuf", v->info.sndbuf);
	rte_tel_data_add_dict_uint(d, "rcvbuf", v->info.rcvbuf);
}

static void
put_connection(struct rte_tel_data *d, const struct view *v)
{
	answer_addr(d, "remote", &v->info.remote);
	answer_text(d, "port", v->port);
	answer_text(d, "tcp", v->tcp);
	answer_text(d, "cc", v->info.cc);
	answer_text(d, "recovery", rtls_recovery_name(v->info.recovery));
	put_tcp(d, v);
	put_ages(d, &v->info);
	put_end(d, &v->info);
	answer_put(d, "tx", direction(v, RTLS_TX));
	answer_put(d, "rx", direction(v, RTLS_RX));
}

static int
info(const char *cmd, const char *text, struct rte_tel_data *d)
{
	static const struct params_want want = { .usage = "STACK,SOCK", .nb_pos = 2 };
	struct view v = { 0 };
	struct params p;
	uint32_t stack;
	int rc;

	(void)cmd;
	if (!params_read(&p, &want, text, d) || !params_stack(&p, &stack, d))
		return 0;
	if (!params_number(p.pos[1], SOCK_ID_MAX, &v.id))
		return answer_error(d, "'%.40s' is not a socket's number", p.pos[1]);
	rc = registry_visit(stack, visit, &v);
	if (rc != 0)
		return answer_unvisited(d, stack, rc);
	if (!v.found)
		return answer_error(d, "stack %u has no socket %.40s", stack, p.pos[1]);
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_uint(d, "stack", stack);
	rte_tel_data_add_dict_uint(d, "id", v.id);
	answer_text(d, "state", rtls_sock_state_name(v.info.state));
	answer_text(d, "phase", v.phase);
	answer_addr(d, "local", &v.info.local);
	if (v.listens)
		put_listener(d, &v);
	else
		put_connection(d, &v);
	return 0;
}

RTE_INIT(telemetry_sock)
{
	rte_telemetry_register_cmd("/recordtls/sock/info", info,
				   "All about a socket. Parameters: STACK,SOCK");
}
