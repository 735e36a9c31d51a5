/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A side that receives, the stream that its peer sends, and what comes of it when the program reads. */
#ifndef RTLS_UNIT_SESSION_RX_BENCH_H
#define RTLS_UNIT_SESSION_RX_BENCH_H

#include "session/rx.h"
#include "unit/session/shared.h"

enum { WIRE_MAX = 1 << 19, BORROWED_MAX = 1024, RECORDS_MAX = 8, GUARD = 0xe7 };

/* One receiving side, and the stream that its peer sends. */
static struct {
	struct session_rx rx;
	struct recvq q;
	struct flaky flaky;
	struct peer peer;
	uint8_t wire[WIRE_MAX];
	uint32_t len;  /* of the stream so far */
	uint32_t fed;  /* what has arrived */
	uint64_t sent; /* data bytes in it, of the pattern */
	uint64_t got;  /* data bytes delivered */
	bool fin;
	uint64_t now_us; /* a second later with each key */
	struct rtls_record records[RECORDS_MAX];
	unsigned int records_max; /* of these are given */
	struct rte_mbuf *borrowed[BORROWED_MAX];
	unsigned int nb_borrowed;
} t;

static inline int
set_key(unsigned int n, uint64_t rec_no)
{
	struct peer p = peer_key(n, rec_no);
	struct rtls_keys keys = peer_keys(&p);

	t.now_us += 1000000;
	return session_rx_set_keys(&t.rx, &shared, &keys);
}

static inline void
begin(void)
{
	memset(&t, 0, sizeof(t));
	shared_begin(&t.flaky);
	shared.now_us = &t.now_us;
	recvq_init(&t.q, 0, &recvq_shared);
	session_rx_init(&t.rx, &t.q);
}

static inline void
begin_keyed(void)
{
	begin();
	t.peer = peer_key(0, 0);
	CU_ASSERT_EQUAL_FATAL(set_key(0, 0), 0);
}

static inline void
finish(void)
{
	session_rx_fini(&t.rx);
	recvq_fini(&t.q);
	while (t.nb_borrowed > 0)
		rte_pktmbuf_free_seg(t.borrowed[--t.nb_borrowed]);
	CU_ASSERT_EQUAL(t.flaky.keys, 0);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* --- what the peer sends --- */

static inline void
put_record(uint8_t type, const void *plain, uint32_t len, uint32_t pad)
{
	CU_ASSERT_FATAL(t.len + PEER_WIRE_MAX <= WIRE_MAX);
	t.len += peer_seal(&t.peer, type, plain, len, pad, t.wire + t.len);
}

static inline void
put_data_padded(uint32_t len, uint32_t pad)
{
	uint8_t plain[16384] = { 0 };

	pattern_fill(plain, t.sent, len);
	put_record(23, plain, len, pad);
	t.sent += len;
}

static inline void
put_data(uint32_t len)
{
	put_data_padded(len, 0);
}

static inline void
put_control(uint8_t type, uint32_t len)
{
	uint8_t plain[16384 + 3] = { 0 }; /* too long ones, too */

	/* As handshake messages: of type 4 and length 0, so that their framing is satisfied. */
	for (uint32_t i = 0; i < len; i++)
		plain[i] = type == 22 && i % 4 == 0 ? 4 : type == 22 ? 0 : (uint8_t)(type + i);
	put_record(type, plain, len, 0);
}

static inline void
put_close_notify(void)
{
	put_record(21, (const uint8_t[]){ 1, 0 }, 2, 0);
}

static inline void
put_key_update(void)
{
	put_record(22, (const uint8_t[]){ 24, 0, 0, 1, 0 }, 5, 0);
}

/* --- what arrives --- */

static inline void
feed_at(uint32_t off, uint32_t len, uint32_t seg_len)
{
	CU_ASSERT_EQUAL_FATAL(recvq_insert(&t.q, off, rx_packet(t.wire + off, len, seg_len)), 0);
	session_rx_input(&t.rx);
}

/* The next bytes up to end_off of the stream. */
static inline void
feed(uint32_t end_off, uint32_t seg_len)
{
	while (t.fed < end_off) {
		uint32_t n = RTE_MIN(end_off - t.fed, seg_len == 1 ? 1 : 8 * seg_len);

		feed_at(t.fed, n, seg_len);
		t.fed += n;
	}
}

static inline void
feed_all(void)
{
	feed(t.len, 1400);
}

/* --- what the program gets --- */

static uint8_t room[1 << 19];

static inline ssize_t
recv_with(size_t len, int flags, bool data_only, struct rtls_msg *msg)
{
	struct iovec iov = { .iov_base = room + 16, .iov_len = len };
	ssize_t n;

	CU_ASSERT_FATAL(len + 32 <= sizeof(room));
	memset(room, GUARD, len + 32);
	memset(msg, 0xff, sizeof(*msg));
	msg->iov = &iov;
	msg->iovlen = 1;
	msg->records = t.records;
	msg->records_max = t.records_max;
	n = session_rx_recv(&t.rx, msg, flags, t.fin, data_only);
	for (int i = 0; i < 16; i++)
		CU_ASSERT(room[i] == GUARD && room[16 + len + (size_t)i] == GUARD);
	return n;
}

/* rtls_recv: data, which is checked. */
static inline ssize_t
recv_data(size_t len)
{
	struct rtls_msg msg;
	ssize_t n = recv_with(len, 0, true, &msg);

	if (n > 0) {
		CU_ASSERT_FATAL(pattern_is(room + 16, t.got, (size_t)n));
		CU_ASSERT_EQUAL(msg.type, 23);
		CU_ASSERT_EQUAL(msg.version, 0x0303);
		t.got += (uint64_t)n;
	}
	return n;
}

/* rtls_recvmsg: "n:type:E" with E for the end of a record, or the errno. */
static inline void
expect_msg(size_t len, int flags, ssize_t n, uint8_t type, bool eor)
{
	struct rtls_msg msg;

	CU_ASSERT_EQUAL(recv_with(len, flags, false, &msg), n);
	if (n < 0)
		return;
	CU_ASSERT_EQUAL(msg.type, type);
	CU_ASSERT_EQUAL(msg.flags, eor ? RTLS_MSG_EOR : 0);
	if (type != 0)
		CU_ASSERT_EQUAL(msg.version, 0x0303);
	if (type == 23) {
		CU_ASSERT_FATAL(pattern_is(room + 16, t.got, (size_t)n));
		t.got += flags & RTLS_MSG_PEEK ? 0 : (uint64_t)n;
	}
}

static inline bool
readable(void)
{
	return session_rx_readable(&t.rx, t.fin);
}

static inline void
expect_end(int rc)
{
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(recv_data(100), rc);
		expect_msg(100, 0, rc, 0, false);
		expect_msg(100, RTLS_MSG_PEEK, rc, 0, false);
	}
}

static inline bool
boundary(uint64_t *rec_no)
{
	uint64_t off;

	return session_rx_boundary(&t.rx, &off, rec_no);
}

#endif
