/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Connections whose NICs fail on purpose, kind by kind, on a path that loses packets: the plaintext is
 * right, nothing of it is on the wire, the NIC goes on or software takes over with its reason counted,
 * and nothing is left behind.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_common.h>

#include <recordtls/names.h>

#include "sim/frame.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "support/suites.h"
#include "unit/session/peer.h"

enum {
	CONNS = 4, /* one behind the other, over the same NICs */
	BYTES = 250000,
	RECORD = 4000,
	CLEAR_LEN = 16,
	UP_POLLS = 200, /* whatever was down is up again */
	FEW_SEED = 1,   /* of few chances: it and FEW_SEED + 1 strike at some, and spare some */
};

/* What the plaintext is made of, and what must not be seen. */
static const char clear[] = "in clear, number";

/* What there is to be seen of a kind, of both ends. */
struct row {
	enum rtls_tlsnic_fault kind;
	uint32_t every;
	uint8_t tx_method;
	/* Why directions come to be in software: counted, and nothing else is. NULL: none does. */
	const char *software;
	uint32_t rx_methods; /* 1 << enum rtls_tls_rx_method: in which it strikes; 0: in all */
};

enum {
	SCANS = 1 << RTLS_TLS_RX_SCAN | 1 << RTLS_TLS_RX_SCAN_DELAYED,
	ANSWERED = SCANS | 1 << RTLS_TLS_RX_STACK,
};

static const struct row rows[] = {
	{ RTLS_TLSNIC_TABLE_FULL, 3, RTLS_TLS_TX_REBUILD, "SoftwareNoRoom", 0 },
	{ RTLS_TLSNIC_CONTEXT_LOST, 100, RTLS_TLS_TX_REBUILD, "SoftwareLost", 0 },
	{ RTLS_TLSNIC_CONTEXT_LOST, 100, RTLS_TLS_TX_NEXT_RECORD, "SoftwareLost", 0 },
	{ RTLS_TLSNIC_TX_LOST, 30, RTLS_TLS_TX_REBUILD, NULL, 0 },
	{ RTLS_TLSNIC_TX_LOST, 30, RTLS_TLS_TX_NEXT_RECORD, NULL, 0 },
	{ RTLS_TLSNIC_NO_MATCH, 2, RTLS_TLS_TX_REBUILD, NULL, 0 },
	{ RTLS_TLSNIC_STEER_LATE, 1, RTLS_TLS_TX_REBUILD, NULL, 0 },
	{ RTLS_TLSNIC_ANSWER_WRONG, 1, RTLS_TLS_TX_REBUILD, NULL, ANSWERED },
	{ RTLS_TLSNIC_ANSWER_LATE, 1, RTLS_TLS_TX_REBUILD, NULL, ANSWERED },
	{ RTLS_TLSNIC_ANSWER_TWICE, 1, RTLS_TLS_TX_REBUILD, NULL, ANSWERED },
	{ RTLS_TLSNIC_ANSWER_NEVER, 1, RTLS_TLS_TX_REBUILD, NULL, ANSWERED },
	{ RTLS_TLSNIC_ASK_WRONG, 1, RTLS_TLS_TX_REBUILD, NULL, SCANS },
	{ RTLS_TLSNIC_AUTH_ERROR, 10, RTLS_TLS_TX_REBUILD, NULL, 0 },
	{ RTLS_TLSNIC_BAD_CHECKSUM, 20, RTLS_TLS_TX_REBUILD, NULL, 0 },
	{ RTLS_TLSNIC_RESET, 100, RTLS_TLS_TX_REBUILD, "SoftwareDown", 0 },
	{ RTLS_TLSNIC_RESET, 100, RTLS_TLS_TX_NEXT_RECORD, "SoftwareDown", 0 },
	{ RTLS_TLSNIC_FALSE_HEADERS, 2, RTLS_TLS_TX_REBUILD, NULL, SCANS },
	{ RTLS_TLSNIC_RESYNC_BUSY, 2, RTLS_TLS_TX_NEXT_RECORD, NULL, 0 },
	{ RTLS_TLSNIC_RESYNC_BUSY, 1, RTLS_TLS_TX_NEXT_RECORD, NULL, 0 },
	{ RTLS_TLSNIC_RESYNC_ERROR, 3, RTLS_TLS_TX_NEXT_RECORD, "SoftwareLost", 0 },
};

static const char *const reasons[] = { "SoftwareNoRoom", "SoftwareLost",    "SoftwareDown",
				       "SoftwareSuite",  "SoftwareRefused", "SoftwareNoDevice" };

static struct {
	struct pair p;
	const struct record_suite *suite;
	struct rtls_sock *k[2];
	uint64_t sent[2], received[2];
	uint64_t seen_clear; /* frames */
} t;

static void
tap(void *arg, int dir, const uint8_t *bytes, uint32_t len, uint64_t now_us)
{
	(void)arg;
	(void)dir;
	(void)now_us;
	t.seen_clear += memmem(bytes, len, clear, CLEAR_LEN) != NULL;
}

static uint8_t
byte_at(uint64_t off)
{
	/* Each block says its number, that none can be taken for another. */
	uint64_t block = off / (CLEAR_LEN + 8);
	uint32_t at = (uint32_t)(off % (CLEAR_LEN + 8));

	return at < CLEAR_LEN ? (uint8_t)clear[at] : (uint8_t)(block >> 8 * (at - CLEAR_LEN));
}

static void
send_some(int end)
{
	uint8_t bytes[RECORD];
	size_t n = (size_t)RTE_MIN((uint64_t)RECORD, BYTES - t.sent[end]);
	ssize_t rc;

	for (size_t i = 0; i < n; i++)
		bytes[i] = byte_at(t.sent[end] + i);
	rc = n > 0 ? rtls_send(t.k[end], bytes, n, 0) : 0;
	CU_ASSERT_FATAL(rc >= 0 || rc == -EAGAIN);
	t.sent[end] += rc > 0 ? (uint64_t)rc : 0;
}

/* All that is there. */
static void
receive(int end)
{
	uint8_t bytes[RECORD];
	ssize_t rc;

	while ((rc = rtls_recv(t.k[end], bytes, sizeof(bytes), 0)) > 0) {
		for (ssize_t i = 0; i < rc; i++)
			CU_ASSERT_FATAL(bytes[i] == byte_at(t.received[end] + (uint64_t)i));
		t.received[end] += (uint64_t)rc;
	}
	CU_ASSERT_EQUAL_FATAL(rc, -EAGAIN);
}

/* Both programs have a turn. */
static bool
all_received(void *arg)
{
	(void)arg;
	for (int i = 0; i < 2; i++) {
		send_some(i);
		receive(i);
	}
	return t.received[0] == BYTES && t.received[1] == BYTES;
}

static void
set_loss(uint32_t ppm)
{
	const struct cable_path path = { .loss_ppm = ppm, .delay_us = 200, .spare_arp = true };

	for (int i = 0; i < 2; i++)
		cable_set_path(t.p.cable, i, &path);
}

/* One connection, both ways at once. A device that went down in the one before is used again. */
static void
connection(void)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	for (int i = 0; i < UP_POLLS; i++)
		pair_turn(&t.p);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_port_features(t.p.port[i],
						   RTLS_FEATURE_TLS_TX | RTLS_FEATURE_TLS_RX, 0),
				0);
	set_loss(0);
	pair_connect(&t.p, 0, t.k);
	for (unsigned int i = 0; i < 2; i++) {
		struct peer key = peer_key_of(t.suite->version, t.suite->cipher, i, 0);
		struct rtls_keys keys = peer_keys(&key);

		pair_set_keys(t.k, (int)i, &keys);
		t.sent[i] = t.received[i] = 0;
	}
	set_loss(CABLE_PPM / 50);
	CU_ASSERT_FATAL(pair_until(&t.p, all_received, NULL, UINT64_C(300000000)));
	for (int i = 0; i < 2; i++)
		for (int d = RTLS_TX; d <= RTLS_RX; d++) {
			CU_ASSERT_EQUAL(rtls_tls_info(t.k[i], (enum rtls_dir)d, &info), 0);
			CU_ASSERT_EQUAL(info.mode == RTLS_MODE_NIC,
					info.reason == RTLS_MODE_REASON_NONE);
		}
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_close(t.k[i]), 0);
	pair_settle(&t.p);
}

static uint64_t
of_both(const char *name)
{
	return pair_stat(&t.p, 0, name) + pair_stat(&t.p, 1, name);
}

static uint64_t
of_both_ports(const char *name)
{
	return pair_port_stat(&t.p, 0, name) + pair_port_stat(&t.p, 1, name);
}

/* The kernel's, of its document on TLS offload; how much they counted in all that was played. */
static struct {
	const char *name;
	uint64_t n;
} counters[] = {
	{ "rx_tls_decrypted_packets", 0 },
	{ "rx_tls_decrypted_bytes", 0 },
	{ "rx_tls_ctx", 0 },
	{ "rx_tls_del", 0 },
	{ "rx_tls_resync_req_pkt", 0 },
	{ "rx_tls_resync_req_start", 0 },
	{ "rx_tls_resync_req_end", 0 },
	{ "rx_tls_resync_req_skip", 0 },
	{ "rx_tls_resync_res_ok", 0 },
	{ "rx_tls_resync_res_skip", 0 },
	{ "rx_tls_err", 0 },
	{ "tx_tls_encrypted_packets", 0 },
	{ "tx_tls_encrypted_bytes", 0 },
	{ "tx_tls_ctx", 0 },
	{ "tx_tls_ooo", 0 },
	{ "tx_tls_skip_no_sync_data", 0 },
	{ "tx_tls_drop_no_sync_data", 0 },
	{ "tx_tls_drop_bypass_req", 0 },
};

static void
add_counters(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(counters); i++)
		counters[i].n += of_both_ports(counters[i].name);
}

/* Does it know that it is in software for this reason, and for no other? */
static void
check_software(const struct row *r)
{
	for (size_t i = 0; i < HARNESS_COUNT(reasons); i++) {
		bool is = r->software != NULL && strcmp(reasons[i], r->software) == 0;

		CU_ASSERT_EQUAL(of_both(reasons[i]) > 0, is);
		if (of_both(reasons[i]) > 0 && !is)
			printf("# %s %lu\n", reasons[i], of_both(reasons[i]));
	}
}

static void
check(const struct row *r, uint8_t rx_method)
{
	char name[40];
	bool strikes = r->rx_methods == 0 || (r->rx_methods >> rx_method & 1) != 0;

	snprintf(name, sizeof(name), "fault_%s", rtls_tlsnic_fault_name(r->kind));
	CU_ASSERT_EQUAL(of_both_ports(name) > 0, strikes);
	check_software(r);
	CU_ASSERT_EQUAL(t.seen_clear, 0);
	CU_ASSERT_EQUAL(of_both("TlsDecryptError"), 0);
	CU_ASSERT_EQUAL(of_both("TlsRxDeviceWrong"), 0);
	CU_ASSERT_EQUAL(of_both("tx_tls_drop_no_sync_data"), 0);
	CU_ASSERT_EQUAL(of_both("tx_tls_drop_bypass_req"), 0);
	CU_ASSERT_EQUAL(of_both_ports("tx_tls_drop_bypass_req"), 0);
	CU_ASSERT_EQUAL(of_both_ports("tx_tls_bad_header"), 0);
	/* There was something to fail. */
	CU_ASSERT(of_both("TxBytesNic") > 0);
	CU_ASSERT(of_both("RxRecordsNic") > 0 || r->kind == RTLS_TLSNIC_STEER_LATE);
}

/* With hundreds of chances any seed will do; of one or two per connection it could strike at none, or at all. */
static uint64_t
seed_of(const struct row *r)
{
	bool few = r->kind == RTLS_TLSNIC_TABLE_FULL || r->kind == RTLS_TLSNIC_NO_MATCH;

	return few ? FEW_SEED : harness_seed();
}

/* Until nothing is under way; the two stacks are there for more to be looked at. */
static void
play(const struct row *r, uint8_t rx_method, uint8_t rings)
{
	/* Who takes packets in order only asks for none else: what is lost on the way is sealed by software. */
	bool loses = r->kind == RTLS_TLSNIC_RESYNC_BUSY || r->kind == RTLS_TLSNIC_RESYNC_ERROR;
	const struct rtls_tlsnic_conf nic[2] = {
		{ .size = sizeof(nic[0]),
		  .tx_method = r->tx_method,
		  .rx_method = rx_method,
		  .rings = rings,
		  .tx_lose = loses ? 25 : 0,
		  .tx_after = harness_seed() & 1,
		  .faults = 1u << r->kind,
		  .fault_every = r->every,
		  .fault_seed = seed_of(r) },
		{ .size = sizeof(nic[1]),
		  .tx_method = r->tx_method,
		  .rx_method = rx_method,
		  .rings = rings,
		  .tx_lose = loses ? 25 : 0,
		  .faults = 1u << r->kind,
		  .fault_every = r->every,
		  .fault_seed = seed_of(r) + 1 },
	};
	const struct rtls_stack_conf stack = { .max_time_wait = 16 };
	const struct pair_conf conf = { .nic = { &nic[0], &nic[1] },
					.stack = { stack, stack },
					.tap = tap };

	memset(&t, 0, sizeof(t));
	t.suite = suites_turn();
	pair_init(&t.p, &conf);
	for (int i = 0; i < CONNS; i++)
		connection();
}

static void
fail(const struct row *r, uint8_t rx_method, uint8_t rings)
{
	unsigned int before = CU_get_number_of_failures();

	play(r, rx_method, rings);
	check(r, rx_method);
	add_counters();
	if (CU_get_number_of_failures() > before)
		printf("# %s every %u, tx method %u, rx method %u, rings %u\n",
		       rtls_tlsnic_fault_name(r->kind), r->every, r->tx_method, rx_method, rings);
	pair_fini(&t.p);
}

/* Each kind, with a method that it is a fault of; all methods in turn. */
static void
each(uint8_t rings)
{
	static uint8_t next;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		uint8_t method;

		do
			method = (uint8_t)(RTLS_TLS_RX_IN_ORDER + next++ % 4);
		while (rows[i].rx_methods != 0 && (rows[i].rx_methods >> method & 1) == 0);
		fail(&rows[i], method, rings);
	}
}

static void
test_inside(void)
{
	each(0);
}

static void
test_rings(void)
{
	each(1);
}

/* Every kind with every method; without RECORDTLS_FULL some of them. */
static void
test_all(void)
{
	uint64_t luck = harness_seed();

	for (int i = 0; i < 8 && !harness_full(); i++)
		fail(&rows[harness_below(&luck, HARNESS_COUNT(rows))],
		     (uint8_t)(RTLS_TLS_RX_IN_ORDER + harness_below(&luck, 4)),
		     (uint8_t)harness_below(&luck, 2));
	for (size_t i = 0; harness_full() && i < HARNESS_COUNT(rows); i++)
		for (uint8_t m = RTLS_TLS_RX_IN_ORDER; m <= RTLS_TLS_RX_STACK; m++)
			for (uint8_t rings = 0; rings < 2; rings++)
				fail(&rows[i], m, rings);
}

/* Who is never found has all opened by software, and what he sends is sealed by the NIC all the same. */
static void
test_never_found(void)
{
	static const struct row row = { RTLS_TLSNIC_NO_MATCH, 1, RTLS_TLS_TX_REBUILD, NULL, 0 };

	for (uint8_t m = RTLS_TLS_RX_IN_ORDER; m <= RTLS_TLS_RX_STACK; m++) {
		play(&row, m, 0);
		CU_ASSERT_EQUAL(of_both("TxBytesNic"), of_both("TxBytesSealed"));
		CU_ASSERT(of_both("RxRecords") > 0);
		CU_ASSERT_EQUAL(of_both("RxRecordsNic"), 0);
		CU_ASSERT_EQUAL(of_both("RxRecordsMixed"), 0);
		CU_ASSERT_EQUAL(t.seen_clear, 0);
		check_software(&row);
		pair_fini(&t.p);
	}
}

/* Who is found late finds his place behind that, by each method that there is for it. */
static void
test_found_late(void)
{
	static const struct row row = { RTLS_TLSNIC_STEER_LATE, 1, RTLS_TLS_TX_REBUILD, NULL, 0 };

	for (uint8_t m = RTLS_TLS_RX_SCAN; m <= RTLS_TLS_RX_STACK; m++) {
		play(&row, m, 0);
		CU_ASSERT_EQUAL(of_both("TxBytesNic"), of_both("TxBytesSealed"));
		CU_ASSERT(of_both("RxRecordsNic") > 0);
		CU_ASSERT(of_both_ports("rx_tls_resync_res_ok") > 0);
		CU_ASSERT_EQUAL(t.seen_clear, 0);
		check_software(&row);
		pair_fini(&t.p);
	}
}

/* Loses the first packet with payload, and no other. */
static enum cable_verdict
lose_first(void *arg, int dir, uint8_t *bytes, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	uint32_t *nb = arg;
	struct frame f;

	(void)now_us;
	(void)delay_us;
	if (dir != 0 || frame_parse(bytes, len, &f) != NULL || !f.is_tcp || f.payload_len == 0)
		return CABLE_PASS;
	return (*nb)++ == 0 ? CABLE_DROP : CABLE_PASS;
}

/* A handshake's last flight, say, that is sent again when the context is there. */
static void
in_front_again(void)
{
	const struct rtls_tlsnic_conf nic = { .size = sizeof(nic) };
	uint32_t nb = 0;
	const struct pair_conf conf = { .nic = { &nic, &nic }, .filter = lose_first, .arg = &nb };
	struct peer key = peer_key_of(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128, 0, 0);
	struct rtls_keys keys = peer_keys(&key);
	uint8_t flight[100], text[] = "sealed";

	memset(&t, 0, sizeof(t));
	memset(flight, 7, sizeof(flight));
	pair_init(&t.p, &conf);
	pair_connect(&t.p, 0, t.k);
	CU_ASSERT_EQUAL(rtls_send(t.k[0], flight, sizeof(flight), 0), (ssize_t)sizeof(flight));
	pair_turn(&t.p);
	CU_ASSERT_EQUAL(rtls_set_keys(t.k[0], RTLS_TX, &keys), 0);
	CU_ASSERT_EQUAL(pair_port_stat(&t.p, 0, "tx_tls_skip_no_sync_data"), 0);
	pair_expect(&t.p, t.k[1], flight, sizeof(flight));
	CU_ASSERT_EQUAL(pair_port_stat(&t.p, 0, "tx_tls_skip_no_sync_data"), 1);
	CU_ASSERT_EQUAL(rtls_set_keys(t.k[1], RTLS_RX, &keys), 0);
	pair_send(&t.p, t.k[0], text, sizeof(text));
	pair_expect(&t.p, t.k[1], text, sizeof(text));
	CU_ASSERT_EQUAL(pair_port_stat(&t.p, 0, "tx_tls_skip_no_sync_data"), 1);
	CU_ASSERT_EQUAL(pair_port_stat(&t.p, 0, "tx_tls_ooo"), 0);
	add_counters();
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_close(t.k[i]), 0);
	pair_fini(&t.p);
}

/* All are there, and each counts in these; test_tlsnic_refuse.c makes what no stack does. */
static void
test_counters(void)
{
	static const struct row makers[] = {
		{ RTLS_TLSNIC_FALSE_HEADERS, 1, RTLS_TLS_TX_NEXT_RECORD, NULL, SCANS },
		{ RTLS_TLSNIC_ANSWER_LATE, 1, RTLS_TLS_TX_REBUILD, NULL, ANSWERED },
		{ RTLS_TLSNIC_AUTH_ERROR, 10, RTLS_TLS_TX_REBUILD, NULL, 0 },
		{ RTLS_TLSNIC_TX_LOST, 30, RTLS_TLS_TX_NEXT_RECORD, NULL, 0 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(counters); i++)
		counters[i].n = 0;
	for (size_t i = 0; i < HARNESS_COUNT(makers); i++)
		fail(&makers[i], RTLS_TLS_RX_SCAN_DELAYED, 0);
	in_front_again();
	for (size_t i = 0; i < HARNESS_COUNT(counters); i++) {
		bool is_made = strcmp(counters[i].name, "tx_tls_drop_bypass_req") != 0;

		CU_ASSERT_EQUAL(counters[i].n > 0, is_made);
		if (is_made && counters[i].n == 0)
			printf("# %s has counted nothing\n", counters[i].name);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "each kind", test_inside },
		{ "each kind, another lcore is the NIC", test_rings },
		{ "each kind with every method", test_all },
		{ "a flow that is never found", test_never_found },
		{ "a flow that is found late", test_found_late },
		{ "each of the kernel's counters counts", test_counters },
	};

	if (eal_start("nic-faults") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/nic-faults", cases, HARNESS_COUNT(cases));
}
