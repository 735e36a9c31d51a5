/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <string.h>

#include <recordtls/stats.h>

#include "core/conf.h"
#include "session/rx_resync.h"
#include "sock/check.h"
#include "sock/stats.h"
#include "stack/state.h"
#include "stack/tallies.h"

static uint64_t
counter(const struct rtls_stack *s, enum counter c)
{
	if (c >= CNT_RX_RECORDS_NO_CONTEXT && c <= CNT_RX_RECORDS_PLACE)
		return s->session.rx_device_total
			.found[RX_FOUND_NO_CONTEXT + (c - CNT_RX_RECORDS_NO_CONTEXT)];
	switch ((int)c) {
	case CNT_TX_RECORDS:
		return s->session.tx_total.records;
	case CNT_TX_RECORDS_NIC:
		return s->session.tx_total.device_records;
	case CNT_RX_RECORDS:
		return s->session.rx_total.records;
	case CNT_RX_RECORDS_NIC:
		return s->session.rx_total.device_records;
	case CNT_RX_RECORDS_MIXED:
		return s->session.rx_total.mixed_records;
	case CNT_RX_PUT_BACK:
		return s->session.rx_total.put_back;
	case CNT_RX_AUDITED:
		return s->session.rx_device_total.found[RX_FOUND_AUDITED] +
		       s->session.rx_device_total.audits_failed;
	case CNT_RX_AUDIT_FAILED:
		return s->session.rx_device_total.audits_failed;
	case CNT_TLS_RX_DEVICE_RESYNC:
		return s->session.rx_device_total.resync.told;
	case CNT_RX_RESYNC_ASKED:
		return s->session.rx_device_total.resync.asked;
	case CNT_RX_RESYNC_ANSWERED:
		return s->session.rx_device_total.resync.answered;
	case CNT_RX_RESYNC_CANCELLED:
		return s->session.rx_device_total.resync.cancelled;
	case CNT_RX_RESYNC_TOLD:
		return s->session.rx_device_total.resync.hints;
	case CNT_RX_RESYNC_REFUSED:
		return s->session.rx_device_total.resync.refused;
	case CNT_RX_RESYNC_WRONG:
		return s->session.rx_device_total.resync.wrong;
	case CNT_RX_OUT_OF_STEP_US:
		return s->session.rx_device_total.resync.out_us;
	case CNT_RX_BYTES_RECORDS:
		return s->session.rx_total.wire_bytes;
	case CNT_RX_BYTES_OPENED:
		return s->session.rx_total.device_bytes;
	case CNT_CRYPTO_FALLBACK_SUITE:
		return s->crypto.fallback.keys[FALLBACK_SUITE];
	case CNT_CRYPTO_FALLBACK_NO_ROOM:
		return s->crypto.fallback.keys[FALLBACK_NO_ROOM];
	default:
		return s->counters[c];
	}
}

static uint64_t
level(const struct rtls_stack *s, enum level l)
{
	switch (l) {
	case LEVEL_MBUFS:
		return buf_pools_in_use(&s->pools);
	case LEVEL_SOCKS:
		return s->socks_in_use;
	case LEVEL_SESSIONS:
		return s->counters[CNT_TLS_CURR_TX_SW] + s->counters[CNT_TLS_CURR_RX_SW] +
		       s->counters[CNT_TLS_CURR_TX_DEVICE] + s->counters[CNT_TLS_CURR_RX_DEVICE];
	case LEVEL_TIMERS:
		return s->wheel.nb_armed;
	case LEVEL_FLOWS:
		return s->flows->count;
	case LEVEL_SYN:
		return tcp_syncache_count(s->syncache);
	case LEVEL_TIME_WAIT:
		return tcp_timewait_count(s->timewait);
	case LEVEL_RX_ROOM:
		return s->rx_room_used;
	case LEVEL_FLIGHTS:
		return flight_pools_in_use(&s->flights);
	case LEVEL_END:
		break;
	}
	return 0;
}

/* What is asked for: of the stack, or of a port. */
struct source {
	const struct rtls_stat_desc *desc;
	unsigned int n;
	const struct rtls_stack *stack;
	const struct rtls_port *port; /* NULL: of the stack */
};

static int
find_source(const struct rtls_stack *s, const struct rtls_port *p, struct source *out)
{
	const struct netif *nif;

	if (s == NULL)
		return -EINVAL;
	*out = (struct source){ counters_desc, LEVEL_END, s, p };
	if (p == NULL)
		return 0;
	for (nif = s->netifs; nif < s->netifs + s->nb_netifs; nif++) {
		if (nif->port == p) {
			out->desc = p->stats;
			out->n = p->nb_stats;
			return 0;
		}
	}
	return -EINVAL;
}

static uint64_t
read_stat(const struct source *from, unsigned int i)
{
	if (from->port != NULL)
		return from->port->stat(from->port, i);
	return i < CNT_MAX ? counter(from->stack, i) : level(from->stack, i);
}

int
rtls_stats_get(const struct rtls_stack *s, const struct rtls_port *p, uint64_t *values,
	       unsigned int n)
{
	struct source from;
	unsigned int i;
	int rc = find_source(s, p, &from);

	if (rc < 0)
		return rc;
	for (i = 0; values != NULL && n >= from.n && i < from.n; i++)
		values[i] = read_stat(&from, i);
	return (int)from.n;
}

int
rtls_stat_get(const struct rtls_stack *s, const struct rtls_port *p, const char *name,
	      uint64_t *value)
{
	struct source from;
	unsigned int i;
	int rc = find_source(s, p, &from);

	if (rc < 0 || name == NULL || value == NULL)
		return -EINVAL;
	for (i = 0; i < from.n; i++) {
		if (strcmp(from.desc[i].name, name) == 0) {
			*value = read_stat(&from, i);
			return 0;
		}
	}
	return -ENOENT;
}

int
rtls_stats_describe(const struct rtls_stack *s, const struct rtls_port *p,
		    struct rtls_stat_desc *tab, unsigned int n)
{
	struct source from = { .desc = counters_desc, .n = LEVEL_END };
	int rc = s == NULL && p == NULL ? 0 : find_source(s, p, &from);

	if (rc < 0)
		return rc;
	if (tab != NULL && n >= from.n && from.n != 0)
		memcpy(tab, from.desc, from.n * sizeof(*tab));
	return (int)from.n;
}

static_assert(CNT_RX_RECORDS_PLACE - CNT_RX_RECORDS_NO_CONTEXT + 1 ==
		      RX_FOUND_OPENED - RX_FOUND_NO_CONTEXT,
	      "a counter for each reason");

static void
fill_resync(const struct rx_tls *tls, struct rtls_sock_stats *out)
{
	static const struct rx_device_count none;
	const struct rx_device_count *count = tls->device == NULL ? &none : &tls->device->count;
	const struct rx_resync_count *c = &count->resync;
	const uint64_t *found = count->found;

	/* Of most directions all of them: they have no device that would count. */
	out->rx_no_context_records = tls->count.records;
	for (int i = 0; i < RX_FOUNDS; i++)
		if (i != RX_FOUND_NO_CONTEXT)
			out->rx_no_context_records -= found[i];
	out->rx_before_start_records = found[RX_FOUND_BEFORE_START];
	out->rx_untouched_records = found[RX_FOUND_UNTOUCHED];
	out->rx_other_port_records = found[RX_FOUND_OTHER_PORT];
	out->rx_failed_records = found[RX_FOUND_MIXED + MARK_WHY_FAILED];
	out->rx_partial_records = found[RX_FOUND_MIXED + MARK_WHY_PARTIAL];
	out->rx_key_records = found[RX_FOUND_MIXED + MARK_WHY_KEY];
	out->rx_runs_records = found[RX_FOUND_MIXED + MARK_WHY_RUNS];
	out->rx_place_records = found[RX_FOUND_MIXED + MARK_WHY_PLACE];
	out->rx_audited_records = found[RX_FOUND_AUDITED];
	out->rx_resync_asked = c->asked;
	out->rx_resync_answered = c->answered;
	out->rx_resync_cancelled = c->cancelled;
	out->rx_resync_told = c->hints;
	out->rx_resync_refused = c->refused;
	out->rx_out_of_step_us = rx_resync_out_us(tls);
}

uint64_t
sock_bytes_sent(const struct rtls_sock *sock)
{
	/* Without the FIN, which counts as a byte there. */
	return RTE_MIN(sock->tcp.snd_max, sock->tcp.snd_end) + sock_tally(sock)->again_bytes;
}

void
sock_stats_fill(const struct rtls_sock *sock, struct rtls_sock_stats *out)
{
	*out = (struct rtls_sock_stats){
		.size = sizeof(*out),
		.tx_segments = sock->count.tx_segments,
		.rx_segments = sock->count.rx_segments,
		.tx_bytes = sock_bytes_sent(sock),
		.rx_bytes = sock->count.rx_bytes,
		.retransmissions = sock_tally(sock)->retransmissions,
		.timeouts = sock_tally(sock)->timeouts,
	};
	if (sock_has_keys(sock, RTLS_TX)) {
		out->tx_records = sock->tx.tls->count.records;
		out->tx_record_bytes = sock->tx.tls->count.record_bytes;
		out->tx_nic_records = sock->tx.tls->count.device_records;
		out->tx_nic_bytes = sock->tx.tls->nic_bytes;
	}
	if (sock_has_keys(sock, RTLS_RX)) {
		out->rx_records = sock->rx.tls->count.records;
		out->rx_record_bytes = sock->rx.tls->count.record_bytes;
		out->rx_nic_records = sock->rx.tls->count.device_records;
		out->rx_mixed_records = sock->rx.tls->count.mixed_records;
		fill_resync(sock->rx.tls, out);
	}
}

int
rtls_sock_stats(const struct rtls_sock *sock, struct rtls_sock_stats *out)
{
	struct rtls_sock_stats stats;
	int rc = sock_check_handle(sock);

	if (rc != 0)
		return rc;
	sock_stats_fill(sock, &stats);
	return conf_fill(out, &stats, sizeof(stats));
}
