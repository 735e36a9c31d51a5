/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What is in the file of a capture, and what is not. */
#include "eal/capture.h"

static uint32_t isn; /* of the stack's side of a connection */
static uint8_t sent[FRAME_MAX];
static uint32_t sent_len;

static void
on_frame(void *arg, const uint8_t *bytes, uint32_t len)
{
	(void)arg;
	sent_len = len;
	memcpy(sent, bytes, RTE_MIN(len, (uint32_t)FRAME_MAX));
}

static void
test_both_ways(void)
{
	uint16_t (*rx)(struct rtls_port *, uint16_t, struct rte_mbuf **, uint16_t);
	struct frame f;
	struct stat st;

	begin(false);
	rx = t.port->rx_burst;
	t.d.on_frame = on_frame;
	inject_syn(1999);
	poll(1);
	CU_ASSERT_EQUAL(start(0, 64), 0);
	CU_ASSERT_EQUAL(start(0, 64), -EALREADY);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 07777, 0600);
	make(&f, 2000, RTE_TCP_SYN_FLAG, 0);
	finish(&f);
	inject(&f);
	poll(1);
	CU_ASSERT_EQUAL(stats().packets, 2);
	stop_and_read(0);
	CU_ASSERT_PTR_EQUAL(t.port->rx_burst, rx);
	inject_syn(2001);
	poll(1);
	CU_ASSERT_STRING_EQUAL(file.name, t.port->name);
	CU_ASSERT_EQUAL(file.received, 2);
	CU_ASSERT_EQUAL(file.missed, 0);
	CU_ASSERT_EQUAL_FATAL(file.nb_packets, 2);
	CU_ASSERT_TRUE(file.packets[0].received && !file.packets[1].received);
	CU_ASSERT_EQUAL(file.packets[0].len, f.len);
	CU_ASSERT_EQUAL(memcmp(file.packets[0].bytes, f.b, f.len), 0);
	CU_ASSERT_EQUAL(file.packets[0].nb_comments + file.packets[1].nb_comments, 0);
	CU_ASSERT_EQUAL(file.packets[1].len, file.packets[1].original_len);
	CU_ASSERT_EQUAL(file.packets[1].bytes[47], RTE_TCP_SYN_FLAG | RTE_TCP_ACK_FLAG);
	pcapng_free(&file);
	end();
}

static void
spoil_version(struct frame *f)
{
	f->ip->version_ihl = 0x55;
}

static void
of_another_host(struct frame *f)
{
	f->ip->dst_addr = RTE_BE32(0xc0000207);
	finish(f);
}

static void
of_another_protocol(struct frame *f)
{
	f->ip->next_proto_id = 17;
	finish(f);
}

static void
a_fragment(struct frame *f)
{
	f->ip->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
	finish(f);
}

static void
to_a_closed_port(struct frame *f)
{
	f->tcp->dst_port = RTE_BE16(444);
	finish(f);
}

static void
fin_of_a_stranger(struct frame *f)
{
	f->tcp->tcp_flags = RTE_TCP_FIN_FLAG;
	finish(f);
}

static void
of_a_known_remote(struct frame *f)
{
	f->tcp->src_port = RTE_BE16(3001);
	finish(f);
}

/* To the connection that there is; the ACK is what it has sent, its SYN. */
static void
to_the_open_one(struct frame *f, uint8_t flags, uint32_t seq, uint32_t ack_off)
{
	f->tcp->src_port = RTE_BE16(3000);
	f->tcp->tcp_flags = flags;
	f->tcp->sent_seq = rte_cpu_to_be_32(seq);
	f->tcp->recv_ack = rte_cpu_to_be_32(isn + 1 + ack_off);
	finish(f);
}

static void
a_rst_beside(struct frame *f)
{
	to_the_open_one(f, RTE_TCP_RST_FLAG, 1005, 0);
}

static void
a_syn_again(struct frame *f)
{
	to_the_open_one(f, RTE_TCP_SYN_FLAG, 1005, 0);
}

static void
far_away(struct frame *f)
{
	to_the_open_one(f, RTE_TCP_ACK_FLAG, 1001 + 100000000, 0);
}

static void
never_sent(struct frame *f)
{
	to_the_open_one(f, RTE_TCP_ACK_FLAG, 1001, 5);
}

static void
sent_again(struct frame *f)
{
	f->len = HDRS + 1;
	f->ip->total_length = RTE_BE16(41);
	f->b[HDRS] = 'x';
	to_the_open_one(f, RTE_TCP_ACK_FLAG, 1001, 0);
	inject(f);
	poll(1);
}

static void
an_arp_of_ours(struct frame *f)
{
	static const uint8_t arp[] = { 0,   1, 8, 0, 6, 4, 0, 2, 2, 0, 0,   0, 0, 9,
				       192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1 };

	memcpy(f->b + 12, "\x08\x06", 2);
	memcpy(f->b + 14, arp, sizeof(arp));
}

static void
a_bad_arp(struct frame *f)
{
	an_arp_of_ours(f);
	f->b[18] = 7;
}

static void
an_icmp(struct frame *f, uint8_t type)
{
	uint8_t *icmp = (uint8_t *)f->tcp;

	memset(icmp, 0, 20);
	icmp[0] = type;
	f->ip->next_proto_id = 1;
	*(uint16_t *)(icmp + 2) = (uint16_t)~rte_raw_cksum(icmp, 20);
	f->ip->hdr_checksum = rte_ipv4_cksum(f->ip);
}

static void
an_icmp_of_another_kind(struct frame *f)
{
	an_icmp(f, 13);
}

static void
a_bad_unreachable(struct frame *f)
{
	an_icmp(f, 3);
	f->b[36] ^= 1;
}

static void
an_echo_too_many(struct frame *f)
{
	struct frame echo = *f;

	echo.ip = (void *)(echo.b + 14);
	echo.tcp = (void *)(echo.b + 34);
	an_icmp(&echo, 8);
	for (int i = 0; i < 8; i++)
		inject(&echo);
	poll(1);
	an_icmp(f, 8);
}

/* Whoever has this counter has dropped the packet: one more, and the comment. */
static void
test_dropped(void)
{
	static const struct {
		void (*spoil)(struct frame *f);
		const char *counter;
	} rows[] = {
		{ spoil_version, "RxMalformed" },
		{ spoil_sum, "RxBadChecksum" },
		{ of_another_host, "RxNotForUs" },
		{ of_another_protocol, "RxNotForUs" },
		{ a_fragment, "RxFragments" },
		{ to_a_closed_port, "RxNoConnection" },
		{ fin_of_a_stranger, "RxNoConnection" },
		{ of_a_known_remote, "RemoteLimited" },
		{ a_rst_beside, "RxBadReset" },
		{ a_syn_again, "RxBadSyn" },
		{ far_away, "RxOutOfWindow" },
		{ never_sent, "RxBadAck" },
		{ sent_again, "RxDuplicate" },
		{ an_arp_of_ours, "ArpRefused" },
		{ a_bad_arp, "RxMalformed" },
		{ an_icmp_of_another_kind, "RxNotForUs" },
		{ a_bad_unreachable, "RxBadChecksum" },
		{ an_echo_too_many, "AnswersLimited" },
	};
	char want[64];
	struct frame f;
	uint64_t before;

	begin(false);
	/* The one connection that this remote may have. */
	inject_syn(3000);
	t.d.on_frame = on_frame;
	poll(1);
	make(&f, 3000, RTE_TCP_ACK_FLAG, 0);
	f.tcp->sent_seq = RTE_BE32(1001);
	memcpy(&isn, sent + 38, 4);
	isn = rte_be_to_cpu_32(isn);
	f.tcp->recv_ack = rte_cpu_to_be_32(isn + 1);
	finish(&f);
	inject(&f);
	poll(2);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		make(&f, 4000, RTE_TCP_SYN_FLAG, 0);
		rows[i].spoil(&f);
		poll(1);
		before = stat_of(t.stack, NULL, rows[i].counter);
		CU_ASSERT_EQUAL(start(0, 64), 0);
		inject(&f);
		poll(2);
		CU_ASSERT_EQUAL(stat_of(t.stack, NULL, rows[i].counter), before + 1);
		stop_and_read(0);
		snprintf(want, sizeof(want), "dropped: %s", rows[i].counter);
		CU_ASSERT_FATAL(file.nb_packets >= 1);
		CU_ASSERT_EQUAL(file.packets[0].len, f.len);
		CU_ASSERT_EQUAL(memcmp(file.packets[0].bytes, f.b, f.len), 0);
		CU_ASSERT_EQUAL_FATAL(file.packets[0].nb_comments, 1);
		CU_ASSERT_STRING_EQUAL(file.packets[0].comments[0], want);
		pcapng_free(&file);
		t.now_us += 1000000;
	}
	end();
}

/* The one in the middle of a burst, whatever its length does to the block's layout. */
static void
test_dropped_among_others(void)
{
	struct frame f;

	begin(false);
	CU_ASSERT_EQUAL(start(0, 256), 0);
	for (uint32_t len = 0; len < 8; len++) {
		inject_syn((uint16_t)(5000 + len));
		make(&f, 4000, RTE_TCP_ACK_FLAG, len);
		spoil_sum(&f);
		inject(&f);
	}
	poll(2);
	stop_and_read(0);
	CU_ASSERT_EQUAL(file.nb_packets, 8 + 8 + 8);
	for (unsigned int i = 0; i < 16; i++) {
		CU_ASSERT_TRUE(file.packets[i].received);
		CU_ASSERT_EQUAL(file.packets[i].nb_comments, i % 2);
		CU_ASSERT_EQUAL(file.packets[i].len, HDRS + i % 2 * (i / 2));
	}
	pcapng_free(&file);
	end();
}

static void
test_unsent(void)
{
	begin(false);
	t.d.takes = 0;
	inject_syn(2000);
	poll(1);
	CU_ASSERT_EQUAL(start(0, 64), 0);
	/* It has taken nothing for a second, and takes the next one not either. */
	t.now_us += 1500000;
	inject_syn(2001);
	poll(1);
	CU_ASSERT_EQUAL(stat_of(t.stack, NULL, "TxDropped"), 1);
	stop_and_read(0);
	/* What it may take later is in the file then. */
	CU_ASSERT_EQUAL_FATAL(file.nb_packets, 2);
	CU_ASSERT_FALSE(file.packets[1].received);
	CU_ASSERT_EQUAL_FATAL(file.packets[1].nb_comments, 1);
	CU_ASSERT_STRING_EQUAL(file.packets[1].comments[0], "not sent: TxDropped");
	t.d.takes = UINT32_MAX;
	pcapng_free(&file);
	end();
}

static bool
has_secret(void)
{
	for (uint32_t i = 0; i + 4 <= file.len; i++)
		if (memcmp(file.file + i, "SSSS", 4) == 0)
			return true;
	return false;
}

/* What is in clear in memory and sealed on the wire: headers, and the length as it was. */
static void
test_clear_in_memory(void)
{
	static const char *const comments[] = {
		"headers only: the device has opened the payload",
		"headers only: the device seals the payload",
		"not sent: tx_tls_drop_bypass_req",
	};
	struct frame f;
	struct rte_mbuf *m, *piece;

	begin(false);
	CU_ASSERT_EQUAL(start(0, 64), 0);
	make(&f, 2000, RTE_TCP_ACK_FLAG, 1000);
	finish(&f);
	m = mbuf_of(&f);
	m->ol_flags |= RTE_MBUF_F_RX_SEC_OFFLOAD;
	t.d.in[t.d.nb_in++] = m;
	poll(1);
	m = mbuf_of(&f);
	m->ol_flags |= RTE_MBUF_F_TX_SEC_OFFLOAD;
	CU_ASSERT_EQUAL(t.port->tx_burst(t.port, 0, &m, 1), 1);
	/* In pieces, the headers too. */
	m = mbuf_of(&f);
	piece = mbuf_of(&f);
	rte_pktmbuf_trim(m, (uint16_t)(f.len - 40));
	rte_pktmbuf_adj(piece, 40);
	CU_ASSERT_EQUAL(rte_pktmbuf_chain(m, piece), 0);
	stack_unsent(t.stack, t.port, m, CNT_TX_DROP_BYPASS_REQ);
	rte_pktmbuf_free(m);
	stop_and_read(0);
	CU_ASSERT_FALSE(has_secret());
	/* Between them: the RST for the first. */
	CU_ASSERT_EQUAL_FATAL(file.nb_packets, 4);
	for (unsigned int i = 0, at = 0; i < 3; i++, at = i + 1) {
		CU_ASSERT_EQUAL(file.packets[at].len, HDRS);
		CU_ASSERT_EQUAL(file.packets[at].original_len, HDRS + 1000);
		CU_ASSERT_STRING_EQUAL(file.packets[at].comments[0], comments[i]);
	}
	CU_ASSERT_STRING_EQUAL(file.packets[0].comments[1], "dropped: RxNoConnection");
	pcapng_free(&file);
	end();
}

static void
test_snaplen(void)
{
	struct frame f;

	begin(false);
	CU_ASSERT_EQUAL(start(64, 64), 0);
	make(&f, 2000, RTE_TCP_ACK_FLAG, 1000);
	spoil_sum(&f);
	inject(&f);
	poll(1);
	stop_and_read(0);
	CU_ASSERT_EQUAL_FATAL(file.nb_packets, 1);
	CU_ASSERT_EQUAL(file.packets[0].len, 64);
	CU_ASSERT_EQUAL(file.packets[0].original_len, f.len);
	CU_ASSERT_STRING_EQUAL(file.packets[0].comments[0], "dropped: RxBadChecksum");
	pcapng_free(&file);
	end();
}

/* 64 KiB, as to a port that cuts packets: in one buffer there, in several elsewhere. */
static void
test_long(void)
{
	struct frame f;
	struct rte_mbuf *m, *piece;

	for (int cuts = 0; cuts < 2; cuts++) {
		begin(false);
		t.port->tso_max = cuts ? 65535 - 20 - 60 : 0;
		CU_ASSERT_EQUAL(start(0, 64), 0);
		make(&f, 2000, RTE_TCP_ACK_FLAG, FRAME_MAX - HDRS);
		finish(&f);
		m = mbuf_of(&f);
		for (unsigned int i = 1; i < 42; i++) {
			piece = mbuf_of(&f);
			CU_ASSERT_EQUAL(rte_pktmbuf_chain(m, piece), 0);
		}
		t.d.in[t.d.nb_in++] = m;
		poll(1);
		CU_ASSERT_EQUAL(stats().missed, 0);
		t.port->tso_max = 0;
		stop_and_read(0);
		CU_ASSERT_FATAL(file.nb_packets >= 1);
		CU_ASSERT_EQUAL_FATAL(file.packets[0].len, 42 * FRAME_MAX);
		CU_ASSERT_EQUAL(file.packets[0].original_len, 42 * FRAME_MAX);
		for (unsigned int i = 0; i < 42; i++)
			CU_ASSERT_EQUAL(
				memcmp(file.packets[0].bytes + i * FRAME_MAX, f.b, FRAME_MAX), 0);
		CU_ASSERT_EQUAL(file.packets[0].nb_comments, (uint32_t)cuts);
		pcapng_free(&file);
		end();
	}
}

/* A driver that lies of a chain: it is dropped, and no copy of it is tried. */
static void
test_unsound(void)
{
	struct rte_mbuf *m;
	struct frame f;

	begin(false);
	CU_ASSERT_EQUAL(start(0, 64), 0);
	make(&f, 2000, RTE_TCP_ACK_FLAG, 10);
	finish(&f);
	m = mbuf_of(&f);
	m->pkt_len += 5000;
	t.d.in[t.d.nb_in++] = m;
	poll(1);
	CU_ASSERT_EQUAL(stat_of(t.stack, NULL, "RxMalformed"), 1);
	CU_ASSERT_EQUAL(stats().missed, 1);
	stop_and_read(0);
	CU_ASSERT_EQUAL(file.nb_packets, 0);
	pcapng_free(&file);
	end();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what was received and sent is in the file", test_both_ways },
		{ "a dropped packet has the name of its counter", test_dropped },
		{ "the dropped ones in a burst, of any length", test_dropped_among_others },
		{ "a packet that is never sent has one, too", test_unsent },
		{ "what is in clear in memory alone is not in the file", test_clear_in_memory },
		{ "packets are cut to the length asked for", test_snaplen },
		{ "a packet as long as there can be", test_long },
		{ "a chain that is not what its head says is not copied", test_unsound },
	};

	return run("capture", cases, HARNESS_COUNT(cases));
}
