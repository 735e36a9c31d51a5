/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A connection whose packets go, and come, by another port than the one whose NIC has its contexts. End 0
 * has two ports, with a TLS NIC on one or both; end 1 does all in software, so what left in clear it would
 * not open; and what is sent again, by whatever port, is compared with what was sent first.
 */
#include <errno.h>
#include <stdlib.h>

#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/stat.h"

enum { LEN = 40000 };

static struct device_pair d;

static struct rtls_tlsnic_conf
nic_of(enum rtls_tls_tx_method tx, enum rtls_tls_rx_method rx)
{
	return (struct rtls_tlsnic_conf){ .size = sizeof(struct rtls_tlsnic_conf),
					  .max_contexts = 8,
					  .nb_mbufs = 2048,
					  .tx_method = (uint8_t)tx,
					  .rx_method = (uint8_t)rx };
}

static void
keys(void)
{
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
}

static void
begin(const struct rtls_tlsnic_conf *nic, bool both)
{
	struct pair_conf conf = {
		.two_ways = true,
		.nic = { nic, NULL },
		.other_nic = { both ? nic : NULL, NULL },
		.path = { { .delay_us = 200 }, { .delay_us = 200 } },
		.caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM,
	};

	device_pair_init(&d, &conf);
	device_pair_connect(&d);
	keys();
	device_pair_exchange(&d, 1000); /* ARP, and the contexts start */
}

static void
move(bool other)
{
	pair_move(&d.p, 0, other);
	pair_move(&d.p, 1, other);
}

static uint64_t
stat(const char *name)
{
	return device_pair_stat(&d, name);
}

static uint64_t
contexts(bool other)
{
	const struct rtls_port *port = other ? d.p.other_port[0] : d.p.port[0];

	if (port == cable_port(other ? d.p.other : d.p.cable, 0))
		return 0; /* no NIC */
	return stat_of(d.p.stack[0], port, "contexts_in_use");
}

/* Is it the NIC of that port that both directions are with? */
static bool
is_at(bool other)
{
	const struct rtls_port *port = other ? d.p.other_port[0] : d.p.port[0];
	bool is = contexts(other) == 2 && contexts(!other) == 0;

	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++) {
		struct rtls_tls_info info = { .size = sizeof(info) };

		CU_ASSERT_EQUAL(rtls_tls_info(d.k[0], (enum rtls_dir)dir, &info), 0);
		is &= info.mode == RTLS_MODE_NIC && strcmp(info.port, port->name) == 0;
	}
	return is;
}

/* What the NICs did of an exchange. */
struct share {
	uint64_t tx_sealed, tx_nic, tx_other; /* bytes, bytes, records */
	uint64_t rx_records, rx_nic, rx_other;
};

static struct share
share_now(void)
{
	return (struct share){
		.tx_sealed = stat("TxBytesSealed"),
		.tx_nic = stat("TxBytesNic"),
		.tx_other = stat("TxRecordsOtherPort"),
		.rx_records = stat("RxRecords"),
		.rx_nic = stat("RxRecordsNic"),
		.rx_other = stat("RxRecordsOtherPort"),
	};
}

static struct share
exchange(unsigned int times)
{
	struct share before = share_now(), s;

	for (unsigned int i = 0; i < times; i++)
		device_pair_exchange(&d, LEN);
	s = share_now();
	s.tx_sealed -= before.tx_sealed;
	s.tx_nic -= before.tx_nic;
	s.tx_other -= before.tx_other;
	s.rx_records -= before.rx_records;
	s.rx_nic -= before.rx_nic;
	s.rx_other -= before.rx_other;
	return s;
}

static void
all_by_nic(struct share s)
{
	CU_ASSERT(s.tx_sealed >= LEN);
	CU_ASSERT_EQUAL(s.tx_nic, s.tx_sealed);
	CU_ASSERT_EQUAL(s.tx_other, 0);
	CU_ASSERT(s.rx_records > 0);
	CU_ASSERT_EQUAL(s.rx_nic, s.rx_records);
	CU_ASSERT_EQUAL(s.rx_other, 0);
}

static void
all_by_hand(struct share s)
{
	CU_ASSERT(s.tx_sealed >= LEN);
	CU_ASSERT_EQUAL(s.tx_nic, 0);
	CU_ASSERT(s.tx_other > 0);
	CU_ASSERT_EQUAL(s.rx_nic, 0);
	CU_ASSERT(s.rx_records > 0);
	CU_ASSERT_EQUAL(s.rx_other, s.rx_records);
}

static void
to_and_fro(enum rtls_tls_tx_method tx, enum rtls_tls_rx_method rx, bool both)
{
	const struct rtls_tlsnic_conf nic = nic_of(tx, rx);

	begin(&nic, both);
	CU_ASSERT(is_at(false));
	all_by_nic(exchange(1));
	for (int i = 0; i < 3; i++) {
		move(true);
		all_by_hand(exchange(1));
		move(false);
		/* What it missed it goes on behind; some methods take a few records for it. */
		exchange(3);
		all_by_nic(exchange(1));
	}
	CU_ASSERT(is_at(false));
	CU_ASSERT_EQUAL(stat("SoftwareOtherPort"), 0);
	CU_ASSERT_EQUAL(stat("TlsDecryptError"), 0);
	device_pair_fini(&d);
}

/* Each way of a device to go on: with what comes next, or as it is told. */
static void
test_to_and_fro(void)
{
	for (int both = 0; both <= 1; both++) {
		to_and_fro(RTLS_TLS_TX_REBUILD, RTLS_TLS_RX_SCAN, both != 0);
		to_and_fro(RTLS_TLS_TX_NEXT_RECORD, RTLS_TLS_RX_SCAN_DELAYED, both != 0);
		to_and_fro(RTLS_TLS_TX_NEXT_RECORD, RTLS_TLS_RX_STACK, both != 0);
		to_and_fro(RTLS_TLS_TX_REBUILD, RTLS_TLS_RX_IN_ORDER, both != 0);
	}
}

/* One direction's way alone: the other one stays with its NIC. */
static void
test_one_way(void)
{
	const struct rtls_tlsnic_conf nic = nic_of(RTLS_TLS_TX_NEXT_RECORD, RTLS_TLS_RX_SCAN);
	struct share s;

	begin(&nic, true);
	pair_move(&d.p, 0, true);
	s = exchange(1);
	CU_ASSERT(s.tx_nic == 0 && s.tx_other > 0);
	CU_ASSERT(s.rx_nic == s.rx_records && s.rx_other == 0);
	pair_move(&d.p, 0, false);
	pair_move(&d.p, 1, true);
	exchange(1);
	s = exchange(1);
	CU_ASSERT(s.tx_nic == s.tx_sealed && s.tx_other == 0);
	CU_ASSERT(s.rx_nic == 0 && s.rx_other == s.rx_records);
	device_pair_fini(&d);
}

/* --- installed there ------------------------------------------------------------- */

/* Lets time pass with something sent and received in it. */
static void
stay(unsigned int ms)
{
	for (unsigned int i = 0; i < ms; i += 25) {
		device_pair_exchange(&d, 500);
		pair_pass(&d.p, 25000);
	}
}

/* A path that stays is followed: a quarter of a second, then twice as long each time. */
static void
test_installed(void)
{
	const struct rtls_tlsnic_conf nic = nic_of(RTLS_TLS_TX_NEXT_RECORD, RTLS_TLS_RX_SCAN);

	begin(&nic, true);
	move(true);
	stay(200);
	CU_ASSERT(is_at(false));
	stay(150);
	CU_ASSERT(is_at(true));
	CU_ASSERT_EQUAL(stat("SoftwareOtherPort"), 2);
	all_by_nic(exchange(2));
	move(false);
	stay(400);
	CU_ASSERT(is_at(true));
	all_by_hand(exchange(1));
	stay(200);
	CU_ASSERT(is_at(false));
	CU_ASSERT_EQUAL(stat("SoftwareOtherPort"), 4);
	all_by_nic(exchange(2));
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	device_pair_fini(&d);
}

/* One that flaps is not, however long. */
static void
test_flaps(void)
{
	const struct rtls_tlsnic_conf nic = nic_of(RTLS_TLS_TX_REBUILD, RTLS_TLS_RX_SCAN);

	begin(&nic, true);
	for (int i = 0; i < 30; i++) {
		move(i % 2 == 0);
		stay(100);
	}
	CU_ASSERT_EQUAL(stat("SoftwareOtherPort"), 0);
	CU_ASSERT(is_at(false));
	exchange(2);
	all_by_nic(exchange(1));
	device_pair_fini(&d);
}

/*
 * A burst by the other port, and then little by this one: most has come by the other for as long as it takes to move,
 * and not nearly all.
 */
static void
test_one_burst(void)
{
	const struct rtls_tlsnic_conf nic = nic_of(RTLS_TLS_TX_REBUILD, RTLS_TLS_RX_SCAN);

	begin(&nic, true);
	pair_move(&d.p, 1, true);
	exchange(1);
	pair_move(&d.p, 1, false);
	for (int i = 0; i < 12; i++) {
		device_pair_exchange(&d, 1500);
		pair_pass(&d.p, 25000);
	}
	pair_move(&d.p, 1, true);
	device_pair_exchange(&d, 500);
	CU_ASSERT_EQUAL(stat("SoftwareOtherPort"), 0);
	CU_ASSERT(is_at(false));
	device_pair_fini(&d);
}

/* Where nobody could have it, it stays where it was: that goes on when the path is back. */
static void
test_no_device_there(void)
{
	const struct rtls_tlsnic_conf nic = nic_of(RTLS_TLS_TX_NEXT_RECORD, RTLS_TLS_RX_SCAN);

	begin(&nic, false);
	move(true);
	stay(2000);
	all_by_hand(exchange(1));
	keys(); /* the wish holds for the next ones, too */
	exchange(1);
	CU_ASSERT_EQUAL(contexts(false), 2);
	move(false);
	exchange(3);
	all_by_nic(exchange(1));
	CU_ASSERT_EQUAL(stat("SoftwareOtherPort"), 0);
	CU_ASSERT_EQUAL(stat("SoftwareNoDevice"), 0);
	device_pair_fini(&d);
}

/* Who asks for the first time asks the port by which its packets go. */
static void
test_asked_there(void)
{
	const struct rtls_tlsnic_conf nic = nic_of(RTLS_TLS_TX_REBUILD, RTLS_TLS_RX_SCAN);

	begin(&nic, true);
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++)
		CU_ASSERT_EQUAL(rtls_set_mode(d.k[0], (enum rtls_dir)dir, RTLS_MODE_SOFTWARE), 0);
	exchange(1);
	CU_ASSERT_EQUAL(contexts(false), 0);
	move(true);
	exchange(1);
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++) {
		int rc = rtls_set_mode(d.k[0], (enum rtls_dir)dir, RTLS_MODE_NIC);

		CU_ASSERT(rc == 0 || rc == -EINPROGRESS);
	}
	exchange(1);
	CU_ASSERT(is_at(true));
	all_by_nic(exchange(1));
	device_pair_fini(&d);
}

/* Keys after keys, while the path is here and there: each connection's last port has all. */
static void
test_updates(void)
{
	const struct rtls_tlsnic_conf nic = nic_of(RTLS_TLS_TX_NEXT_RECORD, RTLS_TLS_RX_SCAN);

	begin(&nic, true);
	for (int i = 0; i < 4; i++) {
		move(i % 2 == 0);
		exchange(1);
		keys();
		stay(150);
		keys();
		stay(300u << i);
		exchange(2);
		CU_ASSERT(is_at(i % 2 == 0));
	}
	CU_ASSERT_EQUAL(stat("TlsDecryptError"), 0);
	device_pair_fini(&d);
}

/* --- sent again ------------------------------------------------------------------ */

static bool cut_off; /* nothing of end 0 passes */

static enum cable_verdict
filter(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	(void)arg;
	(void)frame;
	(void)now_us;
	(void)delay_us;
	return cut_off && dir == 0 && len > 100 ? CABLE_DROP : CABLE_PASS;
}

/*
 * What the NIC has sealed and nobody got goes by the other port, sealed here to the same bytes. Of two
 * records: the tail's probe (RFC 8985 7) goes by the first port still, and some NICs seal nothing out of
 * order, so the last record is sealed here by then.
 */
static void
test_again(void)
{
	for (int tx = RTLS_TLS_TX_REBUILD; tx <= RTLS_TLS_TX_NEXT_RECORD; tx++) {
		const struct rtls_tlsnic_conf nic = nic_of((enum rtls_tls_tx_method)tx,
							   RTLS_TLS_RX_SCAN);
		uint64_t by_hand, by_nic, again;

		begin(&nic, true);
		d.filter = filter;
		exchange(1);
		by_hand = stat("TxRecordsFallback");
		by_nic = stat("TxBytesNic");
		cut_off = true;
		device_pair_write(&d, 0, 10000);
		device_pair_write(&d, 0, 10000);
		pair_pass(&d.p, 1000);
		CU_ASSERT_EQUAL(stat("TxRetransmissions"), 0);
		CU_ASSERT(stat("TxBytesNic") >= by_nic + 20000);
		pair_pass(&d.p, 50000);
		CU_ASSERT_EQUAL(stat("TxRetransmissions"), 1);
		CU_ASSERT_EQUAL(stat("TxRecordsFallback") - by_hand, tx == RTLS_TLS_TX_NEXT_RECORD);
		by_hand = stat("TxRecordsOtherPort");
		move(true);
		cut_off = false;
		device_pair_read(&d, 0, 20000);
		/* All of it, and the probe before. */
		CU_ASSERT(stat("TxRetransmissions") > 20000 / 1448);
		CU_ASSERT(stat("TxRecordsOtherPort") > by_hand);
		/* And back: sealed here before, by the NIC not again. */
		by_nic = stat("TxBytesNic");
		again = stat("TxRetransmissions");
		cut_off = true;
		device_pair_write(&d, 0, 10000);
		pair_pass(&d.p, 50000);
		move(false);
		cut_off = false;
		device_pair_read(&d, 0, 10000);
		CU_ASSERT(stat("TxRetransmissions") > again);
		CU_ASSERT_EQUAL(stat("TxBytesNic"), by_nic);
		exchange(3);
		all_by_nic(exchange(1));
		device_pair_fini(&d);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "to another port and back", test_to_and_fro },
		{ "one direction alone", test_one_way },
		{ "installed at the other port", test_installed },
		{ "a route that flaps", test_flaps },
		{ "one burst by the other port", test_one_burst },
		{ "no device at the other port", test_no_device_there },
		{ "asked for at the other port", test_asked_there },
		{ "key updates meanwhile", test_updates },
		{ "sent again by the other port", test_again },
	};

	if (eal_start("two-ports") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/two_ports", cases, HARNESS_COUNT(cases));
}
