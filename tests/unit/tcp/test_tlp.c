/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "support/harness.h"
#include "tcp/tlp.h"

/* RFC 8985 7.2: two round trips, and the time that a peer may wait for a second segment. */
static void
test_wait(void)
{
	CU_ASSERT_EQUAL(tcp_tlp_wait_us(100000, false), 202000);
	CU_ASSERT_EQUAL(tcp_tlp_wait_us(100000, true), 402000);
	CU_ASSERT_EQUAL(tcp_tlp_wait_us(0, false), 1000000);
	CU_ASSERT_EQUAL(tcp_tlp_wait_us(1, false), 2002);
	CU_ASSERT_EQUAL(tcp_tlp_wait_us(UINT32_MAX, true), UINT32_MAX);
}

/* RFC 8985 7.4.2: a probe of 1000 bytes that ended at 5000; what each ACK makes of it. */
static void
test_acks(void)
{
	static const struct {
		const char *what;
		bool again;
		uint64_t una;
		bool duplicate;
		bool lost, out;
	} rows[] = {
		{ "new data, all there", false, 5000, false, false, false },
		{ "new data, not yet", false, 4999, false, false, true },
		{ "new data, and more", false, 9000, false, false, false },
		{ "the last again, not yet", true, 4999, false, false, true },
		{ "a duplicate before it", true, 4000, true, false, true },
		{ "one of two arrived", true, 5000, false, false, true },
		{ "both arrived", true, 5000, true, false, false },
		{ "and later ones", true, 6000, true, false, false },
		{ "it filled a gap", true, 5001, false, true, false },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		struct tcp_tlp t;

		tcp_tlp_sent(&t, 5000, 1000, rows[i].again);
		CU_ASSERT_EQUAL(tcp_tlp_acked(&t, rows[i].una, rows[i].duplicate), rows[i].lost);
		CU_ASSERT_EQUAL(t.out, rows[i].out);
		if (!t.out)
			CU_ASSERT_FALSE(tcp_tlp_acked(&t, 100000, false));
		tcp_tlp_end(&t);
		CU_ASSERT_FALSE(tcp_tlp_acked(&t, 100000, false));
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "when it asks", test_wait },
		{ "what it is told", test_acks },
	};

	return harness_run("tcp/tlp", cases, HARNESS_COUNT(cases));
}
