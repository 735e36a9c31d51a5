/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack.h"

#include <errno.h>
#include <string.h>

#include "clock.h"
#include "eal.h"
#include "say.h"

static void
say_no_stack(const struct options_net *o, int rc)
{
	if (rc == -ENOMEM)
		eal_say_no_memory("the stack");
	else if (rc == -ENODEV)
		say("there is no crypto device '%s' for --crypto; auto takes what there is",
		    o->crypto);
	else if (rc == -ENOTSUP)
		say("the crypto device '%s' cannot be used: it does not compute on the caller's "
		    "core, or not rightly",
		    o->crypto);
	else
		say("the stack cannot be made: %s", strerror(-rc));
}

struct rtls_stack *
stack_open(const struct options_net *o, struct rtls_stack_conf *conf, struct rtls_port *port)
{
	static const struct rtls_addr any = { .family = RTLS_IPV4 };
	struct rtls_stack *stack;
	int rc;

	conf->wipe_buffers = o->wipe;
	conf->crypto = o->crypto;
	rc = rtls_stack_create(conf, &stack);
	if (rc < 0) {
		say_no_stack(o, rc);
		return NULL;
	}
	rc = rtls_stack_bind(stack, port, 0);
	if (rc == -ENOMEM)
		eal_say_no_memory("the stack's interface");
	else if (rc < 0)
		say("the port cannot be used: %s", strerror(-rc));
	if (rc == 0 && (rc = rtls_addr_add(stack, port, &o->local.addr, o->local.prefix_len)) < 0)
		say("the address cannot be used: %s", strerror(-rc));
	if (rc == 0 && o->gateway.family != 0 &&
	    (rc = rtls_route_add(stack, &any, 0, &o->gateway, port)) < 0)
		say("the gateway cannot be used: %s", strerror(-rc));
	if (rc == 0)
		return stack;
	rtls_stack_destroy(stack);
	return NULL;
}

bool
stack_close(struct rtls_stack *stack)
{
	uint64_t end_us = clock_now_us() + 2000000;

	while (rtls_stack_destroy(stack) == -EAGAIN) {
		uint64_t now_us = clock_now_us();

		if (now_us > end_us) {
			say("the port does not give its buffers back");
			return false;
		}
		rtls_stack_poll(stack, now_us);
	}
	return true;
}
