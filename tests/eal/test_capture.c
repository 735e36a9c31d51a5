/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Captures of a port, read back; the packets come from and go to an ethdev that is a double. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include <recordtls/recordtls.h>

#include "stack/drop.h"
#include "stack/port.h"
#include "stack/port_capture.h"
#include "stack/stack.h"
#include "support/eal.h"
#include "support/eth_double.h"
#include "support/harness.h"
#include "support/log_tap.h"
#include "support/pcapng.h"
#include "support/stat.h"

enum { HDRS = 14 + 20 + 20, FRAME_MAX = 1514, SYN_ACK_OPTIONS_MAX = 40 };

static struct {
	struct eth_double d;
	struct rtls_port *port; /* may be a NIC over the double's */
	struct rtls_stack *stack;
	struct rtls_sock *listener;
	uint64_t now_us;
} t;

static char folder[] = "/tmp/recordtls-capture-XXXXXX", path[64], other[64];

static void
begin(bool nic)
{
	struct rtls_addr ip = { .family = RTLS_IPV4, .port = 443, .ip = { 192, 0, 2, 1 } };
	struct rtls_tlsnic_conf nc = { .size = sizeof(nc), .max_contexts = 8, .nb_mbufs = 64 };
	struct rtls_stack_conf sc = { .size = sizeof(sc),
				      .nb_packets = 256,
				      .nb_small = 16,
				      .nb_medium = 16,
				      .nb_large = 16,
				      .max_socks = 16,
				      .max_per_remote = 1,
				      .answers_per_remote = 8 };
	struct rtls_port_conf pc = {
		.size = sizeof(pc), .nb_rx_mbufs = 512, .nb_rx_desc = 64, .nb_tx_desc = 64
	};

	memset(&t, 0, sizeof(t));
	unlink(path);
	unlink(other);
	t.now_us = 1000000;
	eth_double_make(&t.d);
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(t.d.port_id, &pc, &t.port), 0);
	if (nic)
		CU_ASSERT_EQUAL_FATAL(rtls_tlsnic_open(t.port, &nc, &t.port), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_create(&sc, &t.stack), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_bind(t.stack, t.port, 0), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_addr_add(t.stack, t.port, &ip, 24), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_listen(t.stack, &ip, NULL, &t.listener), 0);
	eth_double_take_over(&t.d);
	log_tap_start(RTE_LOG_NOTICE);
}

static void
end(void)
{
	CU_ASSERT_EQUAL(rtls_close(t.listener), 0);
	CU_ASSERT_EQUAL(rtls_stack_destroy(t.stack), 0);
	CU_ASSERT_EQUAL(rtls_port_close(t.port), 0);
	log_tap_end();
	eth_double_end(&t.d);
}

static int
start(uint32_t snaplen, uint32_t nb_packets)
{
	const struct rtls_capture_conf conf = {
		.size = sizeof(conf), .snaplen = snaplen, .nb_packets = nb_packets, .path = path
	};

	return rtls_port_capture(t.port, &conf);
}

static struct rtls_capture_stats
stats(void)
{
	struct rtls_capture_stats s = { 0 };

	CU_ASSERT_EQUAL(rtls_port_capture_stats(t.port, &s), 0);
	return s;
}

/* An empty segment to the listener, as its parts may be changed before finish(). */
struct frame {
	uint8_t b[FRAME_MAX];
	uint32_t len;
	struct rte_ipv4_hdr *ip;
	struct rte_tcp_hdr *tcp;
};

static void
make(struct frame *f, uint16_t port, uint8_t flags, uint32_t payload_len)
{
	memset(f, 0, sizeof(*f));
	f->len = HDRS + payload_len;
	f->ip = (void *)(f->b + 14);
	f->tcp = (void *)(f->b + 34);
	memcpy(f->b, t.port->mac, 6);
	memcpy(f->b + 6, "\x02\0\0\0\0\x09\x08\0", 8);
	*f->ip = (struct rte_ipv4_hdr){ .version_ihl = 0x45,
					.total_length = rte_cpu_to_be_16((uint16_t)(f->len - 14)),
					.time_to_live = 64,
					.next_proto_id = 6,
					.src_addr = RTE_BE32(0xc0000209),
					.dst_addr = RTE_BE32(0xc0000201) };
	*f->tcp = (struct rte_tcp_hdr){ .src_port = rte_cpu_to_be_16(port),
					.dst_port = RTE_BE16(443),
					.sent_seq = RTE_BE32(1000),
					.data_off = 0x50,
					.tcp_flags = flags,
					.rx_win = RTE_BE16(60000) };
	memset(f->b + HDRS, 'S', payload_len);
}

static void
finish(struct frame *f)
{
	f->tcp->cksum = rte_ipv4_udptcp_cksum(f->ip, f->tcp);
	f->ip->hdr_checksum = rte_ipv4_cksum(f->ip);
}

static struct rte_mbuf *
mbuf_of(const struct frame *f)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(t.d.rx_pool);

	CU_ASSERT_FATAL(m != NULL);
	memcpy(rte_pktmbuf_append(m, (uint16_t)f->len), f->b, f->len);
	return m;
}

static void
inject(const struct frame *f)
{
	t.d.in[t.d.nb_in++] = mbuf_of(f);
}

static void
inject_syn(uint16_t port)
{
	struct frame f;

	make(&f, port, RTE_TCP_SYN_FLAG, 0);
	finish(&f);
	inject(&f);
}

static void
poll(unsigned int n)
{
	while (n-- > 0)
		rtls_stack_poll(t.stack, t.now_us++);
}

static struct pcapng file;

/* Ends the capture and reads its file, which is whole in any case. */
static void
stop_and_read(int error)
{
	CU_ASSERT_EQUAL(rtls_port_capture_stop(t.port), error);
	CU_ASSERT_TRUE_FATAL(pcapng_read(&file, path));
	CU_ASSERT_EQUAL(file.nb_interfaces, 1);
	CU_ASSERT_EQUAL(file.nb_stats, error == 0);
	CU_ASSERT_EQUAL(rtls_port_capture_stop(t.port), -ENOENT);
}

/* --- what is in it ---------------------------------------------------------------- */

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
spoil_sum(struct frame *f)
{
	finish(f);
	f->tcp->cksum ^= 0x0101;
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

/* --- what goes wrong -------------------------------------------------------------- */

/* Copies of a burst wait for its end: there are two buffers. */
static void
test_no_room(void)
{
	begin(false);
	CU_ASSERT_EQUAL(start(0, 2), 0);
	for (uint16_t i = 0; i < 5; i++)
		inject_syn((uint16_t)(2000 + i));
	poll(1);
	CU_ASSERT_EQUAL(stat_of(t.stack, NULL, "SynInUse"), 5);
	CU_ASSERT_EQUAL(stats().packets, 2);
	CU_ASSERT_EQUAL(stats().missed, 5 - 2 + 5);
	stop_and_read(0);
	CU_ASSERT_EQUAL(file.nb_packets, 2);
	CU_ASSERT_EQUAL(file.received, 10);
	CU_ASSERT_EQUAL(file.missed, 8);
	pcapng_free(&file);
	end();
}

static void
test_full_disk(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	uint16_t (*rx)(struct rtls_port *, uint16_t, struct rte_mbuf **, uint16_t);
	struct rlimit before, few;
	uint64_t syns;

	begin(false);
	rx = t.port->rx_burst;
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
	few = before;
	few.rlim_cur = 1500;
	CU_ASSERT_EQUAL(start(0, 64), 0);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &few), 0);
	for (uint16_t i = 0; stats().error == 0 && i < 2000; i++) {
		inject_syn((uint16_t)(2000 + i));
		poll(1);
		nanosleep(&pause, NULL);
	}
	CU_ASSERT_EQUAL(stats().error, -ENOSPC);
	/* Traffic goes on, as it did before. */
	syns = stat_of(t.stack, NULL, "RxPackets");
	for (uint16_t i = 0; i < 200; i++) {
		inject_syn((uint16_t)(9000 + i));
		poll(1);
	}
	CU_ASSERT_EQUAL(stat_of(t.stack, NULL, "RxPackets"), syns + 200);
	CU_ASSERT_EQUAL(stat_of(t.stack, NULL, "TxPackets"), syns + 200);
	CU_ASSERT_PTR_EQUAL(t.port->rx_burst, rx);
	CU_ASSERT_EQUAL(log_tap_count(NOTE_CAPTURE_ENDED), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_tap_last(NOTE_CAPTURE_ENDED), t.port->name));
	CU_ASSERT_EQUAL(start(0, 64), -EALREADY);
	stop_and_read(-ENOSPC);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
	/* No half block at the end. */
	CU_ASSERT_TRUE(file.nb_packets > 5 && file.len <= 1500);
	pcapng_free(&file);
	/* It can start anew. */
	CU_ASSERT_EQUAL(start(0, 64), 0);
	inject_syn(2000);
	poll(1);
	stop_and_read(0);
	CU_ASSERT_TRUE(file.nb_packets >= 1);
	pcapng_free(&file);
	end();
}

/* The limit is where the file ends: there is an error at once, and a signal. */
static void
test_file_limit(void)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct rlimit before, few;
	struct stat st;

	begin(false);
	CU_ASSERT_EQUAL(start(0, 64), 0);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_FSIZE, &before), 0);
	few = before;
	few.rlim_cur = (rlim_t)st.st_size;
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &few), 0);
	inject_syn(2000);
	for (unsigned int i = 0; stats().error == 0 && i < 2000; i++) {
		poll(1);
		nanosleep(&pause, NULL);
	}
	CU_ASSERT_EQUAL(stats().error, -EFBIG);
	stop_and_read(-EFBIG);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
	CU_ASSERT_EQUAL(file.nb_packets, 0);
	pcapng_free(&file);
	/* And where it begins: no capture, and no signal either. */
	few.rlim_cur = 0;
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &few), 0);
	CU_ASSERT(start(0, 64) < 0);
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &before), 0);
	end();
}

static int
start_at(struct rtls_port *p, const char *where, uint32_t snaplen)
{
	const struct rtls_capture_conf conf = { .size = sizeof(conf),
						.snaplen = snaplen,
						.path = where };

	return rtls_port_capture(p, &conf);
}

static void
test_refused(void)
{
	struct rtls_port no_ethdev = { .nb_queues = 1 };
	struct rtls_capture_stats s;
	uint16_t (*rx)(struct rtls_port *, uint16_t, struct rte_mbuf **, uint16_t);

	begin(false);
	rx = t.port->rx_burst;
	CU_ASSERT_EQUAL(rtls_port_capture(NULL, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_capture(t.port, NULL), -EINVAL);
	CU_ASSERT_EQUAL(start_at(NULL, path, 0), -EINVAL);
	CU_ASSERT_EQUAL(start_at(t.port, NULL, 0), -EINVAL);
	CU_ASSERT_EQUAL(start_at(t.port, path, 10), -EINVAL);
	CU_ASSERT_EQUAL(start_at(&no_ethdev, path, 0), -ENOTSUP);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
	CU_ASSERT_EQUAL(start_at(t.port, folder, 0), -EISDIR);
	CU_ASSERT_EQUAL(start_at(t.port, "/nowhere/at/all", 0), -ENOENT);
	CU_ASSERT_EQUAL(start_at(t.port, "/dev/full", 0), -ENOSPC);
	CU_ASSERT_EQUAL(symlink(path, other), 0);
	CU_ASSERT_EQUAL(start_at(t.port, other, 0), -ELOOP);
	CU_ASSERT_EQUAL(access(path, F_OK), -1);
	CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
	{
		int reader = open(path, O_RDONLY | O_NONBLOCK);

		CU_ASSERT_EQUAL(start_at(t.port, path, 0), -EINVAL);
		close(reader);
	}
	CU_ASSERT_PTR_EQUAL(t.port->rx_burst, rx);
	CU_ASSERT_EQUAL(rtls_port_capture_stop(NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_capture_stop(t.port), -ENOENT);
	CU_ASSERT_EQUAL(rtls_port_capture_stats(t.port, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_capture_stats(NULL, &s), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_capture_stats(t.port, &s), -ENOENT);
	end();
}

/* --- its end, and a NIC above it ---------------------------------------------------- */

static void
close_while_captured(bool nic)
{
	begin(nic);
	CU_ASSERT_EQUAL(start(0, 64), 0);
	inject_syn(2000);
	poll(2);
	end();
	CU_ASSERT_TRUE_FATAL(pcapng_read(&file, path));
	CU_ASSERT_EQUAL(file.nb_stats, 1);
	CU_ASSERT_TRUE(file.nb_packets >= 2);
	pcapng_free(&file);
}

static void
test_close(void)
{
	close_while_captured(false);
	close_while_captured(true);
}

/* Of a NIC in software it is the port under it; with rings, whose turn is another thread's, none. */
static void
test_nic(void)
{
	struct rtls_tlsnic_conf nc = {
		.size = sizeof(nc), .max_contexts = 8, .nb_mbufs = 64, .rings = 1
	};
	struct rtls_port *rings;
	struct frame f;

	begin(true);
	CU_ASSERT_EQUAL(start(0, 64), 0);
	make(&f, 2000, RTE_TCP_SYN_FLAG, 0);
	spoil_sum(&f);
	inject(&f);
	inject_syn(2001);
	poll(2);
	stop_and_read(0);
	CU_ASSERT_STRING_EQUAL(file.name, t.port->under->name);
	CU_ASSERT_EQUAL_FATAL(file.nb_packets, 3);
	CU_ASSERT_STRING_EQUAL(file.packets[0].comments[0], "dropped: RxBadChecksum");
	CU_ASSERT_EQUAL(file.packets[1].nb_comments, 0);
	pcapng_free(&file);
	/* It hands up another mbuf. */
	CU_ASSERT_EQUAL(start(0, 64), 0);
	inject_syn(2002);
	{
		struct rte_mbuf *m, *to = mbuf_of(&f);

		CU_ASSERT_EQUAL(t.port->under->rx_burst(t.port->under, 0, &m, 1), 1);
		port_capture_moved(t.port->under->capture, m, to);
		rte_pktmbuf_free(m);
		stack_drop(t.stack, t.port, to, CNT_RX_MALFORMED);
	}
	stop_and_read(0);
	CU_ASSERT_EQUAL_FATAL(file.nb_packets, 1);
	CU_ASSERT_STRING_EQUAL(file.packets[0].comments[0], "dropped: RxMalformed");
	pcapng_free(&file);
	end();
	memset(&t.d, 0, sizeof(t.d));
	eth_double_make(&t.d);
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(t.d.port_id, NULL, &rings), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_tlsnic_open(rings, &nc, &rings), 0);
	CU_ASSERT_EQUAL(start_at(rings, path, 0), -ENOTSUP);
	CU_ASSERT_EQUAL(rtls_port_close(rings), 0);
	eth_double_end(&t.d);
	/* One that was captured before: the stack's thread leaves it alone, and its end comes. */
	memset(&t.d, 0, sizeof(t.d));
	eth_double_make(&t.d);
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(t.d.port_id, NULL, &rings), 0);
	CU_ASSERT_EQUAL(start_at(rings, path, 0), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_tlsnic_open(rings, &nc, &rings), 0);
	CU_ASSERT_PTR_NULL(port_capture_of(rings));
	CU_ASSERT_EQUAL(rtls_port_close(rings), 0);
	CU_ASSERT_TRUE(pcapng_read(&file, path));
	CU_ASSERT_EQUAL(file.nb_stats, 1);
	pcapng_free(&file);
	eth_double_end(&t.d);
}

/* Again and again, while packets come. */
static void
test_under_traffic(void)
{
	unsigned int total = 0;

	begin(false);
	for (unsigned int round = 0; round < 30; round++) {
		inject_syn((uint16_t)(2000 + 3 * round));
		CU_ASSERT_EQUAL(start(0, 64), 0);
		poll(round % 3);
		inject_syn((uint16_t)(2001 + 3 * round));
		poll(1);
		inject_syn((uint16_t)(2002 + 3 * round));
		stop_and_read(0);
		poll(1);
		CU_ASSERT_EQUAL(file.received, file.nb_packets);
		total += file.nb_packets;
		pcapng_free(&file);
	}
	/* Two SYNs and their answers in each round; the third came too late. */
	CU_ASSERT_EQUAL(total, 30 * 4);
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
		{ "what finds no room is counted", test_no_room },
		{ "a full disk ends the capture, and nothing else", test_full_disk },
		{ "so does a limit for files", test_file_limit },
		{ "what cannot be captured changes nothing", test_refused },
		{ "a port that is closed ends its capture", test_close },
		{ "of a NIC in software it is the port under it", test_nic },
		{ "it starts and stops under traffic", test_under_traffic },
	};
	int rc;

	/* Who started this may ignore it. */
	signal(SIGXFSZ, SIG_DFL);
	if (mkdtemp(folder) == NULL || eal_start("capture") != 0)
		return 1;
	snprintf(path, sizeof(path), "%s/packets.pcapng", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	rc = harness_run("stack/port_capture", cases, HARNESS_COUNT(cases));
	unlink(path);
	unlink(other);
	rmdir(folder);
	return rc;
}
