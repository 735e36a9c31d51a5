/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The program's wishes for who does the crypto: it sends its directions to the NIC and back, at
 * random, and measures how long each wish takes. A program that waits for one polls all the time.
 */
#include <errno.h>
#include <inttypes.h>

#include "sim/app_priv.h"

enum {
	POLLS_PER_RTT = 50,
	ASK_AGAIN_RTTS = 2,
};

static struct rtls_tls_info
info_of(struct app *a, enum rtls_dir dir)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	if (rtls_tls_info(a->sock, dir, &info) != 0)
		app_complain(a, "rtls_tls_info failed");
	return info;
}

static bool
is_fault(uint8_t reason)
{
	return reason != RTLS_MODE_REASON_NONE && reason != RTLS_MODE_REASON_PENDING &&
	       reason != RTLS_MODE_REASON_ASKED && reason != RTLS_MODE_REASON_OTHER_PORT;
}

/* --- wishes ------------------------------------------------------------------ */

static void
measure(struct app *a, enum rtls_dir dir, bool in_force)
{
	struct app_mode *m = &a->mode[dir];
	struct app_wishes *w = &a->wishes[dir][m->kind];
	uint64_t us = a->now_us - m->since_us;
	uint32_t limit = a->conf.late_rtts;

	m->open = false;
	if (limit != 0 && us > limit * a->conf.rtt_us)
		app_complain(a, "%s, wish %d took %" PRIu64 " us, %s", rtls_dir_name(dir), m->kind,
			     us, in_force ? "then it was in force" : "and was not in force then");
	if (us > w->max_us)
		w->max_us = us;
	/* Given up before it was late says nothing. */
	if (!in_force && us <= 4 * a->conf.rtt_us) {
		w->given_up++;
		return;
	}
	w->nb++;
	w->in_1_rtt += us <= a->conf.rtt_us;
	w->in_4_rtt += us <= 4 * a->conf.rtt_us;
}

static void
give_up(struct app *a, enum rtls_dir dir)
{
	if (a->mode[dir].open)
		measure(a, dir, false);
}

static void
open_wish(struct app *a, enum rtls_dir dir, enum rtls_mode wish, enum app_wish_kind kind)
{
	struct app_mode *m = &a->mode[dir];

	give_up(a, dir);
	m->wish = wish;
	m->kind = kind;
	m->open = true;
	m->lost = false;
	m->since_us = a->now_us;
}

/* The NIC has left a direction, or refused it. */
static void
fault(struct app *a, enum rtls_dir dir, uint8_t reason)
{
	struct app_mode *m = &a->mode[dir];

	give_up(a, dir);
	a->faults[dir][reason]++;
	/* Runs that are used up cost a receiving context; no sending one has any. */
	if ((a->conf.faults & 1u << reason) == 0 ||
	    (dir == RTLS_TX && reason == RTLS_MODE_REASON_LOST))
		app_complain(a, "%s in software for the reason %s", rtls_dir_name(dir),
			     rtls_mode_reason_name((enum rtls_mode_reason)reason));
	m->lost = true;
	m->ask_at_us = a->now_us + harness_rand(&a->mode_rng) % (ASK_AGAIN_RTTS * a->conf.rtt_us);
}

/*
 * A receiving device that is told of its start too late, as another lcore runs it or packets have
 * overtaken others, is started once more: the wish is open again, from here on.
 */
static void
left(struct app *a, enum rtls_dir dir)
{
	struct app_mode *m = &a->mode[dir];

	if (dir == RTLS_TX || m->wish != RTLS_MODE_NIC)
		app_complain(a, "%s left mode %s", rtls_dir_name(dir), rtls_mode_name(m->wish));
	m->open = true;
	m->since_us = a->now_us;
	a->restarts++;
}

/* What is, against what was wished. */
static void
judge(struct app *a, enum rtls_dir dir)
{
	struct app_mode *m = &a->mode[dir];
	struct rtls_tls_info info = info_of(a, dir);
	bool in_force = info.mode == m->wish;

	if (m->wish == RTLS_MODE_NONE)
		return;
	if ((info.mode == RTLS_MODE_NIC) != (info.reason == RTLS_MODE_REASON_NONE))
		app_complain(a, "%s in mode %s for the reason %s", rtls_dir_name(dir),
			     rtls_mode_name((enum rtls_mode)info.mode),
			     rtls_mode_reason_name((enum rtls_mode_reason)info.reason));
	if (m->lost) {
		/* Nothing but the program's own wish ends that. */
		if (info.mode != RTLS_MODE_SOFTWARE || !is_fault(info.reason))
			app_complain(a, "%s came back without having been asked",
				     rtls_dir_name(dir));
	} else if (is_fault(info.reason) &&
		   (m->wish == RTLS_MODE_NIC || info.reason != m->reason)) {
		fault(a, dir, info.reason);
	} else {
		if (info.wish != m->wish)
			app_complain(a, "%s wishes for %s", rtls_dir_name(dir),
				     rtls_mode_name((enum rtls_mode)info.wish));
		if (info.mode == RTLS_MODE_SOFTWARE && !is_fault(info.reason) &&
		    (info.reason == RTLS_MODE_REASON_ASKED) != (m->wish == RTLS_MODE_SOFTWARE))
			app_complain(a, "%s in software for the reason %s", rtls_dir_name(dir),
				     rtls_mode_reason_name((enum rtls_mode_reason)info.reason));
		if (!in_force && !m->open)
			left(a, dir);
		if (in_force && m->open)
			measure(a, dir, true);
	}
	m->mode = info.mode;
	m->reason = info.reason;
}

/* Nobody waits for a direction that has ended. */
static bool
is_over(const struct app *a, enum rtls_dir dir)
{
	struct rtls_sock_info info = { .size = sizeof(info) };

	/* Its bytes may not have been read yet. */
	if (rtls_sock_info(a->sock, &info) == 0 && info.state == RTLS_SOCK_CLOSED)
		return true;
	return dir == RTLS_TX ? a->tx == APP_TX_DONE : a->rx == APP_RX_EOF;
}

static void
ask(struct app *a, enum rtls_dir dir, enum rtls_mode wish)
{
	int rc;

	open_wish(a, dir, wish, wish == RTLS_MODE_NIC ? APP_WISH_NIC : APP_WISH_SOFTWARE);
	rc = rtls_set_mode(a->sock, dir, wish);
	a->switches++;
	if (rc == -ENOSPC || rc == -ENOTSUP || rc == -EIO || rc == -EPERM) {
		if (!is_fault(info_of(a, dir).reason))
			app_complain(a, "rtls_set_mode gave %d without a reason", rc);
	} else if (rc != 0 && rc != -EINPROGRESS) {
		app_complain(a, "rtls_set_mode gave %d", rc);
	}
	judge(a, dir);
	if (rc == 0 && a->mode[dir].open)
		app_complain(a, "%s is not in the mode that rtls_set_mode gave 0 for",
			     rtls_dir_name(dir));
}

void
app_wishes_add(struct app_wishes *to, const struct app_wishes *w)
{
	to->nb += w->nb;
	to->in_1_rtt += w->in_1_rtt;
	to->in_4_rtt += w->in_4_rtt;
	to->given_up += w->given_up;
	to->max_us = w->max_us > to->max_us ? w->max_us : to->max_us;
}

/* --- events ------------------------------------------------------------------ */

void
app_mode_keys(struct app *a, enum rtls_dir dir)
{
	struct app_mode *m = &a->mode[dir];

	if (a->conf.switch_pct == 0 || is_over(a, dir))
		return;
	if (a->epoch[dir] == 1)
		open_wish(a, dir, RTLS_MODE_NIC, APP_WISH_NIC);
	else if (m->wish == RTLS_MODE_NIC && !m->lost)
		open_wish(a, dir, RTLS_MODE_NIC, APP_WISH_KEY);
	judge(a, dir);
}

void
app_mode_turn(struct app *a, uint32_t bits)
{
	bool changed = false;

	if (a->conf.switch_pct == 0)
		return;
	for (int d = RTLS_TX; d <= RTLS_RX; d++) {
		const struct app_mode *m = &a->mode[d];
		uint8_t mode = m->mode, reason = m->reason;

		if (is_over(a, (enum rtls_dir)d))
			continue;
		judge(a, (enum rtls_dir)d);
		changed |= (mode != m->mode || reason != m->reason) &&
			   (m->mode == RTLS_MODE_NIC || is_fault(m->reason));
	}
	if (changed && a->conf.by_events && (bits & RTLS_MODE) == 0)
		app_complain(a, "a mode has changed without an event");
}

void
app_mode_called(struct app *a, unsigned int nb_calls)
{
	if (a->conf.switch_pct == 0 || a->gone || a->error[0] != '\0')
		return;
	for (int d = RTLS_TX; d <= RTLS_RX; d++) {
		struct app_mode *m = &a->mode[d];

		if (m->wish == RTLS_MODE_NONE)
			continue;
		if (is_over(a, (enum rtls_dir)d)) {
			give_up(a, (enum rtls_dir)d);
			continue;
		}
		judge(a, (enum rtls_dir)d);
		if (m->lost && a->now_us >= m->ask_at_us)
			ask(a, (enum rtls_dir)d, RTLS_MODE_NIC);
		for (unsigned int i = 0; i < nb_calls && !(m->open && a->conf.patient); i++)
			if (harness_below(&a->mode_rng, 100) < a->conf.switch_pct)
				ask(a, (enum rtls_dir)d,
				    harness_below(&a->mode_rng, 3) == 0 ? RTLS_MODE_SOFTWARE :
									  RTLS_MODE_NIC);
	}
}

uint64_t
app_mode_next_us(const struct app *a)
{
	uint64_t next_us = UINT64_MAX;

	for (int d = RTLS_TX; d <= RTLS_RX; d++) {
		const struct app_mode *m = &a->mode[d];

		if (m->wish == RTLS_MODE_NONE || is_over(a, (enum rtls_dir)d))
			continue;
		if (m->open && a->now_us + a->conf.rtt_us / POLLS_PER_RTT < next_us)
			next_us = a->now_us + a->conf.rtt_us / POLLS_PER_RTT;
		if (m->lost && m->ask_at_us < next_us)
			next_us = m->ask_at_us;
	}
	return next_us;
}
