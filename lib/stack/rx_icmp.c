/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/rx_icmp.h"

#include "buf/chain.h"
#include "net/checksum.h"
#include "net/icmp.h"
#include "stack/drop.h"
#include "stack/icmp_path.h"
#include "stack/reply.h"
#include "stack/tell.h"

/* The request becomes the reply: only headers are written anew. */
static void
write_echo_reply(const struct netif *nif, const struct rx_packet *p, struct rte_mbuf *reply)
{
	uint8_t *bytes = rte_pktmbuf_mtod(reply, uint8_t *), *icmp;
	struct ether_ip_tx ip = {
		.src = p->ip.dst,
		.dst = p->ip.src,
		.l4_len = p->ip.l4_len,
		.ip_proto = IPV4_PROTO_ICMP,
		.tos = p->ip.tos,
		.ip_checksum = true,
	};

	memcpy(ip.dst_mac, p->ip.src_mac, sizeof(ip.dst_mac));
	memcpy(ip.src_mac, nif->port->mac, sizeof(ip.src_mac));
	icmp = bytes + ether_ip_write(&ip, bytes);
	icmp[0] = ICMP_TYPE_ECHO_REPLY;
	put_be16(icmp + ICMP_CHECKSUM_OFF,
		 icmp_echo_reply_checksum(get_be16(icmp + ICMP_CHECKSUM_OFF)));
}

static void
rx_echo(struct rtls_stack *s, struct netif *nif, struct rx_packet *p)
{
	uint32_t off = p->ip.l4_off, len = p->ip.l4_len, room;
	struct rte_mbuf *m;

	if (!reply_allowed(s, ANSWER_ECHO, &p->ip.src)) {
		stack_tell_dropped(p->nif->port, p->m, CNT_ANSWERS_LIMITED);
		return;
	}
	/* A copy: what a port hands up may not be ours to write, as with net_ring. */
	m = buf_record_alloc(&s->pools, ETHER_IP_HDR_LEN + len);
	room = m == NULL ? 0 : (uint32_t)rte_pktmbuf_tailroom(m);
	if (room < ETHER_IP_HDR_LEN + len || IPV4_HDR_MIN + len > nif->port->mtu) {
		rte_pktmbuf_free(m);
		rx_packet_refused(s, p, CNT_TX_ANSWERS_DROPPED);
		return;
	}
	m->data_len = (uint16_t)(ETHER_IP_HDR_LEN + len);
	m->pkt_len = m->data_len;
	chain_copy_out(p->m, off, rte_pktmbuf_mtod_offset(m, void *, ETHER_IP_HDR_LEN), len);
	write_echo_reply(nif, p, m);
	stack_count(s, CNT_ECHO_REPLIES);
	reply_packet(s, nif, m);
}

static void
note_bad_icmp(struct rtls_stack *s, const struct rx_packet *p)
{
	rx_packet_refused(s, p, CNT_RX_BAD_CHECKSUM);
	tell_remote(s, &p->ip.src, 0, NOTE_BAD_CHECKSUM, "ICMP");
}

void
rx_icmp(struct rtls_stack *s, struct netif *nif, struct rx_packet *p)
{
	const uint8_t *icmp = p->bytes + p->ip.l4_off;
	uint32_t off = p->ip.l4_off, len = p->ip.l4_len;
	uint32_t contiguous_len = p->contiguous_len > off ? p->contiguous_len - off : 0;

	switch (icmp_input(icmp, contiguous_len, len)) {
	case ICMP_REPLY:
		rx_echo(s, nif, p);
		break;
	case ICMP_ERROR:
		if (checksum_finish(chain_sum(p->m, off, len)) == 0)
			icmp_path_input(s, &p->ip.dst, icmp, contiguous_len, len);
		else
			note_bad_icmp(s, p);
		break;
	case ICMP_IGNORE:
		rx_packet_refused(s, p, CNT_RX_NOT_FOR_US);
		break;
	case ICMP_BAD:
		rx_packet_refused(s, p, CNT_RX_MALFORMED);
		break;
	}
	rte_pktmbuf_free(p->m);
}
