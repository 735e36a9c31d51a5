/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Control records on the receiving side: close_notify and other alerts, KeyUpdate, any other. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "eal/half.h"
#include "support/eal.h"
#include "support/harness.h"

static const char KEY_UPDATE[5] = { 24, 0, 0, 1, 0 };
static const char CLOSE_NOTIFY[2] = { 1, 0 };

enum { ALL_BITS = RTLS_READABLE | RTLS_WRITABLE | RTLS_CONTROL };

static void
install(struct half *h, unsigned int key)
{
	struct rtls_keys keys;

	h->seals = peer_key(key, 0);
	keys = peer_keys(&h->seals);
	CU_ASSERT_EQUAL(rtls_set_keys(h->socks[NEAR], RTLS_RX, &keys), 0);
}

static bool
is_paused(const struct half *h)
{
	struct rtls_tls_info info = { .size = sizeof(info) };

	CU_ASSERT_EQUAL(rtls_tls_info(h->socks[NEAR], RTLS_RX, &info), 0);
	return info.paused;
}

/* The control record ahead: rtls_recv() refuses it, rtls_recvmsg() gets it. */
static void
expect_control(struct half *h, uint8_t type, const void *plain, uint32_t len)
{
	uint8_t buf[PEER_WIRE_MAX];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };

	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(rtls_recv(h->socks[NEAR], buf, sizeof(buf), 0), -EIO);
		CU_ASSERT_EQUAL(rtls_recv(h->socks[NEAR], buf, 1, RTLS_MSG_PEEK), -EIO);
	}
	CU_ASSERT_EQUAL(rtls_recvmsg(h->socks[NEAR], &m, RTLS_MSG_PEEK), len);
	memset(buf, 0, sizeof(buf));
	CU_ASSERT_EQUAL(rtls_recvmsg(h->socks[NEAR], &m, 0), len);
	CU_ASSERT_EQUAL(m.type, type);
	CU_ASSERT_EQUAL(m.version, 0x0303);
	CU_ASSERT_EQUAL(m.wire_len, 5 + len + 1 + 16);
	CU_ASSERT_EQUAL(m.flags, RTLS_MSG_EOR);
	CU_ASSERT_EQUAL(memcmp(buf, plain, len), 0);
}

/* --- close_notify ------------------------------------------------------------ */

static void
close_notify(bool more_behind, bool fin)
{
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	half_data(&p, &h, 0, 500);
	half_record(&p, &h, RTLS_TYPE_ALERT, CLOSE_NOTIFY, 2);
	if (more_behind) {
		half_data(&p, &h, 500, 100);
		/* Not even a record: RFC 8446 6.1 has it ignored. */
		pair_send(&p, h.socks[FAR], "noise", 5);
	}
	if (fin) {
		CU_ASSERT_EQUAL(rtls_shutdown(h.socks[FAR], RTLS_SHUT_WR), 0);
		pair_settle(&p);
	}
	half_read(&h, 0, 500);
	expect_control(&h, RTLS_TYPE_ALERT, CLOSE_NOTIFY, 2);
	half_answers(&h, 0);
	CU_ASSERT_EQUAL(pair_info(h.socks[NEAR]).eof, RTLS_EOF_CLOSE_NOTIFY);
	CU_ASSERT_EQUAL(pair_info(h.socks[NEAR]).end_reason, RTLS_REASON_NONE);
	if (!fin) {
		/* Later bytes are ignored, too, and close is no reset for them. */
		half_data(&p, &h, 600, 100);
		half_answers(&h, 0);
	}
	half_alert(&p, &h, 0);
	CU_ASSERT_EQUAL(rtls_close(h.socks[NEAR]), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(pair_stat(&p, NEAR, "TxResets"), 0);
	CU_ASSERT_EQUAL(rtls_close(h.socks[FAR]), 0);
	pair_fini(&p);
}

static void
test_close_notify(void)
{
	for (int i = 0; i < 4; i++)
		close_notify(i % 2 != 0, i / 2 != 0);
}

/* A warning, and an alert of another length, end nothing. */
static void
test_other_alerts(void)
{
	static const char warning[2] = { 1, 90 }, odd[3] = { 1, 0, 0 };
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	half_record(&p, &h, RTLS_TYPE_ALERT, warning, 2);
	half_record(&p, &h, RTLS_TYPE_ALERT, odd, 3);
	half_data(&p, &h, 0, 10);
	expect_control(&h, RTLS_TYPE_ALERT, warning, 2);
	expect_control(&h, RTLS_TYPE_ALERT, odd, 3);
	half_read(&h, 0, 10);
	half_answers(&h, -EAGAIN);
	CU_ASSERT_EQUAL(pair_info(h.socks[NEAR]).eof, RTLS_EOF_NONE);
	half_close(&p, &h);
	pair_fini(&p);
}

/* --- KeyUpdate --------------------------------------------------------------- */

static void
test_key_update(void)
{
	struct rtls_keys wrong;
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	CU_ASSERT_EQUAL(rtls_sock_watch(h.socks[NEAR], ALL_BITS, NULL), 0);
	half_data(&p, &h, 0, 4000);
	half_record(&p, &h, RTLS_TYPE_HANDSHAKE, KEY_UPDATE, 5);
	h.seals = peer_key(3, 0);
	half_data(&p, &h, 4000, 300);
	half_read(&h, 0, 4000);
	CU_ASSERT_FALSE(is_paused(&h));
	expect_control(&h, RTLS_TYPE_HANDSHAKE, KEY_UPDATE, 5);
	CU_ASSERT(is_paused(&h));
	half_answers(&h, -EKEYEXPIRED);
	CU_ASSERT_EQUAL(pair_bits(&p, NEAR, h.socks[NEAR]), RTLS_WRITABLE);
	/* What is refused leaves it as it is. */
	wrong = peer_keys(&h.seals);
	wrong.cipher = 56; /* the kernel's, and not carried */
	CU_ASSERT_EQUAL(rtls_set_keys(h.socks[NEAR], RTLS_RX, &wrong), -ENOTSUP);
	half_answers(&h, -EKEYEXPIRED);
	half_alert(&p, &h, 90);
	install(&h, 3);
	h.seals.rec_no = 1;
	CU_ASSERT_EQUAL(pair_bits(&p, NEAR, h.socks[NEAR]), RTLS_READABLE | RTLS_WRITABLE);
	half_read(&h, 4000, 300);
	half_answers(&h, -EAGAIN);

	/* Once more, with a message cut into three records, keys before any data. */
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_FALSE(is_paused(&h));
		half_record(&p, &h, RTLS_TYPE_HANDSHAKE, KEY_UPDATE + 2 * i, i < 2 ? 2 : 1);
		expect_control(&h, RTLS_TYPE_HANDSHAKE, KEY_UPDATE + 2 * i, i < 2 ? 2 : 1);
	}
	CU_ASSERT(is_paused(&h));
	half_answers(&h, -EKEYEXPIRED);
	install(&h, 4);
	half_answers(&h, -EAGAIN);
	half_data(&p, &h, 4300, 200);
	half_read(&h, 4300, 200);
	half_close(&p, &h);
	pair_fini(&p);
}

/* FIN and RST do not get in front of what the next key will open. */
static void
key_update_then_end(bool reset)
{
	uint8_t wire[PEER_WIRE_MAX];
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	half_record(&p, &h, RTLS_TYPE_HANDSHAKE, KEY_UPDATE, 5);
	expect_control(&h, RTLS_TYPE_HANDSHAKE, KEY_UPDATE, 5);
	h.seals = peer_key(3, 0);
	half_data(&p, &h, 0, 700);
	CU_ASSERT_EQUAL(reset ? rtls_abort(h.socks[FAR]) : rtls_shutdown(h.socks[FAR], 1), 0);
	pair_settle(&p);
	half_answers(&h, -EKEYEXPIRED);
	install(&h, 3);
	half_read(&h, 0, 700);
	half_answers(&h, reset ? -ECONNRESET : 0);
	CU_ASSERT_EQUAL(rtls_close(h.socks[NEAR]), 0);
	pair_settle(&p);
	if (!reset) {
		CU_ASSERT_EQUAL(rtls_recv(h.socks[FAR], wire, 1, 0), 0);
		CU_ASSERT_EQUAL(rtls_close(h.socks[FAR]), 0);
	}
	pair_fini(&p);
}

static void
test_key_update_then_end(void)
{
	key_update_then_end(false);
	key_update_then_end(true);
}

static void
test_wrong_key(void)
{
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	half_record(&p, &h, RTLS_TYPE_HANDSHAKE, KEY_UPDATE, 5);
	expect_control(&h, RTLS_TYPE_HANDSHAKE, KEY_UPDATE, 5);
	install(&h, 3);
	h.seals = peer_key(4, 0);
	half_data(&p, &h, 0, 700);
	half_answers(&h, -EBADMSG);
	CU_ASSERT_EQUAL(pair_info(h.socks[NEAR]).end_alert, 20);
	half_close(&p, &h);
	pair_fini(&p);
}

/* --- control records --------------------------------------------------------- */

static void
test_control_ahead(void)
{
	static const char ticket[9] = { 4, 0, 0, 5, 'h', 'e', 'l', 'l', 'o' };
	uint8_t buf[PEER_WIRE_MAX];
	struct iovec iov = { .iov_base = buf, .iov_len = 4 };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	half_data(&p, &h, 0, 100);
	half_data(&p, &h, 100, 100);
	half_record(&p, &h, RTLS_TYPE_HANDSHAKE, ticket, 9);
	half_data(&p, &h, 200, 100);
	half_record(&p, &h, RTLS_TYPE_HANDSHAKE, ticket, 9);
	half_record(&p, &h, RTLS_TYPE_HANDSHAKE, ticket, 9);
	/* Data comes first and alone; then it is kept as long as nobody takes it. */
	half_read(&h, 0, 200);
	expect_control(&h, RTLS_TYPE_HANDSHAKE, ticket, 9);
	iov.iov_len = sizeof(buf);
	CU_ASSERT_EQUAL(rtls_recvmsg(h.socks[NEAR], &m, 0), 100);
	CU_ASSERT_EQUAL(m.type, RTLS_TYPE_DATA);
	CU_ASSERT(pair_matches(buf, 200, 100));
	/* In parts: 4, 4 and 1 bytes. */
	iov.iov_len = 4;
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(rtls_recv(h.socks[NEAR], buf, sizeof(buf), 0), -EIO);
		CU_ASSERT_EQUAL(rtls_recvmsg(h.socks[NEAR], &m, 0), i < 2 ? 4 : 1);
		CU_ASSERT_EQUAL(memcmp(buf, ticket + 4 * i, i < 2 ? 4 : 1), 0);
		CU_ASSERT_EQUAL(m.type, RTLS_TYPE_HANDSHAKE);
		CU_ASSERT_EQUAL(m.flags, i < 2 ? 0 : RTLS_MSG_EOR);
	}
	expect_control(&h, RTLS_TYPE_HANDSHAKE, ticket, 9);
	half_answers(&h, -EAGAIN);
	half_close(&p, &h);
	pair_fini(&p);
}

static void
test_empty_control(void)
{
	uint8_t buf[16];
	struct iovec iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1 };
	struct pair p;
	struct half h;

	pair_init(&p, NULL);
	half_open(&p, &h);
	half_record(&p, &h, 99, "", 0);
	half_data(&p, &h, 0, 5);
	CU_ASSERT_EQUAL(rtls_recv(h.socks[NEAR], buf, sizeof(buf), 0), -EIO);
	CU_ASSERT_EQUAL(rtls_recvmsg(h.socks[NEAR], &m, 0), 0);
	CU_ASSERT_EQUAL(m.type, 99);
	CU_ASSERT_EQUAL(m.flags, RTLS_MSG_EOR);
	half_read(&h, 0, 5);
	CU_ASSERT_EQUAL(rtls_shutdown(h.socks[FAR], RTLS_SHUT_WR), 0);
	pair_settle(&p);
	CU_ASSERT_EQUAL(rtls_recvmsg(h.socks[NEAR], &m, 0), 0);
	CU_ASSERT_EQUAL(m.type, 0);
	CU_ASSERT_EQUAL(m.flags, 0);
	half_close(&p, &h);
	pair_fini(&p);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "close_notify", test_close_notify },
		{ "other alerts end nothing", test_other_alerts },
		{ "KeyUpdate halts until there are keys", test_key_update },
		{ "KeyUpdate, then FIN or RST", test_key_update_then_end },
		{ "a wrong key behind a KeyUpdate", test_wrong_key },
		{ "a control record ahead is kept", test_control_ahead },
		{ "an empty control record is no end of file", test_empty_control },
	};

	if (eal_start("test-recv-control") != 0)
		return 1;
	return harness_run("eal/recv_control", cases, HARNESS_COUNT(cases));
}
