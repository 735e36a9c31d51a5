/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/used_keys.h"

#include <errno.h>
#include <string.h>

struct used_key
used_key_of(const uint8_t secret[SIPHASH_KEY_LEN], const struct record_suite *s,
	    const struct rtls_keys *keys)
{
	return (struct used_key){
		.key_hash = siphash24(secret, keys->key, s->key_len),
		.iv_hash = siphash24(secret, keys->iv, sizeof(keys->iv)),
		.next_no = keys->rec_no,
		.once = s->explicit_nonce_len != 0,
	};
}

/* Where a key stands, nb: nowhere. */
static uint8_t
find(const struct used_keys *u, const struct used_key *k)
{
	uint8_t i;

	for (i = 0; i < u->nb; i++) {
		if (u->of[i].key_hash == k->key_hash)
			break;
	}
	return i;
}

int
used_keys_check(const struct used_keys *u, uint64_t next_no, const struct used_keys *other,
		const struct used_key *k)
{
	uint8_t at = find(u, k);

	if (find(other, k) < other->nb)
		return -EINVAL;
	if (at == u->nb)
		return 0;
	if (at > 0)
		next_no = u->of[at].next_no;
	if (k->once || u->of[at].once || u->of[at].iv_hash != k->iv_hash || k->next_no < next_no)
		return -EALREADY;
	return 0;
}

uint64_t
used_keys_add(struct used_keys *u, uint64_t next_no, uint64_t records, const struct used_key *k)
{
	struct used_key now = *k;
	uint8_t at;

	if (u->nb > 0) {
		u->of[0].next_no = next_no;
		u->of[0].records = records;
	}
	at = find(u, k);
	if (at < u->nb)
		now.records = u->of[at].records;
	else if (u->nb < USED_KEYS_MAX)
		u->nb++;
	else
		at = USED_KEYS_MAX - 1;
	memmove(&u->of[1], &u->of[0], at * sizeof(u->of[0]));
	u->of[0] = now;
	return now.records;
}
