/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Mbufs have no room for what marks say: a device seals all the same, and opens nothing. */
#include <errno.h>
#include <stdalign.h>
#include <stdio.h>

#include <CUnit/CUnit.h>
#include <rte_mbuf_dyn.h>

#include <recordtls/port.h>

#include "offload/security.h"
#include "support/eal.h"
#include "support/full_mbufs.h"
#include "support/harness.h"
#include "support/nic_bench.h"
#include "support/offload_double.h"

/* The NIC in software, whose own field is there already, says nothing of a packet: it takes none. */
static void
test_nic(void)
{
	const struct rte_mbuf_dynfield mark = { .name = "recordtls_tlsnic_dynfield_mark",
						.size = sizeof(void *),
						.align = alignof(void *) };
	struct rtls_tls_flow flow = nic_bench_flow(RTLS_RX, 443);
	const struct offload_device *d;
	struct rtls_tls_handle h;
	struct nic_bench b;
	void *session;

	CU_ASSERT_FATAL(rte_mbuf_dynfield_register(&mark) >= 0);
	fill_mbufs();
	nic_bench_open(&b, &(struct rtls_tlsnic_conf){ .rings = 0 }, 0);
	d = &b.nic->tls;
	CU_ASSERT_EQUAL(d->features, RTLS_FEATURE_TLS_TX);
	session = nic_bench_session(&b, RTLS_RX);
	CU_ASSERT_EQUAL(d->ops->add(d->dev, session, &flow, 0, &h), -ENOTSUP);
	CU_ASSERT_EQUAL(rte_security_session_destroy(d->sec_ctx, session), 0);
	CU_ASSERT_EQUAL(rtls_port_close(b.nic), 0);
	nic_under_destroy(b.under);
}

static void
test_no_field(void)
{
	const struct record_suite *suite = record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
	static struct offload_double o;
	uint64_t flag = 0;

	CU_ASSERT_EQUAL(rtls_tls_rx_mark_offset(), -ENOENT);
	CU_ASSERT(rtls_tls_rx_resync_offset(&flag) < 0);
	CU_ASSERT_EQUAL(flag, 0);
	offload_double_init(&o);
	o.caps.rx_method = RTLS_TLS_RX_SCAN;
	CU_ASSERT_EQUAL_FATAL(offload_device_init(&o.device, "marks", SOCKET_ID_ANY), 0);
	CU_ASSERT_EQUAL(offload_device_vouches(&o.device), -ENOSPC);
	CU_ASSERT_EQUAL(o.device.features, RTLS_FEATURE_TLS_TX);
	CU_ASSERT_EQUAL(o.device.rx_resync_off, 0);
	CU_ASSERT(offload_carries(&o.device, suite, RTLS_TX));
	CU_ASSERT(!offload_carries(&o.device, suite, RTLS_RX));
	offload_device_fini(&o.device);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the NIC in software", test_nic },
		{ "any other device", test_no_field },
	};

	if (eal_start("no-field") != 0)
		return 1;
	nic_bench_pool_create();
	return harness_run("offload/no_field", cases, HARNESS_COUNT(cases));
}
