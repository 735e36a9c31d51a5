/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */
/**
 * @file
 * The version of the library.
 */
#ifndef RECORDTLS_VERSION_H
#define RECORDTLS_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

/** The version that a program was compiled with. */
#define RTLS_VERSION "0.1.0"

/** The version that it runs with. Any thread. */
const char *rtls_version(void);

#ifdef __cplusplus
}
#endif

#endif
