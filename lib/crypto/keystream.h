/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The key stream of an AEAD: what it xors with a record's inner bytes. All AEADs of TLS are a
 * stream cipher beside a tag, so doing it again undoes what somebody else has done, in any part
 * of a record, without the rest and without its tag. It proves nothing about the bytes.
 */
#ifndef RTLS_CRYPTO_KEYSTREAM_H
#define RTLS_CRYPTO_KEYSTREAM_H

#include <sys/uio.h>

#include "core/record.h"

struct keystream;

/*
 * For all records under a key; copies s->key_len bytes of it. One thread per object.
 * 0; -ENOTSUP: not this suite; -ENOMEM. On an error *out is untouched.
 */
int keystream_create(const struct record_suite *s, const uint8_t *key, struct keystream **out);

/*
 * Xors the n pieces, which lie one behind the other in a record, in place. off: bytes between the
 * record's first inner byte and the first of them. The cost is that of the bytes alone,
 * wherever they are; nothing is allocated, and the thread's OpenSSL error queue stays as it was.
 * 0; -EIO: libcrypto failed, and the bytes are neither the one nor the other.
 */
int keystream_xor(struct keystream *ks, const uint8_t nonce[RECORD_NONCE_LEN], uint32_t off,
		  const struct iovec *pieces, size_t n);

/* Wipes and frees; NULL is fine. */
void keystream_destroy(struct keystream *ks);

#endif
