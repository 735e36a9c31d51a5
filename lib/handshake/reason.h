/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Why libssl has kept the keys of a direction, in one sentence.
 */
#ifndef RTLS_HANDSHAKE_REASON_H
#define RTLS_HANDSHAKE_REASON_H

#include <stddef.h>

#include <openssl/types.h>

#include <recordtls/tls.h>

enum {
	REASON_MAX = 128, /* libssl's names of suites are shorter than 40 */
};

/* libssl did not offer them, as far as can be told once the handshake is done. */
void reason_not_offered(const SSL *ssl, enum rtls_dir d, char out[REASON_MAX]);

/* The socket did not take them, and said rc. */
void reason_not_taken(const SSL *ssl, int rc, char out[REASON_MAX]);

#endif
