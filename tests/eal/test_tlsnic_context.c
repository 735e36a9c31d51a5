/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The table of contexts and the calls of recordtls/offload.h. */
#include <errno.h>

#include <CUnit/CUnit.h>
#include <rte_common.h>
#include <rte_security.h>

#include <recordtls/tls.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/nic_bench.h"

static const uint32_t sizes[] = { 100 };

/* With one sending context, of port 443, started. */
static void
begin(struct nic_bench *b, uint32_t max_contexts, uint8_t rings)
{
	nic_bench_open(
		b, &(struct rtls_tlsnic_conf){ .max_contexts = max_contexts, .rings = rings }, 0);
	nic_bench_start(b, 1000, 0, sizes, 1);
}

static int
add(struct nic_bench *b, uint16_t port, uint64_t cookie, struct rtls_tls_handle *out)
{
	struct rtls_tls_flow flow = nic_bench_flow(RTLS_TX, port);
	const struct offload_device *d = &b->nic->tls;

	return d->ops->add(d->dev, b->session, &flow, cookie, out);
}

/* Of a sending context it is done at once, over rings too. */
static void
del(struct nic_bench *b, struct rtls_tls_handle h)
{
	CU_ASSERT_EQUAL(b->nic->tls.ops->del(b->nic->tls.dev, h), 0);
}

static unsigned int
poll_events(struct nic_bench *b, struct rtls_tls_event *ev, unsigned int n)
{
	return b->nic->tls.ops->poll_events(b->nic->tls.dev, 0, ev, n);
}

static void
test_limit(void)
{
	struct rtls_tls_handle second, third, again;
	struct nic_bench b;

	begin(&b, 3, 0);
	CU_ASSERT_EQUAL(b.nic->tls.caps.max_contexts, 3);
	/* The same connection under its next key. */
	CU_ASSERT_EQUAL(add(&b, 443, 0, &second), 0);
	CU_ASSERT_EQUAL(add(&b, 445, 0, &third), 0);
	CU_ASSERT_EQUAL(add(&b, 446, 0, &again), -ENOSPC);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "contexts_in_use"), 3);
	del(&b, second);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "contexts_in_use"), 2);
	CU_ASSERT_EQUAL(add(&b, 446, 0, &again), 0);
	CU_ASSERT_EQUAL(again.index, second.index);
	CU_ASSERT_NOT_EQUAL(again.generation, second.generation);
	CU_ASSERT_NOT_EQUAL(again.generation, 0);
	del(&b, second); /* an old handle: nothing */
	CU_ASSERT_EQUAL(nic_bench_count(&b, "contexts_in_use"), 3);
	del(&b, again);
	del(&b, third);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_ctx"), 4);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_del"), 3);
	nic_bench_close(&b);
}

/* Packets that are received lead to one context only. */
static void
test_one_receives(void)
{
	struct rtls_tls_flow flow = nic_bench_flow(RTLS_RX, 443);
	struct rtls_tls_handle first, second;
	const struct offload_device *d;
	struct nic_bench b;
	void *session;

	begin(&b, 3, 0);
	d = &b.nic->tls;
	session = nic_bench_session(&b, RTLS_RX);
	CU_ASSERT_EQUAL(d->ops->add(d->dev, session, &flow, 0, &first), 0);
	CU_ASSERT_EQUAL(d->ops->add(d->dev, session, &flow, 0, &second), -EEXIST);
	del(&b, first);
	CU_ASSERT_EQUAL(d->ops->add(d->dev, session, &flow, 0, &second), 0);
	del(&b, second);
	CU_ASSERT_EQUAL(rte_security_session_destroy(d->sec_ctx, session), 0);
	nic_bench_close(&b);
}

/* The one event that says that this context judges no more. */
static void
is_deleted(struct nic_bench *b, struct rtls_tls_handle h, uint64_t cookie)
{
	struct rtls_tls_event ev[4];

	CU_ASSERT_EQUAL_FATAL(poll_events(b, ev, 4), 1);
	CU_ASSERT_EQUAL(ev[0].type, RTLS_TLS_EV_DEL_DONE);
	CU_ASSERT_EQUAL(ev[0].status, 0);
	CU_ASSERT_EQUAL(ev[0].cookie, cookie);
	CU_ASSERT_EQUAL(ev[0].ctx.index, h.index);
	CU_ASSERT_EQUAL(ev[0].ctx.generation, h.generation);
	CU_ASSERT_EQUAL(poll_events(b, ev, 4), 0);
}

/*
 * Over rings the end of a receiving context is told when the NIC's lcore has carried it out, in
 * whatever state it was; the flow's next context need not wait, its slot must.
 */
static void
test_slow_del(void)
{
	enum { FIRST = 21, SECOND, THIRD };
	struct rtls_tls_flow flow = nic_bench_flow(RTLS_RX, 443);
	struct rtls_tls_handle first, second, third;
	const struct offload_device *d;
	struct rtls_tls_event ev[4];
	struct nic_bench b;
	void *session;

	for (int started = 0; started < 2; started++) {
		begin(&b, 3, 1);
		d = &b.nic->tls;
		session = nic_bench_session(&b, RTLS_RX);
		CU_ASSERT_EQUAL(d->ops->add(d->dev, session, &flow, FIRST, &first), 0);
		if (started)
			CU_ASSERT_EQUAL(d->ops->start(d->dev, first, 0, 0), 0);
		CU_ASSERT_EQUAL(d->ops->del(d->dev, first), -EINPROGRESS);
		/* Over for the host; a second time is nothing. */
		CU_ASSERT_EQUAL(d->ops->del(d->dev, first), 0);
		CU_ASSERT_EQUAL(d->ops->start(d->dev, first, 0, 0), -ENOENT);
		CU_ASSERT_EQUAL(poll_events(&b, ev, 4), 0);
		CU_ASSERT_EQUAL(d->ops->add(d->dev, session, &flow, SECOND, &second), 0);
		CU_ASSERT_NOT_EQUAL(second.index, first.index);
		CU_ASSERT_EQUAL(d->ops->add(d->dev, session, &flow, THIRD, &third), -EEXIST);
		CU_ASSERT_EQUAL(d->ops->start(d->dev, second, 0, 0), 0);
		nic_bench_turn(&b);
		/* Carried out; the slot is taken as long as nobody was told. */
		CU_ASSERT_EQUAL(nic_bench_count(&b, "contexts_in_use"), 3);
		CU_ASSERT_EQUAL(d->ops->del(d->dev, second), -EINPROGRESS);
		CU_ASSERT_EQUAL(d->ops->add(d->dev, session, &flow, THIRD, &third), -ENOSPC);
		CU_ASSERT_EQUAL(d->ops->start(d->dev, first, 0, 0), -ENOENT);
		CU_ASSERT_EQUAL(d->ops->del(d->dev, first), 0);
		is_deleted(&b, first, FIRST);
		CU_ASSERT_EQUAL(d->ops->add(d->dev, session, &flow, THIRD, &third), 0);
		CU_ASSERT_EQUAL(third.index, first.index);
		CU_ASSERT_NOT_EQUAL(third.generation, first.generation);
		nic_bench_turn(&b);
		is_deleted(&b, second, SECOND);
		CU_ASSERT_EQUAL(d->ops->start(d->dev, third, 0, 0), 0);
		CU_ASSERT_EQUAL(d->ops->del(d->dev, third), -EINPROGRESS);
		nic_bench_turn(&b);
		CU_ASSERT_EQUAL(poll_events(&b, ev, 0), 0); /* no room: later */
		is_deleted(&b, third, THIRD);
		CU_ASSERT_EQUAL(nic_bench_count(&b, "rx_tls_del"), 3);
		CU_ASSERT_EQUAL(rte_security_session_destroy(d->sec_ctx, session), 0);
		nic_bench_close(&b);
	}
}

/* Without rings there is nothing to wait for, and no event. */
static void
test_del_at_once(void)
{
	struct rtls_tls_flow flow = nic_bench_flow(RTLS_RX, 443);
	const struct offload_device *d;
	struct rtls_tls_event ev[4];
	struct rtls_tls_handle h;
	struct nic_bench b;
	void *session;

	begin(&b, 3, 0);
	d = &b.nic->tls;
	session = nic_bench_session(&b, RTLS_RX);
	for (int started = 0; started < 2; started++) {
		CU_ASSERT_EQUAL(d->ops->add(d->dev, session, &flow, 0, &h), 0);
		if (started)
			CU_ASSERT_EQUAL(d->ops->start(d->dev, h, 0, 0), 0);
		CU_ASSERT_EQUAL(d->ops->del(d->dev, h), 0);
		CU_ASSERT_EQUAL(nic_bench_count(&b, "contexts_in_use"), 1);
		CU_ASSERT_EQUAL(poll_events(&b, ev, 4), 0);
	}
	CU_ASSERT_EQUAL(rte_security_session_destroy(d->sec_ctx, session), 0);
	nic_bench_close(&b);
}

/* The NIC is closed with a context that nobody was told the end of. */
static void
test_closed_while_deleting(void)
{
	struct rtls_tls_flow flow = nic_bench_flow(RTLS_RX, 443);
	const struct offload_device *d;
	struct rtls_tls_handle h;
	struct nic_bench b;
	void *session;

	for (int carried_out = 0; carried_out < 2; carried_out++) {
		begin(&b, 3, 1);
		d = &b.nic->tls;
		session = nic_bench_session(&b, RTLS_RX);
		CU_ASSERT_EQUAL(d->ops->add(d->dev, session, &flow, 0, &h), 0);
		CU_ASSERT_EQUAL(d->ops->start(d->dev, h, 0, 0), 0);
		CU_ASSERT_EQUAL(d->ops->del(d->dev, h), -EINPROGRESS);
		if (carried_out)
			nic_bench_turn(&b);
		CU_ASSERT_EQUAL(rte_security_session_destroy(d->sec_ctx, session), 0);
		CU_ASSERT_EQUAL(rte_security_session_destroy(d->sec_ctx, b.session), 0);
		CU_ASSERT_EQUAL(rtls_port_close(b.nic), 0);
		nic_under_destroy(b.under);
		nic_stream_fini(&b.stream);
	}
}

static void
test_limit_rings(void)
{
	struct rtls_tls_handle second, again;
	struct nic_bench b;

	begin(&b, 2, 1);
	CU_ASSERT_EQUAL(add(&b, 444, 0, &second), 0);
	del(&b, second);
	/* The NIC has still to hear of it. */
	CU_ASSERT_EQUAL(add(&b, 444, 0, &again), -ENOSPC);
	CU_ASSERT(rtls_tlsnic_poll(b.nic) > 0);
	CU_ASSERT_EQUAL(add(&b, 444, 0, &again), 0);
	CU_ASSERT_EQUAL(again.index, second.index);
	CU_ASSERT_NOT_EQUAL(again.generation, second.generation);
	del(&b, again);
	nic_bench_close(&b);
}

static void
test_start(void)
{
	const struct rtls_tls_handle beyond = { .index = 7, .generation = 1 };
	struct rtls_tls_handle h;
	const struct offload_device *d;
	struct nic_bench b;

	begin(&b, 2, 0);
	d = &b.nic->tls;
	CU_ASSERT_EQUAL(d->ops->start(d->dev, b.ctx, 0, 0), -EBUSY);
	CU_ASSERT_EQUAL(d->ops->start(d->dev, beyond, 0, 0), -ENOENT);
	CU_ASSERT_EQUAL(add(&b, 444, 0, &h), 0);
	del(&b, h);
	CU_ASSERT_EQUAL(d->ops->start(d->dev, h, 0, 0), -ENOENT);
	CU_ASSERT(d->ops->tx_resync == NULL && d->ops->rx_resync != NULL);
	nic_bench_close(&b);
}

static void
test_resync_refusals(void)
{
	struct rtls_tls_handle h;
	const struct offload_device *d;
	struct nic_bench b;

	nic_bench_open(&b, &(struct rtls_tlsnic_conf){ .tx_method = RTLS_TLS_TX_NEXT_RECORD }, 0);
	nic_bench_start(&b, 1000, 0, sizes, 1);
	d = &b.nic->tls;
	CU_ASSERT_EQUAL(add(&b, 444, 0, &h), 0);
	CU_ASSERT_EQUAL(d->ops->tx_resync(d->dev, h, 0, 0), -EBUSY);
	del(&b, h);
	CU_ASSERT_EQUAL(d->ops->tx_resync(d->dev, h, 0, 0), -ENOENT);
	nic_bench_close(&b);
}

static void
test_not_these_connections(void)
{
	struct rtls_tls_flow flow;
	struct rtls_tls_handle h;
	const struct offload_device *d;
	struct nic_bench b;

	begin(&b, 4, 0);
	d = &b.nic->tls;
	flow = nic_bench_flow(RTLS_RX, 444); /* with the key of a sender */
	CU_ASSERT_EQUAL(d->ops->add(d->dev, b.session, &flow, 0, &h), -ENOTSUP);
	flow = nic_bench_flow(RTLS_TX, 444);
	flow.queue = 1;
	CU_ASSERT_EQUAL(d->ops->add(d->dev, b.session, &flow, 0, &h), -ENOTSUP);
	flow.queue = 0;
	flow.vlan = 7;
	CU_ASSERT_EQUAL(d->ops->add(d->dev, b.session, &flow, 0, &h), -ENOTSUP);
	flow.vlan = 0;
	flow.remote.family = 6;
	CU_ASSERT_EQUAL(d->ops->add(d->dev, b.session, &flow, 0, &h), -ENOTSUP);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "contexts_in_use"), 1);
	nic_bench_close(&b);
}

static void
test_slow_add(void)
{
	struct rtls_tls_handle h[3];
	struct rtls_tls_event ev[4];
	const struct offload_device *d;
	struct nic_bench b;

	nic_bench_open(&b, &(struct rtls_tlsnic_conf){ .add_polls = 3 }, 0);
	nic_stream_init(&b.stream, b.version, b.cipher, &b.luck, b.pool, 0, 0, sizes, 1);
	b.session = nic_bench_session(&b, RTLS_TX);
	d = &b.nic->tls;
	for (uint16_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(add(&b, 444 + i, 100 + i, &h[i]), -EINPROGRESS);
	CU_ASSERT_EQUAL(d->ops->start(d->dev, h[0], 0, 0), -EBUSY);
	CU_ASSERT_EQUAL(poll_events(&b, ev, 4), 0);
	del(&b, h[1]); /* no event of it */
	CU_ASSERT_EQUAL(poll_events(&b, ev, 4), 0);
	CU_ASSERT_EQUAL(poll_events(&b, ev, 1), 1);
	CU_ASSERT_EQUAL(ev[0].type, RTLS_TLS_EV_ADD_DONE);
	CU_ASSERT_EQUAL(ev[0].status, 0);
	CU_ASSERT_EQUAL(ev[0].cookie, 100);
	CU_ASSERT_EQUAL(ev[0].ctx.index, h[0].index);
	CU_ASSERT_EQUAL(ev[0].ctx.generation, h[0].generation);
	CU_ASSERT_EQUAL(poll_events(&b, ev, 4), 1); /* there was room for one */
	CU_ASSERT_EQUAL(ev[0].cookie, 102);
	CU_ASSERT_EQUAL(poll_events(&b, ev, 4), 0);
	CU_ASSERT_EQUAL(d->ops->start(d->dev, h[0], 0, 0), 0);
	del(&b, h[0]);
	del(&b, h[2]);
	nic_bench_close(&b);
}

/* Packets handed over before are sealed, those behind are not: in one order over the ring. */
static void
test_order_over_rings(void)
{
	struct nic_bench b;
	struct rtls_tls_handle h;
	const struct offload_device *d;
	struct rte_mbuf *m[4];
	uint32_t at = 0;

	begin(&b, 2, 1);
	d = &b.nic->tls;
	nic_bench_turn(&b);
	m[0] = nic_bench_packet(&b, 0, 60, 0);
	m[1] = nic_bench_packet(&b, 60, 20, 0);
	CU_ASSERT_EQUAL(b.nic->tx_burst(b.nic, 0, m, 2), 2);
	d->ops->del(d->dev, b.ctx);
	m[0] = nic_bench_packet(&b, 80, 20, 0);
	CU_ASSERT_EQUAL(b.nic->tx_burst(b.nic, 0, m, 1), 1);
	CU_ASSERT_EQUAL(add(&b, 443, 0, &h), 0); /* while the old one ends */
	m[0] = nic_bench_packet(&b, 80, 20, 0);
	((struct rtls_tls_tx_meta *)rte_mbuf_to_priv(m[0]))->ctx = h;
	CU_ASSERT_EQUAL(b.nic->tx_burst(b.nic, 0, m, 1), 1);
	CU_ASSERT_EQUAL(d->ops->start(d->dev, h, b.stream.seq, b.stream.first_rec_no), 0);
	m[0] = nic_bench_packet(&b, 0, 70, 0);
	((struct rtls_tls_tx_meta *)rte_mbuf_to_priv(m[0]))->ctx = h;
	CU_ASSERT_EQUAL(b.nic->tx_burst(b.nic, 0, m, 1), 1);
	CU_ASSERT_EQUAL(b.under->nb_sent, 0);
	nic_bench_turn(&b);
	nic_bench_check(&b, &at, 0, 60, 0);
	nic_bench_check(&b, &at, 60, 20, 0);
	nic_bench_check(&b, &at, 0, 70, 0);
	CU_ASSERT_EQUAL(at, b.under->nb_sent);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_drop_no_sync_data"), 2);
	CU_ASSERT_EQUAL(nic_bench_count(&b, "tx_tls_ooo"), 0);
	d->ops->del(d->dev, h);
	nic_bench_close(&b);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the table has a limit, and generations", test_limit },
		{ "one receiving context a connection", test_one_receives },
		{ "a del that takes its time", test_slow_del },
		{ "a del that takes no time", test_del_at_once },
		{ "closed while a context is deleted", test_closed_while_deleting },
		{ "over rings a slot is free when the NIC says so", test_limit_rings },
		{ "start", test_start },
		{ "resync where there is nothing to", test_resync_refusals },
		{ "connections that it does not take", test_not_these_connections },
		{ "add that takes its time", test_slow_add },
		{ "start and del keep the order of packets", test_order_over_rings },
	};

	if (eal_start("tlsnic-context") != 0)
		return 1;
	nic_bench_pool_create();
	return harness_run("tlsnic/context", cases, HARNESS_COUNT(cases));
}
