/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/sim.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/frame.h"
#include "sim/hash.h"
#include "sim/world.h"

enum {
	TICK_US = 10, /* between two busy turns */
	NIC_TURN_US = 10000,
	TURNS_MAX = 5000000,
	EVENTS = 4,
};

/* What a connection may take, and what its last timers may take behind it. */
static const uint64_t STALL_US = UINT64_C(600) * 1000000;
static const uint64_t MORTAL_US = UINT64_C(60) * 1000000;
static const uint64_t LINGER_US = UINT64_C(300) * 1000000;

struct sim {
	struct sim_conf conf;
	struct sim_report *report;
	struct world world;
	struct forger *forger; /* NULL: nobody forges */
	EVP_MD_CTX *hash;
	EVP_MD_CTX *hash_sent;
	uint64_t now_us;
	uint64_t turns;
	struct sim_turns *told; /* turns of this play are those */
	size_t nb_told;         /* of them, so far */
	uint32_t dropped;
	uint64_t move_at_us; /* UINT64_MAX: no route moves any more */
};

static void __attribute__((format(printf, 2, 3)))
complain(struct sim *sim, const char *fmt, ...)
{
	va_list ap;

	if (sim->report->error[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(sim->report->error, sizeof(sim->report->error), fmt, ap);
	va_end(ap);
}

/* --- the wire ---------------------------------------------------------------- */

/* In a TCP segment behind headers without options of Ethernet and IPv4. */
enum { WINDOW_OFF = 14 + 20 + 14, WINDOW_END = WINDOW_OFF + 4 };

static void
on_frame(void *arg, int dir, const uint8_t *frame, uint32_t len, uint64_t now_us)
{
	struct sim *sim = arg;
	const struct app *reader = &sim->world.end[1 - dir].app;
	uint64_t head[3] = { now_us, (uint64_t)dir, len };

	/* The end of the stacks is no part of the connection. */
	if (sim->hash == NULL)
		return;
	hash_update(sim->hash, head, sizeof(head));
	hash_update(sim->hash, frame, len);
	hash_update(sim->hash_sent, head, sizeof(head));
	hash_update(sim->hash_sent, frame, WINDOW_OFF);
	hash_update(sim->hash_sent, frame + WINDOW_END, len - WINDOW_END);
	if (reader->stalled && reader->read_at_us > now_us)
		sim->report->stall_frames[dir]++;
	sealer_tap(sim->world.sealer, dir, frame, len, now_us);
}

static bool
is_dropped(const struct sim *sim, int dir, const struct frame *f)
{
	bool fin = (f->flags & FRAME_FIN) != 0, syn = (f->flags & FRAME_SYN) != 0;
	const struct app *reader = &sim->world.end[1].app;

	switch (sim->conf.drop) {
	case SIM_DROP_NOTHING:
		return false;
	case SIM_DROP_SYN:
		return dir == 0 && syn;
	case SIM_DROP_SYN_ACK:
		return dir == 1 && syn;
	case SIM_DROP_THIRD_ACK:
		return dir == 0 && !syn;
	case SIM_DROP_FIN_0:
		return dir == 0 && fin;
	case SIM_DROP_FIN_1:
		return dir == 1 && fin;
	case SIM_DROP_UPDATE_1:
		return dir == 1 && f->payload_len == 0 && f->wnd != 0 && reader->stalled &&
		       reader->read_at_us <= sim->now_us;
	}
	return false;
}

static enum cable_verdict
on_filter(void *arg, int dir, uint8_t *frame, uint32_t len, uint64_t now_us, uint64_t *delay_us)
{
	struct sim *sim = arg;
	struct frame f;

	if (sim->forger != NULL)
		return forger_frame(sim->forger, sim->world.cable, dir, frame, len, now_us,
				    delay_us);
	if (sim->dropped == sim->conf.drop_count || frame_parse(frame, len, &f) != NULL ||
	    !f.is_tcp || !is_dropped(sim, dir, &f))
		return CABLE_PASS;
	sim->dropped++;
	return CABLE_DROP;
}

/* --- time -------------------------------------------------------------------- */

static void
on_connecting(struct sim *sim, struct world_end *e, uint32_t bits)
{
	struct rtls_sock_info info = { .size = sizeof(info) };

	rtls_sock_info(e->connecting, &info);
	if (info.state == RTLS_SOCK_CLOSED) {
		complain(sim, "the connection was not opened: reason %s",
			 rtls_end_reason_name(info.end_reason));
		return;
	}
	if (e->app.conf.by_events ? (bits & RTLS_CONNECTED) == 0 : info.state != RTLS_SOCK_OPEN)
		return;
	if (info.state != RTLS_SOCK_OPEN)
		complain(sim, "RTLS_CONNECTED in state %s", rtls_sock_state_name(info.state));
	sim->report->connected_us = sim->now_us - sim->conf.start_us;
	app_opened(&e->app, e->connecting);
	e->connecting = NULL;
}

static void
on_listener(struct sim *sim, struct world_end *e)
{
	struct rtls_sock *socks[2];
	unsigned int n = rtls_accept_burst(e->listener, socks, 2);

	if (n == 0)
		return;
	if (n > 1 || e->app.opened) {
		complain(sim, "more connections to accept than there are");
		return;
	}
	if (e->app.conf.by_events &&
	    rtls_sock_watch(socks[0], RTLS_READABLE | RTLS_WRITABLE | RTLS_CONTROL | RTLS_MODE,
			    &e->app) != 0)
		complain(sim, "rtls_sock_watch failed");
	app_opened(&e->app, socks[0]);
}

/* One turn of an end's program. True: it did something. */
static bool
end_step(struct sim *sim, struct world_end *e)
{
	struct rtls_event ev[EVENTS];
	unsigned int n = rtls_events(e->stack, ev, EVENTS);
	uint32_t bits = 0;
	bool accept = !e->app.conf.by_events, opened = e->app.opened;

	for (unsigned int i = 0; i < n; i++) {
		if (ev[i].sock == e->listener)
			accept = (ev[i].bits & RTLS_ACCEPT) != 0;
		else if (ev[i].user == &e->app && ev[i].sock != NULL &&
			 (ev[i].sock == e->app.sock || ev[i].sock == e->connecting))
			bits |= ev[i].bits;
		else
			complain(sim, "an event of a socket that is not ours");
	}
	if (e->listener != NULL && accept)
		on_listener(sim, e);
	if (e->connecting != NULL)
		on_connecting(sim, e, bits);
	return app_step(&e->app, bits, sim->now_us) || e->app.opened != opened;
}

static void
move_routes(struct sim *sim)
{
	if (sim->now_us < sim->move_at_us)
		return;
	sim->move_at_us = sim->now_us + sim->conf.move_us;
	sim->report->moves++;
	world_move(&sim->world);
}

/* True: something happened. */
static bool
turn(struct sim *sim)
{
	bool did = false;

	world_set_time(&sim->world, sim->now_us);
	move_routes(sim);
	for (int i = 0; i < 2; i++) {
		did |= rtls_stack_poll(sim->world.end[i].stack, sim->now_us) != 0;
		did |= world_nic_poll(&sim->world, i);
	}
	for (int i = 0; i < 2; i++) {
		did |= end_step(sim, &sim->world.end[i]);
		if (sim->world.end[i].app.error[0] != '\0')
			complain(sim, "%s", sim->world.end[i].app.error);
	}
	if (sealer_error(sim->world.sealer) != NULL)
		complain(sim, "%s", sealer_error(sim->world.sealer));
	if (sim->world.error[0] != '\0')
		complain(sim, "%s", sim->world.error);
	return did;
}

static uint64_t
next_us(struct sim *sim)
{
	uint64_t next = world_next_us(&sim->world), at;

	next = sim->move_at_us < next ? sim->move_at_us : next;
	for (int i = 0; i < 2; i++) {
		at = rtls_stack_deadline(sim->world.end[i].stack);
		next = at < next ? at : next;
		at = app_next_us(&sim->world.end[i].app, sim->now_us);
		next = at < next ? at : next;
		/* A NIC's own lcore turns all the time. */
		at = sim->now_us + NIC_TURN_US;
		if (world_nic_waits(&sim->world, i) && at < next)
			next = at;
	}
	return next > sim->now_us ? next : sim->now_us + 1;
}

static void
remember(struct sim_turns *t, uint64_t at_us)
{
	if (t->nb == t->cap) {
		t->cap = t->cap == 0 ? 4096 : t->cap * 2;
		t->at = realloc(t->at, t->cap * sizeof(*t->at));
		if (t->at == NULL)
			abort();
	}
	t->at[t->nb++] = at_us;
}

/* One turn, then the time of the next one, at most end_us: nothing may be due any more. */
static void
step(struct sim *sim, uint64_t end_us)
{
	uint64_t next = turn(sim) ? sim->now_us + TICK_US : next_us(sim);

	if (sim->told != NULL && sim->nb_told < sim->told->nb)
		next = sim->told->at[sim->nb_told++];
	sim->now_us = next < end_us ? next : end_us;
	if (sim->told == NULL && sim->conf.turns != NULL)
		remember(sim->conf.turns, sim->now_us);
}

/* Lets time pass until it is so; a stall is a complaint. */
static void
complain_stall(struct sim *sim, const char *what)
{
	char text[2][100];

	for (int i = 0; i < 2; i++)
		app_describe(&sim->world.end[i].app, text[i], sizeof(text[i]));
	complain(sim, "stall: %s in time; %s; %s", what, text[0], text[1]);
}

static void
run_until(struct sim *sim, bool (*is_so)(struct sim *sim), uint64_t deadline_us, const char *what)
{
	while (sim->report->error[0] == '\0' && !is_so(sim)) {
		step(sim, deadline_us + 1);
		if (sim->now_us > deadline_us && !is_so(sim))
			complain_stall(sim, what);
		if (++sim->turns > TURNS_MAX)
			complain(sim, "livelock: %s in %d turns", what, TURNS_MAX);
	}
}

static bool
both_done(struct sim *sim)
{
	return app_done(&sim->world.end[0].app) && app_done(&sim->world.end[1].app);
}

/* Who was cut off may wait for ever: at the end nobody waits any more. */
static void
run_mortal(struct sim *sim)
{
	uint64_t end_us = sim->now_us + MORTAL_US;
	struct world_end *e;

	while (sim->report->error[0] == '\0' && !both_done(sim) && sim->now_us < end_us)
		step(sim, end_us);
	for (int i = 0; i < 2; i++) {
		e = &sim->world.end[i];
		sim->report->ended += e->app.gone || e->app.sock != NULL;
		app_abort(&e->app);
		if (e->connecting != NULL)
			rtls_abort(e->connecting);
		e->connecting = NULL;
	}
}

static void
run_connection(struct sim *sim)
{
	if (sim->conf.turns != NULL && sim->conf.turns->nb > 0)
		sim->told = sim->conf.turns;
	if (sim->conf.forged)
		sim->forger = forger_create(&sim->conf.forger, sim->world.sealer);
	sim->move_at_us = sim->conf.move_us == 0 ? UINT64_MAX : sim->now_us + sim->conf.move_us;
	if (sim->conf.mortal)
		run_mortal(sim);
	else
		run_until(sim, both_done, sim->conf.start_us + STALL_US, "not all was sent");
	sim->conf.turns = sim->told = NULL;
	sim->move_at_us = UINT64_MAX;
	sim->report->closed_us = sim->now_us - sim->conf.start_us;
	for (int i = 0; i < 2; i++)
		sim->report->outcome[i] = (struct sim_outcome){
			.received = sim->world.end[i].app.received,
			.gone = sim->world.end[i].app.gone,
			.reason = sim->world.end[i].app.end_reason,
		};
	if (sim->forger != NULL)
		sim->report->forger = forger_stats_get(sim->forger);
	forger_destroy(sim->forger);
	sim->forger = NULL;
}

static bool
all_back(struct sim *sim)
{
	world_cleanup(&sim->world);
	return world_leak(&sim->world, 0) == NULL && world_leak(&sim->world, 1) == NULL;
}

static void
close_listener(struct sim *sim)
{
	if (sim->world.end[1].listener != NULL && rtls_close(sim->world.end[1].listener) != 0)
		complain(sim, "the listener was not closed");
	sim->world.end[1].listener = NULL;
}

static void
finish(struct sim *sim)
{
	const char *leak;

	for (int i = 0; i < 2; i++) {
		leak = world_leak(&sim->world, i);
		if (leak != NULL)
			complain(sim, "end %d: %s did not come back to the start", i, leak);
	}
	sealer_finish(sim->world.sealer);
	if (sealer_error(sim->world.sealer) != NULL)
		complain(sim, "%s", sealer_error(sim->world.sealer));
	if (sim->dropped != sim->conf.drop_count)
		complain(sim, "only %u frames were there to be dropped", sim->dropped);
}

static void
report_tls(struct sim *sim, int i)
{
	struct world *w = &sim->world;
	struct sim_tls *t = &sim->report->tls[i];

	*t = (struct sim_tls){
		.tx_bytes = world_stat(w, i, "TxBytesSealed"),
		.tx_nic_bytes = world_stat(w, i, "TxBytesNic"),
		.tx_packets = world_stat(w, i, "TxPackets"),
		.tx_fallback = world_stat(w, i, "TxRecordsFallback"),
		.shown = world_headers_shown(w, i),
		.rx_records = world_stat(w, i, "RxRecords"),
		.rx_nic_records = world_stat(w, i, "RxRecordsNic"),
		.rx_mixed_records = world_stat(w, i, "RxRecordsMixed"),
		.rx_lost = world_stat(w, i, "SoftwareLost"),
		.tx_other = world_stat(w, i, "TxRecordsOtherPort"),
		.rx_other = world_stat(w, i, "RxRecordsOtherPort"),
		.moved = world_stat(w, i, "SoftwareOtherPort"),
		.dropped = world_stat(w, i, "tx_tls_drop_no_sync_data") +
			   world_stat(w, i, "tx_tls_drop_bypass_req"),
	};
	if (sim->conf.end[i].nic == SIM_NIC_NONE)
		return;
	t->rx_asked = world_port_stat(w, i, "rx_tls_resync_req_pkt");
	t->rx_taken = world_port_stat(w, i, "rx_tls_resync_res_ok");
	t->tx_ooo = world_port_stat(w, i, "tx_tls_ooo");
	t->tx_no_sync = world_port_stat(w, i, "tx_tls_drop_no_sync_data");
	/* Nothing should ever have come as far as this, but what follows one that the NIC lost. */
	if (t->dropped != 0 || (t->tx_no_sync != 0 && !world_nic_drops(&sim->conf.end[i])))
		complain(sim, "end %d: packets that would have gone in clear", i);
}

static void
report_modes(struct sim *sim, int i)
{
	const struct app *a = &sim->world.end[i].app;
	bool crowded = (a->conf.faults & 1u << RTLS_MODE_REASON_NO_ROOM) != 0;
	struct sim_report *r = sim->report;

	r->restarts += a->restarts;
	r->switches += a->switches;
	for (int d = RTLS_TX; d <= RTLS_RX; d++) {
		for (int k = 0; k < APP_WISH_KINDS; k++)
			app_wishes_add(crowded ? &r->crowded : &r->wishes[d][k], &a->wishes[d][k]);
		for (int k = 0; k < RTLS_MODE_REASON_MAX; k++)
			r->faults[d][k] += a->faults[d][k];
	}
}

/* What the network does costs no context, in either direction; only a device can lose one. */
static void
check_lost_contexts(struct sim *sim, int i)
{
	const struct rtls_tlsnic_conf *nic = &sim->conf.end[i].nic_conf;
	uint32_t loses = 1u << RTLS_TLSNIC_CONTEXT_LOST | 1u << RTLS_TLSNIC_RESYNC_ERROR;
	uint64_t lost = sim->report->tls[i].rx_lost;

	if (lost > 0 && (nic->faults & loses) == 0 && nic->rx_first_run == 0)
		complain(sim, "end %d: %" PRIu64 " contexts are lost, and no device lost any", i,
			 lost);
}

void
sim_play(const struct sim_conf *conf, struct sim_report *report)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	int rc;

	if (sim == NULL)
		abort();
	*report = (struct sim_report){ 0 };
	sim->conf = *conf;
	sim->report = report;
	sim->now_us = conf->start_us;
	sim->hash = hash_begin();
	sim->hash_sent = hash_begin();
	rc = world_init(&sim->world, conf, on_frame, on_filter, sim);
	if (rc == 0)
		rc = world_open(&sim->world, conf);
	if (rc != 0) {
		complain(sim, "set-up failed: %d", rc);
	} else {
		run_connection(sim);
		close_listener(sim);
		run_until(sim, all_back, sim->now_us + LINGER_US, "not all came back to the start");
		finish(sim);
		report_tls(sim, 0);
		report_tls(sim, 1);
	}
	for (int i = 0; i < 2; i++) {
		report->wire[i] = sealer_stats_get(sim->world.sealer, i);
		report->received_us[i] = sim->world.end[i].app.received_at_us - conf->start_us;
		report->refusals += sim->world.end[i].app.refusals;
		report->control_records += sim->world.end[i].app.records_sent;
		report->updates += report->wire[i].updates;
		report->records_ahead += sim->world.end[i].app.records_ahead;
		report->told += sim->world.end[i].told.nb;
		report_modes(sim, i);
	}
	hash_end(&sim->hash, report->hash);
	hash_end(&sim->hash_sent, report->hash_sent);
	world_fini(&sim->world, sim->now_us, report->cable);
	check_lost_contexts(sim, 0);
	check_lost_contexts(sim, 1);
	if (sim->world.error[0] != '\0')
		complain(sim, "%s", sim->world.error);
	free(sim);
}
