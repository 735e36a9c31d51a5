/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The provider, and a key of it, as its files share them. */
#ifndef RTLS_CRYPTO_CRYPTODEV_STATE_H
#define RTLS_CRYPTO_CRYPTODEV_STATE_H

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <rte_common.h>
#include <rte_mbuf.h>

#include "crypto/cryptodev_table.h"
#include "crypto/provider.h"

struct rte_mempool;

enum {
	CRYPTODEV_UNWRITTEN = ECANCELED, /* the status of a job before the device works */
	CRYPTODEV_QUEUE_PIECES = 16,
	CRYPTODEV_PIECES_MAX = 72, /* of a list that it gets: segments of 256 bytes */
};

/* A nonce and additional data as aead_xform_in_blocks() says: the device writes around them. */
enum {
	CRYPTODEV_BLOCK = 16,
	CRYPTODEV_BLOCKS_NONCE = 1,
	CRYPTODEV_BLOCKS_AAD = 18,
};
struct cryptodev_blocks {
	uint8_t nonce[CRYPTODEV_BLOCK];
	uint8_t aad[2 * CRYPTODEV_BLOCK];
};

static_assert(CRYPTODEV_BLOCKS_NONCE + RECORD_NONCE_LEN <= CRYPTODEV_BLOCK &&
		      CRYPTODEV_BLOCKS_AAD + RECORD_AAD_MAX <= 2 * CRYPTODEV_BLOCK,
	      "both have room, and a whole number of blocks");

static inline void
cryptodev_blocks_write(struct cryptodev_blocks *b, const struct crypto_job *j)
{
	memcpy(b->nonce + CRYPTODEV_BLOCKS_NONCE, j->nonce, RECORD_NONCE_LEN);
	memcpy(b->aad + CRYPTODEV_BLOCKS_AAD, j->aad, RECORD_AAD_MAX);
}

/* A queue pair, and the memory of the one operation that is on it. */
struct cryptodev_queue {
	int id; /* -1: none */
	uint8_t op[sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op) +
		   CRYPTODEV_BLOCK] __rte_cache_aligned;
	struct cryptodev_blocks blocks;
	struct rte_mbuf src[CRYPTODEV_QUEUE_PIECES];
	struct rte_mbuf dst;
};

struct cryptodev {
	struct crypto_provider provider; /* first */
	struct cryptodev_device *device;
	struct rte_mempool *sessions;
	struct cryptodev_queue queue;
	int32_t refusal; /* the device's status of the last job that failed */
	uint8_t buffer[CRYPTO_JOB_MAX] __rte_cache_aligned;
};

struct cryptodev_key {
	struct crypto_key key; /* first */
	void *session;
	enum crypto_dir dir;
	uint8_t aad_len;
	uint8_t layouts;
	bool queued;
	bool in_blocks; /* nonce and additional data are a struct cryptodev_blocks */
	int32_t bad_tag;
};

#endif
