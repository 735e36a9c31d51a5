/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* /recordtls/sock/list: pages of sockets, by slot. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <recordtls/names.h>

#include "sock/info.h"
#include "telemetry/answer.h"
#include "telemetry/params.h"
#include "telemetry/sock.h"

enum {
	ROWS_MAX = 200,    /* of a page; in a dict of rte_telemetry */
	SLOTS_A_POLL = 64, /* looked at in one poll: each may miss the cache a few times */
	ANY = UINT32_MAX,
};

/* What a filter asks for; 0 bits or ANY: everything. */
struct filter {
	uint32_t state, mode, reason; /* enum numbers */
	bool has_local, has_remote;
	struct rtls_addr local, remote; /* port 0: any */
	const char *suite;
};

struct row {
	uint64_t id;
	uint8_t state;
	const char *phase;
	struct rtls_addr local, remote;
};

struct page {
	struct filter filter;
	uint32_t at; /* slot */
	uint32_t end;
	uint32_t nb_rows;
	struct row rows[ROWS_MAX];
};

/* --- which ones --------------------------------------------------------------- */

static bool
addr_matches(bool wanted, const struct rtls_addr *want, const struct rtls_addr *have)
{
	return !wanted ||
	       (want->family == have->family && memcmp(want->ip, have->ip, sizeof(want->ip)) == 0 &&
		(want->port == 0 || want->port == have->port));
}

/* Either direction will do. */
static bool
tls_matches(const struct filter *f, const struct rtls_sock *sock)
{
	struct rtls_tls_info tls;

	if (f->mode == ANY && f->reason == ANY && f->suite == NULL)
		return true;
	if (sock->phase == SOCK_LISTEN)
		return false;
	for (enum rtls_dir d = RTLS_TX; d <= RTLS_RX; d++) {
		sock_tls_info_fill(sock, d, &tls);
		if ((f->mode == ANY || tls.mode == f->mode) &&
		    (f->reason == ANY || tls.reason == f->reason) &&
		    (f->suite == NULL ||
		     (tls.suite != NULL && strcasecmp(f->suite, tls.suite) == 0)))
			return true;
	}
	return false;
}

static void
look_at(struct page *page, const struct rtls_stack *s, const struct rtls_sock *sock)
{
	const struct filter *f = &page->filter;
	struct rtls_sock_info info;

	if (sock->phase == SOCK_FREE)
		return;
	sock_info_ends(sock, &info);
	if ((f->state != ANY && info.state != f->state) ||
	    !addr_matches(f->has_local, &f->local, &info.local) ||
	    !addr_matches(f->has_remote, &f->remote, &info.remote) || !tls_matches(f, sock))
		return;
	page->rows[page->nb_rows++] = (struct row){
		.id = sock_id(s, sock),
		.state = info.state,
		.phase = sock_phase_name(sock),
		.local = info.local,
		.remote = info.remote,
	};
}

static bool
visit(struct rtls_stack *s, void *arg)
{
	struct page *page = arg;
	uint32_t stop;

	page->end = s->conf.max_socks;
	stop = RTE_MIN(page->end, page->at + SLOTS_A_POLL);
	for (; page->at < stop && page->nb_rows < ROWS_MAX; page->at++)
		look_at(page, s, &s->socks[page->at]);
	return page->at < page->end && page->nb_rows < ROWS_MAX;
}

/* --- the filter --------------------------------------------------------------- */

static const char *
state_name(uint32_t i)
{
	return i <= RTLS_SOCK_CLOSED ? rtls_sock_state_name((enum rtls_sock_state)i) : NULL;
}

static const char *
mode_name(uint32_t i)
{
	return i <= RTLS_MODE_NIC ? rtls_mode_name((enum rtls_mode)i) : NULL;
}

static const char *
reason_name(uint32_t i)
{
	return i < RTLS_MODE_REASON_MAX ? rtls_mode_reason_name((enum rtls_mode_reason)i) : NULL;
}

static bool
read_name(const struct params *p, const char *key, const char *(*name)(uint32_t), uint32_t *out,
	  struct rte_tel_data *d)
{
	const char *value = params_get(p, key);
	uint32_t i;

	*out = ANY;
	if (value == NULL)
		return true;
	for (i = 0; name(i) != NULL && strcmp(name(i), value) != 0; i++)
		;
	if (name(i) == NULL) {
		answer_error(d, "there is no %s '%.40s'", key, value);
		return false;
	}
	*out = i;
	return true;
}

static bool
read_addr(const struct params *p, const char *key, bool *given, struct rtls_addr *out,
	  struct rte_tel_data *d)
{
	const char *value = params_get(p, key);

	*given = value != NULL;
	if (value == NULL || rtls_addr_parse(value, out, NULL) == 0)
		return true;
	answer_error(d, "%s is an address, or address:port, not '%.40s'", key, value);
	return false;
}

static bool
read_filter(struct page *page, const struct params *p, struct rte_tel_data *d)
{
	struct filter *f = &page->filter;
	const char *from = params_get(p, "from");
	uint64_t at = 0;

	if (from != NULL && !params_number(from, UINT32_MAX, &at)) {
		answer_error(d, "from is the 'next' of a page before, not '%.40s'", from);
		return false;
	}
	page->at = (uint32_t)at;
	page->nb_rows = 0;
	f->suite = params_get(p, "suite");
	return read_name(p, "state", state_name, &f->state, d) &&
	       read_name(p, "mode", mode_name, &f->mode, d) &&
	       read_name(p, "reason", reason_name, &f->reason, d) &&
	       read_addr(p, "local", &f->has_local, &f->local, d) &&
	       read_addr(p, "remote", &f->has_remote, &f->remote, d);
}

/* --- the answer --------------------------------------------------------------- */

/* {"id": {"local": ..., "remote": ..., "state": ..., "phase": ...}}; returns its bytes of JSON. */
static size_t
row_len(const struct row *r, char *id, size_t id_size, char local[RTLS_ADDR_TEXT],
	char remote[RTLS_ADDR_TEXT])
{
	static const char frame[] =
		"\"\":{\"local\":\"\",\"remote\":\"\",\"state\":\"\",\"phase\":\"\"},";

	snprintf(id, id_size, "%llu", (unsigned long long)r->id);
	rtls_addr_format(&r->local, local, RTLS_ADDR_TEXT);
	rtls_addr_format(&r->remote, remote, RTLS_ADDR_TEXT);
	return sizeof(frame) + strlen(id) + strlen(local) + strlen(remote) +
	       strlen(rtls_sock_state_name(r->state)) + strlen(r->phase);
}

static bool
put_row(struct rte_tel_data *socks, const struct row *r, size_t *left)
{
	char id[24], local[RTLS_ADDR_TEXT], remote[RTLS_ADDR_TEXT];
	size_t len = row_len(r, id, sizeof(id), local, remote);
	struct rte_tel_data *d;

	if (len > *left)
		return false;
	d = answer_dict();
	if (d == NULL)
		return false;
	answer_text(d, "local", local);
	if (r->state != RTLS_SOCK_LISTEN)
		answer_text(d, "remote", remote);
	answer_text(d, "state", rtls_sock_state_name(r->state));
	answer_text(d, "phase", r->phase);
	answer_put(socks, id, d);
	*left -= len;
	return true;
}

static void
put_page(struct rte_tel_data *d, const struct page *page, uint32_t max_socks)
{
	struct rte_tel_data *socks = answer_dict();
	size_t left = ANSWER_BYTES;
	uint32_t next = page->at, i;

	for (i = 0; i < page->nb_rows; i++) {
		if (socks == NULL || !put_row(socks, &page->rows[i], &left)) {
			next = (uint32_t)(page->rows[i].id % max_socks);
			break;
		}
	}
	rte_tel_data_add_dict_uint(d, "count", i);
	answer_put(d, "socks", socks);
	if (next < page->end)
		rte_tel_data_add_dict_uint(d, "next", next);
}

static int
list(const char *cmd, const char *text, struct rte_tel_data *d)
{
	static const char *const keys[] = { "state",  "local", "remote", "mode",
					    "reason", "suite", "from",   NULL };
	static const struct params_want want = {
		.usage = "STACK[,state=,local=,remote=,mode=,reason=,suite=,from=]",
		.nb_pos = 1,
		.keys = keys,
	};
	struct page page;
	struct params p;
	uint32_t stack;
	int rc;

	(void)cmd;
	if (!params_read(&p, &want, text, d))
		return 0;
	if (params_stack(&p, &stack, d) && read_filter(&page, &p, d)) {
		rc = registry_visit(stack, visit, &page);
		if (rc != 0) {
			answer_unvisited(d, stack, rc);
		} else {
			rte_tel_data_start_dict(d);
			rte_tel_data_add_dict_uint(d, "stack", stack);
			put_page(d, &page, page.end);
		}
	}
	params_free(&p);
	return 0;
}

RTE_INIT(telemetry_sock_list)
{
	rte_telemetry_register_cmd("/recordtls/sock/list", list,
				   "Sockets. Parameters: STACK[,key=value...]");
}
