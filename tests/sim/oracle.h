/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The key stream of any record of a stream, sent or not: more than whoever has no key can know.
 * What he can do with it bounds what anybody can. Tags are not to be had.
 */
#ifndef RTLS_SIM_ORACLE_H
#define RTLS_SIM_ORACLE_H

#include "sim/stream.h"

/*
 * Xors len bytes with the key stream of record number rec_no from byte off of its content on. epoch: so
 * many key updates came before. Aborts without memory.
 */
void oracle_xor(const struct stream *s, uint64_t epoch, uint64_t rec_no, uint32_t off,
		uint8_t *bytes, uint32_t len);

#endif
