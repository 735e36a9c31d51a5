/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A device that is not the model: written from the contract alone, with runs whose numbers come in no
 * order. What it opens is read right, whatever is lost, late, not verified, or of another key.
 */
#include <CUnit/CUnit.h>

#include "support/device_pair.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/open_port.h"

static struct device_pair d;
static struct open_port o;

static void
begin(const struct pair_conf *conf)
{
	device_pair_init(&d, conf);
	d.dev.o.mute = true;
	open_port_open(&o, &d.dev);
	device_pair_connect(&d);
	device_pair_keys(&d, 0);
	device_pair_keys(&d, 1);
}

static void
end(void)
{
	open_port_close(&o);
	device_pair_fini(&d);
}

static struct rtls_sock_stats
stats(void)
{
	struct rtls_sock_stats s = { .size = sizeof(s) };

	CU_ASSERT_EQUAL(rtls_sock_stats(d.k[0], &s), 0);
	return s;
}

static void
test_in_order(void)
{
	struct rtls_sock_stats s;

	begin(NULL);
	for (int i = 0; i < 20; i++)
		device_pair_exchange(&d, 20000);
	s = stats();
	printf("# records %llu, by the device %llu; packets %u\n", (unsigned long long)s.rx_records,
	       (unsigned long long)s.rx_nic_records, o.nb_marked);
	CU_ASSERT(s.rx_records >= 20);
	CU_ASSERT_EQUAL(s.rx_nic_records, s.rx_records);
	CU_ASSERT_EQUAL(s.rx_mixed_records, 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "RxPutBack"), 0);
	CU_ASSERT_EQUAL(device_pair_stat(&d, "RxUnknownMark"), 0);
	CU_ASSERT(device_pair_is(&d, RTLS_RX, RTLS_MODE_NIC, RTLS_MODE_REASON_NONE));
	end();
}

/* Short segments, so that there are many of each kind; it may say that it is lost, and is asked anew. */
static void
disturbed(unsigned int fails, const struct cable_path *path)
{
	const struct pair_conf conf = { .path = { *path, *path } };
	struct rtls_sock_stats s;

	begin(&conf);
	o.fails = fails;
	CU_ASSERT_EQUAL(rtls_sock_set(d.k[1], RTLS_OPT_MAX_SEG, 300), 0);
	for (int i = 0; i < 40; i++) {
		device_pair_exchange(&d, 3000);
		if (i % 10 == 5)
			(void)rtls_set_mode(d.k[0], RTLS_RX, RTLS_MODE_NIC);
		if (i % 20 == 15) {
			device_pair_keys(&d, 1);
			device_pair_exchange(&d, 100);
		}
	}
	s = stats();
	printf("# records %llu, by the device %llu, in part %llu; packets %u, FAILED %u\n",
	       (unsigned long long)s.rx_records, (unsigned long long)s.rx_nic_records,
	       (unsigned long long)s.rx_mixed_records, o.nb_marked, o.nb_failed);
	CU_ASSERT(o.nb_marked > 0 && s.rx_nic_records > 0);
	CU_ASSERT_EQUAL(o.nb_failed > 0, fails != 0);
	end();
}

static void
test_disturbed(void)
{
	static const struct cable_path paths[] = {
		{ .delay_us = 100 },
		{ .loss_ppm = 30000, .delay_us = 100 },
		{ .reorder_ppm = 50000, .reorder_us = 200, .delay_us = 100 },
		{ .loss_ppm = 10000, .dup_ppm = 30000, .jitter_us = 50, .delay_us = 100 },
	};

	for (size_t i = 0; i < HARNESS_COUNT(paths); i++) {
		disturbed(0, &paths[i]);
		disturbed(7, &paths[i]);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "in order", test_in_order },
		{ "losses, late packets, FAILED, other keys", test_disturbed },
	};

	if (eal_start("inline-other") != 0)
		return 1;
	return harness_run("inline/other", cases, HARNESS_COUNT(cases));
}
