/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What the parts of the program share. */
#ifndef RTLS_SIM_APP_PRIV_H
#define RTLS_SIM_APP_PRIV_H

#include "sim/app.h"
#include "support/harness.h"

enum { APP_IOV_MAX = 3 };

/* Something is wrong: keeps the first. */
void app_complain(struct app *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The connection has ended, which is wrong unless it is mortal. */
void app_ended(struct app *a, const char *what, ssize_t rc);

static inline uint64_t
app_below(struct app *a, uint64_t n)
{
	return harness_rand(&a->rng) % n;
}

/* The same for key updates, which move nothing else. */
static inline uint64_t
app_update_below(struct app *a, uint64_t n)
{
	return harness_rand(&a->update_rng) % n;
}

static inline bool
app_chance(struct app *a, uint32_t pct)
{
	return app_below(a, 100) < pct;
}

/* Cuts the first len bytes of buf into up to APP_IOV_MAX pieces at random places. */
unsigned int app_scatter(struct app *a, struct iovec *iov, size_t len);

/*
 * Installs the keys of one direction, the first or the next ones, and looks whether they are there.
 * False: not for now, the former ones stay.
 */
bool app_install(struct app *a, enum rtls_dir dir);

/* Event: keys were installed in a direction. */
void app_mode_keys(struct app *a, enum rtls_dir dir);

/* Event: a turn begins; bits as rtls_events() reported them. Judges what the modes are. */
void app_mode_turn(struct app *a, uint32_t bits);

/* Event: the program has made its calls of this turn, so many of them with success. */
void app_mode_called(struct app *a, unsigned int nb_calls);

/* When it wants a turn by itself; UINT64_MAX: it does not. */
uint64_t app_mode_next_us(const struct app *a);

/* One call of the sending side. False: nothing can be done now. */
bool app_tx_step(struct app *a, uint64_t now_us);

/* Does the sending side wait for nothing that an event could tell? */
bool app_tx_due(const struct app *a);

/* The same of the receiving side. */
bool app_rx_step(struct app *a, uint64_t now_us);
bool app_rx_due(const struct app *a);

#endif
