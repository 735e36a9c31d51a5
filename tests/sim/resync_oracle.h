/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Which records of a stream a NIC opens, and which software: worked out from the packets as they were
 * handed to the NIC, burst by burst, by the kernel's rules and ours (oracle_nic.h for the NIC's; for
 * the stack's see below), apart from the code under test. Nothing is decrypted.
 *
 *   - TCP refuses what is older than the newest timestamp (RFC 7323 5.3). It takes each byte once, from the packet that brought it first. A packet of which it takes a part,
 *     or that encloses what waits, counts as not marked; so does what it encloses.
 *   - A record is opened when all of its bytes came in marked packets of one run; untouched when neither all of
 *     its header did, nor any byte from the end of an explicit nonce on: whoever marks a tag has not lost its place.
 *   - A question is answered when the header it names is the next one in the stream, in that burst; a newer
 *     question replaces it; there is no other answer. Delayed: a header of the range that came since START
 *     is known at END; behind END it is waited for.
 *   - After 2, 4, 8 ... 128, and then every 128 untouched records in a row the NIC is told where the next
 *     record begins: when the port's queue was seen empty and nothing waits behind a gap.
 */
#ifndef RTLS_SIM_RESYNC_ORACLE_H
#define RTLS_SIM_RESYNC_ORACLE_H

#include "sim/oracle_asks.h"

struct resync_oracle_conf {
	const struct suite *suite;
	enum oracle_method method;
	uint32_t polls; /* delayed: from START to END */
	uint32_t
		unheard_max; /* delayed: with more events that the stack has not heard the NIC does not ask; 0: no bound */
	oracle_truth *truth; /* by who knows all that was sent; NULL: nobody does */
	void *arg;
	bool at_once; /* the ideal that is compared with: what is asked is answered at once, by that one */
	bool alone; /* there is no stack: nobody says what it has said */
};

struct resync_oracle;

/* Aborts without memory. */
struct resync_oracle *resync_oracle_create(const struct resync_oracle_conf *conf);

/* A packet of the connection. */
struct oracle_segment {
	bool syn;
	uint32_t seq;
	const uint8_t *bytes; /* payload */
	uint32_t len;
	bool has_ts;
	uint32_t ts; /* TSval */
};

/* The next packet that the NIC looks at, and what befalls it there. True: it is to be marked. */
bool resync_oracle_packet(struct resync_oracle *o, const struct oracle_segment *seg,
			  const struct oracle_mishap *m);

/* Does the NIC see the packets of the flow? */
bool resync_oracle_sees(const struct resync_oracle *o);

/* Does the NIC ask by that packet? */
bool resync_oracle_asks(const struct resync_oracle *o);

/* The stack has acknowledged all in front of ack. */
void resync_oracle_acks(struct resync_oracle *o, uint32_t ack);

/* The stack is about to look at the packets since the last time, and hears what the NIC has to tell before. */
void resync_oracle_events(struct resync_oracle *o, uint32_t asks_by);

/* It looks at them; emptied: that was all there was. */
void resync_oracle_burst(struct resync_oracle *o, bool emptied);

/* The stack has said that. */
enum oracle_told resync_oracle_said(struct resync_oracle *o, const struct oracle_call *c,
				    const struct oracle_hears *how);

/* It has said all that was asked for by packets of the burst: is it time for a hint? With whatever comes next, too. */
void resync_oracle_settle(struct resync_oracle *o);

/* From stream offset off on there are records; rec_no: the first one's number. */
void resync_oracle_keys(struct resync_oracle *o, int64_t off, uint64_t rec_no);

/* The program has read the next record. */
void resync_oracle_read(struct resync_oracle *o);

/* The NIC was told to start, or to end. */
void resync_oracle_start(struct resync_oracle *o, uint32_t seq, uint64_t rec_no, uint32_t unseen);
void resync_oracle_end(struct resync_oracle *o);

/* The n-th record's class; false: it is not complete yet. */
bool resync_oracle_class(const struct resync_oracle *o, uint64_t n, enum oracle_class *out);

/* The n-th call; false: there was none yet. */
bool resync_oracle_call(const struct resync_oracle *o, uint64_t n, struct oracle_call *out);
uint64_t resync_oracle_nb_calls(const struct resync_oracle *o);
uint64_t resync_oracle_nb_records(const struct resync_oracle *o);
/* In front of that place TCP has all, and all headers are known. */
int64_t resync_oracle_parsed(const struct resync_oracle *o);
/* Where the NIC's place is: the next byte that it opens, if nothing is lost. */
int64_t resync_oracle_place(const struct resync_oracle *o);
/* How often it has begun somewhere, as it was told. */
uint64_t resync_oracle_begun(const struct resync_oracle *o);
/* The sequence of a place. */
uint32_t resync_oracle_seq(const struct resync_oracle *o, int64_t off);

struct resync_oracle_stats resync_oracle_stats_get(const struct resync_oracle *o);
void resync_oracle_destroy(struct resync_oracle *o);

#endif
