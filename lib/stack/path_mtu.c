/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/path_mtu.h"

#include "stack/state.h"
#include "tcp/path.h"
#include "tcp/query.h"

void
path_mtu_known(struct rtls_sock *sock)
{
	uint16_t mtu = mtu_table_find(&sock->stack->mtus, &sock->tuple.remote, sock->stack->now_us);

	if (mtu != 0)
		tcp_path_limit(&sock->tcp, mtu);
	/* What was agreed is what the port takes by which the SYN went, or came. */
	tcp_path_limit(&sock->tcp, sock->stack->netifs[sock->path.netif].port->mtu);
}

void
path_mtu_moved(struct rtls_sock *sock)
{
	/* Of a SYN's answer it is the least of what both said. */
	if (!tcp_is_connecting(&sock->tcp))
		tcp_path_limit(&sock->tcp, sock->stack->netifs[sock->path.netif].port->mtu);
}
