/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* sources: lib/net/ether_ip.c lib/net/checksum.c */
/* flags: --unwind 34 */
#include "net/ether_ip.h"
#include "net/ip_options.h"
#include "proof.h"

static const uint8_t *frame;
static uint32_t contiguous;

/* Stands for lib/net/ip_options.c, which is proved next to this file: what it is given is there. */
bool
ip_options_have_route(const uint8_t *opt, uint32_t len)
{
	PROVE(len <= 40 && opt == frame + ETHER_IP_HDR_LEN && ETHER_IP_HDR_LEN + len <= contiguous);
	return nondet_bool();
}

/* Any frame: nothing is read behind what is contiguous, headers and payload lie in the frame. */
void
prove_parse(void)
{
	uint8_t bytes[ETHER_IP_HDR_MAX];
	uint32_t len = nondet_u32();
	struct ether_ip_rx rx;

	contiguous = nondet_u32();
	ASSUME(contiguous <= ETHER_IP_HDR_MAX && len >= contiguous);
	frame = bytes + ETHER_IP_HDR_MAX - contiguous;
	if (ether_ip_parse(frame, contiguous, len, ETHER_IP_CSUM_VERIFY, &rx) != 0)
		return;
	PROVE(rx.l3_off <= contiguous);
	if (rx.ether_type == ETHER_TYPE_ARP)
		return;
	PROVE(rx.l4_off >= ETHER_IP_HDR_LEN && rx.l4_off <= contiguous);
	PROVE((uint32_t)rx.l4_off + rx.l4_len <= len);
	PROVE(net_v4_is_unicast(net_addr_to_v4(&rx.src)));
}
