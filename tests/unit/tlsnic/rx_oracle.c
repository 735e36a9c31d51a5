/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "rx_oracle.h"

/* RFC 8446 5.2; RFC 5246 6.2.1 and RFC 5288 3, where the nonce is needed as the header is. */
enum { HEADER = 5, NONCE = 8 };

struct rx_oracle_form
rx_oracle_form(bool explicit_nonce)
{
	return (struct rx_oracle_form){ .prefix = HEADER + (explicit_nonce ? NONCE : 0) };
}

void
rx_oracle_init(struct rx_oracle *o, const uint32_t *bounds, struct rx_oracle_form form)
{
	*o = (struct rx_oracle){ .bounds = bounds, .next = bounds[0], .known = bounds[0] };
	o->form = form;
}

/*
 * "The device knows the next record starts inside 3, based on record length in segment 1": it
 * knows the end of a record once it processed all bytes of the header, wherever they were.
 */
static void
process_byte(struct rx_oracle *o, uint32_t byte)
{
	while (byte >= o->bounds[o->record + 1]) {
		o->record++;
		o->header_bytes = 0;
	}
	if (byte < o->bounds[o->record] + o->form.prefix && ++o->header_bytes == o->form.prefix)
		o->known = o->bounds[o->record + 1];
	o->next = byte + 1;
}

/*
 * "When 4 and 5 arrive [the device can] continue decryption": what it goes on from is the
 * start of a record that the stream reached, with or without bytes of it in the packet.
 */
static bool
reaches_record(const struct rx_oracle *o, uint32_t byte)
{
	return byte == o->known && o->known > o->next;
}

enum rx_oracle_mark
rx_oracle_packet(struct rx_oracle *o, uint32_t from, uint32_t to)
{
	/* "Device confirms if the TCP sequence number is the expected one"; or a record begins there. */
	bool opened = from < to && (from == o->next || reaches_record(o, from));

	for (uint32_t byte = from; byte < to; byte++) {
		if (byte != o->next && !reaches_record(o, byte))
			continue; /* seen before, or of a record that cannot be handled */
		o->run += byte != o->next;
		process_byte(o, byte);
	}
	if (from < to && reaches_record(o, to)) {
		o->next = to;
		o->run++;
	}
	return opened ? RX_ORACLE_OPENED : RX_ORACLE_UNTOUCHED;
}

struct rx_oracle_report
rx_oracle_report(const uint32_t *bounds, struct rx_oracle_form form, uint32_t from, uint32_t to)
{
	struct rx_oracle_report r = { .record = 0 };

	while (from >= bounds[r.record + 1])
		r.record++;
	r.off = from - bounds[r.record];
	if (to >= bounds[r.record] + form.prefix)
		r.len = bounds[r.record + 1] - bounds[r.record];
	return r;
}
