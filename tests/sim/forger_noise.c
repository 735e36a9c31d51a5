/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* One segment near to what is expected, of any kind. */
#include "sim/forger_priv.h"

enum { NOISE = 64, BACK = 2000 };

/* --- one function per row: end is the first byte that did not go by --------------------- */

static void
header_there(struct forger *f, int dir, enum fault fault, uint64_t end)
{
	forger_sends_header(f, dir, fault, end,
			    end + forger_over(f) + forger_below(f, FORGER_PLACE));
}

static void
header_ahead(struct forger *f, int dir, enum fault fault, uint64_t end)
{
	forger_sends_header(f, dir, fault, end + forger_below(f, 600), end + 600 + forger_over(f));
}

static void
noise(struct forger *f, int dir, enum fault fault, uint64_t off)
{
	uint8_t bytes[NOISE];

	for (uint32_t i = 0; i < NOISE; i++)
		bytes[i] = (uint8_t)forger_below(f, 256);
	forger_sends(f, dir, fault, off, bytes, 1 + forger_below(f, NOISE));
}

static void
noise_ahead(struct forger *f, int dir, enum fault fault, uint64_t end)
{
	noise(f, dir, fault, end + forger_below(f, 100));
}

static uint64_t
some_back(struct forger *f, uint64_t of)
{
	return forger_below(f, (uint32_t)(of < BACK ? of : BACK) + 1);
}

static void
other_bytes(struct forger *f, int dir, enum fault fault, uint64_t end)
{
	uint64_t back = some_back(f, end);

	noise(f, dir, fault == FAULTLESS && back < NOISE ? WRONG_ACK : fault, end - back);
}

static void
genuine_shifted(struct forger *f, int dir, enum fault fault, uint64_t end)
{
	uint64_t known = sealer_stream(f->sealer, dir)->len, back;

	back = some_back(f, known < FORGER_PIECE ? known : FORGER_PIECE);
	forger_sends_bytes(f, dir, fault, end + forger_below(f, 50), known - back, back);
}

static void
genuine_again(struct forger *f, int dir, enum fault fault, uint64_t end)
{
	uint64_t back = some_back(f, end);

	forger_sends_bytes(f, dir, fault, end - back, end - back, back);
}

/* What will come, in front of itself: a device is behind it then. */
static void
genuine_early(struct forger *f, int dir, enum fault fault, uint64_t end)
{
	uint64_t known = sealer_stream(f->sealer, dir)->len;

	if (known > end)
		forger_sends_bytes(f, dir, fault, end, end,
				   1 + forger_below(f, (uint32_t)(known - end)));
}

/* Not bytes of the stream that TCP may take: they are what was sent. */
static bool
is_genuine(void (*make)(struct forger *, int, enum fault, uint64_t))
{
	return make == genuine_again || make == genuine_early;
}

static void (*const noises[])(struct forger *f, int dir, enum fault fault, uint64_t end) = {
	header_there,    header_ahead,  noise_ahead,   other_bytes,
	genuine_shifted, genuine_again, genuine_early,
};

void
forger_makes_noise(struct forger *f, int dir)
{
	enum fault fault = forger_chance(f, f->conf.spoil_pct) ?
				   FAULTLESS :
				   (enum fault)forger_below(f, FAULTS);
	uint32_t i = forger_below(f, HARNESS_COUNT(noises));

	/* Without a fault they are a part of the path. */
	if (is_genuine(noises[i]) && forger_chance(f, 20))
		fault = FAULTLESS;
	noises[i](f, dir, fault, f->lanes[dir].passed);
}
