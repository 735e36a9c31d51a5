/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the log says, provoked row by row; and that a flood of bad packets does not flood it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_log.h>

#include "eal/forged.h"
#include "crypto/libcrypto.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"
#include "support/pair.h"
#include "unit/session/peer.h"

enum {
	SECOND = 1000000,
	NET = 0xc0000200,
	PEER = 1,       /* end 0 */
	SELF = 2,       /* end 1 */
	FLOOD = 120000, /* ten thousand of each kind */
	ARP_REPLY = 2,
};

static const uint8_t FORGER[6] = { 2, 0, 0, 0, 0x66, 1 };
static uint8_t bytes[100000];

static void
has(enum note n, unsigned int count, const char *what)
{
	CU_ASSERT_EQUAL(log_tap_count(n), count);
	if (count != 0 && what != NULL)
		CU_ASSERT_PTR_NOT_NULL(strstr(log_tap_last(n), what));
}

static void
inject(struct pair *p, const struct forged *f)
{
	CU_ASSERT_EQUAL_FATAL(cable_inject(p->cable, 0, f->bytes, f->len), 0);
	pair_turn(p);
}

static void
abort_both(struct rtls_sock *k[2])
{
	CU_ASSERT_EQUAL(rtls_abort(k[0]), 0);
	CU_ASSERT_EQUAL(rtls_abort(k[1]), 0);
}

/* --- records --------------------------------------------------------------------- */

/* The two ends have different keys; the line names the peer, the reason and the record. */
static void
test_bad_record(void)
{
	struct peer key[2] = { peer_key(1, 7), peer_key(2, 7) };
	struct rtls_keys keys[2] = { peer_keys(&key[0]), peer_keys(&key[1]) };
	struct rtls_sock *k[2];
	struct pair p;
	uint8_t buf[64];

	pair_init(&p, NULL);
	pair_connect(&p, 40000, k);
	log_tap_start(RTE_LOG_NOTICE);
	CU_ASSERT_EQUAL(rtls_set_keys(k[0], RTLS_TX, &keys[0]), 0);
	CU_ASSERT_EQUAL(rtls_set_keys(k[1], RTLS_RX, &keys[1]), 0);
	pair_send(&p, k[0], "hello", 5);
	pair_settle(&p);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(rtls_recv(k[1], buf, sizeof(buf), 0), -EBADMSG);
	has(NOTE_RECORD_BAD, 1, "recordtls: 192.0.2.1:40000: ");
	has(NOTE_RECORD_BAD, 1, ": bad_mac, record 7 of key 1, alert bad_record_mac; ");
	CU_ASSERT_EQUAL(log_tap_lines(), 1);
	log_tap_end();
	abort_both(k);
	pair_fini(&p);
}

static void
test_cut_off(void)
{
	struct peer key = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&key);
	struct rtls_sock *k[2];
	struct pair p;
	uint8_t buf[64];

	pair_init(&p, NULL);
	pair_connect(&p, 0, k);
	log_tap_start(RTE_LOG_NOTICE);
	CU_ASSERT_EQUAL(rtls_set_keys(k[1], RTLS_RX, &keys), 0);
	pair_send(&p, k[0], "\x17\x03\x03\x00\x40half", 9);
	CU_ASSERT_EQUAL(rtls_close(k[0]), 0);
	pair_settle(&p);
	CU_ASSERT(rtls_recv(k[1], buf, sizeof(buf), 0) < 0);
	has(NOTE_RECORD_CUT_OFF, 1, ": record 0; ");
	has(NOTE_RECORD_BAD, 0, NULL);
	log_tap_end();
	CU_ASSERT_EQUAL(rtls_close(k[1]), 0);
	pair_fini(&p);
}

/* The provider fails: once per connection, however often the program tries. */
static void
test_seal_failed(void)
{
	struct peer key = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&key);
	struct rtls_sock *k[2];
	struct flaky flaky;
	struct pair p;

	flaky_init(&flaky);
	flaky.good_jobs = 1;
	pair_init(&p, NULL);
	pair_connect(&p, 0, k);
	log_tap_start(RTE_LOG_ERR);
	k[0]->stack->session.provider = &flaky.provider;
	pair_set_keys(k, 0, &keys);
	CU_ASSERT_EQUAL(rtls_send(k[0], "one", 3, 0), 3);
	has(NOTE_SEAL_FAILED, 0, NULL);
	/* Taken, and lost with its record. */
	CU_ASSERT_EQUAL(rtls_send(k[0], "two", 3, 0), 3);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(rtls_send(k[0], "three", 5, 0), -EIO);
		pair_pass(&p, 2 * SECOND);
	}
	has(NOTE_SEAL_FAILED, 1, ": record 1; ");
	log_tap_end();
	k[0]->stack->session.provider = crypto_libcrypto();
	abort_both(k);
	pair_fini(&p);
}

/* A device that takes no key, by its two reasons. */
static void
test_fallback(void)
{
	struct peer key[2] = { peer_key(1, 0), peer_key(2, 0) };
	struct rtls_keys keys[2] = { peer_keys(&key[0]), peer_keys(&key[1]) };
	struct pair_conf conf = { 0 };
	struct rtls_sock *k[2];
	struct flaky flaky;
	struct pair p;

	flaky_init(&flaky);
	flaky.no_keys = true;
	pair_init(&p, &conf);
	pair_connect(&p, 0, k);
	log_tap_start(RTE_LOG_NOTICE);
	fallback_init(&p.stack[0]->crypto.fallback, &flaky.provider);
	k[0]->stack->session.provider = &p.stack[0]->crypto.fallback.provider;
	pair_set_keys(k, 0, &keys[0]);
	has(NOTE_CRYPTO_FALLBACK, 1, ": no_room; ");
	pair_set_keys(k, 1, &keys[1]);
	pair_pass(&p, 2 * SECOND);
	CU_ASSERT_EQUAL(log_tap_lines(), 1);
	log_tap_end();
	CU_ASSERT_EQUAL(pair_stat(&p, 0, "CryptoFallbackNoRoom"), 2);
	abort_both(k);
	pair_fini(&p);
}

/* --- a connection's life ----------------------------------------------------------- */

/* Each connection, each key and each end, and nothing per packet or record. */
static void
test_life(void)
{
	struct peer key = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&key);
	struct rtls_sock *k[2];
	struct pair p;

	pair_init(&p, NULL);
	log_tap_start(RTE_LOG_DEBUG);
	for (int i = 0; i < 5; i++) {
		pair_connect(&p, (uint16_t)(41000 + i), k);
		pair_set_keys(k, 0, &keys);
		pair_send(&p, k[0], bytes, 50000);
		pair_expect(&p, k[1], bytes, 50000);
		CU_ASSERT_EQUAL(rtls_close(k[0]), 0);
		CU_ASSERT_EQUAL(rtls_close(k[1]), 0);
		pair_settle(&p);
	}
	/* By both ends. */
	has(NOTE_OPENED, 10, "192.0.2.1:41004: opened: by the peer, to port 443\n");
	has(NOTE_KEYS, 10, ": rx, TLS_AES_128_GCM_SHA256, key 1\n");
	has(NOTE_MODE, 10, " in software, no_device\n");
	has(NOTE_ENDED, 10, "by nobody, closed\n");
	CU_ASSERT_EQUAL(log_tap_lines(), 40);
	log_tap_end();
	pair_fini(&p);
}

/* How connections end before their time, at level INFO. */
static void
test_ends(void)
{
	struct pair_conf conf = { .stack[0] = { .user_timeout_us = 2 * SECOND },
				  .first_byte_us = SECOND };
	const struct cable_path deaf = { .loss_ppm = CABLE_PPM };
	struct rtls_sock *k[2];
	struct pair p;

	pair_init(&p, &conf);
	log_tap_start(RTE_LOG_INFO);
	pair_connect(&p, 42000, k);
	CU_ASSERT_EQUAL(rtls_abort(k[0]), 0);
	pair_settle(&p);
	has(NOTE_RESET, 1, "192.0.2.1:42000: ");
	CU_ASSERT_EQUAL(rtls_close(k[1]), 0);
	pair_connect(&p, 0, k);
	pair_pass(&p, 2 * SECOND);
	has(NOTE_HANDSHAKE_TIMEOUT, 1, ": no byte came; ");
	has(NOTE_RESET, 2, "192.0.2.2:443: ");
	abort_both(k);
	pair_connect(&p, 0, k);
	pair_send(&p, k[0], "x", 1);
	pair_settle(&p);
	cable_set_path(p.cable, 0, &deaf);
	CU_ASSERT_EQUAL(rtls_send(k[0], "y", 1, 0), 1);
	pair_pass(&p, 5 * SECOND);
	has(NOTE_SOFT_ERROR, 1, "192.0.2.2:443: a connection's packets do not arrive: silent; ");
	has(NOTE_TIMEOUT, 1, "192.0.2.2:443: ");
	CU_ASSERT_EQUAL(log_tap_lines(), 5);
	cable_set_path(p.cable, 0, &(struct cable_path){ 0 });
	log_tap_end();
	abort_both(k);
	pair_fini(&p);
}

/* --- who is not taken in ----------------------------------------------------------- */

static void
dial(struct pair *p, struct rtls_sock **k, unsigned int n)
{
	struct rtls_addr remote = pair_addr(1, PAIR_PORT);

	for (unsigned int i = 0; i < n; i++)
		CU_ASSERT_EQUAL_FATAL(rtls_connect(p->stack[0], NULL, &remote, &k[i]), 0);
	pair_settle(p);
}

static void
test_not_taken(void)
{
	static const struct {
		struct pair_conf conf;
		enum note n;
		const char *what;
	} rows[] = {
		{ { .backlog = 2, .stack[1] = { .max_socks = 64 } },
		  NOTE_BACKLOG_FULL,
		  ": 2 wait for port 443; " },
		{ { .backlog = 64, .stack[1] = { .max_socks = 4 } },
		  NOTE_NO_SOCKET,
		  ": max_socks is 4; " },
		{ { .backlog = 64, .stack[1] = { .max_socks = 64, .max_per_remote = 3 } },
		  NOTE_REMOTE_LIMIT,
		  "recordtls: 192.0.2.1: a connection is refused, as its address has "
		  "max_per_remote: 3; " },
	};
	struct rtls_sock *k[8];
	struct pair p;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		pair_init(&p, &rows[i].conf);
		log_tap_start(RTE_LOG_NOTICE);
		dial(&p, k, HARNESS_COUNT(k));
		has(rows[i].n, 1, rows[i].what);
		CU_ASSERT_EQUAL(log_tap_lines(), 1);
		log_tap_end();
		for (size_t n = 0; n < HARNESS_COUNT(k); n++)
			CU_ASSERT_EQUAL(rtls_abort(k[n]), 0);
		pair_pass(&p, 90 * SECOND);
		pair_fini(&p);
	}
}

/* --- ports and memory -------------------------------------------------------------- */

static uint16_t
takes_nothing(struct rtls_port *port, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	(void)port;
	(void)queue;
	(void)pkts;
	(void)n;
	return 0;
}

/* Ever other packets, for ten seconds: at most one line a second. */
static void
test_port_never_takes(void)
{
	struct rtls_sock *k[2];
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, k);
	log_tap_start(RTE_LOG_NOTICE);
	p.port[0]->tx_prepare = takes_nothing;
	CU_ASSERT(rtls_send(k[0], bytes, sizeof(bytes), 0) > 0);
	pair_pass(&p, 10 * SECOND);
	CU_ASSERT(pair_stat(&p, 0, "TxDropped") > 5);
	CU_ASSERT(log_tap_count(NOTE_PORT_NEVER_TAKES) >= 1);
	CU_ASSERT(log_tap_count(NOTE_PORT_NEVER_TAKES) <= 11);
	CU_ASSERT_EQUAL(log_tap_lines(), log_tap_count(NOTE_PORT_NEVER_TAKES));
	log_tap_end();
	p.port[0]->tx_prepare = NULL;
	abort_both(k);
	pair_fini(&p);
}

/* Takes all buffers of a pool; how many. */
static unsigned int
drain(struct rte_mempool *pool, struct rte_mbuf **m)
{
	unsigned int n = 0;

	while ((m[n] = rte_pktmbuf_alloc(pool)) != NULL)
		n++;
	return n;
}

static void
test_no_buffers(void)
{
	static struct rte_mbuf *m[4][16384];
	struct peer key = peer_key(1, 0);
	struct rtls_keys keys = peer_keys(&key);
	unsigned int n[4] = { 0 };
	struct rtls_sock *k[2];
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, k);
	pair_set_keys(k, 0, &keys);
	log_tap_start(RTE_LOG_NOTICE);
	for (int i = 0; i < 3; i++)
		n[i] = drain(p.stack[0]->pools.record[i], m[i]);
	CU_ASSERT_EQUAL(rtls_send(k[0], bytes, 5000, 0), -ENOMEM);
	has(NOTE_NO_BUFFER, 1, "192.0.2.2:443: ");
	for (int i = 0; i < 3; i++)
		rte_pktmbuf_free_bulk(m[i], n[i]);
	pair_settle(&p);
	n[3] = drain(p.stack[0]->pools.header, m[3]);
	CU_ASSERT_EQUAL(rtls_send(k[0], bytes, 100, 0), 100);
	for (int i = 0; i < 10; i++)
		pair_turn(&p);
	has(NOTE_NO_HEADER, 1, NULL);
	CU_ASSERT_EQUAL(log_tap_lines(), 2);
	log_tap_end();
	rte_pktmbuf_free_bulk(m[3], n[3]);
	pair_expect(&p, k[1], bytes, 100);
	abort_both(k);
	pair_fini(&p);
}

/* A program that does not read, when receive buffers are short. */
static void
test_no_room(void)
{
	struct rtls_sock *k[2];
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, k);
	log_tap_start(RTE_LOG_NOTICE);
	pair_send(&p, k[0], bytes, 30000);
	pair_settle(&p);
	/* More than half is in use, and no share is larger than what it has. */
	p.stack[1]->rx_room_max = pair_stat(&p, 1, "RxRoomInUse") + 1;
	CU_ASSERT(rtls_send(k[0], bytes, 10000, 0) > 0);
	pair_pass(&p, SECOND / 2);
	CU_ASSERT(pair_stat(&p, 1, "PressureDataDropped") > 0);
	has(NOTE_NO_ROOM, 1, "192.0.2.1:");
	CU_ASSERT_EQUAL(log_tap_lines(), 1);
	log_tap_end();
	abort_both(k);
	pair_fini(&p);
}

/* --- neighbours --------------------------------------------------------------------- */

static void
test_neighbours(void)
{
	struct rtls_addr nobody = { .family = RTLS_IPV4, .ip = { 192, 0, 2, 99 }, .port = 443 };
	struct rtls_sock *k[2], *lost;
	struct forged f;
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, k);
	log_tap_start(RTE_LOG_NOTICE);
	CU_ASSERT_EQUAL(rtls_connect(p.stack[0], NULL, &nobody, &lost), 0);
	pair_pass(&p, 5 * SECOND);
	has(NOTE_NEIGHBOUR_SILENT, 1, "recordtls: 192.0.2.99: ");
	CU_ASSERT_EQUAL(rtls_close(lost), 0);
	forged_arp(&f, FORGER, NET + PEER, NET + SELF);
	inject(&p, &f);
	has(NOTE_NEIGHBOUR_CLAIMED, 1, "recordtls: 192.0.2.1: ");
	has(NOTE_NEIGHBOUR_CLAIMED, 1, ": 02:00:00:00:66:01; ");
	forged_arp(&f, FORGER, NET + SELF, NET + PEER);
	inject(&p, &f);
	has(NOTE_ADDRESS_TAKEN, 1, "recordtls: 192.0.2.2: ");
	has(NOTE_ADDRESS_TAKEN, 1, ": 02:00:00:00:66:01; ");
	CU_ASSERT_EQUAL(log_tap_lines(), 3);
	log_tap_end();
	abort_both(k);
	pair_fini(&p);
}

/* --- the flood ------------------------------------------------------------------------ */

enum { BAD_KINDS = 12 };

/* A bad packet of one of these kinds, from ever other addresses and ports. */
static void
make_bad(struct pair *p, struct forged *f, uint32_t i)
{
	const uint8_t *mac = p->port[1]->mac;
	uint32_t ip = 0x0a000001 + i, syn = (1024 + i % 60000) << 16 | PAIR_PORT;

	switch (i % BAD_KINDS) {
	case 0: /* a checksum */
		forged_tcp(f, mac, FORGER, ip, NET + SELF, syn, 2, i);
		f->bytes[FORGED_ETHER + FORGED_IP + 4] ^= 1;
		break;
	case 1: /* IPv4's checksum */
		forged_tcp(f, mac, FORGER, ip, NET + SELF, syn, 2, i);
		f->bytes[FORGED_ETHER + 10] ^= 1;
		break;
	case 2: /* a TCP header longer than the packet */
		forged_tcp(f, mac, FORGER, ip, NET + SELF, syn, 2, i);
		f->bytes[FORGED_ETHER + FORGED_IP + 12] = 15 << 4;
		forged_finish(f, f->len);
		break;
	case 3: /* a fragment */
		forged_tcp(f, mac, FORGER, ip, NET + SELF, syn, 2, i);
		f->bytes[FORGED_ETHER + 6] = 0x20;
		forged_finish(f, f->len);
		break;
	case 4: /* half-open for ever */
		forged_tcp(f, mac, FORGER, ip, NET + SELF, syn, 2, i);
		break;
	case 5: /* to no port */
		forged_tcp(f, mac, FORGER, ip, NET + SELF, (1024 + i % 60000) << 16 | 9, 2, i);
		break;
	case 6: /* nobody's */
		forged_tcp(f, mac, FORGER, ip, NET + SELF, syn, 16, i);
		break;
	case 7:
		forged_echo(f, mac, FORGER, ip, NET + SELF);
		break;
	case 8: /* our address is somebody's */
		forged_arp(f, FORGER, NET + SELF, NET + PEER);
		break;
	case 9: /* the neighbour's is, too */
		forged_arp(f, FORGER, NET + PEER, NET + SELF);
		break;
	case 10: /* a sender that cannot be */
		forged_arp(f, FORGER, NET + 255, NET + SELF);
		f->bytes[22] = 1;
		break;
	default: /* ICMP that says of nobody's connection what it likes */
		forged_start(f, mac, FORGER, ip, NET + SELF, 1)[0] = 3;
		f->bytes[FORGED_ETHER + FORGED_IP + 1] = 4;
		memcpy(f->bytes + FORGED_ETHER + FORGED_IP + 8, f->bytes + FORGED_ETHER, 20);
		forged_finish(f, FORGED_ETHER + FORGED_IP + 36);
		if (i % 2 != 0)
			f->bytes[FORGED_ETHER + FORGED_IP + 2] ^= 1;
		break;
	}
}

/* All levels are heard; one of them is enough to bury a log. */
static void
test_flood(void)
{
	struct pair_conf conf = { .stack[1] = { .max_syn = 64, .max_per_remote = 2 } };
	uint64_t began_us;
	struct rtls_sock *k[2];
	struct forged f;
	struct pair p;

	pair_init(&p, &conf);
	pair_connect(&p, 0, k);
	pair_send(&p, k[0], bytes, 1000);
	pair_expect(&p, k[1], bytes, 1000);
	log_tap_start(RTE_LOG_DEBUG);
	began_us = p.now_us;
	for (uint32_t i = 0; i < FLOOD; i++) {
		make_bad(&p, &f, i);
		inject(&p, &f);
	}
	CU_ASSERT(p.now_us - began_us >= SECOND && p.now_us - began_us < 9 * SECOND);
	for (int i = NOTE_MALFORMED; i <= NOTE_SYN_COOKIES; i++)
		printf("# %u times: %s\n", log_tap_count((enum note)i), note_text((enum note)i));
	has(NOTE_MALFORMED, 1, NULL);
	has(NOTE_BAD_CHECKSUM, 1, NULL);
	has(NOTE_FRAGMENT, 1, NULL);
	has(NOTE_ANSWERS_LIMITED, 1, NULL);
	has(NOTE_ADDRESS_TAKEN, 1, NULL);
	has(NOTE_NEIGHBOUR_CLAIMED, 1, NULL);
	has(NOTE_SYN_COOKIES, 1, "max_syn is 64");
	CU_ASSERT(log_tap_lines() <= 10);
	/* The next line tells of all that were left out. */
	pair_pass(&p, 20 * SECOND);
	make_bad(&p, &f, 3);
	inject(&p, &f);
	has(NOTE_FRAGMENT, 2, NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(log_tap_last(NOTE_FRAGMENT), " (and 9999 more since)\n"));
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "RxFragments"), FLOOD / BAD_KINDS + 1);
	log_tap_end();
	/* And the connection has not noticed. */
	pair_send(&p, k[0], bytes, 1000);
	pair_expect(&p, k[1], bytes, 1000);
	abort_both(k);
	pair_pass(&p, 90 * SECOND);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a record that cannot be opened", test_bad_record },
		{ "a stream that ends inside a record", test_cut_off },
		{ "a record that cannot be sealed", test_seal_failed },
		{ "keys that the crypto device does not take", test_fallback },
		{ "a connection's life", test_life },
		{ "how connections end", test_ends },
		{ "connections that are not taken in", test_not_taken },
		{ "a port that takes nothing", test_port_never_takes },
		{ "no buffers", test_no_buffers },
		{ "no room", test_no_room },
		{ "neighbours", test_neighbours },
		{ "a flood of bad packets", test_flood },
	};

	pair_fill(bytes, 0, sizeof(bytes));
	if (eal_start("log") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/log", cases, HARNESS_COUNT(cases));
}
