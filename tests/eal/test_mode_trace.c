/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a device is asked over the life of a connection, by the contract and in its order. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"

enum { PLAIN = 40, OVER = 5 + 1 + 16 };

static struct device_pair d;

/* What the trace should be. */
static char want[DOUBLE_TRACE];
static size_t want_len;

static void expect(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
expect(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	want_len += (size_t)vsnprintf(want + want_len, sizeof(want) - want_len, format, args);
	va_end(args);
}

static bool
said(void)
{
	bool same = offload_double_said(&d.dev.o, want);

	want_len = 0;
	want[0] = '\0';
	return same;
}

static void
expect_create(unsigned int n, const char *how, const struct peer *key)
{
	expect("create s%u %s key ", n, how);
	for (int i = 0; i < 16; i++)
		expect("%02x", key->key[i]);
	expect(" iv ");
	for (int i = 0; i < 12; i++)
		expect("%02x", key->iv[i]);
	expect(" number %d\n", DEVICE_PAIR_REC_NO);
}

static uint32_t
seq_of(int end, uint32_t off)
{
	return d.wire[end].isn + 1 + off;
}

/* Some bytes in clear each way, then keys. */
static void
open_both(void)
{
	struct peer keys[2] = { device_pair_key(0, 1), device_pair_key(1, 1) };
	const struct double_context *c = d.dev.o.ctx;
	char local[32], remote[32];

	device_pair_connect(&d);
	CU_ASSERT(said());
	device_pair_exchange(&d, PLAIN);
	CU_ASSERT(said());
	snprintf(local, sizeof(local), "192.0.2.1:%u", pair_info(d.k[0]).local.port);
	snprintf(remote, sizeof(remote), "192.0.2.2:%u", PAIR_PORT);

	device_pair_keys(&d, 0);
	expect_create(1, "WRITE ENCRYPT", &keys[0]);
	expect("add s1 TX %s %s queue 0 cookie %llx\n", local, remote,
	       (unsigned long long)c[0].cookie);
	expect("start ctx 0.1 at %u number %d\n", seq_of(0, PLAIN), DEVICE_PAIR_REC_NO);
	CU_ASSERT(said());

	device_pair_keys(&d, 1);
	expect_create(2, "READ DECRYPT", &keys[1]);
	expect("add s2 RX %s %s queue 0 cookie %llx\n", local, remote,
	       (unsigned long long)c[1].cookie);
	expect("steer s2 %s %s\n", remote, local);
	expect("start ctx 1.1 at %u number %d\n", seq_of(1, PLAIN), DEVICE_PAIR_REC_NO);
	CU_ASSERT(said());
	CU_ASSERT_NOT_EQUAL(c[0].cookie, c[1].cookie);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
}

/* Two records: one packet each. */
static void
send_two(void)
{
	device_pair_exchange(&d, 100);
	expect("mark s1 ctx 0.1 number 5 at %u of 122 before 0\n", seq_of(0, PLAIN));
	expect("burst ctx 0.1\n");
	device_pair_exchange(&d, 7);
	expect("mark s1 ctx 0.1 number 6 at %u of 29 before 0\n", seq_of(0, PLAIN + 122));
	expect("burst ctx 0.1\n");
	CU_ASSERT(said());
}

static void
expect_gone(void)
{
	expect("del ctx 0.1\ndestroy s1\nunsteer s2\ndel ctx 1.1\ndestroy s2\n");
	CU_ASSERT(said());
}

static void
by_close(void)
{
	CU_ASSERT_EQUAL(rtls_close(d.k[0]), 0);
	pair_settle(&d.p);
	CU_ASSERT(said()); /* FIN is sent, the peer may still send */
	CU_ASSERT_EQUAL(rtls_close(d.k[1]), 0);
	pair_settle(&d.p);
	expect_gone();
}

static void
by_peer_first(void)
{
	CU_ASSERT_EQUAL(rtls_close(d.k[1]), 0);
	pair_settle(&d.p);
	CU_ASSERT(said());
	CU_ASSERT_EQUAL(rtls_close(d.k[0]), 0);
	pair_settle(&d.p);
	expect_gone();
}

static void
by_abort(void)
{
	CU_ASSERT_EQUAL(rtls_abort(d.k[0]), 0);
	expect_gone();
	pair_settle(&d.p);
	CU_ASSERT_EQUAL(rtls_close(d.k[1]), 0);
}

static void
by_peer_reset(void)
{
	CU_ASSERT_EQUAL(rtls_abort(d.k[1]), 0);
	pair_settle(&d.p);
	expect_gone();
	CU_ASSERT_EQUAL(rtls_close(d.k[0]), 0);
	CU_ASSERT(said());
}

static void
by_stack_destroy(void)
{
	int rc;

	while ((rc = rtls_stack_destroy(d.p.stack[0])) == -EAGAIN)
		pair_turn(&d.p);
	CU_ASSERT_EQUAL(rc, 0);
	d.p.stack[0] = NULL;
	expect_gone();
	pair_settle(&d.p);
	CU_ASSERT_EQUAL(rtls_close(d.k[1]), 0);
}

static void
test_life(void)
{
	static void (*const ends[])(void) = { by_close, by_peer_first, by_abort, by_peer_reset,
					      by_stack_destroy };

	for (size_t i = 0; i < HARNESS_COUNT(ends); i++) {
		device_pair_init(&d, NULL);
		d.dev.says_burst = true;
		open_both();
		send_two();
		ends[i]();
		d.k[0] = d.k[1] = NULL;
		CU_ASSERT_EQUAL(d.dev.nb_dead, 0);
		device_pair_fini(&d);
	}
}

/*
 * Keys for what a connection that is over left behind: that is opened in software, and the
 * tuple, which may be another connection's now, is not given to the device.
 */
static void
test_too_late(void)
{
	struct peer key = device_pair_key(1, 1);
	struct rtls_keys keys = peer_keys(&key);

	device_pair_init(&d, NULL);
	device_pair_connect(&d);
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(d.k[1], RTLS_TX, &keys), 0);
	d.epoch[1] = 1;
	device_pair_write(&d, 1, 300);
	pair_settle(&d.p);
	CU_ASSERT_EQUAL(rtls_abort(d.k[1]), 0);
	d.k[1] = NULL;
	pair_settle(&d.p);
	CU_ASSERT_EQUAL(pair_info(d.k[0]).state, RTLS_SOCK_CLOSED);
	CU_ASSERT_EQUAL(rtls_set_keys(d.k[0], RTLS_TX, &keys), -ENOTCONN);
	CU_ASSERT_EQUAL(rtls_set_keys(d.k[0], RTLS_RX, &keys), 0);
	CU_ASSERT(said());
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_SUITE));
	device_pair_read(&d, 1, 300);
	device_pair_fini(&d);
}

/* --- one that takes packets in order only -------------------------------------- */

/* The second of three packets of a record is lost. */
static enum cable_verdict
lose_second(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	unsigned int *n = arg;

	(void)frame;
	(void)now_us;
	(void)delay_us;
	return dir == 0 && len > 90 && ++*n == 2 ? CABLE_DROP : CABLE_PASS;
}

/*
 * Software seals the record again, and the rest of it that was not sent; the device goes on with
 * the next record, and is told so behind all packets before it.
 */
static void
resync(int rc)
{
	unsigned int frames = 0;
	uint32_t seq;

	device_pair_init(&d, NULL);
	d.p.port[0]->tls.caps.tx_method = RTLS_TLS_TX_NEXT_RECORD;
	d.dev.says_burst = true;
	d.dev.o.resync_rc = rc;
	device_pair_connect(&d);
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[0], RTLS_OPT_MAX_SEG, 100), 0);
	d.dev.o.mute = true;
	device_pair_keys(&d, 0);
	d.dev.o.mute = false;
	d.filter = lose_second;
	d.filter_arg = &frames;
	/* 2522 bytes: 10 segments are sent at first. */
	device_pair_write(&d, 0, 2500);
	device_pair_write(&d, 0, 50);
	device_pair_read(&d, 0, 2550);
	device_pair_write(&d, 0, 60);
	device_pair_read(&d, 0, 60);
	seq = seq_of(0, 0);
	for (uint32_t i = 0; i < 10; i++)
		expect("mark s1 ctx 0.1 number 5 at %u of 2522 before %u\n", seq, 100 * i);
	for (uint32_t i = 0; i < 10; i++)
		expect("burst ctx 0.1\n");
	expect("tx_resync ctx 0.1 at %u number 6\n", seq + 2522);
	if (rc == 0)
		expect("mark s1 ctx 0.1 number 6 at %u of 72 before 0\nburst ctx 0.1\n",
		       seq + 2522);
	if (rc == -EBUSY)
		expect("tx_resync ctx 0.1 at %u number 7\n", seq + 2522 + 72);
	if (rc == 0)
		expect("mark s1 ctx 0.1 number 7 at %u of 82 before 0\nburst ctx 0.1\n",
		       seq + 2522 + 72);
	if (rc == -ENOENT)
		expect("del ctx 0.1\ndestroy s1\n");
	CU_ASSERT(said());
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxRecordsFallback"), rc == 0      ? 1u :
								   rc == -EBUSY ? 3u :
										  2u);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, rc == -ENOENT ? RTLS_MODE_SOFTWARE : RTLS_MODE_NIC,
				 rc == -ENOENT ? RTLS_MODE_REASON_LOST : RTLS_MODE_REASON_NONE));
	device_pair_fini(&d);
}

static void
test_resync(void)
{
	resync(0);
	resync(-EBUSY);
	resync(-ENOENT);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "from keys to each kind of end", test_life },
		{ "keys for a connection that is over", test_too_late },
		{ "in step again at a record", test_resync },
	};

	if (eal_start("mode-trace") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/mode-trace", cases, HARNESS_COUNT(cases));
}
