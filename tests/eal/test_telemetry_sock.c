/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What telemetry says of sockets, against what the public calls say. */
#include <errno.h>
#include <stdlib.h>

#include <recordtls/names.h>

#include "eal/watched.h"

/* --- sockets ------------------------------------------------------------------ */

static uint64_t
id_of(const struct rtls_sock *k)
{
	return (uint64_t)(k - k->stack->socks) + (uint64_t)k->stack->conf.max_socks * (k->uses - 1);
}

/* It may have grown since; what never happened is not there. */
static void
same_age(const json_t *d, const char *name, uint64_t us)
{
	CU_ASSERT_EQUAL(json_object_get(d, name) != NULL, us != UINT64_MAX);
	if (us != UINT64_MAX)
		CU_ASSERT(value_of(d, name) <= us);
}

static void
same_numbers(const json_t *d, const struct rtls_sock *k, const struct rtls_sock_info *in)
{
	struct rtls_sock_stats st = { .size = sizeof(st) };

	CU_ASSERT_EQUAL(rtls_sock_stats(k, &st), 0);
	const struct {
		const char *name;
		uint64_t value;
	} fields[] = {
		{ "id", id_of(k) },
		{ "mss", in->mss },
		{ "srtt_us", in->srtt_us },
		{ "rttvar_us", in->rttvar_us },
		{ "rto_us", in->rto_us },
		{ "cwnd", in->cwnd },
		{ "ssthresh", in->ssthresh },
		{ "in_flight", in->in_flight },
		{ "snd_wnd", in->snd_wnd },
		{ "rcv_wnd", in->rcv_wnd },
		{ "snd_queued", in->snd_queued },
		{ "snd_room", in->snd_room },
		{ "rcv_queued", in->rcv_queued },
		{ "rcv_held", in->rcv_held },
		{ "sndbuf", in->sndbuf },
		{ "rcvbuf", in->rcvbuf },
		{ "snd_wscale", in->snd_wscale },
		{ "rcv_wscale", in->rcv_wscale },
		{ "timestamps", in->timestamps },
		{ "sack", in->sack },
		{ "bytes_acked", in->bytes_acked },
		{ "bytes_received", in->bytes_received },
		{ "min_rtt_us", in->min_rtt_us },
		{ "rcv_rtt_us", in->rcv_rtt_us },
		{ "rto_backoff", in->rto_backoff },
		{ "ato_us", in->ato_us },
		{ "pmtu", in->pmtu },
		{ "rcv_mss", in->rcv_mss },
		{ "adv_mss", in->adv_mss },
		{ "delivery_rate", in->delivery_rate },
		{ "rate_app_limited", in->rate_app_limited },
		{ "pacing_rate", in->pacing_rate },
		{ "pipe", in->pipe },
		{ "sacked", in->sacked },
		{ "lost", in->lost },
		{ "retrans_in_flight", in->retrans_in_flight },
		{ "reordered", in->reordered },
		{ "reo_wnd_us", in->reo_wnd_us },
		{ "reord_seen", in->reord_seen },
		{ "dsack_dups", in->dsack_dups },
		{ "snd_unsent", in->snd_unsent },
		{ "bytes_sent", in->bytes_sent },
		{ "bytes_retrans", in->bytes_retrans },
		{ "segs_out", in->segs_out },
		{ "segs_in", in->segs_in },
		{ "rcv_ooo_segs", in->rcv_ooo_segs },
		{ "busy_us", in->busy_us },
		{ "rwnd_limited_us", in->rwnd_limited_us },
		{ "sndbuf_limited_us", in->sndbuf_limited_us },
		{ "tx_segments", st.tx_segments },
		{ "rx_segments", st.rx_segments },
		{ "tx_bytes", st.tx_bytes },
		{ "rx_bytes", st.rx_bytes },
		{ "retransmissions", st.retransmissions },
		{ "timeouts", st.timeouts },
	};
	for (size_t i = 0; i < HARNESS_COUNT(fields); i++)
		CU_ASSERT_EQUAL(value_of(d, fields[i].name), fields[i].value);
}

static void
same_info(const json_t *d, const struct rtls_sock *k)
{
	struct rtls_sock_info in = pair_info(k);
	char text[64];

	same_numbers(d, k, &in);
	same_age(d, "last_sent_us", in.last_sent_us);
	same_age(d, "last_received_us", in.last_received_us);
	same_age(d, "last_heard_us", in.last_heard_us);
	CU_ASSERT_STRING_EQUAL(text_of(d, "recovery"), rtls_recovery_name(in.recovery));
	CU_ASSERT_STRING_EQUAL(text_of(d, "state"), "open");
	CU_ASSERT_STRING_EQUAL(text_of(d, "phase"), "open");
	CU_ASSERT_STRING_EQUAL(text_of(d, "tcp"), "established");
	CU_ASSERT_STRING_EQUAL(text_of(d, "cc"), in.cc);
	CU_ASSERT_STRING_EQUAL(text_of(d, "eof"), "none");
	CU_ASSERT_STRING_EQUAL(text_of(d, "end_reason"), "none");
	snprintf(text, sizeof(text), "192.0.2.%u:%u", in.remote.ip[3], in.remote.port);
	CU_ASSERT_STRING_EQUAL(text_of(d, "remote"), text);
	snprintf(text, sizeof(text), "192.0.2.%u:%u", in.local.ip[3], in.local.port);
	CU_ASSERT_STRING_EQUAL(text_of(d, "local"), text);
}

static void
same_tls(const json_t *d, const struct rtls_sock *k, enum rtls_dir dir)
{
	struct rtls_tls_info tls = { .size = sizeof(tls) };
	struct rtls_sock_stats st = { .size = sizeof(st) };

	CU_ASSERT_EQUAL(rtls_tls_info(k, dir, &tls), 0);
	CU_ASSERT_EQUAL(rtls_sock_stats(k, &st), 0);
	CU_ASSERT_STRING_EQUAL(text_of(d, "mode"), rtls_mode_name(tls.mode));
	CU_ASSERT_STRING_EQUAL(text_of(d, "reason"), rtls_mode_reason_name(tls.reason));
	CU_ASSERT_STRING_EQUAL(text_of(d, "wish"), rtls_mode_name(tls.wish));
	CU_ASSERT_STRING_EQUAL(text_of(d, "order"), rtls_mode_order_name(tls.order));
	CU_ASSERT_EQUAL(value_of(d, "epoch"), tls.epoch);
	CU_ASSERT_EQUAL(value_of(d, "rec_no"), tls.rec_no);
	CU_ASSERT_STRING_EQUAL(text_of(d, "suite"), tls.suite != NULL ? tls.suite : "(none)");
	CU_ASSERT_STRING_EQUAL(text_of(d, "provider"),
			       tls.provider != NULL ? tls.provider : "(none)");
	if (dir == RTLS_TX) {
		CU_ASSERT_EQUAL(value_of(d, "records"), st.tx_records);
		CU_ASSERT_EQUAL(value_of(d, "records_nic"), st.tx_nic_records);
		CU_ASSERT_EQUAL(value_of(d, "records_software"), st.tx_records - st.tx_nic_records);
		CU_ASSERT_EQUAL(value_of(d, "nic_bytes"), st.tx_nic_bytes);
		return;
	}
	CU_ASSERT_EQUAL(value_of(d, "paused"), tls.paused);
	CU_ASSERT_EQUAL(value_of(d, "records"), st.rx_records);
	CU_ASSERT_EQUAL(value_of(d, "records_nic"), st.rx_nic_records);
	CU_ASSERT_EQUAL(value_of(d, "records_mixed"), st.rx_mixed_records);
}

static void
talk_is_shown(struct talk *t)
{
	for (int i = 0; i < 2; i++) {
		const struct rtls_sock *k = t->socks[i];
		json_t *d = ask(&t->pair, "/recordtls/sock/info,%u,%" PRIu64,
				number_of(&t->pair, i), id_of(k));

		same_info(d, k);
		same_tls(json_object_get(d, "tx"), k, RTLS_TX);
		same_tls(json_object_get(d, "rx"), k, RTLS_RX);
		json_decref(d);
	}
}

static void
test_sock_info(void)
{
	struct talk t;
	json_t *d;

	talk_init(&t, NULL);
	talk_is_shown(&t);
	d = ask(&t.pair, "/recordtls/sock/info,%u,%" PRIu64, number_of(&t.pair, 1),
		id_of(t.pair.listener));
	CU_ASSERT_STRING_EQUAL(text_of(d, "state"), "listen");
	CU_ASSERT_EQUAL(value_of(d, "backlog"), 0);
	CU_ASSERT_EQUAL(value_of(d, "backlog_max"), 128);
	CU_ASSERT_PTR_NULL(json_object_get(d, "remote"));
	json_decref(d);
	talk_fini(&t);
}

/* Not accepted yet, or closed and finishing: the program has no handle, and it is seen. */
static void
test_sock_without_handle(void)
{
	struct rtls_addr from = pair_addr(0, 4000), to = pair_addr(1, PAIR_PORT);
	struct rtls_sock *k, *far;
	struct pair p;
	json_t *d, *row;
	void *it;

	pair_init(&p, NULL);
	CU_ASSERT_EQUAL_FATAL(rtls_connect(p.stack[0], &from, &to, &k), 0);
	pair_settle(&p);
	for (int turn = 0; turn < 2; turn++) {
		d = ask(&p, "/recordtls/sock/list,%u,remote=192.0.2.1:4000", number_of(&p, 1));
		it = json_object_iter(json_object_get(d, "socks"));
		CU_ASSERT_PTR_NOT_NULL_FATAL(it);
		row = json_object_iter_value(it);
		CU_ASSERT_STRING_EQUAL(text_of(row, "phase"), turn == 0 ? "backlog" : "orphan");
		row = ask(&p, "/recordtls/sock/info,%u,%s", number_of(&p, 1),
			  json_object_iter_key(it));
		CU_ASSERT_STRING_EQUAL(text_of(row, "phase"), turn == 0 ? "backlog" : "orphan");
		CU_ASSERT_STRING_EQUAL(text_of(row, "tcp"),
				       turn == 0 ? "established" : "fin_wait_2");
		json_decref(row);
		json_decref(d);
		if (turn == 0) {
			CU_ASSERT_EQUAL(rtls_accept_burst(p.listener, &far, 1), 1);
			CU_ASSERT_EQUAL(rtls_close(far), 0);
			pair_settle(&p);
		}
	}
	CU_ASSERT_EQUAL(rtls_close(k), 0);
	pair_fini(&p);
}

/* Who comes into a slot has another number. */
static void
test_sock_ids(void)
{
	struct pair_conf conf = { .stack = { { .max_socks = 1 } } };
	struct rtls_addr at = pair_addr(0, 1000);
	struct rtls_sock *k;
	struct pair p;
	uint64_t id = 0;
	json_t *d;

	pair_init(&p, &conf);
	for (int use = 0; use < 3; use++) {
		at.port++;
		CU_ASSERT_EQUAL_FATAL(rtls_listen(p.stack[0], &at, NULL, &k), 0);
		if (use > 0)
			is_error(ask(&p, "/recordtls/sock/info,%u,%" PRIu64, number_of(&p, 0), id),
				 "has no socket");
		id = id_of(k);
		CU_ASSERT_EQUAL(id, (uint64_t)use);
		d = ask(&p, "/recordtls/sock/info,%u,%" PRIu64, number_of(&p, 0), id);
		CU_ASSERT_EQUAL(value_of(d, "id"), id);
		json_decref(d);
		CU_ASSERT_EQUAL(rtls_close(k), 0);
		is_error(ask(&p, "/recordtls/sock/info,%u,%" PRIu64, number_of(&p, 0), id),
			 "has no socket");
	}
	pair_fini(&p);
}

/* --- filters and pages ---------------------------------------------------------- */

enum { MANY = 700 };

/* Both pages of a walk and a filter over them find each socket once. */
static uint32_t
walk(struct pair *p, int end, const char *filter, uint8_t seen[MANY])
{
	uint32_t found = 0, pages = 0;
	int64_t from = 0;

	while (from >= 0) {
		json_t *d = ask(p, "/recordtls/sock/list,%u%s,from=%" PRId64, number_of(p, end),
				filter, from);
		json_t *socks = json_object_get(d, "socks"), *row, *next;
		const char *id;

		if (json_object_get(d, "error") != NULL)
			printf("# %s\n", text_of(d, "error"));
		CU_ASSERT_EQUAL(value_of(d, "count"), json_object_size(socks));
		json_object_foreach(socks, id, row) {
			uint32_t slot = (uint32_t)strtoul(id, NULL, 10);

			CU_ASSERT_TRUE_FATAL(slot < MANY);
			seen[slot]++;
			found++;
		}
		next = json_object_get(d, "next");
		from = next != NULL ? json_integer_value(next) : -1;
		json_decref(d);
		CU_ASSERT_TRUE_FATAL(++pages < MANY);
	}
	return found;
}

static void
test_pages(void)
{
	struct pair_conf conf = { .stack = { { .max_socks = MANY } } };
	static struct rtls_sock *socks[MANY];
	static uint8_t seen[MANY];
	struct rtls_addr at = pair_addr(0, 0);
	struct pair p;

	pair_init(&p, &conf);
	for (uint32_t i = 0; i < MANY; i++) {
		at.port = (uint16_t)(10000 + i);
		CU_ASSERT_EQUAL_FATAL(rtls_listen(p.stack[0], &at, NULL, &socks[i]), 0);
	}
	memset(seen, 0, sizeof(seen));
	CU_ASSERT_EQUAL(walk(&p, 0, "", seen), MANY);
	for (uint32_t i = 0; i < MANY; i++)
		CU_ASSERT_EQUAL(seen[i], 1);
	CU_ASSERT_EQUAL(walk(&p, 0, ",state=listen", seen), MANY);
	CU_ASSERT_EQUAL(walk(&p, 0, ",state=open", seen), 0);
	CU_ASSERT_EQUAL(walk(&p, 0, ",local=192.0.2.1:10699", seen), 1);
	for (uint32_t i = 0; i < MANY; i++)
		rtls_close(socks[i]);
	pair_fini(&p);
}

/* A walk over many slots does not hold up the poll: each one does a piece. */
static void
test_piecemeal(void)
{
	struct pair_conf conf = { .stack = { { .max_socks = MANY } } };
	char command[64];
	struct pair p;
	struct ask a;
	int polls = 0;

	pair_init(&p, &conf);
	snprintf(command, sizeof(command), "/recordtls/sock/list,%u", number_of(&p, 0));
	ask_start(&a, command);
	while (!visit_posted(&p.stack[0]->visit))
		;
	/* Who sleeps until then does not sleep. */
	CU_ASSERT_TRUE(rtls_stack_deadline(p.stack[0]) <= p.now_us);
	for (; visit_posted(&p.stack[0]->visit); polls++)
		CU_ASSERT_EQUAL(rtls_stack_poll(p.stack[0], p.now_us) != 0,
				visit_posted(&p.stack[0]->visit));
	CU_ASSERT_TRUE(polls > 5);
	CU_ASSERT_TRUE(rtls_stack_deadline(p.stack[0]) > p.now_us);
	json_decref(ask_end(&a));
	pair_fini(&p);
}

static void
test_filters(void)
{
	/* On end 1: a listener and a connection that receives records in software. */
	static const struct {
		const char *filter;
		int count;
	} rows[] = {
		{ "", 2 },
		{ ",state=open", 1 },
		{ ",state=listen", 1 },
		{ ",state=closed", 0 },
		{ ",remote=192.0.2.1", 1 },
		{ ",remote=192.0.2.1:7777", 1 },
		{ ",remote=192.0.2.1:7778", 0 },
		{ ",remote=192.0.2.9", 0 },
		{ ",local=192.0.2.2:443", 2 },
		{ ",local=192.0.2.2:443,state=open", 1 },
		{ ",mode=software", 1 },
		{ ",mode=none", 1 },
		{ ",mode=nic", 0 },
		{ ",reason=no_device", 1 },
		{ ",reason=lost", 0 },
		{ ",mode=software,reason=lost", 0 },
		{ ",suite=TLS_AES_128_GCM_SHA256", 1 },
		{ ",suite=tls_aes_128_gcm_sha256", 1 },
		{ ",suite=TLS_AES_256_GCM_SHA384", 0 },
		{ ",from=15", 0 },
		{ ",from=4294967295", 0 },
	};
	struct peer key = peer_key(1, 3);
	struct rtls_keys keys = peer_keys(&key);
	struct rtls_sock *socks[2];
	struct pair p;

	pair_init(&p, NULL);
	pair_connect(&p, 7777, socks);
	pair_set_keys(socks, 0, &keys);
	for (size_t i = 0; i < HARNESS_COUNT(rows); i++) {
		json_t *d = ask(&p, "/recordtls/sock/list,%u%s", number_of(&p, 1), rows[i].filter);

		if (value_of(d, "count") != (uint64_t)rows[i].count)
			printf("# with %s\n", rows[i].filter);
		CU_ASSERT_EQUAL(value_of(d, "count"), (uint64_t)rows[i].count);
		json_decref(d);
	}
	for (int i = 0; i < 2; i++)
		rtls_abort(socks[i]);
	pair_fini(&p);
}

static void
test_nic(void)
{
#ifdef HAVE_TLSNIC
	const struct rtls_tlsnic_conf nic = { .size = sizeof(nic), .max_contexts = 8 };
	struct pair_conf conf = { .nic = { &nic, &nic } };
	struct talk t;
	char under[PORT_NAME_MAX];
	json_t *d, *in;

	talk_init(&t, &conf);
	talk_is_shown(&t);
	snprintf(under, sizeof(under), "%s", cable_port(t.pair.cable, 0)->name);
	d = ask(&t.pair, "/recordtls/port/info,tlsnic(%s)", under);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(json_object_get(d, "under"), 0)),
			       under);
	in = json_object_get(d, "inline_tls");
	CU_ASSERT_STRING_EQUAL(text_of(in, "tx_method"), "rebuild");
	CU_ASSERT_STRING_EQUAL(text_of(in, "rx_method"), "scan");
	CU_ASSERT_EQUAL(value_of(in, "contexts_in_use"), 1);
	CU_ASSERT_EQUAL(value_of(in, "contexts_max"), 8);
	CU_ASSERT_EQUAL(value_of(in, "feature_tx"), 1);
	json_decref(d);
	CU_ASSERT_EQUAL(rtls_port_features(t.pair.port[0], 0, RTLS_FEATURE_TLS_TX), 0);
	d = ask(&t.pair, "/recordtls/port/info,%s", t.pair.port[0]->name);
	in = json_object_get(d, "inline_tls");
	CU_ASSERT_EQUAL(value_of(in, "feature_tx"), 0);
	CU_ASSERT_EQUAL(value_of(in, "feature_rx"), 1);
	json_decref(d);
	for (int i = 0; i < 2; i++) {
		d = ask(&t.pair, "/recordtls/port/stats,%s", t.pair.port[i]->name);
		same_stats(d, t.pair.stack[i], t.pair.port[i], 0);
		json_decref(d);
		d = ask(&t.pair, "/recordtls/port/meanings,%s", t.pair.port[i]->name);
		CU_ASSERT_EQUAL(json_object_size(json_object_get(d, "counters")) +
					json_object_size(json_object_get(d, "levels")),
				t.pair.port[i]->nb_stats);
		CU_ASSERT_STRING_EQUAL(text_of(json_object_get(d, "levels"), "contexts_in_use"),
				       "contexts in use");
		json_decref(d);
	}
	d = ask(&t.pair, "/recordtls/sock/list,%u,mode=nic", number_of(&t.pair, 0));
	CU_ASSERT_EQUAL(value_of(d, "count"), 1);
	json_decref(d);
	talk_fini(&t);
#else
	CU_ASSERT_EQUAL(rtls_tlsnic_open(NULL, NULL, NULL), -EINVAL);
#endif
}

int
main(void)
{
	static const struct harness_case cases[] = {
		{ "sock/info", test_sock_info },
		{ "sockets without a handle", test_sock_without_handle },
		{ "numbers of sockets", test_sock_ids },
		{ "sock/list in pages", test_pages },
		{ "sock/list in pieces", test_piecemeal },
		{ "sock/list with filters", test_filters },
		{ "a TLS NIC", test_nic },
	};

	if (eal_start_watched("telemetry-sock") != 0)
		return EXIT_FAILURE;
	return harness_run("telemetry-sock", cases, HARNESS_COUNT(cases));
}
