/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "watch.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include <rte_telemetry.h>

#include "common/say.h"

enum {
	NAP_NS = 50000,
	NAPS = 20000, /* a second, and more */
};

/* IDLE -> ASKED -> ANSWERING -> ANSWERED -> IDLE; whoever asked may take ASKED back. */
enum state {
	IDLE,
	ASKED,
	ANSWERING,
	ANSWERED,
};

static _Atomic int state;
static struct server_tally answer;
static pthread_mutex_t askers = PTHREAD_MUTEX_INITIALIZER;

bool
watch_asked(void)
{
	return atomic_load_explicit(&state, memory_order_relaxed) == ASKED;
}

void
watch_answer(const struct server_tally *tally)
{
	int asked = ASKED;

	if (!atomic_compare_exchange_strong(&state, &asked, ANSWERING))
		return;
	answer = *tally;
	atomic_store(&state, ANSWERED);
}

/* False: the loop does not turn. */
static bool
ask(void)
{
	const struct timespec moment = { .tv_nsec = NAP_NS };
	int asked = ASKED;

	atomic_store(&state, ASKED);
	for (int i = 0; i < NAPS && atomic_load(&state) != ANSWERED; i++)
		nanosleep(&moment, NULL);
	if (atomic_compare_exchange_strong(&state, &asked, IDLE))
		return false;
	while (atomic_load(&state) != ANSWERED)
		nanosleep(&moment, NULL);
	return true;
}

static int
stats(const char *cmd, const char *params, struct rte_tel_data *d)
{
	struct server_tally tally;
	bool answered;

	(void)cmd;
	rte_tel_data_start_dict(d);
	if (params != NULL && params[0] != '\0') {
		rte_tel_data_add_dict_string(d, "error", "this command takes no parameters");
		return 0;
	}
	pthread_mutex_lock(&askers);
	answered = ask();
	tally = answer;
	atomic_store(&state, IDLE);
	pthread_mutex_unlock(&askers);
	if (!answered) {
		rte_tel_data_add_dict_string(d, "error", "the server did not answer for a second");
		return 0;
	}
	rte_tel_data_add_dict_uint(d, "connections", tally.connections);
	rte_tel_data_add_dict_uint(d, "connections_open", tally.open);
	rte_tel_data_add_dict_uint(d, "connections_refused", tally.refused);
	rte_tel_data_add_dict_uint(d, "connections_failed", tally.failed);
	rte_tel_data_add_dict_uint(d, "requests", tally.requests);
	rte_tel_data_add_dict_uint(d, "stored", tally.stored);
	return 0;
}

void
watch_start(void)
{
	if (rte_telemetry_register_cmd("/fileserver/stats", stats,
				       "What the file server counts. Takes no parameters") != 0)
		say("telemetry does not take /fileserver/stats");
}
