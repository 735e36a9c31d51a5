/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * One forged segment of each kind among genuine ones, in front of software and of a NIC that
 * opens; and segments that TCP takes in part.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "session/rx_marks.h"
#include "stack/state.h"

#include "eal/middle.h"
#include "support/eal.h"

/* --- one segment of any kind ------------------------------------------------------ */

static void
inject_shape(const struct vehicle *v, int64_t off, int shape)
{
	static const uint8_t zeros[60];

	if (shape == 0)
		middle_sends_header(v, off, off + 500);
	if (shape == 1)
		middle_sends_header(v, off, C_OFF);
	if (shape == 2)
		middle_sends(v, off, zeros, sizeof(zeros));
	if (shape == 3)
		middle_sends(v, off, t.wire + 7, 200);
}

/*
 * The first bytes, one refused segment, then all that was sent: all of it is read, whatever the NIC has
 * opened in between. Returns whether the connection was reset.
 */
static bool
refused(const struct vehicle *v, uint32_t before, int64_t off, int shape)
{
	bool reset = (v->flags & FRAME_RST) != 0;
	ssize_t rc;

	middle_begin();
	if (before > 0)
		middle_sends(none, 0, t.wire, before);
	inject_shape(v, off, shape);
	t.holds = false;
	pair_pass(&p, 3000000);
	rc = middle_read();
	CU_ASSERT(rc == -EAGAIN || (reset && rc == -ECONNRESET));
	if (rc == -EAGAIN)
		CU_ASSERT_EQUAL(t.got, PLAIN);
	middle_end();
	return rc != -EAGAIN;
}

static void
test_refused(void)
{
	static const int64_t offs[] = { -5, 0, 1, 5, 60, B_OFF - 5, B_OFF - 1, B_OFF, 300 };
	uint32_t nb = 0, ended[2] = { 0 };

	for (int has_nic = 0; has_nic < 2; has_nic++) {
		middle_init(has_nic, NULL);
		for (size_t i = 1; i < HARNESS_COUNT(vehicles); i++)
			for (size_t at = 0; at < HARNESS_COUNT(offs); at++)
				for (int row = 0; row < 8; row++, nb += nic)
					ended[nic] += refused(&vehicles[i], row / 4 * 60, offs[at],
							      row % 4);
		pair_fini(&p);
	}
	CU_ASSERT_EQUAL(ended[1], ended[0]);
	CU_ASSERT(ended[1] < nb / 8);
	printf("# %u of %u connections ended in software, %u with a NIC\n", ended[0], nb, ended[1]);
}

/* --- genuine bytes, and others, that TCP cuts --------------------------------------- */

/* Old bytes come again with other contents, in front of new ones: the first ones count. */
static void
test_overlap(void)
{
	uint8_t bytes[WIRE_MAX];

	for (int has_nic = 0; has_nic < 2; has_nic++) {
		middle_init(has_nic, NULL);
		for (uint32_t cut = 1; cut <= B_OFF; cut += 11) {
			middle_begin();
			memcpy(bytes, t.wire, t.len);
			memset(bytes, 0x17, cut);
			middle_sends(none, 0, t.wire, cut);
			middle_sends(none, 0, bytes, t.len);
			CU_ASSERT_EQUAL(middle_read(), -EAGAIN);
			CU_ASSERT_EQUAL(t.got, PLAIN);
			middle_end();
		}
		pair_fini(&p);
	}
}

/* Segments that the NIC opens as a whole and TCP takes in part, as it had the rest. */
static void
test_trimmed(void)
{
	struct rtls_sock_stats st = { .size = sizeof(st) };
	uint64_t opened = 0, put_back = 0;

	for (int has_nic = 0; has_nic < 2; has_nic++) {
		middle_init(has_nic, NULL);
		for (uint32_t off = 1; off < C_OFF; off += 13) {
			middle_begin();
			middle_sends(none, off, t.wire + off, 50);
			middle_sends(none, 0, t.wire, t.len);
			CU_ASSERT_EQUAL(middle_read(), -EAGAIN);
			CU_ASSERT_EQUAL(t.got, PLAIN);
			CU_ASSERT_EQUAL(rtls_sock_stats(t.k[1], &st), 0);
			opened += st.rx_nic_records;
			middle_end();
		}
		put_back += pair_stat(&p, 1, "RxPutBack");
		pair_fini(&p);
	}
	CU_ASSERT(opened > 0 && put_back > 0);
}

/*
 * The NIC follows a segment that TCP refuses, and opens what comes behind it, which waits. Nothing is to be
 * read, and the program closes: what is missing comes, and is taken without what waited.
 */
static void
test_closed(void)
{
	for (int has_nic = 0; has_nic < 2; has_nic++) {
		middle_init(has_nic, false);
		middle_begin();
		middle_sends(&vehicles[1], 0, t.wire, B_OFF);
		middle_sends(none, B_OFF, t.wire + B_OFF, C_OFF - B_OFF);
		CU_ASSERT_EQUAL(rx_marks_any(t.k[1]->rx.tls), has_nic != 0);
		CU_ASSERT_EQUAL(middle_read(), -EAGAIN);
		CU_ASSERT_EQUAL(rtls_close(t.k[1]), 0);
		middle_sends(none, 0, t.wire, B_OFF);
		rtls_abort(t.k[0]);
		pair_pass(&p, 3000000);
		pair_fini(&p);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "one segment that TCP refuses", test_refused },
		{ "old bytes with other contents", test_overlap },
		{ "marked segments that TCP trims", test_trimmed },
		{ "closed while opened bytes wait", test_closed },
	};

	if (eal_start("inline-refused") != 0)
		return EXIT_FAILURE;
	return harness_run("inline_refused", cases, HARNESS_COUNT(cases));
}
