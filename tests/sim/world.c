/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/world.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
static const char *const NIC_LEVELS[] = { "contexts_in_use", "nic_tx_mbufs_in_use",
					  "nic_rx_mbufs_in_use" };

static void __attribute__((format(printf, 2, 3)))
complain(struct world *w, const char *fmt, ...)
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
			complain(w, "there is no counter %s", LEVELS[i]);
}

static uint64_t
read_stat(struct world *w, int end, const struct rtls_port *port, const char *name)
{
	uint64_t value = 0;

	if (rtls_stat_get(w->end[end].stack, port, name, &value) < 0)
		complain(w, "there is no counter %s", name);
	return value;
}

uint64_t
world_stat(struct world *w, int end, const char *name)
{
	return read_stat(w, end, NULL, name);
}

uint64_t
world_port_stat(struct world *w, int end, const char *name)
{
	return read_stat(w, end, w->end[end].port, name);
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
	for (unsigned int i = 0; has_nic(w, end) && i < HARNESS_COUNT(NIC_LEVELS); i++)
		if (world_port_stat(w, end, NIC_LEVELS[i]) != 0)
			return NIC_LEVELS[i];
	if (offload_device_contexts(&w->end[end].port->tls) != 0)
		return "the sessions of rte_security";
	return cable_mbufs_in_use(w->cable, end) != 0 ? "the cable's buffers" : NULL;
}

bool
world_nic_poll(struct world *w, int end)
{
	return has_nic(w, end) && rtls_tlsnic_poll(w->end[end].port) != 0;
}

bool
world_nic_waits(struct world *w, int end)
{
	return w->end[end].rings && world_port_stat(w, end, "nic_tx_mbufs_in_use") != 0;
}

/* --- life -------------------------------------------------------------------- */

static struct rtls_addr
addr_of(int i, uint16_t port)
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

static void
make_keys(struct world *w, const struct sim_conf *conf, struct rtls_keys keys[2])
{
	struct sealer_conf sc = { .mtu = conf->mtu, .forged = conf->forged };
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
		sc.dir[i].keys_seed = keys_seed(conf);
		sc.dir[i].from = i;
		sc.dir[i].max_payload = conf->end[i].app.max_payload != 0 ?
						conf->end[i].app.max_payload :
						16384;
		sc.dir[i].journal = &w->end[i].journal;
		sc.max_seg[i] = conf->end[i].app.max_seg;
		sc.gaps[i] = conf->end[i].nic != SIM_NIC_NONE && conf->end[i].nic_conf.tx_lose != 0;
	}
	w->sealer = sealer_create(&sc);
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
	struct rtls_addr ip = addr_of(i, 0);
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
	if (rc == 0 && c->nic != SIM_NIC_NONE)
		rc = rtls_tlsnic_open(e->port, &c->nic_conf, &e->port);
	if (rc == 0)
		rc = rtls_stack_bind(e->stack, e->port, 0);
	if (rc == 0 && c->rx_only)
		rc = rtls_port_features(e->port, 0, RTLS_FEATURE_TLS_TX);
	if (rc == 0)
		rc = rtls_addr_add(e->stack, e->port, &ip, 24);
	if (rc == 0)
		read_levels(w, e->stack, e->start);
	return rc;
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
	for (int i = 0; rc == 0 && i < 2; i++) {
		snprintf(name, sizeof(name), "sim%u%c", count, 'a' + i);
		rc = make_end(w, conf, i, name, keys);
	}
	return rc;
}

int
world_open(struct world *w, const struct sim_conf *conf)
{
	struct rtls_addr local = addr_of(0, conf->local_port);
	struct rtls_addr remote = addr_of(1, SERVER_PORT);
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
		complain(w, "keys were taken in front of the handshake");
	return rc;
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
			cable_set_time(w->cable, now_us);
			rtls_stack_poll(w->end[i].stack, now_us);
			world_nic_poll(w, i);
		}
		if (rc != 0)
			complain(w, "rtls_stack_destroy gave %d", rc);
	}
	for (int i = 0; w->cable != NULL && i < 2; i++) {
		stats[i] = cable_stats_get(w->cable, i);
		if (stats[i].misused != 0)
			complain(w, "end %d used its port in a wrong way", i);
		rc = w->end[i].port == NULL ? 0 : rtls_port_close(w->end[i].port);
		if (rc != 0)
			complain(w, "rtls_port_close gave %d", rc);
		if (cable_mbufs_in_use(w->cable, i) != 0)
			complain(w, "end %d kept buffers that it received", i);
	}
	cable_destroy(w->cable);
	sealer_destroy(w->sealer);
	for (int i = 0; i < 2; i++)
		journal_fini(&w->end[i].journal);
}
