/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * How a job reaches a provider that is right with some layouts of memory only:
 * as it is, or by way of a copy that has one of these. The one place where
 * payload is moved for a provider's sake.
 */
#ifndef RTLS_CRYPTO_BOUNCE_H
#define RTLS_CRYPTO_BOUNCE_H

#include "crypto/provider.h"

/* Layouts. Pieces that lie back to back are one: a list is linear if one is left, or none. */
enum {
	BOUNCE_IN_LINEAR = 1 << 0,
	BOUNCE_IN_CHAIN = 1 << 1,
	BOUNCE_OUT_LINEAR = 1 << 2, /* both lists are linear */
	BOUNCE_OUT_CHAIN = 1 << 3,  /* they are cut differently */
	BOUNCE_LAYOUTS = 4,
};

enum bounce_way {
	BOUNCE_NONE,    /* the job is none: unequal lists, or too long */
	BOUNCE_IN,      /* in place on dst */
	BOUNCE_COPY_IN, /* the same, once bounce_copy() has filled it */
	BOUNCE_OUT,     /* from src to dst */
	BOUNCE_BUFFER,  /* in place in a buffer: bounce_gather(), bounce_scatter() */
};

/*
 * The way of a job with a provider of these layouts, BOUNCE_IN_LINEAR among them, in which a chain
 * has at most pieces_max pieces. *len: its bytes.
 */
enum bounce_way bounce_way(const struct crypto_job *j, unsigned int layouts, uint32_t pieces_max,
			   uint32_t *len);

void bounce_copy(const struct crypto_job *j);
void bounce_gather(const struct crypto_job *j, uint8_t *buffer);
void bounce_scatter(const struct crypto_job *j, const uint8_t *buffer);

/* What a provider does with a job that failed. */
void bounce_wipe(const struct crypto_job *j);

#endif
