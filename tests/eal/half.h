/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A connection with keys at its near end only: what the far end writes are the
 * bytes that the near end's record layer sees, and what it reads are records.
 */
#ifndef RTLS_EAL_HALF_H
#define RTLS_EAL_HALF_H

#include "support/pair.h"
#include "unit/session/peer.h"

enum {
	NEAR = 0,
	FAR = 1,
};

struct half {
	struct rtls_sock *socks[2];
	struct peer seals; /* what the near end receives */
	struct peer opens; /* what it sends */
};

static inline void
half_open(struct pair *p, struct half *h)
{
	struct rtls_keys keys;

	pair_connect(p, 0, h->socks);
	h->seals = peer_key(1, 0);
	h->opens = peer_key(2, 7);
	keys = peer_keys(&h->seals);
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(h->socks[NEAR], RTLS_RX, &keys), 0);
	keys = peer_keys(&h->opens);
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(h->socks[NEAR], RTLS_TX, &keys), 0);
}

/* A record of the far end reaches the near one. */
static inline void
half_record(struct pair *p, struct half *h, uint8_t type, const void *plain, uint32_t len)
{
	uint8_t wire[PEER_WIRE_MAX];

	pair_send(p, h->socks[FAR], wire, peer_seal(&h->seals, type, plain, len, 0, wire));
}

/* Data of the test pattern. */
static inline void
half_data(struct pair *p, struct half *h, uint64_t off, uint32_t len)
{
	uint8_t plain[PEER_WIRE_MAX];

	pair_fill(plain, off, len);
	half_record(p, h, RTLS_TYPE_DATA, plain, len);
}

/* One call, which must give exactly these bytes of the pattern. */
static inline void
half_read(struct half *h, uint64_t off, uint32_t len)
{
	uint8_t buf[PEER_WIRE_MAX];

	CU_ASSERT_EQUAL(rtls_recv(h->socks[NEAR], buf, sizeof(buf), 0), len);
	CU_ASSERT(pair_matches(buf, off, len));
}

/* All receiving calls answer so, now and later. */
static inline void
half_answers(struct half *h, ssize_t expected)
{
	uint8_t buf[64];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };

	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(rtls_recv(h->socks[NEAR], buf, sizeof(buf), 0), expected);
		CU_ASSERT_EQUAL(rtls_recv(h->socks[NEAR], buf, 1, RTLS_MSG_PEEK), expected);
		CU_ASSERT_EQUAL(rtls_recvmsg(h->socks[NEAR], &m, 0), expected);
		CU_ASSERT_EQUAL(m.type, 0);
	}
}

/* An alert of the near end reaches the far one, sealed. */
static inline void
half_alert(struct pair *p, struct half *h, uint8_t alert)
{
	uint8_t content[2] = { 2, alert }, wire[256], plain[PEER_WIRE_MAX], type = 0;
	struct iovec iov = { .iov_base = content, .iov_len = 2 };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = RTLS_TYPE_ALERT };
	uint32_t plain_len = 0;
	ssize_t n;

	CU_ASSERT_EQUAL(rtls_sendmsg(h->socks[NEAR], &m, 0), 2);
	pair_settle(p);
	n = rtls_recv(h->socks[FAR], wire, sizeof(wire), 0);
	CU_ASSERT_EQUAL(n, peer_around(&h->opens) + 2);
	if (n > 0)
		CU_ASSERT_EQUAL(peer_open(&h->opens, wire, (size_t)n, &type, plain, &plain_len), n);
	CU_ASSERT_EQUAL(type, RTLS_TYPE_ALERT);
	CU_ASSERT_EQUAL(plain_len, 2);
	CU_ASSERT_EQUAL(memcmp(plain, content, 2), 0);
}

static inline void
half_close(struct pair *p, struct half *h)
{
	CU_ASSERT_EQUAL(rtls_close(h->socks[NEAR]), 0);
	pair_settle(p);
	CU_ASSERT_EQUAL(rtls_close(h->socks[FAR]), 0);
	pair_settle(p);
}

#endif
