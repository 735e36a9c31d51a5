/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One direction of the records that libssl goes on sealing and opening by itself while the socket has
 * its keys. Between the two stands this: libssl's records are opened in memory, and what the socket
 * opened is sealed again, under libssl's record numbers. These bytes never reach the wire: there
 * the socket's records are the only ones under the key.
 */
#ifndef RTLS_HANDSHAKE_SHADOW_H
#define RTLS_HANDSHAKE_SHADOW_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <openssl/types.h>

#include "core/record.h"

#include <recordtls/tls.h>

enum {
	/* Behind the plaintext that is to be sealed, and in front of it. */
	SHADOW_BEFORE = RECORD_HDR_LEN + 8,
	SHADOW_BEHIND = 1 + RECORD_TAG_LEN,
};

struct shadow {
	const struct record_suite *suite; /* NULL: there is none */
	EVP_CIPHER_CTX *ctx;
	uint8_t base_iv[RECORD_NONCE_LEN];
	uint64_t rec_no; /* libssl's next record */
};

/* From the first record under these keys on; seals: what libssl reads. 0, or -ENOMEM: as it was. */
int shadow_set(struct shadow *s, const struct rtls_keys *keys, bool seals);

/*
 * A record of libssl's, whole: its plaintext is left at *plain, within rec. Returns its length, or
 * -EBADMSG: it is none under the key.
 */
ssize_t shadow_open(struct shadow *s, uint8_t *rec, size_t len, uint8_t *type, uint8_t **plain);

/* A record for libssl: plain is at rec + SHADOW_BEFORE, with SHADOW_BEHIND bytes of room behind it. Its
 * first byte is at *out. Returns its length, or -EIO. */
ssize_t shadow_seal(struct shadow *s, uint8_t *rec, size_t plain_len, uint8_t type, uint8_t **out);

static inline bool
shadow_there(const struct shadow *s)
{
	return s->suite != NULL;
}

/* Wipes. */
void shadow_fini(struct shadow *s);

#endif
