/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * AES-128-GCM in pieces, for one direction of one context: a record is sealed or opened as
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

enum { NIC_AEAD_KEY_LEN = 16, NIC_AEAD_NONCE_LEN = 12, NIC_AEAD_TAG_LEN = 16 };

struct nic_aead;

/* NULL: no memory, or a libcrypto that has no AES-128-GCM. */
struct nic_aead *nic_aead_create(bool seal, const uint8_t key[NIC_AEAD_KEY_LEN]);

/* 0 or -EIO, as the calls below. */
int nic_aead_begin(struct nic_aead *a, const uint8_t nonce[NIC_AEAD_NONCE_LEN], const uint8_t *aad,
		   uint32_t aad_len);

/* The next len bytes, which may be 0. out is in, or overlaps it nowhere. */
int nic_aead_update(struct nic_aead *a, const uint8_t *in, uint8_t *out, uint32_t len);

/* Ends what was sealed. */
int nic_aead_tag(struct nic_aead *a, uint8_t tag[NIC_AEAD_TAG_LEN]);

/* Ends what was opened: 0, or -EBADMSG: none of it is what the peer sealed. */
int nic_aead_verify(struct nic_aead *a, const uint8_t tag[NIC_AEAD_TAG_LEN]);

/*
 * Makes to what from is: key, direction, and what was begun. 0 or -ENOMEM; then to is good
 * for nothing but another copy and the end.
 */
int nic_aead_copy(struct nic_aead *to, const struct nic_aead *from);

/* Wipes key and state; a may be NULL. */
void nic_aead_destroy(struct nic_aead *a);

#endif
