/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a receiving direction has from its first keys on. It comes from a pool of the stack, so that a
 * connection without keys has none, and is wiped when it goes back.
 */
#ifndef RTLS_SESSION_RX_TLS_H
#define RTLS_SESSION_RX_TLS_H

#include <assert.h>
#include <sys/queue.h>

#include "core/flood.h"
#include "core/framer.h"
#include "core/mark_spans.h"
#include "core/resync.h"
#include "session/epoch.h"
#include "session/messages.h"
#include "session/rx_list.h"
#include "session/used_keys.h"

struct recvq;
struct rtls_sock;
struct session_shared;

/* What a device asked, and was told: session/rx_resync. */
struct rx_resync_count {
	uint64_t asked; /* answered, cancelled, or still open */
	uint64_t answered;
	uint64_t cancelled; /* also: what was decided and not told, or refused */
	uint64_t hints;     /* told unasked, or given another context */
	uint64_t told;      /* calls that said so to the device: answers, hints and refused ones */
	uint64_t refused;   /* of these, that it had an error for */
	uint64_t wrong;     /* against the contract: an end without a start */
	uint64_t out_us;    /* from an UNTOUCHED record to one that it opened */
};

/* What a device did to a record; why it was opened here. */
enum rx_found {
	RX_FOUND_NO_CONTEXT,   /* nothing: its key had none that was started */
	RX_FOUND_BEFORE_START, /* nothing: its context starts behind the record's first byte */
	RX_FOUND_UNTOUCHED,    /* nothing: it was out of step */
	RX_FOUND_OTHER_PORT,   /* nothing: it, or what lies behind it, came past the device */
	RX_FOUND_MIXED,        /* by enum mark_why */
	RX_FOUND_OPENED = RX_FOUND_MIXED + MARK_WHYS,
	RX_FOUND_AUDITED, /* opened by the device, put back since, and to be opened here: session/audit */
	RX_FOUNDS,
};

/* What nobody wrote is not verified plaintext. */
static_assert(RX_FOUND_OPENED != 0 && MARK_OPENED != 0, "zero is opened here");

/* Did a device open all of it, as what it is, by its own word? */
static inline bool
rx_found_is_device(enum rx_found found)
{
	return found == RX_FOUND_OPENED || found == RX_FOUND_AUDITED;
}

struct session_rx_count {
	uint64_t records;
	uint64_t record_bytes;   /* plaintext */
	uint64_t device_records; /* opened by the device as a whole, with the record's key */
	uint64_t mixed_records;  /* transformed by it in another way, or in part */
	uint64_t wire_bytes;     /* of all records */
	uint64_t device_bytes;   /* of device_records, on the wire */
	uint64_t put_back;       /* stretches of a record, each at one go */
};

/* What is counted of a direction that has a device only: a connection in software is to stay small. */
struct rx_device_count {
	uint64_t found[RX_FOUNDS]; /* records read since its first context */
	uint64_t audits_failed;    /* records that were not read for that */
	struct rx_resync_count resync;
};

/* A record that a device says it verified, and that is not the one that belongs there. */
struct rx_claim {
	uint64_t index;
	uint32_t rec_no; /* low bits of the device's number */
	uint32_t key_no; /* 0: there is none */
};

/* How the device finds its place again. */
struct rx_resync {
	struct resync core;
	struct resync_action tell; /* to the device; NOTHING: there is nothing to tell */
	uint64_t hint_at;          /* of core, before tell was decided */
	uint64_t start_off;        /* of the context */
	uint64_t out_since_us;
	uint64_t anew_index; /* of the first record with which another context may be asked for */
	uint32_t anew_apart; /* records between the last two; never fewer */
	uint32_t seq_0;      /* TCP's sequence of stream offset 0 */
	bool on;             /* the key in force has a context that was started */
	bool out;            /* of step, since then */
	bool over; /* nothing more is read under that key, and its context is still there */
};

/* What came past the device, by another port. */
struct rx_away {
	uint64_t end_off; /* behind the last byte that did */
	/* stack/mode_move: a window of time */
	uint64_t since_us;
	uint64_t bytes;        /* by netif in it; 0: there is none */
	uint64_t bytes_before; /* of the connection, when it began */
	uint8_t netif;
};

/* What a direction has, too, from its first context in a device on. */
struct rx_device {
	struct recvq *q;         /* where its bytes lie */
	struct mark_spans marks; /* what was done to them from the edge on */
	struct rx_claim claim;   /* the first one that is not read, or the last one */
	struct rx_resync resync;
	struct rx_away away;
	struct rx_device_count count;
};

struct rx_tls {
	struct framer framer; /* what is in order; the class of a record is an enum rx_found */
	const struct record_suite *suite; /* of all its keys */
	struct session_shared *shared;
	int error; /* FAILED: what every call returns. Else not 0: the head record is bad */
	struct rx_list list;
	struct messages messages;
	struct flood flood;
	struct session_rx_count count;
	uint64_t decrypt_errors;
	struct rx_device *device; /* NULL: none may open anything, and none did */
	struct epochs epochs;
	struct used_keys used;
	/* What lib/stack keeps with it. */
	uint64_t incomplete_since_us; /* when the record at the edge began to arrive */
	/* stack/rx_quiet: of its netif when the wait began */
	uint64_t quiet_since; /* rx_taken */
	uint64_t quiet_burst; /* rx_bursts, that one included; 0: any will do */
	TAILQ_ENTRY(rtls_sock) quiet_link;
};

/* May a record with a body of so many bytes be a KeyUpdate? Of one that is padded nobody can say. */
static inline bool
rx_tls_may_be_key_update(const struct rx_tls *tls, uint32_t body_len)
{
	return tls->suite->version == RTLS_TLS_1_3 &&
	       body_len <= RECORD_KEY_UPDATE_LEN + record_suffix_len(tls->suite);
}

#endif
