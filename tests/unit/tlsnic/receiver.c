/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "receiver.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "rx_oracle.h"

void
receiver_init(struct receiver *r, const struct stream *st, uint32_t origin)
{
	CU_ASSERT_EQUAL_FATAL(nic_rx_init(&r->rx, st->suite, st->key, st->iv, RECEIVER_FIRST_RUN),
			      0);
	r->stream = st;
	r->origin = origin;
	nic_rx_start(&r->rx, origin + st->bounds[0], st->first_no);
}

void
receiver_fini(struct receiver *r)
{
	nic_rx_fini(&r->rx);
}

/* Of exactly the right size, so that a byte too far is seen by the sanitizer. */
static uint8_t *
exactly(uint32_t len)
{
	uint8_t *p = malloc(len);

	CU_ASSERT_FATAL(p != NULL || len == 0);
	return p;
}

/* Nothing of it is another context's, and no byte is left as it was. */
static bool
mark_is_right(const struct receiver *r, uint32_t from, uint32_t to)
{
	struct rx_oracle_form form = stream_form(r->stream);
	struct rx_oracle_report is = rx_oracle_report(r->stream->bounds, form, from, to);
	struct rtls_tls_rx_mark right = {
		.run = r->mark.run,
		.rec_no = (uint32_t)(r->stream->first_no + is.record),
		.rec_off = (uint16_t)is.off,
		.rec_len = (uint16_t)is.len,
	};

	if (is.len != 0)
		memcpy(right.explicit_nonce, r->stream->wire + from - is.off + 5, form.prefix - 5);
	return memcmp(&r->mark, &right, sizeof(right)) == 0;
}

/* CUnit keeps each failure: of millions of packets that are wrong some are enough. */
static bool
is_told(bool wrong)
{
	static unsigned int told;

	return wrong && told++ < 20;
}

enum nic_rx_verdict
receiver_forged(struct receiver *r, uint32_t from, uint32_t to, uint32_t wrong, uint8_t mask)
{
	const struct stream *st = r->stream;
	uint32_t len = to - from;
	uint8_t *payload = exactly(len), *sent = exactly(len), *out = exactly(len);
	enum nic_rx_verdict verdict;
	bool marked;

	if (len != 0)
		memcpy(payload, st->wire + from, len);
	if (mask != 0)
		payload[wrong - from] ^= mask;
	if (len != 0)
		memcpy(sent, payload, len);
	memset(&r->mark, 0x5a, sizeof(r->mark));
	verdict = nic_rx_packet(&r->rx, r->origin + from, payload, len, out, &r->mark);
	if (len != 0 && is_told(memcmp(payload, sent, len) != 0))
		CU_FAIL("the payload was written to");
	/* A body's wrong byte is as wrong in clear, and no header is forged that is followed. */
	marked = verdict == NIC_RX_OPENED || verdict == NIC_RX_FAILED;
	if (marked && mask != 0)
		out[wrong - from] ^= mask;
	if (marked && is_told(memcmp(out, st->opened + from, len) != 0))
		CU_FAIL("the packet was not opened right");
	if (marked && is_told(!mark_is_right(r, from, to)))
		CU_FAIL("the mark says something else");
	free(payload);
	free(sent);
	free(out);
	return verdict;
}

enum nic_rx_verdict
receiver_packet(struct receiver *r, uint32_t from, uint32_t to)
{
	return receiver_forged(r, from, to, 0, 0);
}

unsigned int
receiver_refuses(struct receiver *r, uint32_t from, uint32_t to, uint32_t size)
{
	unsigned int n = 0;

	for (uint32_t next; from < to; from = next) {
		next = size < to - from ? from + size : to;
		n += receiver_packet(r, from, next) != NIC_RX_OPENED;
	}
	return n;
}
