/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/nic_arrival.h"

#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_ip.h>
#include <rte_mbuf_dyn.h>
#include <rte_tcp.h>

#include "support/harness.h"

enum { TAG = 16 };

void
nic_bench_receives(struct nic_bench *b, uint32_t seq, uint32_t lead, const uint32_t *sizes,
		   uint32_t nb_records)
{
	const struct offload_device *d = &b->nic->tls;
	struct rtls_tls_flow flow;

	nic_stream_init(&b->stream, b->version, b->cipher, &b->luck, b->pool, seq, lead, sizes,
			nb_records);
	flow = nic_bench_flow_of(b, RTLS_RX, 443);
	b->session = nic_bench_session(b, RTLS_RX);
	CU_ASSERT_FATAL(b->session != NULL);
	CU_ASSERT_EQUAL_FATAL(d->ops->add(d->dev, b->session, &flow, 9, &b->ctx), 0);
	CU_ASSERT_EQUAL_FATAL(d->ops->start(d->dev, b->ctx, seq + lead, b->stream.first_rec_no), 0);
}

void
nic_bench_opened(const struct nic_bench *b, uint8_t *out, size_t room)
{
	CU_ASSERT_FATAL(b->stream.len <= room);
	memcpy(out, b->stream.clear, b->stream.len);
	for (uint32_t i = 0; i < b->stream.nb_records; i++) {
		uint32_t end = b->stream.records[i].off + b->stream.records[i].len;

		memcpy(out + end - TAG, b->stream.wire + end - TAG, TAG);
	}
}

static uint8_t
tcp_flags_of(unsigned int flags)
{
	uint8_t tcp_flags = (flags & NIC_ARRIVAL_NO_ACK) != 0 ? 0 : RTE_TCP_ACK_FLAG;

	if ((flags & NIC_ARRIVAL_SYN) != 0)
		tcp_flags |= RTE_TCP_SYN_FLAG;
	if ((flags & NIC_ARRIVAL_RST) != 0)
		tcp_flags |= RTE_TCP_RST_FLAG;
	return tcp_flags;
}

static void
write_headers(uint8_t *p, uint32_t seq, uint32_t len, unsigned int flags)
{
	struct rte_ipv4_hdr *ip = (void *)(p + 14);
	struct rte_tcp_hdr *tcp = (void *)(p + 34);
	static const uint8_t ether[14] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0 };

	memcpy(p, ether, sizeof(ether));
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = 0x45,
		.total_length = rte_cpu_to_be_16((uint16_t)(40 + len)),
		.time_to_live = 64,
		.next_proto_id = 6,
		.src_addr = RTE_BE32(0xc0000202),
		.dst_addr = RTE_BE32(0xc0000201),
	};
	*tcp = (struct rte_tcp_hdr){
		.src_port = RTE_BE16(50000),
		.dst_port = (flags & NIC_ARRIVAL_OTHER_FLOW) != 0 ? RTE_BE16(444) : RTE_BE16(443),
		.sent_seq = rte_cpu_to_be_32(seq),
		.data_off = 0x50,
		.tcp_flags = tcp_flags_of(flags),
	};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
	if ((flags & NIC_ARRIVAL_BAD_IP_SUM) != 0)
		ip->hdr_checksum ^= 1;
	if ((flags & NIC_ARRIVAL_BAD_TCP_SUM) != 0)
		tcp->cksum ^= 1;
}

static void
nothing(void *addr, void *arg)
{
	(void)addr;
	(void)arg;
}

/* The same bytes, in clones, or in memory that is no mbuf's. */
static struct rte_mbuf *
elsewhere(struct nic_bench *b, struct rte_mbuf *head, const uint8_t *frame, uint32_t frame_len,
	  unsigned int flags)
{
	static uint8_t memory[RTE_PKTMBUF_HEADROOM + 2048];
	struct rte_mbuf_ext_shared_info *info;
	uint16_t room = sizeof(memory);
	struct rte_mbuf *m;

	if ((flags & NIC_ARRIVAL_INDIRECT) != 0) {
		m = rte_pktmbuf_clone(head, b->pool);
		CU_ASSERT_FATAL(m != NULL);
		rte_pktmbuf_free(head);
		return m;
	}
	if ((flags & NIC_ARRIVAL_EXTERNAL) == 0)
		return head;
	rte_pktmbuf_free(head);
	m = rte_pktmbuf_alloc(b->pool);
	info = rte_pktmbuf_ext_shinfo_init_helper(memory, &room, nothing, NULL);
	CU_ASSERT_FATAL(m != NULL && info != NULL);
	rte_pktmbuf_attach_extbuf(m, memory, rte_mem_virt2iova(memory), room, info);
	memcpy(rte_pktmbuf_append(m, (uint16_t)frame_len), frame, frame_len);
	return m;
}

struct rte_mbuf *
nic_bench_arrive(struct nic_bench *b, uint32_t off, uint32_t len, unsigned int flags)
{
	uint8_t frame[1600] = { 0 };
	uint32_t frame_len = NIC_BENCH_HDRS + len, done = 0;
	struct rte_mbuf *head = NULL;

	memcpy(frame + NIC_BENCH_HDRS, b->stream.wire + off, len);
	if ((flags & NIC_ARRIVAL_BAD_BYTE) != 0)
		frame[NIC_BENCH_HDRS + len - 1] ^= 1;
	write_headers(frame, b->stream.seq + off, len, flags);
	if ((flags & NIC_ARRIVAL_PADDED) != 0)
		frame_len += 6;
	while (done < frame_len) {
		uint32_t n = 1 + harness_below(&b->luck, frame_len - done);
		struct rte_mbuf *m = rte_pktmbuf_alloc(b->pool);

		CU_ASSERT_FATAL(m != NULL);
		memcpy(rte_pktmbuf_append(m, (uint16_t)n), frame + done, n);
		if (head == NULL)
			head = m;
		else
			CU_ASSERT_FATAL(rte_pktmbuf_chain(head, m) == 0);
		done += n;
	}
	head = elsewhere(b, head, frame, frame_len, flags);
	head->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
	head->hash.rss = 4711;
	if ((flags & NIC_ARRIVAL_MARK_GOOD) != 0)
		head->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	if ((flags & NIC_ARRIVAL_MARK_NONE) != 0)
		head->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_NONE | RTE_MBUF_F_RX_L4_CKSUM_NONE;
	nic_under_inject(b->under, head);
	return head;
}

struct rte_mbuf *
nic_bench_receive(const struct nic_bench *b)
{
	struct rte_mbuf *m = NULL;

	rtls_tlsnic_poll(b->nic);
	CU_ASSERT_EQUAL_FATAL(b->nic->rx_burst(b->nic, 0, &m, 1), 1);
	return m;
}

struct rtls_tls_rx_mark
nic_bench_mark(const struct nic_bench *b, uint32_t off, uint32_t len, uint16_t run)
{
	uint32_t prefix = peer_prefix(&b->stream.peer), i = 0;
	const struct nic_stream_record *r;
	struct rtls_tls_rx_mark mark = { .generation = (uint16_t)b->ctx.generation, .run = run };

	while (off >= b->stream.records[i].off + b->stream.records[i].len)
		i++;
	r = &b->stream.records[i];
	mark.rec_no = (uint32_t)(b->stream.first_rec_no + i);
	mark.rec_off = (uint16_t)(off - r->off);
	if (off + len < r->off + prefix)
		return mark;
	mark.rec_len = (uint16_t)r->len;
	memcpy(mark.explicit_nonce, b->stream.wire + r->off + 5, prefix - 5);
	return mark;
}

struct rtls_tls_rx_mark
nic_bench_mark_of(const struct rte_mbuf *m)
{
	int off = rtls_tls_rx_mark_offset();

	CU_ASSERT_FATAL(off > 0);
	return *RTE_MBUF_DYNFIELD(m, off, const struct rtls_tls_rx_mark *);
}

bool
nic_bench_same_mark(struct rtls_tls_rx_mark a, struct rtls_tls_rx_mark b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}
