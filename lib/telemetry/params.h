/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The parameters of a command: what stands in it by position, then key=value pairs. Whatever is
 * wrong with them becomes one sentence in the answer.
 */
#ifndef RTLS_TELEMETRY_PARAMS_H
#define RTLS_TELEMETRY_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_kvargs.h>
#include <rte_telemetry.h>

enum {
	PARAMS_TEXT_MAX = 512,
	PARAMS_POS_MAX = 2,
};

/* What a command takes. */
struct params_want {
	const char *usage;       /* "STACK,SOCK", for the sentence */
	uint32_t nb_pos;         /* all of them are needed */
	const char *const *keys; /* up to NULL; NULL: none */
};

struct params {
	const char *pos[PARAMS_POS_MAX];
	char text[PARAMS_TEXT_MAX];
	struct rte_kvargs *pairs; /* NULL: none were given */
};

/* False: d is the answer. Else params_free() is owed. text NULL: none were given. */
bool params_read(struct params *p, const struct params_want *want, const char *text,
		 struct rte_tel_data *d);
void params_free(struct params *p);

/* The value of a key, or NULL. */
const char *params_get(const struct params *p, const char *key);

/* A whole decimal number without sign, up to max. */
bool params_number(const char *text, uint64_t max, uint64_t *out);

/* The first one is a stack's number or name. False: d is the answer. */
bool params_stack(const struct params *p, uint32_t *stack, struct rte_tel_data *d);

#endif
