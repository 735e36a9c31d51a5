/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include <recordtls/tls.h>

#include "core/record.h"
#include "stack/state.h"

int
rtls_suite_carried(const struct rtls_stack *s, uint16_t version, uint16_t cipher)
{
	if (record_suite_find(version, cipher) == NULL)
		return record_suite_missing(version, cipher);
	return s != NULL && s->tls_off ? -EPERM : 0;
}

const char *
rtls_suite_refusal(uint16_t version, uint16_t cipher)
{
	return record_suite_refusal(version, cipher);
}
