/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Seeds of the simulator, and connections with a script. A failing seed is
 * printed with its settings; RECORDTLS_SEED=n plays that one, in every case.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "sim/seeds.h"
#include "support/eal.h"
#include "support/harness.h"

enum { SECOND = 1000000 };

/* --- seeds ------------------------------------------------------------------- */

static void
test_perfect(void)
{
	seeds_play(DRAW_PERFECT, 0);
}

static void
test_loss(void)
{
	struct seeds_totals t = seeds_play(DRAW_LOSS, 0);

	if (!seeds_few())
		CU_ASSERT(t.lost > t.plays && t.retransmitted > t.plays);
}

static void
test_reorder(void)
{
	seeds_play(DRAW_REORDER, 0);
}

static void
test_duplicate(void)
{
	struct seeds_totals t = seeds_play(DRAW_DUPLICATE, 0);

	if (!seeds_few())
		CU_ASSERT(t.duplicated > t.plays);
}

static void
test_delay(void)
{
	seeds_play(DRAW_DELAY, 0);
}

static void
test_everything(void)
{
	struct seeds_totals t = seeds_play(DRAW_EVERYTHING, 0);

	if (!seeds_few())
		CU_ASSERT(t.lost > t.plays && t.duplicated > t.plays);
}

/* A seed replays to the same packets at the same times; another one does not. */
static void
test_replay(void)
{
	struct sim_report a, b, other;
	struct sim_conf conf;

	for (uint64_t i = 0; i < 5; i++) {
		draw_sim(&conf, harness_seed() + i, DRAW_EVERYTHING);
		CU_ASSERT(seeds_plays(&conf, harness_seed() + i, &a));
		CU_ASSERT(seeds_plays(&conf, harness_seed() + i, &b));
		CU_ASSERT_EQUAL(memcmp(a.hash, b.hash, sizeof(a.hash)), 0);
		conf.seed++;
		CU_ASSERT(seeds_plays(&conf, harness_seed() + i, &other));
		CU_ASSERT_NOT_EQUAL(memcmp(a.hash, other.hash, sizeof(a.hash)), 0);
	}
}

/* Key after key in both directions, on every network. */
static void
test_updates(void)
{
	for (int network = DRAW_PERFECT; network <= DRAW_EVERYTHING; network++)
		seeds_play((enum draw_network)network, SEEDS_UPDATES);
}

/* --- scripts ----------------------------------------------------------------- */

/* A plain connection on a perfect wire of 1 ms each way. */
static struct sim_conf
simple(uint64_t seed)
{
	struct sim_conf c = { .seed = seed, .start_us = SECOND, .mtu = 1500 };

	c.suite = suite_of_seed(seed, false);

	for (int i = 0; i < 2; i++) {
		c.end[i].app = (struct app_conf){
			.seed = seed + 17 + (uint64_t)i,
			.bytes = 100000,
			.chunk_max = 20000,
			.read_max = APP_IO_MAX,
			.control_pct = 5,
			.more_pct = 30,
			.by_events = i == 0,
			.close_notify = true,
		};
		c.end[i].path.delay_us = 1000;
		c.end[i].plain_len = 500;
	}
	return c;
}

static void
test_lost_frames(void)
{
	static const struct {
		enum sim_drop drop;
		uint32_t count;
		uint64_t connected_s[2]; /* not earlier, not later */
	} rows[] = {
		{ SIM_DROP_NOTHING, 0, { 0, 1 } },
		/* RFC 6298 2.1 and 5.5: after 1 s, then 2 s more. */
		{ SIM_DROP_SYN, 1, { 1, 2 } },
		{ SIM_DROP_SYN, 2, { 3, 4 } },
		{ SIM_DROP_SYN_ACK, 1, { 1, 2 } },
		{ SIM_DROP_SYN_ACK, 2, { 1, 5 } },
		{ SIM_DROP_THIRD_ACK, 1, { 0, 1 } },
		{ SIM_DROP_THIRD_ACK, 3, { 0, 1 } },
		{ SIM_DROP_FIN_0, 1, { 0, 1 } },
		{ SIM_DROP_FIN_1, 1, { 0, 1 } },
		{ SIM_DROP_FIN_0, 3, { 0, 1 } },
		{ SIM_DROP_FIN_1, 3, { 0, 1 } },
	};
	struct sim_report r;

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		for (int waits = 0; waits < 3; waits++) {
			struct sim_conf c = simple(harness_seed());

			c.drop = rows[i].drop;
			c.drop_count = rows[i].count;
			if (waits < 2)
				c.end[waits].app.waits = true;
			CU_ASSERT(seeds_plays(&c, harness_seed(), &r));
			CU_ASSERT(r.connected_us >= rows[i].connected_s[0] * SECOND);
			CU_ASSERT(r.connected_us < rows[i].connected_s[1] * SECOND);
			CU_ASSERT(r.closed_us < 60 * (uint64_t)SECOND);
			if (rows[i].drop == SIM_DROP_FIN_0)
				CU_ASSERT(r.wire[0].fins > rows[i].count);
			if (rows[i].drop == SIM_DROP_FIN_1)
				CU_ASSERT(r.wire[1].fins > rows[i].count);
			if (rows[i].drop == SIM_DROP_NOTHING)
				CU_ASSERT(r.wire[0].retransmitted + r.wire[1].retransmitted == 0);
		}
}

/* A program that does not read for half a minute: the window closes and opens again. */
static void
test_zero_window(void)
{
	struct sim_report r;

	for (int lossy = 0; lossy < 2; lossy++)
		for (int i = 0; i < 2; i++) {
			struct sim_conf c = simple(harness_seed() + (uint64_t)i);

			c.end[i].rcvbuf = 65536;
			c.end[i].app.stall_at = 20000;
			c.end[i].app.stall_us = 30 * (uint64_t)SECOND;
			c.end[1 - i].app.bytes = 600000;
			if (lossy) {
				c.end[0].path.loss_ppm = c.end[1].path.loss_ppm = CABLE_PPM / 20;
				c.end[0].path.spare_arp = c.end[1].path.spare_arp = true;
			}
			CU_ASSERT(seeds_plays(&c, harness_seed() + (uint64_t)i, &r));
			CU_ASSERT(r.closed_us > 30 * (uint64_t)SECOND);
			/* Asked again and again, ever more rarely: RFC 9293 3.8.6.1. */
			CU_ASSERT(r.stall_frames[1 - i] > 3);
			CU_ASSERT(r.stall_frames[1 - i] < 400);
			if (!lossy)
				CU_ASSERT(r.closed_us < 100 * (uint64_t)SECOND);
		}
}

/*
 * The window opens again, but the update is lost, and nothing else is on the
 * way: only the sender's own persist timer can help (RFC 9293 3.8.6.1).
 */
static void
test_lost_update(void)
{
	struct sim_report r;

	for (uint32_t count = 1; count < 5; count++)
		for (int by_events = 0; by_events < 2; by_events++) {
			struct sim_conf c = simple(harness_seed() + count);

			c.drop = SIM_DROP_UPDATE_1;
			c.drop_count = count;
			c.end[1].rcvbuf = 65536;
			c.end[1].app.stall_at = 5000;
			c.end[1].app.stall_us = 3 * (uint64_t)SECOND;
			c.end[1].app.bytes = 1000;
			c.end[0].app.bytes = 300000;
			c.end[0].sndbuf = 1000000;
			c.end[0].app.by_events = by_events;
			CU_ASSERT(seeds_plays(&c, harness_seed() + count, &r));
			CU_ASSERT(r.closed_us > 3 * (uint64_t)SECOND);
			CU_ASSERT(r.closed_us < 60 * (uint64_t)SECOND);
		}
}

/*
 * All that was sent is acknowledged and the connection is idle. Then the program
 * writes more than the rest of the window lets out, and the update is lost.
 */
static void
test_idle_then_blocked(void)
{
	struct sim_report r;

	for (uint32_t hold_at = 44000; hold_at < 58000; hold_at += 350) {
		struct sim_conf c = simple(harness_seed());

		c.drop = SIM_DROP_UPDATE_1;
		c.drop_count = 1;
		c.end[0].app.bytes = 100000;
		c.end[0].app.control_pct = 0;
		c.end[0].app.more_pct = 0;
		c.end[0].app.hold_at = hold_at;
		c.end[0].app.hold_us = 2 * (uint64_t)SECOND;
		c.end[0].app.rest_us = 60 * (uint64_t)SECOND;
		c.end[0].app.close_notify = false;
		c.end[1].app.bytes = 0;
		c.end[1].app.control_pct = 0;
		c.end[1].app.waits = true;
		c.end[1].rcvbuf = 65536;
		c.end[1].app.stall_at = 500;
		c.end[1].app.stall_us = 5 * (uint64_t)SECOND;
		CU_ASSERT(seeds_plays(&c, harness_seed(), &r));
		CU_ASSERT(r.received_us[1] < 20 * (uint64_t)SECOND);
	}
}

static void
test_mtu(void)
{
	static const uint16_t mtus[] = { 576, 1280, 1500, 9000 };
	struct sim_report r;

	for (size_t i = 0; i < HARNESS_COUNT(mtus); i++)
		for (uint32_t caps = 0; caps < 8; caps++) {
			struct sim_conf c = simple(harness_seed() + caps);

			c.mtu = mtus[i];
			c.caps = caps;
			c.rx_seg_len = caps % 2 == 0 ? 0 : 1000;
			CU_ASSERT(seeds_plays(&c, harness_seed() + caps, &r));
			/* Full segments are used: MTU - 40, less at most 12 of options. */
			CU_ASSERT(r.wire[0].segments <
				  2 * (r.wire[0].wire_len / (mtus[i] - 52u)) + 200);
		}
}

/*
 * Sequence numbers wrap inside the stream. An ISN moves on with a clock of 4 us
 * (RFC 9293 3.4.1), so a start time can be found that puts it in front of 2^32.
 */
static void
test_wrap(void)
{
	struct sim_report r;

	for (int i = 0; i < 2; i++) {
		struct sim_conf c = simple(harness_seed());
		uint32_t missing;

		c.local_port = 40000;
		c.end[0].path.loss_ppm = c.end[1].path.loss_ppm = CABLE_PPM / 50;
		c.end[0].path.spare_arp = c.end[1].path.spare_arp = true;
		for (int tries = 0; tries < 5; tries++) {
			CU_ASSERT(seeds_plays(&c, harness_seed(), &r));
			missing = 0 - r.wire[i].isn;
			if (missing < r.wire[i].wire_len)
				break;
			c.start_us += (uint64_t)(uint32_t)(missing - 30000) * 4;
		}
		CU_ASSERT(missing > 0 && missing < r.wire[i].wire_len);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "seeds: a perfect wire", test_perfect },
		{ "seeds: loss", test_loss },
		{ "seeds: reordering", test_reorder },
		{ "seeds: duplication", test_duplicate },
		{ "seeds: delay and bandwidth", test_delay },
		{ "seeds: everything at once", test_everything },
		{ "seeds: key after key", test_updates },
		{ "a seed replays to the same packets", test_replay },
		{ "lost SYN, SYN-ACK, third ACK, FIN", test_lost_frames },
		{ "zero window", test_zero_window },
		{ "lost window updates", test_lost_update },
		{ "idle, then blocked", test_idle_then_blocked },
		{ "MTU and offloads", test_mtu },
		{ "sequence numbers wrap", test_wrap },
	};

	if (eal_start("sim") != 0)
		return EXIT_FAILURE;
	return harness_run("sim", cases, HARNESS_COUNT(cases));
}
