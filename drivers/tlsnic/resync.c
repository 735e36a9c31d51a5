/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tlsnic/resync.h"

#include "tlsnic/nic.h"

/* Behind a header's first byte: the shortest record is longer. */
enum { WRONG_BY = RECORD_HDR_LEN + RECORD_TAG_LEN - 1 };

static struct rtls_tls_event
event_of(const struct tlsnic *nic, const struct nic_context *c, enum rtls_tls_event_type type)
{
	return (struct rtls_tls_event){
		.type = (uint8_t)type,
		.ctx = contexts_handle(&nic->contexts, c),
		.cookie = c->cookie,
	};
}

/* What is asked about. */
static uint32_t
place(struct tlsnic *nic, const struct nic_context *c)
{
	if (!nic_faults_strike(&nic->faults, RTLS_TLSNIC_ASK_WRONG))
		return c->rx.scan.asked;
	return c->rx.scan.asked + nic_faults_draw(&nic->faults, RTLS_TLSNIC_ASK_WRONG, WRONG_BY);
}

static void
ask_on_packet(struct tlsnic *nic, struct nic_context *c, struct rte_mbuf *m)
{
	rx_scan_put(&c->rx.scan);
	if (nic->security.rx_resync_off <= 0)
		return;
	*RTE_MBUF_DYNFIELD(m, nic->security.rx_resync_off, uint32_t *) = place(nic, c);
	m->ol_flags |= nic->security.rx_resync_flag;
	nic_count(&nic->counters, NIC_CNT_RX_RESYNC_REQ_PKT, 1);
}

/* What is searched: from the header's first byte, or the packet's, to the packet's end. */
static void
ask_by_start(struct tlsnic *nic, struct nic_context *c, uint32_t seq, uint32_t len)
{
	struct rtls_tls_event ev = event_of(nic, c, RTLS_TLS_EV_RESYNC_START);
	uint32_t in_front = seq - c->rx.scan.asked;

	in_front = in_front < RECORD_HDR_LEN ? in_front : 0;
	ev.seq = seq - in_front;
	ev.len = len + in_front;
	/* The host has many questions that it has not looked at: this one is asked again later. */
	if (!ring_tell_start(&nic->rings, &ev)) {
		rx_scan_put(&c->rx.scan);
		return;
	}
	nic_count(&nic->counters, NIC_CNT_RX_RESYNC_REQ_PKT, 1);
	nic_count(&nic->counters, NIC_CNT_RX_RESYNC_REQ_START, 1);
	c->is_asking = true;
	c->end_turn = nic->turns + nic->conf.rx_resync_polls;
	TAILQ_INSERT_TAIL(&nic->asking, c, asking);
}

/* A start has its end, or its cancel; ev NULL: nobody is told. */
static void
end_asking(struct tlsnic *nic, struct nic_context *c, const struct rtls_tls_event *ev,
	   enum nic_counter how)
{
	c->is_asking = false;
	TAILQ_REMOVE(&nic->asking, c, asking);
	nic_count(&nic->counters, how, 1);
	ring_tell_end(&nic->rings, ev);
}

void
resync_ask(struct tlsnic *nic, struct nic_context *c, struct rte_mbuf *m, uint32_t seq,
	   uint32_t len)
{
	resync_cancel(nic, c);
	if (nic->conf.rx_method == RTLS_TLS_RX_SCAN)
		ask_on_packet(nic, c, m);
	else
		ask_by_start(nic, c, seq, len);
}

void
resync_cancel(struct tlsnic *nic, struct nic_context *c)
{
	const struct rtls_tls_event ev = event_of(nic, c, RTLS_TLS_EV_RESYNC_CANCEL);

	if (c->is_asking)
		end_asking(nic, c, &ev, NIC_CNT_RX_RESYNC_REQ_SKIP);
}

void
resync_forget(struct tlsnic *nic, struct nic_context *c)
{
	if (c->is_asking)
		end_asking(nic, c, NULL, NIC_CNT_RX_RESYNC_REQ_SKIP);
}

bool
resync_take(struct tlsnic *nic, struct nic_context *c, uint32_t seq, uint64_t rec_no)
{
	enum nic_rx_resync rc = nic_rx_resync(&c->rx, seq, rec_no);

	if (rc == NIC_RX_RESYNC_TAKEN)
		nic_count(&nic->counters, NIC_CNT_RX_RESYNC_RES_OK, 1);
	else
		nic_count_shared(&nic->counters, NIC_CNT_RX_RESYNC_RES_SKIP, 1);
	if (c->rx.scan.state == RX_SCAN_SEARCHING)
		resync_cancel(nic, c);
	return rc != NIC_RX_RESYNC_NO_RUN;
}

void
resync_turn(struct tlsnic *nic)
{
	struct rtls_tls_event ev;
	struct nic_context *c;

	nic->turns++;
	/* All wait for the same number of turns: the list is in the order of end_turn. */
	while ((c = TAILQ_FIRST(&nic->asking)) != NULL && c->end_turn < nic->turns) {
		ev = event_of(nic, c, RTLS_TLS_EV_RESYNC_END);
		ev.seq = place(nic, c);
		end_asking(nic, c, &ev, NIC_CNT_RX_RESYNC_REQ_END);
		rx_scan_put(&c->rx.scan);
	}
}
