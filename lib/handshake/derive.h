/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Keys as libssl derives them, where it does not hand them over: from a traffic secret in TLS 1.3,
 * from the master secret in TLS 1.2.
 */
#ifndef RTLS_HANDSHAKE_DERIVE_H
#define RTLS_HANDSHAKE_DERIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include <recordtls/tls.h>

struct record_suite;

/* The row of the suite that ssl has agreed on; NULL: there is none. */
const struct record_suite *derive_suite(const SSL *ssl);

/*
 * RFC 8446 7.3: the keys of a direction of ssl whose traffic secret this is, from record 0 on. False:
 * its suite is not carried, or no memory; *out is wiped then.
 */
bool derive_from_secret(const SSL *ssl, const uint8_t *secret, size_t len, struct rtls_keys *out);

/*
 * RFC 5246 6.3: the keys of a direction of ssl, whose master secret is known, from record 0 on. What
 * goes first as explicit nonce is drawn at random, as libssl does. As above.
 */
bool derive_from_master(const SSL *ssl, enum rtls_dir d, struct rtls_keys *out);

#endif
