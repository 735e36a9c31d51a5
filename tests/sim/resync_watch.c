/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/resync_watch.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "session/rx_tls.h"
#include "sim/watch_nic.h"
#include "sim/watch_sent.h"
#include "stack/state.h"

/* --- records ----------------------------------------------------------------- */

void __real_framer_init(struct framer *f, const struct record_suite *suite, uint64_t start_off);
void __wrap_framer_init(struct framer *f, const struct record_suite *suite, uint64_t start_off);
void __real_framer_next(struct framer *f, uint8_t class);
void __wrap_framer_next(struct framer *f, uint8_t class);
void __real_framer_consumed(struct framer *f);
void __wrap_framer_consumed(struct framer *f);

void
__wrap_framer_init(struct framer *f, const struct record_suite *suite, uint64_t start_off)
{
	const struct rx_tls *tls = (const void *)((const char *)f -
						  offsetof(struct rx_tls, framer));
	struct watch_end *e;

	__real_framer_init(f, suite, start_off);
	for (e = watched.end; e < watched.end + 2; e++) {
		if (!e->nic || tls->shared != &e->stack->session)
			continue;
		e->framer = f;
		resync_oracle_keys(e->oracle, (int64_t)start_off, e->rec_no);
		if (e->ideal != NULL)
			resync_oracle_keys(e->ideal, (int64_t)start_off, e->rec_no);
	}
}

static void
judged(struct watch_end *e, const struct framer *f, enum oracle_class class)
{
	static const char *const names[] = { "untouched", "opened", "mixed" };
	enum oracle_class own;

	e->out.records[class]++;
	watch_trace(e, "record %" PRIu64 " [%" PRIu64 ", +%u): %s", e->judged, f->start_off,
		    framer_wire_len(f), names[class]);
	if (!resync_oracle_class(e->oracle, e->judged, &own))
		watch_differ(e, "%s, and not all of it came", names[class]);
	/* When the context is gone, and nothing of it can come, what it did to bytes not judged is undone. */
	else if (own != class && (e->has_rx || class != ORACLE_UNTOUCHED))
		watch_differ(e, "%s, not %s", names[class], names[own]);
	e->judged++;
}

/* Why it was not opened is not the oracle's. */
static enum oracle_class
class_of(enum rx_found found)
{
	if (found == RX_FOUND_OPENED)
		return ORACLE_OPENED;
	return found < RX_FOUND_MIXED ? ORACLE_UNTOUCHED : ORACLE_MIXED;
}

void
__wrap_framer_next(struct framer *f, uint8_t class)
{
	for (struct watch_end *e = watched.end; e < watched.end + 2; e++)
		if (e->framer == f)
			judged(e, f, class_of((enum rx_found) class));
	__real_framer_next(f, class);
}

void
__wrap_framer_consumed(struct framer *f)
{
	for (struct watch_end *e = watched.end; e < watched.end + 2; e++) {
		if (e->framer != f)
			continue;
		resync_oracle_read(e->oracle);
		if (e->ideal != NULL)
			resync_oracle_read(e->ideal);
	}
	__real_framer_consumed(f);
}

/* --- life -------------------------------------------------------------------- */

static void
on_port(void *arg, int end, struct rtls_stack *stack, struct rtls_port *port, bool is_nic)
{
	struct watch_end *e = &watched.end[end];

	(void)arg;
	if (!e->nic || !is_nic)
		return;
	e->stack = stack;
	watch_nic(e, port);
}

static void
on_sealer(void *arg, const struct sealer *sealer)
{
	(void)arg;
	watched.sealer = sealer;
}

static enum oracle_method
method_of(const struct rtls_tlsnic_conf *c)
{
	switch (c->rx_method) {
	case RTLS_TLS_RX_SCAN:
		return ORACLE_BY_SCAN;
	case RTLS_TLS_RX_SCAN_DELAYED:
		return ORACLE_BY_SCAN_DELAYED;
	case RTLS_TLS_RX_STACK:
		return ORACLE_BY_STACK;
	default:
		return ORACLE_BY_NOTHING;
	}
}

/* Of 4 events for each context, and one, it keeps one for each, and 3, for what must be told. */
static uint32_t
unheard_max(const struct rtls_tlsnic_conf *c)
{
	return 4 * c->max_contexts + 1 - (c->max_contexts + 3);
}

static void
begin(struct watch_end *e, const struct sim_conf *conf, enum resync_watch_how how)
{
	int i = (int)(e - watched.end);
	struct resync_oracle_conf c = { .suite = &suites[conf->suite],
					.method = method_of(&conf->end[i].nic_conf),
					.polls = 1,
					.unheard_max = unheard_max(&conf->end[i].nic_conf),
					.truth = watch_sent,
					.arg = e };

	e->nic = conf->end[i].nic == SIM_NIC_USED;
	e->rec_no = conf->end[1 - i].rec_no;
	if (!e->nic)
		return;
	e->oracle = resync_oracle_create(&c);
	c.method = ORACLE_BY_SCAN;
	c.at_once = c.alone = true;
	e->ideal = how == RESYNC_WATCH_IDEAL ? resync_oracle_create(&c) : NULL;
}

void
resync_watch_play(struct sim_conf *conf, enum resync_watch_how how, struct sim_report *sim,
		  struct resync_watch_report *out)
{
	const struct sim_watch w = { .port = on_port, .sealer = on_sealer };
	struct watch_end *e;

	memset(&watched, 0, sizeof(watched));
	watched.deaf = how == RESYNC_WATCH_DEAF;
	watched.traced = getenv("RECORDTLS_TRACE") != NULL;
	for (int i = 0; i < 2; i++)
		begin(&watched.end[i], conf, how);
	conf->watch = &w;
	sim_play(conf, sim);
	conf->watch = NULL;
	memset(out, 0, sizeof(*out));
	for (int i = 0; i < 2; i++) {
		e = &watched.end[i];
		out->end[i] = e->out;
		out->end[i].watched = e->nic;
		out->end[i].calls = e->calls;
		if (e->nic)
			out->end[i].oracle = resync_oracle_stats_get(e->oracle);
		if (e->ideal != NULL)
			out->end[i].ideal = resync_oracle_stats_get(e->ideal);
		memcpy(out->end[i].struck, e->strikes.struck, sizeof(out->end[i].struck));
		strikes_note(&e->strikes, NULL);
		resync_oracle_destroy(e->oracle);
		resync_oracle_destroy(e->ideal);
		free(watched.begins[i]);
	}
	memcpy(out->error, watched.error, sizeof(out->error));
	memset(&watched, 0, sizeof(watched));
}
