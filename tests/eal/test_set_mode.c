/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * rtls_set_mode(), there and back while data flows: what the device is asked, what the program is
 * told, and what is wanted meanwhile. Why a device is not asked, or refuses: test_mode.c.
 */
#include <errno.h>
#include <stdlib.h>

#include "stack/mode_device.h"
#include "stack/state.h"
#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"

enum { BYTES = 20000, FEATURES = RTLS_FEATURE_TLS_TX | RTLS_FEATURE_TLS_RX };

static struct device_pair d;

static const struct cable_path DEAD = { .loss_ppm = CABLE_PPM, .spare_arp = true };
static const struct cable_path ALIVE = { 0 };

/* Who is in software for a while, or in the NIC, is wanted there. */
static bool
is(enum rtls_dir dir, enum rtls_mode mode, enum rtls_mode_reason why)
{
	bool nic = mode == RTLS_MODE_NIC || why == RTLS_MODE_REASON_PENDING;
	struct rtls_tls_info info = { .size = sizeof(info) };

	CU_ASSERT_EQUAL(rtls_tls_info(d.k[0], dir, &info), 0);
	CU_ASSERT_EQUAL(info.wish, nic ? RTLS_MODE_NIC : RTLS_MODE_SOFTWARE);
	return device_pair_is(&d, dir, mode, why);
}

static bool
in_nic(enum rtls_dir dir)
{
	return is(dir, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE);
}

static bool
in_software(enum rtls_dir dir, enum rtls_mode_reason why)
{
	return is(dir, RTLS_MODE_SOFTWARE, why);
}

static int
set(enum rtls_dir dir, enum rtls_mode m)
{
	return rtls_set_mode(d.k[0], dir, m);
}

/* The event RTLS_MODE, and then it is told. */
static bool
told(void)
{
	bool is_told = pair_bits(&d.p, 0, d.k[0]) == RTLS_MODE;

	CU_ASSERT_EQUAL(pair_bits(&d.p, 0, d.k[0]), 0);
	return is_told;
}

static bool
asked(const char *text)
{
	return offload_double_asked(&d.dev.o, text);
}

/* Both directions have keys, the first contexts 0.1 and 1.1 of sessions 1 and 2. */
static void
begin(void)
{
	device_pair_init(&d, NULL);
	d.dev.o.no_marks = true;
	device_pair_connect(&d);
	CU_ASSERT_EQUAL(rtls_sock_watch(d.k[0], RTLS_MODE, NULL), 0);
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
	CU_ASSERT(in_nic(RTLS_TX) && in_nic(RTLS_RX));
	CU_ASSERT(asked("create s1, add s1, start 0.1, "
			"create s2, add s2, steer s2, start 1.1"));
	device_pair_exchange(&d, 3000);
	CU_ASSERT_FALSE(told());
}

static void
finish(void)
{
	device_pair_exchange(&d, 3000);
	CU_ASSERT_EQUAL(d.dev.nb_dead, 0);
	device_pair_fini(&d);
}

static void
context_event(enum rtls_tls_event_type type, enum rtls_dir dir)
{
	struct epochs *all = sock_epochs(d.k[0], dir);
	struct rtls_tls_event ev = { .type = (uint8_t)type,
				     .ctx = all->now->ctx.handle,
				     .cookie = mode_device_cookie(d.k[0], dir) };

	offload_double_event(&d.dev.o, &ev);
	rtls_stack_poll(d.p.stack[0], d.p.now_us);
}

static void
device_event(enum rtls_tls_event_type type)
{
	struct rtls_tls_event ev = { .type = (uint8_t)type };

	offload_double_event(&d.dev.o, &ev);
	rtls_stack_poll(d.p.stack[0], d.p.now_us);
}

/* --- what changes nothing ------------------------------------------------------ */

static void
test_nothing_changed(void)
{
	static const enum rtls_mode modes[] = { RTLS_MODE_NONE, RTLS_MODE_TOE + 1 };
	struct rtls_tls_info info = { .size = sizeof(info) };

	device_pair_init(&d, NULL);
	device_pair_connect(&d);
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++) {
		CU_ASSERT_EQUAL(set(dir, RTLS_MODE_NIC), -ENOKEY);
		CU_ASSERT_EQUAL(set(dir, RTLS_MODE_SOFTWARE), -ENOKEY);
		CU_ASSERT_EQUAL(rtls_tls_info(d.k[0], dir, &info), 0);
		CU_ASSERT_EQUAL(info.wish, RTLS_MODE_NONE);
	}
	device_pair_keys(&d, 0);
	CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_NIC), -ENOKEY);
	device_pair_keys(&d, 1);
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++)
		for (size_t i = 0; i < HARNESS_COUNT(modes); i++)
			CU_ASSERT_EQUAL(set(dir, modes[i]), -EINVAL);
	CU_ASSERT_EQUAL(set(RTLS_TX, RTLS_MODE_TOE), -ENOTSUP);
	CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_TOE), -ENOTSUP);
	CU_ASSERT_EQUAL(set(RTLS_RX + 1, RTLS_MODE_NIC), -EINVAL);
	CU_ASSERT_EQUAL(set(-1, RTLS_MODE_NIC), -EINVAL);
	CU_ASSERT(in_nic(RTLS_TX) && in_nic(RTLS_RX));
	device_pair_exchange(&d, 3000);
	CU_ASSERT_EQUAL(rtls_abort(d.k[1]), 0);
	d.k[1] = NULL;
	pair_settle(&d.p);
	CU_ASSERT_EQUAL(pair_info(d.k[0]).state, RTLS_SOCK_CLOSED);
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++) {
		CU_ASSERT_EQUAL(set(dir, RTLS_MODE_NIC), -ENOTCONN);
		CU_ASSERT_EQUAL(set(dir, RTLS_MODE_SOFTWARE), -ENOTCONN);
	}
	device_event(RTLS_TLS_EV_DOWN);
	CU_ASSERT(in_nic(RTLS_TX) && in_nic(RTLS_RX));
	device_pair_fini(&d);
}

/* --- there and back ------------------------------------------------------------ */

/* Nothing is queued: the context goes at once, and the next one starts with the next record. */
static void
test_tx(void)
{
	struct rtls_tls_info info = { .size = sizeof(info) };
	unsigned int marked;

	begin();
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(set(RTLS_TX, RTLS_MODE_SOFTWARE), 0);
		CU_ASSERT(in_software(RTLS_TX, RTLS_MODE_REASON_ASKED));
	}
	CU_ASSERT(asked("del 0.1, destroy s1"));
	marked = d.dev.nb_notes;
	device_pair_exchange(&d, 3000);
	CU_ASSERT_EQUAL(d.dev.nb_notes, marked);
	CU_ASSERT_EQUAL(rtls_tls_info(d.k[0], RTLS_TX, &info), 0);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(set(RTLS_TX, RTLS_MODE_NIC), 0);
		CU_ASSERT(in_nic(RTLS_TX));
	}
	CU_ASSERT(asked("create s3, add s3, start 0.2"));
	CU_ASSERT_EQUAL(d.dev.o.ctx[0].rec_no, info.rec_no);
	CU_ASSERT_EQUAL(d.dev.o.ctx[0].seq, d.wire[0].isn + 1 + d.wire[0].end);
	CU_ASSERT(in_nic(RTLS_RX));
	CU_ASSERT_FALSE(told());
	finish();
}

/* Does all of it once more: with so much under way that the device still has to seal again. */
static void
test_tx_under_way(void)
{
	begin();
	cable_set_path(d.p.cable, 0, &DEAD);
	device_pair_write(&d, 0, BYTES);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(set(RTLS_TX, RTLS_MODE_SOFTWARE), 0);
		CU_ASSERT(in_software(RTLS_TX, RTLS_MODE_REASON_ASKED));
		device_pair_write(&d, 0, BYTES);
		CU_ASSERT_EQUAL(set(RTLS_TX, RTLS_MODE_NIC), 0);
		CU_ASSERT(in_nic(RTLS_TX));
		device_pair_write(&d, 0, BYTES);
		pair_turn(&d.p);
	}
	/* The same context, through all of it. */
	CU_ASSERT(asked(""));
	cable_set_path(d.p.cable, 0, &ALIVE);
	device_pair_read(&d, 0, 7 * BYTES);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxRecordsFallback"), 0);
	CU_ASSERT_FALSE(told());
	/* And away from it: it goes with the last record that needs it. */
	cable_set_path(d.p.cable, 0, &DEAD);
	device_pair_write(&d, 0, BYTES);
	CU_ASSERT_EQUAL(set(RTLS_TX, RTLS_MODE_SOFTWARE), 0);
	pair_turn(&d.p);
	CU_ASSERT(asked(""));
	cable_set_path(d.p.cable, 0, &ALIVE);
	while (pair_info(d.k[0]).snd_queued > 0) {
		CU_ASSERT(d.dev.o.ctx[0].used);
		pair_pass(&d.p, 1000);
	}
	CU_ASSERT(asked("del 0.1, destroy s1"));
	device_pair_read(&d, 0, BYTES);
	CU_ASSERT(in_software(RTLS_TX, RTLS_MODE_REASON_ASKED));
	CU_ASSERT_FALSE(told());
	finish();
}

/* Deleted at once; asked for again when the port's queue was gone through behind it. */
static void
test_rx(void)
{
	begin();
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_SOFTWARE), 0);
		CU_ASSERT(in_software(RTLS_RX, RTLS_MODE_REASON_ASKED));
	}
	CU_ASSERT(asked("unsteer s2, del 1.1, destroy s2"));
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_NIC), -EINPROGRESS);
		CU_ASSERT(in_software(RTLS_RX, RTLS_MODE_REASON_PENDING));
	}
	CU_ASSERT(asked(""));
	CU_ASSERT_FALSE(told());
	pair_turn(&d.p);
	CU_ASSERT(asked("create s3, add s3, steer s3, start 1.2"));
	CU_ASSERT(in_nic(RTLS_RX));
	CU_ASSERT(told());
	/* Quiet already: it starts in the call. */
	CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_SOFTWARE), 0);
	device_pair_exchange(&d, 3000);
	CU_ASSERT(in_software(RTLS_RX, RTLS_MODE_REASON_ASKED));
	CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_NIC), 0);
	CU_ASSERT_EQUAL(d.dev.o.ctx[1].seq, d.wire[1].isn + 1 + d.wire[1].end);
	CU_ASSERT(in_nic(RTLS_RX) && in_nic(RTLS_TX));
	CU_ASSERT_FALSE(told());
	finish();
}

/* --- devices that take their time ---------------------------------------------- */

/* The wish changes while the device deletes: what it is when that has ended counts. */
static void
test_rx_late_del(void)
{
	static const enum rtls_mode wishes[] = { RTLS_MODE_NIC, RTLS_MODE_SOFTWARE, RTLS_MODE_NIC,
						 RTLS_MODE_SOFTWARE };

	for (size_t n = 1; n <= HARNESS_COUNT(wishes); n++) {
		bool nic = wishes[n - 1] == RTLS_MODE_NIC;

		begin();
		d.dev.o.del_rc = -EINPROGRESS;
		CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_SOFTWARE), 0);
		for (size_t i = 0; i < n; i++) {
			CU_ASSERT_EQUAL(set(RTLS_RX, wishes[i]),
					wishes[i] == RTLS_MODE_NIC ? -EINPROGRESS : 0);
			CU_ASSERT(in_software(RTLS_RX, wishes[i] == RTLS_MODE_NIC ?
							       RTLS_MODE_REASON_PENDING :
							       RTLS_MODE_REASON_ASKED));
			device_pair_exchange(&d, 3000);
		}
		/* What else it says of that is nothing. */
		context_event(RTLS_TLS_EV_LOST, RTLS_RX);
		CU_ASSERT(asked("unsteer s2, del 1.1, destroy s2"));
		CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 2);
		CU_ASSERT_FALSE(told());
		d.dev.o.del_rc = 0;
		offload_double_deleted(&d.dev.o);
		pair_turn(&d.p);
		pair_turn(&d.p);
		CU_ASSERT(asked(nic ? "create s3, add s3, steer s3, start 1.2" : ""));
		CU_ASSERT(nic ? in_nic(RTLS_RX) : in_software(RTLS_RX, RTLS_MODE_REASON_ASKED));
		CU_ASSERT_EQUAL(told(), nic);
		finish();
	}
}

/* The same where it sends: nobody waits for that. */
static void
test_tx_late_del(void)
{
	begin();
	d.dev.o.del_rc = -EINPROGRESS;
	CU_ASSERT_EQUAL(set(RTLS_TX, RTLS_MODE_SOFTWARE), 0);
	CU_ASSERT_EQUAL(set(RTLS_TX, RTLS_MODE_NIC), 0);
	CU_ASSERT(asked("del 0.1, destroy s1, create s3, add s3, start 2.1"));
	offload_double_deleted(&d.dev.o);
	d.dev.o.del_rc = 0;
	device_pair_exchange(&d, 3000);
	CU_ASSERT(in_nic(RTLS_TX) && in_nic(RTLS_RX));
	CU_ASSERT(asked(""));
	finish();
}

/* A port that is never seen empty: then what it had is counted. */
static void
test_rx_busy(void)
{
	enum { AT_ONCE = NETIF_POLL_BURSTS * NETIF_RX_BURST };
	static const uint8_t junk[60];
	uint32_t polls = 0;

	begin();
	d.p.port[0]->rx_ahead = 1000;
	CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_SOFTWARE), 0);
	CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_NIC), -EINPROGRESS);
	for (; polls < 20 && !told(); polls++) {
		for (int i = 0; i < AT_ONCE; i++)
			CU_ASSERT_EQUAL(cable_inject(d.p.cable, 1, junk, sizeof(junk)), 0);
		rtls_stack_poll(d.p.stack[0], d.p.now_us);
		CU_ASSERT_FALSE(d.p.stack[0]->netifs[0].rx_quiet);
	}
	CU_ASSERT(in_nic(RTLS_RX));
	CU_ASSERT_EQUAL(polls, (1000 + AT_ONCE - 1) / AT_ONCE);
	finish();
}

/* What ends the waiting for a context that is being deleted, besides the device's word. */
static void
test_late_del_ends(void)
{
	begin();
	d.dev.o.del_rc = -EINPROGRESS;
	CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_SOFTWARE), 0);
	CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_NIC), -EINPROGRESS);
	/* Of contexts that are void nobody says more. */
	d.dev.o.del_rc = 0;
	CU_ASSERT_FALSE(told());
	device_event(RTLS_TLS_EV_DOWN);
	pair_settle(&d.p);
	CU_ASSERT(in_software(RTLS_RX, RTLS_MODE_REASON_DOWN));
	CU_ASSERT(told());
	CU_ASSERT(asked("unsteer s2, del 1.1, destroy s2, del 0.1, destroy s1"));
	CU_ASSERT_EQUAL(rtls_port_features(d.p.port[0], FEATURES, 0), 0);
	CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_NIC), 0);
	offload_double_deleted(&d.dev.o);
	finish();
	/* The connection ends, and the device says it later. */
	begin();
	d.dev.o.del_rc = -EINPROGRESS;
	CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_SOFTWARE), 0);
	CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_NIC), -EINPROGRESS);
	CU_ASSERT_EQUAL(rtls_abort(d.k[0]), 0);
	CU_ASSERT(TAILQ_EMPTY(&d.p.stack[0]->netifs[0].quiet_list));
	d.k[0] = NULL;
	offload_double_deleted(&d.dev.o);
	pair_settle(&d.p);
	CU_ASSERT(asked("unsteer s2, del 1.1, destroy s2, del 0.1, destroy s1"));
	offload_double_deleted(&d.dev.o);
	device_pair_fini(&d);
}

/* Closed while it waits for the port's queue, or with the device asked to open: nobody waits then. */
static void
test_closed(void)
{
	for (int waits = 0; waits < 2; waits++) {
		begin();
		if (waits)
			CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_SOFTWARE), 0);
		CU_ASSERT_EQUAL(TAILQ_EMPTY(&d.p.stack[0]->netifs[0].quiet_list), !waits);
		CU_ASSERT_EQUAL(rtls_abort(d.k[0]), 0);
		CU_ASSERT(TAILQ_EMPTY(&d.p.stack[0]->netifs[0].quiet_list));
		d.k[0] = NULL;
		pair_settle(&d.p);
		device_pair_fini(&d);
	}
}

/* The wish is withdrawn while the device adds; its answer is of no context. */
static void
test_late_add(void)
{
	begin();
	CU_ASSERT_EQUAL(set(RTLS_TX, RTLS_MODE_SOFTWARE), 0);
	CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_SOFTWARE), 0);
	pair_settle(&d.p);
	(void)offload_double_said(&d.dev.o, d.dev.o.trace);
	d.dev.o.add_rc = -EINPROGRESS;
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++) {
		CU_ASSERT_EQUAL(set(dir, RTLS_MODE_NIC), -EINPROGRESS);
		CU_ASSERT(in_software(dir, RTLS_MODE_REASON_PENDING));
		CU_ASSERT_EQUAL(set(dir, RTLS_MODE_SOFTWARE), 0);
		CU_ASSERT(in_software(dir, RTLS_MODE_REASON_ASKED));
	}
	CU_ASSERT(asked("create s3, add s3, del 0.2, destroy s3, "
			"create s4, add s4, del 0.3, destroy s4"));
	pair_settle(&d.p);
	CU_ASSERT_FALSE(told());
	/* Once more, and it answers: an event for each direction that begins. */
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++)
		CU_ASSERT_EQUAL(set(dir, RTLS_MODE_NIC), -EINPROGRESS);
	CU_ASSERT(asked("create s5, add s5, create s6, add s6"));
	CU_ASSERT_FALSE(told());
	d.dev.o.add_rc = 0;
	offload_double_answer(&d.dev.o, 0);
	pair_settle(&d.p);
	CU_ASSERT(asked("start 0.4, steer s6, start 1.2"));
	CU_ASSERT(in_nic(RTLS_TX) && in_nic(RTLS_RX));
	CU_ASSERT(told());
	finish();
}

/* --- what the device gives up --------------------------------------------------- */

static void
receiver_opened(void)
{
	/* The double opens nothing, and one that opens nothing was only started too late. */
	session_rx_epoch(&d.k[0]->rx)->rx.opened = true;
}

/* Lost: further keys do not bring the NIC back, the program does. */
static void
test_after_lost(void)
{
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++) {
		begin();
		receiver_opened();
		context_event(RTLS_TLS_EV_LOST, dir);
		CU_ASSERT(in_software(dir, RTLS_MODE_REASON_LOST));
		CU_ASSERT(in_nic(dir == RTLS_TX ? RTLS_RX : RTLS_TX));
		/* Also when a call came between. */
		CU_ASSERT_EQUAL(set(dir, RTLS_MODE_SOFTWARE), 0);
		CU_ASSERT(told());
		CU_ASSERT(asked(dir == RTLS_TX ? "del 0.1, destroy s1" :
						 "unsteer s2, del 1.1, destroy s2"));
		device_pair_exchange(&d, BYTES);
		device_pair_keys(&d, dir);
		device_pair_exchange(&d, BYTES);
		CU_ASSERT(in_software(dir, RTLS_MODE_REASON_LOST));
		CU_ASSERT(asked(""));
		CU_ASSERT_FALSE(told());
		CU_ASSERT_EQUAL(set(dir, RTLS_MODE_NIC), 0);
		CU_ASSERT(in_nic(dir));
		CU_ASSERT_FALSE(told());
		CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 2);
		finish();
	}
}

/* Before it was started: nobody tries that again. */
static void
test_lost_early(void)
{
	begin();
	/* What was not read yet may be a KeyUpdate. */
	CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_SOFTWARE), 0);
	device_pair_write(&d, 1, 1000);
	pair_settle(&d.p);
	CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_NIC), -EINPROGRESS);
	CU_ASSERT(asked("unsteer s2, del 1.1, destroy s2, create s3, add s3, steer s3"));
	context_event(RTLS_TLS_EV_LOST, RTLS_RX);
	CU_ASSERT(in_software(RTLS_RX, RTLS_MODE_REASON_LOST));
	CU_ASSERT(told());
	device_pair_read(&d, 1, 1000);
	/* And before it has answered. */
	CU_ASSERT_EQUAL(set(RTLS_TX, RTLS_MODE_SOFTWARE), 0);
	d.dev.o.add_rc = -EINPROGRESS;
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++) {
		CU_ASSERT_EQUAL(set(dir, RTLS_MODE_NIC), -EINPROGRESS);
		context_event(RTLS_TLS_EV_LOST, dir);
		CU_ASSERT(in_software(dir, RTLS_MODE_REASON_LOST));
	}
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 0);
	finish();
}

/* Down and up: the program says that the device is used again, and then for whom. */
static void
test_after_down(void)
{
	begin();
	device_event(RTLS_TLS_EV_DOWN);
	CU_ASSERT(told());
	device_event(RTLS_TLS_EV_UP);
	CU_ASSERT_FALSE(told());
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++) {
		CU_ASSERT(in_software(dir, RTLS_MODE_REASON_DOWN));
		device_pair_keys(&d, dir);
		CU_ASSERT(in_software(dir, RTLS_MODE_REASON_DOWN));
		CU_ASSERT_EQUAL(set(dir, RTLS_MODE_NIC), -EPERM);
		CU_ASSERT(in_software(dir, RTLS_MODE_REASON_FEATURE_OFF));
	}
	CU_ASSERT_EQUAL(rtls_port_features(d.p.port[0], FEATURES, 0), 0);
	device_pair_exchange(&d, BYTES);
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 0);
	CU_ASSERT_FALSE(told());
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++) {
		device_pair_keys(&d, dir);
		CU_ASSERT(in_software(dir, RTLS_MODE_REASON_FEATURE_OFF));
		CU_ASSERT_EQUAL(set(dir, RTLS_MODE_NIC), 0);
		CU_ASSERT(in_nic(dir));
	}
	CU_ASSERT_FALSE(told());
	finish();
}

/* One that has opened nothing when it is lost was started too late: so it is tried again. */
static void
test_skipped(void)
{
	enum { TIMES = 8 };

	begin();
	d.dev.o.mute = true;
	for (int again = 0; again < 2; again++) {
		for (int i = 0; i < TIMES; i++) {
			context_event(RTLS_TLS_EV_LOST, RTLS_RX);
			CU_ASSERT(told());
			pair_settle(&d.p);
			CU_ASSERT(in_nic(RTLS_RX));
		}
		context_event(RTLS_TLS_EV_LOST, RTLS_RX);
		CU_ASSERT(in_software(RTLS_RX, RTLS_MODE_REASON_LOST));
		CU_ASSERT(told());
		pair_settle(&d.p);
		CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 1);
		CU_ASSERT_EQUAL(set(RTLS_RX, RTLS_MODE_NIC), 0);
	}
	CU_ASSERT_EQUAL(device_pair_stat(&d, "SoftwareLost"), 2);
	/* Nor does one count that opened something, and then may have had the wrong key. */
	for (int i = 0; i < 2 * TIMES; i++) {
		device_pair_write(&d, 1, 1000);
		pair_settle(&d.p);
		receiver_opened();
		context_event(RTLS_TLS_EV_LOST, RTLS_RX);
		CU_ASSERT(in_software(RTLS_RX, RTLS_MODE_REASON_PENDING));
		CU_ASSERT(told());
		device_pair_read(&d, 1, 1000);
		pair_settle(&d.p);
		CU_ASSERT(in_nic(RTLS_RX));
		CU_ASSERT(told());
	}
	finish();
}

/* --- features ------------------------------------------------------------------- */

/* Who is with the device stays, whatever its keys; newcomers are refused, and so is a wish. */
static void
test_features(void)
{
	const uint32_t tx = RTLS_FEATURE_TLS_TX, rx = RTLS_FEATURE_TLS_RX;
	struct rtls_port *port;
	struct rtls_sock *old[2];

	begin();
	port = d.p.port[0];
	CU_ASSERT_EQUAL(rtls_port_features(port, 4, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_features(port, 0, 1u << 31), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_features(port, tx, tx | rx), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_features(d.p.port[1], tx, 0), -ENOTSUP);
	CU_ASSERT_EQUAL(rtls_port_features(d.p.port[1], tx, tx), -EINVAL);
	CU_ASSERT_EQUAL(port->tls.features, tx | rx);
	CU_ASSERT_EQUAL(rtls_port_features(port, 0, tx | rx), 0);
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++) {
		CU_ASSERT_EQUAL(set(dir, RTLS_MODE_NIC), 0);
		device_pair_keys(&d, dir);
		device_pair_exchange(&d, 3000);
		CU_ASSERT(in_nic(dir));
		CU_ASSERT_EQUAL(set(dir, RTLS_MODE_SOFTWARE), 0);
		pair_settle(&d.p);
		CU_ASSERT_EQUAL(set(dir, RTLS_MODE_NIC), -EPERM);
		CU_ASSERT(in_software(dir, RTLS_MODE_REASON_FEATURE_OFF));
	}
	memcpy(old, d.k, sizeof(old));
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	CU_ASSERT(in_software(RTLS_TX, RTLS_MODE_REASON_FEATURE_OFF));
	CU_ASSERT_EQUAL(rtls_port_features(port, rx, 0), 0);
	device_pair_keys(&d, 1);
	CU_ASSERT(in_nic(RTLS_RX));
	CU_ASSERT_EQUAL(rtls_close(old[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(old[1]), 0);
	finish();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what changes nothing", test_nothing_changed },
		{ "sending, there and back", test_tx },
		{ "sending, with records under way", test_tx_under_way },
		{ "receiving, there and back", test_rx },
		{ "receiving, a late del", test_rx_late_del },
		{ "sending, a late del", test_tx_late_del },
		{ "receiving, by a busy port", test_rx_busy },
		{ "what ends a late del", test_late_del_ends },
		{ "closed while it waits", test_closed },
		{ "a wish that is withdrawn", test_late_add },
		{ "after the context was lost", test_after_lost },
		{ "lost before it was started", test_lost_early },
		{ "after the device was down", test_after_down },
		{ "started too late, again and again", test_skipped },
		{ "features are for newcomers", test_features },
	};

	if (eal_start("set-mode") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/set-mode", cases, HARNESS_COUNT(cases));
}
