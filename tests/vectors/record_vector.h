/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#ifndef RTLS_VECTORS_RECORD_VECTOR_H
#define RTLS_VECTORS_RECORD_VECTOR_H

#include <stdint.h>

/* A sealed record with what it was made from; bytes as hex text. */
struct record_vector {
	const char *name;
	const char *key;
	const char *iv; /* as installed with the key */
	uint64_t rec_no;
	uint8_t type; /* content type of the plaintext */
	const char *plain;
	const char *wire; /* the complete record */
};

#endif
