/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "support/pair.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <CUnit/CUnit.h>

#include "support/stat.h"

enum {
	TICK_US = 10,
	TURNS_MAX = 2000000,
	READY_MAX = 16,
	PATIENCE = 1000,
};

static const uint64_t START_US = 1000000;
static const uint64_t LINGER_US = UINT64_C(600) * 1000000;

static const char *const LEVELS[PAIR_LEVELS] = {
	"MbufsInUse", "SocksInUse",    "TimersInUse", "SessionsInUse", "FlowsInUse",
	"SynInUse",   "TimeWaitInUse", "RxRoomInUse", "FlightsInUse",
};

/* Of a TLS NIC. */
static const char *const NIC_LEVELS[PAIR_NIC_LEVELS] = { "contexts_in_use", "nic_tx_mbufs_in_use",
							 "nic_rx_mbufs_in_use" };

/* --- life -------------------------------------------------------------------- */

struct rtls_addr
pair_addr(int end, uint16_t port)
{
	return (struct rtls_addr){
		.family = RTLS_IPV4,
		.port = port,
		.ip = { 192, 0, 2, (uint8_t)(end + 1) },
	};
}

struct rtls_addr
pair_other_addr(int end, uint16_t port)
{
	return (struct rtls_addr){
		.family = RTLS_IPV4,
		.port = port,
		.ip = { 198, 51, 100, (uint8_t)(end + 1) },
	};
}

void
pair_move(struct pair *p, int end, bool other)
{
	struct rtls_addr peer = pair_addr(1 - end, 0), gateway = pair_other_addr(1 - end, 0);
	struct rtls_stack *s = p->stack[end];
	int rc;

	rc = other ? rtls_route_replace(s, &peer, 32, &gateway, p->other_port[end]) :
		     rtls_route_del(s, &peer, 32);
	CU_ASSERT_EQUAL_FATAL(rc, 0);
}

static void
set_default(uint32_t *field, uint32_t value)
{
	if (*field == 0)
		*field = value;
}

static void
make_other_port(struct pair *p, const struct pair_conf *conf, int i)
{
	struct rtls_addr ip = pair_other_addr(i, 0);

	p->other_port[i] = cable_port(p->other, i);
	if (conf->other_nic[i] != NULL)
		CU_ASSERT_EQUAL_FATAL(
			rtls_tlsnic_open(p->other_port[i], conf->other_nic[i], &p->other_port[i]),
			0);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_bind(p->stack[i], p->other_port[i], 0), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_addr_add(p->stack[i], p->other_port[i], &ip, 24), 0);
}

static void
make_end(struct pair *p, const struct pair_conf *conf, int i, const char *name)
{
	struct rtls_stack_conf sc = conf->stack[i];
	struct rtls_addr ip = pair_addr(i, 0);

	sc.size = sizeof(sc);
	sc.name = name;
	set_default(&sc.max_socks, 16);
	set_default(&sc.max_time_wait, 16);
	set_default(&sc.max_syn, 16);
	set_default(&sc.nb_packets, 1024);
	set_default(&sc.nb_small, 256);
	set_default(&sc.nb_medium, 128);
	set_default(&sc.nb_large, 64);
	/* Sizes that stay: what a call takes, and what a window lets through, is to be known. */
	if (!conf->growing) {
		set_default(&sc.sndbuf, 256 << 10);
		set_default(&sc.rcvbuf, 512 << 10);
	}
	p->port[i] = cable_port(p->cable, i);
	if (conf->shape != NULL)
		conf->shape(p->port[i], i);
	if (conf->nic[i] != NULL)
		CU_ASSERT_EQUAL_FATAL(rtls_tlsnic_open(p->port[i], conf->nic[i], &p->port[i]), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_create(&sc, &p->stack[i]), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_stack_bind(p->stack[i], p->port[i], 0), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_addr_add(p->stack[i], p->port[i], &ip, 24), 0);
	if (conf->two_ways)
		make_other_port(p, conf, i);
	for (int j = 0; j < PAIR_LEVELS; j++)
		p->start[i][j] = pair_stat(p, i, LEVELS[j]);
}

void
pair_init(struct pair *p, const struct pair_conf *user_conf)
{
	static unsigned int count;
	struct pair_conf conf = { 0 };
	struct rtls_listen_conf lc = { .size = sizeof(lc) };
	struct rtls_addr addr = pair_addr(1, PAIR_PORT);
	char name[24];
	struct cable_conf cc = { .name = name, .now_us = START_US };

	*p = (struct pair){ .now_us = START_US };
	if (user_conf != NULL)
		conf = *user_conf;
	cc.caps = conf.caps;
	cc.tso_max = conf.tso_max;
	cc.mtu = conf.mtu;
	cc.rx_seg_len = conf.rx_seg_len;
	cc.lazy_free = conf.lazy_free;
	cc.nb_mbufs = conf.nb_mbufs;
	cc.path[0] = conf.path[0];
	cc.path[1] = conf.path[1];
	cc.tap = conf.tap;
	cc.tap_arg = conf.arg;
	cc.filter = conf.filter;
	cc.filter_arg = conf.arg;
	snprintf(name, sizeof(name), "pair%u", ++count);
	CU_ASSERT_EQUAL_FATAL(cable_create(&cc, &p->cable), 0);
	if (conf.two_ways) {
		snprintf(name, sizeof(name), "pair%uo", count);
		cc.mtu = conf.other_mtu != 0 ? conf.other_mtu : conf.mtu;
		CU_ASSERT_EQUAL_FATAL(cable_create(&cc, &p->other), 0);
	}
	for (int i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "pair%u%c", count, 'a' + i);
		make_end(p, &conf, i, name);
	}
	lc.backlog = conf.backlog;
	lc.first_byte_us = conf.first_byte_us;
	lc.handshake_us = conf.handshake_us;
	CU_ASSERT_EQUAL_FATAL(rtls_listen(p->stack[1], &addr, &lc, &p->listener), 0);
	pair_turn(p);
}

static bool
all_back(void *arg)
{
	struct pair *p = arg;

	return pair_leak(p, 0) == NULL && pair_leak(p, 1) == NULL;
}

static void
set_time(struct pair *p)
{
	cable_set_time(p->cable, p->now_us);
	if (p->other != NULL)
		cable_set_time(p->other, p->now_us);
}

static bool
poll_end(struct pair *p, int i)
{
	bool did = rtls_stack_poll(p->stack[i], p->now_us) != 0;

	if (p->other != NULL && p->other_port[i] != cable_port(p->other, i))
		did |= rtls_tlsnic_poll(p->other_port[i]) != 0;
	if (p->port[i] != cable_port(p->cable, i))
		did |= rtls_tlsnic_poll(p->port[i]) != 0;
	return did;
}

static int
destroy_stack(struct pair *p, int i)
{
	int rc = 0;

	for (int tries = 0; tries < 1000; tries++) {
		rc = rtls_stack_destroy(p->stack[i]);
		if (rc != -EAGAIN)
			break;
		p->now_us += TICK_US;
		set_time(p);
		poll_end(p, i);
	}
	return rc;
}

void
pair_fini(struct pair *p)
{
	bool back = false;

	if (p->listener != NULL)
		CU_ASSERT_EQUAL(rtls_close(p->listener), 0);
	p->listener = NULL;
	/* The reader threads live in real time. */
	for (int tries = 0; !back && tries < PATIENCE; tries++) {
		back = pair_until(p, all_back, p, LINGER_US);
		if (!back)
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	if (!back) {
		for (int i = 0; i < 2; i++) {
			const char *leak = pair_leak(p, i);

			if (leak != NULL)
				printf("# end %d: %s did not come back\n", i, leak);
		}
		CU_FAIL("everything is given back");
	}
	for (int i = 0; i < 2; i++) {
		if (p->stack[i] != NULL)
			CU_ASSERT_EQUAL_FATAL(destroy_stack(p, i), 0);
		p->stack[i] = NULL;
	}
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(cable_stats_get(p->cable, i).misused, 0);
		CU_ASSERT_EQUAL(rtls_port_close(p->port[i]), 0);
		CU_ASSERT_EQUAL(cable_mbufs_in_use(p->cable, i), 0);
	}
	for (int i = 0; p->other != NULL && i < 2; i++) {
		CU_ASSERT_EQUAL(cable_stats_get(p->other, i).misused, 0);
		CU_ASSERT_EQUAL(rtls_port_close(p->other_port[i]), 0);
		CU_ASSERT_EQUAL(cable_mbufs_in_use(p->other, i), 0);
	}
	cable_destroy(p->cable);
	cable_destroy(p->other);
	p->cable = p->other = NULL;
}

/* --- time -------------------------------------------------------------------- */

bool
pair_turn(struct pair *p)
{
	bool did = false;

	set_time(p);
	for (int i = 0; i < 2; i++)
		if (p->stack[i] != NULL)
			did |= poll_end(p, i);
	p->now_us += TICK_US;
	return did;
}

static uint64_t
next_us(const struct pair *p, bool timers)
{
	uint64_t next = cable_next_us(p->cable), at = UINT64_MAX;

	if (p->other != NULL)
		at = cable_next_us(p->other);
	next = at < next ? at : next;
	for (int i = 0; timers && i < 2; i++) {
		at = p->stack[i] != NULL ? rtls_stack_deadline(p->stack[i]) : UINT64_MAX;
		next = at < next ? at : next;
	}
	return next;
}

void
pair_settle(struct pair *p)
{
	uint64_t next;
	int turns = 0;

	for (;;) {
		CU_ASSERT_FATAL(turns++ < TURNS_MAX);
		if (pair_turn(p))
			continue;
		next = next_us(p, false);
		if (next == UINT64_MAX)
			return;
		if (next > p->now_us)
			p->now_us = next;
	}
}

bool
pair_until(struct pair *p, bool (*is_so)(void *arg), void *arg, uint64_t limit_us)
{
	uint64_t end_us = p->now_us + limit_us, next;
	int turns = 0;

	while (!is_so(arg)) {
		if (p->now_us >= end_us)
			return false;
		CU_ASSERT_FATAL(turns++ < TURNS_MAX);
		if (pair_turn(p))
			continue;
		next = next_us(p, true);
		if (next > p->now_us)
			p->now_us = next < end_us ? next : end_us;
	}
	return true;
}

static bool
never(void *arg)
{
	(void)arg;
	return false;
}

void
pair_pass(struct pair *p, uint64_t us)
{
	pair_until(p, never, NULL, us);
}

/* --- counters ---------------------------------------------------------------- */

uint64_t
pair_stat(const struct pair *p, int end, const char *name)
{
	return stat_of(p->stack[end], NULL, name);
}

uint64_t
pair_port_stat(const struct pair *p, int end, const char *name)
{
	return stat_of(p->stack[end], p->port[end], name);
}

const char *
pair_leak(struct pair *p, int end)
{
	struct rtls_port *port = p->port[end];

	if (p->stack[end] == NULL)
		return NULL;
	/* What a lazy port still holds of an idle stack is no leak. */
	port->tx_cleanup(port, 0);
	for (int i = 0; i < PAIR_LEVELS; i++)
		if (pair_stat(p, end, LEVELS[i]) != p->start[end][i])
			return LEVELS[i];
	for (int i = 0; port != cable_port(p->cable, end) && i < PAIR_NIC_LEVELS; i++)
		if (pair_port_stat(p, end, NIC_LEVELS[i]) != 0)
			return NIC_LEVELS[i];
	return cable_mbufs_in_use(p->cable, end) != 0 ? "the cable's buffers" : NULL;
}

/* --- connections ------------------------------------------------------------- */

void
pair_connect(struct pair *p, uint16_t local_port, struct rtls_sock *socks[2])
{
	struct rtls_addr local = pair_addr(0, local_port), remote = pair_addr(1, PAIR_PORT);

	CU_ASSERT_EQUAL_FATAL(rtls_connect(p->stack[0], &local, &remote, &socks[0]), 0);
	pair_settle(p);
	CU_ASSERT_EQUAL_FATAL(rtls_accept_burst(p->listener, &socks[1], 1), 1);
	CU_ASSERT_EQUAL_FATAL(pair_info(socks[0]).state, RTLS_SOCK_OPEN);
	CU_ASSERT_EQUAL_FATAL(pair_info(socks[1]).state, RTLS_SOCK_OPEN);
}

void
pair_set_keys(struct rtls_sock *const socks[2], int from, const struct rtls_keys *keys)
{
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(socks[from], RTLS_TX, keys), 0);
	CU_ASSERT_EQUAL_FATAL(rtls_set_keys(socks[1 - from], RTLS_RX, keys), 0);
}

uint32_t
pair_bits(struct pair *p, int end, const struct rtls_sock *k)
{
	struct rtls_event ev[READY_MAX];
	unsigned int n = rtls_events(p->stack[end], ev, READY_MAX);
	uint32_t bits = 0;

	for (unsigned int i = 0; i < n; i++)
		if (ev[i].sock == k)
			bits |= ev[i].bits;
	return bits;
}

struct rtls_sock_info
pair_info(const struct rtls_sock *k)
{
	struct rtls_sock_info info = { .size = sizeof(info) };

	CU_ASSERT_EQUAL(rtls_sock_info(k, &info), 0);
	return info;
}

/* --- bytes ------------------------------------------------------------------- */

void
pair_fill(uint8_t *out, uint64_t off, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = pair_byte(off + i);
}

bool
pair_matches(const uint8_t *bytes, uint64_t off, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != pair_byte(off + i))
			return false;
	return true;
}

void
pair_send(struct pair *p, struct rtls_sock *k, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	ssize_t n;

	for (int tries = 0; len > 0; tries++) {
		CU_ASSERT_FATAL(tries < 10000);
		n = rtls_send(k, at, len, 0);
		if (n == -EAGAIN || n == -ENOMEM) {
			pair_pass(p, 1000);
			continue;
		}
		CU_ASSERT_FATAL(n > 0 && (size_t)n <= len);
		at += n;
		len -= (size_t)n;
	}
	pair_settle(p);
}

void
pair_expect(struct pair *p, struct rtls_sock *k, const void *bytes, size_t len)
{
	const uint8_t *want = bytes;
	uint8_t buf[4096];
	ssize_t n;

	for (int tries = 0; len > 0; tries++) {
		CU_ASSERT_FATAL(tries < 10000);
		n = rtls_recv(k, buf, len < sizeof(buf) ? len : sizeof(buf), 0);
		if (n == -EAGAIN) {
			pair_pass(p, 1000);
			continue;
		}
		CU_ASSERT_FATAL(n > 0 && (size_t)n <= len);
		CU_ASSERT_EQUAL_FATAL(memcmp(buf, want, (size_t)n), 0);
		want += n;
		len -= (size_t)n;
	}
}
