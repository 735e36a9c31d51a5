/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/draw_text.h"

#include <inttypes.h>
#include <stdio.h>

static int
describe_nic(const struct sim_end_conf *e, char *out, size_t size)
{
	const struct rtls_tlsnic_conf *n = &e->nic_conf;

	if (e->nic == SIM_NIC_NONE)
		return 0;
	return snprintf(
		out, size,
		" NIC%s method %u after %u rx %u contexts %u polls %u lose %u run %u unverified %u crypto %u faults %x/%u%s%s%s",
		e->nic == SIM_NIC_UNUSED ? " (unused)" : "", n->tx_method, n->tx_after,
		n->rx_method, n->max_contexts, n->add_polls, n->tx_lose, n->rx_first_run,
		n->rx_unverified, n->crypto_bytes, n->faults, n->fault_every,
		n->rx_keeps ? " keeps" : "", n->no_tso ? " no TSO" : "", n->rings ? " rings" : "");
}

void
draw_text(const struct sim_conf *c, char *out, size_t size)
{
	int n = snprintf(out, size, "TLS %s mtu %u caps %u tso %u rx_seg %u lazy %u drop %d x %u",
			 suites[c->suite].name, c->mtu, c->caps, c->tso_max, c->rx_seg_len,
			 c->lazy_free, c->drop, c->drop_count);

	for (int i = 0; i < 2 && n > 0 && (size_t)n < size; i++) {
		const struct sim_end_conf *e = &c->end[i];

		n += snprintf(
			out + n, size - (size_t)n,
			"; end %d: loss %u reorder %u/%u dup %u delay %u+%u rate %" PRIu64
			" refuse %u, %" PRIu64 "+%" PRIu64 " bytes chunk %u read %u cap %u "
			"seg %u ctl %u more %u switch %u update %u/%u/%u ahead %u pause %u/%u snd %u rcv %u large %u%s%s%s%s%s%s",
			i, e->path.loss_ppm, e->path.reorder_ppm, e->path.reorder_us,
			e->path.dup_ppm, e->path.delay_us, e->path.jitter_us, e->path.bits_per_s,
			e->path.refuse_ppm, e->plain_len, e->app.bytes, e->app.chunk_max,
			e->app.read_max, e->app.max_payload, e->app.max_seg, e->app.control_pct,
			e->app.more_pct, e->app.switch_pct, e->app.update_pct, e->app.update_us,
			e->app.update_ahead, e->app.ahead_pct, e->app.pause_pct, e->app.pause_us,
			e->sndbuf, e->rcvbuf, e->nb_large, e->app.by_events ? " events" : "",
			e->app.close_notify ? " notify" : "", e->app.patient ? " patient" : "",
			e->app.answers ? " answers" : "", e->app.waits ? " waits" : "",
			e->app.closes ? " closes" : "");
		if (n > 0 && (size_t)n < size)
			n += describe_nic(e, out + n, size - (size_t)n);
	}
	if (c->forged && n > 0 && (size_t)n < size)
		snprintf(
			out + n, size - (size_t)n,
			"; forges %u, of these takable %u, late %u, recut %u, holds %u, strikes %u of %u%s",
			c->forger.forge_pct, c->forger.spoil_pct, c->forger.late_pct,
			c->forger.recut_pct, c->forger.hold_pct, c->forger.strikes,
			c->forger.strike, c->forger.gentle ? " gentle" : "");
}
