/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Whose device has the contexts of a direction: one port's, for all its keys, and not that of the path, which
 * may move at any time. It is another port's only when nothing of the old one is left: no context, no
 * mark that may come, and no record that is not read and that its device may have opened wrongly.
 */
#ifndef RTLS_STACK_MODE_PORT_H
#define RTLS_STACK_MODE_PORT_H

#include "stack/sock.h"

/* Has an older key of the direction a context, or one that is being deleted? */
bool mode_port_older_has_context(const struct rtls_sock *sock, enum rtls_dir d);

/* Does no context of an older key open anything any more? Of what is received. */
bool mode_port_alone(const struct rtls_sock *sock);

/* Is nothing of the direction at its port? */
bool mode_port_free(const struct rtls_sock *sock, enum rtls_dir d);

/* Could that one's device have it, as far as can be known without asking? There are keys. */
bool mode_port_suits(const struct rtls_sock *sock, enum rtls_dir d, uint8_t netif);

/* Event: a newcomer asks, or is to be told why not: it is the port by which its packets go, if it is free. */
void mode_port_choose(struct rtls_sock *sock, enum rtls_dir d);

/* Event: who was with a device is to be so again: the same, but for a port that could not have it. */
void mode_port_follow(struct rtls_sock *sock, enum rtls_dir d);

#endif
