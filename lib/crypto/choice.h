/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Who computes for a stack: what was asked for, or the fastest there is; and
 * libcrypto for what that one lacks.
 */
#ifndef RTLS_CRYPTO_CHOICE_H
#define RTLS_CRYPTO_CHOICE_H

#include "crypto/cryptodev.h"
#include "crypto/fallback.h"

struct choice {
	const struct crypto_provider *provider;
	struct cryptodev *device; /* NULL: libcrypto only */
	struct fallback fallback;
	char text[256]; /* for people: who, and why */
};

/*
 * wish: NULL or "libcrypto", "auto", or a device; borrowed as conf is. 0; a device: as
 * cryptodev_open(). "auto" ends with libcrypto where nothing else works.
 */
int choice_make(struct choice *c, const char *wish, const struct cryptodev_conf *conf);

/* All keys are destroyed. One that is all 0 is fine. */
void choice_fini(struct choice *c);

#endif
