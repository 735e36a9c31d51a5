/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A device that opens and has lost its place, and the stack that brings it back: what can happen
 * between them, in any order. The steps themselves are in rx.h and lib/core/resync.c.
 */

c_decl {
	\#include "models/rx.h"
}
c_state "struct model m" "Global"

/* One packet: where it begins, in cells from the edge on; what its cells hold; who gets it. */
#define RIGHT 0
#define NEXT 1
#define SHORT_HEADER 2
#define JUNK_CELL 3

#define CHECKED assert(c_expr { HOLDS_ALL })
#define STEP(may, ...) :: d_step { c_expr { may } -> c_code { __VA_ARGS__; }; CHECKED }

/* Events of the device come before the packets of their poll are judged, or later. */
#define PACKET(step, ...) STEP(MAY_PACKET, step(&now.m, __VA_ARGS__, 0)) STEP(MAY_PACKET, step(&now.m, __VA_ARGS__, 1))
#define LATE(at) PACKET(come_late, at, 1) PACKET(come_late, at, 2)

#define ANY(type) STEP(MAY_PACKET, says_anything(&now.m, type, 0)) \
	STEP(MAY_PACKET, says_anything(&now.m, type, 1)) \
	STEP(MAY_PACKET, says_anything(&now.m, type, 2)) \
	STEP(MAY_PACKET, says_anything(&now.m, type, 3)) \
	STEP(MAY_PACKET, says_anything(&now.m, type, 4))

byte at;
byte way;
byte holds;

init {
	c_code { world_begin(&now.m); };
	do
	PACKET(send_new, 1, 0) PACKET(send_new, 2, 0)
	STEP(MAY_PACKET, send_new(&now.m, 1, 1, 0)) STEP(MAY_PACKET, send_new(&now.m, 2, 1, 0))
	PACKET(send_again, 1) PACKET(send_again, 2)
	LATE(0) LATE(1) LATE(2) LATE(3) LATE(4) LATE(5) LATE(6) LATE(7) LATE(8)
	/* What somebody on the way sends: to both, to the device only, to the stack only. */
	:: atomic { c_expr { MAY_FORGE } ->
		if :: way = 0 :: way = 1 :: way = 2 fi;
		if :: at = 0 :: at = 1 :: at = 2 :: at = 3 :: at = 4 :: at = 5 :: at = 6 :: at = 7
		:: at = 8 :: at = 9 :: at = 10 :: at = 11
		:: at = 12 :: at = 13 :: at = 14 :: at = 15 :: at = 16 :: at = 17 fi;
		if :: holds = 0 :: holds = 1 :: holds = 2 :: holds = 3
		:: holds = 4 :: holds = 5 :: holds = 6 :: holds = 7
		:: holds = 8 :: holds = 9 :: holds = 10 :: holds = 11 :: holds = 12 :: holds = 13 fi;
		d_step { c_code { forged(&now.m, now.at, now.way, now.holds); };
		way = 0; at = 0; holds = 0; CHECKED } }
	STEP(MAY_EVENTS, events_come(&now.m))
	STEP(DEVICE_CAN_END, device_ends(&now.m))
	STEP(MAY_TELL, device_told(&now.m))
	STEP(MAY_QUIET, quiet(&now.m))
	STEP(MAY_QUIET, forget(&now.m))
	ANY(RESYNC_REQUEST) ANY(RESYNC_START) ANY(RESYNC_END) ANY(RESYNC_CANCEL)
	/* Loss and forger stop. */
	STEP(MAY_CALM, now.m.calm = 1)
	STEP(MAY_CALM_STEP, calm_step(&now.m, 1))
	STEP(MAY_CALM_STEP, calm_step(&now.m, 2))
	:: c_expr { IS_OVER } -> break
	od
}
