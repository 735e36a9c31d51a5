/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/world.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/ways.h"
#include "stack/state.h"
#include "support/harness.h"

enum {
	TICK_US = 10,
	SERVER_PORT = 443,
};

/* Levels of a stack that come back to the start, and counters of what does not happen here. */
static const char *const LEVELS[WORLD_LEVELS] = {
	"MbufsInUse", "SocksInUse",    "TimersInUse", "SessionsInUse",       "FlowsInUse",
	"SynInUse",   "TimeWaitInUse", "RxRoomInUse", "CryptoFallbackSuite", "CryptoFallbackNoRoom",
};

/* Levels of a TLS NIC. */
const char *const WORLD_NIC_LEVELS[WORLD_NB_NIC_LEVELS] = { "contexts_in_use",
							    "nic_tx_mbufs_in_use",
							    "nic_rx_mbufs_in_use" };

void
world_complain(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (w->error[0] != '\0')
		return;
	va_start(ap, fmt);
	vsnprintf(w->error, sizeof(w->error), fmt, ap);
	va_end(ap);
}

/* --- levels ------------------------------------------------------------------ */

static void
read_levels(struct world *w, const struct rtls_stack *stack, uint64_t out[WORLD_LEVELS])
{
	for (unsigned int i = 0; i < WORLD_LEVELS; i++)
		if (rtls_stat_get(stack, NULL, LEVELS[i], &out[i]) < 0)
			world_complain(w, "there is no counter %s", LEVELS[i]);
}

uint64_t
world_read_stat(struct world *w, int end, const struct rtls_port *port, const char *name)
{
	uint64_t value = 0;

	if (rtls_stat_get(w->end[end].stack, port, name, &value) < 0)
		world_complain(w, "there is no counter %s", name);
	return value;
}

uint64_t
world_stat(struct world *w, int end, const char *name)
{
	return world_read_stat(w, end, NULL, name);
}

uint64_t
world_port_stat(struct world *w, int end, const char *name)
{
	return world_read_stat(w, end, w->end[end].port, name);
}

uint64_t
world_headers_shown(const struct world *w, int end)
{
	const struct stream *s = sealer_stream(w->sealer, end);

	return w->end[end].journal.text == NULL ? 0 : false_headers_count(s->wire, s->len);
}

static bool
has_nic(const struct world *w, int end)
{
	return w->end[end].port != cable_port(w->cable, end);
}

const char *
world_leak(struct world *w, int end)
{
	uint64_t now[WORLD_LEVELS] = { 0 };

	read_levels(w, w->end[end].stack, now);
	for (unsigned int i = 0; i < WORLD_LEVELS; i++)
		if (now[i] != w->end[end].start[i])
			return LEVELS[i];
	for (unsigned int i = 0; has_nic(w, end) && i < WORLD_NB_NIC_LEVELS; i++)
		if (world_port_stat(w, end, WORLD_NIC_LEVELS[i]) != 0)
			return WORLD_NIC_LEVELS[i];
	if (offload_device_contexts(&w->end[end].port->tls) != 0)
		return "the sessions of rte_security";
	if (cable_mbufs_in_use(w->cable, end) != 0)
		return "the cable's buffers";
	return ways_leak(w, end);
}

static void
clean_port(struct rtls_port *p)
{
	if (p != NULL)
		p->tx_cleanup(p, 0);
}

void
world_cleanup(struct world *w)
{
	for (int i = 0; i < 2; i++) {
		clean_port(cable_port(w->cable, i));
		clean_port(w->end[i].port);
		if (w->other != NULL)
			clean_port(cable_port(w->other, i));
		clean_port(w->end[i].other_port);
	}
}

bool
world_nic_poll(struct world *w, int end)
{
	bool did = has_nic(w, end) && rtls_tlsnic_poll(w->end[end].port) != 0;

	return (ways_has_nic(w, end) && rtls_tlsnic_poll(w->end[end].other_port) != 0) || did;
}

bool
world_nic_waits(struct world *w, int end)
{
	if (!w->end[end].rings)
		return false;
	return (has_nic(w, end) && world_port_stat(w, end, "nic_tx_mbufs_in_use") != 0) ||
	       (ways_has_nic(w, end) &&
		world_read_stat(w, end, w->end[end].other_port, "nic_tx_mbufs_in_use") != 0);
}

/* --- life -------------------------------------------------------------------- */

struct rtls_addr
world_addr(int i, uint16_t port)
{
	return (struct rtls_addr){
		.family = RTLS_IPV4,
		.port = port,
		.ip = { 192, 0, 2, (uint8_t)(i + 1) },
	};
}

/* Of the keys behind the first ones. */
static uint64_t
keys_seed(const struct sim_conf *conf)
{
	return conf->seed ^ UINT64_C(0x6e657874);
}

/* What an end sends is such that the wire shows headers. */
static void
show_headers(struct world *w, const struct sim_conf *conf, int i, const struct sim_key *key)
{
	struct world_end *e = &w->end[i];

	e->text = (struct false_headers){
		.suite = &suites[conf->suite],
		.key = *key,
		.seed = conf->seed,
		.per_record = conf->end[i].app.max_payload,
	};
	e->journal.text = false_headers_text;
	e->journal.text_arg = &e->text;
}

static void
make_keys(struct world *w, const struct sim_conf *conf, struct rtls_keys keys[2])
{
	struct sealer_conf sc = {
		.mtu = conf->mtu,
		.forged = conf->forged,
		.two_ways = conf->move_us != 0,
	};
	uint64_t rng = conf->seed ^ UINT64_C(0x6b657973);

	for (int i = 0; i < 2; i++) {
		keys[i] = (struct rtls_keys){
			.version = suites[conf->suite].version,
			.cipher = suites[conf->suite].cipher,
			.rec_no = conf->end[i].rec_no,
		};
		for (size_t j = 0; j < sizeof(keys[i].key); j++)
			keys[i].key[j] = (uint8_t)harness_rand(&rng);
		for (int j = 0; j < 12; j++)
			keys[i].iv[j] = (uint8_t)harness_rand(&rng);
		journal_init(&w->end[i].journal, harness_rand(&rng), conf->end[i].plain_len);
		memcpy(sc.dir[i].key.key, keys[i].key, sizeof(sc.dir[i].key.key));
		memcpy(sc.dir[i].key.iv, keys[i].iv, sizeof(sc.dir[i].key.iv));
		sc.dir[i].key.rec_no = keys[i].rec_no;
		sc.dir[i].suite = conf->suite;
		if (conf->end[i].false_headers)
			show_headers(w, conf, i, &sc.dir[i].key);
		sc.dir[i].keys_seed = keys_seed(conf);
		sc.dir[i].from = i;
		sc.dir[i].max_payload = conf->end[i].app.max_payload != 0 ?
						conf->end[i].app.max_payload :
						16384;
		sc.dir[i].journal = &w->end[i].journal;
		sc.max_seg[i] = conf->end[i].app.max_seg;
		/* By two ways something overtakes in front of the wire. */
		sc.gaps[i] = world_nic_drops(&conf->end[i]) || conf->move_us != 0;
	}
	w->sealer = sealer_create(&sc);
	if (conf->watch != NULL)
		conf->watch->sealer(conf->watch->arg, w->sealer);
}

static int
make_end(struct world *w, const struct sim_conf *conf, int i, const char *name,
	 const struct rtls_keys keys[2])
{
	const struct sim_end_conf *c = &conf->end[i];
	uint32_t nb = c->nb_large != 0 ? c->nb_large : 64;
	struct rtls_stack_conf sc = {
		.size = sizeof(sc),
		.name = name,
		.max_socks = 8,
		.max_time_wait = 8,
		.max_syn = 8,
		.nb_packets = 1024,
		.nb_small = nb * 4,
		.nb_medium = nb * 2,
		.nb_large = nb,
		.sndbuf = c->sndbuf,
		.rcvbuf = c->rcvbuf,
		.crypto = getenv("RECORDTLS_CRYPTO"),
	};
	uint64_t rng = conf->seed + (uint64_t)i;
	struct rtls_addr ip = world_addr(i, 0);
	struct world_end *e = &w->end[i];
	struct app_conf app = c->app;
	int rc;

	for (size_t j = 0; j < sizeof(sc.secret); j++)
		sc.secret[j] = (uint8_t)harness_rand(&rng);
	app.software = c->nic == SIM_NIC_UNUSED;
	app.mortal = conf->mortal;
	app.keys_seed = keys_seed(conf);
	app_init(&e->app, &app, i, &e->journal, &w->end[1 - i].journal, w->sealer, &keys[i],
		 &keys[1 - i]);
	e->port = cable_port(w->cable, i);
	e->rings = c->nic != SIM_NIC_NONE && c->nic_conf.rings != 0;
	rc = rtls_stack_create(&sc, &e->stack);
	if (rc == 0)
		e->stack->params.pacing = !conf->unpaced;
	if (rc == 0 && conf->watch != NULL)
		conf->watch->port(conf->watch->arg, i, e->stack, e->port, false);
	if (rc == 0 && c->nic != SIM_NIC_NONE)
		rc = rtls_tlsnic_open(e->port, &c->nic_conf, &e->port);
	if (rc == 0 && c->nic != SIM_NIC_NONE)
		told_init(&e->told, e->port);
	if (rc == 0 && conf->watch != NULL && c->nic != SIM_NIC_NONE)
		conf->watch->port(conf->watch->arg, i, e->stack, e->port, true);
	if (rc == 0)
		rc = rtls_stack_bind(e->stack, e->port, 0);
	if (rc == 0 && c->rx_only)
		rc = rtls_port_features(e->port, 0, RTLS_FEATURE_TLS_TX);
	if (rc == 0)
		rc = rtls_addr_add(e->stack, e->port, &ip, 24);
	if (rc == 0 && w->other != NULL)
		rc = ways_make_port(w, c, i);
	if (rc == 0)
		read_levels(w, e->stack, e->start);
	return rc;
}

bool
world_nic_drops(const struct sim_end_conf *e)
{
	uint32_t drops = 1u << RTLS_TLSNIC_TX_LOST | 1u << RTLS_TLSNIC_CONTEXT_LOST |
			 1u << RTLS_TLSNIC_RESET;

	return e->nic != SIM_NIC_NONE &&
	       (e->nic_conf.tx_lose != 0 || (e->nic_conf.faults & drops) != 0);
}

int
world_init(struct world *w, const struct sim_conf *conf, cable_tap_fn tap, cable_filter_fn filter,
	   void *arg)
{
	static unsigned int count;
	char name[32];
	struct cable_conf cc = {
		.name = name,
		.seed = conf->seed,
		.now_us = conf->start_us,
		.caps = conf->caps,
		.tso_max = conf->tso_max,
		.nb_mbufs = conf->nb_mbufs,
		.mtu = conf->mtu,
		.rx_seg_len = conf->rx_seg_len,
		.lazy_free = conf->lazy_free,
		.path = { conf->end[0].path, conf->end[1].path },
		.tap = tap,
		.tap_arg = arg,
		.filter = filter,
		.filter_arg = arg,
	};
	struct rtls_keys keys[2];
	int rc;

	make_keys(w, conf, keys);
	count++;
	snprintf(name, sizeof(name), "sim%u", count);
	rc = cable_create(&cc, &w->cable);
	if (rc == 0 && conf->move_us != 0) {
		snprintf(name, sizeof(name), "sim%uo", count);
		cc.seed = w->move_rng = conf->seed ^ UINT64_C(0x6d6f7665);
		rc = cable_create(&cc, &w->other);
	}
	for (int i = 0; rc == 0 && i < 2; i++) {
		snprintf(name, sizeof(name), "sim%u%c", count, 'a' + i);
		rc = make_end(w, conf, i, name, keys);
	}
	return rc;
}

int
world_open(struct world *w, const struct sim_conf *conf)
{
	struct rtls_addr local = world_addr(0, conf->local_port);
	struct rtls_addr remote = world_addr(1, SERVER_PORT);
	struct world_end *client = &w->end[0], *server = &w->end[1];
	int rc = rtls_listen(server->stack, &remote, NULL, &server->listener);

	if (rc != 0)
		return rc;
	if (server->app.conf.by_events)
		rc = rtls_sock_watch(server->listener, RTLS_ACCEPT, NULL);
	if (rc == 0)
		rc = rtls_connect(client->stack, &local, &remote, &client->connecting);
	if (rc == 0 && client->app.conf.by_events)
		rc = rtls_sock_watch(client->connecting,
				     RTLS_CONNECTED | RTLS_READABLE | RTLS_WRITABLE | RTLS_CONTROL |
					     RTLS_MODE,
				     &client->app);
	if (rc == 0 &&
	    rtls_set_keys(client->connecting, RTLS_TX, &client->app.keys[RTLS_TX]) != -ENOTCONN)
		world_complain(w, "keys were taken in front of the handshake");
	return rc;
}

/* Who takes bytes of a forger tells of these, and ends. */
static void
judge_told(struct world *w, int i)
{
	const struct world_end *e = &w->end[i];
	const char *error = NULL;

	if (!e->app.conf.mortal && e->told.port != NULL)
		error = told_error(&e->told, w->sealer, 1 - i);
	if (error != NULL)
		world_complain(w, "end %d: %s", i, error);
}

void
world_fini(struct world *w, uint64_t now_us, struct cable_stats stats[2])
{
	int rc;

	for (int i = 0; i < 2; i++) {
		if (w->end[i].stack == NULL)
			continue;
		for (int tries = 0; tries < 1000; tries++) {
			rc = rtls_stack_destroy(w->end[i].stack);
			if (rc != -EAGAIN)
				break;
			now_us += TICK_US;
			world_set_time(w, now_us);
			rtls_stack_poll(w->end[i].stack, now_us);
			world_nic_poll(w, i);
		}
		if (rc != 0)
			world_complain(w, "rtls_stack_destroy gave %d", rc);
	}
	for (int i = 0; w->cable != NULL && i < 2; i++) {
		stats[i] = cable_stats_get(w->cable, i);
		if (stats[i].misused != 0)
			world_complain(w, "end %d used its port in a wrong way", i);
		judge_told(w, i);
		told_fini(&w->end[i].told);
		rc = w->end[i].port == NULL ? 0 : rtls_port_close(w->end[i].port);
		if (rc != 0)
			world_complain(w, "rtls_port_close gave %d", rc);
		if (cable_mbufs_in_use(w->cable, i) != 0)
			world_complain(w, "end %d kept buffers that it received", i);
		ways_close_port(w, i);
	}
	cable_destroy(w->cable);
	cable_destroy(w->other);
	sealer_destroy(w->sealer);
	for (int i = 0; i < 2; i++)
		journal_fini(&w->end[i].journal);
}
