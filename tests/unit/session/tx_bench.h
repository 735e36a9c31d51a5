/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* A side that sends, and a receiver that takes its stream apart and checks all of it. */
#ifndef RTLS_UNIT_SESSION_TX_BENCH_H
#define RTLS_UNIT_SESSION_TX_BENCH_H

#include <stdio.h>

#include "buf/chain.h"
#include "session/tx_buffer.h"
#include "session/tx_keys.h"
#include "unit/session/shared.h"

enum { WIRE_MAX = 1 << 20, LOG_MAX = 4096, MSS = 1448, SNDBUF = 256 * 1024 };

/* What came out: a record, or a run of raw bytes (type 0). */
struct out {
	uint8_t type;
	uint32_t len;
	uint32_t wire;
};

/* One sending side, and a receiver that takes its stream apart by itself. */
static struct {
	struct session_tx tx;
	struct sendq q;
	struct flaky flaky;
	struct peer peer[8];
	uint64_t key_off[8]; /* stream offset that key n starts at */
	unsigned int keys;
	uint64_t empty;         /* data records without any that were asked for, and not seen */
	uint64_t accepted;      /* data bytes that a call has taken */
	uint64_t seen;          /* data bytes that came out, all of the pattern */
	uint64_t taken_off;     /* stream bytes that went to the wire */
	uint8_t wire[WIRE_MAX]; /* of the current key, not opened yet */
	uint32_t wire_len;
	struct out log[LOG_MAX];
	unsigned int logged;
	uint8_t control[16384]; /* content of the last control record */
} t;

static inline void
begin(uint32_t sndbuf)
{
	memset(&t, 0, sizeof(t));
	shared_begin(&t.flaky);
	sendq_init(&t.q, 0);
	session_tx_init(&t.tx, &shared, &t.q, sndbuf);
}

static inline int
set_key(unsigned int n, uint64_t rec_no)
{
	struct peer p = peer_key(n, rec_no);
	struct rtls_keys keys = peer_keys(&p);
	int rc = session_tx_set_keys(&t.tx, &keys);

	if (rc == 0) {
		CU_ASSERT_FATAL(t.keys < HARNESS_COUNT(t.peer));
		t.peer[t.keys] = p;
		t.key_off[t.keys++] = sendq_end(&t.q);
	}
	return rc;
}

static inline void
begin_keyed(uint32_t sndbuf)
{
	begin(sndbuf);
	CU_ASSERT_EQUAL_FATAL(set_key(0, 0), 0);
}

/* Sends the next len bytes of the pattern. */
static inline ssize_t
send_data(size_t len, bool more)
{
	static uint8_t bytes[200000];
	struct iovec iov = { .iov_base = bytes, .iov_len = len };
	ssize_t n;

	CU_ASSERT_FATAL(len <= sizeof(bytes));
	pattern_fill(bytes, t.accepted, len);
	n = session_tx_data(&t.tx, &iov, 1, more);
	/* The call copies: what happens to the buffer afterwards is nothing to the stream. */
	memset(bytes, 0xdd, len);
	if (n > 0)
		t.accepted += (uint64_t)n;
	return n;
}

static inline int
send_control(uint8_t type, uint32_t len)
{
	static uint8_t bytes[20000];
	struct iovec iov = { .iov_base = bytes, .iov_len = len };

	memset(bytes, type ^ (int)len, len);
	return session_tx_control(&t.tx, type, &iov, 1, len);
}

/* One record of the next len bytes of the pattern. */
static inline int
send_record(uint32_t len)
{
	static uint8_t bytes[16384];
	struct iovec iov = { .iov_base = bytes, .iov_len = len };
	int rc;

	pattern_fill(bytes, t.accepted, len);
	rc = session_tx_record(&t.tx, &iov, 1, len);
	if (rc == 0)
		t.accepted += len;
	t.empty += rc == 0 && len == 0;
	return rc;
}

static inline struct rte_mbuf *
loaded_buffer(uint32_t len)
{
	struct rte_mbuf *m = buf_record_alloc(&pools, len);

	CU_ASSERT_FATAL(m != NULL);
	pattern_fill(rte_pktmbuf_mtod(m, uint8_t *), t.accepted, len);
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	return m;
}

static inline void
log_out(uint8_t type, uint32_t len, uint32_t wire)
{
	CU_ASSERT_FATAL(t.logged < LOG_MAX);
	t.log[t.logged++] = (struct out){ type, len, wire };
}

/* Opens what is on the wire; key: of all of it, -1: none. */
static inline void
take_apart(int key)
{
	static uint8_t plain[PEER_WIRE_MAX];
	uint32_t done = 0, len;
	uint8_t type;
	int n;

	if (key < 0) {
		CU_ASSERT_FATAL(pattern_is(t.wire, t.seen, t.wire_len));
		t.seen += t.wire_len;
		if (t.wire_len > 0)
			log_out(0, t.wire_len, t.wire_len);
		t.wire_len = 0;
		return;
	}
	while ((n = peer_open(&t.peer[key], t.wire + done, t.wire_len - done, &type, plain, &len)) >
	       0) {
		done += (uint32_t)n;
		log_out(type, len, (uint32_t)n);
		if (type == 23) {
			CU_ASSERT(len > 0 || t.empty-- > 0);
			CU_ASSERT_FATAL(pattern_is(plain, t.seen, len));
			t.seen += len;
		} else {
			memcpy(t.control, plain, len);
			for (uint32_t i = 0; i < len; i++)
				CU_ASSERT_EQUAL_FATAL(plain[i], (uint8_t)(type ^ len));
		}
	}
	CU_ASSERT_EQUAL_FATAL(n, 0);
	memmove(t.wire, t.wire + done, t.wire_len - done);
	t.wire_len -= done;
}

static inline int
key_at(uint64_t off)
{
	int key = -1;

	while (key + 1 < (int)t.keys && t.key_off[key + 1] <= off)
		key++;
	return key;
}

/* Puts up to segs segments on the wire, each checked for what it may not mix. */
static inline void
transmit(unsigned int segs)
{
	while (t.taken_off < sendq_end(&t.q) && segs-- > 0) {
		struct txmap_rec *rec = txmap_find(&t.q.map, t.taken_off);
		uint32_t len = sendq_cut(rec, t.taken_off, MSS);
		struct rte_mbuf *m = rte_pktmbuf_alloc(pools.header);
		int key = key_at(t.taken_off);

		CU_ASSERT_FATAL(m != NULL && t.wire_len + len <= WIRE_MAX);
		CU_ASSERT_EQUAL(key_at(t.taken_off + len - 1), key);
		if (key_at(t.taken_off - 1) != key)
			CU_ASSERT_EQUAL(t.wire_len, 0); /* no record spans two keys */
		CU_ASSERT_EQUAL_FATAL(attach_one(pools.indirect, rec, t.taken_off, len, NULL, m),
				      0);
		chain_copy_out(m, 0, t.wire + t.wire_len, len);
		t.wire_len += len;
		t.taken_off += len;
		rte_pktmbuf_free(m);
		take_apart(key);
	}
}

static inline void
acknowledge(void)
{
	transmit(UINT32_MAX);
	sendq_release(&t.q, t.taken_off);
}

static inline void
finish(void)
{
	acknowledge();
	CU_ASSERT_EQUAL(t.wire_len, 0);
	session_tx_fini(&t.tx);
	sendq_fini(&t.q);
	CU_ASSERT_EQUAL(t.flaky.keys, 0);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* Everything taken came out, in records of those lengths ("23:100 21:2"). */
static inline void
check_log(const char *want)
{
	char got[1024] = "";
	size_t n = 0;

	acknowledge();
	for (unsigned int i = 0; i < t.logged; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%u:%u", i > 0 ? " " : "",
				      t.log[i].type, t.log[i].len);
	CU_ASSERT_STRING_EQUAL(got, want);
	if (strcmp(got, want) != 0)
		printf("# want %s\n# got  %s\n", want, got);
	CU_ASSERT_EQUAL(t.seen, t.accepted);
}

#endif
