/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#define _DEFAULT_SOURCE /* strsep */

#include "support/offload_double.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include <recordtls/tls.h>

#include "support/offload_double_priv.h"

void
double_say(struct offload_double *o, const char *format, ...)
{
	va_list args;
	int len;

	if (o->mute)
		return;
	va_start(args, format);
	len = vsnprintf(o->trace + o->trace_len, sizeof(o->trace) - o->trace_len, format, args);
	va_end(args);
	CU_ASSERT_FATAL(len >= 0 && (size_t)len < sizeof(o->trace) - o->trace_len);
	o->trace_len += (size_t)len;
}

static void
say_addr(struct offload_double *o, const struct rtls_addr *a)
{
	char text[RTLS_ADDR_TEXT];

	CU_ASSERT_EQUAL(rtls_addr_format(a, text, sizeof(text)), 0);
	double_say(o, " %s", text);
}

static void
caps(void *dev, struct rtls_tls_caps *out)
{
	const struct offload_double *o = dev;

	CU_ASSERT_EQUAL(out->size, sizeof(*out));
	*out = o->caps;
}

static struct double_context *
find(struct offload_double *o, struct rtls_tls_handle h)
{
	struct double_context *c = h.index < DOUBLE_CONTEXTS ? &o->ctx[h.index] : NULL;

	return c != NULL && c->used && !c->deleting && c->generation == h.generation ? c : NULL;
}

/* No two contexts have the same: the slot is in it, and how often that was used. */
static uint32_t
next_generation(const struct offload_double *o, uint32_t slot)
{
	uint32_t nth = double_nth(o->ctx[slot].generation) + 1;

	CU_ASSERT_FATAL(nth < 1 << DOUBLE_NTH_BITS);
	return o->no_low_bits ? nth << 16 : slot << DOUBLE_NTH_BITS | nth;
}

/* Of those flows that have one. */
static void
say_iv(struct offload_double *o, const struct rtls_tls_flow *flow)
{
	static const uint8_t none[sizeof(flow->iv)];

	if (memcmp(flow->iv, none, sizeof(none)) != 0)
		double_say_hex(o, "iv", flow->iv, sizeof(flow->iv));
	double_say(o, "\n");
}

static int
add(void *dev, void *session, const struct rtls_tls_flow *flow, uint64_t cookie,
    struct rtls_tls_handle *out)
{
	struct offload_double *o = dev;
	uint32_t i;

	double_say(o, "add s%u %s", double_number_of(session), flow->dir == RTLS_TX ? "TX" : "RX");
	say_addr(o, &flow->local);
	say_addr(o, &flow->remote);
	double_say(o, " queue %u cookie %llx", flow->queue, (unsigned long long)cookie);
	say_iv(o, flow);
	if (o->add_rc != 0 && o->add_rc != -EINPROGRESS)
		return o->add_rc;
	for (i = 0; i < DOUBLE_CONTEXTS && o->ctx[i].used; i++)
		;
	if (i == DOUBLE_CONTEXTS)
		return -ENOSPC;
	o->ctx[i] = (struct double_context){
		.used = true,
		.adding = o->add_rc == -EINPROGRESS,
		.generation = next_generation(o, i),
		.cookie = cookie,
		.flow = *flow,
	};
	double_key_of(session, flow, &o->ctx[i]);
	*out = (struct rtls_tls_handle){ .index = i, .generation = o->ctx[i].generation };
	return o->add_rc;
}

static int
start(void *dev, struct rtls_tls_handle h, uint32_t seq, uint64_t rec_no)
{
	struct offload_double *o = dev;
	struct double_context *c = find(o, h);

	double_say(o, "start ctx %u.%u at %u number %llu\n", h.index, double_nth(h.generation), seq,
		   (unsigned long long)rec_no);
	if (c == NULL)
		return -ENOENT;
	if (c->adding || c->started)
		return -EBUSY;
	c->started = o->start_rc == 0;
	c->seq = c->next_seq = seq;
	c->rec_no = rec_no;
	return o->start_rc;
}

static int
del(void *dev, struct rtls_tls_handle h)
{
	struct offload_double *o = dev;
	struct double_context *c = find(o, h);

	double_say(o, "del ctx %u.%u\n", h.index, double_nth(h.generation));
	if (c == NULL)
		return 0;
	c->adding = false;
	c->deleting = o->del_rc == -EINPROGRESS;
	c->used = c->deleting;
	return o->del_rc;
}

static int
tx_resync(void *dev, struct rtls_tls_handle h, uint32_t seq, uint64_t rec_no)
{
	struct offload_double *o = dev;
	struct double_context *c = find(o, h);

	double_say(o, "tx_resync ctx %u.%u at %u number %llu\n", h.index, double_nth(h.generation),
		   seq, (unsigned long long)rec_no);
	if (c == NULL)
		return -ENOENT;
	if (o->resync_rc == 0)
		c->next_seq = seq;
	return o->resync_rc;
}

static int
rx_resync(void *dev, struct rtls_tls_handle h, uint32_t seq, uint64_t rec_no)
{
	struct offload_double *o = dev;

	if (o->resyncs)
		double_say(o, "rx_resync ctx %u.%u at %u number %llu\n", h.index,
			   double_nth(h.generation), seq, (unsigned long long)rec_no);
	return find(o, h) != NULL ? o->rx_resync_rc : -ENOENT;
}

static unsigned int
poll_events(void *dev, uint16_t queue, struct rtls_tls_event *ev, unsigned int n)
{
	struct offload_double *o = dev;

	(void)queue;
	n = RTE_MIN(n, o->nb_events);
	memcpy(ev, o->events, n * sizeof(*ev));
	o->nb_events -= n;
	memmove(o->events, o->events + n, o->nb_events * sizeof(*ev));
	return n;
}

static int
steer_add(void *steer_dev, const struct rtls_tls_flow *flow, void *session, void **rule)
{
	struct offload_double *o = steer_dev;

	double_say(o, "steer s%u", double_number_of(session));
	say_addr(o, &flow->remote);
	say_addr(o, &flow->local);
	double_say(o, "\n");
	if (o->steer_rc != 0)
		return o->steer_rc;
	o->rules++;
	*rule = session;
	return 0;
}

static void
steer_del(void *steer_dev, void *rule)
{
	struct offload_double *o = steer_dev;

	double_say(o, "unsteer s%u\n", double_number_of(rule));
	o->rules--;
}

void
offload_double_init(struct offload_double *o)
{
	*o = (struct offload_double){
		.sec_ctx = { .device = o, .ops = &o->sec_ops },
		.sec_ops = double_sec_ops,
		.ops = {
			.size = sizeof(o->ops),
			.caps = caps,
			.add = add,
			.start = start,
			.del = del,
			.tx_resync = tx_resync,
			.rx_resync = rx_resync,
			.poll_events = poll_events,
		},
		.caps = {
			.size = sizeof(o->caps),
			.max_contexts = DOUBLE_CONTEXTS,
			.tx_method = RTLS_TLS_TX_REBUILD,
			.rx_method = RTLS_TLS_RX_SCAN,
			.rx_identity = 1,
			.flow_iv = 1,
		},
		.capabilities = double_capabilities,
		.device = {
			.sec_ctx = &o->sec_ctx,
			.ops = &o->ops,
			.dev = o,
			.steer_add = steer_add,
			.steer_del = steer_del,
			.steer_dev = o,
		},
	};
}

void
offload_double_event(struct offload_double *o, const struct rtls_tls_event *ev)
{
	CU_ASSERT_FATAL(o->nb_events < DOUBLE_EVENTS);
	o->events[o->nb_events++] = *ev;
}

static void
context_event(struct offload_double *o, const struct double_context *c,
	      enum rtls_tls_event_type type, int status)
{
	struct rtls_tls_event ev = {
		.type = (uint8_t)type,
		.status = status,
		.ctx = { .index = (uint32_t)(c - o->ctx), .generation = c->generation },
		.cookie = c->cookie,
	};

	offload_double_event(o, &ev);
}

void
offload_double_answer(struct offload_double *o, int status)
{
	for (struct double_context *c = o->ctx; c < o->ctx + DOUBLE_CONTEXTS; c++) {
		if (!c->used || !c->adding)
			continue;
		c->adding = false;
		context_event(o, c, RTLS_TLS_EV_ADD_DONE, status);
	}
}

void
offload_double_deleted(struct offload_double *o)
{
	for (struct double_context *c = o->ctx; c < o->ctx + DOUBLE_CONTEXTS; c++) {
		if (!c->deleting)
			continue;
		*c = (struct double_context){ .generation = c->generation, .cookie = c->cookie };
		context_event(o, c, RTLS_TLS_EV_DEL_DONE, 0);
	}
}

unsigned int
offload_double_contexts(const struct offload_double *o)
{
	unsigned int n = 0;

	for (int i = 0; i < DOUBLE_CONTEXTS; i++)
		n += o->ctx[i].used;
	return n;
}

bool
offload_double_said(struct offload_double *o, const char *text)
{
	bool same = strcmp(o->trace, text) == 0;

	if (!same)
		printf("# the trace is:\n%s\n# and should be:\n%s\n", o->trace, text);
	o->trace_len = 0;
	o->trace[0] = '\0';
	return same;
}

bool
offload_double_asked(struct offload_double *o, const char *text)
{
	char in_short[DOUBLE_TRACE] = "", call[16], *line, *rest = o->trace;
	size_t len = 0;

	while ((line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		char what[16];

		CU_ASSERT_FATAL(sscanf(line, "%15s ctx %15s", call, what) == 2 ||
				sscanf(line, "%15s %15s", call, what) == 2);
		len += (size_t)snprintf(in_short + len, sizeof(in_short) - len, "%s%s %s",
					len > 0 ? ", " : "", call, what);
	}
	memcpy(o->trace, in_short, len + 1);
	return offload_double_said(o, text);
}
