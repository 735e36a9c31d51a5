/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Payloads that are full of headers, on the wire, over NICs that lose their place and look for headers. What is
 * read is what was sent, what a NIC is told is so in the stream, and no connection ends: the headers of the stream
 * are those that the framer read in order, and no others.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "sim/false_headers.h"
#include "sim/seeds.h"
#include "support/eal.h"
#include "support/harness.h"

enum { SEEDS = 100, SEEDS_FULL = 1000 };

static void
draw(struct sim_conf *c, uint64_t seed)
{
	static const uint32_t lengths[] = { 500, 4000, 16000, 16000, 16000 };
	static const enum draw_network networks[] = { DRAW_LOSS, DRAW_REORDER, DRAW_EVERYTHING };
	static const uint8_t methods[] = { RTLS_TLS_RX_SCAN, RTLS_TLS_RX_SCAN_DELAYED,
					   RTLS_TLS_RX_STACK };
	uint64_t rng = seed ^ UINT64_C(0x66616c7365);

	draw_sim(c, seed, networks[harness_below(&rng, 3)]);
	draw_nic(c, seed);
	for (int i = 0; i < 2; i++) {
		struct sim_end_conf *e = &c->end[i];
		uint32_t len = lengths[harness_below(&rng, HARNESS_COUNT(lengths))];

		e->plain_len = 0;
		e->nic_conf.rx_method = methods[harness_below(&rng, 3)];
		e->path.loss_ppm = 5000 + e->path.loss_ppm % 30000;
		e->app.control_pct = 0;
		e->app.more_pct = 100;
		e->app.chunk_max = 20000;
		e->app.bytes = 20000 + harness_below(&rng, len < 1000 ? 40000 : 300000);
		if (e->app.max_seg != 0 && e->app.max_seg < 700)
			e->app.max_seg = 700;
		/* One of two: they lead through record after record. */
		if (harness_below(&rng, 2) == 0)
			len = false_headers_fit(&suites[c->suite], len);
		e->app.max_payload = len;
		e->false_headers = true;
	}
}

static void
test_seeds(void)
{
	uint64_t n = seeds_count(SEEDS, SEEDS_FULL), failed = 0, told = 0, asked = 0, taken = 0,
		 records = 0, opened = 0, shown = 0, bytes = 0;
	struct sim_report r;
	struct sim_conf c;

	for (uint64_t i = 0; i < n; i++) {
		draw(&c, harness_seed() + i);
		failed += !seeds_plays(&c, harness_seed() + i, &r);
		told += r.told;
		for (int e = 0; e < 2; e++) {
			shown += r.tls[e].shown;
			bytes += r.wire[e].wire_len;
			asked += r.tls[e].rx_asked;
			taken += r.tls[e].rx_taken;
			records += r.tls[e].rx_records;
			opened += r.tls[e].rx_nic_records;
		}
	}
	printf("# %" PRIu64 " seeds: %" PRIu64 " records, opened %" PRIu64 ", in %" PRIu64
	       " bytes, with %" PRIu64 " headers; NICs asked %" PRIu64 " times, were told %" PRIu64
	       ", of use %" PRIu64 "\n",
	       n, records, opened, bytes, shown, asked, told, taken);
	CU_ASSERT_EQUAL(failed, 0);
	/* One in every five bytes, where nothing was cut in another way. */
	CU_ASSERT(shown > bytes / 8);
	if (n < SEEDS)
		return;
	/* Most of what is asked about is false: what helps is to be told. */
	CU_ASSERT(asked > n / 2 && told > n / 2 && taken > n / 2);
	CU_ASSERT(opened > records / 5);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "seeds", test_seeds },
	};

	if (eal_start("sim-false") != 0)
		return EXIT_FAILURE;
	return harness_run("sim/false", cases, HARNESS_COUNT(cases));
}
