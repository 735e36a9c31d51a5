/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the devices of a stack's ports have to tell, led to the connections that it is
 * about. Late events of a context that is gone reach nobody.
 */
#ifndef RTLS_STACK_DEVICE_EVENTS_H
#define RTLS_STACK_DEVICE_EVENTS_H

#include <stdint.h>

#include <recordtls/tls.h>

struct rtls_sock;
struct rtls_stack;

/* What the device is given with a context, and brings back in its events. */
uint64_t device_events_cookie(const struct rtls_sock *k, enum rtls_dir d);

/* Takes what there is; once per poll. */
void device_events_poll(struct rtls_stack *s);

#endif
