/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/draw.h"

#include "support/harness.h"

enum { TURNS_US = 200 }; /* what both ends take to poll, read and answer: 20 turns */

static uint64_t
below(uint64_t *rng, uint64_t n)
{
	return harness_rand(rng) % n;
}

static uint64_t
between(uint64_t *rng, uint64_t low, uint64_t high)
{
	return low + below(rng, high - low + 1);
}

static uint32_t
one_of(uint64_t *rng, const uint32_t *values, size_t n)
{
	return values[below(rng, n)];
}

static void
draw_path(struct cable_path *p, uint64_t *rng, enum draw_network network)
{
	bool all = network == DRAW_EVERYTHING;

	/* Three ARP requests in a row without an answer end a connection attempt, rightly. */
	p->spare_arp = true;
	p->delay_us = (uint32_t)below(rng, 500);
	if (network == DRAW_LOSS || all)
		p->loss_ppm = (uint32_t)below(rng, CABLE_PPM / 10 + 1);
	if (network == DRAW_REORDER || all) {
		p->reorder_ppm = (uint32_t)below(rng, CABLE_PPM / 4);
		p->reorder_us = (uint32_t)between(rng, 10, 20000);
	}
	if (network == DRAW_DUPLICATE || all) {
		p->dup_ppm = (uint32_t)below(rng, CABLE_PPM / 4);
		p->jitter_us = (uint32_t)below(rng, 3) == 0 ? 300 : 0;
	}
	if (network == DRAW_DELAY || all) {
		p->delay_us = (uint32_t)between(rng, 100, 60000);
		p->jitter_us = (uint32_t)below(rng, 5000);
		if (below(rng, 2) == 0) {
			p->bits_per_s = between(rng, 2000000, 200000000);
			p->queue_bytes = (uint32_t)between(rng, 20000, 200000);
		}
	}
	if (below(rng, 4) == 0)
		p->refuse_ppm = (uint32_t)below(rng, CABLE_PPM / 3);
}

static void
draw_app(struct app_conf *a, uint64_t *rng)
{
	static const uint32_t chunks[] = { 64, 1000, 5000, 20000, APP_IO_MAX };
	static const uint32_t reads[] = { 100, 3000, 17000, APP_IO_MAX };
	static const uint32_t payloads[] = { 0, 0, 0, 512, 1400, 4096, 16384 };

	a->seed = harness_rand(rng);
	a->chunk_max = one_of(rng, chunks, HARNESS_COUNT(chunks));
	a->read_max = one_of(rng, reads, HARNESS_COUNT(reads));
	a->max_payload = one_of(rng, payloads, HARNESS_COUNT(payloads));
	/* Tiny calls make tiny records: the same number of records, not of bytes. */
	a->bytes = a->chunk_max < 1000 ? between(rng, 1000, 30000) : between(rng, 50000, 250000);
	a->control_pct = (uint32_t)below(rng, 12);
	a->more_pct = (uint32_t)below(rng, 80);
	a->pause_pct = (uint32_t)below(rng, 10);
	a->pause_us = (uint32_t)below(rng, 20000);
	a->by_events = below(rng, 2) == 0;
	a->close_notify = below(rng, 2) == 0;
}

static void
draw_segments(struct sim_end_conf *e, uint64_t *rng)
{
	static const uint32_t limits[] = { 0, 0, 0, 0, 0, 0, 1, 7, 100, 700, 1460, 65535 };

	e->app.max_seg = one_of(rng, limits, HARNESS_COUNT(limits));
	/*
	 * The same number of segments, not of bytes. Control records of up to 16 KiB each would be
	 * most of the stream.
	 */
	if (e->app.max_seg != 0 && e->app.max_seg <= 100) {
		e->app.bytes = between(rng, 1000, 4000);
		e->app.control_pct = 0;
	}
}

void
draw_sim(struct sim_conf *c, uint64_t seed, enum draw_network network)
{
	static const uint32_t mtus[] = { 576, 1500, 1500, 9000 };
	static const uint32_t tso[] = { 0, 0, 1000, 10000, 65535, 262144 };
	static const uint32_t buffers[] = { 0, 40000, 100000, 250000 };
	uint64_t rng = seed + (uint64_t)network;

	*c = (struct sim_conf){
		.seed = harness_rand(&rng),
		.start_us = between(&rng, 1, UINT64_C(1) << 40),
		.caps = (uint32_t)below(&rng, 8),
		.mtu = (uint16_t)one_of(&rng, mtus, HARNESS_COUNT(mtus)),
		.rx_seg_len = below(&rng, 4) == 0 ? (uint16_t)between(&rng, CABLE_SEG_MIN, 2048) :
						    0,
		.lazy_free = below(&rng, 3) == 0 ? (uint16_t)below(&rng, 32) : 0,
		.suite = suite_of_seed(seed + (uint64_t)network, false),
	};
	for (int i = 0; i < 2; i++) {
		draw_app(&c->end[i].app, &rng);
		draw_path(&c->end[i].path, &rng, network);
		c->end[i].plain_len = below(&rng, 4) == 0 ? 0 : between(&rng, 1, 5000);
		c->end[i].rec_no = below(&rng, 2) == 0 ? 0 : below(&rng, 1 << 20);
		c->end[i].sndbuf = one_of(&rng, buffers, HARNESS_COUNT(buffers));
		c->end[i].rcvbuf = one_of(&rng, buffers, HARNESS_COUNT(buffers));
		c->end[i].nb_large = below(&rng, 4) == 0 ? (uint32_t)between(&rng, 4, 12) : 0;
	}
	c->end[1].app.answers = below(&rng, 2) == 0;
	/* One end may wait for the other's end of file, not both. */
	switch (below(&rng, 6)) {
	case 0:
	case 1:
		c->end[below(&rng, 2)].app.waits = true;
		break;
	case 2:
		c->end[below(&rng, 2)].app.closes = true;
		break;
	}
	c->tso_max = one_of(&rng, tso, HARNESS_COUNT(tso));
	for (int i = 0; i < 2; i++)
		draw_segments(&c->end[i], &rng);
}

void
draw_nic(struct sim_conf *c, uint64_t seed)
{
	static const uint32_t polls[] = { 0, 0, 0, 1, 7, 100 };
	static const uint32_t loses[] = { 0, 0, 17, 50, 200 };
	uint64_t rng = seed ^ UINT64_C(0x6e6963);

	for (int i = 0; i < 2; i++) {
		struct sim_end_conf *e = &c->end[i];

		e->nic = SIM_NIC_USED;
		e->nic_conf = (struct rtls_tlsnic_conf){
			.size = sizeof(e->nic_conf),
			.max_contexts = 8,
			.nb_mbufs = 1023,
			.add_polls = one_of(&rng, polls, HARNESS_COUNT(polls)),
			.tx_method = below(&rng, 4) == 0 ? RTLS_TLS_TX_NEXT_RECORD :
							   RTLS_TLS_TX_REBUILD,
			.tx_after = (uint8_t)(below(&rng, 2) == 0 ? RTLS_TLS_TX_STAYS :
								    RTLS_TLS_TX_RETURNS),
			.no_tso = below(&rng, 3) == 0,
			.rings = below(&rng, 4) == 0,
			/* Where packets are lost on the wire, so are they inside. */
			.tx_lose = e->path.loss_ppm != 0 ?
					   one_of(&rng, loses, HARNESS_COUNT(loses)) :
					   0,
		};
	}
	/* The other end is anybody. */
	if (below(&rng, 4) == 0)
		c->end[below(&rng, 2)].nic = below(&rng, 2) == 0 ? SIM_NIC_NONE : SIM_NIC_UNUSED;
}

/* How often each is to strike in a connection of a few hundred packets. Of lies nothing good comes. */
static const uint32_t fault_every[RTLS_TLSNIC_LIE_PLAINTEXT] = {
	[RTLS_TLSNIC_TABLE_FULL] = 2,   [RTLS_TLSNIC_CONTEXT_LOST] = 100,
	[RTLS_TLSNIC_TX_LOST] = 30,     [RTLS_TLSNIC_NO_MATCH] = 2,
	[RTLS_TLSNIC_STEER_LATE] = 1,   [RTLS_TLSNIC_ANSWER_WRONG] = 2,
	[RTLS_TLSNIC_ANSWER_LATE] = 2,  [RTLS_TLSNIC_ANSWER_TWICE] = 2,
	[RTLS_TLSNIC_ANSWER_NEVER] = 2, [RTLS_TLSNIC_ASK_WRONG] = 2,
	[RTLS_TLSNIC_AUTH_ERROR] = 20,  [RTLS_TLSNIC_BAD_CHECKSUM] = 20,
	[RTLS_TLSNIC_RESET] = 300,      [RTLS_TLSNIC_FALSE_HEADERS] = 2,
	[RTLS_TLSNIC_RESYNC_BUSY] = 2,  [RTLS_TLSNIC_RESYNC_ERROR] = 4,
};

/* How much crypto each does in a poll: half of them all that there is. */
static void
draw_budgets(struct sim_conf *c, uint64_t seed)
{
	static const uint32_t budgets[] = { 0, 0, 0, 100, 1500, 20000 };
	uint64_t rng = seed ^ UINT64_C(0x627564676574);

	for (int i = 0; i < 2; i++)
		c->end[i].nic_conf.crypto_bytes = one_of(&rng, budgets, HARNESS_COUNT(budgets));
}

void
draw_faults(struct sim_conf *c, uint64_t seed)
{
	uint64_t rng = seed ^ UINT64_C(0x6661756c7473);

	for (int i = 0; i < 2; i++) {
		struct rtls_tlsnic_conf *n = &c->end[i].nic_conf;
		uint32_t kind = (uint32_t)below(&rng, RTLS_TLSNIC_LIE_PLAINTEXT);

		n->rx_method = (uint8_t)between(&rng, RTLS_TLS_RX_IN_ORDER, RTLS_TLS_RX_STACK);
		n->faults = 1u << kind;
		n->fault_every = fault_every[kind];
		/* One more, whatever goes with it. */
		if (below(&rng, 2) == 0) {
			uint32_t other = (uint32_t)below(&rng, RTLS_TLSNIC_LIE_PLAINTEXT);

			n->faults |= 1u << other;
			/* Half of the packets lost, time and again: a connection may end by that. */
			if (n->fault_every < fault_every[other])
				n->fault_every = fault_every[other];
		}
		n->fault_seed = harness_rand(&rng);
		/* Of these there is more to see where packets are lost inside. */
		if (kind >= RTLS_TLSNIC_RESYNC_BUSY) {
			n->tx_method = RTLS_TLS_TX_NEXT_RECORD;
			n->tx_lose = 30;
		}
	}
	draw_budgets(c, seed);
}

/* So that the network is busy for as long as it takes, and no longer. */
static void
draw_busy(struct sim_end_conf *e, uint64_t *rng)
{
	static const uint32_t chunks[] = { 64, 300, 1000, 3000 };
	static const uint32_t buffers[] = { 20000, 40000, 80000 };
	static const uint32_t aheads[] = { 0, 0, 5, 30, 80 };

	e->app.chunk_max = one_of(rng, chunks, HARNESS_COUNT(chunks));
	e->app.bytes = e->app.chunk_max;
	e->app.ahead_pct = one_of(rng, aheads, HARNESS_COUNT(aheads));
	if (e->app.max_seg != 0 && e->app.max_seg <= 100)
		e->app.max_seg = 700;
	e->sndbuf = one_of(rng, buffers, HARNESS_COUNT(buffers));
}

void
draw_updates(struct sim_conf *c, uint64_t seed)
{
	static const uint32_t late[] = { 0, 0, 20, 200, 2000 };
	uint64_t rng = seed ^ UINT64_C(0x757064617465);

	c->suite = suite_of_seed(seed, true);
	for (int i = 0; i < 2; i++) {
		struct app_conf *a = &c->end[i].app;

		draw_busy(&c->end[i], &rng);
		a->update_pct = (uint32_t)between(&rng, 5, 60);
		a->updates = (uint32_t)between(&rng, 100, 250);
		a->update_us = one_of(&rng, late, HARNESS_COUNT(late));
		a->pause_us %= 2000;
	}
}

static void
draw_switching_app(struct sim_conf *c, int i, uint64_t *rng)
{
	static const uint32_t updates[] = { 0, 2, 10, 30 };
	struct app_conf *a = &c->end[i].app;

	draw_busy(&c->end[i], rng);
	a->switch_pct = (uint32_t)between(rng, 5, 40);
	a->patient = below(rng, 2) == 0;
	a->switches = (uint32_t)between(rng, 200, 400);
	a->update_pct = one_of(rng, updates, HARNESS_COUNT(updates));
	a->updates = a->update_pct != 0 ? (uint32_t)between(rng, 20, 100) : 0;
	/* TLS 1.2 has no second keys. */
	if (suites[c->suite].version != RTLS_TLS_1_3)
		a->update_pct = a->updates = 0;
	a->update_us = (uint32_t)(below(rng, 2) * a->rtt_us / 8);
	/* Who does not read does not get to the next record, nor to its key. */
	a->read_max = APP_IO_MAX;
	a->pause_us = (uint32_t)(a->rtt_us / 8);
	if (c->end[i].rcvbuf < 100000)
		c->end[i].rcvbuf = 0;
	c->end[i].nb_large = 0;
}

static void
draw_switching_nic(struct sim_conf *c, int i, uint64_t *rng)
{
	static const uint32_t contexts[] = { 16, 16, 64, 1024 };
	static const uint32_t polls[] = { 0, 0, 0, 1, 7, 20 };
	struct sim_end_conf *e = &c->end[i];

	e->nic = SIM_NIC_USED;
	e->nic_conf.max_contexts = one_of(rng, contexts, HARNESS_COUNT(contexts));
	e->nic_conf.add_polls = one_of(rng, polls, HARNESS_COUNT(polls));
	e->nic_conf.nb_mbufs = 4095;
	if (below(rng, 5) == 0) {
		e->nic_conf.max_contexts = (uint32_t)between(rng, 1, 5);
		e->app.faults |= 1u << RTLS_MODE_REASON_NO_ROOM;
		/* It waits for contexts of former keys to go. */
		e->app.late_rtts = 0;
	}
}

void
draw_switches(struct sim_conf *c, uint64_t seed, enum draw_network network)
{
	uint64_t rng = seed ^ UINT64_C(0x737769746368), rtt_us;

	if (network == DRAW_PERFECT || network == DRAW_LOSS)
		for (int i = 0; i < 2; i++) {
			c->end[i].path.delay_us = (uint32_t)between(&rng, 1000, 20000);
			c->end[i].path.loss_ppm = network == DRAW_LOSS ? CABLE_PPM / 100 : 0;
			c->end[i].nic_conf.tx_lose = 0;
		}
	/* A wish may have to wait for the second half of a header; then it is read and answered. */
	rtt_us = c->end[0].path.delay_us + c->end[1].path.delay_us + TURNS_US;
	/* Where there is hardly a way, something must be left to reckon in. */
	rtt_us = rtt_us < 2000 ? 2000 : rtt_us;
	c->nb_mbufs = c->mtu > 1500 ? 2047 : 8191;
	for (int i = 0; i < 2; i++) {
		c->end[i].app.rtt_us = rtt_us;
		c->end[i].app.late_rtts = network == DRAW_PERFECT ? 1 : 0;
		c->end[i].app.faults = 0;
		draw_switching_app(c, i, &rng);
		draw_switching_nic(c, i, &rng);
	}
}

/* Nothing is refused or comes back late, and both ports cut packets alike. */
static void
draw_alike(struct sim_conf *c, uint64_t *rng)
{
	c->caps = 7;
	c->tso_max = below(rng, 3) == 0 ? 0 : 65535 - 20 - 60;
	c->nb_mbufs = c->mtu > 1500 ? 1023 : 4095;
	c->lazy_free = 0;
	c->rx_seg_len = 0;
	for (int i = 0; i < 2; i++) {
		struct sim_end_conf *e = &c->end[i];

		e->nic = SIM_NIC_USED;
		e->path.refuse_ppm = 0;
		e->nb_large = 0;
		e->nic_conf.nb_mbufs = c->nb_mbufs;
		e->nic_conf.no_tso = c->tso_max == 0;
		/* What is sent again is cut in another way by who seals. */
		e->rx_only = true;
		/* What waits lies in other buffers: a window that is never full says the same. */
		e->rcvbuf = 0;
	}
}

/* What becomes of marks is not the same with all NICs. */
static void
draw_marks(struct sim_conf *c, uint64_t *rng)
{
	static const uint32_t unverified[] = { 0, 0, 0, 0, 0, 0, 1, 9 };
	static const uint32_t runs[] = { 0, 0, 0, 0, 0, 0, 65500, 65535 };
	static const uint32_t methods[] = { RTLS_TLS_RX_SCAN,         RTLS_TLS_RX_SCAN,
					    RTLS_TLS_RX_SCAN_DELAYED, RTLS_TLS_RX_SCAN_DELAYED,
					    RTLS_TLS_RX_STACK,        RTLS_TLS_RX_STACK,
					    RTLS_TLS_RX_IN_ORDER };

	for (int i = 0; i < 2; i++) {
		struct rtls_tlsnic_conf *n = &c->end[i].nic_conf;

		n->rx_method = (uint8_t)one_of(rng, methods, HARNESS_COUNT(methods));
		n->rx_keeps = below(rng, 2) == 0;
		n->rx_unverified = one_of(rng, unverified, HARNESS_COUNT(unverified));
		n->rx_first_run = (uint16_t)one_of(rng, runs, HARNESS_COUNT(runs));
		/* It has no more of them. */
		if (n->rx_first_run != 0)
			c->end[i].app.faults |= 1u << RTLS_MODE_REASON_LOST;
	}
}

/* Keys change, and some directions go to the NIC and back. */
static void
draw_changes(struct sim_conf *c, uint64_t *rng, bool alike)
{
	static const uint32_t late[] = { 0, 0, 20, 200, 2000 };
	bool updates = below(rng, 3) == 0, switches = !alike && below(rng, 3) == 0;

	updates = updates && suites[c->suite].version == RTLS_TLS_1_3;
	for (int i = 0; i < 2; i++) {
		struct app_conf *a = &c->end[i].app;

		if (updates || switches)
			draw_busy(&c->end[i], rng);
		if (updates) {
			a->update_pct = (uint32_t)between(rng, 5, 60);
			a->updates = (uint32_t)between(rng, 1, 12);
			a->update_us = one_of(rng, late, HARNESS_COUNT(late));
		}
		if (switches && c->end[i].nic == SIM_NIC_USED) {
			a->switch_pct = (uint32_t)between(rng, 5, 40);
			a->switches = (uint32_t)between(rng, 5, 30);
			a->rtt_us = 2000;
		}
	}
}

/* Half of them know one strike alone: a device that was sent far ahead by another one is no victim. */
static uint32_t
draw_strike(uint64_t *rng, bool gentle)
{
	uint32_t strike;
	bool ends;

	if (below(rng, 2) == 0)
		return FORGER_STRIKES;
	if (below(rng, 2) == 0)
		return FORGER_RESYNCS + (gentle ? 3 : 0) + (uint32_t)below(rng, 3);
	if (!gentle && below(rng, 2) == 0)
		return (uint32_t)below(rng, 2); /* whoever follows bare marks falls for these */
	do {
		strike = (uint32_t)below(rng, FORGER_STRIKES);
		forger_strike_name(strike, &ends);
	} while (ends == gentle);
	return strike;
}

bool
draw_forger(struct sim_conf *c, uint64_t seed)
{
	static const uint32_t payloads[] = { 100, 300, 512, 512, 700, 1400 };
	static const uint32_t forges[] = { 0, 2, 10, 30 };
	static const uint32_t spoils[] = { 0, 0, 2, 10 };
	static const uint32_t recuts[] = { 0, 0, 5, 40 };
	uint64_t rng = seed ^ UINT64_C(0x666f726765);
	bool alike = below(&rng, 2) == 0;

	c->forged = true;
	c->forger = (struct forger_conf){
		.seed = harness_rand(&rng),
		.forge_pct = one_of(&rng, forges, HARNESS_COUNT(forges)),
		.spoil_pct = one_of(&rng, spoils, HARNESS_COUNT(spoils)),
		.late_pct = below(&rng, 3) == 0 ? (uint32_t)below(&rng, 30) : 0,
		.recut_pct = one_of(&rng, recuts, HARNESS_COUNT(recuts)),
		.hold_pct = (uint32_t)between(&rng, 1, 30),
		.strikes = (uint32_t)below(&rng, 6),
		.seg_max = c->mtu - 60u,
		.gentle = below(&rng, 3) == 0,
	};
	c->forger.strike = draw_strike(&rng, c->forger.gentle);
	if (c->forger.gentle)
		c->forger.spoil_pct = 0;
	for (int i = 0; i < 2; i++) {
		struct sim_end_conf *e = &c->end[i];

		/* Without keys there is nothing to be held to. */
		e->plain_len = 0;
		/* Several records in a flight: so that there are some to be left out. */
		e->app.max_payload = one_of(&rng, payloads, HARNESS_COUNT(payloads));
		e->app.bytes = 10000 + e->app.bytes % 90000;
		e->app.pause_us %= 2000;
	}
	if (alike)
		draw_alike(c, &rng);
	draw_changes(c, &rng, alike);
	draw_marks(c, &rng);
	/* What TCP refuses ends nothing, whoever seals and opens. */
	c->mortal = !c->forger.gentle && (c->forger.spoil_pct != 0 || c->forger.strikes != 0);
	return alike;
}
