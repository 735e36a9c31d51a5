/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * The far end of one connection: OpenSSL or GnuTLS as they come.
 *
 *	matrix-peer LIBRARY client|server IP PORT 1.2|1.3 SUITE CA CERT KEY
 *
 * A server listens at a port of its own choice, prints it, and takes one connection; PORT is 0. At the
 * end it prints the SHA-256 of what it sent and of what it received.
 */
#include "peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "hash.h"
#include "plan.h"

enum { PATIENCE_S = 30 };

static const struct peer_suite suites[] = {
	{ "AES-128-GCM", "TLS_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", "AES-128-GCM" },
	{ "AES-256-GCM", "TLS_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384", "AES-256-GCM" },
	{ "AES-128-CCM", "TLS_AES_128_CCM_SHA256", "ECDHE-ECDSA-AES128-CCM", "AES-128-CCM" },
	{ "CHACHA20-POLY1305", "TLS_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305",
	  "CHACHA20-POLY1305" },
};

static uint8_t sent[PLAN_BYTES];
static uint8_t received[PLAN_BYTES];

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "matrix-peer: %s\n", what);
	exit(1);
}

static const struct peer_suite *
find_suite(const char *name)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (strcmp(suites[i].name, name) == 0)
			return &suites[i];
	die("no such suite");
}

static int
connect_to(const struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)at, sizeof(*at)) < 0)
		die("cannot connect");
	return fd;
}

static int
accept_one(struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), conn;
	socklen_t len = sizeof(*at);

	if (fd < 0 || bind(fd, (const struct sockaddr *)at, sizeof(*at)) < 0 || listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)at, &len) < 0)
		die("cannot listen");
	printf("%u\n", ntohs(at->sin_port));
	fflush(stdout);
	conn = accept(fd, NULL, NULL);
	if (conn < 0)
		die("nobody came");
	close(fd);
	return conn;
}

static void
must(bool ok, const struct peer_ops *ops, void *peer, const char *what, size_t at)
{
	if (ok)
		return;
	fprintf(stderr, "matrix-peer: %s behind %zu bytes: %s\n", what, at, ops->error(peer));
	exit(1);
}

/* The place of an update is passed once. */
static bool
passes(size_t from, size_t to, size_t at)
{
	return from < at && to >= at;
}

static size_t
send_piece(const struct peer_ops *ops, void *peer, size_t at, bool updates)
{
	size_t to = at + plan_piece(at);

	must(ops->send(peer, sent + at, to - at), ops, peer, "sending", at);
	if (updates && passes(at, to, PLAN_PEER_UPDATES_AT))
		must(ops->update(peer, false), ops, peer, "an update", to);
	if (updates && passes(at, to, PLAN_PEER_ASKS_AT))
		must(ops->update(peer, true), ops, peer, "an update that asks", to);
	return to;
}

/* In turn, so that both directions are under way together, and key updates among data. */
static void
exchange(const struct peer_ops *ops, void *peer, bool updates)
{
	size_t out = 0, in = 0;
	ssize_t n;

	while (out < PLAN_BYTES || in < PLAN_BYTES) {
		if (out < PLAN_BYTES)
			out = send_piece(ops, peer, out, updates);
		while (in < (out < PLAN_BYTES ? out : PLAN_BYTES)) {
			n = ops->recv(peer, received + in, PLAN_BYTES - in);
			must(n > 0, ops, peer, n == 0 ? "an early close_notify" : "receiving", in);
			in += (size_t)n;
		}
	}
	must(ops->close_notify(peer), ops, peer, "close_notify", out);
	n = ops->recv(peer, received, 1);
	must(n == 0, ops, peer, n > 0 ? "more than there is" : "no close_notify", in);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	const struct peer_ops *ops;
	struct peer_conf conf;
	char text[PLAN_HASH_TEXT];
	void *peer;
	int fd, on = 1;

	if (argc != 10)
		die("wrong arguments");
	alarm(PATIENCE_S);
	ops = strcmp(argv[1], peer_gnutls.name) == 0 ? &peer_gnutls : &peer_libssl;
	conf.server = strcmp(argv[2], "server") == 0;
	conf.tls13 = strcmp(argv[5], "1.3") == 0;
	conf.suite = find_suite(argv[6]);
	conf.ca = argv[7];
	conf.cert = argv[8];
	conf.key = argv[9];
	at.sin_port = htons((uint16_t)atoi(argv[4]));
	if (inet_pton(AF_INET, argv[3], &at.sin_addr) != 1 || RAND_bytes(sent, sizeof(sent)) != 1)
		die("wrong arguments, or no random bytes");
	fd = conf.server ? accept_one(&at) : connect_to(&at);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	peer = ops->open(&conf, fd);
	if (peer == NULL)
		return 1;
	exchange(ops, peer, conf.tls13);
	ops->close(peer);
	close(fd);
	printf("%s", hash_text(sent, PLAN_BYTES, text));
	printf(" %s\n", hash_text(received, PLAN_BYTES, text));
	return 0;
}
