/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The poll loop over one transfer. */
#ifndef FETCH_FETCH_H
#define FETCH_FETCH_H

#include <signal.h>

#include <openssl/types.h>

#include <recordtls/recordtls.h>

#include "end.h"
#include "options.h"

/* Set by a signal handler. */
extern volatile sig_atomic_t fetch_stop;

/* Fetches, or sends, and reports. But for END_OK one sentence was printed. */
enum fetch_end fetch(const struct options *o, struct rtls_stack *stack, SSL_CTX *ctx);

#endif
