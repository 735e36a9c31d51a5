/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The NIC's table of calls: recordtls/offload.h, on the host's lcore. */
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>

#include <recordtls/tls.h>

#include "tlsnic/host.h"
#include "tlsnic/ops.h"

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

static int
ops_tx_resync(void *dev, struct rtls_tls_handle ctx, uint32_t seq, uint64_t rec_no)
{
	struct tlsnic *nic = dev;
	struct nic_context *c = contexts_find(&nic->contexts, ctx);
	struct nic_msg msg = { .type = NIC_MSG_RESYNC, .ctx = ctx, .seq = seq, .rec_no = rec_no };

	if (c == NULL || c->dir != RTLS_TX)
		return -ENOENT;
	return c->state == CONTEXT_STARTED && host_command(nic, &msg) ? 0 : -EBUSY;
}

static unsigned int
ops_poll_events(void *dev, uint16_t queue, struct rtls_tls_event *ev, unsigned int n)
{
	struct tlsnic *nic = dev;
	unsigned int got;

	(void)queue;
	host_reclaim(nic);
	got = contexts_poll(&nic->contexts, ev, n);
	while (got < n && ring_event(&nic->rings, &ev[got]))
		/* No other event of a context that was deleted in the meantime. */
		if (contexts_find(&nic->contexts, ev[got].ctx) != NULL)
			got++;
	return got;
}

/* tx_resync is NULL where the method is another. */
const struct rtls_tls_ops nic_tls_ops_rebuild = {
	.size = sizeof(struct rtls_tls_ops),
	.caps = ops_caps,
	.add = ops_add,
	.start = ops_start,
	.del = ops_del,
	.poll_events = ops_poll_events,
};

const struct rtls_tls_ops nic_tls_ops_next_record = {
	.size = sizeof(struct rtls_tls_ops),
	.caps = ops_caps,
	.add = ops_add,
	.start = ops_start,
	.del = ops_del,
	.tx_resync = ops_tx_resync,
	.poll_events = ops_poll_events,
};
