/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* ARP that was received. */
#ifndef RTLS_STACK_RX_ARP_H
#define RTLS_STACK_RX_ARP_H

#include "stack/rx_packet.h"

/* Takes the packet, of which Ethernet was parsed. */
void rx_arp(struct rtls_stack *s, struct netif *nif, struct rx_packet *p);

#endif
