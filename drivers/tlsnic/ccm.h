/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * CCM (NIST SP 800-38C, RFC 3610) of a block cipher in pieces, with a nonce of 12 bytes and a tag of
 * 16. libcrypto takes a message whole, and so cannot open a record as its bytes come; it lends the block cipher, in
 * counter mode and as CBC, which is the MAC where all of its output but the last block is dropped.
 *
 * As nic_aead, but for one thing: the first block that is authenticated holds the length of the
 * message. The error queue is the caller's to restore.
 */
#ifndef TLSNIC_CCM_H
#define TLSNIC_CCM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/record.h"

struct nic_ccm;

/*
 * ctr, cbc: libcrypto's names of the block cipher in these modes, with keys of key_len bytes. NULL: no
 * memory, or a libcrypto that has it not.
 */
struct nic_ccm *nic_ccm_create(bool seal, const char *ctr, const char *cbc, const uint8_t *key,
			       uint32_t key_len);

/* A message of len bytes, below 2^24, with at most RECORD_AAD_MAX of aad. 0 or -EIO, as below. */
int nic_ccm_begin(struct nic_ccm *c, const uint8_t nonce[RECORD_NONCE_LEN], const uint8_t *aad,
		  uint32_t aad_len, uint32_t len);

/* -EIO, too, where there are more than were promised. out is in, or overlaps it nowhere. */
int nic_ccm_update(struct nic_ccm *c, const uint8_t *in, uint8_t *out, uint32_t len);

/* Where fewer came than were promised: -EIO, -EBADMSG. */
int nic_ccm_tag(struct nic_ccm *c, uint8_t tag[RECORD_TAG_LEN]);
int nic_ccm_verify(struct nic_ccm *c, const uint8_t tag[RECORD_TAG_LEN]);

/* 0 or -ENOMEM. */
int nic_ccm_copy(struct nic_ccm *to, const struct nic_ccm *from);

/* Wipes key and state; c may be NULL. */
void nic_ccm_destroy(struct nic_ccm *c);

#endif
