/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "offload/steer.h"

#include <errno.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_errno.h>
#include <rte_flow.h>

/* What a rule looks for: its parts are pointed to by the pattern. */
struct steer_match {
	struct rte_flow_item_ipv4 ip, ip_mask;
	struct rte_flow_item_tcp tcp, tcp_mask;
};

/* A received packet goes from the peer to the host. */
static void
match_set(struct steer_match *m, const struct rtls_tls_flow *flow)
{
	memset(m, 0, sizeof(*m));
	memcpy(&m->ip.hdr.src_addr, flow->remote.ip, sizeof(m->ip.hdr.src_addr));
	memcpy(&m->ip.hdr.dst_addr, flow->local.ip, sizeof(m->ip.hdr.dst_addr));
	m->ip_mask.hdr.src_addr = RTE_BE32(UINT32_MAX);
	m->ip_mask.hdr.dst_addr = RTE_BE32(UINT32_MAX);
	m->tcp.hdr.src_port = rte_cpu_to_be_16(flow->remote.port);
	m->tcp.hdr.dst_port = rte_cpu_to_be_16(flow->local.port);
	m->tcp_mask.hdr.src_port = RTE_BE16(UINT16_MAX);
	m->tcp_mask.hdr.dst_port = RTE_BE16(UINT16_MAX);
}

static int
rule_create(uint16_t port_id, const struct rte_flow_item *pattern, uint16_t queue_id, void *session,
	    void **rule)
{
	static const struct rte_flow_attr attr = { .ingress = 1 };
	const struct rte_flow_action_security security = { .security_session = session };
	const struct rte_flow_action_queue queue = { .index = queue_id };
	/* SECURITY comes first: some drivers look there only. */
	struct rte_flow_action actions[] = {
		{ .type = RTE_FLOW_ACTION_TYPE_SECURITY, .conf = &security },
		{ .type = RTE_FLOW_ACTION_TYPE_QUEUE, .conf = &queue },
		{ .type = RTE_FLOW_ACTION_TYPE_END },
	};
	struct rte_flow_error error;
	int rc = rte_flow_validate(port_id, &attr, pattern, actions, &error);

	/* Others take it alone; the queue is then the device's choice. */
	if (rc != 0) {
		actions[1] = actions[2];
		rc = rte_flow_validate(port_id, &attr, pattern, actions, &error);
	}
	if (rc != 0)
		return rc;
	*rule = rte_flow_create(port_id, &attr, pattern, actions, &error);
	if (*rule == NULL)
		return rte_errno != 0 ? -rte_errno : -EIO;
	return 0;
}

static uint16_t
port_of(void *steer_dev)
{
	return (uint16_t)(uintptr_t)steer_dev;
}

static int
ethdev_steer_add(void *steer_dev, const struct rtls_tls_flow *flow, void *session, void **rule)
{
	struct steer_match m;
	const struct rte_flow_item pattern[] = {
		{ .type = RTE_FLOW_ITEM_TYPE_ETH },
		{ .type = RTE_FLOW_ITEM_TYPE_IPV4, .spec = &m.ip, .mask = &m.ip_mask },
		{ .type = RTE_FLOW_ITEM_TYPE_TCP, .spec = &m.tcp, .mask = &m.tcp_mask },
		{ .type = RTE_FLOW_ITEM_TYPE_END },
	};

	if (flow->local.family != RTLS_IPV4 || flow->remote.family != RTLS_IPV4 || flow->vlan != 0)
		return -ENOTSUP;
	match_set(&m, flow);
	return rule_create(port_of(steer_dev), pattern, flow->queue, session, rule);
}

static void
ethdev_steer_del(void *steer_dev, void *rule)
{
	struct rte_flow_error error;

	/* A rule that stays behind leads to a session that is gone: the driver's to refuse. */
	(void)rte_flow_destroy(port_of(steer_dev), rule, &error);
}

void
offload_steer_ethdev(struct offload_device *d, uint16_t port_id)
{
	d->steer_add = ethdev_steer_add;
	d->steer_del = ethdev_steer_del;
	d->steer_dev = (void *)(uintptr_t)port_id;
}
