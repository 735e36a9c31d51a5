/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Is a segment that was sent the one that a script expects? */
#ifndef RTLS_SCRIPTS_MATCH_H
#define RTLS_SCRIPTS_MATCH_H

#include <stdbool.h>

#include "scripts/packet.h"

enum { MATCH_TEXT_MAX = 160 };

/* What relative numbers are relative to. */
struct match_base {
	uint32_t irs;
	uint32_t iss; /* of the first SYN that was sent; 0 before */
	uint32_t top; /* behind the last number that was sent */
	uint32_t ts;  /* the first timestamp that was sent */
	bool has_iss;
	bool has_ts;
};

/* Event: a segment was sent; its numbers are absolute. */
void match_learn(struct match_base *b, const struct packet *sent);

/* Event: a segment was as expected; its numbers are absolute. */
void match_passed(struct match_base *b, const struct packet *sent);

/* Event: it is the first SYN of another connection. False: its number is not beyond all that was sent. */
bool match_reborn(struct match_base *b, const struct packet *sent);

/* Of a segment that was sent: as a script says it. */
void match_relative(const struct match_base *b, struct packet *sent);

/* Of one that comes in: as on the wire. */
void match_absolute(const struct match_base *b, struct packet *in);

/* False: why says which number is not as wanted. late_us: a timestamp may be later by as much. */
bool match(const struct packet *want, const struct packet *sent, uint32_t late_us,
	   char why[MATCH_TEXT_MAX]);

#endif
