/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What a man in the middle is after: bytes that nobody sealed, a record that is missing, one that
 * comes twice. A NIC that follows segments that TCP refuses opens, and marks, whatever he
 * likes; what is read is what was sent, up to where the connection ends.
 */
#include <errno.h>
#include <stdlib.h>

#include "eal/middle.h"
#include "support/eal.h"

static const char evil[] = "POST /transfer?to=mallory&amount=1000000";

/*
 * He puts the NIC into the body of record B, at its first byte, where he sends what its key
 * stream, known from B, turns into a record. Without a vehicle that moves it, it is plain noise.
 */
static void
inject_record(const struct vehicle *v)
{
	uint8_t bytes[sizeof(evil) + 4 + 17] = { 23, 3, 3, 0, sizeof(evil) - 1 + 17 };

	memcpy(bytes + 5, evil, sizeof(evil) - 1);
	bytes[4 + sizeof(evil)] = 23;
	for (uint32_t i = 0; i < sizeof(bytes); i++)
		bytes[i] ^= t.wire[B_OFF + 5 + i] ^ t.plain[sizes[0] + i];
	middle_sends_header(v, 0, B_OFF - 5);
	middle_sends_header(v, B_OFF - 5, B_OFF + 4000);
	middle_sends(none, 0, t.wire, B_OFF);
	middle_sends(none, B_OFF, bytes, sizeof(bytes));
}

/* He has the NIC count two records in front of B, and sends C in its place. */
static void
delete_record(const struct vehicle *v)
{
	middle_sends_header(v, 0, 22);
	middle_sends_header(v, 22, B_OFF);
	middle_sends(v, B_OFF - 1, "x", 1);
	middle_sends(none, 0, t.wire, B_OFF);
	middle_sends(none, B_OFF, t.wire + C_OFF, t.len - C_OFF);
}

/* He has the NIC count one record for A and B, and sends B again, which it takes for the next. */
static void
repeat_record(const struct vehicle *v)
{
	middle_sends_header(v, 0, C_OFF);
	middle_sends(none, 0, t.wire, C_OFF);
	middle_sends(v, C_OFF - 1, "x", 1);
	middle_sends(none, C_OFF, t.wire + B_OFF, C_OFF - B_OFF);
}

static void
attack(void (*play)(const struct vehicle *v), uint32_t genuine)
{
	struct rtls_sock_stats st = { .size = sizeof(st) };
	uint64_t packets;
	uint32_t got;
	ssize_t rc;

	for (int has_nic = 0; has_nic < 2; has_nic++) {
		middle_init(has_nic);
		for (size_t i = 1; i < HARNESS_COUNT(vehicles); i++) {
			middle_begin();
			packets = middle_nic_packets();
			play(&vehicles[i]);
			/* It took his headers, and marked what he wanted it to open. */
			if (nic && vehicles[i].moves)
				CU_ASSERT(middle_nic_packets() > packets + 1);
			rc = middle_read(&got);
			CU_ASSERT(rc < 0 && rc != -EAGAIN);
			if (vehicles[i].flags != (FRAME_RST | FRAME_ACK)) {
				CU_ASSERT_EQUAL(got, genuine);
				CU_ASSERT(pair_info(t.k[1]).end_reason >= RTLS_REASON_BAD_VERSION);
			}
			CU_ASSERT_EQUAL(rtls_sock_stats(t.k[1], &st), 0);
			CU_ASSERT(st.rx_records <= 3);
			middle_end();
		}
		pair_fini(&p);
	}
}

static void
test_injection(void)
{
	attack(inject_record, sizes[0]);
}

static void
test_deletion(void)
{
	attack(delete_record, sizes[0]);
}

static void
test_repetition(void)
{
	attack(repeat_record, sizes[0] + sizes[1]);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a record that nobody sealed", test_injection },
		{ "a record taken out", test_deletion },
		{ "a record twice", test_repetition },
	};

	if (eal_start("inline-forge") != 0)
		return EXIT_FAILURE;
	return harness_run("inline_forge", cases, HARNESS_COUNT(cases));
}
