/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What libssl reads through a bridge: bytes before keys, records behind them. */
#ifndef RTLS_HANDSHAKE_BRIDGE_READ_H
#define RTLS_HANDSHAKE_BRIDGE_READ_H

#include "handshake/bridge.h"

/* As BIO_read(): a count, 0 at the stream's end, or -EAGAIN: libssl has to repeat the call, or -errno for good. */
int bridge_read(struct bridge *br, void *bytes, size_t len);

/*
 * Takes a control record off the socket for libssl to read: with flags 0 the one that is known to
 * be ahead, with RTLS_MSG_CONTROL the next one past data that waits. False: not now. An error is for
 * a read to meet, behind the good records in front of it. Of a KeyUpdate that asks for one libssl
 * learns the new key only: it would read nothing more before it has sent its answer, and one for
 * each; several may have one together (RFC 8446 4.6.3). br->asked says that one is owed.
 */
bool bridge_fetch_control(struct bridge *br, int flags);

/* Gives the memory for records in hand back, if there is none: idle connections are many. */
void bridge_trim(struct bridge *br);

#endif
