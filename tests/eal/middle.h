/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A man in the middle, who has no key and may know what was sent, between a sender in software
 * and a receiver that is in software, too, or has a TLS NIC that opens. He holds back some
 * records, and then nothing reaches the receiver but what he makes.
 */
#ifndef RTLS_EAL_MIDDLE_H
#define RTLS_EAL_MIDDLE_H

#include <string.h>

#include <CUnit/CUnit.h>

#include "sim/frame.h"
#include "support/forge.h"
#include "support/harness.h"
#include "support/pair.h"
#include "support/suites.h"
#include "unit/session/peer.h"

enum { RECORDS = 3, OVER = 22, WIRE_MAX = 1024, HELLO = 5, SEG = 97, UPDATE_LEN = 5 };

/* Plaintext bytes of what he holds back. */
static const uint32_t sizes[RECORDS] = { 100, 300, 60 };
enum { PLAIN = 100 + 300 + 60, B_OFF = 100 + OVER, C_OFF = B_OFF + 300 + OVER };

/* The same where the key changes: Q and R under the first one, X, Y and Z under the next. */
enum {
	Q_LEN = 100,
	R_LEN = 60,
	X_LEN = 180,
	YZ_LEN = 60,
	R_OFF = Q_LEN + OVER,
	UPDATE_OFF = R_OFF + R_LEN + OVER,
	X_OFF = UPDATE_OFF + UPDATE_LEN + OVER,
	Y_OFF = X_OFF + X_LEN + OVER,
	Z_OFF = Y_OFF + YZ_LEN + OVER,
};

static struct pair p;
static bool nic;                                /* end 1 has one */
static const struct record_suite *middle_suite; /* NULL: the first one */

/* The connection at hand. */
static struct {
	struct rtls_sock *k[2];
	bool holds;
	bool known;
	uint8_t genuine[FORGE_FRAME_MAX]; /* the newest data segment from end 0 */
	uint32_t ack;                     /* in it */
	uint32_t seq;                     /* of the first byte that is held back */
	uint8_t wire[WIRE_MAX];           /* from there on */
	uint32_t len;
	uint8_t plain[PLAIN];
	struct rtls_keys next; /* behind a KeyUpdate */
	uint32_t got;          /* of plain, read */
} t;

/* What is wrong with a segment. */
struct vehicle {
	const char *name;
	uint32_t ack;    /* added */
	int32_t ts, seq; /* added */
	uint8_t flags;   /* 0: as data has them */
	bool bad_sum;
	bool moves; /* the NIC takes it for the next of the stream */
};

static const struct vehicle vehicles[] = {
	{ .name = "nothing" },
	{ .name = "a wrong ACK", .ack = 0x10000000, .moves = true },
	{ .name = "an old timestamp", .ts = -1000000, .moves = true },
	{ .name = "no ACK", .flags = FRAME_PSH },
	{ .name = "SYN", .flags = FRAME_SYN | FRAME_ACK },
	{ .name = "RST", .flags = FRAME_RST | FRAME_ACK },
	{ .name = "a bad checksum", .bad_sum = true },
	{ .name = "old data", .seq = -1024 },
	{ .name = "beyond the window", .seq = 1 << 24 },
};

static const struct vehicle *const none = &vehicles[0];

static inline enum cable_verdict
on_filter(void *arg, int dir, uint8_t *bytes, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	struct frame f;
	uint32_t off;

	(void)arg;
	(void)now_us;
	(void)delay_us;
	CU_ASSERT_PTR_NULL_FATAL(frame_parse(bytes, len, &f));
	if (dir != 0 || !t.holds || !f.is_tcp || f.payload_len == 0)
		return CABLE_PASS;
	if (!t.known)
		t.seq = f.seq;
	t.known = true;
	t.ack = f.ack;
	memcpy(t.genuine, bytes, len);
	off = f.seq - t.seq;
	CU_ASSERT_FATAL(off + f.payload_len <= WIRE_MAX);
	memcpy(t.wire + off, f.payload, f.payload_len);
	t.len = off + f.payload_len > t.len ? off + f.payload_len : t.len;
	return CABLE_DROP;
}

/* The two ends, for one connection after the other. pair_fini() ends them. kind: of NIC; NULL: any. */
static inline void
middle_init(bool has_nic, const struct rtls_tlsnic_conf *kind)
{
	struct rtls_tlsnic_conf nc = { 0 };
	struct pair_conf conf = { .nic = { NULL, has_nic ? &nc : NULL }, .filter = on_filter };

	if (kind != NULL)
		nc = *kind;
	nc.size = sizeof(nc);
	nc.max_contexts = 8;
	nc.nb_mbufs = 510;
	nic = has_nic;
	pair_init(&p, &conf);
}

/* Keys number n of his victims. */
static inline struct peer
middle_key(unsigned int n, uint64_t rec_no)
{
	const struct record_suite *s = middle_suite;

	return s != NULL ? peer_key_of(s->version, s->cipher, n, rec_no) : peer_key(n, rec_no);
}

/* A connection: all is at rest, and from now on he holds back. */
static inline void
middle_connect(uint64_t rec_no)
{
	struct peer key = middle_key(1, rec_no);
	struct rtls_keys keys = peer_keys(&key);

	memset(&t, 0, sizeof(t));
	pair_fill(t.plain, 0, PLAIN);
	pair_connect(&p, 0, t.k);
	CU_ASSERT_EQUAL(rtls_sock_set(t.k[0], RTLS_OPT_MAX_SEG, SEG), 0);
	pair_set_keys(t.k, 0, &keys);
	/* So that the NIC is started, and in step. */
	pair_send(&p, t.k[0], "hello", HELLO);
	pair_expect(&p, t.k[1], "hello", HELLO);
	pair_pass(&p, 100000);
	t.holds = true;
}

/* A record of the sender's, from plain byte off on. */
static inline uint32_t
middle_record(uint32_t off, uint32_t len)
{
	CU_ASSERT_EQUAL_FATAL(rtls_send(t.k[0], t.plain + off, len, 0), len);
	return off + len;
}

/* It is all with him. */
static inline void
middle_holds(uint32_t wire_len)
{
	for (int i = 0; i < 20; i++)
		pair_turn(&p);
	CU_ASSERT_EQUAL_FATAL(t.len, wire_len);
}

/* Bytes around a plaintext: OVER in TLS 1.3. */
static inline uint32_t
middle_over(void)
{
	struct peer key = middle_key(1, 0);

	return key.tls12 ? peer_prefix(&key) + 16 : OVER;
}

/* Three records are held back. */
static inline void
middle_begin(void)
{
	uint32_t off = 0;

	middle_connect(3);
	for (int i = 0; i < RECORDS; i++)
		off = middle_record(off, sizes[i]);
	middle_holds(PLAIN + RECORDS * middle_over());
}

/* Q, R, a KeyUpdate, X, Y and Z are held back. R is number 2, and so is Z. */
static inline void
middle_begin_update(void)
{
	uint8_t update[UPDATE_LEN] = { 24, 0, 0, 1, 0 };
	struct iovec iov = { .iov_base = update, .iov_len = sizeof(update) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = RTLS_TYPE_HANDSHAKE };
	struct peer key = middle_key(2, 0);
	uint32_t off;

	middle_connect(0);
	off = middle_record(middle_record(0, Q_LEN), R_LEN);
	CU_ASSERT_EQUAL_FATAL(rtls_sendmsg(t.k[0], &m, 0), UPDATE_LEN);
	t.next = peer_keys(&key);
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(t.k[0], RTLS_TX, &t.next), 0);
	middle_record(middle_record(middle_record(off, X_LEN), YZ_LEN), YZ_LEN);
	middle_holds(Z_OFF + YZ_LEN + OVER);
}

/* So many packets the NIC has marked, FAILED ones too. */
static inline uint64_t
middle_nic_packets(void)
{
	return nic ? pair_port_stat(&p, 1, "rx_tls_decrypted_packets") +
			       pair_port_stat(&p, 1, "rx_tls_failed") :
		     0;
}

/* Only the victim's time moves. */
static inline void
middle_turn(bool stack)
{
	cable_set_time(p.cable, p.now_us += 10);
	if (stack)
		rtls_stack_poll(p.stack[1], p.now_us);
	if (nic)
		rtls_tlsnic_poll(p.port[1]);
}

/* A segment of his at off behind what he holds back is on the wire. */
static inline void
middle_puts(const struct vehicle *v, int64_t off, const void *payload, uint32_t len)
{
	static uint8_t out[FORGE_FRAME_MAX];
	const struct forge f = {
		.seq = t.seq + (uint32_t)off + (uint32_t)v->seq,
		.ack = t.ack + v->ack,
		.flags = v->flags != 0 ? v->flags : FRAME_ACK | FRAME_PSH,
		.ts_shift = v->ts,
		.bad_sum = v->bad_sum,
		.payload = payload,
		.len = len,
	};

	CU_ASSERT_EQUAL_FATAL(cable_inject(p.cable, 0, out, forge_frame(&f, t.genuine, out)), 0);
}

/* The same, and it arrives. */
static inline void
middle_sends(const struct vehicle *v, int64_t off, const void *payload, uint32_t len)
{
	middle_puts(v, off, payload, len);
	for (int i = 0; i < 4; i++)
		middle_turn(true);
}

/* Genuine bytes at their place, one segment. */
static inline void
middle_sends_genuine(uint32_t off, uint32_t end)
{
	middle_sends(none, off, t.wire + off, end - off);
}

/* A header at off of a record that ends at end is on the wire. */
static inline void
middle_puts_header(const struct vehicle *v, int64_t off, int64_t end)
{
	uint8_t hdr[5] = { 23, 3, 3, (uint8_t)((end - off - 5) >> 8), (uint8_t)(end - off - 5) };

	middle_puts(v, off, hdr, sizeof(hdr));
}

static inline void
middle_sends_header(const struct vehicle *v, int64_t off, int64_t end)
{
	middle_puts_header(v, off, end);
	for (int i = 0; i < 4; i++)
		middle_turn(true);
}

/* Reads what there is: nothing but the beginning of what was sent. Returns how it ends. */
static inline ssize_t
middle_read(void)
{
	uint8_t buf[2 * PLAIN];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	ssize_t n;

	for (;;) {
		n = rtls_recvmsg(t.k[1], &m, 0);
		if (n <= 0)
			return n;
		if (m.type == RTLS_TYPE_HANDSHAKE && t.next.version != 0) {
			CU_ASSERT_EQUAL_FATAL(rtls_set_keys(t.k[1], RTLS_RX, &t.next), 0);
			continue;
		}
		CU_ASSERT_EQUAL_FATAL(m.type, RTLS_TYPE_DATA);
		CU_ASSERT_FATAL(t.got + n <= PLAIN);
		CU_ASSERT_FATAL(memcmp(buf, t.plain + t.got, (size_t)n) == 0);
		t.got += (uint32_t)n;
	}
}

static inline void
middle_end(void)
{
	t.holds = false;
	rtls_abort(t.k[0]);
	rtls_abort(t.k[1]);
	pair_settle(&p);
}

#endif
