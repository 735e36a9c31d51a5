/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Suites whose records look different from those of TLS 1.3, by what is different. */
#ifndef RTLS_SUPPORT_SUITES_H
#define RTLS_SUPPORT_SUITES_H

#include <stdio.h>

#include <recordtls/tls.h>

#include "core/record.h"
#include "support/harness.h"

/* RFC 5288: salt and explicit nonce. */
static inline const struct record_suite *
suite_tls12_gcm(void)
{
	return record_suite_find(RTLS_TLS_1_2, RTLS_CIPHER_AES_GCM_128);
}

/* RFC 7905: TLS 1.2 with the nonce of TLS 1.3. */
static inline const struct record_suite *
suite_tls12_chacha(void)
{
	return record_suite_find(RTLS_TLS_1_2, RTLS_CIPHER_CHACHA20_POLY1305);
}

/* All that there are. */
static inline unsigned int
suites_count(void)
{
	unsigned int n = 0;

	while (record_suite_row(n) != NULL)
		n++;
	return n;
}

/* Any of them, by n; so many in a row are all. */
static inline const struct record_suite *
suites_any(uint64_t n)
{
	return record_suite_row((unsigned int)(n % suites_count()));
}

/*
 * One after the other, from one on that the seed draws: for what takes long. Each is printed, so that what
 * fails has a name.
 */
static inline const struct record_suite *
suites_turn(void)
{
	static uint64_t turn;
	const struct record_suite *s = suites_any(harness_seed() % suites_count() + turn++);

	printf("# %x %s\n", s->version, s->name);
	return s;
}

#endif
