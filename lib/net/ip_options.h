/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/* The options of a received IPv4 header (RFC 791 3.1). */
#ifndef RTLS_NET_IP_OPTIONS_H
#define RTLS_NET_IP_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Is there a source route, loose or strict, in the len bytes at opt? What cannot be read ends the search. */
bool ip_options_have_route(const uint8_t *opt, uint32_t len);

#endif
