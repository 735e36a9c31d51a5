/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * resync-points [RECORDS]: what share of the records a NIC opens under loss, by method, beside the resync
 * oracle and an ideal, for the very same losses. Records of 16 KiB, segments of 1,448 bytes, and a window,
 * bandwidth and delay that make an RTT of 40 segments. Prints a table; fails where the library opens less than
 * the oracle says, by more than 0.01, or anything differs.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/resync_watch.h"
#include "support/eal.h"
#include "support/harness.h"

enum {
	RECORDS = 20000,
	RECORDS_OF_ONE = 1000, /* of a connection */
	RECORD = 16384,
	FRAME = 1514,
	RTT_SEGMENTS = 40,
	BITS_PER_S = 1000000000,
	METHODS = 3,
};

static const struct {
	enum rtls_tls_rx_method method;
	const char *name;
} methods[METHODS] = {
	{ RTLS_TLS_RX_SCAN, "scan" },
	{ RTLS_TLS_RX_SCAN_DELAYED, "delayed" },
	{ RTLS_TLS_RX_STACK, "stack" },
};

/* An ideal's shares are what its inventor computed; see doc/decisions. */
static const struct {
	uint32_t loss_ppm;
	double ideal;
} points[] = { { 1000, 0.975 }, { 3000, 0.924 }, { 5000, 0.872 }, { 10000, 0.760 } };

struct share {
	uint64_t opened, all;
};

static void
add(struct share *s, const uint64_t records[3])
{
	s->opened += records[ORACLE_OPENED];
	s->all += records[ORACLE_UNTOUCHED] + records[ORACLE_OPENED] + records[ORACLE_MIXED];
}

static double
value(const struct share *s)
{
	return s->all == 0 ? 0 : (double)s->opened / (double)s->all;
}

static void
make(struct sim_conf *c, uint64_t seed, uint32_t loss_ppm, enum rtls_tls_rx_method method)
{
	const uint64_t segment_ns = (uint64_t)FRAME * 8 * 1000000000 / BITS_PER_S;

	*c = (struct sim_conf){
		.seed = seed,
		.start_us = 1,
		.caps = 7,
		.mtu = 1500,
		.nb_mbufs = 4095,
	};
	for (int i = 0; i < 2; i++) {
		c->end[i].app = (struct app_conf){
			.seed = seed + (uint64_t)i,
			.chunk_max = APP_IO_MAX,
			.read_max = APP_IO_MAX,
			.more_pct = 100,
			.bytes = i == 0 ? (uint64_t)RECORDS_OF_ONE * RECORD : 1,
		};
		c->end[i].path = (struct cable_path){
			.loss_ppm = i == 0 ? loss_ppm : 0,
			.delay_us = (uint32_t)(RTT_SEGMENTS * segment_ns / 2000),
			.bits_per_s = BITS_PER_S,
			.spare_arp = true,
		};
		c->end[i].sndbuf = RTT_SEGMENTS * 1448;
		c->end[i].rcvbuf = 1 << 20;
	}
	c->end[1].nic = SIM_NIC_USED;
	c->end[1].nic_conf = (struct rtls_tlsnic_conf){
		.size = sizeof(c->end[1].nic_conf),
		.max_contexts = 8,
		.nb_mbufs = 4095,
		.rx_method = (uint8_t)method,
	};
	c->end[1].rx_only = true;
}

/* False: something differs, or the library opens too little. */
static bool
point(uint32_t loss_ppm, double ideal, int m, uint64_t nb)
{
	struct share library = { 0 }, oracle = { 0 }, at_once = { 0 };
	struct resync_oracle_stats sum = { 0 };
	struct resync_watch_report w;
	struct sim_report sim;
	struct sim_conf conf;
	bool ok = true;

	for (uint64_t seed = 1; library.all < nb; seed++) {
		make(&conf, seed, loss_ppm, methods[m].method);
		resync_watch_play(&conf, RESYNC_WATCH_IDEAL, &sim, &w);
		if (w.error[0] != '\0' || sim.error[0] != '\0') {
			printf("# seed %" PRIu64 ": %s %s\n", seed, w.error, sim.error);
			ok = false;
		}
		add(&library, w.end[1].records);
		add(&oracle, w.end[1].oracle.records);
		add(&at_once, w.end[1].ideal.records);
		sum.asked += w.end[1].oracle.asked;
		sum.answered += w.end[1].oracle.answered;
		sum.told[ORACLE_TOLD_ANSWER] += w.end[1].oracle.told[ORACLE_TOLD_ANSWER];
		sum.told[ORACLE_TOLD_HINT] += w.end[1].oracle.told[ORACLE_TOLD_HINT];
		sum.records[ORACLE_MIXED] += w.end[1].oracle.records[ORACLE_MIXED];
		sum.records[ORACLE_UNTOUCHED] += w.end[1].oracle.records[ORACLE_UNTOUCHED];
	}
	printf("%4.1f %% | %-7s | %.4f | %.4f | %.4f | %.3f | %+.4f | %" PRIu64 " of %" PRIu64
	       ", %" PRIu64 " mixed, %" PRIu64 " untouched | %" PRIu64 ", %" PRIu64 ", %" PRIu64
	       "\n",
	       loss_ppm / 10000.0, methods[m].name, value(&library), value(&oracle),
	       value(&at_once), ideal, value(&library) - ideal, library.opened, library.all,
	       sum.records[ORACLE_MIXED], sum.records[ORACLE_UNTOUCHED], sum.asked,
	       sum.told[ORACLE_TOLD_ANSWER], sum.told[ORACLE_TOLD_HINT]);
	fflush(stdout);
	return ok && value(&library) >= value(&oracle) - 0.01;
}

/* --- the same without a library, and a sender that never slows down -------------- */

enum { HEADER = 5, WIRE = HEADER + RECORD + 1 + 16, SEGMENT = 1448 };

/* The stream: headers where they belong, noise in between. */
static void
fill(uint8_t *out, int64_t off, uint32_t len)
{
	uint64_t luck;

	for (uint32_t i = 0; i < len; i++) {
		static const uint8_t header[HEADER] = { 23, 3, 3, (WIRE - HEADER) >> 8,
							(WIRE - HEADER) & 0xff };
		int64_t in = (off + i) % WIRE;

		luck = (uint64_t)(off + i) / 8;
		out[i] = in < HEADER ? header[in] :
				       (uint8_t)(harness_rand(&luck) >> ((off + i) % 8 * 8));
	}
}

static enum oracle_begins
begins(void *arg, int64_t off, uint64_t *rec_no)
{
	(void)arg;
	*rec_no = (uint64_t)(off / WIRE);
	return off % WIRE == 0 ? ORACLE_BEGINS : ORACLE_BEGINS_NONE;
}

static void
arrive(struct resync_oracle *o, int64_t segment, uint64_t *read)
{
	uint8_t bytes[SEGMENT];

	fill(bytes, segment * SEGMENT, SEGMENT);
	resync_oracle_packet(o,
			     &(struct oracle_segment){ .seq = (uint32_t)(segment * SEGMENT) + 1,
						       .bytes = bytes,
						       .len = SEGMENT },
			     &(struct oracle_mishap){ 0 });
	resync_oracle_events(o, 0);
	resync_oracle_burst(o, true);
	while (*read < resync_oracle_nb_records(o)) {
		resync_oracle_read(o);
		(*read)++;
	}
}

/* In each turn one segment: one that was lost RTT_SEGMENTS turns ago, else the next. */
static double
steady(uint32_t loss_ppm, enum oracle_method method, bool at_once, uint64_t nb)
{
	const struct resync_oracle_conf conf = { .suite = &suites[0],
						 .method = method,
						 .polls = 1,
						 .truth = begins,
						 .at_once = at_once,
						 .alone = true };
	int64_t end = (int64_t)nb * WIRE / SEGMENT + 1, next = 0, lost[256], due[256], segment;
	struct resync_oracle *o = resync_oracle_create(&conf);
	uint64_t luck = loss_ppm, read = 0;
	struct resync_oracle_stats s;
	uint32_t nb_lost = 0;

	resync_oracle_packet(o, &(struct oracle_segment){ .syn = true },
			     &(struct oracle_mishap){ 0 });
	resync_oracle_keys(o, 0, 0);
	resync_oracle_start(o, 1, 0, 0);
	for (int64_t turn = 0; next < end || nb_lost > 0; turn++) {
		if (nb_lost > 0 && (due[0] <= turn || next == end)) {
			segment = lost[0];
			nb_lost--;
			memmove(lost, lost + 1, nb_lost * sizeof(lost[0]));
			memmove(due, due + 1, nb_lost * sizeof(due[0]));
		} else {
			segment = next++;
		}
		if (harness_below(&luck, CABLE_PPM) < loss_ppm) {
			lost[nb_lost] = segment;
			due[nb_lost++] = turn + RTT_SEGMENTS;
		} else {
			arrive(o, segment, &read);
		}
	}
	s = resync_oracle_stats_get(o);
	resync_oracle_destroy(o);
	return (double)s.records[ORACLE_OPENED] / (double)read;
}

static void
steady_point(uint32_t loss_ppm, double ideal, uint64_t nb)
{
	printf("%4.1f %% | %.4f | %.4f | %.4f | %.4f | %.3f\n", loss_ppm / 10000.0,
	       steady(loss_ppm, ORACLE_BY_SCAN, false, nb),
	       steady(loss_ppm, ORACLE_BY_SCAN_DELAYED, false, nb),
	       steady(loss_ppm, ORACLE_BY_STACK, false, nb),
	       steady(loss_ppm, ORACLE_BY_SCAN, true, nb), ideal);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	uint64_t nb = argc > 1 ? strtoull(argv[1], NULL, 10) : RECORDS;
	bool ok = true;

	if (eal_start("resync-points") != 0)
		return EXIT_FAILURE;
	printf("a sender that keeps %d segments under way, the oracle alone:\n"
	       "loss  | scan | delayed | stack | answered at once | ideal\n",
	       RTT_SEGMENTS);
	for (size_t i = 0; i < HARNESS_COUNT(points); i++)
		steady_point(points[i].loss_ppm, points[i].ideal, nb);
	printf("loss  | method  | library | oracle | at once | ideal | distance | records | asked, answered, hints\n");
	for (size_t i = 0; i < HARNESS_COUNT(points); i++)
		for (int m = 0; m < METHODS; m++)
			ok = point(points[i].loss_ppm, points[i].ideal, m, nb) && ok;
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
