/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * ARP (RFC 826) for one port: the neighbour table and what is to be sent.
 * Addresses are in host order.
 *
 * The table holds ARP_WAYS entries per set, the set chosen by a keyed hash. Who
 * may take an entry from whom is the table's defence: a neighbour that proved to
 * be there (FRESH) gives way to nobody, and addresses being resolved may hold
 * ARP_INCOMPLETE_MAX entries of a set only, which also bounds the requests that a
 * flood can make us send. What is learned comes from ARP
 * packets alone, never from the source MAC of other traffic.
 *
 * A MAC that is known moves only when the neighbour was asked and does not answer: RFC 4861 7.2.5
 * for ARP. Who claims its address makes us ask everybody, at once; the answer of another MAC
 * counts when ARP_DOUBT_US have passed and the neighbour itself was not heard.
 */
#ifndef RTLS_NET_ARP_H
#define RTLS_NET_ARP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"
#include "net/arp_packet.h"
#include "net/siphash.h"

enum {
	ARP_WAYS = 8,
	ARP_INCOMPLETE_MAX = 2,
	/* RFC 826 names no numbers: these three are those of RFC 4861 10. */
	ARP_UNICAST_TRIES = 3,
	ARP_BROADCAST_TRIES = 3,
	ARP_REACHABLE_US = 30000000, /* a confirmation is good for so long */
	ARP_RETRY_US = 1000000,      /* per address: RFC 1122 2.3.2.1 */
	ARP_FAILED_US = 3000000,     /* an address without an answer is not asked for so long */
	ARP_DOUBT_US = 100000,       /* so long a neighbour may still answer for itself */
};

enum arp_state {
	ARP_FREE,
	ARP_INCOMPLETE, /* asked, no answer yet */
	ARP_FRESH,      /* MAC known and confirmed */
	ARP_STALE,      /* MAC known, used while it is asked again */
};

struct arp_entry {
	uint64_t confirmed_us; /* FRESH: since when */
	uint64_t asked_us;     /* when the last request went out; 0, with tries 0: none */
	uint64_t used_us;      /* last looked up or learned */
	uint64_t doubted_us;   /* doubted: since when */
	uint32_t ip;
	uint8_t mac[NET_MAC_LEN];
	uint8_t other[NET_MAC_LEN]; /* has_other: who else answered when we asked */
	uint8_t state;              /* enum arp_state */
	uint8_t tries;              /* requests since the last answer */
	bool doubted;               /* STALE: another MAC was claimed for ip */
	bool has_other;
};

struct arp_table {
	struct arp_entry *entries;
	uint32_t set_mask;
	uint32_t changes; /* moves whenever a MAC is learned, changed or dropped */
	uint8_t key[SIPHASH_KEY_LEN];
};

/* One of our addresses on the port. */
struct arp_own {
	uint32_t ip;
	uint32_t netmask;
};

/*
 * The table borrows entries; n is a power of two and at least ARP_WAYS, well
 * chosen at four times the neighbours expected. key is random, made at start.
 * 0 or -EINVAL.
 */
int arp_table_init(struct arp_table *t, struct arp_entry *entries, size_t n,
		   const uint8_t key[SIPHASH_KEY_LEN]);

enum arp_verdict {
	ARP_FOUND,         /* mac is set */
	ARP_FOUND_ASK,     /* mac is set; also send a request to it */
	ARP_FOUND_ASK_ALL, /* mac is set; also broadcast a request */
	ARP_RESOLVE,       /* broadcast a request, then as ARP_WAIT */
	ARP_WAIT,          /* not known yet: look again at again_us */
	ARP_FAILED,        /* nobody answers: as unreachable; asked anew from again_us on */
};

struct arp_answer {
	enum arp_verdict verdict;
	uint8_t mac[NET_MAC_LEN];
	uint64_t again_us; /* look again then; FOUND*: UINT64_MAX, unless the MAC is in doubt */
};

/*
 * The MAC of a next hop. The verdict that asks for a request counts it as sent
 * at now_us. Whoever keeps a copy of a MAC looks again when changes has moved,
 * and every few seconds, as it is the lookup that has a STALE neighbour asked.
 */
struct arp_answer arp_lookup(struct arp_table *t, uint32_t ip, uint64_t now_us);

/* TCP made progress with this next hop: its MAC is good (RFC 1122 2.3.2.1, RFC 4861 7.3.1). */
void arp_confirm(struct arp_table *t, uint32_t ip, uint64_t now_us);

/* TCP makes no progress with it: use the MAC, but ask. */
void arp_suspect(struct arp_table *t, uint32_t ip);

enum arp_act {
	ARP_IGNORED,  /* not for us, or nothing new */
	ARP_BAD,      /* malformed, or a sender that cannot be */
	ARP_REFUSED,  /* would change the MAC of a neighbour: dropped */
	ARP_DOUBTED,  /* the same, and ip is to be asked for: broadcast a request */
	ARP_CONFLICT, /* somebody else claims own_ip (RFC 5227 2.4) */
	ARP_LEARNED,  /* the MAC of ip is new or changed: what waits for it can go */
};

struct arp_action {
	enum arp_act act; /* what became of the table */
	bool reply;       /* a request for own_ip: send arp_write_reply, whatever act says */
	uint32_t ip;      /* the sender's; 0 in a probe (RFC 5227 2.1.1) */
	uint32_t own_ip;  /* CONFLICT and reply: which of ours is meant */
	uint8_t mac[NET_MAC_LEN]; /* the sender's */
};

/*
 * A received ARP packet of len bytes (Ethernet header taken off, padding may
 * follow). own are the n_own addresses of the port.
 */
struct arp_action arp_input(struct arp_table *t, const struct arp_own *own, uint32_t n_own,
			    const uint8_t *pkt, uint32_t len, uint64_t now_us);

/*
 * Whole frames of ARP_FRAME_LEN bytes, the length that is returned. A request
 * asks for ip on behalf of own_ip, to dst_mac or, NULL, to everybody. A reply
 * answers an action whose reply is set.
 */
uint32_t arp_write_request(uint8_t *out, const uint8_t own_mac[NET_MAC_LEN], uint32_t own_ip,
			   uint32_t ip, const uint8_t *dst_mac);
uint32_t arp_write_reply(uint8_t *out, const uint8_t own_mac[NET_MAC_LEN],
			 const struct arp_action *a);

#endif
