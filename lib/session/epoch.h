/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The keys of one direction, as objects: an epoch is a key, with its IV, the numbers of its records
 * and the device's context that uses it. Whoever holds something that this key alone can seal, or
 * undo, refers to its epoch; the last one gone, key and IV are wiped.
 *
 * A record's number belongs to the epoch, never to a context: contexts come and go under one key.
 *
 * lib/stack/mode steps the state; what a context was handed, and which marks are its, stands here
 * because queued records and received bytes outlive the step that made them.
 */
#ifndef RTLS_SESSION_EPOCH_H
#define RTLS_SESSION_EPOCH_H

#include "core/epoch.h"
#include "core/record.h"
#include "crypto/provider.h"
#include "offload/security.h"

struct keystream;
struct rte_mempool;

enum {
	/* The newest and those that drain: so many contexts at most has a direction in the device. */
	EPOCHS_MAX = 5,
	/* That many a direction always gets: the one in force, and one that drains. */
	EPOCHS_OWN = 2,
};

/* What the context of a sending epoch was handed of the stream. */
struct epoch_sent {
	uint64_t next_off;    /* behind the newest byte that the port took */
	uint64_t planned_off; /* the same with what is planned */
	uint64_t in_step_off; /* where it was started, or put in step last */
	uint64_t by_hand_off; /* it is not asked about what lies in front: sealed here */
	bool out_of_step;     /* it waits for a resync; until then software seals */
};

/* In front: what each record touches. */
struct session_epoch {
	struct epoch core;            /* first: records refer to it */
	uint32_t no;                  /* 1 for a direction's first keys */
	uint8_t iv[RECORD_NONCE_LEN]; /* of record number 0 */
	const struct record_suite *suite;
	struct crypto_key *key;
	union {
		struct {
			uint64_t rec_no;  /* of the next record to be closed */
			uint64_t records; /* sealed under this key */
			struct epoch_sent sent;
		} tx;
		struct {
			uint64_t base; /* number of a record less its index in the direction */
			uint64_t vouched_no; /* the last record that was opened, or is to be */
			uint16_t generation; /* in marks that may come; 0: none may */
			bool marks_open;     /* and they may still come */
			bool opened;         /* there was one */
		} rx;
	};
	struct offload_ctx ctx;
	struct keystream *undo; /* RX: of what a device opened; NULL: none may have the key */
	uint8_t secret[RECORD_KEY_MAX]; /* the key itself, for a device that is asked later */
};

/*
 * Where a stack's epochs come from. It holds EPOCHS_OWN for each direction that there may be, and
 * max_beyond more, which whoever renews its keys faster than they drain shares with the others.
 */
struct epoch_pool {
	struct rte_mempool *mem; /* of struct session_epoch */
	uint32_t nb_beyond;      /* of all directions, what they have above EPOCHS_OWN */
	uint32_t max_beyond;
	bool wanted; /* there was none for somebody, who is to be told when there is */
};

/* The epochs of a direction, in the order of their places. All zero but for its pool: no keys yet. */
struct epochs {
	struct session_epoch *now; /* the newest; NULL: no keys yet */
	struct epoch_pool *pool;
	uint32_t nb_keys;    /* how many there were */
	uint16_t nb_waiting; /* LEAVING or DRAINING: for what refers to them to go */
	uint16_t nb;         /* there are */
	struct session_epoch *of[EPOCHS_MAX]; /* NULL: a place for the next key */
};

/* Of a direction without keys. */
extern const struct epochs epochs_none;

static inline struct session_epoch *
session_epoch_of(struct epoch *e)
{
	return (struct session_epoch *)e;
}

/* Has the newest a context that is to be started? Each segment in order asks, and each read. */
static inline bool
epochs_waits_for_start(const struct epochs *all)
{
	return all->now != NULL && all->now->core.state == EPOCH_ADDED;
}

/*
 * The epoch at place *i or the next one behind it, *i being moved past it; NULL: there is none. The
 * walk may wipe any of them.
 */
static inline struct session_epoch *
epochs_next(const struct epochs *all, uint32_t *i)
{
	while (*i < EPOCHS_MAX) {
		struct session_epoch *e = all->of[(*i)++];

		if (e != NULL)
			return e;
	}
	return NULL;
}

/* Is there a place for the next key? Not while four are in use besides the newest, nor, above
 * EPOCHS_OWN, while others have all that the pool has for such. */
bool epochs_have_place(const struct epochs *all);

/* An epoch for the next key, all zero, or NULL. Who installs nothing in it wipes it. */
struct session_epoch *epochs_place(struct epochs *all);

/*
 * The next key of a direction, in a place that epochs_place() gave: key is taken, keys are
 * borrowed. It is in force; its state is GONE until lib/stack steps it, which is software.
 */
void epochs_install(struct epochs *all, struct session_epoch *e, const struct record_suite *s,
		    const struct rtls_keys *keys, struct crypto_key *key);

/* The keys as they would be installed at record rec_no; the caller wipes *out. */
void session_epoch_keys(const struct session_epoch *e, uint64_t rec_no, struct rtls_keys *out);

/* Has it a key, old, and stepped by nobody? Where nothing refers to it, it can be wiped. */
static inline bool
session_epoch_unstepped(const struct epochs *all, const struct session_epoch *e)
{
	return e->key != NULL && e != all->now && e->core.state == EPOCH_GONE;
}

/* Wipes key and IV. The context, if there is one, is closed already. The place is free, e is gone. */
void session_epoch_wipe(struct epochs *all, struct session_epoch *e,
			const struct crypto_provider *p);

/* All of them. */
void epochs_fini(struct epochs *all, const struct crypto_provider *p);

#endif
