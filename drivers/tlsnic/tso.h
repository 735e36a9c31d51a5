/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* One TCP packet cut into frames of a maximum segment size. */
#ifndef TLSNIC_TSO_H
#define TLSNIC_TSO_H

#include "tlsnic/frame.h"

/* How many frames; mss is not 0. */
static inline uint32_t
tso_frames(const struct frame *f, uint32_t mss)
{
	return f->pay_len == 0 ? 1 : (f->pay_len - 1) / mss + 1;
}

/*
 * Writes the pay_off header bytes of frame i of n and returns how much payload it has.
 * Checksums are left as they are. With n of 1 and mss of pay_len the headers come out
 * unchanged.
 */
uint32_t tso_headers(const struct frame *f, uint32_t i, uint32_t n, uint32_t mss, uint8_t *out);

#endif
