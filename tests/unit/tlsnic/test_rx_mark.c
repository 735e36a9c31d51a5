/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What a mark says, by hand; runs and their numbers; packets that are FAILED. */

#include <CUnit/CUnit.h>

#include "receiver.h"
#include "support/harness.h"

static struct stream stream;

/* Three records, 0 to 110, 110 to 260, 260 to 382; their numbers are from UINT32_MAX on. */
static void
begin(struct receiver *r)
{
	stream_begin(&stream, harness_seed(), 0, UINT32_MAX);
	stream_add(&stream, 88, 0);
	stream_add(&stream, 128, 0);
	stream_add(&stream, 100, 0);
	receiver_init(r, &stream, 1000);
}

/* What a mark says behind the fields that the receiver has checked already. */
static bool
says(const struct receiver *r, uint16_t run, uint32_t no, uint16_t off, uint16_t len)
{
	return r->mark.run == RECEIVER_FIRST_RUN + run && r->mark.rec_no == no &&
	       r->mark.rec_off == off && r->mark.rec_len == len;
}

/* What is opened under a wrong nonce is not what the stream has in clear: nothing is compared. */
static enum nic_rx_verdict
nonce_and_body(struct receiver *r, uint32_t from, uint32_t to)
{
	uint8_t out[200];

	return nic_rx_packet(&r->rx, r->origin + from, stream.wire + from, to - from, out,
			     &r->mark);
}

/* The documentation's first drawing, and cuts in a header and in a tag. */
static void
test_by_hand(void)
{
	static const struct {
		uint32_t from, to;
		enum nic_rx_verdict verdict;
		uint16_t run, off, len;
		uint32_t no;
	} rows[] = {
		{ 0, 3, NIC_RX_OPENED, 0, 0, 0, UINT32_MAX },    /* within a header */
		{ 3, 5, NIC_RX_OPENED, 0, 3, 110, UINT32_MAX },  /* the end of it */
		{ 5, 40, NIC_RX_OPENED, 0, 5, 110, UINT32_MAX }, /* 1 */
		{ 80, 120, NIC_RX_UNTOUCHED, 0, 0, 0, 0 },       /* 3: the next one begins in it */
		{ 120, 250, NIC_RX_OPENED, 1, 10, 150, 0 },      /* 4: up to in the tag */
		{ 40, 80, NIC_RX_UNTOUCHED, 0, 0, 0, 0 },        /* 2 */
		{ 250, 262, NIC_RX_OPENED, 1, 140, 150, 0 },     /* the first byte's record */
		{ 258, 270, NIC_RX_UNTOUCHED, 0, 0, 0, 0 },      /* of which the tail is taken */
		{ 270, 382, NIC_RX_OPENED, 1, 10, 122, 1 },
	};
	struct receiver r;

	begin(&r);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		CU_ASSERT_EQUAL_FATAL(receiver_packet(&r, rows[i].from, rows[i].to),
				      rows[i].verdict);
		CU_ASSERT(rows[i].verdict != NIC_RX_OPENED ||
			  says(&r, rows[i].run, rows[i].no, rows[i].off, rows[i].len));
	}
	receiver_fini(&r);
}

/* Two runs are left, so the second gap is one too many: it is told once. */
static void
test_runs_used_up(void)
{
	struct receiver r;

	begin(&r);
	r.rx.next_run = UINT16_MAX;
	CU_ASSERT_EQUAL(receiver_packet(&r, 0, 40), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 50, 120), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 120, 200), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(r.mark.run, UINT16_MAX);
	CU_ASSERT_EQUAL(receiver_packet(&r, 210, 300), NIC_RX_NO_RUN);
	CU_ASSERT_EQUAL(receiver_packet(&r, 200, 210), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 300, 382), NIC_RX_UNTOUCHED);
	receiver_fini(&r);
}

/*
 * The longest run: the record that begins behind it begins another, and the packet in which it does
 * passes as it came. With the last number the context ends there.
 */
static void
test_long_run(void)
{
	struct receiver r;

	begin(&r);
	r.rx.run_max = 99;
	CU_ASSERT_EQUAL(receiver_packet(&r, 0, 99), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 99, 105), NIC_RX_OPENED); /* longer, within a record */
	CU_ASSERT(says(&r, 0, UINT32_MAX, 99, 110));
	CU_ASSERT_EQUAL(receiver_forged(&r, 105, 270, 200, 1), NIC_RX_ERROR); /* as if never seen */
	CU_ASSERT_EQUAL(receiver_packet(&r, 105, 112), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 112, 250), NIC_RX_OPENED);
	CU_ASSERT(says(&r, 1, 0, 2, 150));
	r.rx.next_run = UINT16_MAX + 1;
	CU_ASSERT_EQUAL(receiver_packet(&r, 250, 260), NIC_RX_NO_RUN);
	CU_ASSERT_EQUAL(receiver_packet(&r, 260, 382), NIC_RX_UNTOUCHED);
	receiver_fini(&r);
}

/* A packet that begins a run and is undone takes no number, and does not end the run in front. */
static void
test_undone_run(void)
{
	struct receiver r;

	begin(&r);
	CU_ASSERT_EQUAL(receiver_packet(&r, 0, 40), NIC_RX_OPENED);
	for (uint32_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(receiver_forged(&r, 50, 270, 200, 1), NIC_RX_ERROR);
	CU_ASSERT_EQUAL(receiver_packet(&r, 40, 50), NIC_RX_OPENED);
	CU_ASSERT(says(&r, 0, UINT32_MAX, 40, 110));
	CU_ASSERT_EQUAL(receiver_packet(&r, 60, 120), NIC_RX_UNTOUCHED);
	CU_ASSERT_EQUAL(receiver_packet(&r, 120, 382), NIC_RX_OPENED);
	CU_ASSERT(says(&r, 1, 0, 10, 150));
	receiver_fini(&r);
}

/*
 * A device that cannot undo: a record that is not authentic, or one more that is, goes up
 * transformed, and the run goes on. What it cannot transform passes as it came.
 */
static void
test_keeps(void)
{
	struct receiver r;

	begin(&r);
	r.rx.keeps = true;
	CU_ASSERT_EQUAL(receiver_packet(&r, 0, 40), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(receiver_forged(&r, 40, 270, 110 + 1, 1), NIC_RX_ERROR); /* a header */
	CU_ASSERT_EQUAL(receiver_forged(&r, 40, 130, 100, 1), NIC_RX_FAILED);    /* a tag */
	CU_ASSERT(says(&r, 0, UINT32_MAX, 40, 110));
	CU_ASSERT_EQUAL(receiver_packet(&r, 130, 270), NIC_RX_OPENED);
	CU_ASSERT(says(&r, 0, 0, 20, 150));
	CU_ASSERT_EQUAL(receiver_forged(&r, 270, 382, 300, 1), NIC_RX_FAILED); /* a body */
	CU_ASSERT(says(&r, 0, 1, 10, 122));
	receiver_fini(&r);
}

static void
test_unverified(void)
{
	struct receiver r;

	begin(&r);
	r.rx.unverified = true;
	CU_ASSERT_EQUAL(receiver_packet(&r, 0, 130), NIC_RX_FAILED);
	CU_ASSERT(says(&r, 0, UINT32_MAX, 0, 110));
	CU_ASSERT_EQUAL(receiver_forged(&r, 130, 270, 259, 1), NIC_RX_FAILED);
	CU_ASSERT(says(&r, 0, 0, 20, 150));
	r.rx.unverified = false;
	CU_ASSERT_EQUAL(receiver_packet(&r, 270, 382), NIC_RX_OPENED);
	CU_ASSERT(says(&r, 0, 1, 10, 122));
	receiver_fini(&r);
}

/* An explicit nonce is known when all of it is there, and is then the device's, forged or not. */
static void
test_explicit_nonce(void)
{
	struct receiver r;

	stream_begin_12(&stream, harness_seed(), 0, 5);
	stream_add(&stream, 0, 0); /* up to 29 */
	stream_add(&stream, 100, 0);
	stream_add(&stream, 100, 0); /* 158 to 287 */
	receiver_init(&r, &stream, 0u - 10);
	CU_ASSERT_EQUAL(receiver_packet(&r, 0, 29 + 12), NIC_RX_OPENED);
	CU_ASSERT(says(&r, 0, 5, 0, 29) && r.mark.explicit_nonce[7] == stream.wire[12]);
	CU_ASSERT_EQUAL(receiver_packet(&r, 41, 42), NIC_RX_OPENED);
	CU_ASSERT(says(&r, 0, 6, 12, 129) && r.mark.explicit_nonce[7] == stream.wire[41]);
	CU_ASSERT_EQUAL(receiver_packet(&r, 42, 170), NIC_RX_OPENED);
	CU_ASSERT(says(&r, 0, 6, 13, 129) && r.mark.explicit_nonce[0] == stream.wire[34]);
	/* Of the third record's, only what the device saw is wrong. */
	stream.wire[170] ^= 1;
	CU_ASSERT_EQUAL(nonce_and_body(&r, 170, 200), NIC_RX_OPENED);
	CU_ASSERT(says(&r, 0, 7, 12, 129) && r.mark.explicit_nonce[7] == stream.wire[170]);
	stream.wire[170] ^= 1;
	CU_ASSERT_EQUAL(receiver_packet(&r, 200, 287), NIC_RX_ERROR);
	receiver_fini(&r);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "marks by hand", test_by_hand },
		{ "no number for another run", test_runs_used_up },
		{ "a run that is too long", test_long_run },
		{ "a run that is undone", test_undone_run },
		{ "a device that cannot undo", test_keeps },
		{ "packets that are not verified", test_unverified },
		{ "explicit nonces", test_explicit_nonce },
	};

	return harness_run("tlsnic/rx mark", cases, HARNESS_COUNT(cases));
}
