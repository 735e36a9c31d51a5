/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A connection with the adapter on one side (over a fake socket) and plain
 * libssl on the other. What libssl opens at the far side was sealed right.
 */
#ifndef RTLS_SUPPORT_TLS_BENCH_H
#define RTLS_SUPPORT_TLS_BENCH_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "support/fake_sock.h"

struct tls_bench {
	struct rtls_sock sock;
	SSL_CTX *near_ctx;
	SSL_CTX *far_ctx;
	SSL *near;    /* the adapter's */
	SSL *far;     /* memory BIOs */
	bool far_fin; /* the far side closed: FIN behind what it wrote */
};

struct tls_bench_conf {
	bool near_is_client;
	const char *suites; /* of the version; NULL: TLS_AES_128_GCM_SHA256, or what libssl likes */
	int version;        /* 0: TLS 1.3 */
	unsigned int limit; /* rtls_ssl_record_limit() of the near side; 0: not called */
	uint64_t seed;
};

/* Both SSL objects exist afterwards; nothing has moved. */
void tls_bench_open(struct tls_bench *b, const struct tls_bench_conf *conf);
void tls_bench_close(struct tls_bench *b);

/* Carries bytes between the fake socket and the far side's BIOs. */
void tls_bench_carry(struct tls_bench *b);

/* The handshake, the near side by rtls_ssl_service(). True: done at both ends. */
bool tls_bench_shake(struct tls_bench *b);

/*
 * Sends `total` bytes from near to far (or back) and compares. `moving` writes
 * from a fresh copy each time and frees the last one.
 */
bool tls_bench_send(struct tls_bench *b, size_t total, bool moving);
bool tls_bench_receive(struct tls_bench *b, size_t total);

/* One certificate for a P-256 key, made once per program and kept by it. */
void tls_bench_identity(X509 **cert, EVP_PKEY **key);

#endif
