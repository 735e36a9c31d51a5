/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Where a device starts to open: at a record none of whose bytes has arrived, with its number,
 * whatever has arrived when the keys are set or the device is ready.
 */
#include <errno.h>
#include <stdlib.h>

#include "sim/frame.h"
#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"

static struct device_pair d;

static const struct cable_path ALIVE = { 0 };

/* The receiving context of end 0. */
static const struct double_context *
context(void)
{
	return &d.dev.o.ctx[0];
}

static void
begin(void)
{
	device_pair_init(&d, NULL);
	d.dev.o.mute = true;
	device_pair_connect(&d);
}

/* Keys for what end 1 sends. */
static void
set_keys(int at)
{
	struct peer key = device_pair_key(1, 1);
	struct rtls_keys keys = peer_keys(&key);

	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(d.k[at], at == 1 ? RTLS_TX : RTLS_RX, &keys), 0);
	d.epoch[1] = 1;
}

/* Is this the start of the record of that number? By the headers on the wire. */
static bool
starts_record(uint32_t off, uint64_t rec_no)
{
	const uint8_t *w = d.wire[1].bytes;
	uint32_t at = 0;
	uint64_t n = DEVICE_PAIR_REC_NO;

	for (; at < off && at < d.wire[1].end; n++)
		at += 5 + ((uint32_t)w[at + 3] << 8 | w[at + 4]);
	return at == off && n == rec_no;
}

/* in_order: so many bytes of the stream when it was started. */
static void
check_start(uint64_t in_order)
{
	uint32_t off = context()->seq - d.wire[1].isn - 1;

	CU_ASSERT(context()->started);
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT(starts_record(off, context()->rec_no));
	CU_ASSERT(off >= in_order);
	/* And at the next one that there is. */
	CU_ASSERT(off - in_order < PEER_WIRE_MAX);
}

/* --- chosen by hand -------------------------------------------------------------- */

enum { PLAIN = 10, RECORD = PLAIN + 22, RECORDS = 3 };

/* So many bytes of end 1 come through. */
static enum cable_verdict
hold(void *arg, int dir, uint8_t *bytes, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	const uint32_t *through = arg;
	struct frame f;

	(void)now_us;
	(void)delay_us;
	CU_ASSERT_PTR_NULL_FATAL(frame_parse(bytes, len, &f));
	if (dir == 0 || !f.is_tcp || f.payload_len == 0)
		return CABLE_PASS;
	return f.seq - d.wire[1].isn - 1 < *through ? CABLE_PASS : CABLE_DROP;
}

static bool
came_through(void *arg)
{
	return pair_info(d.k[0]).rcv_queued == *(uint32_t *)arg;
}

/* Within a header nobody knows where the next record is. */
static void
arrived(uint32_t n)
{
	bool in_header = n % RECORD != 0 && n % RECORD < 5;
	uint32_t next = (n + RECORD - 1) / RECORD * RECORD, left = PLAIN * (RECORDS - n / RECORD);

	begin();
	set_keys(1);
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[1], RTLS_OPT_MAX_SEG, 1), 0);
	d.filter = hold;
	d.filter_arg = &n;
	for (int i = 0; i < RECORDS; i++)
		device_pair_write(&d, 1, PLAIN);
	CU_ASSERT_FATAL(pair_until(&d.p, came_through, &n, 10000000));
	set_keys(0);
	/* A record that nobody has opened may be a KeyUpdate. */
	CU_ASSERT_EQUAL(context()->started, n < RECORD && !in_header);
	if (n < 5 && in_header) {
		/* The rest of the header, and nobody reads. */
		n = RECORD - 1;
		CU_ASSERT_FATAL(pair_until(&d.p, came_through, &n, 10000000));
		pair_turn(&d.p);
		in_header = false;
		CU_ASSERT(context()->started);
	}
	d.sent[1] -= left;
	device_pair_read(&d, 1, RECORDS * PLAIN - left);
	d.sent[1] += left;
	CU_ASSERT_EQUAL(context()->started, !in_header);
	if (!in_header)
		CU_ASSERT_EQUAL(context()->seq - d.wire[1].isn - 1, next);
	d.filter = NULL;
	device_pair_read(&d, 1, left);
	check_start(n);
	device_pair_keys(&d, 0);
	device_pair_exchange(&d, 500);
	device_pair_fini(&d);
}

/* At each edge; what lies between is test_late's. */
static void
test_arrived(void)
{
	static const uint32_t edges[] = {
		0,         1,          4,          5,          RECORD - 1,
		RECORD,    RECORD + 1, RECORD + 5, 2 * RECORD, 3 * RECORD - 1,
		3 * RECORD
	};

	for (size_t i = 0; i < HARNESS_COUNT(edges); i++)
		arrived(edges[i]);
}

/* Bytes behind a gap: what is there is not known before the gap is closed. */
static void
test_gap(void)
{
	static const struct cable_path dead = { .loss_ppm = CABLE_PPM, .spare_arp = true };

	begin();
	set_keys(1);
	device_pair_write(&d, 1, 978);
	pair_pass(&d.p, 1000000);
	cable_set_path(d.p.cable, 1, &dead);
	device_pair_write(&d, 1, 1000);
	pair_turn(&d.p);
	cable_set_path(d.p.cable, 1, &ALIVE);
	device_pair_write(&d, 1, 1000);
	pair_turn(&d.p);
	pair_turn(&d.p);
	CU_ASSERT_EQUAL(pair_info(d.k[0]).rcv_queued, 1000);
	set_keys(0);
	CU_ASSERT(!context()->started);
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_PENDING));
	device_pair_read(&d, 1, 2978);
	check_start(3044);
	device_pair_fini(&d);
}

/* The peer has nothing more to say. */
static void
test_at_the_end(void)
{
	begin();
	set_keys(1);
	device_pair_write(&d, 1, 500);
	CU_ASSERT_EQUAL(rtls_shutdown(d.k[1], RTLS_SHUT_WR), 0);
	pair_settle(&d.p);
	set_keys(0);
	device_pair_read(&d, 1, 500);
	check_start(522);
	CU_ASSERT_EQUAL(rtls_recv(d.k[0], (uint8_t[1]){ 0 }, 1, 0), 0);
	device_pair_fini(&d);
}

/* Of a connection that the program has closed nothing is read, and nothing need be opened. */
static void
test_orphan(void)
{
	static const struct cable_path dead = { .loss_ppm = CABLE_PPM, .spare_arp = true };

	begin();
	d.dev.o.add_rc = -EINPROGRESS;
	set_keys(1);
	set_keys(0);
	cable_set_path(d.p.cable, 0, &dead);
	device_pair_write(&d, 0, 100);
	CU_ASSERT_EQUAL(rtls_close(d.k[0]), 0);
	d.k[0] = NULL;
	offload_double_answer(&d.dev.o, 0);
	pair_pass(&d.p, 10000);
	CU_ASSERT(context()->used && !context()->adding && !context()->started);
	cable_set_path(d.p.cable, 0, &ALIVE);
	device_pair_read(&d, 0, 100);
	device_pair_fini(&d);
}

/* The peer changed its key and is gone: what it sent under the new one is not the device's. */
static void
test_keys_behind_the_end(void)
{
	static const uint8_t update[] = { 24, 0, 0, 1, 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)update, .iov_len = sizeof(update) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = RTLS_TYPE_HANDSHAKE };
	struct peer key = device_pair_key(1, 2);
	struct rtls_keys next = peer_keys(&key);
	uint8_t bytes[64];

	begin();
	set_keys(1);
	set_keys(0);
	CU_ASSERT_EQUAL_FATAL(rtls_sendmsg(d.k[1], &m, 0), sizeof(update));
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(d.k[1], RTLS_TX, &next), 0);
	device_pair_write(&d, 1, 500);
	pair_settle(&d.p);
	CU_ASSERT_EQUAL(rtls_abort(d.k[1]), 0);
	d.k[1] = NULL;
	pair_settle(&d.p);
	CU_ASSERT_EQUAL(pair_info(d.k[0]).state, RTLS_SOCK_CLOSED);
	CU_ASSERT(!context()->used);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TlsCurrRxDevice"), 0);
	iov = (struct iovec){ .iov_base = bytes, .iov_len = sizeof(bytes) };
	CU_ASSERT_EQUAL(rtls_recvmsg(d.k[0], &m, 0), sizeof(update));
	CU_ASSERT_EQUAL(rtls_recvmsg(d.k[0], &m, 0), -EKEYEXPIRED);
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(d.k[0], RTLS_RX, &next), 0);
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 0);
	device_pair_read(&d, 1, 500);
	device_pair_fini(&d);
}

/* --- at random -------------------------------------------------------------------- */

static void
late(uint64_t *luck)
{
	struct cable_path path = { .loss_ppm = harness_below(luck, 2) * 20000,
				   .reorder_ppm = harness_below(luck, 2) * 200000,
				   .reorder_us = 100,
				   .spare_arp = true };
	uint32_t total = 0, len;
	uint64_t had = 0;

	begin();
	set_keys(1);
	d.dev.o.add_rc = harness_below(luck, 2) != 0 ? -EINPROGRESS : 0;
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[1], RTLS_OPT_MAX_SEG, 30 + harness_below(luck, 300)), 0);
	cable_set_path(d.p.cable, 1, &path);
	for (int i = 0; i < 20; i++, total += len) {
		len = 1 + harness_below(luck, 400);
		device_pair_write(&d, 1, len);
	}
	for (uint32_t i = harness_below(luck, 60); i > 0; i--)
		pair_turn(&d.p);
	had = pair_info(d.k[0]).rcv_queued;
	set_keys(0);
	for (uint32_t i = harness_below(luck, 60); i > 0; i--)
		pair_turn(&d.p);
	if (!context()->started)
		had = pair_info(d.k[0]).rcv_queued;
	offload_double_answer(&d.dev.o, 0);
	device_pair_read(&d, 1, total);
	pair_pass(&d.p, 1000000);
	check_start(had);
	device_pair_fini(&d);
}

static void
test_late(void)
{
	uint64_t luck = harness_seed();

	for (int i = 0; i < (harness_full() ? 1000 : 60); i++)
		late(&luck);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "so many bytes are there", test_arrived },
		{ "a gap", test_gap },
		{ "the peer has closed", test_at_the_end },
		{ "the program has closed", test_orphan },
		{ "the next key, behind the end", test_keys_behind_the_end },
		{ "at random times", test_late },
	};

	if (eal_start("mode-rx") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/mode-rx", cases, HARNESS_COUNT(cases));
}
