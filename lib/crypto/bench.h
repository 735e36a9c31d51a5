/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* How fast a provider is at what a session asks of it, layouts included. */
#ifndef RTLS_CRYPTO_BENCH_H
#define RTLS_CRYPTO_BENCH_H

#include "crypto/provider.h"

/*
 * TSC cycles per byte, the mean of: full and segment-sized records sealed in place, and opened out
 * of packets. Takes less than a millisecond. Negative: it does not work.
 */
double crypto_bench_run(const struct crypto_provider *p);

#endif
