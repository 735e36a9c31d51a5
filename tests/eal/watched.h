/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* For tests that ask telemetry: questions, parts of answers, and a connection to ask about. */
#ifndef RTLS_EAL_WATCHED_H
#define RTLS_EAL_WATCHED_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "stack/state.h"
#include "support/ask.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"
#include "unit/session/peer.h"

/* Both stacks are polled until the answer is there; no time passes for them. */
static inline json_t *__attribute__((format(printf, 2, 3)))
ask(struct pair *p, const char *format, ...)
{
	char command[1000];
	struct ask a;
	va_list ap;

	va_start(ap, format);
	vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	ask_start(&a, command);
	while (!ask_done(&a))
		for (int i = 0; i < 2; i++)
			rtls_stack_poll(p->stack[i], p->now_us);
	return ask_end(&a);
}

static inline uint32_t
number_of(const struct pair *p, int end)
{
	return p->stack[end]->registered.id.number;
}

static inline const char *
text_of(const json_t *d, const char *key)
{
	const char *text = json_string_value(json_object_get(d, key));

	return text != NULL ? text : "(none)";
}

static inline uint64_t
value_of(const json_t *d, const char *key)
{
	const json_t *v = json_object_get(d, key);

	if (!json_is_integer(v))
		printf("# no number %s\n", key);
	CU_ASSERT_TRUE_FATAL(json_is_integer(v));
	return (uint64_t)json_integer_value(v);
}

static inline void
is_error(json_t *answer, const char *part)
{
	const char *text = text_of(answer, "error");

	if (strstr(text, part) == NULL)
		printf("# '%s' is not in '%s'\n", part, text);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, part));
	CU_ASSERT_EQUAL(json_object_size(answer), 1);
	json_decref(answer);
}

/* Name by name what rtls_stats_get() says at the same moment. */
static inline void
same_stats(const json_t *d, const struct rtls_stack *s, const struct rtls_port *port, size_t more)
{
	struct rtls_stat_desc tab[256];
	uint64_t values[256];
	int n = rtls_stats_describe(s, port, tab, HARNESS_COUNT(tab));

	CU_ASSERT_TRUE_FATAL(n > 0 && n <= (int)HARNESS_COUNT(tab));
	CU_ASSERT_EQUAL(rtls_stats_get(s, port, values, HARNESS_COUNT(values)), n);
	CU_ASSERT_EQUAL(json_object_size(d), (size_t)n + more);
	for (int i = 0; i < n; i++)
		CU_ASSERT_EQUAL(value_of(d, tab[i].name), values[i]);
}

struct talk {
	struct pair pair;
	struct rtls_sock *socks[2];
};

/* A connection on which end 0 has sent records, its last ones unread. */
static inline void
talk_init(struct talk *t, const struct pair_conf *conf)
{
	static uint8_t bytes[40000], got[30000];
	struct peer key = peer_key(1, 3);
	struct rtls_keys keys = peer_keys(&key);

	pair_fill(bytes, 0, sizeof(bytes));
	pair_init(&t->pair, conf);
	pair_connect(&t->pair, 0, t->socks);
	pair_set_keys(t->socks, 0, &keys);
	pair_send(&t->pair, t->socks[0], bytes, sizeof(bytes));
	pair_settle(&t->pair);
	memcpy(got, bytes, sizeof(got));
	pair_expect(&t->pair, t->socks[1], got, sizeof(got));
	pair_settle(&t->pair);
}

static inline void
talk_fini(struct talk *t)
{
	for (int i = 0; i < 2; i++)
		rtls_abort(t->socks[i]);
	pair_fini(&t->pair);
}

#endif
