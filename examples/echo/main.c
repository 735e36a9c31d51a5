/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The smallest TLS server on librecordtls: it sends back what it receives.
 *
 *	recordtls-echo -l 0 --no-huge -m 256 --no-pci --vdev=net_tap0 --
 *		--addr 10.77.0.1/24 --cert cert.pem --key key.pem
 *
 * One port, one stack, one thread. Read main() first, then serve(), then echo().
 */
#define _GNU_SOURCE /* secure_getenv() */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>
#include <rte_common.h>
#include <rte_eal.h>

#include <recordtls/openssl.h>
#include <recordtls/recordtls.h>

#include "common/clock.h"
#include "common/eal.h"
#include "common/identity.h"
#include "common/keylog.h"
#include "common/nic.h"
#include "common/options.h"
#include "common/say.h"
#include "common/small_records.h"

const char say_program[] = "recordtls-echo";

struct options {
	struct options_net net;
	uint16_t port;
	const char *cert;
	const char *key;
};

static const struct option_row rows[] = {
	ROW_ADDR(struct options, net.local),
	ROW_PORT(struct options, "7"),
	ROW_CERT(struct options, ""),
	ROW_KEY(struct options),
	ROW_TLSNIC(struct options),
	ROW_NIC_METHOD(struct options, net.nic, NULL),
	ROW_NIC_FAULT(struct options, net.nic, NULL),
	ROW_AUDIT(struct options, net.audit, NULL),
};

static const struct option_table table = {
	.usage = "recordtls-echo EAL-ARGUMENTS -- --addr IP/LEN --cert FILE --key FILE [--port N]\n"
		 "\n"
		 "Sends back what it receives over TLS. SIGINT and SIGTERM end it.\n",
	.rows = rows,
	.nb_rows = RTE_DIM(rows),
	.more = "Example of EAL arguments: -l 0 --no-pci --vdev=net_tap0,iface=tls0",
};

struct peer {
	struct rtls_sock *sock;
	SSL *ssl;
	size_t off; /* of buf, sent back so far */
	size_t len;
	char buf[16384];
};

static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

/* False: the connection is over. Otherwise everything is done that can be done now. */
static bool
echo(struct peer *p)
{
	ssize_t n;

	for (;;) { /* both calls drive the handshake, and later key updates */
		while (p->off < p->len) {
			n = rtls_ssl_send(p->ssl, p->buf + p->off, p->len - p->off, 0);
			if (n < 0)
				return n == -EAGAIN || n == -ENOMEM;
			p->off += (size_t)n;
		}
		p->off = 0;
		p->len = 0;
		n = rtls_ssl_recv(p->ssl, p->buf, sizeof(p->buf), 0);
		if (n <= 0)
			return n == -EAGAIN || n == -ENOMEM;
		p->len = (size_t)n;
	}
}

/* While it cannot send it reads nothing, so that the peer has to wait, too; but for key updates. */
static uint32_t
wants(struct peer *p)
{
	if (p->len != 0)
		return RTLS_WRITABLE | RTLS_CONTROL;
	if (SSL_is_init_finished(p->ssl) && rtls_ssl_service(p->ssl) == -EAGAIN)
		return RTLS_READABLE | RTLS_WRITABLE;
	return RTLS_READABLE;
}

static void
drop(struct peer *p)
{
	if (SSL_is_init_finished(p->ssl))
		SSL_shutdown(p->ssl); /* close_notify */
	SSL_free(p->ssl);             /* before the socket, which its BIO borrows */
	rtls_close(p->sock);          /* takes the socket: sends the rest, then FIN */
	free(p);
}

static void
admit(struct rtls_sock *sock, SSL_CTX *ctx)
{
	struct peer *p = calloc(1, sizeof(*p));

	if (p != NULL && (p->ssl = SSL_new(ctx)) != NULL &&
	    rtls_ssl_attach(p->ssl, sock, RTLS_SSL_TRANSPARENT) == 0) {
		p->sock = sock;
		SSL_set_accept_state(p->ssl);
		rtls_sock_watch(sock, RTLS_READABLE, p);
		return;
	}
	if (p != NULL)
		SSL_free(p->ssl);
	free(p);
	rtls_abort(sock); /* no memory for it: the others go on */
}

static void
serve(struct rtls_stack *stack, struct rtls_sock *listener, SSL_CTX *ctx)
{
	struct rtls_sock *sock;
	struct rtls_event ev;

	while (!stop) {
		rtls_stack_poll(stack, clock_now_us()); /* the only call that moves packets */
		while (rtls_accept_burst(listener, &sock, 1) == 1)
			admit(sock, ctx);
		if (rtls_events(stack, &ev, 1) == 1 && ev.user != NULL) {
			struct peer *p = ev.user;

			if (!echo(p))
				drop(p);
			else
				rtls_sock_watch(p->sock, wants(p), p);
		}
	}
}

static void
must(int rc, const char *what) /* the library's calls answer 0 or a negative errno */
{
	if (rc >= 0)
		return;
	if (rc == -ENOMEM)
		eal_say_no_memory(what);
	else
		say("%s: %s", what, strerror(-rc));
	exit(1);
}

static SSL_CTX *
make_ctx(const struct options *o)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	/* The suite is OpenSSL's matter; it seals by itself where librecordtls does not carry it. */
	if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1) {
		say("OpenSSL has no TLS 1.2 here: %s", identity_why());
		exit(1);
	}
	if (!identity_load(ctx, o->cert, o->key) || !small_records_take(ctx) ||
	    !keylog_from_env(ctx))
		exit(1);
	return ctx;
}

/* The arguments behind "--". It ends the program where nothing is left to do. */
static void
read_options(struct options *o, int argc, char **argv)
{
	enum options_verdict verdict;
	char **operands;
	int nb = 0;

	*o = (struct options){ .net.mode = OPTIONS_NET_AUTO, .port = 7 };
	verdict = options_parse(&table, argc, argv, o, &operands, &nb);
	if (verdict == OPTIONS_DONE)
		exit(0);
	if (verdict == OPTIONS_RUN && nb != 0)
		say("'%s' is one argument too many; try --help", operands[0]);
	else if (verdict == OPTIONS_RUN && o->net.local.addr.family == 0)
		say("--addr is missing; try --help");
	else if (verdict == OPTIONS_RUN && (o->cert == NULL || o->key == NULL))
		say("--%s is missing; try --help", o->cert == NULL ? "cert" : "key");
	else if (verdict == OPTIONS_RUN && nic_options_fit(&o->net))
		return;
	exit(2);
}

int
main(int argc, char **argv)
{
	int eal = eal_count(argc, argv) != 0 ? eal_count(argc, argv) : argc;
	struct rtls_sock *listener;
	struct rtls_stack *stack;
	struct rtls_port *port;
	char text[RTLS_ADDR_TEXT] = "";
	struct rtls_addr addr;
	struct options o;
	SSL_CTX *ctx;

	if (options_asked(&table, argc, argv))
		return 0;
	read_options(&o, argc - eal, argv + eal);
	ctx = make_ctx(&o);
	if (eal_start(eal, argv) < 0)
		return 1;
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	addr = o.net.local.addr;
	must(rtls_port_ethdev(0, NULL, &port), "the port");
	port = nic_port(&o.net, port, 1);
	if (port == NULL)
		return 1;
	must(rtls_stack_create(NULL, &stack), "the stack");
	must(rtls_stack_bind(stack, port, 0), "the port's queue");
	must(rtls_addr_add(stack, port, &addr, o.net.local.prefix_len), "the address");
	addr.port = o.port;
	must(rtls_listen(stack, &addr, NULL, &listener), "listening");
	must(rtls_sock_set(listener, RTLS_OPT_AUDIT_RATE, o.net.audit), "the rate of audits");
	rtls_addr_format(&addr, text, sizeof(text));
	printf("ready %s\n", text);
	fflush(stdout);
	serve(stack, listener, ctx);
	while (rtls_stack_destroy(stack) == -EAGAIN) /* resets what is open */
		rtls_stack_poll(stack, clock_now_us());
	rtls_port_close(port);
	SSL_CTX_free(ctx);
	return rte_eal_cleanup() < 0;
}
