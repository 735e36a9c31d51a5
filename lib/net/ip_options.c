/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "net/ip_options.h"

enum {
	OPT_END = 0,
	OPT_NOP = 1,
	OPT_LOOSE_ROUTE = 131,
	OPT_STRICT_ROUTE = 137,
};

/* Of the option at opt, of which left bytes are there at most; 0: there is none. */
static uint32_t
option_len(const uint8_t *opt, uint32_t left)
{
	if (opt[0] == OPT_END)
		return 0;
	if (opt[0] == OPT_NOP)
		return 1;
	return left >= 2 && opt[1] >= 2 && opt[1] <= left ? opt[1] : 0;
}

bool
ip_options_have_route(const uint8_t *opt, uint32_t len)
{
	uint32_t at = 0, step;

	while (at < len) {
		if (opt[at] == OPT_LOOSE_ROUTE || opt[at] == OPT_STRICT_ROUTE)
			return true;
		step = option_len(opt + at, len - at);
		if (step == 0)
			return false;
		at += step;
	}
	return false;
}
