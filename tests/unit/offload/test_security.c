/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The order of calls, what they are given, and that each failure leaves nothing. */
#include <errno.h>

#include <CUnit/CUnit.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "offload/security.h"
#include "support/eal.h"
#include "support/harness.h"
#include "support/offload_double.h"

#define KEYS      "key 000102030405060708090a0b0c0d0e0f iv a0a1a2a3a4a5a6a7a8a9aaab number 7\n"
#define CREATE_TX "create s1 WRITE ENCRYPT " KEYS
#define CREATE_RX "create s1 READ DECRYPT " KEYS
#define ADD_TX    "add s1 TX 192.0.2.1:443 198.51.100.2:50000 queue 3 cookie c00c1e\n"
#define ADD_RX    "add s1 RX 192.0.2.1:443 198.51.100.2:50000 queue 3 cookie c00c1e\n"
#define STEER     "steer s1 198.51.100.2:50000 192.0.2.1:443\n"
#define START     "start ctx 0.1 at 4294967000 number 7\n"
#define UNSTEER   "unsteer s1\n"
#define DEL       "del ctx 0.1\n"
#define DESTROY   "destroy s1\n"

enum {
	COOKIE = 0xc00c1e,
	START_NO = 7,
};

static const uint32_t start_seq = 4294967000;
static struct offload_double o;
static const struct record_suite *suite;
static struct rtls_keys keys;

static struct rtls_tls_flow
flow_of(enum rtls_dir dir)
{
	struct rtls_tls_flow f = {
		.local = { .family = RTLS_IPV4, .port = 443, .ip = { 192, 0, 2, 1 } },
		.remote = { .family = RTLS_IPV4, .port = 50000, .ip = { 198, 51, 100, 2 } },
		.queue = 3,
		.dir = (uint8_t)dir,
	};

	return f;
}

static void
begin(void)
{
	offload_double_init(&o);
	CU_ASSERT_EQUAL_FATAL(offload_device_init(&o.device, "security", SOCKET_ID_ANY), 0);
	suite = record_suite_find(RTLS_TLS_1_3, RTLS_CIPHER_AES_GCM_128);
	memset(&keys, 0xee, sizeof(keys));
	keys.version = RTLS_TLS_1_3;
	keys.cipher = RTLS_CIPHER_AES_GCM_128;
	keys.rec_no = START_NO;
	for (uint8_t i = 0; i < 16; i++)
		keys.key[i] = i;
	for (uint8_t i = 0; i < sizeof(keys.iv); i++)
		keys.iv[i] = 0xa0 + i;
}

static int
open_one(struct offload_ctx *c, enum rtls_dir dir)
{
	struct rtls_tls_flow flow = flow_of(dir);

	memset(c, 0xff, sizeof(*c));
	return offload_add(&o.device, suite, &keys, &flow, COOKIE, c);
}

static bool
nothing_left(const struct offload_ctx *c)
{
	static const struct offload_ctx none;

	return c->state == OFFLOAD_NONE && memcmp(c, &none, sizeof(none)) == 0 &&
	       o.sec_ctx.sess_cnt == 0 && rte_mempool_full(o.device.sessions) &&
	       offload_double_contexts(&o) == 0 && o.rules == 0;
}

static void
end(void)
{
	CU_ASSERT_EQUAL(o.sec_ctx.sess_cnt, 0);
	CU_ASSERT(rte_mempool_full(o.device.sessions));
	offload_device_fini(&o.device);
}

/* Opens and starts, with the device's answer in between if it asks for time. */
static int
run(struct offload_ctx *c, enum rtls_dir dir, int status)
{
	struct rtls_tls_flow flow = flow_of(dir);
	struct rtls_tls_event ev;
	int rc = open_one(c, dir);

	if (rc == -EINPROGRESS) {
		CU_ASSERT_EQUAL(c->state, OFFLOAD_ADDING);
		offload_double_answer(&o, status);
		CU_ASSERT_EQUAL_FATAL(o.ops.poll_events(&o, 3, &ev, 1), 1);
		CU_ASSERT_EQUAL(ev.cookie, COOKIE);
		rc = offload_added(&o.device, c, &flow, ev.status);
	}
	if (rc != 0)
		return rc;
	CU_ASSERT_EQUAL(c->state, OFFLOAD_ADDED);
	return offload_start(&o.device, c, start_seq, START_NO);
}

static const struct row {
	enum rtls_dir dir;
	int create_rc, add_rc, status, steer_rc, start_rc;
	int rc;
	const char *trace;
} rows[] = {
	{ .dir = RTLS_TX, .trace = CREATE_TX ADD_TX START },
	{ .dir = RTLS_RX, .trace = CREATE_RX ADD_RX STEER START },
	{ .dir = RTLS_TX, .add_rc = -EINPROGRESS, .trace = CREATE_TX ADD_TX START },
	{ .dir = RTLS_RX, .add_rc = -EINPROGRESS, .trace = CREATE_RX ADD_RX STEER START },
	/* What is sent is not steered. */
	{ .dir = RTLS_TX, .steer_rc = -ENOSPC, .trace = CREATE_TX ADD_TX START },
	/* The session, the table, the answer, the rule, the start. */
	{ .dir = RTLS_TX, .create_rc = -ENOMEM, .rc = -ENOTSUP, .trace = CREATE_TX },
	{ .dir = RTLS_RX, .create_rc = -EINVAL, .rc = -ENOTSUP, .trace = CREATE_RX },
	{ .dir = RTLS_TX, .add_rc = -ENOSPC, .rc = -ENOSPC, .trace = CREATE_TX ADD_TX DESTROY },
	{ .dir = RTLS_RX, .add_rc = -ENOTSUP, .rc = -ENOTSUP, .trace = CREATE_RX ADD_RX DESTROY },
	{ .dir = RTLS_RX, .add_rc = -EIO, .rc = -EIO, .trace = CREATE_RX ADD_RX DESTROY },
	{ .dir = RTLS_TX,
	  .add_rc = -EINPROGRESS,
	  .status = -ENOSPC,
	  .rc = -ENOSPC,
	  .trace = CREATE_TX ADD_TX DEL DESTROY },
	{ .dir = RTLS_RX,
	  .add_rc = -EINPROGRESS,
	  .status = -EIO,
	  .rc = -EIO,
	  .trace = CREATE_RX ADD_RX DEL DESTROY },
	{ .dir = RTLS_RX,
	  .steer_rc = -ENOSPC,
	  .rc = -ENOSPC,
	  .trace = CREATE_RX ADD_RX STEER DEL DESTROY },
	{ .dir = RTLS_RX,
	  .add_rc = -EINPROGRESS,
	  .steer_rc = -ENOTSUP,
	  .rc = -ENOTSUP,
	  .trace = CREATE_RX ADD_RX STEER DEL DESTROY },
	{ .dir = RTLS_TX,
	  .start_rc = -ENOENT,
	  .rc = -ENOENT,
	  .trace = CREATE_TX ADD_TX START DEL DESTROY },
	{ .dir = RTLS_RX,
	  .start_rc = -EBUSY,
	  .rc = -EBUSY,
	  .trace = CREATE_RX ADD_RX STEER START UNSTEER DEL DESTROY },
};

static void
test_order(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		const struct row *r = &rows[i];
		struct rtls_keys before;
		struct offload_ctx c;

		begin();
		before = keys;
		o.create_rc = r->create_rc;
		o.add_rc = r->add_rc;
		o.steer_rc = r->steer_rc;
		o.start_rc = r->start_rc;
		CU_ASSERT_EQUAL(run(&c, r->dir, r->status), r->rc);
		CU_ASSERT(offload_double_said(&o, r->trace));
		CU_ASSERT_EQUAL(memcmp(&keys, &before, sizeof(keys)), 0);
		if (r->rc == 0) {
			CU_ASSERT_EQUAL(c.state, OFFLOAD_STARTED);
			CU_ASSERT_EQUAL(o.sec_ctx.sess_cnt, 1);
			CU_ASSERT_EQUAL(offload_double_contexts(&o), 1);
			CU_ASSERT_EQUAL(o.rules, r->dir == RTLS_RX ? 1 : 0);
			CU_ASSERT_EQUAL(offload_del(&o.device, &c), 0);
			CU_ASSERT(offload_double_said(&o, r->dir == RTLS_RX ? UNSTEER DEL DESTROY :
									      DEL DESTROY));
		}
		CU_ASSERT(nothing_left(&c));
		/* Closing what is closed says nothing. */
		CU_ASSERT_EQUAL(offload_del(&o.device, &c), 0);
		CU_ASSERT_EQUAL(offload_deleted(&c), -EALREADY);
		CU_ASSERT(offload_double_said(&o, ""));
		end();
	}
}

/* Closed while the device takes its time, and before the start. */
static void
test_closed_early(void)
{
	struct rtls_tls_flow flow = flow_of(RTLS_RX);
	struct rtls_tls_event ev;
	struct offload_ctx c;

	begin();
	o.add_rc = -EINPROGRESS;
	CU_ASSERT_EQUAL(open_one(&c, RTLS_RX), -EINPROGRESS);
	CU_ASSERT_EQUAL(offload_del(&o.device, &c), 0);
	CU_ASSERT(offload_double_said(&o, CREATE_RX ADD_RX DEL DESTROY));
	CU_ASSERT(nothing_left(&c));
	/* No event of it afterwards; one that comes all the same changes nothing. */
	offload_double_answer(&o, 0);
	CU_ASSERT_EQUAL(o.ops.poll_events(&o, 3, &ev, 1), 0);
	CU_ASSERT_EQUAL(offload_added(&o.device, &c, &flow, 0), -EALREADY);
	CU_ASSERT(nothing_left(&c));
	o.add_rc = 0;
	o.nb_created = 0;
	CU_ASSERT_EQUAL(open_one(&c, RTLS_RX), 0);
	CU_ASSERT_EQUAL(c.handle.generation, 2);
	CU_ASSERT_EQUAL(offload_added(&o.device, &c, &flow, -EIO), -EALREADY);
	CU_ASSERT_EQUAL(c.state, OFFLOAD_ADDED);
	offload_del(&o.device, &c);
	CU_ASSERT(offload_double_said(&o, CREATE_RX ADD_RX STEER UNSTEER "del ctx 0.2\n" DESTROY));
	CU_ASSERT(nothing_left(&c));
	end();
}

/* Of ours the handle alone is left: session, steering and room in the pool are gone. */
static void
is_closing(const struct offload_ctx *c, uint32_t generation)
{
	CU_ASSERT_EQUAL(c->state, OFFLOAD_DELETING);
	CU_ASSERT_PTR_NULL(c->session);
	CU_ASSERT_PTR_NULL(c->rule);
	CU_ASSERT_EQUAL(c->handle.index, 0);
	CU_ASSERT_EQUAL(c->handle.generation, generation);
	CU_ASSERT_EQUAL(o.sec_ctx.sess_cnt, 0);
	CU_ASSERT(rte_mempool_full(o.device.sessions));
	CU_ASSERT_EQUAL(o.rules, 0);
}

/* A del that takes its time, at each state that it may come in. */
static void
test_slow_del(void)
{
	static const struct {
		enum rtls_dir dir;
		enum offload_state from;
		const char *opened, *closed;
	} states[] = {
		{ RTLS_TX, OFFLOAD_ADDING, CREATE_TX ADD_TX, DEL DESTROY },
		{ RTLS_RX, OFFLOAD_ADDING, CREATE_RX ADD_RX, DEL DESTROY },
		{ RTLS_RX, OFFLOAD_ADDED, CREATE_RX ADD_RX STEER, UNSTEER DEL DESTROY },
		{ RTLS_TX, OFFLOAD_STARTED, CREATE_TX ADD_TX START, DEL DESTROY },
		{ RTLS_RX, OFFLOAD_STARTED, CREATE_RX ADD_RX STEER START, UNSTEER DEL DESTROY },
	};

	for (size_t i = 0; i < HARNESS_COUNT(states); i++) {
		struct rtls_tls_event ev;
		struct offload_ctx c;

		begin();
		o.del_rc = -EINPROGRESS;
		o.add_rc = states[i].from == OFFLOAD_ADDING ? -EINPROGRESS : 0;
		if (states[i].from == OFFLOAD_STARTED)
			CU_ASSERT_EQUAL(run(&c, states[i].dir, 0), 0)
		else
			CU_ASSERT_EQUAL(open_one(&c, states[i].dir), o.add_rc);
		CU_ASSERT_EQUAL(c.state, states[i].from);
		CU_ASSERT(offload_has_context(&c));
		CU_ASSERT_EQUAL(offload_deleted(&c), -EALREADY);
		CU_ASSERT_EQUAL(c.state, states[i].from);
		CU_ASSERT(offload_double_said(&o, states[i].opened));
		CU_ASSERT_EQUAL(offload_del(&o.device, &c), -EINPROGRESS);
		CU_ASSERT_FALSE(offload_has_context(&c));
		is_closing(&c, 1);
		CU_ASSERT(offload_double_said(&o, states[i].closed));
		/* Asked once; an answer to the add changes nothing any more. */
		CU_ASSERT_EQUAL(offload_del(&o.device, &c), -EINPROGRESS);
		offload_double_answer(&o, 0);
		CU_ASSERT_EQUAL(o.nb_events, 0);
		is_closing(&c, 1);
		CU_ASSERT(offload_double_said(&o, ""));
		offload_double_deleted(&o);
		CU_ASSERT_EQUAL_FATAL(o.ops.poll_events(&o, 3, &ev, 2), 1);
		CU_ASSERT_EQUAL(ev.type, RTLS_TLS_EV_DEL_DONE);
		CU_ASSERT_EQUAL(ev.cookie, COOKIE);
		CU_ASSERT_EQUAL(ev.ctx.index, c.handle.index);
		CU_ASSERT_EQUAL(ev.ctx.generation, c.handle.generation);
		CU_ASSERT_EQUAL(offload_deleted(&c), 0);
		CU_ASSERT(nothing_left(&c));
		CU_ASSERT_EQUAL(offload_deleted(&c), -EALREADY);
		end();
	}
}

/* What ends in a refusal is closed as slowly. */
static void
test_refused_and_slow_del(void)
{
	struct rtls_tls_flow flow = flow_of(RTLS_RX);
	struct offload_ctx c;

	for (int i = 0; i < 3; i++) {
		begin();
		o.del_rc = -EINPROGRESS;
		o.steer_rc = i == 0 ? -ENOSPC : 0;
		o.add_rc = i == 1 ? -EINPROGRESS : 0;
		o.start_rc = i == 2 ? -EIO : 0;
		if (i == 1) {
			CU_ASSERT_EQUAL(open_one(&c, RTLS_RX), -EINPROGRESS);
			CU_ASSERT_EQUAL(offload_added(&o.device, &c, &flow, -ENOMEM), -ENOMEM);
		} else {
			CU_ASSERT_EQUAL(run(&c, RTLS_RX, 0), i == 0 ? -ENOSPC : -EIO);
		}
		is_closing(&c, 1);
		CU_ASSERT_EQUAL(offload_added(&o.device, &c, &flow, 0), -EALREADY);
		offload_double_deleted(&o);
		CU_ASSERT_EQUAL(offload_deleted(&c), 0);
		CU_ASSERT(nothing_left(&c));
		end();
	}
	/* What was never added is not deleted. */
	begin();
	o.del_rc = -EINPROGRESS;
	o.add_rc = -ENOSPC;
	CU_ASSERT_EQUAL(open_one(&c, RTLS_RX), -ENOSPC);
	CU_ASSERT(nothing_left(&c));
	end();
}

/* The next key's context, while the device is at the old one's end. */
static void
test_next_while_closing(void)
{
	struct offload_ctx old, next;

	begin();
	o.del_rc = -EINPROGRESS;
	CU_ASSERT_EQUAL(run(&old, RTLS_RX, 0), 0);
	CU_ASSERT_EQUAL(offload_del(&o.device, &old), -EINPROGRESS);
	CU_ASSERT_EQUAL(open_one(&next, RTLS_RX), 0);
	CU_ASSERT_EQUAL(next.handle.index, 1);
	CU_ASSERT_EQUAL(offload_double_contexts(&o), 2);
	offload_double_deleted(&o);
	CU_ASSERT_EQUAL(offload_deleted(&old), 0);
	CU_ASSERT_EQUAL(offload_deleted(&next), -EALREADY);
	CU_ASSERT_EQUAL(offload_start(&o.device, &next, start_seq, START_NO), 0);
	CU_ASSERT_EQUAL(offload_double_contexts(&o), 1);
	o.del_rc = 0;
	CU_ASSERT_EQUAL(offload_del(&o.device, &next), 0);
	CU_ASSERT(nothing_left(&next));
	end();
}

/* The device finds its packets by itself. */
static void
test_no_steering(void)
{
	struct offload_ctx c;

	begin();
	o.device.steer_add = NULL;
	o.device.steer_del = NULL;
	CU_ASSERT_EQUAL(run(&c, RTLS_RX, 0), 0);
	offload_del(&o.device, &c);
	CU_ASSERT(offload_double_said(&o, CREATE_RX ADD_RX START DEL DESTROY));
	CU_ASSERT(nothing_left(&c));
	end();
}

/* More than the device, and more than the pool, has room for. */
static void
test_full(void)
{
	struct offload_ctx c[DOUBLE_CONTEXTS], last;

	begin();
	for (int i = 0; i < DOUBLE_CONTEXTS; i++)
		CU_ASSERT_EQUAL(open_one(&c[i], i % 2 == 0 ? RTLS_TX : RTLS_RX), 0);
	CU_ASSERT_EQUAL(open_one(&last, RTLS_TX), -ENOSPC);
	CU_ASSERT_EQUAL(last.state, OFFLOAD_NONE);
	CU_ASSERT_PTR_NULL(last.session);
	CU_ASSERT_EQUAL(o.nb_created, DOUBLE_CONTEXTS);
	offload_del(&o.device, &c[1]);
	CU_ASSERT_EQUAL(open_one(&c[1], RTLS_TX), 0);
	CU_ASSERT_EQUAL(c[1].handle.index, 1);
	CU_ASSERT_EQUAL(double_nth(c[1].handle.generation), 2);
	for (int i = 0; i < DOUBLE_CONTEXTS; i++)
		offload_del(&o.device, &c[i]);
	CU_ASSERT(nothing_left(&c[0]));
	end();
	/* Here the pool has room, and the table has not. */
	offload_double_init(&o);
	o.caps.max_contexts = 0;
	CU_ASSERT_EQUAL_FATAL(offload_device_init(&o.device, "table", SOCKET_ID_ANY), 0);
	for (int i = 0; i < DOUBLE_CONTEXTS; i++)
		CU_ASSERT_EQUAL(open_one(&c[i], RTLS_RX), 0);
	CU_ASSERT_EQUAL(open_one(&last, RTLS_TX), -ENOSPC);
	CU_ASSERT_EQUAL(o.sec_ctx.sess_cnt, DOUBLE_CONTEXTS);
	for (int i = 0; i < DOUBLE_CONTEXTS; i++)
		offload_del(&o.device, &c[i]);
	CU_ASSERT(nothing_left(&c[0]));
	end();
}

/*
 * What a session says of each suite: in TLS 1.2 the salt alone, as rte_security has room for no more.
 * The IV of which nothing is on the wire goes by the flow.
 */
static const struct suite_row {
	uint16_t version, cipher;
	const char *created, *added;
} suite_rows[] = {
#define KEY_16 " key 000102030405060708090a0b0c0d0e0f"
#define KEY_32 KEY_16 "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee"
#define IV     " iv a0a1a2a3a4a5a6a7a8a9aaab"
#define NO_7   " number 7\n"
	{ 0x0304, 51, KEY_16 IV NO_7, "\n" },
	{ 0x0304, 52, " 304 52" KEY_32 IV NO_7, "\n" },
	{ 0x0304, 53, " 304 53" KEY_16 IV NO_7, "\n" },
	{ 0x0304, 54, " 304 54" KEY_32 IV NO_7, "\n" },
	{ 0x0303, 51, " 303 51" KEY_16 " iv a0a1a2a3" NO_7, "\n" },
	{ 0x0303, 52, " 303 52" KEY_32 " iv a0a1a2a3" NO_7, "\n" },
	{ 0x0303, 53, " 303 53" KEY_16 " iv a0a1a2a3" NO_7, "\n" },
	{ 0x0303, 54, " 303 54" KEY_32 " iv a0a1a2a3" NO_7, IV "\n" },
};

static void
says_suite(const struct suite_row *r, enum rtls_dir dir)
{
	struct offload_ctx c;
	char text[512];

	begin();
	suite = record_suite_find(r->version, r->cipher);
	CU_ASSERT_PTR_NOT_NULL_FATAL(suite);
	CU_ASSERT_EQUAL(open_one(&c, dir), 0);
	snprintf(text, sizeof(text), "create s1 %s%sadd s1 %s %s%s%s",
		 dir == RTLS_TX ? "WRITE ENCRYPT" : "READ DECRYPT", r->created,
		 dir == RTLS_TX ? "TX" : "RX",
		 "192.0.2.1:443 198.51.100.2:50000 queue 3 cookie c00c1e", r->added,
		 dir == RTLS_TX ? "" : STEER);
	CU_ASSERT(offload_double_said(&o, text));
	CU_ASSERT_EQUAL(offload_del(&o.device, &c), 0);
	CU_ASSERT(nothing_left(&c));
	end();
}

static void
test_suites(void)
{
	for (size_t i = 0; i < HARNESS_COUNT(suite_rows); i++) {
		says_suite(&suite_rows[i], RTLS_TX);
		says_suite(&suite_rows[i], RTLS_RX);
	}
}

/* What the device does not list is not asked for. */
static void
test_not_carried(void)
{
	struct offload_ctx c;

	begin();
	o.capabilities++; /* sending in TLS 1.3 */
	CU_ASSERT_EQUAL(open_one(&c, RTLS_TX), -ENOTSUP);
	CU_ASSERT(nothing_left(&c));
	o.device.caps.rx_method = RTLS_TLS_RX_NONE;
	CU_ASSERT_EQUAL(open_one(&c, RTLS_RX), -ENOTSUP);
	CU_ASSERT(nothing_left(&c));
	CU_ASSERT(offload_double_said(&o, ""));
	end();
}

static void
test_mark(void)
{
	struct rtls_tls_tx_meta meta = { .rec_no = 12345678901,
					 .rec_tcp_seq = 4294967290,
					 .rec_len = 16406,
					 .before_len = 1448 };
	struct rte_mbuf m = { .ol_flags = RTE_MBUF_F_TX_TCP_CKSUM };
	struct offload_ctx c;

	begin();
	CU_ASSERT_EQUAL(run(&c, RTLS_TX, 0), 0);
	CU_ASSERT(offload_double_said(&o, CREATE_TX ADD_TX START));
	CU_ASSERT_EQUAL(offload_mark(&o.device, &c, &m, &meta), 0);
	CU_ASSERT_EQUAL(m.ol_flags, RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_SEC_OFFLOAD);
	m.ol_flags = RTE_MBUF_F_TX_TCP_CKSUM;
	o.mark_rc = -EIO;
	CU_ASSERT_EQUAL(offload_mark(&o.device, &c, &m, &meta), -EIO);
	CU_ASSERT_EQUAL(m.ol_flags, RTE_MBUF_F_TX_TCP_CKSUM);
#define MARK "mark s1 ctx 0.1 number 12345678901 at 4294967290 of 16406 before 1448\n"
	CU_ASSERT(offload_double_said(&o, MARK MARK));
	/* It is one packet that failed; the context goes on. */
	CU_ASSERT_EQUAL(c.state, OFFLOAD_STARTED);
	offload_del(&o.device, &c);
	CU_ASSERT(nothing_left(&c));
	end();
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "order and failures", test_order },
		{ "closed early", test_closed_early },
		{ "no steering", test_no_steering },
		{ "no room", test_full },
		{ "each suite", test_suites },
		{ "not carried", test_not_carried },
		{ "packets are marked", test_mark },
		{ "a del that takes its time", test_slow_del },
		{ "refused, and a del that takes its time", test_refused_and_slow_del },
		{ "the next context while one is closed", test_next_while_closing },
	};

	if (eal_start("offload-security") != 0)
		return 1;
	return harness_run("offload/security", cases, HARNESS_COUNT(cases));
}
