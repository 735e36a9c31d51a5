/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * The address of one end of a connection, and its text.
 */
#ifndef RECORDTLS_ADDR_H
#define RECORDTLS_ADDR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum rtls_family {
	RTLS_IPV4 = 4,
	RTLS_IPV6 = 6, /**< has its place here; nothing carries it yet: -EAFNOSUPPORT */
};

/**
 * An IP address and a TCP port. To be zeroed as a whole first. What later versions use is here
 * already: scope and vlan are 0 as yet, and anything else in them is -EINVAL.
 */
struct rtls_addr {
	uint8_t family;   /**< enum rtls_family */
	uint8_t reserved; /**< 0 */
	uint16_t port;    /**< host byte order; 0 where no port is meant */
	uint8_t ip[16];   /**< network byte order; IPv4 uses the first 4 bytes */
	uint32_t scope;   /**< 0; of an IPv6 link-local address: its zone */
	uint16_t vlan;    /**< 0: untagged; else the VLAN that the address is in, 1..4094 */
	uint16_t more;    /**< 0 */
};

/** Bytes that hold any address as text, with its port and the terminating zero. */
enum { RTLS_ADDR_TEXT = 64 };

/**
 * Reads "192.0.2.1"; with prefix_len also "192.0.2.1/24", which becomes the family's full length
 * without a slash; without (NULL) also "192.0.2.1:443". The port is 0 where none is given, and
 * where it is, 1..65535. No number has a zero in front. IPv6 will be "2001:db8::1" and
 * "[2001:db8::1]:443"; it is not an address yet.
 * Any thread. @return 0, or -EINVAL when the text is not an address, or text or out is NULL;
 *   then nothing is written.
 */
int rtls_addr_parse(const char *text, struct rtls_addr *out, uint8_t *prefix_len);

/**
 * Writes what rtls_addr_parse() reads: "192.0.2.1", or "192.0.2.1:443" when there is a port. A
 * buffer of RTLS_ADDR_TEXT bytes is enough for every address.
 * Any thread. @return 0; -ENOSPC: buf is too short; -EAFNOSUPPORT: a family that this version does
 *   not carry; -EINVAL: a or buf is NULL. On an error buf is "", if it has room for that.
 */
int rtls_addr_format(const struct rtls_addr *a, char *buf, size_t size);

#ifdef __cplusplus
}
#endif

#endif
