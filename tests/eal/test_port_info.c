/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What can be read of a port's inline TLS, and the order of modes per direction. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"

enum { TX = RTLS_FEATURE_TLS_TX, RX = RTLS_FEATURE_TLS_RX, BOTH = TX | RX };

static struct device_pair d;

/* Of the port with a device. */
static struct rtls_port_info
info_of(int end)
{
	struct rtls_port_info info;

	memset(&info, 0xa5, sizeof(info));
	info.size = sizeof(info);
	CU_ASSERT_EQUAL(rtls_port_info(d.p.port[end], &info), 0);
	return info;
}

static void
test_static(void)
{
	const struct rtls_port_info nothing = { .size = sizeof(nothing) };
	struct rtls_port_info info;

	device_pair_init(&d, NULL);
	info = info_of(0);
	CU_ASSERT_EQUAL(info.size, sizeof(info));
	CU_ASSERT_EQUAL(info.features, BOTH);
	CU_ASSERT_EQUAL(info.device_features, BOTH);
	CU_ASSERT_EQUAL(info.max_contexts, DOUBLE_CONTEXTS);
	CU_ASSERT_EQUAL(info.contexts, 0);
	CU_ASSERT_EQUAL(info.tx_method, RTLS_TLS_TX_REBUILD);
	CU_ASSERT_EQUAL(info.tx_after, RTLS_TLS_TX_STAYS);
	CU_ASSERT_EQUAL(info.rx_method, RTLS_TLS_RX_SCAN);
	CU_ASSERT_EQUAL(info.tx_tso, 0);
	/* A port without. */
	info = info_of(1);
	CU_ASSERT_EQUAL(memcmp(&info, &nothing, sizeof(info)), 0);
	device_pair_connect(&d);
	device_pair_fini(&d);
}

/* As many bytes as there is room for, of an older program or a newer one. */
static void
test_sizes(void)
{
	struct {
		struct rtls_port_info info;
		uint8_t more[8];
	} buf;
	uint8_t *bytes = (uint8_t *)&buf;

	device_pair_init(&d, NULL);
	for (uint32_t size = 0; size <= sizeof(buf); size++) {
		uint32_t n = RTE_MIN(size, (uint32_t)sizeof(buf.info));

		memset(&buf, 0xa5, sizeof(buf));
		buf.info.size = size;
		CU_ASSERT_EQUAL(rtls_port_info(d.p.port[0], &buf.info),
				size < sizeof(uint32_t) ? -EINVAL : 0);
		CU_ASSERT_EQUAL(buf.info.size, size);
		CU_ASSERT_EQUAL(size >= 8 && buf.info.features == BOTH, size >= 8);
		for (uint32_t i = RTE_MAX(n, (uint32_t)sizeof(uint32_t)); i < sizeof(buf); i++)
			CU_ASSERT_EQUAL(bytes[i], 0xa5);
	}
	device_pair_connect(&d);
	device_pair_fini(&d);
}

/* Contexts come with keys and go with the connection; features are switched, and the device's own stay. */
static void
test_in_use(void)
{
	static const struct rtls_tls_event down = { .type = RTLS_TLS_EV_DOWN };

	device_pair_init(&d, NULL);
	device_pair_connect(&d);
	CU_ASSERT_EQUAL(info_of(0).contexts, 0);
	device_pair_keys(&d, 0);
	CU_ASSERT_EQUAL(info_of(0).contexts, 1);
	device_pair_keys(&d, 1);
	CU_ASSERT_EQUAL(info_of(0).contexts, 2);
	CU_ASSERT_EQUAL(rtls_port_features(d.p.port[0], 0, TX), 0);
	CU_ASSERT_EQUAL(info_of(0).features, RX);
	CU_ASSERT_EQUAL(info_of(0).device_features, BOTH);
	CU_ASSERT_EQUAL(info_of(0).contexts, 2);
	offload_double_event(&d.dev.o, &down);
	pair_turn(&d.p);
	CU_ASSERT_EQUAL(info_of(0).features, 0);
	CU_ASSERT_EQUAL(info_of(0).device_features, BOTH);
	CU_ASSERT_EQUAL(info_of(0).contexts, 0);
	CU_ASSERT_EQUAL(rtls_port_features(d.p.port[0], BOTH, 0), 0);
	CU_ASSERT_EQUAL(info_of(0).features, BOTH);
	device_pair_exchange(&d, 2000);
	device_pair_fini(&d);
}

/* What cannot be used is not there, whatever is switched on. */
static void
test_half(void)
{
	device_pair_init(&d, NULL);
	/* Whoever seals writes the checksum. */
	d.p.port[0]->caps &= ~(uint32_t)PORT_CAP_TX_TCP_CKSUM;
	CU_ASSERT_EQUAL(info_of(0).device_features, RX);
	CU_ASSERT_EQUAL(info_of(0).features, RX);
	d.p.port[0]->caps |= PORT_CAP_TX_TCP_CKSUM;
	d.p.port[0]->tls.caps.rx_method = RTLS_TLS_RX_NONE;
	CU_ASSERT_EQUAL(rtls_port_features(d.p.port[0], BOTH, 0), 0);
	CU_ASSERT_EQUAL(info_of(0).device_features, TX);
	CU_ASSERT_EQUAL(info_of(0).features, TX);
	CU_ASSERT_EQUAL(info_of(0).rx_method, RTLS_TLS_RX_NONE);
	device_pair_connect(&d);
	device_pair_fini(&d);
}

static void
set_orders(struct rtls_sock *k, enum rtls_mode_order tx, enum rtls_mode_order rx)
{
	CU_ASSERT_EQUAL(rtls_sock_set(k, RTLS_OPT_TX_MODE_ORDER, tx), 0);
	CU_ASSERT_EQUAL(rtls_sock_set(k, RTLS_OPT_RX_MODE_ORDER, rx), 0);
}

static void
orders_are(const struct rtls_sock *k, enum rtls_mode_order tx, enum rtls_mode_order rx)
{
	struct rtls_tls_info info[2] = { { .size = sizeof(info[0]) }, { .size = sizeof(info[1]) } };

	CU_ASSERT_EQUAL(rtls_tls_info(k, RTLS_TX, &info[RTLS_TX]), 0);
	CU_ASSERT_EQUAL(rtls_tls_info(k, RTLS_RX, &info[RTLS_RX]), 0);
	CU_ASSERT_EQUAL(info[RTLS_TX].order, tx);
	CU_ASSERT_EQUAL(info[RTLS_RX].order, rx);
}

/* Each direction its own order, and with first keys what follows of it. */
static void
run_orders(enum rtls_mode_order tx, enum rtls_mode_order rx)
{
	bool tx_nic = tx == RTLS_ORDER_NIC_SOFTWARE, rx_nic = rx == RTLS_ORDER_NIC_SOFTWARE;

	for (int i = 0; i < 2; i++) {
		device_pair_keys(&d, i);
		orders_are(d.k[0], tx, rx);
	}
	CU_ASSERT(device_pair_is(&d, RTLS_TX, tx_nic ? RTLS_MODE_NIC : RTLS_MODE_SOFTWARE,
				 tx_nic ? RTLS_MODE_REASON_NONE : RTLS_MODE_REASON_ASKED));
	CU_ASSERT(device_pair_is(&d, RTLS_RX, rx_nic ? RTLS_MODE_NIC : RTLS_MODE_SOFTWARE,
				 rx_nic ? RTLS_MODE_REASON_NONE : RTLS_MODE_REASON_ASKED));
	CU_ASSERT_EQUAL(info_of(0).contexts, (unsigned int)tx_nic + rx_nic);
	device_pair_exchange(&d, 3000);
}

static void
test_orders(void)
{
	for (unsigned int i = 0; i < RTLS_ORDER_MAX * RTLS_ORDER_MAX; i++) {
		enum rtls_mode_order tx = (enum rtls_mode_order)(i / RTLS_ORDER_MAX);
		enum rtls_mode_order rx = (enum rtls_mode_order)(i % RTLS_ORDER_MAX);

		device_pair_init(&d, NULL);
		device_pair_connect(&d);
		set_orders(d.k[0], tx, rx);
		/* What is refused changes nothing. */
		CU_ASSERT_EQUAL(rtls_sock_set(d.k[0], RTLS_OPT_TX_MODE_ORDER, RTLS_ORDER_MAX),
				-EINVAL);
		CU_ASSERT_EQUAL(rtls_sock_set(d.k[0], RTLS_OPT_RX_MODE_ORDER, UINT64_MAX), -EINVAL);
		run_orders(tx, rx);
		device_pair_fini(&d);
	}
	/* One for both, and then one of them again. */
	device_pair_init(&d, NULL);
	device_pair_connect(&d);
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[0], RTLS_OPT_MODE_ORDER, RTLS_ORDER_SOFTWARE), 0);
	orders_are(d.k[0], RTLS_ORDER_SOFTWARE, RTLS_ORDER_SOFTWARE);
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[0], RTLS_OPT_RX_MODE_ORDER, RTLS_ORDER_NIC_SOFTWARE), 0);
	run_orders(RTLS_ORDER_SOFTWARE, RTLS_ORDER_NIC_SOFTWARE);
	/* Further keys do not look at it. */
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[0], RTLS_OPT_MODE_ORDER, RTLS_ORDER_MAX), -EINVAL);
	set_orders(d.k[0], RTLS_ORDER_NIC_SOFTWARE, RTLS_ORDER_SOFTWARE);
	for (int i = 0; i < 2; i++)
		device_pair_keys(&d, i);
	device_pair_exchange(&d, 3000);
	CU_ASSERT(device_pair_is(&d, RTLS_TX, RTLS_MODE_SOFTWARE, RTLS_MODE_REASON_ASKED));
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	device_pair_fini(&d);
}

/* A listener's connections have both of its orders, and change theirs alone. */
static void
test_inherited(void)
{
	struct rtls_addr local = pair_addr(1, 0), remote = pair_addr(0, PAIR_PORT);
	struct rtls_listen_conf conf = { .size = sizeof(conf) };
	struct rtls_sock *l = NULL;

	device_pair_init(&d, NULL);
	CU_ASSERT_EQUAL_FATAL(rtls_listen(d.p.stack[0], &remote, &conf, &l), 0);
	set_orders(l, RTLS_ORDER_SOFTWARE, RTLS_ORDER_NIC_SOFTWARE);
	CU_ASSERT_EQUAL_FATAL(rtls_connect(d.p.stack[1], &local, &remote, &d.k[1]), 0);
	pair_settle(&d.p);
	CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(l, &d.k[0], 1), 1);
	set_orders(l, RTLS_ORDER_NIC_SOFTWARE, RTLS_ORDER_SOFTWARE);
	run_orders(RTLS_ORDER_SOFTWARE, RTLS_ORDER_NIC_SOFTWARE);
	CU_ASSERT_EQUAL(rtls_close(l), 0);
	device_pair_fini(&d);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "what a port has", test_static },
		{ "structs of all sizes", test_sizes },
		{ "what is in use, and switched off", test_in_use },
		{ "half a device", test_half },
		{ "orders per direction", test_orders },
		{ "orders come from the listener", test_inherited },
	};

	if (eal_start("port-info") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/port-info", cases, HARNESS_COUNT(cases));
}
