/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "contexts_overload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include <recordtls/tlsnic.h>

#include "common/say.h"
#include "link.h"

enum {
	FLOWS = 4, /* of each kind, in both directions */
	NB = 2 * FLOWS,
	TURN_US = 10, /* at 32 packets the line is one of 37 Gbit/s */
	WARM_TURNS = 1000,
	TURNS = 4000,
	OPEN_TURNS = 100000,
	BURST = 64,
	WIRE_MBUFS = 16384,
};

/* Those without TLS are the first. */
struct end {
	struct link *link;
	int which; /* 0: the host */
	struct rtls_stack *stack;
	struct rtls_sock *socks[NB];
	uint32_t nb_ready;
	uint32_t next;       /* flow that a record is offered to */
	uint64_t plain, tls; /* bytes that came */
	uint8_t *memory;
	int error;
};

struct bed {
	struct link link;
	struct rtls_sock *listener;
	struct end ends[2];
	uint64_t turns;
};

struct goodput {
	uint64_t plain[2], tls[2]; /* by enum rtls_dir */
	uint64_t opened, passed;   /* packets */
};

static bool
has_tls(const struct end *e, const struct rtls_sock *const *at)
{
	return at >= (const struct rtls_sock *const *)e->socks + FLOWS;
}

static void
prepare(struct end *e, struct rtls_sock **at)
{
	enum options_mode mode = !has_tls(e, (const void *)at) ? OPTIONS_PLAIN :
				 e->which == 0                 ? OPTIONS_NIC :
								 OPTIONS_SOFTWARE;
	int rc = link_prepare(e->link, e->which, mode, *at);

	if (rc != 0)
		e->error = rc;
	rtls_sock_watch(*at, 0, at);
	e->nb_ready++;
}

static void
receive_all(struct end *e, struct rtls_sock **at)
{
	uint64_t *bytes = has_tls(e, (const void *)at) ? &e->tls : &e->plain;
	ssize_t n;

	while ((n = rtls_recv(*at, e->memory, LINK_MEMORY, 0)) > 0)
		*bytes += (uint64_t)n;
	if (n != -EAGAIN && n != -ENOMEM)
		e->error = n < 0 ? (int)n : -EPIPE;
}

/* As much as goes. */
static void
send_all(struct end *e, struct rtls_sock *k)
{
	ssize_t n;

	do {
		n = rtls_send(k, e->memory, e->link->o->size, 0);
	} while (n > 0);
	if (n != -EAGAIN && n != -ENOMEM)
		e->error = (int)n;
}

/* One record a turn, whether there is room for it or not. */
static void
offer(struct end *e)
{
	struct rtls_sock *k = e->socks[FLOWS + e->next++ % FLOWS];
	ssize_t n = rtls_send(k, e->memory, e->link->o->size, 0);

	if (n < 0 && n != -EAGAIN && n != -ENOMEM)
		e->error = (int)n;
}

static void
end_turn(struct end *e, uint64_t now_us)
{
	struct rtls_event ev[BURST];
	unsigned int n;

	rtls_stack_poll(e->stack, now_us);
	n = rtls_events(e->stack, ev, BURST);
	for (unsigned int i = 0; i < n; i++) {
		if (ev[i].user == NULL)
			continue;
		if ((ev[i].bits & RTLS_ERROR) != 0)
			e->error = -ECONNABORTED;
		else if ((ev[i].bits & RTLS_CONNECTED) != 0)
			prepare(e, ev[i].user);
		if ((ev[i].bits & RTLS_READABLE) != 0)
			receive_all(e, ev[i].user);
		if ((ev[i].bits & RTLS_WRITABLE) != 0)
			send_all(e, ev[i].sock);
	}
}

static void
accept_all(struct bed *b)
{
	struct rtls_sock_info info = { .size = sizeof(info) };
	struct rtls_sock *k;

	while (rtls_accept_burst(b->listener, &k, 1) == 1) {
		struct rtls_sock **at;

		rtls_sock_info(k, &info);
		at = &b->ends[1].socks[info.remote.port - LINK_PORT_BASE];
		*at = k;
		prepare(&b->ends[1], at);
	}
}

static bool
turn(struct bed *b)
{
	uint64_t now_us = ++b->turns * TURN_US;
	int rc;

	end_turn(&b->ends[0], now_us);
	rtls_tlsnic_poll(b->link.nic);
	end_turn(&b->ends[1], now_us);
	accept_all(b);
	rc = b->ends[0].error != 0 ? b->ends[0].error : b->ends[1].error;
	if (rc != 0)
		say("a connection failed: %s", strerror(-rc));
	return rc == 0;
}

/* --- life ------------------------------------------------------------------------ */

/* For the end of the host's stack. */
static void
step(void *arg)
{
	struct bed *b = arg;

	rtls_tlsnic_poll(b->link.nic);
	rtls_stack_poll(b->ends[1].stack, ++b->turns * TURN_US);
}

static bool
make_end(struct bed *b, int which)
{
	struct end *e = &b->ends[which];

	e->link = &b->link;
	e->which = which;
	e->memory = calloc(1, LINK_MEMORY);
	if (e->memory == NULL) {
		say("no memory");
		return false;
	}
	e->stack = link_stack(&b->link, which);
	return e->stack != NULL;
}

static bool
open_all(struct bed *b)
{
	struct rtls_addr local = link_addr(1, LINK_PORT), remote = local;
	struct end *host = &b->ends[0];
	int rc = rtls_listen(b->ends[1].stack, &local, NULL, &b->listener);

	for (uint16_t i = 0; i < NB && rc == 0; i++) {
		local = link_addr(0, (uint16_t)(LINK_PORT_BASE + i));
		rc = rtls_connect(host->stack, &local, &remote, &host->socks[i]);
		if (rc == 0)
			rtls_sock_watch(host->socks[i], RTLS_CONNECTED, &host->socks[i]);
	}
	if (rc != 0) {
		say("the ends cannot connect: %s", strerror(-rc));
		return false;
	}
	while (host->nb_ready < NB || b->ends[1].nb_ready < NB) {
		if (!turn(b))
			return false;
		if (b->turns > OPEN_TURNS) {
			say("the connections do not come through");
			return false;
		}
	}
	return true;
}

static bool
start(struct bed *b)
{
	for (int i = 0; i < NB; i++) {
		uint32_t bits = i < FLOWS ? RTLS_READABLE | RTLS_WRITABLE : RTLS_READABLE;

		if (i >= FLOWS && !link_is_in_mode(OPTIONS_NIC, b->ends[0].socks[i])) {
			link_say_mode(b->ends[0].socks[i]);
			return false;
		}
		for (int e = 0; e < 2; e++)
			rtls_sock_watch(b->ends[e].socks[i], bits, &b->ends[e].socks[i]);
	}
	return true;
}

static bool
make(struct bed *b, const struct options *o, uint32_t crypto_bytes)
{
	*b = (struct bed){
		.link = { .o = o, .device = { .crypto_bytes = crypto_bytes } },
	};
	b->link.sizes.max_socks = 2 * NB;
	if (!link_open(&b->link, WIRE_MBUFS) || !make_end(b, 1))
		return false;
	b->link.step = step;
	b->link.step_arg = b;
	return make_end(b, 0) && open_all(b) && start(b);
}

static void
destroy(struct bed *b)
{
	for (int i = 0; i < 2; i++) {
		struct end *e = &b->ends[i];

		for (int k = 0; k < NB; k++)
			if (e->socks[k] != NULL)
				rtls_abort(e->socks[k]);
		if (i == 1 && b->listener != NULL)
			rtls_close(b->listener);
		if (e->stack != NULL)
			link_stack_destroy(&b->link, i, e->stack);
		free(e->memory);
	}
	link_close(&b->link);
}

/* --- measuring ------------------------------------------------------------------- */

static struct goodput
count(const struct bed *b)
{
	struct goodput g = {
		.plain = { [RTLS_TX] = b->ends[1].plain, [RTLS_RX] = b->ends[0].plain },
		.tls = { [RTLS_TX] = b->ends[1].tls, [RTLS_RX] = b->ends[0].tls },
	};

	rtls_stat_get(b->ends[0].stack, b->link.nic, "rx_tls_decrypted_packets", &g.opened);
	rtls_stat_get(b->ends[0].stack, b->link.nic, "rx_tls_overload", &g.passed);
	return g;
}

static bool
run_turns(struct bed *b, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		offer(&b->ends[0]);
		offer(&b->ends[1]);
		if (!turn(b))
			return false;
	}
	return true;
}

static bool
measure(const struct options *o, uint32_t crypto_bytes, struct goodput *out)
{
	struct goodput before;
	struct bed b;
	bool ok = make(&b, o, crypto_bytes) && run_turns(&b, WARM_TURNS);

	if (ok) {
		before = count(&b);
		ok = run_turns(&b, TURNS);
		*out = count(&b);
		for (int d = 0; d < 2; d++) {
			out->plain[d] -= before.plain[d];
			out->tls[d] -= before.tls[d];
		}
		out->opened -= before.opened;
		out->passed -= before.passed;
	}
	destroy(&b);
	return ok;
}

static double
gbps(uint64_t bytes)
{
	return (double)bytes * 8 / ((double)TURNS * TURN_US * 1000);
}

bool
contexts_overload_run(const struct options *o, struct contexts_overload *out)
{
	struct goodput all, bound;

	if (!measure(o, 0, &all))
		return false;
	*out = (struct contexts_overload){
		.crypto_bytes = (uint32_t)(RTE_MIN(all.tls[RTLS_TX], all.tls[RTLS_RX]) / TURNS / 2),
	};
	if (out->crypto_bytes == 0 || !measure(o, out->crypto_bytes, &bound))
		return false;
	for (int d = 0; d < 2; d++) {
		out->plain_gbps[d] = gbps(all.plain[d]);
		out->tls_gbps[d] = gbps(all.tls[d]);
		out->plain_ratio[d] = (double)bound.plain[d] / (double)all.plain[d];
		out->tls_ratio[d] = (double)bound.tls[d] / (double)all.tls[d];
	}
	out->nic_share = (double)bound.opened / (double)(bound.opened + bound.passed);
	return true;
}
