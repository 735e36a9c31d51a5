/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * AEAD by OpenSSL's libcrypto. A key is a cipher context with the key schedule
 * already expanded; a job sets the nonce and runs. Nothing is fetched or
 * allocated per job, and the calling thread's OpenSSL error queue is left as it
 * was found: it belongs to the program.
 */
#ifndef RTLS_CRYPTO_LIBCRYPTO_H
#define RTLS_CRYPTO_LIBCRYPTO_H

#include "crypto/provider.h"

/* Anywhere, no set-up; the suites of core/record. One thread per key. */
const struct crypto_provider *crypto_libcrypto(void);

#endif
