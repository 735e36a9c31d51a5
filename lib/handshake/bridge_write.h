/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What libssl writes through a bridge: bytes before keys, records behind them. */
#ifndef RTLS_HANDSHAKE_BRIDGE_WRITE_H
#define RTLS_HANDSHAKE_BRIDGE_WRITE_H

#include "handshake/bridge.h"

/* As BIO_write(): a count, or -EAGAIN: libssl has to repeat the call, or -errno for good. */
int bridge_write(struct bridge *br, const void *bytes, size_t len);

#endif
