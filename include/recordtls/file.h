/* SPDX-License-Identifier: BSD-3-Clause */
/* Copyright (c) The librecordtls authors */

/**
 * @file
 * Files that are sent.
 *
 * File bytes reach a record through buffers of the stack only, filled by its
 * reader thread: a file that changes while it is sent can never put one nonce
 * on two plaintexts, and a truncated one ends the transfer, not the program.
 */
#ifndef RECORDTLS_FILE_H
#define RECORDTLS_FILE_H

#include <stdint.h>

#include <recordtls/stack.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rtls_file;

/** How a file is read. */
struct rtls_file_conf {
	uint32_t size;       /**< sizeof(struct rtls_file_conf) */
	uint32_t read_ahead; /**< records read ahead per socket, 1..16; default 4 */
};

/**
 * Takes fd on success, a regular file open for reading. The first one of a stack starts its reader
 * thread, which ends with the stack.
 * @param conf borrowed; NULL: all defaults.
 * @return 0; -EBADF; -EINVAL: not a regular file, or s or out is NULL; -ENOMEM; -EAGAIN: no
 *   thread is to be had, call again. On an error fd is the caller's as before.
 */
int rtls_file_open(struct rtls_stack *s, int fd, const struct rtls_file_conf *conf,
		   struct rtls_file **out);

/** Size of the file in bytes as it was when it was opened; NULL: 0. */
uint64_t rtls_file_size(const struct rtls_file *f);

/** Takes the file: it is closed when the last read in flight is done. NULL: nothing. */
void rtls_file_put(struct rtls_file *f);

#ifdef __cplusplus
}
#endif

#endif
