/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#ifndef RTLS_VECTORS_AEAD_VECTOR_H
#define RTLS_VECTORS_AEAD_VECTOR_H

/* One call of an AEAD; bytes as hex text. */
struct aead_vector {
	const char *name;
	const char *key;
	const char *nonce;
	const char *aad;
	const char *plain;
	const char *cipher;
	const char *tag;
};

#endif
