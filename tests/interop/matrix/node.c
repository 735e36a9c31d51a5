/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Our end, for one connection after another: whoever comes to the port, and whom it is told on standard
 * input, "connect IP:PORT". A line of JSON on standard output says what became of each (exchange.h). It ends with
 * standard input. The other end decides on version and suite: all are offered and taken.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>
#include <rte_common.h>
#include <rte_eal.h>
#include <rte_memory.h>

#include <recordtls/recordtls.h>

#include "common/clock.h"
#include "common/eal.h"
#include "common/identity.h"
#include "common/nic.h"
#include "common/options.h"
#include "common/port.h"
#include "common/say.h"
#include "common/stack.h"
#include "exchange.h"

const char say_program[] = "matrix-node";

enum {
	IDLE_TURNS = 500, /* before the first sleep */
	SLEEP_NS = 50000,
	PATIENCE_US = 20000000, /* with one connection */
	LINE_SIZE = 128,
};

struct options {
	struct options_net net;
	uint16_t port;
	const char *cert;
	const char *key;
	const char *ca;
};

static const struct option_row rows[] = {
	ROW_ADDR(struct options, net.local),
	ROW_PORT(struct options, "443"),
	ROW_CERT(struct options, ""),
	ROW_KEY(struct options),
	ROW_CRYPTO(struct options, net.crypto),
	ROW_MODE(struct options),
	ROW_TLSNIC(struct options),
	{ .name = "ca",
	  .value = "FILE",
	  .read = option_text,
	  .at = offsetof(struct options, ca),
	  .help = "whom to trust" },
};

static const struct option_table table = {
	.usage = "matrix-node EAL-ARGUMENTS -- --addr IP/LEN --cert FILE --key FILE --ca FILE",
	.rows = rows,
	.nb_rows = RTE_DIM(rows),
	.more = "",
};

struct node {
	struct rtls_stack *stack;
	struct rtls_port *port;
	struct rtls_sock *listener;
	struct rtls_addr local;
	SSL_CTX *server;
	SSL_CTX *client;
	struct exchange *x;
	uint64_t deadline_us;
	uint32_t idle_turns;
	size_t line_len;
	char line[LINE_SIZE];
};

static void
must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	say("%s: %s", what, strerror(-rc));
	exit(1);
}

static SSL_CTX *
make_ctx(const SSL_METHOD *method)
{
	SSL_CTX *ctx = SSL_CTX_new(method);

	if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(ctx,
				     "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
				     "TLS_AES_128_CCM_SHA256:TLS_CHACHA20_POLY1305_SHA256") != 1 ||
	    SSL_CTX_set_cipher_list(ctx,
				    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
				    "ECDHE-ECDSA-AES128-CCM:ECDHE-ECDSA-CHACHA20-POLY1305") != 1) {
		say("OpenSSL lacks something: %s", identity_why());
		exit(1);
	}
	return ctx;
}

static void
make_ctxs(struct node *n, const struct options *o)
{
	n->server = make_ctx(TLS_server_method());
	n->client = make_ctx(TLS_client_method());
	SSL_CTX_set_verify(n->client, SSL_VERIFY_PEER, NULL);
	if (SSL_CTX_load_verify_locations(n->client, o->ca, NULL) != 1) {
		say("cannot read %s", o->ca);
		exit(1);
	}
	if (!identity_load(n->server, o->cert, o->key))
		exit(1);
}

static void
begin(struct node *n, struct rtls_sock *sock, const char *host)
{
	if (n->x->sock != NULL ||
	    !exchange_start(n->x, host != NULL ? n->client : n->server, sock, host)) {
		say("a connection too many, or no memory");
		exit(1);
	}
	n->deadline_us = clock_now_us() + PATIENCE_US;
}

static void
obey(struct node *n)
{
	struct rtls_addr remote, local = n->local;
	struct rtls_sock *sock;
	char at[LINE_SIZE];

	if (sscanf(n->line, "connect %s", at) != 1 || rtls_addr_parse(at, &remote, NULL) < 0) {
		say("what is '%s'?", n->line);
		exit(1);
	}
	must(rtls_connect(n->stack, &local, &remote, &sock), "connecting");
	begin(n, sock, "localhost");
}

/* False: standard input has ended. Who writes there waits for what becomes of one line before the next. */
static bool
listen_to_input(struct node *n)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	ssize_t got;
	char *end;

	if (poll(&in, 1, 0) != 1)
		return true;
	got = read(STDIN_FILENO, n->line + n->line_len, sizeof(n->line) - 1 - n->line_len);
	if (got <= 0)
		return false;
	n->line_len += (size_t)got;
	end = memchr(n->line, '\n', n->line_len);
	if (end != NULL) {
		*end = '\0';
		n->line_len = 0;
		obey(n);
	}
	return true;
}

static void
step(struct node *n)
{
	if (exchange_step(n->x) == EXCHANGE_DATA && clock_now_us() < n->deadline_us)
		return;
	if (n->x->state == EXCHANGE_DATA)
		snprintf(n->x->why, sizeof(n->x->why),
			 "no end in time: %zu bytes sent, %zu received", n->x->out, n->x->in);
	exchange_end(n->x);
}

/* A machine with few cores needs this one for the peer. */
static void
rest(struct node *n, bool worked)
{
	const struct timespec pause = { .tv_nsec = SLEEP_NS };

	n->idle_turns = worked ? 0 : n->idle_turns + 1;
	if (n->idle_turns > IDLE_TURNS)
		nanosleep(&pause, NULL);
}

static void
serve(struct node *n)
{
	struct rtls_sock *sock;

	do {
		bool worked = rtls_stack_poll(n->stack, clock_now_us()) != 0;

		if (rtls_accept_burst(n->listener, &sock, 1) == 1)
			begin(n, sock, NULL);
		if (n->x->sock != NULL)
			step(n);
		rest(n, worked);
	} while (n->idle_turns == 0 || listen_to_input(n));
}

static bool
set_up(struct node *n, const struct options *o, int argc, char **argv)
{
	struct rtls_stack_conf conf = {
		.size = sizeof(conf),
		.socket_id = SOCKET_ID_ANY,
		.time_wait_us = 100000,
	};
	struct rtls_addr addr = o->net.local.addr;

	n->port = port_open(&o->net, 4096, argc, argv);
	if (n->port != NULL)
		n->port = nic_port(&o->net, n->port, 1);
	n->stack = n->port != NULL ? stack_open(&o->net, &conf, n->port) : NULL;
	if (n->stack == NULL)
		return false;
	n->local = addr;
	addr.port = o->port;
	must(rtls_listen(n->stack, &addr, NULL, &n->listener), "listening");
	printf("crypto %s\nready\n", rtls_stack_crypto(n->stack));
	fflush(stdout);
	return true;
}

int
main(int argc, char **argv)
{
	int eal = eal_count(argc, argv) != 0 ? eal_count(argc, argv) : argc, nb = 0;
	struct options o = { .net = { .crypto = "libcrypto", .mode = OPTIONS_NET_AUTO },
			     .port = 443 };
	struct node n = { .x = calloc(1, sizeof(*n.x)) };
	char **operands;

	if (options_parse(&table, argc - eal, argv + eal, &o, &operands, &nb) != OPTIONS_RUN ||
	    n.x == NULL || o.ca == NULL || o.cert == NULL || o.key == NULL)
		return 2;
	make_ctxs(&n, &o);
	if (eal_start(eal, argv) < 0 || !set_up(&n, &o, eal, argv))
		return 1;
	serve(&n);
	if (!stack_close(n.stack))
		return 1;
	rtls_port_close(n.port);
	SSL_CTX_free(n.server);
	SSL_CTX_free(n.client);
	free(n.x);
	return rte_eal_cleanup() < 0;
}
