/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A whole stack between a program and its peers, both of which are the fuzzer: made once, as good
 * as new for each input, in virtual time. Each connection has a second receiver beside it, fed
 * with the same frames; after each poll the two must agree.
 */
#ifndef RTLS_FUZZ_STACK_BENCH_H
#define RTLS_FUZZ_STACK_BENCH_H

#include <recordtls/recordtls.h>

#include "fuzz/reading.h"
#include "fuzz/receiver.h"
#include "fuzz/stack_invariants.h"
#include "fuzz/tap_port.h"

enum {
	BENCH_PEERS = 2,
	BENCH_PORT = 443,       /* that the stack listens on */
	BENCH_PEER_PORT = 5000, /* of the first peer */
	BENCH_SOCKS = 6,
	BENCH_SENT_MAX = 1 << 17,
	BENCH_FRAMES_MAX = 160, /* of one input: it may not take long */
};

/* The peer's end of a connection. */
struct bench_peer {
	struct rtls_sock *sock; /* in the stack, as long as the connection lives; or NULL */
	bool ours;              /* the program has it */
	uint16_t port;          /* the peer's */
	uint16_t local_port;    /* the stack's */
	uint32_t isn;
	uint8_t wscale;
	uint64_t end; /* behind the highest byte that the peer has sent */
	struct receiver rcv;
	struct reading reading;

	/* What the stack sends: the bytes as they were seen first, how many were accepted. */
	bool tx_tls;
	uint64_t accepted; /* in clear */
	uint64_t tx_base;  /* where the records begin */
	uint64_t sealed;   /* plaintext bytes accepted behind that */
	uint64_t seen;     /* as many bytes were on the wire */
	uint8_t *bytes;
	uint32_t syn_edge; /* window and sequence number of the stack's SYN or SYN-ACK */
	uint32_t syn_seq;
};

struct bench {
	struct rtls_stack *stack;
	struct rtls_port *port; /* the stack's: the tap, or the NIC over it */
	struct tlsnic *nic;     /* that one, or NULL */
	struct tap_port *tap;
	struct rtls_sock *listener; /* or NULL */
	uint64_t now_us;
	bool one_by_one; /* a poll for each frame */
	uint32_t pool_baseline;
	uint64_t dropped; /* packets that the stack gave up */
	uint64_t held_dropped;
	uint64_t data_dropped;
	struct stack_watch watch;
	struct bench_peer peers[BENCH_PEERS];
	struct tap_frame in[TAP_IN_MAX]; /* injected since the last poll */
	uint32_t nb_in;
	uint32_t frames; /* injected since the reset */
};

/* name: of the pools. nic: NULL, or a NIC that opens records. */
void bench_open(struct bench *b, const char *name, uint64_t rx_room,
		const struct rtls_tlsnic_conf *nic);

/* At the end of the process. */
void bench_close(struct bench *b);

/* As behind rtls_stack_create(), at the same time, with its peer's MAC known if asked for. */
void bench_reset(struct bench *b, bool known);

/*
 * A frame from a peer that comes with the next poll, of BENCH_FRAMES_MAX; polls where no more can
 * wait.
 */
void bench_inject(struct bench *b, const uint8_t *frame, uint32_t len, uint8_t cut);

/* Polls at now + us, and checks everything. */
void bench_poll(struct bench *b, uint64_t us);

/* The same checks, behind a call of the program. */
void bench_check(struct bench *b);

/* Closes all and lets time pass: everything must be back. */
void bench_end(struct bench *b);

/* The byte of a program's stream, at an offset. */
static inline uint8_t
bench_byte(uint64_t off)
{
	return (uint8_t)((off * UINT64_C(0x9e3779b97f4a7c15)) >> 53);
}

#endif
