/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * How far a connection has come that nobody asked for: one that a listener took in. Until it
 * has shown that it is worth its place it has deadlines, and makes room for newcomers (RFC 4987
 * 3.5 says the same of half-open ones). One that we asked for has the handshake's deadline.
 */
#ifndef RTLS_TCP_ADMIT_H
#define RTLS_TCP_ADMIT_H

#include <stdbool.h>
#include <stdint.h>

enum admit_stage {
	ADMIT_NONE,       /* not a listener's, or it has its place */
	ADMIT_SILENT,     /* no byte came; whether it is to speak TLS is not known */
	ADMIT_TLS_SILENT, /* it is to speak TLS, and no byte came */
	ADMIT_TLS,        /* its handshake is under way */
	ADMIT_OURS,       /* the same of one that we opened: it makes room for nobody */
	ADMIT_LINGER, /* its owner closed it, all was delivered: only the peer's FIN is missing */
};

enum admit_event {
	ADMIT_OPENED,   /* a listener has it */
	ADMIT_HEARD,    /* its first byte came */
	ADMIT_GUARDED,  /* an adapter moves the bytes of its handshake */
	ADMIT_BEGUN,    /* the same of one that we opened */
	ADMIT_FINISHED, /* the handshake is done */
	ADMIT_LINGERS,
};

/* Of the newcomer's listener. UINT32_MAX: no such deadline. */
struct admit_conf {
	uint32_t first_byte_us; /* 0: ADMIT_FIRST_BYTE_US for TLS, none for others */
	uint32_t handshake_us;  /* 0: ADMIT_HANDSHAKE_US */
};

struct admit {
	struct admit_conf conf;
	uint64_t since_us; /* opened, or guarded */
	uint8_t stage;     /* enum admit_stage */
	bool passive;      /* a listener's: an active open has ADMIT_OURS and ADMIT_LINGER only */
};

enum {
	ADMIT_FIRST_BYTE_US = 10000000,
	ADMIT_HANDSHAKE_US = 30000000,
	ADMIT_GRACE_US = 1000000, /* so long has a peer time to speak or to close: an RTO or two */
};

/* The stage behind an event. */
enum admit_stage admit_step(enum admit_stage stage, enum admit_event event);

/* When its time is over; UINT64_MAX: it has no limit. */
uint64_t admit_deadline(const struct admit *a);

/*
 * Must somebody make room for a newcomer? A sixteenth of all places is kept free, for those that
 * come while the ended ones are still being cleared away. Nobody is ended for a place that is
 * not to be had before these are.
 */
bool admit_is_tight(uint32_t places, uint32_t in_use, uint32_t leaving);

#endif
