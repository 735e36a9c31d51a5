/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "service.h"

#include <stdlib.h>
#include <string.h>

#include "common/say.h"

bool
service_open(struct service *s, struct link *l, int end, uint32_t backlog)
{
	const struct rtls_listen_conf conf = { .size = sizeof(conf), .backlog = backlog };
	struct rtls_addr addr = link_addr(end, LINK_PORT);
	int rc;

	*s = (struct service){ .link = l, .end = end };
	s->ready = calloc(l->o->conns, sizeof(*s->ready));
	if (s->ready == NULL) {
		say("no memory");
		return false;
	}
	s->stack = link_stack(l, end);
	if (s->stack == NULL)
		return false;
	rc = rtls_listen(s->stack, &addr, &conf, &s->listener);
	if (rc < 0)
		say("the %s cannot listen: %s", end == 0 ? "host" : "far end", strerror(-rc));
	return rc == 0;
}

void
service_close(struct service *s)
{
	service_refuse(s);
	if (s->stack != NULL)
		link_stack_destroy(s->link, s->end, s->stack);
	free(s->ready);
}

void
service_refuse(struct service *s)
{
	if (s->listener != NULL)
		rtls_close(s->listener);
	s->listener = NULL;
}

bool
service_prepare(struct service *s, struct rtls_sock *k)
{
	int rc = link_prepare(s->link, s->end, s->link->o->mode, k);

	if (rc < 0) {
		s->error = rc;
		rtls_abort(k);
		return false;
	}
	s->ready[s->nb_ready++] = k;
	return true;
}

const struct rtls_sock *
service_not_in_mode(const struct service *s)
{
	for (uint32_t i = 0; i < s->nb_ready; i++)
		if (!link_is_in_mode(s->link->o->mode, s->ready[i]))
			return s->ready[i];
	return NULL;
}
