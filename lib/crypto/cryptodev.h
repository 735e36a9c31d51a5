/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * AEAD by an rte_cryptodev that computes on the caller's core, through
 * rte_cryptodev_sym_cpu_crypto_process(). What such a device says of itself is
 * not believed: crypto/cryptodev_probe finds out which layouts of memory it is right with,
 * and only these are given to it; crypto/bounce brings other jobs there.
 *
 * One object per stack: its sessions and its buffer belong to one thread.
 */
#ifndef RTLS_CRYPTO_CRYPTODEV_H
#define RTLS_CRYPTO_CRYPTODEV_H

#include <rte_cryptodev.h>

#include "crypto/provider.h"

struct cryptodev;

struct cryptodev_conf {
	const char *name; /* of its pool, unique */
	int socket_id;
	uint32_t max_keys;
};

struct cryptodev_found {
	char name[RTE_CRYPTODEV_NAME_MAX_LEN];
	char driver[RTE_CRYPTODEV_NAME_MAX_LEN];
};

/*
 * The device with this number. False: there is none that says that it computes on the caller's
 * core. It may be gone when this returns: other stacks remove what they have made.
 */
bool cryptodev_find(uint8_t id, struct cryptodev_found *out);

/*
 * By the device's name; crypto_aesni_mb and crypto_aesni_gcm, and any other virtual device, are
 * made where there is none. Not thread-safe against the program's own set-up of the device.
 * 0; -ENODEV; -ENOTSUP: it is right with no suite; -ENOMEM; -EEXIST, -ENAMETOOLONG: the pool's
 * name; or why it does not start.
 */
int cryptodev_open(const char *device, const struct cryptodev_conf *conf, struct cryptodev **out);

/* Keys made by it are refused with -ENOTSUP for suites that it is not right with. */
const struct crypto_provider *cryptodev_provider(const struct cryptodev *c);

/* For people: how the device is used for a suite, as "in place; chains are copied". */
const char *cryptodev_describe(const struct cryptodev *c, const struct record_suite *s);

/* All its keys are destroyed. NULL is fine. */
void cryptodev_close(struct cryptodev *c);

#endif
