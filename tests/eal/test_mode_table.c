/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * More connections than the TLS NIC has room for: they come and go at random, and what does not
 * fit runs in software, as nobody asks again.
 */
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "unit/session/peer.h"

enum { CONTEXTS = 100, OPEN_MAX = 150, CONNECTIONS = 1000, BYTES_MAX = 3000 };

struct connection {
	struct rtls_sock *k[2];
	uint64_t sent[2];
	bool in_software[2]; /* by enum rtls_dir, of end 0 */
};

static struct {
	struct pair p;
	uint64_t luck;
	struct connection open[OPEN_MAX];
	unsigned int nb_open, nb_opened;
	unsigned int overflowed; /* directions without room */
} t;

static void
set_keys(struct connection *c)
{
	for (unsigned int i = 0; i < 2; i++) {
		struct peer key = peer_key(i, t.nb_opened);
		struct rtls_keys keys = peer_keys(&key);

		pair_set_keys(c->k, (int)i, &keys);
	}
}

static void
open_one(void)
{
	struct connection *c = &t.open[t.nb_open++];

	*c = (struct connection){ 0 };
	pair_connect(&t.p, 0, c->k);
	t.nb_opened++;
	set_keys(c);
}

static void
exchange(struct connection *c)
{
	static uint8_t bytes[BYTES_MAX];

	for (int i = 0; i < 2; i++) {
		uint32_t len = 1 + harness_below(&t.luck, BYTES_MAX);

		pair_fill(bytes, c->sent[i], len);
		pair_send(&t.p, c->k[i], bytes, len);
		pair_expect(&t.p, c->k[1 - i], bytes, len);
		c->sent[i] += len;
	}
}

static void
close_one(struct connection *c)
{
	unsigned int first = harness_below(&t.luck, 2);

	switch (harness_below(&t.luck, 4)) {
	case 0:
		CU_ASSERT_EQUAL(rtls_abort(c->k[first]), 0);
		break;
	case 1:
		/* With bytes that nobody reads. */
		pair_send(&t.p, c->k[1 - first], "unread", 6);
		CU_ASSERT_EQUAL(rtls_close(c->k[first]), 0);
		break;
	default:
		CU_ASSERT_EQUAL(rtls_close(c->k[first]), 0);
		break;
	}
	if (harness_below(&t.luck, 2) != 0)
		pair_settle(&t.p);
	CU_ASSERT_EQUAL(rtls_close(c->k[1 - first]), 0);
	*c = t.open[--t.nb_open];
}

/* A direction's mode and reason, which may not go back. Is it the NIC's? */
static bool
look(struct connection *c, enum rtls_dir dir)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	CU_ASSERT_EQUAL(rtls_tls_info(c->k[0], dir, &info), 0);
	if (info.mode == RTLS_MODE_NIC) {
		CU_ASSERT_EQUAL(info.reason, RTLS_MODE_REASON_NONE);
		CU_ASSERT(!c->in_software[dir]);
		return true;
	}
	CU_ASSERT_EQUAL(info.mode, RTLS_MODE_SOFTWARE);
	CU_ASSERT_EQUAL(info.reason, RTLS_MODE_REASON_NO_ROOM);
	t.overflowed += !c->in_software[dir];
	c->in_software[dir] = true;
	return false;
}

/* Directions that are the NIC's, of those open. */
static struct {
	unsigned int tx, rx;
} nic;

static bool
counts_agree(void *arg)
{
	(void)arg;
	return pair_port_stat(&t.p, 0, "contexts_in_use") == nic.tx + nic.rx &&
	       pair_stat(&t.p, 0, "TlsCurrTxDevice") == nic.tx &&
	       pair_stat(&t.p, 0, "TlsCurrRxDevice") == nic.rx &&
	       pair_stat(&t.p, 0, "TlsCurrTxSw") == t.nb_open - nic.tx &&
	       pair_stat(&t.p, 0, "TlsCurrRxSw") == t.nb_open - nic.rx;
}

static void
look_at_all(void)
{
	nic.tx = nic.rx = 0;
	for (unsigned int i = 0; i < t.nb_open; i++) {
		nic.tx += look(&t.open[i], RTLS_TX);
		nic.rx += look(&t.open[i], RTLS_RX);
	}
	CU_ASSERT(nic.tx + nic.rx <= CONTEXTS);
	/* A close may wait for an ACK that is late. */
	CU_ASSERT(pair_until(&t.p, counts_agree, NULL, 1000000));
	CU_ASSERT_EQUAL(pair_stat(&t.p, 0, "SoftwareNoRoom"), t.overflowed);
}

static void
play(uint8_t rings)
{
	const struct rtls_tlsnic_conf tlsnic = { .size = sizeof(tlsnic),
						 .max_contexts = CONTEXTS,
						 .rings = rings };
	const struct rtls_stack_conf stack = { .max_socks = 2 * OPEN_MAX + 1,
					       .max_time_wait = CONNECTIONS,
					       .nb_packets = 2048 };
	const struct pair_conf conf = { .nic = { &tlsnic }, .stack = { stack, stack } };

	memset(&t, 0, sizeof(t));
	t.luck = harness_seed() + rings;
	pair_init(&t.p, &conf);
	while (t.nb_opened < CONNECTIONS || t.nb_open > 0) {
		/* Tides: full at times, with room again at others. */
		bool rising = t.nb_opened < CONNECTIONS && (t.nb_opened / 120) % 2 == 0;
		bool open = t.nb_opened < CONNECTIONS && t.nb_open < OPEN_MAX &&
			    harness_below(&t.luck, 10) < (rising ? 8u : 5u);

		if (open || (t.nb_open == 0 && t.nb_opened < CONNECTIONS))
			open_one();
		else if (t.nb_open > 0)
			close_one(&t.open[harness_below(&t.luck, t.nb_open)]);
		if (t.nb_open > 0)
			exchange(&t.open[harness_below(&t.luck, t.nb_open)]);
		look_at_all();
	}
	CU_ASSERT(t.overflowed > 100);
	CU_ASSERT(pair_stat(&t.p, 0, "TlsTxDevice") > CONTEXTS);
	CU_ASSERT_EQUAL(pair_stat(&t.p, 0, "TlsTxDevice") + pair_stat(&t.p, 0, "TlsTxSw"),
			CONNECTIONS);
	CU_ASSERT(pair_stat(&t.p, 0, "TxBytesNic") > 0);
	CU_ASSERT(pair_stat(&t.p, 0, "RxRecordsNic") > 0);
	pair_fini(&t.p);
}

static void
test_in_the_poll(void)
{
	play(0);
}

static void
test_over_rings(void)
{
	play(1);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a full table", test_in_the_poll },
		{ "a full table, over rings", test_over_rings },
	};

	if (eal_start("mode-table") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/mode-table", cases, HARNESS_COUNT(cases));
}
