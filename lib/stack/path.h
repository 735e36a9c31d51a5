/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Where a connection's packets go: port, next hop and the next hop's MAC, which
 * is copied from the neighbour table and checked against its change counter.
 */
#ifndef RTLS_STACK_PATH_H
#define RTLS_STACK_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "net/addr.h"

struct rtls_stack;
struct rtls_sock;
struct netif;

struct path {
	uint32_t next_hop; /* IPv4, host order */
	uint32_t own_ip;
	uint32_t arp_changes; /* of the table when mac was copied */
	uint64_t look_us;     /* look the neighbour up again then */
	uint64_t confirm_us;  /* progress before this need not be told to the table */
	uint64_t since_us;    /* there is no MAC since then; 0: there is one */
	uint64_t retry_us;    /* waiting: look again then; UINT64_MAX: not waiting */
	uint8_t mac[NET_MAC_LEN];
	uint8_t netif; /* index of the stack's netif */
	bool listed;   /* on stack->path_list */
};

enum path_verdict {
	PATH_READY,  /* mac is good */
	PATH_WAIT,   /* a request is out */
	PATH_FAILED, /* nobody answers */
};

/* Fills port, next hop and own address for a destination. 0 or -EHOSTUNREACH. */
int path_find(struct rtls_stack *s, const struct net_addr *remote, struct path *out);

/* Makes sure that the MAC is known; sends requests as needed. */
enum path_verdict path_resolve(struct rtls_stack *s, struct path *p);

/* Event: somebody claims ip for another MAC (ARP_DOUBTED): everybody is asked for it. */
void path_doubted(struct rtls_stack *s, struct netif *nif, uint32_t ip);

/* The connection waits for its neighbour; it is scheduled when an answer comes. */
void path_wait(struct rtls_sock *sock);
void path_unwait(struct rtls_sock *sock);

/* Event: the table learned something; all that wait look again. */
void path_learned(struct rtls_stack *s);

/* Event: the peer acknowledged something new, so the next hop is there. */
void path_progress(struct rtls_stack *s, struct path *p);

#endif
