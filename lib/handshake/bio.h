/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The BIO through which libssl reads and writes, and hands its keys over.
 */
#ifndef RTLS_HANDSHAKE_BIO_H
#define RTLS_HANDSHAKE_BIO_H

#include <openssl/types.h>

struct bridge;

/*
 * The controls of libssl's hook. BIO_CTRL_GET_KTLS_SEND (73) and
 * BIO_CTRL_GET_KTLS_RECV (76) are public; these numbers are reserved in a
 * comment of openssl/bio.h. rtls_ssl_selftest() proves that they still hold.
 */
enum {
	BIO_RTLS_SET_KEYS = 72, /* number: sending or not; pointer: crypto_info */
	BIO_RTLS_SET_TYPE = 74, /* number: content type of the next write */
	BIO_RTLS_CLEAR_TYPE = 75,
	BIO_RTLS_ZEROCOPY = 90, /* the answer is ignored */
};

/* A BIO that takes the bridge: BIO_free() frees it. NULL: no memory, the bridge stays. */
BIO *bio_new(struct bridge *br);

/* The bridge that ssl reads through, or NULL. */
struct bridge *bridge_of(const SSL *ssl);

#endif
