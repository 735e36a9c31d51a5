/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Who does the crypto of one direction of a connection under one key: software, or a context of
 * the port's device. A direction has one epoch per key: the newest, whose key is in force, and
 * those in front of it that something queued still refers to.
 *
 *   SOFTWARE --wish--> ADDING --added--> ADDED --boundary--> NIC
 *      ^                  |                |                  |
 *      +------------------+----------------+------------------+ full; TX: refused, lost, down, wish
 *      |                  |                |                  |
 *      |                  +----------------+------------------+-> LEAVING    RX: all but full
 *      +-------------------------------- drained --------------------+       TX: wish, from NIC
 *
 *   any of these --next keys--> DRAINING --drained--> GONE --keys--> SOFTWARE
 *
 * doc/epochs.md has the table, which is the test. Pure.
 */
#ifndef RTLS_CORE_EPOCH_H
#define RTLS_CORE_EPOCH_H

#include <stdbool.h>
#include <stdint.h>

#include <recordtls/tls.h>

enum epoch_state {
	EPOCH_GONE,     /* there is none: key and IV are wiped */
	EPOCH_SOFTWARE, /* in force; without a context */
	EPOCH_ADDING,   /* software; the device has not answered yet */
	EPOCH_ADDED,    /* software; the device has it, and is not started */
	EPOCH_NIC,      /* the device seals or opens */
	/*
	 * Software again. Sending, the context stays for records in clear that are queued; receiving,
	 * it was deleted, and packets that it has opened may still come.
	 */
	EPOCH_LEAVING,
	EPOCH_DRAINING, /* a newer key is in force */
};

enum epoch_event {
	EPOCH_KEYS, /* installed: this one is in force */
	EPOCH_WISH_NIC,
	EPOCH_WISH_SOFTWARE,
	EPOCH_ACCEPTED, /* the device has it */
	EPOCH_REFUSED,  /* not worth asking, or an error of add, of steering or of start */
	EPOCH_FULL, /* no room, and a context of an older key of the direction is to make some */
	EPOCH_BOUNDARY,  /* a record's first byte is known that the context can start with */
	EPOCH_SKIPPED,   /* TX: the device misses a packet; RX: it is lost, and no loss is why */
	EPOCH_LOST,      /* the context is void */
	EPOCH_DOWN,      /* all contexts of the device are */
	EPOCH_MOVED,     /* packets go by another port: another device is to have it */
	EPOCH_NEXT_KEYS, /* another key is in force */
	EPOCH_DRAINED,   /* TX: no record in clear is queued; RX: no byte that it opened can come */
	EPOCH_CLOSE,     /* the connection is over; what was received may still be read */
};

enum epoch_action {
	EPOCH_NOTHING,
	EPOCH_ADD,   /* ask the device for a context */
	EPOCH_START, /* the context, at the boundary */
	EPOCH_DEL,   /* the context, where there is one */
	EPOCH_HOLD,  /* software seals until a record begins that was never sent: then tx_resync */
	EPOCH_WIPE,  /* DEL, and the key */
};

struct epoch_step {
	enum epoch_state next;
	enum epoch_action action;
	/* Why it is software now; RTLS_MODE_REASON_MAX: as before. REFUSED: as the device said. */
	enum rtls_mode_reason reason;
};

/* False: the event cannot come in this state. Where it does, the program is wrong. */
bool epoch_step_known(enum rtls_dir d, enum epoch_state state, enum epoch_event ev);

/* An event that cannot come ends a debug build, and changes nothing in others. */
struct epoch_step epoch_step(enum rtls_dir d, enum epoch_state state, enum epoch_event ev);

/* What records and segments see of an epoch. */
struct epoch {
	uint8_t state;    /* enum epoch_state */
	uint8_t reason;   /* enum rtls_mode_reason */
	uint32_t records; /* TX: queued in clear, to be sealed under its key */
};

/* Does software, or the device, make what is new? */
static inline bool
epoch_in_nic(const struct epoch *e)
{
	return e->state == EPOCH_NIC;
}

#endif
