/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "sim/told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct told *listeners;

static void
keep(struct told *t, uint32_t seq, uint64_t rec_no)
{
	if (t->nb == t->cap) {
		t->cap = t->cap == 0 ? 64 : t->cap * 2;
		t->all = realloc(t->all, t->cap * sizeof(*t->all));
		if (t->all == NULL)
			abort();
	}
	t->all[t->nb++] = (struct told_one){ .seq = seq, .rec_no = rec_no };
}

static int
rx_resync(void *dev, struct rtls_tls_handle ctx, uint32_t seq, uint64_t rec_no)
{
	struct told *t = listeners;

	while (t->port->tls.dev != dev)
		t = t->next;
	keep(t, seq, rec_no);
	return t->below->rx_resync(dev, ctx, seq, rec_no);
}

void
told_init(struct told *t, struct rtls_port *port)
{
	*t = (struct told){ .port = port, .below = port->tls.ops, .next = listeners };
	listeners = t;
	if (t->below->rx_resync == NULL)
		return;
	t->ops = *t->below;
	t->ops.rx_resync = rx_resync;
	port->tls.ops = &t->ops;
}

/* One that begins where the stream ends, or behind what was sent of it, may be told, too. */
static const char *
judge(const struct stream *s, uint32_t isn, const struct told_one *one)
{
	static char error[100];
	uint32_t off = one->seq - isn - 1;
	uint64_t at = s->conf.journal->plain_len;

	for (uint64_t i = 0; i < s->nb_records && at <= off; at += s->records[i++].wire_len)
		if (at == off && s->records[i].rec_no == one->rec_no)
			return NULL;
	if (at <= off)
		return NULL;
	snprintf(error, sizeof(error), "told: a record %llu at stream offset %u",
		 (unsigned long long)one->rec_no, off);
	return error;
}

const char *
told_error(const struct told *t, const struct sealer *s, int from)
{
	const char *error = NULL;

	for (size_t i = 0; i < t->nb && error == NULL; i++)
		error = judge(sealer_stream(s, from), sealer_stats_get(s, from).isn, &t->all[i]);
	return error;
}

void
told_fini(struct told *t)
{
	struct told **link = &listeners;

	if (t->port == NULL)
		return;
	while (*link != t)
		link = &(*link)->next;
	*link = t->next;
	t->port->tls.ops = t->below;
	free(t->all);
	t->port = NULL;
}
