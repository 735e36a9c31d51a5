/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * Captures: what a port sent and received, as a pcapng file for Wireshark and its like.
 */
#ifndef RECORDTLS_CAPTURE_H
#define RECORDTLS_CAPTURE_H

#include <stdint.h>

#include <recordtls/port.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rtls_capture_conf {
	uint32_t size;    /**< sizeof(struct rtls_capture_conf) */
	uint32_t snaplen; /**< bytes of each packet, at most; 0: all */
	/** Copies that may wait for the file; default 4096, and 256 where the port cuts packets into
	 * segments. */
	uint32_t nb_packets;
	/** Borrowed. A file that is there is overwritten, a new one has mode 0600. No symbolic link, no
	 * pipe. */
	const char *path;
};

struct rtls_capture_stats {
	uint32_t size;    /**< sizeof(struct rtls_capture_stats), set by the caller */
	uint64_t packets; /**< captured */
	uint64_t missed;  /**< not captured, as there was no room for the copy */
	int error;        /**< 0; or why the capture has ended by itself: a negative errno */
};

/**
 * Captures what the port sends and receives from now on; of a TLS NIC in software what the port
 * under it does: as on the wire.
 *
 * A packet that the stack drops has the comment "dropped: NAME", one that is never sent
 * "not sent: NAME", by the counter that counts it. What a device seals, or has opened, is in clear
 * in memory: of such packets there are the headers only, and of those never sent, too, with a
 * comment. Checksums and the cutting of long packets that are the device's work are not done yet
 * in what is sent; a long packet is one.
 *
 * The stack's thread copies packets, another one writes the file: sending never waits for it.
 * Where the file cannot be written the capture ends by itself and says so once in the log.
 *
 * Called on the lcore that polls the port, as are the two below; or while nobody polls it.
 * @return 0; -EINVAL: NULL, no path, or it is a pipe; -ENOTSUP: no ethdev is at the bottom, or
 *   a TLS NIC with rings is in between, whose bursts are another thread's; -EALREADY: it is
 *   captured; -ENOMEM; -EAGAIN: no thread; or what open() or write() said.
 */
int rtls_port_capture(struct rtls_port *p, const struct rtls_capture_conf *conf);

/**
 * Fills in out->size bytes of what is known, and no more.
 * @return 0; -EINVAL: NULL, or no size; -ENOENT: the port is not captured.
 */
int rtls_port_capture_stats(const struct rtls_port *p, struct rtls_capture_stats *out);

/**
 * Writes what waits, then the numbers of above, and closes the file: waits for the disk.
 * rtls_port_close() does it, too.
 * @return 0: the file is complete; -EINVAL: NULL; -ENOENT: the port is not captured; another errno:
 *   the capture ended early, by that. It is over in any case.
 */
int rtls_port_capture_stop(struct rtls_port *p);

#ifdef __cplusplus
}
#endif

#endif
