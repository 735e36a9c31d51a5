/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the record layer and the raw AEAD are given to do: the same records of one size, out
 * of and into the same amount of memory.
 */
#ifndef PERF_WORK_H
#define PERF_WORK_H

#include <stddef.h>
#include <stdint.h>

#include "suite.h"

struct crypto_provider;

struct work {
	const struct crypto_provider *provider;
	const struct suite *suite;
	const char *name;     /* of its pools, unique */
	uint16_t tls;         /* RTLS_TLS_1_2 or RTLS_TLS_1_3 */
	uint32_t size;        /* plaintext bytes per record */
	uint32_t mss;         /* bytes of a record in one received packet */
	uint32_t count;       /* records in the working set */
	const uint8_t *plain; /* so many; borrowed */
	uint8_t *opened;      /* room for as many and one byte; borrowed */
};

/*
 * Who computes in software, for the life of the program: "auto", "libcrypto" or a device. 0, or a
 * negative errno. Needs the EAL.
 */
int work_provider_open(const char *name);
void work_provider_close(void);

const struct crypto_provider *work_provider(void);
const char *work_provider_name(void);
/* Who it is and why, for people. */
const char *work_provider_text(void);

/* How many records fill so many bytes of record buffers. */
uint32_t work_count(uint32_t size, size_t bytes);

#endif
