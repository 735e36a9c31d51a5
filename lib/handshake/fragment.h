/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * How long the plaintext of a record may be, where less than the protocol's maximum was asked for.
 */
#ifndef RTLS_HANDSHAKE_FRAGMENT_H
#define RTLS_HANDSHAKE_FRAGMENT_H

#include <stdint.h>

#include <openssl/types.h>

/* RFC 6066 4: the max_fragment_length that both sides have agreed on; 0: none. */
uint16_t fragment_agreed(const SSL *ssl);

/*
 * What the program gave SSL_set_max_send_fragment(), or SSL_CTX_set_max_send_fragment(); 0: the maximum.
 * libssl does not tell, and hands no keys over where it is less. So that is found, and taken back: it
 * is for who seals the records to obey.
 */
uint16_t fragment_lift(SSL *ssl);

/* Puts it back. */
void fragment_lower(SSL *ssl, uint16_t len);

#endif
