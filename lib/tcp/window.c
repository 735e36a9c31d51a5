/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "tcp/window.h"

uint16_t
tcp_window_tell(const struct tcp_conn *c, bool frozen, uint64_t *adv_off)
{
	uint64_t edge = c->rcv_adv;
	uint64_t step = c->rcv_mss < c->rcv_buf / 2 ? c->rcv_mss : c->rcv_buf / 2;
	uint64_t field;

	if (!frozen && c->rcv_lim > edge && c->rcv_lim - edge >= step)
		edge = c->rcv_lim;
	field = (edge - c->rcv_nxt) >> c->rcv_wscale;
	if (c->rcv_nxt + (field << c->rcv_wscale) < c->rcv_adv &&
	    c->rcv_nxt + ((field + 1) << c->rcv_wscale) <= c->rcv_lim)
		field++;
	if (field > TCP_WND_MAX)
		field = TCP_WND_MAX;
	*adv_off = c->rcv_nxt + (field << c->rcv_wscale);
	return (uint16_t)field;
}

bool
tcp_window_update_due(const struct tcp_conn *c)
{
	uint64_t two = 2 * (uint64_t)c->rcv_mss;
	uint64_t edge, left, buf, grow;

	/* It grows by no more than that, which mostly is nothing, or too little to be told by itself. */
	if (c->rcv_lim <= c->rcv_adv)
		return false;
	grow = c->rcv_lim - c->rcv_adv;
	/* Room that the field cannot tell counts neither as growth nor as a window to be filled. */
	buf = (uint64_t)TCP_WND_MAX << c->rcv_wscale;
	if (c->rcv_buf < buf)
		buf = c->rcv_buf;
	if (2 * grow < buf && grow < two)
		return false;
	(void)tcp_window_tell(c, false, &edge);
	if (edge <= c->rcv_adv || c->peer_fin)
		return false;
	left = c->rcv_adv - c->rcv_nxt;
	grow = edge - c->rcv_adv;
	if (2 * grow >= buf)
		return true;
	return grow >= two && (4 * left <= buf || buf < 4 * two);
}
