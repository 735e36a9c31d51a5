/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A clock that counts in ticks of its own, as a port's does, told in our microseconds. How long a tick
 * is nobody says, so both clocks are read now and then.
 */
#ifndef RTLS_CORE_TICK_CLOCK_H
#define RTLS_CORE_TICK_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* All zero: never read. */
struct tick_clock {
	uint64_t us; /* of both, at the last reading, or the last attempt at one */
	uint64_t ticks;
	uint64_t
		base_us; /* and at the one from which on the length of a tick is measured; 0: none */
	uint64_t base_ticks;
	uint64_t
		per_us; /* ticks in a microsecond, 32 bits of them behind the point; 0: not known */
};

/* Is the last reading so long ago? */
static inline bool
tick_clock_is_old(const struct tick_clock *c, uint64_t now_us, uint32_t age_us)
{
	return now_us - c->us >= age_us;
}

/*
 * Event: now_us is `ticks`. One that stands still, goes back, or runs at another speed than before is not
 * known any more, until it has been measured again.
 */
void tick_clock_read(struct tick_clock *c, uint64_t now_us, uint64_t ticks);

/* Event: at now_us it could not be read. */
void tick_clock_lost(struct tick_clock *c, uint64_t now_us);

static inline bool
tick_clock_is_known(const struct tick_clock *c)
{
	return c->per_us != 0;
}

/* What it will say then; it is known, and at_us not much later than the last reading. */
static inline uint64_t
tick_clock_at(const struct tick_clock *c, uint64_t at_us)
{
	return at_us <= c->us ? c->ticks : c->ticks + (((at_us - c->us) * c->per_us) >> 32);
}

#endif
