/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/cable_line.h"

#include <stdbool.h>

enum {
	NS_PER_US = 1000,
	NS_PER_S = 1000000000,
};

static void
forget_left(struct line *l, uint64_t now_ns)
{
	for (; l->cnt > 0 && l->ends_ns[l->head] <= now_ns; l->cnt--)
		l->head = (l->head + 1) % LINE_FRAMES_MAX;
}

static bool
is_full(const struct line *l, const struct line_limits *limits, uint64_t wait_ns)
{
	if (limits->queue_bytes != 0 &&
	    wait_ns * limits->bits_per_s / 8 / NS_PER_S > limits->queue_bytes)
		return true;
	return limits->queue_frames != 0 && l->cnt >= limits->queue_frames;
}

uint64_t
line_send(struct line *l, const struct line_limits *limits, uint32_t len, uint64_t now_us)
{
	uint64_t now_ns = now_us * NS_PER_US;
	uint64_t start_ns = now_ns > l->free_ns ? now_ns : l->free_ns;

	if (limits->bits_per_s == 0)
		return now_us;
	forget_left(l, now_ns);
	if (is_full(l, limits, start_ns - now_ns))
		return UINT64_MAX;
	l->free_ns = start_ns + (uint64_t)len * 8 * NS_PER_S / limits->bits_per_s;
	/* Without a limit in frames nobody asks how many they are. */
	if (l->cnt < LINE_FRAMES_MAX)
		l->ends_ns[(l->head + l->cnt++) % LINE_FRAMES_MAX] = l->free_ns;
	return l->free_ns / NS_PER_US;
}
