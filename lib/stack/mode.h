/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Who does the crypto of a connection, per direction: software, or the device of
 * its port. Tried once, when the first keys are set; what the device refuses, or
 * gives up later, goes on in software with a reason, and stays there.
 *
 *   SOFTWARE --keys, the device takes it--> PENDING --started--> NIC
 *      ^                                       |                  |
 *      +-------- refused, lost, key change ----+------------------+
 *
 * PENDING is software, too: an add that takes its time, or a receiving side whose
 * next record has begun to arrive.
 */
#ifndef RTLS_STACK_MODE_H
#define RTLS_STACK_MODE_H

#include <recordtls/tls.h>

#include "offload/security.h"

struct rtls_sock;

struct mode_dir {
	uint8_t mode;    /* enum rtls_mode: in force */
	uint8_t reason;  /* enum rtls_mode_reason: why it is software */
	uint8_t counted; /* enum rtls_mode: among which current sessions */
	struct offload_ctx ctx;
};

struct mode {
	uint8_t order[2];        /* enum rtls_mode_order, by enum rtls_dir */
	bool tx_out_of_step;     /* the device waits for a resync; until then software seals */
	struct mode_dir dir[2];  /* by enum rtls_dir */
	uint64_t tx_start_off;   /* where the first keys were set */
	uint64_t tx_next_off;    /* behind the newest byte that the device was handed */
	uint64_t tx_planned_off; /* the same with what is planned */
	uint64_t tx_in_step_off; /* where it was started, or put in step last */
	uint64_t tx_by_hand_off; /* it refused packets up to here: these are sealed here */
};

/* Event: keys were installed in the session; keys are borrowed. */
void mode_keys(struct rtls_sock *k, enum rtls_dir d, const struct rtls_keys *keys);

/* Event: the device's answer to an add that took its time; 0, or its error. */
void mode_added(struct rtls_sock *k, enum rtls_dir d, int status);

/* Event: more bytes are in order; a context that waits for a record's start may get it. */
void mode_delivered(struct rtls_sock *k);

/* Event: records were acknowledged and released. */
void mode_acked(struct rtls_sock *k);

/* The device gives up what it has of the connection; nothing is sent or received any more. */
void mode_close(struct rtls_sock *k);

/* The socket goes: its sessions are no longer current. */
void mode_uncount(struct rtls_sock *k);

/*
 * Event: a device that takes packets in order only misses one, which was to begin at seq. Software
 * seals until it can go on, with the next record.
 */
void mode_tx_out_of_step(struct rtls_sock *k, uint32_t seq);

/* The device can do nothing for this direction any more; it goes on in software. */
void mode_lose(struct rtls_sock *k, enum rtls_dir d, enum rtls_mode_reason why);

#endif
