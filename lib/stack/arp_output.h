/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* ARP that is sent: what a next hop is asked, and what who asks for us is told. */
#ifndef RTLS_STACK_ARP_OUTPUT_H
#define RTLS_STACK_ARP_OUTPUT_H

#include "net/arp.h"
#include "stack/state.h"

/*
 * Asks for ip: dst_mac, or everybody where it is NULL. Without a buffer the table's own repetition
 * asks again.
 */
void arp_output_request(struct rtls_stack *s, struct netif *nif, uint32_t own_ip, uint32_t ip,
			const uint8_t *dst_mac);

/* The reply to what was received; without a buffer who asked asks again. */
void arp_output_reply(struct rtls_stack *s, struct netif *nif, const struct arp_action *a);

#endif
