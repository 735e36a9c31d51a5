/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a port says of checksums, and what becomes of the segment: SYNs to a listener, which are
 * answered or are not.
 */
#define _GNU_SOURCE /* open_memstream() */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <rte_ip.h>
#include <rte_log.h>
#include <rte_tcp.h>

#include <recordtls/recordtls.h>

#include "port/port.h"
#include "port/rx_marks.h"
#include "support/eal.h"
#include "support/eth_double.h"
#include "support/harness.h"
#include "support/log_tap.h"
#include "support/port_kind.h"
#include "support/stat.h"

enum {
	HDRS = 14 + 20 + 20,
	TURNS = 20000000, /* seconds, for a kernel whose first SYN meets a link that is not up yet */
};

/* What is in a checksum field. */
enum field {
	RIGHT,
	PARTIAL, /* of the pseudo header alone, as a kernel leaves it to a device */
	WRONG,
};

static struct {
	struct eth_double d;
	struct rtls_port *port;
	struct rtls_stack *stack;
	struct rtls_sock *listener;
	uint64_t now_us;
	uint16_t next_port;
} t;

static void
make_stack(uint16_t port_id, uint32_t trust)
{
	struct rtls_addr ip = { .family = RTLS_IPV4, .port = 443, .ip = { 192, 0, 2, 1 } };
	struct rtls_stack_conf sc = { .size = sizeof(sc),
				      .nb_packets = 64,
				      .nb_small = 16,
				      .nb_medium = 16,
				      .nb_large = 16,
				      .max_socks = 16 };
	struct rtls_port_conf pc = { .size = sizeof(pc),
				     .nb_rx_mbufs = 512,
				     .nb_rx_desc = 64,
				     .nb_tx_desc = 64,
				     .trust_checksums = trust };

	t.now_us = 1000000;
	t.next_port = 2000;
	CU_ASSERT_EQUAL_FATAL(rtls_port_ethdev(port_id, &pc, &t.port), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_create(&sc, &t.stack), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_bind(t.stack, t.port, 0), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_addr_add(t.stack, t.port, &ip, 24), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_listen(t.stack, &ip, NULL, &t.listener), 0);
	log_tap_start(RTE_LOG_NOTICE);
}

static void
end_stack(void)
{
	CU_ASSERT_EQUAL(rtls_close(t.listener), 0);
	CU_ASSERT_EQUAL(rtls_stack_destroy(t.stack), 0);
	CU_ASSERT_EQUAL(rtls_port_close(t.port), 0);
	log_tap_end();
}

static void
begin(uint32_t trust)
{
	memset(&t, 0, sizeof(t));
	eth_double_make(&t.d);
	make_stack(t.d.port_id, trust);
	eth_double_take_over(&t.d);
}

static void
end(void)
{
	end_stack();
	eth_double_end(&t.d);
}

/* How often it was said that checksums are left to a device. */
static unsigned int
lines(void)
{
	return log_tap_count(NOTE_PORT_NO_MARKS);
}

static struct rte_mbuf *
syn(uint64_t marks, enum field ip_field, enum field tcp_field)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(t.d.rx_pool);
	uint8_t p[HDRS] = { 0 };
	struct rte_ipv4_hdr *ip = (void *)(p + 14);
	struct rte_tcp_hdr *tcp = (void *)(p + 34);

	memcpy(p, t.port->mac, 6);
	memcpy(p + 6, "\x02\0\0\0\0\x09\x08\0", 8);
	*ip = (struct rte_ipv4_hdr){ .version_ihl = 0x45,
				     .total_length = RTE_BE16(40),
				     .time_to_live = 64,
				     .next_proto_id = 6,
				     .src_addr = RTE_BE32(0xc0000209),
				     .dst_addr = RTE_BE32(0xc0000201) };
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	*tcp = (struct rte_tcp_hdr){ .src_port = rte_cpu_to_be_16(t.next_port++),
				     .dst_port = RTE_BE16(443),
				     .sent_seq = RTE_BE32(1000),
				     .data_off = 0x50,
				     .tcp_flags = RTE_TCP_SYN_FLAG,
				     .rx_win = RTE_BE16(60000) };
	tcp->cksum = tcp_field == PARTIAL ? rte_ipv4_phdr_cksum(ip, 0) :
					    rte_ipv4_udptcp_cksum(ip, tcp);
	if (tcp_field == WRONG)
		tcp->cksum ^= 0x0101;
	if (ip_field != RIGHT)
		ip->hdr_checksum ^= 0x0101;
	memcpy(rte_pktmbuf_append(m, HDRS), p, HDRS);
	m->ol_flags = marks;
	return m;
}

/* A connection that is opened so: does the listener know of it? */
static bool
is_taken(uint64_t marks, enum field ip_field, enum field tcp_field)
{
	uint64_t before = stat_of(t.stack, NULL, "SynInUse");

	t.d.in[t.d.nb_in++] = syn(marks, ip_field, tcp_field);
	rtls_stack_poll(t.stack, t.now_us++);
	return stat_of(t.stack, NULL, "SynInUse") == before + 1;
}

#define IP(mark) RTE_MBUF_F_RX_IP_CKSUM_##mark
#define L4(mark) RTE_MBUF_F_RX_L4_CKSUM_##mark

static void
test_marks(void)
{
	static const struct {
		uint64_t marks;
		enum field ip, tcp;
		bool taken, trusting; /* without and with trust_checksums */
	} rows[] = {
		{ IP(UNKNOWN) | L4(UNKNOWN), RIGHT, RIGHT, true, true },
		{ IP(UNKNOWN) | L4(UNKNOWN), RIGHT, PARTIAL, false, true },
		{ IP(UNKNOWN) | L4(UNKNOWN), RIGHT, WRONG, false, true },
		{ IP(UNKNOWN) | L4(UNKNOWN), WRONG, RIGHT, false, false },
		{ IP(GOOD) | L4(GOOD), RIGHT, RIGHT, true, true },
		{ IP(GOOD) | L4(GOOD), RIGHT, PARTIAL, true, true },
		/* rte_mbuf_core.h: "not correct in the packet data, but the integrity is verified" */
		{ IP(GOOD) | L4(NONE), RIGHT, PARTIAL, true, true },
		{ IP(UNKNOWN) | L4(NONE), RIGHT, PARTIAL, true, true },
		{ IP(NONE) | L4(NONE), WRONG, PARTIAL, true, true },
		{ IP(NONE) | L4(UNKNOWN), WRONG, RIGHT, true, true },
		{ IP(NONE) | L4(UNKNOWN), WRONG, PARTIAL, false, true },
		{ IP(GOOD) | L4(BAD), RIGHT, PARTIAL, false, false },
		{ IP(GOOD) | L4(BAD), RIGHT, WRONG, false, false },
		{ IP(BAD) | L4(GOOD), WRONG, RIGHT, false, false },
		{ IP(BAD) | L4(NONE), WRONG, PARTIAL, false, false },
	};

	for (uint32_t trust = 0; trust < 2; trust++) {
		begin(trust);
		for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
			bool taken = is_taken(rows[i].marks, rows[i].ip, rows[i].tcp);

			if (taken != (trust ? rows[i].trusting : rows[i].taken))
				printf("# row %zu, trust %u\n", i, trust);
			CU_ASSERT_EQUAL(taken, trust ? rows[i].trusting : rows[i].taken);
		}
		CU_ASSERT_EQUAL(lines(), 0); /* this driver is not known to lose marks */
		end();
	}
}

/* The mark that net_af_packet loses, and what it is not to be mixed up with. */
static void
test_found(void)
{
	static const struct {
		uint64_t marks;
		uint32_t off; /* of a byte that is changed; 0: none */
		uint16_t len;
		enum field tcp;
		bool lost, trust, none;
	} rows[] = {
		{ 0, 0, HDRS, PARTIAL, true, false, true },
		{ 0, 0, HDRS, PARTIAL, false, false, false },
		{ 0, 0, HDRS, PARTIAL, false, true, true },
		{ 0, 0, HDRS, RIGHT, true, false, false },
		{ 0, 0, HDRS, WRONG, true, false, false },
		{ 0, 0, HDRS, WRONG, true, true, true },
		{ L4(BAD), 0, HDRS, PARTIAL, true, true, false },
		{ L4(GOOD), 0, HDRS, PARTIAL, true, true, false },
		{ 0, 12, HDRS, PARTIAL, true, false, false }, /* not IPv4 */
		{ 0, 13, HDRS, PARTIAL, true, false, false },
		{ 0, 14 + 9, HDRS, PARTIAL, true, false, false },  /* not TCP */
		{ 0, 14 + 12, HDRS, PARTIAL, true, false, false }, /* another address */
		{ 0, 14 + 2, HDRS, PARTIAL, true, false, false },  /* another length */
		{ 0, 0, HDRS - 1, PARTIAL, true, false, false },   /* in part */
		{ 0, 0, 33, PARTIAL, true, false, false },
		{ 0, 0, 10, PARTIAL, true, false, false },
	};

	begin(0);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct port_marks marks = { .trust = rows[i].trust, .lost = rows[i].lost };
		struct rte_mbuf *m = syn(rows[i].marks, RIGHT, rows[i].tcp);
		bool none;

		if (rows[i].off != 0)
			*rte_pktmbuf_mtod_offset(m, uint8_t *, rows[i].off) ^= 1;
		m->data_len = rows[i].len;
		m->pkt_len = rows[i].len;
		port_marks_set(&marks, &m, 1);
		none = (m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == L4(NONE);
		if (none != rows[i].none)
			printf("# row %zu\n", i);
		CU_ASSERT_EQUAL(none, rows[i].none);
		CU_ASSERT_EQUAL(marks.said, rows[i].lost && none && rows[i].tcp == PARTIAL);
		rte_pktmbuf_free(m);
	}
	end();
}

/* Connections of this machine's kernel to our address over veth: how many were established. */
static unsigned int
kernel_connects(int nb)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(443),
				  .sin_addr.s_addr = htonl(0xc0000201) };
	struct rtls_sock *socks[8];
	unsigned int connected = 0;
	int fd[8];

	for (int i = 0; i < nb; i++) {
		fd[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		CU_ASSERT_FATAL(fd[i] >= 0);
		CU_ASSERT(connect(fd[i], (struct sockaddr *)&to, sizeof(to)) != 0 &&
			  errno == EINPROGRESS);
	}
	for (int turns = 0; turns < TURNS && connected < (unsigned int)nb; turns++) {
		rtls_stack_poll(t.stack, t.now_us += 1);
		connected += rtls_accept_burst(t.listener, socks, HARNESS_COUNT(socks));
	}
	for (int i = 0; i < nb; i++)
		close(fd[i]);
	return connected;
}

/* The mark that a real kernel makes, and a real driver loses: said once. */
static void
test_veth(void)
{
	uint16_t ids[2];
	const char *why;

	memset(&t, 0, sizeof(t));
	why = port_kinds[PORT_KIND_VETH].make(ids);
	if (why != NULL || system("ip address add 192.0.2.2/24 dev veth1") != 0) {
		printf("# net_af_packet over veth: skipped: %s\n", why);
		CU_PASS("it does not start here");
		return;
	}
	make_stack(ids[0], 0);
	CU_ASSERT_EQUAL(kernel_connects(4), 4);
	CU_ASSERT_EQUAL(stat_of(t.stack, NULL, "RxBadChecksum"), 0);
	CU_ASSERT_EQUAL(lines(), 1);
	end_stack();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what a port says of checksums", test_marks },
		{ "a driver that loses marks", test_found },
		{ "a kernel at the other end of veth", test_veth },
	};

	port_kind_namespace();
	if (eal_start("port-checksums") != 0)
		return 1;
	return harness_run("eal/port-checksums", cases, HARNESS_COUNT(cases));
}
