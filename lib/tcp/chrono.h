/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Where a sender's time goes, as Linux' tcp_chrono tells it: it is busy while something is to be sent
 * or acknowledged, and in a part of that time it would send more, were it not for the peer's window,
 * or for its own buffer.
 */
#ifndef RTLS_TCP_CHRONO_H
#define RTLS_TCP_CHRONO_H

#include <stdbool.h>
#include <stdint.h>

/* What a sender waits for. */
enum tcp_waits {
	TCP_WAITS_NOT,    /* everything is acknowledged */
	TCP_WAITS_PATH,   /* for ACKs: cwnd, pacing, or that there is more to send */
	TCP_WAITS_WINDOW, /* for the peer's window alone */
	TCP_WAITS_BUFFER, /* all of a full buffer is sent */
	TCP_WAITS_ALL,
};

/* All zero: nothing was sent so far. */
struct tcp_chrono {
	uint64_t since_us;
	uint64_t us[TCP_WAITS_ALL]; /* what is over; of TCP_WAITS_NOT nobody asks */
	uint8_t waits;              /* enum tcp_waits, since then */
};

/* Event: from now on it waits for that. */
static inline void
tcp_chrono_waits(struct tcp_chrono *ch, enum tcp_waits waits, uint64_t now_us)
{
	if (ch->waits == (uint8_t)waits)
		return;
	ch->us[ch->waits] += now_us - ch->since_us;
	ch->since_us = now_us;
	ch->waits = (uint8_t)waits;
}

/* So long it has waited for that by now. */
static inline uint64_t
tcp_chrono_us(const struct tcp_chrono *ch, enum tcp_waits waits, uint64_t now_us)
{
	return ch->us[waits] + (ch->waits == (uint8_t)waits ? now_us - ch->since_us : 0);
}

#endif
