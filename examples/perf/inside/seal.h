/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Sealing: the record layer's sending side, and the raw AEAD on buffers of the same kind. */
#ifndef PERF_SEAL_H
#define PERF_SEAL_H

#include "work.h"

struct seal;

/*
 * The send queue holds the whole working set, as if the peer acknowledged late: each record
 * that is sealed first releases the oldest one, whose buffer it gets. 0 or -errno.
 */
int seal_create(const struct work *w, struct seal **out);

/*
 * Each seals n records and returns the TSC cycles; 0: it failed.
 *	in_place: the plaintext lies in a record buffer already, as file bytes do
 *	copied: it is copied there out of the caller's memory, as by rtls_send()
 *	raw: prepared jobs, in place in record buffers, and nothing else
 *	copy_raw: one copy out of the caller's memory, and that
 */
uint64_t seal_in_place(struct seal *s, uint32_t n);
uint64_t seal_copied(struct seal *s, uint32_t n);
uint64_t seal_raw(struct seal *s, uint32_t n);
uint64_t seal_copy_raw(struct seal *s, uint32_t n);

/* Who computes: what has no such suite is another one than was chosen. */
const char *seal_provider(const struct seal *s);

void seal_destroy(struct seal *s);

#endif
