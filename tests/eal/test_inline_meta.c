/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What each packet in clear says about itself, against what is seen on the wire. */
#include <stdlib.h>

#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"

static struct device_pair d;

/* The record of the wire that holds off: its start and number; its length. */
static uint32_t
record_at(uint32_t off, uint32_t *start, uint64_t *rec_no)
{
	const uint8_t *w = d.wire[0].bytes;
	uint32_t at = 0, len;

	for (uint64_t n = DEVICE_PAIR_REC_NO;; n++, at += len) {
		len = 5 + ((uint32_t)w[at + 3] << 8 | w[at + 4]);
		if (off >= at + len)
			continue;
		*start = at;
		*rec_no = n;
		return len;
	}
}

static void
check_notes(void)
{
	unsigned int inside = 0;

	for (unsigned int i = 0; i < d.dev.nb_notes; i++) {
		const struct seal_note *n = &d.dev.notes[i];
		uint32_t off = n->seq - d.wire[0].isn - 1, start;
		uint64_t rec_no;
		uint32_t len = record_at(off, &start, &rec_no);

		CU_ASSERT_EQUAL(n->meta.rec_no, rec_no);
		CU_ASSERT_EQUAL(n->meta.rec_tcp_seq, d.wire[0].isn + 1 + start);
		CU_ASSERT_EQUAL(n->meta.rec_len, len);
		CU_ASSERT_EQUAL(n->meta.before_len, off - start);
		CU_ASSERT_EQUAL(n->meta.ctx.index, 0);
		CU_ASSERT_EQUAL(n->meta.ctx.generation, 1);
		inside += off != start;
	}
	CU_ASSERT(inside > 0);
}

/* All that is on the wire opens to the pattern. */
static void
check_wire(void)
{
	static uint8_t plain[PEER_WIRE_MAX];
	struct peer key = device_pair_key(0, 1);
	uint32_t at = 0, len = 0;
	uint64_t off = 0;
	uint8_t type;
	int n;

	for (; at < d.wire[0].end; at += (uint32_t)n, off += len) {
		n = peer_open(&key, d.wire[0].bytes + at, d.wire[0].end - at, &type, plain, &len);
		CU_ASSERT_FATAL(n > 0);
		CU_ASSERT(pair_matches(plain, off, len));
	}
	CU_ASSERT_EQUAL(off, d.sent[0]);
}

/* loss: in both directions, so that packets are sent again, in part and as a whole. */
static void
metadata(uint32_t max_seg, uint32_t loss_ppm)
{
	struct cable_path path = { .loss_ppm = loss_ppm, .spare_arp = true };
	uint64_t luck = harness_seed();

	device_pair_init(&d, NULL);
	device_pair_connect(&d);
	if (max_seg != 0)
		CU_ASSERT_EQUAL(rtls_sock_set(d.k[0], RTLS_OPT_MAX_SEG, max_seg), 0);
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
	d.dev.o.mute = true;
	cable_set_path(d.p.cable, 0, &path);
	cable_set_path(d.p.cable, 1, &path);
	for (int i = 0; i < 20; i++)
		device_pair_exchange(&d, 1 + harness_below(&luck, i % 4 == 0 ? 5000 : 200));
	cable_set_path(d.p.cable, 0, &(struct cable_path){ 0 });
	cable_set_path(d.p.cable, 1, &(struct cable_path){ 0 });
	pair_pass(&d.p, 100000000);
	check_notes();
	check_wire();
	CU_ASSERT_EQUAL(device_pair_stat(&d, "TxBytesNic"), device_pair_stat(&d, "TxBytesSealed"));
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	device_pair_fini(&d);
}

static void
test_metadata(void)
{
	static const uint32_t segs[] = { 20, 33, 100, 700, 0 };

	for (size_t i = 0; i < HARNESS_COUNT(segs); i++) {
		metadata(segs[i], 0);
		metadata(segs[i], segs[i] < 100 && segs[i] != 0 ? 10000 : 100000);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what packets say of themselves", test_metadata },
	};

	if (eal_start("inline-meta") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/inline-meta", cases, HARNESS_COUNT(cases));
}
