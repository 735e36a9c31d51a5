/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a program may read of a connection, by the second receiver's bytes: plain ones as they
 * stand there, and of records those of the one sealed stream alone, in order, as long as every
 * byte of a record is the sealed one's.
 */
#ifndef RTLS_FUZZ_READING_H
#define RTLS_FUZZ_READING_H

#include <sys/types.h>

#include "fuzz/receiver.h"
#include "fuzz/sealed.h"

struct reading {
	const struct sealed *sealed;
	bool tls;
	bool ended;      /* close_notify was read, or an error that stays */
	bool paused;     /* a key update was read in full */
	bool spoilt;     /* a device may have opened it wrongly: a good record can be refused */
	int key;         /* that the library has; -1: another one */
	uint64_t rec_no; /* of its next record */
	uint64_t base;   /* stream offset of the sealed stream */
	uint32_t rec;    /* the next record of it; nb_recs: none */
	uint32_t part;   /* plaintext of it that was read */
	uint64_t off;    /* plain: read up to here */
};

void reading_reset(struct reading *d, const struct sealed *sealed);

/* Receive keys were installed: key of the sealed stream, or -1. */
void reading_keys(struct reading *d, int key);

/* What a call gave; type 0: it did not say. */
struct reading_call {
	const uint8_t *buf;
	size_t len; /* that was asked for */
	ssize_t n;  /* that it returned */
	uint8_t type;
	bool peek;
	bool closed; /* TCP is done with the connection */
};

/* NULL, or what is wrong with it. */
const char *reading_check(struct reading *d, const struct receiver *r,
			  const struct reading_call *c);

/* Where the sealed stream begins in the stream: for who writes it. */
static inline uint64_t
reading_base(const struct reading *d)
{
	return d->tls ? d->base : d->off;
}

#endif
