/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A place of ours in each SSL_CTX, for what the adapter keeps there. */
#ifndef RTLS_HANDSHAKE_CTX_PLACE_H
#define RTLS_HANDSHAKE_CTX_PLACE_H

#include <stdatomic.h>

#include <openssl/crypto.h>

/*
 * The place, the same in all of them; -1: no memory. known is the user's own, -1 at first; on_free
 * ends what stands there with its SSL_CTX. Any thread.
 */
int ctx_place(atomic_int *known, CRYPTO_EX_free *on_free);

#endif
