/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Mbufs have no room for the TLS NIC's own field: there is no such port, the log says why, and the port under it is
 * as it was.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <rte_mbuf_dyn.h>

#include <recordtls/tls.h>

#include "support/eal.h"
#include "support/full_mbufs.h"
#include "support/harness.h"
#include "support/log_tap.h"
#include "support/nic_bench.h"

static void
test_refused(void)
{
	static const enum rtls_tls_rx_method methods[] = { RTLS_TLS_RX_IN_ORDER, RTLS_TLS_RX_SCAN };
	struct nic_under *u = nic_under_create(PORT_CAP_TX_IPV4_CKSUM | PORT_CAP_TX_TCP_CKSUM,
					       1500);
	struct rtls_port *port = NULL;

	fill_mbufs();
	log_tap_start(RTE_LOG_NOTICE);
	for (size_t i = 0; i < HARNESS_COUNT(methods); i++) {
		const struct rtls_tlsnic_conf conf = { .size = sizeof(conf),
						       .rx_method = (uint8_t)methods[i] };

		CU_ASSERT_EQUAL(rtls_tlsnic_open(&u->port, &conf, &port), -ENOSPC);
		CU_ASSERT_PTR_NULL(port);
		CU_ASSERT_EQUAL(log_tap_count(NOTE_TLSNIC_NO_FIELD), i + 1);
	}
	CU_ASSERT_PTR_NOT_NULL(strstr(log_tap_last(NOTE_TLSNIC_NO_FIELD), u->port.name));
	log_tap_end();
	CU_ASSERT_EQUAL(u->port.queues_bound, 0);
	CU_ASSERT_EQUAL(u->closed, 0);
	nic_under_destroy(u);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "refused", test_refused },
	};

	if (eal_start("tlsnic-no-field") != 0)
		return 1;
	return harness_run("tlsnic/no_field", cases, HARNESS_COUNT(cases));
}
