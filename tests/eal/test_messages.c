/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Records as the program makes and sees them: MORE, MAX_PAYLOAD, PEEK, EOR, empty ones; keys. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/files.h"
#include "eal/half.h"
#include "support/each_suite.h"
#include "support/eal.h"

/* Sends len bytes of the pattern in one call. */
static ssize_t
send_at(struct half *h, uint64_t off, uint32_t len, int flags)
{
	static uint8_t bytes[100000];

	pair_fill(bytes, off, len);
	return rtls_send(h->socks[NEAR], bytes, len, flags);
}

/* The wire has exactly these records, ended by 0, of the pattern from 0 on. */
static void
check_wire(struct pair *p, struct sink *s, const uint32_t *lens)
{
	uint64_t off = 0;

	s->at = s->len = 0;
	sink_fill(p, s);
	for (; *lens != 0; off += *lens++)
		CU_ASSERT_EQUAL(sink_record(s, RTLS_TYPE_DATA, off), *lens);
	CU_ASSERT_EQUAL(s->at, s->len);
}

/* --- sending ------------------------------------------------------------------ */

static void
test_boundaries(void)
{
	struct sink s;
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	sink_init(&s, &h);
	/* One call, one record, as long as it fits. */
	for (uint32_t len = 1; len <= 16384; len = len * 2 + len % 3) {
		CU_ASSERT_EQUAL(send_at(&h, 0, len, 0), len);
		check_wire(&p, &s, (const uint32_t[]){ len, 0 });
	}
	CU_ASSERT_EQUAL(send_at(&h, 0, 16384, 0), 16384);
	check_wire(&p, &s, (const uint32_t[]){ 16384, 0 });
	CU_ASSERT_EQUAL(send_at(&h, 0, 16385, 0), 16385);
	check_wire(&p, &s, (const uint32_t[]){ 16384, 1, 0 });
	CU_ASSERT_EQUAL(send_at(&h, 0, 50000, 0), 50000);
	check_wire(&p, &s, (const uint32_t[]){ 16384, 16384, 16384, 848, 0 });
	/* MORE leaves it open: nothing is seen of it until something closes it. */
	CU_ASSERT_EQUAL(send_at(&h, 0, 10, RTLS_MSG_MORE), 10);
	CU_ASSERT_EQUAL(send_at(&h, 10, 0, RTLS_MSG_MORE), 0);
	check_wire(&p, &s, (const uint32_t[]){ 0 });
	CU_ASSERT_EQUAL(send_at(&h, 10, 700, RTLS_MSG_MORE), 700);
	check_wire(&p, &s, (const uint32_t[]){ 0 });
	CU_ASSERT_EQUAL(send_at(&h, 710, 1, 0), 1);
	check_wire(&p, &s, (const uint32_t[]){ 711, 0 });
	/* A send of 0 bytes, when there is something to close. */
	CU_ASSERT_EQUAL(send_at(&h, 0, 0, 0), 0);
	check_wire(&p, &s, (const uint32_t[]){ 0 });
	CU_ASSERT_EQUAL(send_at(&h, 0, 300, RTLS_MSG_MORE), 300);
	CU_ASSERT_EQUAL(send_at(&h, 300, 0, 0), 0);
	check_wire(&p, &s, (const uint32_t[]){ 300, 0 });
	/* Its full size. */
	CU_ASSERT_EQUAL(send_at(&h, 0, 16383, RTLS_MSG_MORE), 16383);
	check_wire(&p, &s, (const uint32_t[]){ 0 });
	CU_ASSERT_EQUAL(send_at(&h, 16383, 1, RTLS_MSG_MORE), 1);
	check_wire(&p, &s, (const uint32_t[]){ 16384, 0 });
	/* Shutdown. */
	CU_ASSERT_EQUAL(send_at(&h, 0, 5, RTLS_MSG_MORE), 5);
	CU_ASSERT_EQUAL(rtls_shutdown(h.socks[NEAR], RTLS_SHUT_WR), 0);
	pair_settle(&p);
	s.at = s.len = 0;
	s.len = 5 + peer_around(&h.opens);
	CU_ASSERT_EQUAL(rtls_recv(h.socks[FAR], s.bytes, SINK_CAP, 0), (ssize_t)s.len);
	CU_ASSERT_EQUAL(sink_record(&s, RTLS_TYPE_DATA, 0), 5);
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

static void
test_max_payload(void)
{
	struct sink s;
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	sink_init(&s, &h);
	CU_ASSERT_EQUAL(rtls_sock_set(h.socks[NEAR], RTLS_OPT_MAX_PAYLOAD, 64), 0);
	CU_ASSERT_EQUAL(send_at(&h, 0, 200, 0), 200);
	check_wire(&p, &s, (const uint32_t[]){ 64, 64, 64, 8, 0 });
	/* Not while a record is open, as with the kernel: its size was fixed when it was opened. */
	CU_ASSERT_EQUAL(send_at(&h, 0, 60, RTLS_MSG_MORE), 60);
	for (uint64_t v = 64; v <= 16384; v *= 4) {
		CU_ASSERT_EQUAL(rtls_sock_set(h.socks[NEAR], RTLS_OPT_MAX_PAYLOAD, v), -EBUSY);
		CU_ASSERT_EQUAL(rtls_sock_set(h.socks[NEAR], RTLS_OPT_MAX_PAYLOAD, 63), -EINVAL);
	}
	CU_ASSERT_EQUAL(send_at(&h, 60, 10, 0), 10);
	check_wire(&p, &s, (const uint32_t[]){ 64, 6, 0 });
	CU_ASSERT_EQUAL(rtls_sock_set(h.socks[NEAR], RTLS_OPT_MAX_PAYLOAD, 1000), 0);
	CU_ASSERT_EQUAL(send_at(&h, 0, 1500, 0), 1500);
	check_wire(&p, &s, (const uint32_t[]){ 1000, 500, 0 });
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

/* A control record closes what is open, is one record, and has no part in MORE. */
static void
test_control(void)
{
	static uint8_t big[16385];
	struct iovec iov[3] = { { .iov_base = big, .iov_len = 100 },
				{ .iov_base = NULL },
				{ .iov_base = big + 100, .iov_len = 400 } };
	struct rtls_msg m = { .iov = iov, .iovlen = 3, .type = RTLS_TYPE_ALERT };
	struct rtls_sock *plain[2];
	struct sink s;
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	pair_connect(&p, 0, plain);
	CU_ASSERT_EQUAL(rtls_sendmsg(plain[0], &m, 0), -EINVAL);
	half_open(&p, &h);
	sink_init(&s, &h);
	pair_fill(big, 0, sizeof(big));
	CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &m, RTLS_MSG_MORE), -EINVAL);
	CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &m, RTLS_MSG_PEEK), -EINVAL);
	CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &m, RTLS_MSG_EOR), -EINVAL);
	CU_ASSERT_EQUAL(rtls_send(h.socks[NEAR], big, 1, 1 << 20), -EINVAL);
	m.iovlen = 0;
	CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &m, 0), -EINVAL);
	m.iovlen = 2;
	iov[0].iov_len = 0;
	CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &m, 0), -EINVAL);
	m.iovlen = 1;
	iov[0].iov_len = 16385;
	CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &m, 0), -EMSGSIZE);
	sink_fill(&p, &s);
	CU_ASSERT_EQUAL(s.len, 0);
	iov[0].iov_len = 16384;
	CU_ASSERT_EQUAL(send_at(&h, 7, 20, RTLS_MSG_MORE), 20);
	CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &m, 0), 16384);
	m.iovlen = 3;
	m.type = RTLS_TYPE_HANDSHAKE;
	iov[0].iov_len = 100;
	CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &m, 0), 500);
	/* MAX_PAYLOAD is about data. */
	CU_ASSERT_EQUAL(rtls_sock_set(h.socks[NEAR], RTLS_OPT_MAX_PAYLOAD, 64), 0);
	CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &m, 0), 500);
	sink_fill(&p, &s);
	CU_ASSERT_EQUAL(sink_record(&s, RTLS_TYPE_DATA, 7), 20);
	CU_ASSERT_EQUAL(sink_record(&s, RTLS_TYPE_ALERT, 0), 16384);
	CU_ASSERT_EQUAL(sink_record(&s, RTLS_TYPE_HANDSHAKE, 0), 500);
	CU_ASSERT_EQUAL(sink_record(&s, RTLS_TYPE_HANDSHAKE, 0), 500);
	CU_ASSERT_EQUAL(s.at, s.len);
	CU_ASSERT_EQUAL(rtls_close(plain[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(plain[1]), 0);
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

/* Exactly one record of these bytes, none too, and of any type. */
static void
test_record(void)
{
	static uint8_t big[16385];
	struct iovec iov[2] = { { .iov_base = big, .iov_len = 16384 },
				{ .iov_base = big + 16384, .iov_len = 0 } };
	struct rtls_msg m = { .iov = iov, .iovlen = 2, .type = RTLS_TYPE_DATA };
	struct rtls_sock *plain[2], *k;
	struct sink s;
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	pair_connect(&p, 0, plain);
	CU_ASSERT_EQUAL(rtls_sendmsg(plain[0], &m, RTLS_MSG_RECORD), -EINVAL);
	half_open(&p, &h);
	sink_init(&s, &h);
	pair_fill(big, 0, sizeof(big));
	k = h.socks[NEAR];
	/* What is refused sends nothing, and leaves open what is open. */
	CU_ASSERT_EQUAL(send_at(&h, 0, 5, RTLS_MSG_MORE), 5);
	CU_ASSERT_EQUAL(rtls_sendmsg(k, &m, RTLS_MSG_RECORD | RTLS_MSG_MORE), -EINVAL);
	CU_ASSERT_EQUAL(rtls_sendmsg(k, &m, RTLS_MSG_RECORD | RTLS_MSG_PEEK), -EINVAL);
	iov[1].iov_len = 1;
	CU_ASSERT_EQUAL(rtls_sendmsg(k, &m, RTLS_MSG_RECORD), -EMSGSIZE);
	m.type = 0;
	iov[1].iov_len = 0;
	CU_ASSERT_EQUAL(rtls_sendmsg(k, &m, RTLS_MSG_RECORD), -EINVAL);
	m.iovlen = 0;
	for (uint8_t type = 20; type <= 22; type++) {
		m.type = type;
		CU_ASSERT_EQUAL(rtls_sendmsg(k, &m, RTLS_MSG_RECORD), -EINVAL);
	}
	m.type = 99;
	CU_ASSERT_EQUAL(rtls_sendmsg(k, &m, 0), -EINVAL);
	CU_ASSERT_EQUAL(send_at(&h, 5, 2, 0), 2);
	check_wire(&p, &s, (const uint32_t[]){ 7, 0 });
	/* Empty ones, and what is open is closed first. */
	CU_ASSERT_EQUAL(rtls_sendmsg(k, &m, RTLS_MSG_RECORD), 0);
	m.type = RTLS_TYPE_DATA;
	CU_ASSERT_EQUAL(send_at(&h, 0, 9, RTLS_MSG_MORE), 9);
	CU_ASSERT_EQUAL(rtls_sendmsg(k, &m, RTLS_MSG_RECORD), 0);
	m.iovlen = 2;
	CU_ASSERT_EQUAL(rtls_sendmsg(k, &m, RTLS_MSG_RECORD), 16384);
	s.at = s.len = 0;
	sink_fill(&p, &s);
	CU_ASSERT_EQUAL(sink_record(&s, 99, 0), 0);
	CU_ASSERT_EQUAL(sink_record(&s, RTLS_TYPE_DATA, 0), 9);
	CU_ASSERT_EQUAL(sink_record(&s, RTLS_TYPE_DATA, 0), 0);
	CU_ASSERT_EQUAL(sink_record(&s, RTLS_TYPE_DATA, 0), 16384);
	CU_ASSERT_EQUAL(s.at, s.len);
	/* The cap is for data, the peer's limit for all. */
	CU_ASSERT_EQUAL(rtls_sock_set(k, RTLS_OPT_MAX_PAYLOAD, 100), 0);
	CU_ASSERT_EQUAL(rtls_sock_set(k, RTLS_OPT_TX_RECORD_LIMIT, 200), 0);
	for (uint32_t len = 99; len <= 201; len++) {
		iov[0].iov_len = len;
		m.type = RTLS_TYPE_DATA;
		CU_ASSERT_EQUAL(rtls_sendmsg(k, &m, RTLS_MSG_RECORD),
				len <= 100 ? (ssize_t)len : -EMSGSIZE);
		m.type = RTLS_TYPE_HANDSHAKE;
		CU_ASSERT_EQUAL(rtls_sendmsg(k, &m, len & 1 ? 0 : RTLS_MSG_RECORD),
				len <= 200 ? (ssize_t)len : -EMSGSIZE);
	}
	CU_ASSERT_EQUAL(rtls_sock_set(k, RTLS_OPT_TX_RECORD_LIMIT, 70), 0);
	s.at = s.len = 0;
	sink_fill(&p, &s);
	for (uint32_t len = 99; len <= 200; len++) {
		if (len <= 100)
			CU_ASSERT_EQUAL(sink_record(&s, RTLS_TYPE_DATA, 0), len);
		CU_ASSERT_EQUAL(sink_record(&s, RTLS_TYPE_HANDSHAKE, 0), len);
	}
	CU_ASSERT_EQUAL(s.at, s.len);
	CU_ASSERT_EQUAL(send_at(&h, 0, 80, 0), 80);
	check_wire(&p, &s, (const uint32_t[]){ 70, 10, 0 });
	CU_ASSERT_EQUAL(rtls_close(plain[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(plain[1]), 0);
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

/* The library to itself, padded: each record is as long as any other, and its peer is told of each. */
static void
test_padded_pair(void)
{
	static const uint32_t lens[] = { 1, 100, 4000, 4001, 12000, 0, 4000 };
	static const uint32_t padded[] = { 4000, 4000, 4000, 8000, 12000, 4000, 4000 };
	struct peer key = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&key);
	struct rtls_record records[16];
	uint8_t bytes[24102];
	struct iovec iov = { .iov_base = bytes };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = RTLS_TYPE_DATA };
	struct rtls_sock *k[2];
	uint64_t v = 0;
	struct pair p;
	size_t i;

	pair_init(&p, NULL);
	pair_connect(&p, 0, k);
	pair_set_keys(k, 0, &keys);
	CU_ASSERT_EQUAL(rtls_sock_set(k[0], RTLS_OPT_PAD_TO, 4000), 0);
	CU_ASSERT_EQUAL(rtls_sock_get(k[0], RTLS_OPT_PAD_TO, &v), 0);
	CU_ASSERT_EQUAL(v, 4000);
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		pair_fill(bytes, i, lens[i]);
		iov.iov_len = lens[i];
		CU_ASSERT_EQUAL(rtls_sendmsg(k[0], &m, RTLS_MSG_RECORD), lens[i]);
		CU_ASSERT_EQUAL(rtls_sendmsg(k[0], &m, RTLS_MSG_RECORD | RTLS_MSG_MORE), -EINVAL);
	}
	CU_ASSERT_EQUAL(rtls_send(k[0], bytes, 1, RTLS_MSG_MORE), 1);
	CU_ASSERT_EQUAL(rtls_sock_set(k[0], RTLS_OPT_PAD_TO, 0), -EBUSY);
	pair_settle(&p);
	iov.iov_len = sizeof(bytes);
	m.records = records;
	m.records_max = 16;
	CU_ASSERT_EQUAL(rtls_recvmsg(k[1], &m, RTLS_MSG_PEEK), sizeof(bytes));
	CU_ASSERT_EQUAL(m.nb_records, i);
	CU_ASSERT_EQUAL(rtls_recvmsg(k[1], &m, 0), sizeof(bytes));
	CU_ASSERT_EQUAL(m.nb_records, i);
	for (i = 0; i < m.nb_records; i++) {
		CU_ASSERT_EQUAL(records[i].type, RTLS_TYPE_DATA);
		CU_ASSERT_EQUAL(records[i].version, 0x0303);
		CU_ASSERT_EQUAL(records[i].flags, RTLS_MSG_EOR);
		CU_ASSERT_EQUAL(records[i].len, lens[i]);
		CU_ASSERT_EQUAL(records[i].wire_len - peer_around(&key),
				key.tls12 ? lens[i] : padded[i]);
	}
	m.records = NULL;
	CU_ASSERT_EQUAL(rtls_recvmsg(k[1], &m, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_close(k[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(k[1]), 0);
	pair_fini(&p);
}

/* With the data's room used up alerts still find some: one record beyond it. */
static void
test_control_beyond_sndbuf(void)
{
	const struct pair_conf conf = { .stack[NEAR].sndbuf = 40000 };
	struct cable_path mute = { .loss_ppm = CABLE_PPM, .spare_arp = true }, open = { 0 };
	static uint8_t big[16384];
	struct iovec iov = { .iov_base = big, .iov_len = sizeof(big) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = RTLS_TYPE_ALERT };
	uint64_t off = 0;
	struct sink s;
	struct pair p;
	struct half h;
	ssize_t n;

	pair_init(&p, &conf);
	half_open(&p, &h);
	sink_init(&s, &h);
	cable_set_path(p.cable, NEAR, &mute);
	while ((n = send_at(&h, off, 3000, 0)) > 0)
		off += (uint64_t)n;
	CU_ASSERT_EQUAL(n, -EAGAIN);
	pair_fill(big, 0, sizeof(big));
	CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &m, 0), sizeof(big));
	CU_ASSERT_EQUAL(send_at(&h, off, 1, 0), -EAGAIN);
	for (int i = 0; i < 4; i++)
		n = rtls_sendmsg(h.socks[NEAR], &m, 0);
	CU_ASSERT_EQUAL(n, -EAGAIN);
	cable_set_path(p.cable, NEAR, &open);
	pair_pass(&p, 10000000);
	sink_fill(&p, &s);
	for (uint64_t at = 0; at < off;)
		at += (uint64_t)sink_record(&s, RTLS_TYPE_DATA, at);
	CU_ASSERT_EQUAL(sink_record(&s, RTLS_TYPE_ALERT, 0), sizeof(big));
	sink_fini(&s);
	half_close(&p, &h);
	pair_fini(&p);
}

/* --- receiving ---------------------------------------------------------------- */

static void
test_peek(void)
{
	uint8_t buf[8000];
	struct pair p;
	struct half h;
	ssize_t n;

	pair_init(&p, NULL);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_recv(h.socks[NEAR], buf, 10, RTLS_MSG_PEEK), -EAGAIN);
	CU_ASSERT_EQUAL(rtls_recv(h.socks[NEAR], buf, 10, RTLS_MSG_MORE), -EINVAL);
	CU_ASSERT_EQUAL(rtls_recv(h.socks[NEAR], buf, 10, RTLS_MSG_EOR), -EINVAL);
	half_data(&p, &h, 0, 1000);
	half_data(&p, &h, 1000, 1000);
	for (uint32_t len = 1; len <= 512; len *= 2) {
		for (int i = 0; i < 2; i++) {
			CU_ASSERT_EQUAL(rtls_recv(h.socks[NEAR], buf, len, RTLS_MSG_PEEK), len);
			CU_ASSERT(pair_matches(buf, 0, len));
		}
	}
	n = rtls_recv(h.socks[NEAR], buf, sizeof(buf), RTLS_MSG_PEEK);
	CU_ASSERT(n >= 1000 && n <= 2000 && pair_matches(buf, 0, (size_t)n));
	CU_ASSERT_EQUAL(rtls_recv(h.socks[NEAR], buf, 1, 0), 1);
	CU_ASSERT_EQUAL(rtls_recv(h.socks[NEAR], buf, 999, RTLS_MSG_PEEK), 999);
	CU_ASSERT(pair_matches(buf, 1, 999));
	/* A buffer of no bytes gets none, and takes none. */
	CU_ASSERT_EQUAL(rtls_recv(h.socks[NEAR], buf, 0, 0), 0);
	half_read(&h, 1, 1999);
	half_close(&p, &h);
	pair_fini(&p);
}

static void
test_peek_plain(void)
{
	struct rtls_sock *socks[2];
	uint8_t bytes[3000], buf[4000];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct rtls_msg m = {
		.iov = &iov, .iovlen = 1, .type = 99, .version = 99, .wire_len = 99, .flags = 99
	};
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, socks);
	pair_fill(bytes, 0, sizeof(bytes));
	pair_send(&p, socks[0], bytes, sizeof(bytes));
	for (int i = 0; i < 2; i++) {
		memset(buf, 0, sizeof(buf));
		CU_ASSERT_EQUAL(rtls_recvmsg(socks[1], &m, RTLS_MSG_PEEK), sizeof(bytes));
		CU_ASSERT_EQUAL(memcmp(buf, bytes, sizeof(bytes)), 0);
		CU_ASSERT(m.type == 0 && m.version == 0 && m.wire_len == 0 && m.flags == 0);
	}
	pair_expect(&p, socks[1], bytes, sizeof(bytes));
	CU_ASSERT_EQUAL(rtls_recvmsg(socks[1], &m, 0), -EAGAIN);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(&p);
}

/* EOR: the last byte returned ends a record; and what else is told of it. */
static void
test_eor(void)
{
	uint8_t buf[1000];
	struct iovec iov = { .iov_base = buf };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	half_data(&p, &h, 0, 100);
	half_data(&p, &h, 100, 200);
	half_data(&p, &h, 300, 300);
	iov.iov_len = 99;
	CU_ASSERT_EQUAL(rtls_recvmsg(h.socks[NEAR], &m, 0), 99);
	CU_ASSERT_EQUAL(m.flags, 0);
	CU_ASSERT_EQUAL(m.wire_len, 100 + peer_around(&h.seals));
	iov.iov_len = 1;
	CU_ASSERT_EQUAL(rtls_recvmsg(h.socks[NEAR], &m, 0), 1);
	CU_ASSERT_EQUAL(m.flags, RTLS_MSG_EOR);
	iov.iov_len = 200;
	CU_ASSERT_EQUAL(rtls_recvmsg(h.socks[NEAR], &m, 0), 200);
	CU_ASSERT_EQUAL(m.flags, RTLS_MSG_EOR);
	CU_ASSERT_EQUAL(m.wire_len, 200 + peer_around(&h.seals));
	CU_ASSERT_EQUAL(m.type, RTLS_TYPE_DATA);
	CU_ASSERT_EQUAL(m.version, 0x0303);
	half_data(&p, &h, 600, 50);
	iov.iov_len = 320;
	CU_ASSERT_EQUAL(rtls_recvmsg(h.socks[NEAR], &m, 0), 320);
	CU_ASSERT_EQUAL(m.flags, 0);
	CU_ASSERT_EQUAL(m.wire_len, 50 + peer_around(&h.seals));
	iov.iov_len = 1000;
	CU_ASSERT_EQUAL(rtls_recvmsg(h.socks[NEAR], &m, 0), 30);
	CU_ASSERT_EQUAL(m.flags, RTLS_MSG_EOR);
	CU_ASSERT_EQUAL(rtls_recvmsg(h.socks[NEAR], &m, 0), -EAGAIN);
	CU_ASSERT(m.type == 0 && m.version == 0 && m.wire_len == 0 && m.flags == 0);
	half_close(&p, &h);
	pair_fini(&p);
}

/* Empty data records are no end of file and no event of their own. */
static void
test_empty_records(void)
{
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	for (int i = 0; i < 3; i++) {
		half_data(&p, &h, 0, 0);
		half_answers(&h, -EAGAIN);
	}
	half_data(&p, &h, 0, 0);
	half_data(&p, &h, 0, 10);
	half_data(&p, &h, 0, 0);
	half_data(&p, &h, 10, 10);
	half_data(&p, &h, 0, 0);
	half_read(&h, 0, 20);
	half_answers(&h, -EAGAIN);
	half_data(&p, &h, 0, 0);
	CU_ASSERT_EQUAL(rtls_shutdown(h.socks[FAR], RTLS_SHUT_WR), 0);
	pair_settle(&p);
	half_answers(&h, 0);
	CU_ASSERT_EQUAL(pair_info(h.socks[NEAR]).eof, RTLS_EOF_BARE);
	half_close(&p, &h);
	pair_fini(&p);
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "where records end", test_boundaries, EACH_SUITE },
		{ "MAX_PAYLOAD", test_max_payload, EACH_SUITE },
		{ "control records", test_control, EACH_SUITE },
		{ "records of exactly these bytes", test_record, EACH_SUITE },
		{ "padding, and what is told of it", test_padded_pair, EACH_SUITE },
		{ "control beyond the send buffer", test_control_beyond_sndbuf, EACH_SUITE },
		{ "PEEK", test_peek, EACH_SUITE },
		{ "PEEK without keys", test_peek_plain, EACH_SUITE_ONCE },
		{ "EOR", test_eor, EACH_SUITE },
		{ "empty records", test_empty_records, EACH_SUITE },
	};

	if (eal_start("test-messages") != 0)
		return 1;
	return each_suite_run("eal/messages", cases, HARNESS_COUNT(cases));
}
