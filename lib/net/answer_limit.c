/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/answer_limit.h"

#include <errno.h>

enum {
	ANSWER = 1000000, /* so a microsecond earns per_s millionths */
	SECOND_US = 1000000,
};

static void
credit_full(struct answer_credit *c, const struct answer_rate *rate)
{
	c->filled_us = 0;
	for (int kind = 0; kind < ANSWER_KINDS; kind++)
		c->left[kind] = rate->burst;
}

/* What the time since the last filling earned; true: all kinds are full. */
static bool
credit_fill(struct answer_credit *c, const struct answer_rate *rate, uint64_t now_us)
{
	uint64_t us = now_us > c->filled_us ? now_us - c->filled_us : 0;
	bool full = true;

	/* No burst of ours takes longer to earn, unless it is 2 answers at 1 a second. */
	if (us > 2 * SECOND_US)
		us = 2 * SECOND_US;
	for (int kind = 0; kind < ANSWER_KINDS; kind++) {
		c->left[kind] += us * rate->per_s;
		if (c->left[kind] > rate->burst)
			c->left[kind] = rate->burst;
		full &= c->left[kind] == rate->burst;
	}
	if (now_us > c->filled_us)
		c->filled_us = now_us;
	return full;
}

int
answer_limit_init(struct answer_limit *l, struct answer_remote *remotes, size_t n,
		  uint32_t per_remote, uint32_t per_stack, const uint8_t key[SIPHASH_KEY_LEN])
{
	uint64_t at_once = per_stack / 5 > 2 ? per_stack / 5 : 2;

	if (n < ANSWER_WAYS || n > UINT32_MAX || (n & (n - 1)) != 0 || per_remote == 0 ||
	    per_stack == 0)
		return -EINVAL;
	*l = (struct answer_limit){
		.remotes = remotes,
		.set_mask = (uint32_t)(n / ANSWER_WAYS - 1),
		.per_remote = { .per_s = per_remote, .burst = (uint64_t)per_remote * ANSWER },
		.per_stack = { .per_s = per_stack, .burst = at_once * ANSWER },
	};
	memcpy(l->key, key, SIPHASH_KEY_LEN);
	credit_full(&l->all, &l->per_stack);
	memset(remotes, 0, n * sizeof(*remotes));
	for (size_t i = 0; i < n; i++)
		credit_full(&remotes[i].credit, &l->per_remote);
	return 0;
}

/* The remote's place, which may be a new one; NULL: there is none. */
static struct answer_remote *
remote_place(struct answer_limit *l, const struct net_addr *addr, uint64_t now_us)
{
	uint32_t hash = (uint32_t)siphash13(l->key, addr, sizeof(*addr));
	struct answer_remote *set = &l->remotes[(hash & l->set_mask) * ANSWER_WAYS];
	struct answer_remote *vacant = NULL;

	for (struct answer_remote *r = set; r < set + ANSWER_WAYS; r++) {
		bool full = credit_fill(&r->credit, &l->per_remote, now_us);

		if (net_addr_equal(&r->addr, addr))
			return r;
		if (full)
			vacant = r;
	}
	if (vacant != NULL)
		vacant->addr = *addr; /* full, as a newcomer's is */
	return vacant;
}

/* What an answer takes from the limit for all. */
static uint64_t
draw_cost(struct answer_limit *l)
{
	uint64_t n = l->draws++;

	return ANSWER + siphash13(l->key, &n, sizeof(n)) % (ANSWER / 2);
}

bool
answer_limit_take(struct answer_limit *l, enum answer_kind kind, const struct net_addr *remote,
		  uint64_t now_us)
{
	uint64_t cost = draw_cost(l);
	struct answer_remote *r;

	credit_fill(&l->all, &l->per_stack, now_us);
	if (l->all.left[kind] < cost)
		return false;
	r = remote_place(l, remote, now_us);
	if (r == NULL || r->credit.left[kind] < ANSWER)
		return false;
	r->credit.left[kind] -= ANSWER;
	l->all.left[kind] -= cost;
	return true;
}

const char *
answer_kind_name(enum answer_kind kind)
{
	switch (kind) {
	case ANSWER_RESET:
		return "an RST";
	case ANSWER_CHALLENGE:
		return "a challenge ACK";
	case ANSWER_TIME_WAIT:
		return "an ACK from TIME-WAIT";
	case ANSWER_ECHO:
		return "an echo reply";
	case ANSWER_ARP:
		return "an ARP reply";
	case ANSWER_KINDS:
		break;
	}
	return "unknown";
}
