/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the devices of a stack's ports have to tell, led to the epochs that it is about. Late events
 * of a context that is gone reach nobody.
 */
#ifndef RTLS_STACK_DEVICE_EVENTS_H
#define RTLS_STACK_DEVICE_EVENTS_H

struct netif;
struct rtls_stack;

/*
 * Takes what the device of a netif has; once per burst, when that is here and none of it was looked
 * at: what is said of a packet is known before the packet is.
 */
void device_events_poll(struct rtls_stack *s, const struct netif *nif);

#endif
