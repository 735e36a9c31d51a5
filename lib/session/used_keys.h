/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Which keys one direction of a connection has had, and the first record number not used under
 * each: so that no key seals two records under one nonce, and none opens a record twice. The last
 * USED_KEYS_MAX keys are remembered, as keyed hashes from which no key can be told.
 *
 * The same key again needs the same IV, and a number not used yet. Another IV is refused whatever
 * the number, as nonces are IV xor number (RFC 8446 5.3): those of two IVs can meet. With an
 * explicit nonce (RFC 5288 3) the number says nothing about it: a key is used once. No key is for
 * both directions, as both count from 0 (NIST SP 800-38D 8).
 */
#ifndef RTLS_SESSION_USED_KEYS_H
#define RTLS_SESSION_USED_KEYS_H

#include <recordtls/tls.h>

#include "core/record.h"
#include "net/siphash.h"

enum { USED_KEYS_MAX = 4 };

struct used_key {
	uint64_t key_hash;
	uint64_t iv_hash;
	uint64_t next_no; /* of the one in force: its first number; of others: the first unused */
	uint64_t records; /* sealed under it until it was left */
	uint8_t once;     /* never again, whatever the number */
};

/* All zero: none yet. */
struct used_keys {
	struct used_key of[USED_KEYS_MAX]; /* the one in force first */
	uint8_t nb;
};

/* What is remembered of keys of a suite; the secret must outlive all that was made with it. */
struct used_key used_key_of(const uint8_t secret[SIPHASH_KEY_LEN], const struct record_suite *s,
			    const struct rtls_keys *keys);

/*
 * May the direction that had these keys go on with this one? next_no: the first unused number of
 * the one in force. 0; -EALREADY: a nonce could be used again; -EINVAL: the other direction has,
 * or had, the key.
 */
int used_keys_check(const struct used_keys *u, uint64_t next_no, const struct used_keys *other,
		    const struct used_key *k);

/*
 * This one is in force from here on; the former ended before next_no, after so many records.
 * Returns how many records were sealed under the new one before.
 */
uint64_t used_keys_add(struct used_keys *u, uint64_t next_no, uint64_t records,
		       const struct used_key *k);

#endif
