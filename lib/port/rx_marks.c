/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "port/rx_marks.h"

#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "log/note.h"

/* A whole TCP segment whose checksum field holds the pseudo header's sum. */
static bool
is_partial(const struct rte_mbuf *m)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct rte_ipv4_hdr *ip = (const void *)(p + RTE_ETHER_HDR_LEN);
	const struct rte_tcp_hdr *tcp;
	uint32_t room = m->data_len, ip_len;

	if (room < RTE_ETHER_HDR_LEN + sizeof(*ip) || p[12] != RTE_ETHER_TYPE_IPV4 >> 8 ||
	    p[13] != (RTE_ETHER_TYPE_IPV4 & 0xff) || ip->next_proto_id != IPPROTO_TCP)
		return false;
	ip_len = rte_ipv4_hdr_len(ip);
	room -= RTE_ETHER_HDR_LEN;
	if (ip_len < sizeof(*ip) || room < ip_len + sizeof(*tcp) ||
	    rte_be_to_cpu_16(ip->total_length) < ip_len + sizeof(*tcp))
		return false;
	tcp = (const void *)(p + RTE_ETHER_HDR_LEN + ip_len);
	return tcp->cksum == rte_ipv4_phdr_cksum(ip, 0);
}

static void
say(struct port_marks *marks)
{
	char name[RTE_ETH_NAME_MAX_LEN] = "";

	if (marks->said)
		return;
	(void)rte_eth_dev_get_name_by_port(marks->port_id, name);
	note_once(&marks->said, NOTE_PORT_NO_MARKS, name, NULL);
}

void
port_marks_set(struct port_marks *marks, struct rte_mbuf **pkts, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		if ((pkts[i]->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) !=
		    RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN)
			continue;
		if (marks->lost && is_partial(pkts[i]))
			say(marks);
		else if (!marks->trust)
			continue;
		pkts[i]->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_NONE;
	}
}
