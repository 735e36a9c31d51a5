/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * How often junk is answered: per kind of answer so many a second to one remote
 * address, and so many to all. Kinds are counted apart, so that a forged source
 * uses up one kind of what its owner is due, not all.
 *
 * Remotes have places in a table of ANSWER_WAYS per set, the set chosen by a keyed
 * hash. A place changes hands only when its remote could take a whole burst of
 * every kind, so nobody gains by being forgotten, however many sources are forged.
 * A set without such a place answers no newcomer. Only an answer keeps a place, so
 * the limit for all also bounds how many can be kept.
 *
 * What the limit for all still gives could be counted from outside, and would tell of
 * answers to others (CVE-2016-5696, CVE-2020-25705). So an answer takes from it 1 to 1.5 of
 * what it takes from its remote's, at random.
 */
#ifndef RTLS_NET_ANSWER_LIMIT_H
#define RTLS_NET_ANSWER_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"
#include "net/siphash.h"

enum answer_kind {
	ANSWER_RESET,
	ANSWER_CHALLENGE,
	ANSWER_TIME_WAIT,
	ANSWER_ECHO,
	ANSWER_ARP,
	ANSWER_KINDS,
};

/* "an RST": in words, for the log. */
const char *answer_kind_name(enum answer_kind kind);

enum {
	ANSWER_WAYS = 8,
	ANSWER_PER_REMOTE = 10, /* a second, by default */
	ANSWER_PER_STACK = 1000,
};

/* Token buckets, filled up to one time. */
struct answer_credit {
	uint64_t filled_us;
	uint64_t left[ANSWER_KINDS]; /* millionths of an answer */
};

struct answer_remote {
	struct net_addr addr;
	struct answer_credit credit;
};

static_assert(sizeof(struct answer_remote) == 64, "a remote costs a line");

/* A rate, and what may go at once after a silence. */
struct answer_rate {
	uint32_t per_s;
	uint64_t burst; /* millionths of an answer */
};

struct answer_limit {
	struct answer_remote *remotes;
	uint32_t set_mask;
	struct answer_rate per_remote; /* a burst is what one second earns */
	struct answer_rate per_stack;  /* a fifth of that, at least 2 answers */
	struct answer_credit all;
	uint64_t draws;
	uint8_t key[SIPHASH_KEY_LEN];
};

/*
 * Borrows the remotes; n is a power of two and at least ANSWER_WAYS. Rates are answers a second
 * of each kind, at least 1; all buckets are full. key is random, made at start. 0 or -EINVAL.
 */
int answer_limit_init(struct answer_limit *l, struct answer_remote *remotes, size_t n,
		      uint32_t per_remote, uint32_t per_stack, const uint8_t key[SIPHASH_KEY_LEN]);

/* May this answer go? Then it is counted as sent. Time that runs backwards earns nothing. */
bool answer_limit_take(struct answer_limit *l, enum answer_kind kind, const struct net_addr *remote,
		       uint64_t now_us);

#endif
