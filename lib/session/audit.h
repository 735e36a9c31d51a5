/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Which of the records that a device opened are looked at once more. Who does not know the stack's key can
 * tell of none whether it will be: nothing is counted, and nothing shared between connections.
 */
#ifndef RTLS_SESSION_AUDIT_H
#define RTLS_SESSION_AUDIT_H

#include <stdbool.h>
#include <stdint.h>

#include "session/epoch.h"

enum { AUDIT_KEY_LEN = 16 };

/* The record rec_no of an epoch: is it one of rate, in the mean? 0: none is, 1: all are. */
bool audit_is_due(const uint8_t key[AUDIT_KEY_LEN], uint32_t rate, const struct session_epoch *e,
		  uint64_t rec_no);

#endif
