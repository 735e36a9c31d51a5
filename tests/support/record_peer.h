/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The other end of a connection's record layer in each suite, written apart from the library on
 * OpenSSL's EVP: TLS 1.3 (RFC 8446 5), TLS 1.2 with an explicit nonce (RFC 5288, 6655) and
 * without one (RFC 7905).
 */
#ifndef RTLS_SUPPORT_RECORD_PEER_H
#define RTLS_SUPPORT_RECORD_PEER_H

#include <stddef.h>
#include <stdint.h>

#include <recordtls/tls.h>

enum { RECORD_PEER_WIRE_MAX = 5 + 16384 + 2048 };

/* One direction. Its fields are a test's to change. */
struct record_peer {
	struct rtls_keys keys; /* rec_no: of the next record */
	uint64_t
		nonce; /* explicit, of the next record that is sealed; what it adds is its own choice */
	uint64_t stride;
};

/* Key number n of a test in this suite. */
struct record_peer record_peer_make(uint16_t version, uint16_t cipher, unsigned int n,
				    uint64_t rec_no);

/* Carries on where keys were taken: number and explicit nonce are the next record's. */
struct record_peer record_peer_from(const struct rtls_keys *keys);

/* Bytes of a record around so much plaintext, without padding. */
uint32_t record_peer_wire_len(const struct record_peer *p, uint32_t len);

/* A record with pad_len bytes of padding (TLS 1.3 only); returns its wire length. */
uint32_t record_peer_seal(struct record_peer *p, uint8_t type, const void *plain, uint32_t len,
			  uint32_t pad_len, uint8_t *wire);

/* TLS 1.3: around inner_len bytes of a finished TLSInnerPlaintext, which need not be one. */
uint32_t record_peer_seal_inner(struct record_peer *p, const uint8_t *inner, uint32_t inner_len,
				uint8_t *wire);

/*
 * Opens the record at the head of len bytes. Its wire length, 0: not all there, -1: no record of
 * this key and number. plain has room for RECORD_PEER_WIRE_MAX bytes.
 */
int record_peer_open(struct record_peer *p, const uint8_t *wire, size_t len, uint8_t *type,
		     uint8_t *plain, uint32_t *plain_len);

#endif
