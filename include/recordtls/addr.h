/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * The address of one end of a connection.
 */
#ifndef RECORDTLS_ADDR_H
#define RECORDTLS_ADDR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rtls_family {
	RTLS_IPV4 = 4,
};

/** An IP address and a TCP port. */
struct rtls_addr {
	uint8_t family;   /**< enum rtls_family */
	uint8_t reserved; /**< 0 */
	uint16_t port;    /**< host byte order; 0 where no port is meant */
	uint8_t ip[16];   /**< network byte order; IPv4 uses the first 4 bytes */
};

/**
 * Reads "192.0.2.1" or "192.0.2.1/24" (prefix_len not NULL; without a slash it
 * becomes the family's full length). The port is set to 0.
 * Any thread. @return 0, or -EINVAL when the text is not an address, or text or out is NULL.
 */
int rtls_addr_parse(const char *text, struct rtls_addr *out, uint8_t *prefix_len);

#ifdef __cplusplus
}
#endif

#endif
