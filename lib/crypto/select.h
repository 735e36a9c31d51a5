/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Who computes for a stack: what was asked for, or the fastest there is; and
 * libcrypto for what that one lacks.
 */
#ifndef RTLS_CRYPTO_SELECT_H
#define RTLS_CRYPTO_SELECT_H

#include <rte_cryptodev.h>

#include "crypto/cryptodev.h"
#include "crypto/fallback.h"

enum { CRYPTO_CANDIDATES_MAX = 8 };

/* What "auto" measured. */
struct crypto_candidate {
	char name[RTE_CRYPTODEV_NAME_MAX_LEN];
	double cost; /* cycles per byte */
};

struct crypto_select {
	const struct crypto_provider *provider;
	struct cryptodev *device; /* NULL: libcrypto only */
	struct fallback fallback;
	char text[256]; /* for people: who, why, and what they cost */
	size_t why_len; /* of text, without the costs */
	struct crypto_candidate candidates[CRYPTO_CANDIDATES_MAX];
	uint32_t nb_candidates; /* 0: nothing was measured; the first ones of many */
};

/*
 * wish: NULL or "libcrypto", "auto", or a device; borrowed as conf is. 0; a device: as
 * cryptodev_open(). "auto" ends with libcrypto where nothing else works.
 */
int crypto_select_make(struct crypto_select *c, const char *wish,
		       const struct cryptodev_conf *conf);

/* All keys are destroyed. One that is all 0 is fine. */
void crypto_select_fini(struct crypto_select *c);

#endif
