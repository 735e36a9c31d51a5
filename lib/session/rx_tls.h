/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a receiving direction has from its first keys on. It comes from a pool of the stack, so that a
 * connection without keys has none, and is wiped when it goes back.
 */
#ifndef RTLS_SESSION_RX_TLS_H
#define RTLS_SESSION_RX_TLS_H

#include <sys/queue.h>

#include "core/flood.h"
#include "core/framer.h"
#include "core/mark_spans.h"
#include "session/epoch.h"
#include "session/messages.h"
#include "session/rx_list.h"
#include "session/used_keys.h"

struct recvq;
struct rtls_sock;
struct session_shared;

struct session_rx_count {
	uint64_t records;
	uint64_t record_bytes;   /* plaintext */
	uint64_t device_records; /* opened by the device as a whole, with the record's key */
	uint64_t mixed_records;  /* transformed by it in another way, or in part */
	uint64_t wire_bytes;     /* of all records */
	uint64_t device_bytes;   /* of device_records, on the wire */
	uint64_t put_back;       /* stretches of a record, each at one go */
};

/* A record that a device says it verified, and that is not the one that belongs there. */
struct rx_claim {
	uint64_t index;
	uint32_t rec_no; /* low bits of the device's number */
	uint32_t key_no; /* 0: there is none */
};

/* What a direction has, too, from its first context in a device on. */
struct rx_device {
	struct recvq *q;         /* where its bytes lie */
	struct mark_spans marks; /* what was done to them from the edge on */
	struct rx_claim claim;   /* the first one that is not read, or the last one */
};

struct rx_tls {
	struct framer framer; /* what is in order; the class of a record is an enum mark_class */
	const struct record_suite *suite; /* of all its keys */
	struct session_shared *shared;
	int error; /* FAILED: what every call returns. Else not 0: the head record is bad */
	struct rx_list list;
	struct messages messages;
	struct flood flood;
	struct session_rx_count count;
	uint64_t decrypt_errors;
	struct epochs epochs;
	struct used_keys used;
	struct rx_device *device; /* NULL: none may open anything, and none did */
	/* What lib/stack keeps with it. */
	uint64_t incomplete_since_us; /* when the record at the edge began to arrive */
	uint64_t quiet_since;         /* stack/rx_quiet: netif->rx_taken when the wait began */
	TAILQ_ENTRY(rtls_sock) quiet_link;
};

#endif
