/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <recordtls/offload.h>

#include <stdalign.h>

#include <rte_bitops.h>
#include <rte_errno.h>
#include <rte_mbuf_dyn.h>

int
rtls_tls_rx_resync_offset(uint64_t *flag)
{
	static const struct rte_mbuf_dynflag dynflag = { .name = RTLS_TLS_DYNFLAG_RX_RESYNC };
	static const struct rte_mbuf_dynfield dynfield = {
		.name = RTLS_TLS_DYNFIELD_RX_RESYNC,
		.size = sizeof(uint32_t),
		.align = alignof(uint32_t),
	};
	int off = rte_mbuf_dynfield_register(&dynfield), bit;

	if (off < 0)
		return -rte_errno;
	bit = rte_mbuf_dynflag_register(&dynflag);
	if (bit < 0)
		return -rte_errno;
	*flag = RTE_BIT64(bit);
	return off;
}
