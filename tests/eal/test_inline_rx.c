/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A stream whose receiver has a TLS NIC, each segment of it lost once, or late: the
 * program reads the right bytes, whatever of them the NIC opened.
 */
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "sim/frame.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "support/suites.h"
#include "unit/session/peer.h"

enum {
	SEG = 97, /* no multiple of it is the length of a record */
	SEGS_MAX = 40,
	NONE = -1,
};

static uint8_t plain[2500];
static const uint32_t records[] = { 1, 40, 75, 300, 76, 97, 800, 2, 2, 2, 500, 60, 59 };

/* What happens to the data segments from end 0, counted as they are sent for the first time. */
struct script {
	struct pair pair;
	int lost; /* never arrives when it is sent first */
	int late; /* arrives behind segment behind */
	int behind;
	int seen;
	uint32_t next_seq;
	bool known;
	uint8_t kept[1600];
	uint32_t kept_len;
};

static enum cable_verdict
on_filter(void *arg, int dir, uint8_t *bytes, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	struct script *s = arg;
	struct frame f;

	(void)now_us;
	(void)delay_us;
	if (dir != 0 || frame_parse(bytes, len, &f) != NULL || !f.is_tcp || f.payload_len == 0 ||
	    (s->known && f.seq != s->next_seq))
		return CABLE_PASS;
	s->known = true;
	s->next_seq = f.seq + f.payload_len;
	if (s->kept_len > 0 && s->seen == s->behind + 1) {
		CU_ASSERT_EQUAL(cable_inject(s->pair.cable, 0, s->kept, s->kept_len), 0);
		s->kept_len = 0;
	}
	if (s->seen++ == s->lost)
		return CABLE_DROP;
	if (s->seen - 1 == s->late) {
		memcpy(s->kept, bytes, len);
		s->kept_len = len;
		return CABLE_DROP;
	}
	return CABLE_PASS;
}

/* Sends all records at once, so that nothing but the script disturbs them. */
static void
send_records(struct rtls_sock *k)
{
	uint32_t off = 0;

	for (size_t i = 0; i < HARNESS_COUNT(records); i++) {
		CU_ASSERT_EQUAL_FATAL(rtls_send(k, plain + off, records[i], 0),
				      (ssize_t)records[i]);
		off += records[i];
	}
}

static uint32_t
plain_len(void)
{
	uint32_t len = 0;

	for (size_t i = 0; i < HARNESS_COUNT(records); i++)
		len += records[i];
	return len;
}

struct outcome {
	int segments;
	uint64_t opened;
	uint64_t mixed;
};

static struct outcome
play(const struct record_suite *suite, int lost, int late, int behind, uint8_t rings)
{
	const struct rtls_tlsnic_conf nic = {
		.size = sizeof(nic), .max_contexts = 8, .nb_mbufs = 510, .rings = rings
	};
	static struct script s;
	struct pair_conf conf = { .nic = { NULL, &nic }, .filter = on_filter, .arg = &s };
	struct peer key = peer_key_of(suite->version, suite->cipher, 1, 3);
	struct rtls_keys keys = peer_keys(&key);
	struct rtls_sock *socks[2];
	struct rtls_sock_stats stats = { .size = sizeof(stats) };
	struct outcome out;

	s = (struct script){ .lost = NONE, .late = NONE };
	pair_init(&s.pair, &conf);
	pair_connect(&s.pair, 0, socks);
	CU_ASSERT_EQUAL(rtls_sock_set(socks[0], RTLS_OPT_MAX_SEG, SEG), 0);
	pair_set_keys(socks, 0, &keys);
	s.lost = lost;
	s.late = late;
	s.behind = behind;
	send_records(socks[0]);
	pair_settle(&s.pair);
	pair_expect(&s.pair, socks[1], plain, plain_len());
	CU_ASSERT_EQUAL(rtls_sock_stats(socks[1], &stats), 0);
	CU_ASSERT_EQUAL(stats.rx_records, HARNESS_COUNT(records));
	out = (struct outcome){ s.seen, stats.rx_nic_records, stats.rx_mixed_records };
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(&s.pair);
	return out;
}

static void
test_in_order(void)
{
	for (unsigned int i = 0; i < 2 * suites_count(); i++) {
		struct outcome o = play(suites_any(i / 2), NONE, NONE, NONE, i % 2);

		CU_ASSERT(o.segments > 20 && o.segments < SEGS_MAX);
		CU_ASSERT_EQUAL(o.opened, HARNESS_COUNT(records));
		CU_ASSERT_EQUAL(o.mixed, 0);
	}
}

static void
each_loss(const struct record_suite *suite)
{
	int n = play(suite, NONE, NONE, NONE, 0).segments;
	uint64_t opened = 0, mixed = 0;

	for (int k = 0; k < n; k++) {
		struct outcome o = play(suite, k, NONE, NONE, 0);

		/* It comes again, too late for the NIC where others came before. */
		if (k < n - 1)
			CU_ASSERT(o.opened < HARNESS_COUNT(records));
		opened += o.opened;
		mixed += o.mixed;
	}
	CU_ASSERT(opened > 0 && mixed > 0);
	printf("# %d losses: %llu records opened, %llu in part\n", n, (unsigned long long)opened,
	       (unsigned long long)mixed);
}

static void
test_each_loss(void)
{
	for (unsigned int i = 0; i < suites_count(); i++)
		each_loss(suites_turn());
}

/* Segment i arrives behind segment j; for neighbours the two change places. */
static void
test_each_delay(void)
{
	const struct record_suite *suite = suites_turn();
	int n = play(suite, NONE, NONE, NONE, 0).segments;
	uint64_t opened = 0, mixed = 0;

	for (int i = 0; i < n; i++)
		for (int j = i + 1; j < n - 1 && (j < i + 4 || harness_full()); j++) {
			struct outcome o = play(suite, NONE, i, j, 0);

			opened += o.opened;
			mixed += o.mixed;
		}
	CU_ASSERT(opened > 0 && mixed > 0);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "in order all is opened by the NIC", test_in_order },
		{ "each segment lost", test_each_loss },
		{ "each segment late", test_each_delay },
	};

	if (eal_start("inline-rx") != 0)
		return 1;
	pair_fill(plain, 0, sizeof(plain));
	return harness_run("inline_rx", cases, HARNESS_COUNT(cases));
}
