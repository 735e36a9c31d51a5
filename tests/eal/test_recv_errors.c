/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Records that end the receive side: the far end is a connection without keys,
 * so that a test writes any bytes; good records are sealed by code of the tests.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/half.h"
#include "support/eal.h"
#include "support/harness.h"

enum {
	WIRE_MAX = 32 * 1024,
	INNER_MAX = 16384 + 1,  /* RFC 8446 5.4: TLSInnerPlaintext */
	BODY_MAX = 16384 + 256, /* RFC 8446 5.2 */

	/* RFC 8446 6 */
	UNEXPECTED_MESSAGE = 10,
	BAD_RECORD_MAC = 20,
	RECORD_OVERFLOW = 22,
	DECODE_ERROR = 50,
};

/* --- records ----------------------------------------------------------------- */

enum kind {
	HEADER,          /* outer type a, version b, length c, and c bytes */
	FLIP,            /* bit a of byte b; from the end if b < 0 */
	NO_TYPE,         /* a bytes, all zero, sealed */
	PADDED,          /* data of a bytes and b bytes of padding */
	TYPED,           /* content type a with b bytes */
	KEY_UPDATE_TAIL, /* KeyUpdate with a bytes behind it in its record */
	INTERLEAVED,     /* half a handshake message, then data */
};

struct row {
	const char *name;
	enum kind kind;
	int a, b, c;
	int error; /* 0: it is a good record */
	enum rtls_end_reason reason;
	uint8_t alert;
};

static const struct row ROWS[] = {
	{ "version 0x0000", HEADER, 23, 0x0000, 32, -EINVAL, RTLS_REASON_BAD_VERSION,
	  DECODE_ERROR },
	{ "version 0x0002", HEADER, 23, 0x0002, 32, -EINVAL, RTLS_REASON_BAD_VERSION,
	  DECODE_ERROR },
	{ "version 0x0300", HEADER, 23, 0x0300, 32, -EINVAL, RTLS_REASON_BAD_VERSION,
	  DECODE_ERROR },
	{ "version 0x0301", HEADER, 23, 0x0301, 32, -EINVAL, RTLS_REASON_BAD_VERSION,
	  DECODE_ERROR },
	{ "version 0x0304", HEADER, 23, 0x0304, 32, -EINVAL, RTLS_REASON_BAD_VERSION,
	  DECODE_ERROR },
	{ "version 0x0303 swapped", HEADER, 23, 0x0403, 32, -EINVAL, RTLS_REASON_BAD_VERSION,
	  DECODE_ERROR },
	{ "text", HEADER, 'H', 0x5454, 0x502f, -EINVAL, RTLS_REASON_BAD_VERSION, DECODE_ERROR },
	{ "outer type 0", HEADER, 0, 0x0303, 32, -EINVAL, RTLS_REASON_BAD_VERSION,
	  UNEXPECTED_MESSAGE },
	{ "outer type 20", HEADER, 20, 0x0303, 1, -EINVAL, RTLS_REASON_BAD_VERSION,
	  UNEXPECTED_MESSAGE },
	{ "outer type 21", HEADER, 21, 0x0303, 32, -EINVAL, RTLS_REASON_BAD_VERSION,
	  UNEXPECTED_MESSAGE },
	{ "outer type 22", HEADER, 22, 0x0303, 32, -EINVAL, RTLS_REASON_BAD_VERSION,
	  UNEXPECTED_MESSAGE },
	{ "outer type 24", HEADER, 24, 0x0303, 32, -EINVAL, RTLS_REASON_BAD_VERSION,
	  UNEXPECTED_MESSAGE },
	{ "outer type 255", HEADER, 255, 0x0303, 32, -EINVAL, RTLS_REASON_BAD_VERSION,
	  UNEXPECTED_MESSAGE },
	{ "length 0", HEADER, 23, 0x0303, 0, -EMSGSIZE, RTLS_REASON_BAD_LENGTH, DECODE_ERROR },
	{ "length 1", HEADER, 23, 0x0303, 1, -EMSGSIZE, RTLS_REASON_BAD_LENGTH, DECODE_ERROR },
	{ "length 15", HEADER, 23, 0x0303, 15, -EMSGSIZE, RTLS_REASON_BAD_LENGTH, DECODE_ERROR },
	{ "length 16", HEADER, 23, 0x0303, 16, -EMSGSIZE, RTLS_REASON_BAD_LENGTH, DECODE_ERROR },
	{ "length 17 of noise", HEADER, 23, 0x0303, 17, -EBADMSG, RTLS_REASON_BAD_MAC,
	  BAD_RECORD_MAC },
	{ "the longest length", HEADER, 23, 0x0303, BODY_MAX, -EMSGSIZE, RTLS_REASON_BAD_LENGTH,
	  RECORD_OVERFLOW },
	{ "one more than the longest length", HEADER, 23, 0x0303, BODY_MAX + 1, -EMSGSIZE,
	  RTLS_REASON_BAD_LENGTH, RECORD_OVERFLOW },
	{ "length 65535", HEADER, 23, 0x0303, 65535, -EMSGSIZE, RTLS_REASON_BAD_LENGTH,
	  RECORD_OVERFLOW },
	{ "first bit of the tag", FLIP, 0, -16, 0, -EBADMSG, RTLS_REASON_BAD_MAC, BAD_RECORD_MAC },
	{ "last bit of the tag", FLIP, 7, -1, 0, -EBADMSG, RTLS_REASON_BAD_MAC, BAD_RECORD_MAC },
	{ "first bit of the ciphertext", FLIP, 0, 5, 0, -EBADMSG, RTLS_REASON_BAD_MAC,
	  BAD_RECORD_MAC },
	{ "a bit in the middle", FLIP, 3, 500, 0, -EBADMSG, RTLS_REASON_BAD_MAC, BAD_RECORD_MAC },
	{ "a bit of the inner type", FLIP, 6, -17, 0, -EBADMSG, RTLS_REASON_BAD_MAC,
	  BAD_RECORD_MAC },
	{ "one zero byte, no type", NO_TYPE, 1, 0, 0, -EBADMSG, RTLS_REASON_BAD_MAC,
	  UNEXPECTED_MESSAGE },
	{ "100 zero bytes, no type", NO_TYPE, 100, 0, 0, -EBADMSG, RTLS_REASON_BAD_MAC,
	  UNEXPECTED_MESSAGE },
	{ "a full record of zero bytes", NO_TYPE, INNER_MAX, 0, 0, -EBADMSG, RTLS_REASON_BAD_MAC,
	  UNEXPECTED_MESSAGE },
	{ "inner plaintext one too long", PADDED, 16384, 1, 0, -EMSGSIZE, RTLS_REASON_BAD_LENGTH,
	  RECORD_OVERFLOW },
	{ "padding makes it too long", PADDED, 1, 16384, 0, -EMSGSIZE, RTLS_REASON_BAD_LENGTH,
	  RECORD_OVERFLOW },
	{ "the longest body, all padding", PADDED, 0, BODY_MAX - 16 - 1, 0, -EMSGSIZE,
	  RTLS_REASON_BAD_LENGTH, RECORD_OVERFLOW },
	{ "protected change_cipher_spec", TYPED, 20, 1, 0, -EINVAL, RTLS_REASON_BAD_VERSION,
	  UNEXPECTED_MESSAGE },
	{ "bytes behind a KeyUpdate", KEY_UPDATE_TAIL, 1, 0, 0, -EINVAL, RTLS_REASON_BAD_VERSION,
	  UNEXPECTED_MESSAGE },
	{ "data inside a handshake message", INTERLEAVED, 0, 0, 0, -EINVAL, RTLS_REASON_BAD_VERSION,
	  UNEXPECTED_MESSAGE },

	{ "one byte", PADDED, 1, 0, 0, 0, 0, 0 },
	{ "one byte, padded", PADDED, 1, 1, 0, 0, 0, 0 },
	{ "one byte, padded to the full", PADDED, 1, 16383, 0, 0, 0, 0 },
	{ "a full record", PADDED, 16384, 0, 0, 0, 0, 0 },
	{ "empty data", PADDED, 0, 0, 0, 0, 0, 0 },
	{ "empty data, padded to the full", PADDED, 0, 16384, 0, 0, 0, 0 },
	{ "nearly full, padded to the full", PADDED, 16000, 384, 0, 0, 0, 0 },
	{ "data of bytes that are zero", TYPED, 23, 300, 0, 0, 0, 0 },
};

/* Writes the row's record. Returns its length, and how many good bytes it has. */
static uint32_t
build(const struct row *r, struct peer *seals, uint64_t off, uint8_t *wire, uint32_t *good)
{
	static uint8_t plain[WIRE_MAX];
	uint32_t len, body;

	*good = 0;
	memset(plain, 0, sizeof(plain));
	switch (r->kind) {
	case HEADER:
		wire[0] = (uint8_t)r->a;
		wire[1] = (uint8_t)(r->b >> 8);
		wire[2] = (uint8_t)r->b;
		wire[3] = (uint8_t)(r->c >> 8);
		wire[4] = (uint8_t)r->c;
		/* The header tells enough: nobody waits for the rest of a record too long. */
		body = (uint32_t)(r->c <= BODY_MAX ? r->c : 10);
		pair_fill(wire + 5, 12345, body);
		return 5 + body;
	case FLIP:
		pair_fill(plain, 0, 1000);
		len = peer_seal(seals, 23, plain, 1000, 0, wire);
		wire[r->b < 0 ? (int)len + r->b : r->b] ^= (uint8_t)(1 << r->a);
		return len;
	case NO_TYPE:
		return peer_seal_inner(seals, plain, (uint32_t)r->a, wire);
	case PADDED:
		pair_fill(plain, off, (size_t)r->a);
		*good = (uint32_t)r->a;
		return peer_seal(seals, 23, plain, (uint32_t)r->a, (uint32_t)r->b, wire);
	case TYPED:
		pair_fill(plain, off, (size_t)r->b);
		*good = (uint32_t)r->b;
		return peer_seal(seals, (uint8_t)r->a, plain, (uint32_t)r->b, 0, wire);
	case KEY_UPDATE_TAIL:
		memcpy(plain, "\x18\0\0\1\0", 5);
		return peer_seal(seals, 22, plain, 5 + (uint32_t)r->a, 0, wire);
	case INTERLEAVED:
		memcpy(plain, "\4\0\0\x20", 4);
		len = peer_seal(seals, 22, plain, 20, 0, wire);
		return len + peer_seal(seals, 23, plain, 20, 0, wire + len);
	}
	return 0;
}

/* --- what must follow -------------------------------------------------------- */

static uint64_t
send_good(struct pair *p, struct half *h, uint64_t off)
{
	static const uint32_t lens[] = { 1, 900, 5000 };
	static uint8_t plain[5000], wire[WIRE_MAX];

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		pair_fill(plain, off, lens[i]);
		pair_send(p, h->socks[FAR], wire,
			  peer_seal(&h->seals, 23, plain, lens[i], i * 10, wire));
		off += lens[i];
	}
	return off;
}

/* Reads all data in calls of step bytes until something else comes, which is returned. */
static ssize_t
read_good(struct half *h, uint32_t step, uint64_t *off)
{
	static uint8_t buf[64 * 1024];
	struct iovec iov = { .iov_base = buf, .iov_len = step };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	bool by_msg = step % 2 != 0;
	ssize_t n;

	for (;;) {
		n = by_msg ? rtls_recvmsg(h->socks[NEAR], &m, 0) :
			     rtls_recv(h->socks[NEAR], buf, step, 0);
		/* The half message of a row comes first: it is one for recvmsg. */
		if ((n == -EIO || n > 0) && by_msg && m.type == RTLS_TYPE_HANDSHAKE)
			continue;
		if (n == -EIO) {
			by_msg = true;
			continue;
		}
		if (n <= 0)
			return n;
		CU_ASSERT(pair_matches(buf, *off, (size_t)n));
		*off += (uint64_t)n;
	}
}

static void
check_failed(struct pair *p, struct half *h, const struct row *r)
{
	struct rtls_sock *k = h->socks[NEAR];
	struct rtls_sock_info info = { .size = sizeof(info) };

	half_answers(h, r->error);
	/* More of the peer's records change nothing. */
	send_good(p, h, 0);
	half_answers(h, r->error);
	info = pair_info(k);
	CU_ASSERT_EQUAL(info.state, RTLS_SOCK_OPEN);
	CU_ASSERT_EQUAL(info.end_who, RTLS_END_LOCAL);
	CU_ASSERT_EQUAL(info.end_reason, r->reason);
	CU_ASSERT_EQUAL(info.end_alert, r->alert);
	CU_ASSERT_EQUAL(info.eof, RTLS_EOF_NONE);
	CU_ASSERT_EQUAL(info.rcv_queued, 0);
	CU_ASSERT_EQUAL(pair_bits(p, NEAR, k), RTLS_READABLE | RTLS_ERROR);
}

static void
play_row(struct pair *p, const struct row *r, uint32_t step)
{
	static uint8_t wire[WIRE_MAX];
	struct half h;
	uint64_t sent, got = 0;
	uint32_t len, good;

	half_open(p, &h);
	CU_ASSERT_EQUAL(rtls_sock_watch(h.socks[NEAR], RTLS_READABLE, NULL), 0);
	sent = send_good(p, &h, 0);
	len = build(r, &h.seals, sent, wire, &good);
	pair_send(p, h.socks[FAR], wire, len);
	if (r->error == 0) {
		sent = send_good(p, &h, sent + good);
		CU_ASSERT_EQUAL(read_good(&h, step, &got), -EAGAIN);
		CU_ASSERT_EQUAL(pair_info(h.socks[NEAR]).end_reason, RTLS_REASON_NONE);
		CU_ASSERT_EQUAL(pair_bits(p, NEAR, h.socks[NEAR]), 0);
	} else {
		CU_ASSERT_EQUAL(pair_bits(p, NEAR, h.socks[NEAR]), RTLS_READABLE);
		CU_ASSERT_EQUAL(read_good(&h, step, &got), r->error);
		check_failed(p, &h, r);
	}
	CU_ASSERT_EQUAL(got, sent);
	half_alert(p, &h, r->alert);
	/* Nothing is unread, so both close in order. */
	CU_ASSERT_EQUAL(rtls_close(h.socks[NEAR]), 0);
	pair_settle(p);
	CU_ASSERT_EQUAL(rtls_recv(h.socks[FAR], wire, 1, 0), 0);
	CU_ASSERT_EQUAL(rtls_close(h.socks[FAR]), 0);
	pair_pass(p, 100000);
}

/* Good traffic of a connection that has nothing to do with it. */
static void
exchange(struct pair *p, struct rtls_sock *const socks[2], uint64_t *off)
{
	uint8_t bytes[3000];

	pair_fill(bytes, *off, sizeof(bytes));
	for (int i = 0; i < 2; i++) {
		pair_send(p, socks[i], bytes, sizeof(bytes));
		pair_expect(p, socks[1 - i], bytes, sizeof(bytes));
	}
	*off += sizeof(bytes);
}

static void
play_table(const struct pair_conf *conf, uint32_t step)
{
	struct peer key[2] = { peer_key(5, 0), peer_key(6, 0) };
	struct rtls_sock *other[2];
	unsigned int failures;
	uint64_t off = 0, errors;
	struct pair p;

	pair_init(&p, conf);
	pair_connect(&p, 0, other);
	for (int i = 0; i < 2; i++) {
		struct rtls_keys keys = peer_keys(&key[i]);

		pair_set_keys(other, i, &keys);
	}
	for (size_t i = 0; i < sizeof(ROWS) / sizeof(ROWS[0]); i++) {
		failures = CU_get_number_of_failures();
		errors = pair_stat(&p, NEAR, "TlsDecryptError");
		play_row(&p, &ROWS[i], step);
		CU_ASSERT_EQUAL(pair_stat(&p, NEAR, "TlsDecryptError") - errors,
				ROWS[i].alert == BAD_RECORD_MAC);
		if (CU_get_number_of_failures() != failures)
			printf("# in the row: %s\n", ROWS[i].name);
		exchange(&p, other, &off);
	}
	CU_ASSERT_EQUAL(rtls_close(other[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(other[1]), 0);
	pair_fini(&p);
}

static void
test_table(void)
{
	play_table(NULL, 60000);
}

static void
test_table_small_reads(void)
{
	play_table(NULL, 777);
}

static void
test_table_small_segments(void)
{
	const struct pair_conf conf = { .mtu = 600, .rx_seg_len = 128 };

	play_table(&conf, 4000);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "broken records and good ones", test_table },
		{ "the same, read in small pieces", test_table_small_reads },
		{ "the same in small segments and buffers", test_table_small_segments },
	};

	if (eal_start("test-recv-errors") != 0)
		return 1;
	return harness_run("eal/recv_errors", cases, HARNESS_COUNT(cases));
}
