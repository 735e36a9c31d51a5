/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/undo.h"

void
tcp_undo_begin(struct tcp_undo *u, const struct tcp_cc *cc, uint64_t hole)
{
	*u = (struct tcp_undo){ .before = *cc, .hole = hole, .until = UINT64_MAX, .on = true };
}

bool
tcp_undo_echoed(const struct tcp_undo *u, uint64_t una, uint32_t ts_ecr)
{
	return u->on && u->sent > 0 && una > u->hole && (int32_t)(ts_ecr - u->first_ts) < 0;
}

bool
tcp_undo_doubled(struct tcp_undo *u, uint32_t len)
{
	if (!u->on || u->sent == 0)
		return false;
	u->doubled += len;
	return u->doubled >= u->sent;
}
