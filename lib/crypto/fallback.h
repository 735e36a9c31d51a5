/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Two providers as one: a key that the first one refuses is libcrypto's, and is
 * counted with the reason. Which one has a key is in the key.
 */
#ifndef RTLS_CRYPTO_FALLBACK_H
#define RTLS_CRYPTO_FALLBACK_H

#include "crypto/provider.h"

enum fallback_reason {
	FALLBACK_SUITE,   /* it does not carry the suite */
	FALLBACK_NO_ROOM, /* it has no room for one more key */
	FALLBACK_REASONS,
};

struct fallback {
	struct crypto_provider provider; /* first */
	const struct crypto_provider *wish;
	uint64_t keys[FALLBACK_REASONS]; /* that went to libcrypto, from the start */
};

/* wish is borrowed for the life of f. */
void fallback_init(struct fallback *f, const struct crypto_provider *wish);

#endif
