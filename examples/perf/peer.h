/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Other TLS libraries, as they come: a whole connection over memory, sealing from the
 * caller's memory and opening into it.
 */
#ifndef PERF_PEER_H
#define PERF_PEER_H

#include <stddef.h>
#include <stdint.h>

#include "suite.h"

struct peer_conf {
	const struct suite *suite;
	uint16_t tls;         /* RTLS_TLS_1_2 or RTLS_TLS_1_3 */
	uint32_t size;        /* plaintext bytes per record */
	uint32_t count;       /* records in the working set */
	uint32_t slice;       /* records between seal and open, beside the set */
	const uint8_t *plain; /* so many; borrowed */
	uint8_t *opened;      /* room for as many; borrowed */
};

/* Each call does n records and returns its TSC cycles; 0: the library failed. */
struct peer_ops {
	const char *name;
	const char *(*version)(void);
	/* NULL: one sentence was printed. */
	void *(*create)(const struct peer_conf *conf);
	uint64_t (*seal)(void *peer, uint32_t n);
	uint64_t (*open)(void *peer, uint32_t n);
	void (*destroy)(void *peer);
};

extern const struct peer_ops peer_libssl;
#ifdef HAVE_GNUTLS
extern const struct peer_ops peer_gnutls;
#endif

#endif
