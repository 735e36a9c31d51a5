/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * An HTTPS file server: DPDK carries the packets, librecordtls makes TCP and the
 * TLS records, OpenSSL the handshakes, llhttp reads the requests.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ssl.h>
#include <rte_common.h>
#include <rte_eal.h>
#include <rte_memory.h>

#include <recordtls/openssl.h>
#include <recordtls/recordtls.h>

#include "cert.h"
#include "common/eal.h"
#include "common/nic.h"
#include "common/path.h"
#include "common/port.h"
#include "common/say.h"
#include "common/stack.h"
#include "options.h"
#include "path.h"
#include "serve.h"

const char say_program[] = "recordtls-fileserver";

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

/* Of path_root(). */
struct roots {
	int root_fd;
	int upload_fd; /* -1: none */
};

enum { SOCKS_MAX = 1 << 20 }; /* more no stack takes */

static void
on_signal(int sig)
{
	(void)sig;
	serve_stop = 1;
}

static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

/* What ends a program by default and is no reason to: a terminal or a reader that went away. */
static void
ignore_signals(void)
{
	static const int sigs[] = { SIGHUP, SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM, SIGXFSZ, SIGTTOU };

	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		signal(sigs[i], SIG_IGN);
}

static int
open_root(const char *dir)
{
	int fd = path_root(dir);

	if (fd == -ENOSYS)
		say("this kernel has no openat2(), without which no file is served safely");
	else if (fd < 0)
		say("cannot open the directory %s: %s", dir, strerror(-fd));
	return fd;
}

static void
close_roots(const struct roots *r)
{
	if (r->root_fd >= 0)
		close(r->root_fd);
	if (r->upload_fd >= 0)
		close(r->upload_fd);
}

static bool
open_roots(struct roots *r, const struct options *o)
{
	*r = (struct roots){ .root_fd = open_root(o->root), .upload_fd = -1 };
	if (r->root_fd >= 0 && o->upload != NULL)
		r->upload_fd = open_root(o->upload);
	if (r->root_fd >= 0 && (o->upload == NULL || r->upload_fd >= 0))
		return true;
	close_roots(r);
	return false;
}

static struct rtls_stack *
make_stack(const struct options *o, struct rtls_port *port)
{
	struct rtls_stack_conf conf = {
		.size = sizeof(conf),
		.socket_id = SOCKET_ID_ANY,
		/* Those above --conns are accepted too, to be turned away; and when nearly all are in
		 * use the stack ends handshakes for newcomers. */
		.max_socks = RTE_MIN(o->conns + o->conns / 8 + 256, (uint32_t)SOCKS_MAX),
		/* A record for each, whatever it does, and as much again to share. */
		.nb_medium = o->conns + 256,
		.nb_large = RTE_MAX(2048u, RTE_MIN(2 * o->conns, 4096u)),
		.time_wait_us = o->time_wait_ms * 1000,
		.max_per_remote = o->per_remote,
	};

	return stack_open(&o->net, &conf, port);
}

static int
run(const struct options *o, SSL_CTX *ctx, const struct roots *roots, int eal_argc, char **argv)
{
	/* Requests of 2,000 clients that do not take their answers fit. */
	struct rtls_port *port = port_open(&o->net, 16384, eal_argc, argv);
	struct rtls_stack *stack;
	int rc = -1;

	if (port != NULL)
		port = path_port(&o->net, port);
	if (port != NULL)
		port = nic_port(&o->net, port, o->conns);
	stack = port != NULL && port_start_capture(&o->net, port) ? make_stack(o, port) : NULL;
	if (stack != NULL) {
		cert_print(ctx);
		catch_signals();
		rc = serve(o, stack, port, ctx, roots->root_fd, roots->upload_fd);
		if (!stack_close(stack)) {
			/* Device and telemetry still look at memory that EAL's clean-up unmaps. */
			port_end_capture(&o->net, port);
			fflush(stdout);
			_exit(EXIT_FAILED);
		}
	}
	if (port != NULL) {
		port_end_capture(&o->net, port);
		rtls_port_close(port);
	}
	return rc;
}

int
main(int argc, char **argv)
{
	int eal_argc = eal_count(argc, argv) != 0 ? eal_count(argc, argv) : argc;
	struct roots roots;
	int exit_code = EXIT_FAILED;
	struct options o;
	SSL_CTX *ctx;

	if (options_asked(&options_table, argc, argv))
		return EXIT_OK;
	switch (options_read(&o, argc - eal_argc, argv + eal_argc)) {
	case OPTIONS_DONE:
		return EXIT_OK;
	case OPTIONS_WRONG:
		return EXIT_USAGE;
	case OPTIONS_RUN:
		break;
	}
	ignore_signals();
	if (!open_roots(&roots, &o))
		return EXIT_FAILED;
	ctx = cert_context(&o);
	if (ctx != NULL && rtls_ssl_selftest() < 0) {
		say("this OpenSSL does not hand its keys over (3.2 or later with kTLS is needed)");
	} else if (ctx != NULL && port_check(eal_argc, argv) == 0 &&
		   eal_start(eal_argc, argv) == 0) {
		if (run(&o, ctx, &roots, eal_argc, argv) == 0)
			exit_code = EXIT_OK;
		rte_eal_cleanup();
	}
	SSL_CTX_free(ctx);
	close_roots(&roots);
	return exit_code;
}
