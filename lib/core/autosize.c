/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/autosize.h"

enum { ROOM_PER_BYTE_MAX = 64 }; /* beyond it a program writes byte by byte */

uint64_t
autosize_send(uint64_t window, uint64_t room, uint64_t bytes)
{
	uint64_t want = 2 * window;

	if (bytes == 0 || room <= bytes)
		return want;
	if (room / bytes >= ROOM_PER_BYTE_MAX)
		return want * ROOM_PER_BYTE_MAX;
	/* Windows have 30 bits, and 33 of room and bytes are never held. */
	return want * (room >> 8) / ((bytes >> 8) + 1);
}
