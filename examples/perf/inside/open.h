/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Opening: the record layer's receiving side, and the raw AEAD on packets of the same kind. */
#ifndef PERF_OPEN_H
#define PERF_OPEN_H

#include "work.h"

struct open;

/*
 * Records are sealed once and lie in packets, as a NIC receives them; all of the working set
 * is opened once and compared. 0; -EBADMSG: it was not what was sealed; -errno.
 */
int open_create(const struct work *w, struct open **out);

/*
 * Each opens n records, at most the working set, and returns the TSC cycles; 0: it failed.
 *	records: out of the receive queue into the caller's memory, as by rtls_recv() of 64 KiB
 *	raw: prepared jobs on the same packets and into the same memory, and nothing else
 *	copy_raw: one copy into the caller's memory, and prepared jobs in place there
 */
uint64_t open_records(struct open *o, uint32_t n);
uint64_t open_raw(struct open *o, uint32_t n);
uint64_t open_copy_raw(struct open *o, uint32_t n);

void open_destroy(struct open *o);

#endif
