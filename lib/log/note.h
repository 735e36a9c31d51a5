/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * All that the library says in the log, one row each: log type, level, what happened and what to
 * do about it (note.c). doc/troubleshooting.md explains each, and a test provokes each.
 *
 * What a packet, a peer or a connection can cause is limited per stack and row: core/log_limit.h.
 * Rows of level DEBUG are a connection's life, for developers; no packet alone causes one, and
 * what a peer can repeat within a connection is limited as well.
 */
#ifndef RTLS_LOG_NOTE_H
#define RTLS_LOG_NOTE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>

#include "core/log_limit.h"

enum note {
	/* records and keys */
	NOTE_RECORD_BAD,
	NOTE_RECORD_CUT_OFF,
	NOTE_SEAL_FAILED,
	NOTE_HANDSHAKE_FAILED,
	NOTE_NOT_HANDED_OVER_TX,
	NOTE_NOT_HANDED_OVER_RX,
	NOTE_CRYPTO_CHOSEN,
	NOTE_CRYPTO_UNUSABLE,
	NOTE_CRYPTO_FALLBACK,
	/* devices with inline TLS */
	NOTE_CLEAR_TEXT_STOPPED,
	NOTE_DEVICE_DOWN,
	NOTE_DEVICE_UP,
	NOTE_DEVICE_FULL,
	NOTE_DEVICE_REFUSED,
	NOTE_DEVICE_LOST,
	NOTE_DEVICE_MISSED,
	NOTE_DEVICE_SKIPPED,
	NOTE_DEVICE_MARK,
	NOTE_DEVICE_WRONG,
	NOTE_TLSNIC_DROPPED,
	NOTE_TLSNIC_NO_FIELD,
	/* ports */
	NOTE_PORT_NEVER_TAKES,
	NOTE_PORT_CUTS_NOT,
	NOTE_PORT_NO_MARKS,
	NOTE_CAPTURE_ENDED,
	/* what the program itself brings about */
	NOTE_NO_ROUTE,
	/* packets and neighbours */
	NOTE_MALFORMED,
	NOTE_BAD_CHECKSUM,
	NOTE_FRAGMENT,
	NOTE_ANSWERS_LIMITED,
	NOTE_ADDRESS_TAKEN,
	NOTE_NEIGHBOUR_CLAIMED,
	NOTE_NEIGHBOUR_SILENT,
	NOTE_GATEWAY_SILENT,
	NOTE_PATH_MTU,
	NOTE_SOFT_ERROR,
	/* connections that are not taken in, or end */
	NOTE_SYN_COOKIES,
	NOTE_BACKLOG_FULL,
	NOTE_NO_SOCKET,
	NOTE_REMOTE_LIMIT,
	NOTE_MADE_ROOM,
	NOTE_HANDSHAKE_TIMEOUT,
	NOTE_TIMEOUT,
	NOTE_RESET,
	/* memory */
	NOTE_NO_BUFFER,
	NOTE_NO_HEADER,
	NOTE_NO_ROOM,
	NOTE_ROOM_REFUSED,
	NOTE_ROOM_ENDED,
	NOTE_HOLDER_ENDED,
	/* a connection's life */
	NOTE_OPENED,
	NOTE_KEYS,
	NOTE_KEYS_AGAIN,
	NOTE_MODE,
	NOTE_MODE_AGAIN,
	NOTE_ENDED,
	NOTE_MAX,
};

/* What was said when, by one stack. All zero is its start. */
struct notes {
	struct log_limit limit[NOTE_MAX];
	struct log_budget junk; /* of what anybody can cause and hurts nobody */
};

/* RTE_LOG_ERR and so on. */
uint32_t note_level(enum note n);

/* What happened, in the words of the table, and what to do. */
const char *note_text(enum note n);
const char *note_advice(enum note n);

/*
 * Event: it happened. True: somebody listens and it is time to say it; then note_say() follows
 * with *left_out. Else it costs nothing more.
 */
bool note_due(struct notes *ns, enum note n, uint64_t now_us, uint64_t *left_out);

/*
 * Writes "recordtls: WHO: what happened: DETAIL; what to do". who NULL: nobody; fmt NULL: no
 * detail. No secrets, and no bytes that a peer chose: addresses, numbers and words of ours.
 */
void note_say(enum note n, uint64_t left_out, const char *who, const char *fmt, va_list ap);

/* Event, of somebody without a clock: it is said once. */
void note_once(bool *said, enum note n, const char *who, const char *fmt, ...)
	__rte_format_printf(4, 5);

#endif
