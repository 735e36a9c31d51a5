/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Our end of one connection: what plan.h says, and what becomes of it. */
#ifndef INTEROP_MATRIX_EXCHANGE_H
#define INTEROP_MATRIX_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include <recordtls/sock.h>

#include "plan.h"

enum exchange_state {
	EXCHANGE_DATA,
	EXCHANGE_DONE,   /* all was sent and received, up to close_notify */
	EXCHANGE_FAILED, /* why says how */
};

struct exchange {
	enum exchange_state state;
	struct rtls_sock *sock; /* NULL: there is none */
	SSL *ssl;
	bool client;
	bool updated; /* our key update is on its way */
	size_t out;
	size_t in;
	char why[192];
	uint8_t sent[PLAN_BYTES];
	uint8_t received[PLAN_BYTES];
};

/* Takes the socket. host is whose certificate a client wants; NULL: a server. */
bool exchange_start(struct exchange *x, SSL_CTX *ctx, struct rtls_sock *sock, const char *host);

/* What can be done now. */
enum exchange_state exchange_step(struct exchange *x);

/* Prints what became of it as one line of JSON, and lets go of the socket. */
void exchange_end(struct exchange *x);

#endif
