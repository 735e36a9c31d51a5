/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A script: what comes in, what is called, and what must go out at which time. README.md says how one is
 * written.
 */
#ifndef RTLS_SCRIPTS_SCRIPT_H
#define RTLS_SCRIPTS_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scripts/packet.h"

enum {
	SCRIPT_NAME_MAX = 64,
	SCRIPT_CASES_MAX = 64,
	SCRIPT_ERROR_MAX = 512,
	SCRIPT_BYTES_MAX = 1 << 20, /* of one call */
	SCRIPT_HALF_OPEN_MAX = 8,
};

/* What a script is played on; bits. */
enum script_on {
	SCRIPT_PURE = 1 << 0,
	SCRIPT_STACK = 1 << 1,
};

enum script_call {
	SCRIPT_LISTEN,
	SCRIPT_CONNECT,
	SCRIPT_ACCEPT,
	SCRIPT_SEND,
	SCRIPT_READ,
	SCRIPT_SHUTDOWN,
	SCRIPT_CLOSE,
	SCRIPT_ABORT,
};

/* RFC 9293 3.3.2. */
enum script_state {
	SCRIPT_CLOSED,
	SCRIPT_LISTENS,
	SCRIPT_SYN_SENT,
	SCRIPT_SYN_RECEIVED,
	SCRIPT_ESTABLISHED,
	SCRIPT_FIN_WAIT_1,
	SCRIPT_FIN_WAIT_2,
	SCRIPT_CLOSE_WAIT,
	SCRIPT_CLOSING,
	SCRIPT_LAST_ACK,
	SCRIPT_TIME_WAIT,
	SCRIPT_STATES,
};

/* What ICMP says, RFC 5461. */
enum script_icmp {
	SCRIPT_ICMP_HOST, /* unreachable: soft */
	SCRIPT_ICMP_PORT, /* unreachable: hard */
	SCRIPT_ICMP_TOO_BIG,
};

enum script_kind {
	SCRIPT_IN,  /* packet arrives */
	SCRIPT_OUT, /* packet must be sent */
	SCRIPT_ICMP,
	SCRIPT_CALL,
	SCRIPT_STATE, /* must be in this state */
	SCRIPT_QUIET, /* nothing is sent until then */
	SCRIPT_RATE,  /* the path delivers so much, bytes per second */
};

struct script_event {
	enum script_kind kind;
	uint32_t line;
	uint64_t after_us; /* the event before it; SCRIPT_OUT: at least */
	uint64_t until_us; /* SCRIPT_OUT: at most */
	uint32_t times;    /* packets in a row, one behind the other in sequence; at least 1 */
	struct packet packet;
	enum script_icmp icmp; /* quotes packet.seq */
	uint16_t mtu;          /* SCRIPT_ICMP_TOO_BIG */
	enum script_call call;
	uint32_t arg;
	int64_t result;
	enum script_state state;
};

/* Congestion control. */
enum script_cc {
	SCRIPT_CC_CUBIC,
	SCRIPT_CC_NEWRENO,
};

/* What is set before it begins. */
struct script_conf {
	uint32_t on;   /* enum script_on */
	uint32_t mss;  /* that we offer */
	uint32_t room; /* bytes that the receiver takes and nobody reads */
	uint32_t iss;  /* ours, of pure TCP alone */
	uint32_t irs;  /* the peer's */
	uint32_t rto_min_us;
	uint32_t time_wait_us;
	uint32_t user_timeout_us;
	uint32_t keep_idle_us;
	uint32_t max_seg;
	uint32_t cut; /* the port cuts packets with so much payload; 0: none */
	enum script_cc cc;
	bool pacing;        /* congestion control's */
	bool grows;         /* room is what the stack makes of it, there alone */
	uint32_t max_rate;  /* RTLS_OPT_MAX_PACING_RATE; 0: none */
	uint32_t half_open; /* connections that there is room for; behind them cookies are sent */
	uint32_t flight_spans; /* of the largest flight that is lent, pure TCP alone; 0: none is */
};

/* A case is played behind the events in front of the first case, from the beginning. */
struct script_case {
	char name[SCRIPT_NAME_MAX];
	uint32_t line;
	uint32_t first;
	uint32_t n;
};

struct script {
	const char *file;
	struct script_conf conf;
	struct script_event *events;
	uint32_t nb_events;
	uint32_t nb_common; /* in front of the first case */
	struct script_case cases[SCRIPT_CASES_MAX];
	uint32_t nb_cases; /* at least 1: one without a name where there are none */
};

/* The words of the language for these, by their value. */
extern const char *const script_call_words[SCRIPT_ABORT + 1];
extern const char *const script_state_words[SCRIPT_STATES];

/*
 * Reads a text; file is its name, borrowed. 0, or -EINVAL: error is a sentence with file and line, and
 * nothing is to be freed.
 */
int script_parse(const char *file, const char *text, struct script *out,
		 char error[SCRIPT_ERROR_MAX]);

/* The same of a file. */
int script_load(const char *file, struct script *out, char error[SCRIPT_ERROR_MAX]);

void script_free(struct script *s);

#endif
