/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/ktls_bench.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

/* --- row by row ---------------------------------------------------------------- */

/* Is the TLS NIC in this build? */
static bool
have_nic(void)
{
	struct rtls_port *none;

	return rtls_tlsnic_open(NULL, NULL, &none) != -ENOTSUP;
}

static void
pair_open(struct ktls_bench *b)
{
	static const struct rtls_tlsnic_conf nic = { .size = sizeof(nic) };
	struct pair_conf conf = b->conf != NULL ? *b->conf : (struct pair_conf){ 0 };

	if (b->nic)
		conf.nic[0] = conf.nic[1] = &nic;
	pair_init(&b->pair, &conf);
}

static void
row_open(struct ktls_bench *b)
{
	struct rtls_sock *socks[2];

	pair_connect(&b->pair, 0, socks);
	b->near = socks[KTLS_NEAR];
	b->far = socks[KTLS_FAR];
	b->peer = record_peer_make(b->suite->version, b->suite->cipher, 1, 7);
	b->back = record_peer_make(b->suite->version, b->suite->cipher, 2, 0);
	b->nb_keys = 2;
}

static void
row_close(struct ktls_bench *b)
{
	if (b->near != NULL)
		CU_ASSERT_EQUAL(rtls_close(b->near), 0);
	pair_settle(&b->pair);
	if (b->far != NULL)
		CU_ASSERT_EQUAL(rtls_close(b->far), 0);
	/* What is left of it, too. */
	pair_pass(&b->pair, 70000000);
	b->near = b->far = NULL;
}

void
ktls_first(struct ktls_bench *b, const struct pair_conf *conf)
{
	b->conf = conf;
	b->nic = false;
	b->row = 0;
	b->suite = record_suite_row(0);
	pair_fill(b->bytes, 0, sizeof(b->bytes));
	pair_open(b);
	row_open(b);
}

bool
ktls_more(const struct ktls_bench *b)
{
	return b->suite != NULL;
}

void
ktls_next(struct ktls_bench *b)
{
	row_close(b);
	b->suite = record_suite_row(++b->row);
	if (b->suite == NULL) {
		pair_fini(&b->pair);
		if (b->nic || !have_nic())
			return;
		b->nic = true;
		b->row = 0;
		b->suite = record_suite_row(0);
		pair_open(b);
	}
	row_open(b);
}

/* --- keys ---------------------------------------------------------------------- */

void
ktls_keys(struct ktls_bench *b)
{
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(b->near, RTLS_TX, &b->peer.keys), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(b->far, RTLS_RX, &b->peer.keys), 0);
}

void
ktls_keys_back(struct ktls_bench *b)
{
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(b->far, RTLS_TX, &b->back.keys), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(b->near, RTLS_RX, &b->back.keys), 0);
}

void
ktls_next_keys(struct ktls_bench *b)
{
	b->peer = record_peer_make(b->suite->version, b->suite->cipher, ++b->nb_keys, 0);
}

void
ktls_keys_far(struct ktls_bench *b)
{
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(b->far, RTLS_RX, &b->peer.keys), 0);
}

void
ktls_keys_near(struct ktls_bench *b)
{
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(b->near, RTLS_TX, &b->peer.keys), 0);
}

/* --- bytes --------------------------------------------------------------------- */

ssize_t
ktls_send(struct ktls_bench *b, uint64_t off, uint32_t len, int flags)
{
	CU_ASSERT_FATAL(off + len <= KTLS_CAP);
	return rtls_send(b->near, b->bytes + off, len, flags);
}

ssize_t
ktls_send_typed(struct ktls_bench *b, uint8_t type, uint64_t off, uint32_t len, int flags)
{
	struct iovec iov = { .iov_base = b->bytes + off, .iov_len = len };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = type };

	CU_ASSERT_FATAL(off + len <= KTLS_CAP);
	return rtls_sendmsg(b->near, &m, flags);
}

static ssize_t
checked(const struct ktls_bench *b, uint64_t off, ssize_t n)
{
	if (n > 0)
		CU_ASSERT_EQUAL(memcmp(b->got, b->bytes + off, (size_t)n), 0);
	return n;
}

ssize_t
ktls_recv(struct ktls_bench *b, uint64_t off, uint32_t room, int flags)
{
	pair_settle(&b->pair);
	memset(b->got, 0, room);
	return checked(b, off, rtls_recv(b->far, b->got, room, flags));
}

ssize_t
ktls_recv_typed(struct ktls_bench *b, uint8_t *type, uint64_t off, uint32_t room, int flags)
{
	struct iovec iov = { .iov_base = b->got, .iov_len = room };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	ssize_t n;

	pair_settle(&b->pair);
	memset(b->got, 0, room);
	n = rtls_recvmsg(b->far, &m, flags);
	*type = m.type;
	return checked(b, off, n);
}

void
ktls_expect(struct ktls_bench *b, uint64_t off, uint64_t len)
{
	CU_ASSERT_FATAL(off + len <= KTLS_CAP);
	pair_expect(&b->pair, b->far, b->bytes + off, len);
}

uint32_t
ktls_bits(struct ktls_bench *b)
{
	pair_settle(&b->pair);
	return pair_bits(&b->pair, KTLS_FAR, b->far);
}

/* --- one end only -------------------------------------------------------------- */

void
ktls_wire(struct ktls_bench *b, const uint8_t *wire, uint32_t len)
{
	pair_send(&b->pair, b->near, wire, len);
}

void
ktls_record(struct ktls_bench *b, uint8_t type, uint64_t off, uint32_t len, uint32_t pad_len)
{
	static uint8_t wire[RECORD_PEER_WIRE_MAX];

	ktls_wire(b, wire, record_peer_seal(&b->peer, type, b->bytes + off, len, pad_len, wire));
}

void
ktls_expect_record(struct ktls_bench *b, uint8_t type, uint64_t off, uint32_t len)
{
	static uint8_t wire[RECORD_PEER_WIRE_MAX], plain[RECORD_PEER_WIRE_MAX];
	uint32_t wire_len = record_peer_wire_len(&b->peer, len), plain_len = 0;
	uint8_t got_type = 0;
	ssize_t n;

	pair_settle(&b->pair);
	n = rtls_recv(b->far, wire, wire_len, 0);
	CU_ASSERT_EQUAL_FATAL(n, (ssize_t)wire_len);
	CU_ASSERT_EQUAL_FATAL(
		record_peer_open(&b->peer, wire, wire_len, &got_type, plain, &plain_len),
		(int)wire_len);
	CU_ASSERT_EQUAL(got_type, type);
	CU_ASSERT_EQUAL(plain_len, len);
	CU_ASSERT_EQUAL(memcmp(plain, b->bytes + off, len), 0);
}

void
ktls_expect_none(struct ktls_bench *b)
{
	CU_ASSERT_EQUAL(ktls_recv(b, 0, 1, 0), -EAGAIN);
}
