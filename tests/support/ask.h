/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Asks telemetry of this process, over its socket as any client does. */
#ifndef RTLS_SUPPORT_ASK_H
#define RTLS_SUPPORT_ASK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <jansson.h>

/* A question under way: another thread waits for the answer. */
struct ask {
	pthread_t thread;
	char command[1000];
	json_t *answer; /* what stands behind the command's name; NULL: none came */
	_Atomic bool done;
};

void ask_start(struct ask *a, const char *command);
bool ask_done(const struct ask *a);

/* Waits. The answer is the caller's: json_decref(). A missing one is a fatal CUnit assertion. */
json_t *ask_end(struct ask *a);

#endif
