/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The key changes while the device has a connection: it goes on with the next one, and what it was
 * to seal, or has opened, under those before stays theirs until that is acknowledged, or read.
 */
#include <errno.h>
#include <stdlib.h>

#include "stack/state.h"
#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/log_tap.h"

enum { OLD = 20000, NEW = 3000, NEW_WIRE = NEW + 22, DRAINING = EPOCHS_MAX - 1 };

static struct device_pair d;

/* What end 1 has read, and under which key it reads. */
static uint64_t got;
static unsigned int rx_epoch;

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

static bool
in_nic(enum rtls_dir dir)
{
	return device_pair_is(&d, dir, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE);
}

static bool
asked(const char *text)
{
	return offload_double_asked(&d.dev.o, text);
}

/* Its first contexts are 0.1 and 1.1 of sessions 1 and 2. */
static void
begin(enum rtls_tls_tx_method method)
{
	device_pair_init(&d, NULL);
	d.p.port[0]->tls.caps.tx_method = (uint8_t)method;
	d.dev.o.no_marks = true;
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
	device_pair_exchange(&d, 5000);
	CU_ASSERT(asked("create s1, add s1, start 0.1, create s2, add s2, steer s2, start 1.1"));
	pair_pass(&d.p, 1000000); /* an ACK may be late */
	got = d.sent[0];
	rx_epoch = 1;
}

/* A message of the handshake from end 0. */
static ssize_t
send_message(uint8_t type)
{
	uint8_t message[] = { type, 0, 0, 1, 0 };
	struct iovec iov = { .iov_base = message, .iov_len = sizeof(message) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = RTLS_TYPE_HANDSHAKE };

	return rtls_sendmsg(d.k[0], &m, 0);
}

/* End 0 says that it changes its key, and does. */
static void
change(void)
{
	CU_ASSERT_EQUAL_FATAL(send_message(24), 5);
	CU_ASSERT_EQUAL_FATAL(device_pair_set_keys(&d, 0, 0, ++d.epoch[0]), 0);
	CU_ASSERT(in_nic(RTLS_TX));
}

/* End 1 reads all that there is, key by key. */
static void
read_all(void)
{
	static uint8_t bytes[OLD];
	struct iovec iov = { .iov_base = bytes, .iov_len = sizeof(bytes) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	ssize_t n;

	for (int tries = 0; tries < 20000 && (got < d.sent[0] || rx_epoch < d.epoch[0]); tries++) {
		n = rtls_recvmsg(d.k[1], &m, 0);
		if (n == -EAGAIN) {
			pair_pass(&d.p, 1000);
		} else if (n == -EKEYEXPIRED) {
			CU_ASSERT_EQUAL_FATAL(device_pair_set_keys(&d, 0, 1, ++rx_epoch), 0);
			pair_turn(&d.p); /* the port is seen empty, with more to be read */
		} else {
			CU_ASSERT_FATAL(n > 0);
			if (m.type != RTLS_TYPE_DATA)
				continue;
			CU_ASSERT_FATAL(pair_matches(bytes, got, (size_t)n));
			got += (uint64_t)n;
		}
	}
	CU_ASSERT_EQUAL_FATAL(got, d.sent[0]);
	CU_ASSERT_EQUAL_FATAL(rx_epoch, d.epoch[0]);
}

static void
finish(void)
{
	read_all();
	device_pair_exchange(&d, 5000);
	CU_ASSERT_EQUAL(d.dev.nb_dead, 0);
	device_pair_fini(&d);
}

/* --- nothing under way ----------------------------------------------------------- */

/*
 * Sending: the old context goes, the next one starts with the new key's first record. The port is
 * full at first, which is nobody's affair.
 */
static void
sending(enum rtls_tls_tx_method method)
{
	begin(method);
	device_pair_keys(&d, 0);
	CU_ASSERT(asked("del 0.1, destroy s1, create s3, add s3, start 0.2"));
	CU_ASSERT_EQUAL(d.dev.o.ctx[0].rec_no, 0);
	CU_ASSERT_EQUAL(d.dev.o.ctx[0].seq, d.wire[0].isn + 1 + d.wire[0].end);
	CU_ASSERT(in_nic(RTLS_TX) && in_nic(RTLS_RX));
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsTxRekeyOk"), 1);
	d.dev.takes_none = true;
	device_pair_write(&d, 0, NEW);
	for (int i = 0; i < 5; i++)
		pair_turn(&d.p);
	d.dev.takes_none = false;
	device_pair_read(&d, 0, NEW);
	device_pair_exchange(&d, 5000);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxBytesNic"), device_pair_stat(&d, "TxBytesSealed"));
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxRecordsFallback"), 0);
	CU_ASSERT(asked(""));
	rx_epoch++;
	got = d.sent[0];
	finish();
}

static void
test_sending(void)
{
	sending(RTLS_TLS_TX_REBUILD);
	sending(RTLS_TLS_TX_NEXT_RECORD);
}

/* Receiving: the next one starts when the port's queue was gone through behind the old one. */
static void
test_receiving(void)
{
	begin(RTLS_TLS_TX_REBUILD);
	CU_ASSERT_EQUAL(rtls_sock_watch(d.k[0], RTLS_MODE, NULL), 0);
	for (int late = 0; late < 2; late++) {
		d.dev.o.del_rc = late ? -EINPROGRESS : 0;
		device_pair_keys(&d, 1);
		CU_ASSERT(asked(late ? "unsteer s3, del 1.2, destroy s3, create s4, add s4, "
				       "steer s4" :
				       "unsteer s2, del 1.1, destroy s2, create s3, add s3, "
				       "steer s3"));
		CU_ASSERT(
			device_pair_is(&d, RTLS_RX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_PENDING));
		CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrRxDevice"), 1);
		if (late) {
			/* It may still open packets, and says when it does not. */
			device_pair_exchange(&d, 5000);
			CU_ASSERT(asked(""));
			CU_ASSERT_EQUAL(pair_bits(&d.p, 0, d.k[0]), 0);
			d.dev.o.del_rc = 0;
			offload_double_deleted(&d.dev.o);
			/* The burst of this poll was taken before it said so. */
			pair_turn(&d.p);
			CU_ASSERT(asked(""));
		}
		pair_turn(&d.p);
		CU_ASSERT(asked(late ? "start 2.1" : "start 1.2"));
		CU_ASSERT_EQUAL(d.dev.o.ctx[1 + late].seq, d.wire[1].isn + 1 + d.wire[1].end);
		CU_ASSERT_EQUAL(d.dev.o.ctx[1 + late].rec_no, (uint64_t)late);
		CU_ASSERT(in_nic(RTLS_TX) && in_nic(RTLS_RX));
		CU_ASSERT_EQUAL(pair_bits(&d.p, 0, d.k[0]), RTLS_MODE);
		CU_ASSERT_EQUAL(pair_bits(&d.p, 0, d.k[0]), 0);
	}
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsRxRekeyOk"), 2);
	got = d.sent[0];
	finish();
}

/*
 * Before the device had answered: it has contexts of the newest keys, and no others. Receiving, one
 * that it is still deleting keeps the next from being started, though it never was.
 */
static void
pending_keys(bool ends)
{
	device_pair_init(&d, NULL);
	d.dev.o.no_marks = true;
	device_pair_connect(&d);
	for (int i = 0; i < 2; i++) {
		d.dev.o.add_rc = -EINPROGRESS;
		d.dev.o.del_rc = 0;
		device_pair_keys(&d, i);
		device_pair_keys(&d, i);
		CU_ASSERT(device_pair_is(&d, i, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_PENDING));
		CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), i == 0 ? 1u : 3u);
		d.dev.o.add_rc = 0;
		d.dev.o.del_rc = -EINPROGRESS;
		device_pair_keys(&d, i);
		device_pair_exchange(&d, 5000);
	}
	CU_ASSERT(in_nic(RTLS_TX));
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_PENDING));
	CU_ASSERT(asked("create s1, add s1, del 0.1, destroy s1, create s2, add s2, "
			"del 0.2, destroy s2, create s3, add s3, start 1.1, "
			"create s4, add s4, del 2.1, destroy s4, create s5, add s5, "
			"del 2.2, destroy s5, create s6, add s6, steer s6"));
	d.dev.o.del_rc = 0;
	if (ends) {
		CU_ASSERT_EQUAL(rtls_abort(d.k[1]), 0);
		d.k[1] = NULL;
		pair_settle(&d.p);
		CU_ASSERT(asked("del 1.1, destroy s3, unsteer s6, del 3.1, destroy s6"));
		CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrRxDevice"), 0);
		CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrRxSw"), 0);
	}
	offload_double_deleted(&d.dev.o);
	pair_settle(&d.p);
	if (ends) {
		CU_ASSERT(asked(""));
		device_pair_fini(&d);
		return;
	}
	device_pair_exchange(&d, 5000);
	CU_ASSERT(asked("start 3.1"));
	CU_ASSERT(in_nic(RTLS_TX) && in_nic(RTLS_RX));
	device_pair_fini(&d);
}

/* And when the connection is over before the device has deleted it, none is asked for. */
static void
test_pending(void)
{
	pending_keys(false);
	pending_keys(true);
}

/* --- records under way ----------------------------------------------------------- */

/* End 0 has OLD bytes under way when its key changes, and NEW behind them. */
static void
change_under_way(enum rtls_tls_tx_method method)
{
	begin(method);
	cable_set_path(d.p.cable, 0, &DEAD);
	device_pair_write(&d, 0, OLD);
	for (int i = 0; i < 5; i++)
		pair_turn(&d.p);
	CU_ASSERT_EQUAL(pair_info(d.k[0]).snd_queued, OLD + 2 * 22);
	change();
	device_pair_write(&d, 0, NEW);
	CU_ASSERT(asked("create s3, add s3, start 2.1"));
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrTxSw"), 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrTxDevice"), 1);
}

/* Records of both keys are lost and sent again; the context is there as long as it is needed. */
static void
test_rebuild(void)
{
	unsigned int marked;
	uint32_t n = 0;

	change_under_way(RTLS_TLS_TX_REBUILD);
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
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxRecordsFallback"), 0);
	finish();
}

/* It takes packets in order only: software seals under the old key what is sent again. */
static void
test_next_record(void)
{
	change_under_way(RTLS_TLS_TX_NEXT_RECORD);
	cable_set_path(d.p.cable, 0, &ALIVE);
	read_all();
	CU_ASSERT(device_pair_stat(&d, "TxRecordsFallback") > 0);
	CU_ASSERT(!d.dev.o.ctx[0].used);
	CU_ASSERT(in_nic(RTLS_TX));
	finish();
}

/*
 * What ends an old context early: it is lost, which is not the new one's affair, or all are; the
 * connection ends.
 */
static void
test_while_draining(void)
{
	for (int i = 0; i < 2; i++) {
		struct rtls_tls_event ev = { .type = i == 0 ? RTLS_TLS_EV_LOST : RTLS_TLS_EV_DOWN };

		change_under_way(RTLS_TLS_TX_REBUILD);
		ev.ctx = (struct rtls_tls_handle){ 0, d.dev.o.ctx[0].generation };
		ev.cookie = d.dev.o.ctx[0].cookie;
		offload_double_event(&d.dev.o, &ev);
		pair_turn(&d.p);
		CU_ASSERT(!d.dev.o.ctx[0].used);
		CU_ASSERT(i == 0 ? in_nic(RTLS_TX) :
				   device_pair_is(&d, RTLS_TX, RTLS_MODE_SOFTWARE,
						  RTLS_MODE_REASON_DOWN));
		if (i == 0)
			change();
		cable_set_path(d.p.cable, 0, &ALIVE);
		read_all();
		CU_ASSERT(device_pair_stat(&d, "TxRecordsFallback") > 0);
		finish();
	}
	for (int i = 0; i < 3; i++) {
		change_under_way(RTLS_TLS_TX_REBUILD);
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
			read_all();
		device_pair_fini(&d);
	}
}

/* --- four keys that drain ---------------------------------------------------------- */

/* Nothing is acknowledged: no fifth change, and all else goes on. */
static void
four_drain(enum rtls_tls_tx_method method)
{
	uint32_t n = 0;

	begin(method);
	CU_ASSERT_EQUAL(rtls_sock_watch(d.k[0], RTLS_WRITABLE, NULL), 0);
	cable_set_path(d.p.cable, 0, &DEAD);
	for (int i = 0; i < DRAINING; i++) {
		device_pair_write(&d, 0, NEW);
		change();
		pair_turn(&d.p);
	}
	device_pair_write(&d, 0, NEW);
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), DRAINING + 2);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(send_message(24), -EAGAIN);
		CU_ASSERT_EQUAL(device_pair_set_keys(&d, 0, 0, d.epoch[0] + 1), -EAGAIN);
		CU_ASSERT_EQUAL(send_message(4), 5);
		device_pair_write(&d, 0, NEW);
		CU_ASSERT_EQUAL(pair_bits(&d.p, 0, d.k[0]), RTLS_WRITABLE);
		pair_turn(&d.p);
	}
	cable_set_path(d.p.cable, 0, &ALIVE);
	d.filter = every_fifth;
	d.filter_arg = &n;
	read_all();
	pair_pass(&d.p, 1000000);
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 2);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxRecordsFallback") > 0,
			method == RTLS_TLS_TX_NEXT_RECORD);
	change();
	device_pair_write(&d, 0, NEW);
	finish();
}

static void
test_four_tx(void)
{
	four_drain(RTLS_TLS_TX_REBUILD);
	four_drain(RTLS_TLS_TX_NEXT_RECORD);
}

/* The device does not get around to deleting what it had. */
static void
test_four_rx(void)
{
	unsigned int next;

	begin(RTLS_TLS_TX_REBUILD);
	d.dev.o.del_rc = -EINPROGRESS;
	for (int i = 0; i < DRAINING; i++) {
		device_pair_keys(&d, 1);
		device_pair_exchange(&d, 500);
	}
	next = d.epoch[1] + 1;
	CU_ASSERT_EQUAL(device_pair_set_keys(&d, 1, 0, next), -EAGAIN);
	device_pair_exchange(&d, 500);
	d.dev.o.del_rc = 0;
	offload_double_deleted(&d.dev.o);
	pair_turn(&d.p);
	pair_turn(&d.p);
	CU_ASSERT(in_nic(RTLS_RX));
	device_pair_keys(&d, 1);
	CU_ASSERT_EQUAL(d.epoch[1], next);
	got = d.sent[0];
	finish();
}

/* --- a table that is full of older keys --------------------------------------------- */

enum after_full { ROOM, STILL_FULL, SOFTWARE_WISHED, DEVICE_DOWN, AFTER_FULL };

static bool
pending(enum rtls_dir dir)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	CU_ASSERT_EQUAL(rtls_tls_info(d.k[0], dir, &info), 0);
	CU_ASSERT_EQUAL(info.wish, RTLS_MODE_NIC);
	return device_pair_is(&d, dir, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_PENDING);
}

/* What happens while it waits for room. */
static void
meanwhile(enum rtls_dir dir, enum after_full what)
{
	struct rtls_tls_event down = { .type = RTLS_TLS_EV_DOWN };

	CU_ASSERT(pending(dir));
	CU_ASSERT_EQUAL(pair_bits(&d.p, 0, d.k[0]), 0);
	d.dev.o.add_rc = what == STILL_FULL ? -ENOSPC : 0;
	if (what == SOFTWARE_WISHED)
		CU_ASSERT_EQUAL(rtls_set_mode(d.k[0], dir, RTLS_MODE_SOFTWARE), 0);
	if (what != DEVICE_DOWN)
		return;
	offload_double_event(&d.dev.o, &down);
	rtls_stack_poll(d.p.stack[0], d.p.now_us);
}

static void
outcome(enum rtls_dir dir, enum after_full what)
{
	static const enum rtls_mode_reason why[AFTER_FULL] = { RTLS_MODE_REASON_NONE,
							       RTLS_MODE_REASON_NO_ROOM,
							       RTLS_MODE_REASON_ASKED,
							       RTLS_MODE_REASON_DOWN };

	CU_ASSERT(device_pair_is(&d, dir, what == ROOM ? RTLS_MODE_NIC : RTLS_MODE_SOFTWARE,
				 why[what]));
	CU_ASSERT_EQUAL(pair_bits(&d.p, 0, d.k[0]), what == SOFTWARE_WISHED ? 0 : RTLS_MODE);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "SoftwareNoRoom"), what == STILL_FULL);
	CU_ASSERT_EQUAL(pair_bits(&d.p, 0, d.k[0]), 0);
}

/* Two keys without room, while the device still seals for the one before. */
static void
full_tx(enum after_full what)
{
	static const char *const then[AFTER_FULL] = {
		"del 0.1, destroy s1, create s5, add s5, start 0.2",
		"del 0.1, destroy s1, create s5, add s5, destroy s5",
		"del 0.1, destroy s1",
		"del 0.1, destroy s1, unsteer s2, del 1.1, destroy s2",
	};

	begin(RTLS_TLS_TX_REBUILD);
	CU_ASSERT_EQUAL(rtls_sock_watch(d.k[0], RTLS_MODE, NULL), 0);
	cable_set_path(d.p.cable, 0, &DEAD);
	device_pair_write(&d, 0, OLD);
	d.dev.o.add_rc = -ENOSPC;
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL_FATAL(send_message(24), 5);
		CU_ASSERT_EQUAL_FATAL(device_pair_set_keys(&d, 0, 0, ++d.epoch[0]), 0);
		CU_ASSERT(pending(RTLS_TX));
		device_pair_write(&d, 0, NEW);
		pair_turn(&d.p);
	}
	CU_ASSERT(asked("create s3, add s3, destroy s3, create s4, add s4, destroy s4"));
	meanwhile(RTLS_TX, what);
	cable_set_path(d.p.cable, 0, &ALIVE);
	read_all();
	pair_pass(&d.p, 1000000);
	CU_ASSERT(asked(then[what]));
	outcome(RTLS_TX, what);
	finish();
}

/* The same while the device still deletes contexts of two keys, one that was never started. */
static void
full_rx(enum after_full what)
{
	static const char *const then[AFTER_FULL] = {
		"create s5, add s5, steer s5, start 1.2",
		"create s5, add s5, destroy s5",
		"",
		"del 0.1, destroy s1",
	};

	begin(RTLS_TLS_TX_REBUILD);
	CU_ASSERT_EQUAL(rtls_sock_watch(d.k[0], RTLS_MODE, NULL), 0);
	d.dev.o.del_rc = -EINPROGRESS;
	device_pair_keys(&d, 1);
	d.dev.o.add_rc = -ENOSPC;
	device_pair_keys(&d, 1);
	CU_ASSERT(asked("unsteer s2, del 1.1, destroy s2, create s3, add s3, steer s3, "
			"unsteer s3, del 2.1, destroy s3, create s4, add s4, destroy s4"));
	device_pair_exchange(&d, 5000);
	d.dev.o.del_rc = 0;
	meanwhile(RTLS_RX, what);
	offload_double_deleted(&d.dev.o);
	pair_turn(&d.p);
	pair_turn(&d.p);
	CU_ASSERT(asked(then[what]));
	outcome(RTLS_RX, what);
	got = d.sent[0];
	finish();
}

/* Another error is none that waiting mends. */
static void
refused(void)
{
	begin(RTLS_TLS_TX_REBUILD);
	cable_set_path(d.p.cable, 0, &DEAD);
	device_pair_write(&d, 0, OLD);
	d.dev.o.add_rc = -EIO;
	CU_ASSERT_EQUAL_FATAL(send_message(24), 5);
	CU_ASSERT_EQUAL_FATAL(device_pair_set_keys(&d, 0, 0, ++d.epoch[0]), 0);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_REFUSED));
	cable_set_path(d.p.cable, 0, &ALIVE);
	finish();
}

static void
test_full(void)
{
	refused();
	for (int what = ROOM; what < AFTER_FULL; what++) {
		full_tx(what);
		full_rx(what);
	}
}

/* --- what was opened under the old key ---------------------------------------------- */

/*
 * A NIC goes on behind a KeyUpdate, which it does not understand, with the old key: what it makes of
 * the new key's records is in the queue when that is installed.
 */
static void
test_old_marks(void)
{
	const struct rtls_tlsnic_conf nic = { .size = sizeof(nic) };
	const struct pair_conf conf = { .nic = { NULL, &nic } };

	pair_init(&d.p, &conf);
	pair_connect(&d.p, 0, d.k);
	memset(d.sent, 0, sizeof(d.sent));
	memset(d.epoch, 0, sizeof(d.epoch));
	device_pair_keys(&d, 0);
	got = 0;
	rx_epoch = 1;
	for (int i = 0; i < 3; i++) {
		uint64_t mixed = pair_stat(&d.p, 1, "RxRecordsMixed");
		struct rtls_tls_info info = { .size = sizeof(info) };

		device_pair_write(&d, 0, NEW);
		CU_ASSERT_EQUAL_FATAL(send_message(24), 5);
		CU_ASSERT_EQUAL_FATAL(device_pair_set_keys(&d, 0, 0, ++d.epoch[0]), 0);
		device_pair_write(&d, 0, OLD);
		pair_settle(&d.p);
		read_all();
		pair_settle(&d.p);
		CU_ASSERT(pair_stat(&d.p, 1, "RxRecordsMixed") > mixed);
		/* Read, and with it the old key goes. */
		CU_ASSERT_EQUAL(d.k[1]->rx.tls->epochs.nb_waiting, 0);
		CU_ASSERT_EQUAL(rtls_tls_info(d.k[1], RTLS_RX, &info), 0);
		CU_ASSERT_EQUAL(info.mode, RTLS_MODE_NIC);
		mixed = pair_stat(&d.p, 1, "RxRecordsNic");
		device_pair_write(&d, 0, NEW);
		read_all();
		CU_ASSERT_EQUAL(pair_stat(&d.p, 1, "RxRecordsNic"), mixed + 1);
	}
	CU_ASSERT_EQUAL(pair_stat(&d.p, 1, "SoftwareLost"), 0);
	CU_ASSERT_EQUAL(rtls_close(d.k[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(d.k[1]), 0);
	pair_fini(&d.p);
}

/* A peer may renew its keys with each record: the log tells of it once in a second. */
static void
test_log(void)
{
	unsigned int again;

	begin(RTLS_TLS_TX_REBUILD);
	pair_turn(
		&d.p); /* the second begins now: a stack knows of time what its last poll told it */
	log_tap_start(RTE_LOG_DEBUG);
	for (int i = 0; i < 3; i++) {
		change();
		read_all();
		got += 100;
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
		{ "sending, nothing under way", test_sending },
		{ "receiving", test_receiving },
		{ "while the device adds", test_pending },
		{ "records under way, sealed again by the device", test_rebuild },
		{ "records under way, sealed again by software", test_next_record },
		{ "what ends the old context early", test_while_draining },
		{ "four keys drain, sending", test_four_tx },
		{ "four keys drain, receiving", test_four_rx },
		{ "a table that is full of older keys", test_full },
		{ "marks of the old key", test_old_marks },
		{ "again and again: the log", test_log },
	};

	if (eal_start("mode-rekey") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/mode-rekey", cases, HARNESS_COUNT(cases));
}
