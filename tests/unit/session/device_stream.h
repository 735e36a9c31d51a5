/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The stream of a peer, and a device that opens it before the library sees it, and says so: OpenSSL, as
 * cipher text xor its key stream. Each test has one stream.
 */
#ifndef RTLS_UNIT_SESSION_DEVICE_STREAM_H
#define RTLS_UNIT_SESSION_DEVICE_STREAM_H

#include <rte_common.h>

#include "session/rx.h"
#include "session/rx_marks.h"
#include "unit/session/shared.h"

enum { WIRE_MAX = 1 << 18, RECORDS_MAX = 512, GENERATION = 0x1234 };

static struct {
	struct session_rx rx;
	struct recvq q;
	struct flaky flaky;
	struct peer peer;
	uint8_t wire[WIRE_MAX];
	uint8_t opened[WIRE_MAX]; /* the same by a device that opens all of it */
	uint32_t len;
	uint32_t fed;
	uint64_t sent; /* data bytes in it, of the pattern */
	uint64_t got;
	struct {
		uint32_t off;
		uint64_t rec_no; /* to the device */
	} rec[RECORDS_MAX + 1];
	uint32_t records;
	uint16_t generation, run; /* of the device */
} t;

static inline void
set_key(unsigned int n, uint64_t rec_no)
{
	struct peer p = peer_key(n, rec_no);
	struct rtls_keys keys = peer_keys(&p);

	CU_ASSERT_EQUAL_FATAL(session_rx_set_keys(&t.rx, &shared, &keys), 0);
}

static inline void
begin_software(uint64_t rec_no)
{
	memset(&t, 0, sizeof(t));
	shared_begin(&t.flaky);
	recvq_init(&t.q, 0, &recvq_shared);
	session_rx_init(&t.rx, &t.q);
	t.rx.key_updates = 0;
	t.peer = peer_key(0, rec_no);
	set_key(0, rec_no);
}

static inline void
begin(uint64_t rec_no)
{
	begin_software(rec_no);
	t.generation = GENERATION;
	t.run = 1;
	CU_ASSERT_EQUAL_FATAL(session_rx_may_offload(&t.rx), 0);
	session_rx_device_starts(&t.rx, t.generation, rec_no);
}

static inline void
finish(void)
{
	session_rx_fini(&t.rx);
	recvq_fini(&t.q);
	CU_ASSERT_EQUAL(t.flaky.keys, 0);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* What a device that has this key and number makes of the record at wire. */
static inline void
device_opens(const struct peer *key, uint64_t rec_no, const uint8_t *wire, uint8_t *out)
{
	uint32_t body_len = (uint32_t)wire[3] << 8 | wire[4], prefix = peer_prefix(key);
	uint8_t nonce[12], tag[16];

	memcpy(out, wire, 5 + body_len);
	peer_nonce(key, rec_no, wire, nonce);
	/* A stream cipher: sealing what is sealed opens it. */
	peer_aead(key, 1, nonce, wire, 5, wire + prefix, (int)(5 + body_len - prefix - 16),
		  out + prefix, tag);
}

/* The next record, as the peer sends it and as a device with key n and number rec_no opens it. */
static inline void
put(uint8_t type, const void *plain, uint32_t len, uint32_t pad, unsigned int n, uint64_t rec_no)
{
	struct peer key = peer_key(n, 0);
	uint32_t wire_len;

	CU_ASSERT_FATAL(t.len + PEER_WIRE_MAX <= WIRE_MAX && t.records < RECORDS_MAX);
	wire_len = peer_seal(&t.peer, type, plain, len, pad, t.wire + t.len);
	device_opens(&key, rec_no, t.wire + t.len, t.opened + t.len);
	t.rec[t.records].off = t.len;
	t.rec[t.records++].rec_no = rec_no;
	t.len += wire_len;
	t.rec[t.records].off = t.len;
}

static inline void
put_data(uint32_t len, uint32_t pad)
{
	static uint8_t plain[16384];

	pattern_fill(plain, t.sent, len);
	t.sent += len;
	put(23, plain, len, pad, 0, t.peer.rec_no);
}

/* What a device that knows the stream says of the packet [off, end). */
static inline struct rtls_tls_rx_mark
mark_of(uint32_t off, uint32_t end)
{
	uint32_t prefix = peer_prefix(&t.peer), i = 0;
	struct rtls_tls_rx_mark mark;

	while (t.rec[i + 1].off <= off)
		i++;
	mark = (struct rtls_tls_rx_mark){
		.generation = t.generation,
		.run = t.run,
		.rec_no = (uint32_t)t.rec[i].rec_no,
		.rec_off = (uint16_t)(off - t.rec[i].off),
	};
	if (end < t.rec[i].off + prefix)
		return mark;
	mark.rec_len = (uint16_t)(t.rec[i + 1].off - t.rec[i].off);
	memcpy(mark.explicit_nonce, t.opened + t.rec[i].off + 5, prefix - 5);
	return mark;
}

/* The bytes [off, end) arrive, in buffers of seg_len bytes; mark NULL: as on the wire. */
static inline void
arrive_marked(uint32_t off, uint32_t end, uint32_t seg_len, const struct rtls_tls_rx_mark *mark,
	      bool failed)
{
	struct rte_mbuf *m = rx_packet((mark != NULL ? t.opened : t.wire) + off, end - off,
				       seg_len);
	struct rx_marked p = { .m = m, .len = end - off, .failed = failed, .mark = mark };

	if (mark != NULL) {
		CU_ASSERT_FATAL(rx_marks_known(t.rx.tls, mark));
		rx_marks_take(t.rx.tls, &p, off);
	}
	CU_ASSERT_EQUAL_FATAL(recvq_insert(&t.q, off, m), 0);
	session_rx_input(&t.rx);
}

/* The next len bytes arrive, opened or as on the wire. */
static inline void
feed(uint32_t len, bool opened, uint32_t seg_len)
{
	struct rtls_tls_rx_mark mark = mark_of(t.fed, t.fed + len);

	arrive_marked(t.fed, t.fed + len, seg_len, opened ? &mark : NULL, false);
	t.fed += len;
}

/* Reads data into a buffer of len bytes. */
static inline ssize_t
recv_data(uint32_t len)
{
	static uint8_t buf[40000];
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct rtls_msg msg = { .iov = &iov, .iovlen = 1 };
	ssize_t n = session_rx_recv(&t.rx, &msg, 0, false, true);

	if (n > 0) {
		CU_ASSERT_FATAL(pattern_is(buf, t.got, (size_t)n));
		t.got += (uint64_t)n;
	}
	return n;
}

static inline void
expect_counts(uint64_t records, uint64_t device, uint64_t mixed)
{
	CU_ASSERT_EQUAL(t.rx.tls->count.records, records);
	CU_ASSERT_EQUAL(t.rx.tls->count.device_records, device);
	CU_ASSERT_EQUAL(t.rx.tls->count.mixed_records, mixed);
}

#endif
