/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The smallest TLS server on librecordtls: it sends back what it receives.
 *
 *	recordtls-echo EAL-ARGUMENTS -- IP/LEN PORT CERT KEY
 *	recordtls-echo -l 0 --no-huge -m 256 --no-pci --vdev=net_tap0 -- 10.77.0.1/24 7 c.pem k.pem
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

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <rte_cycles.h>
#include <rte_eal.h>

#include <recordtls/openssl.h>
#include <recordtls/recordtls.h>

#include "common/keylog.h"

const char say_program[] = "recordtls-echo";

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

/* A monotonic clock; the library never reads one itself. */
static uint64_t
now_us(void)
{
	return (uint64_t)(rte_get_timer_cycles() * (1e6 / (double)rte_get_timer_hz()));
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
		rtls_stack_poll(stack, now_us()); /* the only call that moves packets */
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
	fprintf(stderr, "recordtls-echo: %s: %s\n", what, strerror(-rc));
	exit(1);
}

static void
must_ssl(bool ok, const char *what)
{
	unsigned long e = ERR_peek_error(); /* the first is the cause */

	if (ok)
		return;
	if (ERR_SYSTEM_ERROR(e))
		must(-ERR_GET_REASON(e), what);
	fprintf(stderr, "recordtls-echo: %s: %s\n", what, ERR_reason_error_string(e));
	exit(1);
}

static SSL_CTX *
make_ctx(const char *cert, const char *key)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	/* What librecordtls carries; with another suite OpenSSL seals by itself. */
	must_ssl(ctx != NULL && SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1 &&
			 SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") == 1,
		 "TLS 1.3");
	must_ssl(SSL_CTX_use_certificate_chain_file(ctx, cert) == 1, cert);
	must_ssl(SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1, key);
	if (!keylog_from_env(ctx))
		exit(1);
	return ctx;
}

int
main(int argc, char **argv)
{
	int eal = rte_eal_init(argc, argv);
	struct rtls_sock *listener;
	struct rtls_stack *stack;
	struct rtls_port *port;
	struct rtls_addr addr;
	uint8_t prefix_len;
	SSL_CTX *ctx;

	if (eal < 0 || argc - eal != 5 || rtls_addr_parse(argv[eal + 1], &addr, &prefix_len) < 0) {
		fprintf(stderr, "usage: recordtls-echo EAL-ARGUMENTS -- IP/LEN PORT CERT KEY\n");
		return 2;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	ctx = make_ctx(argv[eal + 3], argv[eal + 4]);
	must(rtls_port_ethdev(0, NULL, &port), "port 0");
	must(rtls_stack_create(NULL, &stack), "stack");
	must(rtls_stack_bind(stack, port, 0), "queue 0");
	must(rtls_addr_add(stack, port, &addr, prefix_len), argv[eal + 1]);
	addr.port = (uint16_t)atoi(argv[eal + 2]);
	must(rtls_listen(stack, &addr, NULL, &listener), argv[eal + 2]);
	printf("ready %s port %s\n", argv[eal + 1], argv[eal + 2]);
	fflush(stdout);
	serve(stack, listener, ctx);
	while (rtls_stack_destroy(stack) == -EAGAIN) /* resets what is open */
		rtls_stack_poll(stack, now_us());
	rtls_port_close(port);
	SSL_CTX_free(ctx);
	return rte_eal_cleanup() < 0;
}
