/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A stack's secret, and the keys that are made of it. */
#ifndef RTLS_STACK_SECRET_H
#define RTLS_STACK_SECRET_H

#include <stdint.h>

/* Tables must not share a key with what goes on the wire, nor with each other. */
enum secret_of {
	SECRET_FLOWS = 1,
	SECRET_SYNCACHE,
	SECRET_TIMEWAIT,
	SECRET_ARP,
	SECRET_ANSWERS,
	SECRET_USED_KEYS,
	SECRET_REMOTES,
	SECRET_MTUS,
	SECRET_AUDIT,
	SECRET_PORTS,
	SECRET_COOKIES,
};

/* A new one: random bytes. 0 or -ENOSYS. */
int secret_make(uint8_t secret[16]);

/* The key of one table; returns key. */
uint8_t *secret_key(const uint8_t secret[16], enum secret_of which, uint8_t key[16]);

#endif
