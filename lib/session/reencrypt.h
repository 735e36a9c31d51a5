/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A record that a device opened, as a whole or in part: made again what it was on the wire,
 * so that its tag can be verified here. A mark is no proof: a device follows segments that TCP
 * refuses, so where and under which number it opens may be anybody's choice.
 *
 * What the device did was to xor a key stream; doing that again undoes it. So all of
 * the record is sealed with the device's key and number, and the bytes that it never
 * touched are put back from the queue. If the device was wrong about the place, what comes
 * of it is no record, and its tag says so.
 */
#ifndef RTLS_SESSION_REENCRYPT_H
#define RTLS_SESSION_REENCRYPT_H

#include "session/rx.h"

/*
 * Writes the inner_len inner bytes of the record at the head of the queue, which is complete, as
 * they were on the wire. explicit_nonce: from behind the header. 0, or -EIO: the provider.
 */
int reencrypt_record(const struct session_rx *rx, const uint8_t *explicit_nonce, uint8_t *out,
		     uint32_t inner_len);

#endif
