/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/*
 * Steering for ethdevs: an rte_flow rule per receiving context, from the peer's
 * address and port and the host's to the action SECURITY with the session.
 *
 * No NIC with inline TLS was at hand: this is tested against a fake of rte_flow only.
 */
#ifndef RTLS_OFFLOAD_STEER_H
#define RTLS_OFFLOAD_STEER_H

#include "offload/device.h"

/*
 * Sets d->steer_add, d->steer_del and d->steer_dev for an ethdev. steer_add gives what
 * rte_flow answered; -ENOTSUP for what is not IPv4.
 */
void offload_steer_ethdev(struct offload_device *d, uint16_t port_id);

#endif
