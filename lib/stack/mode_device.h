/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What an epoch asks of the device of its direction's port (stack/mode_port.h), in the words of lib/offload: a context,
 * its start at a place in the stream, its end.
 */
#ifndef RTLS_STACK_MODE_DEVICE_H
#define RTLS_STACK_MODE_DEVICE_H

#include "session/epoch.h"

struct rtls_sock;

/* What the device is given with a context, and brings back in its events: socket and direction. */
uint64_t mode_device_cookie(const struct rtls_sock *sock, enum rtls_dir d);

/* As offload_add(). -ENOMEM, too: what it would do could not be undone. */
int mode_device_add(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e);

/* Event: the device's answer to one that took its time. As offload_added(). */
int mode_device_added(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e, int status);

/* With the next record, as session_rx_boundary() knows it. As offload_start(). */
int mode_device_start(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e);

/* Where there is a context; what it has received may still be in the port's queue. */
void mode_device_end(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e);

/* Event: the device has carried that out, which took its time. As offload_deleted(). */
int mode_device_ended(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e);

#endif
