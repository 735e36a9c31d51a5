/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Headers around TLS: the NIC needs addresses, ports and sequence, and leaves the rest alone: options,
 * congestion marks, urgent pointers. What is no TCP over untagged IPv4 passes it.
 */
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include <recordtls/tls.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/nic_arrival.h"

enum {
	ETHER = 14,
	HDRS_MAX = ETHER + 60 + 60,
	SEQ = 5000,
	LEN = 300,
	ACK = RTE_TCP_ACK_FLAG,
	PSH = RTE_TCP_PSH_FLAG,
	FIN = RTE_TCP_FIN_FLAG,
	URG = RTE_TCP_URG_FLAG,
	ECE = RTE_TCP_ECE_FLAG,
	CWR = RTE_TCP_CWR_FLAG,
};

static const uint32_t sizes[] = { 100, 3000, 16384 };

static struct {
	struct nic_bench b;
	uint8_t opened[30000]; /* the stream as the NIC is to show it */
	uint32_t off;          /* of the next packet */
} t;

/* What may stand in headers. */
struct kind {
	uint8_t ip_options, tcp_options; /* bytes of each */
	uint8_t tos, ttl;
	uint8_t flags;
	uint8_t reserved; /* bits beside TCP's header length */
	uint16_t id, urgent;
	bool may_fragment;
};

static const struct kind kinds[] = {
	{ .ttl = 64, .flags = ACK },
	{ .ttl = 64, .flags = ACK, .ip_options = 4 },
	{ .ttl = 64, .flags = ACK, .ip_options = 40 },
	{ .ttl = 64, .flags = ACK, .tcp_options = 4 },
	{ .ttl = 64, .flags = ACK, .tcp_options = 40 },
	{ .ttl = 64, .flags = ACK, .ip_options = 40, .tcp_options = 40 },
	{ .ttl = 64, .flags = ACK | PSH | FIN },
	{ .ttl = 64, .flags = ACK | URG, .urgent = 7 },
	{ .ttl = 64, .flags = ACK | PSH, .urgent = 0xffff },
	/* ECT(1), ECT(0) and CE; a class; what TCP answers. */
	{ .ttl = 64, .flags = ACK, .tos = 1 },
	{ .ttl = 64, .flags = ACK, .tos = 2 },
	{ .ttl = 64, .flags = ACK, .tos = 3 },
	{ .ttl = 64, .flags = ACK, .tos = 0xb8 },
	{ .ttl = 64, .flags = ACK | ECE },
	{ .ttl = 64, .flags = ACK | CWR | PSH },
	{ .ttl = 64, .flags = ACK | ECE | CWR, .reserved = 1 },
	{ .ttl = 64, .flags = ACK, .reserved = 0xf },
	{ .ttl = 1, .flags = ACK, .id = 0xfffe, .may_fragment = true },
	{ .ttl = 255, .flags = ACK | URG | FIN, .id = 5, .ip_options = 8, .tcp_options = 12 },
};

static uint32_t
headers_len(const struct kind *k)
{
	return ETHER + 20u + k->ip_options + 20u + k->tcp_options;
}

static void
write_options(uint8_t *p, uint32_t len, uint8_t first)
{
	memset(p, 1, len); /* no operation */
	if (len >= 4) {
		p[0] = first;
		p[1] = 4;
		p[2] = p[3] = 0;
	}
}

/* Headers for len bytes behind them, with the sums in place. to_host: from the peer. */
static void
write_headers(uint8_t *p, const struct kind *k, uint32_t seq, uint32_t len, bool to_host)
{
	static const uint8_t ether[ETHER] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0 };
	const uint32_t addr[2] = { RTE_BE32(0xc0000201), RTE_BE32(0xc0000202) };
	const uint16_t port[2] = { RTE_BE16(443), RTE_BE16(50000) };
	struct rte_ipv4_hdr *ip = (void *)(p + ETHER);
	struct rte_tcp_hdr *tcp = (void *)(p + ETHER + 20 + k->ip_options);

	memcpy(p, ether, sizeof(ether));
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = (uint8_t)(0x45 + k->ip_options / 4),
		.type_of_service = k->tos,
		.total_length = rte_cpu_to_be_16((uint16_t)(headers_len(k) - ETHER + len)),
		.packet_id = rte_cpu_to_be_16(k->id),
		.fragment_offset = k->may_fragment ? 0 : RTE_BE16(0x4000),
		.time_to_live = k->ttl,
		.next_proto_id = 6,
		.src_addr = addr[to_host],
		.dst_addr = addr[!to_host],
	};
	write_options(p + ETHER + 20, k->ip_options, 148); /* router alert */
	*tcp = (struct rte_tcp_hdr){
		.src_port = port[to_host],
		.dst_port = port[!to_host],
		.sent_seq = rte_cpu_to_be_32(seq),
		.recv_ack = RTE_BE32(77),
		.data_off = (uint8_t)((0x50 + (k->tcp_options << 2)) | k->reserved),
		.tcp_flags = k->flags,
		.rx_win = RTE_BE16(1000),
		.tcp_urp = rte_cpu_to_be_16(k->urgent),
	};
	write_options((uint8_t *)(tcp + 1), k->tcp_options, 253); /* for experiments */
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
}

/* A frame of the stream as on the wire. Returns its length. */
static uint32_t
write_frame(uint8_t *p, const struct kind *k, uint32_t off, uint32_t len, bool to_host)
{
	memset(p, 0, HDRS_MAX);
	memcpy(p + headers_len(k), t.b.stream.wire + off, len);
	write_headers(p, k, t.b.stream.seq + off, len, to_host);
	return headers_len(k) + len;
}

/* --- received -------------------------------------------------------------------- */

static void
begin_receiving(uint8_t rings)
{
	nic_bench_open(&t.b, &(struct rtls_tlsnic_conf){ .rings = rings }, 0);
	nic_bench_receives(&t.b, SEQ, 0, sizes, RTE_DIM(sizes));
	nic_bench_opened(&t.b, t.opened, sizeof(t.opened));
	t.off = 0;
}

static struct rte_mbuf *
inject(const uint8_t *frame, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(t.b.pool);

	CU_ASSERT_FATAL(m != NULL);
	memcpy(rte_pktmbuf_append(m, (uint16_t)len), frame, len);
	nic_under_inject(t.b.under, m);
	return m;
}

/* The headers as they came, the payload opened. */
static void
is_opened(const struct rte_mbuf *m, const uint8_t *frame, uint32_t hdr_len, uint32_t len)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);

	CU_ASSERT((m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD) != 0);
	CU_ASSERT((m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD_FAILED) == 0);
	CU_ASSERT(nic_bench_same_mark(nic_bench_mark_of(m), nic_bench_mark(&t.b, t.off, len, 0)));
	CU_ASSERT_EQUAL_FATAL(m->data_len, hdr_len + len);
	CU_ASSERT_EQUAL(memcmp(p, frame, hdr_len), 0);
	CU_ASSERT_EQUAL(memcmp(p + hdr_len, t.opened + t.off, len), 0);
}

static void
next_is_opened(const struct kind *k)
{
	uint8_t frame[HDRS_MAX + LEN];
	struct rte_mbuf *m;

	inject(frame, write_frame(frame, k, t.off, LEN, true));
	m = nic_bench_receive(&t.b);
	is_opened(m, frame, headers_len(k), LEN);
	t.off += LEN;
	rte_pktmbuf_free(m);
}

static void
test_received(void)
{
	for (uint8_t rings = 0; rings < 2; rings++) {
		begin_receiving(rings);
		for (size_t i = 0; i < RTE_DIM(kinds); i++)
			next_is_opened(&kinds[i]);
		CU_ASSERT_EQUAL(nic_bench_count(&t.b, "rx_tls_decrypted_packets"), RTE_DIM(kinds));
		nic_bench_close(&t.b);
	}
}

/* A tag that the port below took off is in the packet's words, and stays there. */
static void
test_stripped(void)
{
	const uint64_t tag = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	uint8_t frame[HDRS_MAX + LEN];
	struct rte_mbuf *m;

	begin_receiving(0);
	m = inject(frame, write_frame(frame, &kinds[0], 0, LEN, true));
	m->ol_flags |= tag;
	m->vlan_tci = 1234;
	m = nic_bench_receive(&t.b);
	is_opened(m, frame, headers_len(&kinds[0]), LEN);
	CU_ASSERT_EQUAL(m->ol_flags & tag, tag);
	CU_ASSERT_EQUAL(m->vlan_tci, 1234);
	rte_pktmbuf_free(m);
	nic_bench_close(&t.b);
}

/* --- what is no packet of a flow --------------------------------------------------- */

/* A frame of the flow but for these bytes. */
struct strange {
	uint32_t at;
	uint8_t value;
	uint8_t tags; /* of four bytes, behind the addresses */
};

static const struct strange strangers[] = {
	{ 12, 0x08, 1 },           /* a VLAN's */
	{ 12, 0x08, 2 },           /* a VLAN's in another */
	{ 12, 0x86, 0 },           /* IPv6 by its type, more or less */
	{ ETHER, 0x65, 0 },        /* IPv6 by its version */
	{ ETHER, 0x44, 0 },        /* a header that is too short */
	{ ETHER, 0x4f, 0 },        /* one into the payload: no TCP header is where it ends */
	{ ETHER + 6, 0x20, 0 },    /* the first fragment */
	{ ETHER + 7, 0x10, 0 },    /* one that is not the first */
	{ ETHER + 9, 17, 0 },      /* UDP */
	{ ETHER + 2, 0xff, 0 },    /* longer than it is */
	{ ETHER + 32, 0x40, 0 },   /* a TCP header that is too short */
	{ ETHER + 26, 0x7f, 0 },   /* another connection, by one address */
	{ ETHER + 20 + 3, 99, 0 }, /* and by one port */
};

static uint32_t
write_stranger(uint8_t *p, const struct strange *s)
{
	static const uint8_t tag[4] = { 0x81, 0, 0, 5 };
	uint32_t len = write_frame(p, &kinds[0], t.off, LEN, true), more = s->tags * 4u;
	struct rte_ipv4_hdr *ip = (void *)(p + ETHER);

	p[s->at] = s->value;
	/* As a sender of it would have it. */
	ip->hdr_checksum = 0;
	if ((ip->version_ihl & 0xf) >= 5 && len > ETHER + 60)
		ip->hdr_checksum = rte_ipv4_cksum(ip);
	memmove(p + 12 + more, p + 12, len - 12);
	for (uint32_t i = 0; i < s->tags; i++)
		memcpy(p + 12 + i * sizeof(tag), tag, sizeof(tag));
	return len + more;
}

/* Each passes as it came, marked as nothing, and leaves no trace. */
static void
test_strangers(void)
{
	for (uint8_t rings = 0; rings < 2; rings++) {
		begin_receiving(rings);
		for (size_t i = 0; i < RTE_DIM(strangers); i++) {
			uint8_t frame[HDRS_MAX + LEN + 8];
			uint32_t len = write_stranger(frame, &strangers[i]);
			struct rte_mbuf *came = inject(frame, len), *m = nic_bench_receive(&t.b);

			CU_ASSERT_PTR_EQUAL(m, came);
			CU_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_SEC_OFFLOAD, 0);
			CU_ASSERT_EQUAL_FATAL(m->pkt_len, len);
			CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod(m, uint8_t *), frame, len), 0);
			rte_pktmbuf_free(m);
			next_is_opened(&kinds[0]);
		}
		CU_ASSERT_EQUAL(nic_bench_count(&t.b, "rx_tls_decrypted_packets"),
				RTE_DIM(strangers));
		CU_ASSERT_EQUAL(nic_bench_count(&t.b, "rx_tls_err"), 0);
		nic_bench_close(&t.b);
	}
}

/* --- sent -------------------------------------------------------------------------- */

/* With other headers than the bench's, in front of the same chain. */
static struct rte_mbuf *
packet_of(const struct kind *k, uint32_t len, uint16_t mss)
{
	struct rte_mbuf *m = nic_bench_packet(&t.b, t.off, len, mss);
	uint32_t hdr_len = headers_len(k);

	CU_ASSERT_EQUAL_FATAL(m->data_len, NIC_BENCH_HDRS);
	m->data_len = (uint16_t)hdr_len;
	m->pkt_len = hdr_len + len;
	memset(rte_pktmbuf_mtod(m, uint8_t *), 0, hdr_len);
	m->l3_len = 20u + k->ip_options;
	m->l4_len = 20u + k->tcp_options;
	/* Without payload behind them in one piece no sum can be right, and none need be. */
	write_headers(rte_pktmbuf_mtod(m, uint8_t *), k, t.b.stream.seq + t.off, 0, false);
	((struct rte_ipv4_hdr *)rte_pktmbuf_mtod_offset(m, void *, ETHER))
		->total_length = rte_cpu_to_be_16((uint16_t)(hdr_len - ETHER + len));
	return m;
}

/* Each frame is what the host itself would have sent: the same headers, with sums that fit. */
static void
is_sent(const struct kind *k, uint32_t len, uint32_t mss)
{
	const struct nic_under *u = t.b.under;
	uint32_t n = (len + mss - 1) / mss;

	CU_ASSERT_EQUAL_FATAL(u->nb_sent, n);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t off = i * mss, part = RTE_MIN(mss, len - off), frame_len;
		uint8_t frame[NIC_UNDER_FRAME_MAX];
		struct kind of = *k;

		of.id = (uint16_t)(k->id != 0 ? k->id + i : 0);
		of.flags &= (uint8_t)~(i + 1 < n ? FIN | PSH : 0);
		of.flags &= (uint8_t)~(i > 0 ? CWR : 0);
		frame_len = write_frame(frame, &of, t.off + off, part, false);
		CU_ASSERT_EQUAL_FATAL(u->sent[i].len, frame_len);
		CU_ASSERT_EQUAL(memcmp(u->sent[i].bytes, frame, frame_len), 0);
	}
}

static void
send_each(uint8_t rings, uint32_t len, uint16_t mss)
{
	nic_bench_open(&t.b, &(struct rtls_tlsnic_conf){ .rings = rings }, 0);
	nic_bench_start(&t.b, SEQ, 0, sizes, RTE_DIM(sizes));
	t.off = 0;
	for (size_t i = 0; i < RTE_DIM(kinds); i++) {
		struct rte_mbuf *m = packet_of(&kinds[i], len, mss);

		t.b.under->nb_sent = 0;
		CU_ASSERT_EQUAL(nic_bench_burst(&t.b, &m, 1), 1);
		is_sent(&kinds[i], len, mss != 0 ? mss : len);
		t.off += len;
	}
	CU_ASSERT_EQUAL(nic_bench_count(&t.b, "tx_tls_ooo"), 0);
	CU_ASSERT_EQUAL(nic_bench_count(&t.b, "tx_malformed"), 0);
	nic_bench_close(&t.b);
}

static void
test_sent(void)
{
	for (uint8_t rings = 0; rings < 2; rings++) {
		send_each(rings, LEN, 0);
		send_each(rings, 1000, 333);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "headers of all kinds, received", test_received },
		{ "a tag that was taken off", test_stripped },
		{ "packets of another kind", test_strangers },
		{ "headers of all kinds, sent", test_sent },
	};

	if (eal_start("tlsnic-headers") != 0)
		return 1;
	nic_bench_pool_create();
	return harness_run("tlsnic/headers", cases, HARNESS_COUNT(cases));
}
