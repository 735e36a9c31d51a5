/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* Drivers that have told of themselves: rtls_tls_driver_register(). */
#ifndef RTLS_OFFLOAD_DRIVER_H
#define RTLS_OFFLOAD_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include <recordtls/offload.h>

/* What the driver of this name has for an ethdev. False, and nothing is set: there is none. */
bool offload_driver_find(const char *name, uint16_t port_id, const struct rtls_tls_ops **ops,
			 void **dev);

#endif
