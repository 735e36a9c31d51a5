/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "core/share.h"

bool
share_short(const struct share_store *st, uint64_t wanted, uint64_t useful)
{
	if (share_plenty(st))
		return false;
	return share_limit(st, wanted, useful) < share_min(wanted, useful);
}
