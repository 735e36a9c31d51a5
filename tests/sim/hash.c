/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/hash.h"

#include <stdlib.h>

void
hash_update(EVP_MD_CTX *hash, const void *bytes, size_t len)
{
	if (EVP_DigestUpdate(hash, bytes, len) != 1)
		abort();
}

EVP_MD_CTX *
hash_begin(void)
{
	EVP_MD_CTX *hash = EVP_MD_CTX_new();

	if (hash == NULL || EVP_DigestInit_ex2(hash, EVP_sha256(), NULL) != 1)
		abort();
	return hash;
}

void
hash_end(EVP_MD_CTX **hash, uint8_t out[32])
{
	if (EVP_DigestFinal_ex(*hash, out, NULL) != 1)
		abort();
	EVP_MD_CTX_free(*hash);
	*hash = NULL;
}
