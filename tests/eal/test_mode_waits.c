/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Who waits for a mode, or for a device: that the program is told when the wait is over, that a
 * device which answers nonsense makes nobody wait for ever, and that nothing is given up while
 * somebody still waits for it.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "stack/mode_device.h"
#include "stack/state.h"
#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"

enum { NEW = 3000, DRAINING = EPOCHS_MAX - 1, SOON_US = 1000 };

static struct device_pair d;

static const struct cable_path DEAD = { .loss_ppm = CABLE_PPM, .spare_arp = true };
static const struct cable_path ALIVE = { 0 };

static bool
in_nic(enum rtls_dir dir)
{
	return device_pair_is(&d, dir, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE);
}

static bool
told(uint32_t bits)
{
	bool is_told = pair_bits(&d.p, 0, d.k[0]) == bits;

	if (bits == RTLS_MODE)
		CU_ASSERT_EQUAL(pair_bits(&d.p, 0, d.k[0]), 0);
	return is_told;
}

/* Both directions are in the NIC; bits are watched at end 0. */
static void
begin(uint32_t bits, enum rtls_tls_tx_method method)
{
	device_pair_init(&d, NULL);
	d.p.port[0]->tls.caps.tx_method = (uint8_t)method;
	d.dev.o.no_marks = true;
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
	device_pair_exchange(&d, NEW);
	pair_pass(&d.p, 1000000); /* an ACK may be late */
	CU_ASSERT(in_nic(RTLS_TX) && in_nic(RTLS_RX));
	CU_ASSERT_EQUAL(rtls_sock_watch(d.k[0], bits, NULL), 0);
	pair_bits(&d.p, 0, d.k[0]);
}

static void
to_software(enum rtls_dir dir)
{
	CU_ASSERT_EQUAL(rtls_set_mode(d.k[0], dir, RTLS_MODE_SOFTWARE), 0);
	pair_settle(&d.p);
	CU_ASSERT(device_pair_is(&d, dir, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_ASKED));
}

/* --- the event RTLS_MODE ----------------------------------------------------------- */

/*
 * rtls_set_mode() has promised the event. What it waits for, or why not, comes with the next key: who
 * sets that may be another part of the program, and who waits hears of it.
 */
static void
promised(enum rtls_dir dir, int rc)
{
	begin(RTLS_MODE, RTLS_TLS_TX_REBUILD);
	to_software(dir);
	d.dev.o.add_rc = -EINPROGRESS;
	CU_ASSERT_EQUAL(rtls_set_mode(d.k[0], dir, RTLS_MODE_NIC), -EINPROGRESS);
	CU_ASSERT(told(0));
	d.dev.o.add_rc = rc;
	device_pair_keys(&d, dir == RTLS_TX ? 0 : 1);
	pair_settle(&d.p);
	CU_ASSERT(rc == 0 ? in_nic(dir) :
			    device_pair_is(&d, dir, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_REFUSED));
	CU_ASSERT(told(RTLS_MODE));
	device_pair_exchange(&d, NEW);
	device_pair_fini(&d);
}

static void
test_promised(void)
{
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++) {
		promised(dir, 0);
		promised(dir, -EIO);
	}
}

/* --- keys that wait for the device --------------------------------------------------- */

static ssize_t
receive(uint8_t *type)
{
	uint8_t byte[64];
	struct iovec iov = { .iov_base = byte, .iov_len = sizeof(byte) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	ssize_t n = rtls_recvmsg(d.k[0], &m, 0);

	*type = m.type;
	return n;
}

/*
 * Behind a KeyUpdate, with contexts of four keys that the device does not get around to deleting:
 * nothing arrives that would wake the program, so that it can try again is an event.
 */
static void
test_keys_wait(void)
{
	uint8_t update[] = { 24, 0, 0, 1, 0 }, type;
	struct iovec iov = { .iov_base = update, .iov_len = sizeof(update) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = RTLS_TYPE_HANDSHAKE };
	unsigned int next;

	begin(RTLS_READABLE, RTLS_TLS_TX_REBUILD);
	d.dev.o.del_rc = -EINPROGRESS;
	for (int i = 0; i < DRAINING; i++)
		device_pair_keys(&d, 1);
	pair_settle(&d.p);
	CU_ASSERT_EQUAL_FATAL(rtls_sendmsg(d.k[1], &m, 0), 5);
	next = ++d.epoch[1];
	CU_ASSERT_EQUAL(device_pair_set_keys(&d, 1, 1, next), 0);
	device_pair_write(&d, 1, 10);
	pair_settle(&d.p);
	CU_ASSERT(told(RTLS_READABLE));
	CU_ASSERT_EQUAL(receive(&type), 5);
	CU_ASSERT_EQUAL(type, RTLS_TYPE_HANDSHAKE);
	/* Who has not tried is not waiting. */
	CU_ASSERT(told(0));
	CU_ASSERT_EQUAL(device_pair_set_keys(&d, 1, 0, next), -EAGAIN);
	CU_ASSERT(told(0));
	CU_ASSERT_EQUAL(receive(&type), -EKEYEXPIRED);
	d.dev.o.del_rc = 0;
	offload_double_deleted(&d.dev.o);
	pair_settle(&d.p);
	CU_ASSERT(told(RTLS_READABLE));
	CU_ASSERT_EQUAL(receive(&type), -EKEYEXPIRED);
	CU_ASSERT_EQUAL(device_pair_set_keys(&d, 1, 0, next), 0);
	CU_ASSERT(told(RTLS_READABLE));
	CU_ASSERT_EQUAL(receive(&type), 10);
	CU_ASSERT_EQUAL(type, RTLS_TYPE_DATA);
	CU_ASSERT(told(0));
	device_pair_fini(&d);
}

/* The same where all connections together have too many keys: others give theirs back. */
static void
test_keys_wait_for_others(void)
{
	uint8_t update[] = { 24, 0, 0, 1, 0 }, type;
	struct iovec iov = { .iov_base = update, .iov_len = sizeof(update) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = RTLS_TYPE_HANDSHAKE };
	struct epoch_pool *pool;
	unsigned int next;

	begin(RTLS_READABLE, RTLS_TLS_TX_REBUILD);
	pool = &d.p.stack[0]->session.epochs;
	d.dev.o.del_rc = -EINPROGRESS;
	device_pair_keys(&d, 1);
	pair_settle(&d.p);
	CU_ASSERT_EQUAL(pool->nb_beyond, 0);
	pool->nb_beyond = pool->max_beyond;
	CU_ASSERT_EQUAL_FATAL(rtls_sendmsg(d.k[1], &m, 0), 5);
	next = ++d.epoch[1];
	CU_ASSERT_EQUAL(device_pair_set_keys(&d, 1, 1, next), 0);
	pair_settle(&d.p);
	CU_ASSERT(told(RTLS_READABLE));
	CU_ASSERT_EQUAL(receive(&type), 5);
	CU_ASSERT_EQUAL(device_pair_set_keys(&d, 1, 0, next), -EAGAIN);
	pair_settle(&d.p);
	CU_ASSERT(told(0));
	pool->nb_beyond = 0;
	pair_settle(&d.p);
	CU_ASSERT(told(RTLS_READABLE));
	CU_ASSERT_EQUAL(device_pair_set_keys(&d, 1, 0, next), 0);
	CU_ASSERT(told(0));
	d.dev.o.del_rc = 0;
	offload_double_deleted(&d.dev.o);
	pair_settle(&d.p);
	CU_ASSERT_EQUAL(pool->nb_beyond, 0);
	device_pair_fini(&d);
}

/* --- a program that sleeps ------------------------------------------------------------ */

/* The port's queue is gone through by polls, and nothing else would wake it. */
static void
test_sleep(void)
{
	struct rtls_stack *s;

	begin(RTLS_MODE, RTLS_TLS_TX_REBUILD);
	s = d.p.stack[0];
	CU_ASSERT(rtls_stack_deadline(s) > s->now_us + SOON_US);
	CU_ASSERT_EQUAL(rtls_set_mode(d.k[0], RTLS_RX, RTLS_MODE_SOFTWARE), 0);
	CU_ASSERT_EQUAL(rtls_set_mode(d.k[0], RTLS_RX, RTLS_MODE_NIC), -EINPROGRESS);
	CU_ASSERT(rtls_stack_deadline(s) <= s->now_us + SOON_US);
	for (int i = 0; i < 2; i++)
		rtls_stack_poll(s, rtls_stack_deadline(s));
	CU_ASSERT(in_nic(RTLS_RX));
	CU_ASSERT(told(RTLS_MODE));
	CU_ASSERT(rtls_stack_deadline(s) > s->now_us + SOON_US);
	/* The same where the device takes its time; but not for a connection that is over. */
	for (int ends = 0; ends < 2; ends++) {
		to_software(RTLS_TX);
		d.dev.o.add_rc = -EINPROGRESS;
		CU_ASSERT_EQUAL(rtls_set_mode(d.k[0], RTLS_TX, RTLS_MODE_NIC), -EINPROGRESS);
		CU_ASSERT(rtls_stack_deadline(s) <= s->now_us + SOON_US);
		d.dev.o.add_rc = 0;
		if (ends) {
			CU_ASSERT_EQUAL(rtls_abort(d.k[0]), 0);
			d.k[0] = NULL;
		} else {
			offload_double_answer(&d.dev.o, 0);
		}
		rtls_stack_poll(s, s->now_us + SOON_US);
		CU_ASSERT(rtls_stack_deadline(s) > s->now_us + SOON_US);
	}
	device_pair_fini(&d);
}

/* --- a device that answers nonsense --------------------------------------------------- */

/* Steering has no answer that comes later: a driver that says so has not done it. */
static void
test_steering(void)
{
	begin(RTLS_MODE, RTLS_TLS_TX_REBUILD);
	to_software(RTLS_RX);
	d.dev.o.steer_rc = -EINPROGRESS;
	CU_ASSERT_EQUAL(rtls_set_mode(d.k[0], RTLS_RX, RTLS_MODE_NIC), -EIO);
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_REFUSED));
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 1);
	d.dev.o.steer_rc = 0;
	(void)rtls_set_mode(d.k[0], RTLS_RX, RTLS_MODE_NIC);
	pair_settle(&d.p);
	CU_ASSERT(in_nic(RTLS_RX));
	device_pair_fini(&d);
}

/*
 * Without room for steering, beside a context of the key before: the one that was added for nothing is
 * deleted, and none is started for this key before the device has said so.
 */
static void
test_steering_full(void)
{
	struct rtls_tls_event done = { .type = RTLS_TLS_EV_DEL_DONE };
	struct epochs *all;

	begin(RTLS_MODE, RTLS_TLS_TX_REBUILD);
	all = sock_epochs(d.k[0], RTLS_RX);
	done.ctx = all->now->ctx.handle;
	done.cookie = mode_device_cookie(d.k[0], RTLS_RX);
	d.dev.o.del_rc = -EINPROGRESS;
	d.dev.o.steer_rc = -ENOSPC;
	device_pair_keys(&d, 1);
	CU_ASSERT_EQUAL(all->now->ctx.state, OFFLOAD_DELETING);
	d.dev.o.steer_rc = 0;
	d.dev.o.del_rc = 0;
	/* Of the old one only. */
	d.dev.o.ctx[done.ctx.index].used = false;
	d.dev.o.ctx[done.ctx.index].deleting = false;
	offload_double_event(&d.dev.o, &done);
	(void)rtls_set_mode(d.k[0], RTLS_RX, RTLS_MODE_NIC);
	pair_settle(&d.p);
	CU_ASSERT_FALSE(in_nic(RTLS_RX));
	offload_double_deleted(&d.dev.o);
	pair_settle(&d.p);
	(void)rtls_set_mode(d.k[0], RTLS_RX, RTLS_MODE_NIC);
	pair_settle(&d.p);
	CU_ASSERT(in_nic(RTLS_RX));
	device_pair_exchange(&d, NEW);
	device_pair_fini(&d);
}

static unsigned int
babble(void *dev, uint16_t queue, struct rtls_tls_event *ev, unsigned int n)
{
	(void)dev;
	(void)queue;
	for (unsigned int i = 0; i < n; i++)
		ev[i] = (struct rtls_tls_event){ .type = (uint8_t)(UINT8_MAX - i),
						 .ctx = { i, i },
						 .cookie = UINT64_MAX - i };
	return UINT_MAX;
}

/* More events than it was asked for, of kinds and contexts that there are not. */
static void
test_babble(void)
{
	begin(RTLS_MODE, RTLS_TLS_TX_REBUILD);
	d.dev.o.ops.poll_events = babble;
	device_pair_exchange(&d, NEW);
	CU_ASSERT(in_nic(RTLS_TX) && in_nic(RTLS_RX));
	device_pair_fini(&d);
}

/* --- packets that the port has not got yet --------------------------------------------- */

/*
 * In one turn a device takes a packet of the old key, refuses the next of the same record, and fails
 * for the new key: the old context goes behind the packet that it is to seal, not in front of it.
 */
static void
test_gathered(void)
{
	struct rtls_tls_event ev = { .type = RTLS_TLS_EV_TX_RESYNC };
	struct epochs *all;

	begin(RTLS_MODE, RTLS_TLS_TX_NEXT_RECORD);
	all = sock_epochs(d.k[0], RTLS_TX);
	cable_set_path(d.p.cable, 0, &DEAD);
	device_pair_write(&d, 0, NEW);
	CU_ASSERT_EQUAL(device_pair_set_keys(&d, 0, 0, ++d.epoch[0]), 0);
	CU_ASSERT(in_nic(RTLS_TX));
	device_pair_write(&d, 0, NEW);
	d.dev.o.good_marks = 1;
	d.dev.o.mark_rc = -EIO;
	d.dev.o.resync_rc = -EIO;
	ev.ctx = all->now->ctx.handle;
	ev.cookie = mode_device_cookie(d.k[0], RTLS_TX);
	ev.seq = d.dev.o.ctx[ev.ctx.index].seq;
	offload_double_event(&d.dev.o, &ev);
	rtls_stack_poll(d.p.stack[0], d.p.now_us);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_LOST));
	CU_ASSERT_EQUAL(d.dev.nb_dead, 0);
	cable_set_path(d.p.cable, 0, &ALIVE);
	d.sent[0] -= NEW;
	device_pair_read(&d, 0, NEW);
	CU_ASSERT_EQUAL(device_pair_set_keys(&d, 0, 1, d.epoch[0]), 0);
	d.sent[0] += NEW;
	device_pair_read(&d, 0, NEW);
	pair_pass(&d.p, 1000000);
	CU_ASSERT_EQUAL(all->nb_waiting, 0);
	/* Of receiving. */
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 1);
	device_pair_fini(&d);
}

/* --- a device that takes nothing -------------------------------------------------------- */

/*
 * It refuses each packet, or each resync, for so long that TCP sequences come round: it would take what
 * comes then for what lies in front of its start, and leave that in clear. It is given up before.
 */
static void
takes_nothing(enum rtls_tls_tx_method method)
{
	const struct pair_conf conf = { .caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM };
	static uint8_t bytes[64 << 10];
	struct seal_port *dev = &d.dev;
	struct rtls_tls_event ev = { .type = RTLS_TLS_EV_TX_RESYNC };
	struct epochs *all;
	uint64_t sent = 0;

	pair_init(&d.p, &conf);
	seal_port_open(dev, d.p.port[0], method == RTLS_TLS_TX_REBUILD ? "rebuild" : "next");
	d.p.port[0]->tls.caps.tx_method = (uint8_t)method;
	dev->o.mute = true;
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	all = sock_epochs(d.k[0], RTLS_TX);
	if (method == RTLS_TLS_TX_REBUILD)
		dev->o.mark_rc = -EIO;
	else
		dev->o.resync_rc = -EBUSY;
	ev.ctx = all->now->ctx.handle;
	ev.cookie = mode_device_cookie(d.k[0], RTLS_TX);
	ev.seq = dev->o.ctx[0].seq;
	offload_double_event(&dev->o, &ev);
	for (; sent < 66 << 20; sent += sizeof(bytes)) {
		CU_ASSERT(epoch_in_nic(&all->now->core) || sent > 63 << 20);
		pair_send(&d.p, d.k[0], bytes, sizeof(bytes));
		pair_expect(&d.p, d.k[1], bytes, sizeof(bytes));
	}
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_LOST));
	CU_ASSERT_EQUAL(dev->nb_notes, 0);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_abort(d.k[i]), 0);
	pair_settle(&d.p);
	pair_fini(&d.p);
	seal_port_close(dev);
}

static void
test_takes_nothing(void)
{
	takes_nothing(RTLS_TLS_TX_REBUILD);
	takes_nothing(RTLS_TLS_TX_NEXT_RECORD);
}

/* --- a program that cannot decide --------------------------------------------------------- */

/* As often as it likes, also within one turn: it costs a bounded time each, and holds nothing. */
static void
undecided(uint8_t rings)
{
	enum { TIMES = 100000 };
	const struct rtls_tlsnic_conf nic = { .size = sizeof(nic), .rings = rings };
	const struct pair_conf conf = { .nic = { &nic, NULL } };
	struct peer key[2] = { device_pair_key(0, 1), device_pair_key(1, 1) };
	struct rtls_port_info info = { .size = sizeof(info) };
	struct rtls_keys keys;

	pair_init(&d.p, &conf);
	device_pair_connect(&d);
	for (int i = 0; i < 2; i++) {
		keys = peer_keys(&key[i]);
		pair_set_keys(d.k, i, &keys);
	}
	for (int i = 0; i < TIMES; i++) {
		(void)rtls_set_mode(d.k[0], RTLS_TX, i % 2 ? RTLS_MODE_NIC : RTLS_MODE_SOFTWARE);
		(void)rtls_set_mode(d.k[0], RTLS_RX, i % 2 ? RTLS_MODE_NIC : RTLS_MODE_SOFTWARE);
		if (i % 1000 == 0)
			pair_turn(&d.p);
	}
	pair_settle(&d.p);
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++)
		(void)rtls_set_mode(d.k[0], dir, RTLS_MODE_NIC);
	pair_settle(&d.p);
	CU_ASSERT(in_nic(RTLS_TX) && in_nic(RTLS_RX));
	CU_ASSERT_EQUAL(rtls_port_info(d.p.port[0], &info), 0);
	CU_ASSERT_EQUAL(info.contexts, 2);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_close(d.k[i]), 0);
	pair_fini(&d.p);
}

static void
test_undecided(void)
{
	undecided(0);
	undecided(1);
}

/* --- a place in the table that comes late ------------------------------------------------ */

/*
 * Sending, the newest key waits for the place of one before it, whose context is lost and deleted late.
 * Software has sealed all that needed it by then: no ACK asks any more whether there is room.
 */
static void
test_late_place(void)
{
	struct rtls_tls_event ev = { .type = RTLS_TLS_EV_LOST };

	begin(RTLS_MODE, RTLS_TLS_TX_REBUILD);
	ev.ctx = sock_epochs(d.k[0], RTLS_TX)->now->ctx.handle;
	ev.cookie = mode_device_cookie(d.k[0], RTLS_TX);
	cable_set_path(d.p.cable, 0, &DEAD);
	device_pair_write(&d, 0, NEW);
	d.dev.o.add_rc = -ENOSPC;
	CU_ASSERT_EQUAL(device_pair_set_keys(&d, 0, 0, ++d.epoch[0]), 0);
	d.dev.o.add_rc = 0;
	d.dev.o.del_rc = -EINPROGRESS;
	offload_double_event(&d.dev.o, &ev);
	rtls_stack_poll(d.p.stack[0], d.p.now_us);
	CU_ASSERT_FALSE(session_tx_in_clear(&d.k[0]->tx));
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_PENDING));
	d.dev.o.del_rc = 0;
	offload_double_deleted(&d.dev.o);
	rtls_stack_poll(d.p.stack[0], d.p.now_us);
	CU_ASSERT(in_nic(RTLS_TX));
	CU_ASSERT(told(RTLS_MODE));
	cable_set_path(d.p.cable, 0, &ALIVE);
	device_pair_read(&d, 0, NEW);
	CU_ASSERT_EQUAL(device_pair_set_keys(&d, 0, 1, d.epoch[0]), 0);
	device_pair_exchange(&d, NEW);
	device_pair_fini(&d);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "an event that was promised", test_promised },
		{ "keys that wait for the device", test_keys_wait },
		{ "keys that wait for those of others", test_keys_wait_for_others },
		{ "a program that sleeps", test_sleep },
		{ "steering that answers later", test_steering },
		{ "steering that is full", test_steering_full },
		{ "events that there are not", test_babble },
		{ "packets that the port has not got yet", test_gathered },
		{ "a device that takes nothing", test_takes_nothing },
		{ "a program that cannot decide", test_undecided },
		{ "a place in the table that comes late", test_late_place },
	};

	if (eal_start("mode-waits") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/mode-waits", cases, HARNESS_COUNT(cases));
}
