/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * What happens to the epochs of a connection (session/epoch.h): core/epoch decides, here it is
 * done, with the device of the direction's port. Each function is an event.
 *
 * Cold: keys, wishes, and what the device has to tell. What is received meets mode_acked,
 * mode_delivered and mode_read, which look whether anything waits, and nothing else.
 */
#ifndef RTLS_STACK_MODE_H
#define RTLS_STACK_MODE_H

#include <recordtls/tls.h>

#include "stack/sock.h"

/* Event: the first or next keys were installed in the session. */
void mode_keys(struct rtls_sock *sock, enum rtls_dir d);

/* Event: the program wants this mode; there are keys. As rtls_set_mode(). */
int mode_wish(struct rtls_sock *sock, enum rtls_dir d, enum rtls_mode m);

/* Event: the device's answer to an add that took its time; 0, or its error. */
void mode_added(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e, int status);

/* Event: the device has carried out a del that took its time. */
void mode_deleted(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e);

/* Event: a context processes no packet any more; status: -EOVERFLOW, its runs are used up. */
void mode_lost(struct rtls_sock *sock, enum rtls_dir d, struct session_epoch *e, int status);

/* Event: a receiving context that lost its place does not get it back; anew: another one is to start. */
void mode_place_gone(struct rtls_sock *sock, struct session_epoch *e, bool anew);

/* Event: the device is down: all contexts of the direction are void. */
void mode_down(struct rtls_sock *sock, enum rtls_dir d);

/* Event: the direction's packets go by another port: its context is given up, and asked for there. */
void mode_moved(struct rtls_sock *sock, enum rtls_dir d);

/*
 * Event: a device that takes packets in order only misses one, which was to begin at seq. Software
 * seals until it can go on, with the next record.
 */
void mode_tx_out_of_step(struct rtls_sock *sock, struct session_epoch *e, uint32_t seq);

/* Events: more bytes are in order, of a context that is to be started; the program has read some. */
void mode_delivered(struct rtls_sock *sock);
void mode_read(struct rtls_sock *sock);

void mode_settle_acked(struct rtls_sock *sock);

/* Event: records were acknowledged and released. */
static inline void
mode_acked(struct rtls_sock *sock)
{
	if (sock_epochs_of(sock, RTLS_TX)->nb_waiting > 0)
		mode_settle_acked(sock);
}

/* Event: the port's queue was gone through, as it was waited for. */
void mode_rx_quiet(struct rtls_sock *sock);

/* The device gives up what it has of the connection; nothing is sent or received any more. */
void mode_close(struct rtls_sock *sock);

/* The mode in force; NONE without keys. */
enum rtls_mode mode_in_force(const struct rtls_sock *sock, enum rtls_dir d);

#endif
