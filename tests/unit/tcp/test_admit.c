/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <CUnit/CUnit.h>

#include "support/harness.h"
#include "tcp/admit.h"

static void
test_steps(void)
{
	static const struct {
		enum admit_stage from;
		enum admit_event event;
		enum admit_stage to;
	} rows[] = {
		{ ADMIT_NONE, ADMIT_OPENED, ADMIT_SILENT },
		{ ADMIT_SILENT, ADMIT_HEARD, ADMIT_NONE },
		{ ADMIT_SILENT, ADMIT_GUARDED, ADMIT_TLS_SILENT },
		{ ADMIT_TLS_SILENT, ADMIT_HEARD, ADMIT_TLS },
		{ ADMIT_TLS_SILENT, ADMIT_GUARDED, ADMIT_TLS_SILENT },
		{ ADMIT_TLS, ADMIT_FINISHED, ADMIT_NONE },
		{ ADMIT_TLS_SILENT, ADMIT_FINISHED, ADMIT_NONE },
		{ ADMIT_SILENT, ADMIT_FINISHED, ADMIT_NONE },
		{ ADMIT_TLS, ADMIT_HEARD, ADMIT_TLS },
		{ ADMIT_TLS, ADMIT_GUARDED, ADMIT_TLS },
		{ ADMIT_NONE, ADMIT_HEARD, ADMIT_NONE },
		{ ADMIT_NONE, ADMIT_FINISHED, ADMIT_NONE },
		/* STARTTLS: what spoke before has a handshake before it. */
		{ ADMIT_NONE, ADMIT_GUARDED, ADMIT_TLS },
		/* One that we opened. */
		{ ADMIT_NONE, ADMIT_BEGUN, ADMIT_OURS },
		{ ADMIT_OURS, ADMIT_BEGUN, ADMIT_OURS },
		{ ADMIT_OURS, ADMIT_HEARD, ADMIT_OURS },
		{ ADMIT_OURS, ADMIT_GUARDED, ADMIT_OURS },
		{ ADMIT_OURS, ADMIT_FINISHED, ADMIT_NONE },
		{ ADMIT_OURS, ADMIT_LINGERS, ADMIT_LINGER },
		{ ADMIT_TLS, ADMIT_BEGUN, ADMIT_TLS },
		{ ADMIT_LINGER, ADMIT_BEGUN, ADMIT_LINGER },
		{ ADMIT_NONE, ADMIT_LINGERS, ADMIT_LINGER },
		{ ADMIT_SILENT, ADMIT_LINGERS, ADMIT_LINGER },
		{ ADMIT_TLS_SILENT, ADMIT_LINGERS, ADMIT_LINGER },
		{ ADMIT_TLS, ADMIT_LINGERS, ADMIT_LINGER },
		/* The end is the end. */
		{ ADMIT_LINGER, ADMIT_OPENED, ADMIT_LINGER },
		{ ADMIT_LINGER, ADMIT_HEARD, ADMIT_LINGER },
		{ ADMIT_LINGER, ADMIT_GUARDED, ADMIT_LINGER },
		{ ADMIT_LINGER, ADMIT_FINISHED, ADMIT_LINGER },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(admit_step(rows[i].from, rows[i].event), rows[i].to);
}

static void
test_deadlines(void)
{
	enum { S = 1000000 };
	static const struct {
		enum admit_stage stage;
		struct admit_conf conf;
		uint64_t at_us; /* since it came */
	} rows[] = {
		/* Nobody asked for a limit, and it may be the server who speaks first. */
		{ ADMIT_SILENT, { 0, 0 }, UINT64_MAX },
		{ ADMIT_SILENT, { 0, 3 * S }, UINT64_MAX },
		{ ADMIT_SILENT, { UINT32_MAX, 0 }, UINT64_MAX },
		{ ADMIT_SILENT, { 2 * S, 0 }, 2 * S },
		{ ADMIT_TLS_SILENT, { 0, 0 }, 10 * S },
		{ ADMIT_TLS_SILENT, { 2 * S, 0 }, 2 * S },
		{ ADMIT_TLS_SILENT, { UINT32_MAX, 0 }, 30 * S },
		{ ADMIT_TLS_SILENT, { 5 * S, 4 * S }, 4 * S },
		{ ADMIT_TLS_SILENT, { UINT32_MAX, UINT32_MAX }, UINT64_MAX },
		{ ADMIT_TLS, { 0, 0 }, 30 * S },
		{ ADMIT_TLS, { 1 * S, 4 * S }, 4 * S },
		{ ADMIT_TLS, { 1 * S, UINT32_MAX }, UINT64_MAX },
		{ ADMIT_OURS, { 0, 0 }, 30 * S },
		{ ADMIT_OURS, { 1 * S, 4 * S }, 4 * S },
		{ ADMIT_OURS, { 1 * S, UINT32_MAX }, UINT64_MAX },
		{ ADMIT_NONE, { 1 * S, 1 * S }, UINT64_MAX },
		{ ADMIT_LINGER, { 1 * S, 1 * S }, UINT64_MAX },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		const uint64_t since = UINT64_C(1) << 40;
		struct admit a = { .conf = rows[i].conf,
				   .since_us = since,
				   .stage = (uint8_t)rows[i].stage,
				   .passive = true };
		uint64_t at = rows[i].at_us;

		CU_ASSERT_EQUAL(admit_deadline(&a), at == UINT64_MAX ? at : since + at);
	}
}

static void
test_tight(void)
{
	static const struct {
		uint32_t places, in_use, leaving;
		bool tight;
	} rows[] = {
		{ 1024, 0, 0, false },
		{ 1024, 959, 0, false },
		{ 1024, 960, 0, true },
		{ 1024, 1024, 0, true },
		{ 1024, 960, 1, false },
		{ 1024, 1023, 63, true },
		{ 1024, 1024, 65, false },
		{ 16, 14, 0, false },
		{ 16, 15, 0, true },
		{ 17, 14, 0, false },
		{ 17, 15, 0, true },
		{ 1, 0, 0, true },
		{ 4, 2, 0, false },
		{ 4, 3, 0, true },
		{ 4, 4, 2, false },
		{ 1024, 1024, 1, false },
		{ 1024, 1024, 63, false },
		{ 1024, 1023, 64, false },
		{ 1 << 20, 983039, 0, false },
		{ 1 << 20, 983040, 0, true },
	};

	for (size_t i = 0; i < HARNESS_COUNT(rows); i++)
		CU_ASSERT_EQUAL(admit_is_tight(rows[i].places, rows[i].in_use, rows[i].leaving),
				rows[i].tight);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "stages", test_steps },
		{ "deadlines", test_deadlines },
		{ "when places are kept free", test_tight },
	};

	return harness_run("tcp/admit", cases, HARNESS_COUNT(cases));
}
