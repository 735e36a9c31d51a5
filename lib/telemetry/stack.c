/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* /recordtls/stack/list and /recordtls/stack/info */
#include <stdio.h>
#include <string.h>

#include "stack/addr.h"
#include "stack/state.h"
#include "telemetry/answer.h"
#include "telemetry/params.h"

static const struct params_want nothing = { .usage = "none", .nb_pos = 0 };
static const struct params_want of_stack = { .usage = "STACK, a number or name", .nb_pos = 1 };

static int
list(const char *cmd, const char *text, struct rte_tel_data *d)
{
	struct registry_id ids[ANSWER_STACKS];
	struct params p;
	char number[16];
	size_t n;

	(void)cmd;
	if (!params_read(&p, &nothing, text, d))
		return 0;
	n = RTE_MIN(registry_list(ids, RTE_DIM(ids)), RTE_DIM(ids));
	rte_tel_data_start_dict(d);
	for (size_t i = 0; i < n; i++) {
		snprintf(number, sizeof(number), "%u", ids[i].number);
		answer_text(d, number, ids[i].name);
	}
	params_free(&p);
	return 0;
}

struct info {
	struct registry_id id;
	struct rtls_stack_conf conf;
	uint64_t now_us;
	uint64_t rx_room_used, rx_room_max;
	uint32_t socks_in_use, mbufs_in_use;
	bool draining, short_of_buffers, tls_off;
	struct route_table routes;
	uint32_t nb_ports;
	char ports[STACK_PORTS_MAX][PORT_NAME_MAX];
};

static bool
visit_info(struct rtls_stack *s, void *arg)
{
	struct info *out = arg;

	out->id = s->registered.id;
	out->conf = s->conf;
	out->now_us = s->now_us;
	out->rx_room_used = s->rx_room_used;
	out->rx_room_max = s->rx_room_max;
	out->socks_in_use = s->socks_in_use;
	out->mbufs_in_use = buf_pools_in_use(&s->pools);
	out->draining = s->draining;
	out->tls_off = s->tls_off;
	out->short_of_buffers = s->short_since_us != 0;
	out->routes = s->routes;
	out->nb_ports = s->nb_netifs;
	for (uint32_t i = 0; i < s->nb_netifs; i++)
		snprintf(out->ports[i], sizeof(out->ports[i]), "%s", s->netifs[i].port->name);
	return false;
}

static void
put_conf(struct rte_tel_data *d, const struct rtls_stack_conf *c)
{
	const struct {
		const char *name;
		uint32_t value;
	} fields[] = {
		{ "max_socks", c->max_socks },
		{ "max_time_wait", c->max_time_wait },
		{ "max_syn", c->max_syn },
		{ "max_per_remote", c->max_per_remote },
		{ "nb_packets", c->nb_packets },
		{ "nb_small", c->nb_small },
		{ "nb_medium", c->nb_medium },
		{ "nb_large", c->nb_large },
		{ "sndbuf", c->sndbuf },
		{ "rcvbuf", c->rcvbuf },
		{ "sndbuf_max", c->sndbuf_max },
		{ "rcvbuf_max", c->rcvbuf_max },
		{ "time_wait_us", c->time_wait_us },
		{ "user_timeout_us", c->user_timeout_us },
		{ "rto_min_us", c->rto_min_us },
		{ "answers_per_remote", c->answers_per_remote },
		{ "answers_per_stack", c->answers_per_stack },
		{ "wipe_buffers", c->wipe_buffers },
		{ "cc", c->cc },
	};
	struct rte_tel_data *conf = answer_dict();

	for (size_t i = 0; conf != NULL && i < RTE_DIM(fields); i++)
		rte_tel_data_add_dict_uint(conf, fields[i].name, fields[i].value);
	answer_put(d, "conf", conf);
}

static struct rtls_addr
ip4(uint32_t ip)
{
	struct net_addr a = net_addr_v4(ip);

	return addr_from_net(&a, 0);
}

/* An array of texts. */
static void
put_list(struct rte_tel_data *d, const char *name, uint32_t n,
	 void (*text)(const struct info *info, uint32_t i, char *out, size_t size),
	 const struct info *info)
{
	struct rte_tel_data *list_of = rte_tel_data_alloc();
	char entry[RTE_TEL_MAX_STRING_LEN];

	if (list_of == NULL)
		return;
	rte_tel_data_start_array(list_of, RTE_TEL_STRING_VAL);
	for (uint32_t i = 0; i < n; i++) {
		text(info, i, entry, sizeof(entry));
		answer_item(list_of, entry);
	}
	answer_put(d, name, list_of);
}

static void
port_text(const struct info *info, uint32_t i, char *out, size_t size)
{
	snprintf(out, size, "%s", info->ports[i]);
}

static void
prefix_text(uint32_t ip, uint32_t netmask, char *out, size_t size)
{
	struct rtls_addr a = ip4(ip);
	char text[RTLS_ADDR_TEXT];

	rtls_addr_format(&a, text, sizeof(text));
	snprintf(out, size, "%s/%u", text, (unsigned int)__builtin_popcount(netmask));
}

static void
addr_text(const struct info *info, uint32_t i, char *out, size_t size)
{
	const struct route_addr *a = &info->routes.addrs[i];
	size_t len;

	prefix_text(a->ip, a->netmask, out, size);
	len = strlen(out);
	snprintf(out + len, size - len, " on %s", info->ports[a->netif]);
}

static void
route_text(const struct info *info, uint32_t i, char *out, size_t size)
{
	const struct route_gateway *r = &info->routes.gateways[i];
	struct rtls_addr gateway = ip4(r->gateway);
	char text[RTLS_ADDR_TEXT];
	size_t len;

	prefix_text(r->dst, r->netmask, out, size);
	rtls_addr_format(&gateway, text, sizeof(text));
	len = strlen(out);
	snprintf(out + len, size - len, " by %s on %s", text, info->ports[r->netif]);
}

static int
info(const char *cmd, const char *text, struct rte_tel_data *d)
{
	struct info in;
	struct params p;
	uint32_t stack;
	int rc;

	(void)cmd;
	if (!params_read(&p, &of_stack, text, d) || !params_stack(&p, &stack, d))
		return 0;
	rc = registry_visit(stack, visit_info, &in);
	if (rc != 0)
		return answer_unvisited(d, stack, rc);
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_uint(d, "stack", in.id.number);
	answer_text(d, "name", in.id.name);
	rte_tel_data_add_dict_uint(d, "now_us", in.now_us);
	rte_tel_data_add_dict_uint(d, "socks_in_use", in.socks_in_use);
	rte_tel_data_add_dict_uint(d, "mbufs_in_use", in.mbufs_in_use);
	rte_tel_data_add_dict_uint(d, "rx_room_used", in.rx_room_used);
	rte_tel_data_add_dict_uint(d, "rx_room_max", in.rx_room_max);
	rte_tel_data_add_dict_uint(d, "short_of_buffers", in.short_of_buffers);
	rte_tel_data_add_dict_uint(d, "draining", in.draining);
	rte_tel_data_add_dict_uint(d, "tls_switched_off", in.tls_off);
	put_list(d, "ports", in.nb_ports, port_text, &in);
	put_list(d, "addresses", in.routes.nb_addrs, addr_text, &in);
	put_list(d, "routes", in.routes.nb_gateways, route_text, &in);
	put_conf(d, &in.conf);
	return 0;
}

RTE_INIT(telemetry_stack)
{
	rte_telemetry_register_cmd("/recordtls/stack/list", list,
				   "The stacks: number and name. Takes no parameters");
	rte_telemetry_register_cmd("/recordtls/stack/info", info,
				   "What a stack is and has. Parameters: STACK");
}
