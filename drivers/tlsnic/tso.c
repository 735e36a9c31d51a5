/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <string.h>

#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "tlsnic/tso.h"

uint32_t
tso_headers(const struct frame *f, uint32_t i, uint32_t n, uint32_t mss, uint8_t *out)
{
	uint32_t len = i + 1 < n ? mss : f->pay_len - i * mss;
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(void *)(out + FRAME_ETHER_LEN);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(void *)(out + f->l4_off);

	memcpy(out, f->hdr, f->pay_off);
	if (f->kind != FRAME_TCP)
		return len;
	ip->total_length = rte_cpu_to_be_16((uint16_t)(f->pay_off - FRAME_ETHER_LEN + len));
	/* ID 0 in a packet that is never fragmented (RFC 6864 4.1) stays 0, others count on. */
	if (ip->packet_id != 0)
		ip->packet_id = rte_cpu_to_be_16((uint16_t)(rte_be_to_cpu_16(ip->packet_id) + i));
	tcp->sent_seq = rte_cpu_to_be_32(f->seq + i * mss);
	if (i + 1 < n)
		tcp->tcp_flags &= (uint8_t)~(RTE_TCP_FIN_FLAG | RTE_TCP_PSH_FLAG);
	/* It answers one mark: RFC 3168 6.1.2 has it on the first packet of new data. */
	if (i > 0)
		tcp->tcp_flags &= (uint8_t)~RTE_TCP_CWR_FLAG;
	return len;
}
