/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The NIC's table of calls: recordtls/offload.h, on the host's lcore. */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include <recordtls/tls.h>

#include "tlsnic/host.h"
#include "tlsnic/ops.h"
#include "tlsnic/turn.h"

enum { DOWN_POLLS = 100 };

static void
ops_caps(void *dev, struct rtls_tls_caps *out)
{
	const struct tlsnic *nic = dev;
	const struct rtls_tls_caps caps = {
		.size = RTE_MIN(out->size, (uint32_t)sizeof(caps)),
		.max_contexts = nic->conf.max_contexts,
		.tx_method = nic->conf.tx_method,
		.tx_after = nic->conf.tx_after,
		.rx_method = nic->conf.rx_method,
		.tx_tso = nic->conf.no_tso == 0,
		.rx_identity = 1,
		.flow_iv = 1,
	};

	memcpy(out, &caps, caps.size);
}

/* 0; -ENOTSUP: nobody has told all of the IV. */
static int
key_of(const struct nic_key *session, const struct rtls_tls_flow *flow, struct nic_key *out)
{
	const struct record_suite *s = session->suite;

	*out = *session;
	if (s->version != RTLS_TLS_1_2 || s->explicit_nonce_len != 0)
		return 0;
	if (flow->size < offsetof(struct rtls_tls_flow, iv) + sizeof(flow->iv))
		return -ENOTSUP;
	memcpy(out->iv, flow->iv, sizeof(out->iv));
	return 0;
}

static int
ops_add(void *dev, void *session, const struct rtls_tls_flow *flow, uint64_t cookie,
	struct rtls_tls_handle *out)
{
	struct tlsnic *nic = dev;
	const struct nic_key *in_session = nic_session_key(session);
	struct nic_key key;
	int rc;

	if (flow->local.family != RTLS_IPV4 || flow->remote.family != RTLS_IPV4 ||
	    flow->vlan != 0 || flow->queue != 0 || flow->dir != in_session->dir)
		return -ENOTSUP;
	if (nic->is_down)
		return -EIO;
	if (nic_faults_strike(&nic->faults, RTLS_TLSNIC_TABLE_FULL))
		return -ENOSPC;
	/* Nothing could be said of what is opened. */
	if (flow->dir == RTLS_RX && nic->security.rx_mark_off < 0)
		return -ENOTSUP;
	host_reclaim(nic);
	rc = key_of(in_session, flow, &key);
	if (rc == 0)
		rc = contexts_add(&nic->contexts, &key, flow, cookie, nic->conf.add_polls, out);
	OPENSSL_cleanse(&key, sizeof(key));
	if (rc == 0 || rc == -EINPROGRESS)
		nic_count(&nic->counters, flow->dir == RTLS_TX ? NIC_CNT_TX_CTX : NIC_CNT_RX_CTX,
			  1);
	return rc;
}

static int
ops_start(void *dev, struct rtls_tls_handle ctx, uint32_t seq, uint64_t rec_no)
{
	struct tlsnic *nic = dev;
	struct nic_context *c = contexts_find(&nic->contexts, ctx);
	struct nic_msg msg = { .type = NIC_MSG_START, .ctx = ctx, .seq = seq, .rec_no = rec_no };

	if (c == NULL)
		return -ENOENT;
	if (c->state != CONTEXT_ADDED)
		return -EBUSY;
	c->state = CONTEXT_STARTED;
	host_command(nic, &msg);
	return 0;
}

/* A sending context is named by its packets: what is behind del in their order finds none. */
static int
ops_del(void *dev, struct rtls_tls_handle ctx)
{
	struct tlsnic *nic = dev;
	struct nic_context *c = contexts_find(&nic->contexts, ctx);
	struct nic_msg msg = { .type = NIC_MSG_DEL, .ctx = ctx };

	if (c == NULL)
		return 0;
	nic_count(&nic->counters, c->dir == RTLS_TX ? NIC_CNT_TX_DEL : NIC_CNT_RX_DEL, 1);
	contexts_delete(&nic->contexts, c);
	host_command(nic, &msg);
	return nic->conf.rings != 0 && c->dir == RTLS_RX ? -EINPROGRESS : 0;
}

/* 0, or what is answered in the place of a resync. */
static int
resync_fails(struct tlsnic *nic)
{
	if (nic_faults_strike(&nic->faults, RTLS_TLSNIC_RESYNC_BUSY))
		return -EBUSY;
	return nic_faults_strike(&nic->faults, RTLS_TLSNIC_RESYNC_ERROR) ? -EIO : 0;
}

static int
ops_tx_resync(void *dev, struct rtls_tls_handle ctx, uint32_t seq, uint64_t rec_no)
{
	struct tlsnic *nic = dev;
	struct nic_context *c = contexts_find(&nic->contexts, ctx);
	struct nic_msg msg = { .type = NIC_MSG_RESYNC, .ctx = ctx, .seq = seq, .rec_no = rec_no };
	int rc;

	if (c == NULL || c->dir != RTLS_TX)
		return -ENOENT;
	rc = resync_fails(nic);
	if (rc != 0)
		return rc;
	return c->state == CONTEXT_STARTED && host_command(nic, &msg) ? 0 : -EBUSY;
}

static int
ops_rx_resync(void *dev, struct rtls_tls_handle ctx, uint32_t seq, uint64_t rec_no)
{
	struct tlsnic *nic = dev;
	struct nic_context *c = contexts_find(&nic->contexts, ctx);
	struct nic_msg msg = { .type = NIC_MSG_RESYNC, .ctx = ctx, .seq = seq, .rec_no = rec_no };
	int rc;

	if (c == NULL || c->dir != RTLS_RX || c->state != CONTEXT_STARTED)
		return -ENOENT;
	rc = resync_fails(nic);
	if (rc != 0 || nic_faults_strike(&nic->faults, RTLS_TLSNIC_ANSWER_NEVER))
		return rc;
	msg.rec_no += nic_faults_strike(&nic->faults, RTLS_TLSNIC_ANSWER_WRONG);
	if (host_command(nic, &msg))
		return 0;
	nic_count_shared(&nic->counters, NIC_CNT_RX_RESYNC_RES_SKIP, 1);
	return -EBUSY;
}

/* The host hears of a reset: from here on no context is left. False: it has heard of it before. */
static bool
goes_down(struct tlsnic *nic)
{
	const struct nic_msg msg = { .type = NIC_MSG_DOWN };

	if (nic->is_down)
		return false;
	nic->is_down = true;
	nic->up_poll = nic->contexts.polls + DOWN_POLLS;
	contexts_void(&nic->contexts);
	return host_command(nic, &msg);
}

static bool
comes_up(struct tlsnic *nic)
{
	if (!nic->is_down || nic->contexts.nb_void != 0 || nic->contexts.polls < nic->up_poll)
		return false;
	nic->is_down = false;
	return true;
}

/* Is it to be told? No event, that is, of a context that was deleted in the meantime. */
static bool
is_news(struct tlsnic *nic, const struct rtls_tls_event *ev)
{
	if (ev->type == RTLS_TLS_EV_DOWN)
		return goes_down(nic);
	return contexts_find(&nic->contexts, ev->ctx) != NULL;
}

static unsigned int
ops_poll_events(void *dev, uint16_t queue, struct rtls_tls_event *ev, unsigned int n)
{
	struct tlsnic *nic = dev;
	unsigned int got;

	(void)queue;
	host_reclaim(nic);
	if (nic->conf.rings == 0) {
		turn_begin(nic);
		turn_flush(nic);
		turn_events(nic);
	}
	got = contexts_poll(&nic->contexts, ev, n);
	if (got < n && comes_up(nic))
		ev[got++] = (struct rtls_tls_event){ .type = RTLS_TLS_EV_UP };
	while (got < n && ring_event(&nic->rings, &ev[got]))
		if (is_news(nic, &ev[got]))
			got++;
	return got;
}

void
ops_init(struct tlsnic *nic)
{
	nic->ops = (struct rtls_tls_ops){
		.size = sizeof(nic->ops),
		.caps = ops_caps,
		.add = ops_add,
		.start = ops_start,
		.del = ops_del,
		.poll_events = ops_poll_events,
	};
	/* NULL where the method is another. */
	if (nic->conf.tx_method == RTLS_TLS_TX_NEXT_RECORD)
		nic->ops.tx_resync = ops_tx_resync;
	if (nic->conf.rx_method >= RTLS_TLS_RX_SCAN)
		nic->ops.rx_resync = ops_rx_resync;
}
