/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <stdio.h>

#include <recordtls/stats.h>
#include <recordtls/version.h>

#include "stack/stack.h"

/* Levels, behind the counters: what is in use now. */
enum level {
	LEVEL_MBUFS,
	LEVEL_SOCKS,
	LEVEL_SESSIONS,
	LEVEL_TIMERS,
	LEVEL_FLOWS,
	LEVEL_SYN,
	LEVEL_TIME_WAIT,
	LEVEL_RX_ROOM,
	LEVEL_MAX,
};

static const char *const level_names[LEVEL_MAX] = {
	[LEVEL_MBUFS] = "MbufsInUse",        [LEVEL_SOCKS] = "SocksInUse",
	[LEVEL_SESSIONS] = "SessionsInUse",  [LEVEL_TIMERS] = "TimersInUse",
	[LEVEL_FLOWS] = "FlowsInUse",        [LEVEL_SYN] = "SynInUse",
	[LEVEL_TIME_WAIT] = "TimeWaitInUse", [LEVEL_RX_ROOM] = "RxRoomInUse",
};

static uint64_t
counter(const struct rtls_stack *s, enum counter c)
{
	switch ((int)c) {
	case CNT_TX_RECORDS:
		return s->tx_count.records;
	case CNT_TX_RECORDS_NIC:
		return s->tx_count.device_records;
	case CNT_RX_RECORDS:
		return s->rx_count.records;
	case CNT_RX_RECORDS_NIC:
		return s->rx_count.device_records;
	case CNT_RX_RECORDS_MIXED:
		return s->rx_count.mixed_records;
	case CNT_RX_BYTES_RECORDS:
		return s->rx_count.wire_bytes;
	case CNT_RX_BYTES_OPENED:
		return s->rx_count.device_bytes;
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
	case LEVEL_MAX:
		break;
	}
	return 0;
}

static int
port_stats(const struct rtls_stack *s, const struct rtls_port *p, struct rtls_stat *tab,
	   unsigned int n)
{
	const struct binding *b;

	for (b = s->bindings; b < s->bindings + s->nb_bindings; b++) {
		if (b->port == p)
			return p->stats_get == NULL ? 0 : p->stats_get(p, tab, n);
	}
	return -EINVAL;
}

int
rtls_stats_get(const struct rtls_stack *s, const struct rtls_port *p, struct rtls_stat *tab,
	       unsigned int n)
{
	unsigned int i;

	if (s == NULL)
		return -EINVAL;
	if (p != NULL)
		return port_stats(s, p, tab, n);
	if (tab == NULL || n < CNT_MAX + LEVEL_MAX)
		return CNT_MAX + LEVEL_MAX;
	for (i = 0; i < CNT_MAX; i++) {
		snprintf(tab[i].name, sizeof(tab[i].name), "%s", counter_name(i));
		tab[i].value = counter(s, i);
	}
	for (i = 0; i < LEVEL_MAX; i++) {
		snprintf(tab[CNT_MAX + i].name, sizeof(tab[i].name), "%s", level_names[i]);
		tab[CNT_MAX + i].value = level(s, i);
	}
	return CNT_MAX + LEVEL_MAX;
}

const char *
rtls_version(void)
{
	return RTLS_VERSION;
}
