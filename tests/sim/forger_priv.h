/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the parts of the forger share. */
#ifndef RTLS_SIM_FORGER_PRIV_H
#define RTLS_SIM_FORGER_PRIV_H

#include "sim/forger.h"
#include "support/forge.h"
#include "support/harness.h"

enum {
	FORGER_HEADER = SUITE_HDR_LEN,
	FORGER_FRONT_MAX = FORGER_HEADER + 8,
	FORGER_TAG = 16,
	FORGER_BODY_MAX = 16384 + 256,
	FORGER_PIECE = 400,  /* bytes of a segment of his: fits any MTU */
	FORGER_PLACE = 4000, /* bytes of a record that he claims */
};

/* What is wrong with a segment: TCP refuses it for that. */
enum fault {
	WRONG_ACK,
	OLD_TIMESTAMP,
	NO_ACK,
	WITH_SYN,
	RST_NEARBY,
	BAD_SUM,
	BAD_IP_SUM,
	OLD_DATA,
	FAR_AHEAD,
	FAULTS,
	FAULTLESS,
};

struct scene;

/* A strike, or a step of one. False: what it needs is not there. */
typedef bool forger_step_fn(const struct scene *s);

/* What goes from one end to the other. */
struct lane {
	uint8_t genuine[FORGE_FRAME_MAX]; /* the newest segment */
	uint32_t ack;                     /* in it */
	uint8_t old[FORGE_FRAME_MAX];     /* an older one with data */
	uint32_t old_len;
	bool joins; /* what is at join_off and behind waits for more */
	uint64_t join_off;
	bool holds;
	uint64_t held_us; /* since then */
	uint32_t strikes; /* so many are left */
	uint64_t passed;  /* stream bytes that went by */
	uint64_t acked;   /* of these, as the receiver told */
	uint64_t edge;    /* of the receiver's window */
	int wscale;       /* that the sender told, of its own windows */
	/* A strike that goes on, when all up to until went by and was acknowledged; NULL: none does. */
	forger_step_fn *next;
	uint64_t until;
	bool deafens;     /* up to there the device is not to hear what it is told */
	uint32_t row;     /* of that strike */
	uint64_t from;    /* where it took the device's place */
	int32_t miscount; /* what the device counts more than there is */
	uint32_t count;   /* records that it counted */
	uint32_t inside; /* bytes of a record of his in front of a genuine one, behind the header */
	uint64_t flood_us[FORGER_FLOODS]; /* the next one is due; 0: nothing went by yet */
	uint64_t seen_records; /* of the stream, those that end in front of what goes by */
	uint64_t seen_off;     /* where these end */
	/* In headers of his, where the suite has one: a genuine one, so that he knows the key stream. */
	uint8_t explicit_nonce[SUITE_NONCE_LEN];
};

struct forger {
	struct forger_conf conf;
	uint64_t rng;
	const struct sealer *sealer;
	const struct suite *suite;
	struct cable *cable; /* during a call */
	struct lane lanes[2];
	struct forger_stats stats;
};

static inline uint32_t
forger_below(struct forger *f, uint32_t n)
{
	return harness_below(&f->rng, n);
}

static inline bool
forger_chance(struct forger *f, uint32_t pct)
{
	return pct != 0 && forger_below(f, 100) < pct;
}

/* Bytes in front of a record's content: header and explicit nonce. */
static inline uint32_t
forger_front(const struct forger *f)
{
	return suite_front(f->suite);
}

/* Of a record beyond its content. */
static inline uint32_t
forger_over(const struct forger *f)
{
	return suite_over(f->suite);
}

/* What stands in front of the content of a record of his with so many bytes behind its header. */
void forger_make_front(const struct forger *f, int dir, uint32_t body_len, uint8_t *out);

/* A segment of his at a stream offset. */
void forger_sends(struct forger *f, int dir, enum fault fault, uint64_t off, const void *payload,
		  uint32_t len);

/* The header of a record that ends at end. */
void forger_sends_header(struct forger *f, int dir, enum fault fault, uint64_t off, uint64_t end);

/* Genuine bytes, from their place or from another one. */
void forger_sends_bytes(struct forger *f, int dir, enum fault fault, uint64_t off, uint64_t from,
			uint64_t len);

/* Some segment near to what is expected; TCP refuses it, or not. */
void forger_makes_noise(struct forger *f, int dir);

/* Data up to end is about to go by: what is due by now goes in front of its last bytes. */
void forger_floods(struct forger *f, int dir, uint64_t off, uint64_t end, uint64_t now_us);

/* False: too little is held back, or the receiver is not where it should be. */
bool forger_strikes(struct forger *f, int dir);

/* One of those that are over at once. */
bool forger_strikes_once(const struct scene *s, bool ends);

/* Strikes of several steps. */
forger_step_fn forger_leads_astray, forger_recounts, forger_recounts_evil, forger_injects_behind,
	forger_has_it_told, forger_has_it_told_evil;

#endif
