/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The poll loop over all connections. */
#ifndef FILESERVER_SERVE_H
#define FILESERVER_SERVE_H

#include <signal.h>

#include <openssl/types.h>

#include <recordtls/recordtls.h>

#include "options.h"

/* Set by a signal handler. */
extern volatile sig_atomic_t serve_stop;

/*
 * Serves until serve_stop, then ends all connections and reports. Takes
 * nothing; the listener is closed. 0, or -1: one sentence was printed.
 */
int serve(const struct options *o, struct rtls_stack *stack, struct rtls_port *port, SSL_CTX *ctx,
	  int root_fd, int upload_fd);

#endif
