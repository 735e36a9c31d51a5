/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The other end of a record layer, on OpenSSL's EVP and apart from the library: records
 * of TLS 1.3 (RFC 8446 5), of the suite that the input has. And the buffers of a stack, with a
 * pool that plays a port's.
 */
#ifndef RTLS_FUZZ_RECORDS_H
#define RTLS_FUZZ_RECORDS_H

#include <rte_mbuf.h>

#include <recordtls/tls.h>

#include "session/shared.h"

enum {
	RECORDS_HDR = 5,
	RECORDS_TAG = 16,
	RECORDS_BODY_MAX = 16384 + 256, /* RFC 8446 5.2 */
};

struct records_key {
	uint8_t key[32];
	uint8_t iv[12];
	uint64_t rec_no; /* of the next record */
};

/*
 * Which suite of TLS 1.3 an input of this size has: no byte of it says so, as the inputs that are
 * kept say other things with theirs. Before its first key.
 */
void records_choose(size_t size);

/* Its number, enum rtls_cipher. */
uint16_t records_cipher(void);

/* Key number n. */
struct records_key records_key(unsigned int n, uint64_t rec_no);
struct rtls_keys records_keys(const struct records_key *k);

/* Seals a finished TLSInnerPlaintext; returns the record's length. May take more than is legal. */
uint32_t records_seal(struct records_key *k, const uint8_t *inner, uint32_t inner_len,
		      uint8_t *wire);

/*
 * Opens the record at the head of len bytes into inner. Its length on the wire; 0: not all of it
 * is there; -1: none of this key's.
 */
int records_open(struct records_key *k, const uint8_t *wire, size_t len, uint8_t *inner,
		 uint32_t *inner_len);

/* A stream byte by its offset. */
static inline uint8_t
records_pattern(uint64_t off)
{
	uint64_t x = off * UINT64_C(0x9e3779b97f4a7c15);

	return (uint8_t)(x >> 56 ^ x >> 32);
}

extern struct buf_pools records_pools;
extern struct session_shared records_shared;
extern struct rte_mempool *records_rx_pool; /* 2 KiB each */

/* Once per program: an EAL and the pools. */
void records_start(const char *name);

/* Buffers that are out. */
uint32_t records_in_use(void);

#endif
