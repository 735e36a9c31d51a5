/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/log_limit.h"

static uint64_t
after(uint64_t now_us, uint64_t every_us)
{
	return now_us > UINT64_MAX - every_us ? UINT64_MAX : now_us + every_us;
}

bool
log_limit_take(struct log_limit *l, uint64_t now_us, uint64_t every_us, uint64_t *left_out)
{
	if (every_us != 0 && now_us < l->next_us) {
		log_limit_leave_out(l);
		return false;
	}
	*left_out = l->left_out;
	l->left_out = 0;
	l->next_us = after(now_us, every_us);
	return true;
}

bool
log_budget_take(struct log_budget *b, uint64_t now_us, uint64_t every_us, uint32_t most)
{
	if (now_us >= b->until_us) {
		b->until_us = after(now_us, every_us);
		b->taken = 0;
	}
	if (b->taken == most)
		return false;
	b->taken++;
	return true;
}
