/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The provider, and a key of it, as its files share them. */
#ifndef RTLS_CRYPTO_CRYPTODEV_STATE_H
#define RTLS_CRYPTO_CRYPTODEV_STATE_H

#include <errno.h>

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

/* A queue pair, and the memory of the one operation that is on it. */
struct cryptodev_queue {
	int id; /* -1: none */
	uint8_t op[sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op) +
		   RECORD_NONCE_LEN] __rte_cache_aligned;
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
	int32_t bad_tag;
};

#endif
