/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What paths take: destinations behind a link with a smaller MTU than ours, for new connections to
 * them. A table of fixed size in sets of MTU_WAYS, chosen by a keyed hash; in a full set the one
 * that would be forgotten first goes. What was told is good for MTU_KEEP_US: paths change.
 */
#ifndef RTLS_NET_MTU_TABLE_H
#define RTLS_NET_MTU_TABLE_H

#include <stdint.h>

#include "net/addr.h"
#include "net/siphash.h"

enum {
	MTU_WAYS = 4,
	MTU_SETS = 64, /* a power of two */
};

#define MTU_KEEP_US UINT64_C(600000000) /* RFC 1191 6.3: 10 minutes */

struct mtu_entry {
	struct net_addr remote;
	uint64_t until_us; /* 0: free */
	uint16_t mtu;
};

struct mtu_table {
	struct mtu_entry entries[MTU_SETS * MTU_WAYS];
	uint8_t key[SIPHASH_KEY_LEN];
};

/* key is random, made at start. */
void mtu_table_init(struct mtu_table *t, const uint8_t key[SIPHASH_KEY_LEN]);

/* The path to remote takes packets of mtu bytes. Larger than what is known: no news. */
void mtu_table_note(struct mtu_table *t, const struct net_addr *remote, uint16_t mtu,
		    uint64_t now_us);

/* 0: nothing is known. */
uint16_t mtu_table_find(const struct mtu_table *t, const struct net_addr *remote, uint64_t now_us);

#endif
