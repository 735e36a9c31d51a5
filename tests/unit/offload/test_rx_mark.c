/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The field of a mark, and that without one, or what it names, nothing is received by a device. */
#include <errno.h>
#include <stdalign.h>

#include <CUnit/CUnit.h>
#include <rte_bitops.h>
#include <rte_mbuf_dyn.h>
#include <rte_mempool.h>

#include <recordtls/port.h>

#include "offload/security.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/offload_double.h"

static struct offload_double o;
static const struct record_suite *suite;

static void
begin(void)
{
	offload_double_init(&o);
	suite = record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
	CU_ASSERT_EQUAL_FATAL(offload_device_init(&o.device, "marks", SOCKET_ID_ANY), 0);
}

static int
add(struct offload_ctx *c, enum rtls_dir dir)
{
	const struct rtls_keys keys = { .version = RTLS_TLS_1_3,
					.cipher = RTLS_CIPHER_AES_GCM_128 };
	const struct rtls_tls_flow flow = { .local = { .family = RTLS_IPV4, .port = 443 },
					    .remote = { .family = RTLS_IPV4, .port = 5000 },
					    .dir = (uint8_t)dir };

	return offload_add(&o.device, suite, &keys, &flow, 1, c);
}

static bool
nothing_left(const struct offload_ctx *c)
{
	return c->state == OFFLOAD_NONE && c->session == NULL && o.sec_ctx.sess_cnt == 0 &&
	       rte_mempool_full(o.device.sessions) && offload_double_contexts(&o) == 0 &&
	       o.rules == 0;
}

/* Whoever asks, and however often, it is there once. */
static void
test_field(void)
{
	const struct rte_mbuf_dynfield same = { .name = "recordtls_dynfield_rx_mark",
						.size = 20,
						.align = 4 };
	int off = rtls_tls_rx_mark_offset();

	CU_ASSERT_FATAL(off > 0);
	CU_ASSERT_EQUAL(off % alignof(struct rtls_tls_rx_mark), 0);
	CU_ASSERT_EQUAL(rtls_tls_rx_mark_offset(), off);
	CU_ASSERT_EQUAL(rte_mbuf_dynfield_register(&same), off);
	begin();
	CU_ASSERT_EQUAL(o.device.rx_mark_off, off);
	CU_ASSERT_EQUAL(offload_device_vouches(&o.device), 0);
	offload_device_fini(&o.device);
}

/* One method alone asks by packets; for others no room is taken. First: once taken it is never given back. */
static void
test_resync_field(void)
{
	const struct rte_mbuf_dynfield field = { .name = "recordtls_dynfield_rx_resync_seq",
						 .size = 4,
						 .align = 4 };
	const struct rte_mbuf_dynflag dynflag = { .name = "recordtls_dynflag_rx_resync" };
	uint64_t flag = 0;
	int off;

	offload_double_init(&o);
	o.caps.rx_method = RTLS_TLS_RX_SCAN_DELAYED;
	CU_ASSERT_EQUAL_FATAL(offload_device_init(&o.device, "marks", SOCKET_ID_ANY), 0);
	CU_ASSERT_EQUAL(o.device.rx_resync_off, 0);
	CU_ASSERT_EQUAL(rte_mbuf_dynfield_lookup(field.name, NULL), -1);
	offload_device_fini(&o.device);
	offload_double_init(&o);
	o.caps.rx_method = RTLS_TLS_RX_SCAN;
	CU_ASSERT_EQUAL_FATAL(offload_device_init(&o.device, "marks", SOCKET_ID_ANY), 0);
	off = rtls_tls_rx_resync_offset(&flag);
	CU_ASSERT_FATAL(off > 0);
	CU_ASSERT_EQUAL(off % alignof(uint32_t), 0);
	CU_ASSERT_EQUAL(rte_mbuf_dynfield_register(&field), off);
	CU_ASSERT_EQUAL(RTE_BIT64(rte_mbuf_dynflag_register(&dynflag)), flag);
	CU_ASSERT_EQUAL(o.device.rx_resync_off, off);
	CU_ASSERT_EQUAL(o.device.rx_resync_flag, flag);
	offload_device_fini(&o.device);
}

/* A driver of an earlier version says nothing, as it knows less of the struct. */
static void
test_no_identity(void)
{
	struct offload_ctx c;

	offload_double_init(&o);
	o.caps.rx_identity = 0;
	CU_ASSERT_EQUAL_FATAL(offload_device_init(&o.device, "marks", SOCKET_ID_ANY), 0);
	CU_ASSERT_EQUAL(offload_device_vouches(&o.device), -ENOTSUP);
	CU_ASSERT_EQUAL(o.device.features, RTLS_FEATURE_TLS_TX);
	CU_ASSERT_EQUAL(add(&c, RTLS_RX), -ENOTSUP);
	CU_ASSERT(offload_double_said(&o, ""));
	CU_ASSERT(nothing_left(&c));
	CU_ASSERT_EQUAL(add(&c, RTLS_TX), 0);
	CU_ASSERT_EQUAL(offload_del(&o.device, &c), 0);
	CU_ASSERT(nothing_left(&c));
	offload_device_fini(&o.device);
}

/* Where the low bits of a generation are 0, no mark can name the context; what is sent names all. */
static void
test_generation(void)
{
	struct offload_ctx c;

	for (int later = 0; later < 2; later++) {
		begin();
		o.no_low_bits = true;
		o.add_rc = later != 0 ? -EINPROGRESS : 0;
		CU_ASSERT_EQUAL(add(&c, RTLS_RX), -EAGAIN);
		CU_ASSERT(offload_double_asked(&o, "create s1, add s1, del 0.0, destroy s1"));
		CU_ASSERT(nothing_left(&c));
		o.del_rc = -EINPROGRESS;
		CU_ASSERT_EQUAL(add(&c, RTLS_RX), -EAGAIN);
		CU_ASSERT_EQUAL(c.state, OFFLOAD_DELETING);
		offload_double_deleted(&o);
		CU_ASSERT_EQUAL(offload_deleted(&c), 0);
		CU_ASSERT(nothing_left(&c));
		o.del_rc = 0;
		CU_ASSERT_EQUAL(add(&c, RTLS_TX), o.add_rc);
		CU_ASSERT_EQUAL(offload_del(&o.device, &c), 0);
		CU_ASSERT(nothing_left(&c));
		offload_device_fini(&o.device);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "the field of a request", test_resync_field },
		{ "one field for all", test_field },
		{ "a device that does not say", test_no_identity },
		{ "a generation that no mark names", test_generation },
	};

	if (eal_start("rx-mark") != 0)
		return 1;
	return harness_run("offload/rx_mark", cases, HARNESS_COUNT(cases));
}
