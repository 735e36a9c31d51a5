/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/secret.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "net/siphash.h"

int
secret_make(uint8_t secret[16])
{
	return getrandom(secret, 16, 0) == 16 ? 0 : -ENOSYS;
}

uint8_t *
secret_key(const uint8_t secret[16], enum secret_of which, uint8_t key[16])
{
	uint64_t a = siphash24(secret, &(uint8_t[]){ (uint8_t)which, 0 }, 2);
	uint64_t b = siphash24(secret, &(uint8_t[]){ (uint8_t)which, 1 }, 2);

	memcpy(key, &a, 8);
	memcpy(key + 8, &b, 8);
	return key;
}
