/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a NIC that opens records does with the packets of one flow, and where it asks: the kernel's rules
 * ("Resync handling" of its document) and ours (doc/offload-contract.md), written for the resync oracle
 * apart from the driver under test, and without any crypto. Of each packet it says whether it is marked.
 *
 * Places are stream offsets of 64 bits. All bytes are the peer's own: what stands at a known place
 * under the context's key is authentic, if a record begins there and has that number: who knows the stream says so. What
 * he has not seen yet is what the device takes it for, but behind a number or a header that is wrong.
 * What goes wrong in the device is told, as what is lost on the way is.
 */
#ifndef RTLS_SIM_ORACLE_NIC_H
#define RTLS_SIM_ORACLE_NIC_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/oracle_place.h"

enum oracle_method {
	ORACLE_BY_NOTHING, /* out of step it gives the context up, or waits for another one */
	ORACLE_BY_SCAN,
	ORACLE_BY_SCAN_DELAYED,
	ORACLE_BY_STACK,
};

/* How it looks for headers. */
struct oracle_scan {
	enum {
		ORACLE_SCAN_OFF,
		ORACLE_SCAN_SEARCHES,
		ORACLE_SCAN_FOLLOWS, /* a header was guessed, and those that it led to were there */
	} state;
	int64_t asked;    /* the header that was asked about */
	bool open;        /* and the question has no answer yet */
	int64_t next;     /* where the next one must be */
	uint32_t counted; /* headers from the asked one to next */
	bool misled;      /* some of these are none */
	uint32_t since;   /* of these, those behind the packet, or the END, that asked */
	uint32_t patience;
	/* Far in front of next, packet behind packet: the stream goes by what is followed. */
	int64_t by_end;
	int64_t by_len;
	int64_t end;   /* behind the bytes that it has seen last */
	uint32_t have; /* of these the newest, kept: never a whole header */
	uint8_t kept[SUITE_HDR_LEN];
};

/* What is asked: of the packet, or told by events. */
struct oracle_question {
	bool is;
	int64_t off;
	int64_t from, to; /* the bytes that were searched */
};

struct oracle_nic_event {
	enum { ORACLE_EV_START, ORACLE_EV_END, ORACLE_EV_CANCEL } type;
	struct oracle_question question;
};

enum {
	ORACLE_EVENTS_MAX = 128,
	ORACLE_POLL_MAX = 16, /* events that a stack takes in a poll: the contract */
};

struct oracle_nic {
	struct oracle_known known;
	enum oracle_method method;
	uint32_t polls; /* delayed: from START to END */
	uint32_t
		unheard_max; /* delayed: with more events that nobody has heard it does not ask; 0: there is no such bound */
	bool started;
	int64_t seen_end; /* behind the last packet of the flow */
	uint32_t unseen;  /* so many packets more it does not find to be of the flow */
	/* What it will hear so many packets later; 0: nothing. */
	uint32_t late;
	int64_t late_off;
	uint64_t late_no;
	bool late_wrong;
	uint64_t begun; /* times that it began somewhere, as it was told */
	uint32_t runs;
	struct oracle_place place;
	struct oracle_scan scan;
	/* Delayed. */
	struct oracle_nic_event events[ORACLE_EVENTS_MAX];
	uint32_t nb_events;
	uint32_t nb_left; /* of these, in front: from polls before */
	bool owed;        /* an END or a CANCEL */
	bool told;        /* its START */
	uint32_t polls_left;
	/* Counted. */
	uint64_t questions, restarts, far;
};

void oracle_nic_init(struct oracle_nic *n, const struct suite *suite, enum oracle_method method,
		     uint32_t polls, oracle_truth *truth, void *arg);

#define ORACLE_NEVER_SEEN UINT32_MAX

/* The record rec_no starts at off. Of so many packets it does not find out whose they are. */
void oracle_nic_start(struct oracle_nic *n, int64_t off, uint64_t rec_no, uint32_t unseen);
void oracle_nic_end(struct oracle_nic *n);

/* What became of a packet. */
struct oracle_packet {
	uint32_t run; /* it is marked, as a part of this run; 0: it is as it came */
	bool wrong;   /* the mark names another record */
	struct oracle_question asks;
};

/* What befell a packet that it found to be of the flow. All 0: nothing. */
struct oracle_mishap {
	bool lost;    /* the context is, in front of it */
	bool passed;  /* nobody looked at it */
	bool refused; /* what ends in it fails */
	uint32_t
		false_body; /* whoever looks for headers sees nothing else in it, of records with so many bytes */
	uint32_t asks_by; /* so far behind the header lies what is asked about */
};

struct oracle_packet oracle_nic_packet(struct oracle_nic *n, int64_t off, const uint8_t *bytes,
				       uint32_t len, const struct oracle_mishap *m);

/* Is it one that the packet's mishaps can befall, and later ones hear of? */
bool oracle_nic_sees(const struct oracle_nic *n);

/* poll_events: what it has to tell; at most ORACLE_POLL_MAX, and what is more at the next. asks_by: of an END. */
uint32_t oracle_nic_poll(struct oracle_nic *n, uint32_t asks_by, struct oracle_nic_event *out);

/* The stack says: record rec_no starts at off. */
enum oracle_told {
	ORACLE_TOLD_ANSWER, /* that is what was asked */
	ORACLE_TOLD_HINT,   /* it was not, and is of use */
	ORACLE_TOLD_KNOWN,  /* it stands there */
	ORACLE_TOLD_STALE,  /* bytes of it went by, or it has not heard */
};

/* How it hears of that. All 0: at once, and rightly. */
struct oracle_hears {
	bool never;
	bool wrong;    /* as one record more */
	uint32_t late; /* so many packets later */
	bool twice;    /* and at once */
};

enum oracle_told oracle_nic_told(struct oracle_nic *n, int64_t off, uint64_t rec_no,
				 const struct oracle_hears *how);

/* Does it know which record the next byte in order is of? */
bool oracle_nic_in_step(const struct oracle_nic *n);

#endif
