/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What the devices of a stack's ports have to tell, led to the epochs that it is about. Late events
 * of a context that is gone reach nobody.
 */
#ifndef RTLS_STACK_DEVICE_EVENTS_H
#define RTLS_STACK_DEVICE_EVENTS_H

struct rtls_stack;

/* Takes what there is; once per poll. */
void device_events_poll(struct rtls_stack *s);

#endif
