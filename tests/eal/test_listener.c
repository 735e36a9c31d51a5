/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Connections that nobody has accepted yet, and stacks that end with connections open. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/eal.h"
#include "support/harness.h"
#include "support/pair.h"

enum { CLIENTS = 4 };

static void
start_clients(struct pair *p, struct rtls_sock *k[CLIENTS])
{
	struct rtls_addr remote = pair_addr(1, PAIR_PORT);

	for (int i = 0; i < CLIENTS; i++) {
		CU_ASSERT_EQUAL_FATAL(rtls_connect(p->stack[0], NULL, &remote, &k[i]), 0);
		pair_settle(p);
		/* The peer's SYN-ACK is all that it needs. */
		CU_ASSERT_EQUAL(pair_info(k[i]).state, RTLS_SOCK_OPEN);
	}
}

static struct rtls_sock *
accept_one(struct pair *p)
{
	struct rtls_sock *k = NULL;

	return rtls_accept_burst(p->listener, &k, 1) == 1 ? k : NULL;
}

/* The queue is full: who comes later has to wait, and loses nothing. */
static void
test_backlog(void)
{
	const struct pair_conf conf = { .backlog = 2 };
	struct rtls_sock *client[CLIENTS], *server;
	uint8_t bytes[5000];
	struct pair p;
	int got = 0;

	pair_init(&p, &conf);
	CU_ASSERT_EQUAL(rtls_sock_watch(p.listener, RTLS_ACCEPT, &p), 0);
	CU_ASSERT_EQUAL(pair_bits(&p, 1, p.listener), 0);
	start_clients(&p, client);
	pair_fill(bytes, 0, sizeof(bytes));
	for (int i = 0; i < CLIENTS; i++)
		CU_ASSERT_EQUAL(rtls_send(client[i], bytes, sizeof(bytes), 0), sizeof(bytes));
	pair_settle(&p);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "SynInUse"), 2);
	CU_ASSERT(pair_stat(&p, 1, "SynDropped") >= 2);
	for (int tries = 0; got < CLIENTS; tries++) {
		CU_ASSERT_FATAL(tries < 100);
		CU_ASSERT_EQUAL(pair_bits(&p, 1, p.listener), RTLS_ACCEPT);
		server = accept_one(&p);
		CU_ASSERT_PTR_NOT_NULL_FATAL(server);
		pair_expect(&p, server, bytes, sizeof(bytes));
		CU_ASSERT_EQUAL(rtls_close(server), 0);
		got++;
		pair_pass(&p, 8000000);
	}
	CU_ASSERT_EQUAL(pair_bits(&p, 1, p.listener), 0);
	CU_ASSERT_PTR_NULL(accept_one(&p));
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "Accepted"), CLIENTS);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "TxResets"), 0);
	for (int i = 0; i < CLIENTS; i++)
		CU_ASSERT_EQUAL(rtls_close(client[i]), 0);
	pair_fini(&p);
}

static void
test_accept_burst(void)
{
	struct rtls_sock *client[CLIENTS], *server[CLIENTS + 1];
	struct pair p;

	pair_init(&p, NULL);
	start_clients(&p, client);
	CU_ASSERT_EQUAL(rtls_accept_burst(p.listener, server, 0), 0);
	CU_ASSERT_EQUAL(rtls_accept_burst(p.listener, server, 3), 3);
	CU_ASSERT_EQUAL(rtls_accept_burst(p.listener, server + 3, 2), 1);
	for (int i = 0; i < CLIENTS; i++) {
		/* In the order in which they came. */
		CU_ASSERT_EQUAL(pair_info(server[i]).remote.port, pair_info(client[i]).local.port);
		CU_ASSERT_EQUAL(pair_info(server[i]).local.port, PAIR_PORT);
		CU_ASSERT_EQUAL(rtls_close(server[i]), 0);
		CU_ASSERT_EQUAL(rtls_close(client[i]), 0);
	}
	pair_fini(&p);
}

/* What happens to connections while they wait. */
static void
test_end_in_backlog(void)
{
	struct rtls_sock *client[CLIENTS], *server;
	char buf[16];
	struct pair p;

	pair_init(&p, NULL);
	start_clients(&p, client);
	CU_ASSERT_EQUAL(rtls_send(client[0], "hello", 5, 0), 5);
	CU_ASSERT_EQUAL(rtls_close(client[0]), 0);
	for (int i = 1; i < CLIENTS; i++)
		CU_ASSERT_EQUAL(rtls_abort(client[i]), 0);
	pair_settle(&p);
	/* Who was reset is gone, who said good-bye is served. */
	server = accept_one(&p);
	CU_ASSERT_PTR_NOT_NULL_FATAL(server);
	CU_ASSERT_PTR_NULL(accept_one(&p));
	CU_ASSERT_EQUAL(rtls_recv(server, buf, sizeof(buf), 0), 5);
	CU_ASSERT_EQUAL(rtls_recv(server, buf, sizeof(buf), 0), 0);
	CU_ASSERT_EQUAL(rtls_close(server), 0);
	pair_fini(&p);
}

/* The listener goes: half-open and waiting connections are reset. */
static void
close_listener(bool by_abort)
{
	const struct pair_conf conf = { .backlog = 2 };
	struct rtls_sock *client[CLIENTS];
	struct pair p;
	char c;

	pair_init(&p, &conf);
	start_clients(&p, client);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "SynInUse"), 2);
	CU_ASSERT_EQUAL(by_abort ? rtls_abort(p.listener) : rtls_close(p.listener), 0);
	p.listener = NULL;
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "SynInUse"), 0);
	CU_ASSERT_EQUAL(pair_stat(&p, 1, "SocksInUse"), 0);
	pair_settle(&p);
	for (int i = 0; i < CLIENTS; i++) {
		if (i >= 2) {
			/* Half-open: it hears of it when it says something. */
			CU_ASSERT_EQUAL(rtls_send(client[i], "x", 1, 0), 1);
			pair_settle(&p);
		}
		CU_ASSERT_EQUAL(pair_info(client[i]).end_reason, RTLS_REASON_RESET);
		CU_ASSERT_EQUAL(rtls_recv(client[i], &c, 1, 0), -ECONNRESET);
		CU_ASSERT_EQUAL(rtls_close(client[i]), 0);
	}
	pair_fini(&p);
}

static void
test_close_listener(void)
{
	close_listener(false);
	close_listener(true);
}

/* Accepted connections outlive their listener. */
static void
test_accepted_stay(void)
{
	struct rtls_sock *socks[2];
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, socks);
	CU_ASSERT_EQUAL(rtls_close(p.listener), 0);
	p.listener = NULL;
	pair_send(&p, socks[0], "still here", 10);
	pair_expect(&p, socks[1], "still here", 10);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	pair_fini(&p);
}

/* --- a stack that ends --------------------------------------------------------- */

static void
hold(struct rtls_port *port, uint16_t queue)
{
	(void)port;
	(void)queue;
}

/*
 * With connections in every state; the port keeps sent buffers for a while: the
 * stack is still there then, and can be polled.
 */
static void
destroy_with_connections(int end, bool held)
{
	const struct pair_conf conf = { .backlog = 2, .lazy_free = 256 };
	struct rtls_sock *client[CLIENTS], *server[2], *left[4];
	void (*cleanup)(struct rtls_port *port, uint16_t queue);
	struct rtls_addr nobody = pair_addr(70, 1);
	struct rtls_port *port;
	struct pair p;
	int nb_left = 0;

	pair_init(&p, &conf);
	start_clients(&p, client);
	CU_ASSERT_EQUAL(rtls_accept_burst(p.listener, server, 2), 2);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_connect(p.stack[end], NULL, &nobody, &left[3]), 0);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(rtls_send(server[i], "bytes", 5, RTLS_MSG_MORE), 5);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_send(client[0], "queued", 6, 0), 6);
	port = cable_port(p.cable, end);
	cleanup = port->tx_cleanup;
	if (held)
		port->tx_cleanup = hold;
	for (int i = 0; held && i < 3; i++) {
		CU_ASSERT_EQUAL(rtls_stack_destroy(p.stack[end]), -EAGAIN);
		pair_settle(&p);
	}
	port->tx_cleanup = cleanup;
	CU_ASSERT_EQUAL(rtls_stack_destroy(p.stack[end]), 0);
	p.stack[end] = NULL;
	if (end == 1)
		p.listener = NULL;
	CU_ASSERT_EQUAL(cable_tx_held(p.cable, end), 0);
	pair_settle(&p);
	/* The others see a reset. */
	for (int i = 0; i < 2; i++)
		left[nb_left++] = end == 0 ? server[i] : client[i];
	for (int i = 0; i < nb_left; i++) {
		CU_ASSERT_EQUAL(pair_info(left[i]).state, RTLS_SOCK_CLOSED);
		CU_ASSERT_EQUAL(pair_info(left[i]).end_reason, RTLS_REASON_RESET);
		CU_ASSERT_EQUAL(pair_info(left[i]).end_who, RTLS_END_PEER);
		CU_ASSERT_EQUAL(rtls_close(left[i]), 0);
	}
	for (int i = 2; end == 1 && i < CLIENTS; i++)
		CU_ASSERT_EQUAL(rtls_abort(client[i]), 0);
	pair_fini(&p);
}

static void
test_destroy(void)
{
	for (int end = 0; end < 2; end++) {
		destroy_with_connections(end, false);
		destroy_with_connections(end, true);
	}
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "a full backlog", test_backlog },
		{ "accept in bursts", test_accept_burst },
		{ "ends while it waits", test_end_in_backlog },
		{ "a listener is closed", test_close_listener },
		{ "accepted connections stay", test_accepted_stay },
		{ "a stack ends with connections", test_destroy },
	};

	if (eal_start("test-listener") != 0)
		return 1;
	return harness_run("eal/listener", cases, HARNESS_COUNT(cases));
}
