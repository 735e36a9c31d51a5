/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What is sent, with every suite: typed records, empty and padded ones, a file. The TLS NIC puts the
 * same bytes on the wire as software, and code of the tests opens them.
 */
#include "eal/files.h"
#include "support/each_suite.h"
#include "support/eal.h"

enum {
	FILE_LEN = 50000,
	BIG = 20000,
};

static struct pair p;
static struct half h;
static struct sink s;
static uint64_t data; /* bytes of the pattern that were sent */

static void
send_data(uint32_t len, int flags)
{
	static uint8_t bytes[BIG];
	struct iovec iov[2] = { { .iov_base = bytes, .iov_len = len / 3 },
				{ .iov_base = bytes + len / 3, .iov_len = len - len / 3 } };
	struct rtls_msg m = { .iov = iov, .iovlen = 2, .type = RTLS_TYPE_DATA };

	pair_fill(bytes, data, len);
	CU_ASSERT_EQUAL_FATAL(rtls_sendmsg(h.socks[NEAR], &m, flags), len);
	data += len;
	sink_fill(&p, &s);
}

static void
send_control(uint8_t type, uint32_t len, int flags)
{
	static uint8_t bytes[BIG];
	struct iovec iov = { .iov_base = bytes, .iov_len = len };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = type };

	memset(bytes, type, len);
	CU_ASSERT_EQUAL_FATAL(rtls_sendmsg(h.socks[NEAR], &m, flags), len);
	sink_fill(&p, &s);
}

static void
send_file(int flags)
{
	int fd = file_make(FILE_LEN);
	struct rtls_file *f = NULL;

	CU_ASSERT_EQUAL_FATAL(rtls_file_open(p.stack[NEAR], fd, NULL, &f), 0);
	/* It holds the pattern from 0 on, wherever it comes in the stream. */
	CU_ASSERT_EQUAL(file_send(&p, &s, f, 0, FILE_LEN, flags), FILE_LEN);
	rtls_file_put(f);
}

static void
set(enum rtls_opt opt, uint64_t v)
{
	CU_ASSERT_EQUAL(rtls_sock_set(h.socks[NEAR], opt, v), 0);
}

/* The same calls, with these options. */
static void
send_all(uint64_t cap, uint64_t limit, uint64_t pad)
{
	set(RTLS_OPT_MAX_PAYLOAD, cap);
	set(RTLS_OPT_TX_RECORD_LIMIT, limit);
	set(RTLS_OPT_PAD_TO, pad);
	data = 0;
	send_file(0);
	data = FILE_LEN;
	send_data(1, 0);
	send_data(0, RTLS_MSG_RECORD);
	send_data(200, RTLS_MSG_MORE);
	send_control(RTLS_TYPE_ALERT, 2, 0);
	send_data((uint32_t)RTE_MIN(cap, limit), RTLS_MSG_RECORD);
	send_control(99, 0, RTLS_MSG_RECORD);
	send_data(30, RTLS_MSG_MORE);
	send_data(BIG, 0);
	send_data(300, RTLS_MSG_MORE);
	send_data(700, RTLS_MSG_RECORD);
	send_control(RTLS_TYPE_HANDSHAKE, (uint32_t)limit, 0);
	send_data(5000, 0);
}

/* Opens all that came; what each record holds, whole and in its padding. */
static void
open_all(uint64_t cap, uint64_t limit, uint64_t pad)
{
	static uint8_t plain[PEER_WIRE_MAX];
	uint64_t off = 0, max = RTE_MIN(cap, limit);
	uint32_t len = 0, whole;
	uint8_t type = 0;
	int n;

	for (; s.at < s.len; s.at += (size_t)n) {
		n = peer_open(&h.opens, s.bytes + s.at, s.len - s.at, &type, plain, &len);
		CU_ASSERT_FATAL(n > 0);
		whole = (uint32_t)n - peer_around(&h.opens);
		CU_ASSERT(h.opens.tls12 || pad == 0 ?
				  whole == len :
				  whole % pad == 0 || whole == (len <= max ? max : limit));
		if (type != RTLS_TYPE_DATA) {
			for (uint32_t i = 0; i < len; i++)
				CU_ASSERT_FATAL(plain[i] == type);
			continue;
		}
		CU_ASSERT(len <= max);
		CU_ASSERT_FATAL(pair_matches(plain, off, len));
		off += len;
	}
	CU_ASSERT_EQUAL(off, data);
}

/* A connection whose near end sends by the NIC, or not: what was on the wire. True: the NIC did. */
static bool
play(bool nic, uint64_t cap, uint64_t limit, uint64_t pad)
{
	struct rtls_tls_info info = { .size = sizeof(info) };
	struct rtls_keys keys;

	pair_connect(&p, 0, h.socks);
	set(RTLS_OPT_MODE_ORDER, nic ? RTLS_ORDER_NIC_SOFTWARE : RTLS_ORDER_SOFTWARE);
	h.opens = peer_key(2, 7);
	keys = peer_keys(&h.opens);
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(h.socks[NEAR], RTLS_TX, &keys), 0);
	s.at = s.len = 0;
	send_all(cap, limit, pad);
	CU_ASSERT_EQUAL(rtls_tls_info(h.socks[NEAR], RTLS_TX, &info), 0);
	CU_ASSERT(nic || info.mode == RTLS_MODE_SOFTWARE);
	open_all(cap, limit, pad);
	half_close(&p, &h);
	pair_pass(&p, 100000);
	return info.mode == RTLS_MODE_NIC;
}

static void
test_wire(void)
{
	static const struct {
		uint64_t cap, limit, pad;
	} rows[] = {
		{ 16384, 16384, 0 },  { 16384, 16384, 1000 }, { 16384, 16384, 16384 },
		{ 1000, 16384, 300 }, { 16384, 1023, 64 },
	};
	struct pair_conf conf = { 0 };
	static uint8_t before[SINK_CAP];
	size_t len;

#ifdef HAVE_TLSNIC
	const struct rtls_tlsnic_conf nic = { .size = sizeof(nic) };

	conf.nic[NEAR] = &nic;
#endif
	pair_init(&p, &conf);
	sink_init(&s, &h);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		bool in_nic;

		play(false, rows[i].cap, rows[i].limit, rows[i].pad);
		len = s.len;
		memcpy(before, s.bytes, len);
		in_nic = play(true, rows[i].cap, rows[i].limit, rows[i].pad);
		CU_ASSERT_EQUAL(s.len, len);
		CU_ASSERT_EQUAL(memcmp(s.bytes, before, len), 0);
		if (i == 0)
			printf("# sealed by %s\n", in_nic ? "the NIC, too" : "software alone");
		CU_ASSERT(in_nic || conf.nic[NEAR] == NULL || peer_suite.tls12 ||
			  peer_suite.cipher != 51);
	}
	sink_fini(&s);
	pair_fini(&p);
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "the same bytes, sealed here or there", test_wire, EACH_SUITE },
	};

	if (eal_start("test-suite-wire") != 0)
		return 1;
	return each_suite_run("eal/suite_wire", cases, HARNESS_COUNT(cases));
}
