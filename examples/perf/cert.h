/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A certificate that nobody but the peer in this process has to believe. */
#ifndef PERF_CERT_H
#define PERF_CERT_H

#include <stdbool.h>

#include <openssl/types.h>

/* False: OpenSSL could not. */
bool cert_make(X509 **cert, EVP_PKEY **key);

#endif
