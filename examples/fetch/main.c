/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Fetches a file over HTTPS, or sends one: DPDK carries the packets, librecordtls makes TCP and the
 * TLS records, OpenSSL the handshake and verification, llhttp reads the answer.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <openssl/ssl.h>
#include <rte_eal.h>
#include <rte_memory.h>

#include <recordtls/openssl.h>
#include <recordtls/recordtls.h>

#include "common/eal.h"
#include "common/nic.h"
#include "common/path.h"
#include "common/port.h"
#include "common/say.h"
#include "common/stack.h"
#include "context.h"
#include "fetch.h"
#include "options.h"

const char say_program[] = "recordtls-fetch";

static void
on_signal(int sig)
{
	(void)sig;
	fetch_stop = 1;
}

static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	/* Whoever reads standard output went away: the write says so. */
	signal(SIGPIPE, SIG_IGN);
}

static enum fetch_end
run(const struct options *o, SSL_CTX *ctx, int eal_argc, char **argv)
{
	struct rtls_stack_conf conf = {
		.size = sizeof(conf),
		.socket_id = SOCKET_ID_ANY,
		.max_socks = 16,
		.sndbuf = 1 << 20,
		.rcvbuf = 4 << 20,
	};
	struct rtls_port *port = port_open(&o->net, 8192, eal_argc, argv);
	struct rtls_stack *stack;
	enum fetch_end end = END_HERE;

	if (port != NULL)
		port = path_port(&o->net, port);
	if (port != NULL)
		port = nic_port(&o->net, port, 1);
	stack = port != NULL && port_start_capture(&o->net, port) ?
			stack_open(&o->net, &conf, port) :
			NULL;
	if (stack != NULL) {
		end = fetch(o, stack, ctx);
		if (!stack_close(stack)) {
			/* Device and telemetry still look at memory that EAL's clean-up unmaps. */
			port_end_capture(&o->net, port);
			fflush(stdout);
			_exit(end != END_OK ? end : END_HERE);
		}
	}
	if (port != NULL) {
		port_end_capture(&o->net, port);
		rtls_port_close(port);
	}
	return end;
}

int
main(int argc, char **argv)
{
	int eal_argc = eal_count(argc, argv) != 0 ? eal_count(argc, argv) : argc;
	enum fetch_end end = END_HERE;
	struct options o;
	SSL_CTX *ctx;

	if (options_asked(&options_table, argc, argv))
		return END_OK;
	switch (options_read(&o, argc - eal_argc, argv + eal_argc)) {
	case OPTIONS_DONE:
		return END_OK;
	case OPTIONS_WRONG:
		return END_USAGE;
	case OPTIONS_RUN:
		break;
	}
	catch_signals();
	ctx = context_make(&o);
	if (ctx == NULL)
		return END_HERE;
	if (rtls_ssl_selftest() < 0) {
		say("this OpenSSL does not hand its keys over (3.2 or later with kTLS is needed)");
	} else if (port_check(eal_argc, argv) == 0 && eal_start(eal_argc, argv) == 0) {
		end = run(&o, ctx, eal_argc, argv);
		rte_eal_cleanup();
	}
	SSL_CTX_free(ctx);
	return end;
}
