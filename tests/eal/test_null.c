/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* NULL where a call needs something, and buffers that are not what their lengths say. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "eal/files.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"

/* Where a setting-up call finds NULL in place of an argument. */
static void
test_null_arguments(void)
{
	struct rtls_addr addr = pair_addr(0, 5000), gone = pair_addr(7, 5000);
	struct rtls_stack_conf sc = { .size = sizeof(sc) };
	char text[64];
	uint64_t value;
	struct rtls_stack *s;
	struct rtls_sock *k = NULL;
	struct rtls_port *port;
	struct pair p;
	int fd;

	pair_init(&p, NULL);
	s = p.stack[0];
	port = p.port[0];
	CU_ASSERT_EQUAL(rtls_addr_parse(NULL, &addr, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_addr_parse("192.0.2.1", NULL, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_addr_format(&addr, NULL, 64), -EINVAL);
	CU_ASSERT_EQUAL(rtls_addr_format(NULL, text, sizeof(text)), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stack_create(&sc, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stack_create(NULL, NULL), -EINVAL);
	CU_ASSERT_PTR_NULL(rtls_stack_crypto(NULL));
	CU_ASSERT_EQUAL(rtls_stack_bind(NULL, port, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stack_bind(s, NULL, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_addr_add(NULL, port, &gone, 24), -EINVAL);
	CU_ASSERT_EQUAL(rtls_addr_add(s, NULL, &gone, 24), -EINVAL);
	CU_ASSERT_EQUAL(rtls_addr_add(s, port, NULL, 24), -EINVAL);
	CU_ASSERT_EQUAL(rtls_route_add(NULL, &gone, 0, &gone, port), -EINVAL);
	CU_ASSERT_EQUAL(rtls_route_add(s, NULL, 0, &gone, port), -EINVAL);
	CU_ASSERT_EQUAL(rtls_route_add(s, &gone, 0, NULL, port), -EINVAL);
	CU_ASSERT_EQUAL(rtls_route_add(s, &gone, 0, &gone, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_route_replace(NULL, &gone, 0, &gone, port), -EINVAL);
	CU_ASSERT_EQUAL(rtls_route_replace(s, NULL, 0, &gone, port), -EINVAL);
	CU_ASSERT_EQUAL(rtls_route_replace(s, &gone, 0, NULL, port), -EINVAL);
	CU_ASSERT_EQUAL(rtls_route_replace(s, &gone, 0, &gone, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_route_del(NULL, &gone, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_route_del(s, NULL, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stack_poll(NULL, 1), 0);
	CU_ASSERT_EQUAL(rtls_stack_deadline(NULL), UINT64_MAX);
	CU_ASSERT_EQUAL(rtls_stack_destroy(NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_ethdev(0, NULL, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_features(NULL, 0, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_info(NULL, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_info(port, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_port_close(NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_listen(NULL, &addr, NULL, &k), -EINVAL);
	CU_ASSERT_EQUAL(rtls_listen(s, NULL, NULL, &k), -EINVAL);
	CU_ASSERT_EQUAL(rtls_listen(s, &addr, NULL, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_connect(NULL, NULL, &gone, &k), -EINVAL);
	CU_ASSERT_EQUAL(rtls_connect(s, NULL, NULL, &k), -EINVAL);
	CU_ASSERT_EQUAL(rtls_connect(s, NULL, &gone, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stats_get(NULL, NULL, &value, 1), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stats_get(NULL, port, &value, 1), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stat_get(NULL, NULL, "RxPackets", &value), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stat_get(s, NULL, NULL, &value), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stat_get(s, NULL, "RxPackets", NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_stats_describe(NULL, port, NULL, 0), -EINVAL);
	CU_ASSERT_PTR_NULL(k);
	fd = file_make(10);
	CU_ASSERT_EQUAL(rtls_file_open(NULL, fd, NULL, &(struct rtls_file *[1]){ 0 }[0]), -EINVAL);
	CU_ASSERT_EQUAL(rtls_file_open(s, fd, NULL, NULL), -EINVAL);
	CU_ASSERT_EQUAL(close(fd), 0);
	CU_ASSERT_EQUAL(rtls_file_size(NULL), 0);
	rtls_file_put(NULL);
	CU_ASSERT_EQUAL(pair_stat(&p, 0, "SocksInUse"), 0);
	pair_fini(&p);
}

static void
test_null_on_a_connection(void)
{
	struct rtls_sock *socks[2], *k;
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 0, socks);
	k = socks[0];
	CU_ASSERT_EQUAL(rtls_send(k, NULL, 1, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_send(k, NULL, SIZE_MAX, RTLS_MSG_MORE), -EINVAL);
	CU_ASSERT_EQUAL(rtls_send(k, NULL, 0, 0), 0);
	CU_ASSERT_EQUAL(rtls_sendmsg(k, NULL, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_recv(k, NULL, 1, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_recv(k, NULL, 1, RTLS_MSG_PEEK), -EINVAL);
	CU_ASSERT_EQUAL(rtls_recv(k, NULL, 0, 0), 0);
	CU_ASSERT_EQUAL(rtls_recvmsg(k, NULL, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_sendfile(k, NULL, 0, 1, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_sock_info(k, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_sock_stats(k, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_set_keys(k, RTLS_TX, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_set_keys(k, RTLS_RX, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_tls_info(k, RTLS_TX, NULL), -EINVAL);
	CU_ASSERT_EQUAL(rtls_sock_set(k, (enum rtls_opt)99, 0), -ENOTSUP);
	CU_ASSERT_EQUAL(rtls_sock_set(k, (enum rtls_opt) - 1, 0), -ENOTSUP);
	CU_ASSERT_EQUAL(rtls_shutdown(k, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_shutdown(k, 3), -EINVAL);
	/* It still works. */
	pair_send(&p, socks[0], "alive", 5);
	pair_expect(&p, socks[1], "alive", 5);
	CU_ASSERT_EQUAL(rtls_close(socks[0]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_close(socks[1]), 0);
	pair_fini(&p);
}

/* Pieces without memory, and lengths whose sum is more than a size_t holds. */
static void
test_pieces(void)
{
	uint8_t bytes[8] = "01234567", buf[64];
	struct iovec hole[3] = { { bytes, 8 }, { NULL, 0 }, { NULL, 1 } };
	struct iovec huge[3] = { { bytes, SIZE_MAX }, { bytes, SIZE_MAX }, { bytes, 6 } };
	struct iovec into[2] = { { buf, 4 }, { buf + 4, SIZE_MAX } };
	struct rtls_msg m = { .iov = hole, .iovlen = 3 }, none = { .iovlen = 1 };
	struct half h;
	struct pair p;

	pair_init(&p, NULL);
	half_open(&p, &h);
	for (int i = 0; i < 2; i++) {
		m.type = none.type = i == 0 ? RTLS_TYPE_DATA : RTLS_TYPE_ALERT;
		CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &m, 0), -EINVAL);
		CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &none, 0), -EINVAL);
	}
	CU_ASSERT_EQUAL(rtls_recvmsg(h.socks[NEAR], &m, 0), -EINVAL);
	CU_ASSERT_EQUAL(rtls_recvmsg(h.socks[NEAR], &none, 0), -EINVAL);
	m = (struct rtls_msg){ .iov = huge, .iovlen = 3, .type = RTLS_TYPE_ALERT };
	CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &m, 0), -EMSGSIZE);
	m.iovlen = 2;
	CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &m, 0), -EMSGSIZE);
	CU_ASSERT_EQUAL(h.socks[NEAR]->tx.tls->count.records, 0);
	/* Of a buffer that is said to be endless what is there is filled. */
	half_data(&p, &h, 0, 20);
	pair_settle(&p);
	m = (struct rtls_msg){ .iov = into, .iovlen = 2 };
	CU_ASSERT_EQUAL(rtls_recvmsg(h.socks[NEAR], &m, 0), 20);
	CU_ASSERT(pair_matches(buf, 0, 20));
	/* No length, no memory needed. */
	hole[2].iov_len = 0;
	m = (struct rtls_msg){ .iov = hole, .iovlen = 3 };
	CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &m, 0), 8);
	half_close(&p, &h);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "NULL for an argument", test_null_arguments },
		{ "NULL on a connection", test_null_on_a_connection },
		{ "pieces", test_pieces },
	};

	if (eal_start("test-null") != 0)
		return EXIT_FAILURE;
	return harness_run("eal/null", cases, HARNESS_COUNT(cases));
}
