/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include <string.h>

#include "sim/forger_priv.h"
#include "sim/frame.h"

void
forger_sends(struct forger *f, int dir, enum fault fault, uint64_t off, const void *payload,
	     uint32_t len)
{
	struct forge x = {
		.seq = sealer_stats_get(f->sealer, dir).isn + 1 + (uint32_t)off,
		.ack = f->lanes[dir].ack,
		.flags = FRAME_ACK | FRAME_PSH,
		.payload = payload,
		.len = len,
	};
	uint8_t out[FORGE_FRAME_MAX];
	int rc;

	switch (fault) {
	case WRONG_ACK:
		x.ack += 0x10000000;
		break;
	case OLD_TIMESTAMP:
		x.ts_shift = -1000000;
		break;
	case NO_ACK:
		x.flags = FRAME_PSH;
		break;
	case WITH_SYN:
		x.flags = FRAME_SYN | FRAME_ACK;
		break;
	case RST_NEARBY:
		x.flags = FRAME_RST | FRAME_ACK;
		/* Beyond what the receiver expects: there it would be a good one. */
		x.seq += (uint32_t)(f->lanes[dir].passed - off) + 1 + forger_below(f, 1000);
		break;
	case BAD_SUM:
		x.bad_sum = true;
		break;
	case BAD_IP_SUM:
		x.bad_ip_sum = true;
		break;
	case OLD_DATA:
		x.seq -= 100000;
		break;
	case FAR_AHEAD:
		x.seq += 1 << 24;
		break;
	case FAULTS:
	case FAULTLESS:
		break;
	}
	/* Where the receiver has no buffer it is lost. */
	len = forge_frame(&x, f->lanes[dir].genuine, out);
	rc = f->conf.in_line ? cable_inject_in_line(f->cable, dir, out, len) :
			       cable_inject(f->cable, dir, out, len);
	if (rc == 0)
		f->stats.forged++;
}

void
forger_make_front(const struct forger *f, int dir, uint32_t body_len, uint8_t *out)
{
	const uint8_t hdr[FORGER_HEADER] = { 23, 3, 3, (uint8_t)(body_len >> 8),
					     (uint8_t)body_len };

	memcpy(out, hdr, sizeof(hdr));
	memcpy(out + sizeof(hdr), f->lanes[dir].explicit_nonce, f->suite->explicit_len);
}

void
forger_sends_header(struct forger *f, int dir, enum fault fault, uint64_t off, uint64_t end)
{
	uint8_t front[FORGER_FRONT_MAX];

	forger_make_front(f, dir, (uint32_t)(end - off - FORGER_HEADER), front);
	forger_sends(f, dir, fault, off, front, forger_front(f));
}

void
forger_sends_bytes(struct forger *f, int dir, enum fault fault, uint64_t off, uint64_t from,
		   uint64_t len)
{
	const struct stream *s = sealer_stream(f->sealer, dir);

	for (uint64_t done = 0, n; done < len; done += n) {
		n = len - done < FORGER_PIECE ? len - done : FORGER_PIECE;
		forger_sends(f, dir, fault, off + done, s->wire + from + done, (uint32_t)n);
	}
}
