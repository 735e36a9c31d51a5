/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/mode.h"

#include <errno.h>

#include <recordtls/names.h>

#include "stack/addr.h"
#include "stack/device_events.h"
#include "stack/stack.h"
#include "stack/tell.h"

/* Counters of a direction. */
static const struct {
	enum counter opened[3]; /* by enum rtls_mode */
	enum counter current[3];
} counters[2] = {
	[RTLS_TX] = {
		.opened = { [RTLS_MODE_SOFTWARE] = CNT_TLS_TX_SW,
			    [RTLS_MODE_NIC] = CNT_TLS_TX_DEVICE },
		.current = { [RTLS_MODE_SOFTWARE] = CNT_TLS_CURR_TX_SW,
			     [RTLS_MODE_NIC] = CNT_TLS_CURR_TX_DEVICE },
	},
	[RTLS_RX] = {
		.opened = { [RTLS_MODE_SOFTWARE] = CNT_TLS_RX_SW,
			    [RTLS_MODE_NIC] = CNT_TLS_RX_DEVICE },
		.current = { [RTLS_MODE_SOFTWARE] = CNT_TLS_CURR_RX_SW,
			     [RTLS_MODE_NIC] = CNT_TLS_CURR_RX_DEVICE },
	},
};

/* Among the current sessions of whom does this direction count? RTLS_MODE_NONE: nobody's. */
static void
count_current(struct rtls_sock *k, enum rtls_dir d, enum rtls_mode as)
{
	struct mode_dir *m = &k->mode.dir[d];

	if (m->counted != RTLS_MODE_NONE)
		k->stack->counters[counters[d].current[m->counted]]--;
	if (as != RTLS_MODE_NONE)
		k->stack->counters[counters[d].current[as]]++;
	m->counted = (uint8_t)as;
}

/* Each renewal may change it twice, and a peer can ask for any number of them. */
static enum note
mode_note(const struct rtls_sock *k, enum rtls_dir d)
{
	return (d == RTLS_TX ? k->tx.epoch : k->rx.epoch) > 1 ? NOTE_MODE_AGAIN : NOTE_MODE;
}

/* What goes wrong with a device, besides each change of mode. */
static void
tell_software(struct rtls_sock *k, enum rtls_dir d, enum rtls_mode_reason why)
{
	const char *dir = rtls_dir_name(d);

	tell_conn(k, mode_note(k, d), "%s in software, %s", dir, rtls_mode_reason_name(why));
	switch (why) {
	case RTLS_MODE_REASON_NO_ROOM:
		tell_conn(k, NOTE_DEVICE_FULL, "%s", dir);
		break;
	case RTLS_MODE_REASON_REFUSED:
		tell_conn(k, NOTE_DEVICE_REFUSED, "%s", dir);
		break;
	case RTLS_MODE_REASON_LOST:
		tell_conn(k, NOTE_DEVICE_LOST, "%s", dir);
		break;
	case RTLS_MODE_REASON_NONE:
	case RTLS_MODE_REASON_PENDING:
	case RTLS_MODE_REASON_ASKED:
	case RTLS_MODE_REASON_NO_DEVICE:
	case RTLS_MODE_REASON_FEATURE_OFF:
	case RTLS_MODE_REASON_SUITE:
	case RTLS_MODE_REASON_REKEY:
	case RTLS_MODE_REASON_DOWN: /* told of once, not per connection */
	case RTLS_MODE_REASON_MAX:
		break;
	}
}

static void
go_software(struct rtls_sock *k, enum rtls_dir d, enum rtls_mode_reason why)
{
	struct mode_dir *m = &k->mode.dir[d];

	m->mode = RTLS_MODE_SOFTWARE;
	m->reason = (uint8_t)why;
	stack_count(k->stack, counter_of_reason(why));
	count_current(k, d, RTLS_MODE_SOFTWARE);
	tell_software(k, d, why);
}

/* Why the device need not even be asked; NONE: it is to be asked. */
static enum rtls_mode_reason
not_worth_asking(const struct rtls_sock *k, enum rtls_dir d, const struct record_suite *suite)
{
	const struct rtls_port *port = k->stack->bindings[k->path.binding].port;
	const struct offload_device *dev = &port->tls;
	uint32_t feature = d == RTLS_TX ? RTLS_FEATURE_TLS_TX : RTLS_FEATURE_TLS_RX;

	if (k->mode.order[d] == RTLS_ORDER_SOFTWARE)
		return RTLS_MODE_REASON_ASKED;
	/* Whoever seals writes the TCP checksum. */
	if (!offload_device_present(dev) ||
	    (d == RTLS_TX && (dev->caps.tx_method == RTLS_TLS_TX_NONE ||
			      (port->caps & PORT_CAP_TX_TCP_CKSUM) == 0)) ||
	    (d == RTLS_RX && dev->caps.rx_method == RTLS_TLS_RX_NONE))
		return RTLS_MODE_REASON_NO_DEVICE;
	if ((dev->features & feature) == 0)
		return RTLS_MODE_REASON_FEATURE_OFF;
	/* Of one that is over the tuple may be another's by now. */
	if (k->tcp.state == TCP_CLOSED || !offload_carries(dev, suite, d))
		return RTLS_MODE_REASON_SUITE;
	return RTLS_MODE_REASON_NONE;
}

static struct rtls_tls_flow
flow_of(const struct rtls_sock *k, enum rtls_dir d)
{
	return (struct rtls_tls_flow){
		.local = addr_from_net(&k->tuple.local, k->tuple.local_port),
		.remote = addr_from_net(&k->tuple.remote, k->tuple.remote_port),
		.queue = k->stack->bindings[k->path.binding].queue,
		.dir = (uint8_t)d,
	};
}

static enum rtls_mode_reason
refusal(int rc)
{
	switch (rc) {
	case -ENOSPC:
		return RTLS_MODE_REASON_NO_ROOM;
	case -ENOTSUP:
		return RTLS_MODE_REASON_SUITE;
	default:
		return RTLS_MODE_REASON_REFUSED;
	}
}

static void
started(struct rtls_sock *k, enum rtls_dir d)
{
	k->mode.dir[d].mode = RTLS_MODE_NIC;
	k->mode.dir[d].reason = RTLS_MODE_REASON_NONE;
	tell_conn(k, mode_note(k, d), "%s in the NIC", rtls_dir_name(d));
}

static void
start_tx(struct rtls_sock *k)
{
	struct mode_dir *m = &k->mode.dir[RTLS_TX];
	uint64_t off = sendq_end(&k->sendq);

	if (offload_start(stack_device_of(k), &m->ctx, tcp_seq_of(&k->tcp, off), k->tx.rec_no) !=
	    0) {
		go_software(k, RTLS_TX, RTLS_MODE_REASON_REFUSED);
		return;
	}
	k->mode.tx_next_off = off;
	k->mode.tx_planned_off = off;
	k->mode.tx_in_step_off = off;
	k->mode.tx_out_of_step = false;
	session_tx_to_device(&k->tx, true);
	started(k, RTLS_TX);
}

/*
 * A device can take up the stream at a record's start that has not arrived yet. With bytes held
 * out of order it is not known what has.
 */
static void
start_rx(struct rtls_sock *k)
{
	struct mode_dir *m = &k->mode.dir[RTLS_RX];
	uint64_t off, rec_no;

	if (k->phase == ENDPOINT_ORPHAN) /* nothing of it is opened any more */
		return;
	if (k->recvq.nb_held > 0 || !session_rx_boundary(&k->rx, &off, &rec_no))
		return;
	if (offload_start(stack_device_of(k), &m->ctx, tcp_rcv_seq_of(&k->tcp, off), rec_no) != 0) {
		go_software(k, RTLS_RX, RTLS_MODE_REASON_REFUSED);
		return;
	}
	session_rx_device_starts(&k->rx, off);
	started(k, RTLS_RX);
}

static void
start(struct rtls_sock *k, enum rtls_dir d)
{
	if (d == RTLS_TX)
		start_tx(k);
	else
		start_rx(k);
}

static void
first_keys(struct rtls_sock *k, enum rtls_dir d, const struct rtls_keys *keys)
{
	const struct record_suite *suite = d == RTLS_TX ? k->tx.suite : k->rx.suite;
	enum rtls_mode_reason why = not_worth_asking(k, d, suite);
	struct mode_dir *m = &k->mode.dir[d];
	struct rtls_tls_flow flow = flow_of(k, d);
	int rc;

	if (why == RTLS_MODE_REASON_NONE) {
		rc = offload_open(stack_device_of(k), suite, keys, &flow,
				  device_events_cookie(k, d), &m->ctx);
		if (rc != 0 && rc != -EINPROGRESS)
			why = refusal(rc);
	}
	/* Without the means to undo what the device does it is of no use. */
	if (why == RTLS_MODE_REASON_NONE && d == RTLS_RX &&
	    session_rx_to_device(&k->rx, keys) != 0) {
		offload_close(stack_device_of(k), &m->ctx);
		why = RTLS_MODE_REASON_REFUSED;
	}
	if (why != RTLS_MODE_REASON_NONE) {
		stack_count(k->stack, counters[d].opened[RTLS_MODE_SOFTWARE]);
		go_software(k, d, why);
		return;
	}
	stack_count(k->stack, counters[d].opened[RTLS_MODE_NIC]);
	count_current(k, d, RTLS_MODE_NIC);
	m->mode = RTLS_MODE_SOFTWARE;
	m->reason = RTLS_MODE_REASON_PENDING;
	if (m->ctx.state == OFFLOAD_ADDED)
		start(k, d);
}

/* One context has one key. What is queued for the device it still seals. */
static void
next_keys(struct rtls_sock *k, enum rtls_dir d)
{
	struct mode_dir *m = &k->mode.dir[d];

	/* The NIC's without a context: the connection is over. */
	if ((!offload_is_open(&m->ctx) && m->mode != RTLS_MODE_NIC) ||
	    m->reason == RTLS_MODE_REASON_REKEY)
		return;
	go_software(k, d, RTLS_MODE_REASON_REKEY);
	if (d == RTLS_RX || k->sendq.map.nb_device == 0)
		offload_close(stack_device_of(k), &m->ctx);
}

void
mode_keys(struct rtls_sock *k, enum rtls_dir d, const struct rtls_keys *keys)
{
	if (k->mode.dir[d].mode != RTLS_MODE_NONE) {
		next_keys(k, d);
		return;
	}
	if (d == RTLS_TX)
		k->mode.tx_start_off = sendq_end(&k->sendq);
	first_keys(k, d, keys);
}

void
mode_added(struct rtls_sock *k, enum rtls_dir d, int status)
{
	struct mode_dir *m = &k->mode.dir[d];
	struct rtls_tls_flow flow = flow_of(k, d);

	if (m->ctx.state != OFFLOAD_ADDING)
		return;
	status = offload_added(stack_device_of(k), &m->ctx, &flow, status);
	if (status != 0)
		go_software(k, d, refusal(status));
	else
		start(k, d);
}

void
mode_delivered(struct rtls_sock *k)
{
	if (k->mode.dir[RTLS_RX].ctx.state == OFFLOAD_ADDED)
		start_rx(k);
}

void
mode_acked(struct rtls_sock *k)
{
	struct mode_dir *m = &k->mode.dir[RTLS_TX];

	session_tx_released(&k->tx);
	if (m->ctx.state == OFFLOAD_STARTED && m->mode == RTLS_MODE_SOFTWARE &&
	    k->sendq.map.nb_device == 0)
		offload_close(stack_device_of(k), &m->ctx);
}

void
mode_tx_out_of_step(struct rtls_sock *k, uint32_t seq)
{
	uint64_t planned_off = k->mode.tx_planned_off;
	uint64_t off = planned_off - (uint32_t)(tcp_seq_of(&k->tcp, planned_off) - seq);

	if (k->mode.dir[RTLS_TX].ctx.state != OFFLOAD_STARTED ||
	    stack_device_of(k)->caps.tx_method != RTLS_TLS_TX_NEXT_RECORD)
		return;
	/* It was put in step behind that already. */
	if (off < k->mode.tx_in_step_off)
		return;
	k->mode.tx_out_of_step = true;
	stack_count(k->stack, CNT_TLS_TX_DEVICE_RESYNC);
	tell_conn(k, NOTE_DEVICE_MISSED, NULL);
}

void
mode_lose(struct rtls_sock *k, enum rtls_dir d, enum rtls_mode_reason why)
{
	struct mode_dir *m = &k->mode.dir[d];
	bool was_sealing = d == RTLS_TX && m->mode == RTLS_MODE_NIC;

	if (!offload_is_open(&m->ctx))
		return;
	offload_close(stack_device_of(k), &m->ctx);
	/* Behind a key change it had its reason already. */
	if (m->counted == RTLS_MODE_NIC)
		go_software(k, d, why);
	if (was_sealing)
		session_tx_to_device(&k->tx, false);
}

void
mode_close(struct rtls_sock *k)
{
	int d;

	for (d = RTLS_TX; d <= RTLS_RX; d++) {
		if (!offload_is_open(&k->mode.dir[d].ctx))
			continue;
		offload_close(stack_device_of(k), &k->mode.dir[d].ctx);
		if (k->mode.dir[d].counted == RTLS_MODE_NIC)
			count_current(k, d, RTLS_MODE_NONE);
	}
}

void
mode_uncount(struct rtls_sock *k)
{
	count_current(k, RTLS_TX, RTLS_MODE_NONE);
	count_current(k, RTLS_RX, RTLS_MODE_NONE);
}
