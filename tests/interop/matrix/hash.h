/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* SHA-256 as text. */
#ifndef INTEROP_MATRIX_HASH_H
#define INTEROP_MATRIX_HASH_H

#include <stddef.h>
#include <stdio.h>

#include <openssl/sha.h>

#include "plan.h"

static inline const char *
hash_text(const void *data, size_t len, char text[PLAN_HASH_TEXT])
{
	unsigned char md[SHA256_DIGEST_LENGTH];

	SHA256(data, len, md);
	for (size_t i = 0; i < sizeof(md); i++)
		snprintf(text + 2 * i, 3, "%02x", md[i]);
	return text;
}

#endif
