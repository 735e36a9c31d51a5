/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/path_mtu.h"

#include "stack/state.h"
#include "tcp/path.h"

void
path_mtu_known(struct rtls_sock *sock)
{
	uint16_t mtu = mtu_table_find(&sock->stack->mtus, &sock->tuple.remote, sock->stack->now_us);

	if (mtu != 0)
		tcp_path_limit(&sock->tcp, mtu);
}
