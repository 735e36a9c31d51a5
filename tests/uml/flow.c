/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * In User-Mode Linux: the kernel's TCP sends, or receives.
 *	flow send REMOTE PORT SECONDS [BYTES [START_MS]]    as sender.c
 *	flow receive PORT SECONDS                one connection: what has come within so many seconds, or until it ended
 *
 * The last line is a line of JSON. A receiver says "listens" first.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/pattern.h"
#include "uml/start.h"

enum {
	CHUNK = 1 << 20,
	PATIENCE_US = 60000000, /* until somebody connects */
	NAP_NS = 2000000,       /* of a receiver: it need not wake up for each packet */
};

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void
fail(const char *what)
{
	fprintf(stderr, "flow: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* False: the time is over. */
static bool
wait_for(int fd, short events, uint64_t end_us)
{
	struct pollfd p = { .fd = fd, .events = events };
	uint64_t at_us = now_us();

	return at_us < end_us && poll(&p, 1, (int)((end_us - at_us) / 1000) + 1) > 0;
}

static struct tcp_info
info_of(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		fail("TCP_INFO");
	return info;
}

static int
send_all(char **argv, uint64_t bytes, const char *start_ms)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10)) };
	uint64_t start_us, end_us, sent = 0;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct tcp_info info;
	ssize_t n;

	inet_pton(AF_INET, argv[0], &to.sin_addr);
	start_at(start_ms);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		fail("connect");
	start_us = now_us();
	end_us = start_us + strtoull(argv[2], NULL, 10) * 1000000;
	while ((bytes == 0 || sent < bytes) && wait_for(fd, POLLOUT, end_us)) {
		size_t len;
		const void *from = pattern_at(sent, &len);

		if (bytes != 0 && len > bytes - sent)
			len = bytes - sent;
		n = send(fd, from, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			fail("send");
		sent += n > 0 ? (uint64_t)n : 0;
	}
	if (bytes != 0) {
		/* The receiver ends it when it has all. */
		shutdown(fd, SHUT_WR);
		wait_for(fd, POLLIN, end_us);
	}
	info = info_of(fd);
	printf("{\"us\": %" PRIu64 ", \"acked\": %" PRIu64 ", \"segments\": %u"
	       ", \"retransmissions\": %u, \"srtt_us\": %u, \"cwnd\": %u}\n",
	       now_us() - start_us, (uint64_t)info.tcpi_bytes_acked, info.tcpi_data_segs_out,
	       info.tcpi_total_retrans, info.tcpi_rtt, info.tcpi_snd_cwnd * info.tcpi_snd_mss);
	return 0;
}

static void
check_bytes(const uint8_t *got, size_t n, uint64_t off)
{
	size_t len;

	for (size_t done = 0; done < n; done += len) {
		const uint8_t *want = pattern_at(off + done, &len);

		len = len < n - done ? len : n - done;
		if (memcmp(got + done, want, len) != 0) {
			fprintf(stderr, "flow: not what was sent, from %" PRIu64 " on\n",
				off + done);
			exit(1);
		}
	}
}

static int
receive_all(char **argv)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)strtoul(argv[0], NULL, 10)) };
	const struct timespec nap = { .tv_nsec = NAP_NS };
	int one = 1, fd, listener = socket(AF_INET, SOCK_STREAM, 0);
	uint8_t *buf = malloc(CHUNK);
	uint64_t start_us, end_us, got = 0, last_us;
	ssize_t n = 1;

	if (buf == NULL)
		fail("memory");
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(listener, 1) != 0)
		fail("listen");
	puts("listens");
	fflush(stdout);
	fd = wait_for(listener, POLLIN, now_us() + PATIENCE_US) ? accept(listener, NULL, NULL) : -1;
	if (fd < 0)
		fail("accept");
	last_us = start_us = now_us();
	end_us = start_us + strtoull(argv[1], NULL, 10) * 1000000;
	while (n > 0 && wait_for(fd, POLLIN, end_us)) {
		n = recv(fd, buf, CHUNK, MSG_DONTWAIT);
		if (n > 0) {
			check_bytes(buf, (size_t)n, got);
			got += (uint64_t)n;
			last_us = now_us();
			nanosleep(&nap, NULL);
		}
	}
	printf("{\"bytes\": %" PRIu64 ", \"us\": %" PRIu64 ", \"whole\": %s}\n", got,
	       (n == 0 ? last_us : end_us) - start_us, n == 0 ? "true" : "false");
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc >= 5 && strcmp(argv[1], "send") == 0)
		return send_all(argv + 2, argc > 5 ? strtoull(argv[5], NULL, 10) : 0,
				argc > 6 ? argv[6] : NULL);
	if (argc == 4 && strcmp(argv[1], "receive") == 0)
		return receive_all(argv + 2);
	return 2;
}
