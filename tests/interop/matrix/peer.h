/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The far end: another TLS library over the kernel's TCP. All calls block. */
#ifndef INTEROP_MATRIX_PEER_H
#define INTEROP_MATRIX_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct peer_suite {
	const char *name;
	const char *tls13; /* as OpenSSL calls it */
	const char *tls12;
	const char *gnutls; /* its cipher */
};

struct peer_conf {
	const struct peer_suite *suite; /* the only one */
	bool tls13;                     /* else TLS 1.2 alone */
	bool server;
	const char *ca; /* PEM files: whom a client trusts, what a server shows */
	const char *cert;
	const char *key;
};

struct peer_ops {
	const char *name;
	/* The connection behind its handshake. NULL: one sentence was printed. */
	void *(*open)(const struct peer_conf *conf, int fd);
	/* All of it. */
	bool (*send)(void *peer, const void *buf, size_t len);
	/* At least one byte; 0: close_notify; negative: anything else. */
	ssize_t (*recv)(void *peer, void *buf, size_t len);
	bool (*update)(void *peer, bool ask);
	bool (*close_notify)(void *peer);
	const char *(*error)(void *peer);
	void (*close)(void *peer);
};

extern const struct peer_ops peer_libssl;
extern const struct peer_ops peer_gnutls;

#endif
