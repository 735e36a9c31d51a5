/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/log_limit.h"

bool
log_limit_take(struct log_limit *l, uint64_t now_us, uint64_t every_us, uint64_t *left_out)
{
	if (every_us != 0 && now_us < l->next_us) {
		l->left_out++;
		return false;
	}
	*left_out = l->left_out;
	l->left_out = 0;
	l->next_us = now_us > UINT64_MAX - every_us ? UINT64_MAX : now_us + every_us;
	return true;
}
