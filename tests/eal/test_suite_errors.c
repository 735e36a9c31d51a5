/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The table of errors in recordtls/io.h, with every suite, opened in software and by the TLS NIC: a
 * record that is forged at each of its regions, cut off, padded, empty, too long, out of its place. The far
 * end is a connection without keys; its records are sealed by code of the tests.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "eal/half.h"
#include "support/each_suite.h"
#include "support/eal.h"

enum {
	WIRE_MAX = 64 * 1024,
	LEN = 300, /* of the record's content */
	PAD = 20,  /* and of its padding, in TLS 1.3 */
};

enum verdict {
	GOOD,
	NO_ROW, /* of this version, or without an explicit nonce */
	VERSION,
	TYPE,
	SHORT,
	LONG,
	MAC,
	NO_TYPE,
	FLOOD,
	CUT_OFF,
};

static const struct {
	int error;
	enum rtls_end_reason reason;
	uint8_t alert; /* RFC 8446 6, RFC 5246 7.2 */
} VERDICTS[] = {
	[VERSION] = { -EINVAL, RTLS_REASON_BAD_VERSION, 50 /* decode_error */ },
	[TYPE] = { -EINVAL, RTLS_REASON_BAD_VERSION, 10 /* unexpected_message */ },
	[SHORT] = { -EMSGSIZE, RTLS_REASON_BAD_LENGTH, 50 },
	[LONG] = { -EMSGSIZE, RTLS_REASON_BAD_LENGTH, 22 /* record_overflow */ },
	[MAC] = { -EBADMSG, RTLS_REASON_BAD_MAC, 20 /* bad_record_mac */ },
	[NO_TYPE] = { -EBADMSG, RTLS_REASON_BAD_MAC, 10 },
	[FLOOD] = { -EINVAL, RTLS_REASON_FLOOD, 10 },
	[CUT_OFF] = { -EMSGSIZE, RTLS_REASON_TRUNCATED, 0 },
};

enum kind {
	SET, /* the byte at a becomes b */
	LENGTH, /* the length field is b more than at: 'r'ight, the 'l'east, the 'm'ost; c: all it says follows */
	FLIP,    /* bit b of byte a of a region */
	SEALED,  /* type a, b bytes of content, c of padding */
	ZEROS,   /* b bytes that are zero, sealed: no inner type */
	AGAIN,   /* a good record, twice */
	SKIPPED, /* the record behind the next one */
	ALIEN,   /* another key's */
	CUT,     /* FIN in front of byte a */
	MANY,    /* b empty records of type a */
};

enum region { HEADER, NONCE, CONTENT, INNER, PADDING, TAG };

struct row {
	const char *name;
	enum kind kind;
	int a, b, c;
	enum verdict of13, of12;
};

static const struct row ROWS[] = {
	{ "type 0", SET, 0, 0, 0, TYPE, TYPE },
	{ "type 20", SET, 0, 20, 0, TYPE, MAC },
	{ "type 21", SET, 0, 21, 0, TYPE, MAC },
	{ "type 22", SET, 0, 22, 0, TYPE, MAC },
	{ "type 24", SET, 0, 24, 0, TYPE, MAC },
	{ "type 255", SET, 0, 255, 0, TYPE, MAC },
	{ "version 2.3", SET, 1, 2, 0, VERSION, VERSION },
	{ "version 3.0", SET, 2, 0, 0, VERSION, VERSION },
	{ "version 3.1", SET, 2, 1, 0, VERSION, VERSION },
	{ "version 3.2", SET, 2, 2, 0, VERSION, VERSION },
	{ "version 3.4", SET, 2, 4, 0, VERSION, VERSION },
	{ "a length of one less", LENGTH, 'r', -1, 0, MAC, MAC },
	{ "a length of one more", LENGTH, 'r', 1, 0, MAC, MAC },
	{ "the least length", LENGTH, 'l', 0, 0, MAC, MAC },
	{ "one less than the least", LENGTH, 'l', -1, 0, SHORT, SHORT },
	{ "the most", LENGTH, 'm', 0, 1, LONG, MAC },
	{ "one more than the most", LENGTH, 'm', 1, 0, LONG, LONG },
	{ "explicit nonce", FLIP, 0, 0, NONCE, NO_ROW, MAC },
	{ "explicit nonce, in the middle", FLIP, 3, 5, NONCE, NO_ROW, MAC },
	{ "explicit nonce, its end", FLIP, -1, 7, NONCE, NO_ROW, MAC },
	{ "the first byte", FLIP, 0, 0, CONTENT, MAC, MAC },
	{ "a byte", FLIP, 17, 7, CONTENT, MAC, MAC },
	{ "a byte in the middle", FLIP, LEN / 2, 3, CONTENT, MAC, MAC },
	{ "the last byte", FLIP, -1, 1, CONTENT, MAC, MAC },
	{ "the inner type", FLIP, 0, 0, INNER, MAC, NO_ROW },
	{ "padding", FLIP, 0, 4, PADDING, MAC, NO_ROW },
	{ "the end of padding", FLIP, -1, 0, PADDING, MAC, NO_ROW },
	{ "the tag", FLIP, 0, 0, TAG, MAC, MAC },
	{ "the tag, in the middle", FLIP, 8, 2, TAG, MAC, MAC },
	{ "the end of the tag", FLIP, -1, 7, TAG, MAC, MAC },
	{ "a record again", AGAIN, 0, 0, 0, MAC, MAC },
	{ "a record that is missing", SKIPPED, 0, 0, 0, MAC, MAC },
	{ "another key's record", ALIEN, 0, 0, 0, MAC, MAC },
	{ "no byte of a header", CUT, 1, 0, 0, CUT_OFF, CUT_OFF },
	{ "a part of the header", CUT, 4, 0, 0, CUT_OFF, CUT_OFF },
	{ "a header alone", CUT, 5, 0, 0, CUT_OFF, CUT_OFF },
	{ "a part of the body", CUT, 9, 0, 0, CUT_OFF, CUT_OFF },
	{ "half of it", CUT, LEN / 2, 0, 0, CUT_OFF, CUT_OFF },
	{ "all but a part of the tag", CUT, -7, 0, 0, CUT_OFF, CUT_OFF },
	{ "all but a byte", CUT, -1, 0, 0, CUT_OFF, CUT_OFF },
	{ "no inner type, one byte", ZEROS, 0, 1, 0, NO_TYPE, NO_ROW },
	{ "no inner type, many bytes", ZEROS, 0, 500, 0, NO_TYPE, NO_ROW },
	{ "no inner type in a full record", ZEROS, 0, 16385, 0, NO_TYPE, NO_ROW },
	{ "one byte too long", SEALED, 23, 16385, 0, LONG, LONG },
	{ "control that is too long", SEALED, 22, 16385, 0, LONG, LONG },
	{ "padding that makes it too long", SEALED, 23, 16000, 385, LONG, NO_ROW },
	{ "nothing but padding, too long", SEALED, 23, 0, 16385, LONG, NO_ROW },
	{ "no alert", SEALED, 21, 0, 0, TYPE, TYPE },
	{ "no handshake message", SEALED, 22, 0, 0, TYPE, TYPE },
	{ "no handshake message, padded", SEALED, 22, 0, 100, TYPE, NO_ROW },
	{ "no change_cipher_spec", SEALED, 20, 0, 0, TYPE, TYPE },
	{ "change_cipher_spec", SEALED, 20, 1, 0, TYPE, GOOD },
	{ "33 empty records", MANY, 23, 33, 0, FLOOD, FLOOD },
	{ "two change_cipher_specs", MANY, 20, 2, 0, TYPE, FLOOD },
	{ "five alerts", MANY, 21, 5, 0, FLOOD, FLOOD },
	{ "33 handshake records", MANY, 22, 33, 0, GOOD, FLOOD },

	{ "32 empty records", MANY, 23, 32, 0, GOOD, GOOD },
	{ "four alerts", MANY, 21, 4, 0, GOOD, GOOD },
	{ "one byte", SEALED, 23, 1, 0, GOOD, GOOD },
	{ "a full record", SEALED, 23, 16384, 0, GOOD, GOOD },
	{ "padded to the full", SEALED, 23, 16000, 384, GOOD, NO_ROW },
	{ "empty, and padded to the full", SEALED, 23, 0, 16384, GOOD, NO_ROW },
	{ "a full alert", SEALED, 21, 16384, 0, GOOD, GOOD },
	{ "an empty record of another type", SEALED, 99, 0, 0, GOOD, GOOD },
};

/* A stack pair, and who opens at its near end. */
static struct {
	struct pair p;
	struct half h;
	bool nic;
	uint32_t step;            /* bytes of each read */
	unsigned int in_nic, all; /* connections received from by the NIC; that were opened */
} t;

/* --- records ----------------------------------------------------------------- */

/* Length field of a record: the least and the most that its suite allows. */
static uint32_t
body_min(const struct peer *s)
{
	return s->tls12 ? peer_prefix(s) - 5 + 16 : 1 + 16;
}

static uint32_t
body_max(const struct peer *s)
{
	return s->tls12 ? body_min(s) + 16384 : 16384 + 256;
}

static uint32_t
set_length(const struct row *r, const struct peer *s, uint32_t len, uint8_t *wire)
{
	uint32_t body = len - 5;

	if (r->a != 'r')
		body = r->a == 'l' ? body_min(s) : body_max(s);
	body += (uint32_t)r->b;
	wire[3] = (uint8_t)(body >> 8);
	wire[4] = (uint8_t)body;
	/* What it says is there, where somebody has to wait for that. */
	if (r->a == 'r' || r->c != 0)
		return 5 + body;
	return len;
}

/* Where a region begins and ends. */
static void
find_region(enum region region, const struct peer *s, uint32_t len, uint32_t *from, uint32_t *to)
{
	uint32_t at[] = {
		0, 5, peer_prefix(s), peer_prefix(s) + LEN, peer_prefix(s) + LEN + 1, len - 16, len
	};

	if (s->tls12)
		at[INNER] = at[PADDING] = at[TAG];
	*from = at[region];
	*to = at[region + 1];
}

static uint32_t
many(const struct row *r, uint8_t *wire)
{
	static const uint8_t content[3][4] = { { 1 }, { 1, 100 }, { 0 } };
	uint32_t len = 0;

	for (int i = 0; i < r->b; i++) {
		if (r->a == 23)
			len += peer_seal(&t.h.seals, 23, "", 0, 0, wire + len);
		else
			len += peer_seal(&t.h.seals, (uint8_t)r->a, content[r->a - 20],
					 r->a == 20 ? 1 :
					 r->a == 21 ? 2 :
						      4,
					 0, wire + len);
	}
	return len;
}

/* Writes the row's record, for the stream's place off. Its length; *good: bytes of data in it. */
static uint32_t
build(const struct row *r, uint64_t off, uint8_t *wire, uint32_t *good)
{
	static uint8_t plain[WIRE_MAX];
	struct peer *s = &t.h.seals, alien = peer_key(4, s->rec_no);
	uint32_t len, from, to;

	*good = 0;
	memset(plain, 0, sizeof(plain));
	memset(wire, 0x5a, WIRE_MAX);
	switch ((int)r->kind) {
	case SEALED:
		pair_fill(plain, off, (size_t)r->b);
		*good = r->a == 23 ? (uint32_t)r->b : 0;
		/* A message of four bytes and no body each. */
		if (r->a == 22)
			memset(plain, 0, (size_t)r->b);
		return peer_seal(s, (uint8_t)r->a, plain, (uint32_t)r->b, (uint32_t)r->c, wire);
	case ZEROS:
		return peer_seal_inner(s, plain, (uint32_t)r->b, wire);
	case MANY:
		return many(r, wire);
	case SKIPPED:
		s->rec_no++;
		break;
	case ALIEN:
		s = &alien;
		break;
	default:
		break;
	}
	pair_fill(plain, off, LEN);
	len = peer_seal(s, 23, plain, LEN, PAD, wire);
	switch ((int)r->kind) {
	case SET:
		wire[r->a] = (uint8_t)r->b;
		break;
	case LENGTH:
		return set_length(r, s, len, wire);
	case FLIP:
		find_region((enum region)r->c, s, len, &from, &to);
		CU_ASSERT_FATAL(from < to);
		wire[r->a < 0 ? (int)to + r->a : (int)from + r->a] ^= (uint8_t)(1 << r->b);
		break;
	case AGAIN:
		*good = LEN;
		memcpy(wire + len, wire, len);
		return 2 * len;
	case CUT:
		return r->a < 0 ? len - (uint32_t)-r->a : (uint32_t)r->a;
	default:
		break;
	}
	return len;
}

/* --- what must follow -------------------------------------------------------- */

static uint64_t
send_good(uint64_t off)
{
	static const uint32_t lens[] = { 1, 900, 5000 };
	static uint8_t plain[5000], wire[WIRE_MAX];

	for (size_t i = 0; i < HARNESS_COUNT(lens); i++) {
		pair_fill(plain, off, lens[i]);
		pair_send(&t.p, t.h.socks[FAR], wire,
			  peer_seal(&t.h.seals, 23, plain, lens[i], i * 10, wire));
		off += lens[i];
	}
	return off;
}

/* Reads all there is; of data, counted in *off, all bytes are right. What comes at the end. */
static ssize_t
read_good(uint64_t *off)
{
	static uint8_t buf[64 * 1024];
	struct iovec iov = { .iov_base = buf, .iov_len = t.step };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	ssize_t n;

	for (;;) {
		n = rtls_recvmsg(t.h.socks[NEAR], &m, 0);
		if (n < 0 || m.type == 0)
			return n;
		if (m.type != 23)
			continue;
		CU_ASSERT(pair_matches(buf, *off, (size_t)n));
		*off += (uint64_t)n;
	}
}

static void
check_failed(enum verdict v)
{
	struct rtls_sock *k = t.h.socks[NEAR];
	struct rtls_sock_info info;

	half_answers(&t.h, VERDICTS[v].error);
	/* More of the peer's records change nothing. */
	if (v != CUT_OFF)
		send_good(0);
	half_answers(&t.h, VERDICTS[v].error);
	info = pair_info(k);
	CU_ASSERT_EQUAL(info.end_who, RTLS_END_LOCAL);
	CU_ASSERT_EQUAL(info.end_reason, VERDICTS[v].reason);
	CU_ASSERT_EQUAL(info.end_alert, VERDICTS[v].alert);
	CU_ASSERT_EQUAL(info.eof, v == CUT_OFF ? RTLS_EOF_TRUNCATED : RTLS_EOF_NONE);
	CU_ASSERT_EQUAL(info.rcv_queued, 0);
	CU_ASSERT(pair_bits(&t.p, NEAR, k) & RTLS_ERROR);
}

static void
count_engine(void)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	CU_ASSERT_EQUAL(rtls_tls_info(t.h.socks[NEAR], RTLS_RX, &info), 0);
	CU_ASSERT(t.nic || info.mode == RTLS_MODE_SOFTWARE);
	t.in_nic += info.mode == RTLS_MODE_NIC;
	t.all++;
}

static void
play_row(const struct row *r, enum verdict v)
{
	static uint8_t wire[WIRE_MAX];
	uint64_t sent, got = 0, errors = pair_stat(&t.p, NEAR, "TlsDecryptError"),
		       floods = pair_stat(&t.p, NEAR, "TlsRxFloods");
	uint32_t len, good;

	half_open(&t.p, &t.h);
	CU_ASSERT_EQUAL(rtls_sock_watch(t.h.socks[NEAR], RTLS_READABLE, NULL), 0);
	sent = send_good(0);
	CU_ASSERT_EQUAL(read_good(&got), -EAGAIN);
	count_engine();
	sent = send_good(sent);
	len = build(r, sent, wire, &good);
	pair_send(&t.p, t.h.socks[FAR], wire, len);
	if (r->kind == CUT) {
		CU_ASSERT_EQUAL(rtls_shutdown(t.h.socks[FAR], RTLS_SHUT_WR), 0);
		pair_settle(&t.p);
	}
	if (v == GOOD) {
		sent = send_good(sent + good);
		CU_ASSERT_EQUAL(read_good(&got), -EAGAIN);
		CU_ASSERT_EQUAL(pair_info(t.h.socks[NEAR]).end_reason, RTLS_REASON_NONE);
	} else {
		sent += r->kind == AGAIN ? good : 0;
		CU_ASSERT_EQUAL(read_good(&got), VERDICTS[v].error);
		check_failed(v);
	}
	CU_ASSERT_EQUAL(got, sent);
	CU_ASSERT_EQUAL(pair_stat(&t.p, NEAR, "TlsDecryptError") - errors, v == MAC);
	CU_ASSERT_EQUAL(pair_stat(&t.p, NEAR, "TlsRxFloods") - floods, v == FLOOD);
	half_alert(&t.p, &t.h, VERDICTS[v].alert);
	/* Nothing is unread, so both close in order. */
	CU_ASSERT_EQUAL(rtls_close(t.h.socks[NEAR]), 0);
	pair_settle(&t.p);
	CU_ASSERT_EQUAL(rtls_recv(t.h.socks[FAR], wire, 1, 0), 0);
	CU_ASSERT_EQUAL(rtls_close(t.h.socks[FAR]), 0);
	pair_pass(&t.p, 100000);
}

static void
play_table(const struct pair_conf *conf, uint32_t step)
{
	pair_init(&t.p, conf);
	t.step = step;
	t.in_nic = t.all = 0;
	for (size_t i = 0; i < HARNESS_COUNT(ROWS); i++) {
		enum verdict v = peer_suite.tls12 ? ROWS[i].of12 : ROWS[i].of13;
		unsigned int failures = CU_get_number_of_failures();
		struct peer any = peer_key(1, 0);

		if (v == NO_ROW ||
		    (ROWS[i].kind == FLIP && ROWS[i].c == NONCE && peer_prefix(&any) == 5))
			continue;
		play_row(&ROWS[i], v);
		if (CU_get_number_of_failures() != failures)
			printf("# in the row: %s\n", ROWS[i].name);
	}
	pair_fini(&t.p);
}

static void
test_software(void)
{
	t.nic = false;
	play_table(NULL, 60000);
}

static void
test_small(void)
{
	const struct pair_conf conf = { .mtu = 600, .rx_seg_len = 128 };

	t.nic = false;
	play_table(&conf, 777);
}

#ifdef HAVE_TLSNIC
static void
test_nic(void)
{
	const struct rtls_tlsnic_conf nic = { .size = sizeof(nic) };
	const struct pair_conf conf = { .nic[NEAR] = &nic };

	t.nic = true;
	play_table(&conf, 60000);
	printf("# opened by the NIC: %u of %u connections\n", t.in_nic, t.all);
	/* All of one suite, or none. */
	CU_ASSERT(t.in_nic == t.all || t.in_nic == 0);
	CU_ASSERT(t.in_nic > 0 || peer_suite.tls12 || peer_suite.cipher != 51);
}
#endif

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "software", test_software, EACH_SUITE },
		{ "software, in small pieces", test_small, EACH_SUITE },
#ifdef HAVE_TLSNIC
		{ "the TLS NIC", test_nic, EACH_SUITE },
#endif
	};

	if (eal_start("test-suite-errors") != 0)
		return 1;
	return each_suite_run("eal/suite_errors", cases, HARNESS_COUNT(cases));
}
