/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* ICMP that was received: echo requests are answered, errors go to whom they are about. */
#ifndef RTLS_STACK_RX_ICMP_H
#define RTLS_STACK_RX_ICMP_H

#include "stack/rx_packet.h"

/* Takes the packet, which is for us. */
void rx_icmp(struct rtls_stack *s, struct netif *nif, struct rx_packet *p);

#endif
