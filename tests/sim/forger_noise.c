/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/forger_priv.h"

enum { NOISE = 64 };

void
forger_makes_noise(struct forger *f, int dir)
{
	uint64_t end = f->lanes[dir].passed,
		 back = forger_below(f, (uint32_t)(end < 2000 ? end : 2000) + 1);
	enum fault fault = forger_below(f, 100) < f->conf.spoil_pct ?
				   FAULTLESS :
				   (enum fault)forger_below(f, FAULTS);
	uint64_t known = sealer_stream(f->sealer, dir)->len;
	uint8_t noise[NOISE];

	for (uint32_t i = 0; i < NOISE; i++)
		noise[i] = (uint8_t)forger_below(f, 256);
	switch (forger_below(f, 6)) {
	case 0:
		forger_sends_header(f, dir, fault, end,
				    end + FORGER_OVER + forger_below(f, FORGER_PLACE));
		break;
	case 1:
		forger_sends_header(f, dir, fault, end + forger_below(f, 600),
				    end + 600 + FORGER_OVER);
		break;
	case 2:
		forger_sends(f, dir, fault, end + forger_below(f, 100), noise,
			     1 + forger_below(f, NOISE));
		break;
	case 3: /* old data with other bytes */
		forger_sends(f, dir, fault == FAULTLESS && back < NOISE ? WRONG_ACK : fault,
			     end - back, noise, 1 + forger_below(f, NOISE));
		break;
	case 4: /* genuine bytes that are shifted */
		back = forger_below(f, (uint32_t)(known < FORGER_PIECE ? known : FORGER_PIECE) + 1);
		forger_sends_bytes(f, dir, fault, end + forger_below(f, 50), known - back, back);
		break;
	case 5: /* genuine ones that are not */
		forger_sends_bytes(f, dir, fault, end - back, end - back, back);
		break;
	}
}
