/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The key changes while the device has a connection: what it was to seal under the old key it
 * still seals, as often as it is sent again, and then its context goes.
 */
#include <errno.h>
#include <stdlib.h>

#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"

enum { OLD = 20000, NEW = 3000, NEW_WIRE = NEW + 22 };

static struct device_pair d;

static const struct cable_path DEAD = { .loss_ppm = CABLE_PPM, .spare_arp = true };
static const struct cable_path ALIVE = { 0 };

/* Of what end 0 sends every fifth frame is lost. */
static enum cable_verdict
every_fifth(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	uint32_t *n = arg;

	(void)frame;
	(void)now_us;
	(void)delay_us;
	return dir == 0 && len > 100 && ++*n % 5 == 0 ? CABLE_DROP : CABLE_PASS;
}

static void
begin(enum rtls_tls_tx_method method)
{
	device_pair_init(&d, NULL);
	d.p.port[0]->tls.caps.tx_method = (uint8_t)method;
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
	d.dev.o.mute = true;
	device_pair_exchange(&d, 5000);
}

static void
send_key_update(int from)
{
	static const uint8_t message[] = { 24, 0, 0, 1, 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)message, .iov_len = sizeof(message) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = RTLS_TYPE_HANDSHAKE };

	CU_ASSERT_EQUAL_FATAL(rtls_sendmsg(d.k[from], &m, 0), sizeof(message));
}

static void
receive_key_update(int from)
{
	uint8_t bytes[64];
	struct iovec iov = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	ssize_t n;

	for (int tries = 0; tries < 10000; tries++) {
		n = rtls_recvmsg(d.k[1 - from], &m, 0);
		if (n != -EAGAIN)
			break;
		pair_pass(&d.p, 1000);
	}
	CU_ASSERT_EQUAL_FATAL(n, 5);
	CU_ASSERT_EQUAL(m.type, RTLS_TYPE_HANDSHAKE);
	CU_ASSERT_EQUAL(rtls_recvmsg(d.k[1 - from], &m, 0), -EKEYEXPIRED);
}

static void
next_keys(int from, int at, enum rtls_dir dir)
{
	struct peer key = device_pair_key(from, d.epoch[from]);
	struct rtls_keys keys = peer_keys(&key);

	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(d.k[at], dir, &keys), 0);
}

/* End 0 has OLD bytes under way when its key changes, and NEW behind them. */
static void
change_under_way(void)
{
	cable_set_path(d.p.cable, 0, &DEAD);
	device_pair_write(&d, 0, OLD);
	for (int i = 0; i < 5; i++)
		pair_turn(&d.p);
	CU_ASSERT_EQUAL(pair_info(d.k[0]).snd_queued, OLD + 2 * 22);
	send_key_update(0);
	d.epoch[0]++;
	next_keys(0, 0, RTLS_TX);
	device_pair_write(&d, 0, NEW);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsTxRekeyOk"), 1);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrTxSw"), 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrTxDevice"), 1);
	/* Sending, the old key's and the new one's. */
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 3);
}

static void
read_all(void)
{
	uint64_t sent = d.sent[0];

	d.sent[0] -= NEW;
	device_pair_read(&d, 0, OLD);
	receive_key_update(0);
	next_keys(0, 1, RTLS_RX);
	d.sent[0] = sent;
	device_pair_read(&d, 0, NEW);
	device_pair_exchange(&d, 5000);
}

/* Records of both keys are lost and sent again; the context is there as long as it is needed. */
static void
test_rebuild(void)
{
	unsigned int marked;
	uint32_t n = 0;

	begin(RTLS_TLS_TX_REBUILD);
	change_under_way();
	marked = d.dev.nb_notes;
	cable_set_path(d.p.cable, 0, &ALIVE);
	d.filter = every_fifth;
	d.filter_arg = &n;
	for (int i = 0; i < 20000000 && pair_info(d.k[0]).snd_queued > 0; i++) {
		if (!pair_turn(&d.p))
			d.p.now_us += 1000;
		CU_ASSERT_EQUAL_FATAL(d.dev.o.ctx[0].used, pair_info(d.k[0]).snd_queued > NEW_WIRE);
	}
	CU_ASSERT(d.dev.nb_notes > marked + OLD / 1460);
	CU_ASSERT_EQUAL(d.dev.nb_dead, 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxRecordsFallback"), 0);
	read_all();
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	device_pair_fini(&d);
}

/* It takes packets in order only: software seals under the old key what is sent again. */
static void
test_next_record(void)
{
	unsigned int marked;

	begin(RTLS_TLS_TX_NEXT_RECORD);
	change_under_way();
	marked = d.dev.nb_notes;
	cable_set_path(d.p.cable, 0, &ALIVE);
	read_all();
	CU_ASSERT(device_pair_stat(&d, "TxRecordsFallback") > 0);
	/* What had not been sent was in order, or began with a record. */
	for (unsigned int i = marked; i < d.dev.nb_notes; i++) {
		const struct seal_note *n = &d.dev.notes[i], *last = n - 1;

		CU_ASSERT((int32_t)(n->seq - last->seq - last->len) >= 0);
		CU_ASSERT(n->seq == last->seq + last->len || n->meta.before_len == 0);
	}
	CU_ASSERT(!d.dev.o.ctx[0].used);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	device_pair_fini(&d);
}

/* All is acknowledged: the context goes with the key. */
static void
test_nothing_under_way(void)
{
	begin(RTLS_TLS_TX_REBUILD);
	send_key_update(0);
	pair_pass(&d.p, 1000000); /* its ACK may be late */
	d.epoch[0]++;
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 2);
	next_keys(0, 0, RTLS_TX);
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 2);
	receive_key_update(0);
	next_keys(0, 1, RTLS_RX);
	device_pair_exchange(&d, 5000);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	device_pair_fini(&d);
}

static void
test_receiving(void)
{
	begin(RTLS_TLS_TX_REBUILD);
	send_key_update(1);
	d.epoch[1]++;
	next_keys(1, 1, RTLS_TX);
	device_pair_write(&d, 1, NEW);
	receive_key_update(1);
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	next_keys(1, 0, RTLS_RX);
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_PENDING));
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 2);
	CU_ASSERT_EQUAL(d.dev.o.rules, 1);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsRxRekeyOk"), 1);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrRxDevice"), 1);
	device_pair_read(&d, 1, NEW);
	/* The port's queue has been seen empty since. */
	pair_settle(&d.p);
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	device_pair_exchange(&d, 5000);
	device_pair_fini(&d);
}

/* Before the device had answered. */
static void
test_pending(void)
{
	struct rtls_keys keys;
	struct peer key;

	device_pair_init(&d, NULL);
	d.dev.o.add_rc = -EINPROGRESS;
	device_pair_connect(&d);
	for (int i = 0; i < 2; i++) {
		device_pair_keys(&d, i);
		device_pair_keys(&d, i);
		CU_ASSERT(device_pair_is(&d, i, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_PENDING));
	}
	/* Of the newest keys, and no others. */
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 2);
	device_pair_exchange(&d, 5000);
	/* Refused keys change nothing. */
	key = device_pair_key(0, 3);
	keys = peer_keys(&key);
	keys.cipher++;
	CU_ASSERT_EQUAL(rtls_set_keys(d.k[0], RTLS_TX, &keys), -ENOTSUP);
	CU_ASSERT_EQUAL(rtls_set_keys(d.k[0], RTLS_RX, &keys), -ENOTSUP);
	device_pair_exchange(&d, 5000);
	device_pair_fini(&d);
}

static void
lose(enum rtls_tls_event_type type)
{
	struct rtls_tls_event ev = {
		.type = type,
		.ctx = { .index = 0, .generation = d.dev.o.ctx[0].generation },
		.cookie = d.dev.o.ctx[0].cookie,
	};

	offload_double_event(&d.dev.o, &ev);
	pair_turn(&d.p);
	CU_ASSERT(!d.dev.o.ctx[0].used);
	/* The new key's own goes only when all do. */
	CU_ASSERT(type == RTLS_TLS_EV_DOWN ?
			  device_pair_is(&d, RTLS_TX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_DOWN) :
			  device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	cable_set_path(d.p.cable, 0, &ALIVE);
	read_all();
	CU_ASSERT(device_pair_stat(&d, "TxRecordsFallback") > 0);
}

/* With the old context still there, it is lost, the device goes down, the key changes again, the
 * connection ends. */
static void
test_while_draining(void)
{
	static const enum rtls_tls_event_type events[] = { RTLS_TLS_EV_LOST, RTLS_TLS_EV_DOWN };

	for (size_t i = 0; i < HARNESS_COUNT(events); i++) {
		begin(RTLS_TLS_TX_REBUILD);
		change_under_way();
		lose(events[i]);
		device_pair_fini(&d);
	}
	for (int i = 0; i < 3; i++) {
		begin(RTLS_TLS_TX_REBUILD);
		change_under_way();
		CU_ASSERT_EQUAL(i == 0 ? rtls_abort(d.k[0]) : rtls_close(d.k[0]), 0);
		CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), i == 0 ? 0 : 3);
		d.k[0] = NULL;
		if (i == 2)
			CU_ASSERT_EQUAL(rtls_abort(d.k[1]), 0);
		if (i == 2)
			d.k[1] = NULL;
		cable_set_path(d.p.cable, 0, &ALIVE);
		pair_settle(&d.p);
		if (i == 1)
			device_pair_read(&d, 0, 0);
		device_pair_fini(&d);
	}
}

/* A third key while records of the first are under way, and some of the second. */
static void
third(enum rtls_tls_tx_method method)
{
	uint64_t sent;

	begin(method);
	change_under_way();
	send_key_update(0);
	d.epoch[0]++;
	next_keys(0, 0, RTLS_TX);
	device_pair_write(&d, 0, NEW);
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 4);
	cable_set_path(d.p.cable, 0, &ALIVE);
	sent = d.sent[0];
	d.sent[0] -= NEW + NEW;
	device_pair_read(&d, 0, OLD);
	for (int i = 0; i < 2; i++) {
		d.epoch[0] = 2 + (unsigned int)i;
		receive_key_update(0);
		next_keys(0, 1, RTLS_RX);
		d.sent[0] += NEW;
		device_pair_read(&d, 0, NEW);
	}
	CU_ASSERT_EQUAL(d.sent[0], sent);
	device_pair_exchange(&d, 5000);
	CU_ASSERT(!d.dev.o.ctx[0].used);
	device_pair_fini(&d);
}

static void
test_twice(void)
{
	third(RTLS_TLS_TX_REBUILD);
	third(RTLS_TLS_TX_NEXT_RECORD);
}

/* A peer may renew its keys with each record: the log tells of it once in a second. */
static void
test_log(void)
{
	unsigned int again;

	begin(RTLS_TLS_TX_REBUILD);
	log_tap_start(RTE_LOG_DEBUG);
	for (int i = 0; i < 3; i++) {
		send_key_update(0);
		d.epoch[0]++;
		next_keys(0, 0, RTLS_TX);
		receive_key_update(0);
		next_keys(0, 1, RTLS_RX);
		device_pair_exchange(&d, 100);
	}
	log_tap_end();
	again = log_tap_count(NOTE_KEYS_AGAIN) + log_tap_count(NOTE_MODE_AGAIN);
	/* By both stacks. */
	CU_ASSERT_EQUAL(log_tap_count(NOTE_KEYS_AGAIN), 2);
	CU_ASSERT(log_tap_count(NOTE_MODE_AGAIN) >= 1 && log_tap_count(NOTE_MODE_AGAIN) <= 2);
	CU_ASSERT_EQUAL(log_tap_lines(), again);
	device_pair_fini(&d);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "records under way, sealed again by the device", test_rebuild },
		{ "records under way, sealed again by software", test_next_record },
		{ "nothing under way", test_nothing_under_way },
		{ "the receiving side", test_receiving },
		{ "while the device adds", test_pending },
		{ "what ends the old context early", test_while_draining },
		{ "twice at once", test_twice },
		{ "again and again: the log", test_log },
	};

	if (eal_start("mode-rekey") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/mode-rekey", cases, HARNESS_COUNT(cases));
}
