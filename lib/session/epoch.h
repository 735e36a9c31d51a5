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

enum {
	/* The newest and those that drain: so many contexts at most has a direction in the device. */
	EPOCHS_MAX = 5,
};

/* What the context of a sending epoch was handed of the stream. */
struct epoch_sent {
	uint64_t next_off;    /* behind the newest byte that the port took */
	uint64_t planned_off; /* the same with what is planned */
	uint64_t in_step_off; /* where it was started, or put in step last */
	uint64_t by_hand_off; /* it is not asked about what lies in front: sealed here */
	bool out_of_step;     /* it waits for a resync; until then software seals */
};

/*
 * Where the marks of one context of a receiving epoch mean something, [start_off, end_off). Its last
 * marked packet ends there, and that in which the next one starts may be marked from its first byte.
 */
struct epoch_marks {
	uint64_t start_off; /* a record's; UINT64_MAX: it has not started */
	uint64_t end_off;   /* UINT64_MAX: more may come */
};

/* A socket has ten places for one, so it is kept small. In front: what each record touches. */
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
			struct epoch_marks marks;  /* the last context's */
			struct epoch_marks before; /* of one before it: ended, and not read yet */
		} rx;
	};
	struct offload_ctx ctx;
	struct crypto_key *undo; /* RX: seals again what a device opened; NULL: none may have it */
	uint8_t secret[RECORD_KEY_MAX]; /* the key itself, for a device that is asked later */
};

/* The epochs of a direction. All zero: no keys yet. */
struct epochs {
	struct session_epoch *now; /* the newest; NULL: no keys yet */
	uint32_t nb_keys;          /* how many there were */
	uint32_t nb_waiting;       /* LEAVING or DRAINING: for what refers to them to go */
	struct session_epoch of[EPOCHS_MAX];
};

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

/* A place for the next key, all zero; NULL: four are in use besides the newest. */
struct session_epoch *epochs_place(struct epochs *all);

/* Is there one? */
bool epochs_have_place(const struct epochs *all);

/*
 * The next key of a direction, in a place that epochs_place() gave: key is taken, keys are
 * borrowed. It is in force; its state is GONE until lib/stack steps it, which is software.
 */
void epochs_install(struct epochs *all, struct session_epoch *e, const struct record_suite *s,
		    const struct rtls_keys *keys, struct crypto_key *key);

/* The keys as they would be installed at record rec_no; the caller wipes *out. */
void session_epoch_keys(const struct session_epoch *e, uint64_t rec_no, struct rtls_keys *out);

/* Is it there, old, and stepped by nobody? Where nothing refers to it, it can be wiped. */
static inline bool
session_epoch_unstepped(const struct epochs *all, const struct session_epoch *e)
{
	return e->key != NULL && e != all->now && e->core.state == EPOCH_GONE;
}

/* Wipes key and IV. The context, if there is one, is closed already. The place is free. */
void session_epoch_wipe(struct session_epoch *e, const struct crypto_provider *p);

/* All of them. */
void epochs_fini(struct epochs *all, const struct crypto_provider *p);

#endif
