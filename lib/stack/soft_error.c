/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

#include "stack/soft_error.h"

#include <recordtls/names.h>

#include "stack/sched.h"
#include "stack/state.h"
#include "stack/tell.h"

static enum rtls_soft_error
of_unreachable(uint8_t code)
{
	switch (code) {
	case ICMP_CODE_HOST:
	case ICMP_CODE_HOST_UNKNOWN:
	case ICMP_CODE_HOST_TOS:
		return RTLS_SOFT_HOST_UNREACHABLE;
	case ICMP_CODE_PROTOCOL:
	case ICMP_CODE_PORT:
		return RTLS_SOFT_NO_PORT;
	case ICMP_CODE_NET_PROHIBITED:
	case ICMP_CODE_HOST_PROHIBITED:
	case ICMP_CODE_PROHIBITED:
	case ICMP_CODE_PRECEDENCE:
	case ICMP_CODE_CUTOFF:
		return RTLS_SOFT_PROHIBITED;
	default:
		return RTLS_SOFT_NET_UNREACHABLE;
	}
}

enum rtls_soft_error
soft_error_of(const struct icmp_error *e)
{
	if (e->type == ICMP_TYPE_TIME_EXCEEDED)
		return RTLS_SOFT_TIME_EXCEEDED;
	return e->type == ICMP_TYPE_PARAMETER ? RTLS_SOFT_PARAMETER : of_unreachable(e->code);
}

void
soft_error_note(struct rtls_sock *sock, enum rtls_soft_error what)
{
	sock->soft = (uint8_t)what;
	sock->soft_due = true;
	stack_count(sock->stack, CNT_SOFT_ERRORS);
	tell_conn(sock, NOTE_SOFT_ERROR, "%s", rtls_soft_error_name(what));
	sock_ready(sock);
}
