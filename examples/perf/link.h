/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Two ends and what is between them: the host, whose port is the TLS NIC in software, and the
 * far end on the cable below that. In the command flow both share the struct: the host's side
 * measures; the far one runs the NIC, the cable and the far end, which takes whatever comes and
 * sends what it is told to. Each has an lcore of its own, or the far one takes its turns between
 * the host's.
 */
#ifndef PERF_LINK_H
#define PERF_LINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <recordtls/recordtls.h>
#include <recordtls/tls.h>

#include "options.h"

enum {
	LINK_ENDS = 3,
	LINK_PORT = 443,        /* of the far end */
	LINK_PORT_BASE = 10000, /* of the host: the first connection of the first mode */
	LINK_CONNS_MAX = 64,    /* of flow */
	LINK_MODES = OPTIONS_NIC + 1,
	LINK_MEMORY = 256 << 10, /* the programs' own memory at either end */
};

enum link_far {
	LINK_FAR_STARTS,
	LINK_FAR_READY,
	LINK_FAR_FAILED,
};

/* Bytes for the far end to send on each connection of a mode. */
struct link_order {
	enum options_mode mode;
	uint64_t bytes;
};

struct hold;
struct wire;

/* Of the stack at either end, as rtls_stack_conf has them. */
struct link_sizes {
	uint32_t max_socks;
	uint32_t nb_small, nb_medium, nb_large;
	uint32_t sndbuf, rcvbuf;
	uint32_t max_syn, time_wait_us; /* 0: the defaults */
};

/* Of the NIC, as rtls_tlsnic_conf has them; 0: the default, or what the connections take. */
struct link_device {
	uint32_t max_contexts;
	uint32_t add_polls;
	uint32_t crypto_bytes;
};

struct link {
	const struct options *o;
	struct link_sizes sizes;
	struct link_device device;
	struct wire *wire;
	struct rtls_port *nic;        /* the host's port, polled on by the far lcore */
	struct rtls_port *far_port;   /* the other end of the cable below */
	struct rtls_port *third_port; /* of flood: of other clients, which share that end */
	_Atomic(enum link_far) far;
	atomic_uint nb_accepted; /* with their keys set */
	struct link_order order; /* written before nb_orders grows */
	atomic_uint nb_orders;
	/* What the far end has received since the beginning; only it writes. */
	_Atomic(uint64_t) received;
	atomic_bool stop; /* the far lcore ends */
	/* A turn of the far side on the host's lcore; NULL: it has one of its own. */
	void (*step)(void *arg);
	void *step_arg;
	struct hold *holds[LINK_ENDS]; /* what the ends have sent waits there; NULL: nowhere */
};

/* A monotonic clock in microseconds, by the TSC. */
uint64_t link_now_us(uint64_t tsc);

/* An end's address: 0 the host, 1 the far end, 2 the third one. */
struct rtls_addr link_addr(int end, uint16_t port);

/* The ports, with so many packets for each direction. False: one sentence was printed. */
bool link_open(struct link *l, uint32_t nb_mbufs);
/* No stack uses them any more. */
void link_close(struct link *l);

/* The stack of an end, on its port. NULL: one sentence was printed. */
struct rtls_stack *link_stack(const struct link *l, int end);

/* Polls an end's stack until everything is given back. */
void link_stack_destroy(struct link *l, int end, struct rtls_stack *s);

/* Of the host, with keys: is it as the mode says? */
bool link_is_in_mode(enum options_mode mode, const struct rtls_sock *k);
/* Why not. */
void link_say_mode(const struct rtls_sock *k);

/* Between two turns of the host. */
static inline void
link_step(struct link *l)
{
	if (l->step != NULL)
		l->step(l->step_arg);
}

/* Sizes of an established socket, and keys unless it is plain; 0 or -errno. */
int link_prepare(const struct link *l, int end, enum options_mode mode, struct rtls_sock *k);

#endif
