/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * An AEAD in pieces, for one direction of one context: a record is sealed or opened as
 * its bytes come, however they are cut, and between two pieces the state can be copied.
 *
 * A record is begin, any number of updates, and tag or verify; begin may be called at any
 * time and forgets what was begun before. The calling thread's OpenSSL error queue is left
 * as it was found: it belongs to the program.
 */
#ifndef TLSNIC_AEAD_H
#define TLSNIC_AEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record.h"

enum { NIC_AEAD_NONCE_LEN = RECORD_NONCE_LEN, NIC_AEAD_TAG_LEN = RECORD_TAG_LEN };

struct nic_aead;

/* Can it be computed, as far as is known without a key? */
bool nic_aead_has(const struct record_suite *s);

/* key: s->key_len bytes. NULL: not this suite, no memory, or a libcrypto that has it not. */
struct nic_aead *nic_aead_create(bool seal, const struct record_suite *s, const uint8_t *key);

/* A record that seals, or has sealed, len bytes. 0 or -EIO, as the calls below. */
int nic_aead_begin(struct nic_aead *a, const uint8_t nonce[NIC_AEAD_NONCE_LEN], const uint8_t *aad,
		   uint32_t aad_len, uint32_t len);

/* The next len bytes, which may be 0. out is in, or overlaps it nowhere. */
int nic_aead_update(struct nic_aead *a, const uint8_t *in, uint8_t *out, uint32_t len);

/* Ends what was sealed. */
int nic_aead_tag(struct nic_aead *a, uint8_t tag[NIC_AEAD_TAG_LEN]);

/* Ends what was opened: 0, or -EBADMSG: none of it is what the peer sealed. */
int nic_aead_verify(struct nic_aead *a, const uint8_t tag[NIC_AEAD_TAG_LEN]);

/*
 * Makes to, which is of the same suite, what from is: key, direction, and what was begun. 0 or
 * -ENOMEM; then to is good for nothing but another copy and the end.
 */
int nic_aead_copy(struct nic_aead *to, const struct nic_aead *from);

/* Wipes key and state; a may be NULL. */
void nic_aead_destroy(struct nic_aead *a);

#endif
