/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The stack's side of bringing a receiving device back in step: of each header that the device asks
 * about, the number of its record, once TCP has taken it; and, unasked, where the next record begins,
 * when nothing of records is opened as what it is.
 *
 *   IDLE --request--> ASKED --its header, in order--> answer, IDLE
 *   IDLE --start--> STARTED --end, of a header in the log--> answer, IDLE
 *                      |
 *                      +--end, of a header still to come--> ASKED
 *                      +--more headers than are kept--> FULL --end--> cancelled, IDLE
 *
 * doc/resync.md has the table, which is the test. Pure: no clock, no packet.
 */
#ifndef RTLS_CORE_RESYNC_H
#define RTLS_CORE_RESYNC_H

#include <stdbool.h>
#include <stdint.h>

enum {
	RESYNC_LOG_MAX = 13,        /* headers that are kept between start and end */
	RESYNC_SINCE_MAX = 65535,   /* headers that may be parsed there, kept or not */
	RESYNC_HINT_FIRST = 2,      /* untouched records in a row before the first hint */
	RESYNC_HINT_INTERVAL = 128, /* and between two, in the end */
};

enum resync_state {
	RESYNC_IDLE,
	RESYNC_STARTED, /* it will ask about a header of a range: those are kept */
	RESYNC_FULL,    /* STARTED, and more came than are kept: what it asks gets no answer */
	RESYNC_ASKED,   /* about a header that is still to be parsed */
};

enum resync_event_type {
	RESYNC_REQUEST,   /* the packet with the header at seq asks about it */
	RESYNC_START,     /* a header in [seq, seq + len) will be asked about */
	RESYNC_END,       /* it is the one at seq */
	RESYNC_CANCEL,    /* it is none */
	RESYNC_HEADER,    /* parsed in what TCP took: record rec_no begins at seq; each, in order */
	RESYNC_UNTOUCHED, /* a record was judged: nothing of it was opened as what it is */
	RESYNC_TOUCHED,   /* some of it was, by number and start */
	RESYNC_QUIET,     /* nothing is held; record rec_no begins at seq, and has not arrived */
	RESYNC_FORGET,    /* the context has gone, and with it what it asked */
};

struct resync_event {
	enum resync_event_type type;
	uint32_t seq;    /* TCP's, of the first header byte */
	uint32_t len;    /* START */
	uint64_t rec_no; /* HEADER, QUIET: under the key in force */
};

/* What decides in a state between two outcomes of one event. */
enum resync_case {
	RESYNC_ALWAYS,   /* nothing does */
	RESYNC_MATCH,    /* HEADER: it is the one asked about */
	RESYNC_BEFORE,   /* HEADER: in front of it, or of the range */
	RESYNC_PASSED,   /* HEADER, END: the stream is past the place, and no header was there */
	RESYNC_IN_RANGE, /* HEADER: is kept */
	RESYNC_BEYOND,   /* HEADER: behind the range */
	RESYNC_OVERFLOW, /* HEADER: one too many */
	RESYNC_LOGGED,   /* END: is in the log */
	RESYNC_AHEAD,    /* END: the stream has not come so far */
	RESYNC_DUE,      /* QUIET: as many untouched records came as the next hint waits for */
	RESYNC_NOT_DUE,
};

enum resync_what {
	RESYNC_NOTHING,
	RESYNC_ANSWER,       /* tell the device that rec_no begins at seq: it asked */
	RESYNC_HINT,         /* tell it the same unasked */
	RESYNC_HINT_INSTEAD, /* the same, and what it asked is over without an answer */
	RESYNC_CANCELLED,    /* what it asked is over without an answer */
	RESYNC_REPLACED,     /* the same, by what it asks now */
	RESYNC_REFUSED,      /* it broke the rules: nothing changes */
};

struct resync_action {
	enum resync_what what;
	uint32_t seq;
	uint64_t rec_no;
};

/* All zero is not a beginning: resync_init(). */
struct resync {
	uint8_t state;      /* enum resync_state */
	uint8_t logged;     /* headers in log */
	uint16_t since;     /* headers parsed since START, from its range on */
	uint32_t seq;       /* STARTED, FULL: the range's first; ASKED: what was asked about */
	uint32_t len;       /* STARTED: of the range */
	uint32_t last;      /* STARTED: the last of those headers */
	uint64_t first_no;  /* the number of log[0]; the next ones follow it */
	uint64_t untouched; /* records in a row */
	uint64_t hint_at;   /* so many are the next hint's turn */
	uint32_t log[RESYNC_LOG_MAX];
};

void resync_init(struct resync *r);

/* ANSWER and HINT are true of the stream that TCP took, whatever the device asked. */
struct resync_action resync_step(struct resync *r, const struct resync_event *ev);

/* Is it worth waiting for a quiet moment? */
bool resync_due(const struct resync *r);

/* The table; its rows are what resync_step() does. */
struct resync_row {
	uint8_t state;
	uint8_t event;
	uint8_t on; /* enum resync_case */
	uint8_t next;
	uint8_t what;
};

enum resync_case resync_case(const struct resync *r, const struct resync_event *ev);

/* NULL: the case cannot be. */
const struct resync_row *resync_row(enum resync_state state, enum resync_event_type event,
				    enum resync_case on);

#endif
