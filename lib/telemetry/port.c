/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* /recordtls/port/...: the ports that stacks have. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <recordtls/names.h>
#include <rte_ethdev.h>

#include "stack/state.h"
#include "telemetry/answer.h"
#include "telemetry/params.h"

enum {
	LAYERS_MAX = 8, /* of a port: itself and what lies under it */
	STATS_MAX = 128,
	GLANCE_US = 20000, /* long enough for a stack that is polled */
};

static const struct params_want of_port = { .usage = "NAME, a port's", .nb_pos = 1 };

/* Not of one that has gone: stacks come and go. */
static bool
is_silent(int rc)
{
	return rc == -ETIMEDOUT || rc == -EBUSY;
}

/*
 * Has each stack run fn, which says by its argument when to stop; a port may be several stacks'.
 * Who does not answer soon is asked again behind all others, so that nobody waits for a stack
 * that is not polled before those that are have been asked; all of these share one patience.
 * 0, or why one could not be looked at: *stack.
 */
static int
visit_all(visit_fn fn, void *arg, const bool *done, uint32_t *stack)
{
	struct registry_id ids[ANSWER_STACKS];
	size_t n = RTE_MIN(registry_list(ids, RTE_DIM(ids)), RTE_DIM(ids));
	size_t again = 0;
	int rc = 0, failed;

	for (size_t i = 0; i < n && !*done; i++)
		if (is_silent(registry_visit_within(ids[i].number, fn, arg, GLANCE_US)))
			ids[again++] = ids[i];
	for (size_t i = 0; i < again && !*done; i++) {
		failed = registry_visit_within(ids[i].number, fn, arg,
					       REGISTRY_PATIENCE_US / again);
		if (is_silent(failed) && rc == 0) {
			rc = failed;
			*stack = ids[i].number;
		}
	}
	return *done ? 0 : rc;
}

/* --- list --------------------------------------------------------------------- */

struct names {
	char name[ANSWER_STACKS][PORT_NAME_MAX];
	uint32_t n;
	bool full;
};

static void
add_name(struct names *names, const char *name)
{
	for (uint32_t i = 0; i < names->n; i++)
		if (strcmp(names->name[i], name) == 0)
			return;
	snprintf(names->name[names->n++], PORT_NAME_MAX, "%s", name);
	names->full = names->n == RTE_DIM(names->name);
}

static bool
visit_names(struct rtls_stack *s, void *arg)
{
	struct names *names = arg;

	for (uint32_t i = 0; i < s->nb_netifs && !names->full; i++)
		add_name(names, s->netifs[i].port->name);
	return false;
}

static int
list(const char *cmd, const char *text, struct rte_tel_data *d)
{
	static const struct params_want nothing = { .usage = "none" };
	struct names names = { .n = 0 };
	struct params p;
	uint32_t stack;
	int rc;

	(void)cmd;
	if (!params_read(&p, &nothing, text, d))
		return 0;
	rc = visit_all(visit_names, &names, &names.full, &stack);
	if (rc != 0)
		return answer_unvisited(d, stack, rc);
	rte_tel_data_start_array(d, RTE_TEL_STRING_VAL);
	for (uint32_t i = 0; i < names.n; i++)
		answer_item(d, names.name[i]);
	return 0;
}

/* --- info and stats ----------------------------------------------------------- */

struct view {
	const char *name; /* that is looked for, during the visits */
	bool found;
	bool with_stats;
	uint32_t stack;
	uint16_t queue;
	uint32_t caps, tso_max, tso_frames;
	uint16_t nb_queues, mtu;
	uint64_t rx_room;
	uint8_t mac[6];
	bool stays, inline_tls;
	uint64_t rx_audited, rx_audits_failed; /* of one stack's */
	struct rtls_port_info tls;
	char layers[LAYERS_MAX][PORT_NAME_MAX]; /* [0]: the port itself */
	uint32_t nb_layers;
	uint64_t values[STATS_MAX];
	struct rtls_stat_desc meanings[STATS_MAX];
	int nb_stats;
};

static void
view_port(struct view *v, const struct netif *nif)
{
	const struct rtls_port *p = nif->port, *at;

	v->queue = nif->queue;
	v->caps = p->caps;
	v->tso_max = p->tso_max;
	v->tso_frames = p->tso_frames;
	v->nb_queues = p->nb_queues;
	v->mtu = p->mtu;
	v->rx_room = p->rx_room;
	memcpy(v->mac, p->mac, sizeof(v->mac));
	v->stays = p->stays;
	v->inline_tls = offload_device_present(&p->tls);
	v->rx_audited = nif->rx_audited;
	v->rx_audits_failed = nif->rx_audits_failed;
	v->tls.size = sizeof(v->tls);
	rtls_port_info(p, &v->tls);
	for (at = p; at != NULL && v->nb_layers < LAYERS_MAX; at = at->under)
		snprintf(v->layers[v->nb_layers++], PORT_NAME_MAX, "%s", at->name);
}

static bool
visit(struct rtls_stack *s, void *arg)
{
	struct view *v = arg;

	for (uint32_t i = 0; i < s->nb_netifs && !v->found; i++) {
		const struct netif *nif = &s->netifs[i];

		if (strcmp(nif->port->name, v->name) != 0)
			continue;
		v->found = true;
		v->stack = s->registered.id.number;
		view_port(v, nif);
		if (v->with_stats) {
			v->nb_stats = rtls_stats_get(s, nif->port, v->values, STATS_MAX);
			rtls_stats_describe(s, nif->port, v->meanings, STATS_MAX);
		}
	}
	return false;
}

/* False: d is the answer. */
static bool
look(struct view *v, const char *text, struct rte_tel_data *d)
{
	struct params p;
	uint32_t stack;
	int rc;

	if (!params_read(&p, &of_port, text, d))
		return false;
	v->name = p.pos[0];
	rc = visit_all(visit, v, &v->found, &stack);
	v->name = NULL;
	if (!v->found && rc != 0)
		answer_unvisited(d, stack, rc);
	else if (!v->found)
		answer_error(d, "no stack has a port '%.40s'", p.pos[0]);
	params_free(&p);
	return v->found;
}

/* The ethdev at the bottom; false: there is none. */
static bool
find_ethdev(const struct view *v, uint16_t *id)
{
	return v->nb_layers > 0 &&
	       rte_eth_dev_get_port_by_name(v->layers[v->nb_layers - 1], id) == 0;
}

static struct rte_tel_data *
inline_tls(const struct view *v)
{
	struct rte_tel_data *d = answer_dict();

	if (d == NULL)
		return NULL;
	answer_text(d, "tx_method", rtls_tls_tx_method_name(v->tls.tx_method));
	answer_text(d, "rx_method", rtls_tls_rx_method_name(v->tls.rx_method));
	if (v->tls.tx_method == RTLS_TLS_TX_REBUILD)
		answer_text(d, "tx_after", rtls_tls_tx_after_name(v->tls.tx_after));
	rte_tel_data_add_dict_uint(d, "tx_tso", v->tls.tx_tso != 0);
	rte_tel_data_add_dict_uint(d, "feature_tx", (v->tls.features & RTLS_FEATURE_TLS_TX) != 0);
	rte_tel_data_add_dict_uint(d, "feature_rx", (v->tls.features & RTLS_FEATURE_TLS_RX) != 0);
	rte_tel_data_add_dict_uint(d, "contexts_in_use", v->tls.contexts);
	rte_tel_data_add_dict_uint(d, "contexts_max", v->tls.max_contexts);
	rte_tel_data_add_dict_uint(d, "rx_audited", v->rx_audited);
	rte_tel_data_add_dict_uint(d, "rx_audits_failed", v->rx_audits_failed);
	return d;
}

static void
put_layers(struct rte_tel_data *d, const struct view *v)
{
	struct rte_tel_data *under = rte_tel_data_alloc();
	uint16_t id;

	if (under != NULL) {
		rte_tel_data_start_array(under, RTE_TEL_STRING_VAL);
		for (uint32_t i = 1; i < v->nb_layers; i++)
			answer_item(under, v->layers[i]);
		answer_put(d, "under", under);
	}
	if (find_ethdev(v, &id))
		rte_tel_data_add_dict_uint(d, "ethdev", id);
}

static int
info(const char *cmd, const char *text, struct rte_tel_data *d)
{
	struct view v = { .with_stats = false };
	char mac[18];

	(void)cmd;
	if (!look(&v, text, d))
		return 0;
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", v.mac[0], v.mac[1], v.mac[2],
		 v.mac[3], v.mac[4], v.mac[5]);
	rte_tel_data_start_dict(d);
	answer_text(d, "name", v.layers[0]);
	put_layers(d, &v);
	rte_tel_data_add_dict_uint(d, "stack", v.stack);
	rte_tel_data_add_dict_uint(d, "queue", v.queue);
	rte_tel_data_add_dict_uint(d, "queues", v.nb_queues);
	answer_text(d, "mac", mac);
	rte_tel_data_add_dict_uint(d, "mtu", v.mtu);
	rte_tel_data_add_dict_uint(d, "rx_room", v.rx_room);
	rte_tel_data_add_dict_uint(d, "tx_ipv4_checksum", (v.caps & PORT_CAP_TX_IPV4_CKSUM) != 0);
	rte_tel_data_add_dict_uint(d, "tx_tcp_checksum", (v.caps & PORT_CAP_TX_TCP_CKSUM) != 0);
	rte_tel_data_add_dict_uint(d, "rx_checksum", (v.caps & PORT_CAP_RX_CKSUM) != 0);
	rte_tel_data_add_dict_uint(d, "tso_max", v.tso_max);
	rte_tel_data_add_dict_uint(d, "tso_frames", v.tso_frames);
	rte_tel_data_add_dict_uint(d, "adopted", v.stays);
	if (v.inline_tls)
		answer_put(d, "inline_tls", inline_tls(&v));
	return 0;
}

/* The rest is at /ethdev/stats and /ethdev/xstats. */
static void
put_ethdev(struct rte_tel_data *d, const struct view *v)
{
	struct rte_eth_stats eth;
	struct rte_tel_data *e;
	uint16_t id;

	if (!find_ethdev(v, &id) || rte_eth_stats_get(id, &eth) != 0)
		return;
	e = answer_dict();
	if (e == NULL)
		return;
	rte_tel_data_add_dict_uint(e, "id", id);
	rte_tel_data_add_dict_uint(e, "ipackets", eth.ipackets);
	rte_tel_data_add_dict_uint(e, "opackets", eth.opackets);
	rte_tel_data_add_dict_uint(e, "ibytes", eth.ibytes);
	rte_tel_data_add_dict_uint(e, "obytes", eth.obytes);
	rte_tel_data_add_dict_uint(e, "imissed", eth.imissed);
	rte_tel_data_add_dict_uint(e, "ierrors", eth.ierrors);
	rte_tel_data_add_dict_uint(e, "oerrors", eth.oerrors);
	rte_tel_data_add_dict_uint(e, "rx_nombuf", eth.rx_nombuf);
	answer_put(d, "ethdev", e);
}

/* Looks, and begins the answer of a command about counters. False: d is the answer. */
static bool
look_at_stats(struct view *v, const char *text, struct rte_tel_data *d)
{
	v->with_stats = true;
	if (!look(v, text, d))
		return false;
	rte_tel_data_start_dict(d);
	/* More than there is room for: none were written. */
	if (v->nb_stats > STATS_MAX)
		v->nb_stats = 0;
	return true;
}

static int
stats(const char *cmd, const char *text, struct rte_tel_data *d)
{
	struct view v = { 0 };

	(void)cmd;
	if (!look_at_stats(&v, text, d))
		return 0;
	answer_stats(d, v.meanings, v.values, v.nb_stats);
	put_ethdev(d, &v);
	return 0;
}

static int
meanings(const char *cmd, const char *text, struct rte_tel_data *d)
{
	struct view v = { 0 };

	(void)cmd;
	if (look_at_stats(&v, text, d))
		answer_meanings(d, v.meanings, v.nb_stats);
	return 0;
}

RTE_INIT(telemetry_port)
{
	rte_telemetry_register_cmd("/recordtls/port/list", list,
				   "The ports that stacks have. Takes no parameters");
	rte_telemetry_register_cmd("/recordtls/port/info", info,
				   "What a port is and can do. Parameters: NAME");
	rte_telemetry_register_cmd("/recordtls/port/stats", stats,
				   "A port's own counters. Parameters: NAME");
	rte_telemetry_register_cmd("/recordtls/port/meanings", meanings,
				   "What they mean. Parameters: NAME");
}
