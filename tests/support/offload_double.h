/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A device with inline TLS that seals and opens nothing: it writes down what it is
 * asked, line by line, and answers as the test wants. Its security context has its
 * own rte_security_ops; beside it stand the calls of the contract and steering.
 */
#ifndef RTLS_SUPPORT_OFFLOAD_DOUBLE_H
#define RTLS_SUPPORT_OFFLOAD_DOUBLE_H

#include <rte_security.h>
#include <rte_security_driver.h>

#include "offload/device.h"

enum {
	DOUBLE_CONTEXTS = 8,
	DOUBLE_EVENTS = 16,
	DOUBLE_TRACE = 8192,
	DOUBLE_NTH_BITS = 12, /* of a generation: how often its slot was used */
};

struct double_context {
	bool used, adding, started, deleting;
	uint32_t generation;
	uint64_t cookie;
	struct rtls_tls_flow flow;
	uint32_t seq; /* where it was started */
	uint64_t rec_no;
	uint32_t next_seq; /* TX, of one that takes packets in order only: what comes next */
	/* Of its session; TLS 1.2: of the IV what the session, or the flow, has of it. */
	uint16_t version, cipher;
	uint8_t key[32];
	uint8_t iv[12];
};

struct offload_double {
	struct offload_device device; /* refers to what follows; the test opens and closes it */
	struct rte_security_ctx sec_ctx;
	struct rte_security_ops sec_ops;
	struct rtls_tls_ops ops;

	/* What it answers. At first: all that the library carries, and 0. */
	struct rtls_tls_caps caps;
	const struct rte_security_capability *capabilities;
	int create_rc, add_rc, steer_rc, start_rc, mark_rc, resync_rc, rx_resync_rc, del_rc;
	unsigned int good_marks; /* before mark_rc counts */
	bool no_low_bits;        /* its generations are such that no mark can name them */
	/* Called within set_pkt_metadata; NULL: nothing is. */
	void (*on_mark)(struct rte_mbuf *m, const struct rtls_tls_tx_meta *meta);

	/* What it holds, and what it was asked. */
	struct double_context ctx[DOUBLE_CONTEXTS];
	unsigned int rules;
	uint32_t nb_created; /* sessions are called s1, s2 ... in the trace */
	struct rtls_tls_event events[DOUBLE_EVENTS];
	unsigned int nb_events;
	bool mute;     /* the trace stays as it is */
	bool no_marks; /* without a line for each packet */
	bool resyncs; /* with one for each rx_resync: hints come to whoever opens nothing, as this one */
	char trace[DOUBLE_TRACE];
	size_t trace_len;
};

/* What the trace shows of a generation: 1 for the first context in a slot, and so on. */
static inline uint32_t
double_nth(uint32_t generation)
{
	return generation & ((1 << DOUBLE_NTH_BITS) - 1);
}

/* Sets all of it; the contract's table is complete, TX rebuilds and RX scans. */
void offload_double_init(struct offload_double *o);

/* The device answers all contexts that it was -EINPROGRESS with: an event for each. */
void offload_double_answer(struct offload_double *o, int status);

/* It has deleted all contexts that it was -EINPROGRESS with: an event for each. */
void offload_double_deleted(struct offload_double *o);

/* Something else to tell. */
void offload_double_event(struct offload_double *o, const struct rtls_tls_event *ev);

/* Contexts in its table, those that it is deleting included. */
unsigned int offload_double_contexts(const struct offload_double *o);

/* Is the trace since the last call of this exactly the text? Prints both where not. */
bool offload_double_said(struct offload_double *o, const char *text);

/*
 * The same in short: of each line the call, and which session or context it is about, as in
 * "del 0.1, destroy s1, create s2, add s2, start 0.2".
 */
bool offload_double_asked(struct offload_double *o, const char *text);

#endif
