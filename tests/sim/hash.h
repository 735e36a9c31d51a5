/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* SHA-256; a failure ends the program. */
#ifndef RTLS_SIM_HASH_H
#define RTLS_SIM_HASH_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

EVP_MD_CTX *hash_begin(void);

void hash_update(EVP_MD_CTX *hash, const void *bytes, size_t len);

/* Frees it. */
void hash_end(EVP_MD_CTX **hash, uint8_t out[32]);

#endif
