/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A line with a rate, and a queue in front of it that drops what comes when it is full. It takes
 * frames in the order of time.
 */
#ifndef RTLS_SUPPORT_CABLE_LINE_H
#define RTLS_SUPPORT_CABLE_LINE_H

#include <stdint.h>

enum { LINE_FRAMES_MAX = 4096 }; /* that a limit in frames can ask for */

struct line_limits {
	uint64_t bits_per_s;   /* 0: none, what comes has left */
	uint32_t queue_bytes;  /* that wait or are being sent when one more comes; 0: no limit */
	uint32_t queue_frames; /* the same, up to LINE_FRAMES_MAX */
};

struct line {
	uint64_t free_ns;                  /* busy until then */
	uint64_t ends_ns[LINE_FRAMES_MAX]; /* ring: when each frame that waits has left */
	uint32_t head;
	uint32_t cnt;
};

/* A frame comes: when its last bit has left; UINT64_MAX: the queue is full. */
uint64_t line_send(struct line *l, const struct line_limits *limits, uint32_t len, uint64_t now_us);

#endif
