/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <errno.h>
#include <stddef.h>

#include <CUnit/CUnit.h>
#include <rte_mempool.h>

#include <recordtls/port.h>

#include "offload/security.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/offload_double.h"

static struct offload_double o;

static void
test_none(void)
{
	const struct record_suite *s = record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
	struct offload_device d = { 0 };

	CU_ASSERT_EQUAL(offload_device_init(&d, "none", SOCKET_ID_ANY), 0);
	CU_ASSERT(!offload_device_present(&d));
	CU_ASSERT_PTR_NULL(d.sessions);
	CU_ASSERT_EQUAL(d.features, 0);
	CU_ASSERT(!offload_carries(&d, s, RTLS_TX));
	CU_ASSERT(!offload_carries(&d, s, RTLS_RX));
	offload_device_fini(&d);
	offload_device_fini(&d);
}

/* What the device says it holds, what is asked for, and what there is room for. */
static void
test_room(void)
{
	static const struct {
		uint32_t max_contexts;
		uint32_t room;
	} rows[] = {
		{ 0, 2048 },  { 1, 1 },         { 5, 5 },
		{ 512, 512 }, { 65535, 65535 }, { 4000000000, 65535 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		void *got[5];
		uint32_t n = RTE_MIN(rows[i].room, 5u);

		offload_double_init(&o);
		o.caps.max_contexts = rows[i].max_contexts;
		CU_ASSERT_EQUAL_FATAL(offload_device_init(&o.device, "room", SOCKET_ID_ANY), 0);
		CU_ASSERT_EQUAL(rte_mempool_avail_count(o.device.sessions), rows[i].room);
		CU_ASSERT(o.device.sessions->elt_size >= rte_security_session_get_size(&o.sec_ctx));
		/* A small pool gives all that it has. */
		for (uint32_t k = 0; k < n; k++)
			CU_ASSERT_EQUAL(rte_mempool_get(o.device.sessions, &got[k]), 0);
		rte_mempool_put_bulk(o.device.sessions, got, n);
		offload_device_fini(&o.device);
	}
}

static void
test_features(void)
{
	static const struct {
		uint8_t tx, rx;
		uint32_t features;
	} rows[] = {
		{ RTLS_TLS_TX_NONE, RTLS_TLS_RX_NONE, 0 },
		{ RTLS_TLS_TX_REBUILD, RTLS_TLS_RX_NONE, RTLS_FEATURE_TLS_TX },
		{ RTLS_TLS_TX_NONE, RTLS_TLS_RX_IN_ORDER, RTLS_FEATURE_TLS_RX },
		{ RTLS_TLS_TX_NEXT_RECORD, RTLS_TLS_RX_STACK,
		  RTLS_FEATURE_TLS_TX | RTLS_FEATURE_TLS_RX },
	};
	const struct record_suite *s = record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		offload_double_init(&o);
		o.caps.tx_method = rows[i].tx;
		o.caps.rx_method = rows[i].rx;
		CU_ASSERT_EQUAL_FATAL(offload_device_init(&o.device, "features", SOCKET_ID_ANY), 0);
		CU_ASSERT_EQUAL(o.device.features, rows[i].features);
		CU_ASSERT_EQUAL(o.device.caps.tx_method, rows[i].tx);
		CU_ASSERT_EQUAL(offload_carries(&o.device, s, RTLS_TX),
				rows[i].tx != RTLS_TLS_TX_NONE);
		CU_ASSERT_EQUAL(offload_carries(&o.device, s, RTLS_RX),
				rows[i].rx != RTLS_TLS_RX_NONE);
		offload_device_fini(&o.device);
	}
}

static void
no_table(void)
{
	o.device.ops = NULL;
}

static void
old_table(void)
{
	o.ops.size = sizeof(o.ops) - 1;
}

static void
no_caps(void)
{
	o.ops.caps = NULL;
}

static void
no_add(void)
{
	o.ops.add = NULL;
}

static void
no_start(void)
{
	o.ops.start = NULL;
}

static void
no_del(void)
{
	o.ops.del = NULL;
}

static void
no_events(void)
{
	o.ops.poll_events = NULL;
}

static void
no_tx_resync(void)
{
	o.caps.tx_method = RTLS_TLS_TX_NEXT_RECORD;
	o.ops.tx_resync = NULL;
}

static void
no_rx_resync(void)
{
	o.caps.rx_method = RTLS_TLS_RX_STACK;
	o.ops.rx_resync = NULL;
}

static void
strange_tx(void)
{
	o.caps.tx_method = RTLS_TLS_TX_NEXT_RECORD + 1;
}

static void
strange_after(void)
{
	o.caps.tx_after = RTLS_TLS_TX_RETURNS + 1;
}

static void
strange_rx(void)
{
	o.caps.rx_method = RTLS_TLS_RX_STACK + 1;
}

static void
fast_metadata(void)
{
	o.sec_ctx.flags = RTE_SEC_CTX_F_FAST_SET_MDATA;
}

static void
no_session_size(void)
{
	o.sec_ops.session_get_size = NULL;
}

static void
test_refused(void)
{
	static void (*const spoil[])(void) = {
		no_table,      old_table,  no_caps,       no_add,          no_start,
		no_del,        no_events,  no_tx_resync,  no_rx_resync,    strange_tx,
		strange_after, strange_rx, fast_metadata, no_session_size,
	};

	for (size_t i = 0; i < HARNESS_COUNT(spoil); i++) {
		offload_double_init(&o);
		spoil[i]();
		CU_ASSERT_EQUAL(offload_device_init(&o.device, "refused", SOCKET_ID_ANY), -EINVAL);
		CU_ASSERT_PTR_NULL(o.device.sessions);
		CU_ASSERT_PTR_NULL(rte_mempool_lookup("refused_sess"));
		offload_device_fini(&o.device);
	}
}

/* Calls that the methods do not need may be missing. */
static void
test_optional(void)
{
	offload_double_init(&o);
	o.caps.rx_method = RTLS_TLS_RX_IN_ORDER;
	o.ops.tx_resync = NULL;
	o.ops.rx_resync = NULL;
	o.ops.size = sizeof(o.ops) + 8; /* a driver that knows more */
	CU_ASSERT_EQUAL(offload_device_init(&o.device, "optional", SOCKET_ID_ANY), 0);
	offload_device_fini(&o.device);
}

/* A driver of the first version: calls that came later are NULL, whatever lies behind its table. */
static void
test_shorter(void)
{
	const uint32_t first = offsetof(struct rtls_tls_ops, poll_events) +
			       sizeof(o.ops.poll_events);

	offload_double_init(&o);
	o.caps.rx_method = RTLS_TLS_RX_IN_ORDER;
	o.ops.size = first;
	CU_ASSERT_PTR_NOT_NULL(o.ops.tx_resync);
	CU_ASSERT_EQUAL(offload_device_init(&o.device, "shorter", SOCKET_ID_ANY), 0);
	CU_ASSERT_PTR_NULL(o.device.ops->tx_resync);
	CU_ASSERT_PTR_NULL(o.device.ops->rx_resync);
	CU_ASSERT_PTR_EQUAL(o.device.ops->poll_events, o.ops.poll_events);
	offload_device_fini(&o.device);
	/* Who needs one of them is refused, and so is who lacks one of the first. */
	offload_double_init(&o);
	o.caps.rx_method = RTLS_TLS_RX_IN_ORDER;
	o.caps.tx_method = RTLS_TLS_TX_NEXT_RECORD;
	o.ops.size = first;
	CU_ASSERT_EQUAL(offload_device_init(&o.device, "shorter", SOCKET_ID_ANY), -EINVAL);
	for (uint32_t size = 0; size < first; size++) {
		offload_double_init(&o);
		o.caps.rx_method = RTLS_TLS_RX_IN_ORDER;
		o.ops.size = size;
		CU_ASSERT_EQUAL(offload_device_init(&o.device, "shorter", SOCKET_ID_ANY), -EINVAL);
	}
}

static void
test_names(void)
{
	struct offload_double other;

	offload_double_init(&o);
	offload_double_init(&other);
	CU_ASSERT_EQUAL(offload_device_init(&o.device, "twice", SOCKET_ID_ANY), 0);
	CU_ASSERT_EQUAL(offload_device_init(&other.device, "twice", SOCKET_ID_ANY), -EEXIST);
	CU_ASSERT_EQUAL(offload_device_init(&other.device, "a name much longer than pools have",
					    SOCKET_ID_ANY),
			-ENAMETOOLONG);
	offload_device_fini(&other.device);
	CU_ASSERT_PTR_NOT_NULL(rte_mempool_lookup("twice_sess"));
	offload_device_fini(&o.device);
	CU_ASSERT_PTR_NULL(rte_mempool_lookup("twice_sess"));
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "no inline TLS", test_none },
		{ "room for sessions", test_room },
		{ "features are what it has", test_features },
		{ "what is not a device", test_refused },
		{ "calls that may be missing", test_optional },
		{ "the table of an older driver", test_shorter },
		{ "names of pools", test_names },
	};

	if (eal_start("offload-device") != 0)
		return 1;
	return harness_run("offload/device", cases, HARNESS_COUNT(cases));
}
