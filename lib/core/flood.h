/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Records that cost and say nothing: how many of them a peer may send. Each is genuine, and each means
 * something by itself; a peer that sends them without end ends its connection (RFC 8446 6.2,
 * RFC 5246 7.2.2: unexpected_message).
 *
 * A row of them ends with the next data that is not empty. KeyUpdates are counted by time, as they may
 * come with data between.
 *
 * Pure: the clock is handed in.
 */
#ifndef RTLS_CORE_FLOOD_H
#define RTLS_CORE_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

enum {
	FLOOD_EMPTY_MAX = 32,     /* data records without data in a row */
	FLOOD_ALERTS_MAX = 4,     /* alerts in a row that end nothing */
	FLOOD_HANDSHAKE_MAX = 32, /* TLS 1.2: handshake records in a row */
	FLOOD_CHANGES_MAX =
		1, /* TLS 1.2: change_cipher_spec under one key: what follows has another */
	FLOOD_KEY_UPDATES =
		8, /* TLS 1.3: a second, where nobody says otherwise; and as many at once */
};

/* All zero: nothing has come yet. */
struct flood {
	uint64_t updates_until_us; /* when the bucket of KeyUpdates is empty again */
	uint8_t empty;
	uint8_t alerts;
	uint8_t handshake;
	uint8_t changes;
};

/*
 * Event: a record of that type with len bytes of content was opened. tls12: it has TLS 1.2 keys, under
 * which neither tickets nor new keys come. True: that was one too many.
 */
bool flood_record(struct flood *f, uint8_t type, uint32_t len, bool tls12);

/*
 * Event: a KeyUpdate, of which so many may come a second, per_s not 0. True: that was one too many. A
 * bucket holds per_s of them at first, and gets one more each per_s-th of a second.
 */
bool flood_key_update(struct flood *f, uint64_t now_us, uint32_t per_s);

#endif
