/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "fetch.h"

#include <stdio.h>
#include <time.h>

#include <rte_pause.h>

#include "common/clock.h"
#include "common/say.h"
#include "progress.h"
#include "report.h"
#include "ticket.h"
#include "transfer.h"

enum {
	IDLE_TURNS = 2000, /* before the first sleep */
	SLEEP_NS = 50000,
	STEP_US = 50000, /* not all that it waits for has an event */
	END_US = 500000, /* for what is still to be sent at the end */
};

volatile sig_atomic_t fetch_stop;

struct loop {
	struct rtls_stack *stack;
	struct transfer transfer;
	struct progress progress;
	uint64_t step_us;
	uint32_t idle_turns;
};

/* A machine with few cores needs this one for the server. */
static void
rest(struct loop *l, bool worked)
{
	const struct timespec pause = { .tv_nsec = SLEEP_NS };

	if (worked) {
		l->idle_turns = 0;
		return;
	}
	if (++l->idle_turns < IDLE_TURNS)
		rte_pause();
	else
		nanosleep(&pause, NULL);
}

static void
turn(struct loop *l)
{
	uint64_t now_us = clock_now_us();
	bool worked = rtls_stack_poll(l->stack, now_us) != 0;
	struct rtls_event ev;

	if (rtls_events(l->stack, &ev, 1) != 0 || now_us >= l->step_us) {
		/* It may have something to say. */
		progress_clear(&l->progress);
		transfer_step(&l->transfer, now_us);
		l->step_us = now_us + STEP_US;
		worked = true;
	}
	progress_show(&l->progress, transfer_done(&l->transfer), transfer_total(&l->transfer),
		      now_us);
	rest(l, worked);
}

/* What was accepted goes out: close_notify and FIN, or an alert. */
static void
drain(struct loop *l)
{
	struct rtls_stack_info info = { .size = sizeof(info) };
	uint64_t end_us = clock_now_us() + END_US, now_us;

	do {
		now_us = clock_now_us();
		rest(l, rtls_stack_poll(l->stack, now_us) != 0);
		rtls_stack_info(l->stack, &info);
	} while (info.socks_in_use != 0 && now_us < end_us);
}

/* The file takes its name, or waits for --continue. */
static enum fetch_end
settle(struct transfer *t)
{
	if (t->o->upload != NULL) {
		source_close(&t->source);
		return t->end;
	}
	if (t->end == END_OK)
		return part_finish(&t->part) ? END_OK : END_HERE;
	if (part_leave(&t->part))
		say("%s has what came; --continue goes on with it", t->part.temp);
	return t->end;
}

enum fetch_end
fetch(const struct options *o, struct rtls_stack *stack, SSL_CTX *ctx)
{
	static struct loop l; /* it is large */
	uint64_t begun_us = clock_now_us();
	struct ticket ticket;
	enum fetch_end end;

	if (!ticket_open(&ticket, ctx, o))
		return END_HERE;
	l.stack = stack;
	if (o->verbose)
		report_peer(o);
	progress_start(&l.progress, o->progress, begun_us);
	transfer_open(&l.transfer, o, stack, ctx, &ticket, begun_us);
	l.progress.first = transfer_done(&l.transfer);
	while (l.transfer.state != TRANSFER_END && !fetch_stop)
		turn(&l);
	progress_clear(&l.progress);
	if (l.transfer.state != TRANSFER_END) {
		say("stopped by a signal");
		l.transfer.end = END_HERE;
		transfer_stop(&l.transfer);
	}
	drain(&l);
	end = settle(&l.transfer);
	if (!ticket_keep(&ticket) && end == END_OK)
		end = END_HERE;
	if (end == END_OK)
		report(o, &l.transfer, stack, clock_now_us() - begun_us);
	ticket_close(&ticket);
	return end;
}
