/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What an answer of libssl means, as this library's calls say it.
 */
#ifndef RTLS_HANDSHAKE_VERDICT_H
#define RTLS_HANDSHAKE_VERDICT_H

struct bridge;

/*
 * libssl did not do what it was asked, and returned ret. -EAGAIN: call again. Anything else is
 * its last word, kept in the bridge with libssl's sentence: -EPROTO, or the socket's errno. Its
 * alert is on its way then. Empties libssl's error queue.
 */
int verdict(struct bridge *br, int ret);

#endif
