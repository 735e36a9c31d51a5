/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Where the records of bytes end that libssl seals and opens itself, and which of them was a
 * change_cipher_spec: in TLS 1.2 what comes behind it is under the new keys (RFC 5246 7.1).
 */
#ifndef RTLS_HANDSHAKE_EDGE_H
#define RTLS_HANDSHAKE_EDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct edge {
	uint8_t hdr[5];
	uint8_t hdr_len;
	uint16_t left;  /* of the record's body, once its header is whole */
	bool at_change; /* the bytes so far end with a change_cipher_spec */
};

/* As many bytes as certainly do not go past the end of a record; 1 or more. */
size_t edge_span(const struct edge *e);

/* Bytes that went by: the first ones, up to the end of a change_cipher_spec. How many these were. */
size_t edge_pass(struct edge *e, const uint8_t *bytes, size_t len);

#endif
