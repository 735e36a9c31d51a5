/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A device at another port than the one that has a connection's contexts, and which acts as if it had them: it
 * marks packets, asks about headers, and tells events with handles that are another device's.
 */
#include <errno.h>
#include <stdlib.h>

#include <rte_mbuf_dyn.h>

#include "buf/chain.h"
#include "stack/state.h"
#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"

static struct device_pair d;

static const struct rtls_tlsnic_conf nic_conf = { .size = sizeof(nic_conf),
						  .max_contexts = 8,
						  .nb_mbufs = 2048 };

static uint64_t
stat(const char *name)
{
	return device_pair_stat(&d, name);
}

static void
keys(void)
{
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
}

/* --- marks ----------------------------------------------------------------------- */

/* What the NIC of the first port said last, which the other one says of its packets. */
static struct {
	uint16_t (*below[2])(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts,
			     uint16_t n);
	struct rtls_tls_rx_mark said;
	uint64_t flags;
	bool heard;
	bool lies;
	unsigned int lied;
	uint16_t rec_by; /* what is added to the record's number */
	bool spoils;     /* the first port's: a bit of what it has opened */
} nic;

static struct rtls_tls_rx_mark *
mark_of(struct rte_mbuf *m)
{
	return RTE_MBUF_DYNFIELD(m, rtls_tls_rx_mark_offset(), struct rtls_tls_rx_mark *);
}

static uint16_t
hear(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	n = nic.below[0](p, queue, pkts, n);
	for (uint16_t i = 0; i < n; i++) {
		if (chain_marks(pkts[i]) == 0)
			continue;
		if (nic.spoils)
			*rte_pktmbuf_mtod_offset(pkts[i], uint8_t *, 100) ^= 1;
		nic.said = *mark_of(pkts[i]);
		nic.flags = chain_marks(pkts[i]);
		nic.heard = true;
	}
	return n;
}

static uint16_t
lie(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	n = nic.below[1](p, queue, pkts, n);
	for (uint16_t i = 0; nic.lies && i < n; i++) {
		/* What carries payload. */
		if (pkts[i]->pkt_len < 200)
			continue;
		*mark_of(pkts[i]) = nic.said;
		mark_of(pkts[i])->rec_no += nic.rec_by;
		mark_of(pkts[i])->run++;
		pkts[i]->ol_flags |= nic.flags;
		nic.lied++;
	}
	return n;
}

static void
begin_nics(void)
{
	const struct pair_conf pair = {
		.two_ways = true,
		.nic = { &nic_conf, NULL },
		.other_nic = { &nic_conf, NULL },
		.path = { { .delay_us = 200 }, { .delay_us = 200 } },
		.caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM,
	};

	memset(&nic, 0, sizeof(nic));
	device_pair_init(&d, &pair);
	nic.below[0] = d.p.port[0]->rx_burst;
	d.p.port[0]->rx_burst = hear;
	nic.below[1] = d.p.other_port[0]->rx_burst;
	d.p.other_port[0]->rx_burst = lie;
	device_pair_connect(&d);
	keys();
	device_pair_exchange(&d, 20000);
	CU_ASSERT_FATAL(nic.heard);
	CU_ASSERT_EQUAL(stat("RxUnknownMark"), 0);
}

/*
 * What the other port's device says of packets is never believed, but counted, and they are as lost. It changed
 * nothing, so what comes again without a mark is read.
 */
static void
lies_in_vain(void)
{
	uint64_t by_nic = stat("RxRecordsNic");

	nic.lies = true;
	pair_move(&d.p, 1, true);
	device_pair_write(&d, 1, 10000);
	pair_pass(&d.p, 30000);
	CU_ASSERT(nic.lied > 0);
	CU_ASSERT_EQUAL(stat("RxUnknownMark"), nic.lied);
	CU_ASSERT_EQUAL(stat("RxRecordsNic"), by_nic);
	nic.lies = false;
	device_pair_read(&d, 1, 10000);
	CU_ASSERT_EQUAL(stat("RxRecordsNic"), by_nic);
	CU_ASSERT_EQUAL(stat("TlsDecryptError"), 0);
}

/* By its context's number, for the next record and others. */
static void
test_marks(void)
{
	for (uint16_t by = 0; by < 4; by++) {
		begin_nics();
		nic.rec_by = by;
		lies_in_vain();
		pair_move(&d.p, 1, false);
		device_pair_exchange(&d, 20000);
		device_pair_fini(&d);
	}
}

/* Of keys in software: nobody's device has anything of it. */
static void
test_marks_in_software(void)
{
	begin_nics();
	CU_ASSERT_EQUAL(rtls_set_mode(d.k[0], RTLS_RX, RTLS_MODE_SOFTWARE), 0);
	device_pair_exchange(&d, 20000);
	lies_in_vain();
	device_pair_fini(&d);
}

/*
 * It has opened a record wrongly, which is read when packets have come by the other port for long, whose device has
 * nothing to do with it: that one is not named, and is not asked for the context before.
 */
static void
test_audit_names(void)
{
	uint8_t got[500];

	begin_nics();
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[0], RTLS_OPT_AUDIT_RATE, 1), 0);
	nic.spoils = true;
	device_pair_write(&d, 1, sizeof(got));
	pair_pass(&d.p, 10000);
	nic.spoils = false;
	pair_move(&d.p, 1, true);
	for (int i = 0; i < 28; i++) {
		device_pair_write(&d, 1, sizeof(got));
		pair_pass(&d.p, 40000);
	}
	CU_ASSERT_EQUAL(rtls_recv(d.k[0], got, sizeof(got), 0), -EBADMSG);
	CU_ASSERT_EQUAL(pair_info(d.k[0]).end_reason, RTLS_REASON_DEVICE);
	CU_ASSERT_EQUAL(d.p.stack[0]->netifs[0].rx_audits_failed, 1);
	CU_ASSERT_EQUAL(d.p.stack[0]->netifs[1].rx_audits_failed, 0);
	for (int i = 0; i < 2; i++) {
		rtls_abort(d.k[i]);
		d.k[i] = NULL;
	}
	device_pair_fini(&d);
}

/* --- two queues of one port -------------------------------------------------------- */

static bool by_second; /* queue: packets are there, and none in the other one */

static uint16_t
of_queue(struct rtls_port *p, uint16_t queue, struct rte_mbuf **pkts, uint16_t n)
{
	return queue == by_second ? nic.below[0](p, 0, pkts, n) : 0;
}

/* The NIC is the same one, whichever of its queues a packet comes by. */
static void
test_queues(void)
{
	const struct pair_conf pair = {
		.nic = { &nic_conf, NULL },
		.path = { { .delay_us = 200 }, { .delay_us = 200 } },
		.caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM,
	};

	device_pair_init(&d, &pair);
	by_second = false;
	nic.below[0] = d.p.port[0]->rx_burst;
	d.p.port[0]->rx_burst = of_queue;
	d.p.port[0]->nb_queues = 2;
	CU_ASSERT_EQUAL_FATAL(rtls_stack_bind(d.p.stack[0], d.p.port[0], 1), 0);
	device_pair_connect(&d);
	keys();
	device_pair_exchange(&d, 20000);
	by_second = true;
	device_pair_exchange(&d, 20000);
	CU_ASSERT(stat("RxRecordsNic") > 0);
	CU_ASSERT_EQUAL(stat("RxUnknownMark"), 0);
	CU_ASSERT_EQUAL(stat("RxRecordsOtherPort"), 0);
	device_pair_fini(&d);
}

/* --- events ------------------------------------------------------------------------ */

static struct seal_port other;

static void
begin_doubles(void)
{
	const struct pair_conf pair = {
		.two_ways = true,
		.path = { { .delay_us = 200 }, { .delay_us = 200 } },
		.caps = PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM,
	};

	device_pair_init(&d, &pair);
	seal_port_open(&other, d.p.other_port[0], "other");
	d.dev.o.mute = other.o.mute = true;
	device_pair_connect(&d);
	keys();
	device_pair_exchange(&d, 3000);
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 2);
	CU_ASSERT_EQUAL(offload_double_contexts(&other.o), 0);
}

static void
end_doubles(void)
{
	device_pair_fini(&d);
	seal_port_close(&other);
}

/* The other device tells it of all that the first one has. */
static void
tell(enum rtls_tls_event_type type)
{
	for (int i = 0; i < DOUBLE_CONTEXTS; i++) {
		const struct double_context *c = &d.dev.o.ctx[i];
		struct rtls_tls_event ev = {
			.type = type,
			.ctx = { .index = (uint32_t)i, .generation = c->generation },
			.cookie = c->cookie,
			.seq = d.wire[0].isn + 1,
		};

		if (c->used)
			offload_double_event(&other.o, &ev);
	}
	pair_settle(&d.p);
}

static bool
are_with_nic(void)
{
	return device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE) &&
	       device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE);
}

static void
test_events(void)
{
	static const enum rtls_tls_event_type types[] = {
		RTLS_TLS_EV_LOST,         RTLS_TLS_EV_ADD_DONE,   RTLS_TLS_EV_DEL_DONE,
		RTLS_TLS_EV_RESYNC_START, RTLS_TLS_EV_RESYNC_END, RTLS_TLS_EV_RESYNC_CANCEL,
		RTLS_TLS_EV_TX_RESYNC,
	};

	begin_doubles();
	for (size_t i = 0; i < HARNESS_COUNT(types); i++) {
		tell(types[i]);
		CU_ASSERT(are_with_nic());
	}
	CU_ASSERT_EQUAL(stat("SoftwareLost"), 0);
	CU_ASSERT_EQUAL(stat("RxResyncAsked"), 0);
	CU_ASSERT_EQUAL(offload_double_contexts(&d.dev.o), 2);
	device_pair_exchange(&d, 3000);
	end_doubles();
}

/* Down: the other one concerns nobody; the one that has the contexts does, wherever packets go. */
static void
test_down(void)
{
	const struct rtls_tls_event down = { .type = RTLS_TLS_EV_DOWN };

	begin_doubles();
	offload_double_event(&other.o, &down);
	pair_settle(&d.p);
	CU_ASSERT(are_with_nic());
	pair_move(&d.p, 0, true);
	pair_move(&d.p, 1, true);
	device_pair_exchange(&d, 3000);
	CU_ASSERT(are_with_nic());
	offload_double_event(&d.dev.o, &down);
	pair_settle(&d.p);
	for (int dir = RTLS_TX; dir <= RTLS_RX; dir++)
		CU_ASSERT(device_pair_is(&d, (enum rtls_dir)dir, RTLS_MODE_SOFTWARE,
					 RTLS_MODE_REASON_DOWN));
	device_pair_exchange(&d, 3000);
	end_doubles();
}

/* By a port that does not have the context nothing is marked, and nothing that is marked is handed over. */
static void
test_never_marked(void)
{
	unsigned int marked;

	begin_doubles();
	CU_ASSERT(d.dev.nb_notes > 0);
	marked = d.dev.nb_notes;
	pair_move(&d.p, 0, true);
	device_pair_exchange(&d, 30000);
	CU_ASSERT_EQUAL(d.dev.nb_notes, marked);
	CU_ASSERT_EQUAL(other.nb_notes, 0);
	CU_ASSERT(stat("TxRecordsOtherPort") > 0);
	/* Moved there, it is the other way round. */
	pair_pass(&d.p, 300000);
	device_pair_exchange(&d, 30000);
	device_pair_exchange(&d, 30000);
	CU_ASSERT_EQUAL(d.dev.nb_notes, marked);
	CU_ASSERT(other.nb_notes > 0);
	marked = other.nb_notes;
	pair_move(&d.p, 0, false);
	device_pair_exchange(&d, 30000);
	CU_ASSERT_EQUAL(other.nb_notes, marked);
	end_doubles();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "marks of a port that has no context", test_marks },
		{ "marks where all is in software", test_marks_in_software },
		{ "who is named by an audit", test_audit_names },
		{ "two queues of one port", test_queues },
		{ "events of another port's device", test_events },
		{ "devices that go down", test_down },
		{ "which port's device is asked to seal", test_never_marked },
	};

	if (eal_start("two-ports-lies") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/two_ports_lies", cases, HARNESS_COUNT(cases));
}
