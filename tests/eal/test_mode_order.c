/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a program says about modes: the order, per socket, and the features of a port. */
#include <errno.h>
#include <stdlib.h>

#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"

static struct device_pair d;

static uint8_t
order_of(const struct rtls_sock *k, enum rtls_dir dir)
{
	struct rtls_tls_info info;

	CU_ASSERT_EQUAL(rtls_tls_info(k, dir, &info), 0);
	return info.order;
}

/* The option counts when the first keys of a direction are set; before that info tells it, too. */
static void
test_order(void)
{
	device_pair_init(&d, NULL);
	device_pair_connect(&d);
	CU_ASSERT_EQUAL(order_of(d.k[0], RTLS_TX), RTLS_ORDER_NIC_SOFTWARE);
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[0], RTLS_OPT_MODE_ORDER, RTLS_ORDER_MAX), -EINVAL);
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[0], RTLS_OPT_MODE_ORDER, UINT64_MAX), -EINVAL);
	device_pair_keys(&d, 0);
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[0], RTLS_OPT_MODE_ORDER, RTLS_ORDER_SOFTWARE), 0);
	CU_ASSERT_EQUAL(order_of(d.k[0], RTLS_RX), RTLS_ORDER_SOFTWARE);
	device_pair_keys(&d, 1);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_ASKED));
	CU_ASSERT_EQUAL(order_of(d.k[0], RTLS_TX), RTLS_ORDER_SOFTWARE);
	device_pair_exchange(&d, 3000);
	device_pair_fini(&d);
}

/* End 0 listens: what its listener was told, its connections have. */
static void
test_listener(void)
{
	for (uint64_t order = 0; order < RTLS_ORDER_MAX; order++) {
		struct rtls_addr local = pair_addr(1, 0), remote = pair_addr(0, PAIR_PORT);
		struct rtls_listen_conf conf = { .size = sizeof(conf) };
		bool nic = order == RTLS_ORDER_NIC_SOFTWARE;
		struct rtls_sock *l = NULL;

		device_pair_init(&d, NULL);
		CU_ASSERT_EQUAL_FATAL(rtls_listen(d.p.stack[0], &remote, &conf, &l), 0);
		CU_ASSERT_EQUAL(rtls_sock_set(l, RTLS_OPT_MODE_ORDER, order), 0);
		CU_ASSERT_EQUAL_FATAL(rtls_connect(d.p.stack[1], &local, &remote, &d.k[1]), 0);
		pair_settle(&d.p);
		CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(l, &d.k[0], 1), 1);
		for (int i = 0; i < 2; i++) {
			device_pair_keys(&d, i);
			CU_ASSERT(device_pair_is(&d, i, nic ? RTLS_MODE_NIC : RTLS_MODE_SOFTWARE,
						 nic ? 0 : RTLS_MODE_REASON_ASKED));
			CU_ASSERT_EQUAL(order_of(d.k[0], i), order);
		}
		device_pair_exchange(&d, 3000);
		CU_ASSERT_EQUAL(rtls_close(l), 0);
		device_pair_fini(&d);
	}
}

/* For new connections only. */
static void
test_features(void)
{
	const uint32_t tx = RTLS_FEATURE_TLS_TX, rx = RTLS_FEATURE_TLS_RX;
	struct rtls_port *port;
	struct rtls_sock *old[2];

	device_pair_init(&d, NULL);
	port = d.p.port[0];
	CU_ASSERT_EQUAL(rtls_port_features(port, 4, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_features(port, 0, 1u << 31), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_features(port, tx, tx | rx), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_features(d.p.port[1], tx, 0), -ENOTSUP);
	CU_ASSERT_EQUAL(rtls_port_features(d.p.port[1], tx, tx), -EINVAL);
	CU_ASSERT_EQUAL(port->tls.features, tx | rx);
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
	CU_ASSERT_EQUAL(rtls_port_features(port, 0, tx | rx), 0);
	device_pair_exchange(&d, 3000);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	memcpy(old, d.k, sizeof(old));
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_FEATURE_OFF));
	CU_ASSERT_EQUAL(rtls_port_features(port, rx, 0), 0);
	device_pair_keys(&d, 1);
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	device_pair_exchange(&d, 3000);
	CU_ASSERT_EQUAL(rtls_close(old[0]), 0);
	CU_ASSERT_EQUAL(rtls_close(old[1]), 0);
	device_pair_fini(&d);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the order that is asked for", test_order },
		{ "the order comes from the listener", test_listener },
		{ "features are for new connections", test_features },
	};

	if (eal_start("mode-order") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/mode-order", cases, HARNESS_COUNT(cases));
}
