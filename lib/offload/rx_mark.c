/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <recordtls/offload.h>

#include <assert.h>
#include <stdalign.h>

#include <rte_errno.h>
#include <rte_mbuf_dyn.h>

static_assert(sizeof(struct rtls_tls_rx_mark) == 20, "mbufs have little room");

int
rtls_tls_rx_mark_offset(void)
{
	static const struct rte_mbuf_dynfield field = {
		.name = RTLS_TLS_DYNFIELD_RX_MARK,
		.size = sizeof(struct rtls_tls_rx_mark),
		.align = alignof(struct rtls_tls_rx_mark),
	};
	int off = rte_mbuf_dynfield_register(&field);

	return off >= 0 ? off : -rte_errno;
}
