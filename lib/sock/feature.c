/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>

#include <recordtls/stack.h>

#include "core/conf.h"
#include "stack/state.h"

int
rtls_stack_features(struct rtls_stack *s, uint32_t set, uint32_t clear)
{
	if (s == NULL || ((set | clear) & ~(uint32_t)RTLS_STACK_TLS) != 0 || (set & clear) != 0)
		return -EINVAL;
	if (set != 0 || clear != 0)
		s->tls_off = clear != 0;
	return 0;
}

int
rtls_stack_info(const struct rtls_stack *s, struct rtls_stack_info *out)
{
	struct rtls_stack_info info;

	if (s == NULL)
		return -EINVAL;
	info = (struct rtls_stack_info){
		.features = s->tls_off ? 0 : RTLS_STACK_TLS,
		.socks_in_use = s->socks_in_use,
		.max_socks = s->conf.max_socks,
	};
	return conf_fill(out, &info, sizeof(info));
}
