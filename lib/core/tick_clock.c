/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/tick_clock.h"

enum {
	MEASURE_US = 10000, /* the least time in which a tick's length is measured */
	BASE_US = 1000000,  /* then from another reading on, as clocks drift */
	OTHER_SPEED = 8,    /* by one part of so many: it is another clock, or was set */
	GAP_US = 10 * BASE_US,
};

static void
begin(struct tick_clock *c, uint64_t now_us, uint64_t ticks)
{
	*c = (struct tick_clock){
		.us = now_us, .ticks = ticks, .base_us = now_us, .base_ticks = ticks
	};
}

/* 32 bits behind the point; us <= GAP_US. */
static uint64_t
ratio(uint64_t ticks, uint64_t us)
{
	return (ticks / us) << 32 | ((ticks % us) << 32) / us;
}

static bool
is_other(uint64_t before, uint64_t now)
{
	uint64_t diff = now > before ? now - before : before - now;

	return before != 0 && diff > before / OTHER_SPEED;
}

void
tick_clock_read(struct tick_clock *c, uint64_t now_us, uint64_t ticks)
{
	uint64_t us = now_us - c->base_us, per_us;

	if (c->base_us == 0 || now_us <= c->us || ticks <= c->ticks || us > GAP_US ||
	    (ticks - c->base_ticks) / us > UINT16_MAX) {
		begin(c, now_us, ticks);
		return;
	}
	c->us = now_us;
	c->ticks = ticks;
	if (us < MEASURE_US)
		return;
	per_us = ratio(ticks - c->base_ticks, us);
	if (is_other(c->per_us, per_us)) {
		begin(c, now_us, ticks);
		return;
	}
	c->per_us = per_us;
	if (us >= BASE_US) {
		c->base_us = now_us;
		c->base_ticks = ticks;
	}
}

void
tick_clock_lost(struct tick_clock *c, uint64_t now_us)
{
	*c = (struct tick_clock){ .us = now_us };
}
