/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * SipHash (Aumasson, Bernstein 2012): a keyed hash for short inputs. Whoever
 * does not know the key can neither predict the value nor make two inputs
 * collide. 1-3 for hash tables, 2-4 where the value itself is seen by others
 * (initial sequence numbers, SYN cookies).
 */
#ifndef RTLS_NET_SIPHASH_H
#define RTLS_NET_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

enum { SIPHASH_KEY_LEN = 16 };

uint64_t siphash13(const uint8_t key[SIPHASH_KEY_LEN], const void *data, size_t len);
uint64_t siphash24(const uint8_t key[SIPHASH_KEY_LEN], const void *data, size_t len);

#endif
