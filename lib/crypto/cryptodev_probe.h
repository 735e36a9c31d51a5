/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Known answers for a crypto device: which layouts of which suite it is right
 * with, sealing and opening. Right means: every byte as libcrypto has it, the
 * tag too, nothing beside it touched, the source as it was where dst is
 * elsewhere, a wrong tag told, by one status for all of them; alone and several
 * in one call. A device that says that it has worked, and has worked elsewhere,
 * is not.
 */
#ifndef RTLS_CRYPTO_CRYPTODEV_PROBE_H
#define RTLS_CRYPTO_CRYPTODEV_PROBE_H

#include "crypto/cryptodev_state.h"

/* Fills the table of c's device, of which nothing else is in use. 0 or -ENOMEM. */
int cryptodev_probe(struct cryptodev *c);

#endif
