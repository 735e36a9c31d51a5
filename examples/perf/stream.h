/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A stream of which both ends know each byte: each word says where it is, and looks like nothing. */
#ifndef PERF_STREAM_H
#define PERF_STREAM_H

#include <stdint.h>

/* Its bytes from off on. */
void stream_fill(uint8_t *out, uint64_t off, uint32_t len);

#endif
