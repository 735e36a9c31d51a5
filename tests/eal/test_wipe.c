/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Plaintext of connections whose records a NIC seals and opens: once all buffers are free, none of
 * it is left in any of DPDK's memory, if the stacks were told to wipe.
 */
#include <stdio.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <rte_ip.h>
#include <rte_memory.h>
#include <rte_tcp.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"

enum {
	NEEDLE = 16,
	LEN = 60000,
	FILE_LEN = 50000,
	WAIT_US = 5000000,
	LAST_SMALL = 4, /* with nothing behind it whose packets would use its buffer again */
};

/* The plaintext, all of it: the same 16 bytes over and over. Whatever is left holds them once. */
static uint8_t plain[LEN];
static uint8_t needle[NEEDLE];

struct found {
	const char *pool; /* its name ends so; NULL: any */
	uint32_t nb;
};

static uint32_t
occurrences(const uint8_t *at, size_t len)
{
	const uint8_t *end = at + len;
	uint32_t n = 0;

	while ((at = memmem(at, (size_t)(end - at), needle, NEEDLE)) != NULL) {
		at += NEEDLE;
		n++;
	}
	return n;
}

static void
look_at_object(struct rte_mempool *mp, void *arg, void *obj, unsigned int i)
{
	struct found *f = arg;

	(void)i;
	f->nb += occurrences(obj, mp->elt_size);
}

static void
look_at_pool(struct rte_mempool *mp, void *arg)
{
	const struct found *f = arg;
	size_t len = strlen(mp->name), tail = strlen(f->pool);

	if (len >= tail && strcmp(mp->name + len - tail, f->pool) == 0)
		rte_mempool_obj_iter(mp, look_at_object, arg);
}

static uint32_t
left_in_pools(const char *suffix)
{
	struct found f = { .pool = suffix };

	rte_mempool_walk(look_at_pool, &f);
	return f.nb;
}

static int
look_at_memory(const struct rte_memseg_list *msl, const struct rte_memseg *ms, size_t len,
	       void *arg)
{
	struct found *f = arg;

	(void)msl;
	f->nb += occurrences(ms->addr, len);
	return 0;
}

static uint32_t
left_anywhere(void)
{
	struct found f = { 0 };

	CU_ASSERT_EQUAL(rte_memseg_contig_walk(look_at_memory, &f), 0);
	return f.nb;
}

/* --- what the programs do -------------------------------------------------------- */

static struct pair p;
static uint32_t nb_long[2]; /* frames with payload, by direction */
static struct rtls_sock *k[2];

static void
set_keys(void)
{
	struct rtls_keys keys = { .version = RTLS_TLS_1_3, .cipher = RTLS_CIPHER_AES_GCM_128 };

	for (int i = 0; i < 2; i++) {
		memset(keys.key, 3 + i, sizeof(keys.key));
		pair_set_keys(k, i, &keys);
	}
}

/* Records of every class of buffers, one that grows, an alert; a piece is read, one looked at. */
static void
talk(int from)
{
	static const uint32_t lens[] = { 16, 112, 1008, 16384, 5008 };
	uint8_t buf[2000];
	struct iovec iov = { .iov_base = plain, .iov_len = 32 };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = RTLS_TYPE_HANDSHAKE };
	struct iovec in = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct rtls_msg got = { .iov = &in, .iovlen = 1 };
	uint32_t sum = 0;

	for (size_t i = 0; i < HARNESS_COUNT(lens); i++) {
		CU_ASSERT_EQUAL(rtls_send(k[from], plain, lens[i], 0), (ssize_t)lens[i]);
		sum += lens[i];
	}
	for (int i = 0; i < 40; i++, sum += 32)
		CU_ASSERT_EQUAL(rtls_send(k[from], plain, 32, RTLS_MSG_MORE), 32);
	CU_ASSERT_EQUAL(rtls_send(k[from], plain, 16, 0), 16);
	sum += 16;
	pair_pass(&p, 1000000);
	CU_ASSERT_EQUAL(rtls_recv(k[1 - from], buf, 48, RTLS_MSG_PEEK), 48);
	pair_expect(&p, k[1 - from], plain, sum);
	/* No legal handshake message, but a control record with plaintext in it. */
	CU_ASSERT_EQUAL(rtls_sendmsg(k[from], &m, 0), 32);
	pair_settle(&p);
	rtls_recvmsg(k[1 - from], &got, 0);
	memset(buf, 0, sizeof(buf));
}

static bool
file_is_sent(void *arg)
{
	uint64_t *left = arg;
	static uint8_t buf[4096];
	ssize_t n;

	while ((n = rtls_recv(k[1], buf, sizeof(buf), 0)) > 0)
		*left -= (uint64_t)n;
	return *left == 0;
}

static void
send_file(void)
{
	char name[] = "/tmp/wipe-XXXXXX";
	uint64_t left = FILE_LEN;
	int fd = mkstemp(name);
	struct rtls_file *file;
	ssize_t n;

	CU_ASSERT_FATAL(fd >= 0);
	unlink(name);
	CU_ASSERT_EQUAL_FATAL(write(fd, plain, FILE_LEN), FILE_LEN);
	CU_ASSERT_EQUAL_FATAL(rtls_file_open(p.stack[0], fd, NULL, &file), 0);
	for (uint64_t off = 0; off < FILE_LEN; off += n > 0 ? (uint64_t)n : 0) {
		n = rtls_sendfile(k[0], file, off, FILE_LEN - off, 0);
		CU_ASSERT_FATAL(n > 0 || n == -EAGAIN || n == -ENOMEM);
		if (n <= 0) {
			usleep(100);
			pair_pass(&p, 100);
		}
		file_is_sent(&left);
	}
	CU_ASSERT(pair_until(&p, file_is_sent, &left, WAIT_US));
	rtls_file_put(file);
}

/* It acknowledges what was never sent: a NIC opens it, and TCP refuses it (RFC 9293 3.10.7.4). */
static void
forge(uint8_t *frame)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(void *)(frame + RTE_ETHER_HDR_LEN);
	struct rte_tcp_hdr *tcp = (struct rte_tcp_hdr *)(void *)(ip + 1);

	tcp->recv_ack = rte_cpu_to_be_32(rte_be_to_cpu_32(tcp->recv_ack) + 1000000);
	tcp->cksum = 0;
	tcp->cksum = rte_ipv4_udptcp_cksum(ip, tcp);
}

/* A forged one, gaps, late pieces: buffers that are refused, cut, copied and dropped. */
static enum cable_verdict
disturb(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	const uint32_t *forge_at = arg;
	static uint32_t nb;

	(void)now_us;
	if (len < 100)
		return CABLE_PASS;
	if (nb_long[dir]++ == *forge_at) {
		forge(frame);
		return CABLE_PASS;
	}
	if (*forge_at != UINT32_MAX)
		return CABLE_PASS;
	switch (nb++ % 7) {
	case 2:
		return CABLE_DROP;
	case 4:
		*delay_us = 3000;
		return CABLE_DELAY;
	default:
		return CABLE_PASS;
	}
}

static bool
is_back(void *arg)
{
	(void)arg;
	return pair_leak(&p, 0) == NULL && pair_leak(&p, 1) == NULL;
}

/* One packet each, joined in the buffer of the first; the end of what an end receives. */
static void
send_small(int from)
{
	for (int i = 0; i <= LAST_SMALL; i++) {
		CU_ASSERT_EQUAL(rtls_send(k[from], plain, 2 * NEEDLE, 0), 2 * NEEDLE);
		pair_settle(&p);
	}
}

enum wire { GOOD_WIRE, BAD_WIRE, FORGER };

enum end { READ, UNREAD, SMALL };

/* Returns with all buffers back and both stacks alive. */
static void
run(uint32_t wipe, uint8_t rings, enum wire wire, enum end end)
{
	uint32_t forge_at = wire == FORGER ? LAST_SMALL : UINT32_MAX;
	const struct rtls_tlsnic_conf nic = {
		.size = sizeof(nic), .nb_mbufs = 1024, .max_contexts = 64, .rings = rings
	};
	/* Only a turn of the NIC asks the port below for buffers, and with rings none is due. */
	struct pair_conf conf = { .nic = { &nic, &nic },
				  .lazy_free = rings != 0 ? 0 : 8,
				  .filter = wire == GOOD_WIRE ? NULL : disturb,
				  .arg = &forge_at };

	memset(nb_long, 0, sizeof(nb_long));

	for (int i = 0; i < 2; i++)
		conf.stack[i].wipe_buffers = wipe;
	pair_init(&p, &conf);
	pair_connect(&p, 0, k);
	set_keys();
	switch (end) {
	case READ:
		send_file();
		talk(0);
		talk(1);
		break;
	case UNREAD:
		for (int i = 0; i < 2; i++)
			rtls_send(k[i], plain, LEN, 0);
		pair_pass(&p, 2000);
		rtls_send(k[0], plain, 100, RTLS_MSG_MORE);
		break;
	case SMALL:
		send_small(0);
		send_small(1);
		break;
	}
	CU_ASSERT(pair_stat(&p, 0, "TxRecordsNic") > 0);
	CU_ASSERT(pair_port_stat(&p, 1, "rx_tls_decrypted_packets") > 0);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_abort(k[i]), 0);
	CU_ASSERT_EQUAL(rtls_close(p.listener), 0);
	p.listener = NULL;
	CU_ASSERT(pair_until(&p, is_back, NULL, WAIT_US));
}

static void
test_wiped(void)
{
	static const enum end ends[] = { READ, UNREAD, SMALL };

	for (uint8_t rings = 0; rings < 2; rings++)
		for (size_t i = 0; i < HARNESS_COUNT(ends); i++)
			for (enum wire wire = GOOD_WIRE; wire <= FORGER; wire++) {
				run(1, rings, wire, ends[i]);
				CU_ASSERT_EQUAL(left_anywhere(), 0);
				pair_fini(&p);
			}
}

/* What is above can fail, for each of the pools. */
static void
test_left(void)
{
	static const char *const pools[] = { "_small", "_medium", "_large", "_rxpool" };

	run(0, 0, GOOD_WIRE, READ);
	for (size_t i = 0; i < HARNESS_COUNT(pools); i++)
		CU_ASSERT(left_in_pools(pools[i]) > 0);
	CU_ASSERT_EQUAL(left_in_pools("_header") + left_in_pools("_txpool"), 0);
	CU_ASSERT(left_anywhere() > 0);
	pair_fini(&p);
	run(0, 1, BAD_WIRE, UNREAD);
	CU_ASSERT(left_in_pools("_rxpool") > 0);
	pair_fini(&p);
}

static void
test_conf(void)
{
	struct rtls_stack_conf conf = { .size = sizeof(conf), .wipe_buffers = 2 };
	struct rtls_stack *s = NULL;

	CU_ASSERT_EQUAL(rtls_stack_create(&conf, &s), -EINVAL);
	CU_ASSERT_PTR_NULL(s);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "wiped", test_wiped },
		{ "left without the option", test_left },
		{ "an option that is none", test_conf },
	};

	for (int i = 0; i < NEEDLE; i++)
		needle[i] = (uint8_t)(0xc1 + 7 * i);
	for (int i = 0; i < LEN; i++)
		plain[i] = needle[i % NEEDLE];
	if (eal_start("wipe") != 0)
		return 1;
	return harness_run("eal/wipe", cases, HARNESS_COUNT(cases));
}
