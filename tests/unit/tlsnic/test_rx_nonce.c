/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * A forged explicit nonce (RFC 5288 3) that only the device reads: TCP has those bytes already, from
 * a segment in front of which there was a gap. What the device made with it is undone with it, as
 * its marks say; with the nonce of the stream another stream of bytes would come of it.
 *
 *   record    |B: header|nonce|body . . . . . . . . . . . .|tag|
 *   held       -[               ]
 *   fills      [ header |forged][body . . . . . . . .
 *   follows                                          [. . . . .
 */
#include <string.h>

#include <CUnit/CUnit.h>

#include "core/mark_spans.h"
#include "crypto/keystream.h"
#include "stream.h"
#include "support/harness.h"
#include "support/suites.h"
#include "tlsnic/rx.h"

enum {
	PREFIX = RECORD_HDR_LEN + 8,
	FILL = 700,   /* bytes of the segment that fills the gap */
	EVIL = 40,    /* bytes of text */
	RECORD = 1500 /* plaintext bytes */
};

/* One record, the device, and what is stored of the stream. */
static struct {
	struct stream st;
	struct nic_rx nic;
	struct keystream *ks;
	struct mark_spans spans;
	uint8_t stored[STREAM_MAX];
} t;

/* Of a suite with such nonces, one after the other. */
static void
begin(uint64_t rng)
{
	static unsigned int next;
	const struct record_suite *suite;

	do
		suite = suites_any(next++);
	while (suite->explicit_nonce_len == 0);
	stream_begin_of(&t.st, suite, rng, 0, 7);
	stream_add(&t.st, RECORD, 0);
	CU_ASSERT_EQUAL_FATAL(nic_rx_init(&t.nic, t.st.suite, t.st.key, t.st.iv, 1), 0);
	nic_rx_start(&t.nic, 0, t.st.first_no);
	CU_ASSERT_EQUAL_FATAL(keystream_create(t.st.suite, t.st.key, &t.ks), 0);
	memset(&t.spans, 0, sizeof(t.spans));
	memset(t.stored, 0, sizeof(t.stored));
}

static void
end(void)
{
	keystream_destroy(t.ks);
	nic_rx_fini(&t.nic);
}

/* Undoes what the device did to bytes that a walk stands in front of. */
static void
put_back(struct mark_walk *w, uint8_t *bytes, uint32_t len)
{
	uint8_t nonce[RECORD_NONCE_LEN];
	struct mark_stretch st;

	for (uint32_t done = 0; done < len; done += st.len) {
		st = mark_walk_step(w, t.st.suite, bytes + done, len - done);
		if (!st.body)
			continue;
		record_nonce_received(t.st.suite, t.st.iv, w->rec_no, mark_walk_explicit_nonce(w),
				      nonce);
		CU_ASSERT_EQUAL(keystream_xor(t.ks, nonce, st.body_off,
					      &(struct iovec){ bytes + done, st.len }, 1),
				0);
	}
	CU_ASSERT(w->state != MARK_WALK_BROKEN);
}

/* The device opens a segment. */
static void
receive(uint32_t off, const uint8_t *bytes, uint32_t len, uint8_t *out,
	struct rtls_tls_rx_mark *mark)
{
	CU_ASSERT_EQUAL_FATAL(nic_rx_packet(&t.nic, off, bytes, len, out, mark), NIC_RX_OPENED);
}

/* TCP takes only what is not there: it is put back, then what is new of it is stored. */
static void
store_part(uint32_t off, uint8_t *bytes, uint32_t len, const struct rtls_tls_rx_mark *mark,
	   uint32_t held_end)
{
	struct mark_walk w;

	CU_ASSERT_EQUAL_FATAL(mark_walk_at(&w, t.st.suite, mark, len), 0);
	put_back(&w, bytes, len);
	t.stored[off] = bytes[0];
	memcpy(t.stored + held_end, bytes + held_end - off, len - (held_end - off));
}

/* TCP takes all of it. */
static void
store_whole(uint32_t off, const uint8_t *bytes, uint32_t len, const struct rtls_tls_rx_mark *mark)
{
	struct mark_stretch st;

	CU_ASSERT_EQUAL_FATAL(mark_spans_add(&t.spans, t.st.suite, off, len, mark, false),
			      MARK_SPANS_ADDED);
	for (uint32_t done = 0; done < len; done += st.len)
		st = mark_walk_step(&t.spans.end, t.st.suite, bytes + done, len - done);
	mark_spans_walked(&t.spans);
	memcpy(t.stored + off, bytes, len);
}

/* The record is complete: nothing vouches for it, and what is left of the device's work is undone. */
static void
judge(void)
{
	const struct mark_record r = {
		.off = 0, .end_off = t.st.len, .rec_no = t.st.first_no, .vouched_no = t.st.first_no
	};

	CU_ASSERT_EQUAL(mark_spans_judge(&t.spans, &r), MARK_MIXED);
	CU_ASSERT(!t.spans.contradicted);
	while (t.spans.n > 0) {
		struct mark_span *s = &t.spans.of[0];
		uint64_t off = s->off, end_off = s->end_off;

		put_back(&s->at, t.stored + off, (uint32_t)(end_off - off));
		mark_spans_put_back(&t.spans, 0, end_off);
	}
}

/* wire: what he sends; it differs from what was sent in nonce bytes in front of held_end, and in text. */
static void
play(const uint8_t *wire, uint32_t held_end)
{
	uint8_t out[STREAM_MAX];
	struct rtls_tls_rx_mark mark = { 0 };

	memcpy(t.stored + 1, t.st.wire + 1, held_end - 1);
	receive(0, wire, FILL, out, &mark);
	CU_ASSERT_EQUAL(mark.rec_len, t.st.len);
	CU_ASSERT_EQUAL(memcmp(mark.explicit_nonce, wire + RECORD_HDR_LEN, 8), 0);
	store_part(0, out, FILL, &mark, held_end);
	/* The tag's first byte is there, its last one is not: so nobody has looked at it. */
	receive(FILL, wire + FILL, t.st.len - FILL - 1, out, &mark);
	CU_ASSERT_EQUAL(memcmp(mark.explicit_nonce, wire + RECORD_HDR_LEN, 8), 0);
	store_whole(FILL, out, t.st.len - FILL - 1, &mark);
	t.stored[t.st.len - 1] = wire[t.st.len - 1];
	judge();
}

/* Genuine bytes behind: the record is as it was sealed, and verifies. */
static void
test_genuine(void)
{
	uint8_t wire[STREAM_MAX];
	uint64_t rng = harness_seed();

	for (uint32_t held_end = RECORD_HDR_LEN + 1; held_end < PREFIX + 50; held_end++) {
		uint32_t forged = held_end < PREFIX ? held_end : PREFIX;

		begin(harness_rand(&rng));
		memcpy(wire, t.st.wire, t.st.len);
		for (uint32_t i = RECORD_HDR_LEN; i < forged; i++)
			wire[i] ^= (uint8_t)(1 + harness_below(&rng, 255));
		play(wire, held_end);
		CU_ASSERT_EQUAL(memcmp(t.stored, t.st.wire, t.st.len), 0);
		end();
	}
}

/*
 * He knows the key stream of that nonce, too, and has the device make text of his choice. What is
 * stored in the end is what he sent, not the text, and no tag fits it.
 */
static void
chosen(void)
{
	static const char evil[EVIL + 1] = "POST /transfer?to=mallory&amount=1000000";
	uint8_t wire[STREAM_MAX], nonce[RECORD_NONCE_LEN], out[STREAM_MAX];
	struct rtls_tls_rx_mark mark = { 0 };
	struct nic_rx twin;

	memcpy(wire, t.st.wire, t.st.len);
	for (uint32_t i = RECORD_HDR_LEN; i < PREFIX; i++)
		wire[i] ^= 0x55;
	record_nonce_received(t.st.suite, t.st.iv, t.st.first_no, wire + RECORD_HDR_LEN, nonce);
	memcpy(wire + 900, evil, EVIL);
	CU_ASSERT_EQUAL(
		keystream_xor(t.ks, nonce, 900 - PREFIX, &(struct iovec){ wire + 900, EVIL }, 1),
		0);
	/* The device does make it. */
	CU_ASSERT_EQUAL_FATAL(nic_rx_init(&twin, t.st.suite, t.st.key, t.st.iv, 1), 0);
	nic_rx_start(&twin, 0, t.st.first_no);
	CU_ASSERT_EQUAL(nic_rx_packet(&twin, 0, wire, 1000, out, &mark), NIC_RX_OPENED);
	CU_ASSERT_EQUAL(memcmp(out + 900, evil, EVIL), 0);
	nic_rx_fini(&twin);

	play(wire, PREFIX);
	CU_ASSERT_EQUAL(memcmp(t.stored, t.st.wire, PREFIX), 0);
	CU_ASSERT_EQUAL(memcmp(t.stored + PREFIX, wire + PREFIX, t.st.len - PREFIX), 0);
}

static void
test_chosen(void)
{
	uint64_t rng = harness_seed();

	for (unsigned int i = 0; i < suites_count(); i++) {
		begin(harness_rand(&rng));
		chosen();
		end();
	}
}

/* A mark whose nonce is not the one in the bytes, or in the mark in front of it, vouches for nothing. */
static void
test_contradiction(void)
{
	uint8_t out[STREAM_MAX];
	struct rtls_tls_rx_mark mark = { 0 };
	uint64_t rng = harness_seed();

	for (int second = 0; second < 2; second++) {
		struct mark_record r = { 0 };

		begin(harness_rand(&rng));
		r.end_off = t.st.len;
		r.rec_no = r.vouched_no = t.st.first_no;
		receive(0, t.st.wire, FILL, out, &mark);
		mark.explicit_nonce[7] ^= (uint8_t)(second == 0);
		store_whole(0, out, FILL, &mark);
		receive(FILL, t.st.wire + FILL, t.st.len - FILL, out, &mark);
		mark.explicit_nonce[0] ^= (uint8_t)(second == 1);
		store_whole(FILL, out, t.st.len - FILL, &mark);
		CU_ASSERT(t.spans.contradicted);
		CU_ASSERT_EQUAL(mark_spans_judge(&t.spans, &r), MARK_MIXED);
		end();
	}
}

/* The same without a lie: it is opened. */
static void
test_truth(void)
{
	uint8_t out[STREAM_MAX];
	struct rtls_tls_rx_mark mark = { 0 };
	struct mark_record r = { 0 };

	begin(harness_seed());
	r.end_off = t.st.len;
	r.rec_no = r.vouched_no = t.st.first_no;
	receive(0, t.st.wire, FILL, out, &mark);
	store_whole(0, out, FILL, &mark);
	receive(FILL, t.st.wire + FILL, t.st.len - FILL, out, &mark);
	store_whole(FILL, out, t.st.len - FILL, &mark);
	CU_ASSERT_EQUAL(mark_spans_judge(&t.spans, &r), MARK_OPENED);
	CU_ASSERT_EQUAL(memcmp(t.stored, t.st.opened, t.st.len), 0);
	end();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "genuine bytes behind a forged nonce", test_genuine },
		{ "chosen bytes behind a forged nonce", test_chosen },
		{ "marks that contradict", test_contradiction },
		{ "marks that do not", test_truth },
	};

	return harness_run("tlsnic/rx_nonce", cases, HARNESS_COUNT(cases));
}
