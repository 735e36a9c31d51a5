/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "session/tx_buffer.h"

#include <stdio.h>

#include "buf/chain.h"
#include "session/tx_keys.h"
#include "support/each_suite.h"
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

static void
begin(uint32_t sndbuf)
{
	memset(&t, 0, sizeof(t));
	shared_begin(&t.flaky);
	sendq_init(&t.q, 0);
	session_tx_init(&t.tx, &shared, &t.q, sndbuf);
}

static int
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

static void
begin_keyed(uint32_t sndbuf)
{
	begin(sndbuf);
	CU_ASSERT_EQUAL_FATAL(set_key(0, 0), 0);
}

/* Sends the next len bytes of the pattern. */
static ssize_t
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

static int
send_control(uint8_t type, uint32_t len)
{
	static uint8_t bytes[20000];
	struct iovec iov = { .iov_base = bytes, .iov_len = len };

	memset(bytes, type ^ (int)len, len);
	return session_tx_control(&t.tx, type, &iov, 1, len);
}

/* One record of the next len bytes of the pattern. */
static int
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

static struct rte_mbuf *
loaded_buffer(uint32_t len)
{
	struct rte_mbuf *m = buf_record_alloc(&pools, len);

	CU_ASSERT_FATAL(m != NULL);
	pattern_fill(rte_pktmbuf_mtod(m, uint8_t *), t.accepted, len);
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	return m;
}

static void
log_out(uint8_t type, uint32_t len, uint32_t wire)
{
	CU_ASSERT_FATAL(t.logged < LOG_MAX);
	t.log[t.logged++] = (struct out){ type, len, wire };
}

/* Opens what is on the wire; key: of all of it, -1: none. */
static void
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

static int
key_at(uint64_t off)
{
	int key = -1;

	while (key + 1 < (int)t.keys && t.key_off[key + 1] <= off)
		key++;
	return key;
}

/* Puts up to segs segments on the wire, each checked for what it may not mix. */
static void
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

static void
acknowledge(void)
{
	transmit(UINT32_MAX);
	sendq_release(&t.q, t.taken_off);
}

static void
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
static void
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

/* A script: "100" sends, "100+" with MORE, "f" flushes, "c100" a control record, "b100" a loaded
 * buffer, "r100" exactly one record, "k" the next key. */
static void
play(const char *script)
{
	char *at;

	for (; *script != '\0'; script = at) {
		unsigned long len;
		char what = *script;
		bool more;

		at = (char *)(uintptr_t)script + 1;
		len = what == 'f' || what == 'k' ?
			      0 :
			      strtoul(script + (what < '0' || what > '9'), &at, 10);
		more = *at == '+';
		at += more;
		at += *at == ' ';
		switch (what) {
		case 'f':
			CU_ASSERT_EQUAL(session_tx_flush(&t.tx), 0);
			break;
		case 'c':
			CU_ASSERT_EQUAL(send_control(22, (uint32_t)len), 0);
			break;
		case 'r':
			CU_ASSERT_EQUAL(send_record((uint32_t)len), 0);
			break;
		case 'k':
			CU_ASSERT_EQUAL(set_key(t.keys, 0), 0);
			break;
		case 'b': {
			struct rte_mbuf *m = loaded_buffer((uint32_t)len);

			CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, more), 0);
			t.accepted += len;
			break;
		}
		default:
			CU_ASSERT_EQUAL(send_data(len, more), (ssize_t)len);
		}
	}
}

static void
test_records(void)
{
	static const struct {
		uint16_t cap;
		const char *script;
		const char *records;
	} rows[] = {
		{ 16384, "1", "23:1" },
		{ 16384, "16384", "23:16384" },
		{ 16384, "16385", "23:16384 23:1" },
		{ 16384, "40000", "23:16384 23:16384 23:7232" },
		{ 16384, "100 200", "23:100 23:200" },
		{ 16384, "0", "" },
		{ 16384, "0+", "" },
		{ 16384, "f", "" },
		{ 16384, "100+ 200", "23:300" },
		{ 16384, "100+ 200+ 300+ 400", "23:1000" },
		{ 16384, "100+ 0", "23:100" },
		{ 16384, "100+ 0+ f", "23:100" },
		{ 16384, "100+ f 200", "23:100 23:200" },
		/* a small buffer is outgrown: by one, by much, by MORE, over the cap */
		{ 16384, "10+ 213", "23:223" },
		{ 16384, "10+ 214", "23:224" },
		{ 16384, "10+ 2000", "23:2010" },
		{ 16384, "10+ 2100", "23:2110" },
		{ 16384, "10+ 214+ 1", "23:225" },
		{ 16384, "10+ 16374", "23:16384" },
		{ 16384, "10+ 16375", "23:16384 23:1" },
		{ 16384, "1+ 20000+ 20000", "23:16384 23:16384 23:7233" },
		{ 16384, "16384+ f", "23:16384" },
		{ 16384, "16384+ 1+ 1", "23:16384 23:2" },
		{ 64, "200", "23:64 23:64 23:64 23:8" },
		{ 64, "63+ 1+ 1+ 64", "23:64 23:64 23:1" },
		{ 1000, "999+ 2", "23:1000 23:1" },
		/* control records close what is open and stand alone */
		{ 16384, "100+ c4 50", "23:100 22:4 23:50" },
		{ 16384, "c16384", "22:16384" },
		{ 64, "c1000 100", "22:1000 23:64 23:36" }, /* the cap is for data */
		{ 16384, "c1 c1 c2", "22:1 22:1 22:2" },
		/* buffers that were filled elsewhere */
		{ 16384, "b16384 b100", "23:16384 23:100" },
		{ 16384, "b100 b200", "23:100 23:200" },
		/* and follow in the open record, as any bytes */
		{ 16384, "300+ b5000", "23:5300" },
		{ 16384, "10+ b213", "23:223" },
		{ 16384, "10+ b214", "23:224" },
		{ 16384, "10+ b214+ 1", "23:225" },
		{ 16384, "10+ b2000+ b20", "23:2030" },
		{ 16384, "300+ b5000+ b5000+ b10", "23:10310" },
		{ 16384, "300+ b16084", "23:16384" },
		{ 16384, "300+ b16084+ 1", "23:16384 23:1" },
		{ 16384, "300+ b16384", "23:16384 23:300" },
		{ 16384, "300+ b16384+ b16384+ 7", "23:16384 23:16384 23:307" },
		{ 16384, "b16384 300+ b0", "23:16384 23:300" },
		{ 64, "60+ b64+ b64", "23:64 23:64 23:60" },
		{ 16384, "b100+ 50", "23:150" },
		{ 16384, "b100+ 5000", "23:5100" },
		{ 16384, "b100+ c2", "23:100 22:2" },
		{ 16384, "300+ b0", "23:300" },
		{ 16384, "b16384+ 1", "23:16384 23:1" },
		/* a key change closes the open record */
		{ 16384, "100+ k 50", "23:100 23:50" },
		{ 16384, "100+ c5 k k 50+ k f", "23:100 22:5 23:50" },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		if (peer_suite.tls12 && strchr(rows[i].script, 'k') != NULL)
			continue;
		begin_keyed(SNDBUF);
		t.tx.pad.cap = rows[i].cap;
		play(rows[i].script);
		CU_ASSERT_EQUAL(session_tx_flush(&t.tx), 0);
		check_log(rows[i].records);
		CU_ASSERT_EQUAL(t.tx.tls->count.records, t.logged);
		finish();
	}
}

/* RTLS_MSG_RECORD: exactly these bytes, none too, in one record. */
static void
test_exact_records(void)
{
	uint8_t bytes[16384];
	struct iovec iov = { .iov_base = bytes, .iov_len = sizeof(bytes) };

	begin_keyed(SNDBUF);
	play("r0 r1 r16384 r0 r0 100 r0 100+ r50 5+ c3 r7");
	check_log("23:0 23:1 23:16384 23:0 23:0 23:100 23:0 23:100 23:50 23:5 22:3 23:7");
	finish();
	begin_keyed(SNDBUF);
	t.tx.pad.cap = 1000;
	play("r1000 1001 r0");
	check_log("23:1000 23:1000 23:1 23:0");
	/* Nothing is sent of one that is too long, and what is open stays open. */
	CU_ASSERT_EQUAL(send_data(7, true), 7);
	CU_ASSERT_EQUAL(session_tx_record(&t.tx, &iov, 1, 1001), -EINVAL);
	CU_ASSERT_EQUAL(session_tx_record(&t.tx, &iov, 1, 999), -EINVAL);
	CU_ASSERT_EQUAL(send_data(8, false), 8);
	/* Of other types, too, those may be empty that the RFCs allow. */
	CU_ASSERT_EQUAL(send_control(100, 0), 0);
	CU_ASSERT_EQUAL(send_control(24, 0), 0);
	for (uint8_t type = 20; type <= 22; type++)
		CU_ASSERT_EQUAL(send_control(type, 0), -EINVAL);
	check_log("23:1000 23:1000 23:1 23:0 23:15 100:0 24:0");
	finish();
	begin(SNDBUF);
	CU_ASSERT_EQUAL(session_tx_record(&t.tx, NULL, 0, 0), -EINVAL);
	finish();
}

/* All or nothing, by the rules of data; what is open is closed, so that it does not hold the room. */
static void
test_exact_without_room(void)
{
	struct starved s[3];
	uint32_t n = 0;

	begin_keyed(17408);
	CU_ASSERT_EQUAL(send_data(10000, true), 10000);
	CU_ASSERT_EQUAL(send_record(10), -EAGAIN);
	CU_ASSERT_PTR_NULL(session_tx_open(&t.tx));
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 0);
	CU_ASSERT_EQUAL(send_record(0), -EAGAIN);
	acknowledge();
	CU_ASSERT_EQUAL(send_record(10), 0);
	check_log("23:10000 23:10");
	for (int i = 0; i < 3; i++)
		starve(&s[i], pools.record[i], 0);
	CU_ASSERT_EQUAL(send_record(10), -ENOMEM);
	CU_ASSERT_EQUAL(send_record(0), -ENOMEM);
	for (int i = 0; i < 3; i++)
		starve_end(&s[i]);
	/* The numbers that are left to control records are not data's. */
	t.tx.tls->epochs.now->tx.rec_no = UINT64_MAX - SESSION_TX_RESERVE - 2;
	t.peer[0].rec_no = UINT64_MAX - SESSION_TX_RESERVE - 2;
	while (n < 10 && send_record(1) == 0)
		n++;
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT_EQUAL(send_record(0), -EKEYEXPIRED);
	acknowledge();
	finish();
}

/* The records of a script: "type:content/whole", the whole with its padding. */
static void
check_padded(const char *want)
{
	char got[1024] = "";
	size_t n = 0;

	acknowledge();
	for (unsigned int i = 0; i < t.logged; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%u:%u/%u", i > 0 ? " " : "",
				      t.log[i].type, t.log[i].len,
				      t.log[i].wire - peer_around(&t.peer[0]));
	CU_ASSERT_STRING_EQUAL(got, want);
	if (strcmp(got, want) != 0)
		printf("# want %s\n# got  %s\n", want, got);
	CU_ASSERT_EQUAL(t.seen, t.accepted);
}

/* RFC 8446 5.4, and RFC 8449's limit, which counts padding. */
static void
test_padding(void)
{
	static const struct {
		uint16_t max_payload, limit, pad_to;
		const char *script;
		const char *records;
		const char *records12; /* nothing is added there */
	} rows[] = {
		{ 16384, 16384, 0, "1 100", "23:1/1 23:100/100", "23:1/1 23:100/100" },
		{ 16384, 16384, 1, "1 r0", "23:1/1 23:0/1", "23:1/1 23:0/0" },
		{ 16384, 16384, 256, "1 255 256 257 r0",
		  "23:1/256 23:255/256 23:256/256 23:257/512 23:0/256",
		  "23:1/1 23:255/255 23:256/256 23:257/257 23:0/0" },
		/* the last record is full, if no multiple */
		{ 16384, 16384, 1000, "16001 20000 15999",
		  "23:16001/16384 23:16384/16384 23:3616/4000 23:15999/16000",
		  "23:16001/16001 23:16384/16384 23:3616/3616 23:15999/15999" },
		{ 16384, 16384, 16384, "1 r0 c2 20000",
		  "23:1/16384 23:0/16384 22:2/16384 23:16384/16384 23:3616/16384",
		  "23:1/1 23:0/0 22:2/2 23:16384/16384 23:3616/3616" },
		/* control looks like data, as long as that may be so long */
		{ 1000, 16384, 16384, "1 c5 c1000 c1001 1500",
		  "23:1/1000 22:5/1000 22:1000/1000 22:1001/16384 23:1000/1000 23:500/1000",
		  "23:1/1 22:5/5 22:1000/1000 22:1001/1001 23:1000/1000 23:500/500" },
		/* what the peer takes counts for all */
		{ 16384, 511, 256, "600 c3 r511 r300",
		  "23:511/511 23:89/256 22:3/256 23:511/511 "
		  "23:300/511",
		  "23:511/511 23:89/89 22:3/3 23:511/511 23:300/300" },
		{ 64, 100, 48, "65 c100 c65", "23:64/64 23:1/48 22:100/100 22:65/96",
		  "23:64/64 23:1/1 22:100/100 22:65/65" },
		/* an open record, and buffers that it grows out of */
		{ 16384, 16384, 200, "10+ 20+ f 100+ 150", "23:30/200 23:250/400",
		  "23:30/30 23:250/250" },
		{ 16384, 16384, 200, "10+ 180+ 30+ 1500+ 300+ f", "23:2020/2200", "23:2020/2020" },
		{ 16384, 16384, 1024, "10+ c1 10+ 16384",
		  "23:10/1024 22:1/1024 23:16384/16384 "
		  "23:10/1024",
		  "23:10/10 22:1/1 23:16384/16384 23:10/10" },
		/* buffers that were filled elsewhere, in one that is too small for the padding, too */
		{ 16384, 16384, 300, "b10 b223 b224 b2000",
		  "23:10/300 23:223/300 23:224/300 "
		  "23:2000/2100",
		  "23:10/10 23:223/223 23:224/224 23:2000/2000" },
		{ 16384, 16384, 4096, "10+ b200+ b20 b2015+ 9", "23:230/4096 23:2024/4096",
		  "23:230/230 23:2024/2024" },
		{ 16384, 16384, 4096, "300+ b16384 5", "23:16384/16384 23:300/4096 23:5/4096",
		  "23:16384/16384 23:300/300 23:5/5" },
		/* sealed from the caller's memory */
		{ 16384, 16384, 6000, "5000 7000 13000",
		  "23:5000/6000 23:7000/12000 23:13000/16384",
		  "23:5000/5000 23:7000/7000 23:13000/13000" },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		begin(SNDBUF);
		t.tx.pad.max_payload = rows[i].max_payload;
		t.tx.pad.limit = rows[i].limit;
		t.tx.pad.to = rows[i].pad_to;
		tx_pad_changed(&t.tx.pad);
		CU_ASSERT_EQUAL_FATAL(set_key(0, 0), 0);
		play(rows[i].script);
		check_padded(t.peer[0].tls12 ? rows[i].records12 : rows[i].records);
		/* Content is what is counted. */
		if (i == 2)
			CU_ASSERT_EQUAL(t.tx.tls->count.record_bytes, 1 + 255 + 256 + 257);
		finish();
	}
}

/* Where no buffer holds the padding nothing goes without it. */
static void
test_padding_without_memory(void)
{
	struct starved large;
	struct rte_mbuf *m;

	begin_keyed(SNDBUF);
	t.tx.pad.to = 5000;
	if (t.peer[0].tls12)
		return finish();
	m = loaded_buffer(300);
	starve(&large, pools.record[2], 0);
	CU_ASSERT_EQUAL(send_data(10, false), -ENOMEM);
	CU_ASSERT(shared.short_len > BUF_MEDIUM_ROOM);
	CU_ASSERT_EQUAL(send_data(10, true), -ENOMEM);
	CU_ASSERT_EQUAL(send_record(10), -ENOMEM);
	CU_ASSERT_EQUAL(send_control(21, 2), -ENOMEM);
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), -ENOMEM);
	CU_ASSERT_EQUAL(m->data_len, 300);
	starve_end(&large);
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), 0);
	t.accepted += 300;
	CU_ASSERT_EQUAL(send_data(10, true), 10);
	starve(&large, pools.record[2], 0);
	/* It is long enough for more. */
	CU_ASSERT_EQUAL(send_data(4000, true), 4000);
	CU_ASSERT_EQUAL(send_data(6000, false), 6000);
	starve_end(&large);
	check_padded("23:300/5000 23:10010/15000");
	finish();
}

/*
 * The next len bytes, in as many calls as it takes. Records of some 60 bytes use up a pool of these
 * tests before 20,000 bytes are sent: a call takes what there was room for, and the rest has its
 * room once that is acknowledged.
 */
static void
send_whole(size_t len, bool more)
{
	ssize_t n;

	for (size_t done = 0; done < len; done += (size_t)n) {
		n = send_data(len - done, more);
		CU_ASSERT_FATAL(n > 0);
		if (done + (size_t)n < len)
			acknowledge();
	}
}

/* A random mixture of calls with a random padding: each record is as long as it has to be. */
static void
test_padding_random(void)
{
	uint64_t seed = harness_seed();
	int rounds = harness_full() ? 2000 : 200;

	for (int round = 0; round < rounds; round++) {
		uint32_t pad = 1 + harness_below(&seed,
						 (uint32_t[]){ 20, 300, 3000, 16384 }[round % 4]);

		begin(SNDBUF);
		t.tx.pad.max_payload = (uint16_t)(64 + harness_below(&seed, 16321));
		t.tx.pad.limit = (uint16_t)(63 + harness_below(&seed, 16322));
		t.tx.pad.to = (uint16_t)pad;
		tx_pad_changed(&t.tx.pad);
		CU_ASSERT_EQUAL_FATAL(set_key(0, 0), 0);
		for (int step = 0; step < 12; step++) {
			uint32_t len = harness_below(&seed, step % 3 == 0 ? 20000 : 400);
			struct rte_mbuf *m;

			switch (harness_below(&seed, 4)) {
			case 0:
				CU_ASSERT_EQUAL(send_record(len % (t.tx.pad.cap + 1u)), 0);
				break;
			case 1:
				CU_ASSERT_EQUAL(send_control(22, 1 + len % t.tx.pad.limit), 0);
				break;
			case 2:
				len = len % (t.tx.pad.cap + 1u);
				m = loaded_buffer(len);
				CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, step & 1), 0);
				t.accepted += len;
				break;
			default:
				send_whole(len, step & 2);
			}
			acknowledge();
		}
		CU_ASSERT_EQUAL(session_tx_flush(&t.tx), 0);
		acknowledge();
		CU_ASSERT_EQUAL(t.seen, t.accepted);
		for (unsigned int i = 0; i < t.logged; i++) {
			uint32_t len = t.log[i].len,
				 max = len <= t.tx.pad.cap ? t.tx.pad.cap : t.tx.pad.limit;
			uint32_t whole = t.log[i].wire - peer_around(&t.peer[0]);

			CU_ASSERT(len <= whole && whole <= max);
			CU_ASSERT(t.peer[0].tls12 ?
					  whole == len :
					  whole == max || (whole % pad == 0 && whole - len <= pad));
		}
		finish();
	}
}

/* Pieces in any cut, empty ones among them. */
static void
test_gathers(void)
{
	uint8_t bytes[1000];
	struct iovec iov[] = {
		{ NULL, 0 }, { bytes, 1 },         { bytes + 1, 0 }, { bytes + 1, 300 },
		{ NULL, 0 }, { bytes + 301, 699 }, { bytes, 0 },
	};

	begin_keyed(SNDBUF);
	t.tx.pad.cap = 256;
	pattern_fill(bytes, 0, sizeof(bytes));
	CU_ASSERT_EQUAL(session_tx_data(&t.tx, iov, HARNESS_COUNT(iov), false), 1000);
	t.accepted = 1000;
	check_log("23:256 23:256 23:256 23:232");
	memset(bytes, 21 ^ 3, sizeof(bytes));
	iov[3].iov_len = 2;
	CU_ASSERT_EQUAL(session_tx_control(&t.tx, 21, iov, 5, 3), 0);
	check_log("23:256 23:256 23:256 23:232 21:3");
	CU_ASSERT_EQUAL(session_tx_data(&t.tx, NULL, 0, false), 0);
	finish();
}

enum { TAKEN_MAX = 100000 };

/* The stream of one call of len bytes in random pieces, or of many calls of a few bytes. */
static uint32_t
stream_of(const uint8_t *bytes, uint32_t len, bool one_call, uint64_t *seed, uint8_t *wire)
{
	struct iovec iov[32];
	unsigned int cnt = 0;
	uint32_t at = 0, n;

	begin_keyed(SNDBUF);
	while (at < len) {
		n = one_call ? (uint32_t)(harness_rand(seed) % 30000) : 1000;
		n = cnt + 1 == HARNESS_COUNT(iov) ? len - at : RTE_MIN(n, len - at);
		iov[cnt++] = (struct iovec){ (void *)(uintptr_t)(bytes + at), n };
		at += n;
		if (one_call)
			continue;
		CU_ASSERT_EQUAL(session_tx_data(&t.tx, iov, 1, at < len), n);
		cnt = 0;
	}
	if (one_call)
		CU_ASSERT_EQUAL(session_tx_data(&t.tx, iov, cnt, false), len);
	CU_ASSERT_PTR_NULL(session_tx_open(&t.tx));
	n = 0;
	for (struct txmap_rec *rec = txmap_find(&t.q.map, 0); rec != NULL; rec = rec->next) {
		memcpy(wire + n, rte_pktmbuf_mtod(sendq_mbuf(rec), void *), rec->len);
		n += rec->len;
	}
	t.accepted = len;
	finish();
	return n;
}

/* Sealed on the way from the caller's memory, or copied first: the same bytes; and his stay. */
static void
test_from_callers_memory(void)
{
	static uint8_t bytes[TAKEN_MAX], direct[TAKEN_MAX + 4096], copied[TAKEN_MAX + 4096];
	uint64_t seed = harness_seed();
	int rounds = harness_full() ? 3000 : 200;

	pattern_fill(bytes, 0, sizeof(bytes));
	for (int i = 0; i < rounds; i++) {
		uint32_t max = (uint32_t[]){ 3000, 16385, 40000, TAKEN_MAX }[i % 4];
		uint32_t len = 1 + (uint32_t)(harness_rand(&seed) % max);
		uint32_t n = stream_of(bytes, len, true, &seed, direct);

		CU_ASSERT_EQUAL_FATAL(stream_of(bytes, len, false, &seed, copied), n);
		CU_ASSERT_EQUAL(memcmp(direct, copied, n), 0);
		CU_ASSERT(pattern_is(bytes, 0, len));
	}
}

static void
test_raw(void)
{
	begin(SNDBUF);
	for (int i = 0; i < 240; i++)
		CU_ASSERT_EQUAL(send_data(1, i & 1), 1);
	/* One small buffer, without a descriptor per byte. */
	CU_ASSERT_EQUAL(t.q.room_used, 256);
	transmit(1);
	CU_ASSERT_EQUAL(send_data(1000, false), 1000);
	CU_ASSERT_EQUAL(t.q.room_used, 256 + 2048);
	acknowledge();
	CU_ASSERT_EQUAL(t.q.room_used, 0);
	CU_ASSERT_EQUAL(send_data(50000, true), 50000);
	CU_ASSERT_EQUAL(session_tx_flush(&t.tx), 0);
	CU_ASSERT_EQUAL(send_control(21, 2), -EINVAL);
	/* Keys: from here on records, and a segment of their own. */
	CU_ASSERT_EQUAL(set_key(0, 0), 0);
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	CU_ASSERT(t.q.map.tail->fence);
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	CU_ASSERT(!t.q.map.tail->fence);
	acknowledge();
	CU_ASSERT_EQUAL(t.seen, t.accepted);
	CU_ASSERT_EQUAL(t.log[t.logged - 1].type, 23);
	CU_ASSERT_EQUAL(t.log[t.logged - 2].type, 23);
	CU_ASSERT_EQUAL(t.log[t.logged - 3].type, 0);
	finish();
	/* Loaded buffers without keys. */
	begin(SNDBUF);
	play("100 b5000 b20+ 100");
	acknowledge();
	CU_ASSERT_EQUAL(t.seen, 5220);
	finish();
}

static void
test_control_refused(void)
{
	struct iovec iov = { .iov_base = t.control, .iov_len = 10 };

	begin_keyed(SNDBUF);
	CU_ASSERT_EQUAL(send_data(100, true), 100);
	CU_ASSERT_EQUAL(send_control(21, 0), -EINVAL);
	CU_ASSERT_EQUAL(send_control(21, 16385), -EINVAL);
	CU_ASSERT_EQUAL(session_tx_control(&t.tx, 21, &iov, 1, 9), -EINVAL);
	CU_ASSERT_EQUAL(session_tx_control(&t.tx, 21, &iov, 1, 11), -EINVAL);
	/* A refusal leaves the open record open. */
	CU_ASSERT_EQUAL(send_data(50, false), 50);
	check_log("23:150");
	finish();
}

static void
test_set_keys(void)
{
	struct peer p = peer_key(3, 0);
	struct rtls_keys keys;

	begin(SNDBUF);
	keys = peer_keys(&p);
	keys.version = 0x0302;
	CU_ASSERT_EQUAL(session_tx_set_keys(&t.tx, &keys), -EINVAL);
	keys = peer_keys(&p);
	keys.cipher = 9999;
	CU_ASSERT_EQUAL(session_tx_set_keys(&t.tx, &keys), -EINVAL);
	keys = peer_keys(&p);
	t.flaky.no_keys = true;
	CU_ASSERT_EQUAL(session_tx_set_keys(&t.tx, &keys), -ENOMEM);
	t.flaky.no_keys = false;
	CU_ASSERT_PTR_NULL(session_tx_epoch(&t.tx));
	CU_ASSERT_EQUAL(send_data(5, false), 5);

	CU_ASSERT_EQUAL(set_key(0, 77), 0);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.nb_keys, 1);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.now->tx.rec_no, 77);
	CU_ASSERT_EQUAL(send_data(10, true), 10);
	/* The old key goes on after every refusal, the open record stays open. */
	keys = peer_keys(&p);
	keys.cipher = 56; /* the kernel's, and not carried */
	CU_ASSERT_EQUAL(session_tx_set_keys(&t.tx, &keys), -ENOTSUP);
	keys = peer_keys(&p);
	t.flaky.no_keys = true;
	CU_ASSERT_EQUAL(session_tx_set_keys(&t.tx, &keys), -ENOMEM);
	t.flaky.no_keys = false;
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.nb_keys, 1);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.now->tx.rec_no, 78);

	CU_ASSERT_EQUAL(send_data(10, true), 10);
	CU_ASSERT_EQUAL(set_key(1, 0), 0);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.nb_keys, 2);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.now->tx.rec_no, 0);
	CU_ASSERT_EQUAL(t.flaky.keys, 1);
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	CU_ASSERT(t.q.map.tail->fence);
	check_log("0:5 23:20 23:10 23:10");

	finish();
}

/* Another key needs another handshake, which TLS 1.2 has within the connection alone. */
static void
test_only_key(void)
{
	begin(SNDBUF);
	CU_ASSERT_EQUAL(set_key(0, 5), 0);
	CU_ASSERT_EQUAL(send_data(10, true), 10);
	for (unsigned int n = 0; n < 2; n++) {
		CU_ASSERT_EQUAL(set_key(n, 5), -EBUSY);
		CU_ASSERT_EQUAL(set_key(n, 1000), -EBUSY);
	}
	/* What is open stays open. */
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	CU_ASSERT_EQUAL(t.flaky.keys, 1);
	check_log("23:20");
	finish();
}

/* RFC 5288 3, RFC 6655 3: the explicit nonce counts from what was installed, mod 2^64. */
static void
test_explicit_nonce(void)
{
	static const struct {
		uint64_t iv0, rec_no;
	} rows[] = {
		{ 0, 0 },
		{ 7, 0 },
		{ 0, 7 },
		{ UINT64_MAX - 1, 0 },
		{ UINT64_MAX, UINT64_MAX - 40 },
		{ 0x1122334455667788, 0x8877665544332211 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct peer p = peer_key(0, rows[i].rec_no);
		struct rtls_keys keys;

		if (peer_prefix(&p) == 5)
			continue; /* it has none */
		peer_be64(p.iv + 4, rows[i].iv0);
		keys = peer_keys(&p);
		begin(SNDBUF);
		CU_ASSERT_EQUAL_FATAL(session_tx_set_keys(&t.tx, &keys), 0);
		t.peer[0] = p;
		t.key_off[t.keys++] = 0;
		play("10 c4 5000 r0");
		for (uint64_t n = 0; n < 4; n++) {
			const struct txmap_rec *rec = t.q.map.head;
			uint8_t want[8];

			for (uint64_t k = 0; k < n; k++)
				rec = rec->next;
			peer_be64(want, rows[i].iv0 + n);
			CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod_offset(sendq_mbuf_of(rec),
								       const uint8_t *, 5),
					       want, 8),
					0);
			CU_ASSERT_EQUAL(rec->rec_no, rows[i].rec_no + n);
		}
		check_log("23:10 22:4 23:5000 23:0");
		finish();
	}
	CU_ASSERT(true);
}

/* RFC 8446 5.5 gives ChaCha20-Poly1305 none that could be reached. */
static void
test_no_seal_limit(void)
{
	begin_keyed(SNDBUF);
	t.tx.tls->epochs.now->tx.records = UINT64_MAX - 1000;
	for (int i = 0; i < 100; i++) {
		CU_ASSERT_EQUAL(send_data(1, i & 1), 1);
		CU_ASSERT_EQUAL(send_control(21, 2), 0);
	}
	acknowledge();
	CU_ASSERT_EQUAL(t.seen, t.accepted);
	finish();
}

/* RFC 8446 5.5, RFC 9325: data stops before the limit, what changes the key does not. */
static void
test_seal_limit(void)
{
	if (record_suite_find(peer_suite.tls12 ? RTLS_TLS_1_2 : RTLS_TLS_1_3, peer_suite.cipher)
		    ->seal_limit == 0) {
		test_no_seal_limit();
		return;
	}
	begin_keyed(SNDBUF);
	t.tx.tls->epochs.now->tx.records = t.tx.tls->epochs.now->suite->seal_limit -
					   SESSION_TX_RESERVE - 2;
	t.tx.pad.cap = 100;
	CU_ASSERT_EQUAL(send_data(50, true), 50);
	/* This one closes a record and opens the last there is. */
	CU_ASSERT_EQUAL(send_data(300, true), 150);
	CU_ASSERT_EQUAL(send_data(1, true), -EKEYEXPIRED);
	CU_ASSERT_EQUAL(send_data(1, false), -EKEYEXPIRED);
	CU_ASSERT_EQUAL(send_data(0, false), 0);
	CU_ASSERT_EQUAL(session_tx_flush(&t.tx), 0);
	{
		struct rte_mbuf *m = loaded_buffer(5);

		CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), -EKEYEXPIRED);
		rte_pktmbuf_free(m);
	}
	for (int i = 0; i < SESSION_TX_RESERVE; i++)
		CU_ASSERT_EQUAL(send_control(22, 5), 0);
	CU_ASSERT_EQUAL(send_control(22, 5), -EKEYEXPIRED);
	CU_ASSERT_EQUAL(t.tx.tls->epochs.now->tx.records, t.tx.tls->epochs.now->suite->seal_limit);
	acknowledge();
	CU_ASSERT_EQUAL(t.seen, 200);
	/* The next key has a limit of its own. Without one it is the end, for good. */
	CU_ASSERT_EQUAL(set_key(1, 0), t.peer[0].tls12 ? -EBUSY : 0);
	CU_ASSERT_EQUAL(send_data(10, false), t.peer[0].tls12 ? -EKEYEXPIRED : 10);
	CU_ASSERT_EQUAL(send_record(0), t.peer[0].tls12 ? -EKEYEXPIRED : 0);
	acknowledge();
	CU_ASSERT_EQUAL(t.seen, t.peer[0].tls12 ? 200 : 210);
	finish();
}

/* An open record has its number, whatever is sent before it is closed. */
static void
test_seal_limit_open(void)
{
	begin_keyed(SNDBUF);
	if (t.peer[0].cipher == 54) {
		finish();
		return;
	}
	t.tx.tls->epochs.now->tx.records = t.tx.tls->epochs.now->suite->seal_limit - 1;
	CU_ASSERT_EQUAL(send_data(10, false), -EKEYEXPIRED);
	CU_ASSERT_EQUAL(send_control(21, 2), 0);
	CU_ASSERT_EQUAL(send_control(21, 2), -EKEYEXPIRED);
	finish();
	begin_keyed(SNDBUF);
	t.tx.tls->epochs.now->tx.records = t.tx.tls->epochs.now->suite->seal_limit -
					   SESSION_TX_RESERVE - 1;
	CU_ASSERT_EQUAL(send_data(10, true), 10);
	for (int i = 0; i < SESSION_TX_RESERVE; i++)
		CU_ASSERT_EQUAL(send_control(21, 2), 0);
	CU_ASSERT_EQUAL(send_control(21, 2), -EKEYEXPIRED);
	acknowledge();
	CU_ASSERT_EQUAL(t.seen, 10);
	finish();
}

static void
test_last_number(void)
{
	/* With so many numbers left, 2^64 - 1 among them, how many data and control records go. */
	static const struct {
		uint64_t left;
		int data;
		int control;
	} rows[] = {
		{ 1, 0, 0 }, { 2, 0, 1 }, { 17, 0, 16 }, { 18, 1, 16 }, { 20, 3, 16 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		begin(SNDBUF);
		CU_ASSERT_EQUAL(set_key(0, 0 - rows[i].left), 0);
		for (int n = 0; n < rows[i].data; n++)
			CU_ASSERT_EQUAL(send_data(10, false), 10);
		CU_ASSERT_EQUAL(send_data(10, false), -EKEYEXPIRED);
		for (int n = 0; n < rows[i].control; n++)
			CU_ASSERT_EQUAL(send_control(21, 2), 0);
		CU_ASSERT_EQUAL(send_control(21, 2), -EKEYEXPIRED);
		CU_ASSERT_EQUAL(t.tx.tls->epochs.now->tx.rec_no, UINT64_MAX);
		acknowledge();
		CU_ASSERT_EQUAL(t.logged, (unsigned int)(rows[i].data + rows[i].control));
		finish();
	}
}

static void
test_send_buffer(void)
{
	struct rte_mbuf *m;
	uint32_t room;

	begin_keyed(40000);
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 40000);
	/* Three large buffers: the third begins below the limit. */
	CU_ASSERT_EQUAL(send_data(100000, false), 3 * 16384);
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 0);
	CU_ASSERT_EQUAL(send_data(1, false), -EAGAIN);
	CU_ASSERT_EQUAL(send_data(1, true), -EAGAIN);
	m = loaded_buffer(10);
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), -EAGAIN);
	rte_pktmbuf_free(m);
	/* An alert always fits; not any number of them. */
	CU_ASSERT_EQUAL(send_control(21, 2), 0);
	for (room = 0; room < 1000 && send_control(21, 2) == 0; room++)
		;
	CU_ASSERT_EQUAL(send_control(21, 2), -EAGAIN);
	CU_ASSERT(t.q.room_used < 40000 + 2 * BUF_LARGE_ROOM);
	/* Acknowledgments of whole records make room. */
	transmit(5);
	sendq_release(&t.q, t.taken_off);
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 0);
	acknowledge();
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 40000);
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	acknowledge();
	CU_ASSERT_EQUAL(t.seen, t.accepted);
	finish();
	/* Raw bytes are counted by buffers, too. */
	begin(1000);
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 1000 - 256);
	CU_ASSERT(send_data(100000, false) > 0);
	CU_ASSERT_EQUAL(send_data(1, false), -EAGAIN);
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 0);
	acknowledge();
	CU_ASSERT_EQUAL(t.seen, t.accepted);
	finish();
}

/*
 * A send buffer smaller than one open record: sends go on until the record is
 * closed, or nothing would ever be sent and acknowledged.
 */
static void
check_zero(const uint8_t *bytes, uint32_t from, uint32_t to)
{
	uint32_t n = from;

	while (n < to && bytes[n] == 0)
		n++;
	CU_ASSERT_EQUAL(n, to);
}

/* What an open record takes out of a loaded buffer does not stay in that one, sealed or freed. */
static void
test_joined_is_wiped(void)
{
	const uint8_t *bytes;
	struct rte_mbuf *m;

	begin_keyed(SNDBUF);
	CU_ASSERT_EQUAL(send_data(100, true), 100);
	m = loaded_buffer(1000);
	bytes = rte_pktmbuf_mtod(m, const uint8_t *);
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, true), 0);
	t.accepted += 1000;
	check_zero(bytes, 0, 1000);
	/* 1,100 bytes of this one do not fit, and are sealed where they lie. */
	m = loaded_buffer(16384);
	bytes = rte_pktmbuf_mtod(m, const uint8_t *);
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), 0);
	t.accepted += 16384;
	check_zero(bytes, 1100 + 1 + 16, 16384);
	check_log("23:16384 23:1100");
	CU_ASSERT_EQUAL(t.seen, t.accepted);
	finish();
}

static void
test_open_record_fills_the_buffer(void)
{
	struct rte_mbuf *m;
	uint64_t calls;

	begin_keyed(1000);
	for (calls = 0; sendq_end(&t.q) == 0; calls++) {
		CU_ASSERT_FATAL(calls < 200);
		CU_ASSERT_FATAL(session_tx_room(&t.tx) > 0);
		CU_ASSERT_EQUAL_FATAL(send_data(100, true), calls == 163 ? 84 : 100);
	}
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 0);
	CU_ASSERT_EQUAL(send_data(100, true), -EAGAIN);
	check_log("23:16384");
	/* The same with a loaded buffer behind it: what fits the record follows in it. */
	CU_ASSERT_EQUAL(send_data(300, true), 300);
	m = loaded_buffer(1000);
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, true), 0);
	t.accepted += 1000;
	/* What does not: what is open goes, to make room. */
	m = loaded_buffer(16000);
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), -EAGAIN);
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), -EAGAIN);
	CU_ASSERT_EQUAL(m->data_len, 16000);
	acknowledge();
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), 0);
	t.accepted += 16000;
	check_log("23:16384 23:1300 23:16000");
	finish();
}

static void
test_without_memory(void)
{
	struct starved small, medium, large, control;

	begin_keyed(SNDBUF);
	/* All empty, the reserve too: nothing has changed, with and without an open record. */
	CU_ASSERT_EQUAL(send_data(20, true), 20);
	starve(&small, pools.record[0], 0);
	starve(&medium, pools.record[1], 0);
	starve(&large, pools.record[2], 0);
	starve(&control, pools.control, 0);
	CU_ASSERT_EQUAL(send_control(21, 2), -ENOMEM);
	CU_ASSERT_EQUAL(sendq_end(&t.q), 0);
	/* The open record takes what its buffer holds, and says when it is full. */
	CU_ASSERT_EQUAL(send_data(1000, true), 223 - 20);
	CU_ASSERT_EQUAL(send_data(1000, true), -ENOMEM);
	CU_ASSERT_EQUAL(sendq_end(&t.q), 0);
	starve_end(&medium);
	CU_ASSERT_EQUAL(send_data(1000, false), 1000);
	check_log("23:1223");
	/* A short count closes the record. */
	starve_end(&small);
	starve(&medium, pools.record[1], 0);
	starve_end(&control);
	CU_ASSERT_EQUAL(send_data(60, true), 60);
	starve(&small, pools.record[0], 0);
	CU_ASSERT_EQUAL(send_data(1000, false), 223 - 60);
	CU_ASSERT_PTR_NULL(session_tx_open(&t.tx));
	check_log("23:1223 23:223");
	starve_end(&small);
	starve_end(&medium);
	starve_end(&large);
	finish();
}

/* Where there is no large buffer a record is as long as the largest that there is. */
static void
test_short_records(void)
{
	struct starved small, medium, large;

	begin_keyed(SNDBUF);
	starve(&large, pools.record[2], 0);
	CU_ASSERT_EQUAL(send_data(5000, false), 5000);
	acknowledge();
	check_log("23:2015 23:2015 23:970");
	/* One that is open and cannot grow is closed. */
	CU_ASSERT_EQUAL(send_data(100, true), 100);
	CU_ASSERT_EQUAL(send_data(3000, false), 3000);
	acknowledge();
	check_log("23:2015 23:2015 23:970 23:2015 23:1085");
	starve(&medium, pools.record[1], 0);
	CU_ASSERT_EQUAL(send_data(300, false), 300);
	acknowledge();
	check_log("23:2015 23:2015 23:970 23:2015 23:1085 23:223 23:77");
	starve(&small, pools.record[0], 0);
	CU_ASSERT_EQUAL(send_data(1, false), -ENOMEM);
	starve_end(&small);
	starve_end(&medium);
	starve_end(&large);
	finish();
}

/* Data never takes the reserve; control records do, and the bytes of a handshake. */
static void
test_reserve(void)
{
	struct starved small, medium, large;
	uint32_t n = rte_mempool_avail_count(pools.control), len;

	for (int step = 0; step < 4; step++) {
		begin(SNDBUF);
		t.tx.handshake = step == 1;
		if (step == 2)
			CU_ASSERT_EQUAL(set_key(0, 0), 0);
		/* What comes so late is no handshake any more. */
		if (step == 3) {
			for (t.tx.handshake = true; sendq_end(&t.q) < SESSION_TX_HANDSHAKE_MAX;)
				CU_ASSERT_EQUAL(send_data(16384, false), 16384);
			sendq_release(&t.q, sendq_end(&t.q));
		}
		starve(&small, pools.record[0], 0);
		starve(&medium, pools.record[1], 0);
		starve(&large, pools.record[2], 0);
		len = step == 1 ? 5000 : 0;
		CU_ASSERT_EQUAL(send_data(5000, false), len != 0 ? (ssize_t)len : -ENOMEM);
		CU_ASSERT_EQUAL(send_control(21, 2), step == 2 ? 0 : -EINVAL);
		if (step == 2)
			CU_ASSERT_EQUAL(send_control(22, 16384), -ENOMEM);
		CU_ASSERT_EQUAL(rte_mempool_avail_count(pools.control), n - (step == 1 ? 3 :
									     step == 2 ? 1 :
											 0));
		starve_end(&small);
		starve_end(&medium);
		starve_end(&large);
		sendq_release(&t.q, sendq_end(&t.q));
		session_tx_fini(&t.tx);
		CU_ASSERT_EQUAL(fixture_in_use(), 0);
	}
}

/* A store of which a connection has the floor alone. */
static const struct share_store scarce = { .total = 100 * BUF_LARGE_ROOM,
					   .used = 90 * BUF_LARGE_ROOM,
					   .floor = BUF_LARGE_ROOM,
					   .margin = 20 * BUF_LARGE_ROOM,
					   .members = 2,
					   .holders = 2 };

/* Its share stops a connection, not what it holds already, nor a control record. */
static void
test_share(void)
{
	struct share_store st = scarce;
	struct rte_mbuf *m;

	begin_keyed(SNDBUF);
	shared.store = &st;
	t.tx.useful = SNDBUF;
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), BUF_LARGE_ROOM);
	CU_ASSERT_EQUAL(send_data(40000, false), 16384);
	CU_ASSERT_EQUAL(send_data(1, false), -EAGAIN);
	CU_ASSERT_EQUAL(session_tx_room(&t.tx), 0);
	CU_ASSERT(!session_tx_may_hold(&t.tx));
	CU_ASSERT_EQUAL(send_control(21, 2), 0);
	m = loaded_buffer(1000);
	CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), 0);
	t.accepted += 1000;
	acknowledge();
	check_log("23:16384 21:2 23:1000");
	/* What is read ahead counts. */
	t.tx.ahead = BUF_LARGE_ROOM;
	CU_ASSERT_EQUAL(send_data(1, false), -EAGAIN);
	t.tx.ahead = BUF_LARGE_ROOM - 1;
	CU_ASSERT_EQUAL(send_data(1, false), 1);
	t.tx.ahead = 0;
	/* An open record takes what it can hold. */
	CU_ASSERT_EQUAL(send_data(1000, true), 1000);
	CU_ASSERT_EQUAL(send_data(1000, false), 1000);
	acknowledge();
	st.used = 0;
	CU_ASSERT_EQUAL(send_data(40000, false), 40000);
	acknowledge();
	finish();
}

/* Control records go past data that its share stops, but do not hold what it was denied. */
static void
test_share_of_control(void)
{
	struct share_store st = scarce;
	unsigned int n = 0;

	begin_keyed(SNDBUF);
	shared.store = &st;
	t.tx.useful = SNDBUF;
	CU_ASSERT_EQUAL(send_data(16384, false), 16384);
	CU_ASSERT_EQUAL(send_data(1, false), -EAGAIN);
	while (n < 1000 && send_control(21, 1000) == 0)
		n++;
	CU_ASSERT_EQUAL(send_control(21, 1000), -EAGAIN);
	CU_ASSERT(n >= BUF_LARGE_ROOM / BUF_MEDIUM_ROOM);
	CU_ASSERT(session_tx_held(&t.tx) <= 2 * BUF_LARGE_ROOM + BUF_MEDIUM_ROOM);
	acknowledge();
	/* What went past before counts no more. */
	CU_ASSERT_EQUAL(send_control(22, 2), 0);
	CU_ASSERT_EQUAL(send_data(16384, false), 16384);
	CU_ASSERT_EQUAL(send_control(22, 16384), 0);
	CU_ASSERT_EQUAL(send_control(22, 2), -EAGAIN);
	acknowledge();
	finish();
}

/* A record that the program leaves open takes the whole share, and nothing else is held. */
static void
test_share_of_open_record(void)
{
	struct share_store st = scarce;

	begin_keyed(SNDBUF);
	shared.store = &st;
	t.tx.useful = SNDBUF;
	for (unsigned int round = 0; round < 3; round++) {
		CU_ASSERT_EQUAL(send_data(100, true), 100);
		CU_ASSERT_EQUAL(send_data(16000, true), 16000);
		CU_ASSERT(!session_tx_may_hold(&t.tx));
		CU_ASSERT_EQUAL(send_control(22, 16384), 0); /* closes it */
		CU_ASSERT_EQUAL(send_control(21, 2), -EAGAIN);
		acknowledge();
	}
	finish();
}

/* However many large buffers there are: what is accepted is what comes out. */
static void
test_short_counts(void)
{
	for (unsigned int left = 0; left <= 5; left++)
		for (int more = 0; more <= 1; more++) {
			struct starved small, medium, s;
			ssize_t n;

			begin_keyed(SNDBUF);
			starve(&medium, pools.record[1], 0);
			starve(&small, pools.record[0], 0);
			starve(&s, pools.record[2], left);
			n = send_data(5 * 16384, more);
			CU_ASSERT_EQUAL(n, left == 0 ? -ENOMEM : (ssize_t)left * 16384);
			CU_ASSERT_EQUAL(session_tx_flush(&t.tx), 0);
			acknowledge();
			CU_ASSERT_EQUAL(t.seen, t.accepted);
			starve_end(&s);
			starve_end(&medium);
			starve_end(&small);
			CU_ASSERT_EQUAL(send_data(100, false), 100);
			acknowledge();
			CU_ASSERT_EQUAL(t.seen, t.accepted);
			finish();
		}
}

/* After a failure nothing is sent any more: not the record, not another, not in clear. */
static void
test_provider_fails(void)
{
	static const struct {
		const char *what;
		int good_jobs;
		int rc;
		uint64_t seen;
	} rows[] = {
		{ "data", 0, -EIO, 0 }, /* the bytes are taken, the next call tells */
		{ "data", 1, -EIO, 100 },
		{ "long data", 0, -EIO, 0 },
		{ "long data", 2, -EIO, 32768 },
		{ "control", 0, -EIO, 0 },
		{ "control with data open", 0, -EIO, 0 },
		{ "control with data open", 1, -EIO, 100 },
		{ "buffer", 0, 0, 0 },
		{ "key", 0, -EIO, 0 },
		{ "flush", 0, -EIO, 0 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct rte_mbuf *m;
		uint64_t end_off;
		int rc = 0;

		if (peer_suite.tls12 && strcmp(rows[i].what, "key") == 0)
			continue;
		begin_keyed(SNDBUF);
		t.flaky.good_jobs = rows[i].good_jobs;
		if (strcmp(rows[i].what, "data") == 0) {
			CU_ASSERT_EQUAL(send_data(100, false), 100);
			CU_ASSERT_EQUAL(send_data(50, false), rows[i].good_jobs > 0 ? 50 : -EIO);
			rc = (int)send_data(50, false);
		} else if (strcmp(rows[i].what, "long data") == 0) {
			/* What was sealed was taken, and the rest was not. */
			rc = (int)send_data(50000, false);
			CU_ASSERT_EQUAL(rc, rows[i].good_jobs > 0 ? 32768 : -EIO);
			rc = (int)send_data(50000, false);
		} else if (strcmp(rows[i].what, "control") == 0) {
			rc = send_control(21, 2);
		} else if (strcmp(rows[i].what, "buffer") == 0) {
			m = loaded_buffer(100);
			rc = session_tx_buffer(&t.tx, m, false);
		} else {
			CU_ASSERT_EQUAL(send_data(100, true), 100);
			if (strcmp(rows[i].what, "key") == 0)
				rc = set_key(1, 0);
			else if (strcmp(rows[i].what, "flush") == 0)
				rc = session_tx_flush(&t.tx);
			else
				rc = send_control(21, 2);
		}
		CU_ASSERT_EQUAL(rc, rows[i].rc);
		end_off = sendq_end(&t.q);
		/* Well again or not: the number is spent. */
		t.flaky.good_jobs = -1;
		CU_ASSERT_EQUAL(send_data(10, false), -EIO);
		CU_ASSERT_EQUAL(send_data(10, true), -EIO);
		CU_ASSERT_EQUAL(send_data(0, false), -EIO);
		CU_ASSERT_EQUAL(send_control(21, 2), -EIO);
		CU_ASSERT_EQUAL(session_tx_flush(&t.tx), -EIO);
		CU_ASSERT_EQUAL(set_key(1, 0), peer_suite.tls12 ? -EBUSY : -EIO);
		m = loaded_buffer(10);
		CU_ASSERT_EQUAL(session_tx_buffer(&t.tx, m, false), -EIO);
		rte_pktmbuf_free(m);
		CU_ASSERT_EQUAL(sendq_end(&t.q), end_off);
		acknowledge();
		CU_ASSERT_EQUAL(t.seen, rows[i].seen);
		finish();
	}
}

/* No plaintext in freed memory: not of the record open at the end, not of one that moved. */
static void
test_wipes(void)
{
	const uint8_t *first, *second;
	const struct tx_tls *tls;
	uint32_t same = 0;

	begin_keyed(SNDBUF);
	tls = t.tx.tls;
	CU_ASSERT_EQUAL(send_data(60, true), 60);
	first = rte_pktmbuf_mtod(session_tx_open(&t.tx), const uint8_t *);
	CU_ASSERT(pattern_is(first, 0, 60));
	CU_ASSERT_EQUAL(send_data(1000, true), 1000);
	second = rte_pktmbuf_mtod(session_tx_open(&t.tx), const uint8_t *);
	CU_ASSERT(first != second);
	CU_ASSERT(pattern_is(second, 0, 1060));
	session_tx_fini(&t.tx);
	sendq_fini(&t.q);
	for (uint32_t i = 0; i < 223; i++)
		same += first[i] != 0;
	for (uint32_t i = 0; i < 1060; i++)
		same += second[i] != 0;
	CU_ASSERT_EQUAL(same, 0);
	/* All that it had from its keys on. */
	for (size_t i = 0; i < sizeof(*tls); i++)
		CU_ASSERT_EQUAL(((const uint8_t *)tls)[i], 0);
	CU_ASSERT_EQUAL(t.flaky.keys, 0);
	CU_ASSERT_EQUAL(fixture_in_use(), 0);
}

/* Nothing is left of what a direction has from its keys on: they wait, and nothing has changed. */
static void
test_no_tls(void)
{
	struct tx_tls *taken[SHARED_SOCKS];

	begin(SNDBUF);
	for (int i = 0; i < SHARED_SOCKS; i++)
		taken[i] = session_tx_tls_take(&shared);
	CU_ASSERT_PTR_NULL(session_tx_tls_take(&shared));
	CU_ASSERT_EQUAL(set_key(0, 0), -ENOMEM);
	CU_ASSERT_EQUAL(send_control(21, 2), -EINVAL);
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	CU_ASSERT_EQUAL(t.flaky.keys, 0);
	session_tx_tls_give(&shared, taken[0]);
	/* The provider has no memory: the next one finds what this one took. */
	t.flaky.no_keys = true;
	CU_ASSERT_EQUAL(set_key(0, 0), -ENOMEM);
	CU_ASSERT_PTR_NULL(t.tx.tls);
	t.flaky.no_keys = false;
	CU_ASSERT_EQUAL(set_key(0, 0), 0);
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	acknowledge();
	check_log("0:10 23:10");
	for (int i = 1; i < SHARED_SOCKS; i++)
		session_tx_tls_give(&shared, taken[i]);
	finish();
}

/* Of three sizes of record buffers, some are short. */
enum { POOLS_SHORT = 3 };

static void
starve_some(struct starved s[POOLS_SHORT], uint64_t r)
{
	for (int i = 0; i < POOLS_SHORT; i++) {
		starve_end(&s[i]);
		if (r >> (30 + i) & 1)
			starve(&s[i], pools.record[i], (r >> 40) % 4);
	}
}

/* The program's own buffer, if there is one. */
static void
send_buffer(uint32_t len, bool more)
{
	struct rte_mbuf *m;
	ssize_t n;

	len = RTE_MIN(len, (uint32_t)t.tx.pad.cap);
	m = buf_record_alloc(&pools, len);
	if (m == NULL)
		return;
	m->data_len = (uint16_t)len;
	pattern_fill(rte_pktmbuf_mtod(m, uint8_t *), t.accepted, len);
	n = session_tx_buffer(&t.tx, m, more);
	if (n == 0)
		t.accepted += len;
	else
		rte_pktmbuf_free(m);
	CU_ASSERT(n == 0 || n == -EAGAIN);
}

/* Some data, of which nothing is taken only where there is no room. */
static void
send_any(uint32_t len, bool more)
{
	ssize_t n = send_data(len, more);

	CU_ASSERT(n >= 0 || n == -EAGAIN || n == -ENOMEM);
	CU_ASSERT(n <= (ssize_t)len);
	if (session_tx_room(&t.tx) > 0 && n == -EAGAIN)
		CU_FAIL("room, and yet EAGAIN");
	CU_ASSERT(session_tx_open(&t.tx) == NULL || more || len == 0 || n < 0);
}

/* True: it was taken. */
static bool
send_any_control(uint8_t type, uint32_t len)
{
	ssize_t n = send_control(type, len);

	if (n != 0 && n != -ENOMEM && n != -EAGAIN)
		CU_ASSERT_EQUAL(t.keys, 0);
	return n == 0;
}

/* One call, or what the network does. How many control records were taken. */
static unsigned int
random_step(uint64_t r, struct starved s[POOLS_SHORT])
{
	uint32_t len = (uint32_t)((r >> 20) % ((uint32_t[]){ 3, 300, 5000, 50000 }[r >> 8 & 3]));

	switch (r & 15) {
	case 0:
		if (t.keys < (peer_suite.tls12 ? 1 : HARNESS_COUNT(t.peer)) && (r & 0x100000) != 0)
			CU_ASSERT_EQUAL(set_key(t.keys, r >> 40), 0);
		break;
	case 1:
		return send_any_control(21 + (r >> 30 & 1), 1 + len % 16384);
	case 2:
		send_buffer(len, r & 32);
		break;
	case 3:
		transmit((unsigned int)(r >> 20) % 20);
		break;
	case 4:
		acknowledge();
		break;
	case 5:
		starve_some(s, r);
		break;
	default:
		send_any(len, r & 32);
		break;
	}
	return 0;
}

static void
test_random(void)
{
	uint64_t seed = harness_seed();
	int rounds = harness_full() ? 300 : 40;

	for (int round = 0; round < rounds; round++) {
		struct starved s[POOLS_SHORT] = { { .n = 0 }, { .n = 0 }, { .n = 0 } };
		unsigned int controls = 0, seen = 0;
		uint64_t r = harness_rand(&seed);

		begin((uint32_t[]){ 1, 1000, 30000, SNDBUF }[r & 3]);
		t.tx.pad.cap = (uint16_t[]){ 64, 1000, 16384, 16384 }[r >> 2 & 3];
		for (int step = 0; step < 150; step++) {
			controls += random_step(harness_rand(&seed), s);
			CU_ASSERT(session_tx_open(&t.tx) == NULL ||
				  session_tx_open(&t.tx)->data_len > 0);
			CU_ASSERT(t.q.room_used <= t.tx.sndbuf + 2 * BUF_LARGE_ROOM);
		}
		CU_ASSERT_EQUAL(session_tx_flush(&t.tx), 0);
		acknowledge();
		CU_ASSERT_EQUAL_FATAL(t.seen, t.accepted);
		for (unsigned int i = 0; i < t.logged; i++)
			seen += t.log[i].type == 21 || t.log[i].type == 22;
		CU_ASSERT_EQUAL(seen, controls);
		starve_some(s, 0);
		finish();
	}
}

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "which records come of which calls", test_records, EACH_SUITE },
		{ "records of exactly these bytes", test_exact_records, EACH_SUITE },
		{ "and where there is no room for them", test_exact_without_room, EACH_SUITE },
		{ "padding, the payload cap and the peer's limit", test_padding, EACH_SUITE },
		{ "padding without memory", test_padding_without_memory, EACH_SUITE_13 },
		{ "padding of random records", test_padding_random, EACH_SUITE },
		{ "pieces are gathered in any cut", test_gathers, EACH_SUITE },
		{ "sealed from the caller's memory", test_from_callers_memory, EACH_SUITE },
		{ "raw bytes before keys", test_raw, EACH_SUITE },
		{ "control records that are refused", test_control_refused, EACH_SUITE },
		{ "keys installed, changed and refused", test_set_keys, EACH_SUITE_13 },
		{ "no second key", test_only_key, EACH_SUITE_12 },
		{ "explicit nonces", test_explicit_nonce, EACH_SUITE_12 },
		{ "the record limit of a key", test_seal_limit, EACH_SUITE },
		{ "the record limit with a record open", test_seal_limit_open, EACH_SUITE },
		{ "the last record number is never used", test_last_number, EACH_SUITE },
		{ "the send buffer counts room", test_send_buffer, EACH_SUITE },
		{ "joined bytes are wiped", test_joined_is_wiped, EACH_SUITE },
		{ "an open record larger than the send buffer", test_open_record_fills_the_buffer,
		  EACH_SUITE },
		{ "empty pools change nothing", test_without_memory, EACH_SUITE },
		{ "short records", test_short_records, EACH_SUITE },
		{ "the reserve of control records", test_reserve, EACH_SUITE },
		{ "a share", test_share, EACH_SUITE },
		{ "a share, and control records", test_share_of_control, EACH_SUITE },
		{ "a share that the open record fills", test_share_of_open_record, EACH_SUITE },
		{ "short counts are exact", test_short_counts, EACH_SUITE },
		{ "a provider that fails ends sending", test_provider_fails, EACH_SUITE },
		{ "no memory for keys", test_no_tls, EACH_SUITE },
		{ "freed buffers hold no plaintext", test_wipes, EACH_SUITE },
		{ "random calls: what is accepted comes out", test_random, EACH_SUITE },
	};

	return shared_start("session-tx") ?
		       each_suite_run("session/tx", cases, HARNESS_COUNT(cases)) :
		       1;
}
