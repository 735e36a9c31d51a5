/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * libssl does not hand its keys over where a max_fragment_length (RFC 6066) was agreed on. There they
 * are derived when libssl begins to use them: in TLS 1.2 behind the change_cipher_spec, in TLS 1.3
 * when it says the traffic secret to a key log, which rtls_ssl_record_limit() asks for.
 */
#ifndef RTLS_HANDSHAKE_TAKEOVER_H
#define RTLS_HANDSHAKE_TAKEOVER_H

#include <openssl/types.h>

#include <recordtls/tls.h>

struct bridge;

/* TLS 1.2: a change_cipher_spec has gone by in this direction, and nothing behind it. */
void takeover_at_change(struct bridge *br, enum rtls_dir d);

/* TLS 1.3: a line of the key log, NUL-terminated. */
void takeover_line(struct bridge *br, const char *line);

#endif
