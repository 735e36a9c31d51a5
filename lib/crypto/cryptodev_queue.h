/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Sealing out of place by a queue pair of the device: computing on the caller's core such devices
 * work in place only, however they are asked. One at a time, and it is done when the call returns.
 */
#ifndef RTLS_CRYPTO_CRYPTODEV_QUEUE_H
#define RTLS_CRYPTO_CRYPTODEV_QUEUE_H

#include "crypto/cryptodev_state.h"

/* Where a session finds the nonce, behind the operation. */
#define CRYPTODEV_QUEUE_NONCE (sizeof(struct rte_crypto_op) + sizeof(struct rte_crypto_sym_op))

/* A queue pair of c's own, if the device has one left and says that it can. */
void cryptodev_queue_init(struct cryptodev *c);
void cryptodev_queue_fini(struct cryptodev *c);

/* Is it a job for it: out of place, dst in one piece? */
bool cryptodev_queue_takes(const struct cryptodev *c, const struct crypto_job *j);

/* 0, or why not: dst is undefined. */
int cryptodev_queue_seal(struct cryptodev *c, const struct cryptodev_key *k, struct crypto_job *j);

#endif
