/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* TCP that was received: parsed and verified, its connection is found, it joins the burst's runs. */
#ifndef RTLS_STACK_RX_TCP_H
#define RTLS_STACK_RX_TCP_H

#include "stack/rx_burst.h"
#include "stack/rx_packet.h"

/* Takes the packet, which is for us. */
void rx_tcp(struct rtls_stack *s, struct netif *nif, struct rx_burst *b, struct rx_packet *p);

#endif
