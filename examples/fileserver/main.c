/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * An HTTPS file server: DPDK carries the packets, librecordtls makes TCP and the
 * TLS records, OpenSSL the handshakes, llhttp reads the requests.
 */
#include <errno.h>
#include <inttypes.h>
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
#include "common/port.h"
#include "common/say.h"
#include "options.h"
#include "path.h"
#include "serve.h"

const char say_program[] = "recordtls-fileserver";

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
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
say_no_stack(const struct options *o, int rc)
{
	if (rc == -ENOMEM)
		eal_say_no_memory("the stack");
	else if (rc == -ENODEV)
		say("there is no crypto device '%s' for --crypto; auto takes what there is",
		    o->net.crypto);
	else if (rc == -ENOTSUP)
		say("the crypto device '%s' cannot be used: it does not compute on the caller's "
		    "core, or not rightly",
		    o->net.crypto);
	else
		say("the stack cannot be made: %s", strerror(-rc));
}

static struct rtls_stack *
make_stack(const struct options *o, struct rtls_port *port)
{
	static const struct rtls_addr any = { .family = RTLS_IPV4 };
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
		.wipe_buffers = o->net.wipe,
		.crypto = o->net.crypto,
		.max_per_remote = o->per_remote,
	};
	struct rtls_stack *stack;
	int rc = rtls_stack_create(&conf, &stack);

	if (rc < 0) {
		say_no_stack(o, rc);
		return NULL;
	}
	rc = rtls_stack_bind(stack, port, 0);
	if (rc < 0)
		say("the port cannot be used: %s", strerror(-rc));
	if (rc == 0 &&
	    (rc = rtls_addr_add(stack, port, &o->net.local.addr, o->net.local.prefix_len)) < 0)
		say("the address cannot be used: %s", strerror(-rc));
	if (rc == 0 && o->net.gateway.family != 0 &&
	    (rc = rtls_route_add(stack, &any, 0, &o->net.gateway, port)) < 0)
		say("the gateway cannot be used: %s", strerror(-rc));
	if (rc == 0)
		return stack;
	rtls_stack_destroy(stack);
	return NULL;
}

/* Polls on while the device still holds buffers. False: it goes on holding them. */
static bool
destroy_stack(struct rtls_stack *stack)
{
	uint64_t end_us = serve_now_us() + 2000000;

	while (rtls_stack_destroy(stack) == -EAGAIN) {
		uint64_t now_us = serve_now_us();

		if (now_us > end_us) {
			say("the port does not give its buffers back");
			return false;
		}
		rtls_stack_poll(stack, now_us);
	}
	return true;
}

static bool
start_capture(const struct options *o, struct rtls_port *port)
{
	const struct rtls_capture_conf conf = { .size = sizeof(conf), .path = o->net.capture };
	int rc = o->net.capture != NULL ? rtls_port_capture(port, &conf) : 0;

	if (rc == -ENOMEM)
		eal_say_no_memory("the capture");
	else if (rc < 0)
		say("cannot capture to %s: %s", o->net.capture, strerror(-rc));
	return rc == 0;
}

/* A capture that ended by itself has said so. */
static void
end_capture(const struct options *o, struct rtls_port *port)
{
	struct rtls_capture_stats stats = { .size = sizeof(stats) };

	if (o->net.capture == NULL)
		return;
	if (rtls_port_capture_stats(port, &stats) == 0 && stats.missed != 0)
		say("%" PRIu64 " of %" PRIu64 " packets are not in %s: the disk is too slow",
		    stats.missed, stats.packets + stats.missed, o->net.capture);
	rtls_port_capture_stop(port);
}

static int
run(const struct options *o, SSL_CTX *ctx, int root_fd, int eal_argc, char **argv)
{
	/* Requests of 2,000 clients that do not take their answers fit. */
	struct rtls_port *port = port_open(&o->net, 16384, eal_argc, argv);
	struct rtls_stack *stack;
	int rc = -1;

	if (port != NULL)
		port = nic_port(&o->net, port, o->conns);
	stack = port != NULL && start_capture(o, port) ? make_stack(o, port) : NULL;
	if (stack != NULL) {
		cert_print(ctx);
		catch_signals();
		rc = serve(o, stack, port, ctx, root_fd);
		if (!destroy_stack(stack)) {
			/* Device and telemetry still look at memory that EAL's clean-up unmaps. */
			end_capture(o, port);
			fflush(stdout);
			_exit(EXIT_FAILED);
		}
	}
	if (port != NULL) {
		end_capture(o, port);
		rtls_port_close(port);
	}
	return rc;
}

int
main(int argc, char **argv)
{
	int eal_argc = eal_count(argc, argv) != 0 ? eal_count(argc, argv) : argc;
	int exit_code = EXIT_FAILED, root_fd;
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
	root_fd = open_root(o.root);
	if (root_fd < 0)
		return EXIT_FAILED;
	ctx = cert_context(&o);
	if (ctx != NULL && rtls_ssl_selftest() < 0) {
		say("this OpenSSL does not hand its keys over (3.2 or later with kTLS is needed)");
	} else if (ctx != NULL && port_check(eal_argc, argv) == 0 &&
		   eal_start(eal_argc, argv) == 0) {
		if (run(&o, ctx, root_fd, eal_argc, argv) == 0)
			exit_code = EXIT_OK;
		rte_eal_cleanup();
	}
	SSL_CTX_free(ctx);
	close(root_fd);
	return exit_code;
}
