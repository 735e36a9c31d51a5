/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The suites that can be measured, by the names that the libraries have for them. */
#ifndef PERF_SUITE_H
#define PERF_SUITE_H

#include <stdint.h>

struct suite {
	const char *name;
	uint16_t cipher; /* enum rtls_cipher */
	uint8_t key_len;
	const char *openssl_13;
	const char *openssl_12;
	const char *gnutls;
};

/* NULL: there is none of that name. */
const struct suite *suite_find(const char *name);

/* All names, for a sentence. */
const char *suite_names(void);

#endif
