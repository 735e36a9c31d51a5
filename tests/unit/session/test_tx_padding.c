/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Records that are padded: to which length, and by which buffers. */
#include <stdio.h>

#include "support/each_suite.h"
#include "unit/session/tx_bench.h"
#include "unit/session/tx_script.h"

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

/* A cap that is no multiple: a buffer that holds so much content, but not the padding, is too small. */
static void
test_padding_beyond_cap(void)
{
	struct starved large;

	begin_keyed(SNDBUF);
	t.tx.pad.to = 3000;
	t.tx.pad.cap = 300;
	if (t.peer[0].tls12)
		return finish();
	starve(&large, pools.record[2], 0);
	CU_ASSERT_EQUAL(send_data(10, false), -ENOMEM);
	CU_ASSERT_EQUAL(send_data(1000, true), -ENOMEM);
	t.tx.pad.to = 700;
	/* Medium ones hold it and what follows. */
	CU_ASSERT_EQUAL(send_data(310, false), 310);
	starve_end(&large);
	t.tx.pad.to = 3000;
	CU_ASSERT_EQUAL(send_data(10, false), 10);
	check_padded("23:300/700 23:10/700 23:10/3000");
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

int
main(void)
{
	static const struct each_suite_case cases[] = {
		{ "padding, the payload cap and the peer's limit", test_padding, EACH_SUITE },
		{ "padding without memory", test_padding_without_memory, EACH_SUITE_13 },
		{ "padding beyond a cap that is no multiple", test_padding_beyond_cap,
		  EACH_SUITE_13 },
		{ "padding of random records", test_padding_random, EACH_SUITE },
	};

	return shared_start("session-tx-padding") ?
		       each_suite_run("session/tx_padding", cases, HARNESS_COUNT(cases)) :
		       1;
}
