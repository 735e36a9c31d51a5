/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Jobs become calls of the device: successive ones of a key and a way are one
 * call, of vectors that live on the stack.
 */
#ifndef RTLS_CRYPTO_CRYPTODEV_BATCH_H
#define RTLS_CRYPTO_CRYPTODEV_BATCH_H

#include "crypto/cryptodev_state.h"

/* The provider's process(). */
void cryptodev_process(const struct crypto_provider *p, enum crypto_dir dir,
		       struct crypto_job *jobs, uint16_t n);

#endif
