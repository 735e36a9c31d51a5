/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Who computes for a stack: what was asked for, or the fastest there is; and
 * libcrypto for what that one lacks.
 */
#ifndef RTLS_CRYPTO_CHOICE_H
#define RTLS_CRYPTO_CHOICE_H

#include <rte_cryptodev.h>

#include "crypto/cryptodev.h"
#include "crypto/fallback.h"

enum { CHOICE_CANDIDATES = 8 };

/* What "auto" measured. */
struct choice_candidate {
	char name[RTE_CRYPTODEV_NAME_MAX_LEN];
	double cost; /* cycles per byte */
};

struct choice {
	const struct crypto_provider *provider;
	struct cryptodev *device; /* NULL: libcrypto only */
	struct fallback fallback;
	char text[256]; /* for people: who, why, and what they cost */
	size_t why_len; /* of text, without the costs */
	struct choice_candidate candidates[CHOICE_CANDIDATES];
	uint32_t nb_candidates; /* 0: nothing was measured; the first ones of many */
};

/*
 * wish: NULL or "libcrypto", "auto", or a device; borrowed as conf is. 0; a device: as
 * cryptodev_open(). "auto" ends with libcrypto where nothing else works.
 */
int choice_make(struct choice *c, const char *wish, const struct cryptodev_conf *conf);

/* All keys are destroyed. One that is all 0 is fine. */
void choice_fini(struct choice *c);

#endif
