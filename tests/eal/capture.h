/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A stack on an ethdev that is a double, whose packets are captured into a file that is read back. */
#ifndef RTLS_EAL_CAPTURE_H
#define RTLS_EAL_CAPTURE_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include <recordtls/recordtls.h>

#include "stack/drop.h"
#include "port/port.h"
#include "port/capture.h"
#include "stack/state.h"
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

static inline void
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

static inline void
end(void)
{
	CU_ASSERT_EQUAL(rtls_close(t.listener), 0);
	CU_ASSERT_EQUAL(rtls_stack_destroy(t.stack), 0);
	CU_ASSERT_EQUAL(rtls_port_close(t.port), 0);
	log_tap_end();
	eth_double_end(&t.d);
}

static inline int
start(uint32_t snaplen, uint32_t nb_packets)
{
	const struct rtls_capture_conf conf = {
		.size = sizeof(conf), .snaplen = snaplen, .nb_packets = nb_packets, .path = path
	};

	return rtls_port_capture(t.port, &conf);
}

static inline struct rtls_capture_stats
stats(void)
{
	struct rtls_capture_stats s = { .size = sizeof(s) };

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

static inline void
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

static inline void
finish(struct frame *f)
{
	f->tcp->cksum = rte_ipv4_udptcp_cksum(f->ip, f->tcp);
	f->ip->hdr_checksum = rte_ipv4_cksum(f->ip);
}

static inline struct rte_mbuf *
mbuf_of(const struct frame *f)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(t.d.rx_pool);

	CU_ASSERT_FATAL(m != NULL);
	memcpy(rte_pktmbuf_append(m, (uint16_t)f->len), f->b, f->len);
	return m;
}

static inline void
inject(const struct frame *f)
{
	t.d.in[t.d.nb_in++] = mbuf_of(f);
}

static inline void
inject_syn(uint16_t port)
{
	struct frame f;

	make(&f, port, RTE_TCP_SYN_FLAG, 0);
	finish(&f);
	inject(&f);
}

static inline void
poll(unsigned int n)
{
	while (n-- > 0)
		rtls_stack_poll(t.stack, t.now_us++);
}

static struct pcapng file;

/* Ends the capture and reads its file, which is whole in any case. */
static inline void
stop_and_read(int error)
{
	CU_ASSERT_EQUAL(rtls_port_capture_stop(t.port), error);
	CU_ASSERT_TRUE_FATAL(pcapng_read(&file, path));
	CU_ASSERT_EQUAL(file.nb_interfaces, 1);
	CU_ASSERT_EQUAL(file.nb_stats, error == 0);
	CU_ASSERT_EQUAL(rtls_port_capture_stop(t.port), -ENOENT);
}

static inline void
spoil_sum(struct frame *f)
{
	finish(f);
	f->tcp->cksum ^= 0x0101;
}

static inline int
run(const char *name, const struct harness_case *cases, size_t n)
{
	int rc;

	/* Who started this may ignore it. */
	signal(SIGXFSZ, SIG_DFL);
	if (mkdtemp(folder) == NULL || eal_start(name) != 0)
		return EXIT_FAILURE;
	snprintf(path, sizeof(path), "%s/packets.pcapng", folder);
	snprintf(other, sizeof(other), "%s/other", folder);
	rc = harness_run(name, cases, n);
	unlink(path);
	unlink(other);
	rmdir(folder);
	return rc;
}

#endif
