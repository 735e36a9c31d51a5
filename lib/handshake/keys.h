/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The keys as libssl hands them over: the structures of the Linux kernel's
 * socket option (linux/tls.h), told apart by their cipher type.
 */
#ifndef RTLS_HANDSHAKE_KEYS_H
#define RTLS_HANDSHAKE_KEYS_H

#include <stdbool.h>

#include <recordtls/tls.h>

/*
 * Reads one tls12_crypto_info_*. No byte behind the structure of its cipher
 * type is looked at: what libssl appends differs between its builds.
 * 0, or -EINVAL for a cipher type that is not known; *out is wiped then.
 */
int keys_parse(const void *crypto_info, struct rtls_keys *out);

/* Is it certain, without asking, that rtls_set_keys() carries this version and cipher? */
bool keys_carried(const struct rtls_keys *keys);

#endif
