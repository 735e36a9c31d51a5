/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Rules for ethdevs. rte_flow is a fake that the linker puts in its place. */
#include <errno.h>

#include <CUnit/CUnit.h>
#include <rte_byteorder.h>
#include <rte_errno.h>
#include <rte_flow.h>

#include <recordtls/tls.h>

#include "offload/steer.h"
#include "support/eal.h"
#include "support/harness.h"

enum { PORT_ID = 5 };

/* What the driver makes of actions. */
enum taste {
	TAKES_ALL,
	TAKES_ALONE, /* SECURITY and nothing else */
	TAKES_NONE,
	FAILS,        /* takes all, and has no room */
	FAILS_SILENT, /* the same, and does not say why */
};

static struct {
	enum taste taste;
	unsigned int nb_validated, nb_created, nb_destroyed;
	const struct rtls_tls_flow *flow;
	void *session;
	unsigned int nb_actions; /* of the rule that was created */
	struct rte_flow *destroyed;
} fake;

static char the_rule;

static void
check_pattern(const struct rte_flow_item *item)
{
	const struct rte_flow_item_ipv4 *ip = item[1].spec, *ip_mask = item[1].mask;
	const struct rte_flow_item_tcp *tcp = item[2].spec, *tcp_mask = item[2].mask;
	static const struct rte_flow_item_ipv4 no_ip;
	static const struct rte_flow_item_tcp no_tcp;
	struct rte_flow_item_ipv4 want_ip = no_ip, want_ip_mask = no_ip;
	struct rte_flow_item_tcp want_tcp = no_tcp, want_tcp_mask = no_tcp;

	CU_ASSERT_EQUAL(item[0].type, RTE_FLOW_ITEM_TYPE_ETH);
	CU_ASSERT_EQUAL_FATAL(item[1].type, RTE_FLOW_ITEM_TYPE_IPV4);
	CU_ASSERT_EQUAL_FATAL(item[2].type, RTE_FLOW_ITEM_TYPE_TCP);
	CU_ASSERT_EQUAL_FATAL(item[3].type, RTE_FLOW_ITEM_TYPE_END);
	CU_ASSERT_PTR_NULL(item[0].spec);
	CU_ASSERT_PTR_NULL(item[0].mask);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_PTR_NULL(item[i].last);
	/* From the peer to the host, and nothing else of the headers. */
	want_ip.hdr.src_addr = RTE_BE32(0xc6336402);
	want_ip.hdr.dst_addr = RTE_BE32(0xc0000201);
	want_ip_mask.hdr.src_addr = 0xffffffff;
	want_ip_mask.hdr.dst_addr = 0xffffffff;
	want_tcp.hdr.src_port = RTE_BE16(50000);
	want_tcp.hdr.dst_port = RTE_BE16(443);
	want_tcp_mask.hdr.src_port = 0xffff;
	want_tcp_mask.hdr.dst_port = 0xffff;
	CU_ASSERT_EQUAL(memcmp(ip, &want_ip, sizeof(*ip)), 0);
	CU_ASSERT_EQUAL(memcmp(ip_mask, &want_ip_mask, sizeof(*ip_mask)), 0);
	CU_ASSERT_EQUAL(memcmp(tcp, &want_tcp, sizeof(*tcp)), 0);
	CU_ASSERT_EQUAL(memcmp(tcp_mask, &want_tcp_mask, sizeof(*tcp_mask)), 0);
}

/* SECURITY first, QUEUE or nothing behind it. Returns how many. */
static unsigned int
check_actions(const struct rte_flow_action *action)
{
	const struct rte_flow_action_security *security = action[0].conf;
	const struct rte_flow_action_queue *queue = action[1].conf;

	CU_ASSERT_EQUAL_FATAL(action[0].type, RTE_FLOW_ACTION_TYPE_SECURITY);
	CU_ASSERT_PTR_EQUAL(security->security_session, fake.session);
	if (action[1].type == RTE_FLOW_ACTION_TYPE_END)
		return 1;
	CU_ASSERT_EQUAL_FATAL(action[1].type, RTE_FLOW_ACTION_TYPE_QUEUE);
	CU_ASSERT_EQUAL(queue->index, fake.flow->queue);
	CU_ASSERT_EQUAL_FATAL(action[2].type, RTE_FLOW_ACTION_TYPE_END);
	return 2;
}

static void
check_attr(uint16_t port_id, const struct rte_flow_attr *attr)
{
	CU_ASSERT_EQUAL(port_id, PORT_ID);
	CU_ASSERT_EQUAL(attr->ingress, 1);
	CU_ASSERT_EQUAL(attr->egress, 0);
	CU_ASSERT_EQUAL(attr->transfer, 0);
	CU_ASSERT_EQUAL(attr->group, 0);
	CU_ASSERT_EQUAL(attr->priority, 0);
}

int __wrap_rte_flow_validate(uint16_t port_id, const struct rte_flow_attr *attr,
			     const struct rte_flow_item pattern[],
			     const struct rte_flow_action actions[], struct rte_flow_error *error);
struct rte_flow *__wrap_rte_flow_create(uint16_t port_id, const struct rte_flow_attr *attr,
					const struct rte_flow_item pattern[],
					const struct rte_flow_action actions[],
					struct rte_flow_error *error);
int __wrap_rte_flow_destroy(uint16_t port_id, struct rte_flow *flow, struct rte_flow_error *error);

int
__wrap_rte_flow_validate(uint16_t port_id, const struct rte_flow_attr *attr,
			 const struct rte_flow_item pattern[],
			 const struct rte_flow_action actions[], struct rte_flow_error *error)
{
	unsigned int n;

	CU_ASSERT_PTR_NOT_NULL(error);
	check_attr(port_id, attr);
	check_pattern(pattern);
	n = check_actions(actions);
	/* With the queue first, alone only then. */
	CU_ASSERT_EQUAL(n, fake.nb_validated == 0 ? 2 : 1);
	fake.nb_validated++;
	switch (fake.taste) {
	case TAKES_NONE:
		return n == 2 ? -EINVAL : -ENOTSUP;
	case TAKES_ALONE:
		return n == 2 ? -ENOTSUP : 0;
	case TAKES_ALL:
	case FAILS:
	case FAILS_SILENT:
		break;
	}
	return 0;
}

struct rte_flow *
__wrap_rte_flow_create(uint16_t port_id, const struct rte_flow_attr *attr,
		       const struct rte_flow_item pattern[], const struct rte_flow_action actions[],
		       struct rte_flow_error *error)
{
	CU_ASSERT_PTR_NOT_NULL(error);
	check_attr(port_id, attr);
	check_pattern(pattern);
	fake.nb_actions = check_actions(actions);
	fake.nb_created++;
	if (fake.taste != FAILS && fake.taste != FAILS_SILENT)
		return (struct rte_flow *)&the_rule;
	rte_errno = fake.taste == FAILS ? ENOSPC : 0;
	return NULL;
}

int
__wrap_rte_flow_destroy(uint16_t port_id, struct rte_flow *flow, struct rte_flow_error *error)
{
	CU_ASSERT_EQUAL(port_id, PORT_ID);
	CU_ASSERT_PTR_NOT_NULL(error);
	fake.destroyed = flow;
	fake.nb_destroyed++;
	return 0;
}

static const struct rtls_tls_flow a_flow = {
	.local = { .family = RTLS_IPV4, .port = 443, .ip = { 192, 0, 2, 1 } },
	.remote = { .family = RTLS_IPV4, .port = 50000, .ip = { 198, 51, 100, 2 } },
	.queue = 3,
	.dir = RTLS_RX,
};

static int
steer(struct offload_device *d, enum taste taste, const struct rtls_tls_flow *flow, void **rule)
{
	memset(&fake, 0, sizeof(fake));
	fake.taste = taste;
	fake.flow = flow;
	fake.session = &fake;
	*rule = NULL;
	offload_steer_ethdev(d, PORT_ID);
	return d->steer_add(d->steer_dev, flow, fake.session, rule);
}

static void
test_rules(void)
{
	static const struct {
		enum taste taste;
		int rc;
		unsigned int nb_validated, nb_created, nb_actions;
	} rows[] = {
		{ TAKES_ALL, 0, 1, 1, 2 },         { TAKES_ALONE, 0, 2, 1, 1 },
		{ TAKES_NONE, -ENOTSUP, 2, 0, 0 }, { FAILS, -ENOSPC, 1, 1, 2 },
		{ FAILS_SILENT, -EIO, 1, 1, 2 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct offload_device d = { 0 };
		void *rule;

		CU_ASSERT_EQUAL(steer(&d, rows[i].taste, &a_flow, &rule), rows[i].rc);
		CU_ASSERT_EQUAL(fake.nb_validated, rows[i].nb_validated);
		CU_ASSERT_EQUAL(fake.nb_created, rows[i].nb_created);
		CU_ASSERT_EQUAL(fake.nb_actions, rows[i].nb_actions);
		CU_ASSERT_PTR_EQUAL(rule, rows[i].rc == 0 ? (void *)&the_rule : NULL);
		CU_ASSERT_EQUAL(fake.nb_destroyed, 0);
		if (rows[i].rc != 0)
			continue;
		d.steer_del(d.steer_dev, rule);
		CU_ASSERT_EQUAL(fake.nb_destroyed, 1);
		CU_ASSERT_PTR_EQUAL(fake.destroyed, &the_rule);
	}
}

static void
test_not_ipv4(void)
{
	struct rtls_tls_flow flow = a_flow;
	struct offload_device d = { 0 };
	void *rule;

	flow.local.family = 6;
	CU_ASSERT_EQUAL(steer(&d, TAKES_ALL, &flow, &rule), -ENOTSUP);
	flow = a_flow;
	flow.remote.family = 0;
	CU_ASSERT_EQUAL(steer(&d, TAKES_ALL, &flow, &rule), -ENOTSUP);
	CU_ASSERT_EQUAL(fake.nb_validated, 0);
	CU_ASSERT_PTR_NULL(rule);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "rules, field by field", test_rules },
		{ "not IPv4", test_not_ipv4 },
	};

	if (eal_start("offload-steer") != 0)
		return 1;
	return harness_run("offload/steer", cases, HARNESS_COUNT(cases));
}
