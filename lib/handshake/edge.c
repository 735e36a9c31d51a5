/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "handshake/edge.h"

#include <string.h>

#include "core/record.h"

_Static_assert(sizeof(((struct edge *)0)->hdr) == RECORD_HDR_LEN, "a header");

size_t
edge_span(const struct edge *e)
{
	return e->left != 0 ? e->left : (size_t)RECORD_HDR_LEN - e->hdr_len;
}

/* Within one span. */
static void
step(struct edge *e, const uint8_t *bytes, size_t n)
{
	struct record_header h;

	e->at_change = false;
	if (e->left != 0) {
		e->left -= (uint16_t)n;
	} else {
		memcpy(e->hdr + e->hdr_len, bytes, n);
		e->hdr_len += (uint8_t)n;
		if (e->hdr_len < RECORD_HDR_LEN)
			return;
		h = record_header_read(e->hdr);
		e->left = h.body_len;
	}
	if (e->left != 0)
		return;
	e->hdr_len = 0;
	e->at_change = e->hdr[0] == RECORD_CHANGE_CIPHER_SPEC;
}

size_t
edge_pass(struct edge *e, const uint8_t *bytes, size_t len)
{
	size_t done = 0, n;

	do {
		n = edge_span(e);
		if (n > len - done)
			n = len - done;
		if (n != 0)
			step(e, bytes + done, n);
		done += n;
	} while (done < len && !e->at_change);
	return done;
}
