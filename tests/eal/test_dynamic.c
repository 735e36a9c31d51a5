/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* RTLS_OPT_DYNAMIC_RECORDS: how long records are, as the far end sees them, by the NIC and without. */
#include <errno.h>

#include <CUnit/CUnit.h>

#include "eal/half.h"
#include "session/tx_pad.h"
#include "stack/state.h"
#include "support/eal.h"
#include "support/harness.h"

enum {
	FULL = 16384,
	LEN = 200000,
	OVER = 5 + 1 + 16, /* TLS 1.3: header, inner type, tag */
	SECOND = 1000000,
	RECORDS_MAX = 4096,
};

static uint8_t plain[LEN], wire[2 * LEN];

/* Records of one call, by their length on the wire. */
struct seen {
	uint32_t n;
	uint32_t len[RECORDS_MAX];
};

/* Sends so much, and takes apart what comes of it. */
static void
talk(struct pair *p, struct half *h, uint32_t len, struct seen *seen)
{
	uint32_t sent = 0, got = 0, at = 0, opened = 0;
	ssize_t n;

	pair_fill(plain, 0, len);
	/* A stack knows the time of its last poll. */
	pair_turn(p);
	for (int tries = 0; tries < 2000; tries++) {
		if (sent < len && (n = rtls_send(h->socks[NEAR], plain + sent, len - sent, 0)) > 0)
			sent += (uint32_t)n;
		pair_settle(p);
		while ((n = rtls_recv(h->socks[FAR], wire + got, sizeof(wire) - got, 0)) > 0)
			got += (uint32_t)n;
		if (sent == len && n == -EAGAIN && pair_info(h->socks[NEAR]).snd_queued == 0)
			break;
	}
	CU_ASSERT_EQUAL_FATAL(sent, len);
	for (seen->n = 0; at < got; at += seen->len[seen->n++]) {
		uint8_t out[PEER_WIRE_MAX], type;
		uint32_t inner = 0;
		int whole;

		CU_ASSERT_FATAL(seen->n < RECORDS_MAX);
		whole = peer_open(&h->opens, wire + at, got - at, &type, out, &inner);
		CU_ASSERT_FATAL(whole > 0);
		seen->len[seen->n] = (uint32_t)whole;
		CU_ASSERT_EQUAL(type, RTLS_TYPE_DATA);
		CU_ASSERT_FATAL(pair_matches(out, opened, inner));
		opened += inner;
	}
	CU_ASSERT_EQUAL(at, got);
	CU_ASSERT_EQUAL(opened, len);
}

/* How many records from the first on are so long on the wire. */
static uint32_t
of_len(const struct seen *seen, uint32_t len)
{
	uint32_t n = 0;

	while (n < seen->n && seen->len[n] == len)
		n++;
	return n;
}

static void
set(struct rtls_sock *k, enum rtls_opt o, uint64_t v)
{
	CU_ASSERT_EQUAL(rtls_sock_set(k, o, v), 0);
}

static void
start(struct pair *p, struct half *h, bool nic)
{
	static const struct rtls_tlsnic_conf nic_conf = { .size = sizeof(nic_conf) };
	struct pair_conf conf = { .nic[NEAR] = nic ? &nic_conf : NULL };
	struct rtls_tls_info info = { .size = sizeof(info) };

	pair_init(p, &conf);
	half_open(p, h);
	CU_ASSERT_EQUAL(rtls_tls_info(h->socks[NEAR], RTLS_TX, &info), 0);
	CU_ASSERT_EQUAL(info.mode, nic ? RTLS_MODE_NIC : RTLS_MODE_SOFTWARE);
}

static void
end(struct pair *p, struct half *h)
{
	half_close(p, h);
	pair_fini(p);
}

/* A segment each up to 64 KiB, then full ones; behind a second's pause again, and not behind less. */
static void
phases(bool nic)
{
	struct seen seen;
	struct half h;
	struct pair p;
	uint32_t mss, small;

	start(&p, &h, nic);
	mss = pair_info(h.socks[NEAR]).mss;
	small = (TX_DYNAMIC_BYTES + mss - OVER - 1) / (mss - OVER);
	talk(&p, &h, LEN, &seen);
	CU_ASSERT_EQUAL(of_len(&seen, FULL + OVER), LEN / FULL);
	set(h.socks[NEAR], RTLS_OPT_DYNAMIC_RECORDS, 1);
	pair_pass(&p, SECOND);
	for (int i = 0; i < 2; i++) {
		talk(&p, &h, LEN, &seen);
		CU_ASSERT_EQUAL(of_len(&seen, mss), small);
		CU_ASSERT_EQUAL(seen.len[small], FULL + OVER);
		pair_pass(&p, SECOND / 2);
		talk(&p, &h, LEN, &seen);
		CU_ASSERT_EQUAL(of_len(&seen, FULL + OVER), LEN / FULL);
		pair_pass(&p, SECOND);
	}
	set(h.socks[NEAR], RTLS_OPT_DYNAMIC_RECORDS, 0);
	pair_pass(&p, SECOND);
	talk(&p, &h, LEN, &seen);
	CU_ASSERT_EQUAL(of_len(&seen, FULL + OVER), LEN / FULL);
	end(&p, &h);
}

static void
test_software(void)
{
	phases(false);
}

static void
test_nic(void)
{
	phases(true);
}

/* Limits count; padding makes records multiples, or full ones where no multiple is so short. */
static void
test_limits(void)
{
	struct seen seen;
	struct half h;
	struct pair p;
	uint32_t mss;

	start(&p, &h, false);
	set(h.socks[NEAR], RTLS_OPT_DYNAMIC_RECORDS, 1);
	mss = pair_info(h.socks[NEAR]).mss;
	set(h.socks[NEAR], RTLS_OPT_TX_RECORD_LIMIT, 500);
	talk(&p, &h, 10000, &seen);
	CU_ASSERT_EQUAL(of_len(&seen, 500 + OVER), 20);
	set(h.socks[NEAR], RTLS_OPT_TX_RECORD_LIMIT, FULL);
	set(h.socks[NEAR], RTLS_OPT_MAX_PAYLOAD, 600);
	talk(&p, &h, 6000, &seen);
	CU_ASSERT_EQUAL(of_len(&seen, 600 + OVER), 10);
	set(h.socks[NEAR], RTLS_OPT_MAX_PAYLOAD, FULL);
	pair_pass(&p, SECOND);
	set(h.socks[NEAR], RTLS_OPT_PAD_TO, 100);
	talk(&p, &h, 20001, &seen);
	CU_ASSERT_EQUAL(of_len(&seen, (mss - OVER) / 100 * 100 + OVER), seen.n - 1);
	CU_ASSERT_EQUAL((seen.len[seen.n - 1] - OVER) % 100, 0);
	pair_pass(&p, SECOND);
	set(h.socks[NEAR], RTLS_OPT_PAD_TO, FULL);
	talk(&p, &h, 20001, &seen);
	CU_ASSERT_EQUAL(of_len(&seen, FULL + OVER), 2);
	end(&p, &h);
}

/* A record that is open keeps its length; what the program says is one stays one. */
static void
test_refused(void)
{
	struct iovec iov = { .iov_base = plain, .iov_len = FULL };
	struct rtls_msg m = { .iov = &iov, .iovlen = 1, .type = RTLS_TYPE_DATA };
	struct half h;
	struct pair p;

	start(&p, &h, false);
	CU_ASSERT_EQUAL(rtls_sock_set(h.socks[NEAR], RTLS_OPT_DYNAMIC_RECORDS, 2), -EINVAL);
	CU_ASSERT_EQUAL(rtls_send(h.socks[NEAR], plain, 1, RTLS_MSG_MORE), 1);
	CU_ASSERT_EQUAL(rtls_sock_set(h.socks[NEAR], RTLS_OPT_DYNAMIC_RECORDS, 1), -EBUSY);
	CU_ASSERT_EQUAL(rtls_send(h.socks[NEAR], plain, 0, 0), 0);
	set(h.socks[NEAR], RTLS_OPT_DYNAMIC_RECORDS, 1);
	CU_ASSERT_EQUAL(rtls_send(h.socks[NEAR], plain, 1, 0), 1);
	CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &m, RTLS_MSG_RECORD), FULL);
	iov.iov_len++;
	CU_ASSERT_EQUAL(rtls_sendmsg(h.socks[NEAR], &m, RTLS_MSG_RECORD), -EMSGSIZE);
	pair_settle(&p);
	while (rtls_recv(h.socks[FAR], wire, sizeof(wire), 0) > 0)
		;
	end(&p, &h);
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "sealed in software", test_software },
		{ "sealed by the NIC", test_nic },
		{ "limits and padding", test_limits },
		{ "refused", test_refused },
	};

	if (eal_start("dynamic") != 0)
		return 1;
	return harness_run("eal/dynamic", cases, HARNESS_COUNT(cases));
}
