/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a session of rte_security holds, and a context is made of. Wiped when the session goes. */
#ifndef TLSNIC_KEY_H
#define TLSNIC_KEY_H

#include "core/record.h"

struct nic_key {
	const struct record_suite *suite;
	uint8_t dir; /* enum rtls_dir */
	uint8_t key[RECORD_KEY_MAX];
	uint8_t iv[RECORD_NONCE_LEN]; /* as much of it as a session is told */
};

#endif
