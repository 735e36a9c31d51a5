/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What telemetry answers, over DPDK's own socket, against what the program sees. */
#include <errno.h>
#include <stdlib.h>

#include "eal/watched.h"

/* --- stacks ------------------------------------------------------------------- */

static void
test_stack_list(void)
{
	struct pair p;
	char key[16];
	json_t *d;

	pair_init(&p, NULL);
	d = ask(&p, "/recordtls/stack/list");
	CU_ASSERT_EQUAL(json_object_size(d), 2);
	for (int i = 0; i < 2; i++) {
		snprintf(key, sizeof(key), "%u", number_of(&p, i));
		CU_ASSERT_STRING_EQUAL(text_of(d, key), p.stack[i]->registered.id.name);
	}
	json_decref(d);
	pair_fini(&p);
	p.stack[0] = p.stack[1] = NULL;
	d = ask(&p, "/recordtls/stack/list");
	CU_ASSERT_EQUAL(json_object_size(d), 0);
	json_decref(d);
}

/* What rte_telemetry does not print as JSON: bytes that are not ASCII, control characters. */
static void
test_odd_names(void)
{
	static const char odd[] = "\xc3\xa9\xff\x80 \x01\x1f\n\x7f\"\\";
	struct registry_id *id;
	struct rtls_port *port;
	struct pair p;
	char key[16];
	json_t *d;

	pair_init(&p, NULL);
	id = &p.stack[0]->registered.id;
	port = p.port[0];
	snprintf(id->name, sizeof(id->name), "%s", odd);
	snprintf(port->name, sizeof(port->name), "%s", odd);
	snprintf(key, sizeof(key), "%u", number_of(&p, 0));
	d = ask(&p, "/recordtls/stack/list");
	CU_ASSERT_STRING_EQUAL(text_of(d, key), "____ ____\"\\");
	json_decref(d);
	d = ask(&p, "/recordtls/stack/info,%s", key);
	CU_ASSERT_STRING_EQUAL(text_of(d, "name"), "____ ____\"\\");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(json_object_get(d, "ports"), 0)),
			       "____ ____\"\\");
	CU_ASSERT_STRING_EQUAL(
		json_string_value(json_array_get(json_object_get(d, "addresses"), 0)),
		"192.0.2.1/24 on ____ ____\"\\");
	json_decref(d);
	d = ask(&p, "/recordtls/port/list");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(d, 0)), "____ ____\"\\");
	json_decref(d);
	pair_fini(&p);
}

static void
test_stack_info(void)
{
	struct pair_conf conf = { .stack = { { .max_socks = 23, .rcvbuf = 100000 } } };
	const char *name;
	struct pair p;
	json_t *d, *c;

	pair_init(&p, &conf);
	name = p.stack[0]->registered.id.name;
	d = ask(&p, "/recordtls/stack/info,%s", name);
	c = json_object_get(d, "conf");
	CU_ASSERT_EQUAL(value_of(d, "stack"), number_of(&p, 0));
	CU_ASSERT_STRING_EQUAL(text_of(d, "name"), name);
	CU_ASSERT_EQUAL(value_of(d, "socks_in_use"), 0);
	CU_ASSERT_EQUAL(value_of(d, "draining"), 0);
	CU_ASSERT_EQUAL(value_of(d, "now_us"), p.now_us);
	CU_ASSERT_EQUAL(value_of(c, "max_socks"), 23);
	CU_ASSERT_EQUAL(value_of(c, "rcvbuf"), 100000);
	CU_ASSERT_EQUAL(value_of(c, "time_wait_us"), 60000000);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(json_object_get(d, "ports"), 0)),
			       p.port[0]->name);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(json_string_value(json_array_get(json_object_get(d, "addresses"), 0)),
		       "192.0.2.1/24 on pair"));
	json_decref(d);
	pair_fini(&p);
}

/* Those that are not 0, and no other. */
static void
not_zero(json_t *d, const struct rtls_stack *s)
{
	struct rtls_stat_desc tab[256];
	uint64_t values[256];
	int n = rtls_stats_describe(s, NULL, tab, HARNESS_COUNT(tab));
	size_t more = 0;

	CU_ASSERT_TRUE_FATAL(n > 0 && n <= (int)HARNESS_COUNT(tab));
	CU_ASSERT_EQUAL(rtls_stats_get(s, NULL, values, HARNESS_COUNT(values)), n);
	for (int i = 0; i < n; i++) {
		more += values[i] != 0;
		if (values[i] != 0)
			CU_ASSERT_EQUAL(value_of(d, tab[i].name), values[i]);
	}
	CU_ASSERT_TRUE(more > 0 && more < (size_t)n);
	CU_ASSERT_EQUAL(json_object_size(d), more);
	json_decref(d);
}

static void
test_stack_stats(void)
{
	struct talk t;

	talk_init(&t, NULL);
	for (int i = 0; i < 2; i++) {
		json_t *d = ask(&t.pair, "/recordtls/stack/stats,%u", number_of(&t.pair, i));

		same_stats(d, t.pair.stack[i], NULL, 0);
		CU_ASSERT_TRUE(value_of(d, i == 0 ? "TxRecords" : "RxRecords") > 0);
		json_decref(d);
		d = ask(&t.pair, "/recordtls/stack/stats,%u,hide_zero=false",
			number_of(&t.pair, i));
		same_stats(d, t.pair.stack[i], NULL, 0);
		json_decref(d);
		not_zero(ask(&t.pair, "/recordtls/stack/stats,%u,hide_zero=true",
			     number_of(&t.pair, i)),
			 t.pair.stack[i]);
	}
	talk_fini(&t);
}

/* Whole, and each where its kind is; nobody is polled for it. */
static void
test_stack_meanings(void)
{
	struct rtls_stat_desc tab[256];
	struct pair p = { .stack = { NULL } };
	json_t *d = ask(&p, "/recordtls/stack/meanings");
	const json_t *counters = json_object_get(d, "counters");
	const json_t *levels = json_object_get(d, "levels");
	int n = rtls_stats_describe(NULL, NULL, tab, HARNESS_COUNT(tab));

	CU_ASSERT_FATAL(n > 0 && n <= (int)HARNESS_COUNT(tab));
	CU_ASSERT_EQUAL(json_object_size(d), 2);
	CU_ASSERT_EQUAL(json_object_size(counters) + json_object_size(levels), (size_t)n);
	for (int i = 0; i < n; i++)
		CU_ASSERT_STRING_EQUAL(
			text_of(tab[i].kind == RTLS_STAT_COUNTER ? counters : levels, tab[i].name),
			tab[i].meaning);
	CU_ASSERT(json_object_size(levels) > 0);
	json_decref(d);
}

/* --- refusals ------------------------------------------------------------------- */

/* %u: the number of a stack that is there. */
static const struct {
	const char *command;
	const char *part;
} refused_rows[] = {
	{ "/recordtls/stack/list,0", "too many" },
	{ "/recordtls/stack/info", "missing" },
	{ "/recordtls/stack/info,", "missing" },
	{ "/recordtls/stack/info,%u,1", "too many" },
	{ "/recordtls/stack/info,%u,a=b", "known key" },
	{ "/recordtls/stack/info,nobody", "no stack 'nobody'" },
	{ "/recordtls/stack/info,4294967295", "no stack" },
	{ "/recordtls/stack/info,-1", "no stack" },
	{ "/recordtls/stack/info,0x0", "no stack" },
	{ "/recordtls/stack/stats", "missing" },
	{ "/recordtls/stack/stats,nobody", "no stack" },
	{ "/recordtls/stack/stats,%u,hide_zero=yes", "true or false" },
	{ "/recordtls/stack/stats,%u,hide_zero", "too many" },
	{ "/recordtls/stack/stats,%u,from=1", "known key" },
	{ "/recordtls/stack/meanings,%u", "too many" },
	{ "/recordtls/sock/list", "missing" },
	{ "/recordtls/sock/list,state=open", "missing" },
	{ "/recordtls/sock/list,%u,open", "too many" },
	{ "/recordtls/sock/list,%u,", "too many" },
	{ "/recordtls/sock/list,%u,state=", "no value" },
	{ "/recordtls/sock/list,%u,state=opened", "no state 'opened'" },
	{ "/recordtls/sock/list,%u,state=Open", "no state" },
	{ "/recordtls/sock/list,%u,state=open,state=listen", "twice" },
	{ "/recordtls/sock/list,%u,colour=red", "known key" },
	{ "/recordtls/sock/list,%u,state=open,colour=red", "known key" },
	{ "/recordtls/sock/list,%u,mode=hard", "no mode" },
	{ "/recordtls/sock/list,%u,reason=why", "no reason" },
	{ "/recordtls/sock/list,%u,from=x", "'next'" },
	{ "/recordtls/sock/list,%u,from=-1", "'next'" },
	{ "/recordtls/sock/list,%u,from=4294967296", "'next'" },
	{ "/recordtls/sock/list,%u,from=99999999999999999999", "'next'" },
	{ "/recordtls/sock/list,%u,local=here", "address" },
	{ "/recordtls/sock/list,%u,remote=192.0.2", "address" },
	{ "/recordtls/sock/list,%u,remote=192.0.2.1:", "address" },
	{ "/recordtls/sock/list,%u,remote=192.0.2.1:65536", "address" },
	{ "/recordtls/sock/list,%u,remote=192.0.2.1:0", "address" },
	{ "/recordtls/sock/list,%u,remote=192.0.2.1:0x50", "address" },
	{ "/recordtls/sock/list,%u,remote=192.0.2.1/24", "address" },
	{ "/recordtls/sock/list,%u,remote=[1,2]", "character" },
	{ "/recordtls/sock/list,%u,suite=\"x\"", "character" },
	{ "/recordtls/sock/list,%u,suite=a b", "character" },
	{ "/recordtls/sock/list,%u,suite=\xc3\xa4", "character" },
	{ "/recordtls/sock/info", "missing" },
	{ "/recordtls/sock/info,%u", "missing" },
	{ "/recordtls/sock/info,%u,", "missing" },
	{ "/recordtls/sock/info,%u,x", "not a socket's number" },
	{ "/recordtls/sock/info,%u,1x", "not a socket's number" },
	{ "/recordtls/sock/info,%u,18446744073709551616", "not a socket's number" },
	{ "/recordtls/sock/info,%u,18446744073709551615", "not a socket's number" },
	{ "/recordtls/sock/info,%u,15", "has no socket 15" },
	{ "/recordtls/sock/info,%u,4503599627370495", "has no socket" },
	{ "/recordtls/sock/info,%u,0,0", "too many" },
	{ "/recordtls/port/list,x", "too many" },
	{ "/recordtls/port/info", "missing" },
	{ "/recordtls/port/info,net_no0", "no stack has a port 'net_no0'" },
	{ "/recordtls/port/stats", "missing" },
	{ "/recordtls/port/stats,net_no0", "no stack has a port" },
	{ "/recordtls/port/meanings", "missing" },
	{ "/recordtls/port/meanings,net_no0", "no stack has a port" },
	{ "/recordtls/crypto", "missing" },
	{ "/recordtls/crypto,nobody", "no stack" },
	{ "/recordtls/crypto,%u,fast", "too many" },
};

static void
test_refusals(void)
{
	char command[512], at[600];
	struct pair p;

	pair_init(&p, NULL);
	for (size_t i = 0; i < HARNESS_COUNT(refused_rows); i++) {
		const char *u = strstr(refused_rows[i].command, "%u");

		if (u == NULL)
			snprintf(command, sizeof(command), "%s", refused_rows[i].command);
		else
			snprintf(command, sizeof(command), "%.*s%u%s",
				 (int)(u - refused_rows[i].command), refused_rows[i].command,
				 number_of(&p, 0), u + 2);
		is_error(ask(&p, "%s", command), refused_rows[i].part);
	}
	memset(at, 'x', sizeof(at));
	at[sizeof(at) - 1] = '\0';
	is_error(ask(&p, "/recordtls/sock/list,%u,suite=%s", number_of(&p, 0), at), "too long");
	pair_fini(&p);
}

/* --- ports and crypto ----------------------------------------------------------- */

static void
test_ports(void)
{
	struct talk t;
	json_t *d;

	talk_init(&t, NULL);
	d = ask(&t.pair, "/recordtls/port/list");
	CU_ASSERT_EQUAL(json_array_size(d), 2);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(d, (size_t)i)),
				       t.pair.port[i]->name);
	json_decref(d);
	d = ask(&t.pair, "/recordtls/port/info,%s", t.pair.port[1]->name);
	CU_ASSERT_STRING_EQUAL(text_of(d, "name"), t.pair.port[1]->name);
	CU_ASSERT_STRING_EQUAL(text_of(d, "mac"), "02:00:00:00:00:02");
	CU_ASSERT_EQUAL(value_of(d, "stack"), number_of(&t.pair, 1));
	CU_ASSERT_EQUAL(value_of(d, "mtu"), 1500);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(d, "under")), 0);
	CU_ASSERT_PTR_NULL(json_object_get(d, "inline_tls"));
	json_decref(d);
	d = ask(&t.pair, "/recordtls/port/stats,%s", t.pair.port[1]->name);
	CU_ASSERT_EQUAL(json_object_size(d), 0);
	json_decref(d);
	d = ask(&t.pair, "/recordtls/port/meanings,%s", t.pair.port[1]->name);
	CU_ASSERT_EQUAL(json_object_size(json_object_get(d, "counters")), 0);
	json_decref(d);
	talk_fini(&t);
}

/* What stands behind the last comma and space. */
static const char *
tail_of(const json_t *d, const char *key)
{
	const char *tail = text_of(d, key), *next;

	while ((next = strstr(tail, ", ")) != NULL)
		tail = next + 2;
	return tail;
}

static void
test_crypto(void)
{
	static const char *const wish[] = { NULL, "auto" };

	for (size_t i = 0; i < HARNESS_COUNT(wish); i++) {
		struct pair_conf conf = { .stack = { { .crypto = wish[i] } } };
		const struct crypto_select *c;
		json_t *d, *all;
		struct pair p;

		pair_init(&p, &conf);
		c = &p.stack[0]->crypto;
		d = ask(&p, "/recordtls/crypto,%u", number_of(&p, 0));
		CU_ASSERT_STRING_EQUAL(text_of(d, "provider"), c->provider->name);
		/* A sentence to its end. */
		CU_ASSERT_STRING_EQUAL(tail_of(d, "choice"),
				       wish[i] != NULL ? "the best of these" : "libcrypto");
		CU_ASSERT_EQUAL(value_of(d, "keys_fallback_suite"), 0);
		all = json_object_get(d, "measured");
		CU_ASSERT_EQUAL(json_object_size(all), c->nb_candidates);
		/* libcrypto is always there, and was measured when there was a choice. */
		CU_ASSERT_EQUAL(json_object_size(all) > 0, wish[i] != NULL);
		if (wish[i] != NULL) {
			const json_t *first = json_object_get(all, "0");

			CU_ASSERT_STRING_EQUAL(text_of(first, "name"), "libcrypto");
			CU_ASSERT_EQUAL(value_of(first, "millicycles_per_byte"),
					(uint64_t)(c->candidates[0].cost * 1000 + 0.5));
		}
		json_decref(d);
		pair_fini(&p);
	}
}

/* --- stacks that do not answer ---------------------------------------------------- */

static void
test_not_polled(void)
{
	struct ask a[2];
	char command[64];
	struct pair p;

	pair_init(&p, NULL);
	/* Both at once: the second one waits for the first one's visit, and a little more. */
	snprintf(command, sizeof(command), "/recordtls/stack/info,%u", number_of(&p, 0));
	ask_start(&a[0], command);
	while (!visit_posted(&p.stack[0]->visit))
		;
	snprintf(command, sizeof(command), "/recordtls/crypto,%u", number_of(&p, 0));
	ask_start(&a[1], command);
	for (size_t i = 0; i < HARNESS_COUNT(a); i++) {
		json_t *d = ask_end(&a[i]);
		const char *error = text_of(d, "error");

		CU_ASSERT(strstr(error, "not polled") != NULL ||
			  (i == 1 && strstr(error, "busy") != NULL));
		json_decref(d);
	}
	/* Nothing is left of it. */
	json_decref(ask(&p, "/recordtls/stack/info,%u", number_of(&p, 0)));
	pair_fini(&p);
}

/*
 * Nobody waits for a stack that is not polled before the others were asked: the first one is
 * polled only behind a look at the second. A machine that stops this thread may need a few tries.
 */
static void
test_silent_first(void)
{
	size_t names = 0;

	for (int try = 0; try < 10 && names != 2; try++) {
		struct ask a;
		struct pair p;
		json_t *d;

		pair_init(&p, NULL);
		ask_start(&a, "/recordtls/port/list");
		while (!ask_done(&a)) {
			rtls_stack_poll(p.stack[1], p.now_us);
			if (atomic_load(&p.stack[1]->visit.turns) != 0)
				rtls_stack_poll(p.stack[0], p.now_us);
		}
		d = ask_end(&a);
		names = json_is_array(d) ? json_array_size(d) : 0;
		json_decref(d);
		pair_fini(&p);
	}
	CU_ASSERT_EQUAL(names, 2);
}

/* Destroyed while somebody waits for it: he is told, and neither waits for the other. */
static void
test_destroyed(void)
{
	struct ask a[3];
	char command[64];
	struct pair p;

	pair_init(&p, NULL);
	snprintf(command, sizeof(command), "/recordtls/stack/info,%u", number_of(&p, 0));
	for (size_t i = 0; i < HARNESS_COUNT(a); i++)
		ask_start(&a[i], command);
	while (!visit_posted(&p.stack[0]->visit))
		;
	CU_ASSERT_EQUAL(rtls_stack_destroy(p.stack[0]), 0);
	p.stack[0] = NULL;
	for (size_t i = 0; i < HARNESS_COUNT(a); i++) {
		json_t *d = ask_end(&a[i]);
		const char *error = text_of(d, "error");

		CU_ASSERT(strstr(error, "destroyed") != NULL || strstr(error, "no stack") != NULL);
		json_decref(d);
	}
	pair_fini(&p);
}

static void
hold(struct rtls_port *port, uint16_t queue)
{
	(void)port;
	(void)queue;
}

/* While destroy gives -EAGAIN the stack is polled, and answers. */
static void
test_draining(void)
{
	static uint8_t bytes[5000];
	struct pair_conf conf = { .lazy_free = 64 };
	void (*cleanup)(struct rtls_port *port, uint16_t queue);
	struct rtls_sock *socks[2];
	struct pair p;
	json_t *d;

	pair_init(&p, &conf);
	pair_connect(&p, 0, socks);
	CU_ASSERT_EQUAL(rtls_send(socks[0], bytes, sizeof(bytes), 0), (ssize_t)sizeof(bytes));
	pair_turn(&p);
	cleanup = p.port[0]->tx_cleanup;
	p.port[0]->tx_cleanup = hold;
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(rtls_stack_destroy(p.stack[0]), -EAGAIN);
		d = ask(&p, "/recordtls/stack/info,%u", number_of(&p, 0));
		CU_ASSERT_EQUAL(value_of(d, "draining"), 1);
		CU_ASSERT_TRUE(value_of(d, "mbufs_in_use") > 0);
		json_decref(d);
	}
	p.port[0]->tx_cleanup = cleanup;
	CU_ASSERT_EQUAL(rtls_stack_destroy(p.stack[0]), 0);
	p.stack[0] = NULL;
	d = ask(&p, "/recordtls/stack/list");
	CU_ASSERT_EQUAL(json_object_size(d), 1);
	json_decref(d);
	pair_settle(&p);
	rtls_abort(socks[1]);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "stack/list", test_stack_list },
		{ "names that are not plain text", test_odd_names },
		{ "stack/info", test_stack_info },
		{ "stack/stats", test_stack_stats },
		{ "stack/meanings", test_stack_meanings },
		{ "what commands refuse", test_refusals },
		{ "ports", test_ports },
		{ "crypto", test_crypto },
		{ "a stack that nobody polls", test_not_polled },
		{ "the others are asked before a silent stack is waited for", test_silent_first },
		{ "a stack that is destroyed", test_destroyed },
		{ "a stack that drains", test_draining },
	};

	if (eal_start_watched("telemetry") != 0)
		return EXIT_FAILURE;
	return harness_run("telemetry", cases, HARNESS_COUNT(cases));
}
