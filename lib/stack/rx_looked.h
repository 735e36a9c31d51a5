/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* What comes of it that a port's receive queue was gone through: who waited for that goes on. */
#ifndef RTLS_STACK_RX_LOOKED_H
#define RTLS_STACK_RX_LOOKED_H

struct netif;

/* Event: a burst of a netif's packets was taken in, which may have been all that there were. */
void rx_looked(const struct netif *nif);

#endif
