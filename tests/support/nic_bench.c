/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/nic_bench.h"

#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include <recordtls/tls.h>

#include "support/harness.h"
#include "support/stat.h"

enum {
	POOL_MBUFS = 2047,
	HOST_PORT = 443,
	PSH_ACK = RTE_TCP_PSH_FLAG | RTE_TCP_ACK_FLAG,
};

static struct rte_mempool *pool;

void
nic_bench_pool_create(void)
{
	pool = rte_pktmbuf_pool_create("bench", POOL_MBUFS, 0, sizeof(struct rtls_tls_tx_meta),
				       RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
}

void
nic_bench_open(struct nic_bench *b, const struct rtls_tlsnic_conf *conf, uint32_t caps)
{
	*b = (struct nic_bench){ .conf = *conf, .luck = harness_seed(), .pool = pool };
	CU_ASSERT_FATAL(pool != NULL);
	b->conf.size = sizeof(b->conf);
	if (b->conf.nb_mbufs == 0)
		b->conf.nb_mbufs = 1024;
	if (b->conf.max_contexts == 0)
		b->conf.max_contexts = 4;
	b->under = nic_under_create(caps, 1500);
	/* The NIC's lcore may not free what is the host's. */
	if (b->conf.rings != 0)
		b->under->none_of = pool;
	CU_ASSERT_EQUAL_FATAL(rtls_tlsnic_open(&b->under->port, &b->conf, &b->nic), 0);
}

static enum rte_crypto_aead_algorithm
algo_of(const struct nic_bench *b)
{
	switch (b->cipher) {
	case RTLS_CIPHER_AES_CCM_128:
		return RTE_CRYPTO_AEAD_AES_CCM;
	case RTLS_CIPHER_CHACHA20_POLY1305:
		return RTE_CRYPTO_AEAD_CHACHA20_POLY1305;
	}
	return RTE_CRYPTO_AEAD_AES_GCM;
}

void
nic_bench_session_conf(const struct nic_bench *b, uint8_t dir, struct rte_crypto_sym_xform *x,
		       struct rte_security_session_conf *conf)
{
	const struct peer *peer = &b->stream.peer;
	bool tx = dir == RTLS_TX, tls12 = b->version == RTLS_TLS_1_2;

	*x = (struct rte_crypto_sym_xform){
		.type = RTE_CRYPTO_SYM_XFORM_AEAD,
		.aead = {
			.op = tx ? RTE_CRYPTO_AEAD_OP_ENCRYPT : RTE_CRYPTO_AEAD_OP_DECRYPT,
			.algo = algo_of(b),
			.key = { .data = peer->key,
				 .length = (uint16_t)EVP_CIPHER_get_key_length(peer_evp(peer)) },
			.digest_length = 16,
			.aad_length = tls12 ? 13 : 5,
		},
	};
	*conf = (struct rte_security_session_conf){
		.action_type = RTE_SECURITY_ACTION_TYPE_INLINE_CRYPTO,
		.protocol = RTE_SECURITY_PROTOCOL_TLS_RECORD,
		.tls_record = {
			.ver = tls12 ? RTE_SECURITY_VERSION_TLS_1_2 : RTE_SECURITY_VERSION_TLS_1_3,
			.type = tx ? RTE_SECURITY_TLS_SESS_TYPE_WRITE :
				     RTE_SECURITY_TLS_SESS_TYPE_READ,
			.options = { .iv_gen_disable = tls12 },
		},
		.crypto_xform = x,
	};
	if (tls12)
		memcpy(conf->tls_record.tls_1_2.imp_nonce, peer->iv, 4);
	else
		memcpy(conf->tls_record.tls_1_3.imp_nonce, peer->iv, sizeof(peer->iv));
}

void *
nic_bench_session(const struct nic_bench *b, uint8_t dir)
{
	struct rte_security_session_conf conf;
	struct rte_crypto_sym_xform x;

	nic_bench_session_conf(b, dir, &x, &conf);
	return rte_security_session_create(b->nic->tls.sec_ctx, &conf, b->nic->tls.sessions);
}

struct rtls_tls_flow
nic_bench_flow(uint8_t dir, uint16_t port)
{
	return (struct rtls_tls_flow){
		.local = { .family = RTLS_IPV4, .port = port, .ip = { 192, 0, 2, 1 } },
		.remote = { .family = RTLS_IPV4, .port = 50000, .ip = { 192, 0, 2, 2 } },
		.dir = dir,
	};
}

struct rtls_tls_flow
nic_bench_flow_of(const struct nic_bench *b, uint8_t dir, uint16_t port)
{
	struct rtls_tls_flow flow = nic_bench_flow(dir, port);

	flow.size = sizeof(flow);
	if (b->stream.peer.tls12 && peer_prefix(&b->stream.peer) == 5)
		memcpy(flow.iv, b->stream.peer.iv, sizeof(flow.iv));
	return flow;
}

void
nic_bench_start(struct nic_bench *b, uint32_t seq, uint32_t lead, const uint32_t *sizes,
		uint32_t nb_records)
{
	const struct offload_device *d = &b->nic->tls;
	struct rtls_tls_flow flow;

	nic_stream_init(&b->stream, b->version, b->cipher, &b->luck, pool, seq, lead, sizes,
			nb_records);
	flow = nic_bench_flow_of(b, RTLS_TX, HOST_PORT);
	b->expected = lead;
	b->session = nic_bench_session(b, RTLS_TX);
	CU_ASSERT_FATAL(b->session != NULL);
	CU_ASSERT_EQUAL_FATAL(d->ops->add(d->dev, b->session, &flow, 7, &b->ctx), 0);
	CU_ASSERT_EQUAL_FATAL(d->ops->start(d->dev, b->ctx, seq + lead, b->stream.first_rec_no), 0);
}

void
nic_bench_begin(struct nic_bench *b, const struct rtls_tlsnic_conf *conf, uint32_t caps)
{
	static const uint32_t sizes[] = { 3000, 16384, 16384, 16384, 16384 };

	nic_bench_open(b, conf, caps);
	nic_bench_start(b, 1000, 0, sizes, RTE_DIM(sizes));
}

void
nic_bench_close(struct nic_bench *b)
{
	const struct offload_device *d = &b->nic->tls;
	struct rtls_tls_event ev;

	(void)d->ops->del(d->dev, b->ctx);
	nic_bench_turn(b);
	while (d->ops->poll_events(d->dev, 0, &ev, 1) > 0)
		;
	CU_ASSERT_EQUAL(nic_bench_count(b, "contexts_in_use"), 0);
	CU_ASSERT_EQUAL(nic_bench_count(b, "nic_tx_mbufs_in_use"), 0);
	CU_ASSERT_EQUAL(nic_bench_count(b, "nic_rx_mbufs_in_use"), 0);
	if (b->session != NULL)
		CU_ASSERT_EQUAL(rte_security_session_destroy(d->sec_ctx, b->session), 0);
	CU_ASSERT_EQUAL(rtls_port_close(b->nic), 0);
	CU_ASSERT_EQUAL(b->under->closed, 1);
	nic_under_destroy(b->under);
	nic_stream_fini(&b->stream);
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(pool), 0);
}

static void
write_headers(struct rte_mbuf *m, uint32_t seq, uint32_t len, uint8_t flags)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, 14);
	struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, struct rte_tcp_hdr *, 34);
	static const uint8_t ether[14] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0 };

	memcpy(rte_pktmbuf_append(m, NIC_BENCH_HDRS), ether, sizeof(ether));
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = 0x45,
		.total_length = rte_cpu_to_be_16((uint16_t)(40 + len)),
		.fragment_offset = RTE_BE16(0x4000),
		.time_to_live = 64,
		.next_proto_id = 6,
		.src_addr = RTE_BE32(0xc0000201),
		.dst_addr = RTE_BE32(0xc0000202),
	};
	*tcp = (struct rte_tcp_hdr){
		.src_port = RTE_BE16(HOST_PORT),
		.dst_port = RTE_BE16(50000),
		.sent_seq = rte_cpu_to_be_32(seq),
		.recv_ack = RTE_BE32(77),
		.data_off = 0x50,
		.tcp_flags = flags,
		.rx_win = RTE_BE16(1000),
	};
	m->l2_len = 14;
	m->l3_len = 20;
	m->l4_len = 20;
	m->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_TCP_CKSUM;
	tcp->cksum = rte_ipv4_phdr_cksum(ip, m->ol_flags);
}

static void
append_payload(struct nic_bench *b, struct rte_mbuf *head, const uint8_t *p, uint32_t len)
{
	while (len > 0) {
		uint32_t most = RTE_MIN(len, 2000u);
		uint32_t n = harness_below(&b->luck, 2) == 0 ? most :
							       1 + harness_below(&b->luck, most);
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		CU_ASSERT_FATAL(m != NULL);
		memcpy(rte_pktmbuf_append(m, (uint16_t)n), p, n);
		CU_ASSERT_FATAL(rte_pktmbuf_chain(head, m) == 0);
		p += n;
		len -= n;
	}
}

struct rte_mbuf *
nic_bench_packet(struct nic_bench *b, uint32_t off, uint32_t len, uint16_t mss)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct rtls_tls_tx_meta *meta;

	CU_ASSERT_FATAL(m != NULL);
	write_headers(m, b->stream.seq + off, len, PSH_ACK);
	append_payload(b, m, b->stream.clear + off, len);
	if (mss != 0) {
		m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
		m->tso_segsz = mss;
	}
	meta = rte_mbuf_to_priv(m);
	meta->ctx = b->ctx;
	nic_stream_meta(&b->stream, off, meta);
	if (!b->mark_none)
		CU_ASSERT_EQUAL(
			rte_security_set_pkt_metadata(b->nic->tls.sec_ctx, b->session, m, meta), 0);
	m->ol_flags |= RTE_MBUF_F_TX_SEC_OFFLOAD;
	return m;
}

void
nic_bench_turn(struct nic_bench *b)
{
	while (rtls_tlsnic_poll(b->nic) > 0)
		;
	b->nic->tx_cleanup(b->nic, 0);
}

uint16_t
nic_bench_burst(struct nic_bench *b, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t taken = b->nic->tx_burst(b->nic, 0, pkts, n);

	nic_bench_turn(b);
	return taken;
}

/* Naive, so that it shares nothing with what it checks: the sum of the words in order. */
static uint16_t
sum_of(uint32_t sum, const uint8_t *p, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static void
check_frame(const struct nic_bench *b, const struct nic_under_frame *f, uint32_t off, uint32_t len,
	    uint8_t flags)
{
	const uint8_t *ip = f->bytes + 14, *tcp = f->bytes + 34;
	uint32_t seq;

	CU_ASSERT_EQUAL_FATAL(f->len, NIC_BENCH_HDRS + len);
	CU_ASSERT_EQUAL_FATAL(memcmp(f->bytes + NIC_BENCH_HDRS, b->stream.wire + off, len), 0);
	memcpy(&seq, tcp + 4, sizeof(seq));
	CU_ASSERT_EQUAL(rte_be_to_cpu_32(seq), b->stream.seq + off);
	CU_ASSERT_EQUAL(ip[2] << 8 | ip[3], (int)(40 + len));
	CU_ASSERT_EQUAL(ip[4] | ip[5], 0);
	CU_ASSERT_EQUAL(tcp[13], flags);
	CU_ASSERT_EQUAL(sum_of(0, ip, 20), 0xffff);
	CU_ASSERT_EQUAL(sum_of(sum_of(6 + 20 + len, ip + 12, 8), tcp, 20 + len), 0xffff);
}

void
nic_bench_check(const struct nic_bench *b, uint32_t *at, uint32_t off, uint32_t len, uint16_t mss)
{
	do {
		uint32_t n = mss != 0 ? RTE_MIN(len, (uint32_t)mss) : len;

		CU_ASSERT_FATAL(*at < b->under->nb_sent);
		check_frame(b, &b->under->sent[(*at)++], off, n,
			    n == len ? PSH_ACK : RTE_TCP_ACK_FLAG);
		off += n;
		len -= n;
	} while (len > 0);
}

static void
model_sent(struct nic_bench *b, uint32_t off, uint32_t len)
{
	if (off + len <= b->stream.lead) {
		b->skipped++;
	} else if (off == b->expected) {
		b->expected = off + len;
	} else {
		b->ooo++;
		if (b->conf.tx_after == RTLS_TLS_TX_STAYS || off + len > b->expected)
			b->expected = off + len;
	}
}

void
nic_bench_send(struct nic_bench *b, uint32_t off, uint32_t len, uint16_t mss)
{
	uint32_t at = 0, in_front = off < b->stream.lead ? b->stream.lead - off : 0;
	struct rte_mbuf *m;

	/* No packet lies on both sides of the start. */
	if (0 < in_front && in_front < len) {
		nic_bench_send(b, off, in_front, mss);
		off += in_front;
		len -= in_front;
	}
	m = nic_bench_packet(b, off, len, mss);
	b->under->nb_sent = 0;
	CU_ASSERT_EQUAL_FATAL(nic_bench_burst(b, &m, 1), 1);
	nic_bench_check(b, &at, off, len, mss);
	CU_ASSERT_EQUAL_FATAL(at, b->under->nb_sent);
	model_sent(b, off, len);
	CU_ASSERT_EQUAL_FATAL(nic_bench_count(b, "tx_tls_ooo"), b->ooo);
	CU_ASSERT_EQUAL_FATAL(nic_bench_count(b, "tx_tls_skip_no_sync_data"), b->skipped);
}

uint64_t
nic_bench_count(const struct nic_bench *b, const char *name)
{
	return stat_of_port(b->nic, name);
}

unsigned int
nic_bench_mbufs_out(const struct nic_bench *b)
{
	unsigned int out = rte_mempool_in_use_count(pool);

	for (uint32_t i = 0; i < b->stream.nb_records; i++)
		out -= b->stream.records[i].clear->nb_segs;
	return out;
}
