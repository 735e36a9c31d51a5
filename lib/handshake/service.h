/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What libssl owes, as rtls_ssl_service() brings it about.
 */
#ifndef RTLS_HANDSHAKE_SERVICE_H
#define RTLS_HANDSHAKE_SERVICE_H

#include <stdbool.h>

#include <openssl/types.h>

struct bridge;

/*
 * As rtls_ssl_service(). sends: takes in control records, which a program that is about to receive
 * meets there.
 */
int service(SSL *ssl, struct bridge *br, bool sends);

/*
 * Leads one control record to libssl, if there is one; flags as for bridge_fetch_control(). 1: it
 * took it; 0: there is none now; else libssl's last word, kept in the bridge.
 */
int service_control(struct bridge *br, int flags);

#endif
