/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What rx.pml steps: a device that opens, TCP and the framer of the stack, and between them the
 * library's own lib/core/resync.c. The stream is endless and made of cells:
 *
 *   record     |h b t|h b t|h b t| ...    h: a header; t: the last cell, behind which a record
 *   sequence    0 1 2 3 4 5 ...      17 0       is authentic or not
 *
 * Sequences are modulo 18, numbers of records modulo 6, both relative to the record at the edge of the
 * stream: so all that can ever happen is finite. A segment has one cell or two. What a cell holds is
 * the place at which the peer sent it, or something that nobody sealed.
 */
#ifndef MODELS_RX_H
#define MODELS_RX_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/resync.h"

enum {
	RECORD = 3,               /* cells of each record */
	LONGEST = 5,              /* of a legal one */
	NUMBERS = 6,              /* of records */
	CELLS = RECORD * NUMBERS, /* sequence numbers */
	SEGMENT = 2,              /* cells at most */
	WINDOW = 7,               /* cells that TCP takes from its edge on */
	EVENTS = 5,               /* of the device, on their way */
	ASKS_AGAIN = 2            /* followed headers without an answer */
};

/* Contents of a cell: 0..17, as the peer sent it at that place; and: */
enum { TINY = CELLS, SHORT, LONG, JUNK, EMPTY = 31 };

enum method { IMMEDIATE, DELAYED, STACK_DRIVEN };

/* Who gets a packet: both; the device, as TCP refuses it; the stack, as the device passes it. */
enum way { BOTH, DEVICE_ONLY, STACK_ONLY };

enum claim {
	ALL,
	AUTHENTIC, /* no record is taken as opened but what the device authenticated as it, in one run */
	ENDED,      /* each START gets exactly one END or CANCEL */
	TRUE_WORD,  /* the device is told what is true of the stream that TCP took */
	TRUE_PLACE, /* without a forger it stands where it believes to be, once it was told */
	UNHARMED, /* what it is told takes no device out of step that stands at the stream's edge */
	IN_STEP,  /* when loss and forger have stopped, it is in step again */
};

/* Faults to be found, each by one claim; FAULT in the environment. */
#define FAULTS(F) \
	F(SAME_RUN)  /* device: goes on under the old run's number when it was told a place */ \
	F(ANY_RUN)   /* stack: takes a record of two runs */ \
	F(ANY_START) /* stack: takes a record that the device began elsewhere */ \
	F(PART)      /* stack: believes a packet's mark for cells that it had already */ \
	F(REFUSED_HEADER) /* stack: answers about a header that TCP refused */ \
	F(NEWEST_NUMBER)  /* stack: answers with the number of the newest header */ \
	F(NO_CANCEL)      /* device: what it follows breaks, and it does not say so */ \
	F(TWO_ENDS)       /* device: cancels what it has ended */ \
	F(NO_COUNT)       /* device: forgets the records since the one asked about */ \
	F(ANY_ANSWER)     /* device: takes an answer when its track has gone by the place */ \
	F(NO_HINT)        /* stack: gives none */ \
	F(SAME_PLACE)     /* device: keeps its number when it is told another one for its place */ \
	F(ANY_TOUCH) /* stack: takes marks of another record for a sign that the device is in step */ \
	F(NO_ANSWER) /* stack: says nothing at all */

enum fault {
	NO_FAULT,
#define FAULT(name) name,
	FAULTS(FAULT)
};

struct cell {
	uint8_t holds;
	uint8_t run;   /* as reported; 0: as on the wire */
	uint8_t real;  /* run */
	uint8_t no;    /* opened as a part of this record, */
	uint8_t start; /* which begins there */
};

struct packet {
	uint8_t seq, len, way;
	bool marked;
	bool asks; /* about the header at asked */
	uint8_t asked;
	struct cell cell[SEGMENT];
};

struct track {
	uint8_t expected, no, start;
	uint8_t len; /* 0: a header comes next */
	uint8_t authentic;
	uint8_t run, real;
	uint8_t lost; /* so far behind that it takes nothing any more */
	uint8_t crossed; /* 1 + the number of the record that began where the scanner asked; 0: none did */
};

struct device {
	struct track at;
	uint8_t last; /* the end of the last packet that it looked at */
	uint8_t following;
	uint8_t next;  /* following: the next header's place */
	uint8_t asked; /* about this one */
	uint8_t counted;
	uint8_t owes; /* a START without END or CANCEL */
};

struct up {
	uint8_t type, seq, len;
};

struct model {
	struct cell queue[CELLS]; /* from the record at the edge on */
	uint8_t edge;             /* the next cell in order */
	uint8_t sent;             /* the peer's next new cell */
	uint8_t disorder;         /* packets that were lost, late or twice */
	uint8_t rec_len;          /* of the record at the edge; 0: no header yet */
	uint8_t poisoned;         /* TCP took what the peer did not send */
	uint8_t dead;             /* a record did not verify */
	struct device d;
	struct resync r;
	struct up up[EVENTS]; /* events on their way */
	uint8_t nb_up;
	uint8_t told, told_seq, told_no; /* an answer or a hint on its way */
	uint8_t forged;                  /* packets of a forger */
	uint8_t rude;                    /* what the device said against the rules */
	uint8_t forgot;                  /* contexts that ended */
	uint8_t calm, judged;            /* loss and forger have stopped; records since */
	uint8_t broken;                  /* enum claim */
};

/* From the environment, the same for a whole run. */
static enum method method;
static enum fault fault;
static enum claim claim;        /* which one is looked at; ALL */
static int forger;              /* packets of a forger, at most */
static int disorder;            /* lost, late or repeated packets, at most */
static int rude;                /* events against the rules, at most */
static int forgets;             /* ends of a context, at most */
static bool traces;             /* a replay tells what happens */
static bool calms;              /* IN_STEP is looked for */
static int in_step_within = 14; /* records */

static int
seq_diff(uint8_t a, uint8_t b)
{
	int d = (a + CELLS - b) % CELLS;

	return d < CELLS / 2 ? d : d - CELLS;
}

static uint8_t
seq_add(uint8_t a, int n)
{
	return (uint8_t)((a + n + CELLS) % CELLS);
}

static uint8_t
no_add(uint8_t a, int n)
{
	return (uint8_t)((a + n + NUMBERS) % NUMBERS);
}

/* Where a header is looked for: how long a record it would begin; 0: it is none. */
static uint8_t
header_len(uint8_t holds)
{
	if (holds >= CELLS)
		return holds == TINY ? 1 : holds == SHORT ? 2 : holds == LONG ? LONGEST : 0;
	/* The second cell of each record looks like a header, whose record ends where the next one begins. */
	return holds % RECORD == 0 ? RECORD : holds % RECORD == 1 ? RECORD - 1 : 0;
}

static void
breaks(struct model *m, enum claim c)
{
	if (m->broken == ALL && (claim == ALL || claim == c))
		m->broken = c;
}

#include "models/rx_rows.h"
#include "models/rx_device.h"
#include "models/rx_stack.h"
#include "models/rx_world.h"

#endif
