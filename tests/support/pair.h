/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Two stacks on a cable in virtual time, driven by the public interface: end 1
 * listens, end 0 connects. What goes wrong in here is a fatal CUnit assertion.
 */
#ifndef RTLS_SUPPORT_PAIR_H
#define RTLS_SUPPORT_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include <recordtls/recordtls.h>

#include "support/cable.h"

enum {
	PAIR_PORT = 443, /* that end 1 listens on */
	PAIR_LEVELS = 9,
	PAIR_NIC_LEVELS = 3,
};

/* 0 in a field: its default. */
struct pair_conf {
	const struct rtls_tlsnic_conf *nic[2]; /* a TLS NIC over the cable's port; NULL: none */
	struct rtls_stack_conf stack[2];       /* sizes and name are filled in */
	uint32_t backlog;
	uint32_t first_byte_us, handshake_us; /* of the listener */
	uint32_t caps;                        /* PORT_CAP_*, of both ends */
	uint32_t tso_max;
	uint16_t mtu;
	uint16_t rx_seg_len;
	uint16_t lazy_free;
	uint32_t nb_mbufs; /* of each receiver; what is on its way to it is in them, too */
	bool growing;      /* buffers without a size of stack[] are as the library has them */
	bool two_ways;     /* a second cable joins the stacks */
	const struct rtls_tlsnic_conf *other_nic[2]; /* over its ports */
	uint16_t other_mtu;
	struct cable_path path[2]; /* of both cables */
	cable_tap_fn tap;
	cable_filter_fn filter;
	void *arg; /* of both */
	/* Makes another port of the cable's, before a NIC or a stack sees it. NULL: it stays what it is. */
	void (*shape)(struct rtls_port *port, int end);
};

struct pair {
	struct cable *cable;
	struct rtls_port *port[2]; /* the cable's, or the NIC over it */
	struct cable *other;       /* two_ways; NULL: there is none */
	struct rtls_port *other_port[2];
	struct rtls_stack *stack[2]; /* NULL: the test destroyed it */
	struct rtls_sock *listener;  /* NULL: the test closed it */
	uint64_t now_us;
	uint64_t start[2][PAIR_LEVELS]; /* what was in use before anything happened */
};

/* conf NULL: all defaults. */
void pair_init(struct pair *p, const struct pair_conf *conf);

/* An end's address. */
struct rtls_addr pair_addr(int end, uint16_t port);

/* The same on the second cable. */
struct rtls_addr pair_other_addr(int end, uint16_t port);

/* From now on an end sends what goes to the other's first address by the second cable, or the first. */
void pair_move(struct pair *p, int end, bool other);

/* Opens a connection from local_port (0: any); socks[i] is the socket of end i. */
void pair_connect(struct pair *p, uint16_t local_port, struct rtls_sock *socks[2]);

/* Polls both stacks once and lets 10 us pass. Returns whether something happened. */
bool pair_turn(struct pair *p);

/* Until nothing happens any more without a timer. */
void pair_settle(struct pair *p);

/* Lets so much time pass, with all that happens in it. */
void pair_pass(struct pair *p, uint64_t us);

/* Lets time pass until it is so; false: it was not, within limit_us. */
bool pair_until(struct pair *p, bool (*is_so)(void *arg), void *arg, uint64_t limit_us);

/* A counter or level of a stack by its name. */
uint64_t pair_stat(const struct pair *p, int end, const char *name);

/* A counter of an end's port by its name. */
uint64_t pair_port_stat(const struct pair *p, int end, const char *name);

/* What is not as at the start at an end: a level's name; NULL: all is. */
const char *pair_leak(struct pair *p, int end);

/* Installs the same keys where end `from` sends and the other one receives. */
void pair_set_keys(struct rtls_sock *const socks[2], int from, const struct rtls_keys *keys);

/* What a socket has to report now; 0: nothing. At most 16 sockets may be ready. */
uint32_t pair_bits(struct pair *p, int end, const struct rtls_sock *k);

struct rtls_sock_info pair_info(const struct rtls_sock *k);

/* Sends all of it, polling for room. */
void pair_send(struct pair *p, struct rtls_sock *k, const void *bytes, size_t len);

/* Receives exactly len bytes, polling for them, and compares. */
void pair_expect(struct pair *p, struct rtls_sock *k, const void *bytes, size_t len);

/* A byte of the test pattern at an offset of a stream. */
static inline uint8_t
pair_byte(uint64_t off)
{
	return (uint8_t)((off * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

void pair_fill(uint8_t *out, uint64_t off, size_t len);

/* Does it hold the pattern? */
bool pair_matches(const uint8_t *bytes, uint64_t off, size_t len);

/* Waits until both ends have everything back (the sockets must be closed), then ends them. */
void pair_fini(struct pair *p);

#endif
