/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* DPDK's words for how a record is sealed: what a session of a crypto device and one of
 * rte_security are made of. */
#ifndef RTLS_CRYPTO_AEAD_XFORM_H
#define RTLS_CRYPTO_AEAD_XFORM_H

#include <stdbool.h>

#include <rte_crypto_sym.h>

#include "core/record.h"

/* DPDK's numbers, by enum record_aead; 0, which is none of them: not carried. */
extern const enum rte_crypto_aead_algorithm aead_xform_algos[RECORD_AEADS];

/*
 * Does DPDK want of this AEAD the nonce one byte into a block, and the additional data 18 bytes into
 * a whole number of them? rte_crypto_sym.h: the device makes its first blocks of that, in place.
 */
bool aead_xform_in_blocks(const struct record_suite *s);

/* Does sealing read a byte of the plaintext twice, for the tag and for the cipher? Decision 56. */
bool aead_xform_reads_twice(const struct record_suite *s);

/* Of a suite whose AEAD has a number. Borrows the key. */
struct rte_crypto_sym_xform aead_xform(const struct record_suite *s, bool seal, const uint8_t *key);

#endif
