/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The counters of a stack. TLS counters carry the kernel's names
 * (/proc/net/tls_stat), so that its users find what they know. What each one means is said
 * once, in counters.c, for programs too.
 */
#ifndef RTLS_STACK_COUNTERS_H
#define RTLS_STACK_COUNTERS_H

#include <stdint.h>

#include <recordtls/stats.h>
#include <recordtls/tls.h>

enum counter {
	/* packets */
	CNT_RX_PACKETS,
	CNT_TX_PACKETS,
	CNT_RX_MALFORMED,
	CNT_RX_BAD_CHECKSUM,
	CNT_RX_NOT_FOR_US,
	CNT_RX_FRAGMENTS,
	CNT_RX_SOURCE_ROUTED,
	CNT_RX_NO_CONNECTION,
	CNT_RX_URGENT,
	CNT_TX_NO_BUFFER,
	CNT_TX_ANSWERS_DROPPED,
	CNT_TX_REFUSED,
	CNT_TX_RECUT,
	CNT_TX_DROPPED,
	CNT_ARP_REQUESTS,
	CNT_ARP_REFUSED,
	CNT_ARP_FAILED,
	CNT_TX_NO_ROUTE,
	CNT_ECHO_REPLIES,
	CNT_PATH_MTU_LOWERED,
	CNT_SOFT_ERRORS,
	CNT_ANSWERS_LIMITED,
	/* TCP */
	CNT_RX_SEGMENTS,
	CNT_TX_SEGMENTS,
	CNT_RX_BAD_RESET,
	CNT_RX_BAD_SYN,
	CNT_RX_NO_TIMESTAMP,
	CNT_RX_OLD_TIMESTAMP,
	CNT_RX_OUT_OF_WINDOW,
	CNT_RX_BAD_ACK,
	CNT_RX_DUPLICATE,
	CNT_RX_TOO_MANY_GAPS,
	CNT_RX_UNKNOWN_MARK,
	CNT_RX_OTHER_PORT,
	CNT_RX_BYTES,
	CNT_TX_BYTES,
	CNT_TX_RETRANSMISSIONS,
	CNT_TX_NO_FLIGHT,
	CNT_TX_NO_LARGER_FLIGHT,
	CNT_TX_RESETS,
	CNT_SYN_DROPPED,
	CNT_SYN_COOKIES,
	CNT_SYN_COOKIES_OPENED,
	CNT_ACCEPTED,
	CNT_CONNECTED,
	CNT_CONN_TIMEOUTS,
	CNT_CONN_RESETS,
	CNT_HANDSHAKE_TIMEOUTS,
	CNT_REMOTE_LIMITED,
	CNT_MADE_ROOM,
	/* memory pressure */
	CNT_PRESSURE_HELD_DROPPED,
	CNT_PRESSURE_CONN_REFUSED,
	CNT_PRESSURE_CONN_ABORTED,
	CNT_PRESSURE_HOLDER_ENDED,
	CNT_PRESSURE_DATA_DROPPED,
	/* records */
	CNT_TX_RECORDS,
	CNT_TX_RECORDS_NIC,
	CNT_TX_RECORDS_FALLBACK,
	CNT_TX_RECORDS_OTHER_PORT,
	CNT_TX_DEVICE_REFUSED,
	CNT_RX_RECORDS,
	CNT_RX_RECORDS_NIC,
	CNT_RX_RECORDS_MIXED,
	/* Of those that were opened here, by enum rx_found from NO_CONTEXT on */
	CNT_RX_RECORDS_NO_CONTEXT,
	CNT_RX_RECORDS_BEFORE_START,
	CNT_RX_RECORDS_UNTOUCHED,
	CNT_RX_RECORDS_OTHER_PORT,
	CNT_RX_RECORDS_FAILED,
	CNT_RX_RECORDS_PARTIAL,
	CNT_RX_RECORDS_KEY,
	CNT_RX_RECORDS_RUNS,
	CNT_RX_RECORDS_PLACE,
	CNT_RX_PUT_BACK,
	CNT_RX_AUDITED,
	CNT_RX_AUDIT_FAILED,
	/* stream bytes behind the keys */
	CNT_TX_BYTES_SEALED,
	CNT_TX_BYTES_NIC,
	CNT_RX_BYTES_RECORDS,
	CNT_RX_BYTES_OPENED,
	/* packets that were not sent, as they would have been in clear */
	CNT_TX_DROP_NO_SYNC_DATA,
	CNT_TX_DROP_BYPASS_REQ,
	CNT_TLS_TX_SW,
	CNT_TLS_RX_SW,
	CNT_TLS_TX_DEVICE,
	CNT_TLS_RX_DEVICE,
	CNT_TLS_CURR_TX_SW,
	CNT_TLS_CURR_RX_SW,
	CNT_TLS_CURR_TX_DEVICE,
	CNT_TLS_CURR_RX_DEVICE,
	CNT_TLS_DECRYPT_ERROR,
	CNT_TLS_RX_DEVICE_WRONG,
	CNT_TLS_RX_FLOODS,
	CNT_TLS_TX_REKEY_OK,
	CNT_TLS_RX_REKEY_OK,
	CNT_TLS_TX_DEVICE_RESYNC,
	CNT_TLS_RX_DEVICE_RESYNC,
	/* What NICs that receive asked, and were told: session/rx_resync */
	CNT_RX_RESYNC_ASKED,
	CNT_RX_RESYNC_ANSWERED,
	CNT_RX_RESYNC_CANCELLED,
	CNT_RX_RESYNC_TOLD,
	CNT_RX_RESYNC_REFUSED,
	CNT_RX_RESYNC_WRONG,
	CNT_RX_OUT_OF_STEP_US,
	/* The handshake is done, and another library keeps the direction's records. */
	CNT_TLS_TX_NOT_HANDED_OVER,
	CNT_TLS_RX_NOT_HANDED_OVER,
	CNT_TLS_SWITCHED_OFF,
	/* Keys that the stack's crypto device did not take: libcrypto computes. */
	CNT_CRYPTO_FALLBACK_SUITE,
	CNT_CRYPTO_FALLBACK_NO_ROOM,
	/* Directions that stay in software, by enum rtls_mode_reason from ASKED on. */
	CNT_SOFTWARE_FIRST,
	CNT_SOFTWARE_LAST = CNT_SOFTWARE_FIRST + RTLS_MODE_REASON_MAX - 1 - RTLS_MODE_REASON_ASKED,
	CNT_MAX,
};

/* Behind the counters: what is in use now. */
enum level {
	LEVEL_MBUFS = CNT_MAX,
	LEVEL_SOCKS,
	LEVEL_SESSIONS,
	LEVEL_TIMERS,
	LEVEL_FLOWS,
	LEVEL_SYN,
	LEVEL_TIME_WAIT,
	LEVEL_RX_ROOM,
	LEVEL_FLIGHTS,
	LEVEL_END,
};

static inline enum counter
counter_of_reason(enum rtls_mode_reason why)
{
	return (enum counter)(CNT_SOFTWARE_FIRST + (int)why - (int)RTLS_MODE_REASON_ASKED);
}

/* What each is called and means, in the order of rtls_stats_get(). */
extern const struct rtls_stat_desc counters_desc[LEVEL_END];

static inline const char *
counter_name(enum counter c)
{
	return counters_desc[c].name;
}

#endif
