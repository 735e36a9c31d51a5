/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A device that seals in order only (RTLS_TLS_TX_NEXT_RECORD), and the stack that brings it back: packets
 * lost between tx_burst and the crypto, retransmissions, EV_TX_RESYNC that comes late, tx_resync that is
 * refused. Records have two segments; segment s is part of record s / 2.
 */

c_decl {
	\#include <stdlib.h>
	\#include <string.h>
	static const char *const claims[] = { "ALL", "CLEAR", "ONE_SEALING", "IN_STEP", "ALL_LEAVE" };
	static int found;
	static void say(void) { printf("claim: %s\n", claims[found]); }
	static int
	fault_of(void)
	{
		static const char *const faults[] = { "", "PASSES", "WRONG_NUMBER", "INSIDE", "NO_EVENT", "BUSY_IS_TAKEN",
						      "HOLDS_ALL" };
		const char *fault = getenv("FAULT");
		int i = 0;

		atexit(say);
		while (fault != NULL && strcmp(faults[i], fault) != 0)
			i++;
		return i;
	}
}

#define SEGMENTS 14
#define WINDOW 4
#define LOSSES 2 /* inside of the device's port */
#define AGAINS 2 /* retransmissions that nothing calls for */
#define REFUSALS 2
#define RING 3
#define NOBODY 15

/* Faults. */
#define PASSES 1        /* device: what it cannot seal leaves */
#define WRONG_NUMBER 2  /* stack: tells the number of the record in front */
#define INSIDE 3        /* stack: goes on inside of a record */
#define NO_EVENT 4      /* device: does not say what it misses */
#define BUSY_IS_TAKEN 5 /* stack: takes -EBUSY for a yes */
#define HOLDS_ALL 6     /* stack: sends nothing again until the device is back in step */

/* Claims. */
#define CLEAR 1       /* nothing leaves in clear */
#define ONE_SEALING 2 /* each segment is sealed as a part of its own record, whoever does it */
#define IN_STEP 3     /* when nothing is lost or refused any more, it seals the second record from there on */
#define ALL_LEAVE 4   /* nothing waits for ever: all segments leave */

byte fault;
chan ring = [RING] of { byte, bit, byte }; /* segment; marked; the number that tx_resync told in front of it, or NOBODY */
byte sent;                                /* the next new segment */
byte acked;                               /* the first one that has not left */
bit left[SEGMENTS];
bit holds, ended;                         /* software seals: until a record; for good */
bit event;                                /* EV_TX_RESYNC on its way */
byte expected, number;                    /* the device's next segment, and its record */
bit part; /* of that record */
bit has_told;
byte losses, extra, refusals;
bit calm;
byte calm_from;
byte bad; /* a claim that does not hold */

inline broken(claim) {
	bad = claim;
	c_code { found = now.bad; };
	assert(false)
}

inline leaves(s) {
	left[s] = 1;
	do
	:: acked < SEGMENTS && left[acked] -> acked++
	:: else -> break
	od
}

inline take(s, n) {
	expected = s;
	number = n;
	part = 0;
	has_told = 0
}

/* The device comes to a packet. */
inline device() {
	ring?s, marked, told;
	if
	:: told != NOBODY -> take(s, told)
	:: else
	fi;
	if
	:: !marked -> leaves(s)
	:: marked && s == expected ->
		if
		:: number != s / 2 || part != s % 2 -> broken(2)
		:: else
		fi;
		expected++;
		number = number + part;
		part = 1 - part;
		leaves(s)
	:: else ->
		/* Dropped and counted. */
		if
		:: fault == PASSES -> broken(1)
		:: fault != PASSES && calm && s >= calm_from + 4 -> broken(3)
		:: else
		fi;
		if
		:: !has_told && fault != NO_EVENT -> event = 1; has_told = 1
		:: else
		fi
	fi
}

/* A new segment. Where software seals, a record that was never sent may be the device's again. */
inline send_new(answer) {
	s = sent;
	told = NOBODY;
	if
	:: holds && !ended && (s % 2 == 0 || fault == INSIDE) ->
		if
		:: answer == 0 || (answer == 1 && fault == BUSY_IS_TAKEN) ->
			holds = 0;
			if
			:: answer == 0 -> told = (fault == WRONG_NUMBER -> s / 2 - 1 : s / 2)
			:: else
			fi
		:: answer == 1 && fault != BUSY_IS_TAKEN -> skip
		:: answer == 2 -> ended = 1
		fi;
		refusals = refusals + (answer != 0 -> 1 : 0)
	:: else
	fi;
	marked = !(holds || ended);
	if
	:: calm && calm_from == NOBODY && s % 2 == 0 -> calm_from = s
	:: else
	fi;
	if
	:: calm && calm_from != NOBODY && s >= calm_from + 4 && !marked && !ended -> broken(3)
	:: else
	fi;
	ring!s, marked, told;
	sent++
}

#define ROOM (nfull(ring) && sent < SEGMENTS && sent < acked + WINDOW)

init {
	byte s;
	bit marked;
	byte told;

	d_step { c_code { now.fault = fault_of(); }; calm_from = NOBODY }
	do
	:: d_step { ROOM && !(calm && event) -> send_new(0); s = 0; marked = 0; told = 0 }
	:: d_step { ROOM && !calm && holds && refusals < REFUSALS -> send_new(1); s = 0; marked = 0; told = 0 }
	:: d_step { ROOM && !calm && holds && refusals < REFUSALS -> send_new(2); s = 0; marked = 0; told = 0 }
	:: d_step { nempty(ring) -> device(); s = 0; marked = 0; told = 0 }
	/* Lost inside: as if it had never come. A resync of its own does not get lost. */
	:: d_step { nempty(ring) && losses < LOSSES && !calm -> ring?s, marked, told;
		if :: told != NOBODY -> take(s, told) :: else fi;
		losses++; s = 0; marked = 0; told = 0 }
	/* Software seals what is sent again. */
	:: d_step { nfull(ring) && acked < sent && !(holds && fault == HOLDS_ALL) && (empty(ring) || (extra < AGAINS && !calm)) ->
		extra = extra + (len(ring) > 0 -> 1 : 0);
		ring!acked, 0, NOBODY }
	:: d_step { event -> event = 0; holds = 1 }
	:: d_step { !calm -> calm = 1 }
	:: calm && sent == SEGMENTS && empty(ring) && acked == SEGMENTS -> break
	:: timeout -> broken(4)
	od
}
